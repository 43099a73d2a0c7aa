//! What calls and methods give: functions of the repository, and the few of Python that settings are made with.

use crate::facts::code::{Call, Expr, ExprKind, Function};
use crate::symbol::{Change, Symbols, is_symbol};
use crate::text::Text;

use super::values::{Case, Evaluator, Scope, Value, as_text, flat_map, map, one, opaque, under};

impl<'a> Evaluator<'a> {
    pub(super) fn call(&self, expr: &'a Expr, call: &'a Call, scope: Scope<'a>) -> Vec<Case<'a>> {
        if let Some(name) = self.qualified(&call.callee, scope) {
            if let Some(cases) = self.reads_environment(expr, &name, call, scope) {
                return cases;
            }
            let first = call.arguments.first();
            match (name.as_str(), first) {
                ("str" | "pydantic.SecretStr" | "pydantic.RedisDsn" | "pydantic.networks.RedisDsn", Some(value)) => {
                    return map(self.eval(value, scope), |value| as_text(&value).map(Value::Text), expr.span);
                }
                ("int", Some(value)) => {
                    return map(self.eval(value, scope), |value| as_text(&value).map(Value::Number), expr.span);
                }
                (
                    "urllib.parse.quote" | "urllib.parse.quote_plus" | "quote" | "quote_plus" | "urllib.quote_plus",
                    Some(value),
                ) => {
                    return map(self.eval(value, scope), |value| self.quoted(&as_text(&value)?), expr.span);
                }
                ("getattr", Some(object)) => return self.getattr(expr, object, call, scope),
                ("dict", None) if call.spreads.is_empty() => return opaque(expr.span),
                _ => {}
            }
        }
        if let ExprKind::Attribute(object, method) = &call.callee.kind
            && let Some(cases) = self.method(expr, object, &method.value, call, scope)
        {
            return cases;
        }
        flat_map(self.eval(&call.callee, scope), |value| match value {
            // A model that is built with arguments may differ from its defaults in any field.
            Value::Class(class) if call.keywords.is_empty() && call.arguments.is_empty() && call.spreads.is_empty() => {
                one(Value::Instance(class))
            }
            Value::Function(function, scope) => self.returned(function, scope).unwrap_or_else(|| opaque(expr.span)),
            _ => opaque(expr.span),
        })
    }

    pub(super) fn getattr(&self, expr: &'a Expr, object: &'a Expr, call: &'a Call, scope: Scope<'a>) -> Vec<Case<'a>> {
        let Some(name) = call.arguments.get(1).and_then(Expr::as_text) else { return opaque(expr.span) };
        let django = self.qualified(object, scope).as_deref() == Some("django.conf.settings");
        if django && let Some(cases) = self.django_setting(name.as_str()) {
            return cases;
        }
        flat_map(self.eval(object, scope), |value| {
            match value {
                Value::Instance(class) | Value::Class(class) => self.field(class, name.as_str()),
                Value::Module(module) => Some(self.target(&self.find(module, name.as_str(), 0), expr.span)),
                _ => None,
            }
            .unwrap_or_else(|| opaque(expr.span))
        })
    }

    pub(super) fn method(
        &self,
        expr: &'a Expr,
        object: &'a Expr,
        method: &str,
        call: &'a Call,
        scope: Scope<'a>,
    ) -> Option<Vec<Case<'a>>> {
        let object_cases = || self.eval(object, scope);
        let text = |change: &dyn Fn(&Text) -> Option<Text>| {
            Some(map(
                object_cases(),
                |value| match value {
                    Value::Text(text) => change(&text).map(Value::Text),
                    _ => None,
                },
                expr.span,
            ))
        };
        let argument = call.arguments.first();
        match (method, argument) {
            ("unicode_string" | "get_secret_value", None) => {
                Some(map(object_cases(), |value| as_text(&value).map(Value::Text), expr.span))
            }
            ("strip", None) => text(&|text| {
                Symbols::is_known(text)
                    .then(|| text.trim_matches(char::is_whitespace))
                    .or_else(|| self.changed(text, Change::Stripped))
            }),
            ("lower", None) => text(&|text| {
                Symbols::is_known(text)
                    .then(|| text.ascii_lowercase())
                    .or_else(|| self.changed(text, Change::Lowercase))
            }),
            ("rstrip", Some(cut)) => {
                let cut = cut.as_text()?.as_str();
                text(&|text| {
                    let end = text.as_str().trim_end_matches(|char| cut.contains(char)).len();
                    (!text.as_str().ends_with(is_symbol)).then(|| text.slice(0..end))
                })
            }
            ("format", _) => Some(flat_map(object_cases(), |value| match value {
                Value::Text(template) => self.format(expr, &template, call, scope),
                _ => opaque(expr.span),
            })),
            ("get", Some(key)) => {
                let default = call.arguments.get(1);
                Some(flat_map(object_cases(), |value| {
                    let Value::Structure(structure, inner) = value else { return opaque(expr.span) };
                    match (self.item(structure, key, inner), default) {
                        (Some(cases), _) => cases,
                        (None, Some(default)) => self.eval(default, scope),
                        (None, None) => opaque(expr.span),
                    }
                }))
            }
            _ => {
                let cases = object_cases();
                let [Case { value: Value::Instance(class) | Value::Class(class), .. }] = cases.as_slice() else {
                    return None;
                };
                let (owner, function) = self.find_method(*class, method)?;
                self.returned(function, Scope { module: owner.module, function: None, this: Some(*class) })
            }
        }
    }

    /// What a function returns, its parameters being unknown.
    pub fn returned(&self, function: &'a Function, scope: Scope<'a>) -> Option<Vec<Case<'a>>> {
        if function.returns.is_empty() || self.active.borrow().contains(&function.name.span) {
            return None;
        }
        let scope = Scope { function: Some(function), ..scope };
        self.active.borrow_mut().push(function.name.span);
        let mut out = Vec::new();
        for (value, guards) in &function.returns {
            for (when, holds) in self.outcomes(guards, scope) {
                if holds {
                    out.extend(under(&when, self.eval(value, scope)));
                }
            }
        }
        self.active.borrow_mut().pop();
        (!out.is_empty()).then_some(out)
    }
}
