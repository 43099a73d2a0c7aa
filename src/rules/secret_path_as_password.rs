//! The path of a secret stands where its content belongs. From the model's literals.

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::model::LiteralRole;
use crate::rule::{Category, Context, Rule};

/// See `rules/secret-path-as-password.md`.
pub static RULE: Rule = Rule {
    name: "secret-path-as-password",
    category: Category::Server,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/secret-path-as-password.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for literal in context.model.literals.iter().filter(|literal| is_secret_path(literal.value.as_str())) {
        let span = literal.value.span();
        let (fact, confidence) = match literal.role {
            LiteralRole::Server => ("the server requires this path as its password", Confidence::High),
            LiteralRole::Client => ("this path is sent as the password", Confidence::High),
            // Whoever reads the variable may open the file.
            LiteralRole::Setting => {
                ("this path is taken for the password unless its reader opens it", Confidence::Medium)
            }
        };
        findings.push(Finding {
            rule: RULE.name,
            severity: RULE.severity,
            confidence,
            environments: literal.environments.clone(),
            message: format!("{fact}, and not what the file holds"),
            primary: Label::new(span, "a path, not a password"),
            related: Vec::new(),
            trace: Vec::new(),
            help: Some("read the file: `sh -c 'redis-server --requirepass \"$(cat …)\"'`".to_owned()),
            setting: literal.setting.clone(),
            group: None,
            fixes: Vec::new(),
        });
    }
}

/// Whether a value is the path of a secret's file, as compose and Kubernetes mount them.
#[must_use]
pub fn is_secret_path(value: &str) -> bool {
    ["/run/secrets/", "/var/run/secrets/"].iter().any(|folder| value.len() > folder.len() && value.starts_with(folder))
}
