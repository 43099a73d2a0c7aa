//! Paths as given on the command line → the root to analyse, and the paths below it that filter findings.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::TreeError;

/// A root and what of it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The folder to analyse.
    pub root: PathBuf,
    /// The root as seen from the working folder, for display.
    pub shown: String,
    /// Paths relative to the root, with `/`; empty: everything.
    pub paths: Vec<String>,
    /// The way from the folder that holds `.git` to the root, with `/`; empty where they are one, and without git.
    pub below: String,
}

/// Names that make a folder a root.
const MARKS: [&str; 2] = ["redislint.toml", ".git"];

/// Finds the root of `paths`: `root` where given, else the nearest folder above all of them that is marked as one, else
/// the folder that holds them. No paths: the working folder.
///
/// # Errors
/// Where a path does not exist or lies outside the root.
pub fn locate(paths: &[PathBuf], root: Option<&Path>) -> Result<Located, TreeError> {
    let found = paths.iter().map(|path| canonical(path)).collect::<Result<Vec<_>, _>>()?;
    within(found, paths, root)
}

/// Finds the root of a file that need not exist.
///
/// # Errors
/// Where it lies outside the root, or is a folder.
pub fn locate_text(file: &Path, root: Option<&Path>) -> Result<Located, TreeError> {
    let found = canonical_or_new(file)?;
    if found.is_dir() {
        return Err(TreeError::NotAFile(file.to_owned()));
    }
    within(vec![found], &[file.to_owned()], root)
}

/// `found` are the canonical forms of `given`.
fn within(mut found: Vec<PathBuf>, given: &[PathBuf], root: Option<&Path>) -> Result<Located, TreeError> {
    let root = if let Some(root) = root {
        let root = canonical(root)?;
        if !root.is_dir() {
            return Err(TreeError::NotAFolder(root));
        }
        root
    } else {
        if found.is_empty() {
            found.push(canonical(Path::new("."))?);
        }
        let common = common_folder(&found);
        let marked = |folder: &&Path| MARKS.iter().any(|mark| folder.join(mark).exists());
        let there = |folder: &&Path| folder.is_dir();
        common.ancestors().find(marked).or(common.ancestors().find(there)).unwrap_or(&common).to_owned()
    };
    let mut inside = Vec::new();
    for (nth, path) in found.iter().enumerate() {
        let Ok(rest) = path.strip_prefix(&root) else {
            return Err(TreeError::Outside(given.get(nth).unwrap_or(path).clone()));
        };
        inside.push(slashed(rest));
    }
    // One of them is the root itself: nothing is filtered.
    if inside.iter().any(String::is_empty) {
        inside.clear();
    }
    let shown = shown(&root);
    let top = root.ancestors().find(|folder| folder.join(".git").exists());
    let below = top.and_then(|top| root.strip_prefix(top).ok()).map(slashed).unwrap_or_default();
    Ok(Located { root, shown, paths: inside, below })
}

/// A relative path as reports write it, on every system.
fn slashed(path: &Path) -> String {
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

/// A canonical path as people write it: those of Windows begin with `\\?\`.
fn without_prefix(path: &str) -> String {
    match (path.strip_prefix(r"\\?\UNC\"), path.strip_prefix(r"\\?\")) {
        (Some(share), _) => format!("//{share}").replace('\\', "/"),
        (None, Some(path)) => path.replace('\\', "/"),
        (None, None) => path.to_owned(),
    }
}

/// The canonical form of a path of which only a beginning may exist.
fn canonical_or_new(path: &Path) -> Result<PathBuf, TreeError> {
    let mut rest = Vec::new();
    // The working folder stands before a relative path, and is there.
    let whole = canonical(Path::new("."))?.join(path);
    for folder in whole.ancestors() {
        match (canonical(folder), folder.file_name()) {
            (Ok(mut found), _) => {
                found.extend(rest.iter().rev());
                return Ok(found);
            }
            (Err(TreeError::NotFound(_)), Some(name)) => rest.push(name),
            (Err(error), _) => return Err(error),
        }
    }
    Err(TreeError::NotFound(path.to_owned()))
}

fn canonical(path: &Path) -> Result<PathBuf, TreeError> {
    fs::canonicalize(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => TreeError::NotFound(path.to_owned()),
        _ => TreeError::Io(path.to_owned(), error),
    })
}

fn common_folder(paths: &[PathBuf]) -> PathBuf {
    let folder = |path: &PathBuf| match path.parent() {
        Some(parent) if !path.is_dir() => parent.to_owned(),
        _ => path.clone(),
    };
    let mut paths = paths.iter().map(folder);
    let first = paths.next().unwrap_or_default();
    paths.fold(first, |common, path| {
        common.ancestors().find(|folder| path.starts_with(folder)).map(Path::to_owned).unwrap_or_default()
    })
}

/// Relative to the working folder where one lies above the other: reports then do not name the machine's folders.
fn shown(root: &Path) -> String {
    let here = std::env::current_dir().and_then(fs::canonicalize).unwrap_or_default();
    let relative = if let Ok(below) = root.strip_prefix(&here) {
        below.to_owned()
    } else if let Ok(above) = here.strip_prefix(root) {
        above.iter().map(|_| "..").collect()
    } else {
        root.to_owned()
    };
    let shown = if relative.is_absolute() { without_prefix(&relative.to_string_lossy()) } else { slashed(&relative) };
    if shown.is_empty() { ".".to_owned() } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_windows_are_shown_as_people_write_them() {
        assert_eq!(without_prefix(r"\\?\C:\shop\deploy"), "C:/shop/deploy");
        assert_eq!(without_prefix(r"\\?\UNC\server\share\a"), "//server/share/a");
        assert_eq!(without_prefix("/home/a\\b"), "/home/a\\b");
    }

    /// Whatever the system writes between the parts of a path.
    #[test]
    fn paths_in_reports_have_slashes() {
        let path: PathBuf = ["app", "core", "config.py"].iter().collect();
        assert_eq!(slashed(&path), "app/core/config.py");
    }

    #[test]
    fn the_way_from_git_to_the_root_is_known() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join(".git")).unwrap();
        fs::create_dir_all(folder.path().join("deploy/shop")).unwrap();
        let below = |root: &str| locate(&[], Some(&folder.path().join(root))).unwrap().below;
        assert_eq!(below("deploy/shop"), "deploy/shop");
        assert_eq!(below("."), "");
        let bare = tempfile::tempdir().unwrap();
        assert_eq!(locate(&[], Some(bare.path())).unwrap().below, "");
    }
}
