//! What counts as true, and the conditions of `or`, `and`, `not`, `==` and branches.

use crate::facts::code::{Expr, ExprKind};
use crate::source::Span;
use crate::symbol::{Condition, MAX_ALTERNATIVES, Symbols, is_symbol};
use crate::text::Text;

use super::cases::{as_text, flat_map, join, map, opaque};
use super::values::{Case, Evaluator, Scope, Value};

impl<'a> Evaluator<'a> {
    /// `or` (`stop` is true) and `and`.
    pub(super) fn first_where(&self, values: &'a [Expr], scope: Scope<'a>, stop: bool) -> Vec<Case<'a>> {
        let mut out = Vec::new();
        let mut live: Vec<Vec<Condition>> = vec![Vec::new()];
        for (at, value) in values.iter().enumerate() {
            let mut next = Vec::new();
            for case in self.eval(value, scope) {
                for before in &live {
                    let Some(when) = join(before, &case.when) else { continue };
                    let case = Case { when, ..case.clone() };
                    if at + 1 == values.len() || matches!(case.value, Value::Ends(_)) {
                        out.push(case);
                        continue;
                    }
                    for (when, truth) in truth(&case) {
                        match truth {
                            Some(truth) if truth != stop => next.push(when),
                            Some(_) => out.push(Case { when, ..case.clone() }),
                            None => {
                                out.push(Case { when: branch(&when, value.span, true), ..case.clone() });
                                next.push(branch(&when, value.span, false));
                            }
                        }
                    }
                }
            }
            live = next;
            if out.len() + live.len() > MAX_ALTERNATIVES {
                return Vec::new();
            }
        }
        out
    }

    pub(super) fn truths(&self, test: &'a Expr, scope: Scope<'a>) -> Vec<(Vec<Condition>, Option<bool>)> {
        self.eval(test, scope).iter().flat_map(truth).collect()
    }

    /// As [`Self::truths`], where an undecided test gives both branches.
    pub(super) fn decided(&self, test: &'a Expr, scope: Scope<'a>) -> Vec<(Vec<Condition>, bool)> {
        let mut out = Vec::new();
        for (when, truth) in self.truths(test, scope) {
            match truth {
                Some(truth) => out.push((when, truth)),
                None => out.extend([true, false].map(|holds| (branch(&when, test.span, holds), holds))),
            }
        }
        out
    }

    /// Whether evaluating an expression ends with an exception.
    pub(super) fn raises(&self, inner: &'a Expr, scope: Scope<'a>) -> Vec<Case<'a>> {
        let raised = |value: &Value<'a>| match value {
            Value::Opaque(span) => Value::Opaque(*span),
            value => Value::Bool(matches!(value, Value::Ends(_))),
        };
        // Each case counts, also those that are dropped from a value.
        let cases = self.eval_kind(inner, scope);
        cases.into_iter().map(|case| Case { value: raised(&case.value), ..case }).collect()
    }

    /// `a in b`: of names in the environment, and of texts in lists, dictionaries and texts.
    pub(super) fn inside(&self, expr: &'a Expr, left: &'a Expr, right: &'a Expr, scope: Scope<'a>) -> Vec<Case<'a>> {
        if self.qualified(right, scope).as_deref() == Some("os.environ")
            && let Some(name) = left.as_text()
        {
            let cases = self.environment(name.as_str(), expr.span, &[]);
            return map(cases, |value| Some(Value::Bool(!matches!(value, Value::None))), expr.span);
        }
        // `None` is a member of its own.
        let known = |value: &Value<'a>| match value {
            Value::None => Some(None),
            value => as_text(value).filter(Symbols::is_known).map(Some),
        };
        let member = |expr: &'a Expr, scope| match self.eval(expr, scope).as_slice() {
            [only] => known(&only.value),
            _ => None,
        };
        flat_map(self.eval(left, scope), |value| {
            let Some(wanted) = known(&value) else { return opaque(expr.span) };
            let holds = |container: Value<'a>| {
                let members: Vec<Option<Text>> = match container {
                    Value::Text(text) if Symbols::is_known(&text) => {
                        return Some(Value::Bool(text.as_str().contains(wanted.as_ref()?.as_str())));
                    }
                    Value::Structure(Expr { kind: ExprKind::List(list), .. }, inner) => {
                        list.iter().map(|one| member(one, inner)).collect::<Option<_>>()?
                    }
                    Value::Structure(Expr { kind: ExprKind::Dict(entries), .. }, _) => entries
                        .iter()
                        .map(|(key, _)| key.as_ref()?.as_text().cloned().map(Some))
                        .collect::<Option<_>>()?,
                    _ => return None,
                };
                Some(Value::Bool(members.contains(&wanted)))
            };
            map(self.eval(right, scope), holds, expr.span)
        })
    }

    /// The text of an expression that has one value, known to the last byte.
    pub(super) fn only(&self, expr: &'a Expr, scope: Scope<'a>) -> Option<Text> {
        match self.eval(expr, scope).as_slice() {
            [only] => as_text(&only.value).filter(Symbols::is_known),
            _ => None,
        }
    }

    pub(super) fn equal(&self, expr: &'a Expr, left: &'a Expr, right: &'a Expr, scope: Scope<'a>) -> Vec<Case<'a>> {
        let right = self.eval(right, scope);
        self.eval(left, scope)
            .iter()
            .flat_map(|left| right.iter().map(move |right| (left, right)))
            .filter_map(|(left, right)| {
                let when = join(&left.when, &right.when)?;
                let value = match (&left.value, &right.value) {
                    (Value::None, Value::None) => Value::Bool(true),
                    (Value::None, Value::Text(_)) | (Value::Text(_), Value::None) => Value::Bool(false),
                    (Value::Text(a), Value::Text(b)) if a == b || (Symbols::is_known(a) && Symbols::is_known(b)) => {
                        Value::Bool(a == b)
                    }
                    (Value::Bool(a), Value::Bool(b)) => Value::Bool(a == b),
                    _ => Value::Opaque(expr.span),
                };
                Some(Case { when, value, trace: Vec::new() })
            })
            .collect()
    }
}

/// A branch that can't be decided: the test's place where it is taken, the empty place behind the test where not.
fn branch(when: &[Condition], test: Span, holds: bool) -> Vec<Condition> {
    let span = if holds { test } else { Span { start: test.end, ..test } };
    let mut when = when.to_vec();
    if !when.contains(&Condition::Branch(span)) {
        when.push(Condition::Branch(span));
    }
    when
}

/// Whether a value counts as true; a lone symbol that is not known to be set may be either.
fn truth(case: &Case<'_>) -> Vec<(Vec<Condition>, Option<bool>)> {
    let known = |truth| vec![(case.when.clone(), Some(truth))];
    match &case.value {
        Value::None => known(false),
        Value::Bool(value) => known(*value),
        Value::Number(text) => known(text.as_str() != "0"),
        Value::Text(text) => {
            let mut chars = text.as_str().chars();
            match (chars.next(), chars.next()) {
                (None, _) => known(false),
                (Some(symbol), None) if is_symbol(symbol) && !case.when.contains(&Condition::Set(symbol)) => {
                    [(Condition::Set(symbol), true), (Condition::Empty(symbol), false)]
                        .into_iter()
                        .filter_map(|(condition, truth)| Some((join(&case.when, &[condition])?, Some(truth))))
                        .collect()
                }
                _ => known(true),
            }
        }
        Value::Structure(expr, _) => match &expr.kind {
            ExprKind::Dict(entries) => known(!entries.is_empty()),
            ExprKind::List(values) => known(!values.is_empty()),
            _ => known(true),
        },
        Value::Parts(parts) => known(!parts.is_empty()),
        Value::Url(_)
        | Value::Fields(_)
        | Value::Class(_)
        | Value::Instance(_)
        | Value::Module(_)
        | Value::Function(..) => known(true),
        Value::Opaque(_) | Value::Ends(_) => vec![(case.when.clone(), None)],
    }
}
