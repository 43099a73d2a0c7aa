//! What the exposure rules share: the ports a server is published on, and whether strangers may then use it.
//!
//! Comes in: a server of the model. Goes out: facts about it. Severity and words are the rules' own.

use crate::model::{Directive, Distribution, Published, Server};
use crate::rules::common;
use crate::symbol::Symbols;

/// Who can reach a published port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// Only the machine itself.
    Loopback,
    /// All of the machine's interfaces.
    Everyone,
    /// Whoever reaches this address of the machine.
    Address(String),
    /// The address is not in the repository.
    Unknown,
}

/// The entries that publish one of the server's own ports.
pub fn published(server: &Server) -> impl Iterator<Item = &Published> {
    let own = [server.port, server.tls_port];
    server.published.iter().filter(move |entry| {
        let known = own.iter().any(Option::is_some);
        entry.protocol != "udp" && (!known || own.contains(&entry.container_port))
    })
}

/// Who can reach the port of this entry.
#[must_use]
pub fn reach(entry: &Published) -> Reach {
    let Some(ip) = &entry.host_ip else {
        return Reach::Everyone;
    };
    match ip.as_str().trim_matches(['[', ']']) {
        "" | "0.0.0.0" | "::" | "*" | "0:0:0:0:0:0:0:0" => Reach::Everyone,
        _ if !Symbols::is_known(ip) => Reach::Unknown,
        address if common::is_loopback(address) => Reach::Loopback,
        address => Reach::Address(address.to_owned()),
    }
}

/// The directive in force; the last one that nothing overrides.
#[must_use]
pub fn directive<'a>(server: &'a Server, name: &str) -> Option<&'a Directive> {
    server.directives.iter().rev().find(|one| one.name.value == name && one.overridden_by.is_none())
}

/// The directive that given protected mode off.
#[must_use]
pub fn switched_off(server: &Server) -> Option<&Directive> {
    directive(server, "protected-mode")
        .filter(|one| one.arguments.first().is_some_and(|value| value.as_str().eq_ignore_ascii_case("no")))
}

/// Whether the server turns away whoever comes from another machine as long as it has no password; `None`: unknown.
#[must_use]
pub fn protected(server: &Server) -> Option<bool> {
    // Up to 6.2 an explicit bind switches it off, whatever the directive says.
    if server.version.is_from((7, 0)) == Some(false) && server.bind.is_some() {
        return Some(false);
    }
    match directive(server, "protected-mode").and_then(|directive| directive.arguments.first()) {
        Some(value) if value.as_str().eq_ignore_ascii_case("yes") => Some(true),
        Some(value) if value.as_str().eq_ignore_ascii_case("no") => Some(false),
        Some(_) => None,
        None => compiled_on(server),
    }
}

/// Whether protected mode is on where nothing says otherwise; `None`: unknown.
#[must_use]
pub fn compiled_on(server: &Server) -> Option<bool> {
    match server.distribution {
        Distribution::Official | Distribution::Stack | Distribution::Bitnami | Distribution::Dragonfly => Some(false),
        Distribution::Keydb | Distribution::Host => Some(true),
        Distribution::Unknown => None,
    }
}

/// Whether it listens on nothing but its own loopback interface.
#[must_use]
pub fn listens_on_loopback_only(server: &Server) -> bool {
    server.bind.as_ref().is_some_and(|addresses| {
        !addresses.is_empty()
            && addresses.iter().all(|address| Symbols::is_known(address) && common::is_loopback(address.as_str()))
    })
}
