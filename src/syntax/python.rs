//! Python text → ruff's syntax tree, and string literals → texts that know their places.
//!
//! The only module that calls ruff's parser. The parser recovers from syntax errors by itself; what it can't bear is
//! nesting without end, so files that Python would refuse for that are refused here first.

use ruff_python_ast::token::TokenKind;
use ruff_python_ast::{ModModule, PythonVersion, StringLiteral};
use ruff_python_parser::{Mode, ParseOptions, lexer};
use ruff_text_size::{Ranged, TextRange};

use crate::finding::{Level, Notice};
use crate::source::{FileId, Span};
use crate::text::Text;

/// Larger files are generated or data.
pub const MAX_BYTES: usize = 2 << 20;

/// Python's own limit for open brackets; operators that nest to the right count as well.
const MAX_NESTING: usize = 200;

/// Python's own limit for indentation.
const MAX_INDENT: usize = 100;

/// Operands of one expression: a left-leaning tree of this depth is still dropped safely.
const MAX_CHAIN: usize = 4000;

/// Broken headers of blocks that are taken out one by one.
const MAX_REPAIRS: usize = 8;

/// Parses a module; what could not be parsed is missing from the tree and has a notice.
#[must_use]
pub fn parse(file: FileId, text: &str) -> (Option<ModModule>, Vec<Notice>) {
    if text.len() > MAX_BYTES {
        let span = Span::new(file, 0..0);
        let notice = Notice::at("python-size", Level::Warning, span, "file is too large to be read as settings");
        return (None, vec![notice]);
    }
    if too_deep(text) {
        let notice = Notice::at("python-nesting", Level::Error, Span::new(file, 0..0), "too deeply nested to be read");
        return (None, vec![notice]);
    }
    let options = ParseOptions::from(Mode::Module).with_target_version(PythonVersion::latest());
    let mut parsed = ruff_python_parser::parse_unchecked(text, options.clone());
    let mut readable = std::borrow::Cow::Borrowed(text);
    if !parsed.errors().is_empty()
        && let Some(blanked) = without_foreign_lines(text)
    {
        parsed = ruff_python_parser::parse_unchecked(&blanked, options.clone());
        readable = blanked.into();
    }
    for _ in 0..MAX_REPAIRS {
        let Some(error) = parsed.errors().first() else { break };
        let Some(blanked) = without_header(&readable, error.location.start().to_usize()) else { break };
        let again = ruff_python_parser::parse_unchecked(&blanked, options.clone());
        if again.errors().len() >= parsed.errors().len() {
            break;
        }
        (parsed, readable) = (again, blanked.into());
    }
    let notices = parsed
        .errors()
        .first()
        .map(|error| {
            Notice::at("python-syntax", Level::Warning, span(file, error.location), "a statement is no valid Python")
        })
        .into_iter()
        .collect();
    let module = match parsed.into_syntax() {
        ruff_python_ast::Mod::Module(module) => Some(module),
        ruff_python_ast::Mod::Expression(_) => None,
    };
    (module, notices)
}

/// The text without the line at `at` where that line begins a block that is none (`def :`): the parser would take what
/// follows for its body.
fn without_header(text: &str, at: usize) -> Option<String> {
    let start = text.get(..at)?.rfind('\n').map_or(0, |at| at + 1);
    let end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let line = &text[start..end];
    line.trim_end().ends_with(':').then(|| format!("{}{}{}", &text[..start], " ".repeat(line.len()), &text[end..]))
}

/// The text with its lines of other tools left blank, byte for byte as long; `None` where there is none: `{% … %}` and
/// `{# … #}` of templates, and the markers of merge conflicts. The lines between stay, whatever the condition: what
/// they assign is read as if each were there.
fn without_foreign_lines(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut found = false;
    for line in text.split_inclusive('\n') {
        let content = line.trim();
        let statement = (content.starts_with("{%") && content.ends_with("%}"))
            || (content.starts_with("{#") && content.ends_with("#}"))
            || ["<<<<<<< ", "||||||| ", ">>>>>>> "].iter().any(|marker| line.starts_with(marker))
            || line.trim_end() == "=======";
        if statement {
            found = true;
            out.extend(line.bytes().map(|byte| if matches!(byte, b'\r' | b'\n') { char::from(byte) } else { ' ' }));
        } else {
            out.push_str(line);
        }
    }
    found.then_some(out)
}

/// A span from ruff's range.
#[must_use]
pub fn span(file: FileId, range: TextRange) -> Span {
    Span { file, start: range.start().to_u32(), end: range.end().to_u32() }
}

/// The value of one string literal; anchored at it with its quotes.
#[must_use]
pub fn string(file: FileId, source: &str, literal: &StringLiteral) -> Text {
    use ruff_python_ast::StringFlags as _;
    let raw = literal.flags.prefix().is_raw();
    let content = if literal.flags.is_unclosed() {
        TextRange::new(literal.range().start() + literal.flags.opener_len(), literal.range().end())
    } else {
        literal.content_range()
    };
    decode(file, source, content, raw, false, &literal.value).with_anchor(span(file, literal.range()))
}

/// Decodes the inside of a literal. `value` is ruff's own decoding; it is asked only for named characters.
#[must_use]
pub fn decode(file: FileId, source: &str, range: TextRange, raw: bool, braces: bool, value: &str) -> Text {
    let base = range.start().to_usize();
    let Some(body) = source.get(base..range.end().to_usize()) else { return Text::empty(span(file, range)) };
    let mut text = Text::empty(span(file, range));
    let at_span = |from: usize, to: usize| Span::new(file, base + from..base + to);
    let (mut at, mut plain) = (0, 0);
    while at < body.len() {
        let (taken, replacement) = match &body.as_bytes()[at..] {
            [b'\r', b'\n', ..] => (2, Some("\n".to_owned())),
            [b'{', b'{', ..] if braces => (2, Some("{".to_owned())),
            [b'}', b'}', ..] if braces => (2, Some("}".to_owned())),
            [b'\\', ..] if !raw => escape(&body[at..], || {
                let before = text.as_str().chars().count() + body[plain..at].chars().count();
                value.chars().nth(before)
            }),
            _ => (body[at..].chars().next().map_or(1, char::len_utf8), None),
        };
        if let Some(replacement) = replacement {
            text.push_exact(&body[plain..at], at_span(plain, at));
            text.push_mapped(&replacement, at_span(at, at + taken));
            plain = at + taken;
        }
        at += taken;
    }
    text.push_exact(&body[plain..at.min(body.len())], at_span(plain, at.min(body.len())));
    text
}

/// Length of the escape at the start of `rest` and what it stands for; `None`: it stays as it is.
fn escape(rest: &str, named: impl Fn() -> Option<char>) -> (usize, Option<String>) {
    let digits = |from: usize, most: usize, radix: u32| {
        let digits: String = rest[from..].chars().take(most).take_while(|char| char.is_digit(radix)).collect();
        let char = u32::from_str_radix(&digits, radix).ok().and_then(char::from_u32).unwrap_or('\u{FFFD}');
        (from + digits.len(), Some(char.to_string()))
    };
    let Some(kind) = rest[1..].chars().next() else { return (1, None) };
    let simple = |char: &str| (2, Some(char.to_owned()));
    match kind {
        '\r' if rest[2..].starts_with('\n') => (3, Some(String::new())),
        '\n' | '\r' => simple(""),
        '\\' => simple("\\"),
        '\'' => simple("'"),
        '"' => simple("\""),
        'a' => simple("\x07"),
        'b' => simple("\x08"),
        'f' => simple("\x0C"),
        'n' => simple("\n"),
        'r' => simple("\r"),
        't' => simple("\t"),
        'v' => simple("\x0B"),
        '0'..='7' => digits(1, 3, 8),
        'x' => digits(2, 2, 16),
        'u' => digits(2, 4, 16),
        'U' => digits(2, 8, 16),
        'N' => match rest.find('}') {
            Some(end) => (end + 1, Some(named().unwrap_or('\u{FFFD}').to_string())),
            None => (2, None),
        },
        // An unknown escape keeps its backslash.
        other => (1 + other.len_utf8(), None),
    }
}

/// Whether brackets, right-nesting operators, indentation or operands exceed what the parser can take.
fn too_deep(text: &str) -> bool {
    /// What is open since the last comma inside one pair of brackets.
    #[derive(Default, Clone, Copy)]
    struct Open {
        nested: usize,
        tokens: usize,
    }
    let mut lexer = lexer::lex(text, Mode::Module);
    let mut levels = vec![Open::default()];
    let (mut nested, mut indent) = (0usize, 0usize);
    let mut operand = false;
    loop {
        let kind = lexer.next_token();
        let clear = |levels: &mut Vec<Open>, nested: &mut usize| {
            if let Some(level) = levels.last_mut() {
                *nested -= level.nested;
                *level = Open::default();
            }
        };
        match kind {
            TokenKind::EndOfFile => return false,
            TokenKind::Indent => indent += 1,
            TokenKind::Dedent => indent = indent.saturating_sub(1),
            TokenKind::Lpar
            | TokenKind::Lsqb
            | TokenKind::Lbrace
            | TokenKind::FStringStart
            | TokenKind::TStringStart => levels.push(Open::default()),
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace | TokenKind::FStringEnd | TokenKind::TStringEnd => {
                clear(&mut levels, &mut nested);
                if levels.len() > 1 {
                    levels.pop();
                }
            }
            TokenKind::Comma | TokenKind::Newline | TokenKind::Semi => clear(&mut levels, &mut nested),
            TokenKind::Not
            | TokenKind::Lambda
            | TokenKind::Else
            | TokenKind::Await
            | TokenKind::Tilde
            | TokenKind::DoubleStar
            | TokenKind::ColonEqual => {
                nested += 1;
                if let Some(level) = levels.last_mut() {
                    level.nested += 1;
                }
            }
            TokenKind::Minus | TokenKind::Plus if !operand => {
                nested += 1;
                if let Some(level) = levels.last_mut() {
                    level.nested += 1;
                }
            }
            _ => {}
        }
        operand = matches!(
            kind,
            TokenKind::Name
                | TokenKind::Int
                | TokenKind::Float
                | TokenKind::Complex
                | TokenKind::String
                | TokenKind::Rpar
                | TokenKind::Rsqb
                | TokenKind::Rbrace
                | TokenKind::FStringEnd
                | TokenKind::True
                | TokenKind::False
                | TokenKind::None
        );
        let tokens = levels.last_mut().map_or(0, |level| {
            level.tokens += 1;
            level.tokens
        });
        if levels.len() + nested > MAX_NESTING || indent > MAX_INDENT || tokens > MAX_CHAIN {
            return true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nesting_without_end_is_refused_and_a_flat_list_is_not() {
        let file = FileId(0);
        for text in [
            "(".repeat(100_000),
            "not ".repeat(100_000),
            format!("x = {}1", "-".repeat(100_000)),
            "x = a".to_owned() + &"+a".repeat(100_000),
        ] {
            let (module, notices) = parse(file, &text);
            assert!(module.is_none());
            assert_eq!(notices[0].code, "python-nesting");
        }
        let (module, notices) = parse(file, &format!("x = [{}]", "-1, ".repeat(100_000)));
        assert!(module.is_some() && notices.is_empty());
        let (module, _) = parse(file, &format!("x = {}1{}", "(".repeat(198), ")".repeat(198)));
        assert!(module.is_some());
    }

    #[test]
    fn a_broken_statement_costs_only_itself() {
        let (module, notices) = parse(FileId(0), "a = 1\nprint 'x'\n<<<<<<< HEAD\nb = (\nc = 2\n");
        assert_eq!(notices[0].code, "python-syntax");
        assert!(module.is_some_and(|module| !module.body.is_empty()));
    }
}
