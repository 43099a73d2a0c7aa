//! The setting behind an expression: what a person would change.

use crate::facts::code::{Expr, ExprKind};
use crate::source::Span;

use super::sites::Setting;
use super::values::{ClassRef, Evaluator, Scope, Target, Value};

/// The setting behind an expression: the name in a module or class, or the variable, that it is read from.
pub(super) fn setting_of<'a>(
    evaluator: &Evaluator<'a>,
    expr: &'a Expr,
    scope: Scope<'a>,
    depth: usize,
) -> Option<Setting> {
    if depth > 8 {
        return None;
    }
    let at = |name: &str, span: Span| Setting {
        name: name.to_owned(),
        key: format!("{}:{}", span.file.0, span.start),
        span,
    };
    match &expr.kind {
        ExprKind::Name(name) => {
            if let Some(function) = scope.function
                && let Some(local) = function.bindings.iter().rev().find(|binding| binding.name.value == *name)
            {
                return setting_of(evaluator, local.value.as_ref()?, scope, depth + 1);
            }
            if scope.function.is_none()
                && let Some(this) = scope.this
                && let Some(field) = this.class.fields.iter().find(|field| field.name.value == *name)
            {
                return Some(at(&evaluator.field_name(this, name), field.name.span));
            }
            let parameter = scope.function.and_then(|function| function.parameters.iter().find(|one| one.0 == *name));
            if let Some((_, default)) = parameter {
                return setting_of(evaluator, default.as_ref()?, Scope::module(scope.module), depth + 1);
            }
            match evaluator.find(scope.module, name, 0) {
                Target::Bindings(module, name) => {
                    let binding = module.bindings.iter().find(|binding| binding.name.value == name)?;
                    Some(at(name, binding.name.span))
                }
                _ => None,
            }
        }
        ExprKind::Attribute(object, name) => {
            // `urlparse(REDIS_URL).hostname`
            let parsed = value_of(object, scope).unwrap_or(object).as_call();
            if let Some(call) = parsed
                && let Some(callee) = evaluator.qualified(&call.callee, scope)
                && matches!(callee.as_str(), "urllib.parse.urlparse" | "urllib.parse.urlsplit")
            {
                return setting_of(evaluator, call.arguments.first()?, scope, depth + 1);
            }
            let declared = |class: ClassRef<'a>| {
                evaluator.lineage(class).0.into_iter().find_map(|owner| {
                    let field = owner.class.fields.iter().find(|field| field.name.value == name.value);
                    let method = owner.class.methods.iter().find(|method| method.name.value == name.value);
                    field.map(|field| field.name.span).or(method.map(|method| method.name.span))
                })
            };
            for case in evaluator.eval(object, scope) {
                match case.value {
                    Value::Instance(class) | Value::Class(class) => {
                        return Some(at(&evaluator.field_name(class, &name.value), declared(class)?));
                    }
                    Value::Module(module) => {
                        let binding = module.bindings.iter().find(|binding| binding.name.value == name.value)?;
                        return Some(at(&name.value, binding.name.span));
                    }
                    _ => {}
                }
            }
            Some(Setting { name: name.value.clone(), key: format!("name:{}", name.value), span: name.span })
        }
        ExprKind::Subscript(_, key) => {
            let name = key.as_text()?;
            Some(Setting { name: name.as_str().to_owned(), key: format!("name:{}", name.as_str()), span: name.span() })
        }
        ExprKind::Call(call) => {
            let reads = evaluator
                .qualified(&call.callee, scope)
                .is_some_and(|name| evaluator.reads_environment(expr, &name, call, scope).is_some());
            if reads {
                let name = call.arguments.first()?.as_text()?;
                return Some(Setting {
                    name: name.as_str().to_owned(),
                    key: format!("name:{}", name.as_str()),
                    span: name.span(),
                });
            }
            match (&call.callee.kind, call.arguments.first()) {
                (ExprKind::Name(name), Some(value)) if name == "str" || name == "int" => {
                    setting_of(evaluator, value, scope, depth + 1)
                }
                (ExprKind::Attribute(_, method), Some(name)) if method.value == "get" => {
                    let name = name.as_text()?;
                    Some(Setting {
                        name: name.as_str().to_owned(),
                        key: format!("name:{}", name.as_str()),
                        span: name.span(),
                    })
                }
                // `settings.redis_url.with_path("/1")`; of `module.function(…)` nothing is known.
                (ExprKind::Attribute(object, _), argument)
                    if argument.is_none() || is_value(evaluator, object, scope) =>
                {
                    setting_of(evaluator, object, scope, depth + 1)
                }
                _ => None,
            }
        }
        ExprKind::Format(parts) | ExprKind::Sum(parts) => setting_of(evaluator, host_part(parts)?, scope, depth + 1),
        ExprKind::Or(values) => values.iter().find_map(|value| setting_of(evaluator, value, scope, depth + 1)),
        ExprKind::Choice { then, otherwise, .. } => {
            setting_of(evaluator, then, scope, depth + 1).or_else(|| setting_of(evaluator, otherwise, scope, depth + 1))
        }
        _ => None,
    }
}

/// The part of a URL that names the host: behind the sign of the login, else behind the scheme.
fn host_part(parts: &[Expr]) -> Option<&Expr> {
    let behind =
        |sign: &str| parts.windows(2).find(|pair| pair[0].as_text().is_some_and(|text| text.as_str().ends_with(sign)));
    behind("@").or_else(|| behind("://")).map(|pair| &pair[1])
}

/// What a local name was set to.
fn value_of<'a>(expr: &'a Expr, scope: Scope<'a>) -> Option<&'a Expr> {
    let ExprKind::Name(name) = &expr.kind else { return None };
    let local = scope.function.map_or(&scope.module.bindings, |function| &function.bindings);
    local.iter().rev().find(|binding| binding.name.value == *name)?.value.as_ref()
}

/// Whether an expression names a value of the repository rather than a module of a library.
fn is_value<'a>(evaluator: &Evaluator<'a>, object: &Expr, scope: Scope<'a>) -> bool {
    object.dotted().is_some_and(|dotted| {
        let root = dotted.split('.').next().unwrap_or_default();
        dotted.contains('.') && !matches!(evaluator.find(scope.module, root, 0), Target::External(_))
    })
}
