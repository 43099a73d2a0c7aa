//! Texts taken apart as Python's `str` does it, with the place of every byte.

use crate::text::Text;

/// What comes after so many characters.
pub(super) fn after(text: &Text, characters: usize) -> Text {
    let start = text.as_str().char_indices().nth(characters).map_or(text.len(), |(at, _)| at);
    text.slice(start..text.len())
}

/// The text without such characters at its start.
pub(super) fn trim_start(text: &Text, cuts: impl Fn(char) -> bool) -> Text {
    text.slice(text.len() - text.as_str().trim_start_matches(cuts).len()..text.len())
}

/// The part at an index, which counts from the end where it is negative.
pub(super) fn at(parts: &[Text], index: &str) -> Option<Text> {
    let at = match index.strip_prefix('-') {
        Some(back) => parts.len().checked_sub(back.parse().ok()?)?,
        None => index.parse().ok()?,
    };
    parts.get(at).cloned()
}

/// What `split`, `rsplit`, `partition` and `rpartition` give; `None`: an exception.
pub(super) fn split(text: &Text, separator: &str, method: &str, limit: Option<usize>) -> Option<Vec<Text>> {
    if separator.is_empty() {
        return None;
    }
    let whole = text.as_str();
    let from_end = method.starts_with('r');
    let once = method.ends_with("partition");
    let mut found: Vec<usize> = if from_end {
        whole.rmatch_indices(separator).map(|(at, _)| at).collect()
    } else {
        whole.match_indices(separator).map(|(at, _)| at).collect()
    };
    found.truncate(if once { 1 } else { limit.unwrap_or(usize::MAX) });
    found.sort_unstable();
    if once && found.is_empty() {
        let (start, end) = (text.slice(0..0), text.slice(text.len()..text.len()));
        return Some(if from_end {
            vec![start.clone(), start, text.clone()]
        } else {
            vec![text.clone(), end.clone(), end]
        });
    }
    let (mut parts, mut from) = (Vec::new(), 0);
    for at in found {
        parts.push(text.slice(from..at));
        if once {
            parts.push(text.slice(at..at + separator.len()));
        }
        from = at + separator.len();
    }
    parts.push(text.slice(from..text.len()));
    Some(parts)
}
