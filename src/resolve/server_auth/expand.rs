//! Words of a script → the arguments that its shell hands on.
//!
//! Variables, defaults, positional parameters and field splitting are followed, in every alternative of the values. Knows
//! no programs.

use std::collections::{BTreeMap, BTreeSet};

use crate::resolve::conditions::{always, both, cases, combine};
use crate::resolve::project::{Case, Lookup, Variables};
use crate::source::{Sources, Span};
use crate::symbol::{Step, Symbols};
use crate::syntax::words::{self, Command, Word, WordPart};
use crate::text::Text;

/// A value in its alternatives; `None` inside a case: unset.
pub(in crate::resolve) type Values = Vec<Case<Option<Text>>>;

/// Arguments, or what the shell says when it gives up.
pub(in crate::resolve) type Expanded = Result<Vec<Text>, (String, Span)>;

/// References in the defaults of references deeper than this are not followed.
const MAX_DEPTH: usize = 8;

/// A shell with what it knows of variables.
#[derive(Clone)]
pub(in crate::resolve) struct Shell<'a> {
    pub environment: &'a Variables,
    pub symbols: &'a Symbols,
    pub sources: &'a Sources,
    /// Path in the container → a name that stays the same for the same file.
    pub file_name: &'a dyn Fn(&str) -> String,
    /// What the script has set so far.
    pub set: BTreeMap<String, Values>,
    /// Which of these the programs see that it starts.
    pub exported: BTreeSet<String>,
    /// `$0`, `$1` …
    pub arguments: Vec<Text>,
    /// `set -u`: the shell gives up at a variable that is not set.
    pub strict: bool,
}

/// What a part of a word stands for in one case.
#[derive(Clone)]
enum Piece {
    Value(Option<Text>),
    /// `$@`.
    All(Vec<Text>),
    Stops(String, Span),
}

/// A word on its way: finished fields and the one being written.
#[derive(Clone, Default)]
struct Fields {
    done: Vec<Text>,
    open: Option<Text>,
    stops: Option<(String, Span)>,
}

impl Shell<'_> {
    /// The words as the shell hands them to the program; `None`: too many alternatives.
    pub(in crate::resolve) fn expand(&self, all: &[Word]) -> Option<Vec<Case<Expanded>>> {
        let mut out = always(Fields::default());
        for word in all {
            if word.parts.is_empty() {
                for case in &mut out {
                    case.value.open = Some(Text::empty(word.span));
                }
            }
            for part in &word.parts {
                let splits = matches!(part, WordPart::Variable { quoted: false, .. });
                out = combine(&out, &self.pieces(part, 0), |fields: &Fields, piece| {
                    let mut fields = fields.clone();
                    fields.push(piece, splits, word.span);
                    fields
                })?;
            }
            for case in &mut out {
                let open = case.value.open.take();
                case.value.done.extend(open);
            }
        }
        let finish = |fields: Fields| fields.stops.map_or(Ok(fields.done), Err);
        Some(
            out.into_iter()
                .map(|case| Case { when: case.when, value: finish(case.value), trace: case.trace })
                .collect(),
        )
    }

    /// The words where they are the same whatever holds.
    pub(in crate::resolve) fn certain(&self, all: &[Word]) -> Option<Vec<Text>> {
        match self.expand(all)?.as_slice() {
            [Case { value: Ok(words), .. }] => Some(words.clone()),
            _ => None,
        }
    }

    /// The value of a word that nothing splits, as in an assignment.
    pub(in crate::resolve) fn whole(&self, word: &Word) -> Values {
        self.joined(word, 0)
    }

    fn joined(&self, word: &Word, depth: usize) -> Values {
        let mut out = always(Text::empty(word.span));
        for part in &word.parts {
            let joined = combine(&out, &self.pieces(part, depth), |text: &Text, piece| {
                let mut text = text.clone();
                match piece {
                    Piece::Value(value) => value.iter().for_each(|value| text.push_text(value)),
                    Piece::All(_) | Piece::Stops(..) => text.push_text(&self.symbols.opaque_text(word.span)),
                }
                text
            });
            let Some(joined) = joined else { return always(Some(self.symbols.opaque_text(word.span))) };
            out = joined;
        }
        out.into_iter().map(|case| Case { when: case.when, value: Some(case.value), trace: case.trace }).collect()
    }

    /// Takes over what a command assigns: `A=b`, `export A=b`, `${A:=b}`. Where `certain` is not set it may not have run.
    pub(in crate::resolve) fn assign(&mut self, command: &Command, certain: bool) {
        let mut all: Vec<(String, Values)> = Vec::new();
        for (name, word) in &command.assignments {
            all.push((name.clone(), self.whole(word)));
            self.put(&mut all, certain);
        }
        let exports = command.words.first().and_then(Word::literal).is_some_and(|word| word.as_str() == "export");
        for word in &command.words {
            for part in &word.parts {
                let WordPart::Variable { name, operator: Some((operator, _)), .. } = part else { continue };
                if operator.ends_with('=') {
                    all.push((name.clone(), self.values(part)));
                }
            }
            if exports && let Some((name, value)) = words::split_assignment(word) {
                self.exported.insert(name.clone());
                all.extend(value.map(|value| (name, self.whole(&value))));
            }
        }
        self.put(&mut all, certain);
    }

    fn put(&mut self, all: &mut Vec<(String, Values)>, certain: bool) {
        for (name, values) in all.drain(..) {
            let span = values.iter().find_map(|case| case.value.as_ref()).map(Text::span);
            let values = match span {
                Some(span) if !certain => always(Some(self.symbols.opaque_text(span))),
                _ => values,
            };
            self.set.insert(name, values);
        }
    }

    /// The shell or program that a command starts: it sees what is exported and what stands before it.
    pub(in crate::resolve) fn child(&self, command: &Command) -> Self {
        let inherited = |name: &String| self.exported.contains(name) || self.environment.map.contains_key(name);
        let mut set: BTreeMap<String, Values> = self
            .set
            .iter()
            .filter(|(name, _)| inherited(name))
            .map(|(name, values)| (name.clone(), values.clone()))
            .collect();
        set.extend(command.assignments.iter().map(|(name, word)| (name.clone(), self.whole(word))));
        let exported = set.keys().cloned().collect();
        Self { set, exported, arguments: Vec::new(), strict: false, ..self.clone() }
    }

    fn values(&self, part: &WordPart) -> Values {
        let value = |piece| match piece {
            Piece::Value(value) => value,
            Piece::All(_) | Piece::Stops(..) => None,
        };
        let pieces = self.pieces(part, 0).into_iter();
        pieces.map(|case| Case { when: case.when, value: value(case.value), trace: case.trace }).collect()
    }

    fn pieces(&self, part: &WordPart, depth: usize) -> Vec<Case<Piece>> {
        match part {
            WordPart::Literal(text) => always(Piece::Value(Some(text.clone()))),
            WordPart::Variable { name, span, operator: None, .. } => {
                let stops = |value: &Option<Text>| value.is_none() && self.strict;
                let piece = |value: Option<Text>| match value {
                    value if stops(&value) => Piece::Stops(format!("{name}: parameter not set"), *span),
                    value => Piece::Value(value),
                };
                let found = self.variable(name, *span).into_iter();
                found.map(|case| Case { when: case.when, value: piece(case.value), trace: case.trace }).collect()
            }
            WordPart::Variable { name, span, operator: Some((operator, operand)), quoted } => {
                let operand = if depth < MAX_DEPTH {
                    self.joined(&words::parse_word(operand, *quoted), depth + 1)
                } else {
                    always(Some(self.symbols.opaque_text(*span)))
                };
                self.with_operator((name, *span), operator, &operand)
            }
            WordPart::Opaque(span) => always(self.special(*span)),
        }
    }

    fn with_operator(&self, (name, span): (&str, Span), operator: &str, operand: &Values) -> Vec<Case<Piece>> {
        let mut out = Vec::new();
        for case in self.variable(name, span) {
            let missing = match &case.value {
                None => true,
                Some(text) => text.is_empty() && operator.starts_with(':'),
            };
            let piece = match (operator.trim_start_matches(':'), missing) {
                ("-" | "=", true) | ("+", false) => {
                    out.extend(operand.iter().filter_map(|operand| {
                        let trace = case.trace.iter().chain(&operand.trace).cloned().collect();
                        let value = Piece::Value(operand.value.clone());
                        Some(Case { when: both(&case.when, &operand.when)?, value, trace })
                    }));
                    continue;
                }
                ("+", true) => Piece::Value(None),
                ("-" | "=" | "?", false) => Piece::Value(case.value),
                ("?", true) => Piece::Stops(format!("{name}: parameter not set or null"), span),
                _ => Piece::Value(Some(self.symbols.opaque_text(span))),
            };
            out.push(Case { when: case.when, value: piece, trace: case.trace });
        }
        out
    }

    /// The value of a variable.
    fn variable(&self, name: &str, span: Span) -> Values {
        if let Some(values) = self.set.get(name) {
            return values.clone();
        }
        match self.environment.get(name) {
            Lookup::Found(variable) => {
                let mut found = cases(&variable.value);
                for case in &mut found {
                    case.trace.insert(0, Step { span: variable.name_span, label: format!("{name} is set here") });
                }
                found
            }
            Lookup::Unknown(_) => always(Some(self.symbols.opaque_text(span))),
            Lookup::Absent => always(None),
        }
    }

    /// `$1`, `$@`, and the output of commands: that of `echo` with one word is known, that of `$(cat FILE)` is the same value
    /// wherever the same file is read, any other is unknown.
    fn special(&self, span: Span) -> Piece {
        let written = self.sources.slice(span).trim_start_matches('\\').trim_start_matches('$');
        let name = written.trim_matches(['{', '}']);
        if matches!(name, "@" | "*") {
            return Piece::All(self.arguments.get(1..).unwrap_or_default().to_vec());
        }
        if let Ok(number) = name.parse::<usize>() {
            return Piece::Value(self.arguments.get(number).cloned());
        }
        let inner = written.trim_matches(['(', ')', '`', '"', ' ']);
        let plain = |text: &&str| text.chars().all(|char| char.is_ascii_alphanumeric() || "-_.,:/".contains(char));
        if let Some(printed) = inner.strip_prefix("echo ").map(str::trim).filter(plain) {
            return Piece::Value(Some(Text::mapped(printed, span)));
        }
        let path = inner.strip_prefix("cat ").or_else(|| inner.strip_prefix('<')).map(str::trim);
        Piece::Value(Some(match path.filter(|path| !path.contains([' ', '$', '|', ';'])) {
            Some(path) => {
                let name = (self.file_name)(path.trim_matches(['"', '\'']));
                self.symbols.variable_text("file", &name, span)
            }
            None => self.symbols.opaque_text(span),
        }))
    }
}

impl Fields {
    fn push(&mut self, piece: &Piece, splits: bool, anchor: Span) {
        let text = match piece {
            Piece::Value(value) => value.clone().unwrap_or_else(|| Text::empty(anchor)),
            Piece::All(words) => {
                self.done.extend(words.iter().cloned());
                return;
            }
            Piece::Stops(error, span) => {
                self.stops.get_or_insert((error.clone(), *span));
                return;
            }
        };
        if !splits {
            self.open.get_or_insert_with(|| Text::empty(anchor)).push_text(&text);
            return;
        }
        // An unquoted value that is empty vanishes, and blanks in it end the word.
        let blank = |char: char| matches!(char, ' ' | '\t' | '\n');
        let mut start = None;
        for (at, char) in text.as_str().char_indices().chain([(text.len(), ' ')]) {
            if !blank(char) {
                start.get_or_insert(at);
                continue;
            }
            if let Some(from) = start.take() {
                self.open.get_or_insert_with(|| Text::empty(anchor)).push_text(&text.slice(from..at));
            }
            if at < text.len() {
                let open = self.open.take();
                self.done.extend(open);
            }
        }
    }
}
