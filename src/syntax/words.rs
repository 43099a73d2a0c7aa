//! Shell words with spans: as compose splits a `command:` string, and as a POSIX shell reads a script line.

use crate::source::Span;
use crate::text::Text;

/// Splits a compose `command`/`entrypoint` string (mattn/go-shellwords): no shell, quotes removed, stops silently at an
/// unquoted `& | ; >` even inside a word. Symbol characters are ordinary letters here.
///
/// # Errors
/// `invalid command line string` with the place (unbalanced quote, unquoted parenthesis).
pub fn split_command(_text: &Text) -> Result<Vec<Text>, WordError> {
    unimplemented!()
}

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
        /// Operator and raw operand, such as `:-` and `changeme`.
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

/// A simple command of a script.
#[derive(Clone, Debug)]
pub struct Command {
    /// `NAME=value` prefixes.
    pub assignments: Vec<(String, Word)>,
    /// The words; the first is the program.
    pub words: Vec<Word>,
    /// What joins it to the next one: `|`, `&&`, `||`, `;`, `&`, newline, or nothing at the end.
    pub terminator: String,
    /// The command without its terminator.
    pub span: Span,
}

/// Reads the simple commands of a POSIX shell script (also inside `(`, `{`, `if`, `while`, as far as words go).
/// Redirections are dropped, here-documents skipped; what can't be read becomes [`WordPart::Opaque`].
#[must_use]
pub fn parse_shell(_text: &Text) -> Vec<Command> {
    unimplemented!()
}
