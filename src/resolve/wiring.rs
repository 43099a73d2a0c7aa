//! What the compose files of a project say about variables and files, as written: references and whether anything sets
//! them, files that are not there, and words that compose throws away.
//!
//! Comes in: compose facts, env files, the index. Goes out: facts for the rules on wiring. Judges nothing.

use std::collections::BTreeMap;

use crate::facts::compose::{Assignment, Attribute, CommandLine, Service};
use crate::model::{LostWords, MissingFile, Reference};
use crate::resolve::Inputs;
use crate::resolve::literals::names_redis_password;
use crate::resolve::project::Project;
use crate::source::{Span, Spanned};
use crate::syntax::dotenv::{self, Dialect};
use crate::syntax::template::{self, Operator, Part, Variable};
use crate::syntax::words;
use crate::text::Text;
use crate::tree::{Presence, join};

/// Slips are looked for among the names that people write by hand, each against each.
const MAX_NAMES: usize = 500;

/// A value of a service that compose fills in.
struct Written<'a> {
    service: Option<&'a Service>,
    setting: Spanned<String>,
    value: Text,
}

/// Every reference in the project's settings of Redis.
#[must_use]
pub fn references(inputs: &Inputs<'_>, project: &Project) -> Vec<Reference> {
    let dotenv = join(&project.directory, ".env").unwrap_or_default();
    let known = assigned(inputs, &dotenv);
    let mut read = Read::new();
    let written: Vec<Written<'_>> = written(inputs, project, &dotenv);
    let mut all = Vec::new();
    let mut names: Vec<String> = Vec::new();
    for written in &written {
        for (part, before, whole) in parts(&written.value) {
            names.push(part.name.clone());
            if !speaks_of_redis(written) {
                continue;
            }
            let defined = match &known {
                Some(known) => Some(known.contains_key(&part.name)),
                None if may_exist(inputs, &dotenv) => None,
                None => Some(false),
            };
            all.push(Reference {
                span: part.span,
                braced: inputs.sources.slice(part.span).starts_with("${"),
                guarded: !matches!(part.operator, Operator::Plain),
                demanded: matches!(part.operator, Operator::Required { empty_too: true, .. }),
                setting: written.setting.clone(),
                whole,
                inside_password: in_password(&written.setting.value, &before),
                defined,
                elsewhere: if defined == Some(false) {
                    elsewhere(inputs, project, written.service, &part.name, &mut read)
                } else {
                    None
                },
                similar: None,
                name: part.name,
            });
        }
    }
    let unused: Vec<&Spanned<String>> =
        known.iter().flat_map(BTreeMap::values).filter(|key| !names.contains(&key.value)).collect();
    let close = if unused.len() <= MAX_NAMES { MAX_NAMES } else { 0 };
    for reference in all.iter_mut().filter(|reference| reference.defined == Some(false)).take(close) {
        reference.similar = unused.iter().find(|key| is_slip(&reference.name, &key.value)).map(|key| (*key).clone());
    }
    all
}

/// The ends of commands that compose throws away: those that hold arguments.
#[must_use]
pub fn lost_words(inputs: &Inputs<'_>, project: &Project) -> Vec<LostWords> {
    let dotenv = join(&project.directory, ".env").unwrap_or_default();
    let known = values(inputs, &dotenv);
    let mut lost = Vec::new();
    for service in services(inputs, project) {
        for line in [&service.command, &service.entrypoint].into_iter().flatten() {
            let Some(CommandLine::Line(text)) = &line.value else { continue };
            let Some(filled) = filled(text, &known) else { continue };
            let Ok((_, Some(at))) = words::split_until_stop(&filled) else { continue };
            let (before, rest) = filled.as_str().split_at(at);
            let glued =
                !before.ends_with(char::is_whitespace) && rest.chars().nth(1).is_some_and(char::is_alphanumeric);
            if (glued || rest.contains(" --"))
                && let Some(stop) = rest.chars().next()
            {
                let span = filled.span_of(at..filled.len());
                lost.push(LostWords { service: service.name.value.clone(), span, stop });
            }
        }
    }
    lost
}

/// Configuration files that are mounted into a server, and certainly are not there: Docker makes a folder instead.
#[must_use]
pub fn missing_mounts(inputs: &Inputs<'_>, project: &Project, is_server: impl Fn(&str) -> bool) -> Vec<MissingFile> {
    let mut missing = Vec::new();
    for container in project.containers.iter().filter(|container| is_server(&container.name)) {
        for mount in &container.mounts {
            let Some(path) = mount.source.as_ref().filter(|_| mount.exists == Some(false) && mount.content.is_none())
            else {
                continue;
            };
            let is_file = [".conf", ".acl"].iter().any(|end| path.ends_with(end) && mount.target.ends_with(end));
            if is_file && !has_example(inputs, path) {
                missing.push(MissingFile {
                    span: mount.span,
                    path: path.clone(),
                    consequence: "docker makes a folder of that name, and the server can't read it",
                });
            }
        }
    }
    missing
}

fn services<'a>(inputs: &Inputs<'a>, project: &Project) -> Vec<&'a Service> {
    let files = inputs.facts.compose.iter().filter(|file| project.files.contains(&file.file));
    files.flat_map(|file| &file.documents).flat_map(|document| &document.services).collect()
}

fn written<'a>(inputs: &Inputs<'a>, project: &Project, dotenv: &str) -> Vec<Written<'a>> {
    let mut all = Vec::new();
    let mut env_files = vec![dotenv.to_owned()];
    for service in services(inputs, project) {
        let mut add = |setting: Spanned<String>, value: &Text| {
            all.push(Written { service: Some(service), setting, value: value.clone() });
        };
        for entry in service.environment.iter().flat_map(|entries| &entries.value).flatten() {
            match entry {
                Assignment::Pair { name, value: Some(value), .. } => add(name.clone(), value),
                Assignment::Pair { .. } => {}
                Assignment::Entry(text) => {
                    if let Some(equals) = text.as_str().find('=') {
                        let name = text.slice(0..equals);
                        let setting = Spanned::new(name.as_str().to_owned(), name.span());
                        add(setting, &text.slice(equals + 1..text.len()));
                    }
                }
            }
        }
        let test = service.healthcheck.as_ref().and_then(|check| check.value.as_ref()?.test.as_ref());
        for (name, attribute) in
            [("command", service.command.as_ref()), ("entrypoint", service.entrypoint.as_ref()), ("test", test)]
        {
            let words = attribute.map(lines).unwrap_or_default();
            let before = std::iter::once("").chain(words.iter().map(|word| word.as_str()));
            for (before, text) in before.zip(&words) {
                // The word behind the option is the password.
                let name = if before == REQUIREPASS { REQUIREPASS } else { name };
                add(Spanned::new(name.to_owned(), text.span()), text);
            }
        }
        env_files.extend(own_env_files(project, service));
    }
    env_files.sort();
    env_files.dedup();
    for file in inputs.facts.env_files.iter().filter(|file| env_files.contains(&file.path)) {
        let (entries, _) = dotenv::parse(file.file, inputs.sources.get(file.file).text(), Dialect::Compose);
        for entry in entries {
            if let Some(value) = entry.value.filter(|value| value.expands) {
                all.push(Written { service: None, setting: entry.key, value: value.text });
            }
        }
    }
    all
}

/// The option whose argument is the server's password.
const REQUIREPASS: &str = "--requirepass";

fn lines(attribute: &Attribute<CommandLine>) -> Vec<&Text> {
    match &attribute.value {
        Some(CommandLine::Line(text)) => vec![text],
        Some(CommandLine::List(words)) => words.iter().collect(),
        None => Vec::new(),
    }
}

fn own_env_files(project: &Project, service: &Service) -> Vec<String> {
    let entries = service.env_file.iter().flat_map(|entries| &entries.value).flatten();
    entries.filter_map(|entry| join(&project.directory, entry.path.as_str())).collect()
}

/// The references of a value, each with the text before it and whether it is all of the value.
fn parts(value: &Text) -> Vec<(Variable, String, bool)> {
    let Ok(template) = template::parse(value) else { return Vec::new() };
    let whole = template.parts.len() == 1;
    let mut before = String::new();
    let mut all = Vec::new();
    for part in template.parts {
        match part {
            Part::Literal(text) => before.push_str(text.as_str()),
            Part::Variable(variable) => {
                all.push((variable, before.clone(), whole));
                before.push('…');
            }
        }
    }
    all
}

/// The line with every reference replaced by what `.env` sets, else by a letter.
fn filled(text: &Text, known: &BTreeMap<String, Text>) -> Option<Text> {
    let template = template::parse(text).ok()?;
    let mut out = Text::empty(template.anchor);
    for part in template.parts {
        match part {
            Part::Literal(literal) => out.push_text(&literal),
            Part::Variable(variable) => {
                let value = known.get(&variable.name).map_or("x", Text::as_str);
                out.push_mapped(value, variable.span);
            }
        }
    }
    Some(out)
}

fn speaks_of_redis(written: &Written<'_>) -> bool {
    let speaks = |text: &str| {
        let lower = text.to_ascii_lowercase();
        ["redis", "valkey", "keydb", "dragonfly", "celery", "broker"].iter().any(|word| lower.contains(word))
    };
    speaks(&written.setting.value) || speaks(written.value.as_str()) || written.setting.value == REQUIREPASS
}

/// Whether what stands before a reference is the beginning of a password.
fn in_password(setting: &str, before: &str) -> bool {
    let glued = |text: &str| text.chars().last().is_some_and(|last| last != '…' && !last.is_whitespace());
    if names_redis_password(setting) || setting == REQUIREPASS {
        return glued(before);
    }
    // `redis://:pa$word@…`: behind the colon of the user's part.
    let Some((_, rest)) =
        before.split_once("://").filter(|(scheme, _)| scheme.ends_with("redis") || scheme.ends_with("rediss"))
    else {
        return before.rsplit_once("--requirepass ").is_some_and(|(_, word)| !word.contains(' ') && glued(word));
    };
    rest.split_once(':').is_some_and(|(user, password)| {
        !user.contains(['@', '/', '.'])
            && !password.contains(['@', '/'])
            && glued(password)
            && (user.is_empty() || !password.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// What a `.env` sets; `None`: it was not read.
fn assigned(inputs: &Inputs<'_>, path: &str) -> Option<BTreeMap<String, Spanned<String>>> {
    let file = inputs.facts.env_files.iter().find(|file| file.path == path)?.file;
    let (entries, _) = dotenv::parse(file, inputs.sources.get(file).text(), Dialect::Compose);
    Some(entries.into_iter().map(|entry| (entry.key.value.clone(), entry.key)).collect())
}

/// The values that a `.env` gives as they are.
fn values(inputs: &Inputs<'_>, path: &str) -> BTreeMap<String, Text> {
    let Some(file) = inputs.facts.env_files.iter().find(|file| file.path == path) else { return BTreeMap::new() };
    let (entries, _) = dotenv::parse(file.file, inputs.sources.get(file.file).text(), Dialect::Compose);
    let plain = entries.into_iter().filter_map(|entry| Some((entry.key.value, entry.value?)));
    let plain = plain.filter(|(_, value)| !value.expands || !value.text.as_str().contains('$'));
    plain.map(|(name, value)| (name, value.text)).filter(|(_, text)| !text.is_empty()).collect()
}

/// What env files set, each read once.
type Read = BTreeMap<String, Option<BTreeMap<String, Spanned<String>>>>;

/// Where a variable is set that compose does not look for it: the service's own `env_file`, or a `.env` further down.
fn elsewhere(
    inputs: &Inputs<'_>,
    project: &Project,
    service: Option<&Service>,
    name: &str,
    read: &mut Read,
) -> Option<Span> {
    let own = service.map(|service| own_env_files(project, service)).unwrap_or_default();
    let below = if project.directory.is_empty() { String::new() } else { format!("{}/", project.directory) };
    let meant = |path: &str| own.iter().any(|own| own == path) || path.starts_with(&below) && path.ends_with("/.env");
    let mut files = inputs.facts.env_files.iter().filter(|file| !file.example && meant(&file.path));
    files.find_map(|file| {
        let set = read.entry(file.path.clone()).or_insert_with(|| assigned(inputs, &file.path)).as_ref();
        set?.get(name).map(|key| key.span)
    })
}

/// Whether a file that was not read may be there all the same: ignored by git, or made from an example.
fn may_exist(inputs: &Inputs<'_>, path: &str) -> bool {
    inputs.index.presence(path) != Presence::Absent || has_example(inputs, path)
}

/// Whether a file beside `path` shows what belongs into it.
fn has_example(inputs: &Inputs<'_>, path: &str) -> bool {
    const WORDS: [&str; 7] = ["example", "sample", "template", "tmpl", "dist", "default", "j2"];
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let stem = name.trim_start_matches('.').split('.').next().unwrap_or(name);
    inputs.index.files_below(folder).any(|file| {
        let other = file.rsplit('/').next().unwrap_or(file);
        other.contains(stem) && other.split(['.', '-', '_']).any(|word| WORDS.contains(&word))
    })
}

/// Whether one name is the other with a slip of the finger; names that differ in a digit are different on purpose.
fn is_slip(one: &str, other: &str) -> bool {
    let without_digits = |name: &str| name.chars().filter(|char| !char.is_ascii_digit()).collect::<String>();
    one != other
        && one.len().min(other.len()) >= 8
        && without_digits(one) != without_digits(other)
        && crate::nearest::distance(&without_digits(one), &without_digits(other)) == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_one_letter_and_no_digit() {
        assert!(is_slip("REDIS_PASWORD", "REDIS_PASSWORD"));
        assert!(!is_slip("REDIS_URL_1", "REDIS_URL_2"));
        assert!(!is_slip("REDIS_DB", "REDIS_DC") || "REDIS_DB".len() >= 8);
        assert!(!is_slip("REDIS_HOST", "REDIS_PORT"));
    }

    #[test]
    fn what_stands_before_a_reference_may_be_a_password() {
        assert!(in_password("REDIS_PASSWORD", "pa"));
        assert!(!in_password("REDIS_PASSWORD", ""));
        assert!(in_password("REDIS_URL", "redis://:pa"));
        assert!(!in_password("REDIS_URL", "redis://:"));
        assert!(!in_password("REDIS_URL", "redis://cache:63"));
        assert!(!in_password("REDIS_URL", "redis://:pw@cache"));
        assert!(in_password("command", "redis-server --requirepass pa"));
        assert!(!in_password("command", "redis-server --port 63"));
    }
}
