//! A server's authentication, TLS or exposure is not the same in two environments of a project. From servers.

use std::collections::BTreeMap;

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::model::{Auth, Environment, EnvironmentKind, Server};
use crate::rule::{Category, Context, Rule};
use crate::rules::{common, exposure};
use crate::source::Span;

/// See `rules/environment-drift.md`.
pub static RULE: Rule = Rule {
    name: "environment-drift",
    category: Category::Wiring,
    severity: Severity::Note,
    pedantic: true,
    doc: include_str!("../../rules/environment-drift.md"),
    check,
};

type Place<'a> = (&'a Environment, &'a Server);

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    let mut by_name: BTreeMap<&str, Vec<Place<'_>>> = BTreeMap::new();
    for environment in context.model.environments.iter().filter(|one| one.kind == EnvironmentKind::Compose) {
        for server in &environment.servers {
            by_name.entry(common::server_name(server)).or_default().push((environment, server));
        }
    }
    for (name, servers) in by_name {
        if let Some((with, without)) = pair(&servers, asks_for_password) {
            let message = format!("`{name}` has a password in {}, and none in {}", with.0.name, without.0.name);
            let demand = with.1.auth.first().map(|case| common::demand(with.1, &case.auth));
            let help = "log in everywhere in the same way, so that a missing password shows early";
            let primary = Label::new(without.1.span, "no password here");
            findings.push(finding((with, without), primary, demand, message, help));
        }
        if let Some((with, without)) = pair(&servers, |server| Some(server.tls_port.is_some())) {
            let message = format!("`{name}` speaks TLS in {}, and not in {}", with.0.name, without.0.name);
            let demand = Label::new(with.1.span, "TLS here");
            let help = "speak TLS everywhere, so that a certificate at fault shows early";
            let primary = Label::new(without.1.span, "no TLS here");
            findings.push(finding((with, without), primary, Some(demand), message, help));
        }
        if let Some((with, without)) = pair(&servers, |server| Some(published(server).is_some())) {
            let message =
                format!("`{name}` is published on all interfaces in {}, and not in {}", with.0.name, without.0.name);
            let here = published(with.1).unwrap_or(with.1.span);
            let not_here = Label::new(without.1.span, "not published here");
            let help = "publish it in no environment, or in all of them on the loopback interface";
            let primary = Label::new(here, "published here");
            findings.push(finding((without, with), primary, Some(not_here), message, help));
        }
    }
}

/// The first server that `has` something and the first one of the same project that hasn't.
fn pair<'a>(servers: &[Place<'a>], has: impl Fn(&Server) -> Option<bool>) -> Option<(Place<'a>, Place<'a>)> {
    let (with, without): (Vec<Place<'a>>, Vec<Place<'a>>) = servers
        .iter()
        .copied()
        .filter(|(_, server)| has(server).is_some())
        .partition(|(_, one)| has(one) == Some(true));
    let mut pairs = without.iter().flat_map(|without| with.iter().map(|with| (*with, *without)));
    pairs.find(|(with, without)| same_project(with.0, without.0))
}

/// Whether clients have to log in; `None`: not sure.
fn asks_for_password(server: &Server) -> Option<bool> {
    let locked = |auth: &Auth| common::default_user(auth).is_some() && !common::is_open(auth);
    if common::weigh_open(server) == Some(Confidence::High) {
        return Some(false);
    }
    (common::weigh_running(server, locked) == Some(Confidence::High)).then_some(true)
}

/// The entry that publishes the server on all interfaces.
fn published(server: &Server) -> Option<Span> {
    exposure::published(server)
        .find(|entry| exposure::reach(entry) == exposure::Reach::Everyone)
        .map(|entry| entry.span)
}

fn finding(
    (other, here): (Place<'_>, Place<'_>),
    primary: Label,
    related: Option<Label>,
    message: String,
    help: &str,
) -> Finding {
    let confidence = other.0.confidence.min(here.0.confidence);
    let mut finding = common::finding(&RULE, here.0, confidence, primary, message);
    finding.related.extend(related);
    finding.help = Some(help.to_owned());
    finding
}

/// Whether two environments share a file: variants of one project.
fn same_project(one: &Environment, other: &Environment) -> bool {
    one.name != other.name && one.files.iter().any(|file| other.files.contains(file))
}
