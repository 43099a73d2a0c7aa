//! The texts that were read, and places in them.
//!
//! Comes in: raw bytes with a path. Goes out: text in which every byte offset equals the offset in the original
//! bytes (UTF-8 input), spans, and lines and columns for the report. Knows nothing of syntax or of Redis.
//!
//! Secrets are marked here by span; whatever prints a part of a source asks `masked` for it, so that no renderer can
//! print one by accident.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::OnceLock;

/// Names one file of a [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A range of bytes, end exclusive, in the text of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file that the offsets refer to.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

impl Span {
    /// A span over `range`; files are capped far below 4 GiB by `tree`, so the offsets fit.
    #[must_use]
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        let clamp = |offset: usize| u32::try_from(offset).unwrap_or(u32::MAX);
        Self { file, start: clamp(range.start), end: clamp(range.end.max(range.start)) }
    }

    /// The offsets as a range for slicing.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether it covers no byte.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// The smallest span that covers both; `self` where they lie in different files.
    #[must_use]
    pub fn to(self, other: Span) -> Span {
        if self.file != other.file {
            return self;
        }
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }

    /// Whether `other` lies within this span.
    #[must_use]
    pub fn contains(self, other: Span) -> bool {
        self.file == other.file && self.start <= other.start && other.end <= self.end
    }
}

/// A value and the place it was read from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Spanned<T> {
    /// What was read.
    pub value: T,
    /// Where it stands.
    pub span: Span,
}

impl<T> Spanned<T> {
    /// Joins a value to its place.
    pub fn new(value: T, span: Span) -> Self {
        Self { value, span }
    }
}

/// A place as people and JSON count it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// 1-based line.
    pub line: usize,
    /// 1-based column in Unicode scalar values.
    pub column: usize,
    /// Offset in the bytes of the file on disk, from 0.
    pub offset: usize,
}

/// How the bytes on disk became text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8; invalid bytes were replaced one for one.
    Utf8,
    /// UTF-16, little endian, with a byte order mark.
    Utf16Le,
    /// UTF-16, big endian, with a byte order mark.
    Utf16Be,
}

/// One file: its path relative to the root, its text and what is secret in it.
pub struct Source {
    path: String,
    text: String,
    encoding: Encoding,
    tracked: Option<bool>,
    invalid: bool,
    lines: OnceLock<Vec<u32>>,
    secrets: Vec<Range<u32>>,
}

/// Stands for a byte that is no valid UTF-8: one byte long, so that all offsets stay true.
const INVALID_BYTE: char = '\u{1A}';

/// Replaces a character of the range that [`crate::symbol`] uses for symbols; four bytes long as those are.
const RESERVED: char = '\u{1FFFE}';

/// Decodes the bytes of a file; the flag tells whether anything was invalid.
fn decode(bytes: &[u8]) -> (String, Encoding, bool) {
    let utf16 = |body: &[u8], unit: fn([u8; 2]) -> u16, encoding| {
        let units = body.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
        let mut invalid = body.len() % 2 == 1;
        let text = char::decode_utf16(units)
            .map(|unit| {
                unit.unwrap_or_else(|_| {
                    invalid = true;
                    INVALID_BYTE
                })
            })
            .collect();
        (text, encoding, invalid)
    };
    match bytes {
        [0xFF, 0xFE, body @ ..] => utf16(body, u16::from_le_bytes, Encoding::Utf16Le),
        [0xFE, 0xFF, body @ ..] => utf16(body, u16::from_be_bytes, Encoding::Utf16Be),
        _ => {
            let mut text = String::with_capacity(bytes.len());
            let mut invalid = false;
            for chunk in bytes.utf8_chunks() {
                text.push_str(chunk.valid());
                for _ in chunk.invalid() {
                    invalid = true;
                    text.push(INVALID_BYTE);
                }
            }
            (text, Encoding::Utf8, invalid)
        }
    }
}

impl Source {
    /// The path relative to the root, with `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The whole text, a byte order mark included.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether git tracks the file; `None` where git can't tell.
    #[must_use]
    pub fn tracked(&self) -> Option<bool> {
        self.tracked
    }

    /// Whether the text has the bytes of the file, so that it can be edited in place.
    #[must_use]
    pub fn is_utf8(&self) -> bool {
        self.encoding == Encoding::Utf8
    }

    /// Whether bytes that are no valid text had to be replaced.
    #[must_use]
    pub fn had_invalid_bytes(&self) -> bool {
        self.invalid
    }

    fn lines(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let mut starts = vec![0];
            let bytes = self.text.as_bytes();
            for (at, byte) in bytes.iter().enumerate() {
                // A lone CR is a line break in YAML and Python; CRLF counts once.
                if *byte == b'\n' || (*byte == b'\r' && bytes.get(at + 1) != Some(&b'\n')) {
                    starts.push(u32::try_from(at + 1).unwrap_or(u32::MAX));
                }
            }
            starts
        })
    }

    fn boundary(&self, offset: usize) -> usize {
        let mut offset = offset.min(self.text.len());
        while !self.text.is_char_boundary(offset) {
            offset -= 1;
        }
        offset
    }

    /// Line, column and original offset of a byte offset of the text.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let offset = self.boundary(offset);
        let lines = self.lines();
        let line = lines.partition_point(|start| *start as usize <= offset).max(1);
        let start = lines[line - 1] as usize;
        // The mark is no character of the first line.
        let start = if start == 0 && self.text.starts_with('\u{FEFF}') && offset >= 3 { 3 } else { start };
        let column = self.text[start..offset].chars().count() + 1;
        let original = match self.encoding {
            Encoding::Utf8 => offset,
            Encoding::Utf16Le | Encoding::Utf16Be => 2 + 2 * self.text[..offset].encode_utf16().count(),
        };
        Position { line, column, offset: original }
    }

    /// Byte range of a 1-based line, without its line break.
    #[must_use]
    pub fn line_range(&self, line: usize) -> Range<usize> {
        let lines = self.lines();
        let start = lines.get(line.wrapping_sub(1)).map_or(self.text.len(), |start| *start as usize);
        let end = lines.get(line).map_or(self.text.len(), |start| *start as usize);
        let text = &self.text[start..end];
        start..start + text.trim_end_matches(['\n', '\r']).len()
    }

    /// Number of lines.
    #[must_use]
    pub fn line_count(&self) -> usize {
        self.lines().len()
    }

    /// Whether a part of `range` is marked as secret.
    #[must_use]
    pub fn is_secret(&self, range: Range<usize>) -> bool {
        let next = self.secrets.partition_point(|secret| secret.end as usize <= range.start);
        self.secrets.get(next).is_some_and(|secret| (secret.start as usize) < range.end)
    }

    /// The text of `range` with every secret replaced by as many `*` as it has characters.
    #[must_use]
    pub fn masked(&self, range: Range<usize>) -> String {
        let range = self.boundary(range.start)..self.boundary(range.end.max(range.start));
        let mut out = String::with_capacity(range.len());
        let base = range.start;
        for (at, char) in self.text[range].char_indices() {
            let at = u32::try_from(base + at).unwrap_or(u32::MAX);
            // The first range that ends behind `at`; the list is sorted and does not overlap.
            let next = self.secrets.partition_point(|secret| secret.end <= at);
            let secret = self.secrets.get(next).is_some_and(|secret| secret.start <= at);
            out.push(if secret && char != '\n' && char != '\r' { '*' } else { char });
        }
        out
    }
}

/// All texts of a run.
#[derive(Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Takes in the bytes of a file.
    pub fn add(&mut self, path: impl Into<String>, bytes: &[u8], tracked: Option<bool>) -> FileId {
        let (mut text, encoding, invalid) = decode(bytes);
        if text.contains(crate::symbol::is_symbol) {
            text = text.replace(crate::symbol::is_symbol, RESERVED.encode_utf8(&mut [0; 4]));
        }
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Source {
            path: path.into(),
            text,
            encoding,
            tracked,
            invalid,
            lines: OnceLock::new(),
            secrets: Vec::new(),
        });
        id
    }

    /// The file of that id; ids come only from [`Sources::add`].
    #[must_use]
    pub fn get(&self, file: FileId) -> &Source {
        &self.files[file.0 as usize]
    }

    /// Every file with its id.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(at, source)| (FileId(u32::try_from(at).unwrap_or(u32::MAX)), source))
    }

    /// The file read from `path`.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<FileId> {
        self.iter().find(|(_, source)| source.path == path).map(|(id, _)| id)
    }

    /// The raw text of a span: for analysis only, never for printing.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        let source = self.get(span.file);
        &source.text[source.boundary(span.start as usize)..source.boundary(span.end as usize)]
    }

    /// The text of a span with its secrets masked.
    #[must_use]
    pub fn masked(&self, span: Span) -> String {
        self.get(span.file).masked(span.range())
    }

    /// The texts that are marked as secret.
    #[must_use]
    pub fn secret_values(&self) -> BTreeSet<String> {
        let marked = self.files.iter().flat_map(|source| {
            source.secrets.iter().filter_map(|range| source.text.get(range.start as usize..range.end as usize))
        });
        marked.map(str::to_owned).collect()
    }

    /// Takes all marks away: whoever runs it asked to see the secrets.
    pub fn unmark_secrets(&mut self) {
        for source in &mut self.files {
            source.secrets.clear();
        }
    }

    /// Marks a span as secret; marks may touch or overlap.
    pub fn mark_secret(&mut self, span: Span) {
        if span.is_empty() {
            return;
        }
        let secrets = &mut self.files[span.file.0 as usize].secrets;
        let from = secrets.partition_point(|secret| secret.end < span.start);
        let to = secrets.partition_point(|secret| secret.start <= span.end);
        let merged = secrets[from..to]
            .iter()
            .fold(span.start..span.end, |all, one| all.start.min(one.start)..all.end.max(one.end));
        secrets.splice(from..to, [merged]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(bytes: &[u8]) -> (Sources, FileId) {
        let mut sources = Sources::default();
        let file = sources.add("a", bytes, None);
        (sources, file)
    }

    #[test]
    fn columns_count_scalars_and_offsets_count_bytes() {
        let (sources, file) = one("é😀x\r\ny".as_bytes());
        let source = sources.get(file);
        assert_eq!(source.position(6), Position { line: 1, column: 3, offset: 6 });
        assert_eq!(source.position(9), Position { line: 2, column: 1, offset: 9 });
        assert_eq!(source.line_range(1), 0..7);
    }

    #[test]
    fn byte_order_mark_keeps_offsets_and_is_no_column() {
        let (sources, file) = one("\u{FEFF}ab".as_bytes());
        assert_eq!(sources.get(file).position(4), Position { line: 1, column: 2, offset: 4 });
    }

    #[test]
    fn invalid_bytes_keep_offsets() {
        let (sources, file) = one(b"a\xFF\xFEb");
        assert_eq!(sources.get(file).text().len(), 4);
        assert!(sources.get(file).had_invalid_bytes());
    }

    #[test]
    fn utf16_reports_offsets_on_disk() {
        let bytes: Vec<u8> = [0xFF, 0xFE].into_iter().chain("é=x".encode_utf16().flat_map(u16::to_le_bytes)).collect();
        let (sources, file) = one(&bytes);
        assert_eq!(sources.get(file).position(3), Position { line: 1, column: 3, offset: 6 });
    }

    #[test]
    fn marks_merge_and_mask_by_character() {
        let (mut sources, file) = one("pw=sécret;x".as_bytes());
        sources.mark_secret(Span::new(file, 6..10));
        sources.mark_secret(Span::new(file, 3..7));
        assert_eq!(sources.get(file).masked(0..12), "pw=******;x");
    }
}
