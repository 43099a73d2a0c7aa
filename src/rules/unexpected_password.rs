//! The client sends a password to a server that has none. From links; words it by the client's version.

use crate::finding::{Finding, Severity};
use crate::model::AuthFault;
use crate::rule::{Category, Context, Rule};
use crate::rules::common;
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
        let refused = || format!("{} is refused with `{}`", common::library(fault.client.family), fault.error());
        let ending = fault.not_always_refused().unwrap_or_else(refused);
        let message = format!("{client} sends a password, but `{server}` has none: {ending}");
        let password = fault.case.password.as_ref();
        let span = password.map_or_else(|| common::client_span(fault.client, fault.case), Text::span);
        let mut finding = fault.finding(&RULE, span, "this password is sent", message);
        finding.related = common::no_demand(fault.server);
        finding.related.extend(fault.other_passwords(span));
        finding.help = Some(format!("give `{server}` the same password (`--requirepass`), or remove it from {client}"));
        // With other versions it is another matter.
        let (server, severity) = (common::key(fault.server.span), finding.severity.name());
        finding.group = password.map(|text| format!("{} {server} {severity}", common::digest(text.as_str())));
        findings.push(finding);
    }
}
