//! redis.conf text and arguments put together at random from a fixed seed: does the server start, and whom does it let in?
//!
//! Live with the servers of `REDISLINT_REDIS_SERVERS`, more of them where `REDISLINT_FULL` is set; else the answers in
//! `tests/transcripts/generated.json` are compared, which `REDISLINT_RECORD=1` writes anew.

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use crate::catalogue::{SETTINGS, Setting, Setup};
use crate::live::{converse, servers, start};
use crate::ours::{ours, spoken};
use crate::planted::{self, Plant};
use crate::transcript::{self, Rows};

/// How many configurations each server gets, and how many when `REDISLINT_FULL` is set.
const SAMPLE: usize = 110;
const FULL: usize = 400;

const LINES: &[&str] = &[
    "",
    "# requirepass a",
    "requirepass pw",
    "requirepass a",
    "  requirepass \"pw\"",
    "\trequirepass 'pw'",
    "REQUIREPASS pw",
    "requirepass \"\"",
    "requirepass \"p\\x41w\"",
    "requirepass p#w",
    "requirepass p\\w",
    "requirepass",
    "requirepass pw # trailing",
    "requirepass \"pw\"x",
    "requirepass \"pw",
    "requirepass 'pw\"",
    "requirepass=pw",
    "user app on >secret ~* +@all",
    "user app on nopass ~* +@all",
    "user app off >secret ~* +@all",
    "user default on >pw ~* +@all",
    "user default on nopass ~* +@all",
    "user default off",
    "user default resetpass",
    "user default on >a >pw ~* +@all",
    "masterauth pw",
    "databases 2",
    "databases 0",
    "databases x",
    "appendonly no",
    "maxmemory 10mb",
    "nosuchdirective yes",
    "rename-command AUTH \"\"",
    "protected-mode no",
];

const ARGUMENTS: &[&[&str]] = &[
    &["--requirepass", "pw"],
    &["--requirepass", "a"],
    &["--requirepass", ""],
    &["--requirepass"],
    &["--requirepass pw"],
    &["--requirepass", "pw", "extra"],
    &["--requirepass", "\"pw\""],
    &["--requirepass", "p\"w"],
    &["--requirepass=pw"],
    &["--user", "app", "on", ">secret", "~*", "+@all"],
    &["--user", "default", "on", ">a", "~*", "+@all"],
    &["--appendonly", "no"],
    &["--databases", "3"],
    &["--maxmemory", "10mb"],
    &["--nosuchdirective", "yes"],
    &["--masterauth", "pw"],
];

const ASKED: &[&str] = &[
    "redis://H",
    "redis://H/2",
    "redis://:pw@H",
    "redis://:a@H",
    "redis://:pw@H/3",
    "redis://:p%23w@H",
    "redis://:p%41w@H",
    "redis://:%22pw%22@H",
    "redis://default:pw@H",
    "redis://app:secret@H",
    "redis://app:wrong@H",
    "redis://app@H",
];

/// The same configurations on every run and machine.
fn configurations(count: usize) -> Vec<Setup> {
    let lines = prop::collection::vec(prop::sample::select(LINES), 0..4);
    let arguments = prop::collection::vec(prop::sample::select(ARGUMENTS), 0..3);
    let ends = prop::sample::select(&["\n", "\r\n"][..]);
    let all = (prop::option::weighted(0.8, lines), arguments, ends);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[4; 32]);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    (0..count)
        .map(|_| {
            let (lines, arguments, end) = all.new_tree(&mut runner).expect("a value").current();
            let conf = lines.map(|lines| lines.join(end) + end);
            Setup { conf, acl: None, arguments: arguments.concat().into_iter().map(str::to_owned).collect() }
        })
        .collect()
}

/// URL and version of the library, in the order of the transcript.
fn questions() -> impl Iterator<Item = (&'static Setting, (u32, u32))> {
    let asked = SETTINGS.iter().filter(|setting| ASKED.contains(&setting.url));
    asked.flat_map(|setting| [(setting, (7, 4)), (setting, (8, 0))])
}

/// The real answers, by server and number of the configuration; each server gets others than the one before.
fn ask() -> Rows {
    let count = if std::env::var_os("REDISLINT_FULL").is_some() { FULL } else { SAMPLE };
    let mut rows = Rows::new();
    for (nth, (program, image)) in servers().iter().enumerate() {
        for (at, setup) in configurations((nth + 1) * count).iter().enumerate().skip(nth * count) {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let live = start(program, setup, folder.path());
            let answer = |(setting, version): (&Setting, _)| match &live {
                Some(live) => converse(live.port, setting, version == (8, 0)),
                None => REFUSED.to_owned(),
            };
            rows.insert(format!("{image}|{at}"), questions().map(answer).collect());
        }
    }
    rows
}

const REFUSED: &str = "does not start";

/// Cells, undetermined ones, and those that differ once `plant` has had its way with our side.
fn compare(rows: &Rows, plant: &Plant) -> (usize, usize, Vec<String>) {
    let number = |key: &str| key.rsplit_once('|').and_then(|(_, at)| at.parse::<usize>().ok()).expect("a number");
    let setups = configurations(rows.keys().map(|key| number(key) + 1).max().unwrap_or(0));
    let (mut cells, mut untold, mut wrong) = (0, 0, Vec::new());
    for (key, answers) in rows {
        let (image, setup) = (key.split('|').next().expect("an image"), &setups[number(key)]);
        let mut ours = ours(setup, image);
        (plant.server)(&mut ours.server);
        assert_eq!(answers.len(), questions().count(), "the questions changed: record anew with REDISLINT_RECORD=1");
        for ((setting, version), real) in questions().zip(answers) {
            let url = (plant.url)(&setting.url.replace('H', "redis"));
            let said = spoken(&ours.outcome(&url, (plant.version)(version)));
            cells += 1;
            untold += usize::from(said == "undetermined");
            if said != *real && said != "undetermined" {
                wrong.push(format!("{image} {setup:?} {version:?} {}: we say {said:?}, real {real:?}", setting.url));
            }
        }
    }
    (cells, untold, wrong)
}

#[test]
fn generated_configurations_start_and_let_in_as_predicted() {
    let mut rows = ask();
    let mode = if rows.is_empty() { "replay" } else { "live" };
    if rows.is_empty() {
        rows = transcript::replay("generated");
    } else if transcript::recording() {
        transcript::keep("generated", &rows);
    }
    let refused = rows.values().filter(|answers| answers[0] == REFUSED).count();
    let (cells, untold, wrong) = compare(&rows, &planted::NONE);
    println!(
        "oracle_redis: generated {mode}: {} start, {refused} refuse, {cells} cells, {untold} undetermined, {} differ",
        rows.len() - refused,
        wrong.len()
    );
    assert!(wrong.is_empty(), "{} of {cells} cells differ:\n{}", wrong.len(), wrong.join("\n"));
    // One server alone has a third of what three have.
    assert!(cells > 2_000 && refused * 4 > rows.len() && untold * 100 <= cells * 3, "{untold} of {cells} undetermined");
}

#[test]
fn planted_bugs_in_generated_configurations_are_caught() {
    let recorded = transcript::replay("generated");
    // No digest, no second password and no query are among them.
    let met = |plant: &&Plant| !["the query is ignored", "digests are passwords"].contains(&plant.name);
    for plant in planted::ALL.iter().filter(met) {
        let wrong = compare(&recorded, plant).2.len();
        println!("oracle_redis: planted: {}: {wrong} cells of generated differ", plant.name);
        assert!(wrong > 0, "not caught: {}", plant.name);
    }
}
