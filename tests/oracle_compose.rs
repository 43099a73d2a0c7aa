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

#[path = "oracle_compose/generate/mod.rs"]
mod generate;
#[path = "oracle_compose/ours.rs"]
mod ours;
#[path = "oracle_compose/planted.rs"]
mod planted;
#[path = "oracle_compose/theirs.rs"]
mod theirs;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use redislint::config::ComposeVersion;
use serde_json::{Map, Value};

use generate::{FEATURES, Project, REFUSED};
use ours::{Ours, resolve};
use planted::BUGS;
use theirs::{Start, ask, binary, generations};

const TRANSCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts/compose.json");
const CORPUS: &str = include_str!("oracle/compose.txt");

struct Case {
    name: String,
    /// The folder and the options that compose is started with.
    start: Start,
    /// Where compose refuses it, as `path:line:column text`, and whether only compose 2 does.
    refused: Vec<(String, bool)>,
    files: Vec<(String, String)>,
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    for line in CORPUS.split_inclusive('\n') {
        if let Some(name) = line.strip_prefix("=== ") {
            let name = name.trim_end().to_owned();
            cases.push(Case { name, start: Start::default(), refused: Vec::new(), files: Vec::new() });
        } else if let Some(start) = line.strip_prefix("+++ ") {
            cases.last_mut().unwrap().start = Start::parse(start.trim_end());
        } else if let Some(place) = line.strip_prefix("!!! ").or_else(|| line.strip_prefix("!!2 ")) {
            cases.last_mut().unwrap().refused.push((place.trim_end().to_owned(), line.starts_with("!!2")));
        } else if let Some(path) = line.strip_prefix("--- ") {
            cases.last_mut().unwrap().files.push((path.trim_end().to_owned(), String::new()));
        } else if let Some((_, text)) = cases.last_mut().and_then(|case| case.files.last_mut()) {
            text.push_str(line);
        }
    }
    cases
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
        cases().iter().map(|case| (case.name.clone(), known(ask(path, &case.start, &case.files)))).collect()
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
            &cases().iter().map(|case| (case.name.clone(), ask(path, &case.start, &case.files))).collect(),
        ));
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// Where the cases differ from what compose said.
fn compare(version: ComposeVersion, recorded: &Map<String, Value>) -> Vec<String> {
    let mut wrong = Vec::new();
    for case in cases() {
        let expected = recorded.get(&case.name).unwrap_or_else(|| panic!("`{}` was not recorded", case.name));
        let ours = ours::resolve_started(&case.start, &case.files, version);
        let name = format!("{} with {version:?}", case.name);
        let said: Vec<String> = ours.refused.iter().map(|refused| refused.place.clone()).collect();
        let meant =
            |(place, only_2): &(String, bool)| (!only_2 || version == ComposeVersion::V2).then(|| place.clone());
        let places: Vec<String> = case.refused.iter().filter_map(meant).collect();
        wrong.extend(ours.untraced.iter().map(|path| format!("{name}: {path} has no trace")));
        if said != places {
            wrong.push(format!("{name}: refused at {said:#?}"));
        }
        match expected.as_object() {
            Some(expected) => {
                wrong.extend(differences(expected, &ours.services).iter().map(|what| format!("{name}: {what}")));
                wrong.extend((!places.is_empty()).then(|| format!("{name}: compose accepts it")));
            }
            None if places.is_empty() => wrong.push(format!("{name}: compose refuses it")),
            None => {}
        }
    }
    wrong
}

/// What is wrong with our picture of a project, by what compose says.
fn judge(project: &Project, version: ComposeVersion, binary: &Path) -> Vec<String> {
    let ours = resolve(&project.files, version);
    let theirs = ask(binary, &Start::default(), &project.files);
    let Some(place) = project.refused else {
        let Some(expected) = theirs.as_object() else { return vec![format!("compose refuses it\n{theirs}")] };
        let mut wrong = differences(expected, &ours.services);
        wrong.extend(ours.untraced.iter().map(|path| format!("{path} has no trace")));
        wrong.extend(ours.refused.iter().map(|refused| format!("compose accepts it, and we refuse {}", refused.place)));
        return wrong;
    };
    if theirs.is_object() {
        return vec!["compose accepts what it should refuse".to_owned()];
    }
    let mut wrong = Vec::new();
    if !notes(&ours, place) {
        wrong.push(format!("no notice at `{place}`, but at {:?}", ours.refused));
    }
    // The rest is still judged: as if the refused line were not there.
    let (mut rest, mut services) = (project.files.clone(), ours.services);
    for (_, text) in &mut rest {
        let broken = |line: &str| ["  zbroken:", "    image: broken"].contains(&line) || line.ends_with(REFUSED);
        *text = text.split_inclusive('\n').filter(|line| !broken(line.trim_end())).collect();
    }
    let mut expected = ask(binary, &Start::default(), &rest).as_object().cloned().unwrap_or_default();
    expected.remove("zbroken");
    services.remove("zbroken");
    wrong.extend(differences(&expected, &services));
    wrong
}

/// Whether a notice points at that part of the refused line, and at nothing more or less.
fn notes(ours: &Ours, place: &str) -> bool {
    ours.refused.iter().any(|refused| refused.line.ends_with(REFUSED) && refused.text == place)
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
        // Without the line that compose refuses, it would of course accept the rest.
        let refuses = |less: &Project| less.files.iter().any(|(_, text)| text.contains(REFUSED));
        let fails = |less: &Project| {
            refuses(less) == less.refused.is_some()
                && judge(less, *version, binary).iter().any(|what| kind(what) == first)
        };
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

#[test]
fn planted_bugs_show() {
    let projects: Vec<Project> = (0..u64::try_from(SAMPLE).unwrap()).map(generate::project).collect();
    let without: Vec<&&str> = FEATURES.iter().filter(|name| !BUGS.iter().any(|bug| bug.0 == **name)).collect();
    assert!(without.is_empty(), "no bug is planted for {without:?}");
    let pictures: Vec<_> =
        projects.iter().map(|project| resolve(&project.files, ComposeVersion::V5).services).collect();
    let mut hidden = Vec::new();
    for bug in &BUGS {
        // Our right picture stands for compose's: the other tests hold them equal.
        let shows = |(project, right): (&Project, &Map<String, Value>)| {
            let misread = planted::misread(project, bug)?;
            Some(!differences(right, &resolve(&misread, ComposeVersion::V5).services).is_empty())
        };
        if !projects.iter().zip(&pictures).any(|pair| shows(pair) == Some(true)) {
            hidden.push(format!("{}: {}", bug.0, bug.1));
        }
    }
    println!("{} of {} planted bugs show", BUGS.len() - hidden.len(), BUGS.len());
    assert!(hidden.is_empty(), "nothing shows that\n{}", hidden.join("\n"));
}

/// What compose refuses gets a notice at the very place, and the rest of the project is judged.
#[test]
fn every_refusal_has_its_notice() {
    let generations = generations();
    let mut wrong = Vec::new();
    for project in generate::refusals() {
        let line = project.files.iter().find_map(|(_, text)| text.lines().find(|line| line.ends_with(REFUSED)));
        for (version, binary) in &generations {
            let what = judge(&project, *version, binary);
            wrong.extend(what.iter().map(|what| format!("{line:?} with {version:?}: {what}")));
        }
        let ours = resolve(&project.files, ComposeVersion::V5);
        let place = project.refused.unwrap();
        if !notes(&ours, place) {
            wrong.push(format!("{line:?}: no notice at `{place}`, but at {:?}", ours.refused));
        }
        if !["app", "redis"].iter().all(|service| ours.services.contains_key(*service)) {
            wrong.push(format!("{line:?}: the other services are not judged"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The projects that each run looks at.
const SAMPLE: usize = 200;

/// Failures that are made small before they are printed.
const SHRUNK: usize = 1;

/// Prints how often each feature occurs and how much stays unknown, and holds both to the limits of the full run.
fn report(projects: &[Project]) {
    let accepted: Vec<&Project> = projects.iter().filter(|project| project.refused.is_none()).collect();
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
        assert!(ours.untraced.is_empty(), "project {}: {:?} have no trace", project.seed, ours.untraced);
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
