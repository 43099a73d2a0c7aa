//! Oracle: which versions a specifier allows, by `packaging`, Poetry and npm's `semver`, and by us.
//!
//! Specifiers are put together at random from a fixed seed. Live with the interpreter `REDISLINT_PYTHON` and the packages in
//! `REDISLINT_NODE_MODULES`, with ten times as many where `REDISLINT_FULL` is set; else the answers in
//! `tests/transcripts/versions.json` are compared, which `REDISLINT_RECORD=1` writes anew.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says which mode it ran in"
)]

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use redislint::extract::pins;
use redislint::library::VersionRange;
use redislint::source::FileId;
use redislint::syntax::specifiers;

mod generate;

/// How many specifiers of each kind are compared, and how many with `REDISLINT_FULL`.
const SAMPLE: usize = 400;
const FULL: usize = 4_000;

/// The versions that the scripts try: below 10.8.7.
const TOP: (u32, u32) = (9, 7);

/// Lowest and highest major and minor number allowed; `None`: none, or no specifier at all.
type Ends = Option<((u32, u32), (u32, u32))>;

/// A way of writing specifiers.
struct Kind {
    name: &'static str,
    texts: fn(usize) -> Vec<String>,
    ours: fn(&str) -> Option<VersionRange>,
    script: &'static str,
}

const KINDS: &[Kind] = &[
    Kind { name: "pep440", texts: generate::pep440, ours: specifiers::pep440, script: "allowed.py" },
    Kind { name: "requirement", texts: generate::requirements, ours: requirement, script: "allowed.py" },
    Kind { name: "poetry", texts: generate::poetry, ours: specifiers::poetry, script: "allowed.py" },
    Kind { name: "npm", texts: generate::npm, ours: specifiers::npm, script: "allowed.js" },
];

/// What a requirements file with this line pins.
fn requirement(line: &str) -> Option<VersionRange> {
    let (files, _) = pins::extract(FileId(0), "requirements.txt", line);
    files.first()?.pins.first().map(|pin| pin.range)
}

/// The range in the words of the scripts.
fn ends(range: VersionRange) -> Ends {
    let clip = |(major, minor): (u32, u32)| if major > TOP.0 { TOP } else { (major, minor.min(TOP.1)) };
    let (from, to) = (range.from.unwrap_or_default(), clip(range.to.unwrap_or(TOP)));
    (from <= to).then_some((from, to))
}

/// The program that answers for a kind; `None`: it is not at hand.
fn program(kind: &Kind) -> Option<Command> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle_versions").join(kind.script);
    let (variable, node) = if kind.script.ends_with(".js") { ("NODE_MODULES", true) } else { ("PYTHON", false) };
    let value = std::env::var(format!("REDISLINT_{variable}")).ok().filter(|value| !value.is_empty())?;
    let mut command = Command::new(if node { "node" } else { &value });
    command.arg(script);
    if node {
        command.arg(&value);
    }
    Some(command)
}

fn ask(kind: &Kind, texts: &[String]) -> Option<Vec<Ends>> {
    let mut child = program(kind)?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
    let question = serde_json::json!({ "kind": kind.name, "texts": texts }).to_string() + "\n";
    child.stdin.take().expect("a pipe").write_all(question.as_bytes()).expect("a pipe");
    let output = child.wait_with_output().expect("an answer");
    Some(serde_json::from_slice(&output.stdout).expect("JSON of the script"))
}

type Recorded = BTreeMap<String, Vec<Ends>>;

fn transcript() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts/versions.json")
}

fn replay() -> Recorded {
    serde_json::from_str(&std::fs::read_to_string(transcript()).expect("a transcript")).expect("JSON")
}

/// The texts whose ends differ.
fn differing(
    kind: &Kind,
    texts: &[String],
    answers: &[Ends],
    ours: impl Fn(&str) -> Option<VersionRange>,
) -> Vec<String> {
    assert_eq!(texts.len(), answers.len(), "the specifiers changed: record anew with REDISLINT_RECORD=1");
    let pairs = texts.iter().zip(answers).map(|(text, real)| (text, ours(text).and_then(ends), real));
    pairs
        .filter(|(_, said, real)| said != *real)
        .map(|(text, said, real)| format!("{} {text:?}: we say {said:?}, real {real:?}", kind.name))
        .collect()
}

#[test]
fn specifiers_allow_what_we_say() {
    let full = std::env::var_os("REDISLINT_FULL").is_some();
    let recording = std::env::var_os("REDISLINT_RECORD").is_some();
    let mut recorded = replay();
    let mut wrong = Vec::new();
    for kind in KINDS {
        let mut texts = (kind.texts)(if full && !recording { FULL } else { SAMPLE });
        let live = ask(kind, &texts);
        let mode = if live.is_some() { "live" } else { "replay" };
        let answers = if let Some(answers) = live {
            recorded.insert(kind.name.to_owned(), answers.clone());
            answers
        } else {
            texts.truncate(SAMPLE);
            recorded[kind.name].clone()
        };
        let none = answers.iter().filter(|ends| ends.is_none()).count();
        let differing = differing(kind, &texts, &answers, kind.ours);
        println!(
            "oracle_versions: {} {mode}: {} specifiers, {none} allow nothing, {} differ",
            kind.name,
            texts.len(),
            differing.len()
        );
        assert!(none * 2 < texts.len(), "{}: most allow nothing", kind.name);
        wrong.extend(differing);
    }
    if recording {
        std::fs::write(transcript(), serde_json::to_string(&recorded).expect("JSON") + "\n").expect("a file");
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

/// A bug in reading a specifier.
type Plant = (&'static str, fn(&str) -> String);

#[test]
fn planted_bugs_are_caught() {
    let recorded = replay();
    let plants: [Plant; 6] = [
        ("the first clause alone", |text| text.split([',', ' ']).next().unwrap_or_default().to_owned()),
        ("the last alternative alone", |text| text.rsplit('|').next().unwrap_or_default().to_owned()),
        ("`<=` is `<`", |text| text.replace("<=", "<")),
        ("`^` is `>=`", |text| text.replace('^', ">=")),
        ("`~` is `^`", |text| text.replace("~=", ">=").replace('~', "^")),
        ("`!=` is passed over", |text| {
            text.split(',').filter(|clause| !clause.contains("!=")).collect::<Vec<_>>().join(",")
        }),
    ];
    for (name, plant) in plants {
        let wrong: usize = KINDS
            .iter()
            .map(|kind| {
                let texts = (kind.texts)(SAMPLE);
                differing(kind, &texts, &recorded[kind.name], |text| (kind.ours)(&plant(text))).len()
            })
            .sum();
        println!("oracle_versions: planted: {name}: {wrong} specifiers differ");
        assert!(wrong > 0, "not caught: {name}");
    }
}
