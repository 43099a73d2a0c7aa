//! The clients that run in a container: those its code makes, and those that only its variables show.
//!
//! What a client connects with comes from `evaluate` and `handshake`; where it leads is `network`'s.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::Confidence;
use crate::library::{Family, VersionRange};
use crate::model::{Client, Place, Reach, Stage};
use crate::resolve::evaluate::{ConnectionSettings, FoundClient};
use crate::resolve::literals::{is_redis_url, names_redis_password};
use crate::resolve::project::{Variable, Variables};
use crate::resolve::{Inputs, handshake, stage, versions};
use crate::source::Span;
use crate::symbol::{Alternative, Resolved, Step, Symbols};
use crate::text::Text;

/// Makes a model client of what code or variables show; `reach` is filled in by the caller.
#[must_use]
pub fn client(inputs: &Inputs<'_>, found: FoundClient, place: Place, id: String) -> Client {
    let version = versions::of(inputs.facts, found.family, inputs.sources.get(found.span.file).path());
    client_of(inputs, found, version, place, id)
}

/// The same for a library whose version does not lie beside what shows the client.
#[must_use]
pub fn client_of(
    inputs: &Inputs<'_>,
    mut found: FoundClient,
    version: VersionRange,
    place: Place,
    id: String,
) -> Client {
    if place == Place::Host {
        // What a developer's shell sets is not known: no program is said to stop for want of it.
        found.settings.end = None;
    }
    let mut cases = handshake::connect(&found.settings, found.family, version, inputs.symbols);
    for case in &mut cases {
        let mut trace = found.trace.clone();
        trace.append(&mut case.trace);
        case.trace = trace;
        case.reach = Reach::Undetermined;
    }
    let master = found.settings.master.as_ref().and_then(Resolved::single).and_then(|one| one.value.clone());
    Client {
        id,
        place,
        master,
        setting: found.setting,
        span: found.span,
        cases,
        family: found.family,
        version,
        confidence: found.confidence,
    }
}

/// How far code of a file named after one stage speaks for an environment of another: `settings/local.py` says
/// little about production.
#[must_use]
pub fn confidence_across_stages(path: &str, environment: Stage) -> Confidence {
    let name = path.rsplit('/').next().unwrap_or(path);
    match (stage::of_name(name), environment) {
        (Stage::Unlabelled, _) => Confidence::High,
        (code, environment) if code == environment => Confidence::High,
        (Stage::Staging | Stage::Production, Stage::Staging | Stage::Production) => Confidence::Medium,
        _ => Confidence::Low,
    }
}

/// Clients that only variables show: a Redis URL, or a group such as `REDIS_HOST`, `REDIS_PORT`, `REDIS_PASSWORD`.
/// `known` holds what the container's code was already seen to read, be it loaded or not.
#[must_use]
pub fn from_variables<'a>(
    variables: &Variables,
    known: impl Iterator<Item = &'a Client>,
    symbols: &Symbols,
) -> Vec<FoundClient> {
    let read = Read::of(known);
    let mut found = Vec::new();
    for (name, variable) in &variables.map {
        let bare = names_url(name) && variable.value.alternatives.iter().all(holds_bare_address);
        let settings = if bare || variable.value.alternatives.iter().any(holds_redis_url) {
            ConnectionSettings { url: Some(variable.value.clone()), ..ConnectionSettings::default() }
        } else if let Some(prefix) = host_prefix(name) {
            let Some(settings) = group(variables, prefix, variable, symbols) else { continue };
            settings
        } else {
            continue;
        };
        if read.has(name, variable) {
            continue;
        }
        found.push(FoundClient {
            span: variable.name_span,
            setting: Some(name.clone()),
            family: Family::Unknown,
            settings,
            confidence: Confidence::Medium,
            trace: vec![Step { span: variable.name_span, label: format!("{name} is set here") }],
        });
    }
    found
}

/// The places and names that code clients already account for.
struct Read {
    names: BTreeSet<String>,
    spans: BTreeSet<Span>,
}

impl Read {
    fn of<'a>(clients: impl Iterator<Item = &'a Client>) -> Self {
        let mut read = Self { names: BTreeSet::new(), spans: BTreeSet::new() };
        for client in clients {
            read.names.extend(client.setting.clone());
            for case in &client.cases {
                for text in [&case.url, &case.host, &case.password].into_iter().flatten() {
                    read.spans.extend(text.spans());
                }
                read.spans.extend(case.trace.iter().map(|step| step.span));
            }
        }
        read
    }

    fn has(&self, name: &str, variable: &Variable) -> bool {
        self.names.contains(name)
            || self.spans.contains(&variable.name_span)
            || variable.value.alternatives.iter().filter_map(|alternative| alternative.value.as_ref()).any(|value| {
                value.spans().iter().any(|span| self.spans.iter().any(|read| span.contains(*read) && !read.is_empty()))
            })
    }
}

fn holds_redis_url(alternative: &Alternative) -> bool {
    alternative.value.as_ref().is_some_and(|value| is_redis_url(value.as_str()))
}

/// `REDIS_URL`, `CACHE_VALKEY_URI`.
fn names_url(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    ["REDIS_URL", "REDIS_URI", "VALKEY_URL", "VALKEY_URI"].iter().any(|ending| upper.ends_with(ending))
}

fn holds_bare_address(alternative: &Alternative) -> bool {
    alternative.value.as_ref().is_some_and(|value| handshake::is_bare_address(value.as_str()))
}

/// `REDIS_` of `REDIS_HOST`, `APP_REDIS_CACHE_` of `APP_REDIS_CACHE_HOST`.
fn host_prefix(name: &str) -> Option<&str> {
    let upper = name.to_ascii_uppercase();
    let about_redis = upper.contains("REDIS") || upper.contains("VALKEY");
    let prefix = upper.strip_suffix("HOSTNAME").or_else(|| upper.strip_suffix("HOST"))?;
    (about_redis && (prefix.ends_with('_') || prefix.ends_with("REDIS"))).then(|| &name[..prefix.len()])
}

/// The settings of a group of variables with one prefix.
fn group(variables: &Variables, prefix: &str, host: &Variable, symbols: &Symbols) -> Option<ConnectionSettings> {
    // `REDIS_HOST: cache:6379` and lists of hosts have a grammar of their own that only their reader knows.
    let odd = |alternative: &Alternative| {
        alternative
            .value
            .as_ref()
            .is_some_and(|value| value.is_empty() || value.as_str().contains([':', ',', ';', '/', ' ']))
    };
    if host.value.alternatives.iter().any(odd) {
        return None;
    }
    let get = |suffixes: &[&str]| -> Option<Resolved> {
        suffixes.iter().find_map(|suffix| {
            let wanted = format!("{prefix}{suffix}");
            variables
                .map
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(&wanted))
                .map(|(_, found)| found.value.clone())
        })
    };
    let mut password = get(&["PASSWORD", "PASS", "AUTH", "PASSWD", "PWD"]);
    for one in password.iter_mut().flat_map(|password| &mut password.alternatives) {
        // How frameworks spell "not set", each its own way: what a reader that we don't see makes of it is not known.
        let nothing = |text: &Text| matches!(text.as_str(), "null" | "NULL" | "(null)" | "None" | "none" | "nil");
        one.value = one.value.take().map(|text| if nothing(&text) { symbols.opaque_text(text.span()) } else { text });
    }
    if password.is_none() {
        // A password under another name, or from a file: its reader may use it for this host.
        let other = variables.map.iter().find(|(name, _)| {
            let upper = name.to_ascii_uppercase();
            names_redis_password(name)
                || ((upper.contains("REDIS") || upper.contains("VALKEY"))
                    && ["PASS", "SECRET", "AUTH", "TOKEN", "URL", "URI", "DSN"].iter().any(|word| upper.contains(word)))
        });
        if other.is_some() || variables.incomplete.is_some() {
            let unknown = Resolved::known(symbols.opaque_text(host.name_span), Vec::new());
            password = Some(unknown);
        }
    }
    Some(ConnectionSettings {
        host: Some(host.value.clone()),
        port: get(&["PORT"]),
        db: get(&["DB", "DATABASE"]),
        username: get(&["USERNAME", "USER"]),
        password,
        ..ConnectionSettings::default()
    })
}

/// Ids unique in an environment: the place, the setting, and a number where these repeat.
#[derive(Default)]
pub struct Ids {
    used: BTreeMap<String, usize>,
}

impl Ids {
    /// The next id for a client of that place and setting.
    pub fn next(&mut self, place: &Place, setting: Option<&str>) -> String {
        let place = match place {
            Place::Container(service) => service.as_str(),
            Place::Host => "host",
        };
        let base = format!("{place}:{}", setting.unwrap_or("client"));
        let count = self.used.entry(base.clone()).or_default();
        *count += 1;
        if *count == 1 { base } else { format!("{base}#{count}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_host_variables() {
        assert_eq!(host_prefix("REDIS_HOST"), Some("REDIS_"));
        assert_eq!(host_prefix("APP_REDIS_CACHE_HOST"), Some("APP_REDIS_CACHE_"));
        assert_eq!(host_prefix("redis_hostname"), Some("redis_"));
        assert_eq!(host_prefix("POSTGRES_HOST"), None);
        assert_eq!(host_prefix("REDIS_GHOST"), None);
    }

    #[test]
    fn local_settings_say_little_about_production() {
        assert_eq!(confidence_across_stages("app/settings/local.py", Stage::Production), Confidence::Low);
        assert_eq!(confidence_across_stages("app/settings.py", Stage::Production), Confidence::High);
        assert_eq!(confidence_across_stages("settings/production.py", Stage::Production), Confidence::High);
    }
}
