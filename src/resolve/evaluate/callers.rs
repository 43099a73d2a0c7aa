//! Who calls a function of the repository, and with what: a connection made in `connect(url)` is made of what its
//! callers pass.

use std::collections::HashMap;

use crate::facts::code::{Call, Expr, ExprKind, Function};
use crate::source::Span;

use super::calls::parameters;
use super::values::{ClassRef, Evaluator, Scope, Value};

/// Calls of one function that are looked at; more of them say nothing that these do not.
const MAX_CALLERS: usize = 8;

/// Every call in the code that runs, by the last name of what it calls.
pub(super) struct Callers<'a> {
    calls: HashMap<&'a str, Vec<Caller<'a>>>,
}

/// A call and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Caller<'a> {
    call: &'a Call,
    pub span: Span,
    pub scope: Scope<'a>,
}

impl<'a> Callers<'a> {
    pub fn new(evaluator: &Evaluator<'a>) -> Self {
        let mut callers = Self { calls: HashMap::new() };
        for module in evaluator.running() {
            let scope = Scope::module(module);
            callers.add(&module.calls, scope);
            for function in &module.functions {
                callers.add(&function.calls, Scope { function: Some(function), ..scope });
            }
            for class in &module.classes {
                let scope = Scope::within(module, Some(ClassRef { module, class, arguments: None }));
                for method in &class.methods {
                    callers.add(&method.calls, Scope { function: Some(method), ..scope });
                }
            }
        }
        callers
    }

    fn add(&mut self, calls: &'a [Expr], scope: Scope<'a>) {
        for (call, span) in calls.iter().filter_map(|expr| Some((expr.as_call()?, expr.span))) {
            let name = match &call.callee.kind {
                ExprKind::Name(name) => {
                    let import = scope.module.imports.iter().find(|import| import.bound == *name);
                    import.and_then(|import| import.member.as_ref()).unwrap_or(name)
                }
                ExprKind::Attribute(_, name) => &name.value,
                _ => continue,
            };
            self.calls.entry(name).or_default().push(Caller { call, span, scope });
        }
    }

    /// Those who decide on the parameters of the code in a scope: of its function, else of its class.
    pub fn of(&self, evaluator: &Evaluator<'a>, scope: Scope<'a>) -> Vec<Caller<'a>> {
        let Some(function) = scope.function else { return Vec::new() };
        let constructor = function.name.value == "__init__";
        if !constructor && !parameters(function).is_empty() {
            return self.calling(&function.name.value, |caller| calls_function(evaluator, caller, function));
        }
        let Some(this) = scope.this else { return Vec::new() };
        let takes = evaluator.find_method(this, "__init__").is_some_and(|(_, init)| !parameters(init).is_empty());
        if !takes {
            return Vec::new();
        }
        self.calling(&this.class.name.value, |caller| builds(evaluator, caller, this))
    }

    fn calling(&self, name: &str, wanted: impl Fn(&Caller<'a>) -> bool) -> Vec<Caller<'a>> {
        let named = self.calls.get(name).into_iter().flatten();
        named.filter(|caller| wanted(caller)).take(MAX_CALLERS).copied().collect()
    }
}

impl<'a> Caller<'a> {
    /// The scope as it is while this call runs.
    pub fn enter(&self, evaluator: &Evaluator<'a>, scope: Scope<'a>) -> Option<Scope<'a>> {
        let function = scope.function?;
        if let Some(this) = scope.this
            && (function.name.value == "__init__" || parameters(function).is_empty())
        {
            let (_, init) = evaluator.find_method(this, "__init__")?;
            let frame = Some(evaluator.arguments(self.call, &parameters(init), self.scope)?);
            let this = Some(ClassRef { arguments: frame, ..this });
            let arguments = if function.name.value == "__init__" { frame } else { None };
            return Some(Scope { this, arguments, ..scope });
        }
        let frame = evaluator.arguments(self.call, &parameters(function), self.scope)?;
        Some(Scope { arguments: Some(frame), ..scope })
    }

    /// What the call passes for a name of the called code: `url`, or `self.url` where the constructor keeps it.
    pub fn passed(
        &self,
        evaluator: &Evaluator<'a>,
        value: &'a Expr,
        scope: Scope<'a>,
    ) -> Option<(&'a Expr, Scope<'a>)> {
        let function = scope.function?;
        let (function, name) = match &value.kind {
            ExprKind::Name(name) => (function, name.as_str()),
            ExprKind::Attribute(..) => {
                let (_, init) = evaluator.find_method(scope.this?, "__init__")?;
                let dotted = value.dotted()?;
                let binding = init.bindings.iter().find(|binding| binding.name.value == dotted)?;
                let ExprKind::Name(name) = &binding.value.as_ref()?.kind else { return None };
                (init, name.as_str())
            }
            _ => return None,
        };
        let at = parameters(function).iter().position(|parameter| *parameter == name)?;
        Some((self.call.keyword(name).or_else(|| self.call.arguments.get(at))?, self.scope))
    }
}

fn calls_function<'a>(evaluator: &Evaluator<'a>, caller: &Caller<'a>, function: &Function) -> bool {
    evaluator.refuel();
    let is_it = |value: &Value<'a>| matches!(value, Value::Function(found, _) if std::ptr::eq(*found, function));
    if evaluator.eval(&caller.call.callee, caller.scope).iter().any(|case| is_it(&case.value)) {
        return true;
    }
    let ExprKind::Attribute(object, name) = &caller.call.callee.kind else { return false };
    evaluator.eval(object, caller.scope).iter().any(|case| match case.value {
        Value::Instance(class) | Value::Class(class) => {
            evaluator.find_method(class, &name.value).is_some_and(|(_, found)| std::ptr::eq(found, function))
        }
        _ => false,
    })
}

fn builds<'a>(evaluator: &Evaluator<'a>, caller: &Caller<'a>, this: ClassRef<'a>) -> bool {
    evaluator.refuel();
    evaluator
        .eval(&caller.call.callee, caller.scope)
        .iter()
        .any(|case| matches!(case.value, Value::Class(class) if std::ptr::eq(class.class, this.class)))
}
