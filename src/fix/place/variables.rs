//! Variables of services and containers: mappings and lists, `name` and `value`, references to Secrets.

use super::{Form, ServiceText, line_end, quoted, scalar};
use crate::edit::Edit;
use crate::source::Span;
use crate::syntax::yaml::{Entry, Kind, NodeId};

/// What a variable is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// What a Secret holds; for containers of pods only.
    Secret(Secret),
    /// A text, in which references are filled in.
    Text(String),
}

impl Value {
    /// Whether it is a text. The kubelet fills in references to what stands before only.
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Text(_))
    }
}

/// A key of a Secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Secret {
    /// The Secret's name.
    pub name: String,
    /// The key.
    pub key: String,
}

impl ServiceText<'_> {
    fn environment(&self) -> &'static str {
        match self.form {
            Form::Compose => "environment",
            Form::Pod => "env",
        }
    }

    /// Gives the service variables that it does not have.
    pub fn add_variables(&self, variables: &[(&str, Value)]) -> Option<Edit> {
        let key = self.environment();
        let Some(own) = self.own(key) else {
            let (start, indent) = self.new_key()?;
            let deeper = if self.hugs_lists() { indent.clone() } else { format!("{indent}  ") };
            let lines = self.lines(&deeper, self.form == Form::Pod, variables);
            let end = line_end(self.text);
            return Some(Edit::insert(self.file, start, format!("{indent}{key}:{end}{lines}")));
        };
        let node = self.value(key)?;
        let (first, list) = match &self.yaml.node(node).kind {
            Kind::Mapping(entries) => (entries.first()?.key, false),
            Kind::Sequence(items) => (*items.first()?, true),
            Kind::Scalar(_) => return None,
        };
        if !self.is_block(node) {
            let at = self.yaml.node(first).span.range().start;
            return Some(Edit::insert(self.file, at, flow(list, self.form, variables)));
        }
        let (start, indent) = self.first_line(first)?;
        if start <= self.yaml.node(own.key).span.range().start {
            return None;
        }
        Some(Edit::insert(self.file, start, self.lines(indent, list, variables)))
    }

    /// Whether the hyphens of lists stand below the first letter of their key here.
    fn hugs_lists(&self) -> bool {
        let column = |node: NodeId| self.column(self.yaml.node(node).span);
        let hugs = |entry: &Entry| {
            let first = self.yaml.sequence(entry.value).first().filter(|_| self.is_block(entry.value));
            first.is_some_and(|first| column(*first) == column(entry.key) + "- ".len())
        };
        self.form == Form::Pod && self.yaml.raw_entries(self.body).iter().any(hugs)
    }

    fn lines(&self, indent: &str, list: bool, variables: &[(&str, Value)]) -> String {
        let end = line_end(self.text);
        let line = |(name, value): &(&str, Value)| match (self.form, value) {
            (Form::Pod, _) => format!("{indent}- {}{end}", self.item(&format!("{indent}  "), name, value)),
            (Form::Compose, Value::Text(value)) if list => {
                format!("{indent}- {}{end}", scalar(&format!("{name}={value}")))
            }
            (Form::Compose, Value::Text(value)) => format!("{indent}{name}: {}{end}", scalar(value)),
            // Compose knows no such thing.
            (Form::Compose, Value::Secret(_)) => String::new(),
        };
        variables.iter().map(line).collect()
    }

    /// An entry of `env`, without the hyphen; all but its first line is indented.
    fn item(&self, indent: &str, name: &str, value: &Value) -> String {
        let end = line_end(self.text);
        match value {
            Value::Text(value) => format!("name: {name}{end}{indent}value: {}", quoted(value)),
            Value::Secret(Secret { name: secret, key }) => format!(
                "name: {name}{end}{indent}valueFrom:{end}{indent}  secretKeyRef:{end}{indent}    name: {secret}{end}\
                 {indent}    key: {key}"
            ),
        }
    }

    /// Takes a variable away, with the key of them all where nothing is left.
    pub fn remove_variable(&self, place: Span) -> Option<Edit> {
        let entry = self.own(self.environment())?;
        let node = self.value(self.environment())?;
        let spans = self.entries(node);
        let at = spans.iter().position(|span| span.contains(place))?;
        if spans.len() == 1 {
            return self.remove_key(entry);
        }
        if self.is_block(node) { Some(self.remove_lines(spans[at])) } else { self.remove_items(&spans, at, at) }
    }

    /// Whether the variable whose name stands at `old` is set to this text, in quotes or not.
    pub fn sets_variable(&self, old: Span, value: &str) -> bool {
        let Some(node) = self.value(self.environment()) else { return false };
        let whole = self.entries(node).into_iter().find(|span| span.contains(old));
        let written = whole.and_then(|whole| self.text.get(whole.range())).unwrap_or_default();
        let behind = written.split_once([':', '=']).map(|(_, behind)| behind.trim());
        behind.is_some_and(|behind| behind.trim_matches(['"', '\'']) == value)
    }

    /// Puts another variable in the place of one.
    pub fn replace_variable(&self, old: Span, name: &str, value: &Value) -> Option<Edit> {
        let node = self.value(self.environment())?;
        let whole = self.entries(node).into_iter().find(|span| span.contains(old))?;
        let text = match (self.form, &self.yaml.node(node).kind, value) {
            (Form::Pod, ..) => {
                let written = &self.text[whole.range()];
                let column = " ".repeat(self.column(whole));
                if written.starts_with('{') { flow_item(name, value) } else { self.item(&column, name, value) }
            }
            (_, Kind::Mapping(_), Value::Text(value)) => format!("{name}: {}", quoted(value)),
            (_, Kind::Sequence(_), Value::Text(value)) => {
                let quote = self.text[whole.range()].chars().next().filter(|char| matches!(char, '"' | '\''));
                let quote = quote.map_or_else(String::new, String::from);
                format!("{quote}{name}={value}{quote}")
            }
            _ => return None,
        };
        Some(Edit::replace(whole, text))
    }

    /// The entry of a variable of a container.
    pub fn variable(&self, name: &str) -> Option<Span> {
        let item = self.items().iter().rev().find(|item| self.string(**item, &["name"]) == Some(name))?;
        Some(self.yaml.node(*item).span)
    }

    /// The name of the variable of a container whose entry holds a place.
    pub fn variable_at(&self, place: Span) -> Option<&str> {
        let item = self.items().iter().find(|item| self.yaml.node(**item).span.contains(place))?;
        self.string(*item, &["name"])
    }

    /// The first name of a container's variables that `is` accepts.
    pub fn named(&self, is: impl Fn(&str) -> bool) -> Option<&str> {
        self.items().iter().filter_map(|item| self.string(*item, &["name"])).find(|name| is(name))
    }

    /// Whether the entry at a place takes that key of a Secret already.
    pub fn is_filled(&self, entry: Span, value: &Value) -> bool {
        let item = self.items().iter().find(|item| self.yaml.node(**item).span == entry);
        matches!((item.and_then(|item| self.secret(*item)), value), (Some(one), Value::Secret(other)) if one == *other)
    }

    fn items(&self) -> &[NodeId] {
        self.value(self.environment()).map(|node| self.yaml.sequence(node)).unwrap_or_default()
    }

    /// The variables of a container that Secrets fill in.
    pub fn variables_from_secrets(&self) -> Vec<(&str, Span, Secret)> {
        let found = self
            .items()
            .iter()
            .filter_map(|item| Some((self.string(*item, &["name"])?, self.yaml.node(*item).span, self.secret(*item)?)));
        found.collect()
    }

    /// Whether a place lies in what a variable of the container is given here.
    pub fn is_given(&self, place: Span) -> bool {
        let values = self.items().iter().filter_map(|item| self.yaml.get(*item, "value"));
        values.into_iter().any(|node| self.yaml.node(node).span.contains(place))
    }

    fn secret(&self, item: NodeId) -> Option<Secret> {
        let string = |key| self.string(item, &["valueFrom", "secretKeyRef", key]);
        Some(Secret { name: string("name")?.to_owned(), key: string("key")?.to_owned() })
    }

    fn string(&self, node: NodeId, path: &[&str]) -> Option<&str> {
        self.yaml.as_str(self.yaml.get_path(node, path)?)
    }

    /// The entries of a mapping or list, each as a whole.
    fn entries(&self, node: NodeId) -> Vec<Span> {
        let span = |node: NodeId| self.yaml.node(node).span;
        match &self.yaml.node(node).kind {
            Kind::Mapping(entries) => entries.iter().map(|entry| span(entry.key).to(span(entry.value))).collect(),
            Kind::Sequence(items) => items.iter().map(|item| span(*item)).collect(),
            Kind::Scalar(_) => Vec::new(),
        }
    }
}

/// Variables in front of others in braces or brackets.
fn flow(list: bool, form: Form, variables: &[(&str, Value)]) -> String {
    let entry = |(name, value): &(&str, Value)| match (form, value) {
        (Form::Pod, _) => format!("{}, ", flow_item(name, value)),
        (Form::Compose, Value::Text(value)) if list => format!("{}, ", quoted(&format!("{name}={value}"))),
        (Form::Compose, Value::Text(value)) => format!("{name}: {}, ", quoted(value)),
        (Form::Compose, Value::Secret(_)) => String::new(),
    };
    variables.iter().map(entry).collect()
}

fn flow_item(name: &str, value: &Value) -> String {
    match value {
        Value::Text(value) => format!("{{name: {name}, value: {}}}", quoted(value)),
        Value::Secret(Secret { name: secret, key }) => {
            format!("{{name: {name}, valueFrom: {{secretKeyRef: {{name: {secret}, key: {key}}}}}}}")
        }
    }
}
