//! Words of commands and health checks: options that go, come or change, in a list, a line or a script.

use super::{Form, ServiceText, extended, line_end, line_start, next_line, quoted, scalar};
use crate::edit::Edit;
use crate::source::Span;
use crate::syntax::yaml::{Entry, Kind, NodeId};

impl<'a> ServiceText<'a> {
    /// Puts another value behind an option of a command. It needs no quotes.
    pub fn replace_option(&self, option: Span, value: &str) -> Option<Edit> {
        match self.value_behind(self.flag(option))? {
            (value_span, true) => Some(Edit::replace(value_span, quoted(value))),
            (word, false) => Some(Edit::replace(word, value)),
        }
    }

    /// Takes an option and its value, the word behind it, out of a command.
    pub fn remove_option(&self, option: Span) -> Option<Edit> {
        let option = self.flag(option);
        self.remove_words(option.to(self.value_behind(option)?.0))
    }

    /// The value of an option; whether it is an item of the list, with its quotes.
    fn value_behind(&self, option: Span) -> Option<(Span, bool)> {
        let node = self.words_at(option)?;
        let Kind::Sequence(items) = &self.yaml.node(node).kind else {
            return Some((self.word_behind(option, self.yaml.node(node).span)?, false));
        };
        let spans: Vec<Span> = items.iter().map(|item| self.yaml.node(*item).span).collect();
        let at = spans.iter().position(|item| item.contains(option))?;
        if spans[at].len() <= option.len() + 2 {
            return Some((*spans.get(at + 1)?, true));
        }
        Some((self.word_behind(option, spans[at])?, false))
    }

    /// An option as it is written. What begins there may end in a value elsewhere.
    fn flag(&self, place: Span) -> Span {
        let start = place.range().start;
        let rest = &self.text[start..];
        let len = rest.find(|char: char| !char.is_ascii_alphanumeric() && char != '-').unwrap_or(rest.len());
        Span::new(self.file, start..start + len)
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

    /// Takes the password out of the arguments of `redis-cli` in the health checks.
    pub fn health_passwords(&self) -> Vec<Edit> {
        self.health_checks().into_iter().filter_map(|test| self.health_password(self.yaml.node(test).span)).collect()
    }

    fn health_password(&self, check: Span) -> Option<Edit> {
        let written = &self.text[check.range()];
        ["-a", "--pass"].iter().find_map(|option| {
            let is_word = |at: &usize| {
                let around =
                    |char: Option<char>| char.is_some_and(|char| char.is_whitespace() || "\"',".contains(char));
                around(written[..*at].chars().next_back()) && around(written[at + option.len()..].chars().next())
            };
            let at = written.match_indices(option).map(|(at, _)| at).find(is_word)?;
            let start = check.range().start + at;
            self.remove_option(Span::new(self.file, start..start + option.len()))
        })
    }

    /// The commands that look after the service.
    fn health_checks(&self) -> Vec<NodeId> {
        let paths: &[&[&str]] = match self.form {
            Form::Compose => &[&["healthcheck", "test"]],
            Form::Pod => &[
                &["readinessProbe", "exec", "command"],
                &["livenessProbe", "exec", "command"],
                &["startupProbe", "exec", "command"],
            ],
        };
        paths.iter().filter_map(|path| self.yaml.get_path(self.value(path[0])?, &path[1..])).collect()
    }

    /// The value of the key that holds a place, among those that hold words.
    fn words_at(&self, span: Span) -> Option<NodeId> {
        let keys = match self.form {
            Form::Compose => ["command", "entrypoint"],
            Form::Pod => ["command", "args"],
        };
        let nodes = keys.into_iter().filter_map(|key| self.value(key)).chain(self.health_checks());
        nodes.into_iter().find(|node| self.yaml.node(*node).span.contains(span))
    }

    /// Puts the first reference behind a place of a command in quotes that is a word of its own in a line of words.
    pub fn quote_reference(&self, place: Span) -> Option<Vec<Edit>> {
        let node = self.words_at(place)?;
        let scalars = match &self.yaml.node(node).kind {
            Kind::Sequence(items) => items.clone(),
            _ => vec![node],
        };
        let behind = |node: &&NodeId| self.yaml.node(**node).span.end > place.start;
        let line = scalars.iter().filter(behind).map(|node| self.yaml.node(*node).span);
        let (line, word) = line.into_iter().find_map(|line| {
            let from = place.range().start.max(line.range().start);
            Some((line, self.reference_in(from..line.range().end).filter(|word| word.range() != line.range())?))
        })?;
        // In a double-quoted scalar of YAML a quote is written with a backslash.
        let quote = if self.text[line.range()].starts_with('"') { "\\\"" } else { "\"" };
        Some([word.start, word.end].map(|at| Edit::insert(self.file, at as usize, quote)).to_vec())
    }

    /// The first reference within a range that stands between spaces.
    fn reference_in(&self, range: std::ops::Range<usize>) -> Option<Span> {
        let text = &self.text[range.clone()];
        text.match_indices('$').find_map(|(at, _)| {
            let space = text[..at].ends_with([' ', '\t', '\n']) || at == 0;
            let end = at + text[at..].find([' ', '\t', '\r', '\n', '\'', '"']).unwrap_or(text.len() - at);
            let plain = text[at..end].chars().all(|char| char.is_ascii_alphanumeric() || "${}_:?-".contains(char));
            let ends = !text[end..].starts_with('"') || end + 1 == text.len();
            (space && plain && ends).then(|| Span::new(self.file, range.start + at..range.start + end))
        })
    }

    /// The command that holds a place, as written.
    pub fn words_around(&self, place: Span) -> Option<&str> {
        Some(&self.text[self.yaml.node(self.words_at(place)?).span.range()])
    }

    fn own_with(&self, value: NodeId) -> Option<Entry> {
        self.yaml.raw_entries(self.body).iter().find(|entry| entry.value == value).copied()
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
                if self.text[inner.clone()].trim_matches(['"', '\''])
                    == self.text[range.clone()].trim_matches(['"', '\''])
                {
                    return self.remove_key(self.own_with(node)?);
                }
                Some(self.without_words(inner.start, range))
            }
            Kind::Sequence(items) => {
                let spans: Vec<Span> = items.iter().map(|item| self.yaml.node(*item).span).collect();
                // A script in one item: what goes are words of it.
                if let Some(script) = spans.iter().find(|span| span.contains(words) && span.len() > words.len() + 2) {
                    return Some(self.without_words(script.range().start, words.range()));
                }
                let touched = |span: &Span| span.start < words.end && words.start < span.end;
                let (first, last) = (spans.iter().position(touched)?, spans.iter().rposition(touched)?);
                if first == 0 && last + 1 == spans.len() {
                    return self.remove_key(self.own_with(node)?);
                }
                if self.is_block(node) {
                    return Some(self.remove_lines(spans[first].to(spans[last])));
                }
                self.remove_items(&spans, first, last)
            }
            Kind::Mapping(_) => None,
        }
    }

    /// Takes words out of a text that begins at `start`: with their lines, where they have these to themselves.
    fn without_words(&self, start: usize, words: std::ops::Range<usize>) -> Edit {
        let (line, next) = (line_start(self.text, words.start), next_line(self.text, words.end));
        let alone = |part: &str| part.trim().is_empty();
        if line > start && alone(&self.text[line..words.start]) && alone(&self.text[words.end..next]) {
            return Edit::delete(Span::new(self.file, line..next));
        }
        let before = self.text[start..words.start].trim_end_matches([' ', '\t']);
        // The start script of the images runs what it is given, and nothing without it.
        let is_last = self.text[words.end..].trim_start_matches(' ').starts_with(['"', '\'', '\r', '\n']);
        let rest = if before.ends_with("docker-entrypoint.sh") && is_last { " redis-server" } else { "" };
        Edit::replace(Span::new(self.file, start + before.len()..words.end), rest)
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
        let rest = self.text[self.flag(flag).range().end..]
            .trim_start_matches(['"', '\'', ',', '-', '=', ' ', '\t', '\r', '\n']);
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
