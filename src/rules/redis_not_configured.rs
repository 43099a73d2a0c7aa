//! A service waits for Redis, and nothing in it leads there. From services and clients.

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::model::Place;
use crate::rule::{Category, Context, Rule};
use crate::rules::common;
use crate::text::Text;

/// See `rules/redis-not-configured.md`.
pub static RULE: Rule = Rule {
    name: "redis-not-configured",
    category: Category::Wiring,
    severity: Severity::Note,
    pedantic: false,
    doc: include_str!("../../rules/redis-not-configured.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for service in &environment.services {
            let here = |place: &Place| *place == Place::Container(service.name.clone());
            let is_server = |name: &str| environment.servers.iter().any(|one| one.service.as_deref() == Some(name));
            if is_server(&service.name) || environment.clients.iter().any(|client| here(&client.place)) {
                continue;
            }
            let Some(needed) = service.depends_on.iter().find(|name| is_server(&name.value)) else { continue };
            // Any mention of the server in what the service is given may lead there.
            let mentions =
                |text: &Text| text.as_str().to_ascii_lowercase().contains(&needed.value.to_ascii_lowercase());
            let given = service.environment.iter().filter_map(|(_, value)| value.as_ref());
            let words = service.command.iter().chain(&service.entrypoint).flatten();
            if given.chain(words).any(mentions) {
                continue;
            }
            let message = format!("`{}` waits for `{}`, and nothing in it points there", service.name, needed.value);
            let primary = Label::new(needed.span, "never used, as far as we see");
            let confidence = Confidence::Low.min(environment.confidence);
            findings.push(common::finding(&RULE, environment, confidence, primary, message));
        }
    }
}
