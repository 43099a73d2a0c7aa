//! pyproject.toml, Pipfile, and the lock files in TOML.

use toml::de::{DeTable, DeValue};

use super::python::requirement;
use super::{of_pypi, pin};
use crate::facts::Pin;
use crate::syntax::specifiers;

/// The value at a path of keys.
fn at<'a>(table: &'a DeTable<'a>, path: &[&str]) -> Option<&'a DeValue<'a>> {
    let (last, above) = path.split_last()?;
    let table = above.iter().try_fold(table, |table, key| table.get(*key)?.get_ref().as_table())?;
    Some(table.get(*last)?.get_ref())
}

/// PEP 621, dependency groups, Poetry, PDM and uv. What is optional or for development counts only where nothing else
/// names the package.
pub(super) fn pyproject(text: &str) -> Vec<Pin> {
    let (document, _) = DeTable::parse_recoverable(text);
    let table = document.get_ref();
    let mut pins: Vec<Pin> = at(table, &["project", "dependencies"]).map(requirements).unwrap_or_default();
    pins.extend(at(table, &["tool", "poetry", "dependencies"]).map(poetry).unwrap_or_default());
    let narrowing = [["tool", "uv", "constraint-dependencies"], ["tool", "uv", "override-dependencies"]];
    pins.extend(narrowing.iter().filter_map(|path| at(table, path)).flat_map(requirements));
    if !pins.is_empty() {
        return pins;
    }
    let groups: [&[&str]; 4] = [
        &["project", "optional-dependencies"],
        &["dependency-groups"],
        &["tool", "pdm", "dev-dependencies"],
        &["tool", "hatch", "envs"],
    ];
    for group in groups.iter().filter_map(|path| at(table, path)).filter_map(|value| value.as_table()) {
        for value in group.values().map(|value| value.get_ref()) {
            let nested = value.as_table().and_then(|table| table.get("dependencies")).map(|value| value.get_ref());
            pins.extend(requirements(nested.unwrap_or(value)));
        }
    }
    pins.extend(at(table, &["tool", "uv", "dev-dependencies"]).map(requirements).unwrap_or_default());
    pins.extend(at(table, &["tool", "poetry", "dev-dependencies"]).map(poetry).unwrap_or_default());
    let groups = at(table, &["tool", "poetry", "group"]).and_then(|value| value.as_table());
    for group in groups.into_iter().flat_map(|groups| groups.values()).filter_map(|group| group.get_ref().as_table()) {
        pins.extend(group.get("dependencies").map(|value| poetry(value.get_ref())).unwrap_or_default());
    }
    pins
}

/// A list of PEP 508 requirements.
fn requirements(value: &DeValue<'_>) -> Vec<Pin> {
    let items = value.as_array().into_iter().flat_map(|array| array.iter());
    items.filter_map(|item| item.get_ref().as_str()).filter_map(|text| requirement(text.trim())).collect()
}

/// `redis = "^5"`, `redis = { version = "^5", extras = […] }`, or several of these under conditions.
fn poetry(value: &DeValue<'_>) -> Vec<Pin> {
    let Some(table) = value.as_table() else { return Vec::new() };
    let entries = table.iter().filter_map(|(name, value)| Some((of_pypi(name.get_ref())?, value.get_ref())));
    let mut pins = Vec::new();
    for (package, value) in entries {
        let several = value.as_array().map(|array| array.iter().map(|one| one.get_ref()).collect());
        let several: Vec<&DeValue<'_>> = several.unwrap_or_else(|| vec![value]);
        let conditional = several.len() > 1;
        for one in several {
            let version = one.as_table().and_then(|table| table.get("version")).map(|version| version.get_ref());
            let range = version.unwrap_or(one).as_str().and_then(specifiers::poetry);
            pins.push(Pin { conditional, ..pin(package, range) });
        }
    }
    pins
}

/// Pipenv writes PEP 440 behind Poetry's syntax.
pub(super) fn pipfile(text: &str) -> Vec<Pin> {
    let (document, _) = DeTable::parse_recoverable(text);
    let section = |name: &str| at(document.get_ref(), &[name]).map(poetry).unwrap_or_default();
    let pins = section("packages");
    if pins.is_empty() { section("dev-packages") } else { pins }
}

/// The packages of a lock file, which machines write always in the same form: a name, and its version below.
pub(super) fn lock(text: &str) -> Vec<Pin> {
    let mut pins = Vec::new();
    let mut package = None;
    for line in text.lines() {
        if line.starts_with("[[") {
            package = None;
        } else if let Some(name) = string(line, "name") {
            package = of_pypi(name);
        } else if let Some(version) = package.and_then(|_| string(line, "version"))
            && let Some(family) = package.take()
        {
            // The same package twice: one of them is installed.
            pins.push(Pin { conditional: true, ..pin(family, specifiers::pep440(&format!("=={version}"))) });
        }
    }
    pins
}

fn string<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    line.strip_prefix(key)?.trim_start().strip_prefix('=')?.trim().strip_prefix('"')?.strip_suffix('"')
}
