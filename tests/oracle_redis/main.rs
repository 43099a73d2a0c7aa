//! Oracle: what we say of server configurations × client settings against what real servers and redis-py answer.
//!
//! Live with every server that `REDISLINT_REDIS_SERVERS` lists (`:`-separated) or that is on the `PATH`. Without one, the
//! answers recorded in `tests/transcripts` are compared instead; `REDISLINT_RECORD=1` writes them anew.

#![cfg(unix)]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::format_push_string,
    clippy::needless_pass_by_value,
    reason = "helpers of a test, which fails by panicking and prints its mode"
)]

use std::collections::BTreeMap;
use std::path::Path;

mod catalogue;
mod cli_urls;
mod clients;
mod commands;
mod generated;
mod health;
mod live;
mod ours;
mod outside;
mod peers;
mod planted;
mod tls;
mod transcript;

use catalogue::{SETTINGS, Setting, Setup, setups};
use live::{converse, servers, start};
use ours::{ours, spoken};
use planted::Plant;
use transcript::Rows;

type Transcript = BTreeMap<String, BTreeMap<String, String>>;

fn record(program: &Path, image: &str) -> Transcript {
    let mut all = Transcript::new();
    for (at, setup) in setups().iter().enumerate() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let live = start(program, setup, folder.path());
        let answers = all.entry(format!("{image} {at}")).or_default();
        for setting in SETTINGS {
            for (name, resp3) in [("7.4", false), ("8.0", true)] {
                let answer = match &live {
                    Some(live) => converse(live.port, setting, resp3),
                    None => "does not start".to_owned(),
                };
                answers.insert(format!("{name} {}", setting.url), answer);
            }
        }
    }
    all
}

/// What a comparison found.
#[derive(Default)]
struct Compared {
    cells: usize,
    untold: usize,
    features: BTreeMap<&'static str, usize>,
    wrong: Vec<String>,
}

/// Compares a transcript with what we say once `plant` has had its way with our side.
fn compare(transcript: &Transcript, plant: &Plant) -> Compared {
    let (setups, mut found) = (setups(), Compared::default());
    for (key, answers) in transcript {
        let (image, at) = key.rsplit_once(' ').expect("image and number");
        let setup = &setups[at.parse::<usize>().expect("a number")];
        let mut ours = ours(setup, image);
        (plant.server)(&mut ours.server);
        for (asked, real) in answers {
            let (version, url) = asked.split_once(' ').expect("version and URL");
            let setting = SETTINGS.iter().find(|setting| setting.url == url).expect("a setting");
            let version = if version == "7.4" { (7, 4) } else { (8, 0) };
            let said = spoken(&ours.outcome(&(plant.url)(&url.replace('H', "redis")), (plant.version)(version)));
            found.cells += 1;
            found.untold += usize::from(said == "undetermined");
            for feature in features(setup, setting, version, real) {
                *found.features.entry(feature).or_default() += 1;
            }
            if said != *real && said != "undetermined" {
                found.wrong.push(format!("{key} {setup:?} {asked}: we say {said:?}, real {real:?}"));
            }
        }
    }
    found
}

/// What a cell puts to the test.
fn features(setup: &Setup, setting: &Setting, version: (u32, u32), real: &str) -> Vec<&'static str> {
    let conf = setup.conf.as_deref().unwrap_or_default();
    let users = conf.contains("user ") || setup.acl.is_some() || setup.arguments.iter().any(|word| word == "--user");
    let password = !setting.password.is_empty();
    let all = [
        ("server: redis.conf", setup.conf.is_some()),
        ("server: arguments", !setup.arguments.is_empty()),
        (
            "server: requirepass",
            conf.contains("requirepass") || setup.arguments.iter().any(|word| word.contains("requirepass")),
        ),
        ("server: users", users),
        ("server: aclfile", setup.acl.is_some()),
        ("server: quotes", conf.contains(['"', '\''])),
        ("server: refuses to start", real == "does not start"),
        ("client: no credentials", !password && setting.user.is_empty()),
        ("client: password alone", password && setting.user.is_empty()),
        ("client: user and password", password && !setting.user.is_empty()),
        ("client: user alone", !password && !setting.user.is_empty()),
        ("client: percent escapes", setting.url.contains('%')),
        ("client: query", setting.url.contains('?')),
        ("client: database", setting.db > 0),
        ("client: RESP2", version < (8, 0)),
        ("client: RESP3", version >= (8, 0)),
        ("answer: PONG", real == "PONG"),
        ("answer: NOAUTH", real.starts_with("NOAUTH")),
        ("answer: WRONGPASS", real.starts_with("WRONGPASS")),
        ("answer: AUTH without a password set", real.starts_with("ERR AUTH")),
        ("answer: database out of range", real.starts_with("ERR DB")),
    ];
    all.into_iter().filter(|(_, holds)| *holds).map(|(name, _)| name).collect()
}

/// The answers as a transcript holds them: without the questions.
fn rows(all: &Transcript) -> Rows {
    let row = |row: &BTreeMap<String, String>| questions().iter().map(|asked| row[asked].clone()).collect();
    all.iter().map(|(key, answers)| (key.clone(), row(answers))).collect()
}

fn questions() -> Vec<String> {
    SETTINGS.iter().flat_map(|setting| ["7.4", "8.0"].map(|version| format!("{version} {}", setting.url))).collect()
}

fn replay() -> Transcript {
    let row = |answers: Vec<String>| {
        assert_eq!(answers.len(), questions().len(), "the settings changed: record anew with REDISLINT_RECORD=1");
        questions().into_iter().zip(answers).collect()
    };
    transcript::replay("redis").into_iter().map(|(key, answers)| (key, row(answers))).collect()
}

#[test]
fn servers_answer_as_predicted() {
    let found = servers();
    let mut all = Transcript::new();
    for (program, image) in &found {
        all.extend(record(program, image));
    }
    let mode = if found.is_empty() { "replay" } else { "live" };
    if found.is_empty() {
        all = replay();
    } else if transcript::recording() {
        transcript::keep("redis", &rows(&all));
    }
    let Compared { cells, untold, features, wrong } = compare(&all, &planted::NONE);
    println!("oracle_redis: {mode}, {} servers, {cells} cells, {untold} undetermined", all.len());
    for (feature, count) in &features {
        println!("oracle_redis: {count:6} {feature}");
        assert!(*count >= 50, "{feature} is hardly tested");
    }
    assert!(setups().len() >= 60 && SETTINGS.len() >= 60);
    assert!(cells >= 60 * 60, "only {cells} cells");
    assert!(wrong.is_empty(), "{} of {cells} cells differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(untold * 100 <= cells * 3, "{untold} of {cells} cells undetermined");
    assert_eq!(features.len(), 21, "a feature is not tested at all");
}

#[test]
fn planted_bugs_are_caught() {
    let recorded = replay();
    for plant in planted::ALL {
        let wrong = compare(&recorded, plant).wrong.len();
        println!("oracle_redis: planted: {}: {wrong} cells differ", plant.name);
        assert!(wrong > 0, "not caught: {}", plant.name);
    }
}
