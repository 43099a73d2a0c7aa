//! Findings as SARIF 2.1.0: every rule with its documentation, every place with lines, columns and bytes, and the way of
//! a value as a code flow.
//!
//! Paths are relative, and no text of a file is copied: what shows a finding shows the file itself.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{Look, Report, pretty};
use crate::edit::Fix;
use crate::finding::{Finding, Label, Level, Notice, Severity};
use crate::rule::{Category, Rule, home, page};
use crate::rules;
use crate::source::{FileId, Span};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// What all paths are relative to; where that lies is for the reader to know.
const BASE: &str = "%SRCROOT%";

/// The report as a log with one run.
#[must_use]
pub fn render(report: &Report, look: &Look<'_>) -> String {
    let log = Log { report, look };
    let results: Vec<Value> = report
        .findings
        .iter()
        .zip(&report.fingerprints)
        .map(|(finding, fingerprint)| log.result(finding, &fingerprint.short()))
        .collect();
    let notifications: Vec<Value> = report.notices.iter().map(|notice| log.notification(notice)).collect();
    let value = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": driver() },
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": { BASE: { "description": { "text": "the root of the repository" } } },
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": notifications }],
            "results": results,
        }],
    });
    pretty(&value)
}

fn driver() -> Value {
    let version = env!("CARGO_PKG_VERSION");
    let rules: Vec<Value> = rules::ALL.iter().map(|rule| descriptor(rule)).collect();
    let mut driver = object(json!({
        "name": "redislint",
        "version": version,
        "semanticVersion": version,
        "rules": rules,
    }));
    if let Some(home) = home() {
        driver.insert("informationUri".to_owned(), home.into());
    }
    driver.into()
}

fn descriptor(rule: &Rule) -> Value {
    let summary = rule.summary().replace('\n', " ");
    let parts = [Some(summary.as_str()), rule.section("Why it matters"), rule.section("Fix")];
    let help = parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n");
    let mut descriptor = object(json!({
        "id": rule.name,
        "shortDescription": { "text": summary },
        "fullDescription": { "text": summary, "markdown": rule.summary() },
        "help": { "text": help, "markdown": rule.doc },
        "defaultConfiguration": { "level": rule.severity.name(), "enabled": !rule.pedantic },
        "properties": properties(rule),
    }));
    if let Some(page) = page(rule.name) {
        descriptor.insert("helpUri".to_owned(), page.into());
    }
    descriptor.into()
}

/// What GitHub's code scanning sorts by: rules about who can get in are security, all others are quality.
fn properties(rule: &Rule) -> Value {
    let security = matches!(rule.category, Category::Secrets | Category::Exposure);
    let (problem, score) = match rule.severity {
        Severity::Error => ("error", "8.0"),
        Severity::Warning => ("warning", "5.0"),
        Severity::Note => ("recommendation", "2.0"),
    };
    if security {
        json!({ "tags": ["security", rule.category.name()], "security-severity": score })
    } else {
        json!({ "tags": [rule.category.name()], "problem.severity": problem })
    }
}

struct Log<'a> {
    report: &'a Report,
    look: &'a Look<'a>,
}

impl Log<'_> {
    fn result(&self, finding: &Finding, fingerprint: &str) -> Value {
        let related = finding.related.iter().enumerate().map(|(nth, label)| {
            let mut location = self.location(label);
            location.insert("id".to_owned(), (nth + 1).into());
            location
        });
        let fixes = finding.fixes.iter().filter(|fix| !fix.holds_secret);
        let mut result = object(json!({
            "ruleId": finding.rule,
            "level": finding.severity.name(),
            "message": message(&said(finding)),
            "locations": [self.location(&finding.primary)],
            "relatedLocations": related.collect::<Vec<_>>(),
            "partialFingerprints": { "redislint/v1": fingerprint },
            "fixes": fixes.map(|fix| self.fix(fix)).collect::<Vec<_>>(),
            "properties": {
                "confidence": finding.confidence.name(),
                "environments": finding.environments,
            },
        }));
        if let Some(index) = rules::ALL.iter().position(|rule| rule.name == finding.rule) {
            result.insert("ruleIndex".to_owned(), index.into());
        }
        if !finding.trace.is_empty() {
            result.insert("codeFlows".to_owned(), json!([self.flow(&finding.trace)]));
        }
        result.into()
    }

    /// A trace runs from the use back to the definition, a flow as the program does.
    fn flow(&self, trace: &[Label]) -> Value {
        let steps: Vec<Value> = trace.iter().rev().map(|step| json!({ "location": self.location(step) })).collect();
        json!({ "threadFlows": [{ "locations": steps }] })
    }

    fn location(&self, label: &Label) -> Map<String, Value> {
        let mut location = object(json!({ "physicalLocation": self.physical(label.span) }));
        if !label.text.is_empty() {
            location.insert("message".to_owned(), message(&label.text));
        }
        location
    }

    /// A change that mends the finding, file by file.
    fn fix(&self, fix: &Fix) -> Value {
        let mut files: BTreeMap<FileId, Vec<Value>> = BTreeMap::new();
        for edit in &fix.edits {
            files.entry(edit.span.file).or_default().push(json!({
                "deletedRegion": self.region(edit.span),
                "insertedContent": { "text": edit.replacement },
            }));
        }
        let changes = files.into_iter().map(|(file, replacements)| {
            let artifact = self.artifact(self.report.sources.get(file).path());
            json!({ "artifactLocation": artifact, "replacements": replacements })
        });
        json!({
            "description": message(&fix.description),
            "artifactChanges": changes.collect::<Vec<_>>(),
        })
    }

    fn physical(&self, span: Span) -> Value {
        json!({
            "artifactLocation": self.artifact(self.report.sources.get(span.file).path()),
            "region": self.region(span),
        })
    }

    fn region(&self, span: Span) -> Value {
        let (start, end) = self.report.ends(span);
        json!({
            "startLine": start.line,
            "startColumn": start.column,
            "endLine": end.line,
            "endColumn": end.column,
            "byteOffset": start.offset,
            "byteLength": end.offset - start.offset,
        })
    }

    fn artifact(&self, path: &str) -> Value {
        json!({ "uri": uri(&self.look.path(path)), "uriBaseId": BASE })
    }

    fn notification(&self, notice: &Notice) -> Value {
        let level = match notice.level {
            Level::Info => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        let place = match (notice.span, &notice.path) {
            (Some(span), _) => Some(self.physical(span)),
            (None, Some(path)) => Some(json!({ "artifactLocation": self.artifact(path) })),
            (None, None) => None,
        };
        json!({
            "descriptor": { "id": notice.code },
            "level": level,
            "message": message(&notice.message),
            "locations": place.map(|place| json!({ "physicalLocation": place })).into_iter().collect::<Vec<_>>(),
        })
    }
}

fn said(finding: &Finding) -> String {
    let help = finding.help.as_deref().map(|help| format!("\n\nhelp: {help}"));
    finding.message.clone() + &help.unwrap_or_default()
}

/// A message. In those of SARIF `[text](target)` is a link, and a backslash takes a bracket its meaning.
fn message(text: &str) -> Value {
    let text = if text.contains("](") { text.replace('[', "\\[").replace(']', "\\]") } else { text.to_owned() };
    json!({ "text": text })
}

/// A path as a relative reference.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(byte.into());
        } else {
            out.push('%');
            for digit in [byte >> 4, byte & 0xF] {
                out.push(char::from_digit(digit.into(), 16).unwrap_or('0').to_ascii_uppercase());
            }
        }
    }
    out
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
