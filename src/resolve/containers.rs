//! A project of containers → an environment of the model: servers, clients, links.

use std::collections::HashSet;

use crate::facts::EnvFile;
use crate::finding::Confidence;
use crate::library::{Family, VersionRange};
use crate::model::{
    Client, ClientCase, Environment, EnvironmentKind, Link, LinkCase, Outcome, Place, Product, Reach, Server, Service,
};
use crate::resolve::clients::{self, Ids};
use crate::resolve::evaluate::FoundClient;
use crate::resolve::images::{self, Recognised};
use crate::resolve::network::Network;
use crate::resolve::placement::Placement;
use crate::resolve::project::{Container, Lookup, Project};
use crate::resolve::without_code::{self, Surroundings};
use crate::resolve::{Inputs, conditions, entry, evaluate, handshake, server_auth, versions, wiring};
use crate::source::FileId;

/// Everything that runs in a project; `services` is what its files say of them.
#[must_use]
pub fn environment(inputs: &mut Inputs<'_>, project: &Project, services: Vec<Service>) -> Environment {
    let (mut servers, mut logins) = (Vec::new(), Vec::new());
    for container in &project.containers {
        let server = server_auth::with_logins(container, inputs.facts, inputs.index, inputs.sources, inputs.symbols);
        if let Some((mut server, found)) = server {
            logins.extend(found.into_iter().map(|login| (container, login)));
            if project.is_shut_off(container) {
                server.published.clear();
            }
            servers.push(server);
        }
    }
    let inputs = &*inputs;
    let serving: HashSet<&str> = servers.iter().filter_map(|server| server.service.as_deref()).collect();
    let network = Network::new(project, &servers);
    let mut ids = Ids::default();
    let mut all = Vec::new();
    for container in &project.containers {
        // A server's own variables configure the server.
        if serving.contains(container.name.as_str()) {
            continue;
        }
        let placement = Placement::of(container, inputs.facts, inputs.index);
        for mut client in of_container(inputs, project, container, &placement, &network, &mut ids) {
            for case in &mut client.cases {
                case.reach = reach(&network, container, &placement, case);
            }
            all.push(client);
        }
    }
    for (container, login) in logins {
        let place = Place::Container(container.name.clone());
        let id = ids.next(&place, login.setting.as_deref());
        let mut client = clients::client(inputs, login, place, id);
        for case in &mut client.cases {
            if let Some(host) = &case.host {
                case.reach = network.from_container(container, host, case.port);
            }
        }
        // Names of servers change hands in a cluster: only one that is found here is looked at.
        if client.cases.iter().all(|case| matches!(case.reach, Reach::Servers(_))) {
            all.push(client);
        }
    }
    let port = |client: &Client, case: &ClientCase, server: usize| match (&client.place, &case.host) {
        (Place::Container(name), Some(host)) => network.port_behind(name, host, case.port, &servers[server]),
        _ => case.port,
    };
    let links = links(inputs, &all, &servers, &port);
    let is_server = |name: &str| serving.contains(name);
    let mut missing = project.missing.clone();
    missing.extend(wiring::missing_mounts(inputs, project, is_server));
    Environment {
        name: project.name.clone(),
        kind: project.kind,
        stage: project.stage,
        files: project.files.clone(),
        evidence: project.evidence.clone(),
        evidence_at: project.evidence_at,
        confidence: project.confidence,
        given: project.given.clone(),
        services,
        servers,
        clients: all,
        links,
        cluster: project.cluster.as_ref().map(|cluster| cluster.view.clone()).unwrap_or_default(),
        references: wiring::references(inputs, project),
        missing,
        lost_words: wiring::lost_words(inputs, project),
    }
}

fn of_container(
    inputs: &Inputs<'_>,
    project: &Project,
    container: &Container,
    placement: &Placement,
    network: &Network<'_>,
    ids: &mut Ids,
) -> Vec<Client> {
    let place = Place::Container(container.name.clone());
    // A name that a template makes is known to nobody here.
    let lookup = |name: &str| {
        if name.contains("{{") { Lookup::Unknown(container.span) } else { container.environment.get(name) }
    };
    let dotenv: Vec<EnvFile> =
        inputs.facts.env_files.iter().filter(|file| !file.example && placement.holds(&file.path)).cloned().collect();
    let loaded = if placement.is_python() { entry::loaded(inputs, container, placement) } else { None };
    let names: Vec<String> = container.environment.map.keys().cloned().collect();
    let scope = format!("container {} of {}", container.name, project.name);
    let code = evaluate::CodePlace {
        runs: &|path| placement.runs(path),
        loads: &|path| loaded.as_ref().is_none_or(|loaded| loaded.contains(path)),
        one_django: true,
        lookup: &lookup,
        names: &names,
        dotenv: &dotenv,
        sources: inputs.sources,
        scope: &scope,
    };
    let mut found = Vec::new();
    let mut elsewhere = Vec::new();
    // Whether it connects can't be told where neither its command nor a variable that is set for it says so; an env file
    // may be there for others.
    let doubtful = loaded.is_none();
    if placement.is_python() {
        let clients = evaluate::clients(inputs.facts, &code, inputs.symbols);
        let mut others = Ids::default();
        for client in clients.elsewhere {
            let id = others.next(&place, client.setting.as_deref());
            elsewhere.push(clients::client(inputs, client, place.clone(), id));
        }
        for mut client in clients.here {
            let path = inputs.sources.get(client.span.file).path();
            // What a job's scripts run of the code is seen only where the workflow sets the value it reads.
            if project.kind == EnvironmentKind::Ci && !client.settings.reads_any(&project.files) {
                continue;
            }
            client.confidence = client.confidence.min(clients::confidence_across_stages(path, project.stage));
            if doubtful && !client.settings.reads_any(&project.files) {
                client.confidence = client.confidence.min(Confidence::Medium);
            }
            let id = ids.next(&place, client.setting.as_deref());
            found.push(clients::client(inputs, client, place.clone(), id));
        }
    }
    let node =
        if placement.is_python() { None } else { versions::of_node(inputs.facts, &|path| placement.holds(path)) };
    let mut add = |found: &mut Vec<Client>, more: Vec<FoundClient>| {
        for mut client in more {
            let id = ids.next(&place, client.setting.as_deref());
            let version = match (client.family, node) {
                (Family::Unknown, Some((library, version))) => {
                    client.family = library;
                    Some(version)
                }
                // It comes with the image's server and is as old.
                (Family::RedisCli, _) => server_version(container),
                _ => None,
            };
            found.push(match version {
                Some(version) => clients::client_of(inputs, client, version, place.clone(), id),
                None => clients::client(inputs, client, place.clone(), id),
            });
        }
    };
    let around = Surroundings { project, container, placement };
    let more = without_code::clients(inputs, around, &found);
    add(&mut found, more);
    if !without_code::runs_no_client(inputs, container) {
        let known = found.iter().chain(&elsewhere);
        let more = clients::from_variables(&container.environment, known, inputs.symbols);
        add(&mut found, more);
    }
    let more = without_code::from_folder_env(inputs, around, network, &found);
    add(&mut found, more);
    found
}

/// The version of the Redis or Valkey in a container's image.
fn server_version(container: &Container) -> Option<VersionRange> {
    let image = container.image.as_ref()?.single()?.value.as_ref()?;
    match images::recognise(image.as_str()) {
        Recognised::Server(image) if matches!(image.product, Product::Redis | Product::Valkey) => Some(image.version),
        _ => None,
    }
}

fn reach(network: &Network<'_>, container: &Container, placement: &Placement, case: &ClientCase) -> Reach {
    let Some(host) = &case.host else { return Reach::Undetermined };
    if case.error.is_some() {
        return Reach::Undetermined;
    }
    match network.from_container(container, host, case.port) {
        // A supervisor or an entrypoint script may start one beside the code.
        Reach::OwnContainer if placement.may_run_redis => Reach::Undetermined,
        reach => reach,
    }
}

/// Who talks to whom, and how that ends. `port` tells the server's own port behind the one that a client names.
#[must_use]
pub fn links(
    inputs: &Inputs<'_>,
    clients: &[Client],
    servers: &[Server],
    port: &dyn Fn(&Client, &ClientCase, usize) -> Option<u16>,
) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::new();
    for (client_at, client) in clients.iter().enumerate() {
        let first = links.len();
        for (case_at, case) in client.cases.iter().enumerate() {
            let Reach::Servers(reached) = &case.reach else { continue };
            for server_at in reached {
                let own = ClientCase { port: port(client, case, *server_at), ..case.clone() };
                let outcomes = if own.port.is_none() && case.port.is_some() {
                    // A port that leads nowhere we know of: something else may listen there.
                    vec![LinkCase {
                        when: case.when.clone(),
                        versions: client.version,
                        client_case: case_at,
                        server_case: 0,
                        outcome: Outcome::Undetermined,
                    }]
                } else {
                    outcomes(inputs, client, (case_at, &own), &servers[*server_at])
                };
                if outcomes.is_empty() {
                    continue;
                }
                match links[first..].iter_mut().find(|link| link.server == *server_at) {
                    Some(link) => link.outcomes.extend(outcomes),
                    None => links.push(Link { client: client_at, server: *server_at, outcomes }),
                }
            }
        }
    }
    links
}

fn outcomes(
    inputs: &Inputs<'_>,
    client: &Client,
    (case_at, case): (usize, &ClientCase),
    server: &Server,
) -> Vec<LinkCase> {
    let mut all = Vec::new();
    for (auth_at, auth) in server.auth.iter().enumerate() {
        let Some(when) = conditions::both(&case.when, &auth.when) else { continue };
        let ends = handshake::outcomes(case, client.family, client.version, server, &auth.auth, inputs.symbols);
        all.extend(ends.into_iter().map(|(versions, outcome)| LinkCase {
            when: when.clone(),
            versions,
            client_case: case_at,
            server_case: auth_at,
            outcome,
        }));
    }
    all
}

/// A project without any Redis that shares its settings with one that has it (documentation, a one-off job): the name
/// is right where it matters, and whether this project ever uses it can't be told.
pub fn trust_shared_settings(environments: &mut [Environment]) {
    let known: Vec<(FileId, String)> = environments
        .iter()
        .flat_map(|environment| {
            let reaches = |case: &&ClientCase| matches!(case.reach, Reach::Servers(_));
            environment.clients.iter().flat_map(|client| &client.cases).filter(reaches)
        })
        .filter_map(|case| case.host.as_ref())
        .map(|host| (host.span().file, host.as_str().to_owned()))
        .collect();
    for environment in environments.iter_mut().filter(|environment| environment.servers.is_empty()) {
        for case in environment.clients.iter_mut().flat_map(|client| &mut client.cases) {
            let shared = case.host.as_ref().is_some_and(|host| {
                known.iter().any(|(file, name)| *file == host.span().file && name.as_str() == host.as_str())
            });
            if shared && matches!(case.reach, Reach::UnknownName { .. }) {
                case.reach = Reach::Undetermined;
            }
        }
    }
}
