//! Every repository below `fixtures/` reports exactly the faults of the table beside it, each once.
//!
//! `<variant>.faults` was written by hand, before the code: rule, severity, place and text of the primary span, the lines
//! of related places, environments, and a part of the message. `<variant>.out` is the report as people see it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

use std::fmt::Write as _;
use std::fs;

use serde_json::Value;

use support::Variant;

/// One block of a table.
#[derive(Debug, Default)]
struct Fault {
    severity: String,
    rule: String,
    path: String,
    line: usize,
    column: usize,
    text: String,
    near: Vec<String>,
    environments: Option<Vec<String>>,
    says: String,
}

#[test]
fn tables_point_at_their_texts() {
    for variant in support::variants() {
        for fault in table(&variant) {
            let text = text_of(&variant, &fault.path);
            let line = text.split('\n').nth(fault.line - 1).unwrap_or_default();
            let rest: String = line.chars().skip(fault.column - 1).collect();
            assert!(rest.starts_with(&fault.text), "{}: {fault:?}", variant.name);
            for near in &fault.near {
                let (path, line) = near.split_once(':').unwrap();
                let lines = text_of(&variant, path).lines().count();
                assert!(line.parse::<usize>().unwrap() <= lines, "{}: {near}", variant.name);
            }
        }
    }
}

#[test]
fn every_fault_is_found_once_and_nothing_else() {
    let mut differences = String::new();
    for variant in support::variants() {
        let report = report(&variant);
        let mut findings: Vec<&Value> = report["findings"].as_array().unwrap().iter().collect();
        for fault in table(&variant) {
            let Some(at) = findings.iter().position(|finding| is_at(finding, &fault)) else {
                writeln!(differences, "{}: not found: {fault:?}", variant.name).unwrap();
                continue;
            };
            for difference in compare(&variant, findings.remove(at), &fault) {
                writeln!(differences, "{}: {} {}:{}: {difference}", variant.name, fault.rule, fault.path, fault.line)
                    .unwrap();
            }
        }
        for finding in findings {
            let message = finding["message"].as_str().unwrap();
            writeln!(differences, "{}: not in the table: {} {message}", variant.name, place(finding)).unwrap();
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn summaries_count_what_is_shown() {
    for variant in support::variants() {
        let report = report(&variant);
        for (severity, counter) in [("error", "errors"), ("warning", "warnings"), ("note", "notes")] {
            let findings = report["findings"].as_array().unwrap();
            let shown = findings.iter().filter(|finding| finding["severity"] == severity).count();
            assert_eq!(report["summary"][counter], shown, "{}: {counter}", variant.name);
        }
    }
}

#[test]
fn reports_are_current() {
    let mut outdated = String::new();
    for variant in support::variants() {
        let actual = support::stdout(&["--root", &variant.root, "--fail-on", "never"]);
        if !support::is_current(&variant.beside("out"), &actual) {
            writeln!(outdated, "{}.out differs; UPDATE=1 accepts:\n{actual}", variant.root).unwrap();
        }
    }
    assert!(outdated.is_empty(), "{outdated}");
}

fn report(variant: &Variant) -> Value {
    let arguments = ["--root", &variant.root, "--format", "json", "--min-confidence", "low", "--fail-on", "never"];
    let report: Value = serde_json::from_str(&support::stdout(&arguments)).unwrap();
    assert_eq!(report["schema"], "redislint/1");
    report
}

fn is_at(finding: &Value, fault: &Fault) -> bool {
    let start = &finding["location"]["start"];
    finding["rule"] == fault.rule
        && finding["location"]["path"] == fault.path
        && start["line"] == fault.line
        && start["column"] == fault.column
}

/// In what a finding at the right place differs from its block in the table.
fn compare(variant: &Variant, finding: &Value, fault: &Fault) -> Vec<String> {
    let mut differences = Vec::new();
    let mut expect = |what: &str, right: bool, actual: &Value| {
        if !right {
            differences.push(format!("{what}: {actual}"));
        }
    };
    expect("severity", finding["severity"] == fault.severity, &finding["severity"]);
    expect("message", finding["message"].as_str().unwrap().contains(&fault.says), &finding["message"]);
    if let Some(environments) = &fault.environments {
        expect("environments", finding["environments"] == serde_json::json!(environments), &finding["environments"]);
    }
    let related: Vec<String> = finding["related"].as_array().unwrap().iter().map(place).collect();
    for near in &fault.near {
        expect(&format!("no related place {near}"), related.contains(near), &finding["related"]);
    }
    expect("text", slice(variant, &finding["location"]) == fault.text.as_bytes(), &finding["location"]);
    differences
}

/// The bytes of the file that a location covers.
fn slice(variant: &Variant, location: &Value) -> Vec<u8> {
    let bytes = fs::read(support::project().join(&variant.root).join(location["path"].as_str().unwrap())).unwrap();
    let offset = |end: &str| usize::try_from(location[end]["offset"].as_u64().unwrap()).unwrap();
    bytes[offset("start")..offset("end")].to_vec()
}

/// `path:line` of something with a location.
fn place(labelled: &Value) -> String {
    let location = &labelled["location"];
    format!("{}:{}", location["path"].as_str().unwrap(), location["start"]["line"])
}

/// The text of a file as an editor shows it: a byte order mark is no character.
fn text_of(variant: &Variant, path: &str) -> String {
    let text = fs::read_to_string(support::project().join(&variant.root).join(path)).unwrap();
    text.trim_start_matches('\u{feff}').to_owned()
}

fn table(variant: &Variant) -> Vec<Fault> {
    let text = fs::read_to_string(variant.beside("faults")).unwrap();
    let mut faults: Vec<Fault> = Vec::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some((severity, rule)) = line.split_once(' ').filter(|(severity, _)| !severity.is_empty()) {
            faults.push(Fault { severity: severity.to_owned(), rule: rule.to_owned(), ..Fault::default() });
            continue;
        }
        let fault = faults.last_mut().unwrap();
        let (key, value) = line.trim().split_once("  ").unwrap_or_else(|| panic!("{}: {line}", variant.name));
        let value = value.trim_start();
        match key {
            "at" => {
                let (place, text) = value.split_once(' ').unwrap();
                let mut parts = place.rsplitn(3, ':');
                fault.column = parts.next().unwrap().parse().unwrap();
                fault.line = parts.next().unwrap().parse().unwrap();
                parts.next().unwrap().clone_into(&mut fault.path);
                text.clone_into(&mut fault.text);
            }
            "near" => fault.near.push(value.to_owned()),
            "in" => fault.environments = Some(value.split(", ").map(str::to_owned).collect()),
            "says" => value.clone_into(&mut fault.says),
            _ => panic!("{}: {line}", variant.name),
        }
    }
    faults
}
