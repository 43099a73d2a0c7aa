//! Shell words with spans: as compose splits a `command:` string, and as a POSIX shell reads a script line.
//!
//! Comes in: a decoded value, symbols included (they are ordinary letters). Goes out: words and simple commands. Runs
//! nothing and expands nothing.

mod command;
mod lexer;
mod shell;

pub use command::{Splitter, split_command, split_command_of, split_until_stop};
pub use shell::{parse_shell, parse_word, unclosed};

use crate::source::Span;
use crate::text::Text;

/// Why a string can't be split.
#[derive(Clone, Debug)]
pub struct WordError {
    /// The bytes at fault.
    pub span: Span,
    /// The splitter's own text.
    pub message: String,
}

/// A part of a shell word.
#[derive(Clone, Debug)]
pub enum WordPart {
    /// Literal text after quote removal.
    Literal(Text),
    /// `$V`, `${V}`, `${V:-d}` …: expanded by the shell at run time.
    Variable {
        /// The name.
        name: String,
        /// The whole reference.
        span: Span,
        /// Operator and raw operand, such as `:-` and `changeme`; [`parse_word`] reads the operand.
        operator: Option<(String, Text)>,
        /// Within double quotes: an empty value stays an (empty) word, and blanks do not split.
        quoted: bool,
    },
    /// `$(…)`, backticks, arithmetic, globs: not followed.
    Opaque(Span),
}

/// A word of a shell command.
#[derive(Clone, Debug)]
pub struct Word {
    /// Its parts; empty for `""`.
    pub parts: Vec<WordPart>,
    /// From the first to the last byte, quotes included.
    pub span: Span,
}

impl Word {
    /// The text where nothing needs expanding.
    #[must_use]
    pub fn literal(&self) -> Option<Text> {
        let mut text = Text::empty(self.span);
        for part in &self.parts {
            match part {
                WordPart::Literal(literal) => text.push_text(literal),
                _ => return None,
            }
        }
        Some(text)
    }
}

/// `NAME=value` among the words of `export`; without a value the name alone.
#[must_use]
pub fn split_assignment(word: &Word) -> Option<(String, Option<Word>)> {
    let WordPart::Literal(head) = word.parts.first()? else { return None };
    let Some(at) = head.as_str().find('=') else { return Some((word.literal()?.as_str().to_owned(), None)) };
    let mut parts = word.parts.clone();
    parts[0] = WordPart::Literal(head.slice(at + 1..head.len()));
    Some((head.as_str()[..at].to_owned(), Some(Word { parts, span: word.span })))
}

/// A simple command of a script.
#[derive(Clone, Debug)]
pub struct Command {
    /// `if`, `then`, `done` and the like, since the command before.
    pub reserved: Vec<&'static str>,
    /// Its standard input is redirected.
    pub redirected: bool,
    /// `NAME=value` prefixes.
    pub assignments: Vec<(String, Word)>,
    /// The words; the first is the program (a leading `exec` is left out).
    pub words: Vec<Word>,
    /// What joins it to the next one: `|`, `&&`, `||`, `;`, `&`, newline, or nothing at the end.
    pub terminator: String,
    /// The command without its terminator.
    pub span: Span,
}

#[cfg(test)]
mod tests;
