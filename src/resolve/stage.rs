//! How serious an environment is, told from names.

use crate::model::Stage;

/// The stage that the words of a path speak of; the file name beats its folders, an inner folder an outer one.
#[must_use]
pub fn of_path(path: &str) -> Stage {
    path.rsplit('/').map(of_name).find(|stage| *stage != Stage::Unlabelled).unwrap_or(Stage::Unlabelled)
}

/// The stage that the words of one name speak of.
#[must_use]
pub fn of_name(name: &str) -> Stage {
    let lower = name.to_ascii_lowercase();
    let words = || lower.split(|char: char| !char.is_ascii_alphanumeric());
    let any = |list: &[&str]| words().any(|word| list.contains(&word));
    if any(&["staging", "stage", "stg", "uat", "preprod", "preproduction"]) {
        Stage::Staging
    } else if any(&["prod", "production", "live", "prd"]) {
        Stage::Production
    } else if any(&[
        "dev",
        "devel",
        "develop",
        "developer",
        "development",
        "devcontainer",
        "local",
        "test",
        "tests",
        "testing",
        "ci",
        "e2e",
        "sandbox",
        "debug",
    ]) {
        Stage::Development
    } else {
        Stage::Unlabelled
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_decide() {
        for (path, stage) in [
            ("docker-compose.yml", Stage::Unlabelled),
            ("docker-compose.staging.yml", Stage::Staging),
            ("docker-compose-prod.yaml", Stage::Production),
            ("deploy/production/compose.yml", Stage::Production),
            ("production/compose.dev.yml", Stage::Development),
            ("product/compose.yml", Stage::Unlabelled),
            (".env.local", Stage::Development),
        ] {
            assert_eq!(of_path(path), stage, "{path}");
        }
    }
}
