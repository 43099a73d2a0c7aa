//! A password written down in a file of the repository. From the model's literals; placeholders and references are none.

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::model::{Literal, LiteralRole, Stage};
use crate::rule::{Category, Context, Rule};
use crate::rules::secret_path_as_password::is_secret_path;
use crate::rules::{common, placeholder};
use crate::symbol::Symbols;

/// See `rules/hardcoded-password.md`.
pub static RULE: Rule = Rule {
    name: "hardcoded-password",
    category: Category::Secrets,
    severity: Severity::Warning,
    pedantic: false,
    doc: include_str!("../../rules/hardcoded-password.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    // A default behind a reference is password-fallback's.
    for literal in context.model.literals.iter().filter(|literal| !literal.fallback) {
        findings.extend(finding(&RULE, context, literal, "a password is written down"));
    }
}

/// The finding about a literal, unless it is a placeholder. Also serves `password-fallback`.
pub fn finding(rule: &Rule, context: &Context<'_>, literal: &Literal, fact: &str) -> Option<Finding> {
    let span = literal.value.span();
    let example = common::is_example(context.sources, span);
    let value = literal.value.as_str();
    let is_none =
        placeholder::is_placeholder(value, example) || context.config.is_placeholder(value) || is_secret_path(value);
    if !Symbols::is_known(&literal.value) || is_none {
        return None;
    }
    let tracked = context.sources.get(span.file).tracked();
    let mut severity = match literal.stage {
        Stage::Staging | Stage::Production => Severity::Error,
        Stage::Development | Stage::Unlabelled => rule.severity,
    };
    if example {
        severity = common::lower(severity);
    }
    let place = match (tracked, literal.stage) {
        (Some(false), _) => {
            severity = Severity::Note;
            ", in a file that git does not track"
        }
        (_, Stage::Production) => ", and production uses it",
        (_, Stage::Staging) => ", and staging uses it",
        _ => "",
    };
    let subject = match (&literal.setting, literal.role) {
        (Some(setting), _) => format!(" in `{setting}`"),
        (None, LiteralRole::Server) => " for the server".to_owned(),
        (None, _) => String::new(),
    };
    Some(Finding {
        rule: rule.name,
        severity,
        confidence: Confidence::High,
        environments: literal.environments.clone(),
        message: format!("{fact}{subject}{place}"),
        primary: Label::new(span, "the password itself"),
        related: Vec::new(),
        trace: Vec::new(),
        help: Some("read it from a variable that is set outside the repository, and change the password".to_owned()),
        setting: literal.setting.clone(),
        // The same password twice in one file is one slip; in two files it has to be removed from both.
        group: Some(format!("{} {}", span.file.0, common::digest(literal.value.as_str()))),
        fixes: Vec::new(),
    })
}
