//! A variable of one role takes its value from a variable of another. From the references of compose files.

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::rule::{Category, Context, Rule};
use crate::rules::common;

/// See `rules/swapped-variable.md`.
pub static RULE: Rule = Rule {
    name: "swapped-variable",
    category: Category::Wiring,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/swapped-variable.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for reference in environment.references.iter().filter(|reference| reference.whole) {
            let setting = &reference.setting.value;
            let (Some(target), Some(source)) = (role(setting), role(&reference.name)) else { continue };
            if target == source {
                continue;
            }
            let message =
                format!("`{setting}` takes {} from `{}`, which holds {}", target.name(), reference.name, source.name());
            // Some call an address a URL, and some a URL an address.
            let loose = [Role::Url, Role::Host].contains(&target) && [Role::Url, Role::Host].contains(&source);
            let confidence = if loose { Confidence::Low } else { Confidence::High };
            let primary = Label::new(reference.span, format!("this holds {}", source.name()));
            let confidence = confidence.min(environment.confidence);
            let mut finding = common::finding(&RULE, environment, confidence, primary, message);
            finding.related = vec![Label::new(reference.setting.span, format!("this wants {}", target.name()))];
            finding.setting = Some(setting.clone());
            findings.push(finding);
        }
    }
}

/// What a setting of Redis is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Host,
    Port,
    Password,
    User,
    Database,
    Url,
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::Host => "a host",
            Self::Port => "a port",
            Self::Password => "a password",
            Self::User => "a user name",
            Self::Database => "a database",
            Self::Url => "a URL",
        }
    }
}

/// The role that the last word of a name gives, where the name speaks of Redis.
fn role(name: &str) -> Option<Role> {
    let upper = name.to_ascii_uppercase();
    if !["REDIS", "VALKEY"].iter().any(|word| upper.contains(word)) {
        return None;
    }
    match upper.rsplit('_').next()? {
        "HOST" | "HOSTNAME" => Some(Role::Host),
        "PORT" => Some(Role::Port),
        "PASSWORD" | "PASSWD" | "PASS" | "PWD" => Some(Role::Password),
        "USER" | "USERNAME" => Some(Role::User),
        "DB" | "DATABASE" => Some(Role::Database),
        "URL" | "URI" | "DSN" => Some(Role::Url),
        _ => None,
    }
}
