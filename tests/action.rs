//! The GitHub Action: what its step runs, with the runner's variables, and that inputs and scripts name the same things.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use serde_yaml::Value;
use tempfile::TempDir;

const STORY: &str = "fixtures/payments-http-500/server-with-password";
const CLEAN: &str = "fixtures/payments-http-500/fixed-with-auth";

fn action() -> Value {
    serde_yaml::from_str(include_str!("../action.yml")).unwrap()
}

fn step(id: &str) -> Value {
    let action = action();
    let steps = action["runs"]["steps"].as_sequence().unwrap();
    steps.iter().find(|step| step["id"].as_str() == Some(id)).unwrap().clone()
}

/// A runner that has redislint installed where the action installs it.
struct Runner {
    temp: TempDir,
}

struct Ended {
    code: i32,
    printed: String,
    outputs: String,
}

impl Runner {
    fn new() -> Self {
        let temp = tempfile::tempdir().unwrap();
        let bin = temp.path().join("redislint/bin");
        fs::create_dir_all(&bin).unwrap();
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_redislint"), bin.join("redislint")).unwrap();
        Self { temp }
    }

    /// Runs the step with these inputs, the others being what the action says they are by default.
    fn run(&self, inputs: &[(&str, &str)]) -> Ended {
        let (action, step) = (action(), step("run"));
        let outputs = self.temp.path().join("outputs");
        fs::write(&outputs, "").unwrap();
        let mut command = Command::new("bash");
        command.arg("-c").arg(step["run"].as_str().unwrap()).current_dir(support::project());
        for (variable, value) in step["env"].as_mapping().unwrap() {
            let input = value.as_str().unwrap().trim_start_matches("${{ inputs.").trim_end_matches(" }}");
            let default = action["inputs"][input]["default"].as_str().unwrap_or_else(|| panic!("no input {input}"));
            let given = inputs.iter().find(|(name, _)| *name == input).map_or(default, |(_, value)| *value);
            command.env(variable.as_str().unwrap(), given);
        }
        command.env_remove("GITHUB_STEP_SUMMARY").env_remove("REDISLINT_FORMAT");
        command.env("RUNNER_TEMP", self.temp.path()).env("GITHUB_OUTPUT", &outputs).env("GITHUB_ACTIONS", "true");
        let output = command.output().unwrap();
        Ended {
            code: output.status.code().unwrap(),
            printed: String::from_utf8(output.stdout).unwrap(),
            outputs: fs::read_to_string(outputs).unwrap(),
        }
    }
}

#[test]
fn the_step_ends_as_redislint_does() {
    let runner = Runner::new();
    let ended = runner.run(&[("root", STORY)]);
    assert!(ended.printed.starts_with("::warning file=fixtures/payments-http-500/"), "{}", ended.printed);
    assert_eq!((ended.code, ended.outputs.as_str()), (1, "exit-code=1\nsarif=\n"));
    assert_eq!(runner.run(&[("root", CLEAN)]).code, 0);
    assert_eq!(runner.run(&[("root", STORY), ("fail-on", "never")]).code, 0);
    assert_eq!(runner.run(&[("root", "no such folder")]).code, 2);
}

#[test]
fn paths_are_one_a_line_and_never_options() {
    let runner = Runner::new();
    let staging = format!("{STORY}/docker-compose.staging.yml\n{STORY}/README.md\n");
    let ended = runner.run(&[("root", STORY), ("paths", &staging)]);
    assert_eq!(ended.printed.lines().count(), 1, "{}", ended.printed);
    assert!(ended.printed.contains("published-port"), "{}", ended.printed);
    assert_eq!(runner.run(&[("root", STORY), ("paths", "--fail-on=never")]).code, 2);
    assert_eq!(runner.run(&[("root", STORY), ("paths", "$(exit 0); a b")]).code, 2);
}

/// Where the file is to be uploaded, the job fails after that and not before.
#[test]
fn sarif_is_written_before_the_job_fails() {
    let runner = Runner::new();
    let file = runner.temp.path().join("a b.sarif");
    let ended = runner.run(&[("root", STORY), ("sarif", file.to_str().unwrap())]);
    assert_eq!(ended.code, 1);
    assert!(fs::read_to_string(&file).unwrap().contains("\"2.1.0\""));
    let ended = runner.run(&[("root", STORY), ("upload-sarif", "true")]);
    let written = runner.temp.path().join("redislint.sarif");
    assert_eq!(ended.code, 0);
    assert_eq!(ended.outputs, format!("exit-code=1\nsarif={}\n", written.display()));
    assert!(written.exists());
    assert_eq!(runner.run(&[("root", "no such folder"), ("upload-sarif", "true")]).code, 2);
}

/// An input that a script were pasted into could run anything: they come in as variables only.
#[test]
fn inputs_are_used_and_never_pasted_into_scripts() {
    let action = action();
    let text = include_str!("../action.yml");
    for (name, input) in action["inputs"].as_mapping().unwrap() {
        let name = name.as_str().unwrap();
        assert!(text.contains(&format!("inputs.{name}")), "{name} is not used");
        assert!(input["description"].as_str().is_some_and(|text| !text.is_empty()), "{name} is not described");
    }
    for step in action["runs"]["steps"].as_sequence().unwrap() {
        assert!(!step["run"].as_str().unwrap_or_default().contains("${{"), "{step:?}");
    }
}

/// Every action that is used is pinned to a commit, the same one everywhere.
#[test]
fn actions_are_pinned() {
    let mut pins = BTreeSet::new();
    for path in
        ["action.yml", ".github/workflows/test.yml", ".github/workflows/release.yml", "docs/redislint-workflow.yml"]
    {
        let text = fs::read_to_string(support::project().join(path)).unwrap();
        for line in text.lines().filter_map(|line| line.trim_start_matches([' ', '-']).strip_prefix("uses: ")) {
            if line.starts_with("./") || line.starts_with("<owner>/redislint@") {
                continue;
            }
            let (name, rest) = line.split_once('@').unwrap();
            let (commit, version) = rest.split_once(" # v").unwrap_or_else(|| panic!("{path}: {line}"));
            assert!(commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()), "{path}: {line}");
            pins.insert((name.to_owned(), format!("{commit} {version}")));
        }
    }
    let names: BTreeSet<_> = pins.iter().map(|(name, _)| name).collect();
    assert_eq!(names.len(), pins.len(), "{pins:?}");
    assert!(names.len() >= 6, "{pins:?}");
}
