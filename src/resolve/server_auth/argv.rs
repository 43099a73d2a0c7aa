//! A container's command → the server program and its arguments, as the kernel gets them.
//!
//! Follows the image's entrypoint script, `sh -c` scripts with the container's variables, and wrappers such as `exec`.
//! Knows nothing of what the arguments mean.

use std::collections::BTreeMap;

use crate::model::{Distribution, Product};
use crate::resolve::conditions::{always, cases, combine};
use crate::resolve::images::Image;
use crate::resolve::project::{Case, Lookup, Variables};
use crate::source::{Sources, Span};
use crate::symbol::{Step, Symbols};
use crate::syntax::words::{self, Command, Word, WordPart};
use crate::text::Text;

/// What a container runs.
#[derive(Clone)]
pub(super) enum Run {
    /// A server program with its arguments.
    Server { product: Product, arguments: Vec<Text>, scripted: Option<Text> },
    /// The image's own start script with further arguments: it configures the server from variables.
    OwnScript(Vec<Text>),
    /// Nothing that serves.
    Other,
    /// A script that was not read.
    Unknown,
    /// A program that does not exist.
    Broken { error: String, span: Span },
}

/// Where the values of a script's variables come from.
pub(super) struct Shell<'a> {
    pub environment: &'a Variables,
    pub symbols: &'a Symbols,
    pub sources: &'a Sources,
    /// Path in the container → a name that stays the same for the same file.
    pub file_name: &'a dyn Fn(&str) -> String,
}

/// Programs that run the rest of their arguments.
const WRAPPERS: &[&str] = &[
    "exec",
    "env",
    "nohup",
    "nice",
    "tini",
    "dumb-init",
    "gosu",
    "su-exec",
    "setpriv",
    "chroot",
    "sudo",
    "stdbuf",
    "catatonit",
    "docker-init",
];

/// More wrappers or nested scripts than this are not followed.
const MAX_DEPTH: usize = 8;

/// The program a name stands for.
fn product(program: &str) -> Option<Product> {
    match program.rsplit('/').next().unwrap_or(program) {
        "redis-server" | "redis-stack-server" | "redis-server.exe" => Some(Product::Redis),
        "valkey-server" => Some(Product::Valkey),
        "keydb-server" | "keydb-pro-server" => Some(Product::Keydb),
        "dragonfly" => Some(Product::Dragonfly),
        "redis-sentinel" | "valkey-sentinel" | "keydb-sentinel" => Some(Product::Sentinel),
        _ => None,
    }
}

/// What an argument vector runs, behind the entrypoint script of the image where it has one.
pub(super) fn run(argv: &[Text], scripted_entry: bool, image: &Image, shell: &Shell<'_>) -> Vec<Case<Run>> {
    let mut argv = argv.to_vec();
    if scripted_entry {
        argv = through_entrypoint(argv, image);
    }
    follow(&argv, image, shell, 0)
}

/// `docker-entrypoint.sh` puts the server's name before arguments that look like its own.
fn through_entrypoint(mut argv: Vec<Text>, image: &Image) -> Vec<Text> {
    let prepends = !matches!(image.distribution, Distribution::Bitnami | Distribution::Stack);
    if prepends
        && let Some(first) = argv.first()
        && (first.as_str().starts_with('-') || first.as_str().ends_with(".conf"))
    {
        let program = Text::mapped(image.traits.program, first.anchor());
        argv.insert(0, program);
    }
    argv
}

fn follow(argv: &[Text], image: &Image, shell: &Shell<'_>, depth: usize) -> Vec<Case<Run>> {
    let Some(program) = argv.first().cloned() else { return always(Run::Unknown) };
    if depth > MAX_DEPTH {
        return always(Run::Unknown);
    }
    if let Some(product) = product(program.as_str()) {
        return always(Run::Server { product, arguments: argv[1..].to_vec(), scripted: None });
    }
    let name = program.as_str().rsplit('/').next().unwrap_or_default();
    let own = image.traits.command.first().is_some_and(|own| own.ends_with(".sh"));
    match name {
        "docker-entrypoint.sh" => follow(&through_entrypoint(argv[1..].to_vec(), image), image, shell, depth + 1),
        // Bitnami's entrypoint script only prepares; the run script follows as its argument.
        "entrypoint.sh" if image.distribution == Distribution::Bitnami => follow(&argv[1..], image, shell, depth + 1),
        "entrypoint.sh" | "run.sh" if own => always(Run::OwnScript(argv[1..].to_vec())),
        "sh" | "bash" | "ash" | "dash" | "zsh" => script(argv, image, shell, depth),
        "redis-cli" | "valkey-cli" | "redis-benchmark" | "sleep" | "tail" | "python" | "python3" | "celery"
        | "node" | "true" | "echo" => always(Run::Other),
        _ if WRAPPERS.contains(&name) => {
            let server = argv.iter().skip(1).position(|word| {
                product(word.as_str()).is_some() || is_shell(word.as_str()) || word.as_str().ends_with(".sh")
            });
            match server {
                Some(at) => follow(&argv[at + 1..], image, shell, depth + 1),
                None => always(Run::Unknown),
            }
        }
        // One string in a list is the name of a program, blanks and all.
        _ if program.as_str().contains("-server ") => always(Run::Broken {
            error: format!("exec: \"{}\": executable file not found in $PATH", shown(&program)),
            span: program.span(),
        }),
        _ if program.as_str().starts_with('-') && image.distribution != Distribution::Unknown => always(Run::Broken {
            error: format!("exec: \"{}\": executable file not found in $PATH", shown(&program)),
            span: program.span(),
        }),
        _ => always(Run::Unknown),
    }
}

/// The program of a command string without what may be a password.
fn shown(program: &Text) -> String {
    let word = program.as_str().split(' ').next().unwrap_or_default();
    if word.len() == program.len() { word.to_owned() } else { format!("{word} …") }
}

fn is_shell(word: &str) -> bool {
    matches!(word.rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash"))
}

/// `sh -c script`: words behind the script are its own arguments and never the server's.
fn script(argv: &[Text], image: &Image, shell: &Shell<'_>, depth: usize) -> Vec<Case<Run>> {
    let option = argv[1..].iter().position(|word| {
        let word = word.as_str();
        word.starts_with('-') && !word.starts_with("--") && word.contains('c')
    });
    let Some(body) = option.and_then(|at| argv.get(at + 2)) else { return always(Run::Unknown) };
    let commands = words::parse_shell(body);
    let mut assigned: BTreeMap<String, Option<Text>> = BTreeMap::new();
    let mut prepared = false;
    // A test before it, and what stands in the script, tell that the next server is not the one that is started.
    let mut passed_over = false;
    // A test whose end is not known decides between servers.
    let mut undecided = false;
    for (at, command) in commands.iter().enumerate() {
        if let Some(holds) = tested(command, &assigned, shell) {
            passed_over = holds == (command.terminator == "||");
            continue;
        }
        undecided |= is_test(command);
        if command.words.is_empty() || first_word(command).is_some_and(|word| word == "export") {
            assign(command, &mut assigned);
            continue;
        }
        if starts_server(command, image) {
            let others = commands[at + 1..].iter().any(|later| starts_server(later, image));
            if std::mem::take(&mut passed_over) && others {
                continue;
            }
            if undecided && others {
                return always(Run::Unknown);
            }
            for (name, word) in &command.assignments {
                assigned.insert(name.clone(), word.literal());
            }
            let Some(all) = expand(&command.words, &assigned, shell) else { return always(Run::Unknown) };
            return all
                .into_iter()
                .flat_map(|case| {
                    let runs = follow(&case.value, image, shell, depth + 1);
                    runs.into_iter().filter_map(move |run| {
                        let when = crate::resolve::conditions::both(&case.when, &run.when)?;
                        let trace = case.trace.iter().chain(&run.trace).cloned().collect();
                        Some(Case { when, value: with_script(run.value, body), trace })
                    })
                })
                .collect();
        }
        prepared |= !serves_nothing(command);
    }
    // A script without a server in sight: another program, or one whose scripts were not read.
    if prepared || commands.is_empty() { always(Run::Unknown) } else { always(Run::Other) }
}

fn with_script(run: Run, body: &Text) -> Run {
    match run {
        Run::Server { product, arguments, .. } => Run::Server { product, arguments, scripted: Some(body.clone()) },
        other => other,
    }
}

fn is_test(command: &Command) -> bool {
    matches!(first_word(command).as_deref(), Some("[" | "[[" | "test"))
}

/// How `[ -n "$PASSWORD" ]` and the like end, where that is the same in every case.
fn tested(command: &Command, assigned: &BTreeMap<String, Option<Text>>, shell: &Shell<'_>) -> Option<bool> {
    if !is_test(command) {
        return None;
    }
    let mut ends = expand(&command.words, assigned, shell)?.into_iter().map(|case| {
        let [_, option, operand, ..] = case.value.as_slice() else { return None };
        let known = Symbols::is_known(operand);
        match option.as_str() {
            "-n" if known => Some(!operand.is_empty()),
            "-z" if known => Some(operand.is_empty()),
            _ => None,
        }
    });
    let first = ends.next()??;
    ends.all(|end| end == Some(first)).then_some(first)
}

fn first_word(command: &Command) -> Option<String> {
    Some(command.words.first()?.literal()?.as_str().to_owned())
}

/// Whether a command certainly starts no server, nor a script that might.
fn serves_nothing(command: &Command) -> bool {
    const KEYWORDS: [&str; 10] = ["until", "while", "if", "elif", "else", "then", "do", "done", "fi", "!"];
    const PROGRAMS: [&str; 22] = [
        ":",
        "[",
        "break",
        "cat",
        "cd",
        "chmod",
        "chown",
        "cp",
        "date",
        "echo",
        "exit",
        "false",
        "grep",
        "mkdir",
        "printf",
        "redis-cli",
        "rm",
        "set",
        "sleep",
        "test",
        "true",
        "valkey-cli",
    ];
    let mut words = command.words.iter().map(|word| word.literal().map(|text| text.as_str().to_owned()));
    match words.find(|word| !word.as_deref().is_some_and(|word| KEYWORDS.contains(&word))) {
        Some(Some(program)) => PROGRAMS.contains(&program.rsplit('/').next().unwrap_or_default()),
        Some(None) => false,
        None => true,
    }
}

fn starts_server(command: &Command, image: &Image) -> bool {
    let mut words = command.words.iter().filter_map(Word::literal);
    let Some(first) = words.next() else { return false };
    let name = first.as_str().rsplit('/').next().unwrap_or_default().to_owned();
    let own = image.traits.command.first().is_some_and(|own| *own == first.as_str());
    product(first.as_str()).is_some()
        || own
        || name == "docker-entrypoint.sh"
        || (WRAPPERS.contains(&name.as_str())
            && words.any(|word| product(word.as_str()).is_some() || word.as_str().ends_with("docker-entrypoint.sh")))
}

fn assign(command: &Command, assigned: &mut BTreeMap<String, Option<Text>>) {
    for (name, word) in &command.assignments {
        assigned.insert(name.clone(), word.literal());
    }
    for word in command.words.iter().skip(1) {
        // `export NAME=value` is a word to the parser.
        match word.literal() {
            Some(text) => {
                if let Some(at) = text.as_str().find('=') {
                    assigned.insert(text.as_str()[..at].to_owned(), Some(text.slice(at + 1..text.len())));
                }
            }
            None => {
                if let Some(WordPart::Literal(head)) = word.parts.first()
                    && let Some((name, _)) = head.as_str().split_once('=')
                {
                    assigned.insert(name.to_owned(), None);
                }
            }
        }
    }
}

/// A word on its way: finished fields and the one being written.
#[derive(Clone, Default)]
struct Fields {
    done: Vec<Text>,
    open: Option<Text>,
}

/// The words as the shell hands them to the program; `None`: too many alternatives.
fn expand(all: &[Word], assigned: &BTreeMap<String, Option<Text>>, shell: &Shell<'_>) -> Option<Vec<Case<Vec<Text>>>> {
    let mut out = always(Fields::default());
    for word in all {
        if word.parts.is_empty() {
            for case in &mut out {
                case.value.open = Some(Text::empty(word.span));
            }
        }
        for part in &word.parts {
            let values = match part {
                WordPart::Literal(text) => always(Some(text.clone())),
                WordPart::Variable { name, span, operator, .. } => {
                    value(name, *span, operator.as_ref(), assigned, shell)
                }
                WordPart::Opaque(span) => always(Some(command_output(*span, shell))),
            };
            let splits = matches!(part, WordPart::Variable { quoted: false, .. });
            out = combine(&out, &values, |fields: &Fields, value| {
                let mut fields = fields.clone();
                push(&mut fields, value.as_ref(), splits, word.span);
                fields
            })?;
        }
        for case in &mut out {
            let open = case.value.open.take();
            case.value.done.extend(open);
        }
    }
    Some(out.into_iter().map(|case| Case { when: case.when, value: case.value.done, trace: case.trace }).collect())
}

fn push(fields: &mut Fields, value: Option<&Text>, splits: bool, anchor: Span) {
    let text = value.cloned().unwrap_or_else(|| Text::empty(anchor));
    if !splits {
        fields.open.get_or_insert_with(|| Text::empty(anchor)).push_text(&text);
        return;
    }
    // An unquoted value that is empty vanishes, and blanks in it end the word.
    let blank = |char: char| matches!(char, ' ' | '\t' | '\n');
    let mut start = None;
    for (at, char) in text.as_str().char_indices().chain([(text.len(), ' ')]) {
        if !blank(char) {
            start.get_or_insert(at);
            continue;
        }
        if let Some(from) = start.take() {
            fields.open.get_or_insert_with(|| Text::empty(anchor)).push_text(&text.slice(from..at));
        }
        if at < text.len() {
            let open = fields.open.take();
            fields.done.extend(open);
        }
    }
}

/// The value of a variable of the script; `None` inside a case: unset.
fn value(
    name: &str,
    span: Span,
    operator: Option<&(String, Text)>,
    assigned: &BTreeMap<String, Option<Text>>,
    shell: &Shell<'_>,
) -> Vec<Case<Option<Text>>> {
    let mut found = match assigned.get(name) {
        Some(Some(text)) => always(Some(text.clone())),
        Some(None) => always(Some(shell.symbols.opaque_text(span))),
        None => match shell.environment.get(name) {
            Lookup::Found(variable) => {
                let mut found = cases(&variable.value);
                for case in &mut found {
                    case.trace.insert(0, Step { span: variable.name_span, label: format!("{name} is set here") });
                }
                found
            }
            Lookup::Unknown(_) => always(Some(shell.symbols.opaque_text(span))),
            Lookup::Absent => always(None),
        },
    };
    let Some((operator, operand)) = operator else { return found };
    let operand = if operand.as_str().contains(['$', '`']) { shell.symbols.opaque_text(span) } else { operand.clone() };
    for case in &mut found {
        let missing = match &case.value {
            None => true,
            Some(text) => text.is_empty() && operator.starts_with(':'),
        };
        match (operator.trim_start_matches(':'), missing) {
            ("-" | "=", true) | ("+", false) => case.value = Some(operand.clone()),
            ("+", true) => case.value = None,
            ("-" | "=" | "?", _) => {}
            _ => case.value = Some(shell.symbols.opaque_text(span)),
        }
    }
    found
}

/// `$(cat FILE)` is the same value wherever the same file is read; other output is unknown.
fn command_output(span: Span, shell: &Shell<'_>) -> Text {
    let written = shell.sources.slice(span);
    let inner = written.trim_start_matches('\\').trim_start_matches("$$").trim_start_matches('$');
    let inner = inner.trim_matches(['(', ')', '`', '"', ' ']);
    let path = inner.strip_prefix("cat ").or_else(|| inner.strip_prefix('<')).map(str::trim);
    match path.filter(|path| !path.contains([' ', '$', '|', ';'])) {
        Some(path) => {
            let name = (shell.file_name)(path.trim_matches(['"', '\'']));
            shell.symbols.variable_text("file", &name, span)
        }
        None => shell.symbols.opaque_text(span),
    }
}
