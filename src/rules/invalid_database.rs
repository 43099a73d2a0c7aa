//! A database index that the server does not have. From links.

use crate::finding::{Finding, Label, Severity};
use crate::model::{ClientCase, FailStage, Outcome};
use crate::rule::{Category, Context, Rule};
use crate::rules::{common, exposure};
use crate::source::Span;

/// See `rules/invalid-database.md`.
pub static RULE: Rule = Rule {
    name: "invalid-database",
    category: Category::Connectivity,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/invalid-database.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let is_select =
        |_: &ClientCase, outcome: &Outcome| matches!(outcome, Outcome::Fails { stage: FailStage::Select, .. });
    for fault in common::faults(context.model, is_select) {
        let server = common::server_name(fault.server);
        let client = common::client_name(fault.client);
        let index = fault.case.db.map_or_else(|| "a database".to_owned(), |db| format!("database {db}"));
        let limit = fault.server.databases.map_or_else(String::new, |all| format!(" and `{server}` has {all}"));
        let message = format!("{client} selects {index}{limit}: `{}`", fault.error());
        let error = fault.case.error.as_ref().map(|error| error.span);
        let span = error.or_else(|| path(fault.case)).unwrap_or_else(|| common::client_span(fault.client, fault.case));
        let mut finding = fault.finding(&RULE, span, "no such database", message);
        let databases = exposure::directive(fault.server, "databases").map(|directive| directive.name.span);
        finding.related = vec![Label::new(databases.unwrap_or(fault.server.span), "counted from 0")];
        findings.push(finding);
    }
}

/// The index in the URL's path.
fn path(case: &ClientCase) -> Option<Span> {
    let url = case.url.as_ref()?;
    let index = case.db?.to_string();
    let end = url.as_str().find('?').unwrap_or(url.len());
    let start = url.as_str()[..end].rfind('/')? + 1;
    (url.as_str()[start..end] == index).then(|| url.span_of(start..end))
}
