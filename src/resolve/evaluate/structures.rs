//! Dictionaries and lists: their entries, wherever these are written.

use crate::facts::code::{Binding, Expr, ExprKind};
use crate::source::Span;
use crate::symbol::{Condition, Symbols};

use super::cases::{ends, flat_map, join, opaque, under};
use super::values::{Case, Evaluator, Scope, Value};

impl<'a> Evaluator<'a> {
    /// What lies under a key; without it, the default, or else the program ends.
    pub(super) fn item(
        &self,
        span: Span,
        container: &Value<'a>,
        key: &'a Expr,
        scope: Scope<'a>,
        default: Option<&[Case<'a>]>,
    ) -> Vec<Case<'a>> {
        // Where the key can't be told, each entry may be meant.
        if let Value::Structure(structure, inner) = container
            && !matches!(key.kind, ExprKind::Text(_) | ExprKind::Number(_))
            && self.only(key, scope).is_none()
            && let Some(cases) = self.chosen(structure, *inner, key, scope)
        {
            return cases;
        }
        flat_map(self.eval(key, scope), |key| {
            let missing = || match default {
                Some(default) => default.to_vec(),
                None => ends(span, "KeyError"),
            };
            match (container, &key) {
                (Value::Fields(class), Value::Text(name)) => self.field(*class, name.as_str()).unwrap_or_else(missing),
                (Value::Structure(structure, inner), Value::Text(name)) if Symbols::is_known(name) => {
                    match entry(structure, name.as_str()) {
                        Some(value) => self.eval(value, *inner),
                        None if has_literal_keys(structure) => missing(),
                        None => opaque(span),
                    }
                }
                (Value::Structure(Expr { kind: ExprKind::List(values), .. }, inner), Value::Number(at)) => {
                    let value = at.as_str().parse::<usize>().ok().and_then(|at| values.get(at));
                    value.map_or_else(|| opaque(span), |value| self.eval(value, *inner))
                }
                _ => opaque(span),
            }
        })
    }

    /// `known[name]`: the entry of that name, or where it can't be told, each under a branch of its own.
    pub(super) fn chosen(
        &self,
        structure: &'a Expr,
        inner: Scope<'a>,
        key: &'a Expr,
        scope: Scope<'a>,
    ) -> Option<Vec<Case<'a>>> {
        if !matches!(structure.kind, ExprKind::Dict(_)) {
            return None;
        }
        let (entries, complete) = self.pairs(structure, inner);
        let mut cases = Vec::new();
        for wanted in self.eval(key, scope) {
            let known = match &wanted.value {
                Value::Text(text) if Symbols::is_known(text) => Some(text.as_str().to_owned()),
                Value::Text(_) | Value::Opaque(_) => None,
                _ => return None,
            };
            for (name, value, scope) in &entries {
                let when = match &known {
                    Some(known) if known == name => wanted.when.clone(),
                    Some(_) => continue,
                    None => join(&wanted.when, &[Condition::Branch(value.span)])?,
                };
                cases.extend(under(&when, self.eval(value, *scope)));
            }
        }
        (complete && !cases.is_empty()).then_some(cases)
    }

    /// Whether `name[key] = …` stands in a branch that may not be taken.
    pub fn may_be_skipped(&self, name: &Expr, key: &str, scope: Scope<'a>) -> bool {
        let ExprKind::Name(name) = &name.kind else { return false };
        let dotted = format!("{name}.{key}");
        let local = scope.function.map_or(&scope.module.bindings, |function| &function.bindings);
        let mut assigned = local.iter().filter(|binding| binding.name.value == dotted && !binding.guards.is_empty());
        assigned.any(|binding| self.outcomes(&binding.guards, scope).iter().any(|(_, holds)| !holds))
    }

    /// The entries of a dictionary with literal keys, wherever it is written, and whether these are all.
    pub fn pairs(&self, value: &'a Expr, scope: Scope<'a>) -> (Vec<(&'a str, &'a Expr, Scope<'a>)>, bool) {
        let (mut out, mut complete) = (Vec::new(), true);
        let mut work = vec![(value, scope)];
        while let Some((value, scope)) = work.pop() {
            if let ExprKind::Name(name) = &value.kind {
                complete &= set_later(name, scope, true, &mut out);
            }
            let cases = self.eval(value, scope);
            complete &= cases.len() == 1 && work.len() < 8 && out.len() < 256;
            for case in cases {
                match case.value {
                    Value::Structure(made @ Expr { kind: ExprKind::Dict(list), .. }, inner) => {
                        // What another function makes and returns, it may have filled in as well.
                        if let Some(name) = name_of(made, inner).filter(|_| !is_function_of(inner, scope)) {
                            complete &= set_later(name, inner, false, &mut out);
                        }
                        for (key, value) in list {
                            match key.as_ref().map(Expr::as_text) {
                                Some(Some(key)) => out.push((key.as_str(), value, inner)),
                                None if work.len() < 8 && out.len() < 256 => work.push((value, inner)),
                                _ => complete = false,
                            }
                        }
                    }
                    Value::Structure(Expr { kind: ExprKind::Call(call), .. }, inner) => {
                        out.extend(call.keywords.iter().map(|(key, value)| (key.value.as_str(), value, inner)));
                        complete &= call.spreads.is_empty();
                    }
                    _ => complete = false,
                }
            }
        }
        (out, complete)
    }
}

/// Entries that are set one by one, `OPTIONS["password"] = …`, in branches as well where `guarded`; whether these are
/// certain and all.
fn set_later<'a>(name: &str, scope: Scope<'a>, guarded: bool, out: &mut Vec<(&'a str, &'a Expr, Scope<'a>)>) -> bool {
    let mut complete = true;
    let prefix = format!("{name}.");
    let local = scope.function.map_or(&scope.module.bindings, |function| &function.bindings);
    for binding in local {
        if let (Some(key), Some(value)) = (binding.name.value.strip_prefix(&prefix), &binding.value) {
            complete &= binding.guards.is_empty();
            if guarded || binding.guards.is_empty() {
                out.push((key, value, scope));
            }
        }
    }
    let calls = scope.module.calls.iter().chain(scope.function.into_iter().flat_map(|one| &one.calls));
    let update = format!("{name}.update");
    for call in calls.filter_map(Expr::as_call).filter(|call| call.callee.dotted().as_ref() == Some(&update)) {
        out.extend(call.keywords.iter().map(|(key, value)| (key.value.as_str(), value, scope)));
        complete &= call.arguments.is_empty() && call.spreads.is_empty();
    }
    complete
}

/// The name that a function binds to an expression of its own.
fn name_of<'a>(made: &Expr, scope: Scope<'a>) -> Option<&'a str> {
    let is_it = |binding: &&Binding| binding.value.as_ref().is_some_and(|value| std::ptr::eq(value, made));
    Some(scope.function?.bindings.iter().find(is_it)?.name.value.as_str())
}

fn is_function_of(one: Scope<'_>, other: Scope<'_>) -> bool {
    match (one.function, other.function) {
        (Some(one), Some(other)) => std::ptr::eq(one, other),
        (one, other) => one.is_none() && other.is_none(),
    }
}

/// The value of a key in a dictionary literal.
pub(super) fn entry<'a>(structure: &'a Expr, key: &str) -> Option<&'a Expr> {
    if let ExprKind::Call(call) = &structure.kind {
        return call.keyword(key);
    }
    let ExprKind::Dict(entries) = &structure.kind else { return None };
    entries
        .iter()
        .rev()
        .find(|(name, _)| name.as_ref().and_then(Expr::as_text).is_some_and(|text| text.as_str() == key))
        .map(|(_, value)| value)
}

/// Whether every key of a dictionary is written out, so that one that is not among them is not there.
fn has_literal_keys(structure: &Expr) -> bool {
    match &structure.kind {
        ExprKind::Dict(entries) => {
            entries.iter().all(|(key, _)| key.as_ref().is_some_and(|key| key.as_text().is_some()))
        }
        ExprKind::Call(call) => call.spreads.is_empty() && call.arguments.is_empty(),
        _ => false,
    }
}
