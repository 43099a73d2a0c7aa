//! A bounded, flow-insensitive evaluator of [`Expr`]s: names through modules, classes and functions to texts.
//!
//! Whatever it does not know becomes opaque; it never guesses. Knows Python's own semantics, and of libraries only how
//! they read the environment (`environment` and `pydantic`).

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

use crate::facts::Facts;
use crate::facts::code::{Binding, Call, Class, Expr, ExprKind, Function, Guard, Module};
use crate::source::Span;
use crate::symbol::{Alternative, Change, Condition, MAX_ALTERNATIVES, Resolved, Step, Symbols, is_symbol};
use crate::text::Text;

use super::CodePlace;

/// Names that lead to names that lead to names.
const MAX_DEPTH: u32 = 40;

/// Expressions evaluated for one client.
const FUEL: u32 = 20_000;

/// A class and the module it stands in.
#[derive(Clone, Copy)]
pub(super) struct ClassRef<'a> {
    pub module: &'a Module,
    pub class: &'a Class,
}

/// Where names are looked up.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub module: &'a Module,
    pub function: Option<&'a Function>,
    /// The class of `self`, or the class whose body is evaluated.
    pub this: Option<ClassRef<'a>>,
}

impl<'a> Scope<'a> {
    pub fn module(module: &'a Module) -> Self {
        Self { module, function: None, this: None }
    }
}

/// What an expression may be.
#[derive(Clone)]
pub(super) enum Value<'a> {
    None,
    Bool(bool),
    Text(Text),
    Number(Text),
    /// A list or dictionary, evaluated where it is looked into.
    Structure(&'a Expr, Scope<'a>),
    Class(ClassRef<'a>),
    Instance(ClassRef<'a>),
    Module(&'a Module),
    Function(&'a Function, Scope<'a>),
    Opaque(Span),
}

/// A value under conditions.
#[derive(Clone)]
pub(super) struct Case<'a> {
    pub when: Vec<Condition>,
    pub value: Value<'a>,
    pub trace: Vec<Step>,
}

impl<'a> Case<'a> {
    pub fn of(value: Value<'a>) -> Self {
        Self { when: Vec::new(), value, trace: Vec::new() }
    }
}

/// What a name of a module is.
pub(super) enum Target<'a> {
    Bindings(&'a Module, &'a str),
    Class(ClassRef<'a>),
    Function(&'a Function, &'a Module),
    Module(&'a Module),
    External(String),
    Missing,
}

pub(super) struct Evaluator<'a> {
    pub facts: &'a Facts,
    pub place: &'a CodePlace<'a>,
    pub symbols: &'a Symbols,
    modules: HashMap<&'a str, &'a Module>,
    fuel: Cell<u32>,
    depth: Cell<u32>,
    /// Bindings being evaluated: one that refers to its own name sees only those before it.
    active: RefCell<Vec<Span>>,
    /// Every binding that was read.
    visited: RefCell<HashSet<Span>>,
}

impl<'a> Evaluator<'a> {
    pub fn new(facts: &'a Facts, place: &'a CodePlace<'a>, symbols: &'a Symbols) -> Self {
        Self {
            facts,
            place,
            symbols,
            modules: facts.modules.iter().map(|module| (module.path.as_str(), module)).collect(),
            fuel: Cell::new(FUEL),
            depth: Cell::new(0),
            active: RefCell::default(),
            visited: RefCell::default(),
        }
    }

    /// Starts anew for another client.
    pub fn refuel(&self) {
        self.fuel.set(FUEL);
    }

    /// The bindings read since the last call.
    pub fn take_visited(&self) -> HashSet<Span> {
        self.visited.take()
    }

    /// Every value an expression may have; never empty.
    pub fn eval(&self, expr: &'a Expr, scope: Scope<'a>) -> Vec<Case<'a>> {
        if self.depth.get() >= MAX_DEPTH || self.fuel.get() == 0 {
            return opaque(expr.span);
        }
        self.fuel.set(self.fuel.get() - 1);
        self.depth.set(self.depth.get() + 1);
        let cases = self.eval_kind(expr, scope);
        self.depth.set(self.depth.get() - 1);
        if cases.is_empty() || cases.len() > MAX_ALTERNATIVES { opaque(expr.span) } else { cases }
    }

    fn eval_kind(&self, expr: &'a Expr, scope: Scope<'a>) -> Vec<Case<'a>> {
        match &expr.kind {
            ExprKind::Text(text) => one(Value::Text(text.clone())),
            ExprKind::Number(text) => one(Value::Number(text.clone())),
            ExprKind::Bool(value) => one(Value::Bool(*value)),
            ExprKind::None => one(Value::None),
            ExprKind::Dict(_) | ExprKind::List(_) => one(Value::Structure(expr, scope)),
            ExprKind::Opaque => opaque(expr.span),
            ExprKind::Name(name) => self.name(name, expr.span, scope),
            ExprKind::Attribute(object, name) => self.attribute(expr, object, &name.value, scope),
            ExprKind::Subscript(object, key) => self.subscript(expr, object, key, scope),
            ExprKind::Call(call) => self.call(expr, call, scope),
            ExprKind::Format(parts) => self.concat(expr.span, parts.iter().map(|part| self.eval(part, scope))),
            ExprKind::Sum(parts) => self.sum(expr, parts, scope),
            ExprKind::Percent(left, right) => self.percent(expr, left, right, scope),
            ExprKind::Or(values) => self.first_where(values, scope, true),
            ExprKind::And(values) => self.first_where(values, scope, false),
            ExprKind::Not(inner) => self
                .truths(inner, scope)
                .into_iter()
                .map(|(when, truth)| Case {
                    when,
                    value: truth.map_or(Value::Opaque(expr.span), |truth| Value::Bool(!truth)),
                    trace: Vec::new(),
                })
                .collect(),
            ExprKind::Equal(left, right) => self.equal(expr, left, right, scope),
            ExprKind::Choice { test, then, otherwise } => {
                let mut out = Vec::new();
                for (when, holds) in self.decided(test, scope) {
                    let branch = if holds { then } else { otherwise };
                    out.extend(under(&when, self.eval(branch, scope)));
                }
                out
            }
        }
    }

    // ── names ──────────────────────────────────────────────────────────────────────────────────────────────────────

    fn name(&self, name: &'a str, span: Span, scope: Scope<'a>) -> Vec<Case<'a>> {
        if let Some(function) = scope.function {
            if matches!(name, "self" | "cls")
                && let Some(this) = scope.this
            {
                return one(Value::Instance(this));
            }
            if function.bindings.iter().any(|binding| binding.name.value == name) {
                return self.bindings(&function.bindings, name, scope).unwrap_or_else(|| opaque(span));
            }
            if function.parameters.iter().any(|(parameter, _)| parameter == name) {
                return opaque(span);
            }
        } else if let Some(this) = scope.this
            && let Some(cases) = self.bindings(&this.class.fields, name, scope)
        {
            return cases;
        }
        self.target(self.find(scope.module, name, 0), span)
    }

    fn target(&self, target: Target<'a>, span: Span) -> Vec<Case<'a>> {
        match target {
            Target::Bindings(module, name) => {
                self.bindings(&module.bindings, name, Scope::module(module)).unwrap_or_else(|| opaque(span))
            }
            Target::Class(class) => one(Value::Class(class)),
            Target::Function(function, module) => one(Value::Function(function, Scope::module(module))),
            Target::Module(module) => one(Value::Module(module)),
            Target::External(_) | Target::Missing => opaque(span),
        }
    }

    /// What a module-level name is, through imports.
    pub fn find(&self, module: &'a Module, name: &str, depth: usize) -> Target<'a> {
        if depth > 8 {
            return Target::Missing;
        }
        // A name that is set from itself (`X = X or …`) means what was imported under it before.
        let active = self.active.borrow();
        let assigned = |binding: &&Binding| binding.name.value == name && binding.value.is_some();
        if let Some(binding) =
            module.bindings.iter().find(assigned).filter(|binding| !active.contains(&binding.name.span))
        {
            return Target::Bindings(module, &binding.name.value);
        }
        if let Some(class) = module.classes.iter().find(|class| class.name.value == name) {
            return Target::Class(ClassRef { module, class });
        }
        if let Some(function) = module.functions.iter().find(|function| function.name.value == name) {
            return Target::Function(function, module);
        }
        for import in module.imports.iter().filter(|import| import.bound == name) {
            let target = import.target.as_deref().and_then(|path| self.modules.get(path)).copied();
            let found = match (&import.member, target) {
                (Some(member), Some(target)) => self.find(target, member, depth + 1),
                (None, Some(target)) => Target::Module(target),
                (_, None) => Target::Missing,
            };
            if !matches!(found, Target::Missing) {
                return found;
            }
            if let Some(module) = import.submodule.as_deref().and_then(|path| self.modules.get(path)) {
                return Target::Module(module);
            }
            if import.target.is_none() && import.submodule.is_none() {
                return Target::External(import.qualified());
            }
        }
        for import in module.imports.iter().filter(|import| import.bound == "*") {
            if let Some(target) = import.target.as_deref().and_then(|path| self.modules.get(path)) {
                let found = self.find(target, name, depth + 1);
                if !matches!(found, Target::Missing) {
                    return found;
                }
            }
        }
        Target::Missing
    }

    /// The value of a name after all its assignments; `None`: there is none.
    pub fn bindings(&self, list: &'a [Binding], name: &str, scope: Scope<'a>) -> Option<Vec<Case<'a>>> {
        let mut cases: Option<Vec<Case<'a>>> = None;
        for binding in list.iter().filter(|binding| binding.name.value == name) {
            let Some(value) = &binding.value else { continue };
            if self.active.borrow().contains(&binding.name.span) {
                break;
            }
            self.visited.borrow_mut().insert(binding.name.span);
            self.active.borrow_mut().push(binding.name.span);
            let mut new = Vec::new();
            let mut outcomes = self.outcomes(&binding.guards, scope);
            outcomes.sort_by_key(|(_, holds)| *holds);
            for (when, holds) in outcomes {
                if holds {
                    let mut values = under(&when, self.eval(value, scope));
                    for case in &mut values {
                        let last = name.rsplit('.').next().unwrap_or(name);
                        case.trace.insert(0, Step { span: binding.name.span, label: format!("{last} is set here") });
                    }
                    new.extend(values);
                } else if let Some(old) = &cases {
                    new.extend(under(&when, old.clone()));
                }
            }
            self.active.borrow_mut().pop();
            if new.len() > MAX_ALTERNATIVES {
                new = opaque(binding.name.span);
            }
            if !new.is_empty() {
                cases = Some(new);
            }
        }
        cases
    }

    /// Under which conditions all guards hold, and under which one does not.
    fn outcomes(&self, guards: &'a [Guard], scope: Scope<'a>) -> Vec<(Vec<Condition>, bool)> {
        let mut live: Vec<Vec<Condition>> = vec![Vec::new()];
        let mut out = Vec::new();
        for guard in guards {
            let mut next = Vec::new();
            for (when, truth) in self.decided(&guard.test, scope) {
                for before in &live {
                    if let Some(all) = join(before, &when) {
                        if truth == guard.holds { next.push(all) } else { out.push((all, false)) }
                    }
                }
            }
            live = next;
            if out.len() + live.len() > MAX_ALTERNATIVES {
                break;
            }
        }
        live.into_iter().map(|when| (when, true)).chain(out).collect()
    }

    fn attribute(&self, expr: &'a Expr, object: &'a Expr, name: &'a str, scope: Scope<'a>) -> Vec<Case<'a>> {
        if let Some(cases) = self.path(expr, scope) {
            return cases;
        }
        if self.qualified(object, scope).as_deref() == Some("django.conf.settings") {
            return self.django_setting(name).unwrap_or_else(|| opaque(expr.span));
        }
        self.flat_map(self.eval(object, scope), |value| match value {
            Value::Instance(class) | Value::Class(class) => {
                self.field(class, name).unwrap_or_else(|| opaque(expr.span))
            }
            Value::Module(module) => self.target(self.find(module, name, 0), expr.span),
            _ => opaque(expr.span),
        })
    }

    /// `app.config["X"]` and `import a.b; a.b.X`, which are bound as one dotted name.
    fn path(&self, expr: &'a Expr, scope: Scope<'a>) -> Option<Vec<Case<'a>>> {
        let dotted = dotted(expr)?;
        if let Some(function) = scope.function
            && let Some(cases) = self.bindings(&function.bindings, &dotted, scope)
        {
            return Some(cases);
        }
        if let Some(cases) = self.bindings(&scope.module.bindings, &dotted, Scope::module(scope.module)) {
            return Some(cases);
        }
        let import = scope.module.imports.iter().find(|import| import.bound == dotted && import.bound.contains('.'))?;
        let module = import.target.as_deref().and_then(|path| self.modules.get(path))?;
        Some(one(Value::Module(module)))
    }

    /// A Django setting: the only module of the repository that sets it.
    pub fn django_setting(&self, name: &'a str) -> Option<Vec<Case<'a>>> {
        let mut modules = self.facts.modules.iter().filter(|module| {
            module.path.contains("settings") && module.bindings.iter().any(|binding| binding.name.value == name)
        });
        let (module, more) = (modules.next()?, modules.next());
        if more.is_some() {
            return None;
        }
        self.bindings(&module.bindings, name, Scope::module(module))
    }

    fn subscript(&self, expr: &'a Expr, object: &'a Expr, key: &'a Expr, scope: Scope<'a>) -> Vec<Case<'a>> {
        if self.qualified(object, scope).as_deref() == Some("os.environ")
            && let Some(name) = key.as_text()
        {
            return self.required(self.environment(name.as_str(), expr.span, &[]));
        }
        if let Some(cases) = self.path(expr, scope) {
            return cases;
        }
        self.flat_map(self.eval(object, scope), |value| {
            let Value::Structure(structure, scope) = value else { return opaque(expr.span) };
            self.item(structure, key, scope).unwrap_or_else(|| opaque(expr.span))
        })
    }

    fn item(&self, structure: &'a Expr, key: &'a Expr, scope: Scope<'a>) -> Option<Vec<Case<'a>>> {
        match (&structure.kind, &key.kind) {
            (ExprKind::Dict(_), ExprKind::Text(text)) => {
                entry(structure, text.as_str()).map(|value| self.eval(value, scope))
            }
            (ExprKind::List(values), ExprKind::Number(at)) => {
                values.get(at.as_str().parse::<usize>().ok()?).map(|value| self.eval(value, scope))
            }
            _ => None,
        }
    }

    /// The full name of an imported thing: `redis.Redis.from_url`; an instance counts as its class.
    pub fn qualified(&self, expr: &'a Expr, scope: Scope<'a>) -> Option<String> {
        self.qualified_at(expr, scope, 0)
    }

    fn qualified_at(&self, expr: &'a Expr, scope: Scope<'a>, depth: usize) -> Option<String> {
        if depth > 12 {
            return None;
        }
        match &expr.kind {
            ExprKind::Call(call) => self.qualified_at(&call.callee, scope, depth + 1),
            ExprKind::Attribute(object, name) => {
                let object = self.qualified_at(object, scope, depth + 1)?;
                Some(format!("{object}.{}", name.value))
            }
            ExprKind::Name(name) => {
                if let Some(function) = scope.function {
                    if let Some(value) = last_value(&function.bindings, name) {
                        return self.qualified_at(value, scope, depth + 1);
                    }
                    if function.parameters.iter().any(|(parameter, _)| parameter == name) {
                        return None;
                    }
                }
                if let Some(import) = scope.module.imports.iter().find(|import| {
                    import.target.is_none() && (import.bound == *name || import.bound.split('.').next() == Some(name))
                }) {
                    // `import a.b` binds `a`.
                    let plain = import.member.is_none() && import.bound == import.module;
                    return Some(if plain { name.clone() } else { import.qualified() });
                }
                match self.find(scope.module, name, 0) {
                    Target::Bindings(module, name) => {
                        let value = last_value(&module.bindings, name)?;
                        self.qualified_at(value, Scope::module(module), depth + 1)
                    }
                    Target::External(name) => Some(name),
                    Target::Missing => Some(name.clone()),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    // ── calls ──────────────────────────────────────────────────────────────────────────────────────────────────────

    fn call(&self, expr: &'a Expr, call: &'a Call, scope: Scope<'a>) -> Vec<Case<'a>> {
        if let Some(name) = self.qualified(&call.callee, scope) {
            if let Some(cases) = self.reads_environment(expr, &name, call, scope) {
                return cases;
            }
            let first = call.arguments.first();
            match (name.as_str(), first) {
                ("str" | "pydantic.SecretStr" | "pydantic.RedisDsn" | "pydantic.networks.RedisDsn", Some(value)) => {
                    return self.map(self.eval(value, scope), |value| as_text(&value).map(Value::Text), expr.span);
                }
                ("int", Some(value)) => {
                    return self.map(self.eval(value, scope), |value| as_text(&value).map(Value::Number), expr.span);
                }
                (
                    "urllib.parse.quote" | "urllib.parse.quote_plus" | "quote" | "quote_plus" | "urllib.quote_plus",
                    Some(value),
                ) => {
                    return self.map(self.eval(value, scope), |value| self.quoted(&as_text(&value)?), expr.span);
                }
                ("getattr", Some(object)) => return self.getattr(expr, object, call, scope),
                ("dict", None) if call.spreads.is_empty() => return opaque(expr.span),
                _ => {}
            }
        }
        if let ExprKind::Attribute(object, method) = &call.callee.kind
            && let Some(cases) = self.method(expr, object, &method.value, call, scope)
        {
            return cases;
        }
        self.flat_map(self.eval(&call.callee, scope), |value| match value {
            // A model that is built with arguments may differ from its defaults in any field.
            Value::Class(class) if call.keywords.is_empty() && call.arguments.is_empty() && call.spreads.is_empty() => {
                one(Value::Instance(class))
            }
            Value::Function(function, scope) => self.returned(function, scope).unwrap_or_else(|| opaque(expr.span)),
            _ => opaque(expr.span),
        })
    }

    fn getattr(&self, expr: &'a Expr, object: &'a Expr, call: &'a Call, scope: Scope<'a>) -> Vec<Case<'a>> {
        let Some(name) = call.arguments.get(1).and_then(Expr::as_text) else { return opaque(expr.span) };
        let django = self.qualified(object, scope).as_deref() == Some("django.conf.settings");
        if django && let Some(cases) = self.django_setting(name.as_str()) {
            return cases;
        }
        self.flat_map(self.eval(object, scope), |value| {
            match value {
                Value::Instance(class) | Value::Class(class) => self.field(class, name.as_str()),
                Value::Module(module) => Some(self.target(self.find(module, name.as_str(), 0), expr.span)),
                _ => None,
            }
            .unwrap_or_else(|| opaque(expr.span))
        })
    }

    fn method(
        &self,
        expr: &'a Expr,
        object: &'a Expr,
        method: &str,
        call: &'a Call,
        scope: Scope<'a>,
    ) -> Option<Vec<Case<'a>>> {
        let object_cases = || self.eval(object, scope);
        let text = |change: &dyn Fn(&Text) -> Option<Text>| {
            Some(self.map(
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
                Some(self.map(object_cases(), |value| as_text(&value).map(Value::Text), expr.span))
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
            ("format", _) => Some(self.flat_map(object_cases(), |value| match value {
                Value::Text(template) => self.format(expr, &template, call, scope),
                _ => opaque(expr.span),
            })),
            ("get", Some(key)) => {
                let default = call.arguments.get(1);
                Some(self.flat_map(object_cases(), |value| {
                    let Value::Structure(structure, inner) = value else { return opaque(expr.span) };
                    match (self.item(structure, key, inner), default) {
                        (Some(cases), _) => cases,
                        (None, Some(default)) => self.eval(default, scope),
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
                self.returned(function, Scope { module: owner.module, function: None, this: Some(*class) })
            }
        }
    }

    /// What a function returns, its parameters being unknown.
    pub fn returned(&self, function: &'a Function, scope: Scope<'a>) -> Option<Vec<Case<'a>>> {
        if function.returns.is_empty() || self.active.borrow().contains(&function.name.span) {
            return None;
        }
        let scope = Scope { function: Some(function), ..scope };
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

    // ── texts ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// Joins values as text. Where the alternatives multiply beyond the limit, the next part becomes opaque.
    pub fn concat(&self, span: Span, parts: impl Iterator<Item = Vec<Case<'a>>>) -> Vec<Case<'a>> {
        let mut done: Vec<(Vec<Condition>, Text, Vec<Step>)> = vec![(Vec::new(), Text::empty(span), Vec::new())];
        for part in parts {
            let mut next = Vec::new();
            for (when, text, trace) in &done {
                for case in &part {
                    let Some(all) = join(when, &case.when) else { continue };
                    let mut text = text.clone();
                    text.push_text(&self.text_of(&case.value, span));
                    next.push((all, text, trace.iter().chain(&case.trace).cloned().collect()));
                }
            }
            if next.len() > MAX_ALTERNATIVES {
                let unknown = self.symbols.opaque_text(span);
                for (_, text, _) in &mut done {
                    text.push_text(&unknown);
                }
            } else {
                done = next;
            }
        }
        done.into_iter().map(|(when, text, trace)| Case { when, value: Value::Text(text), trace }).collect()
    }

    /// A value as `str()` shows it.
    fn text_of(&self, value: &Value<'a>, span: Span) -> Text {
        match value {
            Value::None => Text::mapped("None", span),
            Value::Bool(value) => Text::mapped(if *value { "True" } else { "False" }, span),
            Value::Opaque(span) => self.symbols.opaque_text(*span),
            other => as_text(other).unwrap_or_else(|| self.symbols.opaque_text(span)),
        }
    }

    fn sum(&self, expr: &'a Expr, parts: &'a [Expr], scope: Scope<'a>) -> Vec<Case<'a>> {
        let parts: Vec<_> = parts.iter().map(|part| self.eval(part, scope)).collect();
        // Python adds texts to texts only; anything else is no URL.
        let addable = |case: &Case<'a>| matches!(case.value, Value::Text(_) | Value::Opaque(_));
        let texts = parts.iter().flatten().any(|case| matches!(case.value, Value::Text(_)));
        if !texts {
            return opaque(expr.span);
        }
        let parts = parts.into_iter().map(|cases| {
            let cases: Vec<_> = cases.into_iter().filter(|case| addable(case)).collect();
            if cases.is_empty() { opaque(expr.span) } else { cases }
        });
        self.concat(expr.span, parts)
    }

    fn percent(&self, expr: &'a Expr, left: &'a Expr, right: &'a Expr, scope: Scope<'a>) -> Vec<Case<'a>> {
        let Some(template) = left.as_text() else { return opaque(expr.span) };
        let mut parts = Vec::new();
        let (value, mut at, mut next) = (template.as_str(), 0, 0);
        while let Some(found) = value[at..].find('%') {
            parts.push(one(Value::Text(template.slice(at..at + found))));
            let rest = &value[at + found..];
            let (length, cases) = match rest.as_bytes() {
                [b'%', b'%', ..] => (2, Some(one(Value::Text(template.slice(at + found..at + found + 1))))),
                [b'%', b's' | b'd' | b'i', ..] => {
                    let operand = match &right.kind {
                        ExprKind::List(values) => values.get(next),
                        _ => Some(right),
                    };
                    next += 1;
                    (2, operand.map(|operand| self.eval(operand, scope)))
                }
                [b'%', b'(', ..] => {
                    let Some(end) = rest.find(")s").or_else(|| rest.find(")d")) else { return opaque(expr.span) };
                    (end + 2, entry(right, &rest[2..end]).map(|operand| self.eval(operand, scope)))
                }
                _ => return opaque(expr.span),
            };
            parts.push(cases.unwrap_or_else(|| opaque(expr.span)));
            at += found + length;
        }
        parts.push(one(Value::Text(template.slice(at..value.len()))));
        self.concat(expr.span, parts.into_iter())
    }

    fn format(&self, expr: &'a Expr, template: &Text, call: &'a Call, scope: Scope<'a>) -> Vec<Case<'a>> {
        let (value, mut at, mut next) = (template.as_str(), 0, 0);
        let mut parts = Vec::new();
        while let Some(found) = value[at..].find(['{', '}']) {
            parts.push(one(Value::Text(template.slice(at..at + found))));
            let start = at + found;
            let rest = &value[start..];
            if rest.starts_with("{{") || rest.starts_with("}}") {
                parts.push(one(Value::Text(template.slice(start..start + 1))));
                at = start + 2;
                continue;
            }
            let Some(end) = rest.find('}').filter(|end| *end > 0) else { return opaque(expr.span) };
            let field = &rest[1..end];
            let operand = if field.is_empty() {
                next += 1;
                call.arguments.get(next - 1)
            } else if let Ok(index) = field.parse::<usize>() {
                call.arguments.get(index)
            } else {
                call.keyword(field)
            };
            parts.push(operand.map_or_else(|| opaque(expr.span), |operand| self.eval(operand, scope)));
            at = start + end + 1;
        }
        parts.push(one(Value::Text(template.slice(at..value.len()))));
        self.concat(expr.span, parts.into_iter())
    }

    fn changed(&self, text: &Text, change: Change) -> Option<Text> {
        let mut chars = text.as_str().chars();
        let (base, None) = (chars.next()?, chars.next()) else { return None };
        let symbol = self.symbols.intern(crate::symbol::Symbol::Changed { base, change });
        Some(Text::mapped(symbol.encode_utf8(&mut [0; 4]), text.span()))
    }

    fn quoted(&self, text: &Text) -> Option<Value<'a>> {
        if !Symbols::is_known(text) {
            return self.changed(text, Change::PercentEncoded).map(Value::Text);
        }
        let mut out = Text::empty(text.anchor());
        for (at, char) in text.as_str().char_indices() {
            let range = at..at + char.len_utf8();
            if char.is_ascii_alphanumeric() || "_.-~".contains(char) {
                out.push_text(&text.slice(range));
            } else {
                let encoded: String = text.as_str()[range.clone()].bytes().map(|byte| format!("%{byte:02X}")).collect();
                out.push_mapped(&encoded, text.span_of(range));
            }
        }
        Some(Value::Text(out))
    }

    // ── truth ──────────────────────────────────────────────────────────────────────────────────────────────────────

    /// `or` (`stop` is true) and `and`.
    fn first_where(&self, values: &'a [Expr], scope: Scope<'a>, stop: bool) -> Vec<Case<'a>> {
        let mut out = Vec::new();
        let mut live: Vec<Vec<Condition>> = vec![Vec::new()];
        for (at, value) in values.iter().enumerate() {
            let mut next = Vec::new();
            for case in self.eval(value, scope) {
                for before in &live {
                    let Some(when) = join(before, &case.when) else { continue };
                    let case = Case { when, ..case.clone() };
                    if at + 1 == values.len() {
                        out.push(case);
                        continue;
                    }
                    for (when, truth) in truth(&case) {
                        match truth {
                            Some(truth) if truth != stop => next.push(when),
                            Some(_) => out.push(Case { when, ..case.clone() }),
                            None => {
                                out.push(Case { when: branch(&when, value.span, true), ..case.clone() });
                                next.push(branch(&when, value.span, false));
                            }
                        }
                    }
                }
            }
            live = next;
            if out.len() + live.len() > MAX_ALTERNATIVES {
                return Vec::new();
            }
        }
        out
    }

    fn truths(&self, test: &'a Expr, scope: Scope<'a>) -> Vec<(Vec<Condition>, Option<bool>)> {
        self.eval(test, scope).iter().flat_map(truth).collect()
    }

    /// As [`Self::truths`], where an undecided test gives both branches.
    fn decided(&self, test: &'a Expr, scope: Scope<'a>) -> Vec<(Vec<Condition>, bool)> {
        let mut out = Vec::new();
        for (when, truth) in self.truths(test, scope) {
            match truth {
                Some(truth) => out.push((when, truth)),
                None => out.extend([true, false].map(|holds| (branch(&when, test.span, holds), holds))),
            }
        }
        out
    }

    fn equal(&self, expr: &'a Expr, left: &'a Expr, right: &'a Expr, scope: Scope<'a>) -> Vec<Case<'a>> {
        let right = self.eval(right, scope);
        self.eval(left, scope)
            .iter()
            .flat_map(|left| right.iter().map(move |right| (left, right)))
            .filter_map(|(left, right)| {
                let when = join(&left.when, &right.when)?;
                let value = match (&left.value, &right.value) {
                    (Value::None, Value::None) => Value::Bool(true),
                    (Value::None, Value::Text(_)) | (Value::Text(_), Value::None) => Value::Bool(false),
                    (Value::Text(a), Value::Text(b)) if a == b || (Symbols::is_known(a) && Symbols::is_known(b)) => {
                        Value::Bool(a == b)
                    }
                    (Value::Bool(a), Value::Bool(b)) => Value::Bool(a == b),
                    _ => Value::Opaque(expr.span),
                };
                Some(Case { when, value, trace: Vec::new() })
            })
            .collect()
    }

    // ── cases ──────────────────────────────────────────────────────────────────────────────────────────────────────

    fn flat_map(&self, cases: Vec<Case<'a>>, f: impl Fn(Value<'a>) -> Vec<Case<'a>>) -> Vec<Case<'a>> {
        cases
            .into_iter()
            .flat_map(|case| {
                let inner = f(case.value);
                under(&case.when, inner).into_iter().map(move |mut inner| {
                    inner.trace.splice(0..0, case.trace.iter().cloned());
                    inner
                })
            })
            .collect()
    }

    fn map(&self, cases: Vec<Case<'a>>, f: impl Fn(Value<'a>) -> Option<Value<'a>>, span: Span) -> Vec<Case<'a>> {
        let unknown = Value::Opaque(span);
        cases.into_iter().map(|case| Case { value: f(case.value).unwrap_or(unknown.clone()), ..case }).collect()
    }

    /// The alternatives in the form that the model speaks of.
    pub fn resolved(&self, cases: Vec<Case<'a>>, span: Span) -> Resolved {
        let mut alternatives: Vec<_> = cases
            .into_iter()
            .map(|case| {
                let value = match &case.value {
                    Value::None => None,
                    other => Some(self.text_of(other, span)),
                };
                Alternative { when: case.when, value, trace: case.trace }
            })
            .collect();
        // A fresh clone sets nothing.
        let set = |condition: &&Condition| matches!(condition, Condition::Set(_));
        alternatives.sort_by_key(|alternative| alternative.when.iter().filter(set).count());
        Resolved { alternatives }
    }
}

/// A single case.
pub(super) fn one(value: Value<'_>) -> Vec<Case<'_>> {
    vec![Case::of(value)]
}

/// A single unknown.
pub(super) fn opaque<'a>(span: Span) -> Vec<Case<'a>> {
    one(Value::Opaque(span))
}

/// The cases that are possible while `when` holds.
pub(super) fn under<'a>(when: &[Condition], cases: Vec<Case<'a>>) -> Vec<Case<'a>> {
    cases.into_iter().filter_map(|case| Some(Case { when: join(when, &case.when)?, ..case })).collect()
}

/// The value of a key in a dictionary literal.
pub(super) fn entry<'a>(structure: &'a Expr, key: &str) -> Option<&'a Expr> {
    let ExprKind::Dict(entries) = &structure.kind else { return None };
    entries
        .iter()
        .rev()
        .find(|(name, _)| name.as_ref().and_then(Expr::as_text).is_some_and(|text| text.as_str() == key))
        .map(|(_, value)| value)
}

fn last_value<'a>(bindings: &'a [Binding], name: &str) -> Option<&'a Expr> {
    bindings.iter().rev().filter(|binding| binding.name.value == name).find_map(|binding| binding.value.as_ref())
}

fn as_text(value: &Value<'_>) -> Option<Text> {
    match value {
        Value::Text(text) | Value::Number(text) => Some(text.clone()),
        _ => None,
    }
}

/// `a.b` and `a["b"]` as `a.b`; `None` for a bare name.
fn dotted(expr: &Expr) -> Option<String> {
    match &expr.kind {
        ExprKind::Attribute(object, name) => {
            Some(format!("{}.{}", dotted(object).or_else(|| object.dotted())?, name.value))
        }
        ExprKind::Subscript(object, key) => {
            Some(format!("{}.{}", dotted(object).or_else(|| object.dotted())?, key.as_text()?.as_str()))
        }
        _ => None,
    }
}

/// A branch that can't be decided: the test's place where it is taken, the empty place behind the test where not.
fn branch(when: &[Condition], test: Span, holds: bool) -> Vec<Condition> {
    let span = if holds { test } else { Span { start: test.end, ..test } };
    let mut when = when.to_vec();
    if !when.contains(&Condition::Branch(span)) {
        when.push(Condition::Branch(span));
    }
    when
}

/// Both sets of conditions at once; `None` where they contradict each other.
pub(super) fn join(left: &[Condition], right: &[Condition]) -> Option<Vec<Condition>> {
    let mut out = left.to_vec();
    for condition in right {
        if out.contains(condition) {
            continue;
        }
        let contradicts = |other: &Condition| match (other, condition) {
            (
                Condition::Set(a) | Condition::Unset(a) | Condition::Empty(a),
                Condition::Set(b) | Condition::Unset(b) | Condition::Empty(b),
            ) => a == b,
            (Condition::Branch(a), Condition::Branch(b)) => {
                a.file == b.file && a.end == b.end && a.is_empty() != b.is_empty()
            }
            _ => false,
        };
        if out.iter().any(contradicts) {
            return None;
        }
        out.push(condition.clone());
    }
    Some(out)
}

/// Whether a value counts as true; a lone symbol that is not known to be set may be either.
fn truth(case: &Case<'_>) -> Vec<(Vec<Condition>, Option<bool>)> {
    let known = |truth| vec![(case.when.clone(), Some(truth))];
    match &case.value {
        Value::None => known(false),
        Value::Bool(value) => known(*value),
        Value::Number(text) => known(text.as_str() != "0"),
        Value::Text(text) => {
            let mut chars = text.as_str().chars();
            match (chars.next(), chars.next()) {
                (None, _) => known(false),
                (Some(symbol), None) if is_symbol(symbol) && !case.when.contains(&Condition::Set(symbol)) => {
                    [(Condition::Set(symbol), true), (Condition::Empty(symbol), false)]
                        .into_iter()
                        .filter_map(|(condition, truth)| Some((join(&case.when, &[condition])?, Some(truth))))
                        .collect()
                }
                _ => known(true),
            }
        }
        Value::Structure(expr, _) => match &expr.kind {
            ExprKind::Dict(entries) => known(!entries.is_empty()),
            ExprKind::List(values) => known(!values.is_empty()),
            _ => known(true),
        },
        Value::Class(_) | Value::Instance(_) | Value::Module(_) | Value::Function(..) => known(true),
        Value::Opaque(_) => vec![(case.when.clone(), None)],
    }
}
