//! Values under conditions: how they are made, changed and combined.

use crate::model::ClientError;
use crate::source::Span;
use crate::symbol::Condition;
use crate::text::Text;

use super::values::{Case, Value};

/// Goes on from each case's value.
pub(super) fn flat_map<'a>(cases: Vec<Case<'a>>, f: impl Fn(Value<'a>) -> Vec<Case<'a>>) -> Vec<Case<'a>> {
    cases
        .into_iter()
        .flat_map(|case| {
            if matches!(case.value, Value::Ends(_)) {
                return vec![case];
            }
            let inner = f(case.value);
            under(&case.when, inner)
                .into_iter()
                .map(|mut inner| {
                    inner.trace.splice(0..0, case.trace.iter().cloned());
                    inner
                })
                .collect()
        })
        .collect()
}

/// Changes each case's value; what `f` does not know is opaque.
pub(super) fn map<'a>(cases: Vec<Case<'a>>, f: impl Fn(Value<'a>) -> Option<Value<'a>>, span: Span) -> Vec<Case<'a>> {
    let unknown = Value::Opaque(span);
    let change = |value: Value<'a>| match value {
        ended @ Value::Ends(_) => ended,
        value => f(value).unwrap_or(unknown.clone()),
    };
    cases.into_iter().map(|case| Case { value: change(case.value), ..case }).collect()
}

/// A single case.
pub(super) fn one(value: Value<'_>) -> Vec<Case<'_>> {
    vec![Case::of(value)]
}

/// A single unknown.
pub(super) fn opaque<'a>(span: Span) -> Vec<Case<'a>> {
    one(Value::Opaque(span))
}

/// The program stops at `span` with this error.
pub(super) fn ends<'a>(span: Span, error: impl Into<String>) -> Vec<Case<'a>> {
    one(Value::Ends(ClientError { message: error.into(), span }))
}

/// Without the cases in which the program has stopped; where it always does, one of these.
pub(super) fn running(mut cases: Vec<Case<'_>>) -> Vec<Case<'_>> {
    let ended = |case: &Case<'_>| matches!(case.value, Value::Ends(_));
    if cases.iter().all(ended) {
        cases.truncate(1);
    } else {
        cases.retain(|case| !ended(case));
    }
    cases
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
