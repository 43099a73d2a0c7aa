//! Our resolution of the compose files of whole repositories against `docker compose config`, both generations.
//!
//! `REDISLINT_CORPUS=FOLDER cargo test --test oracle_corpus -- --ignored --nocapture`, where each folder in `FOLDER` is a
//! checkout; `REDISLINT_DOCKER_COMPOSE` and `REDISLINT_DOCKER_COMPOSE_2` are the two programs. Every environment that we
//! find is run as we say that it is: with its files, env files and profiles, and with the env files that the repository
//! tells to make of examples. It prints what came out for each repository.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and this one is read"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use redislint::config::{ComposeVersion, Config};
use redislint::extract;
use redislint::finding::Notice;
use redislint::model::{Environment, EnvironmentKind};
use redislint::report::inspect;
use redislint::source::Sources;
use redislint::tree::Tree;
use redislint::{Options, lint};
use serde_json::{Map, Value, json};

#[test]
#[ignore = "needs REDISLINT_CORPUS, a folder of checkouts"]
fn repositories_resolve_as_docker_compose_does() {
    let corpus = PathBuf::from(std::env::var_os("REDISLINT_CORPUS").expect("REDISLINT_CORPUS names a folder"));
    let mut checkouts: Vec<PathBuf> =
        corpus.read_dir().unwrap().map(|entry| entry.unwrap().path().canonicalize().unwrap()).collect();
    checkouts.sort();
    let programs = [
        (ComposeVersion::V5, std::env::var_os("REDISLINT_DOCKER_COMPOSE")),
        (ComposeVersion::V2, std::env::var_os("REDISLINT_DOCKER_COMPOSE_2")),
    ];
    let mut total = Tally::default();
    for (version, program) in programs {
        let Some(program) = program else { continue };
        println!("{version:?}");
        let (mut equal, mut unequal, mut neither) = (0, 0, 0);
        for checkout in checkouts.iter().filter(|path| path.is_dir()) {
            let tally = repository(checkout, version, Path::new(&program));
            if tally.environments == 0 {
                continue;
            }
            // Where compose refuses everything, and so do we, nothing was compared.
            match (tally.wrong.is_empty(), tally.services) {
                (false, _) => unequal += 1,
                (true, 0) => neither += 1,
                (true, _) => equal += 1,
            }
            println!("  {} {tally}", checkout.file_name().unwrap().to_string_lossy());
            tally.wrong.iter().for_each(|difference| println!("    {difference}"));
            total.add(tally);
        }
        println!(
            "{version:?}: {equal} repositories resolve alike, {unequal} do not, {neither} start nothing as they are"
        );
    }
    println!("in all: {total}");
    assert!(total.services > 0, "nothing was compared");
    assert!(total.wrong.is_empty(), "{} differences", total.wrong.len());
}

/// What came out.
#[derive(Default)]
struct Tally {
    environments: usize,
    /// Environments that compose refuses.
    refused: usize,
    /// Environments for which a fresh clone lacks a file or a variable.
    wanting: usize,
    /// Environments in which compose starts nothing.
    idle: usize,
    services: usize,
    values: usize,
    /// Values of which we say that they can't be told.
    unknown: usize,
    wrong: Vec<String>,
}

impl Tally {
    fn add(&mut self, other: Self) {
        self.environments += other.environments;
        self.refused += other.refused;
        self.wanting += other.wanting;
        self.idle += other.idle;
        self.services += other.services;
        self.values += other.values;
        self.unknown += other.unknown;
        self.wrong.extend(other.wrong);
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { environments, refused, wanting, idle, services, values, unknown, wrong } = self;
        write!(
            f,
            "environments {environments} refused {refused} wanting {wanting} idle {idle} services {services} values {values} unknown {unknown} differ {}",
            wrong.len()
        )
    }
}

fn repository(checkout: &Path, version: ComposeVersion, program: &Path) -> Tally {
    let tree = Tree::open(checkout).unwrap();
    let config = Config { compose_version: version, ..Config::default() };
    let report = lint(&tree, &Options { config, show_secrets: true, ..Options::default() });
    let picture: Value = serde_json::from_str(&inspect::json(&report)).unwrap();
    let mut tally = Tally::default();
    let mut farm = None;
    for (environment, ours) in report.model.environments.iter().zip(picture["environments"].as_array().unwrap()) {
        if environment.kind != EnvironmentKind::Compose {
            continue;
        }
        tally.environments += 1;
        let from_example = environment.name.ends_with(" from-example");
        let root =
            if from_example { farm.get_or_insert_with(|| with_examples(checkout, &tree)).path() } else { checkout };
        match ask(program, root, environment) {
            // Profiles switch everything off: we judge what one of them would start.
            Ok(theirs) if theirs.is_empty() => tally.idle += 1,
            Ok(theirs) => compare(&environment.name, &theirs, &ours["services"], &mut tally),
            Err(refusal) if wants(&refusal) => tally.wanting += 1,
            Err(refusal) => {
                tally.refused += 1;
                let here = |notice: &Notice| notice.file().is_some_and(|file| environment.files.contains(&file));
                if !report.notices.iter().any(here) {
                    tally.wrong.push(format!("{}: only compose refuses it: {}", environment.name, refusal.trim()));
                }
            }
        }
    }
    tally
}

/// Whether all that is wrong is a file or a variable that a fresh clone does not have.
fn wants(refusal: &str) -> bool {
    let unset = refusal.contains("variable is not set") && refusal.contains("neither an image nor a build context");
    unset || ["not found", "couldn't find env file", "required variable"].iter().any(|why| refusal.contains(why))
}

/// The checkout once more, by links, with the env files that it tells to make.
fn with_examples(checkout: &Path, tree: &Tree) -> tempfile::TempDir {
    let farm = tempfile::tempdir().unwrap();
    let linked = Command::new("cp").arg("-rsT").arg(checkout).arg(farm.path()).status().unwrap();
    assert!(linked.success());
    for copy in extract::run(tree, &mut Sources::default()).facts.copies {
        let (from, to) = (checkout.join(&copy.example), farm.path().join(&copy.target));
        if !to.exists() && from.is_file() && to.parent().is_some_and(Path::is_dir) {
            std::fs::copy(from, to).unwrap();
        }
    }
    farm
}

/// The services that compose resolves, or why it refuses.
fn ask(program: &Path, root: &Path, environment: &Environment) -> Result<Map<String, Value>, String> {
    let given = &environment.given;
    let mut command = Command::new(program);
    command.current_dir(root).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", root);
    for (option, values) in [("-f", &given.files), ("--env-file", &given.env_files), ("--profile", &given.profiles)] {
        for value in values {
            command.args([option, value]);
        }
    }
    let output = command.args(["config", "--format", "json"]).output().unwrap();
    // One packaging of it ends with 0 whatever happens.
    if !output.status.success() || output.stdout.is_empty() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned());
    }
    let config: Value = serde_json::from_slice(&output.stdout).unwrap();
    Ok(unescape(&config["services"]).as_object().cloned().unwrap_or_default())
}

/// `config` prints each `$` twice, so that its output can be read again.
fn unescape(value: &Value) -> Value {
    match value {
        Value::String(text) => text.replace("$$", "$").into(),
        Value::Array(items) => items.iter().map(unescape).collect(),
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.replace("$$", "$"), unescape(value))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

fn compare(environment: &str, theirs: &Map<String, Value>, ours: &Value, tally: &mut Tally) {
    let nothing = Map::new();
    let ours = ours.as_object().unwrap_or(&nothing);
    for name in theirs.keys().chain(ours.keys().filter(|name| !theirs.contains_key(*name))) {
        let (Some(expected), Some(found)) = (theirs.get(name), ours.get(name)) else {
            tally.wrong.push(format!(
                "{environment}: {name} is only {}",
                if ours.contains_key(name) { "ours" } else { "theirs" }
            ));
            continue;
        };
        tally.services += 1;
        let (expected, found) = (flat(expected), flat(found));
        for key in expected.keys().chain(found.keys().filter(|key| !expected.contains_key(*key))) {
            tally.values += 1;
            let (expected, found) = (expected.get(key), found.get(key));
            // What compose calls a project by itself goes by the folder of the checkout.
            let unknown = |found: &String| found.contains('…') || found.contains("${COMPOSE_PROJECT_NAME}");
            if found.is_some_and(unknown) {
                tally.unknown += 1;
            } else if expected != found {
                tally.wrong.push(format!("{environment}: {name}.{key}: compose {expected:?}, ours {found:?}"));
            }
        }
    }
}

/// The values of a service that decide, each under a name of its own.
fn flat(service: &Value) -> BTreeMap<String, String> {
    let mut flat = BTreeMap::new();
    let mut put = |key: String, value: &Value| {
        if !value.is_null() {
            flat.insert(key, value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        }
    };
    for key in ["image", "network_mode"] {
        put(key.to_owned(), &service[key]);
    }
    for (name, value) in service["environment"].as_object().into_iter().flatten() {
        put(format!("environment {name}"), if value.is_null() { &Value::Bool(false) } else { value });
    }
    for (name, _) in service["networks"].as_object().into_iter().flatten() {
        put(format!("network {name}"), &json!("joined"));
    }
    let port = |port: &Value| {
        let part = |key: &str| port[key].as_str().map_or_else(|| port[key].to_string(), str::to_owned);
        let [ip, published, target, protocol] = ["host_ip", "published", "target", "protocol"].map(part);
        format!("{ip} {published} {target}/{protocol}")
    };
    let mut ports: Vec<String> = service["ports"].as_array().into_iter().flatten().map(port).collect();
    ports.sort();
    put("ports".to_owned(), &json!(ports));
    let test = &service["healthcheck"]["test"];
    let off = service["healthcheck"]["disable"] == json!(true) || test[0] == "NONE";
    for (key, words) in [
        ("command", &service["command"]),
        ("entrypoint", &service["entrypoint"]),
        ("healthcheck", if off { &Value::Null } else { test }),
    ] {
        put(key.to_owned(), words);
    }
    flat
}
