//! Sentinels that only their configuration shows, and the clients that ask them for the same master.
//!
//! A `sentinel.conf` that no container loads and a client whose master has the name of its `sentinel monitor` belong
//! together, wherever both run: they make up an environment.

use crate::facts::ConfFile;
use crate::finding::Confidence;
use crate::model::{Client, ClusterView, Environment, EnvironmentKind, Given, Reach, Server};
use crate::resolve::containers::links;
use crate::resolve::{Inputs, server_auth, stage};
use crate::symbol::Symbols;

/// Takes the clients out of `unplaced` whose Sentinels are found, and returns their environments.
pub fn environments(
    inputs: &mut Inputs<'_>,
    environments: &[Environment],
    unplaced: &mut Option<Environment>,
) -> Vec<Environment> {
    let Some(homeless) = unplaced else { return Vec::new() };
    let loaded = |conf: &ConfFile| {
        environments
            .iter()
            .flat_map(|environment| &environment.servers)
            .flat_map(|server| &server.directives)
            .any(|directive| directive.name.span.file == conf.file)
    };
    let confs: Vec<&ConfFile> = inputs.facts.confs.iter().filter(|conf| !loaded(conf)).collect();
    let mut found = Vec::new();
    for conf in confs {
        let masters: Vec<&str> = monitored(conf).collect();
        // Another configuration for the same master, as of another stage: which of them a client meets can't be told.
        let alone = |other: &&ConfFile| other.path != conf.path && monitored(other).any(|name| masters.contains(&name));
        if masters.is_empty() || inputs.facts.confs.iter().any(|other| alone(&other)) {
            continue;
        }
        let asks = |client: &Client| {
            let master = client.master.as_ref().filter(|master| Symbols::is_known(master));
            master.is_some_and(|master| masters.contains(&master.as_str()))
        };
        let (own, rest): (Vec<Client>, Vec<Client>) = std::mem::take(&mut homeless.clients).into_iter().partition(asks);
        homeless.clients = rest;
        if own.is_empty() {
            continue;
        }
        match server_auth::host_server(conf, inputs.facts, inputs.index, inputs.symbols) {
            Some(server) => found.push(environment(inputs, conf, server, own)),
            None => homeless.clients.extend(own),
        }
    }
    if homeless.clients.is_empty() {
        *unplaced = None;
    }
    found
}

/// The names of the masters that a configuration watches over.
fn monitored(conf: &ConfFile) -> impl Iterator<Item = &str> {
    conf.lines.iter().filter_map(|line| match line.arguments.as_slice() {
        [verb, name, ..]
            if line.name.value.eq_ignore_ascii_case("sentinel") && verb.as_str().eq_ignore_ascii_case("monitor") =>
        {
            Some(name.as_str())
        }
        _ => None,
    })
}

fn environment(inputs: &Inputs<'_>, conf: &ConfFile, server: Server, mut clients: Vec<Client>) -> Environment {
    for case in clients.iter_mut().flat_map(|client| &mut client.cases) {
        case.reach = Reach::Servers(vec![0]);
    }
    let servers = vec![Server { names: vec![conf.path.clone()], ..server }];
    let links = links(inputs, &clients, &servers, &|_, case, _| case.port);
    Environment {
        name: format!("sentinel {}", conf.path),
        kind: EnvironmentKind::Host,
        stage: stage::of_name(&conf.path),
        files: vec![conf.file],
        evidence: format!("{} watches over the master that these clients ask for", conf.path),
        evidence_at: None,
        confidence: Confidence::High,
        given: Given::default(),
        services: Vec::new(),
        servers,
        clients,
        links,
        cluster: ClusterView::default(),
        references: Vec::new(),
        missing: Vec::new(),
        lost_words: Vec::new(),
    }
}
