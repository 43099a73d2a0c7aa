//! What the real clients would connect with: asked of an interpreter, or read from the transcript.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::generate::Case;

const TRANSCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts/python_settings.json");

/// The interpreter with the libraries, and the one with pydantic 1; `None`: the transcript answers.
pub fn interpreters() -> Option<(PathBuf, PathBuf)> {
    let path = |name: &str| std::env::var_os(name).map(PathBuf::from);
    Some((path("REDISLINT_SETTINGS_PYTHON")?, path("REDISLINT_PYDANTIC_1_PYTHON")?))
}

/// The answer to each case.
pub fn answers(cases: &[Case]) -> Vec<Value> {
    let Some((current, pydantic_1)) = interpreters() else { return recorded(cases) };
    let (old, new): (Vec<_>, Vec<_>) = cases.iter().partition(|case| case.pydantic_1);
    // Two processes: starting them costs most of the time, and CI has two cores.
    let half = new.len() / 2;
    let (mut first, mut second, mut third) = std::thread::scope(|scope| {
        let first = scope.spawn(|| ask(&current, &new[..half]));
        let second = scope.spawn(|| ask(&current, &new[half..]));
        let third = ask(&pydantic_1, &old);
        (first.join().unwrap().into_iter(), second.join().unwrap().into_iter(), third.into_iter())
    });
    let mut next = |case: &Case| if case.pydantic_1 { third.next() } else { first.next().or_else(|| second.next()) };
    let answers: Vec<Value> = cases.iter().map(|case| next(case).unwrap()).collect();
    if std::env::var_os("REDISLINT_RECORD").is_some() {
        let recorded: BTreeMap<String, &Value> = cases.iter().map(Case::digest).zip(&answers).collect();
        // One answer a line, so that a change shows as what it is.
        let lines: Vec<String> = recorded.iter().map(|(digest, answer)| format!("\"{digest}\": {answer}")).collect();
        std::fs::write(TRANSCRIPT, format!("{{\n{}\n}}\n", lines.join(",\n"))).unwrap();
    }
    answers
}

/// The answers of the transcript.
pub fn recorded(cases: &[Case]) -> Vec<Value> {
    let recorded: BTreeMap<String, Value> =
        serde_json::from_str(&std::fs::read_to_string(TRANSCRIPT).unwrap()).unwrap();
    let answer = |case: &Case| recorded.get(&case.digest()).cloned();
    let missing = || panic!("a case is not in the transcript: record it anew with REDISLINT_RECORD=1 .ci/run");
    cases.iter().map(|case| answer(case).unwrap_or_else(missing)).collect()
}

fn ask(python: &Path, cases: &[&Case]) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle_python/run.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", python.display()));
    let requests: Vec<Value> = cases.iter().map(|case| case.request()).collect();
    child.stdin.take().unwrap().write_all(Value::from(requests).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}
