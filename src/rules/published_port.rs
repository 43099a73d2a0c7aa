//! A server's port is published where others can reach it. From servers; severity by authentication and stage.

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::model::{Auth, Environment, Password, Published, Server, Stage};
use crate::rule::{Category, Context, Rule};
use crate::rules::common;
use crate::rules::exposure::{self, Reach};
use crate::symbol::Symbols;
use crate::text::Text;

/// See `rules/published-port.md`.
pub static RULE: Rule = Rule {
    name: "published-port",
    category: Category::Exposure,
    severity: Severity::Error,
    pedantic: false,
    doc: include_str!("../../rules/published-port.md"),
    check,
};

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    for environment in &context.model.environments {
        for server in environment.servers.iter().filter(|server| !exposure::listens_on_loopback_only(server)) {
            let Some(judged) = judge(environment, server) else {
                continue;
            };
            for entry in exposure::published(server) {
                findings.extend(finding(context, environment, server, entry, &judged));
            }
        }
    }
}

/// What it means to reach a server. Also serves `public-service`.
pub struct Judged {
    /// By authentication and stage.
    pub severity: Severity,
    /// How sure that is.
    pub confidence: Confidence,
    /// Whether a stranger needs no password.
    pub open: bool,
    /// The end of the sentence.
    pub fact: &'static str,
}

/// `None` where a stranger who reaches the port can do nothing with it.
pub fn judge(environment: &Environment, server: &Server) -> Option<Judged> {
    if common::demands_certificates(server) {
        return None;
    }
    if let Some(confidence) = common::weigh_open(server).filter(|confidence| *confidence >= Confidence::Medium) {
        // Protected mode answers strangers with nothing but its error as long as there is no password.
        if exposure::protected(server) == Some(true) {
            return None;
        }
        let severity = match environment.stage {
            Stage::Development => Severity::Warning,
            Stage::Unlabelled | Stage::Staging | Stage::Production => Severity::Error,
        };
        let fact = match confidence {
            Confidence::High => "and it has no password",
            _ => "and it has no password unless a variable sets one",
        };
        return Some(Judged { severity, confidence, open: true, fact });
    }
    if common::weigh_running(server, |auth| has_certain_password(environment, auth)) == Some(Confidence::High) {
        let fact = "and only its password protects it";
        return Some(Judged { severity: Severity::Note, confidence: Confidence::High, open: false, fact });
    }
    let starts = server.auth.iter().any(|case| !matches!(case.auth, Auth::DoesNotStart { .. }));
    let fact = "and whether a password protects it does not show in the repository";
    starts.then_some(Judged { severity: Severity::Warning, confidence: Confidence::Medium, open: false, fact })
}

/// Whether there certainly is a password: it is known, or compose starts nothing without it.
fn has_certain_password(environment: &Environment, auth: &Auth) -> bool {
    let Auth::Users(users) = auth else {
        return false;
    };
    users.iter().filter(|user| user.on).all(|user| {
        let demanded = |text: &Text| {
            let mut demanded = environment.references.iter().filter(|reference| reference.demanded);
            !text.is_empty() && demanded.any(|reference| reference.span == text.span())
        };
        let known = |password: &Password| match password {
            Password::Plain(text) | Password::Sha256(text) => Symbols::is_known(text) || demanded(text),
        };
        !user.nopass && user.passwords.iter().all(known)
    })
}

fn finding(
    context: &Context<'_>,
    environment: &Environment,
    server: &Server,
    entry: &Published,
    judged: &Judged,
) -> Option<Finding> {
    let (address, whom, confidence) = match exposure::reach(entry) {
        Reach::Loopback | Reach::Unknown => return None,
        Reach::Everyone => ("0.0.0.0".to_owned(), "on all interfaces".to_owned(), judged.confidence),
        Reach::Address(address) => {
            let whom = format!("on {address}");
            (address, whom, judged.confidence.min(Confidence::Medium))
        }
    };
    if entry.host_port.as_ref().is_some_and(|port| context.config.allows_endpoint(&address, port.as_str())) {
        return None;
    }
    let port = entry.host_port.as_ref().map(|port| context.symbols.display(port.as_str()));
    let port = port.map_or_else(|| "a random port".to_owned(), |port| format!("port {port}"));
    let name = common::server_name(server);
    let message = format!("`{name}` is published {whom} ({port}), {}", judged.fact);
    let confidence = confidence.min(server.confidence).min(environment.confidence);
    let primary = Label::new(entry.span, "reachable from outside");
    let mut finding = common::finding(&RULE, environment, confidence, primary, message);
    finding.severity = judged.severity;
    if judged.open {
        finding.related = common::no_demand(server);
        let off = exposure::switched_off(server);
        finding.related.extend(off.map(|directive| Label::new(directive.name.span, "protected mode is off")));
    }
    finding.help = Some("publish it on the loopback interface only (`127.0.0.1:…`), or not at all".to_owned());
    finding.group = Some(format!("{} {:?}", common::key(server.span), entry.container_port));
    Some(finding)
}
