//! Where an edit goes: entries of services in compose files, words of their commands, lines.
//!
//! In: the texts and a place that the model knows. Out: edits that fit the style of that place: block or flow, list or
//! string, the file's own line ends and indentation. `None` where the style is one that only a person should touch.

use crate::edit::Edit;
use crate::source::{FileId, Sources, Span};
use crate::syntax::yaml::{self, Entry, Kind, NodeId, Yaml};

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

/// A service of a compose file, in block style.
pub struct ServiceText<'a> {
    file: FileId,
    text: &'a str,
    yaml: Yaml,
    body: NodeId,
}

impl<'a> ServiceText<'a> {
    /// The service whose name stands at `name`.
    pub fn find(sources: &'a Sources, name: Span) -> Option<Self> {
        let source = sources.get(name.file);
        if !is_yaml(source.path()) {
            return None;
        }
        let text = source.text();
        let (yaml, _) = yaml::parse(name.file, text);
        let services = yaml.documents.iter().filter_map(|document| yaml.get(*document, "services"));
        let mut entries = services.flat_map(|services| yaml.raw_entries(services));
        let body = entries.find(|entry| yaml.node(entry.key).span.contains(name))?.value;
        let service = Self { file: name.file, text, yaml, body };
        service.is_block(body).then_some(service)
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
    fn new_key(&self) -> Option<(usize, &'a str)> {
        let entries = self.yaml.raw_entries(self.body);
        let first = entries.first()?;
        let behind = entries.get(1).filter(|_| self.yaml.as_str(first.key) == Some("image"));
        let next = behind.and_then(|entry| self.first_line(entry.key));
        next.or_else(|| self.first_line(first.key))
    }

    /// Gives the service a key with a value on the same line.
    pub fn add_key(&self, key: &str, value: &str) -> Option<Edit> {
        let (start, indent) = self.new_key()?;
        let line = format!("{indent}{key}: {value}{}", line_end(self.text));
        self.own(key).is_none().then(|| Edit::insert(self.file, start, line))
    }

    /// Gives the service variables.
    pub fn add_variables(&self, variables: &[(&str, &str)]) -> Option<Edit> {
        let end = line_end(self.text);
        let entry = |indent: &str, name: &str, value: &str| format!("{indent}{name}: {}{end}", scalar(value));
        let Some(own) = self.own("environment") else {
            let (start, indent) = self.new_key()?;
            let deeper = format!("{indent}  ");
            let lines: String = variables.iter().map(|(name, value)| entry(&deeper, name, value)).collect();
            return Some(Edit::insert(self.file, start, format!("{indent}environment:{end}{lines}")));
        };
        let node = self.value("environment").filter(|node| self.is_block(*node))?;
        let (first, list) = match &self.yaml.node(node).kind {
            Kind::Mapping(entries) => (entries.first()?.key, false),
            Kind::Sequence(items) => (*items.first()?, true),
            Kind::Scalar(_) => return None,
        };
        let (start, indent) = self.first_line(first)?;
        if start <= self.yaml.node(own.key).span.range().start {
            return None;
        }
        let line = |name: &str, value: &str| {
            if list {
                format!("{indent}- {}{end}", scalar(&format!("{name}={value}")))
            } else {
                entry(indent, name, value)
            }
        };
        let lines: String = variables.iter().map(|(name, value)| line(name, value)).collect();
        Some(Edit::insert(self.file, start, lines))
    }

    /// Takes a variable away, with the key `environment` where nothing is left.
    pub fn remove_variable(&self, name: Span) -> Option<Edit> {
        let entry = self.own("environment")?;
        let node = self.value("environment").filter(|node| self.is_block(*node))?;
        let spans: Vec<Span> = match &self.yaml.node(node).kind {
            Kind::Mapping(entries) => {
                let whole = |entry: &Entry| self.yaml.node(entry.key).span.to(self.yaml.node(entry.value).span);
                entries.iter().map(whole).collect()
            }
            Kind::Sequence(items) => items.iter().map(|item| self.yaml.node(*item).span).collect(),
            Kind::Scalar(_) => return None,
        };
        let whole = *spans.iter().find(|span| span.contains(name))?;
        let key = self.yaml.node(entry.key).span;
        Some(self.remove_lines(if spans.len() == 1 { key.to(whole) } else { whole }))
    }

    /// Puts another variable in the place of one.
    pub fn replace_variable(&self, old: Span, name: &str, value: &str) -> Option<Edit> {
        let node = self.value("environment").filter(|node| self.is_block(*node))?;
        let value = quoted(value);
        match &self.yaml.node(node).kind {
            Kind::Mapping(entries) => {
                let entry = entries.iter().find(|entry| self.yaml.node(entry.key).span.contains(old))?;
                let whole = self.yaml.node(entry.key).span.to(self.yaml.node(entry.value).span);
                Some(Edit::replace(whole, format!("{name}: {value}")))
            }
            Kind::Sequence(items) => {
                let item = items.iter().map(|item| self.yaml.node(*item).span).find(|item| item.contains(old))?;
                Some(Edit::replace(item, format!("{name}={}", value.trim_matches('"'))))
            }
            Kind::Scalar(_) => None,
        }
    }

    /// Puts another value behind an option of a command. It needs no quotes.
    pub fn replace_option(&self, option: Span, value: &str) -> Option<Edit> {
        let node = self.words_at(option)?;
        if let Kind::Sequence(items) = &self.yaml.node(node).kind {
            let spans: Vec<Span> = items.iter().map(|item| self.yaml.node(*item).span).collect();
            let at = spans.iter().position(|item| item.contains(option))?;
            if spans[at].len() <= option.len() + 2 {
                return Some(Edit::replace(*spans.get(at + 1)?, quoted(value)));
            }
        }
        Some(Edit::replace(self.word_behind(option, self.yaml.node(node).span)?, value))
    }

    /// Takes an option and its value, the word behind it, out of a command.
    pub fn remove_option(&self, option: Span) -> Option<Edit> {
        let node = self.words_at(option)?;
        if let Kind::Sequence(items) = &self.yaml.node(node).kind {
            let spans: Vec<Span> = items.iter().map(|item| self.yaml.node(*item).span).collect();
            let at = spans.iter().position(|item| item.contains(option))?;
            if spans[at].len() <= option.len() + 2 {
                return self.remove_words(spans[at].to(*spans.get(at + 1)?));
            }
        }
        let end = self.word_behind(option, self.yaml.node(node).span)?.end;
        self.remove_words(Span { end, ..option })
    }

    /// The word behind another one in a line of them, as written, quotes and all.
    fn word_behind(&self, word: Span, holder: Span) -> Option<Span> {
        let range = word.range().end..holder.range().end;
        let line = self.text.get(range.clone())?;
        let start = range.start + line.len() - line.trim_start().len();
        let (mut quote, mut depth, mut end) = (None, 0usize, start);
        for (at, char) in self.text[start..range.end].char_indices() {
            match (quote, char) {
                (Some(open), _) if char == open => quote = None,
                (None, '"' | '\'') => quote = Some(char),
                (None, '{') => depth += 1,
                (None, '}') => depth = depth.saturating_sub(1),
                (None, _) if char.is_whitespace() && depth == 0 => break,
                _ => {}
            }
            end = start + at + char.len_utf8();
        }
        // The quote that ends the scalar is none of the word's.
        let closes = quote.is_some() && end == range.end;
        Some(Span::new(self.file, start..if closes { end - 1 } else { end })).filter(|span| !span.is_empty())
    }

    /// Takes the password out of the arguments of `redis-cli` in the health check.
    pub fn health_password(&self) -> Option<Edit> {
        let test = self.value("healthcheck").and_then(|check| self.yaml.get(check, "test"))?;
        let span = self.yaml.node(test).span;
        let written = &self.text[span.range()];
        ["-a", "--pass"].iter().find_map(|option| {
            let is_word = |at: &usize| {
                let around =
                    |char: Option<char>| char.is_some_and(|char| char.is_whitespace() || "\"',".contains(char));
                around(written[..*at].chars().next_back()) && around(written[at + option.len()..].chars().next())
            };
            let at = written.match_indices(option).map(|(at, _)| at).find(is_word)?;
            let start = span.range().start + at;
            self.remove_option(Span::new(self.file, start..start + option.len()))
        })
    }

    /// Takes the lines of a span away.
    fn remove_lines(&self, span: Span) -> Edit {
        let range = span.range();
        let (start, end) = (line_start(self.text, range.start), next_line(self.text, range.end));
        Edit::delete(Span::new(self.file, start..end))
    }

    /// The value of the key that holds a place, among those that hold words.
    fn words_at(&self, span: Span) -> Option<NodeId> {
        let health = self.value("healthcheck").and_then(|check| self.yaml.get(check, "test"));
        let nodes = ["command", "entrypoint"].into_iter().filter_map(|key| self.value(key)).chain(health);
        nodes.into_iter().find(|node| self.yaml.node(*node).span.contains(span))
    }

    /// Takes words out of a command, entrypoint or health check.
    pub fn remove_words(&self, words: Span) -> Option<Edit> {
        let node = self.words_at(words)?;
        let holder = self.yaml.node(node);
        match &holder.kind {
            Kind::Scalar(_) => {
                // The quotes of the shell belong to a word, those of YAML do not.
                let inner = holder.span.range();
                let quoted = extended(self.text, words, "\"'").range();
                let (start, end) = (quoted.start.max(inner.start), quoted.end.min(inner.end));
                let range = if end < inner.end && !is_quoted(self.text, holder.span, end) {
                    start..end
                } else {
                    start..words.range().end
                };
                let before = self.text[inner.start..range.start].trim_end_matches([' ', '\t']);
                Some(Edit::delete(Span::new(self.file, inner.start + before.len()..range.end)))
            }
            Kind::Sequence(items) => {
                let spans: Vec<Span> = items.iter().map(|item| self.yaml.node(*item).span).collect();
                // A script in one item: what goes are words of it.
                if let Some(script) = spans.iter().find(|span| span.contains(words) && span.len() > words.len() + 2) {
                    let before = self.text[script.range().start..words.range().start].trim_end_matches([' ', '\t']);
                    let end = words.range().end;
                    return Some(Edit::delete(Span::new(self.file, script.range().start + before.len()..end)));
                }
                let touched = |span: &Span| span.start < words.end && words.start < span.end;
                let (first, last) = (spans.iter().position(touched)?, spans.iter().rposition(touched)?);
                if self.is_block(node) {
                    return Some(self.remove_lines(spans[first].to(spans[last])));
                }
                let range = match (spans.get(last + 1), first.checked_sub(1).and_then(|before| spans.get(before))) {
                    (Some(next), _) => spans[first].range().start..next.range().start,
                    (None, Some(before)) => before.range().end..spans[last].range().end,
                    (None, None) => return None,
                };
                let kept = &self.text[range.clone()];
                (!kept.contains('#') || !kept.contains('\n')).then(|| Edit::delete(Span::new(self.file, range)))
            }
            Kind::Mapping(_) => None,
        }
    }

    /// Puts words behind the one at `word` of a command. They need no quotes.
    pub fn add_words(&self, word: Span, words: &[&str]) -> Option<Edit> {
        let node = self.words_at(word)?;
        let holder = self.yaml.node(node).span;
        match &self.yaml.node(node).kind {
            Kind::Sequence(items) => {
                let item = items.iter().map(|item| self.yaml.node(*item).span).find(|item| item.contains(word))?;
                if item.len() > word.len() + 2 {
                    let text: String = words.iter().flat_map(|word| [" ", word]).collect();
                    return Some(Edit::insert(self.file, word.range().end, text));
                }
                if self.is_block(node) {
                    let at = item.range().start;
                    let lead = &self.text[line_start(self.text, at)..at];
                    let lead = lead.trim_start().starts_with('-').then_some(lead)?;
                    let line = |word: &&str| format!("{lead}{}{}", scalar(word), line_end(self.text));
                    let lines = words.iter().map(line).collect::<Vec<_>>().concat();
                    return Some(Edit::insert(self.file, next_line(self.text, item.range().end), lines));
                }
                let items = words.iter().map(|word| format!(", {}", quoted(word))).collect::<Vec<_>>().concat();
                Some(Edit::insert(self.file, item.range().end, items))
            }
            Kind::Scalar(_) => {
                let end = extended(self.text, word, "\"'").range().end;
                let end = if is_quoted(self.text, holder, end) { word.range().end } else { end };
                let text: String = words.iter().flat_map(|word| [" ", word]).collect();
                Some(Edit::insert(self.file, end, text))
            }
            Kind::Mapping(_) => None,
        }
    }

    /// The reference `${NAME…}` or `$NAME` that is the word behind `flag` in a command, as written.
    pub fn reference_behind(&self, flag: Span) -> Option<&'a str> {
        let rest = self.text[flag.range().end..].trim_start_matches(['"', '\'', ',', '-', '=', ' ', '\t', '\r', '\n']);
        let end = match rest.strip_prefix('$')?.strip_prefix('{') {
            Some(inner) => 2 + inner.find(['{', '}', '\n']).filter(|at| inner[*at..].starts_with('}'))? + 1,
            None => {
                1 + rest[1..].find(|char: char| !char.is_ascii_alphanumeric() && char != '_').unwrap_or(rest.len() - 1)
            }
        };
        let ends_word = rest[end..].starts_with(['"', '\'', ',', ']', ' ', '\r', '\n']) || rest.len() == end;
        (end > 1 && ends_word).then(|| &rest[..end])
    }
}

/// Whether the quotes that end a scalar stand before `end`.
fn is_quoted(text: &str, scalar: Span, end: usize) -> bool {
    let written = &text[scalar.range()];
    written.starts_with(['"', '\'']) && end >= scalar.range().end
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
