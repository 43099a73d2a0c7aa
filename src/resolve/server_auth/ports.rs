//! What a server needs to open its ports: at least one of them, and for TLS its certificates.
//!
//! The settings in force go in, Redis's own text comes out where they keep it from starting.

use super::config::Settings;
use crate::model::Directive;
use crate::source::Span;
use crate::symbol::Symbols;
use crate::text::Text;

const NO_AUTHORITY: &str = "Either tls-ca-cert-file or tls-ca-cert-dir must be specified when tls-cluster, \
                            tls-replication or tls-auth-clients are enabled!";

/// Why the server gives up, and the setting that makes it.
pub(super) fn refusal(settings: &Settings) -> Option<(String, Span)> {
    let last = |name: &str| settings.directives.iter().rev().find(|one| one.name.value == name);
    let port = |name: &str, default: u16| last(name).map_or(Some(default), number);
    let (plain, tls) = (port("port", 6379), port("tls-port", 0));
    let encrypted =
        ["tls-replication", "tls-cluster"].into_iter().find_map(|name| last(name).filter(|one| is(one, "yes")));
    let opens = last("tls-port").filter(|_| tls.is_some_and(|port| port != 0));
    if let Some(reason) = opens.or(encrypted) {
        let missing = |name: &str| last(name).and_then(value).is_none_or(Text::is_empty);
        let asks =
            encrypted.is_some() || last("tls-auth-clients").is_none_or(|one| is(one, "yes") || is(one, "optional"));
        let text = match () {
            () if missing("tls-cert-file") => Some("No tls-cert-file configured!"),
            () if missing("tls-key-file") => Some("No tls-key-file configured!"),
            () if asks && missing("tls-ca-cert-file") && missing("tls-ca-cert-dir") => Some(NO_AUTHORITY),
            () => None,
        };
        if let Some(text) = text {
            return Some((text.to_owned(), reason.name.span));
        }
    }
    let elsewhere = ["unixsocket", "rdma-port"].into_iter().any(|name| last(name).is_some());
    match (plain, tls, last("port")) {
        (Some(0), Some(0), Some(port)) if !elsewhere => {
            Some(("Configured to not listen anywhere, exiting.".to_owned(), port.name.span))
        }
        (Some(plain), Some(tls), _) if plain == tls => {
            let span = last("tls-port").map(|one| one.name.span)?;
            Some((format!("Failed listening on port {tls} (TLS), aborting."), span))
        }
        _ => None,
    }
}

fn value(directive: &Directive) -> Option<&Text> {
    directive.arguments.first()
}

/// `None`: a value outside the repository decides.
fn number(directive: &Directive) -> Option<u16> {
    value(directive).filter(|text| Symbols::is_known(text))?.as_str().parse().ok()
}

fn is(directive: &Directive, word: &str) -> bool {
    value(directive).is_some_and(|text| text.as_str().eq_ignore_ascii_case(word))
}
