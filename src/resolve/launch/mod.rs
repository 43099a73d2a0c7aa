//! Scripts with `docker run` → projects: what one script, one recipe of a Makefile or one script of a package.json starts.
//!
//! Which of several containers of one name, or on one port of the machine, runs at a time is not written down: each is
//! judged by itself, and nobody is said to meet one of them.

mod container;
#[cfg(test)]
mod tests;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::Facts;
use crate::facts::launch::{Launcher, LauncherPart};
use crate::finding::Confidence;
use crate::model::{EnvironmentKind, Given, Stage};
use crate::resolve::placement::is_test;
use crate::resolve::project::{Container, Project};
use crate::resolve::{server_auth, stage};
use crate::source::Sources;
use crate::symbol::Symbols;
use crate::tree::Index;

use words::Shell;

/// What the containers are read with.
struct Reader<'a> {
    facts: &'a Facts,
    index: &'a Index,
    sources: &'a Sources,
    symbols: &'a Symbols,
}

/// One project for each part of a script that starts something that speaks of Redis.
#[must_use]
pub fn projects(facts: &Facts, index: &Index, sources: &Sources, symbols: &Symbols) -> Vec<Project> {
    let reader = Reader { facts, index, sources, symbols };
    let parts = facts.launchers.iter().flat_map(|launcher| launcher.parts.iter().map(move |part| (launcher, part)));
    parts.filter_map(|(launcher, part)| project(&reader, launcher, part)).collect()
}

fn project(reader: &Reader<'_>, launcher: &Launcher, part: &LauncherPart) -> Option<Project> {
    let name =
        part.name.as_ref().map_or_else(|| launcher.path.clone(), |own| format!("{}:{}", launcher.path, own.value));
    let shell = Shell { variables: &part.variables, symbols: reader.symbols, scope: &format!("script {name}") };
    let read = part.runs.iter().filter_map(|run| container::read(reader, launcher, &shell, run));
    let containers = named_apart(read.collect());
    if !containers.iter().any(speaks_of_redis) {
        return None;
    }
    let networks = containers.iter().filter_map(|container| container.networks.as_ref()).flat_map(BTreeMap::keys);
    // They are made elsewhere, and others may have names there.
    let external_networks: BTreeSet<String> = networks.cloned().collect();
    let evidence = match &part.name {
        Some(own) => format!("`{}` of {} starts containers", own.value, launcher.path),
        None => format!("{} starts containers", launcher.path),
    };
    Some(Project {
        kind: EnvironmentKind::Script,
        stage: stage(launcher, part, &containers),
        files: vec![launcher.file],
        evidence,
        evidence_at: part.name.as_ref().map(|own| own.span).or_else(|| part.runs.first().map(|run| run.span)),
        confidence: Confidence::High,
        given: Given::default(),
        directory: launcher.path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned(),
        containers,
        networks: external_networks.iter().map(|name| (name.clone(), false)).collect(),
        cluster: None,
        external_networks,
        missing: Vec::new(),
        name,
    })
}

/// What the names of the recipe and of the files say, or else of the containers.
fn stage(launcher: &Launcher, part: &LauncherPart, containers: &[Container]) -> Stage {
    let own = part.name.as_ref().map_or(Stage::Unlabelled, |own| stage::of_name(&own.value));
    let names = containers.iter().filter_map(|container| container.container_name.as_ref());
    let mut said =
        [own, stage::of_path(&launcher.path)].into_iter().chain(names.map(|name| stage::of_name(&name.value)));
    match said.find(|stage| *stage != Stage::Unlabelled) {
        Some(stage) => stage,
        None if is_test(&launcher.path) => Stage::Development,
        None => Stage::Unlabelled,
    }
}

fn speaks_of_redis(container: &Container) -> bool {
    let speaks = |text: &str| {
        let lower = text.to_ascii_lowercase();
        ["redis", "valkey", "keydb", "dragonfly"].iter().any(|word| lower.contains(word))
    };
    let mut image = container.image.iter().flat_map(|image| &image.alternatives).filter_map(|one| one.value.as_ref());
    let mut command = container.command.iter().chain(&container.entrypoint).flatten().flat_map(|case| &case.value);
    image.any(|text| speaks(text.as_str()))
        || command.any(|word| server_auth::is_server_program(word.as_str()))
        || container.environment.map.keys().any(|name| speaks(name))
}

/// A number behind the name of each container that has the same one as another before it.
fn named_apart(mut containers: Vec<Container>) -> Vec<Container> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for container in &mut containers {
        let count = seen.entry(container.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            container.name = format!("{} {count}", container.name);
        }
    }
    containers
}
