//! The dialects that read line by line: raw, python-decouple, starlette, django-environ.

use std::ops::Range;

use super::{Reader, Value, is_python_space};
use crate::finding::Level;
use crate::syntax::builder::Builder;
use crate::text::Text;

/// compose's `format: raw`: everything behind the first `=` is the value.
pub(super) fn read_raw(reader: &mut Reader<'_>) {
    let mark = if reader.text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    let mut next = 0;
    for line in reader.text.split('\n') {
        let end = next + line.strip_suffix('\r').unwrap_or(line).len();
        let start = reader.skip(next.max(mark).min(end), char::is_whitespace).min(end);
        next += line.len() + 1;
        let text = &reader.text[start..end];
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let name = text.find('=').unwrap_or(text.len());
        let key = start..start + name;
        if key.is_empty() || text[..name].contains(char::is_whitespace) {
            reader.notice(Level::Warning, start..end, "docker refuses this file: no variable name, or one with blanks");
            continue;
        }
        let value = (name < text.len()).then(|| literal(reader.source.slice(key.end + 1..end)));
        reader.entry(key, value, start..end);
    }
}

/// python-decouple and starlette: blanks stripped on both sides, then one pair of quotes; a comment is a line of its own.
pub(super) fn read_stripped(reader: &mut Reader<'_>) {
    for line in python_lines(reader.text, |char| matches!(char, '\r' | '\n')) {
        let line = strip(reader, line);
        let text = &reader.text[line.clone()];
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let Some(equals) = text.find('=').filter(|equals| *equals > 0) else {
            reader.notice(Level::Info, line, "this reader ignores a line that assigns nothing");
            continue;
        };
        let key = strip(reader, line.start..line.start + equals);
        let range = strip(reader, line.start + equals + 1..line.end);
        let inner = unquote(reader.text, range.clone(), '"').or_else(|| unquote(reader.text, range.clone(), '\''));
        let text = reader.source.slice(inner.unwrap_or(range.clone())).with_anchor(reader.source.span_of(range));
        reader.entry(key, Some(literal(text)), line);
    }
}

/// django-environ: `export `, then name, `=` and value without blanks between; quotes count only around the whole value.
pub(super) fn read_django_environ(reader: &mut Reader<'_>) {
    let separator = |char| {
        matches!(char, '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{1C}'..='\u{1E}' | '\u{85}' | '\u{2028}' | '\u{2029}')
    };
    for line in python_lines(reader.text, separator) {
        let text = &reader.text[line.clone()];
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let named = text.strip_prefix("export ").unwrap_or(text);
        let start = line.end - named.len();
        let name = named.find(|char: char| !char.is_ascii_alphanumeric() && char != '_').unwrap_or(named.len());
        if name == 0 || !named[name..].starts_with('=') {
            reader.notice(Level::Warning, line, "django-environ ignores this line as invalid");
            continue;
        }
        let whole = start + name + 1..line.end;
        let single = unquote(reader.text, whole.clone(), '\'').unwrap_or(whole.clone());
        let text = match unquote(reader.text, single.clone(), '"') {
            Some(inner) => unescape(reader, inner),
            None => reader.source.slice(single),
        };
        let text = text.with_anchor(reader.source.span_of(whole));
        reader.entry(start..start + name, Some(literal(text)), line);
    }
}

fn literal(text: Text) -> Value {
    Value { text, expands: false }
}

/// The lines of a text; `\r\n` separates once.
fn python_lines(text: &str, separator: impl Fn(char) -> bool) -> Vec<Range<usize>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for (at, char) in text.char_indices() {
        if at < start || !separator(char) {
            continue;
        }
        lines.push(start..at);
        start = at + if text[at..].starts_with("\r\n") { 2 } else { char.len_utf8() };
    }
    lines.push(start..text.len());
    lines
}

fn strip(reader: &Reader<'_>, range: Range<usize>) -> Range<usize> {
    let start = reader.skip(range.start, is_python_space).min(range.end);
    reader.trim_end(start..range.end, is_python_space)
}

fn unquote(text: &str, range: Range<usize>, quote: char) -> Option<Range<usize>> {
    let value = &text[range.clone()];
    (value.len() >= 2 && value.starts_with(quote) && value.ends_with(quote)).then_some(range.start + 1..range.end - 1)
}

/// Removes backslashes but those of `\r`, `\n` and `\t`.
fn unescape(reader: &Reader<'_>, range: Range<usize>) -> Text {
    let mut builder = Builder::new(reader.source);
    let mut chars = reader.text[range.clone()].char_indices();
    while let Some((offset, char)) = chars.next() {
        let at = range.start + offset;
        match (char, chars.clone().next()) {
            ('\\', Some((next, escaped))) => {
                chars.next();
                let from = if matches!(escaped, 'r' | 'n' | 't') { at } else { range.start + next };
                builder.keep(from..range.start + next + escaped.len_utf8());
            }
            _ => builder.keep(at..at + char.len_utf8()),
        }
    }
    builder.finish(range)
}
