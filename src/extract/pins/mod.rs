//! Which versions of the client libraries the repository pins: requirements, manifests and lock files.
//!
//! Comes in: such a file. Goes out: for each folder it speaks for, the versions it allows. Which of several files counts
//! is not known here.

mod node;
mod python;
mod toml_files;

use crate::facts::{FileKind, Pin, PinFile, Request};
use crate::library::{Family, VersionRange};
use crate::source::{FileId, Span};
use crate::tree::join;

/// Whether a file name is one that pins packages.
#[must_use]
pub fn is_pin_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let text = name.ends_with(".txt") || name.ends_with(".in");
    (text && (name.contains("requirements") || name.contains("constraints") || path.contains("requirements/")))
        || is_lock(name)
        || matches!(
            name,
            "pyproject.toml"
                | "Pipfile"
                | "setup.cfg"
                | "setup.py"
                | "environment.yml"
                | "environment.yaml"
                | "package.json"
        )
}

fn is_lock(name: &str) -> bool {
    matches!(
        name,
        "poetry.lock"
            | "uv.lock"
            | "pdm.lock"
            | "Pipfile.lock"
            | "package-lock.json"
            | "npm-shrinkwrap.json"
            | "yarn.lock"
            | "pnpm-lock.yaml"
    )
}

/// Reads the pins of one file, and asks for the requirements that it takes in.
#[must_use]
pub fn extract(file: FileId, path: &str, text: &str) -> (Vec<PinFile>, Vec<Request>) {
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut all = match name {
        "poetry.lock" | "uv.lock" | "pdm.lock" => vec![whole(path, toml_files::lock(text))],
        "pyproject.toml" => vec![whole(path, toml_files::pyproject(text))],
        "Pipfile" => vec![whole(path, toml_files::pipfile(text))],
        "Pipfile.lock" => vec![whole(path, python::pipfile_lock(text))],
        "setup.cfg" => vec![whole(path, python::setup_cfg(text))],
        "setup.py" => vec![whole(path, python::setup_py(text))],
        "environment.yml" | "environment.yaml" => vec![whole(path, python::conda(text))],
        "package.json" => vec![whole(path, node::manifest(text))],
        "package-lock.json" | "npm-shrinkwrap.json" => by_folder(path, node::package_lock(text)),
        "pnpm-lock.yaml" => by_folder(path, node::pnpm_lock(text)),
        "yarn.lock" => vec![whole(path, node::yarn_lock(text))],
        _ => return requirements(file, path, text),
    };
    for one in &mut all {
        one.locked = is_lock(name);
    }
    (all, Vec::new())
}

/// A file that speaks for the folder it lies in.
fn whole(path: &str, pins: Vec<Pin>) -> PinFile {
    PinFile { path: path.to_owned(), folder: folder_of(path), locked: false, pins, includes: Vec::new() }
}

/// A lock file of several packages, each in its own folder below the file's.
fn by_folder(path: &str, pins: Vec<(String, Pin)>) -> Vec<PinFile> {
    let mut all: Vec<PinFile> = Vec::new();
    for (folder, pin) in pins {
        let Some(folder) = join(&folder_of(path), &folder) else { continue };
        match all.iter_mut().find(|one| one.folder == folder) {
            Some(one) => one.pins.push(pin),
            None => all.push(PinFile { folder, ..whole(path, vec![pin]) }),
        }
    }
    all
}

/// `requirements/base.txt` speaks for the folder above it.
fn folder_of(path: &str) -> String {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    match folder.rsplit_once('/') {
        Some((above, "requirements")) => above.to_owned(),
        None if folder == "requirements" => String::new(),
        _ => folder.to_owned(),
    }
}

fn requirements(file: FileId, path: &str, text: &str) -> (Vec<PinFile>, Vec<Request>) {
    let read = python::requirements(text);
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let includes: Vec<String> = read.includes.iter().filter_map(|include| join(folder, include)).collect();
    let from = Span::new(file, 0..0);
    let requests = includes.iter().map(|path| Request { path: path.clone(), kind: FileKind::Pins, from });
    let requests = requests.collect();
    (vec![PinFile { locked: read.locked, includes, ..whole(path, read.pins) }], requests)
}

/// The library that a package of PyPI is, by its name in any spelling.
fn of_pypi(name: &str) -> Option<Family> {
    name.eq_ignore_ascii_case("redis").then_some(Family::RedisPy)
}

/// The library that a package of npm is.
fn of_npm(name: &str) -> Option<Family> {
    match name {
        "redis" => Some(Family::NodeRedis),
        "ioredis" => Some(Family::Ioredis),
        _ => None,
    }
}

fn pin(package: Family, range: Option<VersionRange>) -> Pin {
    Pin { package, range: range.unwrap_or_default(), conditional: false }
}

#[cfg(test)]
mod tests;
