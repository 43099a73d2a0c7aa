//! Interpolation: templates and the variables around them → alternatives of a value.
//!
//! A variable that the repository sets (`.env`) is known. Any other is a symbol of the shell: unset for a fresh clone,
//! set elsewhere. Alternatives that contradict each other about one variable are never joined.

use std::collections::BTreeMap;

use crate::config::ComposeVersion;
use crate::finding::{Level, Notice};
use crate::resolve::conditions::both;
use crate::source::Span;
use crate::symbol::{Alternative, Condition, MAX_ALTERNATIVES, Resolved, Step, Symbols};
use crate::syntax::template::{self, Operator, Part, Template, Variable};
use crate::text::Text;

/// Nesting of references (`${A:-${B:-…}}`) that is followed.
const MAX_DEPTH: usize = 16;

/// The scope of symbols that come from the shell which runs compose.
pub const SHELL: &str = "shell";

/// Variables that every shell sets, or compose itself; "unset" is no world to judge for them.
const ALWAYS_SET: [&str; 5] = ["PWD", "HOME", "USER", "PATH", "COMPOSE_PROJECT_NAME"];

/// What `${NAME}` may refer to.
#[derive(Clone)]
pub struct Scope<'a> {
    symbols: &'a Symbols,
    /// Operands are looked at even where they do not count, as compose 2 does.
    eager: bool,
    known: BTreeMap<String, Resolved>,
}

impl<'a> Scope<'a> {
    /// A scope that knows no variable: all are the shell's.
    #[must_use]
    pub fn new(symbols: &'a Symbols, version: ComposeVersion) -> Self {
        Self { symbols, eager: version == ComposeVersion::V2, known: BTreeMap::new() }
    }

    /// The table that its symbols belong to.
    #[must_use]
    pub fn symbols(&self) -> &'a Symbols {
        self.symbols
    }

    /// Sets a variable, whatever it was before.
    pub fn set(&mut self, name: String, value: Resolved) {
        self.known.insert(name, value);
    }

    /// Sets a variable where nothing sets it yet.
    pub fn set_default(&mut self, name: String, value: Resolved) {
        self.known.entry(name).or_insert(value);
    }

    /// What the repository says about a variable.
    #[must_use]
    pub fn known(&self, name: &str) -> Option<&Resolved> {
        self.known.get(name)
    }

    /// Every state a variable may be in; a value of `None` is "unset".
    #[must_use]
    pub fn states(&self, name: &str, span: Span) -> Resolved {
        if let Some(known) = self.known.get(name) {
            return known.clone();
        }
        let symbol = self.symbols.variable(SHELL, name);
        let set = Alternative {
            when: vec![Condition::Set(symbol)],
            value: Some(Text::mapped(symbol.encode_utf8(&mut [0; 4]), span)),
            trace: Vec::new(),
        };
        if ALWAYS_SET.contains(&name) {
            return Resolved { alternatives: vec![Alternative { when: Vec::new(), ..set }] };
        }
        let unset = Alternative { when: vec![Condition::Unset(symbol)], value: None, trace: Vec::new() };
        Resolved { alternatives: vec![unset, set] }
    }

    /// The value of a text with its references filled in. What compose would refuse is a notice, and unknown.
    pub fn interpolate(&self, text: &Text, notices: &mut Vec<Notice>) -> Resolved {
        let masked = self.mask(text);
        let text = masked.as_ref().unwrap_or(text);
        if !text.as_str().contains('$') {
            return Resolved::known(text.clone(), Vec::new());
        }
        match template::parse(text) {
            Ok(template) => self.expand(&template, notices, &[]),
            Err(error) => {
                notices.push(Notice::at("invalid-interpolation", Level::Warning, error.span, error.message));
                Resolved::known(self.symbols.opaque_text(text.span()), Vec::new())
            }
        }
    }

    /// `{{ … }}` is filled in by another program before compose reads the file, or by Docker later: unknown here.
    fn mask(&self, text: &Text) -> Option<Text> {
        let mut out = Text::empty(text.anchor());
        let mut at = 0;
        while let Some(open) = text.as_str()[at..].find("{{").map(|open| at + open)
            && let Some(close) = text.as_str()[open..].find("}}").map(|close| open + close + 2)
        {
            out.push_text(&text.slice(at..open));
            out.push_text(&self.symbols.opaque_text(text.span_of(open..close)));
            at = close;
        }
        (at > 0).then(|| {
            out.push_text(&text.slice(at..text.len()));
            out
        })
    }

    /// `within` are the states of the variables whose operand the template is, from the outermost on.
    fn expand(&self, template: &Template, notices: &mut Vec<Notice>, within: &[&[Condition]]) -> Resolved {
        if within.len() > MAX_DEPTH {
            return Resolved::known(self.symbols.opaque_text(template.anchor), Vec::new());
        }
        let start = Alternative { when: Vec::new(), value: Some(Text::empty(template.anchor)), trace: Vec::new() };
        let mut value = Resolved { alternatives: vec![start] };
        for part in &template.parts {
            let part = match part {
                Part::Literal(text) => Resolved::known(text.clone(), Vec::new()),
                Part::Variable(variable) => self.variable(variable, notices, within),
            };
            value = append(&value, &part);
        }
        value
    }

    fn variable(&self, variable: &Variable, notices: &mut Vec<Notice>, within: &[&[Condition]]) -> Resolved {
        let step = Step { span: variable.span, label: format!("`{}` is read here", variable.name) };
        let (mut alternatives, mut missing) = (Vec::new(), false);
        if self.eager
            && let Some(operand) = variable.operator.operand()
        {
            self.expand(operand, notices, &[within, &[&[]]].concat());
        }
        for state in self.states(&variable.name, variable.span).alternatives {
            // `${V:+${V:?m}}`: where it matters, V is set.
            if within.iter().any(|outer| both(outer, &state.when).is_none()) {
                continue;
            }
            let within = [within, &[state.when.as_slice()]].concat();
            let unset = |empty_too: bool| match &state.value {
                None => true,
                Some(text) => empty_too && text.is_empty(),
            };
            let nothing = || Resolved::known(Text::empty(variable.span), Vec::new());
            let value = match &variable.operator {
                Operator::Default { empty_too, value } if unset(*empty_too) => self.expand(value, notices, &within),
                Operator::Replacement { empty_too, value } if !unset(*empty_too) => {
                    self.expand(value, notices, &within)
                }
                Operator::Replacement { .. } => nothing(),
                Operator::Required { empty_too, .. } if unset(*empty_too) => {
                    missing = true;
                    continue;
                }
                _ => match &state.value {
                    Some(text) => Resolved::known(text.clone(), Vec::new()),
                    None => nothing(),
                },
            };
            for inner in value.alternatives {
                let Some(when) = both(&state.when, &inner.when) else { continue };
                let trace = [std::slice::from_ref(&step), &state.trace, &inner.trace].concat();
                alternatives.push(Alternative { when, value: inner.value, trace });
            }
        }
        if missing {
            // Who sets it in the shell is not refused.
            let level = if alternatives.is_empty() { Level::Warning } else { Level::Info };
            let message = format!("required variable {} is missing a value", variable.name);
            notices.push(Notice::at("required-variable", level, variable.span, message));
        }
        if alternatives.is_empty() {
            return Resolved::known(self.symbols.opaque_text(variable.span), vec![step]);
        }
        limit(alternatives)
    }
}

/// `left` followed by `right`, in every combination that can be.
fn append(left: &Resolved, right: &Resolved) -> Resolved {
    let mut joined = Vec::new();
    for one in &left.alternatives {
        for other in &right.alternatives {
            let (Some(head), Some(tail)) = (&one.value, &other.value) else { continue };
            let Some(when) = both(&one.when, &other.when) else { continue };
            // An empty value has no bytes to point at: it keeps the place of its reference.
            let mut value = if head.is_empty() && tail.is_empty() { tail.clone() } else { head.clone() };
            value.push_text(tail);
            joined.push(Alternative { when, value: Some(value), trace: [one.trace.as_slice(), &other.trace].concat() });
        }
    }
    limit(joined)
}

/// At most [`MAX_ALTERNATIVES`]; beyond that the two ends stand for all: what a fresh clone gets, and everything set.
fn limit(mut alternatives: Vec<Alternative>) -> Resolved {
    keep_ends(&mut alternatives);
    Resolved { alternatives }
}

/// Cuts a list that is longer than [`MAX_ALTERNATIVES`] down to its ends.
pub fn keep_ends<T>(alternatives: &mut Vec<T>) {
    if alternatives.len() > MAX_ALTERNATIVES {
        let last = alternatives.pop();
        alternatives.truncate(1);
        alternatives.extend(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn resolve(scope: &Scope<'_>, value: &str) -> (Vec<String>, Vec<Notice>) {
        let text = Text::exact(value, Span::new(FileId(0), 0..value.len()));
        let mut notices = Vec::new();
        let resolved = scope.interpolate(&text, &mut notices);
        let show = |alternative: &Alternative| scope.symbols.display(alternative.value.as_ref().unwrap().as_str());
        (resolved.alternatives.iter().map(show).collect(), notices)
    }

    #[test]
    fn unknown_variables_have_a_fresh_clone_first() {
        let symbols = Symbols::default();
        let scope = Scope::new(&symbols, ComposeVersion::V5);
        assert_eq!(resolve(&scope, "a${V}b").0, ["ab", "a${V}b"]);
        assert_eq!(resolve(&scope, "${V:-d}").0, ["d", "${V}"]);
        assert_eq!(resolve(&scope, "${V:?e}").0, ["${V}"]);
        assert_eq!(resolve(&scope, "${V:+r}").0, ["", "r"]);
        assert_eq!(resolve(&scope, "a$$b").0, ["a$b"]);
    }

    #[test]
    fn one_variable_has_one_state_at_a_time() {
        let symbols = Symbols::default();
        let scope = Scope::new(&symbols, ComposeVersion::V5);
        assert_eq!(resolve(&scope, "${V}-${V:-d}").0, ["-d", "${V}-${V}"]);
    }

    #[test]
    fn known_variables_are_values() {
        let symbols = Symbols::default();
        let mut scope = Scope::new(&symbols, ComposeVersion::V5);
        let at = Span::new(FileId(1), 2..4);
        scope.set("V".to_owned(), Resolved::known(Text::exact("pw", at), Vec::new()));
        scope.set("E".to_owned(), Resolved::known(Text::empty(at), Vec::new()));
        assert_eq!(resolve(&scope, "x${V}${E:-d}${E-e}").0, ["xpwd"]);
        let (_, notices) = resolve(&scope, "${E:?must be set}");
        assert_eq!(notices[0].message, "required variable E is missing a value");
    }

    #[test]
    fn template_expressions_are_unknown() {
        let symbols = Symbols::default();
        let scope = Scope::new(&symbols, ComposeVersion::V5);
        assert_eq!(resolve(&scope, "redis://:{{ pw | d('${X') }}@redis/${DB:-0}").0[0], "redis://:…@redis/0");
    }

    #[test]
    fn many_variables_keep_both_ends() {
        let symbols = Symbols::default();
        let scope = Scope::new(&symbols, ComposeVersion::V5);
        assert_eq!(resolve(&scope, "${A}${B}${C}${D}${E}").0, ["", "${A}${B}${C}${D}${E}"]);
    }
}
