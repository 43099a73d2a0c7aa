//! Scripts → simple commands: what stands between the operators, whatever `if`, loop or group it is in.

use std::ops::Range;

use super::lexer::{Lexer, Token, name_length};
use super::{Command, Word, WordPart};
use crate::source::Span;
use crate::text::Text;

/// Reads the simple commands of a POSIX shell script (also inside `(`, `{`, `if`, `while`, as far as words go).
/// Redirections are dropped, here-documents skipped; what can't be read becomes [`WordPart::Opaque`].
#[must_use]
pub fn parse_shell(text: &Text) -> Vec<Command> {
    let mut lexer = Lexer::new(text);
    let mut reader = Reader::new(text);
    while let Some(token) = lexer.token() {
        match token {
            Token::Word(word, range) => reader.word(word, &range),
            Token::Operator(operator) => {
                reader.redirected |= lexer.take_redirected();
                reader.operator(operator);
            }
        }
    }
    reader.redirected |= lexer.take_redirected();
    reader.end("");
    reader.commands
}

/// The place of a quote or a substitution that nothing closes: a shell then runs nothing of the script.
#[must_use]
pub fn unclosed(text: &Text) -> Option<Span> {
    let mut lexer = Lexer::new(text);
    while lexer.token().is_some() {}
    lexer.unclosed().map(|at| text.span_of(at.min(text.len())..text.len()))
}

/// Reads a whole text as one word: the operand of a reference (`quoted` as the reference is) or the value of an
/// assignment that nothing splits. Blanks and operators are ordinary characters.
#[must_use]
pub fn parse_word(text: &Text, quoted: bool) -> Word {
    Lexer::whole(text, quoted)
}

/// What is passed over without becoming part of a command.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Skip {
    Nothing,
    /// The name behind `function`.
    Name,
    /// `for x in …` up to the end of the line.
    Header,
    /// `case WORD` up to `in`.
    Subject,
    /// A pattern of `case`, up to its `)`.
    Pattern,
    /// The elements of an array assignment.
    Array,
}

/// Words that are no program where one would stand.
const RESERVED: [&str; 17] = [
    "if", "then", "else", "elif", "fi", "while", "until", "do", "done", "!", "{", "}", "for", "select", "function",
    "case", "esac",
];

struct Reader<'a> {
    text: &'a Text,
    value: &'a str,
    commands: Vec<Command>,
    assignments: Vec<(String, Word)>,
    words: Vec<Word>,
    /// Reserved words since the last command.
    reserved: Vec<&'static str>,
    redirected: bool,
    range: Option<Range<usize>>,
    skip: Skip,
    /// Open `case`s.
    cases: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a Text) -> Self {
        Self {
            text,
            value: text.as_str(),
            commands: Vec::new(),
            assignments: Vec::new(),
            words: Vec::new(),
            reserved: Vec::new(),
            redirected: false,
            range: None,
            skip: Skip::Nothing,
            cases: 0,
        }
    }

    fn word(&mut self, word: Word, range: &Range<usize>) {
        let raw = &self.value[range.clone()];
        match self.skip {
            Skip::Nothing => {}
            Skip::Name => {
                self.skip = Skip::Nothing;
                return;
            }
            Skip::Subject if raw == "in" => {
                self.skip = Skip::Pattern;
                return;
            }
            Skip::Pattern if raw == "esac" => {
                self.cases = self.cases.saturating_sub(1);
                self.reserved.push("esac");
                self.skip = Skip::Nothing;
                return;
            }
            _ => return,
        }
        if self.words.is_empty() && self.assignments.is_empty() && self.reserved(raw) {
            return;
        }
        let whole = self.range.get_or_insert_with(|| range.clone());
        whole.end = range.end;
        if self.words.is_empty()
            && let Some((name, value)) = assignment(raw, &word)
        {
            self.assignments.push((name, value));
        } else if !self.words.is_empty() || raw != "exec" {
            self.words.push(word);
        }
    }

    /// Takes a reserved word at the place of a program.
    fn reserved(&mut self, raw: &str) -> bool {
        let Some(word) = RESERVED.into_iter().find(|word| *word == raw) else { return false };
        match word {
            "for" | "select" => self.skip = Skip::Header,
            "function" => self.skip = Skip::Name,
            "case" => {
                self.cases += 1;
                self.skip = Skip::Subject;
            }
            "esac" if self.cases == 0 => return false,
            "esac" => self.cases -= 1,
            _ => {}
        }
        self.reserved.push(word);
        true
    }

    fn operator(&mut self, operator: &'static str) {
        match (self.skip, operator) {
            (Skip::Pattern | Skip::Array, ")") | (Skip::Header | Skip::Name, ";" | "\n") => self.skip = Skip::Nothing,
            (Skip::Nothing, "(") if self.words.is_empty() && !self.assignments.is_empty() => self.skip = Skip::Array,
            (Skip::Nothing, "(") => {
                // `name()`: the body is read as if it ran.
                self.words.clear();
                self.range = None;
            }
            (Skip::Nothing, ")") => self.end(""),
            (Skip::Nothing, ";;") => {
                self.end(";");
                if self.cases > 0 {
                    self.skip = Skip::Pattern;
                }
            }
            (Skip::Nothing, _) => self.end(operator),
            _ => {}
        }
    }

    fn end(&mut self, terminator: &str) {
        let range = self.range.take();
        if self.words.is_empty() && self.assignments.is_empty() {
            // Behind a group: it joins the group's last command to what follows.
            if let Some(last) = self.commands.last_mut().filter(|last| last.terminator.is_empty()) {
                terminator.clone_into(&mut last.terminator);
            }
            return;
        }
        self.commands.push(Command {
            reserved: std::mem::take(&mut self.reserved),
            redirected: std::mem::take(&mut self.redirected),
            assignments: std::mem::take(&mut self.assignments),
            words: std::mem::take(&mut self.words),
            terminator: terminator.to_owned(),
            span: self.text.span_of(range.unwrap_or(0..0)),
        });
    }
}

/// `NAME=value`, the name and the sign unquoted.
fn assignment(raw: &str, word: &Word) -> Option<(String, Word)> {
    let name = name_length(raw);
    let sign = name + if raw[name..].starts_with("+=") { 2 } else { 1 };
    if name == 0 || raw.as_bytes().get(sign - 1) != Some(&b'=') {
        return None;
    }
    let mut parts = word.parts.clone();
    let mut start = word.span;
    if let Some(WordPart::Literal(first)) = parts.first_mut() {
        start = first.span_of(sign..sign);
        *first = first.slice(sign..first.len());
        if first.is_empty() {
            parts.remove(0);
        }
    }
    let span = crate::source::Span { start: start.start.min(word.span.end), ..word.span };
    Some((raw[..name].to_owned(), Word { parts, span }))
}
