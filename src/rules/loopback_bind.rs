//! A server in a container that listens on that container's loopback interface only. From servers.

use crate::finding::{Finding, Label, Severity};
use crate::model::{Client, Environment, Place};
use crate::rule::{Category, Context, Rule};
use crate::rules::{common, exposure};

/// See `rules/loopback-bind.md`.
pub static RULE: Rule = Rule {
    name: "loopback-bind",
    category: Category::Connectivity,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/loopback-bind.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for (at, server) in environment.servers.iter().enumerate() {
            if server.service.is_none() || server.host_network || !exposure::listens_on_loopback_only(server) {
                continue;
            }
            let Some(client) = foreign_client(environment, at) else {
                continue;
            };
            let (name, who) = (common::server_name(server), common::client_name(client));
            let message = format!(
                "`{name}` listens on the loopback interface of its own container only: {who} gets `Connection refused`"
            );
            let span = exposure::directive(server, "bind").map_or(server.span, |directive| {
                directive.arguments.iter().fold(directive.name.span, |span, address| span.to(address.span()))
            });
            let confidence = server.confidence.min(client.confidence).min(environment.confidence);
            let primary = Label::new(span, "nobody else can connect");
            let mut finding = common::finding(&RULE, environment, confidence, primary, message);
            finding.related = vec![Label::new(client.span, "this client connects from elsewhere")];
            finding.help = Some("bind to all interfaces (`bind * -::*`), with a password".to_owned());
            findings.push(finding);
        }
    }
}

/// A client of this server that runs outside its container.
fn foreign_client(environment: &Environment, server: usize) -> Option<&Client> {
    let own = environment.servers.get(server)?.service.as_ref();
    let links = environment.links.iter().filter(|link| link.server == server);
    links.filter_map(|link| environment.clients.get(link.client)).find(|client| match &client.place {
        Place::Container(service) => Some(service) != own,
        Place::Host => true,
    })
}
