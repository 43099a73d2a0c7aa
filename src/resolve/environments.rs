//! Which compose files run together: base and override as compose discovers them, stage files alone or on the base.
//!
//! What the repository itself says (`docker compose -f …` in a script or document) beats that.
//!
//! Files of one folder belong to one project; folders are projects of their own and never share servers.

use std::collections::{BTreeMap, HashSet};

use crate::config::Config;
use crate::facts::Facts;
use crate::facts::compose::{ComposeFile, ComposeRun};
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
    /// The env files for interpolation; empty: the `.env` of the directory.
    pub env_files: Vec<String>,
    /// The profiles switched on on the command line.
    pub profiles: Vec<String>,
}

/// More commands than a person would start; beyond it they say nothing new.
const MAX_SAID: usize = 64;

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
    let said = said(facts);
    compositions.retain(|guess| !said.iter().any(|run| run.replaces(guess, &said)));
    for run in said.into_iter().filter(|run| !run.is_plain).take(MAX_SAID) {
        add_said(&mut compositions, run);
    }
    compositions
}

/// Files that a command in the repository runs together.
struct SaidRun<'a> {
    run: &'a ComposeRun,
    files: Vec<&'a ComposeFile>,
    /// Nothing but what compose discovers by itself.
    is_plain: bool,
}

impl SaidRun<'_> {
    fn same_files(&self, other: &[&ComposeFile]) -> bool {
        self.files.iter().map(|file| &file.path).eq(other.iter().map(|file| &file.path))
    }

    /// Whether it makes a guess about the same files needless.
    fn replaces(&self, guess: &Composition<'_>, said: &[SaidRun<'_>]) -> bool {
        if self.is_plain {
            return false;
        }
        if self.same_files(&guess.files) {
            return !said.iter().any(|other| other.is_plain && other.same_files(&guess.files));
        }
        // A guess about an upper file, which is said to run on other ones.
        let upper = guess.files.last().filter(|file| !BASES.contains(&split(&file.path).1));
        let is_mine = |upper: &&ComposeFile| self.files.iter().any(|file| file.path == upper.path);
        self.files.len() > 1
            && upper.is_some_and(|upper| is_mine(&upper))
            && !said.iter().any(|other| other.same_files(&guess.files))
    }
}

/// Every command whose files were all read, each combination once.
fn said(facts: &Facts) -> Vec<SaidRun<'_>> {
    let mut all: Vec<SaidRun<'_>> = Vec::new();
    let find = |path: &String| facts.compose.iter().find(|file| file.path == *path);
    for run in &facts.runs {
        let files: Option<Vec<&ComposeFile>> =
            if run.files.is_empty() { discovered(facts, &run.directory) } else { run.files.iter().map(find).collect() };
        let Some(files) = files.filter(|files| !files.is_empty()) else { continue };
        let is_plain = run.files.is_empty() && run.env_files.is_empty() && run.profiles.is_empty();
        let known = all.iter().any(|other| {
            other.same_files(&files)
                && other.is_plain == is_plain
                && other.run.env_files == run.env_files
                && other.run.profiles == run.profiles
        });
        if !known {
            all.push(SaidRun { run, files, is_plain });
        }
    }
    all
}

/// What compose finds in a folder without being told.
fn discovered<'a>(facts: &'a Facts, folder: &str) -> Option<Vec<&'a ComposeFile>> {
    let find = |names: &[&str]| {
        names.iter().find_map(|name| {
            let path = crate::tree::join(folder, name)?;
            facts.compose.iter().find(|file| file.path == path)
        })
    };
    let base = find(&BASES)?;
    Some([Some(base), find(&OVERRIDES)].into_iter().flatten().collect())
}

fn add_said<'a>(compositions: &mut Vec<Composition<'a>>, said: SaidRun<'a>) {
    let SaidRun { run, files, .. } = said;
    let Some(last) = files.last() else { return };
    let mut name = last.path.clone();
    for extra in run.env_files.iter().map(|file| split(file).1).chain(run.profiles.iter().map(String::as_str)) {
        name = format!("{name} with {extra}");
    }
    let taken = |compositions: &[Composition<'_>], name: &str| compositions.iter().any(|other| other.name == name);
    if taken(compositions, &name) {
        let on: Vec<&str> = files.iter().map(|file| split(&file.path).1).collect();
        name = format!("{name} ({})", on.join(" "));
    }
    if taken(compositions, &name) {
        return;
    }
    // The file says most of the stage; where it says nothing, what is given along with it may.
    let words = run.env_files.iter().map(|file| split(file).1).chain(run.profiles.iter().map(String::as_str));
    let mut stages = std::iter::once(stage::of_path(&last.path)).chain(words.map(stage::of_name));
    let stage = stages.find(|stage| *stage != Stage::Unlabelled).unwrap_or(Stage::Unlabelled);
    let mut evidence = format!("{} runs {}", run.place, names(&files));
    if !run.env_files.is_empty() {
        evidence.push_str(&format!(" with --env-file {}", run.env_files.join(" ")));
    }
    if !run.profiles.is_empty() {
        evidence.push_str(&format!(" with --profile {}", run.profiles.join(" ")));
    }
    compositions.push(Composition {
        name,
        files,
        directory: run.directory.clone(),
        stage,
        evidence,
        confidence: Confidence::High,
        env_files: run.env_files.clone(),
        profiles: run.profiles.clone(),
    });
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
            env_files: Vec::new(),
            profiles: Vec::new(),
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
