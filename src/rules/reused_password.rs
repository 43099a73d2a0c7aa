//! One password serves several environments, one of them staging or production; with `--pedantic` any two. From the
//! model's literals.

use std::collections::BTreeMap;

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::model::{EnvironmentKind, Literal, Model, Stage};
use crate::rule::{Category, Context, Rule};
use crate::rules::{common, placeholder};

/// See `rules/reused-password.md`.
pub static RULE: Rule = Rule {
    name: "reused-password",
    category: Category::Secrets,
    severity: Severity::Warning,
    pedantic: false,
    doc: include_str!("../../rules/reused-password.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut by_value: BTreeMap<&str, Vec<&Literal>> = BTreeMap::new();
    for literal in &context.model.literals {
        let example = common::is_example(context.sources, literal.value.span());
        let value = literal.value.as_str();
        if !example && !placeholder::is_placeholder(value, false) && !context.config.is_placeholder(value) {
            by_value.entry(value).or_default().push(literal);
        }
    }
    for literals in by_value.values() {
        let uses = uses(context.model, literals);
        let (Some((serious, first)), Some((other, second))) = (uses.last_key_value(), uses.first_key_value()) else {
            continue;
        };
        let grave = *serious >= Stage::Staging;
        // Below staging a password that is written down once is one that somebody shares on purpose.
        let twice = first.value.span() != second.value.span();
        if serious == other || !(grave || context.pedantic && twice) {
            continue;
        }
        let message = format!("{} has the same password as {}", name(*serious), name(*other));
        let mut related = Vec::new();
        if twice {
            related.push(Label::new(second.value.span(), format!("the same in {}", name(*other))));
        }
        findings.push(Finding {
            rule: RULE.name,
            severity: if grave { RULE.severity } else { Severity::Note },
            confidence: Confidence::High,
            environments: first.environments.clone(),
            message,
            primary: Label::new(first.value.span(), format!("used in {}", name(*serious))),
            related,
            trace: Vec::new(),
            help: Some("give each environment a password of its own".to_owned()),
            setting: first.setting.clone(),
            group: None,
            fixes: Vec::new(),
        });
    }
}

/// The stages that these places of one password serve, each with a place.
fn uses<'a>(model: &Model, literals: &[&'a Literal]) -> BTreeMap<Stage, &'a Literal> {
    let mut uses = BTreeMap::new();
    for literal in literals {
        if literal.environments.is_empty() && literal.stage != Stage::Unlabelled {
            uses.entry(literal.stage).or_insert(*literal);
        }
        for environment in &model.environments {
            // The host environment is another view of the same project.
            if environment.kind != EnvironmentKind::Host && literal.environments.contains(&environment.name) {
                uses.entry(environment.stage).or_insert(*literal);
            }
        }
    }
    uses
}

fn name(stage: Stage) -> &'static str {
    match stage {
        Stage::Development => "development",
        Stage::Unlabelled => "the default environment",
        Stage::Staging => "staging",
        Stage::Production => "production",
    }
}
