//! Dictionaries and lists: their entries, wherever these are written.

use crate::facts::code::{Expr, ExprKind};

use crate::symbol::{Condition, Symbols};

use super::cases::{join, under};
use super::values::{Case, Evaluator, Scope, Value};

impl<'a> Evaluator<'a> {
    pub(super) fn item(&self, structure: &'a Expr, key: &'a Expr, scope: Scope<'a>) -> Option<Vec<Case<'a>>> {
        match (&structure.kind, &key.kind) {
            (ExprKind::Dict(_) | ExprKind::Call(_), ExprKind::Text(text)) => {
                entry(structure, text.as_str()).map(|value| self.eval(value, scope))
            }
            (ExprKind::List(values), ExprKind::Number(at)) => {
                values.get(at.as_str().parse::<usize>().ok()?).map(|value| self.eval(value, scope))
            }
            _ => None,
        }
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
            // Entries that are set one by one: `OPTIONS["password"] = …`.
            if let ExprKind::Name(name) = &value.kind {
                let prefix = format!("{name}.");
                let local = scope.function.map_or(&scope.module.bindings, |function| &function.bindings);
                for binding in local {
                    if let (Some(key), Some(value)) = (binding.name.value.strip_prefix(&prefix), &binding.value) {
                        complete &= binding.guards.is_empty();
                        out.push((key, value, scope));
                    }
                }
                let calls = scope.module.calls.iter().chain(scope.function.into_iter().flat_map(|one| &one.calls));
                let update = format!("{name}.update");
                for call in
                    calls.filter_map(Expr::as_call).filter(|call| call.callee.dotted().as_ref() == Some(&update))
                {
                    out.extend(call.keywords.iter().map(|(key, value)| (key.value.as_str(), value, scope)));
                    complete &= call.arguments.is_empty() && call.spreads.is_empty();
                }
            }
            let cases = self.eval(value, scope);
            complete &= cases.len() == 1 && work.len() < 8 && out.len() < 256;
            for case in cases {
                match case.value {
                    Value::Structure(Expr { kind: ExprKind::Dict(list), .. }, inner) => {
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
