//! TOML text → [`Config`], and everything in it that is wrong, with its place.

use ignore::gitignore::GitignoreBuilder;
use toml::Spanned as Located;
use toml::de::{DeTable, DeValue};

use super::keys::{self, Key, Kind};
use super::{ComposeVersion, Config, ConfigFile, EnvironmentConfig, EnvironmentKind, FILE, Host, PathIgnore};
use crate::finding::Severity;
use crate::nearest::nearest;
use crate::source::{Span, Spanned};

/// Something in the configuration that can't be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// The exact bytes, in [`FILE`].
    pub span: Span,
    /// What is wrong; lower case, no full stop.
    pub message: String,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

/// Reads the text of the file at `path`; `rules` are the names of all rules. `None`: a `pyproject.toml` that does not
/// speak of redislint.
///
/// # Errors
/// With all mistakes, in their order.
pub fn parse(path: &str, source: &str, rules: &[&str]) -> Result<Option<Config>, Vec<Mistake>> {
    let (document, errors) = DeTable::parse_recoverable(source);
    let project = path.ends_with("pyproject.toml");
    let table = if project {
        let Some(tool) = document.get_ref().get("tool").and_then(|tool| tool.get_ref().as_table()) else {
            return Ok(None);
        };
        let Some(table) = tool.get("redislint") else { return Ok(None) };
        match table.get_ref().as_table() {
            Some(inner) => inner,
            None => return Err(vec![mistake(table.span(), "`tool.redislint` has to be a table")]),
        }
    } else {
        document.get_ref()
    };
    let mut reader = Reader { rules, mistakes: Vec::new() };
    for error in errors {
        let span = error.span().unwrap_or_default();
        reader.mistakes.push(mistake(span, error.message().replace('\n', ", ")));
    }
    // What the parser made of a broken place says nothing: other mistakes are looked for in whole files only.
    if reader.mistakes.is_empty() {
        reader.table(table, keys::ROOT, 0..0, "");
    }
    if reader.mistakes.is_empty() {
        let source = Some(ConfigFile { path: path.to_owned(), bytes: source.as_bytes().to_owned() });
        let config = Config { source, ..config(table) };
        reader.mistakes.extend(repeated(&config));
        if reader.mistakes.is_empty() {
            return Ok(Some(config));
        }
    }
    reader.mistakes.sort_by_key(|mistake| mistake.span);
    Err(reader.mistakes)
}

fn mistake(range: std::ops::Range<usize>, message: impl Into<String>) -> Mistake {
    Mistake { span: Span::new(FILE, range), message: message.into(), suggestion: None }
}

/// Environments with the name of an earlier one.
fn repeated(config: &Config) -> impl Iterator<Item = Mistake> {
    let names = config.environments.iter().map(|environment| &environment.name).enumerate();
    names.filter_map(|(at, name)| {
        let first = config.environments.iter().position(|other| other.name.value == name.value)?;
        let message = format!("the environment `{}` is there twice", name.value);
        (first < at).then(|| mistake(name.span.range(), message))
    })
}

type Range = std::ops::Range<usize>;

/// Compares a document with the table of keys.
struct Reader<'a> {
    rules: &'a [&'a str],
    mistakes: Vec<Mistake>,
}

impl Reader<'_> {
    fn table(&mut self, table: &DeTable<'_>, keys: &[Key], place: Range, name: &str) {
        for (written, value) in table {
            match keys.iter().find(|key| key.name == written.get_ref().as_ref()) {
                Some(key) => self.value(value, key.kind, key.name),
                None => self.unknown("key", written.span(), written.get_ref(), keys.iter().map(|key| key.name)),
            }
        }
        for key in keys.iter().filter(|key| key.required && !table.contains_key(key.name)) {
            self.mistakes.push(mistake(place.clone(), format!("`{name}` needs `{}`", key.name)));
        }
    }

    fn value(&mut self, value: &Located<DeValue<'_>>, kind: Kind, name: &str) {
        let found = value.get_ref();
        match kind {
            Kind::Flag if found.is_bool() => {}
            Kind::Flag => self.wrong(value, name, "`true` or `false`"),
            Kind::Text | Kind::Glob | Kind::Rule | Kind::Choice(_) => match found.as_str() {
                Some("") => self.mistakes.push(mistake(value.span(), format!("`{name}` must not be empty"))),
                Some(text) => self.text(value.span(), text, kind, name),
                None => self.wrong(value, name, "a string"),
            },
            Kind::List(kind) => match found.as_array() {
                Some(items) => items.iter().for_each(|item| self.value(item, *kind, name)),
                None => self.wrong(value, name, "a list"),
            },
            Kind::Table(keys) => match found.as_table() {
                Some(table) => self.table(table, keys, value.span(), name),
                None => self.wrong(value, name, "a table"),
            },
            Kind::PerRule(kind) => match found.as_table() {
                Some(table) => {
                    for (rule, value) in table {
                        self.text(rule.span(), rule.get_ref(), Kind::Rule, name);
                        self.value(value, *kind, name);
                    }
                }
                None => self.wrong(value, name, "a table"),
            },
        }
    }

    fn text(&mut self, place: Range, text: &str, kind: Kind, name: &str) {
        match kind {
            Kind::Glob if GitignoreBuilder::new("").add_line(None, text).is_err() => {
                self.mistakes.push(mistake(place, format!("`{name}` holds a pattern that means nothing")));
            }
            Kind::Rule if !self.rules.contains(&text) => self.unknown("rule", place, text, self.rules.iter().copied()),
            Kind::Choice(choices) if !choices.contains(&text) => {
                let list: Vec<String> = choices.iter().map(|choice| format!("\"{choice}\"")).collect();
                let mut found = mistake(place, format!("`{name}` has to be one of {}", list.join(", ")));
                found.suggestion = nearest(text, choices.iter().copied()).map(str::to_owned);
                self.mistakes.push(found);
            }
            _ => {}
        }
    }

    fn unknown<'k>(&mut self, what: &str, place: Range, written: &str, known: impl Iterator<Item = &'k str>) {
        let mut found = mistake(place, format!("unknown {what} `{written}`"));
        found.suggestion = nearest(written, known).map(str::to_owned);
        self.mistakes.push(found);
    }

    fn wrong(&mut self, value: &Located<DeValue<'_>>, name: &str, wanted: &str) {
        let found = value.get_ref().type_str();
        self.mistakes.push(mistake(value.span(), format!("`{name}` has to be {wanted}, not {found}")));
    }
}

/// The configuration of a table that holds no mistakes.
fn config(table: &DeTable<'_>) -> Config {
    let severity = table.get("severity").and_then(|value| value.get_ref().as_table());
    Config {
        source: None,
        select: table.contains_key("select").then(|| texts(table, "select")),
        ignore: texts(table, "ignore"),
        severity: severity
            .into_iter()
            .flatten()
            .filter_map(|(rule, value)| {
                let ceiling = match value.get_ref().as_str()? {
                    "error" => Severity::Error,
                    "warning" => Severity::Warning,
                    _ => Severity::Note,
                };
                Some((rule.get_ref().to_string(), at(ceiling, value.span())))
            })
            .collect(),
        per_path: tables(table, "per-path")
            .map(|table| PathIgnore {
                paths: texts(table, "paths"),
                rules: texts(table, "rules"),
                reason: text(table, "reason").map(|reason| reason.value),
            })
            .collect(),
        hosts: tables(table, "hosts")
            .filter_map(|table| {
                Some(Host { address: text(table, "address")?, environment: text(table, "environment")? })
            })
            .collect(),
        allowed_endpoints: texts(table, "allowed-endpoints"),
        placeholders: texts(table, "placeholders"),
        environments: tables(table, "environment")
            .filter_map(|table| {
                Some(EnvironmentConfig {
                    name: text(table, "name")?,
                    files: texts(table, "files"),
                    env_files: texts(table, "env-files"),
                    profiles: texts(table, "profiles"),
                    kind: text(table, "kind").map(|kind| Spanned::new(environment_kind(&kind.value), kind.span)),
                })
            })
            .collect(),
        compose_version: match text(table, "compose-version") {
            Some(version) if version.value == "2" => ComposeVersion::V2,
            _ => ComposeVersion::V5,
        },
        require_reason: table.get("require-reason").and_then(|value| value.get_ref().as_bool()).unwrap_or_default(),
    }
}

fn environment_kind(kind: &str) -> EnvironmentKind {
    match kind {
        "development" => EnvironmentKind::Development,
        "staging" => EnvironmentKind::Staging,
        _ => EnvironmentKind::Production,
    }
}

fn at<T>(value: T, range: Range) -> Spanned<T> {
    Spanned::new(value, Span::new(FILE, range))
}

fn text(table: &DeTable<'_>, key: &str) -> Option<Spanned<String>> {
    let value = table.get(key)?;
    Some(at(value.get_ref().as_str()?.to_owned(), value.span()))
}

fn texts(table: &DeTable<'_>, key: &str) -> Vec<Spanned<String>> {
    let items = table.get(key).and_then(|value| value.get_ref().as_array());
    let items = items.into_iter().flat_map(|items| items.iter());
    items.filter_map(|item| Some(at(item.get_ref().as_str()?.to_owned(), item.span()))).collect()
}

fn tables<'a>(table: &'a DeTable<'_>, key: &str) -> impl Iterator<Item = &'a DeTable<'a>> {
    let items = table.get(key).and_then(|value| value.get_ref().as_array());
    items.into_iter().flat_map(|items| items.iter()).filter_map(|item| item.get_ref().as_table())
}
