//! The only reader of the disk: which paths exist, and what the files say.

use std::collections::{BTreeMap, BTreeSet};

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
#[derive(Debug, Default, Clone)]
pub struct Index {
    /// Files with whether git tracks them (`None`: git can't tell).
    files: BTreeMap<String, Option<bool>>,
    folders: BTreeSet<String>,
    ignored: BTreeSet<String>,
}

impl Index {
    /// An index over these files.
    pub fn new(files: impl IntoIterator<Item = (String, Option<bool>)>) -> Self {
        let mut index = Self { folders: BTreeSet::from([String::new()]), ..Self::default() };
        for (path, tracked) in files {
            index.insert(path, tracked);
        }
        index
    }

    /// Adds a file and its folders.
    pub fn insert(&mut self, path: String, tracked: Option<bool>) {
        let mut folder = path.as_str();
        while let Some((parent, _)) = folder.rsplit_once('/') {
            if !self.folders.insert(parent.to_owned()) {
                break;
            }
            folder = parent;
        }
        self.files.insert(path, tracked);
    }

    /// Notes that git would ignore a path that is not there.
    pub fn insert_ignored(&mut self, path: String) {
        self.ignored.insert(path);
    }

    /// What is known of a normalised path.
    #[must_use]
    pub fn presence(&self, path: &str) -> Presence {
        if self.files.contains_key(path) {
            Presence::File
        } else if self.folders.contains(path) {
            Presence::Folder
        } else if self.ignored.contains(path) {
            Presence::Ignored
        } else {
            Presence::Absent
        }
    }

    /// Whether git tracks a file; `None` where git can't tell or the file is not there.
    #[must_use]
    pub fn tracked(&self, path: &str) -> Option<bool> {
        self.files.get(path).copied().flatten()
    }

    /// All files in path order.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The files in a folder and below, in path order.
    pub fn files_below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        self.files
            .range(prefix.clone()..)
            .map(|(path, _)| path.as_str())
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
