//! `PyYAML`, tomllib, json, configparser and dynaconf judge what we make of the files that code loads with them.
//!
//! Where `REDISLINT_PYTHON` names an interpreter with the libraries, the modules of `oracle/values.txt` are run there;
//! else the recorded answers are compared. `RECORD=1` writes those anew.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says which mode it ran in"
)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use redislint::extract;
use redislint::resolve::evaluate::{self, CodePlace};
use redislint::resolve::project::{Lookup, Variable};
use redislint::source::{FileId, Sources, Span};
use redislint::symbol::{Resolved, Symbols};
use redislint::text::Text;
use redislint::tree::Tree;
use serde_json::{Value, json};

const CASES: &str = include_str!("oracle/values.txt");
const RUNNER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle/values.py");
const TRANSCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts/values.json");

/// What may be unknown to us: what the library makes of it alone, and a file that no code names.
const UNKNOWN: [&str; 4] =
    ["dynaconf format", "dynaconf quoted variable", "dynaconf number", "file named by a variable"];

#[derive(Default)]
struct Case {
    name: String,
    environment: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
}

fn cases() -> Vec<Case> {
    let mut cases: Vec<Case> = Vec::new();
    let mut path = String::new();
    for line in CASES.split_inclusive('\n') {
        if let Some(head) = line.strip_prefix("=== ") {
            let (name, variables) = head.trim_end().split_once(" | ").unwrap_or((head.trim_end(), ""));
            let pairs = variables.split(' ').filter_map(|pair| pair.split_once('='));
            let environment = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            cases.push(Case { name: name.to_owned(), environment, files: BTreeMap::new() });
        } else if let Some(file) = line.strip_prefix("--- ") {
            file.trim_end().clone_into(&mut path);
        } else {
            cases.last_mut().unwrap().files.entry(path.clone()).or_default().push_str(line);
        }
    }
    cases
}

fn real(cases: &[Case]) -> Vec<Option<String>> {
    let requests: Vec<Value> =
        cases.iter().map(|case| json!({ "files": case.files, "environment": case.environment })).collect();
    let Ok(python) = std::env::var("REDISLINT_PYTHON") else {
        println!("recorded answers; set REDISLINT_PYTHON to ask the libraries");
        let recorded: BTreeMap<String, Option<String>> =
            serde_json::from_str(&std::fs::read_to_string(TRANSCRIPT).unwrap()).unwrap();
        return cases.iter().map(|case| recorded[&case.name].clone()).collect();
    };
    println!("live answers of {python}");
    let mut child = Command::new(python).arg(RUNNER).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(json!(requests).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let answers: Vec<Option<String>> = serde_json::from_slice(&output.stdout).unwrap();
    if std::env::var_os("RECORD").is_some() {
        let recorded: BTreeMap<&str, &Option<String>> =
            cases.iter().map(|case| case.name.as_str()).zip(&answers).collect();
        std::fs::write(TRANSCRIPT, format!("{:#}\n", json!(recorded))).unwrap();
    }
    answers
}

/// Every URL that we see in `REDIS_URL`; one with an unknown part is `?`.
fn ours(case: &Case) -> Vec<String> {
    let files = case.files.iter().map(|(path, text)| (path.clone(), text.as_bytes().to_vec()));
    let tree = Tree::from_texts(files.chain([("app/__init__.py".to_owned(), Vec::new())]));
    let mut sources = Sources::default();
    let extracted = extract::run(&tree, &mut sources);
    let span = Span::new(FileId(0), 0..0);
    let lookup = |name: &str| match case.environment.get(name) {
        Some(value) => Lookup::Found(Variable {
            name_span: span,
            taken_in: span,
            value: Resolved::known(Text::mapped(value, span), Vec::new()),
        }),
        None => Lookup::Absent,
    };
    let names: Vec<String> = case.environment.keys().cloned().collect();
    let symbols = Symbols::default();
    let place = CodePlace {
        loads: &|_| true,
        one_django: false,
        scope: "test",
        runs: &|_| true,
        lookup: &lookup,
        names: &names,
        dotenv: &extracted.facts.env_files,
        sources: &sources,
    };
    let clients = evaluate::clients(&extracted.facts, &place, &symbols).here;
    let settings = clients.iter().filter(|client| client.setting.as_deref() == Some("REDIS_URL"));
    settings
        .filter_map(|client| client.settings.url.as_ref())
        .flat_map(|url| &url.alternatives)
        .map(|one| one.value.as_ref())
        .map(|url| url.filter(|url| Symbols::is_known(url)).map_or("?".to_owned(), |url| url.as_str().to_owned()))
        .collect()
}

#[test]
fn loaded_values_are_what_the_libraries_give() {
    let cases = cases();
    let (mut wrong, mut unknown) = (Vec::new(), Vec::new());
    for (case, real) in cases.iter().zip(real(&cases)) {
        let ours = ours(case);
        match (real, ours.as_slice()) {
            (Some(real), [one]) if *one == real => {}
            (None, [] | [_]) if ours.iter().all(|one| one == "?") => {}
            (Some(_), []) => unknown.push(case.name.clone()),
            (Some(_), [one]) if one == "?" => unknown.push(case.name.clone()),
            (real, ours) => wrong.push(format!("{}: {real:?}, not {ours:?}", case.name)),
        }
    }
    println!("{} cases, {} unknown to us", cases.len(), unknown.len());
    assert_eq!(wrong, Vec::<String>::new());
    let surprising: Vec<_> = unknown.iter().filter(|name| !UNKNOWN.contains(&name.as_str())).collect();
    assert_eq!(surprising, Vec::<&String>::new());
}
