//! Host name → server, as seen from the client's place.
//!
//! In a container, names are services, container names, aliases and links of networks that both ends join; `localhost`
//! is the container itself. On the host, `localhost:PORT` is whatever a project publishes there. Knows nothing of
//! credentials, and does not compare ports inside a network: that is the handshake's.

use std::collections::{BTreeMap, HashMap};

use crate::model::{EnvironmentKind, Published, Reach, Server};
use crate::nearest::nearest;
use crate::resolve::project::{Cluster, ClusterService, Container, Pod, Project};
use crate::symbol::Symbols;
use crate::text::Text;

/// Hosts that mean the machine or container itself.
#[must_use]
pub fn is_loopback(host: &str) -> bool {
    let host = host.trim_end_matches('.');
    host.eq_ignore_ascii_case("localhost")
        || host == "::1"
        || host.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

/// Names that Docker gives to the machine the containers run on.
fn is_docker_host(host: &str) -> bool {
    ["host.docker.internal", "gateway.docker.internal", "docker.for.mac.localhost", "docker.for.mac.host.internal"]
        .iter()
        .any(|name| host.eq_ignore_ascii_case(name))
}

/// The names of one project, indexed once.
pub struct Network<'a> {
    project: &'a Project,
    /// Lower-case name → containers that answer to it, by index.
    names: HashMap<String, Vec<usize>>,
    /// Service name → index of its container.
    services: HashMap<&'a str, usize>,
    /// Container index → server index.
    servers: HashMap<usize, usize>,
    /// Host port → servers published there.
    published: BTreeMap<u16, Vec<usize>>,
}

impl<'a> Network<'a> {
    /// Indexes a project; `servers` are those of its environment.
    #[must_use]
    pub fn new(project: &'a Project, servers: &[Server]) -> Self {
        let mut names: HashMap<String, Vec<usize>> = HashMap::new();
        let mut services = HashMap::new();
        for (at, container) in project.containers.iter().enumerate() {
            services.insert(container.name.as_str(), at);
            let aliases = container.networks.iter().flat_map(BTreeMap::values).flatten();
            let aliases = aliases.chain(&container.addresses);
            let own = [Some(&container.name), container.container_name.as_ref().map(|name| &name.value)];
            for name in own.into_iter().flatten().chain(aliases) {
                let at_name = names.entry(name.to_ascii_lowercase()).or_default();
                if at_name.last() != Some(&at) {
                    at_name.push(at);
                }
            }
        }
        let mut by_container = HashMap::new();
        let mut published: BTreeMap<u16, Vec<usize>> = BTreeMap::new();
        for (server_at, server) in servers.iter().enumerate() {
            if let Some(container) = server.service.as_deref().and_then(|name| services.get(name)) {
                by_container.insert(*container, server_at);
            }
            for port in &server.published {
                if let Some(number) = port.host_port.as_ref().and_then(|port| port.as_str().parse().ok()) {
                    published.entry(number).or_default().push(server_at);
                }
            }
        }
        Self { project, names, services, servers: by_container, published }
    }

    /// Where `host` leads from a container.
    #[must_use]
    pub fn from_container(&self, container: &Container, host: &Text, port: Option<u16>) -> Reach {
        let name = host.as_str().trim_end_matches('.');
        if name.is_empty() || !Symbols::is_known(host) || looks_unexpanded(name) {
            return Reach::Undetermined;
        }
        if let Some(cluster) = &self.project.cluster {
            return self.in_cluster(cluster, container, name);
        }
        let mode = container.network_mode.as_ref().map(|mode| mode.value.as_str());
        if is_loopback(name) {
            let elsewhere = container.extra_hosts.iter().any(|extra| extra == name);
            return if elsewhere { Reach::Undetermined } else { self.own(container, mode, port) };
        }
        if is_docker_host(name) {
            return self.on_host(port).unwrap_or(Reach::External);
        }
        let linked = container.links.iter().find(|(_, alias)| alias.eq_ignore_ascii_case(name));
        let targets: Vec<usize> = match linked.and_then(|(service, _)| self.services.get(service.as_str())) {
            Some(at) => vec![*at],
            None => self.names.get(&name.to_ascii_lowercase()).cloned().unwrap_or_default(),
        };
        // Docker's own bridge knows no names but those of links.
        if let ([at], Some(_), Some("bridge")) = (targets.as_slice(), linked, mode)
            && self.project.containers[*at].network_mode.as_ref().is_some_and(|mode| mode.value == "bridge")
            && let Some(server) = self.servers.get(at)
        {
            return Reach::Servers(vec![*server]);
        }
        if self.are_rivals(&targets) {
            return Reach::Undetermined;
        }
        if !targets.is_empty() {
            return self.through_networks(container, mode, &targets);
        }
        // A dotted name is a host of the world, and so is an address.
        if name.contains('.') || name.contains(':') {
            return Reach::External;
        }
        // A job without a Redis of its own brings it up in a script, or does not get that far.
        if self.project.kind == EnvironmentKind::Ci && self.servers.is_empty() {
            return Reach::Undetermined;
        }
        if self.on_runner(mode) {
            return Reach::UnknownName { suggestion: Some("localhost".to_owned()) };
        }
        if self.may_have_foreign_names(container, mode)
            || container.extra_hosts.iter().any(|extra| extra.eq_ignore_ascii_case(name))
        {
            return Reach::Undetermined;
        }
        Reach::UnknownName { suggestion: self.suggest(name) }
    }

    /// Where a name leads from a pod.
    fn in_cluster(&self, cluster: &Cluster, container: &Container, name: &str) -> Reach {
        let Some(pod) = self.services.get(container.name.as_str()).and_then(|at| cluster.pods.get(*at)) else {
            return Reach::Undetermined;
        };
        let on_host = container.network_mode.is_some();
        if is_loopback(name) {
            let here = |at: &usize| cluster.pods.get(*at) == Some(pod);
            let mut servers: Vec<usize> =
                self.servers.iter().filter(|(at, _)| here(at)).map(|(_, server)| *server).collect();
            servers.sort_unstable();
            return match (servers.is_empty(), on_host) {
                (false, _) => Reach::Servers(servers),
                // Whatever listens on the node.
                (true, true) => Reach::Undetermined,
                (true, false) => Reach::OwnContainer,
            };
        }
        let Some(service) = cluster.service(pod, name) else {
            let label = name.split('.').next().unwrap_or(name).to_ascii_lowercase();
            if name.contains(':') || name.contains('.') {
                return Reach::External;
            }
            // Other manifests of the repository may run beside these, and so may what nobody wrote down.
            let beside = cluster.elsewhere.iter().any(|(namespace, other)| {
                let open = namespace.is_empty() || pod.namespace.is_empty();
                *other == label && (open || *namespace == pod.namespace)
            });
            if on_host || self.servers.is_empty() || cluster.partial || beside {
                return Reach::Undetermined;
            }
            return Reach::UnknownName { suggestion: self.suggest_service(cluster) };
        };
        let mut servers: Vec<usize> =
            service.containers.iter().filter_map(|at| self.servers.get(at).copied()).collect();
        servers.sort_unstable();
        servers.dedup();
        if service.outside || servers.is_empty() { Reach::Undetermined } else { Reach::Servers(servers) }
    }

    /// The server's own port behind the one that a client of this container names: Services map ports, and so does
    /// publishing where the client goes by the machine.
    #[must_use]
    pub fn port_behind(&self, container: &str, host: &Text, port: Option<u16>, server: &Server) -> Option<u16> {
        let Some(cluster) = &self.project.cluster else {
            return if self.goes_by_machine(container, host.as_str()) { published_as(server, port) } else { port };
        };
        let server = *self.servers.get(self.services.get(server.service.as_deref()?)?)?;
        let pod = self.services.get(container).and_then(|at| cluster.pods.get(*at))?;
        let Some(service) = cluster.service(pod, host.as_str().trim_end_matches('.')) else { return port };
        let behind = service.containers.iter().any(|at| self.servers.get(at) == Some(&server));
        if service.headless || !behind {
            return port;
        }
        // A port that the Service does not have leads nowhere; what then happens depends on the cluster.
        service.ports.iter().find(|(own, _)| Some(*own) == port).and_then(|(_, target)| *target)
    }

    /// Whether a host leads from a container to the machine that runs it.
    fn goes_by_machine(&self, container: &str, host: &str) -> bool {
        let host = host.trim_end_matches('.');
        let own = self.services.get(container).map(|at| &self.project.containers[*at]);
        let mode = own.and_then(|own| own.network_mode.as_ref()).map(|mode| mode.value.as_str());
        is_docker_host(host) || mode == Some("host") && is_loopback(host)
    }

    /// The only Service in front of a server.
    fn suggest_service(&self, cluster: &Cluster) -> Option<String> {
        let mut names = cluster
            .services
            .iter()
            .filter(|service| service.containers.iter().any(|at| self.servers.contains_key(at)))
            .map(|service| service.name.value.clone());
        names.next().filter(|_| names.next().is_none())
    }

    /// Where `localhost` leads: the container's own server, or that of the network it shares.
    fn own(&self, container: &Container, mode: Option<&str>, port: Option<u16>) -> Reach {
        if mode == Some("host") {
            return self.on_host(port).unwrap_or(Reach::Undetermined);
        }
        let shared = mode.and_then(|mode| mode.strip_prefix("service:")).unwrap_or(&container.name);
        if mode.is_some_and(|mode| mode.starts_with("container:") || mode == "none") {
            return Reach::Undetermined;
        }
        let here = |at: usize| {
            let other = &self.project.containers[at];
            let other_mode = other.network_mode.as_ref().and_then(|mode| mode.value.strip_prefix("service:"));
            other.name == shared || other_mode == Some(shared)
        };
        let mut servers: Vec<usize> =
            self.servers.iter().filter(|(at, _)| here(**at)).map(|(_, server)| *server).collect();
        servers.sort_unstable();
        if servers.is_empty() { Reach::OwnContainer } else { Reach::Servers(servers) }
    }

    /// The servers behind a port of the machine: published, or on the host's own network.
    #[must_use]
    pub fn on_host(&self, port: Option<u16>) -> Option<Reach> {
        let port = port?;
        let servers = self.published.get(&port)?;
        if self.are_rivals(servers) {
            return Some(Reach::Undetermined);
        }
        Some(Reach::Servers(servers.clone()))
    }

    fn through_networks(&self, container: &Container, mode: Option<&str>, targets: &[usize]) -> Reach {
        if self.on_runner(mode) {
            return Reach::UnknownName { suggestion: Some("localhost".to_owned()) };
        }
        if mode.is_some() {
            // On the host's or another container's network, service names do not resolve in the same way.
            return Reach::Undetermined;
        }
        let near: Vec<usize> = targets.iter().copied().filter(|at| self.share_network(container, *at)).collect();
        let servers_of = |targets: &[usize]| -> Option<Vec<usize>> {
            targets.iter().map(|at| self.servers.get(at).copied()).collect()
        };
        match (near.is_empty(), servers_of(&near), servers_of(targets)) {
            (false, Some(servers), _) => Reach::Servers(servers),
            // `docker network connect` joins more, and a variable may hold the name of the same one.
            (true, ..) if self.project.kind == EnvironmentKind::Script => Reach::Undetermined,
            (true, _, Some(servers)) => Reach::SeparateNetworks(servers),
            // A container that is no Redis: a proxy, a sentinel, an image we do not know.
            _ => Reach::Undetermined,
        }
    }

    /// Containers of a script that have the same name or port run one at a time, and which one is not written down.
    fn are_rivals(&self, several: &[usize]) -> bool {
        self.project.kind == EnvironmentKind::Script && several.len() > 1
    }

    /// A CI runner knows no service by name; only a job's own container does.
    fn on_runner(&self, mode: Option<&str>) -> bool {
        self.project.kind == EnvironmentKind::Ci && mode == Some("host")
    }

    fn share_network(&self, container: &Container, other: usize) -> bool {
        match (&container.networks, &self.project.containers[other].networks) {
            (Some(mine), Some(theirs)) => mine.keys().any(|name| theirs.contains_key(name)),
            _ => false,
        }
    }

    /// Names of other projects resolve on a network that this project does not own.
    fn may_have_foreign_names(&self, container: &Container, mode: Option<&str>) -> bool {
        mode.is_some()
            || container
                .networks
                .as_ref()
                .is_none_or(|networks| networks.keys().any(|name| self.project.external_networks.contains(name)))
    }

    /// The server's name that was probably meant: the only one, or one a few letters away.
    fn suggest(&self, name: &str) -> Option<String> {
        let mut candidates: Vec<&str> =
            self.servers.keys().map(|at| self.project.containers[*at].name.as_str()).collect();
        candidates.sort_unstable();
        if let [only] = candidates.as_slice() {
            return Some((*only).to_owned());
        }
        nearest(name, candidates).map(str::to_owned)
    }
}

/// The server's port that is published as this port of the machine; where none is, it listens there itself.
fn published_as(server: &Server, port: Option<u16>) -> Option<u16> {
    let own = |entry: &&Published| {
        let number = entry.host_port.as_ref().and_then(|text| text.as_str().parse::<u16>().ok());
        number.is_some() && number == port
    };
    server.published.iter().find(own).map_or(port, |entry| entry.container_port)
}

impl Cluster {
    /// The Service that a name means in a pod: by itself in the same namespace, or with its namespace, or in full.
    fn service(&self, pod: &Pod, name: &str) -> Option<&ClusterService> {
        let lower = name.to_ascii_lowercase();
        let full = lower.strip_suffix(".svc.cluster.local").or_else(|| lower.strip_suffix(".svc"));
        let path: Vec<&str> = full.unwrap_or(&lower).split('.').collect();
        // Manifests that leave the namespace open are applied to the one that their own clients name.
        let matches = |service: &&ClusterService, name: &str, namespace: &str| {
            service.name.value.eq_ignore_ascii_case(name)
                && (service.namespace == namespace || service.namespace.is_empty() && pod.namespace.is_empty())
        };
        let find = |name: &str, namespace: &str| self.services.iter().find(|one| matches(one, name, namespace));
        // A pod's own name stands before its Service's.
        let own_pod = |label: &str| {
            label.rsplit_once('-').is_some_and(|(set, number)| {
                number.bytes().all(|byte| byte.is_ascii_digit()) && self.pods.iter().any(|pod| pod.name == set)
            })
        };
        match path.as_slice() {
            [service] => find(service, &pod.namespace),
            [label, service] if own_pod(label) && full.is_none() => find(service, &pod.namespace),
            [service, namespace] => find(service, namespace),
            [label, service, namespace] if own_pod(label) => find(service, namespace),
            _ => None,
        }
    }
}

/// `${REDIS_HOST}` or `{{ host }}` left in a value: whatever fills it in is not known here.
fn looks_unexpanded(name: &str) -> bool {
    name.contains(['$', '{', '}', '<', '>', '%'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_has_many_spellings() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.1.2.3", "::1", "localhost."] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["redis", "128.0.0.1", "local", "127.0.0.1.example"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
