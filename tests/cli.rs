//! The command line as people and scripts meet it: exit codes, commands, paths, the root, colours and closed pipes.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use tempfile::TempDir;

const STORY: &str = "fixtures/payments-http-500/server-with-password";
const CLEAN: &str = "fixtures/payments-http-500/fixed-with-auth";
/// A fixture in which the worst is a warning.
const WARNING: &str = "fixtures/unauthenticated-healthcheck/grep-pong";
/// One fault, one file: an open server on all interfaces.
const OPEN: &str = "services:\n  redis:\n    image: redis:7.4\n    ports:\n      - 6379:6379\n";

#[test]
fn nothing_found_is_0_and_says_what_was_judged() {
    let output = redislint(CLEAN, &[]);
    assert_eq!(output.code, 0, "{output:?}");
    assert!(output.stdout.contains("judged") && output.stdout.contains("0 errors"), "{}", output.stdout);
}

#[test]
fn errors_and_warnings_are_1_unless_fail_on_says_otherwise() {
    assert_eq!(redislint(STORY, &[]).code, 1);
    assert_eq!(redislint(STORY, &["--fail-on", "error"]).code, 1);
    assert_eq!(redislint(STORY, &["--fail-on", "never"]).code, 0);
    assert_eq!(redislint(WARNING, &[]).code, 1);
    assert_eq!(redislint(WARNING, &["--fail-on", "error"]).code, 0);
}

#[test]
fn a_note_alone_is_0_by_default_and_1_when_asked() {
    // A password in a file that git does not track is worth a note.
    let repository = repository(&[(
        "docker-compose.yml",
        "services:\n  redis:\n    image: redis:7.4\n    command: redis-server --requirepass ${REDIS_PASSWORD:?}\n",
    )]);
    git(repository.path(), &["init", "--quiet"]);
    git(repository.path(), &["add", "."]);
    fs::write(repository.path().join(".env"), "REDIS_PASSWORD=Amber-Causeway-6113\n").unwrap();
    let root = repository.path().to_str().unwrap();
    let output = redislint(root, &[]);
    assert!(output.stdout.contains("1 note"), "{output:?}");
    assert!(output.stdout.contains("0 errors") && output.stdout.contains("0 warnings"), "{output:?}");
    assert_eq!(output.code, 0);
    assert_eq!(redislint(root, &["--fail-on", "note"]).code, 1);
}

#[test]
fn hidden_findings_do_not_count() {
    let shown = redislint(WARNING, &["--min-confidence", "high"]);
    assert_eq!(shown.code, 1, "{shown:?}");
    // What only pedantic rules say neither shows nor counts.
    assert_eq!(redislint(CLEAN, &["--fail-on", "note"]).code, 0);
}

#[test]
fn wrong_usage_is_2() {
    for arguments in [
        &["no/such/path"] as &[&str],
        &["--root", "no/such/root"],
        &["--no-such-flag"],
        &["--format", "xml"],
        &["explain"],
    ] {
        let output = run(support::project(), arguments);
        assert_eq!(output.code, 2, "{arguments:?}: {output:?}");
        assert!(!output.stderr.is_empty() && output.stdout.is_empty(), "{arguments:?}: {output:?}");
    }
}

#[test]
fn a_repository_without_redis_is_0_says_so_and_is_2_when_strict() {
    let repository = repository(&[("README.md", "# A library of colours\n"), ("colours.py", "RED = '#f00'\n")]);
    let output = run(repository.path(), &[]);
    assert_eq!(output.code, 0, "{output:?}");
    let said = output.stdout + &output.stderr;
    assert!(said.contains("nothing"), "{said}");
    assert_eq!(run(repository.path(), &["--strict"]).code, 2);
}

#[test]
fn strict_fails_where_a_file_could_not_be_read_whole() {
    let broken =
        repository(&[("compose.yaml", "services:\n  redis:\n    image: redis:7.4\n    command: [\"redis-server\"\n")]);
    assert!(run(broken.path(), &[]).code < 2);
    assert_eq!(run(broken.path(), &["--strict"]).code, 2);
    assert_eq!(redislint(CLEAN, &["--strict"]).code, 0);
}

#[test]
fn explain_prints_the_documentation_of_every_rule_listed() {
    let rules = run(support::project(), &["rules"]);
    assert_eq!(rules.code, 0);
    let names = fs::read_dir(support::project().join("rules")).unwrap();
    let names: Vec<_> =
        names.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert!(names.len() >= 11);
    for name in names {
        assert!(rules.stdout.contains(&name), "`rules` does not list {name}:\n{}", rules.stdout);
        let explained = run(support::project(), &["explain", &name]);
        assert_eq!(explained.code, 0, "{explained:?}");
        assert!(explained.stdout.starts_with(&format!("# {name}\n")), "{}", explained.stdout);
    }
}

#[test]
fn the_list_of_rules_is_there_for_programs_too() {
    let output = run(support::project(), &["rules", "--format", "json"]);
    assert_eq!(output.code, 0, "{output:?}");
    let list: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(list["schema"], "redislint-rules/1");
    let rules = list["rules"].as_array().unwrap();
    let text = run(support::project(), &["rules"]).stdout;
    assert_eq!(rules.len(), text.lines().count());
    for (rule, line) in rules.iter().zip(text.lines()) {
        for key in ["name", "category", "severity", "summary"] {
            assert!(line.contains(rule[key].as_str().unwrap()), "{line}: {key}");
        }
        assert!(rule["pedantic"].is_boolean(), "{line}");
    }
}

#[test]
fn our_own_repository_is_clean_and_every_ignored_folder_has_its_reason() {
    let output = run(support::project(), &["--format", "json"]);
    assert_eq!(output.code, 0, "{output:?}");
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(report["findings"].as_array().map(Vec::len), Some(0), "{}", report["findings"]);
    let ignored = std::fs::read_to_string(support::project().join(".redislintignore")).unwrap();
    let lines: Vec<&str> = ignored.lines().collect();
    let folders: Vec<usize> = (0..lines.len()).filter(|at| !lines[*at].starts_with('#')).collect();
    assert!(!folders.is_empty() && folders.iter().all(|at| *at > 0 && lines[at - 1].starts_with("# ")), "{ignored}");
    for at in folders {
        assert!(support::project().join(lines[at].trim_matches('/')).is_dir(), "{}", lines[at]);
    }
}

#[test]
fn explain_refuses_unknown_rules() {
    let output = run(support::project(), &["explain", "missing-pasword"]);
    assert_eq!(output.code, 2, "{output:?}");
    assert!(output.stderr.contains("missing-pasword"), "{output:?}");
}

#[test]
fn a_pipe_gets_no_colours_unless_it_asks_for_them() {
    let escapes = |output: &Output| output.stdout.contains('\u{1b}');
    assert!(!escapes(&redislint(STORY, &[])));
    assert!(!escapes(&redislint(STORY, &["--color", "never"])));
    assert!(escapes(&redislint(STORY, &["--color", "always"])));
    let output = support::redislint().env("NO_COLOR", "1").args(["--root", STORY]).output().unwrap();
    assert!(!output.stdout.contains(&0x1b));
}

#[test]
fn control_characters_of_a_file_do_not_reach_the_terminal() {
    let repository = repository(&[
        ("compose.yaml", &format!("{OPEN}    env_file: redis.env\n")),
        ("redis.env", "REDIS_PASSWORD=Amber-Causeway-6113 # \u{1b}[2J\u{7}\u{9b}\r\n"),
        ("other/compose.yaml", "services: # YAML itself allows no \u{1b}[2J\n"),
    ]);
    for arguments in [&["--format", "text"] as &[&str], &["--format", "concise"], &["inspect"]] {
        let output = run(repository.path(), arguments);
        let shown = output.stdout.clone() + &output.stderr;
        assert!(shown.contains("redis.env") || arguments == ["inspect"], "{output:?}");
        let harmless = |character: char| character == '\n' || !character.is_control();
        assert!(shown.chars().all(harmless), "{arguments:?}: {output:?}");
    }
}

#[test]
fn a_folder_named_like_a_command_is_reached_by_its_path() {
    let repository = repository(&[("rules/compose.yaml", OPEN)]);
    assert!(run(repository.path(), &["rules"]).stdout.contains("missing-password"));
    let output = run(repository.path(), &["--format", "concise", "./rules"]);
    assert_eq!(output.code, 1, "{output:?}");
    assert!(output.stdout.contains("published-port"), "{output:?}");
}

#[test]
fn paths_choose_findings_by_any_of_their_places() {
    let story = support::project().join(STORY);
    let rules = |paths: &[&str]| {
        let mut arguments = vec!["--root", ".", "--format", "json"];
        arguments.extend(paths);
        let report: serde_json::Value = serde_json::from_str(&run(&story, &arguments).stdout).unwrap();
        let findings = report["findings"].as_array().unwrap().iter();
        findings.map(|finding| finding["rule"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(rules(&["docker-compose.staging.yml"]), ["published-port"]);
    // The client that sends no password connects in app/payments.py.
    assert_eq!(rules(&["app"]), ["hardcoded-password", "localhost-in-container", "missing-password"]);
    assert!(rules(&["docker-compose.yml"]).contains(&"localhost-in-container".to_owned()));
    assert_eq!(rules(&["README.md"]), [""; 0]);
    assert_eq!(rules(&["app", "docker-compose.staging.yml"]).len(), 4);
}

#[test]
fn the_root_is_the_nearest_folder_with_a_mark() {
    for mark in ["redislint.toml", ".git/HEAD"] {
        let repository = repository(&[(mark, ""), ("deploy/shop/compose.yaml", OPEN)]);
        let output = run(&repository.path().join("deploy"), &["--format", "concise", "shop"]);
        assert!(output.stdout.starts_with("deploy/shop/compose.yaml:5:9: "), "{mark}: {output:?}");
        let output = run(repository.path(), &["--format", "concise", "--root", "deploy/shop"]);
        assert!(output.stdout.starts_with("compose.yaml:5:9: "), "{mark}: {output:?}");
    }
}

#[test]
fn a_single_file_is_a_path_too() {
    let repository = repository(&[("redislint.toml", ""), ("compose.yaml", OPEN), ("other/compose.yaml", OPEN)]);
    let output = run(repository.path(), &["--format", "concise", "other/compose.yaml"]);
    assert_eq!(output.stdout.lines().count(), 1, "{output:?}");
    assert!(output.stdout.starts_with("other/compose.yaml:5:9: "), "{output:?}");
}

#[test]
fn quiet_prints_findings_only() {
    let output = redislint(CLEAN, &["--quiet"]);
    assert_eq!((output.code, output.stdout.as_str(), output.stderr.as_str()), (0, "", ""));
    let output = redislint(STORY, &["-q"]);
    assert!(output.stdout.contains("NOAUTH Authentication required."), "{output:?}");
    assert!(output.stdout.len() < redislint(STORY, &[]).stdout.len());
}

#[test]
fn the_working_directory_is_the_default() {
    let repository = repository(&[("compose.yaml", OPEN)]);
    let output = run(repository.path(), &["--format", "concise"]);
    assert!(output.stdout.starts_with("compose.yaml:5:9: error[published-port]: "), "{output:?}");
}

#[test]
fn the_same_run_prints_the_same_twice() {
    assert_eq!(redislint(STORY, &["--format", "json"]).stdout, redislint(STORY, &["--format", "json"]).stdout);
}

#[test]
fn a_reader_that_stops_early_is_no_crash() {
    for arguments in [
        &["--root", STORY, "--format", "json"] as &[&str],
        &["--root", STORY],
        &["explain", "published-port"],
        &["rules"],
    ] {
        let mut child = Command::new(env!("CARGO_BIN_EXE_redislint"))
            .args(arguments)
            .current_dir(support::project())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // Closed before anything was read: every write of the child fails.
        drop(child.stdout.take());
        let mut errors = String::new();
        child.stderr.take().unwrap().read_to_string(&mut errors).unwrap();
        assert_ne!(child.wait().unwrap().code(), Some(101), "{arguments:?}: {errors}");
        assert!(!errors.contains("broke off"), "{arguments:?}: {errors}");
    }
}

#[derive(Debug)]
struct Output {
    code: i32,
    stdout: String,
    stderr: String,
}

/// Runs redislint on a root.
fn redislint(root: &str, arguments: &[&str]) -> Output {
    let mut all = vec!["--root", root];
    all.extend(arguments);
    run(support::project(), &all)
}

/// Runs redislint in a folder.
fn run(directory: &Path, arguments: &[&str]) -> Output {
    let output = support::redislint().current_dir(directory).args(arguments).output().unwrap();
    Output {
        code: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// A folder of its own with these files.
fn repository(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn git(directory: &Path, arguments: &[&str]) {
    let status = Command::new("git").args(arguments).current_dir(directory).status().unwrap();
    assert!(status.success(), "git {arguments:?}");
}
