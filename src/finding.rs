//! What is reported: findings with labelled places, and notices about input that could not be read whole.

use crate::edit::Fix;
use crate::source::{FileId, Span};

/// How bad it is when the finding is true. Ordered: `Note < Warning < Error`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// Should be changed.
    Warning,
    /// Does not work, or lets strangers in.
    Error,
}

impl Severity {
    /// The lower-case name used in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// How sure we are. Ordered: `Low < Medium < High`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Confidence {
    /// A guess; hidden by default.
    Low,
    /// One end rests on a heuristic.
    Medium,
    /// Both ends known or symbolically equal.
    High,
}

impl Confidence {
    /// The lower-case name used in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// A place with at most eight words on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The exact bytes.
    pub span: Span,
    /// What is said at that place; lower case, no full stop, never a secret.
    pub text: String,
}

impl Label {
    /// A label on `span`.
    pub fn new(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }
}

/// One fault.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Name of the rule.
    pub rule: &'static str,
    /// Its severity here.
    pub severity: Severity,
    /// How sure we are.
    pub confidence: Confidence,
    /// Names of the environments in which it holds; empty where it needs none (a literal in a file).
    pub environments: Vec<String>,
    /// The fact, lower case, no full stop, never a secret. Quotes what the user will see.
    pub message: String,
    /// Where a person would change something.
    pub primary: Label,
    /// The other end, and further places of the same fault.
    pub related: Vec<Label>,
    /// The places that the value passed: from its use to its definition.
    pub trace: Vec<Label>,
    /// What to do; begins with a verb.
    pub help: Option<String>,
    /// The setting that the finding is about, such as `REDIS_URL`; part of the fingerprint.
    pub setting: Option<String>,
    /// Findings of one rule with the same key are one fault and are merged: the first by environment, path and offset
    /// is primary, the others become related places. `None`: merged only where the primary span is the same.
    pub group: Option<String>,
    /// Ways to mend it; more than one where somebody has to choose.
    pub fixes: Vec<Fix>,
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Nothing was lost (such as masked template expressions). Never trips `--strict`.
    Info,
    /// A part of the file could not be read or judged.
    Warning,
    /// The whole file could not be read.
    Error,
}

impl Level {
    /// The lower-case name used in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// Something about the input that is no finding: a syntax error, a budget that was hit, a file left out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Kebab-case and stable, such as `yaml-syntax`.
    pub code: &'static str,
    /// How much it matters.
    pub level: Level,
    /// What happened; lower case, no full stop, never a secret.
    pub message: String,
    /// Where, when the file was read.
    pub span: Option<Span>,
    /// The path, when there is no span (a file that could not be opened).
    pub path: Option<String>,
}

impl Notice {
    /// A notice at a place.
    pub fn at(code: &'static str, level: Level, span: Span, message: impl Into<String>) -> Self {
        Self { code, level, message: message.into(), span: Some(span), path: None }
    }

    /// A notice about a path that was not read.
    pub fn path(code: &'static str, level: Level, path: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code, level, message: message.into(), span: None, path: Some(path.into()) }
    }

    /// The file it is about.
    #[must_use]
    pub fn file(&self) -> Option<FileId> {
        self.span.map(|span| span.file)
    }
}
