//! Client and server are services of one project and share no network. From clients.

use crate::finding::{Finding, Label, Severity};
use crate::model::Reach;
use crate::rule::{Category, Context, Rule};
use crate::rules::{common, lost};

/// See `rules/separate-networks.md`.
pub static RULE: Rule = Rule {
    name: "separate-networks",
    category: Category::Connectivity,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/separate-networks.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for lost in lost::clients(context.model, |case| matches!(case.reach, Reach::SeparateNetworks(_))) {
        let Reach::SeparateNetworks(servers) = &lost.case.reach else {
            continue;
        };
        let Some(server) = servers.first().and_then(|at| lost.environment.servers.get(*at)) else {
            continue;
        };
        let client = common::client_name(lost.client);
        let error = lost::unresolved(context, lost.client, lost.case);
        let message = format!("{client} and `{}` share no network: `{error}`", common::server_name(server));
        let mut finding = lost.finding(&RULE, "does not resolve here", message);
        finding.related = vec![Label::new(server.span, "on other networks")];
        finding.help = Some("put both services on one network".to_owned());
        findings.push(finding);
    }
}
