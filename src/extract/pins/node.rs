//! package.json and the lock files of npm, Yarn and pnpm.

use serde_json::Value;

use super::{of_npm, pin};
use crate::facts::Pin;
use crate::library::Family;
use crate::syntax::specifiers;

/// What is installed to run comes before what is only for development.
const SECTIONS: [&str; 4] = ["dependencies", "optionalDependencies", "peerDependencies", "devDependencies"];

/// The libraries that package.json names.
pub(super) fn manifest(text: &str) -> Vec<Pin> {
    let Ok(document) = serde_json::from_str::<Value>(text) else { return Vec::new() };
    ["redis", "ioredis"].into_iter().filter_map(|name| dependency(&document, name)).collect()
}

fn dependency(document: &Value, name: &str) -> Option<Pin> {
    let range = SECTIONS.iter().find_map(|section| document[*section][name].as_str())?;
    Some(pin(of_npm(name)?, specifiers::npm(range)))
}

fn locked(package: Family, version: &str) -> Pin {
    // The same package twice: one of them is the one the code gets.
    Pin { conditional: true, ..pin(package, specifiers::npm(&format!("={version}"))) }
}

/// npm's lock file: only what lies directly in the `node_modules` of a package, not what its dependencies bring along.
pub(super) fn package_lock(text: &str) -> Vec<(String, Pin)> {
    let Ok(document) = serde_json::from_str::<Value>(text) else { return Vec::new() };
    let mut pins = Vec::new();
    for name in ["redis", "ioredis"] {
        let Some(package) = of_npm(name) else { continue };
        let packages = document["packages"].as_object().into_iter().flatten();
        for (path, entry) in packages {
            let Some(folder) = path.strip_suffix(&format!("node_modules/{name}")) else { continue };
            let nested = folder.contains("node_modules/");
            if let Some(version) = entry["version"].as_str().filter(|_| !nested) {
                pins.push((folder.trim_end_matches('/').to_owned(), locked(package, version)));
            }
        }
        if let Some(version) = document["dependencies"][name]["version"].as_str()
            && document["packages"].is_null()
        {
            pins.push((String::new(), locked(package, version)));
        }
    }
    pins
}

/// Yarn 1 and later: `redis@^4.6.7:` or `"redis@npm:^4.6.7":`, and the version below.
pub(super) fn yarn_lock(text: &str) -> Vec<Pin> {
    let mut pins = Vec::new();
    let mut package = None;
    for line in text.lines() {
        if !line.starts_with([' ', '#']) {
            let first = line.trim_start_matches('"');
            package = first.rsplit_once('@').and_then(|_| of_npm(first.split('@').next().unwrap_or(first)));
        } else if let Some(version) = line.trim_start().strip_prefix("version")
            && let Some(family) = package.take()
        {
            pins.push(locked(family, version.trim_matches([' ', ':', '"'])));
        }
    }
    pins
}

/// pnpm: what the packages of the workspace import, each in its folder. Older files of a single package have no
/// `importers`.
pub(super) fn pnpm_lock(text: &str) -> Vec<(String, Pin)> {
    let mut pins = Vec::new();
    let (mut section, mut folder, mut name) = ("", ".", None);
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        let content = line.trim();
        let indent = line.len() - line.trim_start().len();
        let (key, value) = content.split_once(':').unwrap_or((content, ""));
        let (key, value) = (key.trim_matches(['\'', '"']), value.trim().trim_matches(['\'', '"']));
        if indent == 0 {
            (section, folder, name) = (key, ".", None);
            continue;
        }
        let importers = section == "importers";
        if !importers && !SECTIONS.contains(&section) {
            continue;
        }
        let depth = if importers { 6 } else { 2 };
        if importers && indent == 2 {
            folder = key;
        } else if indent == depth {
            name = of_npm(key);
        }
        let version = match (indent == depth, indent == depth + 2 && key == "version") {
            // `redis: 4.6.7` of older files.
            (true, _) if !value.is_empty() => Some(value),
            (_, true) => Some(value),
            _ => None,
        };
        if let Some((package, version)) = name.zip(version) {
            let version = version.split(['(', '_']).next().unwrap_or(version);
            pins.push((folder.trim_start_matches("./").trim_matches('.').to_owned(), locked(package, version)));
        }
    }
    pins
}
