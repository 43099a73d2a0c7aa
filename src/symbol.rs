//! Values that the repository does not hold.
//!
//! A secret from the shell, a Kubernetes Secret or code that can't be read is a *symbol*: one character of a private
//! range inside a [`Text`]. All text processing (shell words, URLs, redis.conf) carries it along like any other
//! character, and two values built from the same symbols are equal exactly when their strings are: the same unknown
//! secret on both sides is a match without being known.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::source::Span;
use crate::text::{TOO_LONG, Text};

/// Plane 15 and 16: 131,068 symbols a run, far more than variables in any repository seen.
const FIRST: u32 = 0xF_0000;
const LAST: u32 = TOO_LONG as u32;

/// Whether a character stands for a symbol.
#[must_use]
pub fn is_symbol(char: char) -> bool {
    (FIRST..=LAST).contains(&u32::from(char))
}

/// What is unknown about a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Symbol {
    /// A variable whose value lies outside the repository. `scope` keeps namespaces apart: the shell that runs
    /// compose, the environment of one container, a Kubernetes Secret: `${X}` of one is not `$X` of another.
    Variable {
        /// Such as `shell`, `container backend`, `secret payments/redis`.
        scope: String,
        /// The variable's or key's name.
        name: String,
    },
    /// A known change of an unknown value, such as percent-encoding.
    Changed {
        /// The symbol that was changed.
        base: char,
        /// What was done to it.
        change: Change,
    },
    /// Something that can't be resolved; equal to nothing, not even to itself read elsewhere.
    Opaque {
        /// Where it stands.
        span: Span,
        /// Distinguishes it from every other.
        serial: u32,
    },
}

/// A change that code makes to a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Change {
    /// `urllib.parse.quote`/`quote_plus`: undone by the percent decoding of a URL.
    PercentEncoded,
    /// `.strip()`.
    Stripped,
    /// `.lower()`.
    Lowercase,
}

/// The symbols of a run.
#[derive(Default)]
pub struct Symbols {
    inner: RefCell<Table>,
}

#[derive(Default)]
struct Table {
    list: Vec<Symbol>,
    index: HashMap<Symbol, char>,
}

impl Symbols {
    /// The character that stands for `symbol`; the same one each time it is asked for.
    pub fn intern(&self, symbol: Symbol) -> char {
        let mut table = self.inner.borrow_mut();
        if let Some(char) = table.index.get(&symbol) {
            return *char;
        }
        let next = FIRST + u32::try_from(table.list.len()).unwrap_or(u32::MAX - FIRST);
        // Noncharacters end each plane; skipping is not needed as they are valid `char`s. Beyond the range everything
        // shares the last symbol, which `is_opaque` reports as unknown.
        let char = char::from_u32(next).filter(|char| u32::from(*char) < LAST);
        let Some(char) = char else { return TOO_LONG };
        table.list.push(symbol.clone());
        table.index.insert(symbol, char);
        char
    }

    /// A variable of a scope.
    pub fn variable(&self, scope: &str, name: &str) -> char {
        self.intern(Symbol::Variable { scope: scope.to_owned(), name: name.to_owned() })
    }

    /// Something unknown at `span`, equal to nothing else.
    pub fn opaque(&self, span: Span) -> char {
        let serial = u32::try_from(self.inner.borrow().list.len()).unwrap_or(u32::MAX);
        self.intern(Symbol::Opaque { span, serial })
    }

    /// A text that is nothing but the opaque symbol of `span`.
    pub fn opaque_text(&self, span: Span) -> Text {
        Text::mapped(self.opaque(span).encode_utf8(&mut [0; 4]), span)
    }

    /// A text that is nothing but a variable's symbol, pointing at the reference.
    pub fn variable_text(&self, scope: &str, name: &str, span: Span) -> Text {
        Text::mapped(self.variable(scope, name).encode_utf8(&mut [0; 4]), span)
    }

    /// What a character stands for.
    #[must_use]
    pub fn get(&self, char: char) -> Option<Symbol> {
        let at = u32::from(char).checked_sub(FIRST)?;
        self.inner.borrow().list.get(at as usize).cloned()
    }

    /// Whether a character is an opaque symbol: nothing may be concluded from it.
    #[must_use]
    pub fn is_opaque(&self, char: char) -> bool {
        is_symbol(char)
            && match self.get(char) {
                Some(Symbol::Opaque { .. }) | None => true,
                Some(Symbol::Changed { base, .. }) => self.is_opaque(base),
                Some(Symbol::Variable { .. }) => false,
            }
    }

    /// Whether the value is known to the last byte.
    #[must_use]
    pub fn is_known(text: &Text) -> bool {
        !text.as_str().contains(is_symbol)
    }

    /// Whether anything in the value is opaque.
    #[must_use]
    pub fn has_opaque(&self, text: &Text) -> bool {
        text.as_str().chars().any(|char| self.is_opaque(char))
    }

    /// The value for people: symbols as `${NAME}`, opaque parts as `…`. The caller masks secrets.
    #[must_use]
    pub fn display(&self, value: &str) -> String {
        let mut out = String::with_capacity(value.len());
        for char in value.chars() {
            if !is_symbol(char) {
                out.push(char);
                continue;
            }
            let mut symbol = self.get(char);
            while let Some(Symbol::Changed { base, .. }) = symbol {
                symbol = self.get(base);
            }
            match symbol {
                Some(Symbol::Variable { name, .. }) => {
                    out.push_str("${");
                    out.push_str(&name);
                    out.push('}');
                }
                _ => out.push('…'),
            }
        }
        out
    }
}

/// What has to hold for an alternative of a value to be the one in force.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Condition {
    /// The variable behind this symbol character is not set outside the repository.
    Unset(char),
    /// It is set, but empty.
    Empty(char),
    /// It is set and not empty.
    Set(char),
    /// A branch of code was taken; which one can't be told.
    Branch(Span),
    /// The value comes from an example file that stands in for an untracked one.
    Example(Span),
}

/// A place that a value passed on its way; the first is where it is used, the last where it is defined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Where.
    pub span: Span,
    /// At most eight words, such as `REDIS_URL is set here`.
    pub label: String,
}

/// One value that a setting may have.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// All of these hold; empty: always.
    pub when: Vec<Condition>,
    /// `None`: known to be absent (unset, Python's `None`).
    pub value: Option<Text>,
    /// How it came to be.
    pub trace: Vec<Step>,
}

/// Beyond this many alternatives a value counts as unknown: more than a person would follow either.
pub const MAX_ALTERNATIVES: usize = 16;

/// Every value that a setting may have; never empty.
#[derive(Clone, Debug)]
pub struct Resolved {
    /// In the order of likelihood for a fresh clone: the first is what it would get.
    pub alternatives: Vec<Alternative>,
}

impl Resolved {
    /// One certain value.
    #[must_use]
    pub fn known(text: Text, trace: Vec<Step>) -> Self {
        Self { alternatives: vec![Alternative { when: Vec::new(), value: Some(text), trace }] }
    }

    /// Known to be absent.
    #[must_use]
    pub fn absent() -> Self {
        Self { alternatives: vec![Alternative { when: Vec::new(), value: None, trace: Vec::new() }] }
    }

    /// Whether it is certainly absent.
    #[must_use]
    pub fn is_absent(&self) -> bool {
        self.alternatives.iter().all(|alternative| alternative.value.is_none())
    }

    /// The value where there is only one.
    #[must_use]
    pub fn single(&self) -> Option<&Alternative> {
        match self.alternatives.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    #[test]
    fn the_same_variable_is_equal_and_scopes_are_apart() {
        let symbols = Symbols::default();
        assert_eq!(symbols.variable("shell", "PW"), symbols.variable("shell", "PW"));
        assert_ne!(symbols.variable("shell", "PW"), symbols.variable("container web", "PW"));
    }

    #[test]
    fn opaque_equals_nothing() {
        let symbols = Symbols::default();
        let span = Span::new(FileId(0), 0..1);
        let (one, two) = (symbols.opaque(span), symbols.opaque(span));
        assert_ne!(one, two);
        assert!(symbols.is_opaque(one));
    }

    #[test]
    fn symbols_show_their_names() {
        let symbols = Symbols::default();
        let char = symbols.variable("shell", "PW");
        assert_eq!(symbols.display(&format!("redis://:{char}@h")), "redis://:${PW}@h");
    }
}
