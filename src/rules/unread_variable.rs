//! A variable of a server that neither its image nor its command reads. From servers.

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::model::VariableUse;
use crate::rule::{Category, Context, Rule};
use crate::rules::common;

/// See `rules/unread-variable.md`.
pub static RULE: Rule = Rule {
    name: "unread-variable",
    category: Category::Wiring,
    severity: Severity::Warning,
    pedantic: false,
    doc: include_str!("../../rules/unread-variable.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for server in &environment.servers {
            let open = common::weigh_open(server).is_some();
            let service = environment.services.iter().find(|service| Some(&service.name) == server.service.as_ref());
            let test = service.and_then(|service| service.healthcheck.as_deref()).unwrap_or_default();
            for variable in server.variables.iter().filter(|variable| variable.usage == VariableUse::Ignored) {
                let name = &variable.name.value;
                let is_set = variable.value.as_ref().is_some_and(|value| !value.is_empty());
                // An env file may serve others as well, and redis-cli reads a variable of its own.
                let shared = variable.taken_in != variable.name.span || name == "REDISCLI_AUTH";
                let elsewhere = open && common::names_password(name);
                if !is_set || shared || elsewhere || test.iter().any(|word| word.as_str().contains(name.as_str())) {
                    continue;
                }
                let server_name = common::server_name(server);
                let message = format!("nothing in `{server_name}` reads `{name}`: neither its image nor its command");
                let confidence = server.confidence.min(environment.confidence).min(Confidence::Medium);
                let primary = Label::new(variable.name.span, "read by nobody");
                let mut finding = common::finding(&RULE, environment, confidence, primary, message);
                finding.help = Some("remove it, or set the directive that it is meant for in the command".to_owned());
                finding.setting = Some(name.clone());
                // A server that reads none of its variables is one fault.
                finding.group = Some(common::key(server.span));
                findings.push(finding);
            }
        }
    }
}
