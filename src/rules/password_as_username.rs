//! The password of a URL stands where the user name belongs. From clients.

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::model::{ClientCase, Reach};
use crate::rule::{Category, Context, Rule};
use crate::rules::{common, lost};
use crate::symbol::Symbols;
use crate::text::Text;

/// See `rules/password-as-username.md`.
pub static RULE: Rule = Rule {
    name: "password-as-username",
    category: Category::Url,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/password-as-username.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for fault in common::faults(context.model, ClientCase::has_password_as_user) {
        let client = common::client_name(fault.client);
        let message = format!(
            "{client} has its password where the user name belongs, and sends no password to `{}`: {}",
            common::server_name(fault.server),
            fault.ending()
        );
        let span = fault.case.username.as_ref().map_or(fault.client.span, Text::span);
        let mut finding = fault.finding(&RULE, span, "this is the user name", message);
        finding.related = vec![Label::new(fault.server.span, "the server")];
        finding.help = Some(HELP.to_owned());
        findings.push(finding);
    }
    // Hardly any server elsewhere has a user without a password.
    for lost in lost::clients(context.model, |case| case.reach == Reach::External && has_lone_user(case)) {
        let client = common::client_name(lost.client);
        let message = format!("{client} has a user name and no password: is the user name the password?");
        let span = lost.case.username.as_ref().map_or(lost.client.span, Text::span);
        let mut finding = lost.finding_at(&RULE, span, "this is the user name", message);
        finding.confidence = finding.confidence.min(Confidence::Medium);
        finding.help = Some(HELP.to_owned());
        findings.push(finding);
    }
}

const HELP: &str = "put a colon before the password: `redis://:…@host`";

fn has_lone_user(case: &ClientCase) -> bool {
    let user = case.username.as_ref().filter(|user| Symbols::is_known(user) && !user.is_empty());
    case.url.is_some()
        && case.password.as_ref().is_none_or(Text::is_empty)
        && user.is_some_and(|user| !["default", "redis", "user"].contains(&user.as_str()))
}
