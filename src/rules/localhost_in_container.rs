//! A client in a container looks for Redis in that container, and none runs there. From clients.

use crate::finding::{Finding, Severity};
use crate::model::{Place, Reach};
use crate::rule::{Category, Context, Rule};
use crate::rules::{common, lost};

/// See `rules/localhost-in-container.md`.
pub static RULE: Rule = Rule {
    name: "localhost-in-container",
    category: Category::Connectivity,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/localhost-in-container.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for lost in lost::clients(context.model, |case| case.reach == Reach::OwnContainer) {
        let Place::Container(service) = &lost.client.place else {
            continue;
        };
        let client = common::client_name(lost.client);
        let host = lost::host(context, lost.case);
        let error = lost::refused(context, lost.client, lost.case);
        let message =
            format!("{client} looks for Redis at {host}, which is the container of `{service}` itself: `{error}`");
        let mut finding = lost.finding(&RULE, "no Redis in this container", message);
        lost.doubt(context, &mut finding);
        finding.help = Some(match lost.only_server() {
            Some(server) => format!("use the service's name: `{}`", common::server_name(server)),
            None => "use the name of the service that runs Redis".to_owned(),
        });
        findings.push(finding);
    }
}
