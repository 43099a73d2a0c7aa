//! Cache and broker use one database of one server. From clients.

use std::collections::BTreeMap;

use crate::finding::{Finding, Label, Severity};
use crate::model::{Client, ClientCase, Family, Reach};
use crate::rule::{Category, Context, Rule};
use crate::rules::common;

/// See `rules/shared-database.md`.
pub static RULE: Rule = Rule {
    name: "shared-database",
    category: Category::Connectivity,
    severity: Severity::Note,
    pedantic: true,
    doc: include_str!("../../rules/shared-database.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        let mut uses: BTreeMap<(usize, u32), Vec<Use<'_>>> = BTreeMap::new();
        for client in &environment.clients {
            let (Some(purpose), [case]) = (purpose(client), client.cases.as_slice()) else { continue };
            if let (Reach::Servers(servers), Some(db)) = (&case.reach, case.db)
                && let [server] = servers.as_slice()
            {
                uses.entry((*server, db)).or_default().push((purpose, client, case));
            }
        }
        for ((server, db), uses) in uses {
            let find = |wanted| uses.iter().find(|(purpose, ..)| *purpose == wanted);
            let (Some(cache), Some(broker), Some(server)) =
                (find(Purpose::Cache), find(Purpose::Broker), environment.servers.get(server))
            else {
                continue;
            };
            let message = format!(
                "cache and broker share database {db} of `{}`: clearing the cache loses queued jobs",
                common::server_name(server)
            );
            let confidence = cache.1.confidence.min(broker.1.confidence).min(environment.confidence);
            let primary = Label::new(common::client_span(cache.1, cache.2), "the cache");
            let mut finding = common::finding(&RULE, environment, confidence, primary, message);
            finding.related = vec![Label::new(common::client_span(broker.1, broker.2), "the broker")];
            finding.help = Some("give each a database of its own".to_owned());
            findings.push(finding);
        }
    }
}

/// What a client is for, and what it connects with.
type Use<'a> = (Purpose, &'a Client, &'a ClientCase);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Purpose {
    Cache,
    Broker,
}

fn purpose(client: &Client) -> Option<Purpose> {
    match client.family {
        Family::DjangoRedis | Family::DjangoCore => Some(Purpose::Cache),
        Family::Kombu | Family::Arq => Some(Purpose::Broker),
        _ => None,
    }
}
