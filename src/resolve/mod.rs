//! Facts → Model: which files run together, what each container gets, who reaches whom, and how that ends.

pub mod ci;
pub mod clients;
pub mod compose;
pub mod conditions;
pub mod containers;
pub mod entry;
pub mod environments;
pub mod evaluate;
pub mod exports;
pub mod handshake;
pub mod healthcheck;
pub mod host;
pub mod hosts;
pub mod image_variables;
pub mod images;
pub mod kubernetes;
pub mod launch;
pub mod literals;
pub mod mentions;
pub mod network;
pub mod outside;
pub mod placement;
pub mod project;
pub mod sentinels;
pub mod server_auth;
pub mod stage;
pub mod trace;
pub mod unplaced;
pub mod unread;
pub mod versions;
pub mod wiring;
pub mod without_code;

use crate::config::Config;
use crate::facts::Facts;
use crate::finding::Notice;
use crate::model::{Model, Service};
use crate::resolve::project::Project;
use crate::source::Sources;
use crate::symbol::Symbols;
use crate::tree::Index;

/// What all parts of this step look at.
pub struct Inputs<'a> {
    /// What was read.
    pub facts: &'a Facts,
    /// Which paths exist.
    pub index: &'a Index,
    /// The texts.
    pub sources: &'a mut Sources,
    /// The meaning of symbol characters.
    pub symbols: &'a Symbols,
}

/// Resolves everything that was read.
#[must_use]
pub fn resolve(
    facts: &Facts,
    index: &Index,
    sources: &mut Sources,
    symbols: &Symbols,
    config: &Config,
) -> (Model, Vec<Notice>) {
    let (mut projects, mut notices) = compose::projects(facts, index, sources, symbols, config);
    projects.extend(ci::projects(facts, symbols));
    projects.extend(kubernetes::projects(facts, sources, symbols));
    projects.extend(launch::projects(facts, index, sources, symbols));
    // What the files that describe the containers say, as their own tools show it.
    let described: Vec<Vec<Service>> = projects.iter().map(Project::services).collect();
    image_variables::add(&mut projects, facts, index, symbols);
    let mut inputs = Inputs { facts, index, sources, symbols };
    exports::add(&mut projects, &inputs);
    let mut environments = Vec::new();
    let mut unread = Vec::new();
    for (project, services) in projects.iter().zip(described) {
        let environment = containers::environment(&mut inputs, project, services);
        unread.extend(unread::variables(&inputs, project, &environment));
        environments.push(environment);
    }
    containers::trust_shared_settings(&mut environments);
    let hosts = host::environments(&mut inputs, &projects);
    environments.extend(hosts);
    let mut unplaced = unplaced::collect(&inputs, &environments);
    let sentinels = sentinels::environments(&mut inputs, &environments, &mut unplaced);
    environments.extend(sentinels);
    notices.extend(hosts::connect(&inputs, config, &mut environments, &mut unplaced));
    let literals = literals::collect(facts, environments.iter().chain(&unplaced), inputs.sources);
    let mentions = mentions::collect(&inputs, &environments);
    (Model { environments, literals, unplaced, mentions, unread }, notices)
}
