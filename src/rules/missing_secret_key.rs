//! A variable is filled from a key that its Secret or `ConfigMap` does not have. From the cluster's objects.

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::model::DanglingKey;
use crate::rule::{Category, Context, Rule};
use crate::rules::common;

/// See `rules/missing-secret-key.md`.
pub static RULE: Rule = Rule {
    name: "missing-secret-key",
    category: Category::Wiring,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/missing-secret-key.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        // An optional one is meant to be left out; what then goes wrong is the client's.
        for key in environment.cluster.dangling.iter().filter(|key| !key.optional && is_about_redis(key)) {
            let message = format!(
                "`{}` is filled from the key `{}`, which {} `{}` does not have: `couldn't find key {} in {} {}`",
                key.variable.value,
                key.key.value,
                key.kind,
                key.object.value,
                key.key.value,
                key.kind,
                key.object.value
            );
            let primary = Label::new(key.key.span, "no such key");
            let confidence = Confidence::High.min(environment.confidence);
            let mut finding = common::finding(&RULE, environment, confidence, primary, message);
            finding.related = vec![Label::new(key.object.span, "it is defined here")];
            finding.setting = Some(key.variable.value.clone());
            finding.help = match key.keys.as_slice() {
                [only] => Some(format!("use the key `{only}`")),
                keys => Some(format!("use one of its keys: {}", keys.join(", "))),
            };
            findings.push(finding);
        }
    }
}

fn is_about_redis(key: &DanglingKey) -> bool {
    [&key.variable.value, &key.key.value, &key.object.value].into_iter().any(|name| {
        let lower = name.to_ascii_lowercase();
        ["redis", "valkey", "keydb", "celery", "broker"].iter().any(|word| lower.contains(word))
    })
}
