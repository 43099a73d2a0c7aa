//! Kubernetes manifests and kustomizations as written: objects as spanned values, nothing looked up yet.
//!
//! Values are owned trees (not nodes of the parser) so that patches can be laid over them without losing a place.

use crate::source::{FileId, Span, Spanned};
use crate::text::Text;

/// One file of manifests.
#[derive(Debug)]
pub struct Manifest {
    /// Its text.
    pub file: FileId,
    /// Its path relative to the root.
    pub path: String,
    /// Its objects, lists taken apart; empty where the file holds something else. For a kustomization, the one mapping.
    pub objects: Vec<Value>,
    /// Whether it is a kustomization.
    pub kustomization: bool,
}

/// A Helm chart; its values and templates are texts among the sources.
#[derive(Debug)]
pub struct Chart {
    /// The text of its `Chart.yaml`.
    pub file: FileId,
    /// The path of that.
    pub path: String,
    /// What stands in it.
    pub root: Value,
    /// Paths of files of values, its own and those of environments.
    pub values: Vec<String>,
    /// Paths of its templates and helpers.
    pub templates: Vec<String>,
}

/// A value of YAML or JSON.
#[derive(Clone, Debug)]
pub struct Value {
    /// Where it stands.
    pub span: Span,
    /// A template or an error hides a part of it: what is absent is unknown.
    pub opaque: bool,
    /// What it is.
    pub kind: Kind,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Kind {
    /// A null.
    Null,
    /// A scalar in the form a string field gets.
    Scalar(Text),
    /// A mapping, in the order written, each key once.
    Map(Vec<Field>),
    /// A sequence.
    List(Vec<Value>),
}

/// A key and its value.
#[derive(Clone, Debug)]
pub struct Field {
    /// The key.
    pub key: Spanned<String>,
    /// Its value.
    pub value: Value,
}

impl Value {
    /// The field of that name.
    #[must_use]
    pub fn field(&self, key: &str) -> Option<&Field> {
        self.fields().iter().find(|field| field.key.value == key)
    }

    /// The value of that field, unless it is null.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.field(key).map(|field| &field.value).filter(|value| !matches!(value.kind, Kind::Null))
    }

    /// The value behind a path of fields.
    #[must_use]
    pub fn at(&self, path: &[&str]) -> Option<&Value> {
        path.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The fields of a mapping; empty where it is none.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        match &self.kind {
            Kind::Map(fields) => fields,
            _ => &[],
        }
    }

    /// The items of a sequence; empty where it is none.
    #[must_use]
    pub fn items(&self) -> &[Value] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// The text of a scalar.
    #[must_use]
    pub fn text(&self) -> Option<&Text> {
        match &self.kind {
            Kind::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The text of a scalar field.
    #[must_use]
    pub fn text_at(&self, path: &[&str]) -> Option<&Text> {
        self.at(path)?.text()
    }

    /// The string of a scalar field.
    #[must_use]
    pub fn str_at(&self, path: &[&str]) -> Option<&str> {
        self.text_at(path).map(Text::as_str)
    }
}
