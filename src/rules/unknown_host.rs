//! A client uses a single-label host name that its environment does not have. From clients.

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::model::{ClientCase, Environment, EnvironmentKind, Reach};
use crate::rule::{Category, Context, Rule};
use crate::rules::{common, lost};

/// See `rules/unknown-host.md`.
pub static RULE: Rule = Rule {
    name: "unknown-host",
    category: Category::Connectivity,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/unknown-host.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for lost in lost::clients(context.model, is_unknown) {
        // On somebody's machine a name may stand in its hosts file.
        if lost.environment.kind == EnvironmentKind::Host {
            continue;
        }
        let client = common::client_name(lost.client);
        let host = lost::host(context, lost.case);
        let error = lost::unresolved(context, lost.client, lost.case);
        let message = format!(
            "{client} connects to `{host}`, which is no service, alias or container name of {}: `{error}`",
            lost.environment.name
        );
        let mut finding = lost.finding(&RULE, "no service of this name", message);
        lost.doubt(context, &mut finding);
        if is_beside(context, lost.environment, &host) {
            finding.confidence = finding.confidence.min(Confidence::Medium);
        }
        if let Reach::UnknownName { suggestion: Some(name) } = &lost.case.reach {
            let server = lost.environment.servers.iter().find(|server| server.names.contains(name));
            finding.related.extend(server.map(|server| Label::new(server.span, "this name exists")));
            finding.help = Some(format!("did you mean `{name}`?"));
        }
        findings.push(finding);
    }
}

/// Whether files beside those of an environment have a service of that name. Where nothing says what runs together, it
/// may be run along.
fn is_beside(context: &Context<'_>, environment: &Environment, name: &str) -> bool {
    let beside = |other: &&Environment| folder(&other.name) == folder(&environment.name);
    environment.evidence_at.is_none()
        && context
            .model
            .environments
            .iter()
            .filter(beside)
            .any(|other| other.services.iter().any(|service| service.name == name))
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn is_unknown(case: &ClientCase) -> bool {
    matches!(case.reach, Reach::UnknownName { .. })
        && case.host.as_ref().is_some_and(|host| !host.as_str().contains(['.', ':']))
}
