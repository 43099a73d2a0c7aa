//! The words behind `docker run` → its arguments, as the script's shell hands them on.
//!
//! What the script sets once is filled in; any other variable is a symbol of the shell that runs the script, and in
//! `${X:-default}` it may be unset. Where more than one word may stand for one, the word says so.

use std::collections::BTreeMap;

use crate::facts::launch::ScriptVariable;
use crate::resolve::compose::variables::keep_ends;
use crate::resolve::conditions::{always, both};
use crate::resolve::project::Case;
use crate::source::Span;
use crate::symbol::{Condition, Step, Symbols, is_symbol};
use crate::syntax::words::{self, Word, WordPart};
use crate::text::Text;

/// Variables in the values of variables that are followed.
const MAX_DEPTH: usize = 8;

/// One argument.
#[derive(Clone)]
pub(super) struct Argument {
    pub text: Text,
    /// Its value is not known and nothing quotes it: there may be several arguments in its place, or none.
    pub loose: bool,
}

/// What a script's shell knows.
pub(super) struct Shell<'a> {
    pub variables: &'a BTreeMap<String, ScriptVariable>,
    pub symbols: &'a Symbols,
    /// The symbols of the script's own shell.
    pub scope: &'a str,
}

impl Shell<'_> {
    /// The arguments, in every state of the variables that they have defaults for; where these are too many, in the two
    /// that matter: nothing set, and everything.
    pub(super) fn arguments(&self, all: &[Word]) -> Vec<Case<Vec<Argument>>> {
        let mut out = always(Vec::new());
        for word in all {
            out = joined(&out, &self.word(word), |before: &Vec<Argument>, more| {
                let mut arguments = before.clone();
                arguments.extend(more.iter().cloned());
                arguments
            });
        }
        out
    }

    /// A variable that the script hands on by name: what its shell has under that name, if the script does not set it.
    pub(super) fn passed(&self, name: &str, span: Span) -> Text {
        match self.variables.get(name) {
            Some(_) => self.symbols.opaque_text(span),
            None => self.symbols.variable_text(self.scope, name, span),
        }
    }

    fn word(&self, word: &Word) -> Vec<Case<Vec<Argument>>> {
        let alone = match word.parts.as_slice() {
            [WordPart::Variable { quoted, .. }] => !quoted,
            [WordPart::Opaque(_)] => true,
            _ => false,
        };
        let split = |text: Text| match (alone, text.as_str().contains(is_symbol)) {
            (true, false) => fields(&text).into_iter().map(|text| Argument { text, loose: false }).collect(),
            (loose, unknown) => vec![Argument { text, loose: loose && unknown }],
        };
        let whole = self.whole(word, &[]).into_iter();
        whole.map(|case| Case { when: case.when, value: split(case.value), trace: case.trace }).collect()
    }

    /// A word that nothing splits; `within`: the variables whose values it is part of.
    fn whole(&self, word: &Word, within: &[&str]) -> Vec<Case<Text>> {
        let mut out = always(Text::empty(word.span));
        for part in &word.parts {
            let values = match part {
                WordPart::Literal(text) => always(text.clone()),
                WordPart::Opaque(span) => always(self.symbols.opaque_text(*span)),
                WordPart::Variable { name, span, operator: None, .. } => self.variable(name, *span, within),
                WordPart::Variable { name, span, operator: Some((operator, operand)), quoted } => {
                    let deeper = || [within, &[""]].concat();
                    let operand = || self.whole(&words::parse_word(operand, *quoted), &deeper());
                    self.with_operator((name, *span), operator, operand, within)
                }
            };
            out = joined(&out, &values, |before: &Text, value| {
                let mut text = before.clone();
                text.push_text(value);
                text
            });
        }
        out
    }

    /// What the script sets a variable to; in `X=${X:-default}` the second one is the shell's own.
    fn set(&self, name: &str, within: &[&str]) -> Option<&ScriptVariable> {
        self.variables.get(name).filter(|_| !within.contains(&name))
    }

    fn variable(&self, name: &str, span: Span, within: &[&str]) -> Vec<Case<Text>> {
        match self.set(name, within) {
            Some(ScriptVariable::Once(word)) if within.len() < MAX_DEPTH => {
                let mut values = self.whole(word, &[within, &[name]].concat());
                for case in &mut values {
                    case.trace.insert(0, Step { span, label: format!("`{name}` is read here") });
                }
                values
            }
            Some(ScriptVariable::Default(word)) if within.len() < MAX_DEPTH => {
                self.unless_set(name, span, self.whole(word, &[within, &[name]].concat()))
            }
            Some(_) => always(self.symbols.opaque_text(span)),
            None => always(self.symbols.variable_text(self.scope, name, span)),
        }
    }

    fn with_operator(
        &self,
        (name, span): (&str, Span),
        operator: &str,
        operand: impl FnOnce() -> Vec<Case<Text>>,
        within: &[&str],
    ) -> Vec<Case<Text>> {
        let defaults = operator.ends_with(['-', '=']) && within.len() < MAX_DEPTH;
        match self.set(name, within) {
            // The script sets it, so that a default never counts, unless what it sets is empty.
            Some(ScriptVariable::Once(word)) if !word.parts.is_empty() && !operator.ends_with('+') => {
                self.variable(name, span, within)
            }
            None if defaults => self.unless_set(name, span, operand()),
            None if operator.ends_with('?') => self.variable(name, span, within),
            _ => always(self.symbols.opaque_text(span)),
        }
    }

    /// What a variable stands for that has these values where the script's own shell does not set it.
    fn unless_set(&self, name: &str, span: Span, values: Vec<Case<Text>>) -> Vec<Case<Text>> {
        let symbol = self.symbols.variable(self.scope, name);
        let mut out = Vec::new();
        for case in values {
            let mut trace = vec![Step { span, label: format!("`{name}` is read here") }];
            trace.extend(case.trace);
            let Some(when) = both(&[Condition::Unset(symbol)], &case.when) else { continue };
            out.push(Case { when, value: case.value, trace });
        }
        let value = self.symbols.variable_text(self.scope, name, span);
        out.push(Case { when: vec![Condition::Set(symbol)], value, trace: Vec::new() });
        out
    }
}

/// Every combination that can be.
fn joined<A, B, C>(cases: &[Case<A>], more: &[Case<B>], join: impl Fn(&A, &B) -> C) -> Vec<Case<C>> {
    let mut out = Vec::new();
    for one in cases {
        for other in more {
            let Some(when) = both(&one.when, &other.when) else { continue };
            let trace = one.trace.iter().chain(&other.trace).cloned().collect();
            out.push(Case { when, value: join(&one.value, &other.value), trace });
        }
    }
    keep_ends(&mut out);
    out
}

/// What stands between blanks.
fn fields(text: &Text) -> Vec<Text> {
    let value = text.as_str();
    let mut at = 0;
    let pieces = value.split([' ', '\t', '\n']).map(|piece| {
        let start = at;
        at += piece.len() + 1;
        text.slice(start..start + piece.len())
    });
    pieces.filter(|piece| !piece.is_empty()).collect()
}
