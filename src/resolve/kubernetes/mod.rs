//! Manifests → projects: which objects are applied together, and what each container gets.
//!
//! A kustomization that no other one builds on is an environment, and so are a plain folder of manifests and a chart with
//! each of its files of values.

mod balancer;
mod data;
mod expansion;
mod helm;
mod kustomize;
mod outside;
mod pod;
mod policy;
mod route;
mod service;

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::Facts;
use crate::facts::kubernetes::Value;
use crate::finding::Confidence;
use crate::model::{EnvironmentKind, SecretLineBreak};
use crate::resolve::literals::names_redis_password;
use crate::resolve::project::{Cluster, Project};
use crate::resolve::stage;
use crate::source::{FileId, Sources};
use crate::symbol::Symbols;
use data::World;

/// One project for each set of manifests that is applied together.
#[must_use]
pub fn projects(facts: &Facts, sources: &Sources, symbols: &Symbols) -> Vec<Project> {
    let mut sets = kustomize::overlays(facts, sources);
    let owned = kustomize::owned(facts);
    let mut folders: BTreeMap<&str, Set> = BTreeMap::new();
    for manifest in facts.manifests.iter().filter(|one| !one.kustomization && !one.objects.is_empty()) {
        if owned.contains(&manifest.path) {
            continue;
        }
        let folder = folder_of(&manifest.path);
        let set = folders.entry(folder).or_insert_with(|| {
            let shown = if folder.is_empty() { "." } else { folder };
            Set::of_manifests(folder, format!("the manifests of {shown} are applied together"))
        });
        set.files.push(manifest.file);
        set.objects.extend(manifest.objects.iter().cloned());
    }
    sets.extend(folders.into_values());
    for set in &mut sets {
        set.objects.extend(helm::installed(&set.objects, symbols));
    }
    sets.extend(helm::sets(facts, sources, symbols));
    let names: Vec<BTreeSet<(String, String)>> = sets.iter().map(service_names).collect();
    let elsewhere = |own: usize| {
        let others = names.iter().enumerate().filter(|(at, _)| *at != own);
        others.flat_map(|(_, names)| names.iter().cloned()).collect()
    };
    sets.iter().enumerate().map(|(at, set)| project(set, elsewhere(at), symbols)).collect()
}

/// Objects that are applied together.
struct Set {
    name: String,
    folder: String,
    /// The path whose words tell the stage.
    stage: String,
    kind: EnvironmentKind,
    confidence: Confidence,
    evidence: String,
    files: Vec<FileId>,
    objects: Vec<Value>,
    /// Something that belongs to them lies outside the repository.
    partial: bool,
}

impl Set {
    /// Those of a folder; nothing is in it yet.
    fn of_manifests(folder: &str, evidence: String) -> Self {
        Self {
            name: if folder.is_empty() { "manifests".to_owned() } else { folder.to_owned() },
            folder: folder.to_owned(),
            stage: folder.to_owned(),
            kind: EnvironmentKind::Kubernetes,
            confidence: Confidence::High,
            evidence,
            files: Vec::new(),
            objects: Vec::new(),
            partial: false,
        }
    }
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Namespaces and names.
fn service_names(set: &Set) -> BTreeSet<(String, String)> {
    let services = set.objects.iter().filter(|object| object.str_at(&["kind"]) == Some("Service"));
    let named = services.filter_map(|object| {
        let namespace = object.str_at(&["metadata", "namespace"]).unwrap_or_default();
        Some((namespace.to_owned(), object.str_at(&["metadata", "name"])?.to_ascii_lowercase()))
    });
    named.collect()
}

fn project(set: &Set, elsewhere: BTreeSet<(String, String)>, symbols: &Symbols) -> Project {
    let world = World::new(&set.objects, symbols);
    let mut cluster = Cluster { elsewhere, partial: set.partial, ..Cluster::default() };
    let mut containers = Vec::new();
    let mut templates = Vec::new();
    for workload in pod::workloads(&set.objects) {
        for container in pod::containers(&workload, &world, &mut cluster.view) {
            cluster.pods.push(workload.pod.clone());
            containers.push(container);
            templates.push(workload.clone());
        }
    }
    pod::make_unique(&mut containers, &templates);
    service::add(&set.objects, &mut containers, &templates, &mut cluster);
    cluster.view.line_breaks = line_breaks(&world, &containers);
    cluster.view.encoded.clone_from(&world.encoded);
    Project {
        name: set.name.clone(),
        kind: set.kind,
        stage: stage::of_path(&set.stage),
        files: set.files.clone(),
        evidence: set.evidence.clone(),
        evidence_at: None,
        confidence: set.confidence,
        given: crate::model::Given::default(),
        directory: set.folder.clone(),
        containers,
        networks: BTreeMap::from([(pod::NETWORK.to_owned(), false)]),
        cluster: Some(cluster),
        external_networks: BTreeSet::new(),
        missing: Vec::new(),
    }
}

/// Passwords of Redis that end in a line break, by their name or because a container takes them in as one.
fn line_breaks(world: &World<'_>, containers: &[crate::resolve::project::Container]) -> Vec<SecretLineBreak> {
    let used: BTreeSet<_> = containers
        .iter()
        .flat_map(|container| &container.environment.map)
        .filter(|(name, _)| names_redis_password(name))
        .flat_map(|(_, variable)| &variable.value.alternatives)
        .filter_map(|alternative| alternative.value.as_ref())
        .map(crate::text::Text::anchor)
        .collect();
    let mut found = Vec::new();
    for secret in world.secrets() {
        for (key, value) in secret.entries() {
            let body = value.as_str().trim_end_matches(['\r', '\n']);
            let one_line = body.len() < value.len() && !body.contains('\n') && !body.is_empty();
            let used = used.contains(&value.anchor());
            let lower = key.value.to_ascii_lowercase();
            let own = ["pass", "pwd", "auth"].iter().any(|word| lower.contains(word))
                && (names_redis_password(&key.value)
                    || names_redis_password(&format!("{}_password", secret.name.value)));
            if one_line && (used || own) {
                let object = secret.name.value.clone();
                found.push(SecretLineBreak { object, key: key.clone(), span: value.span(), used });
            }
        }
    }
    found
}

#[cfg(test)]
mod tests;
