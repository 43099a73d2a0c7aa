//! `--fix` and `redislint fix`: from what `redislint::fix` worked out to files and words.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::cli::Fixing;
use crate::console::{complain, print};
use redislint::fix::auth::Taken;
use redislint::fix::engine::{Change, Done, Fixed};
use redislint::fix::{diff, write};
use redislint::git;
use redislint::report::clean;
use redislint::tree::Tree;

/// What git says about the files, asked before they are changed.
pub struct Versions {
    /// Files that differ from the last commit; `None`: there is no git to ask.
    dirty: Option<Vec<String>>,
    tracked: Vec<String>,
}

impl Versions {
    /// Asks git.
    pub fn of(root: &Path, tree: &Tree) -> Result<Self, String> {
        let files: Vec<(String, bool)> =
            tree.index().files().map(|path| (path.to_owned(), tree.tracked(path) == Some(true))).collect();
        let tracked: Vec<String> = files.iter().filter(|(_, tracked)| *tracked).map(|(path, _)| path.clone()).collect();
        if files.iter().all(|(path, _)| tree.tracked(path).is_none()) {
            return Ok(Self { dirty: None, tracked });
        }
        let changed = match git::before(root, "HEAD", &files) {
            Ok(before) => before.into_iter().filter(|(_, bytes)| bytes.is_some()).map(|(path, _)| path).collect(),
            // Before the first commit nothing can be brought back.
            Err(git::ChangeError::UnknownRevision(_)) => tracked.clone(),
            Err(error) => return Err(error.to_string()),
        };
        Ok(Self { dirty: Some(changed), tracked })
    }

    fn tracks(&self, path: &str) -> bool {
        self.tracked.iter().any(|tracked| tracked == path)
    }
}

/// Shows or writes the changes, and says what became of the findings.
pub fn carry_out(root: &Path, fixing: &Fixing, versions: &Versions, fixed: &Fixed) -> Result<(), String> {
    let changes = &fixed.changes;
    if fixing.dry_run {
        let diffs = changes.iter().map(|(path, change)| diff::render(path, change, &fixed.before, &fixed.after));
        print(&diffs.collect::<String>())?;
    } else if !changes.is_empty() {
        match &versions.dirty {
            Some(dirty) if !dirty.is_empty() && !fixing.allow_dirty => {
                return Err(format!(
                    "nothing is fixed: {} not committed, so that the fixes could not be told from it; commit, or say \
                     --allow-dirty",
                    some(dirty)
                ));
            }
            _ => write::write(root, changes)?,
        }
    }
    complain(&summary(fixing, fixed));
    if !fixing.dry_run {
        complain(&way_back(changes, versions));
    }
    Ok(())
}

fn some(paths: &[String]) -> String {
    match paths {
        [one] => format!("{} is", clean(one)),
        [one, rest @ ..] => format!("{} and {} more are", clean(one), rest.len()),
        [] => String::new(),
    }
}

fn summary(fixing: &Fixing, fixed: &Fixed) -> String {
    let mut out = String::new();
    let line = |done: &Done| format!("  {}: {}: {}", clean(&done.place), done.rule, clean(&done.description));
    if !fixed.applied.is_empty() {
        out.push_str(if fixing.dry_run { "would be fixed:\n" } else { "fixed:\n" });
    }
    for done in &fixed.applied {
        let _ = writeln!(out, "{}", line(done));
    }
    if !fixed.refused.is_empty() {
        out.push_str("not fixed:\n");
    }
    for (done, why) in &fixed.refused {
        let _ = writeln!(out, "{} ({})", line(done), clean(why));
    }
    if fixed.applied.is_empty() {
        out.push_str("nothing was fixed\n");
    }
    out
}

/// How to undo it all.
fn way_back(changes: &BTreeMap<String, Change>, versions: &Versions) -> String {
    let mut out = String::new();
    let (known, unknown): (Vec<&String>, Vec<&String>) = changes.keys().partition(|path| versions.tracks(path));
    let words = |paths: &[&String]| paths.iter().map(|path| shell_word(path)).collect::<Vec<_>>().join(" ");
    if !known.is_empty() {
        let _ = writeln!(out, "to go back: git checkout -- {}", words(&known));
    }
    if !unknown.is_empty() {
        let _ = writeln!(out, "git does not know, and can't bring back: {}", words(&unknown));
    }
    out
}

/// What a way out leaves to people, and how they see that it works.
pub fn remarks(taken: &Taken) -> String {
    let mut out = String::new();
    for (environment, why) in &taken.refused {
        let _ = writeln!(out, "refused for {}: {}", clean(environment), clean(why));
    }
    if !taken.by_hand.is_empty() {
        out.push_str("to be done by hand:\n");
    }
    for (place, what) in &taken.by_hand {
        let _ = writeln!(out, "  {}: {}", clean(place), clean(what));
    }
    if !taken.prepare.is_empty() && !taken.fixed.changes.is_empty() {
        out.push_str("to be run first, as it takes a password from there:\n");
        for line in &taken.prepare {
            let _ = writeln!(out, "  {}", clean(line));
        }
    }
    if !taken.verify.is_empty() && !taken.fixed.changes.is_empty() {
        out.push_str("to see that it works, once it runs:\n");
        for line in &taken.verify {
            let _ = writeln!(out, "  {}", clean(line));
        }
    }
    out
}

fn shell_word(path: &str) -> String {
    let plain = |char: char| char.is_ascii_alphanumeric() || "/._-+@".contains(char);
    let path = clean(path);
    if path.chars().all(plain) { path } else { format!("'{}'", path.replace('\'', "'\\''")) }
}
