//! Findings as JSON, schema `redislint/1`. The keys are a contract.

use serde_json::{Value, json};

use super::{Report, pretty};
use crate::edit::{Edit, Fix};
use crate::finding::{Finding, Label};
use crate::rules;
use crate::source::{Position, Span};

/// The report as JSON; `root` is shown as given.
#[must_use]
pub fn render(report: &Report, root: &str) -> String {
    let findings: Vec<Value> = report
        .findings
        .iter()
        .zip(&report.fingerprints)
        .map(|(finding, fingerprint)| self::finding(report, finding, &fingerprint.short()))
        .collect();
    let notices: Vec<Value> = report
        .notices
        .iter()
        .map(|notice| {
            let file = notice.file().map(|file| report.sources.get(file).path().to_owned());
            json!({
                "code": notice.code,
                "level": notice.level.name(),
                "path": file.or_else(|| notice.path.clone()),
                "message": notice.message,
                "location": notice.span.map(|span| location(report, span)),
            })
        })
        .collect();
    let summary = &report.summary;
    let value = json!({
        "schema": "redislint/1",
        "version": env!("CARGO_PKG_VERSION"),
        "root": root,
        "findings": findings,
        "notices": notices,
        "summary": {
            "files": summary.files,
            "environments": summary.environments,
            "servers": summary.servers,
            "clients": summary.clients,
            "links": summary.links,
            "errors": summary.errors,
            "warnings": summary.warnings,
            "notes": summary.notes,
            "suppressed": summary.suppressed,
            "baselined": summary.baselined,
            "unchanged": summary.unchanged,
            "hidden": summary.hidden,
            "elsewhere": summary.elsewhere,
        },
    });
    pretty(&value)
}

fn finding(report: &Report, finding: &Finding, fingerprint: &str) -> Value {
    let category = rules::ALL.iter().find(|rule| rule.name == finding.rule).map(|rule| rule.category.name());
    let labels = |labels: &[Label]| -> Vec<Value> {
        labels.iter().map(|label| json!({ "label": label.text, "location": location(report, label.span) })).collect()
    };
    json!({
        "rule": finding.rule,
        "category": category,
        "severity": finding.severity.name(),
        "confidence": finding.confidence.name(),
        "environments": finding.environments,
        "message": finding.message,
        "help": finding.help,
        "label": finding.primary.text,
        "location": location(report, finding.primary.span),
        "related": labels(&finding.related),
        "trace": labels(&finding.trace),
        "fingerprint": fingerprint,
        "fixes": finding.fixes.iter().filter(|fix| !fix.holds_secret).map(|fix| self::fix(report, fix)).collect::<Vec<_>>(),
    })
}

fn fix(report: &Report, fix: &Fix) -> Value {
    let edit = |edit: &Edit| json!({ "location": location(report, edit.span), "replacement": edit.replacement });
    json!({
        "description": fix.description,
        "safety": fix.safety.name(),
        "edits": fix.edits.iter().map(edit).collect::<Vec<_>>(),
    })
}

/// A place, as every JSON of ours writes it.
pub(super) fn location(report: &Report, span: Span) -> Value {
    let position = |at: Position| json!({ "line": at.line, "column": at.column, "offset": at.offset });
    let (start, end) = report.ends(span);
    json!({ "path": report.sources.get(span.file).path(), "start": position(start), "end": position(end) })
}

/// The rules as JSON (schema `redislint-rules/1`), in the order of the catalogue.
#[must_use]
pub fn catalogue() -> String {
    let rules: Vec<Value> = rules::ALL
        .iter()
        .map(|rule| {
            json!({
                "name": rule.name,
                "category": rule.category.name(),
                "severity": rule.severity.name(),
                "pedantic": rule.pedantic,
                "summary": rule.summary(),
            })
        })
        .collect();
    format!("{:#}\n", json!({ "schema": "redislint-rules/1", "rules": rules }))
}
