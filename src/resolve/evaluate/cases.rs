//! Values under conditions: how they are made, changed and combined.

use crate::source::Span;
use crate::symbol::Condition;
use crate::text::Text;

use super::values::{Case, Value};

/// Goes on from each case's value.
pub(super) fn flat_map<'a>(cases: Vec<Case<'a>>, f: impl Fn(Value<'a>) -> Vec<Case<'a>>) -> Vec<Case<'a>> {
    cases
        .into_iter()
        .flat_map(|case| {
            let inner = f(case.value);
            under(&case.when, inner).into_iter().map(move |mut inner| {
                inner.trace.splice(0..0, case.trace.iter().cloned());
                inner
            })
        })
        .collect()
}

/// Changes each case's value; what `f` does not know is opaque.
pub(super) fn map<'a>(cases: Vec<Case<'a>>, f: impl Fn(Value<'a>) -> Option<Value<'a>>, span: Span) -> Vec<Case<'a>> {
    let unknown = Value::Opaque(span);
    cases.into_iter().map(|case| Case { value: f(case.value).unwrap_or(unknown.clone()), ..case }).collect()
}

/// A single case.
pub(super) fn one(value: Value<'_>) -> Vec<Case<'_>> {
    vec![Case::of(value)]
}

/// A single unknown.
pub(super) fn opaque<'a>(span: Span) -> Vec<Case<'a>> {
    one(Value::Opaque(span))
}

/// The cases that are possible while `when` holds.
pub(super) fn under<'a>(when: &[Condition], cases: Vec<Case<'a>>) -> Vec<Case<'a>> {
    cases.into_iter().filter_map(|case| Some(Case { when: join(when, &case.when)?, ..case })).collect()
}

pub(super) fn as_text(value: &Value<'_>) -> Option<Text> {
    match value {
        Value::Text(text) | Value::Number(text) => Some(text.clone()),
        _ => None,
    }
}

/// Both sets of conditions at once; `None` where they contradict each other.
pub(super) fn join(left: &[Condition], right: &[Condition]) -> Option<Vec<Condition>> {
    let mut out = left.to_vec();
    for condition in right {
        if out.contains(condition) {
            continue;
        }
        let contradicts = |other: &Condition| match (other, condition) {
            (
                Condition::Set(a) | Condition::Unset(a) | Condition::Empty(a),
                Condition::Set(b) | Condition::Unset(b) | Condition::Empty(b),
            ) => a == b,
            (Condition::Branch(a), Condition::Branch(b)) => {
                a.file == b.file && a.end == b.end && a.is_empty() != b.is_empty()
            }
            _ => false,
        };
        if out.iter().any(contradicts) {
            return None;
        }
        out.push(condition.clone());
    }
    Some(out)
}
