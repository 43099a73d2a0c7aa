//! Questions about a tree: keys, merged entries, sequences, strings.

use std::collections::HashSet;

use super::{Entry, Kind, Node, NodeId, Scalar, Yaml, core_schema};
use crate::text::Text;

/// Merge keys that lead to mappings with merge keys are followed this far; real files use one or two steps.
const MAX_MERGE_DEPTH: usize = 32;

impl Yaml {
    /// The node of that id.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// All nodes, of every document.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> {
        (0..).map(NodeId).take(self.nodes.len())
    }

    /// The value of a key, merge keys applied. Of duplicate keys the last counts. `None` where `map` is no mapping too;
    /// where the mapping is [`Node::opaque`], `None` means unknown.
    #[must_use]
    pub fn get(&self, map: NodeId, key: &str) -> Option<NodeId> {
        self.get_entry(map, key).map(|entry| entry.value)
    }

    /// The entry of a key, for those who want to point at the key.
    #[must_use]
    pub fn get_entry(&self, map: NodeId, key: &str) -> Option<Entry> {
        let own = self.raw_entries(map).iter().rev().find(|entry| self.as_str(entry.key) == Some(key));
        // `<<` itself is never found: it is no key of the mapping.
        match own {
            Some(entry) if !self.is_merge(entry.key) => Some(*entry),
            _ => self.entries(map).into_iter().find(|entry| self.as_str(entry.key) == Some(key)),
        }
    }

    /// The value behind a path of keys.
    #[must_use]
    pub fn get_path(&self, map: NodeId, path: &[&str]) -> Option<NodeId> {
        path.iter().try_fold(map, |node, key| self.get(node, key))
    }

    /// The entries with merge keys `<<` applied: the mapping's own first, then those of merged mappings that no earlier
    /// one defines. Of duplicate keys the last counts, in the place of the first. Empty where `map` is no mapping.
    #[must_use]
    pub fn entries(&self, map: NodeId) -> Vec<Entry> {
        let mut seen = std::collections::HashMap::new();
        let mut out: Vec<Entry> = Vec::new();
        let mut visited = HashSet::new();
        // A worklist in order of precedence; a mapping reached twice can add nothing the second time.
        let mut pending = vec![(map, 0)];
        while let Some((current, depth)) = pending.pop() {
            if depth > MAX_MERGE_DEPTH || !visited.insert(current) {
                continue;
            }
            let own = out.len();
            let mut merged = Vec::new();
            for entry in self.raw_entries(current) {
                if self.is_merge(entry.key) {
                    match &self.node(entry.value).kind {
                        Kind::Sequence(list) => merged.extend(list.iter().copied()),
                        _ => merged.push(entry.value),
                    }
                    continue;
                }
                match self.as_str(entry.key).map(|key| *seen.entry(key).or_insert(out.len())) {
                    Some(at) if at < own => {}
                    Some(at) if at < out.len() => out[at] = *entry,
                    _ => out.push(*entry),
                }
            }
            pending.extend(merged.into_iter().rev().map(|node| (node, depth + 1)));
        }
        out
    }

    /// The entries as written: duplicates and merge keys in place. Empty where `map` is no mapping.
    #[must_use]
    pub fn raw_entries(&self, map: NodeId) -> &[Entry] {
        match &self.node(map).kind {
            Kind::Mapping(entries) => entries,
            _ => &[],
        }
    }

    /// The items of a sequence; empty where `node` is none.
    #[must_use]
    pub fn sequence(&self, node: NodeId) -> &[NodeId] {
        match &self.node(node).kind {
            Kind::Sequence(items) => items,
            _ => &[],
        }
    }

    /// Whether it is a mapping.
    #[must_use]
    pub fn is_mapping(&self, node: NodeId) -> bool {
        matches!(self.node(node).kind, Kind::Mapping(_))
    }

    /// Whether it is a sequence.
    #[must_use]
    pub fn is_sequence(&self, node: NodeId) -> bool {
        matches!(self.node(node).kind, Kind::Sequence(_))
    }

    /// The scalar, where it is one.
    #[must_use]
    pub fn as_scalar(&self, node: NodeId) -> Option<&Scalar> {
        match &self.node(node).kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// The scalar's text as written, whatever its type (`0123` stays `0123`; a null is empty or `~`).
    #[must_use]
    pub fn as_text(&self, node: NodeId) -> Option<&Text> {
        self.as_scalar(node).map(|scalar| &scalar.text)
    }

    /// The scalar's value as written, whatever its type.
    #[must_use]
    pub fn as_str(&self, node: NodeId) -> Option<&str> {
        self.as_text(node).map(Text::as_str)
    }

    /// Whether it is a null: nothing, `~`, `null` — plain and untagged, or tagged `!!null`.
    #[must_use]
    pub fn is_null(&self, node: NodeId) -> bool {
        matches!(self.typed(node), Some(core_schema::Value::Null))
    }

    /// Whether it is a string: quoted, or plain and nothing else.
    #[must_use]
    pub fn is_string(&self, node: NodeId) -> bool {
        matches!(self.typed(node), Some(core_schema::Value::String))
    }

    /// The boolean that a plain `true`/`false` is.
    #[must_use]
    pub fn as_bool(&self, node: NodeId) -> Option<bool> {
        match self.typed(node) {
            Some(core_schema::Value::Bool(value)) => Some(value),
            _ => None,
        }
    }

    /// What the scalar becomes where a string is wanted, as docker compose prints it: strings as they are, plain numbers
    /// and booleans in their canonical form (`0123` → `83`, `1.50` → `1.5`), `None` for a null or a collection. The text
    /// still points at the source.
    #[must_use]
    pub fn canonical(&self, node: NodeId) -> Option<Text> {
        let text = self.as_text(node)?;
        match self.typed(node)? {
            core_schema::Value::Null => None,
            core_schema::Value::String => Some(text.clone()),
            value => {
                let printed = value.to_string();
                if printed == text.as_str() {
                    return Some(text.clone());
                }
                Some(Text::mapped(&printed, text.span()).with_anchor(text.anchor()))
            }
        }
    }

    fn typed(&self, node: NodeId) -> Option<core_schema::Value> {
        let scalar = self.as_scalar(node)?;
        let node = self.node(node);
        let value = match node.tag.as_deref() {
            // A template's output decides its type; nothing may be concluded from its text.
            _ if node.opaque => core_schema::Value::String,
            Some("!!null") => core_schema::Value::Null,
            // `!` alone and these ask for the core schema, quoted or not; a tag of an application makes a string.
            Some("!!bool" | "!!int" | "!!float" | "!") => core_schema::resolve(scalar.text.as_str()),
            None if scalar.plain => core_schema::resolve(scalar.text.as_str()),
            _ => core_schema::Value::String,
        };
        Some(value)
    }

    /// A plain `<<`; quoted it is an ordinary key.
    fn is_merge(&self, key: NodeId) -> bool {
        self.as_scalar(key).is_some_and(|key| key.plain && key.text.as_str() == "<<")
    }
}
