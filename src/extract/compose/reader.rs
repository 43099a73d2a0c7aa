//! YAML nodes → texts, lists and key-value pairs as compose's own YAML reader sees them.
//!
//! Knows nothing of what the keys mean.

use crate::facts::compose::{Attribute, CommandLine, Tag};
use crate::finding::{Level, Notice};
use crate::source::{Span, Spanned};
use crate::syntax::yaml::{Entry, Kind, Node, NodeId, Yaml};
use crate::text::Text;

use super::Pair;

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
        let untouched = self.yaml.as_scalar(id).is_some_and(|scalar| scalar.plain) && self.node(id).tag.is_none();
        match date(text.as_str()).filter(|_| untouched) {
            Some(printed) => Some(Text::mapped(&printed, text.span()).with_anchor(text.anchor())),
            None => Some(text),
        }
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

/// A date alone is a point in time to compose, and printed as one.
fn date(text: &str) -> Option<String> {
    let mut parts = text.split('-');
    let mut number = |digits: std::ops::RangeInclusive<usize>| {
        let part = parts.next().filter(|part| digits.contains(&part.len()))?;
        part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u32>().ok())?
    };
    let (year, month, day) = (number(4..=4)?, number(1..=2)?, number(1..=2)?);
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    let is_date = (1..=days).contains(&day) && parts.next().is_none();
    is_date.then(|| format!("{year:04}-{month:02}-{day:02} 00:00:00 +0000 UTC"))
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn only_dates_are_dates() {
        assert_eq!(date("2001-1-31").as_deref(), Some("2001-01-31 00:00:00 +0000 UTC"));
        assert!(date("2024-02-29").is_some());
        for text in ["2023-02-29", "2001-13-01", "2001-01", "2001-01-01-1", "20x1-01-01", "01-01-2001", ""] {
            assert_eq!(date(text), None, "{text}");
        }
    }
}
