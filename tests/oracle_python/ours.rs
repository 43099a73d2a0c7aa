//! What redislint says of a case: its own output, `redislint inspect --format json`.

use std::fmt::Write as _;
use std::fs;

use redislint::report::inspect;
use redislint::tree::Tree;
use redislint::{Options, lint};
use serde_json::{Value, json};

use crate::generate::Case;
use crate::support;

/// What we say of the client.
#[derive(Debug, PartialEq)]
pub enum Ours {
    /// It connects with these parameters.
    Connects(Value),
    /// The program or the client ends with this error.
    Stops(String),
    /// Something could not be told.
    Unknown,
    /// No client was seen.
    NoClient,
    /// More than one was.
    Several(usize),
}

/// The case as a repository: one service with that environment, whose image holds the modules.
fn repository(case: &Case) -> Vec<(String, String)> {
    let mut compose = "services:\n  app:\n    build: .\n    environment:\n      PYTHONUNBUFFERED: \"1\"\n".to_owned();
    for (name, value) in &case.environment {
        // A string in JSON is one in YAML too.
        let _ = writeln!(compose, "      {name}: {}", Value::from(value.replace('$', "$$")));
    }
    let dockerfile = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD [\"python\", \"main.py\"]\n".to_owned();
    let own = [("compose.yaml".to_owned(), compose), ("Dockerfile".to_owned(), dockerfile)];
    own.into_iter().chain(case.files.clone()).collect()
}

/// As the program prints it.
pub fn printed(case: &Case) -> Ours {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in repository(case) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let root = folder.path().to_str().unwrap();
    read(case, &support::stdout(&["inspect", "--format", "json", "--show-secrets", "--root", root]))
}

/// As the library prints it, without a process and a folder for each.
pub fn rendered(case: &Case) -> Ours {
    let tree = Tree::from_texts(repository(case).into_iter().map(|(path, text)| (path, text.into_bytes())));
    let options = Options { show_secrets: true, ..Options::default() };
    read(case, &inspect::json(&lint(&tree, &options)))
}

fn read(case: &Case, picture: &str) -> Ours {
    let picture: Value = serde_json::from_str(picture).unwrap();
    let environments = picture["environments"].as_array().unwrap();
    let compose = environments.iter().find(|environment| environment["kind"] == "compose").unwrap();
    // What only the variables show is no answer to what the code does.
    let from_code = |client: &&Value| client["location"]["path"].as_str().is_some_and(|path| !path.ends_with(".yaml"));
    let asked = |client: &&Value| match case.probe {
        "celery" => client["library"] == "kombu",
        "backend" => client["library"] == "celery",
        _ => true,
    };
    let clients = compose["clients"].as_array().unwrap().iter().filter(from_code).filter(asked);
    // Where a call was seen to connect, it is the one that was run; settings beside it are somebody else's.
    let (connecting, named): (Vec<&Value>, Vec<&Value>) =
        clients.partition(|client| client["trace"][0]["label"] == "connects here");
    let clients = if connecting.is_empty() { named } else { connecting };
    let client = match clients.as_slice() {
        [] => return Ours::NoClient,
        [client] => client,
        several => return Ours::Several(several.len()),
    };
    if client.get("cases").is_some() {
        return Ours::Unknown;
    }
    if let Some(error) = client["error"].as_str() {
        return Ours::Stops(error.to_owned());
    }
    let unknown = |value: &Value| value.as_str().is_some_and(|text| text.contains('…'));
    let set = |name: &str| Some(&client[name]).filter(|value| *value != "").cloned().unwrap_or_default();
    let parts = ["host", "port", "db", "username", "password"].map(set);
    if parts.iter().any(unknown) || parts[..3].iter().any(Value::is_null) {
        return Ours::Unknown;
    }
    let [host, port, db, username, password] = parts;
    Ours::Connects(json!({
        "host": host, "port": port, "db": db, "username": username, "password": password, "tls": client["tls"],
    }))
}
