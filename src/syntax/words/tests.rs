use super::*;
use crate::source::FileId;
use crate::symbol::Symbols;

fn text(value: &str) -> Text {
    Text::exact(value, Span::new(FileId(0), 0..value.len()))
}

fn command(value: &str) -> Result<Vec<String>, String> {
    match split_command(&text(value)) {
        Ok(words) => Ok(words.iter().map(|word| word.as_str().to_owned()).collect()),
        Err(error) => Err(error.message),
    }
}

/// Commands as one line each: words in brackets, `$NAME`, `?` for what is opaque, then the terminator.
fn script(value: &str) -> Vec<String> {
    let show = |word: &Word| -> String {
        let part = |part: &WordPart| match part {
            WordPart::Literal(text) => text.as_str().to_owned(),
            WordPart::Variable { name, operator: None, quoted, .. } => {
                if *quoted {
                    format!("\"${name}\"")
                } else {
                    format!("${name}")
                }
            }
            WordPart::Variable { name, operator: Some((operator, operand)), .. } => {
                format!("${{{name}{operator}{}}}", operand.as_str())
            }
            WordPart::Opaque(_) => "?".to_owned(),
        };
        format!("[{}]", word.parts.iter().map(part).collect::<String>())
    };
    parse_shell(&text(value))
        .iter()
        .map(|command| {
            let assignments = command.assignments.iter().map(|(name, word)| format!("{name}={}", show(word)));
            let words = command.words.iter().map(show);
            format!("{} {}", assignments.chain(words).collect::<Vec<_>>().join(" "), command.terminator)
        })
        .collect()
}

#[test]
fn compose_stops_at_an_operator_even_inside_a_word() {
    for operator in ["&", "|", ";", ">", "<"] {
        assert_eq!(
            command(&format!("redis-server --requirepass p{operator}w x")).unwrap(),
            ["redis-server", "--requirepass", "p"]
        );
    }
    assert_eq!(command("a 'p;w' \"x&y\" p\\;w").unwrap(), ["a", "p;w", "x&y", "p;w"]);
    assert_eq!(command("redis-cli 2>/dev/null x").unwrap(), ["redis-cli"]);
}

#[test]
fn compose_keeps_substitutions_and_refuses_what_is_open() {
    assert_eq!(command("a $(cat f) `b c`").unwrap(), ["a", "$(cat f)", "`b c`"]);
    assert_eq!(command("a \"\" '' b#c # d").unwrap(), ["a", "", "", "b#c", "#", "d"]);
    assert_eq!(command("a\n\\\n--b").unwrap(), ["a", "\n--b"]);
    for broken in ["a 'b", "a \"b", "a (b)", "a b\\", "a `b"] {
        assert_eq!(command(broken).unwrap_err(), "invalid command line string");
    }
}

#[test]
fn words_of_a_command_point_at_their_bytes() {
    let words = split_command(&text("a \"b c\"d")).unwrap();
    assert_eq!(words[1].anchor().range(), 2..8);
    assert_eq!(words[1].slice(3..4).span().range(), 7..8);
}

#[test]
fn symbols_are_letters() {
    let symbol = Symbols::default().variable("shell", "PW");
    assert_eq!(command(&format!("a --b={symbol}c")).unwrap(), ["a".to_owned(), format!("--b={symbol}c")]);
    assert_eq!(script(&format!("a {symbol}; b")), [format!("[a] [{symbol}] ;"), "[b] ".to_owned()]);
}

#[test]
fn scripts_fall_into_simple_commands() {
    assert_eq!(
        script("exec redis-server --requirepass \"$PW\" --port ${P:-6379}"),
        ["[redis-server] [--requirepass] [\"$PW\"] [--port] [${P:-6379}] "]
    );
    assert_eq!(
        script("A=1 B=\"x y\" c && d || (e; f) | g &\nh"),
        ["A=[1] B=[x y] [c] &&", "[d] ||", "[e] ;", "[f] |", "[g] &", "[h] "]
    );
    assert_eq!(script("if [ -n \"$PW\" ]; then a; else b; fi"), ["[[] [-n] [\"$PW\"] []] ;", "[a] ;", "[b] ;"]);
    assert_eq!(script("for x in 1 2; do a $x; done\nb"), ["[a] [$x] ;", "[b] "]);
    assert_eq!(script("case $1 in a|b) c;; *) d ;; esac; e"), ["[c] ;", "[d] ;", "[e] "]);
    assert_eq!(script("f() { a; }\nf"), ["[a] ;", "[f] "]);
}

#[test]
fn redirections_comments_and_documents_vanish() {
    assert_eq!(script("a 2>&1 >/dev/null <in b # c\nd#e"), ["[a] [b] \n", "[d#e] "]);
    assert_eq!(script("cat <<EOF >f\nrequirepass x\nEOF\na"), ["[cat] \n", "[a] "]);
    assert_eq!(script("cat <<-'E'\n\tx\n\tE\na"), ["[cat] \n", "[a] "]);
    assert_eq!(script("a \\\n  b \\\r\n  c\r\nd"), ["[a] [b] [c] \n", "[d] "]);
}

#[test]
fn what_the_shell_would_compute_is_opaque() {
    assert_eq!(
        script("a $(cat /run/x) `b` \"x$(c \")\")y\" $1 *.x ${V%y} $((1+2))"),
        ["[a] [?] [?] [x?y] [?] [?.x] [?] [?] "]
    );
    assert_eq!(
        script("a redis://h?db=1 ${V:-${W:-x}} \"${V:-it's}\""),
        ["[a] [redis://h?db=1] [${V:-${W:-x}}] [${V:-it's}] "]
    );
}

#[test]
fn an_operand_is_one_word() {
    let word = parse_word(&text("a 'b;c' $D"), false);
    assert_eq!(word.parts.len(), 2);
    assert!(matches!(&word.parts[0], WordPart::Literal(text) if text.as_str() == "a b;c "));
    assert!(matches!(&word.parts[1], WordPart::Variable { name, quoted: false, .. } if name == "D"));
}
