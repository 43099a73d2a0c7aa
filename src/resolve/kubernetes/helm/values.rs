//! Values of charts: laid over each other as Helm does, asked for by path, and written as YAML.

use crate::facts::kubernetes::{Field, Kind, Value};
use crate::source::{Span, Spanned};
use crate::symbol::Symbols;
use crate::text::Text;

/// Values deeper than this are not written.
const MAX_DEPTH: usize = 48;

/// Lays values over others: mappings are joined, everything else is replaced, and a null takes away. The depth is bounded
/// by that of the values.
pub(super) fn over(under: &Value, top: &Value) -> Value {
    let (Kind::Map(old), Kind::Map(new)) = (&under.kind, &top.kind) else { return top.clone() };
    let mut fields: Vec<Field> = old.clone();
    for field in new {
        let at = fields.iter().position(|other| other.key.value == field.key.value);
        match (at, &field.value.kind) {
            (Some(at), Kind::Null) if !field.value.opaque => {
                fields.remove(at);
            }
            (Some(at), _) => {
                let value = over(&fields[at].value, &field.value);
                fields[at] = Field { key: field.key.clone(), value };
            }
            (None, _) => fields.push(field.clone()),
        }
    }
    Value { span: top.span, opaque: under.opaque || top.opaque, kind: Kind::Map(fields) }
}

/// An empty mapping.
pub(super) fn empty(span: Span) -> Value {
    Value { span, opaque: false, kind: Kind::Map(Vec::new()) }
}

/// A scalar.
pub(super) fn scalar(text: Text) -> Value {
    Value { span: text.anchor(), opaque: false, kind: Kind::Scalar(text) }
}

/// A word that stands nowhere, at a place that stands for it.
pub(super) fn word(value: &str, span: Span) -> Value {
    scalar(Text::mapped(value, span))
}

/// A mapping.
pub(super) fn map<'a>(span: Span, fields: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
    let field = |(key, value): (&str, Value)| Field { key: Spanned::new(key.to_owned(), value.span), value };
    Value { span, opaque: false, kind: Kind::Map(fields.into_iter().map(field).collect()) }
}

/// A sequence.
pub(super) fn list(span: Span, items: Vec<Value>) -> Value {
    Value { span, opaque: false, kind: Kind::List(items) }
}

/// Whether a template takes it for true.
pub(super) fn is_true(value: &Value) -> bool {
    match &value.kind {
        Kind::Null => false,
        Kind::Scalar(text) => !matches!(text.as_str(), "" | "false" | "0"),
        Kind::Map(fields) => !fields.is_empty(),
        Kind::List(items) => !items.is_empty(),
    }
}

/// The value as YAML whose every scalar is quoted; the depth is bounded by [`MAX_DEPTH`].
pub(super) fn yaml(value: &Value, indent: usize, symbols: &Symbols, out: &mut Text) {
    let pad = " ".repeat(indent);
    let span = value.span;
    match &value.kind {
        _ if indent / 2 > MAX_DEPTH => out.push_text(&symbols.opaque_text(span)),
        Kind::Null => out.push_mapped(if value.opaque { "" } else { "null" }, span),
        Kind::Scalar(text) => out.push_text(&quoted(text)),
        Kind::Map(fields) if fields.is_empty() => out.push_mapped("{}", span),
        Kind::List(items) if items.is_empty() => out.push_mapped("[]", span),
        Kind::Map(fields) => {
            for (at, field) in fields.iter().enumerate() {
                if at > 0 {
                    out.push_mapped(&format!("\n{pad}"), span);
                }
                out.push_text(&quoted(&Text::exact(&field.key.value, field.key.span)));
                let nested = match &field.value.kind {
                    Kind::Map(fields) => !fields.is_empty(),
                    Kind::List(items) => !items.is_empty(),
                    _ => false,
                };
                out.push_mapped(if nested { ":\n" } else { ": " }, span);
                if nested {
                    out.push_mapped(&" ".repeat(indent + 2), span);
                }
                yaml(&field.value, indent + 2, symbols, out);
            }
        }
        Kind::List(items) => {
            for (at, item) in items.iter().enumerate() {
                if at > 0 {
                    out.push_mapped(&format!("\n{pad}"), span);
                }
                out.push_mapped("- ", span);
                yaml(item, indent + 2, symbols, out);
            }
        }
    }
}

/// In double quotes, as `quote` and YAML write it.
pub(super) fn quoted(text: &Text) -> Text {
    let mut out = Text::empty(text.anchor());
    let span = text.span();
    out.push_mapped("\"", span);
    let mut start = 0;
    for (at, char) in text.as_str().char_indices() {
        let escaped = match char {
            '"' => "\\\"",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            _ => continue,
        };
        out.push_text(&text.slice(start..at));
        out.push_mapped(escaped, text.span_of(at..at + 1));
        start = at + 1;
    }
    out.push_text(&text.slice(start..text.len()));
    out.push_mapped("\"", span);
    out
}
