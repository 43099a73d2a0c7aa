//! Oracle: what each client library holds once it has read its settings against what we say it connects with.
//!
//! Live with the interpreters of `REDISLINT_PYTHONS` (redis-py in several versions), `REDISLINT_CLIENTS_PYTHON` and
//! `REDISLINT_ARQ_PYTHON` (what is built on it), and the packages in `REDISLINT_NODE_MODULES`; else the
//! answers in `tests/transcripts/clients.json` are compared.
//! `REDISLINT_RECORD=1` writes those anew; `REDISLINT_FULL=1` asks ten times as much.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says which mode it ran in"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

mod ours;
mod planted;
mod real;
mod settings;

use planted::Plant;
use real::Library;
use settings::Settings;

/// How many mixtures each library gets beside the single oddities: recorded, live, and with `REDISLINT_FULL`.
const RECORDED: usize = 120;
const LIVE: usize = 250;
const FULL: usize = 10_000;

/// What one library answered.
struct Answered {
    library: Library,
    settings: Vec<Settings>,
    answers: Vec<Value>,
}

fn asked(mixtures: usize) -> Vec<Settings> {
    settings::singles().into_iter().chain(settings::mixtures(7, mixtures)).collect()
}

/// A transcript on disk: the distinct answers, and for each library the numbers of its answers in the order asked.
#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    answers: Vec<Value>,
    libraries: BTreeMap<String, Vec<usize>>,
}

fn transcripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts/clients.json")
}

fn replay() -> Vec<Answered> {
    let text = std::fs::read_to_string(transcripts()).expect("recorded transcripts");
    let kept: Kept = serde_json::from_str(&text).expect("JSON");
    let all = asked(RECORDED);
    let answered = |(name, numbers): (String, Vec<usize>)| {
        let library = Library::recorded(&name);
        let settings: Vec<Settings> = all.iter().filter(|one| library.takes(one)).cloned().collect();
        assert_eq!(settings.len(), numbers.len(), "the questions changed: record anew with REDISLINT_RECORD=1");
        let answers = numbers.into_iter().map(|at| kept.answers[at].clone()).collect();
        Answered { library, settings, answers }
    };
    kept.libraries.clone().into_iter().map(answered).collect()
}

fn keep(all: &[Answered]) {
    let mut answers: Vec<Value> = Vec::new();
    let mut known = BTreeMap::new();
    let mut libraries = BTreeMap::new();
    for one in all {
        let mut number = |answer: &Value| {
            *known.entry(answer.to_string()).or_insert_with(|| {
                answers.push(answer.clone());
                answers.len() - 1
            })
        };
        libraries.insert(one.library.name.clone(), one.answers.iter().map(&mut number).collect());
    }
    let text = serde_json::to_string(&Kept { answers, libraries }).expect("JSON");
    std::fs::write(transcripts(), text.replace("},{", "},\n{").replace("],\"", "],\n\"") + "\n")
        .expect("the transcript");
}

/// What the libraries at hand answer; without any, what was recorded.
fn answered() -> (&'static str, Vec<Answered>) {
    let recording = std::env::var_os("REDISLINT_RECORD").is_some();
    let full = std::env::var_os("REDISLINT_FULL").is_some();
    let count = if recording {
        RECORDED
    } else if full {
        FULL
    } else {
        LIVE
    };
    let all: Vec<Answered> = real::ask(&asked(count))
        .into_iter()
        .map(|(library, settings, answers)| Answered { library, settings, answers })
        .collect();
    if all.is_empty() {
        return ("replay", replay());
    }
    if recording {
        keep(&all);
    }
    ("live", all)
}

/// Whether our words are the library's: where a password would stand in its text, we write stars.
fn same(ours: &Value, real: &Value) -> bool {
    if ours == real {
        return true;
    }
    let text = |answer: &Value| answer["error"].as_str().map(str::to_owned);
    // Another broker or backend than Redis: nothing that concerns us, even where its URL is no better.
    let elsewhere = [
        "LookupError: another",
        "ModuleNotFoundError",
        "ImproperlyConfigured",
        "KeyError: 'No such transport",
        "ValueError: Invalid IPv6 URL",
    ];
    if ours["error"].is_null() && ours["host"].is_null() && ours["port"].is_null() && ours["db"].is_null() {
        return text(real).is_some_and(|error| elsewhere.iter().any(|beginning| error.starts_with(beginning)));
    }
    let (Some(ours), Some(real)) = (text(ours), text(real)) else { return false };
    ours.split_once("***").is_some_and(|(before, after)| real.starts_with(before) && real.ends_with(after))
}

/// The cells of one library that differ once `plant` has had its way with our side.
fn differing<'a>(one: &'a Answered, plant: &'a Plant) -> impl Iterator<Item = String> + 'a {
    let library = (plant.library)(&one.library);
    one.settings.iter().zip(&one.answers).filter_map(move |(settings, real)| {
        let mut ours = ours::holds(&plant.settings(settings), library.family, library.version);
        (plant.said)(&mut ours);
        let Settings { url, arguments } = settings;
        (!same(&ours, real)).then(|| format!("{url:?} {arguments:?}\n    real {real}\n    ours {ours}"))
    })
}

#[test]
fn clients_hold_what_we_say() {
    let (mode, all) = answered();
    let (mut cells, mut wrong) = (0, Vec::new());
    for one in &all {
        let differing: Vec<String> = differing(one, &planted::NONE).collect();
        println!("oracle_clients: {}: {} cells, {} differ", one.library.name, one.settings.len(), differing.len());
        cells += one.settings.len();
        wrong.extend(differing.into_iter().take(SHOWN).map(|text| format!("{}: {text}", one.library.name)));
    }
    println!("oracle_clients: {mode}, {} libraries, {cells} cells", all.len());
    assert!(wrong.is_empty(), "cells differ:\n{}", wrong.join("\n"));
    assert!(mode == "live" || all.len() >= 26, "only {} libraries were recorded", all.len());
}

#[test]
fn planted_bugs_are_caught() {
    let (recorded, mut escaped) = (replay(), Vec::new());
    for plant in planted::ALL {
        let befallen: Vec<&Answered> = recorded.iter().filter(|one| plant.befalls(&one.library)).collect();
        let missed = befallen.iter().filter(|one| differing(one, plant).next().is_none());
        let missed: Vec<String> = missed.map(|one| format!("{} with {}", plant.name, one.library.name)).collect();
        println!("oracle_clients: planted: {}: {} libraries, {} missed", plant.name, befallen.len(), missed.len());
        escaped.extend(missed);
    }
    assert!(escaped.is_empty(), "not caught: {}", escaped.join(", "));
}

/// Differences shown for each library.
const SHOWN: usize = 12;
