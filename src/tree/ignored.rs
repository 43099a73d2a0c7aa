//! The ignore files of a folder on disk: which paths a walk leaves out.
//!
//! Comes in: folders, as the walk reaches them, parents first. Goes out: whether an entry of them is left out. The
//! walker could read these files itself, but it follows links, waits at pipes and reads devices, and a repository may
//! hold a `.gitignore` that is any of them: ours are read as all other files are. (git too takes no link for one.)

use std::collections::HashMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::{Content, disk};
use crate::finding::{Level, Notice};

/// Leaves out of our sight what git does track.
pub(super) const OWN: &str = ".redislintignore";

/// What counts, the strongest first: ours, that of search tools, git's.
const NAMES: [&str; 3] = [OWN, ".ignore", ".gitignore"];

/// The longest public ones have some ten thousand bytes; patterns are costly to compile.
const MAX_SIZE: usize = 512 << 10;

/// The ignore files of one folder, in the order of [`NAMES`].
type Rules = [Option<Gitignore>; NAMES.len()];

/// The ignore files met so far.
pub(super) struct IgnoreFiles {
    root: PathBuf,
    /// By folder; only those that hold any.
    found: RwLock<HashMap<OsString, Rules>>,
    notices: Mutex<Vec<Notice>>,
}

impl IgnoreFiles {
    /// Those of the root itself.
    pub(super) fn new(root: &Path) -> Self {
        let files = Self { root: root.to_owned(), found: RwLock::default(), notices: Mutex::default() };
        files.enter(root);
        files
    }

    /// Whether the walk is to pass over an entry. A folder that it is to enter is looked into for ignore files.
    pub(super) fn leaves_out(&self, path: &Path, is_folder: bool) -> bool {
        let left_out = self.matches(path, is_folder);
        if is_folder && !left_out {
            self.enter(path);
        }
        left_out
    }

    /// Whether our own ignore file at the root speaks against a file that git ignores.
    pub(super) fn is_unwanted(&self, path: &str) -> bool {
        let found = self.found.read().unwrap_or_else(PoisonError::into_inner);
        let own = found.get(self.root.as_os_str()).and_then(|[own, ..]| own.as_ref());
        own.is_some_and(|own| own.matched_path_or_any_parents(path, false).is_ignore())
    }

    /// What could not be read.
    pub(super) fn notices(&self) -> Vec<Notice> {
        std::mem::take(&mut *self.notices.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn matches(&self, path: &Path, is_folder: bool) -> bool {
        let found = self.found.read().unwrap_or_else(PoisonError::into_inner);
        if found.is_empty() {
            return false;
        }
        // Of each name, the deepest file that says anything decides.
        let mut said: [Option<bool>; NAMES.len()] = Default::default();
        for folder in path.ancestors().skip(1) {
            if let Some(rules) = found.get(folder.as_os_str())
                && let Ok(inside) = path.strip_prefix(folder)
            {
                for (said, rules) in said.iter_mut().zip(rules) {
                    let Some(rules) = rules.as_ref().filter(|_| said.is_none()) else { continue };
                    *said = match rules.matched(inside, is_folder) {
                        Match::Ignore(_) => Some(true),
                        Match::Whitelist(_) => Some(false),
                        Match::None => None,
                    };
                }
            }
            if folder.as_os_str().len() <= self.root.as_os_str().len() {
                break;
            }
        }
        said.into_iter().flatten().next().unwrap_or(false)
    }

    fn enter(&self, folder: &Path) {
        let rules = NAMES.map(|name| self.read(folder, name));
        if rules.iter().any(Option::is_some) {
            let mut found = self.found.write().unwrap_or_else(PoisonError::into_inner);
            found.insert(folder.as_os_str().to_owned(), rules);
        }
    }

    fn read(&self, folder: &Path, name: &str) -> Option<Gitignore> {
        let mut bytes = Vec::new();
        let notice = match disk::read_into(folder, name, true, &mut bytes) {
            None if bytes.len() <= MAX_SIZE => return patterns(&bytes),
            None => Notice::path(
                "file-too-large",
                Level::Warning,
                name,
                format!("larger than {} KiB, ignores nothing", MAX_SIZE >> 10),
            ),
            Some(Content::Refused(notice)) => notice,
            Some(_) => return None,
        };
        let path = disk::relative(&self.root, &folder.join(name)).or(notice.path);
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).push(Notice { path, ..notice });
        None
    }
}

/// The patterns of an ignore file, for paths relative to its folder. One that git can't read ignores nothing, here as
/// there.
pub(super) fn patterns(bytes: &[u8]) -> Option<Gitignore> {
    if bytes.len() > MAX_SIZE {
        return None;
    }
    let mut rules = GitignoreBuilder::new("");
    for line in String::from_utf8_lossy(bytes).lines() {
        let _ = rules.add_line(None, line);
    }
    rules.build().ok()
}
