//! What the configuration says of environments and hosts, and what `inspect` says of why files run together.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

struct Repository(TempDir);

impl Repository {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        Self(folder)
    }

    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = support::redislint();
        let output = command.current_dir(self.0.path()).args(arguments).args(["--root", "."]).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// `path:line:column: severity[rule]` of everything displayed.
    fn found(&self) -> Vec<String> {
        let (_, out, _) = self.run(&["--format", "concise"]);
        out.lines().map(|line| line.split_inclusive("]:").next().unwrap().trim_end_matches(':').to_owned()).collect()
    }

    fn environments(&self) -> Vec<Value> {
        let (_, out, errors) = self.run(&["inspect", "--format", "json", "--show-secrets"]);
        let picture: Value = serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{errors}"));
        picture["environments"].as_array().unwrap().clone()
    }

    fn names(&self) -> Vec<String> {
        self.environments().iter().map(|environment| environment["name"].as_str().unwrap().to_owned()).collect()
    }
}

const BASE: &str = "services:\n  redis:\n    image: redis:7.4\n    command: redis-server --requirepass s3cr3t-of-mine\n  \
                    web:\n    image: acme/web\n    environment:\n      REDIS_URL: redis://redis:6379/0\n    profiles: \
                    [web]\n";
/// Opens the port, and takes the password away.
const LIVE: &str = "services:\n  redis:\n    command: redis-server\n    ports: [\"6379:6379\"]\n";

fn configured(more: &str) -> String {
    format!("[[environment]]\nname = \"shop\"\nfiles = [\"compose.yaml\", \"deploy/live.yaml\"]\n{more}")
}

#[test]
fn a_configured_environment_is_judged_with_its_kind() {
    for (kind, severity) in [("production", "error"), ("staging", "error"), ("development", "warning")] {
        let config = configured(&format!("kind = \"{kind}\"\n"));
        let files = [("compose.yaml", BASE), ("deploy/live.yaml", LIVE), ("redislint.toml", &config)];
        let exposed = format!("deploy/live.yaml:4:14: {severity}[published-port]");
        assert_eq!(Repository::new(&files).found(), ["compose.yaml:4:41: warning[hardcoded-password]", &exposed]);
    }
}

#[test]
fn profiles_and_env_files_count() {
    let base = BASE.replace("s3cr3t-of-mine", "${REDIS_PASSWORD}");
    let found = |more: &str| {
        let config = format!("[[environment]]\nname = \"shop\"\nfiles = [\"compose.yaml\"]\n{more}");
        let files = [("compose.yaml", base.as_str()), ("live.env", "REDIS_PASSWORD=x\n"), ("redislint.toml", &config)];
        Repository::new(&files).found()
    };
    let missing = "compose.yaml:8:18: error[missing-password]";
    assert!(!found("").contains(&missing.to_owned()), "a profile that nobody switches on");
    assert!(found("env-files = [\"live.env\"]\nprofiles = [\"web\"]\n").contains(&missing.to_owned()));
    assert!(found("env-files = [\"live.env\"]\nprofiles = [\"*\"]\n").contains(&missing.to_owned()));
}

#[test]
fn names_that_lead_nowhere_are_refused_at_their_place() {
    let refused = |config: &str| {
        let files =
            [("compose.yaml", BASE), ("deploy/live.yaml", LIVE), ("redislint.toml", config), (".gitignore", "*.env")];
        let (code, _, errors) = Repository::new(&files).run(&[]);
        (code, errors.lines().skip(1).map(str::to_owned).collect::<Vec<_>>())
    };
    assert_eq!(
        refused(&configured("").replace("live.yaml", "lve.yaml")),
        (2, vec!["redislint.toml:3:26: there is no file `deploy/lve.yaml`; did you mean `deploy/live.yaml`?".into()])
    );
    assert_eq!(
        refused(&configured("env-files = [\"../x.env\", \"settings.txt\", \"live.env\"]\n")),
        (
            2,
            vec![
                "redislint.toml:4:14: there is no file `../x.env`".into(),
                "redislint.toml:4:26: there is no file `settings.txt`".into()
            ]
        ),
        "git ignores the last one: it is on other machines"
    );
    let twice = format!("{}{}", configured(""), configured(""));
    assert_eq!(refused(&twice), (2, vec!["redislint.toml:5:8: the environment `shop` is there twice".into()]));
}

#[test]
fn an_env_file_that_an_example_describes_may_be_missing() {
    let config = configured("env-files = [\"deploy/.env\"]\n");
    let files = [
        ("compose.yaml", BASE),
        ("deploy/live.yaml", LIVE),
        ("deploy/.env.example", "A=1\n"),
        ("redislint.toml", config.as_str()),
    ];
    assert_ne!(Repository::new(&files).run(&[]).0, 2);
}

#[test]
fn what_shows_only_in_the_files_is_a_notice() {
    let config = "hosts = [{ address = \"10.0.0.5\", environment = \"shp\" }]\n".to_owned()
        + &configured("profiles = [\"wb\"]\n");
    let files = [("compose.yaml", BASE), ("deploy/live.yaml", LIVE), ("redislint.toml", &config)];
    let (_, out, _) = Repository::new(&files).run(&[]);
    for notice in [
        "redislint.toml:5:13: no service of these files has the profile `wb`; did you mean `web`?",
        "redislint.toml:1:48: no environment is called `shp`; did you mean `shop`?",
    ] {
        assert!(out.contains(notice), "{notice} is not in\n{out}");
    }
}

const PUBLISHED: &str = "services:\n  redis:\n    image: redis:7.4\n    command: redis-server --requirepass ${PW:?}\n    \
                         ports: [\"10.0.0.5:6380:6379\"]\n";

fn hosts(address: &str) -> String {
    format!(
        "hosts = [{{ address = \"{address}\", environment = \"live\" }}]\n[[environment]]\nname = \"live\"\nfiles = [\"live.yaml\"]\nkind = \"production\"\n"
    )
}

#[test]
fn a_client_reaches_a_configured_host_wherever_it_runs() {
    let worker =
        "services:\n  worker:\n    image: acme/worker\n    environment:\n      REDIS_URL: redis://10.0.0.5:6380/0\n";
    let script = "import redis\n\nclient = redis.Redis(host=\"10.0.0.5\", port=6380)\n";
    for (path, text, expected) in [
        ("worker/compose.yaml", worker, "worker/compose.yaml:5:18: error[missing-password]"),
        ("jobs/report.py", script, "jobs/report.py:3:28: error[missing-password]"),
    ] {
        for (address, reached) in
            [("10.0.0.5", true), ("10.0.0.5:6380", true), ("10.0.0.5:6379", false), ("10.0.0.6", false)]
        {
            let config = hosts(address);
            let repository = Repository::new(&[("live.yaml", PUBLISHED), (path, text), ("redislint.toml", &config)]);
            let found = repository.found().contains(&expected.to_owned());
            assert_eq!(found, reached, "{path} {address}: {:?}", repository.found());
        }
    }
}

#[test]
fn a_client_of_a_configured_host_logs_in_or_is_refused() {
    let end = |url: &str| {
        let live = PUBLISHED.replace("${PW:?}", "right");
        let worker =
            format!("services:\n  worker:\n    image: acme/worker\n    environment:\n      REDIS_URL: {url}\n");
        let config = hosts("10.0.0.5");
        let files = [("live.yaml", live.as_str()), ("worker/compose.yaml", &worker), ("redislint.toml", &config)];
        let environments = Repository::new(&files).environments();
        let own = environments.iter().find(|one| one["name"] == "worker/compose.yaml").unwrap();
        let link = own["links"].as_array().unwrap().first().cloned().unwrap_or_default();
        format!("{} {} {}", link["server"], link["outcome"], link["stage"]).replace('"', "")
    };
    assert_eq!(end("redis://:right@10.0.0.5:6380/0"), "redis at 10.0.0.5 works null");
    assert_eq!(end("redis://:wrong@10.0.0.5:6380/0"), "redis at 10.0.0.5 fails auth");
    assert_eq!(end("rediss://:right@10.0.0.5:6380/0"), "redis at 10.0.0.5 hangs null");
    // Another port of that machine may be anything.
    assert_eq!(end("redis://:right@10.0.0.5:7000/0"), "null undetermined null");
}

#[test]
fn a_public_host_is_remote_even_where_its_server_is_known() {
    let live = PUBLISHED.replace("10.0.0.5:6380", "6380");
    let worker = "services:\n  worker:\n    image: acme/worker\n    environment:\n      REDIS_URL: redis://:${PW:?}@8.8.4.4:6380/0\n";
    let config = hosts("8.8.4.4");
    let found = |config: &str| {
        let files = [("live.yaml", live.as_str()), ("worker/compose.yaml", worker), ("redislint.toml", config)];
        Repository::new(&files).found().into_iter().filter(|one| one.contains("plaintext-remote")).count()
    };
    assert_eq!(found(&config), 1);
    assert_eq!(found(&format!("allowed-endpoints = [\"8.8.4.4:6380\"]\n{config}")), 0);
}

#[test]
fn inspect_names_the_file_and_the_line_that_says_so() {
    let make = "up:\n\tdocker compose up\nlive:\n\tdocker compose -f compose.yaml -f deploy/live.yaml --env-file deploy/live.env up\n";
    let files = [("compose.yaml", BASE), ("deploy/live.yaml", LIVE), ("Makefile", make), ("deploy/live.env", "A=1\n")];
    let repository = Repository::new(&files);
    let environments = repository.environments();
    let live = environments.iter().find(|one| one["name"] == "deploy/live.yaml with live.env").unwrap();
    assert_eq!(live["evidence"], "Makefile runs compose.yaml and live.yaml with --env-file deploy/live.env");
    assert_eq!(live["evidence_location"]["path"], "Makefile");
    assert_eq!(live["evidence_location"]["start"]["line"], 4);
    let (_, text, _) = repository.run(&["inspect"]);
    assert!(text.contains("with --env-file deploy/live.env (Makefile:4:"), "{text}");
    // What compose discovers, no place says.
    let plain = environments.iter().find(|one| one["name"] == "compose.yaml").unwrap();
    assert_eq!(
        (&plain["evidence"], &plain["evidence_location"]),
        (&"compose discovers compose.yaml".into(), &Value::Null)
    );
}

#[test]
fn examples_set_nothing_unless_they_are_used() {
    let compose = "services:\n  redis:\n    image: redis:7.4\n    command: redis-server --requirepass \"${PW-}\"\n    env_file: ENV\n";
    let value = |env_file: &str, name: &str| {
        let text = compose.replace("ENV", env_file);
        let files = [("compose.yaml", text.as_str()), (".env.example", "PW=x\n"), (".env.dist", "OTHER=y\n")];
        Repository::new(&files).environments()[0]["services"]["redis"][name].clone()
    };
    assert_eq!(value("[{path: none.env, required: false}]", "command")[2], "");
    assert_eq!(value(".env.example", "environment")["PW"], "x");
    assert_eq!(value(".env.example", "environment")["OTHER"], Value::Null);
    assert_eq!(value(".env.example", "command")[2], "", "an env_file is no source of interpolation");
}

#[test]
fn init_writes_what_can_be_taken_over() {
    let files = [
        ("compose.yaml", BASE),
        ("compose.prod.yaml", LIVE),
        ("live.env", "A=1\n"),
        ("up.sh", "docker compose -f compose.yaml -f compose.prod.yaml --env-file live.env --profile web up\n"),
    ];
    let repository = Repository::new(&files);
    let before = repository.names();
    assert_eq!(repository.run(&["init"]).0, 0);
    let path = repository.0.path().join("redislint.toml");
    let written = fs::read_to_string(&path).unwrap();
    let (_, environments) = written.split_once("# [[environment]]").unwrap();
    let taken = format!("[[environment]]{}", environments.replace("\n# ", "\n"));
    assert!(taken.contains("env-files = [\"live.env\"]\nprofiles = [\"web\"]\nkind = \"production\""), "{taken}");
    fs::write(&path, &taken).unwrap();
    assert_eq!(repository.names(), before, "{taken}");
    for environment in repository.environments() {
        assert!(environment["evidence"].as_str().unwrap().starts_with("redislint.toml names "), "{environment}");
    }
}

#[test]
fn each_kind_of_file_may_say_what_runs_together() {
    let command = "docker compose -f compose.yaml -f deploy/live.yaml --env-file deploy/live.env --profile web up -d";
    for (path, text, line) in [
        ("Makefile", format!("live:\n\t{command}\n"), 2),
        ("justfile", format!("live:\n    {command}\n"), 2),
        ("bin/live.sh", format!("#!/bin/sh\ncd ..\n{command}\n"), 3),
        ("live.bat", format!("@echo off\r\n{command}\r\n"), 2),
        ("live.ps1", format!("# start\n{command}\n"), 2),
        ("package.json", format!("{{\n  \"scripts\": {{\n    \"live\": \"{command}\"\n  }}\n}}\n"), 3),
        ("Dockerfile", format!("FROM docker:cli\nCMD {command}\n"), 2),
        (
            ".github/workflows/live.yml",
            format!("on: push\njobs:\n  up:\n    runs-on: ubuntu-latest\n    steps:\n      - run: {command}\n"),
            6,
        ),
        ("README.md", format!("# Shop\n\n```sh\n{command}\n```\n"), 4),
        ("docs/deploy.md", format!("# Deploy\n\n    $ {command}\n"), 3),
    ] {
        let files =
            [("compose.yaml", BASE), ("deploy/live.yaml", LIVE), ("deploy/live.env", "A=1\n"), (path, text.as_str())];
        let repository = Repository::new(&files);
        let environments = repository.environments();
        let live = environments.iter().find(|one| one["name"] == "deploy/live.yaml with live.env with web");
        let live = live.unwrap_or_else(|| panic!("{path}: {:?}", repository.names()));
        let evidence =
            format!("{path} runs compose.yaml and live.yaml with --env-file deploy/live.env with --profile web");
        assert_eq!(live["evidence"], evidence.as_str());
        assert_eq!(live["files"], serde_json::json!(["compose.yaml", "deploy/live.yaml"]), "{path}");
        let place = &live["evidence_location"];
        assert_eq!((&place["path"], &place["start"]["line"]), (&path.into(), &line.into()), "{path}");
        assert!(live["services"]["web"].is_object(), "{path}: the profile is on");
        let (_, shown, _) = repository.run(&["inspect"]);
        assert!(shown.contains(&format!("  evidence: {evidence} ({path}:{line}:")), "{shown}");
    }
}

/// `\n` outside of quotes: compose 2 drops the backslash, compose 5 makes a line break of it.
#[test]
fn the_generation_of_compose_decides_where_they_differ() {
    let compose = "services:\n  redis:\n    image: redis:7.4\n    command: redis-server --requirepass four\\nine-4711\n  \
                   web:\n    image: acme/web\n    environment:\n      REDIS_URL: redis://:fournine-4711@redis:6379/0\n";
    let found = |config: &str| {
        let repository = Repository::new(&[("compose.yaml", compose), ("redislint.toml", config)]);
        let password = repository.environments()[0]["services"]["redis"]["command"][2].clone();
        let wrong: Vec<String> = repository.found().into_iter().filter(|one| one.contains("password]")).collect();
        (password.as_str().unwrap().to_owned(), wrong)
    };
    let (two, with_two) = found("compose-version = \"2\"\n");
    let (five, with_five) = found("compose-version = \"5\"\n");
    assert_eq!((two.as_str(), five.as_str()), ("fournine-4711", "four\nine-4711"));
    let wrong = "compose.yaml:8:27: error[wrong-password]".to_owned();
    assert!(!with_two.contains(&wrong), "{with_two:?}");
    assert!(with_five.contains(&wrong), "{with_five:?}");
    assert_eq!(found(""), (five, with_five), "the newest is the default");
}

/// What compose 2 refuses and compose 5 takes.
#[test]
fn the_generation_of_compose_decides_what_is_refused() {
    let compose = "services:\n  redis:\n    image: redis:7.4\n    environment: {RELEASED: 2026-01-31}\n";
    let refused = |config: &str| {
        let (_, _, errors) =
            Repository::new(&[("compose.yaml", compose), ("redislint.toml", config)]).run(&["--format", "concise"]);
        errors.contains("compose.yaml:4:29: invalid jsonType time.Time")
    };
    let all = ["compose-version = \"2\"\n", "compose-version = \"5\"\n", ""].map(refused);
    assert_eq!(all, [true, false, false]);
}
