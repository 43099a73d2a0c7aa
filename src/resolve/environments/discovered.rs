//! What compose finds by itself: base and override of a folder, `COMPOSE_FILE` of its `.env`; and what file names
//! suggest: stage files that stand alone or change the base.

use std::collections::{BTreeMap, HashSet};

use crate::facts::Facts;
use crate::facts::compose::ComposeFile;
use crate::finding::Confidence;
use crate::resolve::stage;
use crate::tree::join;

use super::{BASES, Chosen, Composition, OVERRIDES, file, found_in, names, split, stands_alone};

/// The guesses, folder by folder.
pub(super) fn compositions<'a>(
    facts: &'a Facts,
    compose_file: &dyn Fn(&str) -> Option<Chosen>,
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
        compositions.extend(of_folder(facts, folder, &files, compose_file(folder)));
    }
    compositions
}

fn of_folder<'a>(
    facts: &'a Facts,
    folder: &str,
    files: &[&'a ComposeFile],
    compose_file: Option<Chosen>,
) -> Vec<Composition<'a>> {
    let found = found_in(facts, folder).unwrap_or_default();
    let chosen = compose_file.and_then(|chosen| by_variable(facts, folder, &chosen));
    let taken: Vec<&str> = chosen.iter().flat_map(|chosen| &chosen.files).map(|file| file.path.as_str()).collect();
    let mut compositions = Vec::new();
    let base = found.first().copied();
    if chosen.is_none()
        && let Some(base) = base
    {
        let with = found.get(1).map_or_else(String::new, |over| format!(" with {}", split(&over.path).1));
        let evidence = format!("compose discovers {}{with}", split(&base.path).1);
        compositions.push(guess(found.clone(), &base.path, evidence));
    }
    for file in files {
        let name = split(&file.path).1;
        let discovered = BASES.contains(&name) || (base.is_some() && OVERRIDES.contains(&name));
        if discovered || file.is_empty() || taken.contains(&file.path.as_str()) {
            continue;
        }
        compositions.push(match base {
            Some(base) if !stands_alone(file) => {
                guess(vec![base, *file], &file.path, format!("{name} changes services of {}", split(&base.path).1))
            }
            _ => guess(vec![*file], &file.path, format!("{name} stands alone")),
        });
    }
    chosen.into_iter().chain(compositions).collect()
}

fn guess<'a>(files: Vec<&'a ComposeFile>, name: &str, evidence: String) -> Composition<'a> {
    Composition {
        name: name.to_owned(),
        files,
        directory: split(name).0.to_owned(),
        stage: stage::of_path(name),
        evidence,
        evidence_at: None,
        confidence: Confidence::High,
        env_files: Vec::new(),
        profiles: Vec::new(),
    }
}

/// The files that `COMPOSE_FILE` names. Paths in them start from the folder of the first one, whose own `.env` is read
/// below the one that names them.
fn by_variable<'a>(facts: &'a Facts, folder: &str, chosen: &Chosen) -> Option<Composition<'a>> {
    let files: Vec<&ComposeFile> = chosen.paths.iter().filter_map(|path| file(facts, path)).collect();
    let (first, last) = (files.first()?, files.last()?);
    let directory = split(&first.path).0.to_owned();
    let evidence = format!("COMPOSE_FILE of .env names {}", names(&files));
    let is_read = |path: &String| facts.env_files.iter().any(|file| file.path == *path);
    let env_files = [&directory, folder].iter().filter_map(|folder| join(folder, ".env")).filter(is_read).collect();
    let guess = guess(files.clone(), &last.path, evidence);
    Some(Composition { directory, env_files, evidence_at: Some(chosen.span), ..guess })
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
            for path in included.chain(extended).filter_map(|path| join(folder, path.as_str())) {
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
