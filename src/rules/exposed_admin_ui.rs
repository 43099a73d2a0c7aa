//! A web interface for Redis is published without a login. From services.

use crate::finding::{Finding, Label, Severity};
use crate::model::{Service, Stage};
use crate::rule::{Category, Context, Rule};
use crate::rules::common;
use crate::rules::exposure::{self, Reach};

/// See `rules/exposed-admin-ui.md`.
pub static RULE: Rule = Rule {
    name: "exposed-admin-ui",
    category: Category::Exposure,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/exposed-admin-ui.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for service in &environment.services {
            let Some(tool) = service.image.as_ref().and_then(|image| tool(image.as_str())) else { continue };
            if has_login(service) {
                continue;
            }
            let entries = service.ports.iter().filter(|entry| entry.protocol != "udp");
            for entry in entries.filter(|entry| exposure::reach(entry) == Reach::Everyone) {
                let message =
                    format!("{tool} in `{}` is published on all interfaces and asks for no login", service.name);
                let primary = Label::new(entry.span, "reachable from outside");
                let mut finding = common::finding(&RULE, environment, environment.confidence, primary, message);
                if environment.stage == Stage::Development {
                    finding.severity = Severity::Warning;
                }
                finding.related = vec![Label::new(service.span, "whoever gets in here reads and writes Redis")];
                finding.help =
                    Some("publish it on the loopback interface only (`127.0.0.1:…`), or give it a login".to_owned());
                finding.group = Some(format!("{} {:?}", common::key(service.span), entry.container_port));
                findings.push(finding);
            }
            let ways = environment.cluster.public.iter();
            for way in ways.filter(|way| way.container == service.name && !way.narrowed && way.settings_known) {
                let message = format!(
                    "{tool} in `{}` is open to the outside of the cluster ({}) and asks for no login",
                    service.name, way.how
                );
                let primary = Label::new(way.span, "reachable from outside");
                let mut finding = common::finding(&RULE, environment, environment.confidence, primary, message);
                finding.related = vec![Label::new(service.span, "whoever gets in here reads and writes Redis")];
                finding.help = Some("keep it inside the cluster, or give it a login".to_owned());
                finding.group = Some(format!("{} {:?}", common::key(service.span), way.container_port));
                findings.push(finding);
            }
        }
    }
}

/// Web interfaces for Redis, by the last part of their image's name.
fn tool(image: &str) -> Option<&'static str> {
    let name = image.split(['@', ':']).next()?.rsplit('/').next()?.to_ascii_lowercase();
    match name.as_str() {
        "redis-commander" => Some("redis-commander"),
        "redisinsight" => Some("Redis Insight"),
        "phpredisadmin" => Some("phpRedisAdmin"),
        _ => None,
    }
}

/// Whether variables give it a login, or may do.
fn has_login(service: &Service) -> bool {
    service.environment.iter().any(|(name, value)| {
        let login = ["HTTP_PASSWORD", "HTTP_PASSWORD_HASH", "ADMIN_PASS", "SSO_ENABLED"].contains(&name.as_str());
        login && value.as_ref().is_some_and(|value| !value.is_empty())
    })
}
