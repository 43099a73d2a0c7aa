//! What calls and methods give: functions of the repository, and the few of Python that settings are made with.

use crate::facts::code::{Call, Expr, ExprKind, Function};
use crate::symbol::{Change, Symbols, is_symbol};
use crate::text::Text;

use super::cases::{as_text, flat_map, map, one, opaque, under};
use super::flask;
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
            let first = call.arguments.first();
            match (name.as_str(), first) {
                ("str" | "pydantic.SecretStr" | "pydantic.RedisDsn" | "pydantic.networks.RedisDsn", Some(value)) => {
                    return map(self.eval(value, scope), |value| as_text(&value).map(Value::Text), expr.span);
                }
                ("int", Some(value)) => {
                    let mut cases = self.eval(value, scope);
                    // Anything else ends the program here.
                    cases.retain(|case| match &case.value {
                        Value::Text(text) => !Symbols::is_known(text) || text.as_str().trim().parse::<i64>().is_ok(),
                        Value::None => false,
                        _ => true,
                    });
                    return map(cases, |value| as_text(&value).map(Value::Number), expr.span);
                }
                ("isinstance", Some(value)) => {
                    let text = call
                        .arguments
                        .get(1)
                        .is_some_and(|kind| matches!(&kind.kind, ExprKind::Name(name) if name == "str"));
                    let is_text = |value: Value<'a>| match value {
                        Value::Text(_) if text => Some(Value::Bool(true)),
                        Value::None if text => Some(Value::Bool(false)),
                        _ => None,
                    };
                    return map(self.eval(value, scope), is_text, expr.span);
                }
                ("urllib.parse.quote" | "quote", Some(value)) => {
                    let plain = call.keywords.is_empty() && call.arguments.len() == 1;
                    let safe = |text: &Text| plain || !text.as_str().contains('/');
                    return map(
                        self.eval(value, scope),
                        |value| as_text(&value).filter(safe).and_then(|text| self.quoted(&text, "/")),
                        expr.span,
                    );
                }
                ("urllib.parse.quote_plus" | "quote_plus" | "urllib.quote_plus", Some(value)) => {
                    return map(self.eval(value, scope), |value| self.quoted(&as_text(&value)?, "+"), expr.span);
                }
                (name, None) if name.ends_with("Dsn.build") || name.ends_with("Url.build") => {
                    return self.built(expr, call, scope);
                }
                ("getattr", Some(object)) => return self.getattr(expr, object, call, scope),
                ("dict", None) => return one(Value::Structure(expr, scope)),
                _ => {}
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
        let fields = class.class.fields.iter().filter(|field| field.annotation.is_some());
        fields.map(|field| field.name.value.as_str()).collect()
    }

    /// `RedisDsn.build(scheme="redis", host=…)`.
    fn built(&self, expr: &'a Expr, call: &'a Call, scope: Scope<'a>) -> Vec<Case<'a>> {
        let literal = |text: &str| one(Value::Text(Text::mapped(text, expr.span)));
        let part = |names: &[&str]| {
            let value = names.iter().find_map(|name| call.keyword(name))?;
            let cases = self.eval(value, scope);
            // What is not given at all leaves nothing behind.
            (!cases.iter().all(|case| matches!(case.value, Value::None))).then_some(cases)
        };
        let mut parts = vec![part(&["scheme"]).unwrap_or_else(|| opaque(expr.span)), literal("://")];
        let (user, password) = (part(&["username", "user"]), part(&["password"]));
        let login = user.is_some() || password.is_some();
        parts.extend(user);
        if let Some(password) = password {
            parts.push(literal(":"));
            parts.push(map(password, |value| as_text(&value).map(Value::Text), expr.span));
        }
        if login {
            parts.push(literal("@"));
        }
        parts.extend(part(&["host"]));
        for (name, sign) in [("port", ":"), ("path", "/"), ("query", "?")] {
            if let Some(cases) = part(&[name]) {
                parts.push(literal(sign));
                let slashed = |value: Value<'a>| {
                    let text = as_text(&value)?;
                    let cut = usize::from(name == "path" && text.as_str().starts_with('/'));
                    Some(Value::Text(text.slice(cut..text.as_str().len())))
                };
                parts.push(map(cases, slashed, expr.span));
            }
        }
        self.concat(expr.span, parts.into_iter())
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
                if flask::is_config(object)
                    && let Some(name) = key.as_text()
                    && let Some(cases) = self.flask_setting(name.as_str())
                {
                    return Some(cases);
                }
                // What it is made of is then no setting of its own, also where the value can't be told.
                let fallback = default.map(|default| self.eval(default, scope));
                Some(flat_map(object_cases(), |value| {
                    let Value::Structure(structure, inner) = value else { return opaque(expr.span) };
                    match (self.item(structure, key, inner), &fallback) {
                        (Some(cases), _) => cases,
                        (None, Some(cases)) => cases.clone(),
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
                let frame = self.arguments(call, &parameters(function), scope);
                self.returned(function, Scope::within(owner.module, Some(*class)), frame)
            }
        }
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
