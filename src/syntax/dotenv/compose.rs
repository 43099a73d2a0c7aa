//! docker compose's dialect: a stream of statements, not of lines.
//!
//! What follows a closing quote is the next statement, even on the same line. Compose refuses a whole file for one bad
//! statement; here only its line is lost, and a notice says so.

use std::ops::Range;

use super::{Reader, Value};
use crate::finding::Level;
use crate::syntax::builder::Builder;

/// Reads every statement.
pub(super) fn read(reader: &mut Reader<'_>) {
    let mut at = if reader.text.starts_with('\u{FEFF}') { '\u{FEFF}'.len_utf8() } else { 0 };
    loop {
        at = reader.skip(at, char::is_whitespace);
        match reader.char(at) {
            None => return,
            Some('#') => at = reader.find(at, &['\n']),
            Some(_) => {
                at = statement(reader, at).unwrap_or_else(|fault| {
                    let line = at..reader.find(at, &['\n']);
                    let end = line.end;
                    reader.notice(Level::Warning, reader.trim_end(line, char::is_whitespace), fault);
                    end
                });
            }
        }
    }
}

/// Blanks within a line, as the reader knows them: no other Unicode blanks.
fn is_blank(char: char) -> bool {
    matches!(char, '\t' | '\u{B}' | '\u{C}' | '\r' | ' ' | '\u{85}' | '\u{A0}')
}

/// Reads one statement and returns where the next may begin, or what is wrong with it.
fn statement(reader: &mut Reader<'_>, start: usize) -> Result<usize, &'static str> {
    let exported =
        reader.text[start..].strip_prefix("export").filter(|rest| rest.starts_with(['\t', '\n', '\u{C}', '\r', ' ']));
    let name = if exported.is_some() { reader.skip(start + "export".len(), is_blank) } else { start };
    let Some((end, delimiter)) = name_end(reader, name)? else {
        // Compose reads the rest of the file as the value of a variable without a name.
        let message = "a variable name at the end of the file counts only with a line break behind it";
        reader.notice(Level::Info, start..reader.text.len(), message);
        return Ok(reader.text.len());
    };
    let key = reader.trim_end(name..end, char::is_whitespace);
    if reader.text[key.clone()].contains(' ') {
        return Err("docker compose refuses this file: key cannot contain a space");
    }
    if delimiter == '\n' {
        // An `export` alone on its line names nothing and harms nothing.
        if !key.is_empty() {
            reader.entry(key.clone(), None, start..key.end);
        }
        return Ok(end + 1);
    }
    let at = reader.skip(end + 1, is_blank);
    let (value, range, next) = match reader.char(at) {
        Some(quote @ ('"' | '\'')) => quoted(reader, at, quote)?,
        _ => unquoted(reader, at),
    };
    if key.is_empty() {
        reader.notice(Level::Info, start..range.end, "a value without a variable name");
    } else {
        reader.entry(key, Some(value), start..range.end);
    }
    Ok(next)
}

/// Where the name ends, and the character that ends it; `None`: the file ends first.
fn name_end(reader: &Reader<'_>, start: usize) -> Result<Option<(usize, char)>, &'static str> {
    for (offset, char) in reader.text[start..].char_indices() {
        match char {
            '=' | ':' | '\n' => return Ok(Some((start + offset, char))),
            '_' | '.' | '-' | '[' | ']' => {}
            _ if is_blank(char) || char.is_alphabetic() || char.is_numeric() => {}
            _ => return Err("docker compose refuses this file: unexpected character in variable name"),
        }
    }
    if start == reader.text.len() { Err("docker compose refuses this file: zero length string") } else { Ok(None) }
}

/// Up to the end of the line or ` #`.
fn unquoted(reader: &Reader<'_>, start: usize) -> (Value, Range<usize>, usize) {
    let line_end = reader.find(start, &['\n']);
    let end = reader.text[start..line_end].find(" #").map_or(line_end, |offset| start + offset);
    let range = reader.trim_end(start..end, char::is_whitespace);
    (Value { text: reader.source.slice(range.clone()), expands: true }, range, line_end)
}

/// Up to the closing quote, over line breaks.
fn quoted(reader: &Reader<'_>, start: usize, quote: char) -> Result<(Value, Range<usize>, usize), &'static str> {
    let mut builder = Builder::new(reader.source);
    let mut chars = reader.text[start + 1..].char_indices().map(|(offset, char)| (start + 1 + offset, char)).peekable();
    while let Some((at, char)) = chars.next() {
        if char == quote {
            let range = start..at + 1;
            let value = Value { text: builder.finish(range.clone()), expands: quote == '"' };
            return Ok((value, range, at + 1));
        }
        if char != '\\' {
            builder.keep(at..at + char.len_utf8());
            continue;
        }
        let Some((next, escaped)) = chars.next() else { break };
        let end = next + escaped.len_utf8();
        if escaped == quote {
            builder.replace(quote.encode_utf8(&mut [0; 4]), at..end);
        } else if quote == '\'' {
            builder.keep(at..end);
        } else if escaped == '0' {
            let digits = reader.text[end..].bytes().take(3).take_while(u8::is_ascii_digit).count();
            builder.replace(&octal(&reader.text[end..end + digits]), at..end + digits);
            for _ in 0..digits {
                chars.next();
            }
        } else if let Some(decoded) = escape(escaped) {
            builder.replace(decoded, at..end);
        } else {
            builder.keep(at..end);
        }
    }
    Err("docker compose refuses this file: unterminated quoted value")
}

/// What a backslash makes of a character in double quotes; `None`: both stay.
fn escape(char: char) -> Option<&'static str> {
    Some(match char {
        'a' => "\u{7}",
        'b' => "\u{8}",
        'f' => "\u{C}",
        'n' => "\n",
        'r' => "\r",
        't' => "\t",
        'v' => "\u{B}",
        '\\' => "\\",
        '$' => "$$",
        _ => return None,
    })
}

/// The up to three digits behind `\0`: one byte in octal, or the digits with a backslash where that is none.
fn octal(digits: &str) -> String {
    match u8::from_str_radix(digits, 8) {
        Ok(code) if digits.len() == 3 => char::from(code).to_string(),
        _ => format!("\\{digits}"),
    }
}
