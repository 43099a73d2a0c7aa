//! Changes as a unified diff, as `git apply` reads it, with the secrets of both sides masked.

use std::fmt::Write;
use std::ops::Range;

use similar::{ChangeTag, TextDiff};

use super::engine::Change;
use crate::report::Report;
use crate::secrets::{values, without};
use crate::source::Sources;

/// Lines shown around a change.
const CONTEXT: usize = 3;

/// One file's change; `before` and `after` mask what is secret in its lines.
#[must_use]
pub fn render(path: &str, change: &Change, before: &Report, after: &Report) -> String {
    let old = String::from_utf8_lossy(change.before.as_deref().unwrap_or_default());
    let new = String::from_utf8_lossy(&change.after);
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let (old_shown, new_shown) = (shown(&before.sources, path, &old), shown(&after.sources, path, &new));
    let diff = TextDiff::from_slices(&old, &new);
    let from = if change.before.is_some() { format!("a/{path}") } else { "/dev/null".to_owned() };
    let known = values(&before.sources);
    let mut out = format!("--- {from}\n+++ b/{path}\n");
    for group in diff.grouped_ops(CONTEXT) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let old_range = first.old_range().start..last.old_range().end;
        let new_range = first.new_range().start..last.new_range().end;
        let _ = writeln!(out, "@@ -{} +{} @@", counted(&old_range), counted(&new_range));
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let (sign, line) = match change.tag() {
                ChangeTag::Equal => (' ', both(&change, &old_shown, &new_shown)),
                ChangeTag::Delete => ('-', change.old_index().and_then(|at| old_shown.get(at)).cloned()),
                // Its comment may speak of what was a password before.
                ChangeTag::Insert => {
                    ('+', change.new_index().and_then(|at| new_shown.get(at)).map(|line| without(line, &known)))
                }
            };
            let line = line.unwrap_or_default();
            let _ = writeln!(out, "{sign}{}", line.strip_suffix('\n').unwrap_or(&line));
            if !line.ends_with('\n') {
                out.push_str("\\ No newline at end of file\n");
            }
        }
    }
    out
}

/// A line that stays, without what is secret before or after: a password that nobody uses any more still is one.
fn both(change: &similar::Change<&str>, old: &[String], new: &[String]) -> Option<String> {
    let (old, new) = (old.get(change.old_index()?)?, new.get(change.new_index()?)?);
    Some(old.chars().zip(new.chars()).map(|(old, new)| if old == new { new } else { '*' }).collect())
}

/// The lines of a file as they may be printed.
fn shown(sources: &Sources, path: &str, lines: &[&str]) -> Vec<String> {
    let Some(source) = sources.find(path).map(|file| sources.get(file)) else {
        return lines.iter().map(|line| (*line).to_owned()).collect();
    };
    let mut at = 0;
    let mut out = Vec::with_capacity(lines.len());
    for line in lines {
        out.push(source.masked(at..at + line.len()));
        at += line.len();
    }
    out
}

/// `start,length` as diffs count: from 1, and from the line before where there is none.
fn counted(range: &Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => format!("{}", range.start + 1),
        len => format!("{},{len}", range.start + 1),
    }
}
