//! Which compose files run together. The strongest word wins: `[[environment]]` of the configuration, then what the
//! repository's own commands say (`docker compose -f …`), then what compose discovers and what the names suggest.
//!
//! Files of one folder belong to one project; folders are projects of their own and never share servers.

mod configured;
mod discovered;
mod said;
#[cfg(test)]
mod tests;

use crate::config::Config;
use crate::facts::Facts;
use crate::facts::compose::ComposeFile;
use crate::finding::{Confidence, Notice};
use crate::model::Stage;
use crate::source::Span;

/// The names that compose looks for, the first one found wins.
const BASES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// The overrides that compose adds to whichever base it found.
const OVERRIDES: [&str; 4] =
    ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

/// Files that run together.
pub struct Composition<'a> {
    /// Unique among the environments: the configured name, or the path of the file that makes the difference.
    pub name: String,
    /// The files, later over earlier.
    pub files: Vec<&'a ComposeFile>,
    /// The folder that relative paths start from, and whose `.env` is read.
    pub directory: String,
    /// How serious the environment is.
    pub stage: Stage,
    /// Why these run together.
    pub evidence: String,
    /// Where the repository says so; `None`: the names of the files do.
    pub evidence_at: Option<Span>,
    /// How sure that is.
    pub confidence: Confidence,
    /// The env files for interpolation, later over earlier; empty: the `.env` of the directory.
    pub env_files: Vec<String>,
    /// The profiles switched on.
    pub profiles: Vec<String>,
}

/// `COMPOSE_FILE` of a folder's `.env`.
pub struct Chosen {
    /// The files, relative to the root.
    pub paths: Vec<String>,
    /// The value.
    pub span: Span,
}

/// Every set of files that runs together. `compose_file` gives the `COMPOSE_FILE` of a folder's `.env`.
#[must_use]
pub fn compositions<'a>(
    facts: &'a Facts,
    config: &Config,
    compose_file: &dyn Fn(&str) -> Option<Chosen>,
) -> Vec<Composition<'a>> {
    let configured = configured::compositions(facts, config);
    let mut compositions = discovered::compositions(facts, compose_file);
    said::put_over(&mut compositions, facts);
    compositions.retain(|guess| !configured.iter().any(|settled| configured::settles(settled, guess)));
    compositions.extend(configured);
    compositions
}

/// What is wrong with the configured environments and shows only in the files that they name.
#[must_use]
pub fn notices(facts: &Facts, config: &Config) -> Vec<Notice> {
    configured::unknown_profiles(facts, config)
}

/// Whether compose looks for a file of that name.
#[must_use]
pub fn is_base(path: &str) -> bool {
    BASES.contains(&split(path).1)
}

/// What compose finds in a folder without being told.
fn found_in<'a>(facts: &'a Facts, folder: &str) -> Option<Vec<&'a ComposeFile>> {
    let find = |names: &[&str]| names.iter().find_map(|name| file(facts, &crate::tree::join(folder, name)?));
    let base = find(&BASES)?;
    Some([Some(base), find(&OVERRIDES)].into_iter().flatten().collect())
}

fn file<'a>(facts: &'a Facts, path: &str) -> Option<&'a ComposeFile> {
    facts.compose.iter().find(|file| file.path == path)
}

fn same_files(one: &[&ComposeFile], other: &[&ComposeFile]) -> bool {
    one.iter().map(|file| &file.path).eq(other.iter().map(|file| &file.path))
}

/// Whether each service could be started from this file only.
fn stands_alone(file: &ComposeFile) -> bool {
    let mut services = file.documents.iter().flat_map(|document| &document.services);
    let includes = file.documents.iter().any(|document| !document.include.is_empty());
    let any = includes || file.documents.iter().any(|document| !document.services.is_empty());
    any && services.all(|service| service.image.is_some() || service.build.is_some() || service.extends.is_some())
}

fn names(files: &[&ComposeFile]) -> String {
    let names: Vec<&str> = files.iter().map(|file| split(&file.path).1).collect();
    names.join(" and ")
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}
