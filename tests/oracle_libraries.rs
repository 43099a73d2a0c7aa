//! The parameters that we take libraries' calls to have are those that the libraries have.
//!
//! Live where `REDISLINT_LIBRARIES_PYTHON` names an interpreter with the libraries (`.ci/run` makes it), else by the
//! recorded signatures; `REDISLINT_RECORD=1` records them anew.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says which mode it ran in"
)]

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use redislint::resolve::evaluate::{Signature, signatures};
use serde_json::json;

const TRANSCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts/libraries.json");
const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle_libraries.py");

/// The parameters of each call, in order; `None`: the library is not there.
type Real = BTreeMap<String, Option<Vec<String>>>;

fn real(names: &[String]) -> Real {
    let Ok(python) = std::env::var("REDISLINT_LIBRARIES_PYTHON") else {
        println!("recorded signatures; set REDISLINT_LIBRARIES_PYTHON to ask the libraries");
        return recorded();
    };
    println!("live: {python}");
    let mut child = Command::new(python).arg(SCRIPT).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(json!(names).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let real: Real = serde_json::from_slice(&output.stdout).unwrap();
    if std::env::var_os("REDISLINT_RECORD").is_some() {
        let lines: Vec<String> = real.iter().map(|(name, said)| format!("{}: {}", json!(name), json!(said))).collect();
        std::fs::write(TRANSCRIPT, format!("{{\n{}\n}}\n", lines.join(",\n"))).unwrap();
    }
    real
}

fn recorded() -> Real {
    serde_json::from_str(&std::fs::read_to_string(TRANSCRIPT).unwrap()).unwrap()
}

/// What is wrong with a signature, by the parameters that the library has.
fn fault(ours: &Signature, real: &[String]) -> Option<String> {
    let positional: Vec<&str> = real.iter().map(String::as_str).take_while(|name| !name.starts_with('*')).collect();
    let open = real.iter().any(|name| name == "*" || name == "**");
    for (at, slot) in ours.positional.iter().enumerate() {
        match positional.get(at) {
            Some(name) if ours.slot_of(name).as_ref() == Some(slot) => {}
            // `walrus.Database(*args, **kwargs)` hands all over to redis-py.
            None if open => {}
            other => return Some(format!("{}: parameter {at} is {other:?}, not {slot}", ours.name)),
        }
    }
    // The next one would be a connection parameter too.
    let next = positional.get(ours.positional.len()).and_then(|name| ours.slot_of(name));
    next.map(|slot| format!("{}: {slot} follows by position", ours.name))
}

#[test]
fn parameters_are_those_of_the_libraries() {
    let ours = signatures();
    let names: Vec<String> = ours.iter().map(|one| one.name.clone()).collect();
    let real = real(&names);
    let (mut compared, mut wrong, mut absent) = (0, Vec::new(), Vec::new());
    for signature in &ours {
        match real.get(&signature.name).unwrap_or_else(|| panic!("{} is not recorded", signature.name)) {
            Some(parameters) => {
                compared += 1;
                wrong.extend(fault(signature, parameters));
            }
            None => absent.push(signature.name.as_str()),
        }
    }
    println!("{compared} compared, not installed: {}", absent.join(", "));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(compared >= 35, "only {compared} were compared");
}

/// A table with a parameter too many, too few or in the wrong place is caught.
#[test]
fn wrong_tables_are_caught() {
    let ours = signatures();
    let redis = ours.iter().find(|one| one.name == "redis.Redis").unwrap();
    let parameters = recorded().remove("redis.Redis").flatten().unwrap();
    assert_eq!(fault(redis, &parameters), None);
    let with = |change: &dyn Fn(&mut Signature)| {
        let mut changed = redis.clone();
        change(&mut changed);
        fault(&changed, &parameters)
    };
    assert!(with(&|one| drop(one.positional.pop())).is_some());
    assert!(with(&|one| one.positional.swap(0, 1)).is_some());
    assert!(with(&|one| one.positional.push("Tls".to_owned())).is_some());
}
