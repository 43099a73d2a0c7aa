//! `[[environment]]` of the configuration: what somebody wrote down settles which files run together.

use crate::config::{Config, EnvironmentConfig, EnvironmentKind};
use crate::facts::Facts;
use crate::facts::compose::ComposeFile;
use crate::finding::{Confidence, Level, Notice};
use crate::model::Stage;
use crate::nearest::nearest;
use crate::resolve::stage;
use crate::text::Text;
use crate::tree::join;

use super::{Composition, OVERRIDES, file, names, same_files, split};

/// The environments that are written down, as far as their files are there: an earlier commit may lack some.
pub(super) fn compositions<'a>(facts: &'a Facts, config: &Config) -> Vec<Composition<'a>> {
    config.environments.iter().filter_map(|written| composition(facts, config, written)).collect()
}

fn composition<'a>(facts: &'a Facts, config: &Config, written: &EnvironmentConfig) -> Option<Composition<'a>> {
    let path = |written: &str| join("", written);
    let files: Vec<&ComposeFile> = written.files.iter().filter_map(|name| file(facts, &path(&name.value)?)).collect();
    let (first, last) = (files.first()?, files.last()?);
    let stage = match written.kind.as_ref().map(|kind| kind.value) {
        Some(EnvironmentKind::Development) => Stage::Development,
        Some(EnvironmentKind::Staging) => Stage::Staging,
        Some(EnvironmentKind::Production) => Stage::Production,
        None => match stage::of_name(&written.name.value) {
            Stage::Unlabelled => stage::of_path(&last.path),
            named => named,
        },
    };
    let said_in = config.source.as_ref().map_or("the configuration", |source| source.path.as_str());
    Some(Composition {
        name: written.name.value.clone(),
        directory: split(&first.path).0.to_owned(),
        stage,
        evidence: format!("{said_in} names {}", names(&files)),
        evidence_at: Some(written.name.span),
        confidence: Confidence::High,
        env_files: written.env_files.iter().filter_map(|file| path(&file.value)).collect(),
        profiles: written.profiles.iter().map(|profile| profile.value.clone()).collect(),
        files,
    })
}

/// Profiles of the configuration that no service of their files has: a slip, as compose starts nothing for them.
pub(super) fn unknown_profiles(facts: &Facts, config: &Config) -> Vec<Notice> {
    let mut notices = Vec::new();
    for written in &config.environments {
        let files = written.files.iter().filter_map(|name| file(facts, &join("", &name.value)?));
        let Some(known) = profiles(files) else { continue };
        for profile in written.profiles.iter().filter(|profile| profile.value != "*") {
            if known.contains(&profile.value.as_str()) {
                continue;
            }
            let meant = nearest(&profile.value, known.iter().copied());
            let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
            let message = format!("no service of these files has the profile `{}`{meant}", profile.value);
            notices.push(Notice::at("unknown-profile", Level::Warning, profile.span, message));
        }
    }
    notices
}

/// The profiles that services of these files have; `None`: other files or variables may bring in more.
fn profiles<'a>(files: impl Iterator<Item = &'a ComposeFile>) -> Option<Vec<&'a str>> {
    let mut profiles = Vec::new();
    for document in files.flat_map(|file| &file.documents) {
        if !document.include.is_empty() || document.services.iter().any(|service| service.extends.is_some()) {
            return None;
        }
        let written = document.services.iter().filter_map(|service| service.profiles.as_ref()?.value.as_ref());
        profiles.extend(written.flatten().map(Text::as_str));
    }
    (!profiles.iter().any(|profile| profile.contains('$'))).then_some(profiles)
}

/// Whether a guess is about what `settled` says: the same files, or the file that makes the difference between one of
/// them and the base.
pub(super) fn settles(settled: &Composition<'_>, guess: &Composition<'_>) -> bool {
    let Some(subject) = subject(&guess.files) else { return false };
    let upper = settled.files.iter().skip(1).chain(settled.files.last());
    guess.name == settled.name
        || same_files(&settled.files, &guess.files)
        || upper.into_iter().any(|file| file.path == subject.path)
}

/// The file that a combination is about: the last one, but for the override that compose adds by itself.
fn subject<'a>(files: &[&'a ComposeFile]) -> Option<&'a ComposeFile> {
    match files {
        [base, over] if OVERRIDES.contains(&split(&over.path).1) => Some(base),
        _ => files.last().copied(),
    }
}
