//! What must hold for every text that the readers of env files, redis.conf, shell words, URLs and Dockerfiles are given.

#![allow(clippy::unwrap_used, clippy::print_stdout)]

use proptest::prelude::*;
use redislint::source::{FileId, Span};
use redislint::syntax::words::{Word, WordPart};
use redislint::syntax::{dockerfile, dotenv, redis_conf, url as redis_url, words};
use redislint::text::Text;

const FILE: FileId = FileId(0);

fn whole(text: &str) -> Text {
    Text::exact(text, Span::new(FILE, 0..text.len()))
}

/// Text with everything that readers trip over.
fn awkward() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "A",
        "=",
        "b",
        "\"",
        "'",
        "\\",
        "$",
        "${",
        "}",
        "$(",
        ")",
        "`",
        "#",
        " ",
        "\n",
        "\r\n",
        "\r",
        "\t",
        "😀",
        "日本",
        "é",
        "\u{FEFF}",
        "\u{A0}",
        "\u{F0000}",
        "export ",
        ":",
        "//",
        "@",
        "%",
        "%41",
        "%C3",
        "\\x41",
        "\\n",
        "redis://",
        "[",
        "]",
        "<<",
        "EOF",
        "&&",
        "|",
        ";",
        "(",
        "{",
        "CMD ",
        "RUN ",
        "ENV ",
        "\\\n",
        "if ",
        "case ",
        " in ",
        "esac",
        "\0",
        "?",
        "*",
        ",",
        "[\"",
        "\"]",
        "\\u00e9",
        "-",
    ]);
    prop_oneof![prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat()), any::<String>()]
}

/// Every span lies on character boundaries; characters that were not decoded from an escape equal their source.
fn check_text(source: &str, text: &Text) -> Result<(), TestCaseError> {
    check_span(source, text.anchor())?;
    for (at, char) in text.as_str().char_indices() {
        let span = text.span_of(at..at + char.len_utf8());
        check_span(source, span)?;
        let written = &source[span.range()];
        let escaped = written.starts_with(['\\', '%', '\r']);
        // `$$` stands for a dollar that nothing expands.
        prop_assert!(
            escaped || written.chars().eq([char]) || (char == '$' && written == "$"),
            "{char:?} from {written:?}"
        );
    }
    Ok(())
}

fn check_span(source: &str, span: Span) -> Result<(), TestCaseError> {
    prop_assert_eq!(span.file, FILE);
    prop_assert!(source.get(span.range()).is_some(), "{:?} is off the characters", span);
    Ok(())
}

fn check_word(source: &str, word: &Word) -> Result<(), TestCaseError> {
    check_span(source, word.span)?;
    for part in &word.parts {
        match part {
            WordPart::Literal(text) => check_text(source, text)?,
            WordPart::Opaque(span) => check_span(source, *span)?,
            WordPart::Variable { span, operator, .. } => {
                check_span(source, *span)?;
                if let Some((_, operand)) = operator {
                    check_text(source, operand)?;
                }
            }
        }
    }
    Ok(())
}

const DIALECTS: [dotenv::Dialect; 6] = [
    dotenv::Dialect::Compose,
    dotenv::Dialect::Raw,
    dotenv::Dialect::PythonDotenv,
    dotenv::Dialect::Decouple,
    dotenv::Dialect::DjangoEnviron,
    dotenv::Dialect::Starlette,
];

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 2000,
        rng_seed: proptest::test_runner::RngSeed::Fixed(11),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn env_files_keep_their_places(source in awkward()) {
        for dialect in DIALECTS {
            let (entries, notices) = dotenv::parse(FILE, &source, dialect);
            for entry in entries {
                check_span(&source, entry.span)?;
                prop_assert!(entry.span.contains(entry.key.span));
                if !entry.key.value.contains('\n') {
                    prop_assert_eq!(&source[entry.key.span.range()], entry.key.value);
                }
                if let Some(value) = entry.value {
                    check_text(&source, &value.text)?;
                    prop_assert!(entry.span.contains(value.text.span()), "{:?}", dialect);
                }
            }
            for notice in notices {
                check_span(&source, notice.span.unwrap())?;
            }
        }
    }

    #[test]
    fn redis_conf_keeps_its_places(source in awkward()) {
        let (lines, notices) = redis_conf::parse(FILE, &source);
        for line in &lines {
            check_span(&source, line.span)?;
            prop_assert!(!source[line.span.range()].contains('\n'));
            for argument in &line.arguments {
                check_text(&source, argument)?;
                prop_assert!(line.span.contains(argument.span()));
            }
        }
        prop_assert_eq!(notices.len(), lines.iter().filter(|line| line.unbalanced).count());
    }

    #[test]
    fn scripts_and_commands_keep_their_places(source in awkward()) {
        let text = whole(&source);
        for word in words::split_command(&text).unwrap_or_default() {
            check_text(&source, &word)?;
        }
        let mut last = 0;
        for command in words::parse_shell(&text) {
            check_span(&source, command.span)?;
            prop_assert!(last <= command.span.start);
            last = command.span.end;
            for word in command.words.iter().chain(command.assignments.iter().map(|(_, word)| word)) {
                check_word(&source, word)?;
                prop_assert!(command.span.contains(word.span));
            }
        }
        check_word(&source, &words::parse_word(&text, false))?;
        check_word(&source, &words::parse_word(&text, true))?;
    }

    #[test]
    fn urls_keep_their_places_and_lose_nothing(source in awkward()) {
        let text = whole(&source);
        let url = redis_url::split(&text);
        let parts = [&url.scheme, &url.userinfo, &url.username, &url.password, &url.port, &url.fragment];
        for part in parts.into_iter().flatten().chain([&url.host, &url.path]) {
            prop_assert_eq!(&source[part.span_of(0..part.len()).range()], part.as_str());
        }
        check_text(&source, &redis_url::percent_decode(&text))?;
    }

    #[test]
    fn dockerfiles_keep_their_places(source in awkward()) {
        let (instructions, notices) = dockerfile::parse(FILE, &source);
        for instruction in &instructions {
            check_span(&source, instruction.span)?;
            check_text(&source, &instruction.arguments)?;
            prop_assert!(instruction.span.contains(instruction.arguments.span()));
            for word in instruction.exec.iter().flatten() {
                check_text(&source, word)?;
            }
            for (name, value) in dockerfile::assignments(&instruction.arguments) {
                check_text(&source, &name)?;
                value.map_or(Ok(()), |word| check_word(&source, &word))?;
            }
        }
        for notice in notices {
            check_span(&source, notice.span.unwrap())?;
        }
    }

    /// Without expansions, operators and line breaks a shell command is what `shlex` makes of it.
    #[test]
    fn plain_commands_split_as_shlex_splits_them(source in "[a-z0-9=#\\\\ '\"é😀/.-]{0,24}") {
        let commands = words::parse_shell(&whole(&source));
        let ours: Option<Vec<String>> = commands.first().map(|command| {
            command.words.iter().map(|word| word.literal().unwrap().as_str().to_owned()).collect()
        });
        prop_assume!(commands.iter().all(|command| command.assignments.is_empty()));
        prop_assume!(!ours.iter().flatten().any(|word| ["if", "do", "in", "fi", "for", "exec"].contains(&word.as_str())));
        if let Some(expected) = shlex::split(&source) {
            prop_assert_eq!(ours.unwrap_or_default(), expected);
        }
    }

    /// For URLs that need no repair the standard's parser agrees.
    #[test]
    fn good_urls_split_as_the_standard_says(
        user in "[a-z0-9._~-]{0,6}", password in prop::option::of("([a-z0-9._~!$&'()*+,;:-]|%4[0-9]){1,8}"),
        host in "[a-z][a-z0-9-]{0,8}", port in prop::option::of(1u16..), path in "(/[a-z0-9]{0,3})?",
        query in prop::option::of("[a-z]{1,4}=[a-z0-9]{0,4}(&[a-z]{1,4}=[a-z0-9]{0,4})?"), fragment in prop::option::of("[a-z]{0,3}"),
    ) {
        let password = password.map(|password| format!(":{password}")).unwrap_or_default();
        let userinfo = if user.is_empty() && password.is_empty() { String::new() } else { format!("{user}{password}@") };
        let port = port.map(|port| format!(":{port}")).unwrap_or_default();
        let query = query.map(|query| format!("?{query}")).unwrap_or_default();
        let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
        let source = format!("redis://{userinfo}{host}{port}{path}{query}{fragment}");
        let ours = redis_url::split(&whole(&source));
        let standard = url::Url::parse(&source).unwrap();
        let show = |part: &Option<Text>| part.as_ref().map(|text| text.as_str().to_owned());
        prop_assert_eq!(show(&ours.scheme).unwrap(), standard.scheme());
        prop_assert_eq!(show(&ours.username).unwrap_or_default(), standard.username());
        // The standard writes a quote as `%27`; decoded they are the same.
        let decoded = |text: &str| redis_url::percent_decode(&whole(text)).as_str().to_owned();
        prop_assert_eq!(show(&ours.password).map(|text| decoded(&text)), standard.password().map(decoded));
        prop_assert_eq!(ours.host.as_str(), standard.host_str().unwrap());
        prop_assert_eq!(show(&ours.port), standard.port().map(|port| port.to_string()));
        prop_assert_eq!(ours.path.as_str(), standard.path());
        prop_assert_eq!(show(&ours.fragment), standard.fragment().map(str::to_owned));
        let pairs: Vec<(String, String)> =
            ours.query.iter().map(|(name, value)| (name.as_str().to_owned(), value.as_str().to_owned())).collect();
        let expected: Vec<(String, String)> = standard.query_pairs().map(|(name, value)| (name.into(), value.into())).collect();
        prop_assert_eq!(pairs, expected);
    }

    /// The JSON form is JSON.
    #[test]
    fn exec_form_is_what_serde_json_reads(words in prop::collection::vec(any::<String>(), 0..4)) {
        let json = serde_json::to_string(&words).unwrap();
        let (instructions, _) = dockerfile::parse(FILE, &format!("CMD {json}"));
        let exec = instructions[0].exec.as_ref().unwrap();
        prop_assert_eq!(exec.iter().map(Text::as_str).collect::<Vec<_>>(), words);
    }

    #[test]
    fn exec_form_refuses_what_serde_json_refuses(json in "\\[(\"([a-z]|\\\\[nu/q\"]|\\\\u00[0-9a-g]{2})*\"|,|x| ){0,5}\\]") {
        let (instructions, _) = dockerfile::parse(FILE, &format!("CMD {json}"));
        let expected: Option<Vec<String>> = serde_json::from_str(&json).ok();
        let ours = instructions[0].exec.as_ref();
        prop_assert_eq!(ours.map(|words| words.iter().map(|word| word.as_str().to_owned()).collect()), expected);
    }
}

/// Time must grow with the text, not with its square: each of these would take minutes otherwise.
#[test]
fn hostile_texts_are_read_in_linear_time() {
    for piece in [
        "${",
        "$(",
        "`",
        "\"",
        "'",
        "\\\"",
        "A=\"",
        "a <<E\n",
        "[",
        "%41",
        "\\x41",
        "case x in ",
        "x@",
        "CMD [\"",
        "A\\\n",
        "(",
        "${A:-",
    ] {
        let source = piece.repeat(200_000 / piece.len());
        let text = whole(&source);
        let start = std::time::Instant::now();
        for dialect in DIALECTS {
            let _ = dotenv::parse(FILE, &source, dialect);
        }
        let _ = redis_conf::parse(FILE, &source);
        let _ = words::split_command(&text);
        let _ = words::parse_shell(&text);
        let _ = words::parse_shell(&whole(&format!("a \"{source}")));
        let _ = redis_url::split(&text);
        let _ = redis_url::percent_decode(&text);
        let _ = dockerfile::parse(FILE, &source);
        let _ = dockerfile::parse(FILE, &format!("RUN {source}"));
        println!("{piece:?} {:?}", start.elapsed());
        assert!(start.elapsed().as_secs() < 10, "{piece:?} took {:?}", start.elapsed());
    }
}

/// Runs scripts that only print, and compares what they print to the commands that we read.
#[cfg(unix)]
#[test]
fn scripts_print_what_sh_prints() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

    let word = prop::sample::select(vec![
        "a",
        "'b c'",
        "\"d e\"",
        "f\\ g",
        "$V",
        "\"$V\"",
        "x$V",
        "${V}y",
        "$E",
        "\"$E\"",
        "\"\"",
        "''",
        "${E:-h}",
        "${E-i}",
        "${N:-j}",
        "\"${N-k l}\"",
        "${V:+m}",
        "\"n\\$o\\q\"",
        "p\\$q",
        "# r",
        "s#t",
        "é😀",
        "\\\n",
        "2>/dev/null",
        ">/dev/null",
        "</dev/null 1",
        "\"u\\\nv\"",
        "'w\\x'",
        "redis://:p@h/0",
        "\\\"",
        "=",
        "A=b",
        "{",
        "}",
        "if",
        "!",
        "]",
    ]);
    let join = prop::sample::select(vec![
        " ",
        " ",
        " ",
        "\nprintf '<%s>' ",
        "; printf '<%s>' ",
        " && printf '<%s>' ",
        "\t",
        " \\\n ",
    ]);
    let lines = prop::collection::vec((join, word), 1..7);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let mut compared = 0;
    for _ in 0..400 {
        let pieces = lines.new_tree(&mut runner).unwrap().current();
        let body: String = pieces.into_iter().flat_map(|(join, word)| [join, word]).collect();
        let script = format!("printf '<%s>'{body}\nprintf end");
        let output =
            std::process::Command::new("sh").args(["-c", &script]).env("V", "vv").env("E", "").env_remove("N").output();
        let output = output.unwrap();
        let commands = words::parse_shell(&whole(&script));
        let prints = commands
            .iter()
            .all(|command| command.words.first().and_then(Word::literal).is_some_and(|word| word.as_str() == "printf"));
        // What is redirected is run, but not printed; behind a comment a line may begin with anything.
        if !output.status.success() || script.contains(">/dev") || !prints {
            continue;
        }
        compared += 1;
        let mut printed = String::new();
        for command in &commands {
            let words: Vec<String> = command.words.iter().filter_map(expanded).collect();
            match words[1].as_str() {
                "end" => printed.push_str("end"),
                _ if words.len() == 2 => printed.push_str("<>"),
                _ => printed.extend(words[2..].iter().map(|word| format!("<{word}>"))),
            }
        }
        assert_eq!(printed, String::from_utf8(output.stdout).unwrap(), "{script:?}");
    }
    assert!(compared > 200, "{compared}");
}

/// The word where `V` is `vv`, `E` is empty and `N` is not set; `None` where it vanishes.
#[cfg(unix)]
fn expanded(word: &Word) -> Option<String> {
    let mut out = String::new();
    let mut kept = word.parts.is_empty();
    for part in &word.parts {
        match part {
            WordPart::Literal(text) => out.push_str(text.as_str()),
            WordPart::Opaque(_) => return Some("?".to_owned()),
            WordPart::Variable { name, operator, quoted, .. } => {
                kept |= quoted;
                let value = match name.as_str() {
                    "V" => Some("vv"),
                    "E" => Some(""),
                    _ => None,
                };
                let (operator, operand) =
                    operator.as_ref().map_or(("", ""), |(operator, operand)| (operator.as_str(), operand.as_str()));
                out.push_str(match (operator, value) {
                    (":-", None | Some("")) | ("-", None) | (":+", Some("vv")) => operand,
                    (":+", _) => "",
                    (_, value) => value.unwrap_or_default(),
                });
            }
        }
    }
    (kept || !out.is_empty()).then_some(out)
}
