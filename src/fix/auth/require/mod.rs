//! One password for all: the server takes it from a variable or a Secret, and every client gets the same reference in the
//! form that its place allows. No password is written into a tracked file.

mod cluster;
mod compose;
mod files;

use std::collections::{BTreeMap, BTreeSet};

use super::{Plan, clients, documents, is_server, known, known_passwords, leftovers, strangers};
use crate::fix::Scene;
use crate::fix::place::{ServiceText, Value};
use crate::model::{Auth, Distribution, Environment, EnvironmentKind, Product, Server};
use crate::source::{FileId, Span};
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
                strangers(environment, server, "give the password to", work.plan());
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
    for literal in leftovers::written(scene, environments, &passwords) {
        work.literal(literal.value.span());
    }
    let mut plan = work.finish();
    let projects: Vec<&Environment> = compose(environments).collect();
    leftovers::literals(scene, &projects, &passwords, Some(VARIABLE), &mut plan);
    for environment in of(EnvironmentKind::Kubernetes) {
        for server in &environment.servers {
            if is_fit(server, &mut plan) {
                cluster::serve(scene, environment, server, &mut plan);
                strangers(environment, server, "give the password to", &mut plan);
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

/// The passwords that a server and its clients have today, as far as they are written down.
fn passwords_around(environment: &Environment, server: &Server) -> Vec<String> {
    let sent = clients(environment, server).filter_map(|(_, case)| case.password.as_ref().and_then(known));
    known_passwords(server).into_iter().chain(sent).collect()
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
            pairs.sort_by_key(|one| one.1.is_text());
            let edit = ServiceText::find(scene.sources, service).and_then(|text| text.add_variables(&pairs));
            let names: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
            plan.add_or(edit, service, &format!("set {} for this service", names.join(", ")));
        }
    }
}
