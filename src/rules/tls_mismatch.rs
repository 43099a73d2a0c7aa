//! One end speaks TLS and the other does not, or the client refuses its TLS options. From links and clients.

use crate::finding::{Finding, Label, Severity};
use crate::model::{ClientCase, FailStage, Outcome};
use crate::rule::{Category, Context, Rule};
use crate::rules::{common, lost};
use crate::source::Span;

/// See `rules/tls-mismatch.md`.
pub static RULE: Rule = Rule {
    name: "tls-mismatch",
    category: Category::Connectivity,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/tls-mismatch.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let is_tls = |_: &ClientCase, outcome: &Outcome| {
        matches!(outcome, Outcome::Fails { stage: FailStage::Tls, .. } | Outcome::Hangs { .. })
    };
    for fault in common::faults(context.model, is_tls) {
        let server = common::server_name(fault.server);
        let client = common::client_name(fault.client);
        let (speaks, other) = if fault.case.tls { ("TLS", "plaintext") } else { ("plaintext", "TLS") };
        let what = format!("{client} speaks {speaks} to a {other} port of `{server}`");
        let span = scheme(fault.case).unwrap_or_else(|| common::client_span(fault.client, fault.case));
        let message = format!("{what}: `{}`", fault.error());
        let mut finding = fault.finding(&RULE, span, "this decides on TLS", message);
        finding.related = vec![Label::new(fault.server.span, "the server")];
        finding.help = Some(if fault.case.tls { "use `redis://`" } else { "use `rediss://`" }.to_owned());
        findings.push(finding);
    }
    let refused = |case: &ClientCase| case.error.as_ref().is_some_and(lost::is_about_tls);
    for lost in lost::clients(context.model, refused).into_iter().filter(|lost| lost.certain) {
        let Some(error) = &lost.case.error else {
            continue;
        };
        let client = common::client_name(lost.client);
        let message = format!("{client} is refused by its own library: `{}`", error.message);
        findings.push(lost.finding_at(&RULE, error.span, "the library refuses this", message));
    }
}

/// The scheme's bytes.
fn scheme(case: &ClientCase) -> Option<Span> {
    let url = case.url.as_ref()?;
    let end = url.as_str().find("://").filter(|end| *end > 0)?;
    Some(url.span_of(0..end))
}
