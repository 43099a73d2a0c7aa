//! A client logs in as a user that the server does not have, or has switched off. From links.

use crate::finding::{Finding, Label, Severity};
use crate::model::AuthFault;
use crate::rule::{Category, Context, Rule};
use crate::rules::common;
use crate::text::Text;

/// See `rules/unknown-user.md`.
pub static RULE: Rule = Rule {
    name: "unknown-user",
    category: Category::Auth,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/unknown-user.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for fault in common::auth_faults(context.model, AuthFault::UnknownUser) {
        let server = common::server_name(fault.server);
        let client = common::client_name(fault.client);
        let user = fault.case.username.as_ref();
        let whom =
            if user.is_some() { "a user that it does not have or has switched off" } else { "a user switched off" };
        let message = format!("{client} logs in to `{server}` as {whom}: {}", fault.ending());
        let span = user.map_or_else(|| common::client_span(fault.client, fault.case), Text::span);
        let mut finding = fault.finding(&RULE, span, "no such user", message);
        finding.related = vec![Label::new(fault.server.span, format!("`{server}` is defined here"))];
        finding.help = Some("leave the user name out to log in as `default`, or define the user in an ACL".to_owned());
        findings.push(finding);
    }
}
