//! `configMapGenerator` and `secretGenerator`: literals, env files and files as keys of an object.

use super::{Builder, Gathered, Object};
use crate::facts::kubernetes::{Field, Kind, Value};
use crate::source::{Span, Spanned};
use crate::text::Text;

impl Builder<'_> {
    pub(super) fn generate(&self, root: &Value, folder: &str, into: &mut Gathered) {
        for (generator, kind, section) in
            [("configMapGenerator", "ConfigMap", "data"), ("secretGenerator", "Secret", "stringData")]
        {
            for one in root.get(generator).map(Value::items).unwrap_or_default() {
                let Some(name) = one.text_at(&["name"]) else { continue };
                let entries = self.entries(one, folder);
                let there =
                    into.objects.iter_mut().find(|object| object.kind() == kind && object.is_named(name.as_str()));
                match (one.str_at(&["behavior"]), there) {
                    (Some("merge"), Some(object)) => set(&mut object.value, section, entries, name.span()),
                    (Some("replace"), Some(object)) => {
                        if let Kind::Map(fields) = &mut object.value.kind {
                            fields.retain(|field| !matches!(field.key.value.as_str(), "data" | "stringData"));
                        }
                        set(&mut object.value, section, entries, name.span());
                    }
                    _ => {
                        let mut value = map(Vec::new(), one.span);
                        let mut metadata = vec![field("name", scalar(name.clone()), name.span())];
                        metadata.extend(one.field("namespace").cloned());
                        put(&mut value, field("kind", scalar(Text::mapped(kind, one.span)), one.span));
                        put(&mut value, field("metadata", map(metadata, one.span), one.span));
                        set(&mut value, section, entries, name.span());
                        into.objects.push(Object { value, former: Vec::new() });
                    }
                }
            }
        }
    }

    fn entries(&self, generator: &Value, folder: &str) -> Vec<Field> {
        let texts = |key: &str| generator.get(key).map(Value::items).unwrap_or_default().iter().filter_map(Value::text);
        let mut entries = Vec::new();
        for path in texts("envs").chain(generator.text_at(&["env"])) {
            let Some(text) = self.text(folder, path.as_str()) else { continue };
            let mut at = 0;
            for line in text.as_str().split_inclusive('\n') {
                let start = at;
                at += line.len();
                let own = line.trim_end_matches(['\n', '\r']);
                let lead = own.len() - own.trim_start().len();
                let own = own.trim_start();
                // A name alone takes the value of whoever runs kustomize.
                let Some(equals) = own.find('=').filter(|_| !own.starts_with('#')) else { continue };
                let from = start + lead;
                let value = text.slice(from + equals + 1..from + own.len());
                entries.push(field(&own[..equals], scalar(value), text.span_of(from..from + equals)));
            }
        }
        for path in texts("files") {
            let whole = path.as_str();
            let (key, file) =
                whole.split_once('=').unwrap_or_else(|| (whole.rsplit('/').next().unwrap_or(whole), whole));
            if let Some(text) = self.text(folder, file) {
                entries.push(field(key, scalar(text), path.span()));
            }
        }
        for literal in texts("literals") {
            let Some(equals) = literal.as_str().find('=') else { continue };
            let mut value = literal.slice(equals + 1..literal.len());
            let quoted =
                |quote: char| value.len() >= 2 && value.as_str().starts_with(quote) && value.as_str().ends_with(quote);
            if quoted('"') || quoted('\'') {
                value = value.slice(1..value.len() - 1);
            }
            entries.push(field(&literal.as_str()[..equals], scalar(value), literal.span_of(0..equals)));
        }
        entries
    }
}

fn set(object: &mut Value, section: &str, entries: Vec<Field>, span: Span) {
    let mut merged = object.get(section).cloned().unwrap_or_else(|| map(Vec::new(), span));
    for entry in entries {
        put(&mut merged, entry);
    }
    put(object, field(section, merged, span));
}

/// Sets a field of a mapping.
pub(super) fn put(value: &mut Value, field: Field) {
    let Kind::Map(fields) = &mut value.kind else { return };
    match fields.iter_mut().find(|other| other.key.value == field.key.value) {
        Some(other) => *other = field,
        None => fields.push(field),
    }
}

pub(super) fn field(key: &str, value: Value, span: Span) -> Field {
    Field { key: Spanned::new(key.to_owned(), span), value }
}

pub(super) fn scalar(text: Text) -> Value {
    Value { span: text.anchor(), opaque: false, kind: Kind::Scalar(text) }
}

pub(super) fn map(fields: Vec<Field>, span: Span) -> Value {
    Value { span, opaque: false, kind: Kind::Map(fields) }
}
