//! Classes: their bases, and what their attributes and those of their instances are.

use crate::facts::code::{Binding, Call, Class, Expr, ExprKind, Function, Module};

use super::cases::{flat_map, one, opaque};
use super::values::{Case, ClassRef, Evaluator, Scope, Target, Value};

/// Bases of bases.
const MAX_BASES: usize = 16;

impl<'a> Evaluator<'a> {
    /// The class and its bases in the repository, nearest first, and the names of the bases outside.
    pub fn lineage(&self, class: ClassRef<'a>) -> (Vec<ClassRef<'a>>, Vec<String>) {
        let (mut classes, mut outside) = (vec![class], Vec::new());
        let mut at = 0;
        while let Some(current) = classes.get(at).copied()
            && classes.len() < MAX_BASES
        {
            at += 1;
            for base in &current.class.bases {
                let scope = Scope::module(current.module);
                let target = match &base.kind {
                    ExprKind::Name(name) => self.find(current.module, name, 0),
                    _ => Target::Missing,
                };
                match target {
                    Target::Class(base) if !classes.iter().any(|known| std::ptr::eq(known.class, base.class)) => {
                        classes.push(base);
                    }
                    Target::Class(_) => {}
                    _ => match self.eval(base, scope).as_slice() {
                        [Case { value: Value::Class(base), .. }] => classes.push(*base),
                        _ => outside.extend(self.qualified(base, scope)),
                    },
                }
            }
        }
        (classes, outside)
    }

    /// A method, looked up through the bases.
    pub fn find_method(&self, class: ClassRef<'a>, name: &str) -> Option<(ClassRef<'a>, &'a Function)> {
        self.lineage(class).0.into_iter().find_map(|owner| {
            owner.class.methods.iter().rev().find(|method| method.name.value == name).map(|method| (owner, method))
        })
    }

    /// The attribute of a class or its instance; `None`: there is none.
    pub fn field(&self, class: ClassRef<'a>, name: &str) -> Option<Vec<Case<'a>>> {
        let (lineage, outside) = self.lineage(class);
        let initialised =
            lineage.iter().any(|owner| owner.class.methods.iter().any(|one| one.name.value == "__init__"));
        if !initialised && let Some(given) = class.arguments.and_then(|frame| self.argument(frame, name)) {
            return Some(given);
        }
        for owner in &lineage {
            let scope = Scope::within(owner.module, Some(class));
            if let Some(method) = owner.class.methods.iter().rev().find(|method| method.name.value == name) {
                let property = ["property", "cached_property", "computed_field"]
                    .iter()
                    .any(|decorator| method.decorator(decorator).is_some());
                return if property { self.returned(method, scope, None) } else { None };
            }
            let declared = owner.class.fields.iter().rev().find(|field| field.name.value == name);
            if let Some(declared) = declared {
                return match version(&outside) {
                    Some(version) if declared.annotation.is_some() || version == 1 => match self.unbuildable(class) {
                        Some(error) => Some(one(Value::Ends(error))),
                        None => Some(self.settings_field(class, *owner, declared)),
                    },
                    _ if is_set_from_outside(owner.module, name) => Some(opaque(declared.name.span)),
                    _ => {
                        let cases = self.plain_field(owner.class, name, Scope::within(owner.module, Some(*owner)))?;
                        Some(self.validated(class, name, declared.name.span, cases))
                    }
                };
            }
            let attribute = format!("self.{name}");
            let init = owner.class.methods.iter().find(|method| {
                method.name.value == "__init__" && method.bindings.iter().any(|binding| binding.name.value == attribute)
            });
            if let Some(init) = init {
                let scope = Scope { function: Some(init), arguments: class.arguments, ..scope };
                return self.bindings(&init.bindings, &attribute, scope);
            }
        }
        None
    }

    fn plain_field(&self, owner: &'a Class, name: &str, scope: Scope<'a>) -> Option<Vec<Case<'a>>> {
        let cases = self.bindings(&owner.fields, name, scope)?;
        let declared = owner.fields.iter().rev().find(|field| field.name.value == name)?;
        let Some(call) = declared.value.as_ref().and_then(Expr::as_call) else { return Some(cases) };
        let field = self.qualified(&call.callee, scope).is_some_and(|name| is_field(&name));
        if field {
            Some(self.field_default(call, scope).unwrap_or_else(|| opaque(declared.name.span)))
        } else {
            Some(cases)
        }
    }

    /// The default in `Field(…)` or `field(…)`; `None`: it is required.
    pub(super) fn field_default(&self, call: &'a Call, scope: Scope<'a>) -> Option<Vec<Case<'a>>> {
        if let Some(factory) = call.keyword("default_factory").or_else(|| call.keyword("factory")) {
            return Some(flat_map(self.eval(factory, scope), |value| match value {
                Value::Structure(Expr { kind: ExprKind::Lambda(body), .. }, inner) => self.eval(body, inner),
                Value::Class(class) => one(Value::Instance(class)),
                Value::Function(function, inner) => {
                    self.returned(function, inner, None).unwrap_or_else(|| opaque(factory.span))
                }
                _ => opaque(factory.span),
            }));
        }
        // `Field(...)`
        let given = call.keyword("default").or(call.arguments.first());
        given.filter(|default| !matches!(default.kind, ExprKind::Opaque)).map(|default| self.eval(default, scope))
    }

    /// Whether all attributes of a class are known: no base of another library that may have more.
    pub(super) fn is_whole(&self, class: ClassRef<'a>) -> bool {
        let (lineage, outside) = self.lineage(class);
        let dynamic =
            |owner: &ClassRef<'a>| owner.class.methods.iter().any(|method| method.name.value == "__getattr__");
        let plain = |base: &String| {
            ["pydantic", "pydantic_settings", "typing", "enum", "object", "abc", "str"]
                .contains(&base.split('.').next().unwrap_or_default())
        };
        outside.iter().all(plain) && !lineage.iter().any(dynamic)
    }

    /// The name of the variable that fills a field, for people: `REDIS_HOST` for `host` under the prefix `REDIS_`.
    pub fn field_name(&self, class: ClassRef<'a>, name: &str) -> String {
        let (lineage, outside) = self.lineage(class);
        let prefix = version(&outside).map_or(String::new(), |_| self.options(&lineage).prefix);
        if prefix.is_empty() { name.to_owned() } else { format!("{prefix}{name}").to_ascii_uppercase() }
    }
}

/// Whether a module sets an attribute of that name on some instance: `config.url = os.getenv("REDIS_URL")`.
fn is_set_from_outside(module: &Module, name: &str) -> bool {
    let is_it = |binding: &Binding| {
        let owner = binding.name.value.strip_suffix(name).and_then(|rest| rest.strip_suffix('.'));
        owner.is_some_and(|owner| owner != "self" && owner != "cls")
    };
    let methods = module.classes.iter().flat_map(|class| &class.methods);
    module.functions.iter().chain(methods).flat_map(|function| &function.bindings).any(is_it)
}

/// 1 or 2 where a base is pydantic's.
pub(super) fn version(bases: &[String]) -> Option<u8> {
    bases.iter().find_map(|base| match base.as_str() {
        "pydantic_settings.BaseSettings" => Some(2),
        "pydantic.BaseSettings" | "pydantic.v1.BaseSettings" | "pydantic.env_settings.BaseSettings" => Some(1),
        _ => None,
    })
}

pub(super) fn is_field(name: &str) -> bool {
    matches!(
        name,
        "pydantic.Field"
            | "pydantic.v1.Field"
            | "pydantic.fields.Field"
            | "dataclasses.field"
            | "attr.ib"
            | "attrs.field"
    )
}
