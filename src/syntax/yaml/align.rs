//! Decoded value + raw source → [`Text`]: which source bytes each byte of a scalar came from.
//!
//! One walker goes through the source of a scalar and the value that the parser decoded from it at the same time. Bytes
//! that are the same on both sides become exact runs; escapes and folded line breaks are mapped as a whole. It checks
//! each step against the value, so a disagreement costs precision (one mapped run), never truth.

use std::ops::Range;

use crate::source::{FileId, Span};
use crate::text::Text;

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
    Literal,
    Folded,
}

/// Aligns `decoded` with `source[body]`: the content without quotes, or the lines behind a block header. `source` is
/// `original` with its templates masked, byte for byte as long; the value shows the original.
pub(super) fn align(
    file: FileId,
    original: &str,
    source: &str,
    body: Range<usize>,
    style: Style,
    decoded: &str,
) -> Text {
    let whole = Span::new(file, body.clone());
    let mut walker =
        Walker { file, original, source, at: body.start, end: body.end, rest: decoded, text: Text::empty(whole) };
    let matched = match style {
        Style::Plain | Style::Single | Style::Double => walker.flow(style),
        Style::Literal | Style::Folded => walker.block(style),
    };
    match matched {
        Some(()) if walker.rest.is_empty() => walker.text,
        _ => Text::mapped(decoded, whole),
    }
}

struct Walker<'a> {
    file: FileId,
    original: &'a str,
    source: &'a str,
    /// Next source byte.
    at: usize,
    /// End of the scalar's source.
    end: usize,
    /// What of the value is still to come.
    rest: &'a str,
    text: Text,
}

impl<'a> Walker<'a> {
    fn byte(&self, at: usize) -> Option<u8> {
        (at < self.end).then(|| self.source.as_bytes()[at])
    }

    /// The source up to `to` stands in the value as it is.
    fn exact(&mut self, to: usize) -> Option<()> {
        let part = &self.source[self.at..to];
        self.rest = self.rest.strip_prefix(part)?;
        let span = Span::new(self.file, self.at..to);
        match self.original.get(self.at..to) {
            Some(part) => self.text.push_exact(part, span),
            // Within a character of a masked template.
            None => self.text.push_mapped(part, span),
        }
        self.at = to;
        Some(())
    }

    /// The source up to `to` became the next `len` bytes of the value.
    fn mapped(&mut self, to: usize, len: usize) -> Option<()> {
        let part = self.rest.get(..len)?;
        self.rest = &self.rest[len..];
        self.text.push_mapped(part, Span::new(self.file, self.at..to));
        self.at = to;
        Some(())
    }

    /// Skips blanks and line breaks from `at`; returns the end and the number of breaks.
    fn breaks(&self, mut at: usize) -> (usize, usize) {
        let mut count = 0;
        while let Some(byte @ (b' ' | b'\t' | b'\r' | b'\n')) = self.byte(at) {
            // CRLF is one break.
            count += usize::from(byte == b'\n' || byte == b'\r' && self.byte(at + 1) != Some(b'\n'));
            at += 1;
        }
        (at, count)
    }

    /// Plain and quoted scalars.
    fn flow(&mut self, style: Style) -> Option<()> {
        while let Some(byte) = self.byte(self.at) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => {
                    let (to, count) = self.breaks(self.at);
                    match count {
                        0 => self.exact(to)?,
                        1 => {
                            self.rest.starts_with(' ').then_some(())?;
                            self.mapped(to, 1)?;
                        }
                        _ => self.newlines(to, count - 1)?,
                    }
                }
                b'\'' if style == Style::Single => {
                    self.rest.starts_with('\'').then_some(())?;
                    self.mapped(self.at + 2, 1)?;
                }
                b'\\' if style == Style::Double => self.escape()?,
                _ => {
                    let part = &self.source.as_bytes()[self.at..self.end];
                    let special = |byte: &u8| match byte {
                        b' ' | b'\t' | b'\r' | b'\n' => true,
                        b'\'' => style == Style::Single,
                        b'\\' => style == Style::Double,
                        _ => false,
                    };
                    let len = part.iter().position(special).unwrap_or(part.len());
                    self.exact(self.at + len)?;
                }
            }
        }
        Some(())
    }

    fn newlines(&mut self, to: usize, count: usize) -> Option<()> {
        self.rest.as_bytes().get(..count)?.iter().all(|byte| *byte == b'\n').then_some(())?;
        self.mapped(to, count)
    }

    /// An escape of a double-quoted scalar.
    fn escape(&mut self) -> Option<()> {
        let digits = match self.byte(self.at + 1)? {
            b'\r' | b'\n' => {
                // The first break vanishes with the backslash; further blank lines stay.
                let (to, count) = self.breaks(self.at + 1);
                return self.newlines(to, count - 1);
            }
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            _ => 0,
        };
        let mut to = self.at + 2 + digits;
        let decoded = self.rest.chars().next()?;
        // Two escapes of a surrogate pair are one character.
        if digits == 4 && u32::from(decoded) > 0xFFFF {
            to += 6;
        }
        self.mapped(to.min(self.end), decoded.len_utf8())
    }

    /// Literal and folded scalars.
    fn block(&mut self, style: Style) -> Option<()> {
        let indent = self.indent()?;
        while !self.rest.is_empty() && self.at < self.end {
            let line = &self.source[self.at..self.end];
            let spaces = line.bytes().take(indent).take_while(|byte| *byte == b' ').count();
            let len = line.find(['\r', '\n']).unwrap_or(line.len());
            self.at += spaces;
            self.exact(self.at - spaces + len)?;
            if style == Style::Literal {
                self.literal_break()?;
            } else {
                self.folded_break(indent)?;
            }
        }
        Some(())
    }

    /// The indentation that is no content: known from the first line that is not blank.
    fn indent(&self) -> Option<usize> {
        let column = |text: &'a str| {
            let first = text.find(|char| !matches!(char, ' ' | '\r' | '\n'))?;
            Some(first - text[..first].rfind(['\r', '\n']).map_or(0, |at| at + 1))
        };
        column(&self.source[self.at..self.end])?.checked_sub(column(self.rest)?)
    }

    fn literal_break(&mut self) -> Option<()> {
        match self.byte(self.at) {
            None => return Some(()),
            Some(_) if self.rest.is_empty() => return Some(()),
            Some(b'\n') => self.exact(self.at + 1),
            Some(_) => self.newlines(self.at + 1 + usize::from(self.byte(self.at + 1) == Some(b'\n')), 1),
        }
    }

    /// The breaks up to the next line with content: a space, or the newlines that remain of them.
    fn folded_break(&mut self, indent: usize) -> Option<()> {
        let mut to = self.at;
        while let Some(byte @ (b'\r' | b'\n')) = self.byte(to) {
            to += 1 + usize::from(byte == b'\r' && self.byte(to + 1) == Some(b'\n'));
            let spaces = (0..indent).take_while(|at| self.byte(to + at) == Some(b' ')).count();
            // The indentation of a content line is left to `block`.
            if matches!(self.byte(to + spaces), Some(b'\r' | b'\n')) {
                to += spaces;
            }
        }
        if self.rest.starts_with(' ') {
            return self.mapped(to, 1);
        }
        let count = self.rest.bytes().take_while(|byte| *byte == b'\n').count();
        self.mapped(to, count)
    }
}
