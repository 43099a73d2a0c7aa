//! The lines that a finding shows, ready to print, as a source for miette.
//!
//! Comes in: spans in several files. Goes out: one run of text in which each block of neighbouring labelled lines
//! stands at an offset of its own. A read across two blocks fails, which makes miette draw them apart.

use std::collections::BTreeMap;
use std::ops::Range;

use miette::{MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};

use crate::report::{clean, clean_char};
use crate::source::{FileId, Source, Sources, Span};

/// Characters shown of a line; a longer one is cut to a window around its first label.
const MAX_CHARS: usize = 240;

/// Characters kept before the first label of a long line.
const LEAD: usize = 60;

/// Stands for what was cut.
const CUT: char = '…';

/// Neighbouring lines of one file.
#[derive(Debug)]
struct Block {
    /// Offset of the text in the run of all blocks.
    base: usize,
    text: String,
    name: String,
    /// From 0.
    first_line: usize,
    line_count: usize,
}

/// Everything that one finding shows.
#[derive(Debug)]
pub(super) struct Excerpts {
    blocks: Vec<Block>,
    /// Offset in the run → line and column in the file, both from 0.
    positions: BTreeMap<usize, (usize, usize)>,
}

/// A label in its line: its number among the spans, and characters from and to.
struct Piece {
    label: usize,
    chars: Range<usize>,
}

impl Excerpts {
    /// The lines of `spans`, and the place of each in the run: offset and length. Of a span over several lines the
    /// first is shown.
    pub fn new(sources: &Sources, spans: &[Span]) -> (Self, Vec<(usize, usize)>) {
        let mut lines: BTreeMap<(FileId, usize), Vec<Piece>> = BTreeMap::new();
        for (label, span) in spans.iter().enumerate() {
            let source = sources.get(span.file);
            let line = source.position(span.range().start).line;
            let whole = source.line_range(line);
            let chars = |to: usize| source.masked(whole.start..to.clamp(whole.start, whole.end)).chars().count();
            let piece = Piece { label, chars: chars(span.range().start)..chars(span.range().end) };
            lines.entry((span.file, line)).or_default().push(piece);
        }
        // File by file in the order of their first mention: the primary place's file comes first.
        let mut lines: Vec<_> = lines.into_iter().collect();
        lines.sort_by_key(|((file, line), _)| (spans.iter().position(|span| span.file == *file), *line));

        let mut excerpts = Self { blocks: Vec::new(), positions: BTreeMap::new() };
        let mut places = vec![(0, 0); spans.len()];
        let mut last = None;
        for ((file, line), pieces) in lines {
            if last != Some((file, line - 1)) {
                excerpts.open(sources.get(file), line);
            }
            last = Some((file, line));
            excerpts.push(sources.get(file), line, &pieces, &mut places);
        }
        (excerpts, places)
    }

    fn open(&mut self, source: &Source, line: usize) {
        // One byte between the blocks, so that no offset belongs to two.
        let base = self.blocks.last().map_or(0, |block| block.base + block.text.len() + 2);
        let name = clean(source.path());
        self.blocks.push(Block { base, text: String::new(), name, first_line: line - 1, line_count: 0 });
    }

    fn push(&mut self, source: &Source, line: usize, pieces: &[Piece], places: &mut [(usize, usize)]) {
        let Some(block) = self.blocks.last_mut() else { return };
        if block.line_count > 0 {
            block.text.push('\n');
        }
        block.line_count += 1;
        let chars: Vec<char> = source.masked(source.line_range(line)).chars().map(clean_char).collect();
        let first = pieces.iter().map(|piece| piece.chars.start).min().unwrap_or_default();
        let window = if chars.len() <= MAX_CHARS {
            0..chars.len()
        } else {
            let start = first.saturating_sub(LEAD).min(chars.len() - MAX_CHARS);
            start..start + MAX_CHARS
        };

        let mut offsets = Vec::with_capacity(window.len() + 1);
        if window.start > 0 {
            block.text.push(CUT);
        }
        for char in &chars[window.clone()] {
            offsets.push(block.text.len());
            block.text.push(*char);
        }
        offsets.push(block.text.len());
        if window.end < chars.len() {
            block.text.push(CUT);
        }
        // miette draws neither an empty line nor a label behind the last character.
        if pieces.iter().any(|piece| piece.chars.start >= chars.len()) {
            block.text.push(' ');
        }
        for piece in pieces {
            let offset = |char: usize| offsets[char.clamp(window.start, window.end) - window.start];
            let (start, end) = (offset(piece.chars.start), offset(piece.chars.end));
            places[piece.label] = (block.base + start, end - start);
            self.positions.insert(block.base + start, (line - 1, piece.chars.start));
        }
    }
}

impl SourceCode for Excerpts {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        context_before: usize,
        context_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let end = span.offset() + span.len();
        let block = self
            .blocks
            .iter()
            .find(|block| block.base <= span.offset() && end <= block.base + block.text.len())
            .ok_or(MietteError::OutOfBounds)?;
        // Without context miette asks for the position that it prints; with context, for lines to draw.
        let (line, column) = match self.positions.get(&span.offset()) {
            Some(position) if context_before + context_after == 0 => *position,
            _ => (block.first_line, 0),
        };
        let place = (block.base, block.text.len()).into();
        let text = block.text.as_bytes();
        let contents = MietteSpanContents::new_named(block.name.clone(), text, place, line, column, block.line_count);
        Ok(Box::new(contents))
    }
}
