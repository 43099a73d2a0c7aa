//! A health check without credentials on a server that requires a password. From servers.

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::model::Refusal;
use crate::rule::{Category, Context, Rule};
use crate::rules::common;

/// See `rules/unauthenticated-healthcheck.md`.
pub static RULE: Rule = Rule {
    name: "unauthenticated-healthcheck",
    category: Category::Health,
    severity: Severity::Warning,
    pedantic: false,
    doc: include_str!("../../rules/unauthenticated-healthcheck.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for server in &environment.servers {
            let Some(health) = server.healthcheck.as_ref() else { continue };
            let Some(confidence) = common::weigh_health(server, |end| end.refused == Some(Refusal::Missing)) else {
                continue;
            };
            let name = common::server_name(server);
            let refused = health.ends.iter().find(|end| end.refused == Some(Refusal::Missing));
            let end = match refused.and_then(|end| end.passes) {
                Some(false) => ": the container never becomes healthy",
                Some(true) => ": it passes whatever happens, as redis-cli exits with 0",
                None => "",
            };
            let message = format!(
                "the health check of `{name}` sends no password and gets `NOAUTH Authentication required.`{end}"
            );
            let confidence = confidence.min(server.confidence).min(environment.confidence);
            let primary = Label::new(health.span, "no password here");
            let mut finding = common::finding(&RULE, environment, confidence, primary, message);
            let auth = server.auth.iter().find(|case| common::default_user(&case.auth).is_some());
            finding.related.extend(auth.map(|case| common::demand(server, &case.auth)));
            finding.help = Some(match confidence {
                Confidence::Low => "give redis-cli the password whenever there is one (`REDISCLI_AUTH`)".to_owned(),
                _ => "give redis-cli the password in `REDISCLI_AUTH`, and check for PONG".to_owned(),
            });
            findings.push(finding);
        }
    }
}
