//! Secrets of manifests: who refers to their keys, and where these are defined.

use super::{Secret, line_start, next_line};
use crate::edit::Edit;
use crate::source::{FileId, Sources, Span};
use crate::syntax::yaml::{self, NodeId, Yaml};

/// Every reference to a key of a Secret in a file. One to a Secret as a whole is one to each of its keys: its key is "".
#[must_use]
pub fn references(sources: &Sources, file: FileId) -> Vec<(Span, Secret)> {
    let (yaml, _) = yaml::parse(file, sources.get(file).text());
    let mut found = Vec::new();
    for node in yaml.nodes() {
        let string = |key: &str| yaml.get(node, key).and_then(|value| yaml.as_str(value)).map(str::to_owned);
        let inner = |key: &str, field: &str| {
            yaml.get_path(node, &[key, field]).and_then(|value| yaml.as_str(value)).map(str::to_owned)
        };
        let span = yaml.node(node).span;
        if let (Some(name), Some(key)) = (inner("secretKeyRef", "name"), inner("secretKeyRef", "key")) {
            found.push((span, Secret { name, key }));
        }
        if let Some(name) = string("secretName").or_else(|| inner("secretRef", "name")) {
            found.push((span, Secret { name, key: String::new() }));
        }
    }
    found
}

/// Where a key of a Secret is defined.
pub struct Definition {
    /// The key and its value.
    pub span: Span,
    /// Takes it out; `None` where that is not a matter of whole lines.
    pub edit: Option<Edit>,
}

/// The definition of a key in a file.
#[must_use]
pub fn definition(sources: &Sources, file: FileId, secret: &Secret) -> Option<Definition> {
    let text = sources.get(file).text();
    let (yaml, _) = yaml::parse(file, text);
    for document in &yaml.documents {
        let is = |path: &[&str], value: &str| {
            yaml.get_path(*document, path).and_then(|node| yaml.as_str(node)) == Some(value)
        };
        if !is(&["kind"], "Secret") || !is(&["metadata", "name"], &secret.name) {
            continue;
        }
        let sections = ["data", "stringData"].map(|section| yaml.get(*document, section));
        let entries = || sections.iter().flatten().flat_map(|section| yaml.raw_entries(*section));
        let Some(entry) = entries().find(|entry| yaml.as_str(entry.key) == Some(&secret.key)) else { continue };
        let span = yaml.node(entry.key).span.to(yaml.node(entry.value).span);
        let edit = if entries().count() == 1 {
            without_document(text, &yaml, *document)
        } else {
            let lines = line_start(text, span.range().start)..next_line(text, span.range().end);
            let alone = text[lines.start..span.range().start].trim().is_empty();
            // The last key of its section leaves null behind, which is fine.
            alone.then(|| Edit::delete(Span::new(file, lines)))
        };
        return Some(Definition { span, edit });
    }
    None
}

/// Takes a document away, as long as another one stays.
fn without_document(text: &str, yaml: &Yaml, document: NodeId) -> Option<Edit> {
    let span = yaml.node(document).span;
    let range = span.range();
    let is_mark = |line: &str| line.trim_end() == "---";
    let mut lines = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if is_mark(line) {
            lines.push(at..at + line.len());
        }
        at += line.len();
    }
    let before = lines.iter().rfind(|line| line.end <= range.start);
    let behind = lines.iter().find(|line| line.start >= range.end);
    let others = yaml.documents.len() > 1;
    let range = match (before, behind) {
        (Some(before), Some(behind)) => before.end..behind.end,
        (None, Some(behind)) => line_start(text, range.start)..behind.end,
        (Some(before), None) => before.start..text.len(),
        (None, None) => return None,
    };
    others.then(|| Edit::delete(Span::new(span.file, range)))
}
