//! What is wrong with the configuration: `path:line:column: message`, one line a mistake.

use std::fmt::Write;

use super::clean;
use crate::Misconfigured;

/// All mistakes, each on a line of its own.
#[must_use]
pub fn render(wrong: &Misconfigured) -> String {
    let mut out = String::new();
    for mistake in &wrong.mistakes {
        let source = wrong.sources.get(mistake.span.file);
        let at = source.position(mistake.span.range().start);
        let meant = mistake.suggestion.as_ref().map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
        let message = format!("{}{meant}", mistake.message);
        let _ = writeln!(out, "{}:{}:{}: {}", clean(source.path()), at.line, at.column, clean(&message));
    }
    out
}
