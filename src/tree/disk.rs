//! Listing and reading a folder on disk. Follows no symbolic link, opens regular files only.

use std::collections::BTreeSet;
use std::fs;
use std::io::{ErrorKind, Read};
use std::path::{MAIN_SEPARATOR, Path};
use std::sync::{Arc, Mutex};

use ignore::{WalkBuilder, WalkState};
use rayon::prelude::*;

use super::ignored::IgnoreFiles;
use super::{Content, MAX_FILE_SIZE, TreeError, too_large};
use crate::finding::{Level, Notice};

/// What a walk found.
#[derive(Default)]
pub(super) struct Listing {
    /// Regular files that are not ignored, and ignored `.env*` files where they decide; relative to the root, in order.
    pub files: Vec<String>,
    /// What could not be listed.
    pub notices: Vec<Notice>,
}

/// Lists the regular files under `root`.
pub(super) fn list(root: &Path) -> Result<Listing, TreeError> {
    let found = fs::metadata(root).map_err(|error| match error.kind() {
        ErrorKind::NotFound => TreeError::NotFound(root.to_owned()),
        _ => TreeError::Io(root.to_owned(), error),
    })?;
    if !found.is_dir() {
        return Err(TreeError::NotAFolder(root.to_owned()));
    }
    fs::read_dir(root).map_err(|error| TreeError::Io(root.to_owned(), error))?;

    // Each thread collects on its own; the lists are joined when it ends.
    let all = Mutex::new(Vec::new());
    let ignored = Arc::new(IgnoreFiles::new(root));
    let wanted = {
        let ignored = Arc::clone(&ignored);
        move |entry: &ignore::DirEntry| {
            let is_folder = entry.file_type().is_some_and(|kind| kind.is_dir());
            entry.depth() == 0 || entry.file_name() != ".git" && !ignored.leaves_out(entry.path(), is_folder)
        }
    };
    let walk = WalkBuilder::new(root).standard_filters(false).follow_links(false).filter_entry(wanted).build_parallel();
    walk.run(|| {
        let mut steps = Steps { own: Vec::new(), all: &all };
        Box::new(move |entry| {
            match step(root, entry) {
                Step::Nothing => {}
                step => steps.own.push(step),
            }
            WalkState::Continue
        })
    });
    let mut listing = Listing::default();
    for step in all.into_inner().unwrap_or_default() {
        match step {
            Step::File(path) => listing.files.push(path),
            Step::Trouble(notice) => listing.notices.push(notice),
            Step::Nothing => {}
        }
    }
    listing.notices.extend(ignored.notices());
    listing.notices.sort_by(|a, b| (&a.path, &a.message).cmp(&(&b.path, &b.message)));
    let hidden = env_files(root, &listing.files, &ignored);
    listing.files.extend(hidden);
    listing.files.par_sort_unstable();
    listing.files.dedup();
    Ok(listing)
}

/// What one thread of the walk saw.
struct Steps<'a> {
    own: Vec<Step>,
    all: &'a Mutex<Vec<Step>>,
}

impl Drop for Steps<'_> {
    fn drop(&mut self) {
        if let Ok(mut all) = self.all.lock() {
            all.append(&mut self.own);
        }
    }
}

enum Step {
    File(String),
    Trouble(Notice),
    Nothing,
}

fn step(root: &Path, entry: Result<ignore::DirEntry, ignore::Error>) -> Step {
    match entry {
        Ok(entry) if entry.file_type().is_some_and(|kind| kind.is_file()) => match relative(root, entry.path()) {
            Some(path) => Step::File(path),
            None => Step::Trouble(Notice::path(
                "path-not-text",
                Level::Warning,
                entry.path().strip_prefix(root).unwrap_or(entry.path()).to_string_lossy(),
                "the path is no valid UTF-8, the file is left out",
            )),
        },
        Ok(_) => Step::Nothing,
        Err(error) => Step::Trouble(unlisted(root, &error)),
    }
}

/// The path inside the error would be the machine's own; only the part below the root is shown.
fn unlisted(root: &Path, error: &ignore::Error) -> Notice {
    let mut inner = error;
    let mut place = None;
    // Depth and path wrap the cause, a handful of levels at most.
    loop {
        inner = match inner {
            ignore::Error::WithPath { path, err } => {
                place = relative(root, path);
                err
            }
            ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => err,
            _ => break,
        };
    }
    let why = inner.io_error().map_or_else(|| "unknown reason".to_owned(), |error| error.kind().to_string());
    Notice::path("unreadable", Level::Error, place.unwrap_or_default(), format!("can't be listed: {why}"))
}

/// A path as it is shown; `None` where it is no text.
pub(super) fn relative(root: &Path, path: &Path) -> Option<String> {
    let path = path.strip_prefix(root).ok()?.to_str()?;
    Some(if MAIN_SEPARATOR == '/' { path.to_owned() } else { path.replace(MAIN_SEPARATOR, "/") })
}

/// `.env*` is mostly git-ignored, yet it decides: it is looked for in every folder where a reader of it may start,
/// unless the root's own ignore file speaks against it.
fn env_files(root: &Path, files: &[String], ignored: &IgnoreFiles) -> Vec<String> {
    let folders: BTreeSet<&str> = files
        .iter()
        .map(|path| path.rsplit_once('/').unwrap_or(("", path)))
        .filter(|(_, name)| reads_env(name))
        .map(|(folder, _)| folder)
        .chain([""])
        .collect();
    let mut found = Vec::new();
    for folder in folders {
        let Ok(entries) = fs::read_dir(root.join(folder)) else { continue };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let Some(name) = name.to_str().filter(|name| name.starts_with(".env")) else { continue };
            let path = if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") };
            if !ignored.is_unwanted(&path) && entry.file_type().is_ok_and(|kind| kind.is_file()) {
                found.push(path);
            }
        }
    }
    found
}

/// Files whose presence makes a folder one in which programs look for `.env`.
fn reads_env(name: &str) -> bool {
    let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    yaml && name.contains("compose")
        || name.starts_with("Dockerfile")
        || name.starts_with("requirements")
        || matches!(name, "main.py" | "app.py" | "manage.py" | "settings.py" | "config.py" | "wsgi.py" | "__main__.py")
        || matches!(name, "pyproject.toml" | "Pipfile" | "package.json" | "Makefile" | "justfile" | "Procfile")
}

/// Reads one normalised path below `root` into `bytes`; what is answered otherwise, or nothing. Of a path that the walk
/// listed, the folders are known to be real ones, as the walk follows no links; of any other path each is looked at.
pub(super) fn read_into(root: &Path, path: &str, listed: bool, bytes: &mut Vec<u8>) -> Option<Content> {
    if !listed {
        for (end, _) in path.match_indices('/') {
            match fs::symlink_metadata(root.join(&path[..end])) {
                Ok(found) if found.is_dir() => {}
                Ok(found) if found.is_symlink() => return Some(link(path)),
                Ok(_) | Err(_) => return Some(Content::Missing),
            }
        }
    }
    let file = match open(&root.join(path)) {
        Ok(file) => file,
        Err(error) => return Some(unopened(root, path, &error)),
    };
    // Of the open file, not of the path, which may have become another meanwhile.
    let size = match file.metadata() {
        Ok(found) if found.is_dir() => return Some(Content::Missing),
        // A pipe or device could block for ever.
        Ok(found) if !found.is_file() => return Some(refused(path, "not a regular file")),
        Ok(found) if found.len() > MAX_FILE_SIZE => return Some(Content::Refused(too_large(path.to_owned()))),
        Ok(found) => found.len(),
        Err(error) => return Some(refused(path, &format!("can't be read: {}", error.kind()))),
    };
    bytes.clear();
    // One byte more than it should have, so that the end is seen without growing.
    bytes.reserve(usize::try_from(size).unwrap_or(0) + 1);
    match file.take(MAX_FILE_SIZE + 1).read_to_end(bytes) {
        Ok(_) if bytes.len() as u64 > MAX_FILE_SIZE => Some(Content::Refused(too_large(path.to_owned()))),
        Ok(_) => None,
        Err(error) => Some(refused(path, &format!("can't be read: {}", error.kind()))),
    }
}

/// Opens without following a link at the end, and without waiting for the other end of a pipe.
#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<fs::File> {
    use std::os::unix::fs::OpenOptionsExt;
    fs::OpenOptions::new().read(true).custom_flags(libc::O_NOFOLLOW | libc::O_NONBLOCK).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<fs::File> {
    if fs::symlink_metadata(path)?.is_symlink() {
        return Err(std::io::Error::other("a symbolic link"));
    }
    fs::File::open(path)
}

/// Why a path could not be opened: asked only then.
fn unopened(root: &Path, path: &str, error: &std::io::Error) -> Content {
    match fs::symlink_metadata(root.join(path)) {
        Ok(found) if found.is_symlink() => link(path),
        Ok(found) if found.is_file() => refused(path, &format!("can't be read: {}", error.kind())),
        Ok(found) if !found.is_dir() => refused(path, "not a regular file"),
        Ok(_) | Err(_) => Content::Missing,
    }
}

fn link(path: &str) -> Content {
    Content::Refused(Notice::path("symlink", Level::Info, path, "symbolic links are not followed"))
}

fn refused(path: &str, why: &str) -> Content {
    Content::Refused(Notice::path("unreadable", Level::Error, path, why))
}
