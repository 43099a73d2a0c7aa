//! One service's mapping → [`Service`].

use crate::facts::compose::{
    Assignment, Build, EnvFileEntry, Extends, Grant, Healthcheck, Keys, LongPort, NetworkEntry, Port, Service, Tag,
    Volume,
};
use crate::syntax::yaml::{Kind, NodeId};
use crate::text::Text;

use super::Pair;
use super::reader::Reader;
use super::schema;

/// Attributes of a service that compose accepts and that decide nothing here.
const UNREAD: [&str; 70] = [
    "annotations",
    "attach",
    "blkio_config",
    "cap_add",
    "cap_drop",
    "cgroup",
    "cgroup_parent",
    "cpu_count",
    "cpu_percent",
    "cpu_period",
    "cpu_quota",
    "cpu_rt_period",
    "cpu_rt_runtime",
    "cpu_shares",
    "cpus",
    "cpuset",
    "credential_spec",
    "deploy",
    "develop",
    "device_cgroup_rules",
    "devices",
    "dns",
    "dns_opt",
    "dns_search",
    "domainname",
    "external_links",
    "gpus",
    "group_add",
    "hostname",
    "init",
    "ipc",
    "isolation",
    "label_file",
    "labels",
    "logging",
    "mac_address",
    "mem_limit",
    "mem_reservation",
    "mem_swappiness",
    "memswap_limit",
    "models",
    "oom_kill_disable",
    "oom_score_adj",
    "pid",
    "pids_limit",
    "platform",
    "post_start",
    "pre_start",
    "pre_stop",
    "privileged",
    "provider",
    "pull_policy",
    "pull_refresh_after",
    "read_only",
    "restart",
    "runtime",
    "scale",
    "security_opt",
    "shm_size",
    "stdin_open",
    "stop_grace_period",
    "stop_signal",
    "storage_opt",
    "sysctls",
    "tty",
    "ulimits",
    "use_api_socket",
    "user",
    "userns_mode",
    "uts",
];

/// Attributes that may be null.
const NULLABLE: [&str; 4] = ["command", "entrypoint", "deploy", "develop"];

/// Reads a service; `pair` is its name and its mapping.
pub(super) fn read(reader: &mut Reader<'_>, pair: &Pair) -> Service {
    let mut service = empty(pair);
    service.tag = reader.tag(pair.value);
    if service.tag == Tag::Reset {
        return service;
    }
    service.partial = reader.node(pair.value).opaque.then(|| reader.node(pair.value).span);
    for pair in &reader.pairs(pair.value, "a service") {
        schema::check(reader, pair);
        reader.note_key(&mut service.keys, pair, &NULLABLE);
        service.times.extend(schema::times(reader, pair));
        match pair.name.value.as_str() {
            "extends" => service.extends = Some(reader.attribute(pair, extends)),
            "image" => service.image = Some(reader.attribute(pair, |reader, id| reader.text(id))),
            "build" => service.build = Some(reader.attribute(pair, build)),
            "command" => service.command = Some(reader.attribute(pair, |reader, id| reader.command(id))),
            "entrypoint" => service.entrypoint = Some(reader.attribute(pair, |reader, id| reader.command(id))),
            "environment" => {
                let node = reader.node(pair.value);
                service.partial = service.partial.or(node.opaque.then_some(node.span));
                service.environment = Some(reader.given(pair, environment));
            }
            "env_file" => service.env_file = Some(reader.attribute(pair, env_files)),
            "ports" => service.ports = Some(reader.given(pair, ports)),
            "expose" => service.expose = Some(reader.given(pair, |reader, id| reader.texts(id))),
            "networks" => service.networks = Some(reader.given(pair, networks)),
            "network_mode" => service.network_mode = Some(reader.attribute(pair, |reader, id| reader.text(id))),
            "container_name" => service.container_name = Some(reader.attribute(pair, |reader, id| reader.text(id))),
            "extra_hosts" => service.extra_hosts = Some(reader.given(pair, super::reader::Reader::names)),
            "links" => service.links = Some(reader.given(pair, |reader, id| reader.texts(id))),
            "depends_on" => service.depends_on = Some(reader.given(pair, super::reader::Reader::names)),
            "volumes_from" => service.volumes_from = Some(reader.given(pair, |reader, id| reader.texts(id))),
            "tmpfs" => service.tmpfs = Some(reader.given(pair, |reader, id| reader.texts(id))),
            "volumes" => service.volumes = Some(reader.given(pair, volumes)),
            "configs" => service.configs = Some(reader.given(pair, grants)),
            "secrets" => service.secrets = Some(reader.given(pair, grants)),
            "healthcheck" => service.healthcheck = Some(reader.given(pair, healthcheck)),
            "working_dir" => service.working_dir = Some(reader.attribute(pair, |reader, id| reader.text(id))),
            "profiles" => service.profiles = Some(reader.given(pair, |reader, id| reader.texts(id))),
            name if name.starts_with("x-") || UNREAD.contains(&name) => {}
            name => reader.refuse_at(pair.name.span, format!("a service has no attribute `{name}`")),
        }
    }
    service
}

fn empty(pair: &Pair) -> Service {
    Service {
        name: pair.name.clone(),
        tag: Tag::None,
        keys: Keys::new(),
        times: Vec::new(),
        partial: None,
        extends: None,
        image: None,
        build: None,
        command: None,
        entrypoint: None,
        environment: None,
        env_file: None,
        ports: None,
        expose: None,
        networks: None,
        network_mode: None,
        container_name: None,
        extra_hosts: None,
        links: None,
        depends_on: None,
        volumes: None,
        volumes_from: None,
        tmpfs: None,
        configs: None,
        secrets: None,
        healthcheck: None,
        working_dir: None,
        profiles: None,
    }
}

fn extends(reader: &mut Reader<'_>, id: NodeId) -> Option<Extends> {
    if !reader.is_mapping(id) {
        return reader.text(id).map(|service| Extends { service, file: None });
    }
    let (mut service, mut file) = (None, None);
    for pair in reader.pairs(id, "extends") {
        match pair.name.value.as_str() {
            "service" => service = reader.text(pair.value),
            "file" => file = reader.text(pair.value),
            _ => {}
        }
    }
    if service.is_none() {
        reader.refuse(id, "extends needs a service");
    }
    service.map(|service| Extends { service, file })
}

fn build(reader: &mut Reader<'_>, id: NodeId) -> Option<Build> {
    if !reader.is_mapping(id) {
        return reader.text(id).map(|context| Build { context: Some(context), ..Build::default() });
    }
    let mut build = Build::default();
    for pair in reader.pairs(id, "build") {
        match pair.name.value.as_str() {
            "context" => build.context = reader.text(pair.value),
            "dockerfile" => build.dockerfile = reader.text(pair.value),
            "dockerfile_inline" => build.inline = true,
            "args" => build.arguments = true,
            "target" => build.target = reader.text(pair.value),
            _ => {}
        }
    }
    Some(build)
}

fn environment(reader: &mut Reader<'_>, id: NodeId) -> Vec<Assignment> {
    if !reader.is_mapping(id) {
        return reader.texts(id).into_iter().map(Assignment::Entry).collect();
    }
    let pairs = reader.pairs(id, "environment");
    let assignment =
        |pair: Pair| Assignment::Pair { value: reader.text(pair.value), tag: reader.tag(pair.value), name: pair.name };
    pairs.into_iter().map(assignment).collect()
}

fn env_files(reader: &mut Reader<'_>, id: NodeId) -> Option<Vec<EnvFileEntry>> {
    let plain = |path: Text| EnvFileEntry { path, required: true, raw: false };
    if matches!(reader.node(id).kind, Kind::Scalar(_)) {
        return reader.text(id).map(|path| vec![plain(path)]);
    }
    let mut entries = Vec::new();
    for item in reader.items(id) {
        if !reader.is_mapping(item) {
            entries.extend(reader.text(item).map(plain));
            continue;
        }
        let (mut path, mut required, mut raw) = (None, true, false);
        for pair in reader.pairs(item, "env_file") {
            let value = reader.text(pair.value);
            match (pair.name.value.as_str(), value) {
                ("path", value) => path = value,
                ("required", Some(value)) => required = value.as_str() != "false",
                ("format", Some(value)) => raw = value.as_str() == "raw",
                _ => {}
            }
        }
        match path {
            Some(path) => entries.push(EnvFileEntry { path, required, raw }),
            None => reader.refuse(item, "an entry of `env_file` needs a path"),
        }
    }
    Some(entries)
}

fn ports(reader: &mut Reader<'_>, id: NodeId) -> Vec<Port> {
    let mut ports = Vec::new();
    for item in reader.items(id) {
        if !reader.is_mapping(item) {
            ports.extend(reader.text(item).map(Port::Short));
            continue;
        }
        let span = reader.node(item).span;
        let (mut target, mut published, mut host_ip, mut protocol, mut mode) = (None, None, None, None, None);
        for pair in reader.pairs(item, "a port") {
            let value = reader.text(pair.value);
            match pair.name.value.as_str() {
                "target" => target = value,
                "published" => published = value,
                "host_ip" => host_ip = value,
                "protocol" => protocol = value,
                "mode" => mode = value,
                _ => {}
            }
        }
        ports.push(Port::Long(Box::new(LongPort { span, target, published, host_ip, protocol, mode })));
    }
    ports
}

fn networks(reader: &mut Reader<'_>, id: NodeId) -> Vec<NetworkEntry> {
    if !reader.is_mapping(id) {
        let entry = |name| NetworkEntry::named(name, Tag::None);
        return reader.texts(id).into_iter().map(entry).collect();
    }
    let mut networks = Vec::new();
    for pair in reader.pairs(id, "networks") {
        let name = Text::exact(&pair.name.value, pair.name.span);
        let tag = reader.tag(pair.value);
        let mut entry = NetworkEntry::named(name, tag);
        for attribute in reader.pairs(pair.value, "a network") {
            match attribute.name.value.as_str() {
                "aliases" => {
                    entry.aliases_tag = reader.tag(attribute.value);
                    entry.aliases = reader.texts(attribute.value);
                }
                "ipv4_address" | "ipv6_address" => entry.addresses.extend(reader.text(attribute.value)),
                _ => {}
            }
        }
        networks.push(entry);
    }
    networks
}

fn volumes(reader: &mut Reader<'_>, id: NodeId) -> Vec<Volume> {
    let mut volumes = Vec::new();
    for item in reader.items(id) {
        if !reader.is_mapping(item) {
            volumes.extend(reader.text(item).map(Volume::Short));
            continue;
        }
        let span = reader.node(item).span;
        let (mut kind, mut source, mut target) = (None, None, None);
        for pair in reader.pairs(item, "a volume") {
            let value = reader.text(pair.value);
            match pair.name.value.as_str() {
                "type" => kind = value,
                "source" | "src" => source = value,
                "target" | "dst" | "destination" => target = value,
                _ => {}
            }
        }
        if target.is_none() {
            reader.refuse(item, "a volume needs a target");
        }
        volumes.push(Volume::Long { span, kind, source, target });
    }
    volumes
}

fn grants(reader: &mut Reader<'_>, id: NodeId) -> Vec<Grant> {
    let mut grants = Vec::new();
    for item in reader.items(id) {
        let span = reader.node(item).span;
        if !reader.is_mapping(item) {
            grants.extend(reader.text(item).map(|source| Grant { span: source.span(), source, target: None }));
            continue;
        }
        let (mut source, mut target) = (None, None);
        for pair in reader.pairs(item, "a config or secret") {
            match pair.name.value.as_str() {
                "source" => source = reader.text(pair.value),
                "target" => target = reader.text(pair.value),
                _ => {}
            }
        }
        grants.extend(source.map(|source| Grant { span, source, target }));
    }
    grants
}

fn healthcheck(reader: &mut Reader<'_>, id: NodeId) -> Healthcheck {
    let mut healthcheck = Healthcheck::default();
    for pair in &reader.pairs(id, "healthcheck") {
        match pair.name.value.as_str() {
            "test" => healthcheck.test = Some(reader.attribute(pair, |reader, id| reader.command(id))),
            "disable" => healthcheck.disable = reader.text(pair.value),
            _ => {}
        }
    }
    healthcheck
}
