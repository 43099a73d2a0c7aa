//! A Service named like a program's variables puts an address where a port is read. From the cluster's objects.

use crate::finding::{Finding, Label, Severity};
use crate::rule::{Category, Context, Rule};
use crate::rules::common;

/// See `rules/service-link-collision.md`.
pub static RULE: Rule = Rule {
    name: "service-link-collision",
    category: Category::Wiring,
    severity: Severity::Warning,
    pedantic: false,
    doc: include_str!("../../rules/service-link-collision.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for collision in &environment.cluster.collisions {
            let message = format!(
                "`{}` is not set for `{}`, so Service `{}` sets it to `tcp://…`",
                collision.variable, collision.container.value, collision.service.value
            );
            let confidence = collision.confidence.min(environment.confidence);
            let primary = Label::new(collision.container.span, "reads this variable as a port");
            let mut finding = common::finding(&RULE, environment, confidence, primary, message);
            finding.related = vec![Label::new(collision.service.span, "this name makes the variable")];
            finding.setting = Some(collision.variable.clone());
            finding.help = Some(format!("set `{}`, or `enableServiceLinks: false`", collision.variable));
            findings.push(finding);
        }
    }
}
