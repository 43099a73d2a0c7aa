//! One line a finding: `path:line:column: severity[rule]: message`.

use std::fmt::Write;

use super::{Report, clean};

/// All findings, each on a line of its own.
#[must_use]
pub fn render(report: &Report) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let place = report.place(finding.primary.span);
        let (severity, rule) = (finding.severity.name(), finding.rule);
        let _ = writeln!(out, "{place}: {severity}[{rule}]: {}", clean(&finding.message));
    }
    out
}
