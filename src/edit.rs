//! Changes of texts: byte ranges and what is to stand there instead, joined to fixes.
//!
//! Knows neither rules nor files' syntax. What is not in an edit's range keeps every byte: comments, quotes, anchors,
//! order, line ends, byte order marks.

use std::fmt;

use std::collections::BTreeMap;

use crate::source::{FileId, Span};

/// Whether a fix may be applied unasked. Ordered: `Unsafe < Safe`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    /// It may change what somebody meant.
    Unsafe,
    /// Everything then behaves as it was meant to.
    Safe,
}

impl Safety {
    /// The lower-case name used in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Unsafe => "unsafe",
            Self::Safe => "safe",
        }
    }
}

/// A replacement of one stretch of a file; an empty span inserts.
#[derive(Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced.
    pub span: Span,
    /// What stands there afterwards.
    pub replacement: String,
}

impl fmt::Debug for Edit {
    /// Shows the place and the length, never the text: it may hold a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Edit({:?} by {} bytes)", self.span, self.replacement.len())
    }
}

impl Edit {
    /// Replaces `span`.
    pub fn replace(span: Span, replacement: impl Into<String>) -> Self {
        Self { span, replacement: replacement.into() }
    }

    /// Inserts before the byte at `at`.
    pub fn insert(file: FileId, at: usize, text: impl Into<String>) -> Self {
        Self::replace(Span::new(file, at..at), text)
    }

    /// Takes `span` away.
    #[must_use]
    pub fn delete(span: Span) -> Self {
        Self::replace(span, "")
    }

    /// Whether both change the same bytes, or insert at the same place, where their order would be a guess.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        let (a, b) = (self.span, other.span);
        a.file == b.file && (a.start == b.start || (a.start < b.end && b.start < a.end))
    }
}

/// One way to mend a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does; begins with a verb, never a secret.
    pub description: String,
    /// Whether it may be applied unasked.
    pub safety: Safety,
    /// All of these together.
    pub edits: Vec<Edit>,
    /// A replacement is made of a password: such a fix is applied, and written into no report.
    pub holds_secret: bool,
    /// One of several ways out, among which a person chooses: applied only by its own command.
    pub choice: bool,
}

impl Fix {
    /// A fix without a secret in it.
    pub fn new(safety: Safety, description: impl Into<String>, edits: Vec<Edit>) -> Self {
        Self { description: description.into(), safety, edits, holds_secret: false, choice: false }
    }
}

/// The edits of each file, sorted; `None` where two of them overlap. The same edit asked for twice counts once.
#[must_use]
pub fn by_file<'a>(edits: impl IntoIterator<Item = &'a Edit>) -> Option<BTreeMap<FileId, Vec<&'a Edit>>> {
    let mut files: BTreeMap<FileId, Vec<&Edit>> = BTreeMap::new();
    for edit in edits {
        let edits = files.entry(edit.span.file).or_default();
        if !edits.contains(&edit) {
            edits.push(edit);
        }
    }
    for edits in files.values_mut() {
        edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
        if edits.windows(2).any(|pair| pair[0].overlaps(pair[1])) {
            return None;
        }
    }
    Some(files)
}

/// The bytes of a file with its edits done, which are sorted and apart from each other; `None` where one lies outside.
#[must_use]
pub fn apply(bytes: &[u8], edits: &[&Edit]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut done = 0;
    for edit in edits {
        let range = edit.span.range();
        out.extend_from_slice(bytes.get(done..range.start)?);
        out.extend_from_slice(edit.replacement.as_bytes());
        done = range.end;
    }
    out.extend_from_slice(bytes.get(done..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(start: usize, end: usize, text: &str) -> Edit {
        Edit::replace(Span::new(FileId(0), start..end), text)
    }

    fn applied(edits: &[Edit]) -> Option<String> {
        let files = by_file(edits)?;
        Some(String::from_utf8(apply(b"abcdef", &files[&FileId(0)])?).unwrap())
    }

    #[test]
    fn edits_are_done_in_the_order_of_the_text() {
        assert_eq!(applied(&[edit(4, 5, ""), edit(0, 1, "xy"), edit(2, 2, "-")]).as_deref(), Some("xyb-cdf"));
    }

    #[test]
    fn the_same_edit_twice_is_one() {
        assert_eq!(applied(&[edit(1, 2, "x"), edit(1, 2, "x")]).as_deref(), Some("axcdef"));
    }

    #[test]
    fn overlapping_edits_are_refused() {
        for (one, other) in [((0, 3), (2, 4)), ((0, 6), (2, 3)), ((2, 2), (2, 2)), ((2, 4), (2, 2))] {
            assert_eq!(applied(&[edit(one.0, one.1, "x"), edit(other.0, other.1, "y")]), None);
        }
        assert_eq!(applied(&[edit(0, 2, "x"), edit(2, 3, "y")]).as_deref(), Some("xydef"));
    }

    #[test]
    fn an_edit_behind_the_end_is_refused() {
        assert_eq!(apply(b"abc", &[&edit(2, 9, "")]), None);
    }
}
