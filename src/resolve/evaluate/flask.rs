//! Flask's `app.config`: the classes, modules and keywords that fill it.

use crate::facts::code::{Expr, ExprKind, Module};
use crate::source::Span;
use crate::symbol::{Condition, MAX_ALTERNATIVES};

use super::cases::under;
use super::values::{Case, ClassRef, Evaluator, Scope, Target, Value};

/// Whether an expression is the configuration of an application: `app.config`, `current_app.config`.
pub(super) fn is_config(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Attribute(_, name) if name.value == "config")
}

impl<'a> Evaluator<'a> {
    /// What `app.config["NAME"]` may be; `None`: nothing here says. Where several classes set it, which one is taken
    /// can't be told.
    pub(super) fn flask_setting(&self, name: &'a str) -> Option<Vec<Case<'a>>> {
        // Flask takes upper-case names only.
        if name.bytes().any(|byte| byte.is_ascii_lowercase()) {
            return None;
        }
        let mut sources = self.assigned_in_code(name);
        if sources.is_empty() {
            sources = self.loaded_from_objects(name);
        }
        if sources.is_empty() {
            sources = self.set_by_classes(name);
        }
        let alone = sources.len() == 1;
        let mut cases = Vec::new();
        for (span, source) in sources {
            let when = if alone { Vec::new() } else { vec![Condition::Branch(span)] };
            cases.extend(under(&when, source));
        }
        (!cases.is_empty() && cases.len() <= MAX_ALTERNATIVES).then_some(cases)
    }

    /// `app.config["NAME"] = …`, `app.config.update(NAME=…)`, `app.config.from_mapping(NAME=…)`.
    fn assigned_in_code(&self, name: &'a str) -> Vec<(Span, Vec<Case<'a>>)> {
        let mut found = Vec::new();
        for (scope, calls) in self.running().flat_map(scopes) {
            let bindings = scope.function.map_or(&scope.module.bindings, |function| &function.bindings);
            for binding in bindings {
                let target = binding.name.value.strip_suffix(name).and_then(|owner| owner.strip_suffix('.'));
                if target.is_some_and(|owner| owner.ends_with(".config"))
                    && let Some(value) = &binding.value
                {
                    found.push((binding.name.span, self.eval(value, scope)));
                }
            }
            for call in calls.iter().filter_map(Expr::as_call) {
                let ExprKind::Attribute(object, method) = &call.callee.kind else { continue };
                if matches!(method.value.as_str(), "update" | "from_mapping")
                    && is_config(object)
                    && let Some(value) = call.keyword(name)
                {
                    found.push((value.span, self.eval(value, scope)));
                }
            }
        }
        found
    }

    /// `app.config.from_object(Config)`, `app.config.from_object("config.Config")`.
    fn loaded_from_objects(&self, name: &'a str) -> Vec<(Span, Vec<Case<'a>>)> {
        let mut found: Vec<(Span, Vec<Case<'a>>)> = Vec::new();
        for (scope, calls) in self.running().flat_map(scopes) {
            for call in calls.iter().filter_map(Expr::as_call) {
                let (ExprKind::Attribute(object, method), Some(argument)) = (&call.callee.kind, call.arguments.first())
                else {
                    continue;
                };
                if method.value != "from_object" || !is_config(object) {
                    continue;
                }
                for (span, cases) in self.members(argument, scope, name) {
                    if !found.iter().any(|(known, _)| *known == span) {
                        found.push((span, cases));
                    }
                }
            }
        }
        found
    }

    /// The member of what `from_object` is given.
    fn members(&self, object: &'a Expr, scope: Scope<'a>, name: &'a str) -> Vec<(Span, Vec<Case<'a>>)> {
        let values: Vec<Value<'a>> = match object.as_text() {
            Some(path) => self.named_object(path.as_str()).into_iter().collect(),
            None => self.from_default(object, scope).into_iter().map(|case| case.value).collect(),
        };
        let mut found = Vec::new();
        for value in values {
            match value {
                Value::Class(class) | Value::Instance(class) => {
                    if let Some(cases) = self.field(class, name) {
                        found.push((class.class.name.span, cases));
                    }
                }
                Value::Module(module) => {
                    if let Target::Bindings(owner, own) = self.find(module, name, 0)
                        && let Some(cases) = self.bindings(&owner.bindings, own, Scope::module(owner))
                    {
                        found.push((Span::new(module.file, 0..0), cases));
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// `create_app(config_class=Config)`: the default of a parameter stands for what is passed.
    fn from_default(&self, object: &'a Expr, scope: Scope<'a>) -> Vec<Case<'a>> {
        if let ExprKind::Name(name) = &object.kind
            && let Some(function) = scope.function
            && let Some((_, Some(default))) = function.parameters.iter().find(|(parameter, _)| parameter == name)
        {
            return self.eval(default, Scope::module(scope.module));
        }
        self.eval(object, scope)
    }

    /// `package.module`, `package.module.Class` or `package.module:Class`.
    fn named_object(&self, path: &str) -> Option<Value<'a>> {
        let dotted = path.replace(':', ".");
        let module_at = |dotted: &str| {
            let path = format!("/{}.py", dotted.replace('.', "/"));
            self.running().find(|module| format!("/{}", module.path).ends_with(&path))
        };
        if let Some(module) = module_at(&dotted) {
            return Some(Value::Module(module));
        }
        let (owner, class) = dotted.rsplit_once('.')?;
        let module = module_at(owner)?;
        let class = module.classes.iter().find(|found| found.name.value == class)?;
        Some(Value::Class(ClassRef { module, class, arguments: None }))
    }

    /// The classes named like a configuration that set the name themselves.
    fn set_by_classes(&self, name: &'a str) -> Vec<(Span, Vec<Case<'a>>)> {
        let loads = self.running().flat_map(scopes).any(|(_, calls)| {
            calls.iter().filter_map(Expr::as_call).any(|call| {
                matches!(&call.callee.kind, ExprKind::Attribute(object, method)
                    if method.value == "from_object" && is_config(object))
            })
        });
        if !loads {
            return Vec::new();
        }
        let mut found = Vec::new();
        for module in self.running() {
            for class in &module.classes {
                if class.name.value.to_ascii_lowercase().contains("config")
                    && class.fields.iter().any(|field| field.name.value == name)
                    && let Some(cases) = self.field(ClassRef { module, class, arguments: None }, name)
                {
                    found.push((class.name.span, cases));
                }
            }
        }
        found
    }
}

/// The module itself and its functions, with the calls of each.
fn scopes(module: &Module) -> impl Iterator<Item = (Scope<'_>, &[Expr])> {
    let own = (Scope::module(module), module.calls.as_slice());
    let functions = module
        .functions
        .iter()
        .map(move |function| (Scope { function: Some(function), ..Scope::module(module) }, function.calls.as_slice()));
    std::iter::once(own).chain(functions)
}
