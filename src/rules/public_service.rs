//! A Redis in Kubernetes can be reached from outside the cluster. From servers and the cluster's objects.

use crate::finding::{Finding, Label, Severity};
use crate::rule::{Category, Context, Rule};
use crate::rules::{common, exposure, published_port};

/// See `rules/public-service.md`.
pub static RULE: Rule = Rule {
    name: "public-service",
    category: Category::Exposure,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/public-service.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for server in environment.servers.iter().filter(|server| !exposure::listens_on_loopback_only(server)) {
            let Some(judged) = published_port::judge(environment, server) else { continue };
            let own = |port: Option<u16>| port.is_some() && (port == server.port || port == server.tls_port);
            let mine = environment.cluster.public.iter().filter(|way| {
                !way.http && server.service.as_deref() == Some(&way.container) && own(way.container_port)
            });
            for way in mine {
                let name = common::server_name(server);
                let message = format!("`{name}` is open to the outside of the cluster ({}), {}", way.how, judged.fact);
                let confidence = judged.confidence.min(server.confidence).min(environment.confidence);
                let primary = Label::new(way.span, "reachable from outside");
                let mut finding = common::finding(&RULE, environment, confidence, primary, message);
                // An address of the world asks for more than a password.
                finding.severity = if way.narrowed { Severity::Note } else { judged.severity.max(Severity::Warning) };
                if judged.open {
                    finding.related = common::no_demand(server);
                }
                finding.help = Some("keep it inside the cluster: a Service of type ClusterIP".to_owned());
                findings.push(finding);
            }
        }
    }
}
