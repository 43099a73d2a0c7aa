//! Compose facts → [`Project`]s: files that run together, merged and interpolated as `docker compose config` does.
//!
//! Comes in: compose files and env files as read, the index of paths. Goes out: one project per set of files that run
//! together, every value with its source. Knows nothing of Redis.

mod container;
mod env_file;
mod layer;
mod ports;
mod read;
mod stack;
#[cfg(test)]
mod tests;
pub mod variables;
mod volumes;

use crate::config::Config;
use crate::facts::Facts;
use crate::finding::Notice;
use crate::model;
use crate::resolve::environments::{self, Composition};
use crate::resolve::project::Project;
use crate::source::Sources;
use crate::symbol::Symbols;
use crate::tree::{Index, join};

use env_file::Files;
use variables::Scope;

/// Every project that the compose files describe, and what compose would refuse in them.
pub fn projects(
    facts: &Facts,
    index: &Index,
    sources: &mut Sources,
    symbols: &Symbols,
    config: &Config,
) -> (Vec<Project>, Vec<Notice>) {
    let files = Files { facts, sources, index, symbols };
    let mut notices = Vec::new();
    let mut projects = Vec::new();
    for composition in environments::compositions(facts, config, &|folder| compose_file(files, folder)) {
        projects.push(project(files, composition, &mut notices));
    }
    // A file that several environments share says the same thing in each.
    let mut once: Vec<Notice> = Vec::new();
    for notice in notices {
        if !once.contains(&notice) {
            once.push(notice);
        }
    }
    (projects, once)
}

fn project(files: Files<'_>, composition: Composition<'_>, notices: &mut Vec<Notice>) -> Project {
    let shell = Scope::new(files.symbols);
    let dotenv = join(&composition.directory, ".env").unwrap_or_default();
    let scope = files.scope(&dotenv, &shell, notices).unwrap_or(shell);
    let profiles = known(&scope, "COMPOSE_PROFILES").map(|list| split(&list, ',')).unwrap_or_default();
    let mut loader = stack::Loader::new(files);
    let stack = loader.load(&composition.files, &composition.directory, &scope);
    notices.append(&mut loader.notices);
    let containers = container::containers(files, &stack, &scope, &profiles, notices);
    Project {
        name: composition.name,
        kind: model::EnvironmentKind::Compose,
        stage: composition.stage,
        files: loader.files,
        evidence: composition.evidence,
        confidence: composition.confidence,
        directory: composition.directory,
        containers,
        networks: stack.networks,
        cluster: None,
        external_networks: stack.external_networks,
    }
}

/// `COMPOSE_FILE` of a folder's `.env`.
fn compose_file(files: Files<'_>, folder: &str) -> Option<Vec<String>> {
    let shell = Scope::new(files.symbols);
    let scope = files.scope(&join(folder, ".env")?, &shell, &mut Vec::new())?;
    let separator = known(&scope, "COMPOSE_PATH_SEPARATOR").and_then(|text| text.chars().next()).unwrap_or(':');
    let list = known(&scope, "COMPOSE_FILE")?;
    let paths = split(&list, separator).iter().filter_map(|path| join(folder, path)).collect();
    Some(paths)
}

fn known(scope: &Scope<'_>, name: &str) -> Option<String> {
    let value = scope.known(name)?.single()?.value.as_ref()?;
    (Symbols::is_known(value) && !value.is_empty()).then(|| value.as_str().to_owned())
}

fn split(list: &str, separator: char) -> Vec<String> {
    list.split(separator).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}
