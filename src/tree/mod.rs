//! The only reader of the disk: which paths exist, and what the files say.
//!
//! Comes in: a root folder, or texts in memory. Goes out: an [`Index`] of all paths and the bytes of the files asked
//! for, none from outside the root. Doesn't know which files matter; `extract` asks for them.

mod disk;
mod ignored;
mod index;
mod root;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::finding::{Level, Notice};
use crate::git::{Before, Tracked};
pub use index::{Index, Presence, join};
pub use root::{Located, locate, locate_text};

/// Larger files are left out with a notice: no hand-written configuration comes near.
pub const MAX_FILE_SIZE: u64 = 8 << 20;

/// A repository on disk or in memory.
pub struct Tree {
    /// The folder on disk; `None`: all texts are in memory.
    root: Option<PathBuf>,
    index: Index,
    /// What git tracks; `None`: it can't tell.
    tracked: Option<Tracked>,
    /// Texts that stand in for what is on disk: an edit to be tried, an editor's buffer, an earlier commit, a test.
    /// `None`: as if the file were not there.
    overlays: BTreeMap<String, Option<Vec<u8>>>,
    notices: Vec<Notice>,
}

/// Why a root can't be opened.
#[derive(Debug)]
pub enum TreeError {
    /// There is no such path.
    NotFound(PathBuf),
    /// It is no folder.
    NotAFolder(PathBuf),
    /// It is a folder.
    NotAFile(PathBuf),
    /// A path lies outside the root.
    Outside(PathBuf),
    /// The system refused.
    Io(PathBuf, std::io::Error),
}

impl fmt::Display for TreeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound(path) => write!(f, "no such path: {}", path.display()),
            Self::NotAFolder(path) => write!(f, "not a folder: {}", path.display()),
            Self::NotAFile(path) => write!(f, "not a file: {}", path.display()),
            Self::Outside(path) => write!(f, "not below the root: {}", path.display()),
            Self::Io(path, error) => write!(f, "can't open {}: {error}", path.display()),
        }
    }
}

impl std::error::Error for TreeError {}

/// What became of a file that was asked for.
pub enum Content {
    /// Its bytes.
    Bytes(Vec<u8>),
    /// It is not there, or lies outside the root.
    Missing,
    /// It is there, and can't or must not be read.
    Refused(Notice),
}

impl Tree {
    /// Indexes the folder `root`.
    ///
    /// # Errors
    /// Where `root` is no folder that can be listed.
    pub fn open(root: &Path) -> Result<Self, TreeError> {
        let listing = disk::list(root)?;
        let tracked = crate::git::tracked(root);
        let index = Index::new(listing.files.into_iter().map(|path| {
            let known = tracked.as_ref().map(|tracked| tracked.contains(&path));
            (path, known)
        }));
        let mut tree =
            Self { root: Some(root.to_owned()), index, tracked, overlays: BTreeMap::new(), notices: listing.notices };
        tree.read_ignore_files();
        Ok(tree)
    }

    /// A tree of texts in memory.
    #[must_use]
    pub fn from_texts(texts: impl IntoIterator<Item = (String, Vec<u8>)>) -> Self {
        let mut tree =
            Self { root: None, index: Index::default(), tracked: None, overlays: BTreeMap::new(), notices: Vec::new() };
        for (path, bytes) in texts {
            tree.overlay(path, bytes);
        }
        tree.read_ignore_files();
        tree
    }

    /// Lets a text stand in for the file at a path, which need not exist. The path is relative to the root; one that
    /// leaves the root is dropped.
    pub fn overlay(&mut self, path: impl AsRef<str>, bytes: Vec<u8>) {
        let Some(path) = join("", path.as_ref()).filter(|path| !path.is_empty()) else { return };
        self.index.insert(path.clone(), self.tracked(&path));
        self.overlays.insert(path, Some(bytes));
    }

    /// Lets a text that is not saved yet stand in for its file. One that is left out where it lies on disk stays out,
    /// and is read only where another file asks for it.
    pub fn stand_in(&mut self, path: &str, bytes: Vec<u8>) {
        match self.index.presence(path) {
            Presence::File => self.overlay(path, bytes),
            Presence::Absent if matches!(self.read(path), Content::Missing) => self.overlay(path, bytes),
            Presence::Absent | Presence::Ignored | Presence::Folder => {
                self.overlays.insert(path.to_owned(), Some(bytes));
            }
        }
    }

    /// Undoes an overlay of a file that is not there otherwise.
    pub fn take_back(&mut self, path: &str) {
        self.index.remove(path);
        self.overlays.remove(path);
    }

    /// The tree as it was before a change: with these texts, and without the files that have none.
    #[must_use]
    pub fn before(mut self, change: Before) -> Self {
        for (path, bytes) in change {
            match bytes {
                // Ours to read neither now nor then: an ignore file of ours speaks against it.
                Some(_) if !self.index.is_file(&path) && !matches!(self.read(&path), Content::Missing) => {}
                Some(bytes) => self.overlay(path, bytes),
                None => {
                    self.index.remove(&path);
                    self.overlays.insert(path, None);
                }
            }
        }
        self.index.forget_ignore_rules();
        self.read_ignore_files();
        self
    }

    /// Every path of the tree.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Whether git tracks a path, in the index or not; `None` where git can't tell.
    #[must_use]
    pub fn tracked(&self, path: &str) -> Option<bool> {
        self.tracked.as_ref().map(|tracked| tracked.contains(path))
    }

    /// What could not be listed.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// Reads one file, whether or not it is in the index (git-ignored files are not). Never leaves the root.
    #[must_use]
    pub fn read(&self, path: &str) -> Content {
        let mut bytes = Vec::new();
        self.read_into(path, &mut bytes).unwrap_or(Content::Bytes(bytes))
    }

    /// Reads many files at once; the answers come in the order of the paths. Those that `keep` refuses are dropped
    /// while the others are still being read, so that a large tree never stands in memory as a whole.
    #[must_use]
    pub fn read_many<T: AsRef<str> + Sync>(
        &self,
        paths: &[T],
        keep: impl Fn(&str, &[u8]) -> bool + Sync,
    ) -> Vec<Option<Content>> {
        // Most are refused: one buffer for all that a thread looks at.
        let read = |buffer: &mut Vec<u8>, path: &T| match self.read_into(path.as_ref(), buffer) {
            None if keep(path.as_ref(), buffer) => Some(Content::Bytes(buffer.clone())),
            None => None,
            other => other,
        };
        paths.par_iter().map_init(Vec::new, read).collect()
    }

    /// Reads a file into a buffer, or says what is there instead.
    fn read_into(&self, path: &str, bytes: &mut Vec<u8>) -> Option<Content> {
        let Some(path) = join("", path).filter(|path| !path.is_empty()) else { return Some(Content::Missing) };
        if let Some(overlay) = self.overlays.get(&path) {
            let Some(overlay) = overlay else { return Some(Content::Missing) };
            if overlay.len() as u64 > MAX_FILE_SIZE {
                return Some(Content::Refused(too_large(path)));
            }
            bytes.clone_from(overlay);
            return None;
        }
        let Some(root) = &self.root else { return Some(Content::Missing) };
        let listed = self.index.is_file(&path);
        match disk::read_into(root, &path, listed, bytes) {
            Some(Content::Missing) if listed => Some(Content::Refused(vanished(path))),
            other => other,
        }
    }

    /// Lets the index answer for paths that are not there but would be ignored.
    fn read_ignore_files(&mut self) {
        let is_ignore_file = |path: &&str| matches!(path.rsplit('/').next(), Some(".gitignore"));
        let paths: Vec<String> = self.index.files().filter(is_ignore_file).map(str::to_owned).collect();
        for path in paths {
            let Content::Bytes(bytes) = self.read(&path) else { continue };
            if let Some(rules) = ignored::patterns(&bytes) {
                self.index.insert_ignore_rules(path.rsplit_once('/').map_or("", |(folder, _)| folder), rules);
            }
        }
    }
}

/// Between the walk and the reading it went away, or became a folder: nothing may be concluded from its absence.
fn vanished(path: String) -> Notice {
    Notice::path("unreadable", Level::Error, path, "was there a moment ago, and is no file any more")
}

fn too_large(path: String) -> Notice {
    Notice::path("file-too-large", Level::Error, path, format!("larger than {} MiB, not read", MAX_FILE_SIZE >> 20))
}
