//! What a name means: of a function, a class, a module, another module of the repository, or of a library.

use crate::facts::code::{Binding, Call, Expr, ExprKind, Module};
use crate::source::Span;

use super::cases::{one, opaque};
use super::values::{Case, ClassRef, Evaluator, Scope, Target, Value};

impl<'a> Evaluator<'a> {
    pub(super) fn name(&self, name: &'a str, span: Span, scope: Scope<'a>) -> Vec<Case<'a>> {
        if let Some(function) = scope.function {
            match (name, scope.this) {
                ("self", Some(this)) => return one(Value::Instance(this)),
                ("cls", Some(this)) => return one(Value::Class(this)),
                _ => {}
            }
            let local = function.bindings.iter().any(|binding| binding.name.value == name);
            if local && let Some(cases) = self.bindings(&function.bindings, name, scope) {
                return cases;
            }
            if let Some((_, default)) = function.parameters.iter().find(|(parameter, _)| parameter == name) {
                let Some(frame) = scope.arguments else { return opaque(span) };
                return match (self.argument(frame, name), default) {
                    (Some(cases), _) => cases,
                    (None, Some(default)) => self.eval(default, Scope::module(scope.module)),
                    (None, None) => opaque(span),
                };
            }
            if local {
                return opaque(span);
            }
        } else if let Some(this) = scope.this
            && let Some(cases) = self.bindings(&this.class.fields, name, scope)
        {
            return cases;
        }
        self.target(&self.find(scope.module, name, 0), span)
    }

    pub(super) fn target(&self, target: &Target<'a>, span: Span) -> Vec<Case<'a>> {
        match target {
            Target::Bindings(module, name) => {
                self.bindings(&module.bindings, name, Scope::module(module)).unwrap_or_else(|| opaque(span))
            }
            Target::Class(class) => one(Value::Class(*class)),
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
            return Target::Class(ClassRef { module, class, arguments: None });
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

    /// `app.config["X"]` and `import a.b; a.b.X`, which are bound as one dotted name.
    pub(super) fn path(&self, expr: &'a Expr, scope: Scope<'a>) -> Option<Vec<Case<'a>>> {
        self.assigned(&dotted(expr)?, scope)
    }

    /// The value of a dotted name that is assigned as a whole.
    pub(super) fn assigned(&self, dotted: &str, scope: Scope<'a>) -> Option<Vec<Case<'a>>> {
        if let Some(function) = scope.function
            && let Some(cases) = self.bindings(&function.bindings, dotted, scope)
        {
            return Some(cases);
        }
        if let Some(cases) = self.bindings(&scope.module.bindings, dotted, Scope::module(scope.module)) {
            return Some(cases);
        }
        let import = scope.module.imports.iter().find(|import| import.bound == dotted && import.bound.contains('.'))?;
        let module = import.target.as_deref().and_then(|path| self.modules.get(path))?;
        Some(one(Value::Module(module)))
    }

    /// A Django setting: of the only settings module that sets it, or of the one that builds on all others that do.
    pub fn django_setting(&self, name: &'a str) -> Option<Vec<Case<'a>>> {
        let sets = |module: &&Module| {
            module.path.contains("settings") && module.bindings.iter().any(|binding| binding.name.value == name)
        };
        let modules: Vec<&'a Module> = self.running().filter(|module| sets(module)).collect();
        let builds_on = |module: &Module, other: &Module| {
            let mut stars = module.imports.iter().filter(|import| import.bound == "*");
            std::ptr::eq(module, other) || stars.any(|import| import.target.as_ref() == Some(&other.path))
        };
        let module = modules.iter().find(|module| modules.iter().all(|other| builds_on(module, other)))?;
        self.bindings(&module.bindings, name, Scope::module(module))
    }

    /// The full name of an imported thing: `redis.Redis.from_url`; an instance counts as its class.
    pub fn qualified(&self, expr: &'a Expr, scope: Scope<'a>) -> Option<String> {
        self.qualified_at(expr, scope, 0)
    }

    pub(super) fn qualified_at(&self, expr: &'a Expr, scope: Scope<'a>, depth: usize) -> Option<String> {
        if depth > 12 {
            return None;
        }
        match &expr.kind {
            ExprKind::Call(call) => self.qualified_at(copied(call).unwrap_or(&call.callee), scope, depth + 1),
            // `{**os.environ}`
            ExprKind::Dict(entries) => match entries.as_slice() {
                [(None, only)] => self.qualified_at(only, scope, depth + 1),
                _ => None,
            },
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
}

pub(super) fn last_value<'a>(bindings: &'a [Binding], name: &str) -> Option<&'a Expr> {
    bindings.iter().rev().filter(|binding| binding.name.value == name).find_map(|binding| binding.value.as_ref())
}

/// The mapping that `dict(mapping)` and `mapping.copy()` copy.
fn copied(call: &Call) -> Option<&Expr> {
    match (&call.callee.kind, call.arguments.as_slice()) {
        (ExprKind::Name(name), [only]) if name == "dict" && call.keywords.is_empty() && call.spreads.is_empty() => {
            Some(only)
        }
        (ExprKind::Attribute(object, method), []) if method.value == "copy" => Some(object),
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
