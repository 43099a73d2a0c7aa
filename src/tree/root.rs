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
}

/// Names that make a folder a root.
const MARKS: [&str; 2] = ["redislint.toml", ".git"];

/// Finds the root of `paths`: `root` where given, else the nearest folder above all of them that is marked as one, else
/// the folder that holds them. No paths: the working folder.
///
/// # Errors
/// Where a path does not exist or lies outside the root.
pub fn locate(paths: &[PathBuf], root: Option<&Path>) -> Result<Located, TreeError> {
    let mut found = paths.iter().map(|path| canonical(path)).collect::<Result<Vec<_>, _>>()?;
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
        common.ancestors().find(marked).unwrap_or(&common).to_owned()
    };
    let mut inside = Vec::new();
    for (nth, path) in found.iter().enumerate() {
        let Ok(rest) = path.strip_prefix(&root) else {
            return Err(TreeError::Outside(paths.get(nth).unwrap_or(path).clone()));
        };
        inside.push(rest.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/"));
    }
    // One of them is the root itself: nothing is filtered.
    if inside.iter().any(String::is_empty) {
        inside.clear();
    }
    let shown = shown(&root);
    Ok(Located { root, shown, paths: inside })
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
    let shown = relative.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/").replace("//", "/");
    if shown.is_empty() { ".".to_owned() } else { shown }
}
