//! A server asks for a password in one environment of a project and for none in another. From servers.

use std::collections::BTreeMap;

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::model::{Auth, Environment, EnvironmentKind, Server};
use crate::rule::{Category, Context, Rule};
use crate::rules::common;

/// See `rules/environment-drift.md`.
pub static RULE: Rule = Rule {
    name: "environment-drift",
    category: Category::Wiring,
    severity: Severity::Note,
    pedantic: true,
    doc: include_str!("../../rules/environment-drift.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut by_name: BTreeMap<&str, Vec<(&Environment, &Server)>> = BTreeMap::new();
    for environment in context.model.environments.iter().filter(|one| one.kind == EnvironmentKind::Compose) {
        for server in &environment.servers {
            by_name.entry(common::server_name(server)).or_default().push((environment, server));
        }
    }
    for (name, servers) in by_name {
        let Some(open) = servers.iter().find(|(_, server)| common::weigh_open(server) == Some(Confidence::High)) else {
            continue;
        };
        let locked = |auth: &Auth| common::default_user(auth).is_some() && !common::is_open(auth);
        let closed = servers.iter().find(|(environment, server)| {
            same_project(open.0, environment) && common::weigh_running(server, locked) == Some(Confidence::High)
        });
        let Some(closed) = closed else { continue };
        let message = format!("`{name}` has a password in {}, and none in {}", closed.0.name, open.0.name);
        let primary = Label::new(open.1.span, "no password here");
        let confidence = open.0.confidence.min(closed.0.confidence);
        let mut finding = common::finding(&RULE, open.0, confidence, primary, message);
        finding.related = closed.1.auth.first().map(|case| common::demand(closed.1, &case.auth)).into_iter().collect();
        finding.help = Some("log in everywhere in the same way, so that a missing password shows early".to_owned());
        findings.push(finding);
    }
}

/// Whether two environments share a file: variants of one project.
fn same_project(one: &Environment, other: &Environment) -> bool {
    one.name != other.name && one.files.iter().any(|file| other.files.contains(file))
}
