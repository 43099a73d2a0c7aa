//! A Secret's password ends in a line break that was encoded with it. From the cluster's objects.

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::rule::{Category, Context, Rule};
use crate::rules::common;

/// See `rules/trailing-newline.md`.
pub static RULE: Rule = Rule {
    name: "trailing-newline",
    category: Category::Server,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/trailing-newline.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for value in &environment.cluster.line_breaks {
            let message = format!(
                "`{}` of Secret `{}` ends in a line break, which becomes part of the password",
                value.key.value, value.object
            );
            let primary = Label::new(value.span, "the last byte is a line break");
            let confidence = if value.used { Confidence::High } else { Confidence::Medium };
            let mut finding = common::finding(&RULE, environment, confidence, primary, message);
            finding.setting = Some(value.key.value.clone());
            finding.help =
                Some("encode it without the line break: `printf %s … | base64`, or use `stringData`".to_owned());
            findings.push(finding);
        }
    }
}
