//! Findings as GitLab's Code Quality artifact: a list of issues, of which each has one place.

use serde_json::{Value, json};

use super::{Look, Report, pretty};
use crate::finding::Severity;

/// All findings, in their order.
#[must_use]
pub fn render(report: &Report, look: &Look<'_>) -> String {
    let issues: Vec<Value> = report
        .findings
        .iter()
        .zip(&report.fingerprints)
        .map(|(finding, fingerprint)| {
            let (start, end) = report.ends(finding.primary.span);
            let severity = match finding.severity {
                Severity::Error => "critical",
                Severity::Warning => "minor",
                Severity::Note => "info",
            };
            json!({
                "description": finding.message,
                "check_name": finding.rule,
                "fingerprint": fingerprint.short(),
                "severity": severity,
                "location": {
                    "path": look.path(report.sources.get(finding.primary.span.file).path()),
                    "positions": {
                        "begin": { "line": start.line, "column": start.column },
                        "end": { "line": end.line, "column": end.column },
                    },
                },
            })
        })
        .collect();
    pretty(&Value::Array(issues))
}
