//! A connection URL that the client refuses. From clients.

use crate::finding::{Finding, Severity};
use crate::model::{ClientCase, EnvironmentKind};
use crate::rule::{Category, Context, Rule};
use crate::rules::lost::{self, Lost};
use crate::rules::{common, unescaped_password};

/// See `rules/malformed-url.md`.
pub static RULE: Rule = Rule {
    name: "malformed-url",
    category: Category::Url,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/malformed-url.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for lost in lost::clients(context.model, is_malformed).into_iter().filter(|lost| lost.certain) {
        let Some(error) = &lost.case.error else {
            continue;
        };
        let client = common::client_name(lost.client);
        let message = format!("{client} is refused by its own library: `{}`", error.message);
        findings.push(lost.finding_at(&RULE, error.span, "the library refuses this", message));
    }
    // What a developer's shell sets is not known; where the login was judged, that says it all.
    let sure = |lost: &Lost<'_>| {
        lost.certain
            && lost.environment.kind != EnvironmentKind::Host
            && !common::has_auth_fault(lost.environment, lost.client)
    };
    for lost in lost::clients(context.model, is_none).into_iter().filter(sure) {
        let Some(password) = &lost.case.password else { continue };
        let client = common::client_name(lost.client);
        let message = format!("{client} sends the word `None` as its password: what was put into the URL is not set");
        let mut finding = lost.finding_at(&RULE, password.span(), "becomes `:None@`", message);
        finding.help = Some("set the variable, or leave the password out of the URL where there is none".to_owned());
        findings.push(finding);
    }
}

/// Whether the password is what Python writes for a value that is not there.
fn is_none(case: &ClientCase) -> bool {
    case.url.is_some() && case.error.is_none() && case.password.as_ref().is_some_and(|text| text.as_str() == "None")
}

/// Whether the URL itself is at fault, rather than the database, the TLS options or a password's characters: those
/// have rules of their own. A URL that is not set is none.
fn is_malformed(case: &ClientCase) -> bool {
    let own = case.error.as_ref().is_some_and(|error| !error.message.starts_with("ERR ") && !lost::is_about_tls(error));
    own && case.url.as_ref().is_some_and(|url| !url.is_empty()) && unescaped_password::culprit(case).is_none()
}
