//! Script text → words, operators and line breaks. Redirections, comments and here-documents never come out.

use std::collections::VecDeque;
use std::ops::Range;

use super::{Word, WordPart};
use crate::syntax::builder::Builder;
use crate::text::Text;

/// What the script consists of.
pub(super) enum Token {
    /// A word and where it stands in the value.
    Word(Word, Range<usize>),
    /// `;`, `&`, `&&`, `||`, `|`, `(`, `)`, `;;` or a line break.
    Operator(&'static str),
}

/// Longest first.
const OPERATORS: [&str; 21] = [
    "&>>", "<<<", "<<-", ";;&", "&&", "||", ";;", ";&", "|&", "&>", ">>", "<<", ">&", "<&", ">|", "<>", "&", ";", "|",
    "<", ">",
];

/// Walks over a script.
pub(super) struct Lexer<'a> {
    text: &'a Text,
    value: &'a str,
    at: usize,
    /// Here-documents whose bodies begin behind the next line break: the delimiter, and whether leading tabs go.
    heredocs: VecDeque<(String, bool)>,
    /// Read everything as one word: blanks, operators and comments are letters.
    whole: bool,
    /// Something was redirected to the standard input since this was asked last.
    redirected: bool,
    /// Where something begins that nothing closes.
    unclosed: Option<usize>,
}

impl<'a> Lexer<'a> {
    /// At the beginning of a script.
    pub(super) fn new(text: &'a Text) -> Self {
        Self {
            text,
            value: text.as_str(),
            at: 0,
            heredocs: VecDeque::new(),
            whole: false,
            redirected: false,
            unclosed: None,
        }
    }

    /// Reads a whole text as one word.
    pub(super) fn whole(text: &'a Text, quoted: bool) -> Word {
        let mut lexer = Self { whole: true, ..Self::new(text) };
        let mut word = WordBuilder::new(text, 0);
        if quoted {
            lexer.double_quoted(&mut word, false);
        } else {
            lexer.unquoted(&mut word);
        }
        word.finish(lexer.at)
    }

    /// The next token; `None` at the end.
    pub(super) fn token(&mut self) -> Option<Token> {
        loop {
            self.skip_blanks();
            let char = self.peek()?;
            match char {
                '\n' => {
                    self.at += 1;
                    self.skip_heredocs();
                    return Some(Token::Operator("\n"));
                }
                '(' => return Some(self.operator("(")),
                ')' => return Some(self.operator(")")),
                _ => {}
            }
            if let Some(operator) = self.operator_here() {
                self.at += operator.len();
                match operator {
                    "&&" | "||" | "|" | "&" | ";" | ";;" => return Some(Token::Operator(operator)),
                    "|&" => return Some(Token::Operator("|")),
                    ";&" | ";;&" => return Some(Token::Operator(";;")),
                    _ => self.redirection(operator),
                }
                continue;
            }
            let start = self.at;
            let word = self.word();
            let raw = &self.value[start..self.at];
            let numbers_redirection = self.peek().is_some_and(|char| matches!(char, '<' | '>'))
                && raw.bytes().all(|byte| byte.is_ascii_digit());
            if !numbers_redirection {
                return Some(Token::Word(word, start..self.at));
            }
        }
    }

    /// Whether a redirection to the standard input was passed over since this was asked last.
    pub(super) fn take_redirected(&mut self) -> bool {
        std::mem::take(&mut self.redirected)
    }

    /// Where a quote or a substitution begins that was open at the end of the script.
    pub(super) fn unclosed(&self) -> Option<usize> {
        self.unclosed
    }

    fn peek(&self) -> Option<char> {
        self.value[self.at..].chars().next()
    }

    fn rest(&self) -> &'a str {
        &self.value[self.at..]
    }

    fn operator(&mut self, operator: &'static str) -> Token {
        self.at += operator.len();
        Token::Operator(operator)
    }

    fn operator_here(&self) -> Option<&'static str> {
        OPERATORS.into_iter().find(|operator| self.rest().starts_with(operator))
    }

    /// Length of a continued line break here, if there is one.
    fn continuation(&self) -> Option<usize> {
        ["\\\n", "\\\r\n"].into_iter().find(|text| self.rest().starts_with(text)).map(str::len)
    }

    fn skip_blanks(&mut self) {
        loop {
            let rest = self.rest();
            if let Some(length) = self.continuation() {
                self.at += length;
            } else if rest.starts_with([' ', '\t']) || rest.starts_with("\r\n") {
                self.at += 1;
            } else if rest.starts_with('#') {
                self.at += rest.find('\n').unwrap_or(rest.len());
            } else {
                return;
            }
        }
    }

    fn redirection(&mut self, operator: &str) {
        self.redirected |= operator.starts_with('<');
        while self.rest().starts_with([' ', '\t']) {
            self.at += 1;
        }
        let ends = self.peek().is_none_or(|char| matches!(char, '\n' | ';' | '|' | '(' | ')' | '<' | '>' | '&'));
        if ends {
            return;
        }
        let start = self.at;
        self.word();
        if matches!(operator, "<<" | "<<-") {
            let delimiter = self.value[start..self.at].replace(['\'', '"', '\\'], "");
            self.heredocs.push_back((delimiter, operator == "<<-"));
        }
    }

    fn skip_heredocs(&mut self) {
        while let Some((delimiter, tabs)) = self.heredocs.pop_front() {
            while self.at < self.value.len() {
                let rest = self.rest();
                let line = rest.split('\n').next().unwrap_or(rest);
                self.at += (line.len() + 1).min(rest.len());
                let line = line.strip_suffix('\r').unwrap_or(line);
                if (if tabs { line.trim_start_matches('\t') } else { line }) == delimiter {
                    break;
                }
            }
        }
    }

    fn word(&mut self) -> Word {
        let mut word = WordBuilder::new(self.text, self.at);
        self.unquoted(&mut word);
        word.finish(self.at)
    }

    fn unquoted(&mut self, word: &mut WordBuilder<'a>) {
        let start = self.at;
        let mut url = false;
        while let Some(char) = self.peek() {
            let at = self.at;
            let ends = matches!(char, ' ' | '\t' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')')
                || self.rest().starts_with("\r\n");
            if ends && !self.whole {
                return;
            }
            self.at += char.len_utf8();
            match char {
                '\\' => {
                    self.at = at;
                    if let Some(length) = self.continuation() {
                        self.at += length;
                        continue;
                    }
                    self.at = at + 1;
                    match self.peek() {
                        Some(escaped) => {
                            self.at += escaped.len_utf8();
                            word.replace(escaped, at..self.at);
                        }
                        None => word.keep(at..self.at),
                    }
                }
                '\'' => {
                    let length = self.rest().find('\'').unwrap_or(self.rest().len());
                    if length == self.rest().len() {
                        self.unclosed.get_or_insert(at);
                    }
                    word.keep(self.at..self.at + length);
                    self.at = (self.at + length + 1).min(self.value.len());
                }
                '"' => self.double_quoted(word, true),
                '$' if self.rest().starts_with('\'') => {
                    self.at = self.skip_nested(self.at + 1, Frame::Ansi);
                    word.opaque(at..self.at);
                }
                '$' => self.dollar(at, false, word),
                '`' => {
                    self.at = self.skip_nested(self.at, Frame::Backquote);
                    word.opaque(at..self.at);
                }
                // No file is named like a URL, so that a pattern in one stays as it is.
                '*' | '?' if !url => word.opaque(at..self.at),
                _ => {
                    url |= char == '/' && self.value[start..self.at].ends_with("://");
                    word.keep(at..self.at);
                }
            }
        }
    }

    /// Behind the opening quote; to the closing one, or to the end where `closes` is not set.
    fn double_quoted(&mut self, word: &mut WordBuilder<'a>, closes: bool) {
        while let Some(char) = self.peek() {
            let at = self.at;
            self.at += char.len_utf8();
            match char {
                '"' if closes => return,
                '\\' => {
                    self.at = at;
                    if let Some(length) = self.continuation() {
                        self.at += length;
                        continue;
                    }
                    self.at = at + 1;
                    match self.peek() {
                        Some(escaped @ ('$' | '`' | '"' | '\\')) => {
                            self.at += 1;
                            word.replace(escaped, at..self.at);
                        }
                        _ => word.keep(at..self.at),
                    }
                }
                '$' => self.dollar(at, true, word),
                '`' => {
                    self.at = self.skip_nested(self.at, Frame::Backquote);
                    word.opaque(at..self.at);
                }
                _ => word.keep(at..self.at),
            }
        }
        if closes {
            self.unclosed.get_or_insert(self.value.len());
        }
    }

    /// Behind the dollar that stands at `start`.
    fn dollar(&mut self, start: usize, quoted: bool, word: &mut WordBuilder<'a>) {
        let rest = self.rest();
        let name = name_length(rest);
        if name > 0 {
            self.at += name;
            let name = rest[..name].to_owned();
            word.variable(name, start..self.at, None, quoted);
            return;
        }
        match self.peek() {
            Some('{') => self.braces(start, quoted, word),
            Some('(') => {
                self.at = self.skip_nested(self.at + 1, Frame::Parenthesis);
                word.opaque(start..self.at);
            }
            Some('0'..='9' | '@' | '*' | '#' | '?' | '-' | '$' | '!') => {
                self.at += 1;
                word.opaque(start..self.at);
            }
            _ => word.keep(start..self.at),
        }
    }

    /// At the `{` of a reference whose dollar stands at `start`.
    fn braces(&mut self, start: usize, quoted: bool, word: &mut WordBuilder<'a>) {
        let inner = self.at + 1;
        let end = self.skip_nested(inner, Frame::Brace { quoted });
        self.at = end;
        let closed = self.value[inner..end].strip_suffix('}');
        let name = closed.map_or(0, name_length);
        let Some(inside) = closed.filter(|_| name > 0) else { return word.opaque(start..end) };
        let behind = &inside[name..];
        let operator = if behind.is_empty() {
            None
        } else {
            let Some(operator) =
                [":-", ":=", ":?", ":+", "-", "=", "?", "+"].into_iter().find(|operator| behind.starts_with(operator))
            else {
                return word.opaque(start..end);
            };
            let operand = self.text.slice(inner + name + operator.len()..end - 1);
            Some((operator.to_owned(), operand))
        };
        word.variable(inside[..name].to_owned(), start..end, operator, quoted);
    }

    /// The offset behind what `frame` opened; the end of the text where it is never closed.
    fn skip_nested(&mut self, from: usize, frame: Frame) -> usize {
        let mut frames = vec![frame];
        let mut chars = self.value[from..].char_indices().peekable();
        while let Some((offset, char)) = chars.next() {
            let Some(frame) = frames.last().copied() else { break };
            if char == '\\' && frame != Frame::Single {
                chars.next();
                continue;
            }
            if char == frame.closes() {
                frames.pop();
                if frames.is_empty() {
                    return from + offset + char.len_utf8();
                }
                continue;
            }
            if matches!(frame, Frame::Single | Frame::Ansi | Frame::Backquote) {
                continue;
            }
            let in_quotes = matches!(frame, Frame::Double | Frame::Brace { quoted: true });
            match char {
                '\'' if !in_quotes => frames.push(Frame::Single),
                '"' => frames.push(Frame::Double),
                '`' => frames.push(Frame::Backquote),
                '(' if frame == Frame::Parenthesis => frames.push(Frame::Parenthesis),
                '$' => {
                    let nested = match chars.peek() {
                        Some((_, '(')) => Frame::Parenthesis,
                        Some((_, '{')) => Frame::Brace { quoted: in_quotes },
                        _ => continue,
                    };
                    chars.next();
                    frames.push(nested);
                }
                _ => {}
            }
        }
        self.unclosed.get_or_insert(from);
        self.value.len()
    }
}

/// What is open while a substitution is passed over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Frame {
    Single,
    /// `$'…'`, where a backslash escapes the quote.
    Ansi,
    Double,
    Backquote,
    Parenthesis,
    Brace {
        quoted: bool,
    },
}

impl Frame {
    fn closes(self) -> char {
        match self {
            Self::Single | Self::Ansi => '\'',
            Self::Double => '"',
            Self::Backquote => '`',
            Self::Parenthesis => ')',
            Self::Brace { .. } => '}',
        }
    }
}

/// Length of the variable name that `text` begins with.
pub(super) fn name_length(text: &str) -> usize {
    if text.starts_with(|char: char| char.is_ascii_digit()) {
        return 0;
    }
    text.find(|char: char| !char.is_ascii_alphanumeric() && char != '_').unwrap_or(text.len())
}

/// A word in the making.
struct WordBuilder<'a> {
    text: &'a Text,
    start: usize,
    parts: Vec<WordPart>,
    literal: Builder<'a>,
    /// Where the literal begins and ends so far.
    range: Range<usize>,
}

impl<'a> WordBuilder<'a> {
    fn new(text: &'a Text, start: usize) -> Self {
        Self { text, start, parts: Vec::new(), literal: Builder::new(text), range: start..start }
    }

    fn keep(&mut self, range: Range<usize>) {
        self.extend(&range);
        self.literal.keep(range);
    }

    fn replace(&mut self, char: char, range: Range<usize>) {
        self.extend(&range);
        self.literal.replace(char.encode_utf8(&mut [0; 4]), range);
    }

    fn variable(&mut self, name: String, range: Range<usize>, operator: Option<(String, Text)>, quoted: bool) {
        self.flush();
        self.parts.push(WordPart::Variable { name, span: self.text.span_of(range), operator, quoted });
    }

    fn opaque(&mut self, range: Range<usize>) {
        self.flush();
        self.parts.push(WordPart::Opaque(self.text.span_of(range)));
    }

    fn finish(mut self, end: usize) -> Word {
        self.flush();
        Word { parts: self.parts, span: self.text.span_of(self.start..end) }
    }

    fn extend(&mut self, range: &Range<usize>) {
        if self.literal.is_empty() {
            self.range.start = range.start;
        }
        self.range.end = range.end;
    }

    fn flush(&mut self) {
        let literal = std::mem::replace(&mut self.literal, Builder::new(self.text));
        if !literal.is_empty() {
            self.parts.push(WordPart::Literal(literal.finish(self.range.clone())));
        }
    }
}
