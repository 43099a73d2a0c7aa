//! A variable falls back to a password written down. From the model's literals.

use crate::finding::{Finding, Severity};
use crate::rule::{Category, Context, Rule};
use crate::rules::hardcoded_password;

/// See `rules/password-fallback.md`.
pub static RULE: Rule = Rule {
    name: "password-fallback",
    category: Category::Secrets,
    severity: Severity::Warning,
    pedantic: false,
    doc: include_str!("../../rules/password-fallback.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for literal in context.model.literals.iter().filter(|literal| literal.fallback) {
        findings.extend(hardcoded_password::finding(&RULE, context, literal, "a variable falls back to a password"));
    }
}
