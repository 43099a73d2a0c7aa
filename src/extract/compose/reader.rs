//! YAML nodes → texts, lists and key-value pairs as compose's own YAML reader sees them.
//!
//! Knows nothing of what the keys mean.

use crate::facts::compose::{Attribute, CommandLine, Keys, Tag};
use crate::finding::{Level, Notice};
use crate::source::{Span, Spanned};
use crate::syntax::yaml::{Entry, Kind, Node, NodeId, Yaml};
use crate::text::Text;

use super::{Pair, time};

/// Reads the nodes of one file and gathers what compose would refuse.
pub(super) struct Reader<'a> {
    yaml: &'a Yaml,
    pub(super) notices: Vec<Notice>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(yaml: &'a Yaml, notices: Vec<Notice>) -> Self {
        Self { yaml, notices }
    }

    pub(super) fn node(&self, id: NodeId) -> &'a Node {
        self.yaml.node(id)
    }

    /// Notes that compose would refuse the node.
    pub(super) fn refuse(&mut self, id: NodeId, message: &str) {
        self.notices.push(Notice::at("compose-schema", Level::Warning, self.node(id).span, message));
    }

    /// Notes that compose would refuse what stands there.
    pub(super) fn refuse_at(&mut self, span: Span, message: String) {
        self.notices.push(Notice::at("compose-schema", Level::Warning, span, message));
    }

    /// Whether it is a mapping.
    pub(super) fn is_mapping(&self, id: NodeId) -> bool {
        self.yaml.is_mapping(id)
    }

    /// Whether the scalar is a null.
    pub(super) fn is_null(&self, id: NodeId) -> bool {
        self.yaml.is_null(id)
    }

    /// Whether the scalar is a string where nothing asks for another type.
    pub(super) fn is_string(&self, id: NodeId) -> bool {
        self.yaml.is_string(id)
    }

    /// Whether its shape says nothing: dropped by its tag, or not all of it is there.
    pub(super) fn is_unsure(&self, id: NodeId) -> bool {
        self.tag(id) == Tag::Reset || self.node(id).opaque
    }

    /// The scalar's text as compose prints it; `None`: null, or no scalar.
    pub(super) fn text(&self, id: NodeId) -> Option<Text> {
        let text = self.yaml.canonical(id)?;
        match self.time(id) {
            Some(printed) => Some(Text::mapped(&printed, text.span()).with_anchor(text.anchor())),
            None => Some(text),
        }
    }

    /// The point in time that an unquoted scalar is to compose, as it is printed.
    pub(super) fn time(&self, id: NodeId) -> Option<String> {
        let scalar = self.yaml.as_scalar(id)?;
        let untouched = scalar.plain && self.node(id).tag.is_none();
        time::printed(self.yaml.as_text(id)?.as_str()).filter(|_| untouched)
    }

    /// The elements of a sequence; nothing for anything else.
    pub(super) fn items(&self, id: NodeId) -> Vec<NodeId> {
        self.yaml.sequence(id).iter().copied().filter(|item| self.tag(*item) != Tag::Reset).collect()
    }

    /// The texts of a sequence, or the one text of a scalar.
    pub(super) fn texts(&self, id: NodeId) -> Vec<Text> {
        match &self.node(id).kind {
            Kind::Scalar(_) => self.text(id).into_iter().collect(),
            _ => self.items(id).into_iter().filter_map(|item| self.text(item)).collect(),
        }
    }

    /// The texts of a sequence, the one text of a scalar, or the keys of a mapping.
    pub(super) fn names(&mut self, id: NodeId) -> Vec<Text> {
        match &self.node(id).kind {
            Kind::Mapping(_) => {
                let pairs = self.pairs(id, "a list of names");
                pairs.into_iter().map(|pair| Text::exact(&pair.name.value, pair.name.span)).collect()
            }
            _ => self.texts(id),
        }
    }

    /// A command: a string, or a list of strings.
    pub(super) fn command(&self, id: NodeId) -> Option<CommandLine> {
        match &self.node(id).kind {
            // A point in time is no command, and compose drops it.
            Kind::Scalar(_) if self.time(id).is_some() => None,
            Kind::Scalar(_) => self.text(id).map(CommandLine::Line),
            Kind::Sequence(items) => {
                // A null element is no string: compose's schema refuses it, so nothing is lost by an empty one.
                let text = |id: &NodeId| self.text(*id).unwrap_or_else(|| Text::empty(self.node(*id).span));
                Some(CommandLine::List(items.iter().map(text).collect()))
            }
            Kind::Mapping(_) => None,
        }
    }

    pub(super) fn tag(&self, id: NodeId) -> Tag {
        match self.node(id).tag.as_deref() {
            Some("!reset") => Tag::Reset,
            Some("!override") => Tag::Override,
            _ => Tag::None,
        }
    }

    /// Adds a key to those of its mapping: unless it is one of an extension or of `others`, or says nothing.
    pub(super) fn note_key(&self, keys: &mut Keys, pair: &Pair, others: &[&str]) {
        let name = &pair.name.value;
        if name.starts_with("x-") || others.contains(&name.as_str()) || self.is_unsure(pair.value) {
            return;
        }
        keys.insert(name.clone(), self.is_null(pair.value).then_some(pair.name.span));
    }

    /// Joins what `read` makes of the value to its key and tag.
    pub(super) fn attribute<T>(
        &mut self,
        pair: &Pair,
        read: impl FnOnce(&mut Self, NodeId) -> Option<T>,
    ) -> Attribute<T> {
        let tag = self.tag(pair.value);
        let value = if tag == Tag::Reset { None } else { read(self, pair.value) };
        Attribute { key: pair.name.span, span: self.node(pair.value).span, tag, value }
    }

    /// The same where `read` makes something of any value, null included.
    pub(super) fn given<T>(&mut self, pair: &Pair, read: impl FnOnce(&mut Self, NodeId) -> T) -> Attribute<T> {
        self.attribute(pair, |reader, id| Some(read(reader, id)))
    }

    /// The pairs of a mapping of things that have names, as compose takes them.
    pub(super) fn named(&mut self, id: NodeId, what: &str) -> Vec<Pair> {
        let pairs = self.pairs(id, what);
        for Pair { name, .. } in &pairs {
            // A template expression is no name yet.
            if ["{{", "{%"].iter().any(|bracket| name.value.contains(bracket)) {
                continue;
            }
            let is_name = |char: char| char.is_ascii_alphanumeric() || "._-".contains(char);
            if name.value.is_empty() || !name.value.chars().all(is_name) && !self.is_unsure(id) {
                self.refuse_at(name.span, format!("`{}` is no name in {what}", name.value));
            }
        }
        pairs
    }

    /// The pairs of a mapping with its merge keys followed. Null has no pairs; anything else is refused as `what`.
    pub(super) fn pairs(&mut self, id: NodeId, what: &str) -> Vec<Pair> {
        let expected = self.yaml.is_mapping(id) || self.yaml.is_null(id) || self.is_unsure(id);
        if !expected {
            self.refuse(id, &format!("{what} must be a mapping"));
        }
        let pair = |entry: Entry| {
            let key = self.yaml.as_text(entry.key)?;
            Some(Pair { name: Spanned::new(key.as_str().to_owned(), key.span()), value: entry.value })
        };
        self.yaml.entries(id).into_iter().filter_map(pair).collect()
    }
}
