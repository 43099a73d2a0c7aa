//! python-dotenv's dialect, which pydantic-settings and environs share.
//!
//! Python has turned every line break into `\n` before the reader sees the text. References are `${NAME}` and
//! `${NAME:-default}`, in any quotes; they are rewritten to mean the same to `template::parse`.

use std::ops::Range;

use super::{Reader, Value, is_python_space};
use crate::finding::Level;
use crate::syntax::builder::Builder;
use crate::text::Text;

const LINE_BREAKS: [char; 2] = ['\r', '\n'];

/// Reads every binding.
pub(super) fn read(reader: &mut Reader<'_>) {
    let mut at = if reader.text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    loop {
        at = reader.skip(at, is_python_space);
        if at == reader.text.len() {
            return;
        }
        at = binding(reader, at).unwrap_or_else(|fault| {
            let end = reader.find(fault, &LINE_BREAKS);
            reader.notice(Level::Warning, at..end, "python-dotenv could not parse this statement");
            end
        });
    }
}

fn is_blank(char: char) -> bool {
    is_python_space(char) && !LINE_BREAKS.contains(&char)
}

/// Reads one binding and returns where its line ends, or where reading it failed.
fn binding(reader: &mut Reader<'_>, start: usize) -> Result<usize, usize> {
    let mut at = start;
    if reader.text[at..].starts_with("export") {
        let behind = at + "export".len();
        let name = reader.skip(behind, is_blank);
        at = if name > behind { name } else { at };
    }
    if reader.char(at) == Some('#') {
        return Ok(reader.find(at, &LINE_BREAKS));
    }
    let (key, behind) = key(reader, at)?;
    at = reader.skip(behind, is_blank);
    let mut value = None;
    let mut end = behind;
    if reader.char(at) == Some('=') {
        let blank = reader.skip(at + 1, is_blank);
        let commented = blank > at + 1 && reader.char(blank) == Some('#');
        let range;
        (value, range, at) = match reader.char(blank) {
            Some(quote @ ('\'' | '"')) => {
                let (text, end) = quoted(reader, blank, quote).ok_or(blank)?;
                (Some(text), blank..end, end)
            }
            _ if commented => (Some(reader.source.slice(at + 1..at + 1)), blank..blank, blank),
            _ => {
                let range = unquoted(reader, blank);
                (Some(reader.source.slice(range.clone())), range, reader.find(blank, &LINE_BREAKS))
            }
        };
        end = range.end;
    }
    at = reader.skip(at, is_blank);
    if reader.char(at) == Some('#') {
        at = reader.find(at, &LINE_BREAKS);
    }
    if !matches!(reader.char(at), None | Some('\r' | '\n')) {
        return Err(at);
    }
    let value = value.map(|text| Value { text: references(&text), expands: true });
    reader.entry(key, value, start..end);
    Ok(at)
}

/// The name without its quotes, and the offset behind it.
fn key(reader: &Reader<'_>, start: usize) -> Result<(Range<usize>, usize), usize> {
    if reader.char(start) == Some('\'') {
        let end = reader.find(start + 1, &['\'']);
        return if end == start + 1 || end == reader.text.len() { Err(start) } else { Ok((start + 1..end, end + 1)) };
    }
    let end = reader.skip(start, |char| !matches!(char, '=' | '#') && !is_python_space(char));
    if end == start { Err(start) } else { Ok((start..end, end)) }
}

/// Up to the end of the line or a `#` behind a blank.
fn unquoted(reader: &Reader<'_>, start: usize) -> Range<usize> {
    let line = &reader.text[start..reader.find(start, &LINE_BREAKS)];
    let mut end = line.len();
    let mut blank = false;
    for (offset, char) in line.char_indices() {
        if blank && char == '#' {
            end = offset;
            break;
        }
        blank = is_python_space(char);
    }
    reader.trim_end(start..start + end, is_python_space)
}

/// Up to the closing quote, over line breaks; with the offset behind it.
fn quoted(reader: &Reader<'_>, start: usize, quote: char) -> Option<(Text, usize)> {
    let mut builder = Builder::new(reader.source);
    let mut chars = reader.text[start + 1..].char_indices().map(|(offset, char)| (start + 1 + offset, char)).peekable();
    while let Some((at, char)) = chars.next() {
        let end = at + char.len_utf8();
        if char == quote {
            return Some((builder.finish(start..end), end));
        }
        match (char, chars.peek().copied()) {
            ('\r', Some((_, '\n'))) => {
                chars.next();
                builder.replace("\n", at..end + 1);
            }
            ('\r', _) => builder.replace("\n", at..end),
            ('\\', Some((_, '\r' | '\n'))) => builder.keep(at..end),
            ('\\', Some((next, escaped))) => {
                chars.next();
                let end = next + escaped.len_utf8();
                match escape(escaped, quote) {
                    Some(decoded) => builder.replace(decoded, at..end),
                    None => builder.keep(at..end),
                }
            }
            _ => builder.keep(at..end),
        }
    }
    None
}

/// What a backslash makes of a character; `None`: both stay.
fn escape(char: char, quote: char) -> Option<&'static str> {
    Some(match (char, quote) {
        ('\\', _) => "\\",
        ('\'', _) => "'",
        ('"', '"') => "\"",
        ('a', '"') => "\u{7}",
        ('b', '"') => "\u{8}",
        ('f', '"') => "\u{C}",
        ('n', '"') => "\n",
        ('r', '"') => "\r",
        ('t', '"') => "\t",
        ('v', '"') => "\u{B}",
        _ => return None,
    })
}

/// Rewrites the dialect's references to the grammar of `template::parse`: other dollars are doubled, `:-` becomes `-`
/// (an empty variable is not replaced by the default here), and a name that is no identifier gives its default.
fn references(text: &Text) -> Text {
    let value = text.as_str();
    let mut builder = Builder::new(text);
    let mut at = 0;
    while let Some(offset) = value[at..].find('$') {
        let dollar = at + offset;
        builder.keep(at..dollar);
        at = dollar + 1;
        let Some((name, default, end)) = reference(value, dollar) else {
            builder.replace("$$", dollar..at);
            continue;
        };
        at = end;
        let known = is_identifier(&value[name.clone()]);
        if known {
            builder.keep(dollar..name.end);
        }
        if let Some(default) = default {
            if known {
                builder.keep(default.start - 1..default.start);
            }
            for (offset, char) in value[default.clone()].char_indices() {
                let place = default.start + offset..default.start + offset + char.len_utf8();
                if char == '$' { builder.replace("$$", place) } else { builder.keep(place) }
            }
        }
        if known {
            builder.keep(end - 1..end);
        }
    }
    builder.keep(at..value.len());
    let whole = builder.finish(0..value.len());
    whole.with_anchor(text.anchor())
}

/// Name, default and end of the reference that begins at `dollar`.
fn reference(value: &str, dollar: usize) -> Option<(Range<usize>, Option<Range<usize>>, usize)> {
    let start = dollar + value[dollar..].strip_prefix("${").map(|_| 2)?;
    let name = start..start + value[start..].find([':', '}'])?;
    if value[name.end..].starts_with('}') {
        return Some((name.clone(), None, name.end + 1));
    }
    let from = name.end + value[name.end..].strip_prefix(":-").map(|_| 2)?;
    let to = from + value[from..].find('}')?;
    Some((name, Some(from..to), to + 1))
}

fn is_identifier(name: &str) -> bool {
    name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
        && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
}
