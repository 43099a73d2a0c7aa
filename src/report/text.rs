//! Findings for people: the lines at both ends with labels, how the value came there, and what to do.
//!
//! Drawn by miette from excerpts that hold the labelled lines only, masked, with harmless characters and of bounded
//! length; miette never sees a file.

mod excerpt;

use std::fmt::{self, Write};

use miette::{
    Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, SourceCode, ThemeCharacters, ThemeStyles,
};

use super::{Report, clean};
use crate::finding::{Finding, Level, Severity};
use crate::rule;
use excerpt::Excerpts;

/// How the text is to look.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Colours, for a terminal.
    pub color: bool,
    /// Names of rules link to their pages, for a terminal.
    pub links: bool,
    /// Columns to wrap at.
    pub width: usize,
}

/// Columns where there is no terminal to ask.
pub const DEFAULT_WIDTH: usize = 100;

impl Default for Style {
    fn default() -> Self {
        Self { color: false, links: false, width: DEFAULT_WIDTH }
    }
}

/// All findings.
#[must_use]
pub fn render(report: &Report, style: Style) -> String {
    let styles = if style.color { ThemeStyles::ansi() } else { ThemeStyles::none() };
    let handler = GraphicalReportHandler::new_themed(GraphicalTheme { characters: ThemeCharacters::unicode(), styles })
        .with_links(style.links)
        .with_link_display_text("")
        .with_width(style.width)
        .tab_width(4);
    let mut out = String::new();
    for finding in &report.findings {
        let mut shown = Shown::new(finding, report);
        shown.page = rule::page(finding.rule).filter(|_| style.links);
        if handler.render_report(&mut out, &shown).is_err() {
            // Only a fault of ours ends here; the finding must not be lost with it.
            let _ = writeln!(out, "{}: {}", report.place(finding.primary.span), shown.message);
        }
        notes(&mut out, finding, report);
        out.push('\n');
    }
    out
}

/// What could not be read, or not whole, a line each; nothing about what was merely passed over.
#[must_use]
pub fn notices(report: &Report) -> String {
    let mut out = String::new();
    for notice in report.notices.iter().filter(|notice| notice.level > Level::Info) {
        let place = notice
            .span
            .map(|span| report.place(span))
            .or_else(|| notice.path.as_deref().map(clean))
            .unwrap_or_default();
        let _ = writeln!(out, "{place}: {} ({})", clean(&notice.message), notice.code);
    }
    out
}

/// The way of the value, and where it holds.
fn notes(out: &mut String, finding: &Finding, report: &Report) {
    let mut arrow = "note: ";
    for step in &finding.trace {
        let _ = writeln!(out, "  {arrow}{} at {}", clean(&step.text), report.place(step.span));
        arrow = "    ← ";
    }
    let sure = format!("{} confidence", finding.confidence.name());
    if finding.environments.is_empty() {
        let _ = writeln!(out, "  note: {sure}");
    } else {
        let _ = writeln!(out, "  note: in {}; {sure}", clean(&finding.environments.join(", ")));
    }
}

/// A finding in miette's terms.
#[derive(Debug)]
struct Shown {
    code: String,
    page: Option<String>,
    severity: miette::Severity,
    message: String,
    help: Option<String>,
    excerpts: Excerpts,
    labels: Vec<LabeledSpan>,
}

impl Shown {
    fn new(finding: &Finding, report: &Report) -> Self {
        let labels: Vec<_> = std::iter::once(&finding.primary).chain(&finding.related).collect();
        let spans: Vec<_> = labels.iter().map(|label| label.span).collect();
        let (excerpts, places) = Excerpts::of(&report.sources, &spans);
        let labels = labels.iter().zip(places).enumerate().map(|(nth, (label, (offset, len)))| {
            let text = Some(clean(&label.text)).filter(|text| !text.is_empty());
            let place = (offset, len);
            if nth == 0 {
                LabeledSpan::new_primary_with_span(text, place)
            } else {
                LabeledSpan::new_with_span(text, place)
            }
        });
        Self {
            code: format!("{}[{}]", finding.severity.name(), finding.rule),
            page: None,
            severity: match finding.severity {
                Severity::Error => miette::Severity::Error,
                Severity::Warning => miette::Severity::Warning,
                Severity::Note => miette::Severity::Advice,
            },
            message: clean(&finding.message),
            help: finding.help.as_deref().map(clean),
            labels: labels.collect(),
            excerpts,
        }
    }
}

impl fmt::Display for Shown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Shown {}

impl Diagnostic for Shown {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(&self.code))
    }

    fn url<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.page.as_ref().map(|page| Box::new(page) as Box<dyn fmt::Display>)
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.excerpts)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.labels.iter().cloned()))
    }
}
