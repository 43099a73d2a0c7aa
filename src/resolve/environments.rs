//! Which compose files run together: base and override as compose discovers them, stage files alone or on the base.
//!
//! Files of one folder belong to one project; folders are projects of their own and never share servers.

use std::collections::{BTreeMap, HashSet};

use crate::config::Config;
use crate::facts::Facts;
use crate::facts::compose::ComposeFile;
use crate::finding::Confidence;
use crate::model::Stage;
use crate::resolve::stage;

/// The names that compose looks for, the first one found wins.
const BASES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// The overrides that compose adds to whichever base it found.
const OVERRIDES: [&str; 4] =
    ["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml", "docker-compose.override.yaml"];

/// Files that run together.
pub struct Composition<'a> {
    /// Unique among the environments: the path of the last file.
    pub name: String,
    /// The files, later over earlier.
    pub files: Vec<&'a ComposeFile>,
    /// The folder that relative paths start from, and whose `.env` is read.
    pub directory: String,
    /// How serious the environment is.
    pub stage: Stage,
    /// Why these run together.
    pub evidence: String,
    /// How sure that is.
    pub confidence: Confidence,
}

/// Every set of files that runs together. `compose_file` gives the `COMPOSE_FILE` of a folder's `.env`.
#[must_use]
pub fn compositions<'a>(
    facts: &'a Facts,
    _config: &Config,
    compose_file: &dyn Fn(&str) -> Option<Vec<String>>,
) -> Vec<Composition<'a>> {
    let parts = parts_of_others(facts);
    let mut folders: BTreeMap<&str, Vec<&ComposeFile>> = BTreeMap::new();
    for file in &facts.compose {
        if !parts.contains(file.path.as_str()) {
            folders.entry(split(&file.path).0).or_default().push(file);
        }
    }
    let mut compositions = Vec::new();
    for (folder, files) in folders {
        compositions.extend(folder_compositions(facts, folder, &files, compose_file(folder)));
    }
    compositions
}

fn folder_compositions<'a>(
    facts: &'a Facts,
    folder: &str,
    files: &[&'a ComposeFile],
    compose_file: Option<Vec<String>>,
) -> Vec<Composition<'a>> {
    let find =
        |names: &[&str]| names.iter().find_map(|name| files.iter().copied().find(|file| split(&file.path).1 == *name));
    let base = find(&BASES);
    let over = base.and_then(|_| find(&OVERRIDES));
    let mut compositions = Vec::new();
    let mut add = |files: Vec<&'a ComposeFile>, name: &str, evidence: String, confidence| {
        compositions.push(Composition {
            name: name.to_owned(),
            files,
            directory: folder.to_owned(),
            stage: stage::of_path(name),
            evidence,
            confidence,
        });
    };
    let chosen: Vec<&ComposeFile> = compose_file
        .into_iter()
        .flatten()
        .filter_map(|path| facts.compose.iter().find(|file| file.path == path))
        .collect();
    if let Some(last) = chosen.last() {
        let evidence = format!("COMPOSE_FILE of .env names {}", names(&chosen));
        add(chosen.clone(), &last.path, evidence, Confidence::High);
    } else if let Some(base) = base {
        let together: Vec<&ComposeFile> = [Some(base), over].into_iter().flatten().collect();
        let with = over.map_or_else(String::new, |over| format!(" with {}", split(&over.path).1));
        let evidence = format!("compose discovers {}{with}", split(&base.path).1);
        add(together, &base.path, evidence, Confidence::High);
    }
    for file in files {
        let name = split(&file.path).1;
        let taken = chosen.iter().any(|chosen| chosen.path == file.path);
        if taken || BASES.contains(&name) || (base.is_some() && OVERRIDES.contains(&name)) {
            continue;
        }
        match base {
            Some(base) if !stands_alone(file) => {
                let together = vec![base, *file];
                let evidence = format!("{name} changes services of {}", split(&base.path).1);
                add(together, &file.path, evidence, Confidence::High);
            }
            _ => add(vec![*file], &file.path, format!("{name} stands alone"), Confidence::High),
        }
    }
    compositions
}

/// Whether each service could be started from this file only.
fn stands_alone(file: &ComposeFile) -> bool {
    let mut services = file.documents.iter().flat_map(|document| &document.services);
    let includes = file.documents.iter().any(|document| !document.include.is_empty());
    let any = includes || file.documents.iter().any(|document| !document.services.is_empty());
    any && services.all(|service| service.image.is_some() || service.build.is_some() || service.extends.is_some())
}

/// Files that exist for others only: included, or extended and not started themselves.
fn parts_of_others(facts: &Facts) -> HashSet<String> {
    let mut parts = HashSet::new();
    for file in &facts.compose {
        let folder = split(&file.path).0;
        for document in &file.documents {
            let included = document.include.iter().flat_map(|include| &include.paths);
            let extended =
                document.services.iter().filter_map(|service| service.extends.as_ref()?.value.as_ref()?.file.as_ref());
            for path in included.chain(extended).filter_map(|path| crate::tree::join(folder, path.as_str())) {
                // What compose discovers by itself stays a project of its own.
                let discovered = BASES.contains(&split(&path).1);
                if path != file.path && !discovered {
                    parts.insert(path);
                }
            }
        }
    }
    parts
}

fn names(files: &[&ComposeFile]) -> String {
    let names: Vec<&str> = files.iter().map(|file| split(&file.path).1).collect();
    names.join(" and ")
}

fn split(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}
