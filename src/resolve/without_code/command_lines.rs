//! Redis addresses on command lines: `celery -b redis://…`, `flower --broker=…`, `rq worker --url …`,
//! `redis-cli -h … -a …` in the scripts of a container.

use crate::finding::Confidence;
use crate::library::Family;
use crate::resolve::Inputs;
use crate::resolve::conditions::{always, cases, combine};
use crate::resolve::evaluate::{ConnectionSettings, FoundClient};
use crate::resolve::project::{Case, Container, Lookup, Variables};
use crate::symbol::{Alternative, Resolved, Symbols};
use crate::syntax::words::{self, Word, WordPart};
use crate::text::Text;

use super::{client, is_redis_url, is_redis_url_alternative};

/// A word of a command in every form it may take, and whether its text is written in the command itself.
struct Argument {
    value: Resolved,
    written: bool,
}

impl Argument {
    /// The text where it is the same whatever holds.
    fn known(&self) -> Option<&Text> {
        self.value.single()?.value.as_ref()
    }

    fn is(&self, options: &[&str]) -> bool {
        self.known().is_some_and(|text| options.contains(&text.as_str()))
    }
}

/// The clients that a container's command lines show.
pub(super) fn clients(inputs: &Inputs<'_>, container: &Container) -> Vec<FoundClient> {
    let mut found = Vec::new();
    for command in commands(inputs, container) {
        let program = |names: &[&str]| {
            command.iter().any(|word| {
                let name = word.known().and_then(|text| text.as_str().rsplit('/').next());
                name.is_some_and(|name| names.contains(&name))
            })
        };
        if program(&["redis-cli", "valkey-cli"]) {
            found.extend(redis_cli(&command, &container.environment));
            continue;
        }
        let celery = program(&["celery", "flower"]);
        let family = if program(&["rq", "rqworker", "rqscheduler"]) { Family::RedisPy } else { Family::Unknown };
        found.extend(urls(&command, celery, family));
    }
    found
}

/// Every command that is written in the compose file or the Dockerfile.
fn commands(inputs: &Inputs<'_>, container: &Container) -> Vec<Vec<Argument>> {
    let environment = &container.environment;
    let lines = [&container.entrypoint, &container.command].into_iter().flatten();
    let mut all = Vec::new();
    for case in lines.filter_map(|cases| cases.first()) {
        all.extend(of_words(&case.value, environment, inputs.symbols));
    }
    if container.command.is_some() || container.entrypoint.is_some() {
        return all;
    }
    let dockerfile = container.build.as_ref().and_then(|build| build.dockerfile.as_deref());
    let built = inputs.facts.dockerfiles.iter().find(|file| Some(file.path.as_str()) == dockerfile);
    let instructions = built.map_or(&[][..], |file| &file.instructions);
    for name in ["ENTRYPOINT", "CMD"] {
        let Some(last) = instructions.iter().rev().find(|instruction| instruction.name.value == name) else { continue };
        match &last.exec {
            Some(words) => all.extend(of_words(words, environment, inputs.symbols)),
            None => all.extend(of_script(&last.arguments, environment, inputs.symbols)),
        }
    }
    all
}

fn of_words(argv: &[Text], environment: &Variables, symbols: &Symbols) -> Vec<Vec<Argument>> {
    let shell = |text: &Text| matches!(text.as_str().rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash"));
    if let [program, option, script, ..] = argv
        && shell(program)
        && option.as_str().starts_with('-')
        && option.as_str().ends_with('c')
    {
        return of_script(script, environment, symbols);
    }
    let written = |word: &Text| Argument { value: Resolved::known(word.clone(), Vec::new()), written: true };
    vec![argv.iter().map(written).collect()]
}

fn of_script(script: &Text, environment: &Variables, symbols: &Symbols) -> Vec<Vec<Argument>> {
    let argument = |word: &Word| Argument {
        written: word.parts.iter().any(|part| matches!(part, WordPart::Literal(_))),
        value: expand(word, environment, symbols),
    };
    words::parse_shell(script).iter().map(|command| command.words.iter().map(argument).collect()).collect()
}

/// A word as the shell of the container would expand it; what can't be followed is opaque.
fn expand(word: &Word, environment: &Variables, symbols: &Symbols) -> Resolved {
    let opaque = |span| always(symbols.opaque_text(span));
    let mut all = always(Text::empty(word.span));
    for part in &word.parts {
        let values: Vec<Case<Text>> = match part {
            WordPart::Literal(text) => always(text.clone()),
            WordPart::Variable { name, span, operator: None, .. } => match environment.get(name) {
                Lookup::Absent => always(Text::empty(*span)),
                Lookup::Unknown(_) => opaque(*span),
                Lookup::Found(variable) => cases(&variable.value)
                    .into_iter()
                    .map(|case| Case {
                        when: case.when,
                        value: case.value.unwrap_or_else(|| Text::empty(*span)),
                        trace: case.trace,
                    })
                    .collect(),
            },
            WordPart::Variable { span, .. } | WordPart::Opaque(span) => opaque(*span),
        };
        let joined = combine(&all, &values, |left, right| {
            let mut text = left.clone();
            text.push_text(right);
            text
        });
        let Some(joined) = joined else { return Resolved::known(symbols.opaque_text(word.span), Vec::new()) };
        all = joined;
    }
    let alternative = |case: Case<Text>| Alternative { when: case.when, value: Some(case.value), trace: case.trace };
    Resolved { alternatives: all.into_iter().map(alternative).collect() }
}

/// `--option redis://…` and `--option=redis://…` of any program.
fn urls(command: &[Argument], celery: bool, family: Family) -> Vec<FoundClient> {
    let mut found = Vec::new();
    let mut option: Option<String> = None;
    for word in command {
        let first = word.value.alternatives.first().and_then(|one| one.value.as_ref());
        let Some(first) = first else { continue };
        let (name, value) = match first.as_str().split_once('=') {
            Some((name, rest)) if name.starts_with('-') && is_redis_url(rest) => {
                (Some(name.to_owned()), after(&word.value, name.len() + 1))
            }
            _ if first.as_str().starts_with('-') => {
                option = Some(first.as_str().to_owned());
                continue;
            }
            _ => (option.take(), word.value.clone()),
        };
        // An address that is all a variable's is that variable's client; one without an option may be anything.
        let Some(name) = name.filter(|_| word.written && value.alternatives.iter().all(is_redis_url_alternative))
        else {
            continue;
        };
        let family = match celery {
            true if name.contains("result") => Family::CeleryBackend,
            true => Family::Kombu,
            false => family,
        };
        let span = value.alternatives.first().and_then(|one| one.value.as_ref()).map_or(first.span(), Text::span);
        let settings = ConnectionSettings { url: Some(value), ..ConnectionSettings::default() };
        let confidence = if family == Family::Unknown { Confidence::Medium } else { Confidence::High };
        found.push(client(&name, span, family, settings, confidence));
    }
    found
}

/// Every alternative without its first bytes, which are the same in all.
fn after(value: &Resolved, start: usize) -> Resolved {
    let mut value = value.clone();
    for one in &mut value.alternatives {
        one.value = one.value.as_ref().map(|text| text.slice(start.min(text.len())..text.len()));
    }
    value
}

/// A call that names a host or a URL; without one it talks to its own container.
fn redis_cli(command: &[Argument], environment: &Variables) -> Option<FoundClient> {
    let mut settings = ConnectionSettings::default();
    let mut words = command.iter();
    words.find(|word| word.known().is_some_and(|text| text.as_str().ends_with("-cli")))?;
    while let Some(word) = words.next() {
        let slot = match word.known().map(Text::as_str) {
            Some("-h") => &mut settings.host,
            Some("-p") => &mut settings.port,
            Some("-a" | "--pass") => &mut settings.password,
            Some("--user") => &mut settings.username,
            Some("-u") => &mut settings.url,
            Some("-n") => &mut settings.db,
            Some(option) if option.starts_with('-') => continue,
            _ => break,
        };
        *slot = words.next().map(|value| value.value.clone());
    }
    // `-h` of a variable that is not set, or a URL that is nothing, is somebody's mistake of another kind.
    let address = settings.url.as_ref().or(settings.host.as_ref())?;
    let text = address.alternatives.first()?.value.as_ref().filter(|text| !text.is_empty())?;
    let span = text.span();
    // `redis-cli -h x auth pw` logs in by a command.
    let logs_in_later = command.iter().any(|word| word.is(&["AUTH", "auth", "HELLO", "hello"]));
    if settings.password.is_none()
        && let Some(variable) = environment.map.get("REDISCLI_AUTH")
    {
        settings.password = Some(variable.value.clone());
    }
    (!logs_in_later && environment.incomplete.is_none())
        .then(|| client("redis-cli", span, Family::RedisCli, settings, Confidence::Medium))
}
