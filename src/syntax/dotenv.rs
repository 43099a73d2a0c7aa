//! `.env` files in the dialects of their readers, with spans.

use crate::finding::Notice;
use crate::source::{FileId, Span, Spanned};
use crate::text::Text;

/// Whose rules apply (facts.md §5 and §6); one file may be read by several.
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
    /// starlette: quotes stripped, comments kept.
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
    /// (`$$` for a literal dollar), so that `template::parse` reads it.
    pub text: Text,
    /// References inside are expanded by this dialect (not in single quotes, not where it never does).
    pub expands: bool,
}

/// Parses a file in one dialect; a line that can't be read costs only itself.
#[must_use]
pub fn parse(_file: FileId, _text: &str, _dialect: Dialect) -> (Vec<Entry>, Vec<Notice>) {
    unimplemented!()
}
