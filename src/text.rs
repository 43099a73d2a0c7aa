//! A decoded string that still knows where each of its bytes was written.
//!
//! Escapes, quotes, folding, concatenation and interpolation change the bytes of a value; a finding must point at the
//! original ones. Every parser hands out `Text`, every later step (words, URLs, interpolation) slices and joins it, and
//! the span of any part can be asked for at the end. The parts may come from different files.

use std::fmt;
use std::ops::Range;

use crate::source::Span;

/// Stands for the whole of a value that outgrew [`MAX_JOINED`]; known to no table of symbols, it is opaque to all.
pub const TOO_LONG: char = '\u{10FFFD}';

/// What is put together of other texts is no longer than this: eight times what Linux lets one argument or variable
/// hold, so that no program that could start is misjudged, and references that double each other end.
pub const MAX_JOINED: usize = 1 << 20;

/// A stretch of the value that was decoded from one stretch of source.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Run {
    /// Offset in the value.
    at: u32,
    /// Length in the value, bytes.
    len: u32,
    /// The source it came from.
    source: Span,
    /// Byte for byte the same as the source, so that a part of the run has a span of its own. Otherwise (an escape, a
    /// folded line break) every part of the run maps to the whole source stretch.
    exact: bool,
}

/// A decoded string with the source of each byte. Equality and hashing look at the value only where stated.
#[derive(Clone)]
pub struct Text {
    value: String,
    runs: Vec<Run>,
    anchor: Span,
}

impl Text {
    /// An empty text that stands at `anchor` (the scalar, the literal, the line it belongs to).
    #[must_use]
    pub fn empty(anchor: Span) -> Self {
        Self { value: String::new(), runs: Vec::new(), anchor }
    }

    /// A text that equals its source byte for byte.
    #[must_use]
    pub fn exact(value: &str, span: Span) -> Self {
        let mut text = Self::empty(span);
        text.push_exact(value, span);
        text
    }

    /// A text whose bytes all come from the whole of `span`.
    #[must_use]
    pub fn mapped(value: &str, span: Span) -> Self {
        let mut text = Self::empty(span);
        text.push_mapped(value, span);
        text
    }

    /// Sets the place to point at where the text as a whole is meant, for instance a literal with its quotes.
    #[must_use]
    pub fn with_anchor(mut self, anchor: Span) -> Self {
        self.anchor = anchor;
        self
    }

    /// The place of the whole, quotes and all.
    #[must_use]
    pub fn anchor(&self) -> Span {
        self.anchor
    }

    /// The decoded value. It may hold a secret: never print it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.value
    }

    /// Whether the value has no bytes.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.value.is_empty()
    }

    /// Whether the value is unknown, as it would be longer than any program can be given.
    #[must_use]
    pub fn is_too_long(&self) -> bool {
        self.value.len() == TOO_LONG.len_utf8() && self.value.starts_with(TOO_LONG)
    }

    /// Length of the value in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.value.len()
    }

    /// Appends bytes that stand in the source exactly so.
    pub fn push_exact(&mut self, value: &str, span: Span) {
        if value.len() == span.len() {
            self.push(value, span, true);
        } else {
            self.push(value, span, false);
        }
    }

    /// Appends bytes that were decoded from the whole of `span` (an escape, a folded break, a default).
    pub fn push_mapped(&mut self, value: &str, span: Span) {
        self.push(value, span, false);
    }

    fn push(&mut self, value: &str, span: Span, exact: bool) {
        if value.is_empty() {
            return;
        }
        let at = u32::try_from(self.value.len()).unwrap_or(u32::MAX);
        let len = u32::try_from(value.len()).unwrap_or(u32::MAX);
        self.value.push_str(value);
        if let Some(last) = self.runs.last_mut()
            && last.exact
            && exact
            && last.source.file == span.file
            && last.source.end == span.start
        {
            last.len += len;
            last.source.end = span.end;
            return;
        }
        self.runs.push(Run { at, len, source: span, exact });
    }

    /// Appends another text with its places. Where that gets longer than [`MAX_JOINED`], the value is unknown from here
    /// on, whatever is appended.
    pub fn push_text(&mut self, other: &Text) {
        if self.is_too_long() {
            return;
        }
        if self.len() + other.len() > MAX_JOINED || other.is_too_long() {
            *self = Self::mapped(TOO_LONG.encode_utf8(&mut [0; 4]), self.anchor);
            return;
        }
        for run in &other.runs {
            let at = run.at as usize;
            self.push(&other.value[at..at + run.len as usize], run.source, run.exact);
        }
    }

    /// The part of the value in `range` (byte offsets on character boundaries; others are moved down).
    #[must_use]
    pub fn slice(&self, range: Range<usize>) -> Text {
        let range = self.clamp(range);
        let mut out = Text::empty(self.span_of(range.clone()));
        for run in self.runs_in(&range) {
            let from = range.start.max(run.at as usize);
            let to = range.end.min((run.at + run.len) as usize);
            out.push(&self.value[from..to], part(run, from..to), run.exact);
        }
        out
    }

    /// Where the bytes of `range` stand: from the first to the last of them where these lie in one file, else the first
    /// stretch. An empty range gives the empty span at its place.
    #[must_use]
    pub fn span_of(&self, range: Range<usize>) -> Span {
        let range = self.clamp(range);
        if range.is_empty() {
            return self.point(range.start);
        }
        let mut spans = self.spans_of(range).into_iter();
        let Some(first) = spans.next() else { return self.anchor };
        spans.fold(first, Span::to)
    }

    /// Where the whole value stands, without quotes; the anchor where the value is empty.
    #[must_use]
    pub fn span(&self) -> Span {
        if self.value.is_empty() { self.anchor } else { self.span_of(0..self.value.len()) }
    }

    /// Every stretch of source behind `range`, in the order of the value.
    #[must_use]
    pub fn spans_of(&self, range: Range<usize>) -> Vec<Span> {
        let range = self.clamp(range);
        self.runs_in(&range)
            .map(|run| part(run, range.start.max(run.at as usize)..range.end.min((run.at + run.len) as usize)))
            .collect()
    }

    /// Every stretch of source behind the value.
    #[must_use]
    pub fn spans(&self) -> Vec<Span> {
        self.spans_of(0..self.value.len())
    }

    /// Replaces the value by `f` of it where `f` keeps the length of each run (such as lower-casing ASCII).
    #[must_use]
    pub fn ascii_lowercase(&self) -> Text {
        Text { value: self.value.to_ascii_lowercase(), runs: self.runs.clone(), anchor: self.anchor }
    }

    /// Without leading and trailing characters that `cut` accepts.
    #[must_use]
    pub fn trim_matches(&self, cut: impl Fn(char) -> bool + Copy) -> Text {
        let start = self.value.len() - self.value.trim_start_matches(cut).len();
        let end = self.value.trim_end_matches(cut).len().max(start);
        self.slice(start..end)
    }

    fn point(&self, at: usize) -> Span {
        let next = self.runs.partition_point(|run| (run.at + run.len) as usize <= at);
        if let Some(run) = self.runs.get(next) {
            let span = part(run, at..at);
            return Span { end: span.start, ..span };
        }
        self.runs.last().map_or(self.anchor, |run| Span { start: run.source.end, ..run.source })
    }

    fn clamp(&self, range: Range<usize>) -> Range<usize> {
        let down = |mut at: usize| {
            at = at.min(self.value.len());
            while !self.value.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let start = down(range.start);
        start..down(range.end).max(start)
    }

    fn runs_in<'a>(&'a self, range: &Range<usize>) -> impl Iterator<Item = &'a Run> + use<'a> {
        let (start, end) = (range.start, range.end);
        let from = self.runs.partition_point(|run| (run.at + run.len) as usize <= start);
        self.runs[from..].iter().take_while(move |run| (run.at as usize) < end)
    }
}

/// The source of `range` of the value, which lies within `run`.
fn part(run: &Run, range: Range<usize>) -> Span {
    if !run.exact {
        return run.source;
    }
    let base = run.source.start as usize;
    let at = run.at as usize;
    Span::new(run.source.file, base + range.start - at..base + range.end - at)
}

impl PartialEq for Text {
    /// Two texts are equal when their values are, wherever they were written.
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Text {}

impl fmt::Debug for Text {
    /// Shows the place and the length, never the value: it may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = self.span();
        write!(f, "Text({} bytes at {}:{}..{})", self.value.len(), span.file.0, span.start, span.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn span(range: Range<usize>) -> Span {
        Span::new(FileId(0), range)
    }

    #[test]
    fn slices_keep_their_places() {
        // source: "a\u0062c" with quotes
        let mut text = Text::empty(span(0..10));
        text.push_exact("a", span(1..2));
        text.push_mapped("b", span(2..8));
        text.push_exact("c", span(8..9));
        assert_eq!(text.span_of(0..1), span(1..2));
        assert_eq!(text.span_of(1..2), span(2..8));
        assert_eq!(text.span_of(2..3), span(8..9));
        assert_eq!(text.slice(1..3).span(), span(2..9));
        assert_eq!(text.span_of(3..3), span(9..9));
    }

    #[test]
    fn joined_texts_point_into_both_files() {
        let mut text = Text::exact("redis://", span(4..12));
        let other = Text::exact("pw", Span::new(FileId(1), 3..5));
        text.push_text(&other);
        assert_eq!(text.slice(8..10).span(), Span::new(FileId(1), 3..5));
        assert_eq!(text.span(), span(4..12));
    }

    #[test]
    fn debug_hides_the_value() {
        assert!(!format!("{:?}", Text::exact("hunter2", span(0..7))).contains("hunter2"));
    }
}
