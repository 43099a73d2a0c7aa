//! Settings classes of pydantic: which variables fill a field, models inside, and validators.
//!
//! Both versions (facts.md §6). Knows the libraries' rules; the variables themselves come from `environment`.

use crate::facts::code::{Binding, Call, Expr, ExprKind, Module};
use crate::model::ClientError;
use crate::source::Span;
use crate::symbol::Step;
use crate::syntax::dotenv::Dialect;

use super::cases::{flat_map, one, opaque, running, under};
use super::casts::{self, integers};
use super::classes::{is_field, version};
use super::environment::{Files, or_default, present};
use super::structures::entry;
use super::urls;
use super::values::{Case, ClassRef, Evaluator, Scope, Value};

/// What pydantic makes of a settings class.
#[derive(Default)]
pub(super) struct Options {
    pub version: u8,
    pub prefix: String,
    delimiter: String,
    env_files: Vec<String>,
    ignore_empty: bool,
    /// Names beside an alias count as well.
    by_name: bool,
    /// Defaults do not pass the validators.
    keep_defaults: bool,
    /// `fields = {"name": {"env": …}}` of version 1.
    variables: Vec<(String, Vec<String>)>,
    case_sensitive: bool,
}

impl<'a> Evaluator<'a> {
    /// The value of a field: what its variables give, or its default, after the validators.
    pub(super) fn settings_field(&self, class: ClassRef<'a>, owner: ClassRef<'a>, field: &'a Binding) -> Vec<Case<'a>> {
        let options = self.options(&self.lineage(class).0);
        let span = field.name.span;
        let (given, default) = self.given(owner, field, &options);
        let settled = |given: Vec<Case<'a>>| match &default {
            Some(default) => or_default(given, Some(default)),
            None => present(given, span, "ValidationError: Field required"),
        };
        // What a validator makes is checked as what was given is.
        let validated = |cases| {
            let cases = self.validated(class, &field.name.value, span, cases);
            typed(field.annotation.as_ref(), options.version, cases, span)
        };
        let mut cases = if options.keep_defaults {
            let (unset, set): (Vec<_>, Vec<_>) = given.into_iter().partition(|case| matches!(case.value, Value::None));
            let set = if set.is_empty() { set } else { validated(set) };
            settled(set.into_iter().chain(unset).collect())
        } else {
            validated(settled(given))
        };
        for case in &mut cases {
            if case.trace.first().is_none_or(|step| step.span != span) {
                case.trace.insert(0, Step { span, label: format!("{} is declared here", field.name.value) });
            }
        }
        cases
    }

    /// What variables and env files give a field (`Value::None`: nothing), and its default.
    fn given(
        &self,
        owner: ClassRef<'a>,
        field: &'a Binding,
        options: &Options,
    ) -> (Vec<Case<'a>>, Option<Vec<Case<'a>>>) {
        let (name, span) = (field.name.value.as_str(), field.name.span);
        let scope = Scope::within(owner.module, Some(owner));
        let call = field.value.as_ref().and_then(Expr::as_call);
        let call = call.filter(|call| self.qualified(&call.callee, scope).is_some_and(|name| is_field(&name)));
        // Reading it counts as such, also where its default is inside a call.
        let assigned = field.value.as_ref().and_then(|_| self.bindings(&owner.class.fields, name, scope));
        let default = match call {
            Some(call) => self.field_default(call, scope),
            None => assigned,
        };
        let Some(names) = names(name, call, options) else { return (opaque(span), None) };
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
            let mut found = self.env_file(name, &files, options.case_sensitive);
            found.retain(|case| !(options.ignore_empty && is_empty(&case.value)));
            if !found.is_empty() {
                cases = or_default(cases, Some(&found));
            }
        }
        let annotation = field.annotation.as_ref();
        if let Some([Case { value: Value::Class(model), .. }]) =
            annotation.map(|kind| self.eval(kind, scope)).as_deref()
            && cases.iter().all(|case| matches!(case.value, Value::None))
        {
            let first = names.first().map_or(name, String::as_str);
            return (self.nested(*model, first, default, options, &files, span), None);
        }
        (typed(annotation, options.version, cases, span), default)
    }

    /// The error with which a settings class is not even built; `None`: it is.
    pub(super) fn unbuildable(&self, class: ClassRef<'a>) -> Option<ClientError> {
        let place = class.class.name.span;
        if let Some(known) = self.built.borrow().get(&place) {
            return known.clone();
        }
        // Fields that look at each other find it built.
        self.built.borrow_mut().insert(place, None);
        // Its other fields are no part of the one that is asked for.
        let visited = self.take_visited();
        let lineage = self.lineage(class).0;
        let mut error = None;
        for (at, owner) in lineage.iter().enumerate() {
            for field in owner.class.fields.iter().filter(|field| field.annotation.is_some()) {
                let name = &field.name.value;
                let again = |nearer: &ClassRef<'a>| nearer.class.fields.iter().any(|other| other.name.value == *name);
                let passed = class.arguments.is_some_and(|frame| self.argument(frame, name).is_some());
                if passed || lineage[..at].iter().any(again) {
                    continue;
                }
                let cases = running(self.settings_field(class, *owner, field));
                if let [Case { value: Value::Ends(ended), .. }] = cases.as_slice() {
                    error.get_or_insert_with(|| ended.clone());
                }
            }
        }
        self.set_visited(visited);
        self.built.borrow_mut().insert(place, error.clone());
        error
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
            let cases = typed(field.annotation.as_ref(), options.version, cases, span);
            if let [ended @ Case { value: Value::Ends(_), .. }] = cases.as_slice() {
                return vec![ended.clone()];
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
    pub(super) fn validated(
        &self,
        class: ClassRef<'a>,
        name: &str,
        span: Span,
        mut cases: Vec<Case<'a>>,
    ) -> Vec<Case<'a>> {
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
                    let mut arguments = vec![(parameter.as_str(), cases)];
                    if let Some((others, _)) = method.parameters.get(2) {
                        arguments.push((others, one(Value::Fields(class))));
                    }
                    let frame = self.keep(arguments);
                    cases = self.returned(method, scope, Some(frame)).unwrap_or_else(|| opaque(span));
                }
                let after = matches!(method.name.value.as_str(), "__post_init__" | "model_post_init");
                if method.decorator("model_validator").is_none() && !after {
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
        let same = |known: &&String| !options.case_sensitive && known.eq_ignore_ascii_case(name);
        let mut known = self.place.names.iter().filter(|known| *known == name || same(known));
        let (known, more) = (known.next(), known.next());
        if more.is_some() {
            // The one that the process happens to list last.
            return opaque(span);
        }
        // In a place that could not be read whole, one spelling stands for all: the usual one.
        let upper = name.to_ascii_uppercase();
        let name = known.map_or(if options.case_sensitive { name } else { &upper }, |known| known);
        let mut cases = self.environment(name, span, &[]);
        if options.ignore_empty {
            for case in &mut cases {
                if is_empty(&case.value) {
                    case.value = Value::None;
                }
            }
        }
        cases
    }

    /// What the class and its bases say of how they are filled.
    pub(super) fn options(&self, lineage: &[ClassRef<'a>]) -> Options {
        let bases = lineage.iter().flat_map(|class| self.lineage(*class).1).collect::<Vec<_>>();
        let mut options = Options { version: version(&bases).unwrap_or(2), ..Options::default() };
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
            "populate_by_name" | "validate_by_name" => options.by_name = truth,
            "validate_default" => options.keep_defaults = !truth,
            "fields" => {
                let ExprKind::Dict(entries) = &value.kind else { return };
                for (name, field) in entries {
                    if let (Some(name), Some(given)) = (name.as_ref().and_then(Expr::as_text), entry(field, "env")) {
                        options.variables.push((name.as_str().to_owned(), strings(given)));
                    }
                }
            }
            _ => {}
        }
    }
}

/// The variables that fill a field; `None`: it could not be told.
fn names(name: &str, call: Option<&Call>, options: &Options) -> Option<Vec<String>> {
    let own = format!("{}{name}", options.prefix);
    let given = call.and_then(|call| match options.version {
        1 => call.keyword("env"),
        _ => call.keyword("validation_alias").or(call.keyword("alias")),
    });
    let mut names = match given {
        Some(given) => strings(given),
        None => match options.variables.iter().find(|(field, _)| field == name) {
            Some((_, names)) if options.version == 1 => names.clone(),
            _ => vec![own.clone()],
        },
    };
    if given.is_some() && options.by_name && options.version == 2 && !names.contains(&own) {
        names.push(own);
    }
    (!names.is_empty()).then_some(names)
}

fn is_empty(value: &Value<'_>) -> bool {
    matches!(value, Value::Text(text) if text.is_empty())
}

/// What a field of that type takes of the values given: the program ends where it is refused.
fn typed<'a>(annotation: Option<&Expr>, version: u8, cases: Vec<Case<'a>>, span: Span) -> Vec<Case<'a>> {
    let set = |change: &dyn Fn(Value<'a>) -> Vec<Case<'a>>| {
        running(flat_map(cases.clone(), |value| if matches!(value, Value::None) { one(value) } else { change(value) }))
    };
    if says(annotation, "bool") {
        set(&|value| casts::booleans(one(value), span, &casts::PYDANTIC, "ValidationError"))
    } else if says(annotation, "int") {
        set(&|value| integers(one(value), span, "ValidationError"))
    } else if says(annotation, "RedisDsn") {
        set(&|value| urls::dsn(&value, version, span).map_or_else(|| opaque(span), one))
    } else {
        cases
    }
}

/// Whether an annotation is a type or optionally one; the depth of a lowered expression is bounded.
fn says(annotation: Option<&Expr>, kind: &str) -> bool {
    annotation.is_some_and(|annotation| match &annotation.kind {
        ExprKind::Name(name) => name == kind,
        ExprKind::Attribute(_, name) => name.value == kind,
        ExprKind::Subscript(optional, inner) => {
            optional.dotted().is_some_and(|name| name.ends_with("Optional")) && says(Some(inner), kind)
        }
        ExprKind::Union(left, right) => says(Some(left), kind) || says(Some(right), kind),
        _ => false,
    })
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

/// Whether a module uses pydantic 1, whose URLs are plain texts.
pub(super) fn is_pydantic_1(module: &Module) -> bool {
    module.imports.iter().any(|import| {
        import.module.starts_with("pydantic.v1")
            || import.module == "pydantic" && import.member.as_deref() == Some("BaseSettings")
    })
}
