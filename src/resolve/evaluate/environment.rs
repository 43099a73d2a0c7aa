//! How Python code reads variables: `os`, python-decouple, django-environ, environs, starlette, pydantic settings.
//!
//! The process environment comes from the place; env files that code loads itself are read in the dialect of their
//! reader (facts.md §6).

use crate::facts::code::{Call, Class, Expr, ExprKind, Function};
use crate::resolve::project::Lookup;
use crate::source::Span;
use crate::symbol::{Condition, Step, Symbols};
use crate::syntax::dotenv::{self, Dialect};
use crate::syntax::template;
use crate::text::Text;

use super::cases::{one, opaque, under};
use super::values::{Case, ClassRef, Evaluator, Scope, Target, Value};

/// Bases of bases.
const MAX_BASES: usize = 16;

/// Env files that a reader looks into: names without folder, later wins.
pub(super) struct Files<'a> {
    pub dialect: Dialect,
    pub names: Vec<&'a str>,
    /// The module that loads them, whose folder and those above it are searched.
    pub module: &'a str,
}

impl<'a> Evaluator<'a> {
    /// Every value of a variable of the process; `Value::None`: not set.
    pub fn environment(&self, name: &str, span: Span, fallback: &[Case<'a>]) -> Vec<Case<'a>> {
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

    /// A call that reads a variable; `None`: it is no such call.
    pub fn reads_environment(
        &self,
        expr: &'a Expr,
        callee: &str,
        call: &'a Call,
        scope: Scope<'a>,
    ) -> Option<Vec<Case<'a>>> {
        let files = |dialect, names: &[&'a str]| Files { dialect, names: names.to_vec(), module: &scope.module.path };
        let (required, position, files) = match callee {
            "os.getenv" | "os.environ.get" | "os.environ.setdefault" => {
                let names = self.loaded_files();
                (false, 1, files(Dialect::PythonDotenv, &names))
            }
            "decouple.config" | "decouple.AutoConfig" => (true, 1, files(Dialect::Decouple, &[".env"])),
            "starlette.config.Config" | "starlette.config.Config.get" => {
                // `Config(".env")` itself: its value is asked for only as an object.
                if call.arguments.first().and_then(Expr::as_text).is_some_and(|text| text.as_str().contains(".env")) {
                    return None;
                }
                (true, 2, files(Dialect::Starlette, &[".env"]))
            }
            _ => {
                let (library, method) = callee.rsplit_once('.')?;
                match (library, method) {
                    (
                        "environ.Env" | "environ.FileAwareEnv",
                        "str" | "int" | "url" | "get_value" | "unicode" | "cache" | "cache_url",
                    )
                    | ("environ", "Env" | "FileAwareEnv") => {
                        (true, 1, files(Dialect::DjangoEnviron, &self.read_files()))
                    }
                    ("environs.Env" | "environs.FileAwareEnv", "str" | "int" | "url")
                    | ("environs", "Env" | "FileAwareEnv" | "env")
                    | ("environs.env", "str" | "int") => (true, 1, files(Dialect::PythonDotenv, &self.read_files())),
                    _ => return None,
                }
            }
        };
        let key = call.arguments.first()?;
        let keys = self.eval(key, scope);
        let [Case { value: Value::Text(name), .. }] = keys.as_slice() else { return Some(opaque(expr.span)) };
        if !Symbols::is_known(name) {
            return Some(opaque(expr.span));
        }
        let name = name.as_str();
        // The second argument of `env(…)` is a cast.
        let positional = (callee != "environ.Env").then(|| call.arguments.get(position)).flatten();
        let default = call.keyword("default").or(positional).map(|default| self.eval(default, scope));
        let from_file = self.env_file(name, &files, true);
        let cases = if self.overrides(&files) && !from_file.is_empty() {
            from_file
        } else {
            self.environment(name, expr.span, &from_file)
        };
        let cases = or_default(cases, default.as_deref());
        let cases = if required && default.is_none() { present(cases) } else { cases };
        Some(if cases.is_empty() { opaque(expr.span) } else { cases })
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
        for wanted in files.names.iter().rev() {
            let wanted = wanted.rsplit('/').next().unwrap_or(wanted);
            let mut found: Vec<_> = self
                .place
                .dotenv
                .iter()
                .filter(|file| !file.example)
                .filter_map(|file| {
                    let (folder, base) = file.path.rsplit_once('/').unwrap_or(("", &file.path));
                    let above = folder.is_empty() || files.module.starts_with(&format!("{folder}/"));
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
            let value = if value.expands { plain(&value.text) } else { Some(value.text) };
            let value = value.map_or(Value::Opaque(entry.key.span), Value::Text);
            return vec![Case { when: Vec::new(), value, trace: vec![step] }];
        }
        Vec::new()
    }

    // ── classes ────────────────────────────────────────────────────────────────────────────────────────────────────

    /// The class and its bases in the repository, nearest first, and the names of the bases outside.
    pub fn lineage(&self, class: ClassRef<'a>) -> (Vec<ClassRef<'a>>, Vec<String>) {
        let (mut classes, mut outside) = (vec![class], Vec::new());
        let mut at = 0;
        while let Some(current) = classes.get(at).copied()
            && classes.len() < MAX_BASES
        {
            at += 1;
            for base in &current.class.bases {
                let scope = Scope::module(current.module);
                let target = match &base.kind {
                    ExprKind::Name(name) => self.find(current.module, name, 0),
                    _ => Target::Missing,
                };
                match target {
                    Target::Class(base) if !classes.iter().any(|known| std::ptr::eq(known.class, base.class)) => {
                        classes.push(base);
                    }
                    Target::Class(_) => {}
                    _ => match self.eval(base, scope).as_slice() {
                        [Case { value: Value::Class(base), .. }] => classes.push(*base),
                        _ => outside.extend(self.qualified(base, scope)),
                    },
                }
            }
        }
        (classes, outside)
    }

    /// A method, looked up through the bases.
    pub fn find_method(&self, class: ClassRef<'a>, name: &str) -> Option<(ClassRef<'a>, &'a Function)> {
        self.lineage(class).0.into_iter().find_map(|owner| {
            owner.class.methods.iter().rev().find(|method| method.name.value == name).map(|method| (owner, method))
        })
    }

    /// The attribute of a class or its instance; `None`: there is none.
    pub fn field(&self, class: ClassRef<'a>, name: &str) -> Option<Vec<Case<'a>>> {
        let (lineage, outside) = self.lineage(class);
        let initialised =
            lineage.iter().any(|owner| owner.class.methods.iter().any(|one| one.name.value == "__init__"));
        if !initialised && let Some(given) = class.arguments.and_then(|frame| self.argument(frame, name)) {
            return Some(given);
        }
        for owner in &lineage {
            let scope = Scope::within(owner.module, Some(class));
            if let Some(method) = owner.class.methods.iter().rev().find(|method| method.name.value == name) {
                let property = ["property", "cached_property", "computed_field"]
                    .iter()
                    .any(|decorator| method.decorator(decorator).is_some());
                return if property { self.returned(method, scope, None) } else { None };
            }
            let declared = owner.class.fields.iter().rev().find(|field| field.name.value == name);
            if let Some(declared) = declared {
                let body = Scope::within(owner.module, Some(*owner));
                return match version(&outside) {
                    Some(version) if declared.annotation.is_some() || version == 1 => {
                        let options = self.options(&lineage, version);
                        let cases = self.settings_field(name, declared.name.span, owner.class, &options, body);
                        Some(self.validated(class, name, declared.name.span, cases))
                    }
                    _ => self.plain_field(owner.class, name, body),
                };
            }
            let attribute = format!("self.{name}");
            let init = owner.class.methods.iter().find(|method| {
                method.name.value == "__init__" && method.bindings.iter().any(|binding| binding.name.value == attribute)
            });
            if let Some(init) = init {
                let scope = Scope { function: Some(init), arguments: class.arguments, ..scope };
                return self.bindings(&init.bindings, &attribute, scope);
            }
        }
        None
    }

    fn plain_field(&self, owner: &'a Class, name: &str, scope: Scope<'a>) -> Option<Vec<Case<'a>>> {
        let cases = self.bindings(&owner.fields, name, scope)?;
        let declared = owner.fields.iter().rev().find(|field| field.name.value == name)?;
        let Some(call) = declared.value.as_ref().and_then(Expr::as_call) else { return Some(cases) };
        let field = self.qualified(&call.callee, scope).is_some_and(|name| is_field(&name));
        if field {
            Some(self.field_default(call, scope).unwrap_or_else(|| opaque(declared.name.span)))
        } else {
            Some(cases)
        }
    }

    /// The default in `Field(…)` or `field(…)`; `None`: it is required.
    pub(super) fn field_default(&self, call: &'a Call, scope: Scope<'a>) -> Option<Vec<Case<'a>>> {
        let default = call.keyword("default").or(call.arguments.first());
        match default.map(|default| &default.kind) {
            Some(ExprKind::Opaque) | None => None,
            Some(_) => default.map(|default| self.eval(default, scope)),
        }
    }

    /// The name of the variable that fills a field, for people: `REDIS_HOST` for `host` under the prefix `REDIS_`.
    pub fn field_name(&self, class: ClassRef<'a>, name: &str) -> String {
        let (lineage, outside) = self.lineage(class);
        let prefix = version(&outside).map_or(String::new(), |version| self.options(&lineage, version).prefix);
        if prefix.is_empty() { name.to_owned() } else { format!("{prefix}{name}").to_ascii_uppercase() }
    }
}

/// A value without references to variables, `$$` being a dollar sign.
fn plain(value: &Text) -> Option<Text> {
    let mut out = Text::empty(value.anchor());
    for part in template::parse(value).ok()?.parts {
        let template::Part::Literal(text) = part else { return None };
        out.push_text(&text);
    }
    Some(out)
}

/// Drops the alternatives in which a required variable is not set: the program ends there.
pub(super) fn present(cases: Vec<Case<'_>>) -> Vec<Case<'_>> {
    cases.into_iter().filter(|case| !matches!(case.value, Value::None)).collect()
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

/// 1 or 2 where a base is pydantic's.
fn version(bases: &[String]) -> Option<u8> {
    bases.iter().find_map(|base| match base.as_str() {
        "pydantic_settings.BaseSettings" => Some(2),
        "pydantic.BaseSettings" | "pydantic.v1.BaseSettings" | "pydantic.env_settings.BaseSettings" => Some(1),
        _ => None,
    })
}

pub(super) fn is_field(name: &str) -> bool {
    matches!(
        name,
        "pydantic.Field"
            | "pydantic.v1.Field"
            | "pydantic.fields.Field"
            | "dataclasses.field"
            | "attr.ib"
            | "attrs.field"
    )
}
