//! The client connects to a port on which the server does not listen. From links.

use crate::finding::{Finding, Label, Severity};
use crate::model::{ClientCase, FailStage, Outcome};
use crate::rule::{Category, Context, Rule};
use crate::rules::common;

/// See `rules/wrong-port.md`.
pub static RULE: Rule = Rule {
    name: "wrong-port",
    category: Category::Connectivity,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/wrong-port.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let is_refused =
        |_: &ClientCase, outcome: &Outcome| matches!(outcome, Outcome::Fails { stage: FailStage::Connect, .. });
    for fault in common::faults(context.model, is_refused) {
        let Some(port) = fault.case.port else { continue };
        let listens = fault.server.port.or(fault.server.tls_port);
        let on = listens.map_or_else(|| "no port".to_owned(), |port| port.to_string());
        let server = common::server_name(fault.server);
        let client = common::client_name(fault.client);
        let message = format!("{client} connects to port {port}, and `{server}` listens on {on}: `{}`", fault.error());
        let span = fault.case.port_span.unwrap_or_else(|| common::client_span(fault.client, fault.case));
        let mut finding = fault.finding(&RULE, span, "nothing listens on this port", message);
        let published = fault
            .server
            .published
            .iter()
            .find(|entry| entry.host_port.as_ref().is_some_and(|host_port| host_port.as_str() == port.to_string()));
        finding.related = vec![match published {
            Some(entry) => Label::new(entry.span, "this port is for the outside only"),
            None => Label::new(fault.server.span, format!("`{server}` listens on {on}")),
        }];
        finding.help = listens.map(|port| format!("use port {port}"));
        findings.push(finding);
    }
}
