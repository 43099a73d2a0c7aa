//! A health check that can't do what it is for: it asks where nobody listens, or sends what no shell filled in. From
//! servers.

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::model::{Healthcheck, Refusal, Server};
use crate::rule::{Category, Context, Rule};
use crate::rules::common;
use crate::source::Span;

/// See `rules/broken-healthcheck.md`.
pub static RULE: Rule = Rule {
    name: "broken-healthcheck",
    category: Category::Health,
    severity: Severity::Warning,
    pedantic: false,
    doc: include_str!("../../rules/broken-healthcheck.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for server in &environment.servers {
            let Some(health) = &server.healthcheck else { continue };
            let found = if health.understood { faults(server, health) } else { refuses(server, health) };
            for fault in found {
                let confidence = Confidence::High.min(server.confidence).min(environment.confidence);
                let primary = Label::new(fault.span, fault.label);
                let mut finding = common::finding(&RULE, environment, confidence, primary, fault.message);
                finding.severity = fault.severity;
                finding.related.extend(fault.other);
                finding.help = Some(fault.help);
                findings.push(finding);
            }
        }
    }
}

/// One thing that is wrong with a check.
struct Fault {
    span: Span,
    label: &'static str,
    severity: Severity,
    message: String,
    other: Option<Label>,
    help: String,
}

fn faults(server: &Server, health: &Healthcheck) -> Vec<Fault> {
    let name = common::server_name(server);
    let mut found = Vec::new();
    if let Some(span) = health.unexpanded {
        found.push(Fault {
            span,
            label: "sent as it stands here",
            severity: Severity::Warning,
            message: format!("the health check of `{name}` runs without a shell: its variable is never filled in"),
            other: None,
            help: "use the form that a shell reads: `test: [\"CMD-SHELL\", \"…\"]`".to_owned(),
        });
    }
    // Without a port nothing can be said; with two, either may be meant.
    if let Some(asked) = health.port
        && let Some(serves) = server.port.or(server.tls_port)
    {
        let known = [server.port, server.tls_port];
        if !known.contains(&Some(asked)) {
            found.push(Fault {
                span: health.span,
                label: "nobody listens on this port",
                severity: Severity::Warning,
                message: format!(
                    "the health check asks port {asked}, but `{name}` listens on {serves}: `Could not connect to Redis at 127.0.0.1:{asked}: Connection refused`"
                ),
                other: port_directive(server),
                help: format!("ask the port it listens on: `redis-cli -p {serves} …`"),
            });
        } else if server.tls_port == Some(asked) && server.port != Some(asked) && !health.tls {
            found.push(Fault {
                span: health.span,
                label: "no `--tls` here",
                severity: Severity::Warning,
                message: format!(
                    "the health check speaks plain text to the TLS port {asked} of `{name}`: the connection is closed"
                ),
                other: port_directive(server),
                help: "add `--tls` and the certificate's authority (`--cacert`)".to_owned(),
            });
        } else if health.tls && server.port == Some(asked) && server.tls_port != Some(asked) {
            found.push(Fault {
                span: health.span,
                label: "TLS to a plain port",
                severity: Severity::Warning,
                message: format!(
                    "the health check speaks TLS to the plain port {asked} of `{name}`: it hangs until its timeout"
                ),
                other: port_directive(server),
                help: "leave `--tls` out, or ask the TLS port".to_owned(),
            });
        }
    }
    found.extend(refused(server, health));
    if health.ends.iter().any(|end| end.writes) {
        found.push(Fault {
            span: health.span,
            label: "this writes a key",
            severity: Severity::Note,
            message: format!("the health check of `{name}` writes a key each time it runs"),
            other: None,
            help: "use `ping`, which changes nothing".to_owned(),
        });
    }
    found
}

/// A check that ends with an error before it asks anything, such as `redis-cli` with an option that it does not have.
fn refuses(server: &Server, health: &Healthcheck) -> Vec<Fault> {
    if health.ends.is_empty() || !health.ends.iter().all(|end| end.passes == Some(false)) {
        return Vec::new();
    }
    let name = common::server_name(server);
    vec![Fault {
        span: health.span,
        label: "fails whatever the server says",
        severity: Severity::Warning,
        message: format!(
            "the health check of `{name}` ends with an error before it asks the server: the container never becomes healthy"
        ),
        other: None,
        help: "give redis-cli options that it has: the password goes into `REDISCLI_AUTH` or behind `-a`".to_owned(),
    }]
}

/// A login that the server refuses.
fn refused(server: &Server, health: &Healthcheck) -> Option<Fault> {
    let name = common::server_name(server);
    let sure = |refusal| common::weigh_health(server, |end| end.refused == Some(refusal)) == Some(Confidence::High);
    let passes = health.ends.iter().all(|end| end.passes == Some(true));
    let (label, message, help) = if sure(Refusal::Wrong) {
        let end = if passes { "it passes whatever happens" } else { "the container never becomes healthy" };
        (
            "not the server's password",
            format!("the health check of `{name}` is refused with `WRONGPASS`: {end}"),
            "give redis-cli the password of the server, in `REDISCLI_AUTH`",
        )
    } else if sure(Refusal::Unexpected) && health.ends.iter().all(|end| end.passes == Some(false)) {
        (
            "the server has no password",
            format!(
                "the health check of `{name}` sends a password to a server without one, on which redis-cli up to 6.2 \
                 exits with 1: the container never becomes healthy"
            ),
            "set the server's password, or leave it out here",
        )
    } else {
        return None;
    };
    let other = server.auth.first().map(|case| common::demand(server, &case.auth)).filter(|_| sure(Refusal::Wrong));
    let (help, severity) = (help.to_owned(), Severity::Warning);
    Some(Fault { span: health.span, label, severity, message, other, help })
}

/// Where the port that the server listens on is set.
fn port_directive(server: &Server) -> Option<Label> {
    let directive = server.directives.iter().rev().find(|directive| {
        matches!(directive.name.value.as_str(), "port" | "tls-port") && directive.overridden_by.is_none()
    })?;
    let span = directive.arguments.first().map_or(directive.name.span, crate::text::Text::span);
    Some(Label::new(span, "it listens here"))
}
