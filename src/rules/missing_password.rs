//! The server requires a password and the client sends none. From links.

use crate::finding::{Finding, Label, Severity};
use crate::model::{AuthFault, Family, Product};
use crate::rule::{Category, Context, Rule};
use crate::rules::common::{self, Fault};
use crate::source::Span;

/// See `rules/missing-password.md`.
pub static RULE: Rule = Rule {
    name: "missing-password",
    category: Category::Auth,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/missing-password.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for fault in common::auth_faults(context.model, AuthFault::MissingPassword) {
        let server = common::server_name(fault.server);
        let client = common::client_name(fault.client);
        let message = format!("`{server}` requires a password and {client} sends none: {}", fault.ending());
        let (span, host) = place(&fault);
        let mut finding = fault.finding(&RULE, span, "no password here", message);
        finding.related = vec![common::demand(fault.server, &fault.auth.auth)];
        finding.related.extend(host.map(|span| Label::new(span, "the host is set here")));
        finding.help = Some(match fault.server.product {
            _ if fault.client.family == Family::Replica => {
                format!("give {client} the password of `{server}` in `masterauth`, from the same variable")
            }
            _ if fault.client.family == Family::Sentinel => {
                format!("give {client} the password of `{server}` in `sentinel auth-pass`")
            }
            Product::Sentinel => "the password of the URL or call is for the master: give that of the Sentinels in \
                                  `sentinel_kwargs`"
                .to_owned(),
            _ => format!("give {client} the password of `{server}`, from the same variable as the server's"),
        });
        finding.group = Some(format!("{} {}", span.file.0, common::key(fault.server.span)));
        findings.push(finding);
    }
}

/// The URL or the host; where another file than that of a call sets the host, the call, which takes no password.
fn place(fault: &Fault<'_>) -> (Span, Option<Span>) {
    let (site, value) = (fault.client.span, common::client_span(fault.client, fault.case));
    let takes_none =
        fault.case.url.is_none() && fault.client.family != Family::Unknown && !fault.client.family.is_server();
    if takes_none && site.file != value.file { (site, Some(value)) } else { (value, None) }
}
