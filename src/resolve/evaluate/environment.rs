//! How Python code reads variables: `os`, python-decouple, django-environ, environs, starlette, pydantic settings.
//!
//! The process environment comes from the place; env files that code loads itself are read in the dialect of their
//! reader (facts.md §6).

use crate::facts::code::{Call, Class, Expr, ExprKind, Function, Module};
use crate::resolve::project::Lookup;
use crate::source::Span;
use crate::symbol::{Condition, Step, Symbols};
use crate::syntax::dotenv::{self, Dialect};
use crate::syntax::template;
use crate::text::Text;

use super::values::{Case, ClassRef, Evaluator, Scope, Target, Value, one, opaque, under};

/// Bases of bases.
const MAX_BASES: usize = 16;

/// Env files that a reader looks into: names without folder, later wins.
struct Files<'a> {
    dialect: Dialect,
    names: Vec<&'a str>,
    /// The module that loads them, whose folder and those above it are searched.
    module: &'a str,
}

/// What pydantic makes of a settings class.
#[derive(Default)]
struct Options {
    version: u8,
    prefix: String,
    delimiter: String,
    env_files: Vec<String>,
    ignore_empty: bool,
    case_sensitive: bool,
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
                    ("environs.Env", "str" | "int" | "url")
                    | ("environs", "Env" | "env")
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
        let imported = self.running().any(|module| module.imports.iter().any(|import| import.module == "dotenv"));
        if !imported {
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

    fn running(&self) -> impl Iterator<Item = &'a Module> {
        self.facts.modules.iter().filter(|module| (self.place.runs)(&module.path))
    }

    /// The calls of that last name in the code that runs.
    pub(super) fn calls_of(&self, name: &'static str) -> impl Iterator<Item = &'a Call> {
        self.running()
            .flat_map(|module| module.calls.iter().chain(module.functions.iter().flat_map(|function| &function.calls)))
            .filter_map(Expr::as_call)
            .filter(move |call| match &call.callee.kind {
                ExprKind::Name(callee) => callee == name,
                ExprKind::Attribute(_, callee) => callee.value == name,
                _ => false,
            })
    }

    /// The value that an env file of that name gives; nothing where there is none.
    fn env_file(&self, name: &str, files: &Files<'_>, case_sensitive: bool) -> Vec<Case<'a>> {
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
    fn field_default(&self, call: &'a Call, scope: Scope<'a>) -> Option<Vec<Case<'a>>> {
        let default = call.keyword("default").or(call.arguments.first());
        match default.map(|default| &default.kind) {
            Some(ExprKind::Opaque) | None => None,
            Some(_) => default.map(|default| self.eval(default, scope)),
        }
    }

    fn settings_field(
        &self,
        name: &str,
        span: Span,
        owner: &'a Class,
        options: &Options,
        scope: Scope<'a>,
    ) -> Vec<Case<'a>> {
        let declared = owner.fields.iter().rev().find(|field| field.name.value == name);
        let value = declared.and_then(|field| field.value.as_ref());
        let field_call = value
            .and_then(Expr::as_call)
            .filter(|call| self.qualified(&call.callee, scope).is_some_and(|name| is_field(&name)));
        let mut names = vec![format!("{}{name}", options.prefix)];
        let mut default = None;
        if let Some(call) = field_call {
            let given = if options.version == 1 { call.keyword("env") } else { None }.or_else(|| {
                call.keyword("validation_alias").or(call.keyword("alias")).filter(|_| options.version == 2)
            });
            if let Some(given) = given {
                names = strings(given);
                if names.is_empty() {
                    return opaque(span);
                }
            }
            default = self.field_default(call, scope);
            if default.is_some() {
                self.bindings(&owner.fields, name, scope);
            }
        } else if value.is_some() {
            default = self.bindings(&owner.fields, name, scope);
        }
        let files = Files {
            dialect: Dialect::PythonDotenv,
            names: options.env_files.iter().map(String::as_str).collect(),
            module: &scope.module.path,
        };
        let mut cases = one(Value::None);
        for name in &names {
            let found = self.first_set(name, span, options);
            cases = or_default(cases, Some(&found));
        }
        for name in &names {
            let found = self.env_file(name, &files, options.case_sensitive);
            if !found.is_empty() {
                cases = or_default(cases, Some(&found));
            }
        }
        let annotation = declared.and_then(|field| field.annotation.as_ref());
        if let Some([Case { value: Value::Class(model), .. }]) =
            annotation.map(|kind| self.eval(kind, scope)).as_deref()
            && cases.iter().all(|case| matches!(case.value, Value::None))
        {
            return self.nested(*model, names.first().map_or(name, String::as_str), default, options, &files, span);
        }
        if !numbers_only(annotation, &mut cases) {
            return opaque(span);
        }
        let cases = match &default {
            Some(default) => or_default(cases, Some(default)),
            // Without a default the program ends here.
            None => present(cases),
        };
        let mut cases = if cases.is_empty() { opaque(span) } else { cases };
        for case in &mut cases {
            if case.trace.first().is_none_or(|step| step.span != span) {
                case.trace.insert(0, Step { span, label: format!("{name} is declared here") });
            }
        }
        cases
    }

    /// A model inside settings: `REDIS__HOST` under the delimiter `__`, else its default.
    fn nested(
        &self,
        model: ClassRef<'a>,
        name: &str,
        default: Option<Vec<Case<'a>>>,
        options: &Options,
        files: &Files<'_>,
        span: Span,
    ) -> Vec<Case<'a>> {
        let mut given = Vec::new();
        for field in model.class.fields.iter().filter(|field| field.annotation.is_some()) {
            if options.delimiter.is_empty() {
                break;
            }
            let own = field.name.value.as_str();
            let variable = format!("{name}{}{own}", options.delimiter);
            let found = self.env_file(&variable, files, options.case_sensitive);
            let cases = or_default(self.first_set(&variable, span, options), (!found.is_empty()).then_some(&found));
            let mut cases = cases;
            if !numbers_only(field.annotation.as_ref(), &mut cases) {
                return opaque(span);
            }
            if cases.iter().any(|case| !matches!(case.value, Value::None)) {
                let unset = self.field(model, own);
                given.push((own, or_default(cases, unset.as_deref())));
            }
        }
        if given.is_empty() {
            return default.unwrap_or_else(|| opaque(span));
        }
        one(Value::Instance(ClassRef { arguments: Some(self.keep(given)), ..model }))
    }

    /// What pydantic's validators of the class make of a field.
    fn validated(&self, class: ClassRef<'a>, name: &str, span: Span, mut cases: Vec<Case<'a>>) -> Vec<Case<'a>> {
        let attribute = format!("self.{name}");
        for owner in self.lineage(class).0 {
            let scope = Scope::within(owner.module, Some(class));
            for method in &owner.class.methods {
                let of_field = ["field_validator", "validator"].iter().any(|decorator| {
                    let call = method.decorator(decorator).and_then(Expr::as_call);
                    call.is_some_and(|call| {
                        call.arguments.iter().filter_map(Expr::as_text).any(|field| field.as_str() == name)
                    })
                });
                if let (true, Some((parameter, _))) = (of_field, method.parameters.get(1)) {
                    let frame = self.keep(vec![(parameter.as_str(), cases)]);
                    cases = self.returned(method, scope, Some(frame)).unwrap_or_else(|| opaque(span));
                }
                if method.decorator("model_validator").is_none() {
                    continue;
                }
                let scope = Scope { function: Some(method), ..scope };
                for binding in method.bindings.iter().filter(|binding| binding.name.value == attribute) {
                    let Some(value) = &binding.value else { continue };
                    // The test and the new value see the field as it was before.
                    if self.active.borrow().contains(&binding.name.span) {
                        return cases;
                    }
                    self.active.borrow_mut().push(binding.name.span);
                    let set = self.eval(value, scope);
                    let mut new = Vec::new();
                    for (when, holds) in self.outcomes(&binding.guards, scope) {
                        let values = if holds { set.clone() } else { cases.clone() };
                        new.extend(under(&when, values));
                    }
                    self.active.borrow_mut().pop();
                    cases = if new.is_empty() { opaque(span) } else { new };
                }
            }
        }
        cases
    }

    /// A variable as pydantic finds it: in any case, unless told otherwise.
    fn first_set(&self, name: &str, span: Span, options: &Options) -> Vec<Case<'a>> {
        let mut spellings = vec![name.to_owned()];
        if !options.case_sensitive {
            for other in [name.to_ascii_uppercase(), name.to_ascii_lowercase()] {
                if !spellings.contains(&other) {
                    spellings.push(other);
                }
            }
        }
        let set = spellings.iter().find(|name| matches!((self.place.lookup)(name), Lookup::Found(_)));
        // In a place that could not be read whole, one spelling stands for all: the usual one.
        let upper = name.to_ascii_uppercase();
        let name = set.map_or(if options.case_sensitive { name } else { &upper }, |name| name);
        let mut cases = self.environment(name, span, &[]);
        if options.ignore_empty {
            for case in &mut cases {
                if matches!(&case.value, Value::Text(text) if text.is_empty()) {
                    case.value = Value::None;
                }
            }
        }
        cases
    }

    fn options(&self, lineage: &[ClassRef<'a>], version: u8) -> Options {
        let mut options = Options { version, ..Options::default() };
        for class in lineage.iter().rev() {
            let scope = Scope::within(class.module, Some(*class));
            for (name, value) in &class.class.keywords {
                self.option(&mut options, &name.value, value, scope);
            }
            for inner in class.class.inner.iter().filter(|inner| inner.name.value == "Config") {
                for field in &inner.fields {
                    if let Some(value) = &field.value {
                        self.option(&mut options, &field.name.value, value, scope);
                    }
                }
            }
            let config = class.class.fields.iter().rev().find(|field| field.name.value == "model_config");
            match config.and_then(|config| config.value.as_ref()).map(|value| &value.kind) {
                Some(ExprKind::Call(call)) => {
                    for (name, value) in &call.keywords {
                        self.option(&mut options, &name.value, value, scope);
                    }
                }
                Some(ExprKind::Dict(entries)) => {
                    for (name, value) in entries {
                        if let Some(name) = name.as_ref().and_then(Expr::as_text) {
                            self.option(&mut options, name.as_str(), value, scope);
                        }
                    }
                }
                _ => {}
            }
        }
        options
    }

    fn option(&self, options: &mut Options, name: &str, value: &'a Expr, scope: Scope<'a>) {
        let truth = matches!(value.kind, ExprKind::Bool(true));
        match name {
            "env_prefix" | "env_nested_delimiter" => {
                if let [Case { value: Value::Text(text), .. }] = self.eval(value, scope).as_slice() {
                    let option = if name == "env_prefix" { &mut options.prefix } else { &mut options.delimiter };
                    text.as_str().clone_into(option);
                }
            }
            "env_file" => options.env_files = strings(value),
            "env_ignore_empty" => options.ignore_empty = truth,
            "case_sensitive" => options.case_sensitive = truth,
            _ => {}
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

/// Drops what a field of numbers can't take: the program ends there; `false`: nothing is left.
fn numbers_only(annotation: Option<&Expr>, cases: &mut Vec<Case<'_>>) -> bool {
    if annotation.and_then(Expr::dotted).as_deref() == Some("int") {
        cases.retain(|case| match &case.value {
            Value::Text(text) => !Symbols::is_known(text) || text.as_str().trim().parse::<i64>().is_ok(),
            _ => true,
        });
    }
    !cases.is_empty()
}

/// Drops the alternatives in which a required variable is not set: the program ends there.
pub(super) fn present(cases: Vec<Case<'_>>) -> Vec<Case<'_>> {
    cases.into_iter().filter(|case| !matches!(case.value, Value::None)).collect()
}

/// Puts the default in place of "not set".
fn or_default<'a>(cases: Vec<Case<'a>>, default: Option<&[Case<'a>]>) -> Vec<Case<'a>> {
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

fn is_field(name: &str) -> bool {
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

/// The literal strings of `"a"`, `["a", "b"]`, `AliasChoices("a", "b")`.
fn strings(expr: &Expr) -> Vec<String> {
    let list: &[Expr] = match &expr.kind {
        ExprKind::Text(text) => return vec![text.as_str().to_owned()],
        ExprKind::List(values) => values,
        ExprKind::Call(call) => &call.arguments,
        _ => &[],
    };
    list.iter().filter_map(Expr::as_text).map(|text| text.as_str().to_owned()).collect()
}
