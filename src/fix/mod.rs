//! Findings → changes of the repository's texts, each tried in memory before it counts.
//!
//! [`propose`] says how a finding could be mended, [`engine`] keeps what really mends it and breaks nothing, [`diff`]
//! shows it and [`mod@write`] puts it on disk, all or nothing. `auth` takes one of the two ways out of a mismatch as a whole.
//! Only this module and its parts look at syntax again after the model was made: an edit has to fit its place.

pub mod auth;
mod base64;
pub mod diff;
pub mod engine;
mod place;
mod rules;
mod standing;
pub mod write;

use std::collections::HashMap;

use crate::edit::Fix;
use crate::finding::Finding;
use crate::model::Model;
use crate::source::Sources;
use crate::symbol::Symbols;

/// What a proposal may look at.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The resolved picture.
    pub model: &'a Model,
    /// The texts.
    pub sources: &'a Sources,
    /// The meaning of symbol characters.
    pub symbols: &'a Symbols,
}

/// Says how a finding of its rule could be mended; nothing where only a person can tell.
type Proposer = fn(&Scene<'_>, &Finding) -> Option<Fix>;

/// Every rule that has a fix.
const FIXABLE: [(&str, Proposer); 14] = [
    ("published-port", rules::ports::bind_to_loopback),
    ("protected-mode-off", rules::commands::drop_protected_mode),
    ("config-not-loaded", rules::commands::name_configuration),
    ("broken-command", rules::commands::quote_argument),
    ("broken-command", rules::commands::quote_reference),
    ("invalid-directive", rules::commands::quote_reference),
    ("broken-healthcheck", rules::commands::quote_reference),
    ("unescaped-password", rules::urls::percent_encode),
    ("password-as-username", rules::urls::insert_colon),
    ("unescaped-dollar", rules::values::double_dollar),
    ("password-fallback", rules::values::demand_variable),
    ("trailing-newline", rules::values::encode_without_newline),
    ("unauthenticated-healthcheck", rules::environment::give_credentials),
    ("localhost-in-container", rules::environment::name_server),
];

/// The rules that have a fix, some more than one.
pub fn fixable() -> impl Iterator<Item = &'static str> {
    FIXABLE.iter().map(|(rule, _)| *rule)
}

/// The rules of which a person chooses a way out.
const CHOICES: [&str; 3] = ["unexpected-password", "missing-password", "wrong-password"];

/// Adds the ways to mend them to findings.
pub fn propose(scene: &Scene<'_>, findings: &mut [Finding]) {
    // Many findings of an environment have the same two ways out.
    let mut known: HashMap<Vec<String>, Vec<Fix>> = HashMap::new();
    for finding in findings {
        let proposers = FIXABLE.iter().filter(|(rule, _)| *rule == finding.rule);
        finding.fixes = proposers.filter_map(|(_, proposer)| proposer(scene, finding)).collect();
        if CHOICES.contains(&finding.rule) {
            let ways = known.entry(finding.environments.clone()).or_insert_with_key(|names| auth::ways(scene, names));
            finding.fixes.extend(ways.iter().cloned());
        }
        for fix in &mut finding.fixes {
            fix.holds_secret |= fix.edits.iter().any(|edit| holds_secret(scene, &edit.replacement));
        }
    }
}

/// Whether a text repeats a password that is written down in the repository.
fn holds_secret(scene: &Scene<'_>, text: &str) -> bool {
    let secrets = scene.model.literals.iter().map(|literal| literal.value.as_str());
    secrets.filter(|secret| !secret.is_empty()).any(|secret| text.contains(secret))
}
