//! What else there is to say of a server beside its authentication: ports, names, variables, mounted files.
//!
//! Directives, the container and its files go in, the parts of a [`Server`] come out.

use std::collections::{BTreeMap, HashSet};

use super::argv::Run;
use super::config;
use super::files::Files;
use crate::finding::Confidence;
use crate::model::{ConfMount, Directive, Distribution, ImageVariable, Product, Server, VariableUse, VersionRange};
use crate::resolve::images::Image;
use crate::resolve::project::{Case, Container};
use crate::source::{Span, Spanned};
use crate::text::Text;

/// What directives say of ports, databases and addresses; the rest is filled in by the caller.
pub(super) fn describe(directives: Vec<Directive>, product: Product, unread: bool, span: Span) -> Server {
    let last = |name: &str| directives.iter().rev().find(|one| one.name.value == name);
    let number =
        |name: &str| last(name).map(|one| one.arguments.first().and_then(|text| text.as_str().parse::<u32>().ok()));
    let default = |value: u32| if unread { None } else { Some(value) };
    let port = number("port").unwrap_or_else(|| default(if product == Product::Sentinel { 26379 } else { 6379 }));
    let used = |port: Option<u32>| port.filter(|port| *port != 0).and_then(|port| u16::try_from(port).ok());
    Server {
        id: String::new(),
        service: None,
        span,
        names: Vec::new(),
        product,
        distribution: Distribution::Unknown,
        version: VersionRange::default(),
        image: None,
        port: used(port),
        tls_port: used(number("tls-port").flatten()),
        auth: Vec::new(),
        databases: number("databases").unwrap_or_else(|| default(16)),
        bind: last("bind").map(|one| one.arguments.clone()),
        directives,
        variables: Vec::new(),
        mounts: Vec::new(),
        healthcheck: None,
        published: Vec::new(),
        networks: None,
        host_network: false,
        command: None,
        confidence: Confidence::High,
    }
}

pub(super) fn names(container: &Container) -> Vec<String> {
    let aliases = container.networks.iter().flat_map(BTreeMap::values).flatten();
    let own = container.container_name.iter().map(|name| &name.value);
    let mut names: Vec<String> = Vec::new();
    for name in std::iter::once(&container.name).chain(own).chain(aliases) {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// Variables whose names speak of Redis or of a password, and what becomes of each.
pub(super) fn variables(container: &Container, image: &Image, runs: &[Case<Run>]) -> Vec<ImageVariable> {
    let speaks = |name: &str| {
        let name = name.to_ascii_uppercase();
        ["REDIS", "VALKEY", "KEYDB", "DFLY", "PASS", "ALLOW_EMPTY"].iter().any(|word| name.contains(word))
    };
    let untold = runs.iter().any(|run| matches!(run.value, Run::Unknown));
    let own_script = image.traits.command.first().is_some_and(|command| command.ends_with(".sh"));
    let bypassed = own_script && !runs.iter().any(|run| matches!(run.value, Run::OwnScript(_)));
    let written: Vec<&Text> = [&container.command, &container.entrypoint, &container.healthcheck]
        .into_iter()
        .flatten()
        .flatten()
        .flat_map(|case| &case.value)
        .collect();
    let referenced = |name: &str| {
        container.expanded.contains(name)
            || written.iter().any(|text| {
                text.as_str().match_indices(name).any(|(at, _)| {
                    let before = text.as_str()[..at].trim_end_matches('{');
                    before.ends_with('$')
                        && !text.as_str()[at + name.len()..]
                            .starts_with(|char: char| char.is_alphanumeric() || char == '_')
                })
            })
    };
    container
        .environment
        .map
        .iter()
        .filter(|(name, _)| speaks(name))
        .map(|(name, variable)| {
            let usage = match image.usage(name) {
                _ if referenced(name) || name == "REDISCLI_AUTH" => VariableUse::Read,
                _ if untold => VariableUse::Unknown,
                VariableUse::Read if bypassed => VariableUse::Bypassed,
                usage => usage,
            };
            ImageVariable {
                name: Spanned::new(name.clone(), variable.name_span),
                value: variable.value.alternatives.first().and_then(|one| one.value.clone()),
                usage,
                taken_in: variable.taken_in,
            }
        })
        .collect()
}

/// Whether a file below a mounted folder is there for a server: a folder of code holds all kinds of files.
fn names_a_server(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    ["redis", "valkey", "keydb", "sentinel"].iter().any(|product| name.contains(product))
}

/// The configuration files that lie in the container; the root of the repository is mounted for other reasons.
pub(super) fn conf_mounts(files: &Files<'_>, loaded: &[String], untold: bool) -> Vec<ConfMount> {
    let mut mounts = Vec::new();
    // One file may lie at several paths, and one of these is enough.
    let loaded: HashSet<&str> = loaded.iter().map(String::as_str).collect();
    let read: HashSet<String> = loaded.iter().filter_map(|path| files.mount(path)?.1).collect();
    let state = |is_loaded: bool| if is_loaded { Some(true) } else { (!untold).then_some(false) };
    for mount in &files.mounts {
        let target = mount.target.trim_end_matches('/');
        if let Some(content) = mount.content.as_ref().filter(|_| target.ends_with(".conf") && names_a_server(target)) {
            let lines = config::from_text(content);
            mounts.push(ConfMount {
                span: mount.span,
                target: target.to_owned(),
                source: None,
                loaded: state(loaded.contains(target)),
                sets_password: lines.iter().any(|line| sets_password(&line.name.value, &line.arguments)),
            });
        }
        let Some(source) = mount.source.as_deref().filter(|source| !source.is_empty()) else { continue };
        let inside = files.facts.confs.iter().filter_map(|conf| {
            let rest = conf.path.strip_prefix(source)?;
            let is_meant = rest.is_empty() || rest.starts_with('/') && names_a_server(rest);
            is_meant.then(|| (conf, format!("{target}{rest}")))
        });
        // A secret is a value, and no configuration that somebody forgot to name.
        let is_secret = |target: &str| target.starts_with("/run/secrets/") && !target.ends_with(".conf");
        for (conf, target) in inside.filter(|(_, target)| !is_secret(target)) {
            let sets_password = conf.lines.iter().any(|line| sets_password(&line.name.value, &line.arguments));
            let is_loaded = loaded.contains(target.as_str()) || read.contains(&conf.path);
            mounts.push(ConfMount {
                span: mount.span,
                source: Some(conf.file),
                loaded: state(is_loaded),
                target,
                sets_password,
            });
        }
    }
    mounts
}

/// Whether a directive, its name and its arguments, brings a password or users.
fn sets_password(name: &str, arguments: &[Text]) -> bool {
    match name.to_ascii_lowercase().as_str() {
        "requirepass" | "aclfile" => arguments.first().is_some_and(|value| !value.is_empty()),
        "user" => true,
        _ => false,
    }
}
