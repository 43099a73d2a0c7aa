//! Conditions of alternatives: which of them can hold together, and every combination of several values.
//!
//! Comes in: [`Resolved`] values or [`Case`]s. Goes out: combinations that do not contradict themselves, at most
//! [`MAX_ALTERNATIVES`]. Knows nothing of Redis.

use crate::resolve::project::Case;
use crate::symbol::{Condition, MAX_ALTERNATIVES, Resolved};
use crate::text::Text;

/// Both lists together, or `None` where they contradict each other (a variable cannot be set and unset at once).
#[must_use]
pub fn both(one: &[Condition], other: &[Condition]) -> Option<Vec<Condition>> {
    let mut all = one.to_vec();
    for condition in other {
        if all.contains(condition) {
            continue;
        }
        if let Some(symbol) = variable(condition)
            && all.iter().any(|held| variable(held) == Some(symbol))
        {
            return None;
        }
        all.push(condition.clone());
    }
    Some(all)
}

/// The variable whose state a condition fixes.
fn variable(condition: &Condition) -> Option<char> {
    match condition {
        Condition::Unset(symbol) | Condition::Empty(symbol) | Condition::Set(symbol) => Some(*symbol),
        Condition::Branch(_) | Condition::Example(_) => None,
    }
}

/// Every combination of a case so far with a further value, joined by `join`. `None`: more than
/// [`MAX_ALTERNATIVES`] combinations, more than a person would follow either.
pub fn combine<A, B, C>(cases: &[Case<A>], more: &[Case<B>], join: impl Fn(&A, &B) -> C) -> Option<Vec<Case<C>>> {
    let mut out = Vec::new();
    for one in cases {
        for other in more {
            let Some(when) = both(&one.when, &other.when) else { continue };
            if out.len() == MAX_ALTERNATIVES {
                return None;
            }
            let trace = one.trace.iter().chain(&other.trace).cloned().collect();
            out.push(Case { when, value: join(&one.value, &other.value), trace });
        }
    }
    Some(out)
}

/// The alternatives of a value as cases; `None` inside a case means known to be absent.
#[must_use]
pub fn cases(value: &Resolved) -> Vec<Case<Option<Text>>> {
    value
        .alternatives
        .iter()
        .map(|one| Case { when: one.when.clone(), value: one.value.clone(), trace: one.trace.clone() })
        .collect()
}

/// One case that always holds.
pub fn always<T>(value: T) -> Vec<Case<T>> {
    vec![Case { when: Vec::new(), value, trace: Vec::new() }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contradictions_fall_out() {
        let (set, unset) = (Condition::Set('a'), Condition::Unset('a'));
        assert_eq!(both(std::slice::from_ref(&set), &[unset]), None);
        assert_eq!(both(std::slice::from_ref(&set), std::slice::from_ref(&set)), Some(vec![set]));
    }

    #[test]
    fn too_many_combinations_are_unknown() {
        let many: Vec<Case<u8>> = (0..5).flat_map(always).collect();
        assert!(combine(&many, &many, |one, other| one + other).is_none());
        assert_eq!(combine(&many[..3], &many, |one, other| one + other).map(|all| all.len()), Some(15));
    }
}
