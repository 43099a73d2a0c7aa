//! Random passwords in every form and place: none may appear in an output, in no form and not in part.
//!
//! `tests/secrets.rs` asks the same of the fixtures, whose passwords are known; here they are made up, with all the
//! characters that quoting, escaping and URLs stumble over. The build plants each of them in some of the places;
//! `REDISLINT_PASSWORDS=200 cargo test --test planted` plants as many as are asked for, each in all of them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod forms;
mod places;

use std::collections::BTreeMap;

use fastrand::Rng;
use redislint::finding::Confidence;
use redislint::fix::engine::{self, Fixed};
use redislint::fix::{auth, diff};
use redislint::report::text::Style;
use redislint::report::{Format, Look, Report, inspect, starter, text};
use redislint::tree::Tree;
use redislint::{Options, baseline, configure, lint};

use forms::{gives_away, password};
use places::{Place, places};

/// Passwords that the build plants.
const PASSWORDS: u64 = 200;

/// Of so many places the build takes one for a password, other ones for the next.
const SHARE: u64 = 16;

#[test]
fn no_output_holds_a_planted_password() {
    let asked = std::env::var("REDISLINT_PASSWORDS").ok().and_then(|number| number.parse().ok());
    let numbers: Vec<u64> = (0..asked.unwrap_or(PASSWORDS)).collect();
    let step = if asked.is_some() { 1 } else { SHARE };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let mut leaks: Vec<String> = std::thread::scope(|scope| {
        let work = |share: &[u64]| share.iter().flat_map(|number| leaks_of(*number, step)).collect::<Vec<_>>();
        let share = numbers.len().div_ceil(threads).max(1);
        let running: Vec<_> = numbers.chunks(share).map(|share| scope.spawn(move || work(share))).collect();
        running.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    leaks.sort();
    assert!(leaks.is_empty(), "{} leaks:\n{}", leaks.len(), leaks.join("\n"));
}

/// A test that searches for the wrong thing finds nothing: shown on purpose, every password is found.
#[test]
fn what_is_searched_for_is_found_where_it_is_shown() {
    for number in 0..PASSWORDS {
        let secret = password(&mut Rng::with_seed(number));
        let place = &places(&secret)[0];
        let report = report(place, true);
        assert!(gives_away(&secret, &inspect::json(&report)).is_some(), "{}: {secret}", place.name);
    }
}

/// Most places have something to report, so that their lines are shown.
#[test]
fn the_places_are_read() {
    let secret = password(&mut Rng::with_seed(0));
    let silent: Vec<_> = places(&secret)
        .into_iter()
        .filter(|place| report(place, false).findings.is_empty())
        .map(|it| it.name)
        .collect();
    assert_eq!(silent, [] as [&str; 0]);
}

/// What shows a password: place, output and the line that does.
fn leaks_of(number: u64, step: u64) -> Vec<String> {
    let secret = password(&mut Rng::with_seed(number));
    let mut leaks = Vec::new();
    let wanted = (0..).zip(places(&secret)).filter(|(at, _)| (at + number).is_multiple_of(step));
    for (_, place) in wanted {
        for (output, shown) in outputs(&place) {
            if let Some(line) = gives_away(&secret, &shown) {
                leaks.push(format!("{number} {} {output}: {secret} in {line}", place.name));
            }
        }
    }
    leaks
}

fn options(place: &Place) -> Options {
    let config = configure(&tree(place)).unwrap_or_else(|_| panic!("{}: the configuration is refused", place.name));
    Options { config, min_confidence: Confidence::Low, pedantic: true, ..Options::default() }
}

fn report(place: &Place, show_secrets: bool) -> Report {
    lint(&tree(place), &Options { show_secrets, ..options(place) })
}

fn tree(place: &Place) -> Tree {
    Tree::from_texts(place.files.iter().map(|(path, text)| ((*path).to_owned(), text.clone().into_bytes())))
}

/// Everything that a run can print or write about a repository.
fn outputs(place: &Place) -> BTreeMap<&'static str, String> {
    let report = report(place, false);
    let colourful = Look { style: Style { color: true, ..Style::default() }, ..Look::default() };
    let plain = Look::default();
    let mut outputs = BTreeMap::from([
        ("text", Format::Text.render(&report, &plain)),
        ("colours", Format::Text.render(&report, &colourful)),
        ("concise", Format::Concise.render(&report, &plain)),
        ("json", Format::Json.render(&report, &plain)),
        ("sarif", Format::Sarif.render(&report, &plain)),
        ("github", Format::Github.render(&report, &plain)),
        ("gitlab", Format::Gitlab.render(&report, &plain)),
        ("junit", Format::Junit.render(&report, &plain)),
        ("markdown", Format::Markdown.render(&report, &plain)),
        ("inspect", inspect::text(&report)),
        ("inspect json", inspect::json(&report)),
        ("notices", text::notices(&report)),
        ("configuration", starter::render(&report)),
        ("baseline", baseline::render(&report.places.iter().map(redislint::fingerprint::Fingerprint::entry).collect())),
        ("debug", format!("{:?} {:?}", report.model, report.findings)),
    ]);
    let options = options(place);
    let all = |_: &'static str, _: &redislint::edit::Fix| true;
    outputs.insert("fix", diffs(&engine::fix(tree(place), &options, &all)));
    for (name, way) in [("remove", auth::Way::Remove), ("require", auth::Way::Require)] {
        if let Ok(taken) = auth::take(tree(place), &options, way, None, false) {
            outputs.insert(name, format!("{}{:?}{:?}", diffs(&taken.fixed), taken.refused, taken.by_hand));
        }
    }
    outputs
}

fn diffs(fixed: &Fixed) -> String {
    fixed.changes.iter().map(|(path, change)| diff::render(path, change, &fixed.before, &fixed.after)).collect()
}
