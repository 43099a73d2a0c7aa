//! A resolved picture → a commented `redislint.toml` that fits it.
//!
//! What the repository shows is written out, commented: nothing changes until somebody takes a line over.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Report;
use crate::model::{Environment, EnvironmentKind, Stage};

/// Rules shown in the example at most.
const SHOWN: usize = 3;

/// The text of the file.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut out = String::from(
        "# What this repository tells redislint about itself; every line may go.\n\
         # `redislint config-schema` prints the schema of this file, `redislint rules` the names of the rules.\n\n\
         # An ignore in a comment counts only with a reason:\n\
         # require-reason = true\n\n\
         # The generation of docker compose that people here use, where the versions differ: \"5\" or \"2\".\n\
         # compose-version = \"5\"\n",
    );
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in &report.findings {
        *counts.entry(finding.rule).or_default() += 1;
    }
    let mut counts: Vec<(usize, &str)> = counts.into_iter().map(|(rule, count)| (count, rule)).collect();
    counts.sort_by_key(|(count, rule)| (usize::MAX - count, *rule));
    if !counts.is_empty() {
        out.push_str("\n# What is found most; a ceiling keeps it from failing a run. To adopt all of it as it is:\n");
        out.push_str("# redislint --write-baseline redislint.baseline, then redislint --baseline redislint.baseline\n");
        out.push_str("# [severity]\n");
        for (count, rule) in counts.iter().take(SHOWN) {
            let _ = writeln!(out, "# {rule} = \"note\"  # {count} here");
        }
    }
    let composed = report.model.environments.iter().filter(|environment| environment.kind == EnvironmentKind::Compose);
    let mut written: Vec<&Environment> = Vec::new();
    for environment in composed {
        // A clone that was made from examples runs the same files.
        if written.iter().any(|other| other.given == environment.given) {
            continue;
        }
        written.push(environment);
        if written.len() == 1 {
            out.push_str("\n# Files that run together, as they were found. Taken over, an entry beats every guess.\n");
        }
        let _ = writeln!(out, "# [[environment]]\n# name = {}", quoted(&environment.name));
        for (key, values) in [
            ("files", &environment.given.files),
            ("env-files", &environment.given.env_files),
            ("profiles", &environment.given.profiles),
        ] {
            if !values.is_empty() {
                let _ = writeln!(out, "# {key} = [{}]", list(values.iter().map(String::as_str)));
            }
        }
        let kind = match environment.stage {
            Stage::Production => "production",
            Stage::Staging => "staging",
            Stage::Development => "development",
            Stage::Unlabelled => continue,
        };
        let _ = writeln!(out, "# kind = \"{kind}\"");
    }
    out
}

fn list<'a>(values: impl Iterator<Item = &'a str>) -> String {
    values.map(quoted).collect::<Vec<_>>().join(", ")
}

/// A TOML string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for char in text.chars() {
        match char {
            '"' | '\\' => out.extend(['\\', char]),
            char if char.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(char));
            }
            char => out.push(char),
        }
    }
    out.push('"');
    out
}
