//! The real Python libraries judge what we make of settings modules.
//!
//! Modules are made up from the shapes in `shapes.txt`, each with an environment and an env file, run with the real
//! libraries, and compared with what `redislint inspect` prints of them. Live where `REDISLINT_SETTINGS_PYTHON` and
//! `REDISLINT_PYDANTIC_1_PYTHON` name interpreters (`.ci/run` makes them); else the recorded answers are compared.
//! `REDISLINT_RECORD=1` writes those anew, `REDISLINT_FULL=1` makes more modules of each shape, and
//! `SHAPE=text` looks at the shapes of that name only and shows what is unknown.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says which mode it ran in"
)]

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde_json::Value;

mod generate;
mod ours;
mod planted;
mod real;
mod robust;
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "shared with other tests")]
mod support;

use generate::{Case, cases, shapes};
use ours::Ours;

/// Modules made of each shape, and with `REDISLINT_FULL`.
const EACH: u64 = 14;
const EACH_IN_FULL: u64 = 100;

/// How our answer compares with the real one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    /// The same parameters, or no Redis client at all.
    Equal,
    /// Both stop, with the same exception.
    Stops,
    /// We can't tell.
    Unknown,
    Different,
}

fn verdict(ours: &Ours, real: &Value) -> Verdict {
    let error = real["error"].as_str();
    match (ours, error) {
        (Ours::Unknown, _) => Verdict::Unknown,
        (Ours::Connects(ours), None) if ours == real => Verdict::Equal,
        (Ours::NoClient, None) if real.is_null() => Verdict::Equal,
        (Ours::Stops(ours), Some(error)) if same_exception(ours, error) => Verdict::Stops,
        _ => Verdict::Different,
    }
}

/// Whether our message names the exception, or names none.
fn same_exception(ours: &str, real: &str) -> bool {
    let named = ours.split(':').next().unwrap_or_default();
    named == real || !named.ends_with("Error")
}

/// The number of modules of each shape, and the shapes wanted.
fn asked() -> (u64, String) {
    let full = std::env::var_os("REDISLINT_FULL").is_some() && real::interpreters().is_some();
    (if full { EACH_IN_FULL } else { EACH }, std::env::var("SHAPE").unwrap_or_default())
}

#[test]
fn settings_mean_what_the_libraries_say() {
    let shapes = shapes();
    let (each, wanted) = asked();
    let cases = cases(&shapes, &wanted, each);
    match real::interpreters() {
        Some((python, _)) => println!("live: {}", python.display()),
        None => println!("replayed from the transcript"),
    }
    let answers = real::answers(&cases);
    let said: Vec<Ours> = cases.par_iter().map(ours::rendered).collect();
    let mut counts: BTreeMap<&str, BTreeMap<Verdict, usize>> = BTreeMap::new();
    let mut stops: BTreeMap<String, usize> = BTreeMap::new();
    let mut wrong: Vec<(&Case, String)> = Vec::new();
    for ((case, real), ours) in cases.iter().zip(&answers).zip(&said) {
        let verdict = verdict(ours, real);
        let name = shapes[case.shape].name;
        *counts.entry(name).or_default().entry(verdict).or_default() += 1;
        if let Some(error) = real["error"].as_str() {
            let ours = match ours {
                Ours::Stops(message) => format!("stops: {}", message.split(':').next().unwrap_or_default()),
                Ours::Connects(_) => "connects".to_owned(),
                other => format!("{other:?}").to_lowercase(),
            };
            *stops.entry(format!("python: {error:<24} ours: {ours}")).or_default() += 1;
        }
        if verdict == Verdict::Different || verdict == Verdict::Unknown && !wanted.is_empty() {
            wrong.push((case, format!("{name}: {}python: {real}\nours:   {ours:?}\n", case.shown())));
        }
    }
    let of = |counts: &BTreeMap<Verdict, usize>, verdict| counts.get(&verdict).copied().unwrap_or_default();
    let columns = [Verdict::Equal, Verdict::Stops, Verdict::Unknown, Verdict::Different];
    let mut sums = [0; 4];
    println!("{:>6}{:>6}{:>8}{:>10}  shape", "equal", "stops", "unknown", "different");
    for (name, count) in &counts {
        let [equal, stops, unknown, different] = columns.map(|verdict| of(count, verdict));
        println!("{equal:>6}{stops:>6}{unknown:>8}{different:>10}  {name}");
        for (sum, count) in sums.iter_mut().zip([equal, stops, unknown, different]) {
            *sum += count;
        }
        assert!(equal + stops + unknown + different >= 10, "{name} is too rare");
    }
    let [equal, both_stop, unknown, different] = sums;
    println!("{equal:>6}{both_stop:>6}{unknown:>8}{different:>10}  of {} in {} shapes", cases.len(), counts.len());
    println!("\nwhere the program or the client stops:");
    for (what, count) in &stops {
        println!("{count:>6}  {what}");
    }
    // The smallest say most, and two of a shape say enough.
    wrong.sort_by_key(|(case, text)| (case.shape, text.len()));
    let shown: Vec<&str> = (wrong.chunk_by(|one, other| one.0.shape == other.0.shape))
        .flat_map(|same| same.iter().take(2))
        .map(|(_, text)| text.as_str())
        .collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
    assert!(unknown * 20 <= cases.len(), "too much is unknown");
    assert!(!wanted.is_empty() || equal + both_stop >= 600);
}

/// The most common shapes of settings in public code, in the order of how common they are, and what is made of each.
/// Sentinel and cluster ask a server when they are made: those are unit tests of the evaluator.
const COMMON: [(&str, &[&str]); 25] = [
    ("REDIS_URL = os.getenv(…)", &["getenv URL with a default"]),
    ("pydantic redis_url: str", &["pydantic url"]),
    ("REDIS_HOST and REDIS_PORT from the environment", &["settings in parts"]),
    ("redis.Redis(host=…) with these", &["settings in parts"]),
    ("pydantic parts and a property", &["pydantic parts and property"]),
    ("f-string", &["f-string with password"]),
    ("f-string that drops the password", &["f-string without password"]),
    ("Django CACHES", &["Django cache, django-redis", "Django cache, built in"]),
    ("CELERY_BROKER_URL", &["Celery settings with a namespace"]),
    ("Celery(broker=…)", &["Celery constructor", "Celery backend"]),
    ("from_url(os.environ[…]), from_url(settings.X)", &["environment subscript", "imported settings module"]),
    ("CHANNEL_LAYERS", &["channel layers"]),
    ("CHANNEL_LAYERS from the environment", &["channel layers"]),
    ("env(\"REDIS_URL\")", &["django-environ", "django-environ casts", "django-environ cache_url"]),
    ("redis.asyncio", &["asyncio client"]),
    ("pydantic env_prefix", &["pydantic prefix"]),
    ("concatenation and format", &["concatenation", "format and percent"]),
    ("OPTIONS PASSWORD", &["Django cache, django-redis"]),
    ("decouple and starlette", &["decouple", "starlette config"]),
    ("Redis(host=\"redis\")", &["hard-coded client"]),
    ("Flask configuration classes", &["Flask configuration", "Flask caching"]),
    ("RQ_QUEUES, SESSION_REDIS", &["RQ queues of Django", "getenv URL with a default"]),
    ("ConnectionPool", &["connection pool"]),
    ("arq, Limiter, dramatiq", &["arq", "Flask-Limiter", "slowapi", "dramatiq"]),
    ("quote_plus, settings packages", &["quoted password", "Django settings package"]),
];

/// Each of the common shapes is compared at least ten times.
#[test]
fn common_shapes_are_compared() {
    let shapes = shapes();
    let cases = cases(&shapes, "", EACH);
    for (what, names) in COMMON {
        let made = |name: &&str| cases.iter().filter(|case| shapes[case.shape].name == *name).count();
        let counts: Vec<usize> = names.iter().map(made).collect();
        println!("{:>4}  {what}", counts.iter().sum::<usize>());
        assert!(counts.iter().all(|count| *count >= 10), "{what}: {names:?} {counts:?}");
    }
}

/// What was compared is what the program prints.
#[test]
fn the_program_prints_what_was_compared() {
    for case in cases(&shapes(), "", 1) {
        assert_eq!(ours::printed(&case), ours::rendered(&case), "{}", case.shown());
    }
}

/// Every planted bug is seen; judged by the transcript, as the shapes and not the libraries are on trial.
#[test]
fn planted_bugs_are_caught() {
    let cases = cases(&shapes(), "", EACH);
    let answers = real::recorded(&cases);
    let missed: Vec<&str> = (planted::ALL.iter())
        .filter(|plant| {
            let caught = |(case, real): (&Case, &Value)| {
                let mut spoiled = case.clone();
                (plant.apply)(&mut spoiled);
                let touched = spoiled.files != case.files || spoiled.environment != case.environment;
                touched && verdict(&ours::rendered(&spoiled), real) == Verdict::Different
            };
            !cases.par_iter().zip(&answers).any(caught)
        })
        .map(|plant| plant.name)
        .collect();
    assert!(missed.is_empty(), "not caught: {missed:?}");
}

/// Python 2, syntax errors, templates and conflict markers lose nothing but their own statement.
#[test]
fn garbage_costs_nothing_but_itself() {
    let spoil = |case: &Case| -> Vec<String> {
        let clean = ours::rendered(case);
        let mut lost = Vec::new();
        for (path, text) in case.files.iter().filter(|(path, _)| path.ends_with(".py")) {
            for (at, place) in robust::boundaries(text).into_iter().enumerate() {
                // Each boundary gets one of them, or with `REDISLINT_FULL` all.
                let full = std::env::var_os("REDISLINT_FULL").is_some();
                let first = (case.shape + at) % robust::GARBAGE.len();
                for garbage in
                    robust::GARBAGE.iter().cycle().skip(first).take(if full { robust::GARBAGE.len() } else { 1 })
                {
                    let mut spoiled = case.clone();
                    spoiled.files.insert(path.clone(), robust::spoiled(text, place, garbage));
                    let said = ours::rendered(&spoiled);
                    if said != clean {
                        lost.push(format!("{garbage}\n{}was {clean:?}\nis  {said:?}\n", spoiled.shown()));
                    }
                }
            }
        }
        lost
    };
    let cases = cases(&shapes(), &asked().1, 1);
    let lost: Vec<String> = cases.par_iter().flat_map_iter(spoil).collect();
    let shown: Vec<&str> = lost.iter().take(12).map(String::as_str).collect();
    assert!(lost.is_empty(), "{} of them, such as\n{}", lost.len(), shown.join("\n"));
}
