//! dynaconf: its files layer by layer, and the variables that beat them.
//!
//! Measured with the library itself (`tests/oracle_values.rs`). Merging, `@format` and the like are not followed:
//! such values are unknown.

use crate::facts::code::{Call, Expr, ExprKind};
use crate::symbol::{Condition, Symbols};
use crate::syntax::dotenv::Dialect;
use crate::text::Text;

use super::cases::{map, opaque, under};
use super::environment::{Files, or_default};
use super::values::{Case, Evaluator, Scope, Value};

/// What the constructor says.
struct Options<'a> {
    /// Before the names of variables; may be empty.
    prefix: String,
    files: Vec<Text>,
    /// Whether the top tables of the files are environments.
    layered: bool,
    switcher: String,
    environment: Option<String>,
    dotenv: bool,
    module: &'a str,
}

impl<'a> Evaluator<'a> {
    /// `settings.REDIS_URL`, `settings.redis.host`, `settings["X"]`, `settings.get("X", default)`; `None`: no dynaconf.
    pub(super) fn dynaconf(&self, expr: &'a Expr, scope: Scope<'a>) -> Option<Vec<Case<'a>>> {
        if !self.uses_dynaconf {
            return None;
        }
        let (root, keys, default) = path(expr)?;
        let (constructor, inner) = self.constructor_of(root, scope)?;
        let unknown = Some(opaque(expr.span));
        let Some(options) = dynaconf_options(constructor, inner) else { return unknown };
        let Some(environment) = self.current_environment(&options, expr) else { return unknown };
        let default = default.map(|value| self.eval(value, scope));
        let mut written = match self.in_files(&options, &environment, &keys) {
            Ok(Some((value, scope))) => {
                let magic = |value: Value<'a>| match &value {
                    // `@format …`, `@jinja …`, `@int …`
                    Value::Text(text) if text.as_str().starts_with('@') => None,
                    _ => Some(value),
                };
                map(self.eval(value, scope), magic, expr.span)
            }
            Ok(None) => default.unwrap_or_else(|| opaque(expr.span)),
            Err(()) => opaque(expr.span),
        };
        // What a file that is not in the repository says, such as `.secrets.toml`, nobody can tell.
        if let Some(missing) =
            options.files.iter().find(|file| self.values_file(options.module, file.as_str()).is_none())
        {
            written = under(&[Condition::Branch(missing.anchor())], written);
            written.extend(opaque(missing.span()));
        }
        let plain = keys.join("__").to_ascii_uppercase();
        let names: &[&str] = if options.dotenv { &[".env"] } else { &[] };
        let files = Files { dialect: Dialect::PythonDotenv, names: names.to_vec(), module: options.module };
        let given = |variable: &str| {
            let from_file = self.env_file(variable, &files, true);
            map(self.environment(variable, expr.span, &from_file), as_toml, expr.span)
        };
        // The library's own prefix counts beside another one, which wins.
        let own = given(&format!("DYNACONF_{plain}"));
        let given = match options.prefix.as_str() {
            "DYNACONF" => own,
            "" => or_default(given(&plain), Some(&own)),
            prefix => or_default(given(&format!("{prefix}_{plain}")), Some(&own)),
        };
        Some(or_default(given, Some(&written)))
    }

    /// The call of `Dynaconf(…)` behind an expression.
    fn constructor_of(&self, root: &'a Expr, scope: Scope<'a>) -> Option<(&'a Call, Scope<'a>)> {
        let name = self.qualified(root, scope)?;
        if !matches!(name.as_str(), "dynaconf.Dynaconf" | "dynaconf.LazySettings" | "dynaconf.base.LazySettings") {
            return None;
        }
        match &root.kind {
            ExprKind::Call(call) => Some((call, scope)),
            ExprKind::Name(name) => {
                let (value, scope) = self.bound(name, scope)?;
                Some((value.as_call()?, scope))
            }
            _ => None,
        }
    }

    /// The name of the layer over `[default]`; `None`: it can't be told.
    fn current_environment(&self, options: &Options<'a>, expr: &'a Expr) -> Option<String> {
        if !options.layered {
            return Some(String::new());
        }
        let said = options.environment.clone().unwrap_or_else(|| "development".to_owned());
        match self.environment(&options.switcher, expr.span, &[]).as_slice() {
            [Case { value: Value::None, .. }] => Some(said),
            [Case { value: Value::Text(text), .. }] if Symbols::is_known(text) => Some(text.as_str().to_owned()),
            _ => None,
        }
    }

    /// The value that the files give: of the last layer that sets the first key. `Err`: one that
    /// merges.
    fn in_files(
        &self,
        options: &Options<'a>,
        environment: &str,
        keys: &[&'a str],
    ) -> Result<Option<(&'a Expr, Scope<'a>)>, ()> {
        let layers: &[&str] = if options.layered { &["default", environment, "global"] } else { &[""] };
        let mut found: Option<(&'a Expr, Scope<'a>)> = None;
        let local = |name: &str| name.rsplit_once('.').map(|(stem, end)| format!("{stem}.local.{end}"));
        let names = options.files.iter().flat_map(|name| [Some(name.as_str().to_owned()), local(name.as_str())]);
        for name in names.flatten() {
            let Some(file) = self.values_file(options.module, &name) else { continue };
            let module = self.running().find(|module| module.path == options.module).ok_or(())?;
            for layer in layers {
                let table = if layer.is_empty() { Some(&file.root) } else { member(&file.root, layer) };
                let Some(table) = table else { continue };
                if merges(table) {
                    return Err(());
                }
                if let Some(value) = member(table, keys.first().ok_or(())?) {
                    if merges(value) {
                        return Err(());
                    }
                    found = Some((value, Scope::module(module)));
                }
            }
        }
        let Some((mut value, scope)) = found else { return Ok(None) };
        for key in &keys[1..] {
            let Some(inner) = member(value, key) else { return Ok(None) };
            value = inner;
        }
        Ok(Some((value, scope)))
    }
}

/// `None`: something there that is not followed.
fn dynaconf_options<'a>(call: &'a Call, scope: Scope<'a>) -> Option<Options<'a>> {
    let mut options = Options {
        prefix: "DYNACONF".to_owned(),
        files: Vec::new(),
        layered: false,
        switcher: "ENV_FOR_DYNACONF".to_owned(),
        environment: None,
        dotenv: false,
        module: &scope.module.path,
    };
    if !call.spreads.is_empty() {
        return None;
    }
    for (name, value) in &call.keywords {
        match (name.value.to_ascii_lowercase().as_str(), &value.kind) {
            ("envvar_prefix", ExprKind::Text(text)) if !text.as_str().contains(',') => {
                options.prefix = text.as_str().to_ascii_uppercase();
            }
            ("envvar_prefix", ExprKind::Bool(false)) => options.prefix = String::new(),
            ("settings_files" | "settings_file", ExprKind::List(list)) => {
                for file in list {
                    options.files.push(file.as_text()?.clone());
                }
            }
            ("settings_files" | "settings_file" | "secrets", ExprKind::Text(text)) => {
                options.files.push(text.clone());
            }
            ("environments", ExprKind::Bool(layered)) => options.layered = *layered,
            ("env_switcher", ExprKind::Text(text)) => text.as_str().clone_into(&mut options.switcher),
            ("env", ExprKind::Text(text)) => options.environment = Some(text.as_str().to_owned()),
            ("load_dotenv", ExprKind::Bool(load)) => options.dotenv = *load,
            ("lowercase_read" | "validators", _) => {}
            _ => return None,
        }
    }
    Some(options)
}

/// The object that is asked, the keys, and the default of `get`.
fn path(expr: &Expr) -> Option<(&Expr, Vec<&str>, Option<&Expr>)> {
    let mut keys = Vec::new();
    let mut default = None;
    let mut at = expr;
    if let ExprKind::Call(call) = &expr.kind
        && let ExprKind::Attribute(object, method) = &call.callee.kind
        && method.value == "get"
    {
        keys.extend(call.arguments.first()?.as_text()?.as_str().split('.').rev());
        default = call.arguments.get(1).or_else(|| call.keyword("default"));
        at = object;
    }
    while keys.len() < 8 {
        match &at.kind {
            ExprKind::Attribute(object, name) => {
                keys.push(&name.value);
                at = object;
            }
            ExprKind::Subscript(object, key) => {
                keys.extend(key.as_text()?.as_str().split('.').rev());
                at = object;
            }
            _ => break,
        }
    }
    keys.reverse();
    (!keys.is_empty()).then_some((at, keys, default))
}

/// A member of a table; keys are looked up in any case.
fn member<'a>(table: &'a Expr, key: &str) -> Option<&'a Expr> {
    let ExprKind::Dict(entries) = &table.kind else { return None };
    let named = |name: &Expr| name.as_text().is_some_and(|text| text.as_str().eq_ignore_ascii_case(key));
    entries.iter().rev().find(|(name, _)| name.as_ref().is_some_and(named)).map(|(_, value)| value)
}

/// Whether a table asks to be merged with the layers below.
fn merges(table: &Expr) -> bool {
    let ExprKind::Dict(entries) = &table.kind else { return false };
    entries.iter().any(|(name, _)| {
        name.as_ref().and_then(Expr::as_text).is_some_and(|name| {
            let name = name.as_str().to_ascii_lowercase();
            name.starts_with("dynaconf_merge") || name.contains("__")
        })
    })
}

/// A variable's value is read as TOML where it is some; what is plain text stays text.
fn as_toml(value: Value<'_>) -> Option<Value<'_>> {
    let Value::Text(text) = &value else { return Some(value) };
    let written = text.as_str().trim();
    let number = !written.is_empty() && written.bytes().all(|byte| byte.is_ascii_digit());
    let special = written.starts_with(['"', '\'', '[', '{', '@']) || ["true", "false"].contains(&written);
    if number {
        return Some(Value::Number(text.clone()));
    }
    (!special && !written.is_empty()).then_some(value)
}
