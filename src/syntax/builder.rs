//! Builds a decoded text out of kept and replaced stretches of another one.
//!
//! Comes in: a text and, in order, ranges of it to keep or to replace. Goes out: the decoded text with its places.
//! Knows no syntax; every reader of quotes and escapes here uses it.

use std::ops::Range;

use crate::text::Text;

/// A decoded text in the making. Neighbouring kept ranges are joined before they are copied.
pub(crate) struct Builder<'a> {
    source: &'a Text,
    out: Text,
    kept: Range<usize>,
}

impl<'a> Builder<'a> {
    /// Nothing yet.
    pub(crate) fn new(source: &'a Text) -> Self {
        Self { source, out: Text::empty(source.anchor()), kept: 0..0 }
    }

    /// Takes `range` of the source over as it is.
    pub(crate) fn keep(&mut self, range: Range<usize>) {
        if self.kept.is_empty() {
            self.kept = range;
        } else if self.kept.end == range.start {
            self.kept.end = range.end;
        } else {
            self.flush();
            self.kept = range;
        }
    }

    /// Puts `value` where the source has `range` (an escape, a line break).
    pub(crate) fn replace(&mut self, value: &str, range: Range<usize>) {
        self.flush();
        self.out.push_mapped(value, self.source.span_of(range));
    }

    /// Whether nothing was kept or put in yet.
    pub(crate) fn is_empty(&self) -> bool {
        self.out.is_empty() && self.kept.is_empty()
    }

    /// Whether the text made so far ends with `suffix`.
    pub(crate) fn ends_with(&mut self, suffix: &str) -> bool {
        self.flush();
        self.out.as_str().ends_with(suffix)
    }

    /// The text, standing at `whole` of the source (with its quotes).
    pub(crate) fn finish(mut self, whole: Range<usize>) -> Text {
        self.flush();
        self.out.with_anchor(self.source.span_of(whole))
    }

    fn flush(&mut self) {
        if !self.kept.is_empty() {
            self.out.push_text(&self.source.slice(self.kept.clone()));
            self.kept = 0..0;
        }
    }
}

/// Turns bytes written one by one (`%C3%A9`, `\xC3\xA9`) into text: for each character its length in such bytes. What
/// is no valid UTF-8 becomes `invalid`, once for each maximal invalid sequence or for each byte.
pub(crate) fn decode_bytes(bytes: &[u8], invalid: char, each_byte: bool) -> Vec<(char, usize)> {
    let mut out = Vec::new();
    for chunk in bytes.utf8_chunks() {
        out.extend(chunk.valid().chars().map(|char| (char, char.len_utf8())));
        match chunk.invalid() {
            [] => {}
            bad if each_byte => out.extend(bad.iter().map(|_| (invalid, 1))),
            bad => out.push((invalid, bad.len())),
        }
    }
    out
}
