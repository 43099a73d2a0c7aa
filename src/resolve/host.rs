//! The developer's machine: code run outside containers, and the servers it finds on `localhost`.
//!
//! It needs evidence: a loopback client and a port that a development project publishes, or a script's container where
//! nothing else has that port, or a lone redis.conf that nothing loads. A client whose host is no loopback address says nothing here: `redis://redis` is no unknown host on
//! a machine that does not run that code.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::EnvFile;
use crate::finding::Confidence;
use crate::model::{Client, ClusterView, Environment, EnvironmentKind, Given, Place, Reach, Server, Stage};
use crate::resolve::clients::{self, Ids};
use crate::resolve::containers::links;
use crate::resolve::network::is_loopback;
use crate::resolve::placement::{below, is_test};
use crate::resolve::project::{Lookup, Project};
use crate::resolve::{Inputs, evaluate, outside, server_auth, without_code};
use crate::symbol::{Resolved, Symbols};

/// The port that a Redis listens on where nothing says otherwise.
const REDIS_PORT: u16 = 6379;

/// One part of the tree whose code runs against one set of servers on `localhost`.
struct Area<'a> {
    /// Folder of the tree, "" for the root.
    folder: String,
    /// How sure it is that this is the code which runs against them.
    confidence: Confidence,
    /// The project that publishes the servers; `None`: a lone redis.conf.
    project: Option<&'a Project>,
    evidence: String,
    servers: Vec<Server>,
}

/// The host environments: one for each development project that publishes a Redis, or one for a lone redis.conf.
#[must_use]
pub fn environments(inputs: &mut Inputs<'_>, projects: &[Project]) -> Vec<Environment> {
    let areas = areas(inputs, projects);
    let inputs = &*inputs;
    let folders: Vec<String> = areas.iter().map(|area| area.folder.clone()).collect();
    let mut environments = Vec::new();
    for area in areas {
        // A module belongs to the nearest project above it.
        let mine = |path: &str| {
            below(path, &area.folder)
                && !is_test(path)
                && !folders.iter().any(|other| other.len() > area.folder.len() && below(path, other))
        };
        let clients = clients(inputs, &mine, &area);
        if clients.is_empty() {
            continue;
        }
        let links = links(inputs, &clients, &area.servers, &|_, case, _| case.port);
        let name = if area.folder.is_empty() { "host".to_owned() } else { format!("host {}", area.folder) };
        environments.push(Environment {
            name,
            kind: EnvironmentKind::Host,
            stage: Stage::Development,
            files: area.project.map(|project| project.files.clone()).unwrap_or_default(),
            evidence: area.evidence,
            evidence_at: None,
            confidence: area.confidence,
            given: Given::default(),
            services: Vec::new(),
            servers: area.servers,
            clients,
            links,
            cluster: ClusterView::default(),
            references: Vec::new(),
            missing: Vec::new(),
            lost_words: Vec::new(),
        });
    }
    environments
}

fn areas<'a>(inputs: &mut Inputs<'_>, projects: &'a [Project]) -> Vec<Area<'a>> {
    let mut areas: Vec<Area<'a>> = Vec::new();
    let mut loaded: BTreeSet<String> = BTreeSet::new();
    for project in projects {
        loaded.extend(
            project.containers.iter().flat_map(|container| &container.mounts).filter_map(|mount| mount.source.clone()),
        );
        // The base project of a folder is what a developer starts; its staging and production siblings are not.
        let development = matches!(project.stage, Stage::Development | Stage::Unlabelled);
        if project.kind != EnvironmentKind::Compose || !development {
            continue;
        }
        let folder = folder_of_code(inputs, project, projects);
        if areas.iter().any(|area| area.folder == folder) {
            continue;
        }
        let servers = published(inputs, project);
        if servers.is_empty() {
            continue;
        }
        areas.push(Area {
            confidence: if folder == project.directory { Confidence::High } else { Confidence::Medium },
            folder,
            project: Some(project),
            evidence: format!("{} publishes Redis to the machine it runs on", project.name),
            servers,
        });
    }
    areas.extend(started(inputs, projects, &areas));
    if areas.is_empty() && projects.is_empty() {
        areas.extend(lone_conf(inputs, &loaded));
    }
    areas
}

/// What scripts start, where no project of compose does that for the same code. Which of several that publish the same
/// port is there can't be told, and neither where one publishes a port that is not known.
fn started<'a>(inputs: &mut Inputs<'_>, projects: &'a [Project], known: &[Area<'_>]) -> Vec<Area<'a>> {
    let on_machine =
        projects.iter().filter(|one| matches!(one.kind, EnvironmentKind::Compose | EnvironmentKind::Script));
    let containers = on_machine.flat_map(|project| &project.containers);
    let entries = containers.flat_map(|container| &container.published);
    let mut published: BTreeMap<&str, usize> = BTreeMap::new();
    for (entry, port) in entries.filter_map(|entry| Some((entry, entry.host_port.as_ref()?))) {
        if !Symbols::is_known(port) && entry.container_port == Some(REDIS_PORT) {
            return Vec::new();
        }
        *published.entry(port.as_str()).or_default() += 1;
    }
    let mut areas: Vec<Area<'a>> = Vec::new();
    for project in projects {
        let development = matches!(project.stage, Stage::Development | Stage::Unlabelled);
        if project.kind != EnvironmentKind::Script || !development || is_for_tests(&project.name) {
            continue;
        }
        let folder = folder_of_code(inputs, project, projects);
        if known.iter().any(|area| below(&folder, &area.folder) || below(&area.folder, &folder)) {
            continue;
        }
        let mut servers = self::published(inputs, project);
        servers.retain(|server| {
            let alone =
                |port: Option<u16>| port.is_none_or(|port| published.get(port.to_string().as_str()) == Some(&1));
            alone(server.port) && alone(server.tls_port)
        });
        let evidence = format!("{} publishes Redis to the machine it runs on", project.name);
        match areas.iter_mut().find(|area| area.folder == folder) {
            Some(area) => area.servers.extend(servers),
            None if servers.is_empty() => {}
            // A Redis of the machine's own may be there as well.
            None => {
                areas.push(Area { folder, confidence: Confidence::Medium, project: Some(project), evidence, servers });
            }
        }
    }
    areas
}

/// Whether a script's name says that it starts what tests need, and not what the code is run against.
fn is_for_tests(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let mut words = lower.split(|char: char| !char.is_ascii_alphanumeric());
    words
        .any(|word| matches!(word, "test" | "tests" | "testing" | "ci" | "e2e" | "integration" | "bench" | "benchmark"))
}

/// The folder of the code that runs against a project's servers: the project's own, or where that holds none (`docker/`,
/// `deploy/`), the nearest one above that does and that no other project shares.
fn folder_of_code(inputs: &Inputs<'_>, project: &Project, projects: &[Project]) -> String {
    let has_code =
        |folder: &str| inputs.facts.modules.iter().any(|module| below(&module.path, folder) && !is_test(&module.path));
    let shared = |folder: &str, above: &str| {
        let others = projects.iter().filter(|other| other.kind == EnvironmentKind::Compose);
        others.map(|other| &other.directory).any(|other| !below(other, folder) && below(other, above))
    };
    let mut folder = project.directory.as_str();
    while !has_code(folder) {
        let Some(above) = (!folder.is_empty()).then(|| folder.rsplit_once('/').map_or("", |(above, _)| above)) else {
            return project.directory.clone();
        };
        if shared(folder, above) {
            return project.directory.clone();
        }
        folder = above;
    }
    folder.to_owned()
}

/// The servers of a project as the host sees them: by their published port.
fn published(inputs: &mut Inputs<'_>, project: &Project) -> Vec<Server> {
    let mut servers = Vec::new();
    for container in &project.containers {
        let Some(server) = server_auth::server(container, inputs.facts, inputs.index, inputs.sources, inputs.symbols)
        else {
            continue;
        };
        servers.extend(server.published.iter().find_map(|port| outside::behind(&server, port, "localhost")));
    }
    servers
}

/// A redis.conf that no project loads may be the one of the machine's own server.
fn lone_conf(inputs: &mut Inputs<'_>, loaded: &BTreeSet<String>) -> Option<Area<'static>> {
    let confs: Vec<_> = inputs
        .facts
        .confs
        .iter()
        .filter(|conf| {
            let name = conf.path.rsplit('/').next().unwrap_or(&conf.path);
            matches!(name, "redis.conf" | "valkey.conf" | "keydb.conf")
                && !loaded.iter().any(|source| below(&conf.path, source))
        })
        .collect();
    // Several of them: which one runs can't be told.
    let [conf] = confs.as_slice() else { return None };
    let server = server_auth::host_server(conf, inputs.facts, inputs.index, inputs.symbols)?;
    Some(Area {
        folder: String::new(),
        confidence: Confidence::High,
        project: None,
        evidence: format!("{} is the only Redis configuration and nothing in the repository loads it", conf.path),
        servers: vec![server],
    })
}

fn clients(inputs: &Inputs<'_>, runs: &dyn Fn(&str) -> bool, area: &Area<'_>) -> Vec<Client> {
    let lookup = |_: &str| Lookup::Absent;
    let dotenv: Vec<EnvFile> = inputs
        .facts
        .env_files
        .iter()
        .filter(|file| !file.example && below(&file.path, &area.folder))
        .cloned()
        .collect();
    let scope = format!("host {}", area.folder);
    let code = evaluate::CodePlace {
        runs,
        loads: &|_| true,
        one_django: false,
        lookup: &lookup,
        names: &[],
        dotenv: &dotenv,
        sources: inputs.sources,
        scope: &scope,
    };
    let mut ids = Ids::default();
    let mut all = Vec::new();
    let written = without_code::on_host(inputs, runs);
    for mut found in evaluate::clients(inputs.facts, &code, inputs.symbols).here.into_iter().chain(written) {
        let path = inputs.sources.get(found.span.file).path();
        found.confidence = found.confidence.min(clients::confidence_across_stages(path, Stage::Development));
        // Whoever starts it by hand may set the variable that the password is read from.
        let unset = |password: &Resolved| password.alternatives.iter().any(|one| one.value.is_none());
        if found.settings.password.as_ref().is_some_and(unset) {
            found.confidence = found.confidence.min(Confidence::Medium);
        }
        let id = ids.next(&Place::Host, found.setting.as_deref());
        let mut client = clients::client(inputs, found, Place::Host, id);
        let mut local = false;
        for case in &mut client.cases {
            let Some(host) = &case.host else { continue };
            if !Symbols::is_known(host) || !is_loopback(host.as_str()) {
                continue;
            }
            local = true;
            let here: Vec<usize> = (0..area.servers.len())
                .filter(|at| case.port.is_some() && area.servers[*at].port == case.port)
                .collect();
            if !here.is_empty() {
                case.reach = Reach::Servers(here);
            }
        }
        if local {
            all.push(client);
        }
    }
    all
}
