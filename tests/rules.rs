//! `rules/<name>.md` is what users read, and each of its examples is run here.
//!
//! A section that holds files (a path in backticks with a colon, and a fenced block below it) is a test: the files make
//! up a repository, and what the rule reports there has to equal the `report` block; without one it has to be nothing,
//! at every confidence. A `diff` block below the report shows what fixing changes. `UPDATE=1` writes what is reported and
//! changed into the blocks that exist.

#![allow(
    clippy::expect_used,
    clippy::format_push_string,
    reason = "a test fails by panicking, and its report is short"
)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use redislint::finding::Confidence;
use redislint::rule::Rule;
use redislint::rules::ALL;
use redislint::tree::Tree;
use redislint::{Options, fix, lint, report};
use walkdir::WalkDir;

/// A section of a document that holds files.
struct Example {
    heading: String,
    files: Vec<(String, Vec<u8>)>,
    /// Content of the `report` block, and its range of lines in the document.
    report: Option<(String, std::ops::Range<usize>)>,
    /// The same of the `diff` block: what fixing changes.
    fix: Option<(String, std::ops::Range<usize>)>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("rules")
}

/// The sections of a document that hold files or a report.
fn examples(document: &str) -> Vec<Example> {
    let lines: Vec<&str> = document.lines().collect();
    let mut found: Vec<Example> = Vec::new();
    let mut current = Example { heading: String::new(), files: Vec::new(), report: None, fix: None };
    let mut path = None;
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at];
        at += 1;
        let info = line.trim_start_matches('`');
        let (fence, _) = line.split_at(line.len() - info.len());
        if fence.len() >= 3 {
            // A longer fence holds a document with fences of its own.
            let end = (at..lines.len()).find(|end| lines[*end] == fence).expect("every fence is closed");
            let body: String = lines[at..end].iter().flat_map(|line| [line, "\n"]).collect();
            match path.take() {
                _ if info == "report" => current.report = Some((body, at..end)),
                None if info == "diff" => current.fix = Some((body, at..end)),
                Some(path) => current.files.push((path, body.into_bytes())),
                None => {}
            }
            at = end + 1;
        } else if let Some(heading) = line.strip_prefix("## ") {
            found.push(std::mem::replace(
                &mut current,
                Example { heading: heading.to_owned(), files: Vec::new(), report: None, fix: None },
            ));
        } else {
            path = line.strip_prefix('`').and_then(|rest| rest.strip_suffix("`:")).map(str::to_owned);
        }
    }
    found.push(current);
    found.retain(|example| !example.files.is_empty() || example.report.is_some());
    found
}

/// What the rule reports on the files of an example, at every confidence.
fn reported(rule: &Rule, example: &Example) -> String {
    let options = Options { min_confidence: Confidence::Low, pedantic: true, ..Options::default() };
    let report = lint(&Tree::from_texts(example.files.iter().cloned()), &options);
    let mark = format!("[{}]", rule.name);
    report::concise::render(&report).lines().filter(|line| line.contains(&mark)).flat_map(|line| [line, "\n"]).collect()
}

/// What the fixes of the rule change in the files of an example, safe or not.
fn fixed(rule: &Rule, example: &Example) -> String {
    let options = Options { min_confidence: Confidence::Low, pedantic: true, ..Options::default() };
    let tree = Tree::from_texts(example.files.iter().cloned());
    let fixed = fix::engine::fix(tree, &options, &|name, _| name == rule.name);
    fixed.changes.iter().map(|(path, change)| fix::diff::render(path, change, &fixed.before, &fixed.after)).collect()
}

fn document(rule: &Rule) -> String {
    fs::read_to_string(folder().join(format!("{}.md", rule.name))).expect("every rule is documented")
}

#[test]
fn rules_and_documents_correspond() {
    let documents: BTreeSet<String> = WalkDir::new(folder())
        .min_depth(1)
        .into_iter()
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned())
        .collect();
    let rules: BTreeSet<String> = ALL.iter().map(|rule| format!("{}.md", rule.name)).collect();
    assert_eq!(documents, rules);
}

#[test]
fn documents_have_their_form() {
    for rule in ALL {
        let text = document(rule);
        assert_eq!(rule.doc, text, "{} embeds its document", rule.name);
        assert_eq!(text.lines().next(), Some(format!("# {}", rule.name).as_str()));
        let summary = rule.summary();
        assert!(summary.ends_with('.') && !summary.contains('\n') && summary.len() < 160, "{}: {summary}", rule.name);
        let headings: Vec<&str> = text.lines().filter(|line| line.starts_with("## ")).collect();
        for heading in ["## Why it matters", "## What Redis says", "## Fix", "## References"] {
            let wanted = headings.iter().filter(|one| **one == heading).count();
            assert_eq!(wanted, 1, "{} has {wanted} sections {heading}", rule.name);
            assert!(rule.section(&heading[3..]).is_some_and(|body| !body.is_empty()), "{}: {heading}", rule.name);
        }
        assert!(headings.starts_with(&["## Why it matters", "## What Redis says"]), "{}: {headings:?}", rule.name);
        assert_eq!(headings.last(), Some(&"## References"), "{}", rule.name);
        let references = rule.section("References").unwrap_or_default();
        let is_link = |line: &str| line.starts_with("- [") && line.contains("](https://") && line.ends_with(')');
        assert!(references.lines().all(is_link), "{}: {references}", rule.name);
        let examples = examples(&text);
        assert!(examples.iter().any(|one| one.report.is_some()), "{} has no firing example", rule.name);
        assert!(examples.iter().any(|one| one.report.is_none()), "{} has no silent example", rule.name);
        let fixable = fix::fixable().any(|name| name == rule.name);
        assert_eq!(examples.iter().any(|one| one.fix.is_some()), fixable, "{}: a fix is shown as a diff", rule.name);
        for example in &examples {
            assert!(!example.files.is_empty(), "{}: {} has a report and no files", rule.name, example.heading);
            assert_eq!(
                example.report.is_none(),
                example.heading.starts_with("Not reported"),
                "{}: {}",
                rule.name,
                example.heading
            );
        }
    }
}

#[test]
fn examples_report_what_they_say() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut failures = String::new();
    for rule in ALL {
        let text = document(rule);
        let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
        // From the last to the first, so that the ranges of lines stay true.
        for example in examples(&text).iter().rev() {
            let shown = example.fix.clone().map(|block| (fixed(rule, example), Some(block)));
            for (found, block) in shown.into_iter().chain([(reported(rule, example), example.report.clone())]) {
                let writable = block.is_some() && !found.is_empty();
                let (expected, range) = block.unwrap_or_default();
                if found == expected {
                    continue;
                }
                if update && writable {
                    lines.splice(range, found.lines().map(str::to_owned));
                } else {
                    failures += &format!("{}: {}\nexpected:\n{expected}found:\n{found}\n", rule.name, example.heading);
                }
            }
        }
        if update {
            fs::write(folder().join(format!("{}.md", rule.name)), lines.join("\n") + "\n").unwrap();
        }
    }
    assert!(failures.is_empty(), "{failures}");
}
