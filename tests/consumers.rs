//! Our SARIF and `JUnit` as other programs read them: Python's jsonschema, sarif-tools and junitparser see every finding,
//! and see what we say of it.
//!
//! Live where `REDISLINT_CONSUMERS` names a Python that has them (`.ci/run` brings it); else only the readers of
//! `tests/formats.rs` speak, and this says so.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and says whether it ran")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

use std::path::Path;
use std::process::Command;

use serde_json::Value;

fn read(python: &Path, sarif: &Path, junit: &Path) -> Value {
    let tests = support::project().join("tests");
    let output = Command::new(python)
        .args([tests.join("consumers/read.py"), tests.join("schemas/sarif-2.1.0.json")])
        .args([sarif, junit])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn other_programs_see_every_finding() {
    let Some(python) = std::env::var_os("REDISLINT_CONSUMERS").filter(|path| !path.is_empty()) else {
        println!("not run: REDISLINT_CONSUMERS is not set");
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let (sarif, junit) = (folder.path().join("r.sarif"), folder.path().join("r.xml"));
    let mut count = 0;
    for variant in support::variants() {
        let outputs = [format!("sarif={}", sarif.display()), format!("junit={}", junit.display())];
        let text = support::stdout(&[
            "--root",
            &variant.root,
            "--format",
            "json",
            "--output",
            &outputs[0],
            "--output",
            &outputs[1],
        ]);
        let report: Value = serde_json::from_str(&text).unwrap();
        let findings = report["findings"].as_array().unwrap();
        let seen = read(Path::new(&python), &sarif, &junit);
        assert_eq!(seen["errors"], Value::Array(Vec::new()), "{}", variant.name);
        assert_eq!(seen["tools"][0], "redislint");

        let path = |finding: &Value| format!("{}/{}", variant.root, finding["location"]["path"].as_str().unwrap());
        let mut expected: Vec<Value> = findings
            .iter()
            .map(|finding| {
                let line = &finding["location"]["start"]["line"];
                serde_json::json!([finding["rule"], finding["severity"], path(finding), line])
            })
            .collect();
        let mut records = seen["records"].as_array().unwrap().clone();
        for list in [&mut expected, &mut records] {
            list.sort_by_key(ToString::to_string);
        }
        assert_eq!(records, expected, "{}", variant.name);

        let cases = seen["cases"].as_array().unwrap();
        assert_eq!(cases.len(), findings.len().max(1), "{}", variant.name);
        for (finding, case) in findings.iter().zip(cases) {
            assert_eq!(case[0], path(finding));
            let failures = case[2].as_array().unwrap();
            if finding["severity"] == "note" {
                assert!(failures.iter().all(|failure| failure[0].is_null()), "{case}");
            } else {
                assert_eq!(failures[0][0], finding["severity"], "{case}");
                assert_eq!(failures[0][1], finding["message"], "{case}");
            }
        }
        count += findings.len();
    }
    assert!(count > 20, "{count} findings");
}
