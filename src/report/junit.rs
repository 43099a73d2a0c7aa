//! Findings as `JUnit` XML: a suite for each file, a test case for each finding. Notes pass, as they fail no run by
//! default. Where nothing is found one case passes, as readers take an empty report for a broken one.

use std::fmt::Write;

use super::{Look, Report, clean};
use crate::finding::{Finding, Severity};
use crate::source::FileId;

/// All findings, by file.
#[must_use]
pub fn render(report: &Report, look: &Look<'_>) -> String {
    let failed = |finding: &&Finding| finding.severity > Severity::Note;
    let count = |findings: &[Finding]| {
        format!("tests=\"{}\" failures=\"{}\" errors=\"0\"", findings.len(), findings.iter().filter(failed).count())
    };
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    if report.findings.is_empty() {
        out.push_str("<testsuites name=\"redislint\" tests=\"1\" failures=\"0\" errors=\"0\">\n");
        out.push_str("  <testsuite name=\"redislint\" tests=\"1\" failures=\"0\" errors=\"0\">\n");
        let _ = writeln!(out, "    <testcase name=\"{}\" classname=\"redislint\"/>", escape(&report.closing_line()));
        out.push_str("  </testsuite>\n</testsuites>\n");
        return out;
    }
    let _ = writeln!(out, "<testsuites name=\"redislint\" {}>", count(&report.findings));
    let file = |finding: &Finding| -> FileId { finding.primary.span.file };
    // They are sorted by path.
    for suite in report.findings.chunk_by(|a, b| file(a) == file(b)) {
        let path = escape(&look.path(report.sources.get(file(&suite[0])).path()));
        let _ = writeln!(out, "  <testsuite name=\"{path}\" {}>", count(suite));
        for finding in suite {
            case(&mut out, report, finding, &path);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn case(out: &mut String, report: &Report, finding: &Finding, path: &str) {
    let (start, _) = report.ends(finding.primary.span);
    let (rule, severity) = (finding.rule, finding.severity.name());
    let (line, column) = (start.line, start.column);
    let _ = write!(out, "    <testcase name=\"{rule} at {line}:{column}\" classname=\"{path}\" ");
    let _ = writeln!(out, "file=\"{path}\" line=\"{line}\">");
    let message = escape(&finding.message);
    let details = details(report, finding);
    let _ = match finding.severity {
        Severity::Note => writeln!(out, "      <system-out>{severity}[{rule}]: {message}\n{details}</system-out>"),
        Severity::Warning | Severity::Error => {
            writeln!(out, "      <failure type=\"{severity}\" message=\"{message}\">{details}</failure>")
        }
    };
    out.push_str("    </testcase>\n");
}

fn details(report: &Report, finding: &Finding) -> String {
    let mut details = String::new();
    for label in std::iter::once(&finding.primary).chain(&finding.related).chain(&finding.trace) {
        let _ = writeln!(details, "at {}: {}", escape(&report.place(label.span)), escape(&label.text));
    }
    if let Some(help) = &finding.help {
        let _ = writeln!(details, "help: {}", escape(help));
    }
    details
}

/// Text for an element or an attribute in double quotes. XML has no way to write most control characters; those are
/// replaced as on a terminal.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in clean(text).chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' => out.push_str("&#9;"),
            // After `##` the runner of GitHub Actions takes it for the begin of a command.
            '[' => out.push_str("&#91;"),
            '\u{FFFE}' | '\u{FFFF}' => out.push('\u{FFFD}'),
            char => out.push(char),
        }
    }
    out
}
