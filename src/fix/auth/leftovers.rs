//! What nothing uses any more once no password is sent: variables of containers, lines of env files, keys of Secrets.

use std::collections::BTreeSet;

use super::Plan;
use super::edits::{remove_env_line, remove_line};
use crate::fix::Scene;
use crate::fix::place::{Secret, ServiceText, is_yaml, secrets};
use crate::model::{Environment, Literal};
use crate::resolve::literals::names_redis_password;
use crate::source::{FileId, Span};

/// Takes away what only served the passwords that the edits so far have taken out; other places are listed.
pub fn clear(scene: &Scene<'_>, environments: &[&Environment], passwords: &BTreeSet<String>, plan: &mut Plan) {
    for environment in environments {
        for service in &environment.services {
            pod_variables(scene, service.span, plan);
        }
    }
    unused_secrets(scene, environments, plan);
    literals(scene, environments, passwords, None, plan);
}

/// Passwords that are written down where nothing needs them any more. The variable `kept` is what all take it from.
pub fn literals(
    scene: &Scene<'_>,
    environments: &[&Environment],
    passwords: &BTreeSet<String>,
    kept: Option<&str>,
    plan: &mut Plan,
) {
    let files = files(environments);
    for literal in written(scene, environments, passwords) {
        let span = literal.value.span();
        // The file that nobody else has is the place for a password.
        let own = scene.sources.get(span.file).tracked() == Some(false);
        if own || plan.edits.iter().any(|edit| edit.span.contains(span)) {
            continue;
        }
        let refers = |file: &FileId, name: &str| {
            let text = scene.sources.get(*file).text();
            is_referred_to(scene, Span::new(*file, 0..text.len()), name, plan)
        };
        let used = literal.setting.as_deref().is_none_or(|name| files.iter().any(|file| refers(file, name)));
        let line = || remove_env_line(scene.sources, span).or_else(|| remove_line(scene.sources, span));
        let is_kept = kept.is_some() && literal.setting.as_deref() == kept;
        let edit = if used || is_kept { None } else { line() };
        plan.add_or(edit, span, "this still is the old password");
    }
}

/// The places of passwords that these environments read, or that none reads.
pub fn written<'a>(
    scene: &Scene<'a>,
    environments: &[&Environment],
    passwords: &BTreeSet<String>,
) -> impl Iterator<Item = &'a Literal> {
    let literals = scene.model.literals.iter().filter(|literal| passwords.contains(literal.value.as_str()));
    literals.filter(|literal| {
        let reads = |name: &String| environments.iter().any(|environment| environment.name == *name);
        literal.environments.is_empty() || literal.environments.iter().any(reads)
    })
}

fn files(environments: &[&Environment]) -> BTreeSet<FileId> {
    environments.iter().flat_map(|one| one.files.iter().copied()).collect()
}

/// Variables of a container with a password that only its URLs and arguments took in.
fn pod_variables(scene: &Scene<'_>, service: Span, plan: &mut Plan) {
    let Some(container) = ServiceText::find(scene.sources, service).filter(ServiceText::is_pod) else { return };
    let passwords = container.variables_from_secrets().into_iter().filter(|(name, ..)| names_redis_password(name));
    for (name, entry, _) in passwords {
        let body = container.written();
        let edit = container.remove_variable(entry).filter(|_| !is_referred_to(scene, body, name, plan));
        if let Some(edit) = edit {
            plan.add(edit);
        }
    }
}

/// Keys of Secrets that were referred to, and are no more.
pub fn unused_secrets(scene: &Scene<'_>, environments: &[&Environment], plan: &mut Plan) {
    let files = files(environments);
    let manifests = || files.iter().filter(|file| is_yaml(scene.sources.get(**file).path()));
    let all: Vec<(Span, Secret)> = manifests().flat_map(|file| secrets::references(scene.sources, *file)).collect();
    let taken = |place: &Span, plan: &Plan| plan.edits.iter().any(|edit| edit.span.contains(*place));
    let gone: BTreeSet<&Secret> =
        all.iter().filter(|(place, _)| taken(place, plan)).map(|(_, secret)| secret).collect();
    let left: BTreeSet<&Secret> =
        all.iter().filter(|(place, _)| !taken(place, plan)).map(|(_, secret)| secret).collect();
    let whole = |secret: &Secret| left.iter().any(|one| one.name == secret.name && one.key.is_empty());
    for secret in gone.difference(&left).filter(|secret| !whole(secret)) {
        for file in manifests() {
            let Some(place) = secrets::definition(scene.sources, *file, secret) else { continue };
            plan.add_or(place.edit, place.span, "nothing uses this Secret any more: take it out");
        }
    }
}

/// Whether something within a place refers to a variable, outside the edits.
fn is_referred_to(scene: &Scene<'_>, place: Span, name: &str, plan: &Plan) -> bool {
    let text = scene.sources.slice(place);
    let start = place.range().start;
    let mut places = text.match_indices(name).map(|(at, _)| at).filter(|at| text[..*at].ends_with(['{', '$', '(']));
    places.any(|at| {
        let place = Span::new(place.file, start + at..start + at + name.len());
        !plan.edits.iter().any(|edit| edit.span.contains(place))
    })
}
