//! Settings classes of pydantic: which variables fill a field, models inside, and validators.
//!
//! Both versions (facts.md §6). Knows the libraries' rules; the variables themselves come from `environment`.

use crate::facts::code::{Class, Expr, ExprKind};
use crate::resolve::project::Lookup;
use crate::source::Span;
use crate::symbol::{Step, Symbols};
use crate::syntax::dotenv::Dialect;

use super::cases::{one, opaque, under};
use super::environment::{Files, is_field, or_default, present};
use super::values::{Case, ClassRef, Evaluator, Scope, Value};

/// What pydantic makes of a settings class.
#[derive(Default)]
pub(super) struct Options {
    pub version: u8,
    pub prefix: String,
    delimiter: String,
    env_files: Vec<String>,
    ignore_empty: bool,
    case_sensitive: bool,
}

impl<'a> Evaluator<'a> {
    pub(super) fn settings_field(
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

    pub(super) fn options(&self, lineage: &[ClassRef<'a>], version: u8) -> Options {
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
