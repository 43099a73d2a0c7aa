//! What the repository's own commands say of the files that run together: it beats what their names suggest.

use crate::facts::Facts;
use crate::facts::compose::{ComposeFile, ComposeRun};
use crate::finding::Confidence;
use crate::model::Stage;
use crate::resolve::stage;

use super::{BASES, Composition, file, found_in, names, same_files, split, stands_alone};

/// More commands than a person would start; beyond it they say nothing new.
const MAX_SAID: usize = 64;

/// Adds what the commands run, and takes out the guesses that they make needless.
pub(super) fn put_over<'a>(compositions: &mut Vec<Composition<'a>>, facts: &'a Facts) {
    let said = all(facts);
    compositions.retain(|guess| !said.iter().any(|run| run.replaces(guess, &said)));
    for run in said.into_iter().filter(|run| !run.is_plain).take(MAX_SAID) {
        add(compositions, run);
    }
}

/// Files that a command in the repository runs together.
struct Said<'a> {
    run: &'a ComposeRun,
    files: Vec<&'a ComposeFile>,
    /// The folder that relative paths start from.
    directory: &'a str,
    /// The env files for interpolation, later over earlier; empty: the `.env` of the directory.
    env_files: Vec<String>,
    /// Nothing but what compose discovers by itself.
    is_plain: bool,
}

impl Said<'_> {
    /// Whether it makes a guess about the same files needless.
    fn replaces(&self, guess: &Composition<'_>, said: &[Said<'_>]) -> bool {
        if self.is_plain {
            return false;
        }
        if same_files(&self.files, &guess.files) {
            return !said.iter().any(|other| other.is_plain && same_files(&other.files, &guess.files));
        }
        // A guess about an upper file, which is said to run on other ones.
        let is_upper = |file: &&&ComposeFile| !BASES.contains(&split(&file.path).1) || !stands_alone(file);
        let upper = guess.files.last().filter(is_upper);
        let is_mine = |upper: &&ComposeFile| self.files.iter().skip(1).any(|file| file.path == upper.path);
        upper.is_some_and(is_mine) && !said.iter().any(|other| same_files(&other.files, &guess.files))
    }
}

/// Every command whose files were all read, each combination once.
fn all(facts: &Facts) -> Vec<Said<'_>> {
    let mut all: Vec<Said<'_>> = Vec::new();
    for run in &facts.runs {
        let (directory, files) = if run.files.is_empty() {
            match found_above(facts, &run.directory) {
                Some(found) => found,
                None => continue,
            }
        } else {
            let files: Option<Vec<&ComposeFile>> = run.files.iter().map(|path| file(facts, path)).collect();
            (run.directory.as_str(), files.unwrap_or_default())
        };
        if files.is_empty() {
            continue;
        }
        let mut env_files = run.env_files.clone();
        if env_files.is_empty() && directory != run.directory {
            env_files = both_env_files(facts, directory, &run.directory);
        }
        let is_plain = run.files.is_empty() && env_files.is_empty() && run.profiles.is_empty();
        let known = all.iter().any(|other| {
            same_files(&other.files, &files)
                && other.is_plain == is_plain
                && other.env_files == env_files
                && other.run.profiles == run.profiles
        });
        if !known {
            all.push(Said { run, files, directory, env_files, is_plain });
        }
    }
    all
}

/// What compose discovers in a folder, or else in the nearest one above it.
fn found_above<'a>(facts: &'a Facts, folder: &'a str) -> Option<(&'a str, Vec<&'a ComposeFile>)> {
    let mut folder = folder;
    loop {
        if let Some(files) = found_in(facts, folder) {
            return Some((folder, files));
        }
        folder = if folder.is_empty() { return None } else { split(folder).0 };
    }
}

/// The `.env` beside the files and that of the folder below them in which compose is started; nothing where only the
/// first one is there.
fn both_env_files(facts: &Facts, directory: &str, started: &str) -> Vec<String> {
    let find =
        |folder| facts.env_files.iter().find(|file| Some(&file.path) == crate::tree::join(folder, ".env").as_ref());
    let Some(near) = find(started) else { return Vec::new() };
    find(directory).into_iter().chain([near]).map(|file| file.path.clone()).collect()
}

fn add<'a>(compositions: &mut Vec<Composition<'a>>, said: Said<'a>) {
    let Said { run, files, directory, env_files, .. } = said;
    let Some(last) = files.last() else { return };
    let extras = || env_files.iter().map(|file| split(file).1).chain(run.profiles.iter().map(String::as_str));
    let mut name = last.path.clone();
    for extra in extras() {
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
    let mut stages = std::iter::once(stage::of_path(&last.path)).chain(extras().map(stage::of_name));
    let stage = stages.find(|stage| *stage != Stage::Unlabelled).unwrap_or(Stage::Unlabelled);
    let mut evidence = format!("{} runs {}", run.place, names(&files));
    if run.directory != directory {
        evidence = format!("{evidence} from {}", run.directory);
    }
    if !run.env_files.is_empty() {
        evidence = format!("{evidence} with --env-file {}", run.env_files.join(" "));
    }
    if !run.profiles.is_empty() {
        evidence = format!("{evidence} with --profile {}", run.profiles.join(" "));
    }
    compositions.push(Composition {
        name,
        files,
        directory: directory.to_owned(),
        stage,
        evidence,
        evidence_at: Some(run.span),
        confidence: Confidence::High,
        env_files,
        profiles: run.profiles.clone(),
    });
}
