//! redis.conf (also valkey.conf, sentinel.conf, ACL files): lines → directives with spans.
//!
//! A comment is a whole line; a `#` behind a directive is one of its arguments. Knows no directive.

use std::ops::Range;

use super::builder::{Builder, decode_bytes};
use crate::finding::{Level, Notice};
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
    /// Unbalanced only in that text follows a closing quote (`"pw"x`), which Valkey 9 takes for one argument.
    pub glued: bool,
}

/// Parses a file; never fails.
#[must_use]
pub fn parse(file: FileId, text: &str) -> (Vec<Line>, Vec<Notice>) {
    let mut lines = Vec::new();
    let mut notices = Vec::new();
    let mut next = 0;
    for line in text.split('\n') {
        let start = next + line.len() - line.trim_start_matches(BLANKS).len();
        next += line.len() + 1;
        let line = line.trim_matches(BLANKS);
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let span = Span::new(file, start..start + line.len());
        let Split { mut words, unbalanced, open } = split(&Text::exact(line, span));
        if unbalanced {
            notices.push(Notice::at(
                "redis-conf-syntax",
                Level::Warning,
                span,
                "unbalanced quotes in configuration line",
            ));
        }
        if words.is_empty() {
            continue;
        }
        let name = words.remove(0);
        let name = Spanned::new(name.as_str().to_owned(), name.anchor());
        lines.push(Line { name, arguments: words, span, unbalanced, glued: unbalanced && !open });
    }
    (lines, notices)
}

/// The first comment, which `redis.conf` may have and an ACL file may not.
#[must_use]
pub fn first_comment(file: FileId, text: &str) -> Option<Span> {
    let mut at = 0;
    text.split_inclusive('\n').find_map(|raw| {
        let start = at + raw.len() - raw.trim_start_matches(BLANKS).len();
        at += raw.len();
        let line = raw.trim_matches(BLANKS);
        line.starts_with('#').then(|| Span::new(file, start..start + line.len()))
    })
}

/// Splits one value as Redis's `sdssplitargs` does (also used for ACL lines and `--` arguments with blanks inside).
/// `None`: unbalanced quotes.
#[must_use]
pub fn split_arguments(text: &Text) -> Option<Vec<Text>> {
    let split = split(text);
    (!split.unbalanced).then_some(split.words)
}

/// What the server trims from a line.
const BLANKS: [char; 4] = [' ', '\t', '\r', '\n'];

/// Stands for a byte that is no text, as in `source`.
const INVALID_BYTE: char = '\u{1A}';

struct Split {
    words: Vec<Text>,
    unbalanced: bool,
    /// A quote is never closed.
    open: bool,
}

/// C's `isspace`.
fn is_space(char: char) -> bool {
    matches!(char, ' ' | '\t' | '\n' | '\u{B}' | '\u{C}' | '\r')
}

fn split(text: &Text) -> Split {
    let value = text.as_str();
    let mut out = Split { words: Vec::new(), unbalanced: false, open: false };
    let mut at = 0;
    loop {
        at = value.len() - value[at..].trim_start_matches(is_space).len();
        if at == value.len() {
            return out;
        }
        let start = at;
        let mut builder = Builder::new(text);
        while let Some(char) = value[at..].chars().next().filter(|char| !BLANKS.contains(char)) {
            if !matches!(char, '"' | '\'') {
                builder.keep(at..at + char.len_utf8());
                at += char.len_utf8();
                continue;
            }
            let closed;
            (at, closed) = quoted(value, at + 1, char, &mut builder);
            // A closing quote ends the argument: nothing but a blank may follow.
            out.open |= !closed;
            out.unbalanced |= !closed || value[at..].chars().next().is_some_and(|next| !is_space(next));
            if closed {
                break;
            }
        }
        out.words.push(builder.finish(start..at));
    }
}

/// Reads to the closing quote; returns the offset behind it and whether there was one.
fn quoted(value: &str, start: usize, quote: char, builder: &mut Builder<'_>) -> (usize, bool) {
    let mut at = start;
    while let Some(char) = value[at..].chars().next() {
        let end = at + char.len_utf8();
        if char == quote {
            return (end, true);
        }
        at = match (char, value[end..].chars().next()) {
            ('\\', Some('\'')) if quote == '\'' => {
                builder.replace("'", at..end + 1);
                end + 1
            }
            ('\\', Some(escaped)) if quote == '"' => {
                if hex_byte(value, at).is_some() {
                    hex_run(value, at, builder)
                } else {
                    let after = end + escaped.len_utf8();
                    escape(escaped, at..after, builder);
                    after
                }
            }
            _ => {
                builder.keep(at..end);
                end
            }
        };
    }
    (at, false)
}

fn escape(char: char, range: Range<usize>, builder: &mut Builder<'_>) {
    let decoded = match char {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'b' => '\u{8}',
        'a' => '\u{7}',
        other => other,
    };
    builder.replace(decoded.encode_utf8(&mut [0; 4]), range);
}

/// The byte that `\xHH` at `at` stands for.
fn hex_byte(value: &str, at: usize) -> Option<u8> {
    let digits = value.get(at..at + 4)?.strip_prefix("\\x")?;
    // `from_str_radix` alone would take a sign.
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}

/// Decodes neighbouring `\xHH` together, as several of them may make one character; returns the offset behind them.
fn hex_run(value: &str, start: usize, builder: &mut Builder<'_>) -> usize {
    let bytes: Vec<u8> = (0..).map_while(|index| hex_byte(value, start + 4 * index)).collect();
    let mut at = start;
    for (char, length) in decode_bytes(&bytes, INVALID_BYTE, true) {
        builder.replace(char.encode_utf8(&mut [0; 4]), at..at + 4 * length);
        at += 4 * length;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<(String, Vec<String>, bool)> {
        let (lines, _) = parse(FileId(0), text);
        let show = |line: Line| {
            let arguments = line.arguments.iter().map(|argument| argument.as_str().to_owned()).collect();
            (line.name.value, arguments, line.unbalanced)
        };
        lines.into_iter().map(show).collect()
    }

    fn arguments(line: &str) -> Vec<String> {
        read(line).remove(0).1
    }

    #[test]
    fn comments_are_whole_lines() {
        let lines = read("# c\r\n\t# d\r\n  Requirepass pw#x # e\r\n\r\n");
        assert_eq!(lines, [("Requirepass".to_owned(), ["pw#x", "#", "e"].map(str::to_owned).to_vec(), false)]);
    }

    #[test]
    fn quotes_and_escapes() {
        assert_eq!(
            arguments(r#"a "p\"w" "p\x41w" "\n" "\xc3\xa9\xff" 'x\'y\n' b\c """#),
            ["p\"w", "pAw", "\n", "é\u{1A}", "x'y\\n", "b\\c", ""]
        );
        assert_eq!(arguments("a p\"w x\""), ["pw x"]);
    }

    #[test]
    fn unbalanced_quotes_are_told() {
        for line in ["a p\"w", "a \"pw", "a \"pw\"x", "a 'pw\\'"] {
            let (lines, notices) = parse(FileId(0), line);
            assert!(lines[0].unbalanced && notices.len() == 1, "{line}");
        }
        assert!(split_arguments(&Text::exact("'", Span::new(FileId(0), 0..1))).is_none());
    }

    #[test]
    fn arguments_point_at_their_bytes() {
        let (lines, _) = parse(FileId(0), "\r\n requirepass \"p\\x41w\" \r\n");
        assert_eq!(lines[0].span.range(), 3..23);
        assert_eq!(lines[0].arguments[0].anchor().range(), 15..23);
        assert_eq!(lines[0].arguments[0].span_of(1..2).range(), 17..21);
    }
}
