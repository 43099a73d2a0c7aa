//! Workflow commands of GitHub Actions, one a finding: the runner makes annotations of them.
//!
//! The grammar is that of the runner: `::name key=value,key=value::data`, in which `%`, CR and LF are escaped, and in
//! values `:` and `,` as well. Line breaks and control characters of the scanned repository never arrive here; see
//! `clean`.

use std::fmt::Write;

use super::{Look, Report, clean};
use crate::finding::{Finding, Severity};

/// All findings, each on a line of its own.
#[must_use]
pub fn render(report: &Report, look: &Look<'_>) -> String {
    let mut out = String::new();
    for finding in &report.findings {
        let command = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let _ = write!(out, "::{command} ");
        for (key, value) in properties(report, finding, look) {
            let _ = write!(out, "{key}={},", escape_property(&value));
        }
        let _ = writeln!(out, "title={}::{}", finding.rule, escape_data(&message(report, finding)));
    }
    out
}

/// Text that is printed as it is, such that the runner sees no command in it: it looks for `::` where a line begins,
/// and for `##[` everywhere.
#[must_use]
pub fn disarm(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let indent = line.len() - line.trim_start().len();
        let (indent, rest) = line.split_at(indent);
        out.push_str(indent);
        if rest.starts_with("::") {
            out.push('\u{200B}');
        }
        out.push_str(&rest.replace("##[", "##\u{200B}["));
    }
    out
}

fn properties(report: &Report, finding: &Finding, look: &Look<'_>) -> Vec<(&'static str, String)> {
    let source = report.sources.get(finding.primary.span.file);
    let (start, end) = report.ends(finding.primary.span);
    let mut properties = vec![("file", clean(&look.path(source.path()))), ("line", start.line.to_string())];
    properties.push(("endLine", end.line.to_string()));
    // The runner takes columns only within one line.
    if start.line == end.line {
        properties.extend([("col", start.column.to_string()), ("endColumn", end.column.to_string())]);
    }
    properties
}

/// What is wrong, the other places, and what to do.
fn message(report: &Report, finding: &Finding) -> String {
    let mut message = clean(&finding.message);
    for label in &finding.related {
        let _ = write!(message, "\n{}: {}", report.place(label.span), clean(&label.text));
    }
    if let Some(help) = &finding.help {
        let _ = write!(message, "\nhelp: {}", clean(help));
    }
    message
}

fn escape_data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn escape_property(text: &str) -> String {
    escape_data(text).replace(':', "%3A").replace(',', "%2C")
}
