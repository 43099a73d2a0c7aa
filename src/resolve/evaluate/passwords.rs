//! Settings whose names say "password of Redis", and the roles that names tell.

use crate::facts::Facts;
use crate::facts::code::{Binding, Class, Expr, ExprKind};
use crate::text::Text;

use super::sites::Slot;

/// Constants, class fields and defaults whose names say "password of Redis", with the literal text.
#[must_use]
pub fn password_settings(facts: &Facts) -> Vec<(String, Text)> {
    let mut out = Vec::new();
    for module in &facts.modules {
        let mut lists: Vec<(&str, &[Binding])> = vec![("", &module.bindings)];
        let mut classes: Vec<&Class> = module.classes.iter().collect();
        while let Some(class) = classes.pop() {
            lists.push((&class.name.value, &class.fields));
            // Classes inside classes: the parser bounds their depth.
            classes.extend(&class.inner);
        }
        for (owner, bindings) in lists {
            for binding in bindings {
                let name = binding.name.value.rsplit('.').next().unwrap_or_default();
                let about = format!("{owner} {name}").to_ascii_lowercase();
                if !about.contains("redis") || role(name).is_none_or(|(_, role)| role != Slot::Password) {
                    continue;
                }
                if let Some(text) = binding.value.as_ref().and_then(literal)
                    && !text.is_empty()
                {
                    out.push((name.to_owned(), text.clone()));
                }
            }
        }
    }
    out
}

/// The literal that a setting is, or falls back to.
fn literal(value: &Expr) -> Option<&Text> {
    match &value.kind {
        ExprKind::Text(text) => Some(text),
        ExprKind::Or(values) => values.last().and_then(Expr::as_text),
        ExprKind::Call(call) => call
            .keyword("default")
            .and_then(Expr::as_text)
            // `getenv("NAME", "default")`, `Field("default")`, `SecretStr("value")`.
            .or_else(|| match call.arguments.as_slice() {
                [only] if call.callee.dotted().is_some_and(|name| name.ends_with("Field") || name.ends_with("Str")) => {
                    only.as_text()
                }
                [_, second] => second.as_text(),
                _ => None,
            }),
        _ => None,
    }
}

/// The endings by which names tell their role.
const ENDINGS: &[(&str, Slot)] = &[
    ("hostname", Slot::Host),
    ("host", Slot::Host),
    ("server", Slot::Host),
    ("port", Slot::Port),
    ("database", Slot::Db),
    ("db", Slot::Db),
    ("username", Slot::Username),
    ("user", Slot::Username),
    ("password", Slot::Password),
    ("passwd", Slot::Password),
    ("pass", Slot::Password),
    ("pwd", Slot::Password),
    ("ssl", Slot::Tls),
    ("tls", Slot::Tls),
];

/// A part of a server's address and the prefix that groups it with the others: `REDIS_` of `REDIS_HOST`.
pub(super) fn role(name: &str) -> Option<(String, Slot)> {
    let lower = name.to_ascii_lowercase();
    let (ending, slot) = ENDINGS.iter().find(|(ending, _)| lower.ends_with(ending))?;
    Some((lower[..lower.len() - ending.len()].to_owned(), *slot))
}
