//! What code itself puts into the environment of its process: `os.environ["NAME"] = …`, `os.environ.setdefault(…)`.

use std::collections::HashMap;

use crate::facts::code::{Binding, Call, Expr, Module};
use crate::finding::Confidence;
use crate::source::Span;

use super::cases::{opaque, under};
use super::sites::confidence;
use super::values::{Case, Evaluator, Scope};

impl<'a> Evaluator<'a> {
    /// What `setdefault` gives a variable that is not set, before it is read at `span`.
    pub(super) fn set_by_default(&self, name: &str, span: Span) -> Vec<Case<'a>> {
        let mut defaults = self.calls_in("setdefault").filter_map(|(module, call)| {
            let default = call.arguments.get(1)?;
            let key = call.arguments.first()?.as_text()?.as_str();
            let counts =
                key == name && !is_test(module) && is_before(default, span) && is_of_environment(self, module, call);
            counts.then_some((module, default))
        });
        let Some((module, default)) = defaults.next() else { return Vec::new() };
        // Of several that differ nobody knows which comes first.
        let same = |other: &Expr| default.as_text().is_some() && default.as_text() == other.as_text();
        if defaults.all(|(_, other)| same(other)) {
            self.eval(default, Scope::module(module))
        } else {
            opaque(default.span)
        }
    }

    /// The cases of a variable that is read at `span`, after what the modules that run assign to it.
    pub(super) fn set_by_code(&self, name: &str, span: Span, cases: Vec<Case<'a>>) -> Vec<Case<'a>> {
        let mut cases = cases;
        for (module, binding) in self.assigned_in_process.get(name).into_iter().flatten() {
            let Some(value) = &binding.value else { continue };
            if !is_before(value, span) || self.active.borrow().contains(&binding.name.span) {
                continue;
            }
            let scope = Scope::module(module);
            if value.span.file != span.file {
                return opaque(value.span);
            }
            self.active.borrow_mut().push(binding.name.span);
            let mut after = Vec::new();
            for (when, holds) in self.outcomes(&binding.guards, scope) {
                after.extend(under(&when, if holds { self.eval(value, scope) } else { cases.clone() }));
            }
            self.active.borrow_mut().pop();
            cases = after;
        }
        cases
    }
}

/// Where the modules of a place set variables of their process, by name and in order.
pub(super) fn assignments<'a>(modules: &[&'a Module]) -> HashMap<&'a str, Vec<(&'a Module, &'a Binding)>> {
    let mut found: HashMap<&str, Vec<(&Module, &Binding)>> = HashMap::new();
    for module in modules.iter().filter(|module| !is_test(module)) {
        for binding in &module.bindings {
            let dotted = binding.name.value.as_str();
            if let Some(name) = dotted.strip_prefix("os.environ.").or_else(|| dotted.strip_prefix("environ.")) {
                found.entry(name).or_default().push((module, binding));
            }
        }
    }
    found
}

/// Whether an expression stands before a place, or in another file: it may then have been evaluated before.
fn is_before(expr: &Expr, span: Span) -> bool {
    expr.span.file != span.file || expr.span.end <= span.start
}

fn is_test(module: &Module) -> bool {
    confidence(&module.path) == Confidence::Low
}

fn is_of_environment<'a>(evaluator: &Evaluator<'a>, module: &'a Module, call: &'a Call) -> bool {
    evaluator.qualified(&call.callee, Scope::module(module)).as_deref() == Some("os.environ.setdefault")
}
