//! What a team lives with: ignores, baselines that merge, only what a change brings in, and a configuration without typos.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

const COMPOSE: &str = "services:\n  redis:\n    image: redis:7.4\n    command: redis-server --requirepass ${REDIS_PASSWORD:?}\n  web:\n    build: .\n    command: python app.py\n    environment:\n      REDIS_URL: redis://redis:6379/0\n";
const APP: &str = "import os\nimport redis\n\nclient = redis.Redis.from_url(os.environ[\"REDIS_URL\"])\n";
const FILES: [(&str, &str); 4] = [
    ("compose.yaml", COMPOSE),
    ("app.py", APP),
    ("Dockerfile", "FROM python:3.12\nCOPY . .\n"),
    ("requirements.txt", "redis==5.0.1\n"),
];
/// An open server on all interfaces.
const OPEN: &str = "services:\n  redis:\n    image: redis:7.4\n    ports:\n      - 6379:6379\n";

struct Repository {
    folder: TempDir,
}

impl Repository {
    fn new(files: &[(&str, &str)]) -> Self {
        let repository = Self { folder: tempfile::tempdir().unwrap() };
        for (path, text) in files {
            repository.write(path, text);
        }
        repository
    }

    /// With git, and everything committed.
    fn committed(files: &[(&str, &str)]) -> Self {
        let repository = Self::new(files);
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.commit();
        repository
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn replace(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path().join(path)).unwrap();
        assert!(text.contains(from), "{path} holds no {from:?}");
        self.write(path, &text.replace(from, to));
    }

    fn git(&self, arguments: &[&str]) {
        let output = Command::new("git")
            .current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "work"]);
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output =
            support::redislint().current_dir(self.path()).args(["--root", "."]).args(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// `path rule` of everything displayed.
    fn found(&self, arguments: &[&str]) -> Vec<String> {
        let report = self.json(arguments);
        let findings = report["findings"].as_array().unwrap().iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let mut found: Vec<_> = findings
            .map(|finding| format!("{} {}", text(&finding["location"]["path"]), text(&finding["rule"])))
            .collect();
        found.sort();
        found
    }

    fn fingerprints(&self) -> Vec<String> {
        let report = self.json(&[]);
        let findings = report["findings"].as_array().unwrap().iter();
        let mut all: Vec<_> = findings.map(|finding| finding["fingerprint"].as_str().unwrap().to_owned()).collect();
        all.sort();
        all
    }

    fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let (_, out, errors) = self.run(&[&["--format", "json"], arguments].concat());
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{errors}"))
    }
}

fn with(files: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let others = FILES.iter().filter(|(path, _)| files.iter().all(|(other, _)| path != other));
    others.chain(files).copied().collect()
}

#[test]
fn an_ignore_silences_trailing_above_and_at_either_end_of_a_link() {
    let found = |path: &str, from: &str, to: &str| {
        let repository = Repository::new(&FILES);
        repository.replace(path, from, to);
        let report = repository.json(&[]);
        let rules: Vec<_> = report["findings"].as_array().unwrap().iter().map(|one| one["rule"].clone()).collect();
        (rules, report["summary"]["suppressed"].as_u64().unwrap(), report["notices"].as_array().unwrap().len())
    };
    assert_eq!(found("app.py", "import os", "import os"), (vec!["missing-password".into()], 0, 0));
    let url = "      REDIS_URL: redis://redis:6379/0";
    let command = "    command: redis-server --requirepass ${REDIS_PASSWORD:?}";
    let comment = "# redislint: ignore[missing-password] a proxy logs in";
    for (line, text) in [
        (url, format!("{url} {comment}")),
        (url, format!("      {comment}\n{url}")),
        (url, format!("      {comment}\n      # for now\n{url}")),
        (command, format!("{command} {comment}")),
    ] {
        assert_eq!(found("compose.yaml", line, &text), (vec![], 1, 0), "{text}");
    }
    // Two lines above is not on the line above.
    let far = format!("      {comment}\n\n{url}");
    assert_eq!(found("compose.yaml", url, &far), (vec!["missing-password".into()], 0, 1));
}

#[test]
fn what_no_comment_is_silences_nothing() {
    let repository = Repository::new(&with(&[
        (
            "compose.yaml",
            "services:\n  redis:\n    image: redis:7.4\n    ports:\n      - \"6379:6379\"\n    labels:\n      - \"# redislint: ignore[published-port] in a string\"\n    volumes:\n      - ./redis.conf:/r.conf\n    command: redis-server /r.conf\n",
        ),
        ("redis.conf", "port 6379\nprotected-mode no # redislint: ignore[published-port]\n"),
    ]));
    let report = repository.json(&[]);
    assert_eq!(report["summary"]["suppressed"], 0);
}

#[test]
fn a_group_of_three_with_one_ignored_reports_the_other_two() {
    let repository = Repository::new(&[
        ("compose.yaml", OPEN),
        ("compose.staging.yaml", "services:\n  redis:\n    ports:\n      - 6380:6379\n"),
        ("compose.prod.yaml", "services:\n  redis:\n    ports:\n      - 6381:6379\n"),
    ]);
    let places = |arguments: &[&str]| {
        let report = repository.json(arguments);
        let finding = &report["findings"][0];
        assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{report}");
        let ports = |label: &&serde_json::Value| label["label"] == "reachable from outside";
        let related = finding["related"].as_array().unwrap().iter().filter(ports);
        let mut paths: Vec<_> = related.map(|label| label["location"]["path"].as_str().unwrap().to_owned()).collect();
        paths.push(finding["location"]["path"].as_str().unwrap().to_owned());
        paths.sort();
        (paths, report["summary"]["suppressed"].as_u64().unwrap())
    };
    let all = ["compose.prod.yaml", "compose.staging.yaml", "compose.yaml"].map(str::to_owned).to_vec();
    assert_eq!(places(&[]), (all.clone(), 0));
    repository.replace("compose.prod.yaml", "6381:6379", "6381:6379 # redislint: ignore[published-port] a lab");
    assert_eq!(places(&[]), (all[1..].to_vec(), 0));
    assert_eq!(places(&["--no-ignores"]), (all, 0));
}

#[test]
fn ignores_that_silence_nothing_or_cannot_be_meant_are_reported() {
    let repository = Repository::new(&[
        ("compose.yaml", OPEN),
        ("app.py", "import redis # redislint: ignore[wrong-port, missing-pasword] x\nred = 1 # redislint: ignore\n"),
    ]);
    repository.replace("compose.yaml", "6379:6379", "6379:6379 # redislint: ignore[published-port]");
    let (code, out, _) = repository.run(&[]);
    assert_eq!(code, 0, "{out}");
    for said in [
        "app.py:1:34: there is no `wrong-port` to ignore here (unused-ignore)",
        "app.py:1:46: unknown rule `missing-pasword`; did you mean `missing-password`? (invalid-ignore)",
        "app.py:2:22: an ignore names its rules",
        "1 suppressed",
    ] {
        assert!(out.contains(said), "{said}\n{out}");
    }
    assert_eq!(repository.run(&["--strict"]).0, 2);
    repository.write("redislint.toml", "require-reason = true\n");
    let (code, out, _) = repository.run(&[]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("compose.yaml:5:32: the configuration requires a reason"), "{out}");
}

#[test]
fn the_configuration_chooses_rules_paths_and_ceilings() {
    let repository = Repository::new(&[("a/compose.yaml", OPEN), ("b/compose.yaml", OPEN)]);
    let both = ["a/compose.yaml published-port", "b/compose.yaml published-port"];
    assert_eq!(repository.found(&[]), both);
    repository.write("redislint.toml", "ignore = [\"published-port\"]\n");
    assert_eq!(repository.found(&[]), [""; 0]);
    repository.write("redislint.toml", "select = [\"missing-password\"]\n");
    assert_eq!(repository.found(&[]), [""; 0]);
    repository.write("redislint.toml", "[severity]\npublished-port = \"note\"\n");
    assert_eq!((repository.found(&[]).len(), repository.run(&[]).0), (2, 0));
    repository.write(
        "redislint.toml",
        "[[per-path]]\npaths = [\"b/**\"]\nrules = [\"published-port\"]\nreason = \"a lab\"\n",
    );
    assert_eq!(repository.found(&[]), both[..1]);
    assert_eq!(repository.found(&["--no-ignores"]), both);
    repository.replace("redislint.toml", "b/**", "c/**");
    let (_, out, _) = repository.run(&[]);
    assert!(out.contains("redislint.toml:3:10: there is no `published-port` to ignore here"), "{out}");
}

#[test]
fn a_configuration_with_typos_is_2_and_names_the_place() {
    let repository =
        Repository::new(&[("compose.yaml", OPEN), ("redislint.toml", "ignore = [\"publishd-port\"]\nselct = []\n")]);
    let (code, out, errors) = repository.run(&[]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(
        errors.contains("redislint.toml:1:11: unknown rule `publishd-port`; did you mean `published-port`?"),
        "{errors}"
    );
    assert!(errors.contains("redislint.toml:2:1: unknown key `selct`; did you mean `select`?"), "{errors}");
}

#[test]
fn init_writes_a_configuration_that_holds_in_every_line() {
    let repository = Repository::new(&[("compose.prod.yaml", OPEN)]);
    assert_eq!(repository.run(&["init"]).0, 0);
    assert_eq!(repository.run(&["init"]).0, 2, "a configuration is never overwritten");
    let before = repository.found(&[]);
    let text = fs::read_to_string(repository.path().join("redislint.toml")).unwrap();
    let settings = text.lines().filter_map(|line| line.strip_prefix("# "));
    let settings = settings.filter(|line| line.starts_with('[') || line.contains(" = "));
    let lines: Vec<String> = settings.map(|line| format!("{line}\n")).collect();
    repository.write("redislint.toml", &lines.concat());
    assert!(lines.concat().contains("files = [\"compose.prod.yaml\"]\nkind = \"production\""), "{text}");
    assert!(lines.concat().contains("published-port = \"note\""), "{text}");
    let (code, _, errors) = repository.run(&[]);
    assert_ne!(code, 2, "{errors}");
    assert_eq!(repository.found(&[]), before);
}

#[test]
fn a_baseline_keeps_quiet_about_what_was_there_and_speaks_of_what_is_new() {
    let repository = Repository::new(&with(&[(".env.live", "REDIS_PASSWORD=Amber-Causeway-6113\n")]));
    repository.write("live/compose.yaml", &OPEN.replace("image", "env_file: ../.env.live\n    image"));
    let all = repository.found(&[]);
    assert!(all.len() > 1, "{all:?}");
    assert_eq!(repository.run(&["--write-baseline", "known"]).0, 0);
    let known = ["--baseline", "known"];
    assert_eq!(repository.found(&known), [""; 0]);
    assert_eq!(repository.run(&known).0, 0);
    assert_eq!(repository.json(&known)["summary"]["baselined"], all.len());
    let (_, out, _) = repository.run(&known);
    assert!(out.contains(&format!("0 suppressed, {} in the baseline", all.len())), "{out}");

    repository.write("other/compose.yaml", OPEN);
    assert_eq!(repository.found(&known), ["other/compose.yaml published-port"]);
    fs::remove_dir_all(repository.path().join("other")).unwrap();
    // Another environment with the same fault of the same setting is no new fault.
    repository.replace("compose.yaml", "redis://redis:6379/0", "redis://:Amber-Causeway-6113@redis:6379/0");
    let (_, out, _) = repository.run(&known);
    assert!(out.contains("missing-password compose.yaml REDIS_URL (stale-baseline)"), "{out}");
    let text = fs::read_to_string(repository.path().join("known")).unwrap();
    assert!(!text.contains("Amber"), "{text}");
    repository.write("known", "<<<<<<< ours\n");
    assert_eq!(repository.run(&known).0, 2);
}

/// A password in code, with a name of its own.
fn secret(value: &str) -> String {
    format!("import redis\n\nclient = redis.Redis(host=\"cache.example.net\", password=\"{value}\")\n")
}

#[test]
fn fingerprints_outlive_moves_names_and_layout_but_not_a_new_password() {
    let files = with(&[("jobs/queue.py", "")]);
    let repository = Repository::new(&files);
    repository.write("jobs/queue.py", &secret("Amber-Causeway-6113"));
    let first = repository.fingerprints();
    assert!(first.len() >= 2, "{first:?}");
    // Code moves.
    repository.write("jobs/queue.py", &format!("# a heading\n\n\n{}", secret("Amber-Causeway-6113")));
    assert_eq!(repository.fingerprints(), first);
    // A service gets another name.
    repository.write(
        "compose.yaml",
        &COMPOSE.replace("  redis:\n", "  store:\n").replace("@redis", "@store").replace("//redis", "//store"),
    );
    assert_eq!(repository.fingerprints(), first);
    // YAML gets another layout.
    repository.write("compose.yaml", "services:\n    web: {build: ., command: [python, app.py], environment: [\"REDIS_URL=redis://redis:6379/0\"]}\n\n    redis:\n        image: \"redis:7.4\"\n        command: [redis-server, --requirepass, \"${REDIS_PASSWORD:?}\"]\n");
    assert_eq!(repository.fingerprints(), first);
    // The password changes.
    repository.write("jobs/queue.py", &secret("Basalt-Lantern-2207"));
    let changed = repository.fingerprints();
    assert_eq!(changed.len(), first.len());
    assert_eq!(changed.iter().filter(|print| !first.contains(print)).count(), 1, "{first:?} {changed:?}");
}

#[test]
fn a_second_password_on_the_same_line_is_new() {
    let repository = Repository::new(&FILES);
    repository.write("jobs/queue.py", &secret("Amber-Causeway-6113"));
    assert!(repository.found(&[]).contains(&"jobs/queue.py hardcoded-password".to_owned()));
    assert_eq!(repository.run(&["--write-baseline", "known"]).0, 0);
    assert_eq!(repository.found(&["--baseline", "known"]), [""; 0]);
    repository.replace(
        "jobs/queue.py",
        "6113\")",
        "6113\"); other = redis.Redis(host=\"queue.example.net\", password=\"Basalt-Lantern-2207\")",
    );
    assert_eq!(repository.found(&["--baseline", "known"]), ["jobs/queue.py hardcoded-password"]);
}

#[test]
fn two_branches_that_add_an_entry_each_merge() {
    let repository = Repository::committed(&[("a/compose.yaml", OPEN)]);
    let baseline = |file: &str| {
        assert_eq!(repository.run(&["--write-baseline", "known"]).0, 0);
        let text = fs::read_to_string(repository.path().join("known")).unwrap();
        assert!(text.lines().is_sorted() && file.is_empty() || text.contains(file), "{text}");
    };
    baseline("");
    repository.commit();
    for branch in ["left", "right"] {
        repository.git(&["checkout", "--quiet", "-b", branch, "main"]);
        repository.write(&format!("{branch}/compose.yaml"), OPEN);
        baseline(&format!("published-port {branch}/compose.yaml -"));
        repository.commit();
    }
    repository.git(&["merge", "--quiet", "--no-edit", "left"]);
    assert_eq!(repository.found(&["--baseline", "known"]), [""; 0]);
    assert_eq!(repository.json(&["--baseline", "known"])["summary"]["baselined"], 3);
    let merged = fs::read_to_string(repository.path().join("known")).unwrap();
    baseline("");
    assert_eq!(fs::read_to_string(repository.path().join("known")).unwrap(), merged);
}

/// What a history does to the repository, and exactly what that brings in.
type History = (&'static str, fn(&Repository), &'static [&'static str]);

/// A server with a password from redis.conf, and a client that sends it.
const HEALTHY: [(&str, &str); 5] = [
    (
        "compose.yaml",
        "services:\n  redis:\n    image: redis:7.4\n    command: redis-server /etc/redis.conf\n    volumes:\n      - ./redis.conf:/etc/redis.conf\n  web:\n    build: .\n    command: python app.py\n    environment:\n      REDIS_URL: redis://:${REDIS_PASSWORD}@redis:6379/0\n  old:\n    image: redis:7.4\n    ports:\n      - 6390:6379\n",
    ),
    ("redis.conf", "requirepass Amber-Causeway-6113\nport 6379\n"),
    (".env", "REDIS_PASSWORD=Amber-Causeway-6113\n"),
    ("app.py", APP),
    ("Dockerfile", "FROM python:3.12\nRUN pip install redis==5.0.1\nCOPY . .\n"),
];

const HISTORIES: &[History] = &[
    ("nothing", |_| {}, &[]),
    ("another file", |to| to.write("README.md", "# Shop\n"), &[]),
    (
        "the client's end",
        |to| to.replace("compose.yaml", ":${REDIS_PASSWORD}@", ""),
        &["compose.yaml missing-password"],
    ),
    (
        "the server's end",
        |to| to.write("redis.conf", "requirepass Basalt-Lantern-2207\nport 6379\n"),
        &[".env wrong-password", "redis.conf hardcoded-password"],
    ),
    (
        "the variable between them",
        |to| to.write(".env", "REDIS_PASSWORD=Basalt-Lantern-2207\n"),
        &[".env hardcoded-password", ".env wrong-password"],
    ),
    (
        "a staging file",
        |to| to.write("compose.staging.yaml", "services:\n  redis:\n    ports:\n      - 6379:6379\n"),
        &[".env reused-password", "compose.staging.yaml published-port"],
    ),
    (
        "a name that is no service",
        |to| to.replace("compose.yaml", "@redis:", "@reddis:"),
        &["compose.yaml unknown-host"],
    ),
    (
        "a port that nobody listens on",
        |to| to.replace("compose.yaml", "@redis:6379", "@redis:6380"),
        &["compose.yaml wrong-port"],
    ),
    ("the client in other lines", |to| to.write("app.py", &format!("# moved\n\n{APP}")), &[]),
    (
        "an open port in a new folder",
        |to| {
            to.write("lab/compose.yaml", OPEN);
            to.commit();
        },
        &["lab/compose.yaml published-port"],
    ),
    (
        "a deleted redis.conf",
        |to| {
            fs::remove_file(to.path().join("redis.conf")).unwrap();
            to.replace(
                "compose.yaml",
                "    command: redis-server /etc/redis.conf\n    volumes:\n      - ./redis.conf:/etc/redis.conf\n",
                "",
            );
        },
        &[".env unexpected-password"],
    ),
];

#[test]
fn since_reports_exactly_what_a_change_brings_in() {
    for (what, change, expected) in HISTORIES {
        let repository = Repository::committed(&HEALTHY);
        assert_eq!(repository.found(&["--since", "HEAD"]), [""; 0], "{what}");
        repository.git(&["tag", "start"]);
        change(&repository);
        assert_eq!(&repository.found(&["--since", "start"]), expected, "{what}: {:?}", repository.found(&[]));
    }
}

#[test]
fn since_counts_what_was_there_before_and_refuses_unknown_revisions() {
    let repository = Repository::committed(&HEALTHY);
    let there = repository.found(&[]).len();
    assert_eq!(repository.json(&["--since", "HEAD"])["summary"]["unchanged"], there);
    let (_, out, _) = repository.run(&["--since", "HEAD"]);
    assert!(out.contains(&format!("{there} there before")), "{out}");
    for revision in ["no-such-branch", "--output=x", ""] {
        let (code, _, errors) = repository.run(&[&format!("--since={revision}")]);
        assert_eq!(code, 2, "{revision}: {errors}");
    }
    assert_eq!(Repository::new(&HEALTHY).run(&["--since", "HEAD"]).0, 2);
}

#[test]
fn since_runs_nothing_that_the_repository_names() {
    let repository = Repository::committed(&HEALTHY);
    let mark = repository.path().join("ran");
    let command = format!("touch {}", mark.display());
    for key in [
        "core.fsmonitor",
        "filter.x.clean",
        "filter.x.smudge",
        "filter.x.process",
        "diff.external",
        "diff.x.textconv",
        "core.pager",
    ] {
        repository.git(&["config", key, &command]);
    }
    repository.write(".git/hooks/post-index-change", &format!("#!/bin/sh\n{command}\n"));
    repository.write(".gitattributes", "* filter=x diff=x\n");
    repository.replace("app.py", "import os", "import os, sys");
    assert_eq!(repository.run(&["--since", "HEAD"]).0, 0);
    assert!(!mark.exists());
}

#[test]
fn a_touched_finding_is_reported_again() {
    let repository = Repository::committed(&HEALTHY);
    repository.replace("compose.yaml", "      - 6390:6379", "      - 6390:6379 # for the lab");
    assert_eq!(repository.found(&["--since", "HEAD"]), ["compose.yaml published-port"]);
}

#[test]
fn placeholders_and_allowed_endpoints_are_meant_to_be_so() {
    let files = with(&[("lab/compose.yaml", OPEN)]);
    let repository = Repository::new(&files);
    repository.write("jobs/queue.py", &secret("Amber-Causeway-6113"));
    let there = |rule: &str| repository.found(&[]).iter().any(|found| found.ends_with(rule));
    assert!(there("hardcoded-password") && there("published-port"));
    repository.write("redislint.toml", "placeholders = [\"Amber-*\"]\n");
    assert!(!there("hardcoded-password") && there("published-port"));
    repository.write("redislint.toml", "allowed-endpoints = [\"0.0.0.0:6379\"]\n");
    assert!(there("hardcoded-password") && !there("published-port"));
    repository.write("jobs/queue.py", &secret("Amber-Causeway-6113").replace("example.net", "shop.io"));
    assert!(there("plaintext-remote"));
    repository.write("redislint.toml", "allowed-endpoints = [\"cache.shop.io\"]\n");
    assert!(!there("plaintext-remote"));
}
