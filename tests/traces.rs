//! Every resolved value of a service has its trace: in JSON step by step, each with a place in a file of the
//! repository, and in the text of `inspect` behind the value.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

use std::fs;
use std::path::Path;

use serde_json::Value;

/// Each value of a service as the text of `inspect` names it, with the path of its trace.
fn values(service: &Value) -> Vec<(String, String)> {
    let mut values = Vec::new();
    let mut put = |path: String, value: String| values.push((path, value));
    if let Some(image) = service["image"].as_str() {
        put("image".to_owned(), format!("image {image}"));
    }
    for (path, name, words) in [
        ("entrypoint", "entrypoint", &service["entrypoint"]),
        ("command", "command", &service["command"]),
        ("healthcheck.test", "healthcheck", &service["healthcheck"]["test"]),
    ] {
        if !words.is_null() {
            put(path.to_owned(), format!("{name} {words}"));
        }
    }
    for (name, value) in service["environment"].as_object().into_iter().flatten() {
        let shown = value.as_str().map_or_else(|| format!("{name} is not set"), |value| format!("{name}={value}"));
        put(format!("environment.{name}"), shown);
    }
    for (at, port) in service["ports"].as_array().into_iter().flatten().enumerate() {
        put(format!("ports.{at}"), format!("{}/{}", port["target"], port["protocol"].as_str().unwrap()));
    }
    for name in service["networks"].as_object().into_iter().flatten().map(|(name, _)| name) {
        put(format!("networks.{name}"), format!("network {name}"));
    }
    if let Some(mode) = service["network_mode"].as_str() {
        put("network_mode".to_owned(), format!("network_mode {mode}"));
    }
    values
}

/// The text between the two ends of a location; it must be there.
fn pointed_at(root: &Path, location: &Value) -> String {
    let file = fs::read(root.join(location["path"].as_str().unwrap())).unwrap();
    let end = |name: &str| usize::try_from(location[name]["offset"].as_u64().unwrap()).unwrap();
    let text = file.get(end("start")..end("end")).unwrap_or_else(|| panic!("{location} lies outside of the file"));
    String::from_utf8_lossy(text).into_owned()
}

#[test]
fn every_value_says_where_it_comes_from() {
    let mut count = 0;
    for variant in support::variants() {
        let root = support::project().join(&variant.root);
        let json: Value =
            serde_json::from_str(&support::stdout(&["inspect", "--format", "json", "--root", &variant.root])).unwrap();
        let text = support::stdout(&["inspect", "--root", &variant.root]);
        for environment in json["environments"].as_array().unwrap() {
            for (name, service) in environment["services"].as_object().into_iter().flatten() {
                for (path, shown) in values(service) {
                    let what = format!("{}, {}: {name}.{path}", variant.name, environment["name"]);
                    let trace = environment["traces"][name][&path].as_array();
                    let steps =
                        trace.filter(|steps| !steps.is_empty()).unwrap_or_else(|| panic!("{what} has no trace"));
                    let texts: Vec<String> = steps.iter().map(|step| pointed_at(&root, &step["location"])).collect();
                    assert!(texts.iter().any(|text| !text.is_empty()), "{what} points at nothing");
                    let from = &steps[0]["location"];
                    let place = format!("{}:{}:", from["path"].as_str().unwrap(), from["start"]["line"]);
                    let begins: String = shown.chars().take(100).collect();
                    let is_shown = |line: &str| line.contains(&begins) && line.contains(&format!(" ← {place}"));
                    assert!(text.lines().any(is_shown), "{what} is not in the text: {begins} ← {place}\n{text}");
                    count += 1;
                }
            }
        }
    }
    assert!(count > 200, "only {count} values were looked at");
}

/// A value that is composed of several files: the way leads through each of them, and secrets stay hidden.
#[test]
fn the_way_leads_through_every_file() {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in [
        (".env", "PW=hunter22\nPORT=7000\n"),
        ("app.env", "REDIS_URL=redis://:${PW}@redis:6379/0\n"),
        (
            "compose.yaml",
            "services:\n  app:\n    image: app:${TAG:-1}\n    env_file: app.env\n    ports: [\"127.0.0.1:${PORT}:80\"]\n",
        ),
        ("compose.override.yaml", "services:\n  app:\n    command: run ${PW}\n    environment: [GONE]\n"),
    ] {
        fs::write(folder.path().join(path), text).unwrap();
    }
    let root = folder.path().to_str().unwrap();
    let text = support::stdout(&["inspect", "--root", root]);
    for line in [
        "    image app:1 ← compose.yaml:3:12",
        "    command [\"run\",\"********\"] ← compose.override.yaml:3:14, .env:1:1",
        "    GONE is not set ← compose.override.yaml:4:19",
        "    REDIS_URL=redis://:********@redis:6379/0 ← compose.yaml:4:15, app.env:1:1, .env:1:1",
        "    port 127.0.0.1:7000:80/tcp ← compose.yaml:5:14, .env:2:1",
        "    network default ← compose.yaml:2:3",
    ] {
        assert!(text.lines().any(|shown| shown == line), "`{line}` is not in\n{text}");
    }
    let shown = support::stdout(&["inspect", "--show-secrets", "--root", root]);
    assert!(shown.contains("    command [\"run\",\"hunter22\"] ← compose.override.yaml:3:14, .env:1:1"), "{shown}");
}
