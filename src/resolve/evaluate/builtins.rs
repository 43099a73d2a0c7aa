//! The functions of Python and of URL libraries that settings are made with.

use crate::facts::code::{Call, Expr, ExprKind};
use crate::symbol::Symbols;
use crate::text::Text;

use super::cases::{as_text, ends, flat_map, map, one, opaque, running};
use super::casts::integers;
use super::pydantic::is_pydantic_1;
use super::urls;
use super::values::{Case, Evaluator, Scope, Target, Value};

impl<'a> Evaluator<'a> {
    /// What such a function gives; `None`: it is none of them.
    pub(super) fn builtin(
        &self,
        expr: &'a Expr,
        name: &str,
        call: &'a Call,
        scope: Scope<'a>,
    ) -> Option<Vec<Case<'a>>> {
        let first = call.arguments.first();
        Some(match (name, first) {
            ("str" | "pydantic.SecretStr", Some(value)) => {
                let shown = |value: Value<'a>| match value {
                    Value::None => Some(Value::Text(Text::mapped("None", expr.span))),
                    value => as_text(&value).map(Value::Text),
                };
                map(self.eval(value, scope), shown, expr.span)
            }
            ("pydantic.RedisDsn" | "pydantic.networks.RedisDsn", Some(value)) => {
                running(map(self.eval(value, scope), |value| urls::dsn(&value, 2, expr.span), expr.span))
            }
            ("int", Some(value)) => integers(self.eval(value, scope), expr.span, "ValueError"),
            ("bool", Some(value)) => {
                let truths = self.truths(value, scope).into_iter();
                truths
                    .map(|(when, truth)| {
                        let value = truth.map_or(Value::Opaque(expr.span), Value::Bool);
                        Case { when, ..Case::of(value) }
                    })
                    .collect()
            }
            ("isinstance", Some(value)) => {
                let text =
                    matches!(call.arguments.get(1).map(|kind| &kind.kind), Some(ExprKind::Name(name)) if name == "str");
                let is_text = |value: Value<'a>| match value {
                    Value::Text(_) if text => Some(Value::Bool(true)),
                    Value::None if text => Some(Value::Bool(false)),
                    _ => None,
                };
                map(self.eval(value, scope), is_text, expr.span)
            }
            ("urllib.parse.quote" | "quote", Some(value)) => {
                let safe = match call.keyword("safe").or(call.arguments.get(1)) {
                    Some(safe) => self.only(safe, scope)?,
                    None => Text::mapped("/", expr.span),
                };
                let special = if safe.is_empty() { "" } else { "/" };
                let usual = safe.is_empty() || safe.as_str() == "/";
                let quoted = |value| as_text(&value).filter(|_| usual).and_then(|text| self.quoted(&text, special));
                map(self.eval(value, scope), quoted, expr.span)
            }
            ("urllib.parse.quote_plus" | "quote_plus" | "urllib.quote_plus", Some(value)) => {
                map(self.eval(value, scope), |value| self.quoted(&as_text(&value)?, "+"), expr.span)
            }
            ("urllib.parse.urlparse" | "urllib.parse.urlsplit", Some(value)) => {
                let parsed = |value| match value {
                    Value::Text(text) if Symbols::is_known(&text) => Some(Value::Url(text)),
                    _ => None,
                };
                map(self.eval(value, scope), parsed, expr.span)
            }
            ("yarl.URL.build", None) => self.built(expr, call, scope, true),
            (name, None) if name.ends_with("Dsn.build") || name.ends_with("Url.build") => {
                let cases = self.built(expr, call, scope, false);
                if is_pydantic_1(scope.module) {
                    return Some(cases);
                }
                running(map(cases, |value| urls::dsn(&value, 2, expr.span), expr.span))
            }
            ("getattr", Some(object)) => self.getattr(expr, object, call, scope),
            ("dict" | "types.SimpleNamespace", None) => one(Value::Structure(expr, scope)),
            _ => return None,
        })
    }

    /// `RedisDsn.build(scheme="redis", host=…)`; yarl quotes what has a meaning in a URL, pydantic does not.
    fn built(&self, expr: &'a Expr, call: &'a Call, scope: Scope<'a>, quoting: bool) -> Vec<Case<'a>> {
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
            let written =
                |value| if quoting { self.quoted(&as_text(&value)?, "") } else { as_text(&value).map(Value::Text) };
            parts.push(map(password, written, expr.span));
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

    fn getattr(&self, expr: &'a Expr, object: &'a Expr, call: &'a Call, scope: Scope<'a>) -> Vec<Case<'a>> {
        let Some(name) = call.arguments.get(1).and_then(Expr::as_text) else { return opaque(expr.span) };
        let name = name.as_str();
        let django = self.qualified(object, scope).as_deref() == Some("django.conf.settings");
        if django && let Some(cases) = self.django_setting(name) {
            return cases;
        }
        let default = || match call.arguments.get(2) {
            Some(default) => self.eval(default, scope),
            None => ends(expr.span, format!("AttributeError: no attribute '{name}'")),
        };
        flat_map(self.eval(object, scope), |value| match value {
            Value::Instance(class) | Value::Class(class) => match self.field(class, name) {
                Some(cases) => cases,
                None if self.is_whole(class) => default(),
                None => opaque(expr.span),
            },
            Value::Module(module) => match self.find(module, name, 0) {
                Target::Missing if module.imports.iter().all(|import| import.bound != "*") => default(),
                target => self.target(&target, expr.span),
            },
            _ => opaque(expr.span),
        })
    }
}
