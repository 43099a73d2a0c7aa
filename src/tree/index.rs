//! Which paths exist in the tree, which git tracks, and which git would ignore; no contents.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ignore::gitignore::Gitignore;

/// What is known of a path of the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// A file that is there.
    File,
    /// A folder that is there.
    Folder,
    /// Not there, but ignored by git (or it would be): it may exist on other machines.
    Ignored,
    /// Not there, and nothing says it should be.
    Absent,
}

/// Every path of the tree, without contents. Paths are relative to the root, with `/`, without `./`.
///
/// What the walk listed is shared between copies and never changed: a copy that knows some files more, or less, costs
/// what it differs by.
#[derive(Debug, Default, Clone)]
pub struct Index {
    /// Files of the walk in path order, with whether git tracks them (`None`: git can't tell).
    listed: Arc<[(String, Option<bool>)]>,
    /// Files beside it.
    added: BTreeMap<String, Option<bool>>,
    /// Files of it that are no more.
    removed: BTreeSet<String>,
    ignored: BTreeSet<String>,
    /// Ignore files with the folder they stand in; deeper folders come later and win.
    rules: Vec<(String, Gitignore)>,
}

impl Index {
    /// An index over these files.
    pub fn new(files: impl IntoIterator<Item = (String, Option<bool>)>) -> Self {
        let mut listed: Vec<_> = files.into_iter().collect();
        // A walk and a list of git come sorted, or nearly so.
        listed.sort_by(|a, b| a.0.cmp(&b.0));
        listed.dedup_by(|a, b| a.0 == b.0);
        Self { listed: listed.into(), ..Self::default() }
    }

    /// Adds a file.
    pub fn insert(&mut self, path: String, tracked: Option<bool>) {
        self.removed.remove(&path);
        if self.at(&path).is_err() {
            self.added.insert(path, tracked);
        }
    }

    /// Takes out a file; a folder that held nothing else goes with it.
    pub fn remove(&mut self, path: &str) {
        self.added.remove(path);
        if self.at(path).is_ok() {
            self.removed.insert(path.to_owned());
        }
    }

    /// Where the walk's list has a path, or would have it.
    fn at(&self, path: &str) -> Result<usize, usize> {
        self.listed.binary_search_by(|(other, _)| other.as_str().cmp(path))
    }

    /// Forgets what the ignore files said.
    pub fn forget_ignore_rules(&mut self) {
        self.rules.clear();
    }

    /// Notes that git would ignore a path that is not there.
    pub fn insert_ignored(&mut self, path: String) {
        self.ignored.insert(path);
    }

    /// Adds the lines of an ignore file that stands in `folder`; it may also speak of paths that are not there.
    pub fn insert_ignore_rules(&mut self, folder: &str, rules: Gitignore) {
        let at = self.rules.partition_point(|(other, _)| other.as_str() <= folder);
        self.rules.insert(at, (folder.to_owned(), rules));
    }

    /// Whether there is a file: the question that is asked most, and ignore files have no say in it.
    #[must_use]
    pub fn is_file(&self, path: &str) -> bool {
        self.added.contains_key(path) || self.at(path).is_ok() && !self.removed.contains(path)
    }

    /// What is known of a normalised path.
    #[must_use]
    pub fn presence(&self, path: &str) -> Presence {
        if self.is_file(path) {
            Presence::File
        } else if path.is_empty() || self.files_below(path).next().is_some() {
            Presence::Folder
        } else if self.ignored.contains(path) || self.would_be_ignored(path) {
            Presence::Ignored
        } else {
            Presence::Absent
        }
    }

    /// Whether the ignore files speak against a path, be it a file or a folder.
    fn would_be_ignored(&self, path: &str) -> bool {
        for (folder, rules) in self.rules.iter().rev() {
            let inside = match folder.as_str() {
                "" => Some(path),
                folder => path.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')),
            };
            let Some(inside) = inside.filter(|rest| !rest.is_empty() && !rest.starts_with('/')) else { continue };
            for is_folder in [false, true] {
                let verdict = rules.matched_path_or_any_parents(inside, is_folder);
                if !verdict.is_none() {
                    return verdict.is_ignore();
                }
            }
        }
        false
    }

    /// Whether git tracks a file; `None` where git can't tell or the file is not there.
    #[must_use]
    pub fn tracked(&self, path: &str) -> Option<bool> {
        match self.at(path) {
            Ok(at) if !self.removed.contains(path) => self.listed[at].1,
            _ => self.added.get(path).copied().flatten(),
        }
    }

    /// All files in path order.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files_below("")
    }

    /// The files in a folder and below, in path order.
    pub fn files_below(&self, folder: &str) -> impl Iterator<Item = &str> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let from = self.listed.partition_point(|(path, _)| *path < prefix);
        let listed = self.listed[from..].iter().map(|(path, _)| path.as_str());
        let added = self.added.range(prefix.clone()..).map(|(path, _)| path.as_str());
        let (mut listed, mut added) =
            (listed.filter(|path| !self.removed.contains(*path)).peekable(), added.peekable());
        std::iter::from_fn(move || match (listed.peek(), added.peek()) {
            (Some(one), Some(other)) if one < other => listed.next(),
            (_, Some(_)) => added.next(),
            (_, None) => listed.next(),
        })
        .take_while(move |path| path.starts_with(&prefix))
    }
}

/// Joins a folder and a relative path; `None` where the result lies outside the root or is absolute.
#[must_use]
pub fn join(folder: &str, path: &str) -> Option<String> {
    if path.starts_with('/') || path.starts_with('~') {
        return None;
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            _ => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
