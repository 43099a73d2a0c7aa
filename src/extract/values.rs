//! YAML, TOML, JSON and ini files that Python code loads → the dictionaries it gets.
//!
//! What type a plain YAML scalar has follows `PyYAML`, what an ini file says follows configparser. Knows nothing of
//! Redis, and nothing of who asks: the code that loads a file requests it.

mod ini;

use toml::de::{DeTable, DeValue};

use crate::facts::ValuesFile;
use crate::facts::code::{Expr, ExprKind};
use crate::source::{FileId, Span};
use crate::syntax::yaml::{self, Kind, NodeId, Yaml};
use crate::text::Text;

/// Dictionaries in dictionaries.
const MAX_DEPTH: usize = 32;

/// Reads one file.
#[must_use]
pub fn extract(file: FileId, path: &str, text: &str) -> ValuesFile {
    let span = Span::new(file, 0..0);
    let empty = || Expr { span, kind: ExprKind::Dict(Vec::new()) };
    let path_of = path.to_owned();
    match path.rsplit('.').next() {
        Some("toml") => {
            let (table, _) = DeTable::parse_recoverable(text);
            let root = toml_table(file, text, table.get_ref(), span, 0);
            ValuesFile { path: path_of, root, interpolated: None }
        }
        Some("ini" | "cfg" | "conf") => {
            let [root, basic, extended] = ini::read(file, text);
            ValuesFile { path: path_of, root, interpolated: Some((basic, extended)) }
        }
        _ => {
            let (tree, _) = yaml::parse(file, text);
            let root = tree.documents.first().map_or_else(empty, |document| yaml_node(&tree, *document, 0));
            ValuesFile { path: path_of, root, interpolated: None }
        }
    }
}

fn yaml_node(tree: &Yaml, node: NodeId, depth: usize) -> Expr {
    let span = tree.node(node).span;
    let kind = match &tree.node(node).kind {
        _ if depth > MAX_DEPTH => ExprKind::Opaque,
        Kind::Sequence(items) => ExprKind::List(items.iter().map(|item| yaml_node(tree, *item, depth + 1)).collect()),
        // With what `<<` merges into it.
        Kind::Mapping(_) => ExprKind::Dict(
            tree.entries(node)
                .into_iter()
                .map(|entry| {
                    let key = tree.as_text(entry.key).map(|text| text_expr(text.clone()));
                    (key, yaml_node(tree, entry.value, depth + 1))
                })
                .collect(),
        ),
        Kind::Scalar(scalar) if !scalar.plain => return text_expr(scalar.text.clone()),
        Kind::Scalar(scalar) => plain(&scalar.text),
    };
    Expr { span, kind }
}

/// The type that `PyYAML`, a reader of YAML 1.1, gives a plain scalar.
fn plain(text: &Text) -> ExprKind {
    let value = text.as_str();
    match value {
        "" | "~" | "null" | "Null" | "NULL" => return ExprKind::None,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return ExprKind::Bool(true),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => return ExprKind::Bool(false),
        _ => {}
    }
    let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
    if digits == "0" || (!digits.starts_with('0') && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())) {
        return ExprKind::Number(text.clone());
    }
    // Octal, hexadecimal, base 60, floats: numbers that are not what is written.
    if digits.starts_with(|first: char| first.is_ascii_digit())
        && digits.bytes().all(|b| b.is_ascii_hexdigit() || b"xo_:.+-".contains(&b))
        && !digits.bytes().filter(|b| *b == b'.').count().ge(&2)
    {
        return ExprKind::Opaque;
    }
    ExprKind::Text(text.clone())
}

fn toml_table(file: FileId, text: &str, table: &DeTable<'_>, span: Span, depth: usize) -> Expr {
    let entries = table.iter().map(|(key, value)| {
        let key = text_expr(Text::mapped(key.get_ref(), Span::new(file, key.span())));
        (Some(key), toml_value(file, text, value.get_ref(), Span::new(file, value.span()), depth + 1))
    });
    let mut entries: Vec<_> = entries.collect();
    entries.sort_by_key(|(_, value)| value.span);
    Expr { span, kind: ExprKind::Dict(entries) }
}

fn toml_value(file: FileId, text: &str, value: &DeValue<'_>, span: Span, depth: usize) -> Expr {
    let kind = match value {
        _ if depth > MAX_DEPTH => ExprKind::Opaque,
        DeValue::String(string) => {
            // Inside the quotes each byte has its place, unless something is escaped.
            let inner = span.range().start + 1..span.range().end.saturating_sub(1);
            let exact = text.get(inner.clone()) == Some(string.as_ref());
            let value = if exact { Text::exact(string, Span::new(file, inner)) } else { Text::mapped(string, span) };
            ExprKind::Text(value)
        }
        DeValue::Integer(number) if number.radix() == 10 => ExprKind::Number(Text::mapped(number.as_str(), span)),
        DeValue::Boolean(value) => ExprKind::Bool(*value),
        DeValue::Array(items) => ExprKind::List(
            items
                .iter()
                .map(|item| toml_value(file, text, item.get_ref(), Span::new(file, item.span()), depth + 1))
                .collect(),
        ),
        DeValue::Table(table) => return toml_table(file, text, table, span, depth),
        _ => ExprKind::Opaque,
    };
    Expr { span, kind }
}

fn text_expr(text: Text) -> Expr {
    Expr { span: text.anchor(), kind: ExprKind::Text(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expression in short, with texts in quotes.
    fn show(expr: &Expr) -> String {
        match &expr.kind {
            ExprKind::Text(text) => format!("{:?}", text.as_str()),
            ExprKind::Number(text) => text.as_str().to_owned(),
            ExprKind::Bool(value) => value.to_string(),
            ExprKind::None => "null".to_owned(),
            ExprKind::List(items) => format!("[{}]", items.iter().map(show).collect::<Vec<_>>().join(",")),
            ExprKind::Dict(entries) => {
                let entries: Vec<_> = entries
                    .iter()
                    .map(|(key, value)| format!("{}:{}", key.as_ref().map_or("**".to_owned(), show), show(value)))
                    .collect();
                format!("{{{}}}", entries.join(","))
            }
            _ => "?".to_owned(),
        }
    }

    fn root(path: &str, text: &str) -> String {
        show(&extract(FileId(0), path, text).root)
    }

    #[test]
    fn yaml_scalars_have_the_types_of_pyyaml() {
        assert_eq!(
            root("a.yml", "a: 1\nb: yes\nc: '1'\nd:\ne: 010\nf: redis://h\ng: [10.0.0.1, 1.5]\n"),
            r#"{"a":1,"b":true,"c":"1","d":null,"e":?,"f":"redis://h","g":["10.0.0.1",?]}"#
        );
        assert_eq!(root("a.yml", "x: &b {k: v}\ny:\n  <<: *b\n"), r#"{"x":{"k":"v"},"y":{"k":"v"}}"#);
        assert_eq!(root("a.json", r#"{"a": {"b": "c"}}"#), r#"{"a":{"b":"c"}}"#);
    }

    #[test]
    fn toml_keeps_the_place_of_every_byte() {
        let text = "[default]\nREDIS_URL = \"redis://:pw@h\"\nport = 6379\n";
        assert_eq!(root("s.toml", text), r#"{"default":{"REDIS_URL":"redis://:pw@h","port":6379}}"#);
        let file = extract(FileId(0), "s.toml", text);
        let ExprKind::Dict(tables) = &file.root.kind else { unreachable!("a table") };
        let ExprKind::Dict(entries) = &tables[0].1.kind else { unreachable!("a table") };
        let url = entries[0].1.as_text().map(|text| text.slice(9..11).span());
        assert_eq!(url.map(|span| &text[span.range()]), Some("pw"));
    }
}
