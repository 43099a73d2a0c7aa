//! `with env.prefixed("REDIS_"):` of environs, inside which the names of variables mean others.

use crate::facts::code::{Expr, ExprKind};
use crate::text::Text;

/// The reader of variables and what it puts before their names.
pub struct Prefix {
    reader: String,
    text: Text,
}

/// What a context manager puts before names; `None`: it is another one.
pub fn of(context: &Expr) -> Option<Prefix> {
    let call = context.as_call()?;
    let reader = call.callee.dotted()?.strip_suffix(".prefixed")?.to_owned();
    Some(Prefix { reader, text: call.arguments.first()?.as_text()?.clone() })
}

impl Prefix {
    /// Puts the prefix before the names that the reader is asked for; the depth of a lowered expression is bounded.
    pub fn apply(&self, expr: &mut Expr) {
        match &mut expr.kind {
            ExprKind::Call(call) => {
                let callee = call.callee.dotted().unwrap_or_default();
                let asked = callee == self.reader
                    || callee.strip_prefix(&self.reader).is_some_and(|rest| rest.starts_with('.'));
                if asked && let Some(Expr { kind: ExprKind::Text(name), .. }) = call.arguments.first_mut() {
                    let mut whole = self.text.clone();
                    whole.push_text(name);
                    *name = whole;
                }
                self.apply(&mut call.callee);
                call.arguments.iter_mut().for_each(|argument| self.apply(argument));
                call.keywords.iter_mut().for_each(|(_, value)| self.apply(value));
                call.spreads.iter_mut().for_each(|spread| self.apply(spread));
            }
            ExprKind::Attribute(inner, _)
            | ExprKind::Not(inner)
            | ExprKind::Lambda(inner)
            | ExprKind::Raises(inner)
            | ExprKind::After(inner, _) => self.apply(inner),
            ExprKind::Subscript(left, right)
            | ExprKind::Percent(left, right)
            | ExprKind::Equal(left, right)
            | ExprKind::Union(left, right)
            | ExprKind::In(left, right) => {
                self.apply(left);
                self.apply(right);
            }
            ExprKind::Dict(entries) => entries.iter_mut().for_each(|(_, value)| self.apply(value)),
            ExprKind::List(parts)
            | ExprKind::Format(parts)
            | ExprKind::Sum(parts)
            | ExprKind::Or(parts)
            | ExprKind::And(parts)
            | ExprKind::Within(parts) => parts.iter_mut().for_each(|part| self.apply(part)),
            ExprKind::Choice { test, then, otherwise } => {
                for part in [test, then, otherwise] {
                    self.apply(part);
                }
            }
            ExprKind::Text(_)
            | ExprKind::Number(_)
            | ExprKind::Bool(_)
            | ExprKind::None
            | ExprKind::Name(_)
            | ExprKind::Stops(_)
            | ExprKind::Opaque => {}
        }
    }
}
