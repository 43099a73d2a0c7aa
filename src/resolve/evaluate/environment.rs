//! How Python code reads variables: `os`, python-decouple, django-environ, environs, starlette, pydantic settings.
//!
//! The process environment comes from the place; env files that code loads itself are read in the dialect of their
//! reader (facts.md §6).

use crate::facts::code::{Call, Expr, ExprKind};
use crate::model::ClientError;
use crate::resolve::project::Lookup;
use crate::source::Span;
use crate::symbol::{Condition, Step};
use crate::syntax::dotenv::{self, Dialect};
use crate::syntax::template;
use crate::text::Text;

use super::cases::{one, opaque, running, under};
use super::casts::{self, integers};
use super::values::{Case, Evaluator, Scope, Target, Value};

/// Env files that a reader looks into: names without folder, later wins.
pub(super) struct Files<'a> {
    pub dialect: Dialect,
    pub names: Vec<&'a str>,
    /// The module that loads them, whose folder and those above it are searched.
    pub module: &'a str,
}

/// How a library reads a variable.
struct Reader<'a> {
    files: Files<'a>,
    /// Which positional argument is the default.
    default_at: Option<usize>,
    /// The exception where the variable is not set and there is no default; `None`: the value is then `None`.
    missing: Option<&'static str>,
    prefix: &'a str,
    cast: Option<&'static str>,
    /// The exception where it can't be cast.
    miscast: &'static str,
}

/// References in an env file to variables that are made of references.
const MAX_REFERENCES: usize = 8;

impl<'a> Evaluator<'a> {
    /// Every value of a variable of the process where it is read, at `span`; `Value::None`: not set.
    pub fn environment(&self, name: &str, span: Span, fallback: &[Case<'a>]) -> Vec<Case<'a>> {
        let by_default = if fallback.is_empty() { self.set_by_default(name, span) } else { Vec::new() };
        let cases = self.inherited(name, span, if fallback.is_empty() { &by_default } else { fallback });
        self.set_by_code(name, span, cases)
    }

    /// Every value with which the process is started.
    pub(super) fn inherited(&self, name: &str, span: Span, fallback: &[Case<'a>]) -> Vec<Case<'a>> {
        let read = || Step { span, label: format!("{name} is read here") };
        let unset = |when: &[Condition]| {
            let cases = if fallback.is_empty() { one(Value::None) } else { fallback.to_vec() };
            under(when, cases)
        };
        let mut cases = match (self.place.lookup)(name) {
            Lookup::Absent => unset(&[]),
            // Whatever the unread source sets wins over the default, and where it sets nothing nobody can tell.
            Lookup::Unknown(source) => {
                let symbol = self.symbols.variable(self.place.scope, name);
                let text = self.symbols.variable_text(self.place.scope, name, span);
                let mut cases = unset(&[Condition::Unset(symbol), Condition::Branch(source)]);
                cases.push(Case { when: vec![Condition::Set(symbol)], value: Value::Text(text), trace: Vec::new() });
                cases
            }
            Lookup::Found(variable) => {
                let mut cases = Vec::new();
                for alternative in variable.value.alternatives {
                    let Some(text) = alternative.value else {
                        cases.extend(unset(&alternative.when));
                        continue;
                    };
                    let mut trace = alternative.trace;
                    if !trace.iter().any(|step| step.span == variable.name_span) {
                        trace.insert(0, Step { span: variable.name_span, label: format!("{name} is set here") });
                    }
                    cases.push(Case { when: alternative.when, value: Value::Text(text), trace });
                }
                cases
            }
        };
        for case in &mut cases {
            case.trace.insert(0, read());
        }
        cases
    }

    /// A variable of the process after `load_dotenv`.
    pub(super) fn variable(&self, name: &str, span: Span) -> Vec<Case<'a>> {
        let files = Files { dialect: Dialect::PythonDotenv, names: self.loaded_files(), module: "" };
        let from_file = self.env_file(name, &files, true);
        if self.overrides(&files) && !from_file.is_empty() {
            return from_file;
        }
        self.environment(name, span, &from_file)
    }

    /// A call that reads a variable; `None`: it is no such call.
    pub fn reads_environment(
        &self,
        expr: &'a Expr,
        callee: &str,
        call: &'a Call,
        scope: Scope<'a>,
    ) -> Option<Vec<Case<'a>>> {
        let reader = self.reader(callee, call, scope)?;
        let key = match call.arguments.first().or_else(|| call.keyword("key")).or_else(|| call.keyword("var")) {
            Some(key) => self.only(key, scope),
            None => Some(Text::mapped(usual_variable(callee)?, expr.span)),
        };
        let Some(key) = key else { return Some(opaque(expr.span)) };
        let name = format!("{}{}", reader.prefix, key.as_str());
        let positional = reader.default_at.and_then(|at| call.arguments.get(at));
        let default = call.keyword("default").or(positional).map(|default| self.eval(default, scope));
        let default = default.or_else(|| self.scheme_default(key.as_str(), call, scope));
        let from_file = self.env_file(&name, &reader.files, true);
        let cases = if self.overrides(&reader.files) && !from_file.is_empty() {
            from_file
        } else {
            self.environment(&name, expr.span, &from_file)
        };
        let cases = or_default(cases, default.as_deref());
        let cases = match reader.missing {
            Some(error) if default.is_none() => present(cases, expr.span, &format!("{error}: {name}")),
            _ => cases,
        };
        Some(match call.keyword("cast").and_then(Expr::dotted).as_deref().or(reader.cast) {
            Some("int") => integers(cases, expr.span, reader.miscast),
            Some("bool") => casts::booleans(cases, expr.span, &casts::words(reader.files.dialect), reader.miscast),
            Some("url") => casts::urls(cases, expr.span),
            _ => cases,
        })
    }

    /// The library behind a call that reads a variable; `None`: it is no such call.
    fn reader(&self, callee: &str, call: &'a Call, scope: Scope<'a>) -> Option<Reader<'a>> {
        let files = |dialect, names: Vec<&'a str>| Files { dialect, names, module: &scope.module.path };
        let reader = |files, default_at, missing| Reader {
            files,
            default_at,
            missing,
            prefix: "",
            cast: None,
            miscast: "ValueError",
        };
        let made = || self.maker(&call.callee, scope);
        Some(match callee {
            "os.getenv" | "os.environ.get" | "os.environ.setdefault" => {
                reader(files(Dialect::PythonDotenv, self.loaded_files()), Some(1), None)
            }
            "os.environ.pop" => reader(files(Dialect::PythonDotenv, self.loaded_files()), Some(1), Some("KeyError")),
            "decouple.config" | "decouple.AutoConfig" | "decouple.Config" => {
                if matches!(&call.callee.kind, ExprKind::Name(name) if name == "Config" || name == "AutoConfig") {
                    return None;
                }
                reader(files(Dialect::Decouple, vec![".env"]), Some(1), Some("UndefinedValueError"))
            }
            "starlette.config.Config" | "starlette.config.Config.get" => {
                let (config, _) = made()?;
                let file = config.arguments.first().or_else(|| config.keyword("env_file")).and_then(Expr::as_text);
                let files = files(Dialect::Starlette, file.map(Text::as_str).into_iter().collect());
                let prefix = config.keyword("env_prefix").and_then(Expr::as_text).map_or("", Text::as_str);
                Reader { prefix, ..reader(files, Some(2), Some("KeyError")) }
            }
            _ => {
                let (library, method) = callee.rsplit_once('.')?;
                let cast = ["int", "bool", "url"].into_iter().find(|cast| *cast == method);
                match (library, method) {
                    (
                        "environ.Env" | "environ.FileAwareEnv",
                        "str" | "int" | "bool" | "url" | "get_value" | "unicode" | "cache" | "cache_url" | "channels"
                        | "channels_url",
                    ) => {
                        let files = files(Dialect::DjangoEnviron, self.read_files());
                        Reader { cast, ..reader(files, Some(1), Some("ImproperlyConfigured")) }
                    }
                    // The second argument of `env(…)` is a cast.
                    ("environ", "Env" | "FileAwareEnv") => {
                        made()?;
                        reader(files(Dialect::DjangoEnviron, self.read_files()), None, Some("ImproperlyConfigured"))
                    }
                    ("environs.Env" | "environs.FileAwareEnv" | "environs.env", "str" | "int" | "bool")
                    | ("environs", "Env" | "FileAwareEnv" | "env") => {
                        if method != "env" {
                            made()?;
                        }
                        let files = files(Dialect::PythonDotenv, self.read_files());
                        let cast = Reader { cast, ..reader(files, Some(1), Some("EnvError")) };
                        Reader { miscast: "EnvValidationError", ..cast }
                    }
                    _ => return None,
                }
            }
        })
    }

    /// The call that made the object behind a name: `config = Config(".env")`, then `config(…)` or `config.get(…)`.
    fn maker(&self, object: &'a Expr, scope: Scope<'a>) -> Option<(&'a Call, Scope<'a>)> {
        let name = match &object.kind {
            ExprKind::Name(name) => name,
            ExprKind::Attribute(object, _) => return self.maker(object, scope),
            _ => return None,
        };
        match self.find(scope.module, name, 0) {
            Target::Bindings(module, name) => {
                let value = super::names::last_value(&module.bindings, name)?;
                Some((value.as_call()?, Scope::module(module)))
            }
            _ => None,
        }
    }

    /// The default of `environ.Env(NAME=(str, "default"))`.
    fn scheme_default(&self, name: &str, call: &'a Call, scope: Scope<'a>) -> Option<Vec<Case<'a>>> {
        let (made, scope) = self.maker(&call.callee, scope)?;
        match &made.keyword(name)?.kind {
            ExprKind::List(parts) => parts.get(1).map(|default| self.eval(default, scope)),
            _ => None,
        }
    }

    /// The files that `load_dotenv` puts into the process; `.env` where the call itself was not seen.
    fn loaded_files(&self) -> Vec<&'a str> {
        if !self.loads_dotenv {
            return Vec::new();
        }
        let calls = self.calls_of("load_dotenv");
        let names: Vec<_> = calls.filter_map(|call| call.arguments.first()?.as_text()).map(Text::as_str).collect();
        if names.is_empty() { vec![".env"] } else { names }
    }

    /// The file that `env.read_env(…)` reads.
    fn read_files(&self) -> Vec<&'a str> {
        if self.calls_of("read_env").next().is_some() { vec![".env"] } else { Vec::new() }
    }

    /// Whether what `load_dotenv(override=True)` reads beats the environment.
    fn overrides(&self, files: &Files<'_>) -> bool {
        matches!(files.dialect, Dialect::PythonDotenv)
            && self
                .calls_of("load_dotenv")
                .any(|call| call.keyword("override").is_some_and(|value| matches!(value.kind, ExprKind::Bool(true))))
    }

    /// The value that an env file of that name gives; nothing where there is none.
    pub(super) fn env_file(&self, name: &str, files: &Files<'_>, case_sensitive: bool) -> Vec<Case<'a>> {
        self.env_file_at(name, files, case_sensitive, 0)
    }

    fn env_file_at(&self, name: &str, files: &Files<'_>, case_sensitive: bool, depth: usize) -> Vec<Case<'a>> {
        if depth > MAX_REFERENCES {
            return Vec::new();
        }
        for wanted in files.names.iter().rev() {
            let wanted = wanted.rsplit('/').next().unwrap_or(wanted);
            let mut found: Vec<_> = self
                .place
                .dotenv
                .iter()
                .filter(|file| !file.example)
                .filter_map(|file| {
                    let (folder, base) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
                    let above =
                        files.module.is_empty() || folder.is_empty() || files.module.starts_with(&format!("{folder}/"));
                    (base == wanted && above).then_some((folder.len(), file))
                })
                .collect();
            found.sort_by_key(|(depth, _)| std::cmp::Reverse(*depth));
            let Some((_, file)) = found.first() else { continue };
            let text = self.place.sources.get(file.file).text();
            let (entries, _) = dotenv::parse(file.file, text, files.dialect);
            let entry = entries.into_iter().rev().find(|entry| {
                entry.key.value == name || (!case_sensitive && entry.key.value.eq_ignore_ascii_case(name))
            });
            let Some(entry) = entry else { continue };
            let Some(value) = entry.value else { continue };
            let step = Step { span: entry.key.span, label: format!("{name} is set here") };
            if !value.expands {
                return vec![Case { when: Vec::new(), value: Value::Text(value.text), trace: vec![step] }];
            }
            let mut cases = self.expanded(&value.text, name, files, depth);
            for case in &mut cases {
                case.trace.insert(0, step.clone());
            }
            return cases;
        }
        Vec::new()
    }

    /// A value of an env file with its `${NAME}` and `${NAME:-default}` filled in: by the process, or by the file.
    fn expanded(&self, value: &Text, own: &str, files: &Files<'_>, depth: usize) -> Vec<Case<'a>> {
        let span = value.span();
        let Ok(template) = template::parse(value) else { return opaque(span) };
        let file_wins = self.overrides(files);
        let part = |part: template::Part| match part {
            template::Part::Literal(text) => one(Value::Text(text)),
            template::Part::Variable(reference) => {
                // Its own name means what was there before.
                let in_file = if reference.name == own {
                    Vec::new()
                } else {
                    self.env_file_at(&reference.name, files, true, depth + 1)
                };
                let cases = if file_wins && !in_file.is_empty() {
                    in_file
                } else {
                    self.environment(&reference.name, span, &in_file)
                };
                let default = match reference.operator {
                    template::Operator::Default { value, .. } => value.literal(),
                    _ => None,
                };
                let fallback = one(Value::Text(default.unwrap_or_else(|| Text::empty(value.anchor()))));
                or_default(cases, Some(&fallback))
            }
        };
        self.concat(span, template.parts.into_iter().map(part))
    }
}

/// The variable that a call reads which names none.
fn usual_variable(callee: &str) -> Option<&'static str> {
    match callee.rsplit('.').next()? {
        "cache" | "cache_url" => Some("CACHE_URL"),
        "channels" | "channels_url" => Some("CHANNELS_URL"),
        _ => None,
    }
}

/// The program ends where a required variable is not set.
pub(super) fn present<'a>(cases: Vec<Case<'a>>, span: Span, error: &str) -> Vec<Case<'a>> {
    let ended = || Value::Ends(ClientError { message: error.to_owned(), span });
    let required = |value| if matches!(value, Value::None) { ended() } else { value };
    running(cases.into_iter().map(|case| Case { value: required(case.value), ..case }).collect())
}

/// Puts the default in place of "not set".
pub(super) fn or_default<'a>(cases: Vec<Case<'a>>, default: Option<&[Case<'a>]>) -> Vec<Case<'a>> {
    let Some(default) = default else { return cases };
    let mut out = Vec::new();
    for case in cases {
        if matches!(case.value, Value::None) {
            for mut inner in under(&case.when, default.to_vec()) {
                inner.trace.splice(0..0, case.trace.iter().cloned());
                out.push(inner);
            }
        } else {
            out.push(case);
        }
    }
    out
}
