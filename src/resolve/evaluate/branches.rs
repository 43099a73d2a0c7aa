//! Whether the branch that a call stands in is ever taken: `if settings.CACHE_ENABLED: client = from_url(…)`.

use crate::facts::code::{Expr, ExprKind, Function};
use crate::source::Span;

use super::values::{Evaluator, Scope};

impl<'a> Evaluator<'a> {
    /// `false` where the tests around a call certainly keep it from being run.
    pub(super) fn is_reached(&self, call: Span, scope: Scope<'a>) -> bool {
        let Some(guards) = scope.module.branches.get(&call) else { return true };
        // What the program changes while it runs is not known here.
        let mut settled = guards.iter().filter(|guard| !is_changed(&guard.test, scope));
        settled.all(|guard| {
            let outcomes = self.decided(&guard.test, scope);
            outcomes.is_empty() || outcomes.iter().any(|(_, truth)| *truth == guard.holds)
        })
    }
}

/// Whether a name of a test is set by functions beside the one at hand: `global client`, `self.client = …`.
fn is_changed(test: &Expr, scope: Scope<'_>) -> bool {
    let names = names(test);
    let methods = scope.module.classes.iter().flat_map(|class| &class.methods);
    let others = scope.module.functions.iter().chain(methods);
    let sets = |function: &Function| function.bindings.iter().any(|binding| names.contains(&binding.name.value));
    let is_own = |function: &Function| scope.function.is_some_and(|own| std::ptr::eq(own, function));
    others.filter(|function| !is_own(function)).any(sets)
}

/// The dotted names of an expression.
fn names(expr: &Expr) -> Vec<String> {
    let (mut found, mut work) = (Vec::new(), vec![expr]);
    while let Some(expr) = work.pop() {
        found.extend(expr.dotted());
        match &expr.kind {
            ExprKind::Not(inner) | ExprKind::Attribute(inner, _) => work.push(inner),
            ExprKind::Equal(left, right) | ExprKind::In(left, right) => work.extend([&**left, &**right]),
            ExprKind::Or(parts) | ExprKind::And(parts) => work.extend(parts),
            _ => {}
        }
    }
    found
}
