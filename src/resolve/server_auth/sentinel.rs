//! What keeps a Sentinel from starting: its statements, the masters that they name, and a file to write its state to.
//!
//! The settings in force go in, Redis's own text comes out. Measured with 6.2.14, 7.0.15 and Valkey 9.1.2, which agree.

use std::collections::HashSet;
use std::net::IpAddr;

use super::config::Settings;
use crate::model::VersionRange;
use crate::source::Span;
use crate::symbol::Symbols;
use crate::text::Text;

/// Each statement with the number of its words, and whether the second is the name of a master.
const STATEMENTS: &[(&str, &[usize], bool)] = &[
    ("monitor", &[5], false),
    ("down-after-milliseconds", &[3], true),
    ("failover-timeout", &[3], true),
    ("parallel-syncs", &[3], true),
    ("notification-script", &[3], true),
    ("client-reconfig-script", &[3], true),
    ("auth-pass", &[3], true),
    ("auth-user", &[3], true),
    ("current-epoch", &[2], false),
    ("myid", &[2], false),
    ("config-epoch", &[3], true),
    ("leader-epoch", &[3], true),
    ("known-slave", &[4], true),
    ("known-replica", &[4], true),
    ("known-sentinel", &[4, 5], true),
    ("rename-command", &[4], true),
    ("announce-ip", &[2], false),
    ("announce-port", &[2], false),
    ("deny-scripts-reconfig", &[2], false),
    ("sentinel-user", &[2], false),
    ("sentinel-pass", &[2], false),
    ("resolve-hostnames", &[2], false),
    ("announce-hostnames", &[2], false),
    ("master-reboot-down-after-period", &[3], true),
    ("primary-reboot-down-after-period", &[3], true),
];

/// Why the Sentinel gives up, and what makes it; `place` stands for what is missing.
pub(super) fn refusal(settings: &Settings, version: VersionRange, place: Span) -> Option<(String, Span)> {
    let statements: Vec<(Span, &[Text])> = settings
        .directives
        .iter()
        .filter(|one| one.name.value == "sentinel" && !one.arguments.is_empty())
        .map(|one| (one.name.span, one.arguments.as_slice()))
        .collect();
    let mut masters: HashSet<&str> = HashSet::new();
    for (span, words) in &statements {
        let error = shape(words, version).or_else(|| match words {
            [verb, name, address, port, quorum] if is(verb, "monitor") => {
                let twice = (!masters.insert(name.as_str())).then_some("Duplicate master name.");
                twice.or_else(|| monitor(address, port, quorum, resolves(&statements), version))
            }
            [verb, id] if is(verb, "myid") && Symbols::is_known(id) && id.len() != 40 => {
                Some("Malformed Sentinel id in myid option.")
            }
            _ => None,
        });
        if let Some(error) = error {
            return Some((error.to_owned(), *span));
        }
    }
    let stray = statements.iter().find(|(_, words)| {
        let names = STATEMENTS.iter().any(|(verb, _, names)| *names && is(&words[0], verb));
        names && words.get(1).is_some_and(|name| Symbols::is_known(name) && !masters.contains(name.as_str()))
    });
    // A master of which not even the name is known may be any.
    let known = masters.iter().all(|name| !name.contains(crate::symbol::is_symbol));
    match stray.filter(|_| known) {
        Some((span, _)) => Some(("No such master with specified name.".to_owned(), *span)),
        None if settings.loaded.is_empty() => {
            Some(("Sentinel needs config file on disk to save state. Exiting...".to_owned(), place))
        }
        None => None,
    }
}

/// A statement that is none, or has too many or too few words.
fn shape(words: &[Text], version: VersionRange) -> Option<&'static str> {
    let known = STATEMENTS.iter().find(|(verb, ..)| is(&words[0], verb));
    let fits = match known {
        Some((_, counts, _)) => counts.contains(&words.len()),
        // Later versions may know more of them.
        None => !Symbols::is_known(&words[0]) || version.is_from((9, 2)) != Some(false),
    };
    (!fits).then_some("Unrecognized sentinel configuration statement.")
}

/// Whether names of hosts are looked up, wherever that is said.
fn resolves(statements: &[(Span, &[Text])]) -> bool {
    statements.iter().any(|(_, words)| {
        matches!(words, [verb, value] if is(verb, "resolve-hostnames") && (is(value, "yes") || !Symbols::is_known(value)))
    })
}

fn monitor(address: &Text, port: &Text, quorum: &Text, resolves: bool, version: VersionRange) -> Option<&'static str> {
    let number = |text: &Text| Some(text).filter(|text| Symbols::is_known(text))?.as_str().parse::<i64>().ok();
    if number(quorum).is_some_and(|quorum| quorum < 1) {
        return Some("Quorum must be 1 or greater.");
    }
    if number(port).is_some_and(|port| !(0..=65535).contains(&port)) {
        return Some("Invalid port number.");
    }
    // Up to 6.0 every name is looked up. What looks like a template is filled in by somebody.
    let name = Symbols::is_known(address) && !address.as_str().contains(['$', '{', '<', '@', '%']);
    let looked_up = resolves || version.is_from((6, 2)) != Some(true);
    let unresolved = name && !looked_up && address.as_str().parse::<IpAddr>().is_err();
    unresolved.then_some("Can't resolve instance hostname.")
}

fn is(text: &Text, word: &str) -> bool {
    text.as_str().eq_ignore_ascii_case(word)
}
