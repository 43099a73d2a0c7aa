//! Credentials go to a public host in the clear. From clients.

use std::net::Ipv4Addr;

use crate::finding::{Finding, Severity};
use crate::model::{ClientCase, Reach};
use crate::rule::{Category, Context, Rule};
use crate::rules::{common, lost};
use crate::symbol::Symbols;
use crate::text::Text;

/// See `rules/plaintext-remote.md`.
pub static RULE: Rule = Rule {
    name: "plaintext-remote",
    category: Category::Exposure,
    severity: Severity::Warning,
    pedantic: false,
    doc: include_str!("../../rules/plaintext-remote.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let goes_far = |case: &ClientCase| {
        let Some(host) = case.host.as_ref().map(Text::as_str) else { return false };
        let port = case.port.map(|port| port.to_string()).unwrap_or_default();
        let away = case.reach == Reach::External || context.config.is_host(host, &port);
        away && !context.config.allows_endpoint(host, &port)
    };
    for lost in lost::clients(context.model, |case| is_exposed(case) && goes_far(case)) {
        let client = common::client_name(lost.client);
        let host = lost::host(context, lost.case);
        let message = format!("{client} sends its password to {host} without TLS");
        let span = common::host_span(lost.client, lost.case);
        let mut finding = lost.finding_at(&RULE, span, "the connection is not encrypted", message);
        finding.group = Some(format!("{} {host}", span.file.0));
        finding.help = Some("use `rediss://` where the server offers it".to_owned());
        findings.push(finding);
    }
}

fn is_exposed(case: &ClientCase) -> bool {
    !case.tls
        && case.error.is_none()
        && case.password.as_ref().is_some_and(|password| !password.is_empty())
        && case.host.as_ref().is_some_and(|host| Symbols::is_known(host) && is_public(host.as_str()))
}

/// Whether a host is one that others than the owner's own network lead to.
fn is_public(host: &str) -> bool {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        let [first, second, ..] = address.octets();
        let shared = first == 100 && (64..128).contains(&second);
        return !(address.is_private()
            || address.is_loopback()
            || address.is_link_local()
            || address.is_documentation()
            || address.is_unspecified()
            || shared);
    }
    let labels: Vec<&str> = host.split('.').collect();
    let Some(top) = labels.last() else { return false };
    labels.len() > 1
        && !PRIVATE.contains(top)
        && !labels.iter().any(|label| matches!(*label, "internal" | "local" | "svc" | "example" | "private" | "corp"))
        && !host.ends_with(".cache.amazonaws.com")
        && top.chars().all(|char| char.is_ascii_alphabetic())
}

/// Top labels that lead nowhere outside, or stand for any host.
const PRIVATE: &[&str] = &[
    "internal",
    "local",
    "localhost",
    "localdomain",
    "lan",
    "home",
    "corp",
    "intranet",
    "private",
    "test",
    "example",
    "invalid",
    "cluster",
    "svc",
    "docker",
    "consul",
    "arpa",
    "dev-internal",
    "host",
];

#[cfg(test)]
mod tests {
    use super::is_public;

    #[test]
    fn private_hosts_are_not_public() {
        for host in ["cache.example.org", "8.8.8.8", "redis-1234.c1.europe.cloud.redislabs.com"] {
            assert_eq!(is_public(host), host != "cache.example.org", "{host}");
        }
        for host in [
            "redis",
            "redis.default.svc.cluster.local",
            "10.0.0.5",
            "192.168.1.2",
            "kv.corp.internal",
            "a.lan",
            "x.cache.amazonaws.com",
            "100.64.0.1",
        ] {
            assert!(!is_public(host), "{host}");
        }
    }
}
