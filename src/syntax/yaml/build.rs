//! Events of granit-parser → nodes, with budgets on depth and size.
//!
//! After an error the nodes read so far are kept, marked opaque where they were cut, and the next document is tried.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, ScanError, StructureStyle, Tag};

use super::align::{Style, align};
use super::mask::{self, Templates};
use super::{Entry, Kind, Node, NodeId, Scalar, Yaml};
use crate::finding::{Level, Notice};
use crate::source::{FileId, Span};
use crate::text::Text;

/// Collections within collections, aliases followed: deeper than any configuration, shallow enough to recurse over.
pub(super) const MAX_DEPTH: usize = 200;

/// Nodes of a file; the largest generated manifests have a tenth of it.
const MAX_NODES: usize = 1_000_000;

/// Nodes that a walk which follows every alias would visit: stops bombs of aliases.
const MAX_VISITS: u64 = 2_000_000;

/// Reads all documents of `text`. Where a template expression stands outside of every scalar, or the text does not parse
/// as it is, expressions are masked first.
pub(super) fn build(file: FileId, text: &str) -> (Yaml, Vec<Notice>) {
    let ranges = mask::find(text);
    let plain = Templates { ranges, lines: Vec::new() };
    let (yaml, notices) = build_from(file, text, text, &plain);
    let scalars: Vec<Range<usize>> =
        yaml.nodes.iter().filter(|node| matches!(node.kind, Kind::Scalar(_))).map(|node| node.span.range()).collect();
    let needed = plain.ranges.iter().find(|range| !is_inside(&scalars, text, range));
    let broken = notices.iter().any(|notice| notice.code == "yaml-syntax");
    let Some(first) = needed.or_else(|| plain.ranges.first().filter(|_| broken)).cloned() else {
        return (yaml, notices);
    };
    let (masked, templates) = mask::mask(text, plain.ranges);
    let (yaml, mut notices) = build_from(file, text, &masked, &templates);
    let message = "template expressions stand for unknown text and entries";
    notices.push(Notice::at("template-masked", Level::Info, Span::new(file, first), message));
    (yaml, notices)
}

/// Whether a template expression is part of a scalar (these come in the order of their starts) or of a comment.
fn is_inside(scalars: &[Range<usize>], text: &str, template: &Range<usize>) -> bool {
    let next = scalars.partition_point(|scalar| scalar.start <= template.start);
    let end = next.checked_sub(1).map_or(0, |before| scalars[before].end);
    if template.start < end {
        return true;
    }
    let gap = &text[end..template.start];
    gap[gap.rfind(['\r', '\n']).map_or(0, |at| at + 1)..].contains('#')
}

/// Reads `text`, which is `original` with the templates masked.
fn build_from(file: FileId, original: &str, text: &str, templates: &Templates) -> (Yaml, Vec<Notice>) {
    let mut builder = Builder::new(file, original, text, templates);
    let options = granit_parser::options! {
        emit_comments: false,
        emit_unresolved_aliases: true,
        // As go-yaml and PyYAML do.
        block_scalar_eof_without_line_feed: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut parser = Parser::new_from_str_with_options(text, options);
    loop {
        match parser.next_event() {
            None => break,
            Some(Ok((event, span))) => {
                if !builder.event(event, &span) {
                    break;
                }
            }
            Some(Err(error)) => {
                builder.error(&error);
                if !parser.proceed_next_document().unwrap_or(false) {
                    break;
                }
            }
        }
    }
    builder.finish()
}

/// A collection that is still open.
struct Open {
    node: NodeId,
    children: Vec<NodeId>,
    mapping: bool,
    block: bool,
}

/// What following a node costs.
#[derive(Clone, Copy)]
struct Cost {
    /// Levels below and including it.
    depth: usize,
    /// Nodes that a walk visits.
    visits: u64,
}

struct Builder<'a> {
    file: FileId,
    /// What spans refer to and values show.
    original: &'a str,
    /// What is parsed: as long as `original`.
    text: &'a str,
    templates: &'a Templates,
    /// How many of the template lines stand before the current event.
    lines: usize,
    yaml: Yaml,
    costs: Vec<Cost>,
    open: Vec<Open>,
    anchors: HashMap<usize, NodeId>,
    notices: Vec<Notice>,
    /// Behind the last event: the header of a block scalar is looked for from here.
    cursor: usize,
    /// Behind the last content byte: where block collections end.
    content: usize,
    visits: u64,
}

impl<'a> Builder<'a> {
    fn new(file: FileId, original: &'a str, text: &'a str, templates: &'a Templates) -> Self {
        Self {
            file,
            original,
            text,
            templates,
            lines: 0,
            yaml: Yaml::default(),
            costs: Vec::new(),
            open: Vec::new(),
            anchors: HashMap::new(),
            notices: Vec::new(),
            cursor: 0,
            content: 0,
            visits: 0,
        }
    }

    /// Takes in an event; false when a budget is used up.
    fn event(&mut self, event: Event<'_>, place: &granit_parser::Span) -> bool {
        let range = place.byte_range().unwrap_or(self.cursor..self.cursor);
        let hole = self.pass_lines(range.start);
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let (text, end) = self.scalar(&value, style, range.clone());
                self.content = end;
                let plain = style == ScalarStyle::Plain;
                let span = text.anchor();
                let opaque = self.templates.touch(&span.range());
                let tag = tag.map(|tag| tag_text(&tag));
                let node = self.push(Node { span, tag, opaque, kind: Kind::Scalar(Scalar { text, plain }) });
                self.anchor(anchor, node);
                self.attach(node);
            }
            Event::SequenceStart(style, anchor, tag) => {
                let node = self.start(&range, tag.as_deref(), style, Kind::Sequence(Vec::new()), hole);
                self.anchor(anchor, node);
            }
            Event::MappingStart(style, anchor, tag) => {
                let node = self.start(&range, tag.as_deref(), style, Kind::Mapping(Vec::new()), hole);
                self.anchor(anchor, node);
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(range.end),
            Event::Alias(anchor) => {
                self.content = range.end;
                self.alias(anchor, &range);
            }
            Event::UnresolvedAlias(name) => {
                self.content = range.end;
                self.problem("yaml-syntax", &range, format!("unknown anchor '{name}' referenced"));
                self.unknown(&range);
            }
            Event::DocumentEnd => self.anchors.clear(),
            _ => {}
        }
        self.cursor = self.cursor.max(range.end);
        if self.open.len() > MAX_DEPTH {
            self.too_deep(range);
            return false;
        }
        if self.yaml.nodes.len() >= MAX_NODES {
            self.problem("yaml-too-large", &range, format!("more than {MAX_NODES} nodes; the rest was not read"));
            return false;
        }
        true
    }

    fn too_deep(&mut self, range: Range<usize>) {
        let message = format!("nested more than {MAX_DEPTH} levels deep; the rest of the document was not read");
        self.problem("yaml-too-deep", &range, message);
    }

    fn problem(&mut self, code: &'static str, range: &Range<usize>, message: String) {
        self.notices.push(Notice::at(code, Level::Warning, Span::new(self.file, range.clone()), message));
    }

    /// A syntax error: what is open was cut here.
    fn error(&mut self, error: &ScanError) {
        let at = error.marker().byte_offset().unwrap_or(self.cursor).min(self.text.len());
        let len =
            self.original.get(at..).and_then(|rest| rest.chars().next()).filter(|char| !matches!(char, '\r' | '\n'));
        let range = at..at + len.map_or(0, char::len_utf8);
        if *error.kind() == granit_parser::ErrorKind::RecursionLimitExceeded {
            self.too_deep(range);
        } else {
            self.problem("yaml-syntax", &range, error.info());
        }
        self.cut();
        self.anchors.clear();
        self.cursor = self.cursor.max(at);
    }

    /// Closes everything that is open, marked opaque.
    fn cut(&mut self) {
        while let Some(open) = self.open.last() {
            let node = open.node;
            self.node_mut(node).opaque = true;
            self.end(self.content);
        }
    }

    fn finish(mut self) -> (Yaml, Vec<Notice>) {
        self.cut();
        (self.yaml, self.notices)
    }

    fn node_mut(&mut self, id: NodeId) -> &mut Node {
        &mut self.yaml.nodes[id.0 as usize]
    }

    fn push(&mut self, node: Node) -> NodeId {
        let id = NodeId(u32::try_from(self.yaml.nodes.len()).unwrap_or(u32::MAX));
        self.yaml.nodes.push(node);
        self.costs.push(Cost { depth: 1, visits: 1 });
        self.visits += 1;
        id
    }

    /// Hands a finished node to the collection it stands in.
    fn attach(&mut self, node: NodeId) {
        match self.open.last_mut() {
            Some(open) => {
                open.children.push(node);
                let cost = self.costs[node.0 as usize];
                let parent = &mut self.costs[open.node.0 as usize];
                parent.depth = parent.depth.max(cost.depth + 1);
                parent.visits = parent.visits.saturating_add(cost.visits);
            }
            None => self.yaml.documents.push(node),
        }
    }

    fn anchor(&mut self, anchor: usize, node: NodeId) {
        // Zero: none.
        if anchor != 0 {
            self.anchors.insert(anchor, node);
        }
    }

    fn start(
        &mut self,
        range: &Range<usize>,
        tag: Option<&Tag>,
        style: StructureStyle,
        kind: Kind,
        opaque: bool,
    ) -> NodeId {
        let mapping = matches!(kind, Kind::Mapping(_));
        let span = Span::new(self.file, range.clone());
        let node = self.push(Node { span, tag: tag.map(tag_text), opaque, kind });
        self.content = self.content.max(range.end);
        self.open.push(Open { node, children: Vec::new(), mapping, block: style == StructureStyle::Block });
        node
    }

    /// Marks what template lines before `at` may have changed: the collections that are open there, and a value that
    /// seems to be missing just before. True where something that starts at `at` may begin earlier.
    fn pass_lines(&mut self, at: usize) -> bool {
        let before = self.lines;
        self.lines += self.templates.lines[before..].iter().take_while(|line| **line < at).count();
        // What stands before a document makes all of it conditional, and leaves it whole.
        if self.lines == before || self.open.is_empty() {
            return false;
        }
        for open in &self.open {
            self.yaml.nodes[open.node.0 as usize].opaque = true;
        }
        if let Some(Node { opaque, kind: Kind::Scalar(scalar), .. }) = self.yaml.nodes.last_mut() {
            *opaque |= scalar.plain && scalar.text.is_empty();
        }
        true
    }

    fn end(&mut self, end: usize) {
        let Some(open) = self.open.pop() else { return };
        let kind = if open.mapping {
            // A key whose value an error swallowed is left out: its value is not null.
            let entries: Vec<Entry> =
                open.children.chunks_exact(2).map(|pair| Entry { key: pair[0], value: pair[1] }).collect();
            // Branches of a template may write a key twice.
            if !self.yaml.node(open.node).opaque {
                self.duplicates(&entries);
            }
            Kind::Mapping(entries)
        } else {
            Kind::Sequence(open.children)
        };
        if !open.block {
            self.content = self.content.max(end);
        }
        let end = u32::try_from(self.content).unwrap_or(u32::MAX);
        let node = self.node_mut(open.node);
        node.kind = kind;
        node.span.end = end.max(node.span.start);
        self.attach(open.node);
    }

    fn duplicates(&mut self, entries: &[Entry]) {
        let mut seen = HashSet::new();
        for entry in entries {
            if let Some(key) = self.yaml.as_str(entry.key)
                && !seen.insert(key)
            {
                let span = self.yaml.node(entry.key).span;
                let message = "this key is already defined in the same mapping";
                self.notices.push(Notice::at("yaml-duplicate-key", Level::Warning, span, message));
            }
        }
    }

    fn alias(&mut self, anchor: usize, range: &Range<usize>) {
        let Some(node) = self.anchors.get(&anchor).copied() else {
            self.unknown(range);
            return;
        };
        if self.open.iter().any(|open| open.node == node) {
            self.problem("yaml-syntax", range, "an anchor's value contains itself".to_owned());
            self.unknown(range);
            return;
        }
        let cost = self.costs[node.0 as usize];
        if self.open.len() + cost.depth > MAX_DEPTH {
            self.too_deep(range.clone());
            self.unknown(range);
            return;
        }
        if self.visits.saturating_add(cost.visits) > MAX_VISITS {
            self.problem("yaml-too-large", range, format!("aliases expand to more than {MAX_VISITS} nodes"));
            self.unknown(range);
            return;
        }
        self.visits += cost.visits;
        self.attach(node);
    }

    /// A node in the place of something that can't be known.
    fn unknown(&mut self, range: &Range<usize>) {
        let span = Span::new(self.file, range.clone());
        let text = Text::exact(self.original.get(range.clone()).unwrap_or_default(), span);
        let kind = Kind::Scalar(Scalar { text, plain: false });
        let node = self.push(Node { span, tag: None, opaque: true, kind });
        self.attach(node);
    }

    /// The text of a scalar, anchored at its span, and the end of its content.
    fn scalar(&self, value: &str, style: ScalarStyle, range: Range<usize>) -> (Text, usize) {
        let (style, body) = match style {
            // An empty value arrives as `~`.
            ScalarStyle::Plain if range.is_empty() => {
                return (Text::empty(Span::new(self.file, range.clone())), range.end);
            }
            ScalarStyle::Plain => (Style::Plain, range.clone()),
            ScalarStyle::SingleQuoted => (Style::Single, within_quotes(&range)),
            ScalarStyle::DoubleQuoted => (Style::Double, within_quotes(&range)),
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let style = if style == ScalarStyle::Literal { Style::Literal } else { Style::Folded };
                return self.block_scalar(value, style, range);
            }
        };
        let text = align(self.file, self.original, self.text, body, style, value);
        (text.with_anchor(Span::new(self.file, range.clone())), range.end)
    }

    /// The parser's span starts at the first content byte: the header and leading blank lines stand before it.
    fn block_scalar(&self, value: &str, style: Style, range: Range<usize>) -> (Text, usize) {
        let header = self.block_header(range.start).unwrap_or(range.start);
        let body = match self.text[header..].find(['\r', '\n']) {
            Some(len) if header + len < range.start => header + len,
            _ => range.start,
        };
        // Just behind the header's line break.
        let body = match &self.text.as_bytes()[body..range.end] {
            [b'\r', b'\n', ..] => body + 2,
            [b'\r' | b'\n', ..] => body + 1,
            _ => body,
        };
        let content = self.text[header..range.end].trim_end_matches([' ', '\t', '\r', '\n']).len();
        let end = header + content;
        let text = align(self.file, self.original, self.text, body..range.end.max(body), style, value);
        (text.with_anchor(Span::new(self.file, header..end)), end)
    }

    /// The `|` or `>` between the last event and the content: indicators, tags and anchors are words of their own.
    fn block_header(&self, content: usize) -> Option<usize> {
        let mut at = self.cursor;
        while at < content {
            let rest = &self.text[at..content];
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
            let word = &rest[blank..];
            at += blank;
            let end = match word.as_bytes().first()? {
                b'|' | b'>' => return Some(at),
                b'#' => word.find(['\r', '\n'])?,
                _ => word.find([' ', '\t', '\r', '\n'])?,
            };
            at += end;
        }
        None
    }
}

fn within_quotes(range: &Range<usize>) -> Range<usize> {
    let start = (range.start + 1).min(range.end);
    start..range.end.saturating_sub(1).max(start)
}

/// `!!str` for every spelling of a core tag, others as written.
fn tag_text(tag: &Tag) -> String {
    tag.core_suffix().map_or_else(|| tag.original(), |suffix| format!("!!{suffix}"))
}
