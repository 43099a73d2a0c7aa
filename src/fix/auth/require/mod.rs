//! One password for all: the server takes it from a variable or a Secret, and every client gets the same reference in the
//! form that its place allows. No password is written into a tracked file.

mod cluster;
mod compose;
mod files;

use std::collections::{BTreeMap, BTreeSet};

use super::{Plan, documents, known, known_passwords, leftovers};
use crate::fix::Scene;
use crate::fix::place::{ServiceText, Value};
use crate::model::{
    Auth, Client, ClientCase, Distribution, Environment, EnvironmentKind, Place, Product, Reach, Server,
};
use crate::rules::common;
use crate::source::{FileId, Span};
use crate::text::Text;
pub use files::env_files;

const VARIABLE: &str = "REDIS_PASSWORD";

/// What `.env.example` gets: a text that nobody takes for a password.
const PLACEHOLDER: &str = "changeme";

/// Why an environment can't be given a password this way.
pub fn unfit(environment: &Environment) -> Option<String> {
    let why = "its manifests are made from templates: the values and the templates are to be changed by hand";
    (environment.kind == EnvironmentKind::Helm).then(|| why.to_owned())
}

/// Every edit that it takes in these environments.
pub fn plan(scene: &Scene<'_>, environments: &[&Environment], documents: &[FileId]) -> Plan {
    let mut work = compose::Work::new(scene);
    let mut passwords = BTreeSet::new();
    // The servers of the host are these, seen from elsewhere; those of a CI job live as long as it does.
    let of = |kind| environments.iter().copied().filter(move |one: &&Environment| one.kind == kind);
    for environment in of(EnvironmentKind::Compose) {
        for server in &environment.servers {
            if is_fit(server, work.plan()) {
                work.serve(environment, server);
                strangers(environment, server, work.plan());
            }
            passwords.extend(passwords_around(environment, server));
        }
    }
    let served: BTreeSet<Span> = compose(environments).flat_map(|one| &one.servers).map(|server| server.span).collect();
    for environment in of(EnvironmentKind::Host) {
        for server in environment.servers.iter().filter(|server| served.contains(&server.span)) {
            for (_, case) in clients(environment, server) {
                work.host_client(case);
            }
        }
    }
    passwords.remove("");
    for literal in scene.model.literals.iter().filter(|literal| passwords.contains(literal.value.as_str())) {
        work.literal(literal.value.span());
    }
    let mut plan = work.finish();
    let projects: Vec<&Environment> = compose(environments).collect();
    leftovers::literals(scene, &projects, &passwords, Some(VARIABLE), &mut plan);
    for environment in of(EnvironmentKind::Kubernetes) {
        for server in &environment.servers {
            if is_fit(server, &mut plan) {
                cluster::serve(scene, environment, server, &mut plan);
                strangers(environment, server, &mut plan);
            }
        }
        leftovers::unused_secrets(scene, &[environment], &mut plan);
    }
    documents::forget(scene, documents, &passwords, ":${REDIS_PASSWORD}@", &mut plan);
    plan
}

fn compose<'a>(environments: &[&'a Environment]) -> impl Iterator<Item = &'a Environment> {
    let found: Vec<&Environment> = environments
        .iter()
        .copied()
        .filter(|one| one.kind == EnvironmentKind::Compose && !one.servers.is_empty())
        .collect();
    found.into_iter()
}

/// Whether enough is known of a server to give it a password; otherwise it is listed.
fn is_fit(server: &Server, plan: &mut Plan) -> bool {
    let why = if server.product == Product::Sentinel {
        "a Sentinel is to be given `auth-pass` by hand"
    } else if server.auth.iter().any(|case| matches!(case.auth, Auth::Unknown)) {
        "what this server is started with is not known: give it the password by hand"
    } else {
        return true;
    };
    plan.leave(server.span, why);
    false
}

/// What an image starts where nothing else is said, as long as options can be put behind it.
fn program(server: &Server) -> Option<&'static str> {
    match (server.distribution, server.product) {
        (Distribution::Keydb, _) => Some("keydb-server /etc/keydb/keydb.conf"),
        (Distribution::Official, Product::Valkey) => Some("valkey-server"),
        (Distribution::Official, Product::Redis) => Some("redis-server"),
        _ => None,
    }
}

/// Lists programs that seem to use a server, and of which nobody knows how they would be given a password.
fn strangers(environment: &Environment, server: &Server, plan: &mut Plan) {
    let known: Vec<&Client> = clients(environment, server).map(|(client, _)| client).collect();
    let name = common::server_name(server);
    let mut found = !known.is_empty();
    for service in environment.services.iter().filter(|one| server.service.as_ref() != Some(&one.name)) {
        if known.iter().any(|client| matches!(&client.place, Place::Container(place) if *place == service.name)) {
            continue;
        }
        let names = |value: &Text| {
            let words = value.as_str().split(|char: char| !char.is_ascii_alphanumeric() && !"-_.".contains(char));
            words.into_iter().any(|word| server.names.iter().any(|name| name == word))
        };
        let waits = service.depends_on.iter().find(|other| server.service.as_ref() == Some(&other.value));
        if let Some(waits) = waits {
            found = true;
            plan.leave(
                waits.span,
                &format!("`{}` waits for `{name}`: give it the password if it uses it", service.name),
            );
        }
        for (variable, value) in &service.environment {
            let Some(value) = value.as_ref().filter(|value| names(value)) else { continue };
            found = true;
            plan.leave(value.span(), &format!("`{variable}` names `{name}`: give this program the password"));
        }
    }
    if !found {
        plan.leave(server.span, &format!("no client of `{name}` is known: whatever uses it has to send the password"));
    }
}

/// The passwords that a server and its clients have today, as far as they are written down.
fn passwords_around(environment: &Environment, server: &Server) -> Vec<String> {
    let sent = clients(environment, server).filter_map(|(_, case)| case.password.as_ref().and_then(known));
    known_passwords(server).into_iter().chain(sent).collect()
}

/// The clients of a server: those that reach it, and those in containers that look for it in their own.
fn clients<'a>(environment: &'a Environment, server: &'a Server) -> impl Iterator<Item = (&'a Client, &'a ClientCase)> {
    let reaches = |case: &ClientCase| match &case.reach {
        Reach::Servers(servers) => {
            servers.iter().any(|at| environment.servers.get(*at).is_some_and(|one| one.id == server.id))
        }
        Reach::OwnContainer => environment.servers.len() == 1,
        _ => false,
    };
    let cases = environment.clients.iter().flat_map(|client| client.cases.iter().map(move |case| (client, case)));
    cases.filter(move |(_, case)| reaches(case))
}

/// What services are to be given, by the places of their names: one edit a service.
#[derive(Default)]
struct Gifts(BTreeMap<Span, BTreeMap<String, Value>>);

impl Gifts {
    fn give(&mut self, service: Span, name: &str, value: Value) {
        self.0.entry(service).or_default().entry(name.to_owned()).or_insert(value);
    }

    /// Hands them over.
    fn settle(self, scene: &Scene<'_>, plan: &mut Plan) {
        for (service, variables) in self.0 {
            let mut pairs: Vec<(&str, Value)> =
                variables.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
            pairs.sort_by(|one, other| one.1.is_text().cmp(&other.1.is_text()));
            let edit = ServiceText::find(scene.sources, service).and_then(|text| text.add_variables(&pairs));
            let names: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
            plan.add_or(edit, service, &format!("set {} for this service", names.join(", ")));
        }
    }
}
