//! redis.conf text and arguments put together at random from a fixed seed: does the server start, and whom does it let in?

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};

use crate::catalogue::{SETTINGS, Setup};
use crate::live::{converse, servers, start};
use crate::ours::{ours, spoken};

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

#[test]
fn generated_configurations_start_and_let_in_as_predicted() {
    let count = if std::env::var_os("REDISLINT_FULL").is_some() { FULL } else { SAMPLE };
    let (mut started, mut refused, mut cells, mut untold, mut wrong) = (0, 0, 0, 0, Vec::new());
    for (nth, (program, image)) in servers().iter().enumerate() {
        // The sample gives each server other configurations than the one before.
        for setup in configurations((nth + 1) * count).iter().skip(nth * count) {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let live = start(program, setup, folder.path());
            let ours = ours(setup, image);
            *(if live.is_some() { &mut started } else { &mut refused }) += 1;
            for setting in SETTINGS.iter().filter(|setting| ASKED.contains(&setting.url)) {
                for version in [(7, 4), (8, 0)] {
                    let real = match &live {
                        Some(live) => converse(live.port, setting, version == (8, 0)),
                        None => "does not start".to_owned(),
                    };
                    let said = spoken(&ours.outcome(&setting.url.replace('H', "redis"), version));
                    cells += 1;
                    untold += usize::from(said == "undetermined");
                    if said != real && said != "undetermined" {
                        wrong.push(format!("{image} {setup:?} {version:?} {}: we say {said:?}, real {real:?}", setting.url));
                    }
                }
            }
        }
    }
    println!("oracle_redis: generated: {started} start, {refused} refuse, {cells} cells, {untold} undetermined");
    assert!(wrong.is_empty(), "{} of {cells} cells differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(untold * 100 <= cells * 3, "{untold} of {cells} cells undetermined");
}
