//! Findings as a table in GitHub's Markdown, for comments and for the summary of a job.
//!
//! Text of the scanned repository must stay text: it may neither open a link, an image or a heading, nor end the cell,
//! nor mention a user.

use std::fmt::Write;

use super::{Look, Report, clean};
use crate::finding::Finding;
use crate::rule;

/// All findings, worst first.
#[must_use]
pub fn render(report: &Report, look: &Look<'_>) -> String {
    render_within(report, look, usize::MAX)
}

/// As many findings as fit into `limit` bytes, worst first, and how many there are besides.
#[must_use]
pub fn render_within(report: &Report, look: &Look<'_>, limit: usize) -> String {
    let mut out = String::from("## redislint\n\n");
    let mut findings: Vec<&Finding> = report.findings.iter().collect();
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    if !findings.is_empty() {
        out.push_str("| severity | rule | place | finding |\n|---|---|---|---|\n");
    }
    for (nth, finding) in findings.iter().enumerate() {
        let row = row(report, finding, look);
        if out.len() + row.len() > limit {
            let _ = writeln!(out, "\n{} more are not shown.", findings.len() - nth);
            break;
        }
        out.push_str(&row);
    }
    if !findings.is_empty() {
        out.push('\n');
    }
    let _ = writeln!(out, "{}", report.closing_line());
    out
}

fn row(report: &Report, finding: &Finding, look: &Look<'_>) -> String {
    let (start, _) = report.ends(finding.primary.span);
    let path = look.path(report.sources.get(finding.primary.span.file).path());
    let place = code(&clean(&format!("{path}:{}:{}", start.line, start.column)));
    let name = match rule::page(finding.rule) {
        Some(page) => format!("[{}]({page})", finding.rule),
        None => finding.rule.to_owned(),
    };
    let mut said = text(&clean(&finding.message));
    for label in &finding.related {
        let _ = write!(said, "<br>{}: {}", code(&report.place(label.span)), text(&clean(&label.text)));
    }
    if let Some(help) = &finding.help {
        let _ = write!(said, "<br>**help**: {}", text(&clean(help)));
    }
    format!("| {} | {name} | {place} | {said} |\n", finding.severity.name())
}

/// Our words, in which backquotes enclose what is quoted.
fn text(message: &str) -> String {
    let mut out = String::with_capacity(message.len());
    let mut parts = message.split('`').peekable();
    let mut quoted = false;
    while let Some(part) = parts.next() {
        // A last part that nothing closes is no quotation.
        if quoted && parts.peek().is_some() {
            out.push_str(&code(part));
        } else {
            if quoted {
                out.push_str("&#96;");
            }
            out.push_str(&plain(part));
        }
        quoted = !quoted;
    }
    out
}

/// Text as code. Between backquotes nothing has a meaning but backquotes, the bar that
/// ends a cell, and to the runner of GitHub Actions `##[`.
fn code(text: &str) -> String {
    if text.trim() == text && !text.is_empty() && !text.contains(['`', '|', '\\']) && !text.contains("##[") {
        format!("`{text}`")
    } else {
        format!("<code>{}</code>", plain(text))
    }
}

/// Characters that may have a meaning in a line of Markdown, or of its dialects on GitHub and GitLab.
const SPECIAL: &str = "\\`*_{}[]()<>#+!|~&:^=$\"'";

fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, char) in text.char_indices() {
        match char {
            // In an element of its own it is followed by no name, so that nobody is called.
            '@' => out.push_str("<span>@</span>"),
            // `www.` makes a link of what follows.
            '.' if text.get(at.saturating_sub(3)..at).is_some_and(|word| word.eq_ignore_ascii_case("www")) => {
                out.push_str("&#46;");
            }
            char if SPECIAL.contains(char) => {
                let _ = write!(out, "&#{};", u32::from(char));
            }
            char => out.push(char),
        }
    }
    out
}
