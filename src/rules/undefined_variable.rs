//! A reference that nothing fills in, with a sign that it was meant to be. From the references of compose files.

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::rule::{Category, Context, Rule};
use crate::rules::common;

/// See `rules/undefined-variable.md`.
pub static RULE: Rule = Rule {
    name: "undefined-variable",
    category: Category::Wiring,
    severity: Severity::Warning,
    pedantic: false,
    doc: include_str!("../../rules/undefined-variable.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for reference in environment.references.iter().filter(|one| !one.guarded && one.defined == Some(false)) {
            let name = &reference.name;
            // Without a sign of a slip, whoever runs it sets the variable.
            let (message, related, help) = if let Some(similar) = &reference.similar {
                (
                    format!("`{name}` is set nowhere, so `{}` gets an empty value", reference.setting.value),
                    Label::new(similar.span, "this name is set, and never read"),
                    format!("did you mean `{}`?", similar.value),
                )
            } else if let Some(elsewhere) = reference.elsewhere {
                (
                    format!("compose does not find `{name}`, so `{}` gets an empty value", reference.setting.value),
                    Label::new(elsewhere, "set here, where compose does not look"),
                    "compose fills in references from the `.env` beside the compose file; use `env_file` alone"
                        .to_owned(),
                )
            } else {
                continue;
            };
            let confidence = environment.confidence.min(Confidence::Medium);
            let primary = Label::new(reference.span, "set nowhere compose looks");
            let mut finding = common::finding(&RULE, environment, confidence, primary, message);
            finding.related = vec![related];
            finding.help = Some(help);
            finding.setting = Some(reference.setting.value.clone());
            findings.push(finding);
        }
    }
}
