//! Every password written down: in servers' directives, clients' URLs and settings, env files and conf files.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::Facts;
use crate::facts::code::{Binding, Class, Expr, ExprKind, Function, Module};
use crate::model::{Environment, Literal, LiteralRole, Password, Stage};
use crate::resolve::placement::is_test;
use crate::resolve::{evaluate, stage};
use crate::source::{Sources, Span};
use crate::symbol::Symbols;
use crate::syntax::{dotenv, url};
use crate::text::Text;

/// Whether a name is that of a Redis password, such as `REDIS_PASSWORD`, `CACHE_REDIS_PASS` or `REDISCLI_AUTH`.
#[must_use]
pub fn names_redis_password(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let redis = ["redis", "valkey", "keydb", "dragonfly", "dfly"].iter().any(|word| lower.contains(word));
    let secret = ["password", "passwd", "_pass", "pwd", "_auth", "requirepass", "masterauth"]
        .iter()
        .any(|word| lower.contains(word));
    redis && secret && !ABOUT.iter().any(|end| lower.ends_with(end))
}

/// Ends of names that only speak about a password: `REDIS_PASSWORD_FILE` holds a path, `REDIS_PASSWORD_KEY` a name, and
/// `VALKEY_TLS_AUTH_CLIENTS` a choice.
const ABOUT: [&str; 13] = [
    "_file",
    "_path",
    "_key",
    "_name",
    "_enabled",
    "_required",
    "_policy",
    "_hint",
    "_length",
    "_clients",
    "_type",
    "_mode",
    "_method",
];

/// Whether a value is the URL of a Redis server.
#[must_use]
pub fn is_redis_url(value: &str) -> bool {
    ["redis://", "rediss://", "valkey://", "valkeys://"].iter().any(|scheme| value.starts_with(scheme))
}

/// The password inside a Redis URL, as its reader decodes it: `p%40w` and `p@w` are the same password.
#[must_use]
pub fn password_in_url(text: &Text) -> Option<Text> {
    let split = url::split(text);
    let scheme = split.scheme.as_ref()?.as_str().to_ascii_lowercase();
    let redis = ["redis", "rediss", "valkey", "valkeys", "sentinel"]
        .iter()
        .any(|known| scheme == *known || scheme.strip_prefix(known).is_some_and(|rest| rest.starts_with('+')));
    let password = split.password.filter(|password| redis && !password.is_empty())?;
    Some(url::percent_decode(&password))
}

/// Collects literals by place, so that one written password is one literal however often it is read.
struct Collector<'a> {
    sources: &'a Sources,
    found: BTreeMap<Span, Literal>,
    /// Defaults of `getenv` and the like in code.
    defaults: Vec<Span>,
    /// References that compose sees in a password where somebody wrote a dollar sign.
    dollars: BTreeSet<Span>,
}

impl Collector<'_> {
    fn add(&mut self, value: &Text, role: LiteralRole, setting: Option<&str>, environment: Option<&Environment>) {
        let value = self.before_dollar(value).unwrap_or_else(|| value.clone());
        // A password put together from several places is written down nowhere as a whole.
        let apart = value.spans().windows(2).any(|two| two[0].file != two[1].file || two[0].end != two[1].start);
        // A pair of quotes that a template kept is a slip, and no secret.
        let quotes_only = value.as_str().chars().all(|char| matches!(char, '"' | '\''));
        if quotes_only || !Symbols::is_known(&value) || apart {
            return;
        }
        let span = value.span();
        let path = self.sources.get(span.file).path();
        let literal = self.found.entry(span).or_insert_with(|| Literal {
            value: value.clone(),
            role,
            setting: setting.map(str::to_owned),
            fallback: false,
            stage: stage::of_path(path),
            environments: Vec::new(),
        });
        if literal.setting.is_none() {
            literal.setting = setting.map(str::to_owned);
        }
        if let Some(environment) = environment {
            literal.stage = literal.stage.max(environment.stage);
            if !literal.environments.contains(&environment.name) {
                literal.environments.push(environment.name.clone());
            }
        }
    }

    /// The beginning of a password that somebody wrote a dollar sign into, at which compose takes it apart.
    fn before_dollar(&self, value: &Text) -> Option<Text> {
        let ends_there = |at: &usize| {
            let before = value.span_of(0..*at);
            self.dollars.iter().any(|dollar| (dollar.file, dollar.start) == (before.file, before.end))
        };
        let at = value.as_str().char_indices().map(|(at, char)| at + char.len_utf8()).find(ends_there)?;
        Some(value.slice(0..at))
    }
}

/// Whether a value is the default inside a reference: `${X:-here}`, `${X-here}`.
fn is_default(sources: &Sources, span: Span) -> bool {
    let text = sources.get(span.file).text();
    let before = text.get(..span.start as usize).unwrap_or_default();
    let line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    let mut open: Vec<&str> = Vec::new();
    for (at, char) in line.char_indices() {
        match char {
            '{' if line[..at].ends_with('$') => open.push(&line[at + 1..]),
            '}' => drop(open.pop()),
            _ => {}
        }
    }
    open.last().is_some_and(|rest| {
        let name = rest.find(|char: char| !(char.is_ascii_alphanumeric() || char == '_')).unwrap_or(rest.len());
        name > 0 && (rest[name..].starts_with('-') || rest[name..].starts_with(":-"))
    })
}

/// All passwords written in files that were read.
#[must_use]
pub fn collect<'a>(
    facts: &Facts,
    environments: impl Iterator<Item = &'a Environment>,
    sources: &Sources,
) -> Vec<Literal> {
    let mut collector = Collector { sources, found: BTreeMap::new(), defaults: Vec::new(), dollars: BTreeSet::new() };
    for conf in &facts.confs {
        from_conf(&mut collector, conf);
    }
    for env_file in &facts.env_files {
        let (entries, _) = dotenv::parse(env_file.file, sources.get(env_file.file).text(), dotenv::Dialect::Compose);
        for entry in entries {
            let Some(value) = entry.value else { continue };
            if value.expands && value.text.as_str().contains('$') {
                continue;
            }
            from_setting(&mut collector, &entry.key.value, &value.text, None);
        }
    }
    for (name, value) in facts.settings.iter().flat_map(|file| &file.urls) {
        if !value.as_str().contains("${") {
            from_setting(&mut collector, &name.value, value, None);
        }
    }
    // Passwords of unit tests log in to nothing.
    for module in facts.modules.iter().filter(|module| !is_test(&module.path)) {
        from_code(&mut collector, module);
    }
    for (setting, value) in evaluate::password_settings(facts) {
        if names_redis_password(&setting) && !is_test(sources.get(value.span().file).path()) {
            collector.add(&value, LiteralRole::Setting, Some(&setting), None);
        }
    }
    // Last: a place is named by the setting that holds it, not by the one that ends up using it.
    for environment in environments {
        from_environment(&mut collector, environment);
    }
    let Collector { mut found, defaults, .. } = collector;
    for (span, literal) in &mut found {
        literal.fallback = is_default(sources, *span) || defaults.iter().any(|default| default.contains(*span));
    }
    found.into_values().collect()
}

fn from_setting(collector: &mut Collector<'_>, name: &str, value: &Text, environment: Option<&Environment>) {
    if let Some(password) = password_in_url(value) {
        collector.add(&password, LiteralRole::Client, Some(name), environment);
    } else if names_redis_password(name) {
        collector.add(value, LiteralRole::Setting, Some(name), environment);
    }
}

fn from_environment(collector: &mut Collector<'_>, environment: &Environment) {
    let dollars = environment.references.iter().filter(|reference| reference.inside_password && !reference.braced);
    collector.dollars = dollars.map(|reference| reference.span).collect();
    let variables = environment.services.iter().flat_map(|service| &service.environment);
    let set = variables.filter_map(|(name, value)| Some((name, value.as_ref()?)));
    // A URL may be made of the password that another variable holds: that one names it.
    let (passwords, others): (Vec<_>, Vec<_>) = set.partition(|(name, _)| names_redis_password(name));
    for (name, value) in passwords.into_iter().chain(others) {
        from_setting(collector, name, value, Some(environment));
    }
    for server in &environment.servers {
        for case in &server.auth {
            let crate::model::Auth::Users(users) = &case.auth else { continue };
            for user in users {
                for password in &user.passwords {
                    if let Password::Plain(text) = password {
                        collector.add(text, LiteralRole::Server, Some("requirepass"), Some(environment));
                    }
                }
            }
        }
    }
    // Clients that nothing here starts make up an environment without a name.
    let named = Some(environment).filter(|environment| !environment.name.is_empty());
    for client in &environment.clients {
        for password in client.cases.iter().filter_map(|case| case.password.as_ref()) {
            if named.is_some() || !is_test(collector.sources.get(password.span().file).path()) {
                collector.add(password, LiteralRole::Client, client.setting.as_deref(), named);
            }
        }
        // Of a URL that can't be read the password is written down all the same.
        let broken = client.cases.iter().filter(|case| case.error.is_some());
        for password in broken.filter_map(|case| url::cut_password(case.url.as_ref()?)) {
            collector.add(&password, LiteralRole::Client, client.setting.as_deref(), named);
        }
    }
    for link in &environment.links {
        let Some(client) = environment.clients.get(link.client) else { continue };
        let cases = link.outcomes.iter().filter_map(|end| Some((client.cases.get(end.client_case)?, &end.outcome)));
        let misplaced = cases.filter(|(case, outcome)| case.has_password_as_user(outcome));
        for password in misplaced.filter_map(|(case, _)| case.username.as_ref()) {
            collector.add(password, LiteralRole::Client, client.setting.as_deref(), named);
        }
    }
}

/// URLs with passwords anywhere in a module's settings, also where nothing reads them here.
fn from_code(collector: &mut Collector<'_>, module: &Module) {
    let mut classes: Vec<&Class> = module.classes.iter().collect();
    let mut bindings: Vec<&Binding> = module.bindings.iter().collect();
    let mut functions: Vec<&Function> = module.functions.iter().collect();
    let mut pending: Vec<Written<'_>> = Vec::new();
    while let Some(class) = classes.pop() {
        bindings.extend(&class.fields);
        functions.extend(&class.methods);
        classes.extend(&class.inner);
    }
    let mut calls: Vec<&Expr> = module.calls.iter().collect();
    for function in functions {
        bindings.extend(&function.bindings);
        calls.extend(&function.calls);
        calls.extend(function.parameters.iter().filter_map(|(_, default)| default.as_ref()));
        calls.extend(function.returns.iter().map(|(value, _)| value));
    }
    for binding in bindings {
        let setting = binding.name.value.rsplit('.').next();
        pending.extend(binding.value.iter().map(|expr| Written { expr, setting, fallback: false }));
    }
    pending.extend(calls.into_iter().map(|expr| Written { expr, setting: None, fallback: false }));
    while let Some(written) = pending.pop() {
        if let ExprKind::Text(text) = &written.expr.kind {
            if written.fallback {
                collector.defaults.push(written.expr.span);
            }
            if let Some(password) = password_in_url(text) {
                collector.add(&password, LiteralRole::Client, written.setting, None);
            }
        }
        written.children(&mut pending);
    }
}

/// An expression on the way to the literals in it.
#[derive(Clone, Copy)]
struct Written<'a> {
    expr: &'a Expr,
    setting: Option<&'a str>,
    /// It counts only where a variable is not set.
    fallback: bool,
}

impl<'a> Written<'a> {
    /// The expressions directly inside.
    fn children(self, out: &mut Vec<Written<'a>>) {
        let mut add =
            |expr: &'a Expr, fallback: bool| out.push(Written { expr, fallback: self.fallback || fallback, ..self });
        match &self.expr.kind {
            ExprKind::Call(call) => {
                let lookup = reads_variable(&call.callee);
                for (at, argument) in call.arguments.iter().enumerate() {
                    add(argument, lookup && at > 0);
                }
                for (name, value) in &call.keywords {
                    add(value, lookup && name.value == "default");
                }
                for spread in &call.spreads {
                    add(spread, false);
                }
            }
            ExprKind::Or(values) => {
                for (at, value) in values.iter().enumerate() {
                    add(value, at > 0);
                }
            }
            ExprKind::Dict(entries) => {
                for (_, value) in entries {
                    add(value, false);
                }
            }
            ExprKind::List(values) | ExprKind::Format(values) | ExprKind::Sum(values) | ExprKind::And(values) => {
                for value in values {
                    add(value, false);
                }
            }
            ExprKind::Percent(one, two) => {
                add(one, false);
                add(two, false);
            }
            ExprKind::Choice { then, otherwise, .. } => {
                add(then, false);
                add(otherwise, false);
            }
            _ => {}
        }
    }
}

/// `os.getenv`, `os.environ.get`, `config`, `env.str` and the like: the first argument is the variable's name.
fn reads_variable(callee: &Expr) -> bool {
    let Some(name) = callee.dotted() else { return false };
    let (owner, last) = name.rsplit_once('.').unwrap_or(("", &name));
    let of_environment = owner.rsplit('.').next().is_some_and(|owner| owner.to_ascii_lowercase().contains("env"));
    matches!(last, "getenv" | "config" | "env") || of_environment
}

fn from_conf(collector: &mut Collector<'_>, conf: &crate::facts::ConfFile) {
    for line in &conf.lines {
        let name = line.name.value.to_ascii_lowercase();
        let secrets: Vec<Text> = match name.as_str() {
            "requirepass" | "masterauth" => line.arguments.first().cloned().into_iter().collect(),
            "sentinel" => match line.arguments.as_slice() {
                [sub, _, secret] if sub.as_str().eq_ignore_ascii_case("auth-pass") => vec![secret.clone()],
                [sub, secret] if sub.as_str().eq_ignore_ascii_case("sentinel-pass") => vec![secret.clone()],
                _ => Vec::new(),
            },
            "user" => line
                .arguments
                .iter()
                .skip(1)
                .filter(|word| word.as_str().starts_with('>'))
                .map(|word| word.slice(1..word.len()))
                .collect(),
            _ => Vec::new(),
        };
        let option = line.arguments.first().filter(|_| name == "sentinel");
        let setting =
            option.map_or(name.clone(), |option| format!("sentinel {}", option.as_str().to_ascii_lowercase()));
        for secret in secrets {
            // `${X}` in a conf is a literal to Redis, but somebody's template: not a password written down.
            if !secret.as_str().contains("${") {
                collector.add(&secret, LiteralRole::Server, Some(&setting), None);
            }
        }
    }
}

/// Stages in order of seriousness, for [`Ord`] on [`Stage`] to mean what `max` above needs.
const _: () = assert!(
    (Stage::Development as u8) < (Stage::Unlabelled as u8) && (Stage::Staging as u8) < (Stage::Production as u8)
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_default_stands_inside_its_reference() {
        for (line, expected) in [
            ("PW: ${PW:-hunter2}", true),
            ("PW: ${PW-hunter2}", true),
            ("PW: ${A:-${B:-hunter2}}", true),
            ("PW: redis://:${PW:-hunter2}@redis", true),
            ("PW: hunter2", false),
            ("PW: ${PW:-x}hunter2", false),
            ("PW: ${PW:+hunter2}", false),
            ("a ${PW:-\nPW: hunter2", false),
        ] {
            let mut sources = Sources::default();
            let file = sources.add("compose.yaml", line.as_bytes(), None);
            let at = line.find("hunter2").unwrap();
            assert_eq!(is_default(&sources, Span::new(file, at..at + 7)), expected, "{line}");
        }
    }

    #[test]
    fn names_of_redis_passwords() {
        for name in ["REDIS_PASSWORD", "redis_pass", "CACHE_REDIS_PASSWORD", "REDISCLI_AUTH", "VALKEY_PASSWORD"] {
            assert!(names_redis_password(name), "{name}");
        }
        for name in
            ["REDIS_PASSWORD_FILE", "POSTGRES_PASSWORD", "REDIS_URL", "REDIS_PASSWORD_KEY", "VALKEY_TLS_AUTH_CLIENTS"]
        {
            assert!(!names_redis_password(name), "{name}");
        }
    }
}
