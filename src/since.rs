//! A change of the repository: what was found before it, and which lines it touches.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::finding::Severity;
use crate::fingerprint::Fingerprint;
use crate::source::{Sources, Span};

/// A change, as `check` judges by it.
#[derive(Debug, Clone, Default)]
pub struct Since {
    /// Every place of every fault before the change, and how serious it was.
    pub known: BTreeMap<Fingerprint, Severity>,
    /// The lines that are new or different, by path; 1-based, end exclusive.
    pub lines: BTreeMap<String, Vec<Range<usize>>>,
}

impl Since {
    /// Whether the change touched a line of `place`.
    #[must_use]
    pub fn touches(&self, place: Span, sources: &Sources) -> bool {
        let source = sources.get(place.file);
        let Some(lines) = self.lines.get(source.path()) else { return false };
        let first = source.position(place.range().start).line;
        let last = source.position(place.range().end.max(place.range().start + 1) - 1).line;
        lines.iter().any(|changed| changed.start <= last && first < changed.end)
    }
}

/// The lines of `now` that `before` does not have at that place.
#[must_use]
pub fn changed_lines(before: &str, now: &str) -> Vec<Range<usize>> {
    let (before, now): (Vec<&str>, Vec<&str>) = (before.lines().collect(), now.lines().collect());
    let mut changed = Vec::new();
    // Stretches still to be compared; each split makes them shorter.
    let mut work = vec![(0..before.len(), 0..now.len())];
    while let Some((mut old, mut new)) = work.pop() {
        while !old.is_empty() && !new.is_empty() && before[old.start] == now[new.start] {
            (old.start, new.start) = (old.start + 1, new.start + 1);
        }
        while !old.is_empty() && !new.is_empty() && before[old.end - 1] == now[new.end - 1] {
            (old.end, new.end) = (old.end - 1, new.end - 1);
        }
        if new.is_empty() {
            continue;
        }
        match anchor(&before, old.clone(), &now, new.clone()) {
            Some((at_old, at_new)) => {
                work.push((old.start..at_old, new.start..at_new));
                work.push((at_old + 1..old.end, at_new + 1..new.end));
            }
            None => changed.push(new.start + 1..new.end + 1),
        }
    }
    changed
}

/// The middle one of the lines that stand once in both stretches and in the same order: there they are the same.
fn anchor(before: &[&str], old: Range<usize>, now: &[&str], new: Range<usize>) -> Option<(usize, usize)> {
    let mut seen: BTreeMap<&str, (Option<usize>, Option<usize>, bool)> = BTreeMap::new();
    for at in old {
        let entry = seen.entry(before[at]).or_default();
        entry.2 |= entry.0.replace(at).is_some();
    }
    for at in new {
        let entry = seen.entry(now[at]).or_default();
        entry.2 |= entry.1.replace(at).is_some();
    }
    let mut pairs: Vec<(usize, usize)> =
        seen.into_values().filter_map(|(old, new, twice)| Some((old?, new?)).filter(|_| !twice)).collect();
    pairs.sort_unstable();
    longest_rise(&pairs)
}

/// The middle of the longest run of pairs, sorted by their first part, that also rises in the second.
fn longest_rise(pairs: &[(usize, usize)]) -> Option<(usize, usize)> {
    let mut ends: Vec<usize> = Vec::new();
    let mut previous: Vec<Option<usize>> = Vec::new();
    for (at, pair) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1 < pair.1);
        previous.push(length.checked_sub(1).map(|shorter| ends[shorter]));
        match ends.get_mut(length) {
            Some(end) => *end = at,
            None => ends.push(at),
        }
    }
    let mut at = *ends.last()?;
    for _ in 0..ends.len() / 2 {
        at = previous[at]?;
    }
    Some(pairs[at])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_different_is_changed() {
        assert_eq!(changed_lines("a\nb\nc\n", "a\nb\nc\n"), [] as [Range<usize>; 0]);
        assert_eq!(changed_lines("", "a\nb\n"), [1..3]);
        assert_eq!(changed_lines("a\nb\nc\n", "a\nc\n"), [] as [Range<usize>; 0]);
        let mut found = changed_lines("a\nb\nc\nd\ne\n", "x\nb\nc\ny\nz\ne\n");
        found.sort_by_key(|range| range.start);
        assert_eq!(found, [1..2, 4..6]);
    }

    #[test]
    fn moved_lines_are_changed_where_they_land() {
        assert_eq!(changed_lines("a\nb\nc\n", "b\nc\na\n"), [3..4]);
    }

    #[test]
    fn line_ends_do_not_matter() {
        assert_eq!(changed_lines("a\r\nb\r\n", "a\nb\n"), [] as [Range<usize>; 0]);
    }
}
