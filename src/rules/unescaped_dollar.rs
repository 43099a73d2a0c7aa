//! A dollar sign inside a password, which compose takes for a reference. From the references of compose files.

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::rule::{Category, Context, Rule};
use crate::rules::common;

/// See `rules/unescaped-dollar.md`.
pub static RULE: Rule = Rule {
    name: "unescaped-dollar",
    category: Category::Wiring,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/unescaped-dollar.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for reference in environment.references.iter().filter(|one| one.inside_password && !one.braced) {
            if reference.defined == Some(true) {
                continue;
            }
            let sure = match reference.defined {
                Some(false) => Confidence::High,
                _ => Confidence::Medium,
            };
            let confidence = if is_like_a_variable(&reference.name) { Confidence::Low } else { sure };
            // The name is a piece of the password.
            let message = format!(
                "compose takes what follows the `$` in `{}` for a variable: the password ends before it",
                reference.setting.value
            );
            let primary = Label::new(reference.span, "becomes empty");
            let confidence = confidence.min(environment.confidence);
            let mut finding = common::finding(&RULE, environment, confidence, primary, message);
            finding.setting = Some(reference.setting.value.clone());
            finding.help = Some("write `$$` for a dollar sign".to_owned());
            findings.push(finding);
        }
    }
}

/// `$SUFFIX` behind the beginning of a password may be meant.
fn is_like_a_variable(name: &str) -> bool {
    name.len() >= 3 && name.chars().all(|char| char.is_ascii_uppercase() || char.is_ascii_digit() || char == '_')
}
