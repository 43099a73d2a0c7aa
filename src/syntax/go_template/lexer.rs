//! Text and actions of a template, and the words of an action.

use crate::text::Text;

/// A part of a file.
pub(super) enum Piece {
    /// Outside of actions.
    Text(Text),
    /// What stands between the brackets.
    Action(Text),
}

/// Takes literal text and actions apart.
pub(super) fn pieces(text: &Text) -> Vec<Piece> {
    let source = text.as_str();
    let blank = |char: char| matches!(char, ' ' | '\t' | '\r' | '\n');
    let mut pieces = Vec::new();
    let (mut at, mut trims) = (0, false);
    loop {
        let open = source[at..].find("{{").map(|found| at + found);
        let (mut from, mut to) = (at, open.unwrap_or(source.len()));
        if trims {
            from += source[from..to].len() - source[from..to].trim_start_matches(blank).len();
        }
        let Some(open) = open else {
            pieces.push(Piece::Text(text.slice(from..to)));
            return pieces;
        };
        let mut start = open + 2;
        if source[start..].starts_with("- ") || source[start..].starts_with("-\n") || source[start..].starts_with("-/*")
        {
            to = from + source[from..to].trim_end_matches(blank).len();
            start += 1;
        }
        pieces.push(Piece::Text(text.slice(from..to)));
        let comment = source[start..].trim_start_matches(blank).starts_with("/*");
        let close = if comment { source[start..].find("*/").map(|end| start + end) } else { Some(start) };
        let Some(end) = close.and_then(|from| action_end(source, from, comment)) else { return pieces };
        let mut stop = end;
        trims = source[start..stop].ends_with('-') && source[..stop - 1].ends_with(blank)
            || comment && source[..stop].ends_with('-');
        if trims {
            stop -= 1;
        }
        if !comment {
            pieces.push(Piece::Action(text.slice(start..stop)));
        }
        at = end + 2;
    }
}

/// Where `}}` stands, outside of strings.
fn action_end(source: &str, from: usize, comment: bool) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (offset, char) in source[from..].char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some('"') if char == '\\' => escaped = true,
            Some(open) if char == open => quote = None,
            None if !comment && matches!(char, '"' | '`') => quote = Some(char),
            None if source[from + offset..].starts_with("}}") => return Some(from + offset),
            _ => {}
        }
    }
    None
}

/// A word of an action.
#[derive(Clone, Debug)]
pub(super) enum Token {
    Word(Text),
    Field(Vec<String>),
    Variable(String, Vec<String>),
    Literal(Text),
    Open,
    /// With the fields behind it: `(…).a`.
    Close(Vec<String>),
    Pipe,
    Assign,
    Other,
}

/// The words of an action.
pub(super) fn tokens(action: &Text) -> Vec<Token> {
    let source = action.as_str();
    let mut tokens = Vec::new();
    let mut at = 0;
    let is_name = |char: char| char.is_alphanumeric() || char == '_';
    let path = |from: usize| -> (Vec<String>, usize) {
        let rest = &source[from..];
        let length = rest.find(|char: char| !is_name(char) && char != '.').unwrap_or(rest.len());
        (rest[..length].split('.').filter(|part| !part.is_empty()).map(str::to_owned).collect(), from + length)
    };
    while let Some(char) = source[at..].chars().next() {
        let next = at + char.len_utf8();
        at = match char {
            ' ' | '\t' | '\r' | '\n' | ',' => next,
            '(' => {
                tokens.push(Token::Open);
                next
            }
            ')' => {
                let (fields, end) = if source[next..].starts_with('.') { path(next) } else { (Vec::new(), next) };
                tokens.push(Token::Close(fields));
                end
            }
            '|' => {
                tokens.push(Token::Pipe);
                next
            }
            '.' => {
                let (fields, end) = path(at);
                tokens.push(Token::Field(fields));
                end
            }
            '$' => {
                let (mut fields, end) = path(next);
                let named = source[next..].starts_with(is_name);
                let name = if named && !fields.is_empty() { fields.remove(0) } else { String::new() };
                tokens.push(Token::Variable(name, fields));
                end
            }
            ':' | '=' => {
                tokens.push(Token::Assign);
                if source[next..].starts_with('=') { next + 1 } else { next }
            }
            '"' | '`' => {
                let (value, end) = string(action, at, char);
                tokens.push(value.map_or(Token::Other, Token::Literal));
                end
            }
            _ => {
                let rest = &source[at..];
                let length =
                    rest.find(|char: char| !is_name(char) && !matches!(char, '.' | '-' | '+')).unwrap_or(rest.len());
                let end = if length == 0 { next } else { at + length };
                tokens.push(if length == 0 { Token::Other } else { Token::Word(action.slice(at..end)) });
                end
            }
        };
    }
    tokens
}

/// A string in double quotes or backticks, and where it ends.
fn string(action: &Text, at: usize, quote: char) -> (Option<Text>, usize) {
    let source = action.as_str();
    let mut value = Text::empty(action.span_of(at..at + 1));
    let mut escaped = false;
    for (offset, char) in source[at + 1..].char_indices() {
        let here = at + 1 + offset;
        if escaped {
            let plain = match char {
                'n' => "\n",
                't' => "\t",
                '"' => "\"",
                '\\' => "\\",
                _ => return (None, source.len()),
            };
            value.push_mapped(plain, action.span_of(here..here + 1));
            escaped = false;
        } else if char == quote {
            return (Some(value), here + 1);
        } else if quote == '"' && char == '\\' {
            escaped = true;
        } else {
            value.push_text(&action.slice(here..here + char.len_utf8()));
        }
    }
    (None, source.len())
}
