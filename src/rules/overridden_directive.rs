//! A directive about passwords that a later one makes dead, and variables that the command takes out of force. From
//! servers.

use crate::finding::{Finding, Label, Severity};
use crate::model::{Directive, Environment, Server, VariableUse};
use crate::rule::{Category, Context, Rule};
use crate::rules::common;
use crate::source::Span;

/// See `rules/overridden-directive.md`.
pub static RULE: Rule = Rule {
    name: "overridden-directive",
    category: Category::Server,
    severity: Severity::Warning,
    pedantic: false,
    doc: include_str!("../../rules/overridden-directive.md"),
    check,
};

/// Directives whose loss opens or locks the server. To override a port or a limit is what arguments are for.
const WATCHED: &[&str] = &["requirepass", "user", "aclfile"];

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for server in &environment.servers {
            for directive in &server.directives {
                let Some(winner) = directive.overridden_by.filter(|winner| differs(server, directive, *winner)) else {
                    continue;
                };
                let name = &directive.name.value;
                let message = format!("`{name}` is not in force here, as a later setting overrides it");
                let confidence = server.confidence.min(environment.confidence);
                let primary = Label::new(directive.name.span, "not in force");
                let mut finding = common::finding(&RULE, environment, confidence, primary, message);
                finding.related = vec![Label::new(winner, "this one is")];
                finding.help = Some("keep one of the two".to_owned());
                findings.push(finding);
            }
            findings.extend(bypassed(environment, server));
        }
    }
}

/// The settings of an image whose start script the command goes past. Passwords among them have a rule of their own.
fn bypassed(environment: &Environment, server: &Server) -> Option<Finding> {
    let mut dead = server
        .variables
        .iter()
        .filter(|variable| variable.usage == VariableUse::Bypassed && !common::names_password(&variable.name.value))
        .peekable();
    let first = dead.peek()?.name.value.clone();
    let command = server.command?;
    let message =
        format!("the command goes past the image's start script: `{first}` and its other variables are not in force");
    let confidence = server.confidence.min(environment.confidence);
    let primary = Label::new(command, "goes past the start script");
    let mut finding = common::finding(&RULE, environment, confidence, primary, message);
    finding.related = dead.map(|variable| Label::new(variable.name.span, "not in force")).collect();
    finding.help = Some("leave the command out, or call the start script in it with further arguments".to_owned());
    Some(finding)
}

/// Whether it matters which of the two is in force.
fn differs(server: &Server, directive: &Directive, winner: Span) -> bool {
    let same = |other: &&Directive| {
        (other.name.span.contains(winner) || winner.contains(other.name.span))
            && other.name.value == directive.name.value
            && other.arguments == directive.arguments
    };
    WATCHED.contains(&directive.name.value.as_str()) && !server.directives.iter().any(|other| same(&other))
}
