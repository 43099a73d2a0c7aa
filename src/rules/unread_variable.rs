//! A variable that nobody reads: neither the image nor the command of a server, nor anything in a client's service.

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
    for unread in &context.model.unread {
        let environments = &context.model.environments;
        let Some(environment) = environments.iter().find(|one| one.name == unread.environment) else { continue };
        let (service, name) = (&unread.service, &unread.name.value);
        let (message, help) = match unread.instead {
            Some(instead) => (
                format!("the image of `{service}` does not read `{name}`: it reads `{instead}`"),
                format!("call it `{instead}`"),
            ),
            None => (
                format!("nothing in `{service}` reads `{name}`: neither its code nor its command"),
                "remove it, or read it where the connection is made".to_owned(),
            ),
        };
        let confidence = environment.confidence.min(Confidence::Medium);
        let primary = Label::new(unread.name.span, "read by nobody");
        let mut finding = common::finding(&RULE, environment, confidence, primary, message);
        finding.help = Some(help);
        finding.setting = Some(name.clone());
        findings.push(finding);
    }
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
