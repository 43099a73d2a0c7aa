//! The client sends a password to a server that has none. From links; words it by the client's version.

use crate::finding::{Finding, Severity};
use crate::model::{AuthFault, Family, Outcome};
use crate::rule::{Category, Context, Rule};
use crate::rules::common::{self, Fault};
use crate::text::Text;

/// See `rules/unexpected-password.md`.
pub static RULE: Rule = Rule {
    name: "unexpected-password",
    category: Category::Auth,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/unexpected-password.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for fault in common::auth_faults(context.model, AuthFault::UnexpectedPassword) {
        let server = common::server_name(fault.server);
        let client = common::client_name(fault.client);
        let message = format!("{client} sends a password, but `{server}` has none: {}", consequence(&fault));
        let password = fault.case.password.as_ref();
        let span = password.map_or_else(|| common::client_span(fault.client, fault.case), Text::span);
        let mut finding = fault.finding(&RULE, span, "this password is sent", message);
        if !fault.ends.iter().any(|(_, outcome)| matches!(outcome, Outcome::Fails { .. })) {
            // It runs; what fails is the protection that somebody counts on.
            finding.severity = Severity::Warning;
        }
        finding.related = common::no_demand(fault.server);
        finding.related.extend(fault.other_passwords(span));
        finding.help = Some(format!("give `{server}` the same password (`--requirepass`), or remove it from {client}"));
        finding.group =
            password.map(|text| format!("{} {}", common::digest(text.as_str()), common::key(fault.server.span)));
        findings.push(finding);
    }
}

/// What this client's versions make of it: refused, silently let in, or both.
fn consequence(fault: &Fault<'_>) -> String {
    let library = common::library(fault.client.family);
    let refused = fault.ends.iter().find(|(_, outcome)| matches!(outcome, Outcome::Fails { .. }));
    let let_in = fault.ends.iter().find(|(_, outcome)| !matches!(outcome, Outcome::Fails { .. }));
    match (refused, let_in) {
        (Some(_), Some(_)) if fault.client.family == Family::Unknown => {
            format!("refused (`{}`), or with some libraries silently let in unauthenticated", fault.error())
        }
        (Some((old, _)), Some((new, _))) => {
            let until = old.to.map(|(major, _)| format!(" ≤ {major}")).unwrap_or_default();
            let from = new.from.map_or_else(|| "in other versions".to_owned(), |(major, _)| format!("from {major} on"));
            format!("refused by {library}{until} (`{}`), silently unauthenticated {from}", fault.error())
        }
        (Some(_), None) => format!("{library} is refused with `{}`", fault.error()),
        _ => format!("{library} is silently let in unauthenticated, as is everyone else"),
    }
}
