//! A README tells people to connect in a way that the configuration contradicts. From mentions.

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::model::{AuthFault, Mention, MentionEnd, Outcome};
use crate::rule::{Category, Context, Rule};
use crate::rules::{common, placeholder};
use crate::text::Text;

/// See `rules/stale-docs.md`.
pub static RULE: Rule = Rule {
    name: "stale-docs",
    category: Category::Wiring,
    severity: Severity::Note,
    pedantic: true,
    doc: include_str!("../../rules/stale-docs.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for mention in &context.model.mentions {
        let Some((contradiction, end)) = contradiction(mention) else { continue };
        let environments = &context.model.environments;
        let Some(environment) = environments.iter().find(|one| one.name == end.environment) else { continue };
        let primary = Label::new(mention.span, "told here");
        let message = format!("the document says to connect in this way, and {contradiction}");
        let mut finding = common::finding(&RULE, environment, Confidence::Medium, primary, message);
        finding.related = vec![Label::new(end.span, "configured here")];
        finding.help = Some("correct the document".to_owned());
        findings.push(finding);
    }
}

/// What is wrong with it for every server that may be meant, in the words for the first.
fn contradiction(mention: &Mention) -> Option<(String, &MentionEnd)> {
    // On the port that is told, only what answers there counts.
    let mut meant: Vec<&MentionEnd> = mention.ends.iter().filter(|end| end.outcome.is_some()).collect();
    if meant.is_empty() {
        meant = mention.ends.iter().collect();
    }
    let told = mention.case.password.as_ref().map(Text::as_str);
    let is_placeholder = told.is_some_and(|password| placeholder::is_placeholder(password, true));
    let mut all = meant.iter().map(|end| words(mention, end, is_placeholder));
    let first = all.next()??;
    all.all(|one| one.is_some()).then_some((first, *meant.first()?))
}

fn words(mention: &Mention, end: &MentionEnd, is_placeholder: bool) -> Option<String> {
    let server = &end.server;
    let outcome = match (&end.outcome, mention.case.port_span, end.port) {
        (Some(outcome), ..) => outcome,
        (None, Some(_), Some(port)) => return Some(format!("`{server}` is on port {port}")),
        (None, ..) => return None,
    };
    let (Outcome::Fails { fault: Some(fault), .. } | Outcome::WorksUnauthenticated { fault }) = outcome else {
        return None;
    };
    Some(match fault {
        AuthFault::MissingPassword => format!("`{server}` requires a password"),
        AuthFault::UnexpectedPassword => format!("`{server}` has no password"),
        AuthFault::WrongPassword if !is_placeholder => format!("the password of `{server}` is another one"),
        AuthFault::UnknownUser => format!("`{server}` has no such user"),
        AuthFault::WrongPassword => return None,
    })
}
