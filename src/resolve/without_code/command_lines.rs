//! Redis addresses on command lines: `celery -b redis://…`, `flower --broker=…`, `rq worker --url …`,
//! `redis-cli -h … -a …` in the scripts of a container.

use crate::finding::Confidence;
use crate::library::Family;
use crate::resolve::Inputs;
use crate::resolve::evaluate::{ConnectionSettings, FoundClient};
use crate::resolve::placement::Placement;
use crate::resolve::project::Container;
use crate::symbol::Resolved;
use crate::text::Text;

use super::shell::{Argument, Line, Shell};
use super::{client, is_redis_url, is_redis_url_alternative, scripts};

/// The clients that a container's command lines show.
pub(super) fn clients(inputs: &Inputs<'_>, container: &Container, placement: &Placement) -> Vec<FoundClient> {
    let mut found = Vec::new();
    for command in commands(inputs, container, placement) {
        let program = |names: &[&str]| {
            command.words.iter().any(|word| {
                let name = word.known().and_then(|text| text.as_str().rsplit('/').next());
                name.is_some_and(|name| names.contains(&name))
            })
        };
        if program(&["redis-cli", "valkey-cli"]) {
            found.extend(redis_cli(&command).filter(|_| container.environment.incomplete.is_none()));
            continue;
        }
        let celery = program(&["celery", "flower"]);
        let family = if program(&["rq", "rqworker", "rqscheduler"]) { Family::RedisPy } else { Family::Unknown };
        found.extend(urls(&command.words, celery, family));
    }
    found
}

/// Every command that is written in the compose file, the Dockerfile, or a script that these start.
fn commands(inputs: &Inputs<'_>, container: &Container, placement: &Placement) -> Vec<Line> {
    let lines = [&container.entrypoint, &container.command].into_iter().flatten();
    let shell = Shell::new(container, inputs.symbols);
    let mut all = Vec::new();
    for case in lines.filter_map(|cases| cases.first()) {
        all.extend(shell.of_words(&case.value));
    }
    if container.command.is_none() && container.entrypoint.is_none() {
        all = shell.of_image(inputs, container);
    }
    for script in scripts::started(inputs, placement, &all) {
        all.extend(Shell::of(&script, container, inputs.symbols).of_script(&script));
    }
    all
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
fn redis_cli(command: &Line) -> Option<FoundClient> {
    let mut settings = ConnectionSettings::default();
    let mut words = command.words.iter();
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
    let logs_in_later = command.words.iter().any(|word| word.is(&["AUTH", "auth", "HELLO", "hello"]));
    settings.password = settings.password.or_else(|| command.auth.clone());
    (!logs_in_later).then(|| client("redis-cli", span, Family::RedisCli, settings, Confidence::Medium))
}
