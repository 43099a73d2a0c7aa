//! Compose facts → [`Project`]s: files that run together, merged and interpolated as `docker compose config` does.
//!
//! Comes in: compose files and env files as read, the index of paths. Goes out: one project per set of files that run
//! together, every value with its source. Knows nothing of Redis.

mod container;
mod env_file;
mod layer;
mod mounts;
pub(in crate::resolve) mod ports;
mod read;
mod stack;
#[cfg(test)]
mod tests;
pub mod variables;
mod volumes;

use crate::config::Config;
use crate::facts::Facts;
use crate::finding::{Confidence, Level, Notice};
use crate::model::{self, Given};
use crate::resolve::environments::{self, Chosen, Composition};
use crate::resolve::project::Project;
use crate::source::{Sources, Span};
use crate::symbol::Symbols;
use crate::text::Text;
use crate::tree::{Index, join};

use env_file::{Examples, Files};
use variables::Scope;

/// Every project that the compose files describe, and what compose would refuse in them.
pub fn projects(
    facts: &Facts,
    index: &Index,
    sources: &mut Sources,
    symbols: &Symbols,
    config: &Config,
) -> (Vec<Project>, Vec<Notice>) {
    let files = Files { facts, sources, index, symbols, examples: None, version: config.compose_version };
    let mut notices = environments::notices(facts, config);
    let mut projects = Vec::new();
    for composition in environments::compositions(facts, config, &|folder| compose_file(files, folder)) {
        projects.push(project(files, &composition, &mut notices));
        projects.extend(from_example(files, &composition));
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

/// The same files as a clone runs them in which env files were made from their examples, as the repository says.
fn from_example(files: Files<'_>, composition: &Composition<'_>) -> Option<Project> {
    // Where it matters most, nobody runs on the values of an example.
    if composition.stage > model::Stage::Unlabelled {
        return None;
    }
    let examples = Examples::of(files.facts, files.index)?;
    let project = project(Files { examples: Some(&examples), ..files }, composition, &mut Vec::new());
    let used = examples.used()?;
    Some(Project {
        name: format!("{} from-example", project.name),
        evidence: format!("{}; {} says to copy {} to {}", project.evidence, used.place, used.example, used.target),
        confidence: project.confidence.min(Confidence::Medium),
        ..project
    })
}

fn project(files: Files<'_>, composition: &Composition<'_>, notices: &mut Vec<Notice>) -> Project {
    let mut scope = Scope::new(files.symbols, files.version);
    let dotenv = join(&composition.directory, ".env").unwrap_or_default();
    let env_files =
        if composition.env_files.is_empty() { std::slice::from_ref(&dotenv) } else { &composition.env_files };
    // Later env files win over earlier ones.
    for path in env_files.iter().rev() {
        if let Some(with) = files.scope(path, &scope, notices) {
            scope = with;
        }
    }
    let profiles = if composition.profiles.is_empty() {
        known(&scope, "COMPOSE_PROFILES").map(|list| split(list.as_str(), ',')).unwrap_or_default()
    } else {
        composition.profiles.clone()
    };
    let mut loader = stack::Loader::new(files);
    let stack = loader.load(&composition.files, &composition.directory, &scope);
    notices.append(&mut loader.notices);
    notices.extend(empty(composition));
    let (containers, missing) = container::containers(files, &stack, &scope, &profiles, notices);
    Project {
        name: composition.name.clone(),
        kind: model::EnvironmentKind::Compose,
        stage: composition.stage,
        files: loader.files,
        evidence: composition.evidence.clone(),
        evidence_at: composition.evidence_at,
        confidence: composition.confidence,
        given: Given {
            files: composition.files.iter().map(|file| file.path.clone()).collect(),
            env_files: composition.env_files.clone(),
            profiles: composition.profiles.clone(),
        },
        directory: composition.directory.clone(),
        containers,
        networks: stack.networks,
        cluster: None,
        external_networks: stack.external_networks,
        missing,
    }
}

/// Refuses files in which nothing stands; what they are for, and what they go over, is only guessed where nobody says so.
fn empty(composition: &Composition<'_>) -> Option<Notice> {
    let first = composition.files.first()?;
    let is_started = composition.evidence_at.is_some() || environments::is_base(&first.path);
    let nothing = composition.files.iter().all(|file| file.is_empty());
    let start = Span::new(first.file, 0..0);
    (is_started && nothing).then(|| Notice::at("compose-schema", Level::Warning, start, "empty compose file"))
}

fn compose_file(files: Files<'_>, folder: &str) -> Option<Chosen> {
    let shell = Scope::new(files.symbols, files.version);
    let scope = files.scope(&join(folder, ".env")?, &shell, &mut Vec::new())?;
    let separator =
        known(&scope, "COMPOSE_PATH_SEPARATOR").and_then(|text| text.as_str().chars().next()).unwrap_or(':');
    let list = known(&scope, "COMPOSE_FILE")?;
    let paths = split(list.as_str(), separator).iter().filter_map(|path| join(folder, path)).collect();
    Some(Chosen { paths, span: list.span() })
}

fn known<'s>(scope: &'s Scope<'_>, name: &str) -> Option<&'s Text> {
    // Where the shell may set it, a fresh clone counts.
    let value = scope.known(name)?.alternatives.first()?.value.as_ref()?;
    (Symbols::is_known(value) && !value.is_empty()).then_some(value)
}

fn split(list: &str, separator: char) -> Vec<String> {
    list.split(separator).map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
}
