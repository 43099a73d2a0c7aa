//! Our resolution of compose projects against `docker compose config` itself.
//!
//! Live where `REDISLINT_DOCKER_COMPOSE` (or `docker-compose` on the PATH) is there, else against the recorded
//! transcript; `RECORD=1` writes that transcript anew. Each run prints which of the two it was.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says which mode it ran in"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use redislint::config::Config;
use redislint::extract;
use redislint::finding::Level;
use redislint::model::{Published, Service};
use redislint::resolve::compose;
use redislint::source::Sources;
use redislint::symbol::Symbols;
use redislint::text::Text;
use redislint::tree::Tree;
use serde_json::{Map, Value, json};

const TRANSCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts/compose.json");
const CORPUS: &str = include_str!("oracle/compose.txt");

/// Where the versions differ, the newest counts; 2.40 refuses a service that is included and described again.
const NEWEST_ONLY: [&str; 1] = ["an included service is overridden beside it"];

struct Case {
    name: String,
    files: Vec<(String, String)>,
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in CORPUS.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("=== ") {
            cases.push(Case { name: name.trim_end().to_owned(), files: Vec::new() });
        } else if let Some(path) = line.strip_prefix("--- ") {
            cases.last_mut().unwrap().files.push((path.trim_end().to_owned(), String::new()));
        } else if let Some((_, text)) = cases.last_mut().and_then(|case| case.files.last_mut()) {
            text.push_str(line);
        }
    }
    cases
}

fn binary() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("REDISLINT_DOCKER_COMPOSE") {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("docker-compose")).find(|file| file.is_file())
}

fn is_old(binary: &Path) -> bool {
    let output = Command::new(binary).arg("version").output().unwrap();
    String::from_utf8_lossy(&output.stdout).contains(" v2.")
}

/// The services that compose resolves, or `null` where it refuses the files.
fn ask(binary: &Path, case: &Case) -> Value {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in &case.files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let output = Command::new(binary)
        .args(["--project-name", "case", "config", "--format", "json"])
        .current_dir(folder.path())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", folder.path())
        .output()
        .unwrap();
    // One packaging of it ends with 0 whatever happens.
    if !output.status.success() || output.stdout.is_empty() {
        return Value::Null;
    }
    let config: Value = serde_json::from_slice(&output.stdout).unwrap();
    let services = config["services"].as_object().cloned().unwrap_or_default();
    services.iter().map(|(name, service)| (name.clone(), shape(&unescape(service)))).collect::<Map<_, _>>().into()
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

/// The attributes that decide, in one order.
fn shape(service: &Value) -> Value {
    let mut ports: Vec<String> = Vec::new();
    for port in service["ports"].as_array().into_iter().flatten() {
        let text = |key: &str| port[key].as_str().unwrap_or("-").to_owned();
        ports.push(format!(
            "{} {} {}/{} {}",
            text("host_ip"),
            text("published"),
            port["target"],
            text("protocol"),
            text("mode")
        ));
    }
    ports.sort();
    let test = &service["healthcheck"]["test"];
    let off = service["healthcheck"]["disable"] == json!(true) || test[0] == "NONE";
    json!({
        "environment": service.get("environment").cloned().unwrap_or(json!({})),
        "command": service["command"],
        "entrypoint": service["entrypoint"],
        "ports": ports,
        "networks": service["networks"].as_object().map(|networks| networks.keys().cloned().collect::<Vec<_>>()),
        "network_mode": service["network_mode"],
        "healthcheck": if off { Value::Null } else { test.clone() },
        "image": service["image"],
    })
}

/// What we make of the case: its services, and whether we said that something is refused.
fn resolve(case: &Case) -> (Value, bool) {
    let tree = Tree::from_texts(case.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())));
    let (mut sources, symbols) = (Sources::default(), Symbols::default());
    let extracted = extract::run(&tree, &mut sources);
    let (projects, notices) =
        compose::projects(&extracted.facts, &extracted.index, &mut sources, &symbols, &Config::default());
    let refused = notices.iter().chain(&extracted.notices).any(|notice| notice.level >= Level::Warning);
    let refused = refused || projects.iter().any(|project| !project.missing.is_empty());
    let project = projects.iter().find(|project| project.directory.is_empty());
    let services = project.map(|project| &project.containers).into_iter().flatten().map(|container| {
        let service = container.to_service();
        (service.name.clone(), ours(&service, &symbols))
    });
    (services.collect::<Map<_, _>>().into(), refused)
}

fn ours(service: &Service, symbols: &Symbols) -> Value {
    let text = |text: &Text| symbols.display(text.as_str());
    let words =
        |words: &Option<Vec<Text>>| json!(words.as_ref().map(|words| words.iter().map(text).collect::<Vec<_>>()));
    let port = |port: &Published| {
        let part = |part: &Option<Text>| part.as_ref().map_or("-".to_owned(), text);
        let mode = port.mode.as_deref().unwrap_or("-");
        let target = port.container_port.unwrap_or_default();
        format!("{} {} {target}/{} {mode}", part(&port.host_ip), part(&port.host_port), port.protocol)
    };
    let mut ports: Vec<String> = service.ports.iter().map(port).collect();
    ports.sort();
    let environment: BTreeMap<&String, Option<String>> =
        service.environment.iter().map(|(name, value)| (name, value.as_ref().map(text))).collect();
    json!({
        "environment": environment,
        "command": words(&service.command),
        "entrypoint": words(&service.entrypoint),
        "ports": ports,
        "networks": service.networks,
        "network_mode": service.network_mode,
        "healthcheck": words(&service.healthcheck),
        "image": service.image.as_ref().map(text),
    })
}

#[test]
fn resolves_as_docker_compose_does() {
    let binary = binary();
    let recorded: Map<String, Value> = if let Some(path) = &binary {
        println!("live: {}", path.display());
        cases().iter().map(|case| (case.name.clone(), ask(path, case))).collect()
    } else {
        println!("replayed from the transcript");
        serde_json::from_str(&std::fs::read_to_string(TRANSCRIPT).unwrap()).unwrap()
    };
    if binary.is_some() && std::env::var_os("RECORD").is_some() {
        std::fs::write(TRANSCRIPT, serde_json::to_string_pretty(&recorded).unwrap() + "\n").unwrap();
    }
    let old = binary.as_deref().is_some_and(is_old);
    let mut wrong = Vec::new();
    for case in cases() {
        if old && NEWEST_ONLY.contains(&case.name.as_str()) {
            continue;
        }
        let expected = recorded.get(&case.name).unwrap_or_else(|| panic!("`{}` was not recorded", case.name));
        let (services, refused) = resolve(&case);
        if expected.is_null() {
            if !refused {
                wrong.push(format!("{}: compose refuses it, and we say nothing", case.name));
            }
            continue;
        }
        let none = Map::new();
        let (expected, services) = (expected.as_object().unwrap(), services.as_object().unwrap_or(&none).clone());
        for name in expected.keys().chain(services.keys().filter(|name| !expected.contains_key(*name))) {
            let (theirs, mine) = (expected.get(name), services.get(name));
            let keys = theirs.or(mine).and_then(Value::as_object).into_iter().flat_map(Map::keys);
            for key in keys {
                let (theirs, mine) = (theirs.map(|map| &map[key]), mine.map(|map| &map[key]));
                if theirs != mine {
                    wrong.push(format!("{}: {name}.{key}:\n  compose {theirs:?}\n  ours    {mine:?}", case.name));
                }
            }
        }
        if refused {
            wrong.push(format!("{}: compose accepts it, and we refuse it", case.name));
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}
