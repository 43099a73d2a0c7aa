//! A host name that reaches a server, but that the client's library takes for none. From clients.

use crate::finding::{Finding, Severity};
use crate::model::{Client, ClientCase, Family};
use crate::rule::{Category, Context, Rule};
use crate::rules::{common, lost};
use crate::symbol::Symbols;

/// See `rules/invalid-hostname.md`.
pub static RULE: Rule = Rule {
    name: "invalid-hostname",
    category: Category::Connectivity,
    severity: Severity::Warning,
    pedantic: false,
    doc: include_str!("../../rules/invalid-hostname.md"),
    check,
};

/// The longest part of a name in DNS.
const MAX_LABEL: usize = 63;

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for lost in lost::clients(context.model, |case| has_underscore(case) || has_bad_label(case)) {
        let Some(why) = refusal(lost.client, lost.case) else { continue };
        let client = common::client_name(lost.client);
        let message = format!("{client} can't use the host name `{}`: {why}", lost::host(context, lost.case));
        let mut finding = lost.finding(&RULE, "no host name to this client", message);
        finding.help = Some("give the server a name of letters, digits and hyphens".to_owned());
        findings.push(finding);
    }
}

/// What the library makes of the name; `None`: it takes it.
fn refusal(client: &Client, case: &ClientCase) -> Option<&'static str> {
    if has_underscore(case) {
        let setting = client.setting.as_deref().unwrap_or_default();
        return is_spring_url(setting).then_some("`java.net.URI` sees no host in a URL whose host has an underscore");
    }
    let python = matches!(
        client.family,
        Family::RedisPy
            | Family::Kombu
            | Family::CeleryBackend
            | Family::Arq
            | Family::DjangoRedis
            | Family::DjangoCore
    );
    python.then_some("`UnicodeError: encoding with 'idna' codec failed (UnicodeError: label empty or too long)`")
}

fn host(case: &ClientCase) -> &str {
    case.host.as_ref().filter(|host| Symbols::is_known(host)).map_or("", |host| host.as_str())
}

/// Inside a URL, as a bare name goes to the resolver, which does not mind.
fn has_underscore(case: &ClientCase) -> bool {
    case.url.is_some() && host(case).contains('_')
}

/// An empty part, or one that is too long; a dot at the end is the root.
fn has_bad_label(case: &ClientCase) -> bool {
    let host = host(case).strip_suffix('.').unwrap_or(host(case));
    let parts = || host.split('.');
    !host.is_empty() && !host.contains(':') && parts().any(|label| label.is_empty() || label.len() > MAX_LABEL)
}

/// `SPRING_DATA_REDIS_URL`, `spring.redis.url` and the like: Spring Boot reads them with `java.net.URI`.
fn is_spring_url(setting: &str) -> bool {
    let name = setting.to_ascii_lowercase().replace(['.', '-'], "_");
    name.starts_with("spring_") && name.contains("redis") && name.ends_with("_url")
}
