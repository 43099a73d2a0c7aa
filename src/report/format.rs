//! The forms of a report by name, and what they need to know besides the report itself.

use super::{Report, concise, github, gitlab, json, junit, markdown, sarif, text};
use text::Style;

/// A form of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// Lines of both ends, with labels
    Text,
    /// One line a finding
    Concise,
    /// Schema redislint/1
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Annotations of GitHub Actions, and the summary of the job
    Github,
    /// Code Quality of GitLab
    Gitlab,
    /// A test report in XML, as CI servers read it
    Junit,
    /// A table, for comments and summaries
    Markdown,
}

/// How a report is to be written.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The root, as given by the user.
    pub root: &'a str,
    /// The way from the folder that holds `.git` to the root; empty where they are one. Programs that know the
    /// repository, and not where in it redislint was started, need paths from there.
    pub below: &'a str,
    /// The looks of text.
    pub style: Style,
}

impl Default for Look<'_> {
    fn default() -> Self {
        Self { root: ".", below: "", style: Style::default() }
    }
}

impl Look<'_> {
    /// The path of a file from the folder that holds `.git`.
    pub(super) fn path(&self, path: &str) -> String {
        if self.below.is_empty() { path.to_owned() } else { format!("{}/{path}", self.below) }
    }
}

impl Format {
    /// The report in this form.
    #[must_use]
    pub fn render(self, report: &Report, look: &Look<'_>) -> String {
        match self {
            Self::Text => text::render(report, look.style),
            Self::Concise => concise::render(report),
            Self::Json => json::render(report, look.root),
            Self::Sarif => sarif::render(report, look),
            Self::Github => github::render(report, look),
            Self::Gitlab => gitlab::render(report, look),
            Self::Junit => junit::render(report, look),
            Self::Markdown => markdown::render(report, look),
        }
    }

    /// Whether a program reads it, so that what else is to be said goes elsewhere.
    #[must_use]
    pub fn is_for_programs(self) -> bool {
        !matches!(self, Self::Text)
    }
}
