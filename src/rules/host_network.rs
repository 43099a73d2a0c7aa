//! An open server in a container on its host's network. From servers.

use crate::finding::{Finding, Label, Severity};
use crate::rule::{Category, Context, Rule};
use crate::rules::{common, exposure};

/// See `rules/host-network.md`.
pub static RULE: Rule = Rule {
    name: "host-network",
    category: Category::Exposure,
    severity: Severity::Warning,
    pedantic: false,
    doc: include_str!("../../rules/host-network.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for server in environment.servers.iter().filter(|server| server.host_network) {
            let closed = exposure::listens_on_loopback_only(server) || exposure::protected(server) == Some(true);
            let Some(confidence) = common::weigh_open(server).filter(|_| !closed) else { continue };
            let name = common::server_name(server);
            let message = format!("`{name}` shares the network of its host, and it has no password");
            let confidence = confidence.min(server.confidence).min(environment.confidence);
            let primary = Label::new(server.span, "on all interfaces of the host");
            let mut finding = common::finding(&RULE, environment, confidence, primary, message);
            finding.related = common::no_demand(server);
            finding.related.retain(|label| label.span != server.span);
            finding.help = Some("use a network of the project, or set a password".to_owned());
            findings.push(finding);
        }
    }
}
