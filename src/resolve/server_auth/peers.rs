//! Servers that log in to other servers: a replica at its master, a Sentinel at the masters it watches.
//!
//! The settings in force in every case go in, clients come out. Whom they reach, and what it answers, is not known here.

use super::Settled;
use crate::finding::Confidence;
use crate::library::Family;
use crate::model::{Directive, Product};
use crate::resolve::evaluate::{ConnectionSettings, FoundClient};
use crate::resolve::project::Case;
use crate::symbol::{Alternative, Resolved, Step};
use crate::text::Text;

/// The logins of a server; each is read off its first case, and its values in all of them.
pub(super) fn of(settled: &[Case<Settled>]) -> Vec<FoundClient> {
    let Some(first) = settled.first() else { return Vec::new() };
    let watched = watched(first);
    let mut found: Vec<FoundClient> =
        watched.iter().filter_map(|name| client(settled, Family::Sentinel, &|case| watch(case, name))).collect();
    found.extend(client(settled, Family::Replica, &replication));
    found
}

/// What one login is made with.
struct Login<'a> {
    /// The directive that names the other server, and its words for it.
    at: &'a Directive,
    host: &'a Text,
    port: &'a Text,
    username: Option<&'a Text>,
    password: Option<&'a Text>,
    tls: bool,
}

fn last<'a>(case: &'a Case<Settled>, names: &[&str]) -> Option<&'a Directive> {
    case.value.settings.directives.iter().rev().find(|one| names.contains(&one.name.value.as_str()))
}

fn only<'a>(case: &'a Case<Settled>, names: &[&str]) -> Option<&'a Text> {
    last(case, names)?.arguments.first().filter(|text| !text.is_empty())
}

/// `replicaof` with `masterauth` and `masteruser`.
fn replication(case: &Case<Settled>) -> Option<Login<'_>> {
    let at = last(case, &["replicaof", "slaveof"])?;
    let [host, port] = at.arguments.as_slice() else { return None };
    let none = host.as_str().eq_ignore_ascii_case("no") && port.as_str().eq_ignore_ascii_case("one");
    let tls = only(case, &["tls-replication"]).is_some_and(|value| value.as_str().eq_ignore_ascii_case("yes"));
    let password = only(case, &["masterauth", "primaryauth"]);
    // A user alone is not sent.
    let username = password.and_then(|_| only(case, &["masteruser", "primaryuser"]));
    (!none).then_some(Login { at, host, port, username, password, tls })
}

/// The masters that a Sentinel watches, by name.
fn watched(case: &Case<Settled>) -> Vec<&Text> {
    let mut names: Vec<&Text> = Vec::new();
    if case.value.product == Product::Sentinel {
        for directive in &case.value.settings.directives {
            if let Some([_, name, _, _, _]) = sentinel(directive, "monitor")
                && !names.contains(&name)
            {
                names.push(name);
            }
        }
    }
    names
}

/// The words of `sentinel VERB …`.
fn sentinel<'a>(directive: &'a Directive, verb: &str) -> Option<&'a [Text]> {
    let words = directive.arguments.as_slice();
    let matches =
        directive.name.value == "sentinel" && words.first().is_some_and(|it| it.as_str().eq_ignore_ascii_case(verb));
    matches.then_some(words)
}

/// `sentinel monitor` of this master with `auth-pass` and `auth-user`.
fn watch<'a>(case: &'a Case<Settled>, name: &Text) -> Option<Login<'a>> {
    let about = |verb: &str| {
        case.value.settings.directives.iter().rev().find_map(|directive| {
            let words = sentinel(directive, verb)?;
            (words.get(1)? == name).then_some((directive, words))
        })
    };
    let (at, words) = about("monitor")?;
    let [_, _, host, port, _] = words else { return None };
    let value = |verb: &str| about(verb).and_then(|(_, words)| words.get(2)).filter(|text| !text.is_empty());
    let password = value("auth-pass");
    let username = password.and_then(|_| value("auth-user"));
    Some(Login { at, host, port, username, password, tls: false })
}

fn client<'a>(
    settled: &'a [Case<Settled>],
    family: Family,
    login: &dyn Fn(&'a Case<Settled>) -> Option<Login<'a>>,
) -> Option<FoundClient> {
    let first = login(settled.first()?)?;
    let span = first.at.name.span;
    let setting = match family {
        Family::Sentinel => "sentinel monitor".to_owned(),
        _ => first.at.name.value.clone(),
    };
    // A case in which it is no replica has no login, and no values.
    let logins: Vec<(&Case<Settled>, Login<'_>)> =
        settled.iter().filter_map(|case| login(case).map(|login| (case, login))).collect();
    let resolved = |value: &dyn Fn(&Login<'a>) -> Option<&'a Text>| {
        let alternative = |(case, login): &(&Case<Settled>, Login<'a>)| Alternative {
            when: case.when.clone(),
            value: value(login).cloned(),
            trace: Vec::new(),
        };
        let all: Vec<Alternative> = logins.iter().map(alternative).collect();
        let same = all.windows(2).all(|two| two[0].value == two[1].value);
        match all.first() {
            Some(first) if same => {
                first.value.clone().map_or_else(Resolved::absent, |text| Resolved::known(text, Vec::new()))
            }
            _ => Resolved { alternatives: all },
        }
    };
    let tls = first.tls.then(|| Resolved::known(Text::mapped("True", span), Vec::new()));
    Some(FoundClient {
        span,
        setting: Some(setting),
        family,
        settings: ConnectionSettings {
            host: Some(resolved(&|login| Some(login.host))),
            port: Some(resolved(&|login| Some(login.port))),
            username: Some(resolved(&|login| login.username)),
            password: Some(resolved(&|login| login.password)),
            tls,
            ..ConnectionSettings::default()
        },
        confidence: Confidence::High,
        trace: vec![Step { span, label: "the other server is named here".to_owned() }],
    })
}
