//! What the files beside compose's get: `.env.example` a placeholder, and the `.env` that git does not know a password where
//! asked for.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;

use super::{PLACEHOLDER, VARIABLE, compose};
use crate::fix::Scene;
use crate::fix::auth::Plan;
use crate::model::Environment;
use crate::tree::{Content, Tree};

/// Adds those lines to a plan.
///
/// # Errors
/// Where a password can't be made up, or would be tracked.
pub fn env_files(
    scene: &Scene<'_>,
    environments: &[&Environment],
    tree: &Tree,
    generate: bool,
    plan: &mut Plan,
) -> Result<(), String> {
    let folders: BTreeSet<String> = compose(environments).filter_map(|one| folder(scene, one)).collect();
    folders.iter().try_for_each(|folder| env_files_of(tree, folder, generate, plan))
}

fn folder(scene: &Scene<'_>, environment: &Environment) -> Option<String> {
    let path = scene.sources.get(*environment.files.first()?).path();
    Some(path.rsplit_once('/').map_or_else(String::new, |(folder, _)| format!("{folder}/")))
}

fn env_files_of(tree: &Tree, folder: &str, generate: bool, plan: &mut Plan) -> Result<(), String> {
    let sets = |path: &str| match tree.read(path) {
        Content::Bytes(bytes) => String::from_utf8_lossy(&bytes)
            .lines()
            .any(|line| line.trim_start().trim_start_matches("export ").starts_with(&format!("{VARIABLE}="))),
        Content::Missing | Content::Refused(_) => false,
    };
    let example = format!("{folder}.env.example");
    if !sets(&example) {
        plan.lines.insert(example, format!("{VARIABLE}={PLACEHOLDER}\n"));
    }
    let own = format!("{folder}.env");
    if generate && !sets(&own) {
        if tree.tracked(&own) == Some(true) {
            return Err(format!("git tracks {own}: a password in it would be known to all who have the repository"));
        }
        plan.generated.insert(own, format!("{VARIABLE}={}\n", password()?));
    }
    Ok(())
}

/// 128 bits from the system, in letters and digits that no URL, shell or env file gives a meaning.
fn password() -> Result<String, String> {
    let mut bytes = [0; 16];
    let read = File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    read.map_err(|error| format!("no password can be made up here ({error}): put one into .env yourself"))?;
    Ok(bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0xF])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect())
}
