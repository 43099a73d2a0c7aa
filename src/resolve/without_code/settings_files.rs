//! Redis URLs in configuration files that lie in a container or on the developer's machine.

use crate::facts::SettingsFile;
use crate::finding::Confidence;
use crate::library::Family;
use crate::model::Stage;
use crate::resolve::evaluate::{ConnectionSettings, FoundClient};
use crate::resolve::project::{Container, Variables};
use crate::resolve::{Inputs, stage};

use crate::text::Text;

use super::references::fill;
use super::{Surroundings, client, is_infrastructure, is_redis_url_alternative, last_name, repository};

/// The clients of a container whose address stands in a file there.
pub(super) fn clients(inputs: &Inputs<'_>, around: Surroundings<'_>) -> Vec<FoundClient> {
    if is_infrastructure(around.container) {
        return Vec::new();
    }
    let environment = &around.container.environment;
    let overridden = environment.incomplete.is_some() || environment.map.keys().any(|name| speaks_of_redis(name));
    let mut all = Vec::new();
    let holds = |path: &str| around.placement.holds(path) || is_home(around.container, path);
    for file in inputs.facts.settings.iter().filter(|file| holds(&file.path)) {
        let confidence = confidence(file, around.project.stage);
        all.extend(of_file(inputs, file, environment, confidence, overridden));
        if !overridden {
            all.extend(of_groups(inputs, file, around, confidence));
        }
    }
    all
}

/// Hosts that stand in a part of their own: only those of this project, as anything else may be for another place.
fn of_groups(
    inputs: &Inputs<'_>,
    file: &SettingsFile,
    around: Surroundings<'_>,
    confidence: Confidence,
) -> Vec<FoundClient> {
    let is_here = |host: &str| {
        let named = |one: &Container| one.container_name.as_ref().is_some_and(|name| name.value == host);
        around.project.containers.iter().any(|one| one.name == host || named(one))
    };
    let groups = file.groups.iter().filter(|group| is_here(group.host.1.as_str()));
    let fill = |text: &Text| fill(text, &around.container.environment, inputs.symbols);
    let found = groups.map(|group| {
        let (key, host) = &group.host;
        let settings = ConnectionSettings {
            host: fill(host),
            port: group.port.as_ref().and_then(fill),
            db: group.db.as_ref().and_then(fill),
            username: group.username.as_ref().and_then(fill),
            password: group.password.as_ref().and_then(fill),
            ..ConnectionSettings::default()
        };
        client(&key.value, key.span, Family::Unknown, settings, confidence)
    });
    found.collect()
}

/// The clients of the developer's machine whose address stands in a file that `mine` accepts.
#[must_use]
pub fn on_host(inputs: &Inputs<'_>, mine: &dyn Fn(&str) -> bool) -> Vec<FoundClient> {
    let nothing = Variables::default();
    let files = inputs.facts.settings.iter().filter(|file| mine(&file.path));
    files.flat_map(|file| of_file(inputs, file, &nothing, confidence(file, Stage::Development), false)).collect()
}

/// `overridden`: variables that speak of Redis are set, and may be what counts instead of a plain value in a file.
fn of_file(
    inputs: &Inputs<'_>,
    file: &SettingsFile,
    environment: &Variables,
    confidence: Confidence,
    overridden: bool,
) -> Vec<FoundClient> {
    let mut found = Vec::new();
    for (key, value) in &file.urls {
        if overridden && !value.as_str().contains("${") {
            continue;
        }
        let Some(url) = fill(value, environment, inputs.symbols) else { continue };
        if !url.alternatives.iter().all(is_redis_url_alternative) {
            continue;
        }
        let settings = ConnectionSettings { url: Some(url), ..ConnectionSettings::default() };
        found.push(client(&key.value, key.span, Family::Unknown, settings, confidence));
    }
    found
}

/// Whether the container's image is made from a folder, though no `build` says so: the image of an owner
/// (`acme/catalogue`) and the service both have the folder's name. The recipe may be a Dockerfile there or a script
/// anywhere.
fn is_home(container: &Container, path: &str) -> bool {
    let Some((folder, _)) = path.split_once('/') else { return false };
    let mut images = container.image.iter().flat_map(|image| &image.alternatives).filter_map(|one| one.value.as_ref());
    container.build.is_none()
        && folder == container.name
        && images.any(|image| image.as_str().contains('/') && last_name(repository(image.as_str())) == folder)
}

/// A file that is named after another stage says little.
fn confidence(file: &SettingsFile, environment: Stage) -> Confidence {
    match (stage::of_path(&file.path), environment) {
        (Stage::Unlabelled, _) => Confidence::Medium,
        (own, environment) if own == environment => Confidence::Medium,
        _ => Confidence::Low,
    }
}

fn speaks_of_redis(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    ["REDIS", "VALKEY", "BROKER", "CELERY", "CACHE", "QUEUE"].iter().any(|word| upper.contains(word))
}
