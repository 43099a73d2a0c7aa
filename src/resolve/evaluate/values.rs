//! A bounded, flow-insensitive evaluator of [`Expr`]s: names through modules, classes and functions to texts.
//!
//! Whatever it does not know becomes opaque; it never guesses. Knows Python's own semantics, and of libraries only how
//! they read the environment (`environment` and `pydantic`).

use std::cell::{Cell, RefCell};
use std::collections::{HashMap, HashSet};

use crate::facts::Facts;
use crate::facts::code::{Binding, Call, Class, Expr, ExprKind, Function, Guard, Module};
use crate::model::ClientError;
use crate::source::Span;
use crate::symbol::{Alternative, Condition, MAX_ALTERNATIVES, Resolved, Step, Symbols};
use crate::text::Text;

use super::CodePlace;
use super::cases::{ends, flat_map, join, map, one, opaque, running, under};
use super::flask::is_config;
use super::parts;
use super::process;
use super::structures::entry;
use super::urls;

/// Names that lead to names that lead to names.
const MAX_DEPTH: u32 = 40;

/// Expressions evaluated for one client; a setting takes tens of them, tangled program code would take any number.
const FUEL: u32 = 3_000;

/// A class and the module it stands in.
#[derive(Clone, Copy)]
pub(super) struct ClassRef<'a> {
    pub module: &'a Module,
    pub class: &'a Class,
    /// What the instance was built with, if it is one that was seen being built.
    pub arguments: Option<Frame>,
}

/// The arguments of one call, kept by the evaluator.
#[derive(Clone, Copy)]
pub(super) struct Frame(usize);

/// Arguments by the names of their parameters.
pub(super) type Arguments<'a> = Vec<(&'a str, Vec<Case<'a>>)>;

/// Where names are looked up.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub module: &'a Module,
    pub function: Option<&'a Function>,
    /// The class of `self`, or the class whose body is evaluated.
    pub this: Option<ClassRef<'a>>,
    /// The arguments of the call of `function`; `None`: it could be any call.
    pub arguments: Option<Frame>,
}

impl<'a> Scope<'a> {
    pub fn module(module: &'a Module) -> Self {
        Self::within(module, None)
    }

    pub fn within(module: &'a Module, this: Option<ClassRef<'a>>) -> Self {
        Self { module, function: None, this, arguments: None }
    }
}

/// What an expression may be.
#[derive(Clone)]
pub(super) enum Value<'a> {
    None,
    Bool(bool),
    Text(Text),
    Number(Text),
    /// A URL that `urlparse` took apart.
    Url(Text),
    /// What a text was split into.
    Parts(Vec<Text>),
    /// The fields that a validator of this class can see.
    Fields(ClassRef<'a>),
    /// A list, a dictionary, a call of `dict` or a lambda, evaluated where it is looked into.
    Structure(&'a Expr, Scope<'a>),
    Class(ClassRef<'a>),
    Instance(ClassRef<'a>),
    Module(&'a Module),
    Function(&'a Function, Scope<'a>),
    Opaque(Span),
    /// The program stops here, with Python's error: what follows never happens.
    Ends(ClientError),
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
    pub modules: HashMap<&'a str, &'a Module>,
    /// The modules that are here, whether loaded or not.
    present: Vec<&'a Module>,
    /// The modules that run here: asked for with every value, found once.
    running: Vec<&'a Module>,
    /// Their calls by the last name of what is called.
    calls: HashMap<&'a str, Vec<(&'a Module, &'a Call)>>,
    /// Where they set variables of their process.
    pub(super) assigned_in_process: HashMap<&'a str, Vec<(&'a Module, &'a Binding)>>,
    /// Whether any of them imports python-dotenv.
    pub loads_dotenv: bool,
    /// Whether any of them imports dynaconf.
    pub uses_dynaconf: bool,
    fuel: Cell<u32>,
    depth: Cell<u32>,
    frames: RefCell<Vec<Arguments<'a>>>,
    /// Bindings being evaluated: one that refers to its own name sees only those before it.
    pub(super) active: RefCell<Vec<Span>>,
    /// Every binding that was read.
    visited: RefCell<HashSet<Span>>,
    /// Why the program stops before it has the value that was asked for last.
    end: RefCell<Option<ClientError>>,
    /// What settings classes say when they are built, by the place of their names.
    pub(super) built: RefCell<HashMap<Span, Option<ClientError>>>,
    /// The settings modules that a Django project runs with, nearest first; empty: not known.
    pub(super) settings_modules: RefCell<Vec<&'a Module>>,
}

impl<'a> Evaluator<'a> {
    pub fn new(facts: &'a Facts, place: &'a CodePlace<'a>, symbols: &'a Symbols) -> Self {
        let present: Vec<&Module> = facts.modules.iter().filter(|module| (place.runs)(&module.path)).collect();
        let running: Vec<&Module> = present.iter().filter(|module| (place.loads)(&module.path)).copied().collect();
        let calls = calls_by_name(&running);
        let assigned_in_process = process::assignments(&running);
        Self {
            facts,
            place,
            symbols,
            loads_dotenv: running.iter().any(|one| one.imports.iter().any(|import| import.module == "dotenv")),
            uses_dynaconf: running.iter().any(|one| one.imports.iter().any(|import| import.module == "dynaconf")),
            present,
            running,
            calls,
            assigned_in_process,
            modules: facts.modules.iter().map(|module| (module.path.as_str(), module)).collect(),
            fuel: Cell::new(FUEL),
            depth: Cell::new(0),
            frames: RefCell::default(),
            active: RefCell::default(),
            visited: RefCell::default(),
            end: RefCell::default(),
            built: RefCell::default(),
            settings_modules: RefCell::default(),
        }
    }

    /// Lets the modules at these paths lie here without running.
    pub fn leave_out(&mut self, paths: &HashSet<&str>) {
        if !paths.is_empty() {
            self.running.retain(|module| !paths.contains(module.path.as_str()));
            self.calls = calls_by_name(&self.running);
        }
    }

    /// The modules that are here, whether a program loads them or not, in the order of the facts.
    pub fn present(&self) -> impl Iterator<Item = &'a Module> + use<'a, '_> {
        self.present.iter().copied()
    }

    /// Whether a module runs here.
    pub fn is_running(&self, module: &Module) -> bool {
        self.running.iter().any(|known| std::ptr::eq(*known, module))
    }

    /// The modules that run here, in the order of the facts.
    pub fn running(&self) -> impl Iterator<Item = &'a Module> + use<'a, '_> {
        self.running.iter().copied()
    }

    /// The calls of that last name in the code that runs, with their modules.
    pub fn calls_in(&self, name: &str) -> impl Iterator<Item = (&'a Module, &'a Call)> + use<'a, '_> {
        self.calls.get(name).into_iter().flatten().copied()
    }

    /// The calls of that last name in the code that runs.
    pub fn calls_of(&self, name: &str) -> impl Iterator<Item = &'a Call> + use<'a, '_> {
        self.calls_in(name).map(|(_, call)| call)
    }

    /// Starts anew for another client.
    pub fn refuel(&self) {
        self.fuel.set(FUEL);
        self.frames.borrow_mut().clear();
        self.end.take();
    }

    /// Keeps the arguments of a call.
    pub fn keep(&self, arguments: Arguments<'a>) -> Frame {
        let mut frames = self.frames.borrow_mut();
        frames.push(arguments);
        Frame(frames.len() - 1)
    }

    /// An argument of a call that was kept.
    pub fn argument(&self, frame: Frame, name: &str) -> Option<Vec<Case<'a>>> {
        let frames = self.frames.borrow();
        frames.get(frame.0)?.iter().find(|(parameter, _)| *parameter == name).map(|(_, cases)| cases.clone())
    }

    /// The bindings read since the last call.
    pub fn take_visited(&self) -> HashSet<Span> {
        self.visited.take()
    }

    /// Forgets what was read since these were taken.
    pub fn set_visited(&self, visited: HashSet<Span>) {
        self.visited.replace(visited);
    }

    /// The error with which the program stops before it has one of the values resolved since the last call.
    pub fn take_end(&self) -> Option<ClientError> {
        self.end.take()
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
        let cases = running(cases);
        if cases.is_empty() || cases.len() > MAX_ALTERNATIVES { opaque(expr.span) } else { cases }
    }

    pub(super) fn eval_kind(&self, expr: &'a Expr, scope: Scope<'a>) -> Vec<Case<'a>> {
        match &expr.kind {
            ExprKind::Text(text) => one(Value::Text(text.clone())),
            ExprKind::Number(text) => one(Value::Number(text.clone())),
            ExprKind::Bool(value) => one(Value::Bool(*value)),
            ExprKind::None => one(Value::None),
            // What a lambda gives is asked for where it is called.
            ExprKind::Dict(_) | ExprKind::List(_) | ExprKind::Lambda(_) => one(Value::Structure(expr, scope)),
            ExprKind::Union(..) | ExprKind::Within(_) | ExprKind::Opaque => opaque(expr.span),
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
            ExprKind::In(left, right) => self.inside(expr, left, right, scope),
            ExprKind::Raises(inner) => self.raises(inner, scope),
            ExprKind::Stops(name) => ends(expr.span, format!("`{name}` is raised here")),
            ExprKind::After(inner, cut) => {
                let rest = |value| match value {
                    Value::Text(text) if Symbols::is_known(&text) => Some(Value::Text(parts::after(&text, *cut))),
                    _ => None,
                };
                map(self.eval(inner, scope), rest, expr.span)
            }
            ExprKind::Choice { test, then, otherwise } => {
                let (then, otherwise) = (self.eval(then, scope), self.eval(otherwise, scope));
                let mut out = Vec::new();
                for (when, holds) in self.decided(test, scope) {
                    out.extend(under(&when, if holds { then.clone() } else { otherwise.clone() }));
                }
                out
            }
        }
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
            // Also where no branch leads here: what it is made of is then no setting of its own.
            let set = self.eval(value, scope);
            let mut new = Vec::new();
            let mut outcomes = self.outcomes(&binding.guards, scope);
            outcomes.sort_by_key(|(_, holds)| *holds);
            for (when, holds) in outcomes {
                if holds {
                    let mut values = under(&when, set.clone());
                    for case in &mut values {
                        let short = name.rsplit('.').next().unwrap_or(name);
                        case.trace.insert(0, Step { span: binding.name.span, label: format!("{short} is set here") });
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
    pub(super) fn outcomes(
        &self,
        guards: impl IntoIterator<Item = &'a Guard>,
        scope: Scope<'a>,
    ) -> Vec<(Vec<Condition>, bool)> {
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

    pub(super) fn attribute(&self, expr: &'a Expr, object: &'a Expr, name: &'a str, scope: Scope<'a>) -> Vec<Case<'a>> {
        if let Some(cases) = self.path(expr, scope) {
            return cases;
        }
        if let Some(cases) = self.dynaconf(expr, scope) {
            return cases;
        }
        if self.qualified(object, scope).as_deref() == Some("django.conf.settings") {
            return self.django_setting(name).unwrap_or_else(|| opaque(expr.span));
        }
        flat_map(self.eval(object, scope), |value| match value {
            Value::Instance(class) | Value::Class(class) => {
                self.field(class, name).unwrap_or_else(|| opaque(expr.span))
            }
            Value::Module(module) => self.target(&self.find(module, name, 0), expr.span),
            Value::Url(url) => urls::part(&url, name, expr.span).map_or_else(|| opaque(expr.span), one),
            // `info.data` of a validator; `SomeEnum.MEMBER.value`.
            fields @ Value::Fields(_) if name == "data" => one(fields),
            Value::Text(text) if urls::is_attribute(name) && Symbols::is_known(&text) => {
                urls::dsn_part(&text, name, expr.span).map_or_else(|| opaque(expr.span), one)
            }
            known @ (Value::Text(_) | Value::Number(_)) if name == "value" => one(known),
            Value::Structure(made @ Expr { kind: ExprKind::Call(_), .. }, inner) => {
                entry(made, name).map_or_else(|| opaque(expr.span), |value| self.eval(value, inner))
            }
            _ => opaque(expr.span),
        })
    }

    pub(super) fn subscript(&self, expr: &'a Expr, object: &'a Expr, key: &'a Expr, scope: Scope<'a>) -> Vec<Case<'a>> {
        if self.qualified(object, scope).as_deref() == Some("os.environ")
            && let Some(name) = key.as_text()
        {
            let cases = self.variable(name.as_str(), expr.span);
            return super::environment::present(cases, expr.span, &format!("KeyError: '{}'", name.as_str()));
        }
        if let Some(cases) = self.path(expr, scope) {
            return cases;
        }
        if let Some(cases) = self.dynaconf(expr, scope) {
            return cases;
        }
        if is_config(object)
            && let Some(name) = key.as_text()
            && let Some(cases) = self.flask_setting(name.as_str())
        {
            return cases;
        }
        flat_map(self.eval(object, scope), |value| self.item(expr.span, &value, key, scope, None))
    }

    /// The alternatives in the form that the model speaks of.
    pub fn resolved(&self, cases: Vec<Case<'a>>, span: Span) -> Resolved {
        let cases = running(cases);
        if let [Case { value: Value::Ends(error), .. }] = cases.as_slice() {
            self.end.borrow_mut().get_or_insert_with(|| error.clone());
        }
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

/// The calls of modules by the last name of what is called.
fn calls_by_name<'a>(modules: &[&'a Module]) -> HashMap<&'a str, Vec<(&'a Module, &'a Call)>> {
    let mut calls: HashMap<&str, Vec<(&Module, &Call)>> = HashMap::new();
    for module in modules {
        let functions = module.functions.iter().flat_map(|function| &function.calls);
        for call in module.calls.iter().chain(functions).filter_map(Expr::as_call) {
            let name = match &call.callee.kind {
                ExprKind::Name(name) => name,
                ExprKind::Attribute(_, name) => &name.value,
                _ => continue,
            };
            calls.entry(name).or_default().push((module, call));
        }
    }
    calls
}
