//! Where an edit goes: entries of services in compose files and of containers in manifests, words of their commands, lines.
//!
//! In: the texts and a place that the model knows. Out: edits that fit the style of that place: block or flow, list or
//! string, the file's own line ends and indentation. `None` where the style is one that only a person should touch.

pub mod secrets;
mod variables;
mod words;

pub use variables::{Secret, Value};

use crate::edit::Edit;
use crate::source::{FileId, Sources, Span};
use crate::syntax::yaml::{self, Entry, NodeId, Yaml};

/// Whether a path is that of a YAML file.
pub fn is_yaml(path: &str) -> bool {
    path.ends_with(".yml") || path.ends_with(".yaml")
}

/// The line end that a text uses.
pub fn line_end(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// Where the line of an offset begins; a byte order mark belongs to no line.
pub fn line_start(text: &str, at: usize) -> usize {
    match text[..at].rfind('\n') {
        Some(at) => at + 1,
        None if text.starts_with('\u{FEFF}') => 3,
        None => 0,
    }
}

/// Where the line behind that of an offset begins.
pub fn next_line(text: &str, at: usize) -> usize {
    text[at..].find('\n').map_or(text.len(), |line_end| at + line_end + 1)
}

/// A span with the characters of `more` around it.
pub fn extended(text: &str, span: Span, more: &str) -> Span {
    let range = span.range();
    let start = text[..range.start].trim_end_matches(|char| more.contains(char)).len();
    let rest = &text[range.end..];
    let end = range.end + rest.len() - rest.trim_start_matches(|char| more.contains(char)).len();
    Span::new(span.file, start..end)
}

/// The keys that a service or container goes by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A service of a compose file.
    Compose,
    /// A container of a pod.
    Pod,
}

/// A service of a compose file or a container of a pod, in block style.
pub struct ServiceText<'a> {
    file: FileId,
    text: &'a str,
    yaml: Yaml,
    body: NodeId,
    form: Form,
}

impl<'a> ServiceText<'a> {
    /// The service or container that is called so at `place`, or that holds it.
    pub fn find(sources: &'a Sources, place: Span) -> Option<Self> {
        let source = sources.get(place.file);
        if !is_yaml(source.path()) {
            return None;
        }
        let text = source.text();
        let (yaml, _) = yaml::parse(place.file, text);
        let service = service(&yaml, place).map(|body| (body, Form::Compose));
        let (body, form) = service.or_else(|| Some((container(&yaml, place)?, Form::Pod)))?;
        let service = Self { file: place.file, text, yaml, body, form };
        service.is_block(body).then_some(service)
    }

    /// Whether this is a container of a pod.
    pub fn is_pod(&self) -> bool {
        self.form == Form::Pod
    }

    /// The workload of a container as kubectl names it, with the container where there are more.
    pub fn workload(&self) -> Option<String> {
        let holds = |node: &&NodeId| self.yaml.node(**node).span.contains(self.written());
        let document = *self.yaml.documents.iter().find(holds).filter(|_| self.form == Form::Pod)?;
        let string = |path: &[&str]| self.yaml.as_str(self.yaml.get_path(document, path)?);
        let workload = format!("{}/{}", string(&["kind"])?.to_ascii_lowercase(), string(&["metadata", "name"])?);
        let lists = self.yaml.nodes().filter_map(|node| self.yaml.get(node, "containers"));
        let beside = lists.into_iter().find(|list| self.yaml.sequence(*list).contains(&self.body))?;
        let name = self.yaml.get(self.body, "name").and_then(|name| self.yaml.as_str(name));
        Some(match name.filter(|_| self.yaml.sequence(beside).len() > 1) {
            Some(name) => format!("{workload} -c {name}"),
            None => workload,
        })
    }

    /// As it is written.
    pub fn written(&self) -> Span {
        self.yaml.node(self.body).span
    }

    /// Whether a collection is written in block style, and is no alias of one elsewhere.
    fn is_block(&self, node: NodeId) -> bool {
        let written = &self.text[self.yaml.node(node).span.range()];
        !written.starts_with(['{', '[', '*'])
    }

    fn own(&self, key: &str) -> Option<Entry> {
        let entries = self.yaml.raw_entries(self.body);
        entries.iter().rev().find(|entry| self.yaml.as_str(entry.key) == Some(key)).copied()
    }

    /// The value of an own key; an alias's value stands elsewhere, and is none.
    fn value(&self, key: &str) -> Option<NodeId> {
        let entry = self.own(key)?;
        let (key, value) = (self.yaml.node(entry.key).span, self.yaml.node(entry.value).span);
        let between = self.text.get(key.range().end..value.range().start)?;
        (!between.contains('*')).then_some(entry.value)
    }

    /// Whitespace before the first own key, and where its line begins.
    fn first_line(&self, node: NodeId) -> Option<(usize, &'a str)> {
        let at = self.yaml.node(node).span.range().start;
        let start = line_start(self.text, at);
        let indent = &self.text[start..at];
        let indent = indent.strip_suffix("- ").unwrap_or(indent);
        indent.chars().all(|char| char == ' ').then_some((start, indent))
    }

    /// Where a key is added: behind the image, which people want to read first.
    fn new_key(&self) -> Option<(usize, String)> {
        let Some(image) = self.own("image") else {
            let first = self.yaml.raw_entries(self.body).first()?;
            let (start, indent) = self.first_line(first.key).filter(|_| self.form == Form::Compose)?;
            return Some((start, indent.to_owned()));
        };
        let key = self.yaml.node(image.key).span;
        let end = next_line(self.text, self.yaml.node(image.value).span.range().end);
        let before = &self.text[line_start(self.text, key.range().start)..key.range().start];
        let first = before.strip_suffix("- ").unwrap_or(before);
        let alone = first.chars().all(|char| char == ' ') && self.text[..end].ends_with('\n');
        alone.then(|| (end, " ".repeat(self.column(key))))
    }

    /// Gives the service a key with a value on the same line.
    pub fn add_key(&self, key: &str, value: &str) -> Option<Edit> {
        let (start, indent) = self.new_key()?;
        let line = format!("{indent}{key}: {value}{}", line_end(self.text));
        self.own(key).is_none().then(|| Edit::insert(self.file, start, line))
    }

    /// Takes the lines of a span away.
    fn remove_lines(&self, span: Span) -> Edit {
        let range = span.range();
        let (start, end) = (line_start(self.text, range.start), next_line(self.text, range.end));
        Edit::delete(Span::new(self.file, start..end))
    }

    /// Takes a key and its value away, which have their lines to themselves.
    fn remove_key(&self, entry: Entry) -> Option<Edit> {
        let span = self.yaml.node(entry.key).span.to(self.yaml.node(entry.value).span);
        let start = line_start(self.text, span.range().start);
        let alone = self.text[start..span.range().start].chars().all(|char| char == ' ');
        // What is left without keys would be null.
        (alone && self.yaml.raw_entries(self.body).len() > 1).then(|| self.remove_lines(span))
    }

    /// Takes the items `first..=last` out of a list in brackets or braces, of which others stay.
    fn remove_items(&self, spans: &[Span], first: usize, last: usize) -> Option<Edit> {
        let range = match (spans.get(last + 1), first.checked_sub(1).and_then(|before| spans.get(before))) {
            (Some(next), _) => spans[first].range().start..next.range().start,
            (None, Some(before)) => before.range().end..spans[last].range().end,
            (None, None) => return None,
        };
        let kept = &self.text[range.clone()];
        (!kept.contains('#') || !kept.contains('\n')).then(|| Edit::delete(Span::new(self.file, range)))
    }

    /// How many characters stand before a place on its line.
    fn column(&self, place: Span) -> usize {
        let at = place.range().start;
        self.text[line_start(self.text, at)..at].chars().count()
    }
}

/// The body of the service with that name, or around that place.
fn service(yaml: &Yaml, place: Span) -> Option<NodeId> {
    let services = yaml.documents.iter().filter_map(|document| yaml.get(*document, "services"));
    let mut entries = services.flat_map(|services| yaml.raw_entries(services));
    let holds = |node: NodeId| yaml.node(node).span.contains(place);
    entries.find(|entry| holds(entry.key) || holds(entry.value)).map(|entry| entry.value)
}

/// The container around that place, or the only one of the workload with that name.
fn container(yaml: &Yaml, place: Span) -> Option<NodeId> {
    let holds = |node: NodeId| yaml.node(node).span.contains(place);
    let lists = || yaml.nodes().filter_map(|node| yaml.get(node, "containers"));
    if let Some(around) = lists().flat_map(|list| yaml.sequence(list)).find(|node| holds(**node)) {
        return Some(*around);
    }
    let named = |document: &&NodeId| yaml.get_path(**document, &["metadata", "name"]).is_some_and(holds);
    let workload = yaml.node(*yaml.documents.iter().find(named)?).span;
    let list = lists().find(|list| workload.contains(yaml.node(*list).span))?;
    if let [only] = yaml.sequence(list) { Some(*only) } else { None }
}

/// A value as a YAML scalar: plain where that says the same.
pub fn scalar(value: &str) -> String {
    let special = value.starts_with(|char: char| "!&*?|>@`\"'%#{[]},:- ".contains(char))
        || value.contains(": ")
        || value.contains(" #")
        || value.ends_with([':', ' '])
        || value.is_empty();
    if special { quoted(value) } else { value.to_owned() }
}

fn quoted(value: &str) -> String {
    format!("\"{}\"", value.replace('\\', "\\\\").replace('"', "\\\""))
}
