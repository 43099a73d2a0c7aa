//! Our resolution of compose projects against `docker compose config` itself.
//!
//! Live where `REDISLINT_DOCKER_COMPOSE` (or `docker-compose` on the PATH) is there, else against the recorded
//! transcript; `RECORD=1` writes that transcript anew. Each run prints which of the two it was. Where
//! `REDISLINT_DOCKER_COMPOSE_2` is set too, both generations judge, each against our reading with its `compose-version`.
//!
//! Besides the cases by hand, projects are made up from fixed seeds: a sample in each run, 2,000 of them with
//! `REDISLINT_ORACLE_PROJECTS=2000 cargo test --test oracle_compose -- --nocapture`.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says which mode it ran in"
)]

#[path = "oracle_compose/generate.rs"]
mod generate;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use redislint::config::{ComposeVersion, Config};
use redislint::extract;
use redislint::finding::Level;
use redislint::model::Published;
use redislint::resolve::compose;
use redislint::resolve::project::Container;
use redislint::source::{Sources, Span};
use redislint::symbol::Symbols;
use redislint::text::Text;
use redislint::tree::Tree;
use serde_json::{Map, Value, json};

use generate::{FEATURES, Project, REFUSED};

const TRANSCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts/compose.json");
const CORPUS: &str = include_str!("oracle/compose.txt");

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

/// The services that compose resolves, or what it says where it refuses the files.
fn ask(binary: &Path, files: &[(String, String)]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
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
        return String::from_utf8_lossy(&output.stderr).into();
    }
    let config: Value = serde_json::from_slice(&output.stdout).unwrap();
    let config = unescape(&config);
    let services = config["services"].as_object().cloned().unwrap_or_default();
    let shape = |(name, service): (&String, &Value)| (name.clone(), shape(service, &config, folder.path()));
    services.iter().map(shape).collect::<Map<_, _>>().into()
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
fn shape(service: &Value, config: &Value, folder: &Path) -> Value {
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
        "networks": service["networks"].as_object().map(|networks| {
            networks.iter().map(|(name, entry)| (name.clone(), sorted(strings(&entry["aliases"])))).collect::<BTreeMap<_, _>>()
        }),
        "network_mode": service["network_mode"],
        "healthcheck": if off { Value::Null } else { test.clone() },
        "image": service["image"],
        "expose": sorted(strings(&service["expose"]).iter().flat_map(|ports| expand(ports)).collect()),
        "container_name": service["container_name"],
        "links": sorted(strings(&service["links"]).into_iter().map(|link| if link.contains(':') { link } else { format!("{link}:{link}") }).collect()),
        "extra_hosts": sorted(strings(&service["extra_hosts"]).iter().filter_map(|host| host.split('=').next()).map(str::to_owned).collect()),
        "mounts": sorted(mounts(service, config, folder)),
    })
}

fn strings(list: &Value) -> Vec<String> {
    let text = |item: &Value| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
    list.as_array().into_iter().flatten().map(text).collect()
}

fn sorted(mut list: Vec<String>) -> Vec<String> {
    list.sort();
    list.dedup();
    list
}

/// The single ports of `80-82/tcp`.
fn expand(ports: &str) -> Vec<String> {
    let ports = ports.split('/').next().unwrap();
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    (first.parse::<u16>().unwrap()..=last.parse().unwrap()).map(|port| port.to_string()).collect()
}

/// What lies where: `target <- source` with the source relative to the project, or the content.
fn mounts(service: &Value, config: &Value, folder: &Path) -> Vec<String> {
    let relative = |path: &Value| {
        let path = Path::new(path.as_str()?).strip_prefix(folder).ok()?;
        Some(path.to_str().unwrap().to_owned())
    };
    let mut mounts = Vec::new();
    for volume in service["volumes"].as_array().into_iter().flatten() {
        let source = if volume["type"] == "bind" { relative(&volume["source"]) } else { None };
        mounts.push(mounted(volume["target"].as_str().unwrap(), source.as_deref(), None));
    }
    for (kind, home) in [("configs", "/"), ("secrets", "/run/secrets/")] {
        for grant in service[kind].as_array().into_iter().flatten() {
            let name = grant["source"].as_str().unwrap();
            let target = grant["target"].as_str().unwrap_or(name);
            let target = if target.starts_with('/') { target.to_owned() } else { format!("{home}{target}") };
            let resource = &config[kind][name];
            mounts.push(mounted(&target, relative(&resource["file"]).as_deref(), resource["content"].as_str()));
        }
    }
    mounts
}

fn mounted(target: &str, source: Option<&str>, content: Option<&str>) -> String {
    format!(
        "{} <- {}{}",
        target.trim_end_matches('/'),
        source.unwrap_or("?"),
        content.map_or(String::new(), |text| format!(" = {text}"))
    )
}

/// What we make of a project.
struct Ours {
    services: Map<String, Value>,
    /// The lines that notices of refusal point at.
    refused: Vec<String>,
    /// Values in the services, and how many of them hold something that could not be told.
    values: usize,
    unknown: usize,
}

fn resolve(files: &[(String, String)], version: ComposeVersion) -> Ours {
    let tree = Tree::from_texts(files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())));
    let (mut sources, symbols) = (Sources::default(), Symbols::default());
    let extracted = extract::run(&tree, &mut sources);
    let config = Config { compose_version: version, ..Config::default() };
    let (projects, notices) = compose::projects(&extracted.facts, &extracted.index, &mut sources, &symbols, &config);
    let project = projects.iter().find(|project| project.directory.is_empty());
    let refusals = notices.iter().chain(&extracted.notices).filter(|notice| notice.level >= Level::Warning);
    let missing = project.into_iter().flat_map(|project| &project.missing).map(|missing| missing.span);
    let spans = refusals.filter_map(|notice| notice.span).chain(missing);
    let refused = spans.map(|span| line(&sources, span)).collect();
    let containers = project.map(|project| &project.containers).into_iter().flatten();
    let services: Map<String, Value> =
        containers.map(|container| (container.name.clone(), ours(container, &symbols))).collect();
    let (mut values, mut unknown) = (0, 0);
    count(&Value::Object(services.clone()), &mut values, &mut unknown);
    Ours { services, refused, values, unknown }
}

fn line(sources: &Sources, span: Span) -> String {
    let text = sources.get(span.file).text();
    let start = usize::try_from(span.start).unwrap();
    let from = text[..start].rfind('\n').map_or(0, |at| at + 1);
    text[from..].lines().next().unwrap_or_default().to_owned()
}

/// The texts in a value, and those that show an unknown part as `…`.
fn count(value: &Value, all: &mut usize, unknown: &mut usize) {
    match value {
        Value::String(text) => {
            *all += 1;
            *unknown += usize::from(text.contains('…'));
        }
        Value::Array(items) => items.iter().for_each(|item| count(item, all, unknown)),
        Value::Object(map) => map.values().for_each(|value| count(value, all, unknown)),
        _ => {}
    }
}

fn ours(container: &Container, symbols: &Symbols) -> Value {
    let service = container.to_service();
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
    let networks = container.networks.as_ref().map(|networks| {
        networks.iter().map(|(name, aliases)| (name.clone(), sorted(aliases.clone()))).collect::<BTreeMap<_, _>>()
    });
    let mounts = container
        .mounts
        .iter()
        .map(|mount| mounted(&mount.target, mount.source.as_deref(), mount.content.as_ref().map(text).as_deref()));
    json!({
        "environment": environment,
        "command": words(&service.command),
        "entrypoint": words(&service.entrypoint),
        "ports": ports,
        "networks": networks,
        "network_mode": service.network_mode,
        "healthcheck": words(&service.healthcheck),
        "image": service.image.as_ref().map(text),
        "expose": sorted(container.expose.iter().map(u16::to_string).collect()),
        "container_name": container.container_name.as_ref().map(|name| &name.value),
        "links": sorted(container.links.iter().map(|(service, alias)| format!("{service}:{alias}")).collect()),
        "extra_hosts": sorted(container.extra_hosts.clone()),
        "mounts": sorted(mounts.collect()),
    })
}

/// Where the two pictures of a project differ.
fn differences(expected: &Map<String, Value>, services: &Map<String, Value>) -> Vec<String> {
    let mut wrong = Vec::new();
    for name in expected.keys().chain(services.keys().filter(|name| !expected.contains_key(*name))) {
        let (theirs, mine) = (expected.get(name), services.get(name));
        if theirs.is_none() || mine.is_none() {
            wrong.push(format!("{name}: compose {}, ours {}", theirs.is_some(), mine.is_some()));
            continue;
        }
        let keys = theirs.or(mine).and_then(Value::as_object).into_iter().flat_map(Map::keys);
        for key in keys {
            let (theirs, mine) = (theirs.map(|map| &map[key]), mine.map(|map| &map[key]));
            if theirs != mine {
                wrong.push(format!("{name}.{key}:\n  compose {theirs:?}\n  ours    {mine:?}"));
            }
        }
    }
    wrong
}

#[test]
fn resolves_as_docker_compose_does() {
    let binary = binary();
    let recorded: Map<String, Value> = if let Some(path) = &binary {
        println!("live: {}", path.display());
        let known = |services: Value| if services.is_object() { services } else { Value::Null };
        cases().iter().map(|case| (case.name.clone(), known(ask(path, &case.files)))).collect()
    } else {
        println!("replayed from the transcript");
        serde_json::from_str(&std::fs::read_to_string(TRANSCRIPT).unwrap()).unwrap()
    };
    if binary.is_some() && std::env::var_os("RECORD").is_some() {
        std::fs::write(TRANSCRIPT, serde_json::to_string_pretty(&recorded).unwrap() + "\n").unwrap();
    }
    let mut wrong = compare(ComposeVersion::V5, &recorded);
    for (version, path) in generations().iter().filter(|(version, _)| *version == ComposeVersion::V2) {
        println!("live: {}", path.display());
        wrong.extend(compare(
            *version,
            &cases().iter().map(|case| (case.name.clone(), ask(path, &case.files))).collect(),
        ));
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Where the cases differ from what compose said.
fn compare(version: ComposeVersion, recorded: &Map<String, Value>) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in cases() {
        let expected = recorded.get(&case.name).unwrap_or_else(|| panic!("`{}` was not recorded", case.name));
        let ours = resolve(&case.files, version);
        let name = format!("{} with {version:?}", case.name);
        let Some(expected) = expected.as_object() else {
            if ours.refused.is_empty() {
                wrong.push(format!("{name}: compose refuses it, and we say nothing"));
            }
            continue;
        };
        wrong.extend(differences(expected, &ours.services).iter().map(|what| format!("{name}: {what}")));
        if !ours.refused.is_empty() {
            wrong.push(format!("{name}: compose accepts it, and we refuse {:?}", ours.refused));
        }
    }
    wrong
}

/// The two generations of compose, where they are there.
fn generations() -> Vec<(ComposeVersion, PathBuf)> {
    let newest = binary().map(|path| (ComposeVersion::V5, path));
    let old = std::env::var_os("REDISLINT_DOCKER_COMPOSE_2").map(|path| (ComposeVersion::V2, path.into()));
    newest.into_iter().chain(old).filter(|(version, path)| is_old(path) == (*version == ComposeVersion::V2)).collect()
}

/// What is wrong with our picture of a project, by what compose says.
fn judge(project: &Project, version: ComposeVersion, binary: &Path) -> Vec<String> {
    let ours = resolve(&project.files, version);
    let theirs = ask(binary, &project.files);
    if !project.refused {
        let Some(expected) = theirs.as_object() else { return vec![format!("compose refuses it\n{theirs}")] };
        let mut wrong = differences(expected, &ours.services);
        wrong.extend(ours.refused.iter().map(|line| format!("compose accepts it, and we refuse `{line}`")));
        return wrong;
    }
    if theirs.is_object() {
        return vec!["compose accepts what it should refuse".to_owned()];
    }
    let mut wrong = Vec::new();
    if !ours.refused.iter().any(|line| line.ends_with(REFUSED)) {
        wrong.push(format!("no notice at the refused line, but at {:?}", ours.refused));
    }
    // The rest is still judged: as if the refused line were not there.
    let (mut rest, mut services) = (project.files.clone(), ours.services);
    for (_, text) in &mut rest {
        let broken = |line: &str| ["  zbroken:", "    image: broken"].contains(&line) || line.ends_with(REFUSED);
        *text = text.split_inclusive('\n').filter(|line| !broken(line.trim_end())).collect();
    }
    let mut expected = ask(binary, &rest).as_object().cloned().unwrap_or_default();
    expected.remove("zbroken");
    services.remove("zbroken");
    wrong.extend(differences(&expected, &services));
    wrong
}

/// How many projects: `REDISLINT_ORACLE_PROJECTS=2000` is the full run.
fn size() -> u64 {
    std::env::var("REDISLINT_ORACLE_PROJECTS").map_or(SAMPLE as u64, |text| text.parse().unwrap())
}

#[test]
fn resolves_made_up_projects_as_docker_compose_does() {
    let generations = generations();
    let projects: Vec<Project> = (0..size()).map(generate::project).collect();
    report(&projects);
    if generations.is_empty() {
        println!("replayed from the transcript");
        let recorded: BTreeMap<u64, String> = serde_json::from_str(&std::fs::read_to_string(DIGESTS).unwrap()).unwrap();
        let differs = |project: &&Project| recorded.get(&project.seed).is_some_and(|seen| *seen != digest(project));
        let wrong: Vec<u64> = projects.iter().filter(differs).map(|project| project.seed).collect();
        assert!(wrong.is_empty(), "projects {wrong:?} differ from what compose 5 made of them");
        return;
    }
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while let Some(project) = projects.get(next.fetch_add(1, Ordering::Relaxed)) {
                    for (version, binary) in &generations {
                        let what = judge(project, *version, binary);
                        if !what.is_empty() {
                            wrong.lock().unwrap().push((project.seed, *version, what));
                        }
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort_by_key(|(seed, ..)| *seed);
    for (seed, version, what) in &wrong {
        println!("project {seed} with {version:?}:\n{}", what.join("\n"));
    }
    for (seed, version, what) in wrong.iter().take(SHRUNK) {
        println!("project {seed} with {version:?}, made small:");
        let binary = &generations.iter().find(|(found, _)| found == version).unwrap().1;
        let kind = |what: &str| what.lines().next().unwrap_or_default().to_owned();
        let first = kind(&what[0]);
        let fails = |less: &Project| judge(less, *version, binary).iter().any(|what| kind(what) == first);
        for (path, text) in generate::shrink(&projects[usize::try_from(*seed).unwrap()], &fails).files {
            println!("--- {path}\n{text}");
        }
    }
    let seeds: BTreeSet<u64> = wrong.iter().map(|(seed, ..)| *seed).collect();
    assert!(wrong.is_empty(), "{} of {} projects differ", seeds.len(), projects.len());
    if std::env::var_os("RECORD").is_some() {
        // All agree: our picture is compose's.
        let digests: BTreeMap<u64, String> =
            projects.iter().take(SAMPLE).map(|project| (project.seed, digest(project))).collect();
        std::fs::write(DIGESTS, serde_json::to_string_pretty(&digests).unwrap() + "\n").unwrap();
    }
}

const DIGESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts/compose_generated.json");

/// A short form of our picture of a project (FNV-1a).
fn digest(project: &Project) -> String {
    let picture = Value::Object(resolve(&project.files, ComposeVersion::V5).services).to_string();
    let step = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    format!("{:016x}", picture.bytes().fold(0xcbf2_9ce4_8422_2325, step))
}

/// A resolver with a bug reads a file as if this stood there instead; each has to show in some project.
const PLANTED: [(&str, &str, &str); 24] = [
    ("`:-` as `-`", ":-", "-"),
    ("`:+` as `+`", ":+", "+"),
    ("`$$` as `$`", "$$", "$"),
    ("the first of two in .env wins", "SET=second", "UNUSED=second"),
    ("a comment belongs to the value", " # comment", "#comment"),
    ("`export` is part of the name", "export ", "export_"),
    ("single quotes expand", "'pa$word'", "pa$word"),
    ("`format: raw` is ignored", "format: raw", "required: true"),
    ("`!reset` is ignored", "!reset", "!ignored"),
    ("`!override` merges", "!override", "!ignored"),
    ("`profiles` are ignored", "profiles:", "x-profiles:"),
    ("COMPOSE_PROFILES is ignored", "COMPOSE_PROFILES=", "UNUSED="),
    ("COMPOSE_FILE is ignored", "COMPOSE_FILE=", "UNUSED="),
    ("the address of a port is lost", "127.0.0.1:", ""),
    ("the protocol of a port is lost", "/udp", ""),
    ("an include is not followed", "include:", "x-include:"),
    ("an extended service is not merged", "extends:", "x-extends:"),
    ("a merge key is not followed", "<<:", "x-merge:"),
    ("aliases are lost", "aliases:", "x-aliases:"),
    ("the content of a config is lost", "content:", "x-content:"),
    ("an env_file is not read", "env_file:", "x-env_file:"),
    ("`network_mode` is ignored", "network_mode:", "x-network_mode:"),
    ("`entrypoint` is ignored", "entrypoint:", "x-entrypoint:"),
    ("a command does not stop at `;`", "p;w", "pw"),
];

#[test]
fn the_projects_show_planted_bugs() {
    let projects: Vec<Project> = (0..u64::try_from(SAMPLE).unwrap()).map(generate::project).collect();
    for (bug, written, read) in PLANTED {
        let shows = projects.iter().filter(|project| !project.refused).any(|project| {
            let read = |(path, text): &(String, String)| (path.clone(), text.replace(written, read));
            let wrong: Vec<(String, String)> = project.files.iter().map(read).collect();
            let right = resolve(&project.files, ComposeVersion::V5).services;
            wrong != project.files && !differences(&right, &resolve(&wrong, ComposeVersion::V5).services).is_empty()
        });
        assert!(shows, "no project shows that {bug}");
    }
}

/// The projects that each run looks at.
const SAMPLE: usize = 200;

/// Failures that are made small before they are printed.
const SHRUNK: usize = 1;

/// Prints how often each feature occurs and how much stays unknown, and holds both to the limits of the full run.
fn report(projects: &[Project]) {
    let accepted: Vec<&Project> = projects.iter().filter(|project| !project.refused).collect();
    let times = |has: &dyn Fn(&Project) -> bool| accepted.iter().filter(|project| has(project)).count();
    let mut rarest_pair = usize::MAX;
    for (at, feature) in FEATURES.iter().enumerate() {
        let count = times(&|project| project.features.contains(feature));
        println!("{count:5} {feature}");
        assert!(count >= 30 || projects.len() < FULL, "{feature} occurs only {count} times");
        for other in &FEATURES[at + 1..] {
            let both = times(&|project| project.features.contains(feature) && project.features.contains(other));
            rarest_pair = rarest_pair.min(both);
        }
    }
    let (mut values, mut unknown) = (0, 0);
    for project in &accepted {
        let ours = resolve(&project.files, ComposeVersion::V5);
        values += ours.values;
        unknown += ours.unknown;
    }
    println!("{} projects, {} of them refused", projects.len(), projects.len() - accepted.len());
    println!("the rarest pair occurs {rarest_pair} times; {unknown} of {values} values are unknown");
    assert!(rarest_pair >= 3 || projects.len() < FULL);
    assert!(unknown * 50 <= values);
}

/// The full run.
const FULL: usize = 2000;
