//! A queue in a Redis that may evict any key. From servers and clients.

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::model::{Client, Environment, Family, Place, Reach, Server};
use crate::rule::{Category, Context, Rule};
use crate::rules::{common, exposure};
use crate::text::Text;

/// See `rules/evicting-queue.md`.
pub static RULE: Rule = Rule {
    name: "evicting-queue",
    category: Category::Connectivity,
    severity: Severity::Warning,
    pedantic: false,
    doc: include_str!("../../rules/evicting-queue.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for (at, server) in environment.servers.iter().enumerate() {
            let Some(policy) = evicting_policy(server) else { continue };
            let Some((client, confidence)) = queue(environment, at) else { continue };
            let message = format!(
                "`{}` may evict any key (`{}`) when its memory is full, and {} keeps its jobs there",
                common::server_name(server),
                policy.as_str(),
                common::client_name(client)
            );
            let confidence = confidence.min(server.confidence).min(environment.confidence);
            let primary = Label::new(policy.span(), "drops jobs without a word");
            let mut finding = common::finding(&RULE, environment, confidence, primary, message);
            finding.related = vec![Label::new(client.span, "a queue")];
            finding.help = Some("use `noeviction`, or a Redis of its own for the queue".to_owned());
            findings.push(finding);
        }
    }
}

/// The policy that evicts whatever it likes; without a limit of memory nothing is ever evicted.
fn evicting_policy(server: &Server) -> Option<&Text> {
    let limit = exposure::directive(server, "maxmemory")?.arguments.first()?;
    let policy = exposure::directive(server, "maxmemory-policy")?.arguments.first()?;
    let unlimited = limit.as_str().trim_end_matches(char::is_alphabetic).chars().all(|char| char == '0');
    (!unlimited && policy.as_str().to_ascii_lowercase().starts_with("allkeys-")).then_some(policy)
}

/// A client that keeps a queue in this server.
fn queue(environment: &Environment, server: usize) -> Option<(&Client, Confidence)> {
    environment.clients.iter().find_map(|client| {
        let reaches =
            client.cases.iter().all(|case| matches!(&case.reach, Reach::Servers(servers) if servers.contains(&server)));
        let setting = client.setting.as_deref().unwrap_or_default().to_ascii_uppercase();
        let certain = matches!(client.family, Family::Kombu | Family::Arq)
            || setting.contains("BROKER")
            || is_argument(client) && runs_queue(environment, client);
        let named = setting.contains("QUEUE");
        let confidence = if certain { Confidence::High } else { Confidence::Medium };
        (reaches && (certain || named)).then_some((client, confidence.min(client.confidence)))
    })
}

/// Whether no variable but the code or the command line says where it connects.
fn is_argument(client: &Client) -> bool {
    client.setting.as_deref().is_none_or(|setting| setting.starts_with('-') || setting == "command")
}

/// Whether the client belongs to the command of a worker that keeps its jobs in Redis.
fn runs_queue(environment: &Environment, client: &Client) -> bool {
    let Place::Container(name) = &client.place else { return false };
    let service = environment.services.iter().find(|service| service.name == *name);
    let mut words = service.into_iter().flat_map(|service| service.command.iter().flatten());
    words
        .any(|word| matches!(word.as_str().rsplit('/').next(), Some("rq" | "rqworker" | "celery" | "arq" | "dramatiq")))
}
