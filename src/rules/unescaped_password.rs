//! A character of the password cuts the URL apart. From clients that refuse their URL.

use crate::finding::{Finding, Severity};
use crate::model::ClientCase;
use crate::rule::{Category, Context, Rule};
use crate::rules::{common, lost};
use crate::source::Span;
use crate::syntax::url;

/// See `rules/unescaped-password.md`.
pub static RULE: Rule = Rule {
    name: "unescaped-password",
    category: Category::Url,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/unescaped-password.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for lost in lost::clients(context.model, |case| case.error.is_some() && culprit(case).is_some()) {
        let (Some(error), Some((char, span))) = (&lost.case.error, culprit(lost.case)) else {
            continue;
        };
        let client = common::client_name(lost.client);
        let message = format!("a raw `{char}` in its password breaks the URL of {client}: `{}`", error.message);
        let mut finding = lost.finding_at(&RULE, span, "ends the password here", message);
        finding.help = Some(format!("write it as `%{:02X}`", u32::from(char)));
        findings.push(finding);
    }
}

/// The first character of the password that a URL gives a meaning of its own.
pub fn culprit(case: &ClientCase) -> Option<(char, Span)> {
    let password = url::cut_password(case.url.as_ref()?)?;
    let (at, char) = password.as_str().char_indices().find(|(_, char)| url::CUTTING.contains(char))?;
    Some((char, password.span_of(at..at + 1)))
}
