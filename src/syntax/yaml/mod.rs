//! YAML and JSON text → a spanned tree (granit-parser behind our own types), and the questions extractors ask of it.
//!
//! Every scalar is a [`Text`]: its decoded value with the source of each byte. Aliases share the node of their anchor.
//! What could not be read (templates, syntax errors, budgets) is marked [`Node::opaque`], never guessed. Knows neither
//! compose nor Kubernetes.

mod align;
mod build;
mod core_schema;
mod mask;
mod navigate;

use crate::finding::Notice;
use crate::source::{FileId, Span};
use crate::text::Text;

/// Index of a node in a [`Yaml`]; an alias and its anchor share one node, so a bomb of aliases stays small.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct NodeId(pub u32);

/// All documents of a file.
#[derive(Debug, Default)]
pub struct Yaml {
    nodes: Vec<Node>,
    /// The root node of each document, in order.
    pub documents: Vec<NodeId>,
}

/// One node.
#[derive(Debug)]
pub struct Node {
    /// Scalars: with quotes or block header. Collections: from the first to the last content byte.
    pub span: Span,
    /// The tag as written, such as `!reset`; `!!str` and the like for every spelling of a core tag.
    pub tag: Option<String>,
    /// Not all of it is known. A scalar: its value holds `{{ … }}` or `{% … %}`, which another program fills in (the text
    /// still shows it). A collection: entries may be missing or conditional, because a template line stands in it or a
    /// syntax error or a budget cut it short; so an absent key is unknown, not absent.
    pub opaque: bool,
    /// What it is.
    pub kind: Kind,
}

/// What a node is.
#[derive(Debug)]
pub enum Kind {
    /// A scalar of any style; an empty plain one has an empty text.
    Scalar(Scalar),
    /// A sequence.
    Sequence(Vec<NodeId>),
    /// A mapping as written: duplicates and merge keys in place.
    Mapping(Vec<Entry>),
}

/// A scalar.
#[derive(Debug)]
pub struct Scalar {
    /// The decoded value; anchored at the scalar with its quotes.
    pub text: Text,
    /// Plain scalars are subject to the core schema (null, booleans, numbers); others are strings.
    pub plain: bool,
}

/// A key and its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// The key's node.
    pub key: NodeId,
    /// The value's node.
    pub value: NodeId,
}

/// Parses every document of a text; after an error the part before it is kept and the next document is tried.
///
/// Notices: `yaml-syntax`, `yaml-duplicate-key`, `yaml-too-deep`, `yaml-too-large`, `template-masked`.
#[must_use]
pub fn parse(file: FileId, text: &str) -> (Yaml, Vec<Notice>) {
    build::build(file, text)
}

#[cfg(test)]
mod tests;
