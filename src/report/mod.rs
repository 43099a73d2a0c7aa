//! What a run found, and its forms: text for people, those that other programs read, and the resolved picture.
//!
//! The only place that knows lines, columns, colours and JSON. Prints nothing itself: every form is a string.

pub mod concise;
pub mod format;
pub mod github;
pub mod gitlab;
pub mod inspect;
pub mod json;
pub mod junit;
pub mod markdown;
pub mod mistakes;
pub mod sarif;
pub mod starter;
#[cfg(test)]
mod tests;
pub mod text;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;

use serde_json::Value;

use crate::check::Checked;
use crate::finding::{Finding, Level, Notice, Severity};
use crate::fingerprint::Fingerprint;
use crate::model::Model;
use crate::source::{Position, Sources, Span};
use crate::suppress;
use crate::symbol::Symbols;
pub use format::{Format, Look};

/// So many notices of one kind about one file are listed; a made-up file can call for a million of them.
const MAX_ALIKE: usize = 100;

/// Everything a run has to say.
pub struct Report {
    /// The texts that were read; secrets are marked unless they are to be shown.
    pub sources: Sources,
    /// The meaning of symbol characters in texts.
    pub symbols: Symbols,
    /// The resolved picture.
    pub model: Model,
    /// What is displayed, in its order.
    pub findings: Vec<Finding>,
    /// A name of each finding that survives edits elsewhere in its file, in the order of `findings`.
    pub fingerprints: Vec<Fingerprint>,
    /// The names of all places of what is displayed: what a baseline is to hold.
    pub places: BTreeSet<Fingerprint>,
    /// Every place of every fault, displayed or not, and how serious it is.
    pub known: BTreeMap<Fingerprint, Severity>,
    /// Where each of them is.
    pub known_at: BTreeMap<Fingerprint, Span>,
    /// Trouble with the input.
    pub notices: Vec<Notice>,
    /// What was judged.
    pub summary: Summary,
}

/// Counts for the closing line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Files read.
    pub files: usize,
    /// Environments.
    pub environments: usize,
    /// Servers in all environments.
    pub servers: usize,
    /// Clients in all environments.
    pub clients: usize,
    /// Links in all environments.
    pub links: usize,
    /// Errors displayed.
    pub errors: usize,
    /// Warnings displayed.
    pub warnings: usize,
    /// Notes displayed.
    pub notes: usize,
    /// Findings that someone chose to ignore.
    pub suppressed: usize,
    /// Findings that the baseline knows.
    pub baselined: usize,
    /// Findings that the change asked for neither brought in nor touched.
    pub unchanged: usize,
    /// Findings below the confidence asked for.
    pub hidden: usize,
    /// Findings outside the paths asked for.
    pub elsewhere: usize,
}

impl Report {
    /// Joins what a run found.
    #[must_use]
    pub fn new(sources: Sources, symbols: Symbols, model: Model, checked: Checked, mut notices: Vec<Notice>) -> Self {
        notices.extend(checked.notices);
        let key = |notice: &Notice| {
            let path = notice.file().map(|file| sources.get(file).path().to_owned()).or_else(|| notice.path.clone());
            (path, notice.span.map(|span| span.start), notice.code, notice.message.clone())
        };
        notices.sort_by_cached_key(key);
        notices.dedup();
        let notices = with_few_alike(notices);
        let count = |severity| checked.findings.iter().filter(|finding| finding.severity == severity).count();
        let summary = Summary {
            files: sources.iter().count(),
            environments: model.environments.len(),
            servers: model.environments.iter().map(|environment| environment.servers.len()).sum(),
            clients: model.environments.iter().map(|environment| environment.clients.len()).sum(),
            links: model.environments.iter().map(|environment| environment.links.len()).sum(),
            errors: count(Severity::Error),
            warnings: count(Severity::Warning),
            notes: count(Severity::Note),
            suppressed: checked.suppressed,
            baselined: checked.baselined,
            unchanged: checked.unchanged,
            hidden: checked.hidden,
            elsewhere: checked.elsewhere,
        };
        Self {
            sources,
            symbols,
            model,
            findings: checked.findings,
            fingerprints: checked.fingerprints,
            places: checked.places,
            known: checked.known,
            known_at: checked.known_at,
            notices,
            summary,
        }
    }

    /// The worst severity displayed.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// Whether the input held anything that could be judged.
    #[must_use]
    pub fn judged_anything(&self) -> bool {
        self.summary.servers + self.summary.clients + self.findings.len() > 0
    }

    /// Whether everything that matters could be read whole.
    #[must_use]
    pub fn read_whole(&self) -> bool {
        let lost = |notice: &&Notice| notice.level > Level::Info && !suppress::STALE.contains(&notice.code);
        !self.notices.iter().any(|notice| lost(&notice))
    }

    /// Whether an ignore or an entry of the baseline silences nothing or can't be meant.
    #[must_use]
    pub fn has_stale_ignores(&self) -> bool {
        self.notices.iter().any(|notice| suppress::STALE.contains(&notice.code))
    }

    /// What was judged and how that ended, in a line.
    #[must_use]
    pub fn closing_line(&self) -> String {
        let summary = &self.summary;
        let files = count(summary.files, "file");
        if !self.judged_anything() {
            return format!("nothing to judge: {files} read, no Redis server or client found");
        }
        let mut line = format!(
            "judged {files}, {}, {}, {}, {}: {}, {}, {}",
            count(summary.environments, "environment"),
            count(summary.servers, "server"),
            count(summary.clients, "client"),
            count(summary.links, "link"),
            count(summary.errors, "error"),
            count(summary.warnings, "warning"),
            count(summary.notes, "note"),
        );
        let asides = [
            (summary.suppressed, "suppressed"),
            (summary.baselined, "in the baseline"),
            (summary.unchanged, "there before"),
            (summary.hidden, "of low confidence hidden"),
            (summary.elsewhere, "outside the paths"),
        ];
        for (number, what) in asides {
            if number > 0 || what == "suppressed" {
                let _ = write!(line, ", {number} {what}");
            }
        }
        line
    }

    /// Where a span begins and where it ends.
    fn ends(&self, span: Span) -> (Position, Position) {
        let source = self.sources.get(span.file);
        (source.position(span.range().start), source.position(span.range().end))
    }

    /// `path:line:column`, harmless to a terminal.
    fn place(&self, span: Span) -> String {
        let source = self.sources.get(span.file);
        let at = source.position(span.range().start);
        format!("{}:{}:{}", clean(source.path()), at.line, at.column)
    }
}

/// Drops all but the first notices of one kind about one file, and says how many there were.
fn with_few_alike(notices: Vec<Notice>) -> Vec<Notice> {
    let mut alike: HashMap<_, usize> = HashMap::new();
    let kind = |notice: &Notice| (notice.code, notice.file(), notice.path.clone());
    for notice in &notices {
        *alike.entry(kind(notice)).or_default() += 1;
    }
    let mut left: HashMap<_, usize> = alike.keys().map(|kind| (kind.clone(), MAX_ALIKE)).collect();
    let mut few = Vec::new();
    for mut notice in notices {
        let kind = kind(&notice);
        let Some(left @ 1..) = left.get_mut(&kind) else { continue };
        *left -= 1;
        let more = alike.get(&kind).map_or(0, |all| all.saturating_sub(MAX_ALIKE));
        if *left == 0 && more > 0 {
            let _ = write!(notice.message, " (and {more} more like it in this file)");
        }
        few.push(notice);
    }
    few
}

/// JSON as it is printed. The runner of GitHub Actions takes `##[` for the begin of a command wherever it stands, and a
/// terminal that shows JSON obeys the control characters that JSON does not make one escape.
fn pretty(value: &Value) -> String {
    let mut out = String::new();
    for char in format!("{value:#}\n").replace("##[", "##\\u005b").chars() {
        if char == '\n' || clean_char(char) == char || crate::symbol::is_symbol(char) {
            out.push(char);
        } else {
            let _ = write!(out, "\\u{:04x}", u32::from(char));
        }
    }
    out
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// The character that is printed for one of the scanned repository: control characters would speak to the terminal,
/// bidirectional ones would show another text than the one that counts.
fn clean_char(char: char) -> char {
    match char {
        '\t' => char,
        '\0'..='\x1F' => char::from_u32(0x2400 + u32::from(char)).unwrap_or('\u{FFFD}'),
        '\x7F' => '\u{2421}',
        '\u{80}'..='\u{9F}'
        | '\u{200B}'..='\u{200F}'
        | '\u{2028}'..='\u{202E}'
        | '\u{2060}'..='\u{2069}'
        | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFB}' => '\u{FFFD}',
        char if crate::symbol::is_symbol(char) => '…',
        char => char,
    }
}

/// A text of the scanned repository, harmless to a terminal.
#[must_use]
pub fn clean(text: &str) -> String {
    text.chars().map(clean_char).collect()
}
