//! What calls and methods give: functions of the repository, and the few of Python that settings are made with.

use crate::facts::code::{Call, Expr, ExprKind, Function};
use crate::symbol::{Change, Symbols, is_symbol};
use crate::text::Text;

use super::cases::{as_text, flat_map, map, one, opaque, under};
use super::flask;
use super::parts;
use super::values::{Case, ClassRef, Evaluator, Frame, Scope, Value};

impl<'a> Evaluator<'a> {
    pub(super) fn call(&self, expr: &'a Expr, call: &'a Call, scope: Scope<'a>) -> Vec<Case<'a>> {
        if let Some(name) = self.qualified(&call.callee, scope) {
            if let Some(cases) = self.reads_environment(expr, &name, call, scope) {
                return cases;
            }
            if let Some(cases) = self.loaded(&name, call, expr, scope).or_else(|| self.dynaconf(expr, scope)) {
                return cases;
            }
            if let Some(cases) = self.builtin(expr, &name, call, scope) {
                return cases;
            }
        }
        if let ExprKind::Attribute(object, method) = &call.callee.kind
            && let Some(cases) = self.method(expr, object, &method.value, call, scope)
        {
            return cases;
        }
        flat_map(self.eval(&call.callee, scope), |value| match value {
            Value::Class(class) => {
                let Some(frame) = self.arguments(call, &self.constructor(class), scope) else {
                    return opaque(expr.span);
                };
                one(Value::Instance(ClassRef { arguments: Some(frame), ..class }))
            }
            Value::Function(function, inner) => {
                let frame = self.arguments(call, &parameters(function), scope);
                self.returned(function, inner, frame).unwrap_or_else(|| opaque(expr.span))
            }
            Value::Structure(Expr { kind: ExprKind::Lambda(body), .. }, inner) => self.eval(body, inner),
            _ => opaque(expr.span),
        })
    }

    /// The arguments of a call; `None`: some can't be told.
    pub(super) fn arguments(&self, call: &'a Call, parameters: &[&'a str], scope: Scope<'a>) -> Option<Frame> {
        if !call.spreads.is_empty() || call.arguments.len() > parameters.len() {
            return None;
        }
        let positional = parameters.iter().copied().zip(&call.arguments);
        let named = call.keywords.iter().map(|(name, value)| (name.value.as_str(), value));
        let arguments = positional.chain(named).map(|(name, value)| (name, self.eval(value, scope))).collect();
        Some(self.keep(arguments))
    }

    /// The parameters by position with which a class is built.
    fn constructor(&self, class: ClassRef<'a>) -> Vec<&'a str> {
        if let Some((_, init)) = self.find_method(class, "__init__") {
            return parameters(init);
        }
        // A field that a subclass declares anew keeps its place.
        let mut names: Vec<&str> = Vec::new();
        for owner in self.lineage(class).0.iter().rev() {
            for field in owner.class.fields.iter().filter(|field| field.annotation.is_some()) {
                if !names.contains(&field.name.value.as_str()) {
                    names.push(&field.name.value);
                }
            }
        }
        names
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
            ("unicode_string" | "get_secret_value" | "geturl", None) => {
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
            ("startswith" | "endswith", Some(part)) => {
                let part = part.as_text()?.as_str();
                let has = |value| match value {
                    Value::Text(text) if Symbols::is_known(&text) => Some(Value::Bool(match method {
                        "startswith" => text.as_str().starts_with(part),
                        _ => text.as_str().ends_with(part),
                    })),
                    _ => None,
                };
                Some(map(object_cases(), has, expr.span))
            }
            ("strip" | "lstrip", Some(cut)) => {
                let cut = cut.as_text()?.as_str();
                let cuts = |char| cut.contains(char);
                text(&|text| {
                    let rest = if method == "strip" { text.trim_matches(cuts) } else { parts::trim_start(text, cuts) };
                    Symbols::is_known(text).then_some(rest)
                })
            }
            ("split" | "rsplit" | "partition" | "rpartition", Some(separator)) => {
                let separator = separator.as_text()?.as_str();
                let limit = match call.arguments.get(1).or_else(|| call.keyword("maxsplit")) {
                    Some(limit) => Some(self.only(limit, scope)?.as_str().parse().ok()?),
                    None => None,
                };
                let split = |value| match value {
                    Value::Text(text) if Symbols::is_known(&text) => {
                        parts::split(&text, separator, method, limit).map(Value::Parts)
                    }
                    _ => None,
                };
                Some(map(object_cases(), split, expr.span))
            }
            ("format", _) => Some(flat_map(object_cases(), |value| match value {
                Value::Text(template) => self.format(expr, &template, call, scope),
                _ => opaque(expr.span),
            })),
            ("get", Some(key)) => {
                if let Some(own) = self.own_method(object, method, call, scope) {
                    return Some(own);
                }
                // `OPTIONS["key"] = …` may have set it since.
                if let (Some(name), Some(key)) = (object.dotted(), key.as_text())
                    && let Some(cases) = self.assigned(&format!("{name}.{}", key.as_str()), scope)
                {
                    return Some(cases);
                }
                if flask::is_config(object)
                    && let Some(name) = key.as_text()
                    && let Some(cases) = self.flask_setting(name.as_str())
                {
                    return Some(cases);
                }
                let default =
                    call.arguments.get(1).map_or_else(|| one(Value::None), |default| self.eval(default, scope));
                Some(flat_map(object_cases(), |value| self.item(expr.span, &value, key, scope, Some(&default))))
            }
            ("join", Some(list)) => {
                let separator = object.as_text()?;
                let [Case { value: Value::Structure(Expr { kind: ExprKind::List(list), .. }, inner), .. }] =
                    &self.eval(list, scope)[..]
                else {
                    return None;
                };
                let mut parts = Vec::new();
                for part in list {
                    if !parts.is_empty() {
                        parts.push(one(Value::Text(separator.clone())));
                    }
                    parts.push(self.eval(part, *inner));
                }
                Some(self.concat(expr.span, parts.into_iter()))
            }
            ("replace", Some(old)) => {
                let (old, new) = (old.as_text()?, call.arguments.get(1)?);
                let new = self.only(new, scope)?;
                text(&|text| Symbols::is_known(text).then(|| replaced(text, old.as_str(), &new)))
            }
            _ => self.own_method(object, method, call, scope),
        }
    }

    /// What a method of a class of the repository returns; `None`: it has none of that name.
    fn own_method(&self, object: &'a Expr, method: &str, call: &'a Call, scope: Scope<'a>) -> Option<Vec<Case<'a>>> {
        let cases = self.eval(object, scope);
        let [Case { value: Value::Instance(class) | Value::Class(class), .. }] = cases.as_slice() else {
            return None;
        };
        let (owner, function) = self.find_method(*class, method)?;
        let frame = self.arguments(call, &parameters(function), scope);
        self.returned(function, Scope::within(owner.module, Some(*class)), frame)
    }

    /// What a function returns for these arguments; `None`: for any.
    pub fn returned(
        &self,
        function: &'a Function,
        scope: Scope<'a>,
        arguments: Option<Frame>,
    ) -> Option<Vec<Case<'a>>> {
        if function.returns.is_empty() || self.active.borrow().contains(&function.name.span) {
            return None;
        }
        let scope = Scope { function: Some(function), arguments, ..scope };
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

/// The parameters that a caller gives, by position.
pub(super) fn parameters(function: &Function) -> Vec<&str> {
    let own = matches!(function.parameters.first(), Some((name, _)) if name == "self" || name == "cls");
    function.parameters.iter().skip(usize::from(own)).map(|(name, _)| name.as_str()).collect()
}

/// The text with every `old` replaced.
fn replaced(text: &Text, old: &str, new: &Text) -> Text {
    let mut out = Text::empty(text.anchor());
    let mut at = 0;
    for (found, _) in text.as_str().match_indices(old).filter(|_| !old.is_empty()) {
        out.push_text(&text.slice(at..found));
        out.push_text(new);
        at = found + old.len();
    }
    out.push_text(&text.slice(at..text.len()));
    out
}
