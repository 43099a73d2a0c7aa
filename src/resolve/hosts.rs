//! `hosts` of the configuration: addresses that are servers of an environment. A client that names one reaches what
//! that environment publishes there, wherever the client itself runs.

use crate::config::{Config, Host};
use crate::finding::{Level, Notice};
use crate::model::{Client, ClientCase, Environment, Link, Published, Reach, Server};
use crate::nearest::nearest;
use crate::resolve::containers::links;
use crate::resolve::network::is_loopback;
use crate::resolve::{Inputs, outside};
use crate::symbol::Symbols;

/// Leads the clients that name such an address to their servers. Those of which nobody knows where they run become
/// clients of the environment that the address belongs to.
pub fn connect(
    inputs: &Inputs<'_>,
    config: &Config,
    environments: &mut [Environment],
    unplaced: &mut Option<Environment>,
) -> Vec<Notice> {
    let mut notices = Vec::new();
    for host in &config.hosts {
        let Some(home) = environments.iter().position(|environment| environment.name == host.environment.value) else {
            notices.push(unknown(host, environments));
            continue;
        };
        let servers = environments[home].servers.clone();
        for environment in environments.iter_mut() {
            for at in 0..environment.clients.len() {
                lead(inputs, host, &servers, environment, at);
            }
        }
        for client in homeless(host, unplaced) {
            let environment = &mut environments[home];
            environment.clients.push(client);
            lead(inputs, host, &servers, environment, environment.clients.len() - 1);
        }
    }
    if unplaced.as_ref().is_some_and(|unplaced| unplaced.clients.is_empty()) {
        *unplaced = None;
    }
    notices
}

/// Takes out the clients without an environment that name the address.
fn homeless(host: &Host, unplaced: &mut Option<Environment>) -> Vec<Client> {
    let clients = unplaced.as_mut().map(|unplaced| std::mem::take(&mut unplaced.clients)).unwrap_or_default();
    let (known, rest) = clients.into_iter().partition(|client| client.cases.iter().any(|case| names(case, host)));
    if let Some(unplaced) = unplaced {
        unplaced.clients = rest;
    }
    known
}

fn unknown(host: &Host, environments: &[Environment]) -> Notice {
    let name = &host.environment.value;
    let meant = nearest(name, environments.iter().map(|environment| environment.name.as_str()));
    let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
    let message = format!("no environment is called `{name}`{meant}");
    Notice::at("unknown-environment", Level::Warning, host.environment.span, message)
}

fn names(case: &ClientCase, host: &Host) -> bool {
    let Some(name) = case.host.as_ref().filter(|name| Symbols::is_known(name)) else { return false };
    let port = case.port.map(|port| port.to_string()).unwrap_or_default();
    case.error.is_none() && host.is_at(name.as_str(), &port)
}

/// Leads one client to the servers behind an address.
fn lead(inputs: &Inputs<'_>, host: &Host, servers: &[Server], environment: &mut Environment, at: usize) {
    let mut led = Vec::new();
    for (case_at, case) in environment.clients[at].cases.iter_mut().enumerate() {
        if !names(case, host) {
            continue;
        }
        let behind = servers.iter().filter_map(|server| behind(server, servers, case));
        let here: Vec<usize> = behind.map(|server| put(&mut environment.servers, server)).collect();
        if !here.is_empty() {
            case.reach = Reach::Servers(here);
            led.push(case_at);
        }
    }
    if led.is_empty() {
        return;
    }
    let client = std::slice::from_ref(&environment.clients[at]);
    let own = links(inputs, client, &environment.servers, &|_, case, _| case.port);
    environment.links.extend(own.into_iter().filter_map(|mut link| {
        link.outcomes.retain(|outcome| led.contains(&outcome.client_case));
        (!link.outcomes.is_empty()).then_some(Link { client: at, ..link })
    }));
}

/// The index of a server that was put there before, or is put there now.
fn put(servers: &mut Vec<Server>, server: Server) -> usize {
    let server = Server { id: format!("{} at {}", server.id, server.names.join(" ")), ..server };
    let same = |known: &Server| known.id == server.id && known.port == server.port && known.tls_port == server.tls_port;
    servers.iter().position(same).unwrap_or_else(|| {
        servers.push(server);
        servers.len() - 1
    })
}

/// A server as a client sees it that connects to the address with the case's port; `None`: another one is there.
fn behind(server: &Server, all: &[Server], case: &ClientCase) -> Option<Server> {
    let name = case.host.as_ref()?.as_str();
    let open = |port: &&Published| !port.host_ip.as_ref().is_some_and(|address| is_loopback(address.as_str()));
    let ports = server.published.iter().filter(open);
    let mut seen = ports.filter_map(|port| outside::behind(server, port, name));
    let is_asked = |server: &Server| case.port.is_some() && [server.port, server.tls_port].contains(&case.port);
    if let Some(found) = seen.find(is_asked) {
        return Some(found);
    }
    // The only server of an environment that publishes nothing is reached in a way of which nothing is written down.
    let alone = server.published.is_empty() && all.len() == 1;
    ((server.host_network || alone) && is_asked(server)).then(|| outside::by_name(server, name))
}
