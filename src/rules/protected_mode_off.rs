//! `protected-mode no` on a server that has it compiled on, has no password and can be reached. From servers.
//!
//! In the official images it is compiled off: there the directive changes nothing, and `published-port` shows it.

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::model::Server;
use crate::rule::{Category, Context, Rule};
use crate::rules::common;
use crate::rules::exposure::{self, Reach};

/// See `rules/protected-mode-off.md`.
pub static RULE: Rule = Rule {
    name: "protected-mode-off",
    category: Category::Exposure,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/protected-mode-off.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for server in &environment.servers {
            let Some(directive) = exposure::switched_off(server) else { continue };
            if exposure::compiled_on(server) != Some(true) || !is_reachable(server) {
                continue;
            }
            let Some(confidence) = common::weigh_open(server).filter(|confidence| *confidence >= Confidence::Medium)
            else {
                continue;
            };
            let name = common::server_name(server);
            let message = format!(
                "protected mode is off and `{name}` has no password: it answers everyone instead of \
                 `DENIED Redis is running in protected mode`"
            );
            let confidence = confidence.min(server.confidence).min(environment.confidence);
            let span = directive.arguments.iter().fold(directive.name.span, |span, value| span.to(value.span()));
            let primary = Label::new(span, "lets everyone in");
            let mut finding = common::finding(&RULE, environment, confidence, primary, message);
            finding.related = common::no_demand(server);
            finding.help = Some("set a password (`requirepass`), or leave protected mode on".to_owned());
            findings.push(finding);
        }
    }
}

/// Whether another machine gets as far as the server.
fn is_reachable(server: &Server) -> bool {
    let outside = |reach| matches!(reach, Reach::Everyone | Reach::Address(_));
    let exposed = server.service.is_none()
        || server.host_network
        || exposure::published(server).any(|entry| outside(exposure::reach(entry)));
    exposed && !exposure::listens_on_loopback_only(server)
}
