//! Client and server both have a password, and they differ. From links.

use crate::finding::{Finding, Severity};
use crate::model::AuthFault;
use crate::rule::{Category, Context, Rule};
use crate::rules::common;
use crate::text::Text;

/// See `rules/wrong-password.md`.
pub static RULE: Rule = Rule {
    name: "wrong-password",
    category: Category::Auth,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/wrong-password.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for fault in common::auth_faults(context.model, AuthFault::WrongPassword) {
        let server = common::server_name(fault.server);
        let client = common::client_name(fault.client);
        let message = format!("{client} sends another password than `{server}` wants: {}", fault.ending());
        let password = fault.case.password.as_ref();
        let span = password.map_or_else(|| common::client_span(fault.client, fault.case), Text::span);
        let mut finding = fault.finding(&RULE, span, "this password is sent", message);
        finding.related = vec![common::demand(fault.server, &fault.auth.auth)];
        finding.related.extend(fault.other_passwords(span));
        finding.help = Some("take both from one variable, so that they can't drift apart".to_owned());
        finding.group =
            password.map(|text| format!("{} {}", common::digest(text.as_str()), common::key(fault.server.span)));
        findings.push(finding);
    }
}
