//! Merged layers → [`Container`]s: what each process finds around it.

use std::collections::BTreeMap;

use crate::facts::compose::Tag;
use crate::finding::{Level, Notice};
use crate::model::MissingFile;
use crate::resolve::project::{Build, Case, Container, Mount};
use crate::source::Span;
use crate::symbol::{Alternative, Step};
use crate::text::Text;
use crate::tree::join;

use super::env_file::Files;
use super::layer::{Context, Grant, Joined, Layer};
use super::stack::{FoundResource, Stack};
use super::variables::Scope;
use super::volumes;

/// The containers of the services that are switched on (where profiles switch everything off, all of them), and the
/// env files that they lack.
pub fn containers<'a>(
    files: Files<'a>,
    stack: &Stack,
    scope: &Scope<'a>,
    profiles: &[String],
    notices: &mut Vec<Notice>,
) -> (Vec<Container>, Vec<MissingFile>) {
    let on = |layer: &&Layer| {
        let own = layer.profiles.value.as_deref().unwrap_or_default();
        own.is_empty()
            || own.iter().any(|profile| profile == "*" || profiles.contains(profile))
            || profiles.iter().any(|profile| profile == "*")
    };
    let mut active: Vec<&Layer> = stack.services.iter().filter(on).collect();
    if active.is_empty() {
        active = stack.services.iter().collect();
    }
    if let Some((span, circle)) = circle(stack) {
        let message = format!("dependency cycle detected: {circle}");
        notices.push(Notice::at("compose-conflict", Level::Warning, span, message));
    }
    for keys in std::iter::once(&stack.keys).chain(stack.services.iter().map(|service| &service.keys)) {
        for (name, null) in keys {
            let message = format!("`{name}` must not be null");
            notices.extend(null.map(|key| Notice::at("compose-schema", Level::Warning, key, message)));
        }
    }
    let mut missing = Vec::new();
    for layer in &active {
        check(layer, stack, notices);
        missing.extend(files.missing(layer.env_files.value.as_deref().unwrap_or_default()));
    }
    (active.into_iter().map(|layer| container(files, layer.clone(), stack, scope, notices)).collect(), missing)
}

/// The first circle of services that wait for each other, whatever profiles switch off: the last name in it, and all.
fn circle(stack: &Stack) -> Option<(Span, String)> {
    let services = &stack.services;
    let find = |name: &str| services.iter().position(|service| service.name.value == name);
    let mut done = vec![false; services.len()];
    for start in 0..services.len() {
        // Each service on the way with how many of those that it waits for were followed.
        let mut way = vec![(start, 0)];
        while let Some((at, followed)) = way.last_mut() {
            let at = *at;
            let next = services[at].depends_on.value.as_ref().and_then(|others| others.get(*followed));
            *followed += 1;
            let Some(next) = next.filter(|_| !done[at]) else {
                done[at] = true;
                way.pop();
                continue;
            };
            let Some(other) = find(&next.value) else { continue };
            if let Some(first) = way.iter().position(|(known, _)| *known == other) {
                let names = way[first..].iter().map(|(at, _)| services[*at].name.value.as_str());
                let names: Vec<&str> = names.chain([next.value.as_str()]).collect();
                return Some((next.span, names.join(" -> ")));
            }
            way.push((other, 0));
        }
    }
    None
}

/// What compose refuses once all files are merged.
fn check(layer: &Layer, stack: &Stack, notices: &mut Vec<Notice>) {
    let mut refuse =
        |span, message: String| notices.push(Notice::at("compose-conflict", Level::Warning, span, message));
    let name = &layer.name;
    // Where one of these is there, but not understood, that was said.
    let names_one = ["image", "build"].iter().any(|key| layer.keys.contains_key(*key)) || layer.extends.value.is_some();
    if layer.image.value.is_none() && layer.build.value.is_none() && !names_one {
        refuse(name.span, format!("service `{}` has neither an image nor a build context specified", name.value));
    }
    for Joined { name: network, tag, .. } in layer.networks.value.iter().flatten() {
        if network.value != "default" && *tag != Tag::Reset && !stack.networks.contains_key(&network.value) {
            let message = format!("service `{}` refers to undefined network {}", name.value, network.value);
            refuse(network.span, message);
        }
    }
    for (other, span) in others(layer) {
        if !stack.services.iter().any(|service| service.name.value == other) {
            refuse(span, format!("service `{}` depends on undefined service {other}", name.value));
        }
    }
    for mount in layer.mounts.value.iter().flatten() {
        if let Some(volume) = mount.volume.as_ref().filter(|volume| !stack.volumes.contains(*volume)) {
            refuse(mount.span, format!("service `{}` refers to undefined volume {volume}", name.value));
        }
    }
}

/// The services that a service cannot do without, and where it says so.
fn others(layer: &Layer) -> Vec<(&str, Span)> {
    let named = layer.depends_on.value.iter().chain(&layer.volumes_from.value).flatten();
    let mut others: Vec<(&str, Span)> = named.map(|other| (other.value.as_str(), other.span)).collect();
    others.extend(layer.links.value.iter().flatten().map(|link| (link.value.0.as_str(), link.span)));
    let mode = layer.network_mode.value.as_ref();
    others.extend(mode.and_then(|(mode, _)| Some((mode.value.strip_prefix("service:")?, mode.span))));
    others
}

/// What lies where for the services that others take theirs from, followed over several.
fn taken(layer: &Layer, stack: &Stack) -> Vec<Mount> {
    let mut seen = vec![layer.name.value.as_str()];
    let mut pending: Vec<&Layer> = vec![layer];
    let mut mounts: Vec<Mount> = Vec::new();
    while let Some(layer) = pending.pop() {
        for mount in layer.mounts.value.iter().flatten() {
            if !mounts.iter().any(|nearer| nearer.target == mount.target) {
                mounts.push(mount.clone());
            }
        }
        for other in layer.volumes_from.value.iter().flatten() {
            if !seen.contains(&other.value.as_str()) {
                seen.push(&other.value);
                pending.extend(stack.services.iter().find(|service| service.name.value == other.value));
            }
        }
    }
    mounts
}

fn container<'a>(
    files: Files<'a>,
    layer: Layer,
    stack: &Stack,
    scope: &Scope<'a>,
    notices: &mut Vec<Notice>,
) -> Container {
    let mut mounts = taken(&layer, stack);
    let env_files = layer.env_files.value.unwrap_or_default();
    let mut environment = files.container(layer.environment.value.unwrap_or_default(), &env_files, scope, notices);
    environment.incomplete = environment.incomplete.or(layer.partial);
    let joined: Vec<Joined> =
        layer.networks.value.into_iter().flatten().filter(|joined| joined.tag != Tag::Reset).collect();
    let mut network_traces: BTreeMap<String, Vec<Step>> =
        joined.iter().map(|joined| (format!("networks.{}", joined.name.value), joined.trace.clone())).collect();
    let networks = (!joined.is_empty()).then_some(joined);
    let network_mode = layer.network_mode.value.map(|(mode, trace)| {
        network_traces.insert("network_mode".to_owned(), trace);
        mode
    });
    if let Some(mode) = &network_mode
        && networks.is_some()
    {
        let message = "conflicting parameters `networks` and `network_mode`";
        notices.push(Notice::at("compose-conflict", Level::Warning, mode.span, message));
    }
    let addresses = networks.iter().flatten().flat_map(|joined| joined.addresses.iter().cloned()).collect();
    let networks = match (&network_mode, networks) {
        (Some(_), _) => None,
        (None, Some(networks)) => {
            Some(networks.into_iter().map(|joined| (joined.name.value, joined.aliases)).collect())
        }
        (None, None) => Some(BTreeMap::from([("default".to_owned(), Vec::new())])),
    };
    mounts.extend(layer.tmpfs.value.unwrap_or_default());
    mounts.extend(granted(files, layer.configs.value.unwrap_or_default(), &stack.configs, scope, notices));
    mounts.extend(granted(files, layer.secrets.value.unwrap_or_default(), &stack.secrets, scope, notices));
    let disabled = layer.disable.value.unwrap_or_default();
    let test = layer.test.value.filter(|_| !disabled);
    let command_span = layer.command.value.as_ref().or(layer.entrypoint.value.as_ref()).map(|command| command.span);
    Container {
        name: layer.name.value,
        span: layer.name.span,
        image: layer.image.value,
        build: layer.build.value.map(build),
        entrypoint_span: layer.entrypoint.value.as_ref().map(|entrypoint| entrypoint.span),
        entrypoint: layer.entrypoint.value.map(|entrypoint| entrypoint.cases),
        command: layer.command.value.map(|command| command.cases),
        command_span,
        environment,
        mounts,
        published: layer.ports.value.unwrap_or_default(),
        expose: layer.expose.value.unwrap_or_default(),
        networks,
        addresses,
        network_mode,
        container_name: layer.container_name.value,
        extra_hosts: layer.extra_hosts.value.unwrap_or_default(),
        links: layer.links.value.into_iter().flatten().map(|link| link.value).collect(),
        depends_on: layer.depends_on.value.unwrap_or_default(),
        healthcheck_span: test.as_ref().map(|test| test.span),
        healthcheck: test.map(|test| test.cases).filter(|cases| !switches_off(cases)),
        working_dir: layer.working_dir.value,
        network_traces,
        profiles: layer.profiles.value.unwrap_or_default(),
        expanded: std::collections::BTreeSet::new(),
    }
}

/// `test: ["NONE"]`.
fn switches_off(cases: &[Case<Vec<Text>>]) -> bool {
    cases.iter().all(|case| case.value.first().is_some_and(|word| word.as_str() == "NONE"))
}

fn build(build: super::layer::Build) -> Build {
    let context = match build.context {
        Some(Context::Folder(folder)) => Some(folder),
        Some(Context::Elsewhere) => None,
        None => Some(build.directory),
    };
    let dockerfile = build.dockerfile.as_deref().unwrap_or("Dockerfile");
    let dockerfile = context.as_deref().filter(|_| !build.inline).and_then(|context| join(context, dockerfile));
    Build { context, dockerfile, target: build.target, arguments: build.arguments, span: build.span }
}

/// The files and inline contents that grants put into the container.
fn granted(
    files: Files<'_>,
    grants: Vec<Grant>,
    resources: &BTreeMap<String, FoundResource>,
    scope: &Scope<'_>,
    notices: &mut Vec<Notice>,
) -> Vec<Mount> {
    let mut mounts = Vec::new();
    for Grant { span, source, target } in grants {
        let Some(FoundResource { resource, directory }) = resources.get(&source) else {
            let message = format!("undefined config or secret {source}");
            notices.push(Notice::at("compose-conflict", Level::Warning, span, message));
            continue;
        };
        let mut states = |text| scope.interpolate(text, notices).alternatives;
        let mut first = |text| states(text).into_iter().next()?.value;
        let path = resource.file.as_ref().and_then(&mut first);
        let variable = resource.environment.as_ref().and_then(&mut first);
        let mut contents = resource.content.as_ref().map(&mut states).unwrap_or_default();
        if let Some(name) = variable {
            contents = scope.states(name.as_str(), name.span()).alternatives;
            contents.retain(|state| state.value.is_some());
        }
        let contents: Vec<Case<Text>> = contents
            .into_iter()
            .filter_map(|Alternative { when, value, trace }| Some(Case { when, value: value?, trace }))
            .collect();
        let content = contents.first().map(|case| case.value.clone());
        let contents = if contents.len() > 1 { contents } else { Vec::new() };
        let path = path.as_ref().map_or("", Text::as_str);
        let mount = if path.is_empty() { volumes::mount } else { volumes::file };
        mounts.push(Mount { content, contents, ..mount(path, &target, span, directory, files.index) });
    }
    mounts
}
