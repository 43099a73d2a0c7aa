//! Whether the branch that a call stands in is ever taken: `if settings.CACHE_ENABLED: client = from_url(…)`.

use crate::facts::code::{Expr, ExprKind, Function};
use crate::model::ClientError;
use crate::source::Span;
use crate::symbol::{Condition, MAX_ALTERNATIVES};

use super::cases::join;
use super::values::{Evaluator, Scope};

/// Whether a call is ever run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reached {
    No,
    /// A test around it ends one way or the other.
    Perhaps,
    #[default]
    Yes,
}

impl<'a> Evaluator<'a> {
    /// What the tests around a call make of it.
    pub(super) fn reached(&self, call: Span, scope: Scope<'a>) -> Reached {
        let Some(guards) = scope.module.branches.get(&call) else { return Reached::Yes };
        // What the program changes while it runs is not known here.
        let settled = guards.iter().filter(|guard| !is_changed(&guard.test, scope));
        let one = settled.map(|guard| {
            let outcomes = self.decided(&guard.test, scope);
            let holds = outcomes.iter().filter(|(_, truth)| *truth == guard.holds).count();
            match holds {
                _ if outcomes.is_empty() => Reached::Perhaps,
                0 => Reached::No,
                _ if holds == outcomes.len() => Reached::Yes,
                _ => Reached::Perhaps,
            }
        });
        one.min().unwrap_or(Reached::Yes)
    }
}

/// What the tests say that raise an exception before a call: `if not url: raise ValueError(…)`.
pub(super) enum Passed {
    /// Nothing that is known here.
    Always,
    /// It comes to the call under one of these.
    Under(Vec<Vec<Condition>>),
    /// The exception is certainly raised.
    Never(ClientError),
}

impl<'a> Evaluator<'a> {
    pub(super) fn passed(&self, call: Span, scope: Scope<'a>) -> Passed {
        let mut passed = Passed::Always;
        for stop in scope.module.stops.get(&call).into_iter().flatten() {
            let scope = if stop.in_function { scope } else { Scope::module(scope.module) };
            if is_changed(&stop.guard.test, scope) {
                continue;
            }
            let truths = self.truths(&stop.guard.test, scope);
            let known: Option<Vec<_>> = truths.into_iter().map(|(when, truth)| Some((when, truth?))).collect();
            let Some(known) = known.filter(|known| !known.is_empty()) else { continue };
            let through = known.into_iter().filter(|(_, truth)| *truth == stop.guard.holds).map(|(when, _)| when);
            let through: Vec<_> = match &passed {
                Passed::Under(before) => through
                    .flat_map(|when| before.iter().filter_map(|before| join(before, &when)).collect::<Vec<_>>())
                    .take(MAX_ALTERNATIVES)
                    .collect(),
                _ => through.collect(),
            };
            if through.is_empty() {
                let message = format!("`{}` is raised here", stop.raised.value);
                return Passed::Never(ClientError { message, span: stop.raised.span });
            }
            passed = Passed::Under(through);
        }
        passed
    }
}

/// Whether a name of a test is set by functions beside the one at hand, `global client`, `self.client = …`, or is one of
/// the module that this one sets: `if client is None: client = …`.
fn is_changed(test: &Expr, scope: Scope<'_>) -> bool {
    let names = names(test);
    let methods = scope.module.classes.iter().flat_map(|class| &class.methods);
    let others = scope.module.functions.iter().chain(methods);
    let sets = |function: &Function| function.bindings.iter().any(|binding| names.contains(&binding.name.value));
    let is_own = |function: &Function| scope.function.is_some_and(|own| std::ptr::eq(own, function));
    let is_global = |name: &String| scope.module.bindings.iter().any(|binding| binding.name.value == *name);
    let is_lazy = scope.function.is_some_and(sets) && names.iter().any(is_global);
    is_lazy || others.filter(|function| !is_own(function)).any(sets)
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
