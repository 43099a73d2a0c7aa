//! The documentation of the configuration: its examples hold, and its schema is the one that is in force.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

use std::fs;

use redislint::config::{self, schema};
use redislint::rules;
use serde_json::{Value, json};
use toml::de::{DeTable, DeValue};

fn document() -> String {
    fs::read_to_string(support::project().join("docs/configuration.md")).unwrap()
}

/// The fenced blocks of a language.
fn blocks(language: &str) -> Vec<String> {
    let document = document();
    let begun = document.split(&format!("\n```{language}\n")).skip(1).map(str::to_owned).collect::<Vec<_>>();
    begun.iter().map(|block| block[..=block.find("\n```").unwrap()].to_owned()).collect()
}

/// What a JSON schema validator that knows nothing of us says of `value`.
fn violations(value: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(&schema()).unwrap();
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

fn schema() -> Value {
    serde_json::from_str(&schema::render(&rules::names())).unwrap()
}

#[test]
fn the_schema_is_current() {
    let path = support::project().join("docs/redislint.schema.json");
    assert!(support::is_current(&path, &schema::render(&rules::names())), "UPDATE=1 writes it");
    assert_eq!(support::stdout(&["config-schema"]), schema::render(&rules::names()));
}

#[test]
fn every_example_is_read_without_mistakes_and_fits_the_schema() {
    let examples = blocks("toml");
    assert!(examples.len() >= 7);
    for example in examples {
        let project = example.starts_with("[tool.redislint]");
        let path = if project { "pyproject.toml" } else { "redislint.toml" };
        let config = config::parse(path, &example, &rules::names());
        assert!(config.as_ref().is_ok_and(Option::is_some), "{example}\n{config:?}");
        let mut value = table(&DeTable::parse(&example).unwrap().into_inner());
        if project {
            value = value["tool"]["redislint"].clone();
        }
        assert_eq!(violations(&value), [""; 0], "{example}");
    }
}

#[test]
fn the_schema_itself_is_one() {
    assert!(jsonschema::meta::is_valid(&schema()));
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    for wrong in [
        "selct = []",
        "ignore = ['no-such-rule']",
        "ignore = 'published-port'",
        "require-reason = 'yes'",
        "compose-version = '3'",
        "[severity]\npublished-port = 'fatal'",
        "[severity]\nno-such-rule = 'note'",
        "[[environment]]\nname = 'x'",
        "[[environment]]\nname = ''\nfiles = []",
        "hosts = [{ address = 'a' }]",
    ] {
        assert!(config::parse("redislint.toml", wrong, &rules::names()).is_err(), "{wrong}");
        let value = table(&DeTable::parse(wrong).unwrap().into_inner());
        assert_ne!(violations(&value), [""; 0], "{wrong}");
    }
}

#[test]
fn every_key_is_documented() {
    let examples: String = blocks("toml").concat();
    let mut keys = Vec::new();
    let mut open = vec![schema()];
    while let Some(schema) = open.pop() {
        open.extend(schema.get("items").cloned());
        for (key, schema) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            keys.push(key.clone());
            open.push(schema.clone());
        }
    }
    assert!(keys.len() > 15, "{keys:?}");
    for key in keys {
        let written = [format!("{key} = "), format!("[[{key}]]"), format!("[{key}]")];
        assert!(written.iter().any(|written| examples.contains(written)), "no example sets {key}");
    }
}

#[test]
fn the_ignores_of_the_examples_name_rules_that_exist() {
    let document = document();
    let lists = document.split("ignore[").skip(1).map(|rest| rest.split(']').next().unwrap());
    let names: Vec<&str> = lists.flat_map(|list| list.split(", ")).filter(|name| *name != "rule").collect();
    assert!(names.len() >= 3);
    for name in names {
        assert!(rules::names().contains(&name), "{name}");
    }
}

fn table(table: &DeTable<'_>) -> Value {
    table.iter().map(|(key, inner)| (key.get_ref().to_string(), value(inner.get_ref()))).collect()
}

fn value(found: &DeValue<'_>) -> Value {
    match found {
        DeValue::String(text) => json!(text),
        DeValue::Boolean(flag) => json!(flag),
        DeValue::Array(items) => items.iter().map(|item| value(item.get_ref())).collect(),
        DeValue::Table(inner) => table(inner),
        other => panic!("an example holds a {}", other.type_str()),
    }
}
