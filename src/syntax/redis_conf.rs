//! redis.conf (also valkey.conf, sentinel.conf, ACL files): lines → directives with spans (facts.md §3).

use crate::finding::Notice;
use crate::source::{FileId, Span, Spanned};
use crate::text::Text;

/// One line that is neither blank nor a comment.
#[derive(Clone, Debug)]
pub struct Line {
    /// The directive as written (compare case-insensitively).
    pub name: Spanned<String>,
    /// Unquoted arguments; anchored with their quotes.
    pub arguments: Vec<Text>,
    /// The line without surrounding blanks.
    pub span: Span,
    /// `Unbalanced quotes in configuration line`: the server refuses to start here; `arguments` is what was readable.
    pub unbalanced: bool,
}

/// Parses a file; never fails.
#[must_use]
pub fn parse(_file: FileId, _text: &str) -> (Vec<Line>, Vec<Notice>) {
    unimplemented!()
}

/// Splits one value as Redis's `sdssplitargs` does (also used for ACL lines and `--` arguments with blanks inside).
/// `None`: unbalanced quotes.
#[must_use]
pub fn split_arguments(_text: &Text) -> Option<Vec<Text>> {
    unimplemented!()
}
