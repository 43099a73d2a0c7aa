//! `.env` files in the dialects of their readers, with spans.
//!
//! Comes in: a text and the dialect of whoever reads it. Goes out: assignments in the order they stand, duplicates
//! included, and notices on lines that this reader refuses or ignores. Does not expand references and does not know
//! what a variable means.

mod compose;
mod lines;
mod python_dotenv;

use std::ops::Range;

use crate::finding::{Level, Notice};
use crate::source::{FileId, Span, Spanned};
use crate::text::Text;

/// Whose rules apply; one file may be read by several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Dialect {
    /// docker compose's `.env` and `env_file`: quotes, escapes, ` #` comments, `$` expansion, `K: v`, `export`.
    Compose,
    /// compose `format: raw`, `docker run --env-file`: everything literal.
    Raw,
    /// python-dotenv, pydantic-settings, environs: quotes, escapes, comments; only `${A}` expands.
    PythonDotenv,
    /// python-decouple: one pair of quotes around the whole value, no comments after values, no `export`.
    Decouple,
    /// django-environ: `export`, quotes, no comments after values, no expansion.
    DjangoEnviron,
    /// starlette: one pair of quotes around the whole value, comments kept.
    Starlette,
}

/// One assignment.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The variable's name.
    pub key: Spanned<String>,
    /// `None`: the name alone (passed through from the shell).
    pub value: Option<Value>,
    /// The whole assignment.
    pub span: Span,
}

/// The right side of an assignment.
#[derive(Clone, Debug)]
pub struct Value {
    /// Unquoted and unescaped; anchored at the value with its quotes. Where `expands`, `$`-escapes are still in place
    /// (`$$` for a literal dollar), so that `template::parse` reads it, whatever the dialect's own spelling is.
    pub text: Text,
    /// References inside are expanded by this dialect (not in single quotes, not where it never does).
    pub expands: bool,
}

/// Parses a file in one dialect; a line that can't be read costs only itself.
#[must_use]
pub fn parse(file: FileId, text: &str, dialect: Dialect) -> (Vec<Entry>, Vec<Notice>) {
    let source = Text::exact(text, Span::new(file, 0..text.len()));
    let mut reader = Reader { source: &source, text: source.as_str(), entries: Vec::new(), notices: Vec::new() };
    match dialect {
        Dialect::Compose => compose::read(&mut reader),
        Dialect::PythonDotenv => python_dotenv::read(&mut reader),
        Dialect::Raw => lines::read_raw(&mut reader),
        Dialect::DjangoEnviron => lines::read_django_environ(&mut reader),
        Dialect::Decouple | Dialect::Starlette => lines::read_stripped(&mut reader),
    }
    (reader.entries, reader.notices)
}

/// The file being read and what came out of it so far.
struct Reader<'a> {
    source: &'a Text,
    text: &'a str,
    entries: Vec<Entry>,
    notices: Vec<Notice>,
}

impl Reader<'_> {
    fn entry(&mut self, key: Range<usize>, value: Option<Value>, whole: Range<usize>) {
        let key = Spanned::new(self.text[key.clone()].to_owned(), self.source.span_of(key));
        self.entries.push(Entry { key, value, span: self.source.span_of(whole) });
    }

    fn notice(&mut self, level: Level, range: Range<usize>, message: &str) {
        self.notices.push(Notice::at("dotenv-syntax", level, self.source.span_of(range), message));
    }

    /// Offset of the first of `ends` at or behind `at`, or of the end of the text.
    fn find(&self, at: usize, ends: &[char]) -> usize {
        self.text[at..].find(ends).map_or(self.text.len(), |offset| at + offset)
    }

    /// Offset of the first character at or behind `at` that `skip` does not accept.
    fn skip(&self, at: usize, skip: impl Fn(char) -> bool) -> usize {
        self.text.len() - self.text[at..].trim_start_matches(skip).len()
    }

    fn char(&self, at: usize) -> Option<char> {
        self.text[at..].chars().next()
    }

    /// The part of `range` that is left without blanks at its end.
    fn trim_end(&self, range: Range<usize>, blank: impl Fn(char) -> bool) -> Range<usize> {
        range.start..range.start + self.text[range].trim_end_matches(blank).len()
    }
}

/// What Python's `str.isspace` and `\s` accept: Unicode's blanks and four separators that Rust leaves out.
fn is_python_space(char: char) -> bool {
    char.is_whitespace() || ('\u{1C}'..='\u{1F}').contains(&char)
}

#[cfg(test)]
mod tests;
