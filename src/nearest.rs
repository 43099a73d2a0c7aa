//! Which of some names was probably meant.

/// The candidate that is fewest edits away, unless it takes as many as half its length.
#[must_use]
pub fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (distance(written, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= candidate.len() / 2)
        .min()
        .map(|(_, candidate)| candidate)
}

/// Levenshtein distance; quadratic, for short names.
#[must_use]
pub fn distance(one: &str, two: &str) -> usize {
    let two: Vec<char> = two.chars().collect();
    let mut row: Vec<usize> = (0..=two.len()).collect();
    for (at, char) in one.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (other_at, other) in two.iter().enumerate() {
            let substituted = diagonal + usize::from(char != *other);
            diagonal = row[other_at + 1];
            row[other_at + 1] = substituted.min(diagonal + 1).min(row[other_at] + 1);
        }
    }
    row[two.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_count_edits() {
        assert_eq!(distance("redis", "redis"), 0);
        assert_eq!(distance("reddis", "redis"), 1);
        assert_eq!(distance("cache", ""), 5);
    }

    #[test]
    fn what_is_too_far_away_was_not_meant() {
        assert_eq!(nearest("selct", ["ignore", "select"]), Some("select"));
        assert_eq!(nearest("zzz", ["ignore", "select"]), None);
    }
}
