//! A server on a host listens on every interface without a password. From servers.

use crate::finding::{Finding, Label, Severity};
use crate::rule::{Category, Context, Rule};
use crate::rules::{common, exposure};

/// See `rules/bind-all-interfaces.md`.
pub static RULE: Rule = Rule {
    name: "bind-all-interfaces",
    category: Category::Exposure,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/bind-all-interfaces.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        // In a container of its own network it is the published port that counts.
        for server in environment.servers.iter().filter(|server| server.service.is_none() || server.host_network) {
            let Some(bind) = exposure::directive(server, "bind") else { continue };
            let Some(address) = bind.arguments.iter().find(|address| is_everything(address.as_str())) else { continue };
            let Some(confidence) = common::weigh_open(server).filter(|_| exposure::protected(server) != Some(true))
            else {
                continue;
            };
            let name = common::server_name(server);
            let message = format!("`{name}` listens on all interfaces of its machine, and it has no password");
            let confidence = confidence.min(server.confidence).min(environment.confidence);
            let primary = Label::new(address.span(), "all interfaces");
            let mut finding = common::finding(&RULE, environment, confidence, primary, message);
            finding.related = exposure::switched_off(server)
                .map(|directive| Label::new(directive.name.span, "protected mode is off"))
                .into_iter()
                .collect();
            finding.help = Some("bind to `127.0.0.1 -::1`, or set `requirepass`".to_owned());
            findings.push(finding);
        }
    }
}

fn is_everything(address: &str) -> bool {
    matches!(address.trim_start_matches('-'), "0.0.0.0" | "*" | "::" | "::*")
}
