//! A client uses a single-label host name that its environment does not have. From clients.

use crate::finding::{Finding, Label, Severity};
use crate::model::{ClientCase, EnvironmentKind, Reach};
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
        if let Reach::UnknownName { suggestion: Some(name) } = &lost.case.reach {
            let server = lost.environment.servers.iter().find(|server| server.names.contains(name));
            finding.related.extend(server.map(|server| Label::new(server.span, "this name exists")));
            finding.help = Some(format!("did you mean `{name}`?"));
        }
        findings.push(finding);
    }
}

fn is_unknown(case: &ClientCase) -> bool {
    matches!(case.reach, Reach::UnknownName { .. })
        && case.host.as_ref().is_some_and(|host| !host.as_str().contains(['.', ':']))
}
