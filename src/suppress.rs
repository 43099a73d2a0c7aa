//! Who chose to hear nothing of a finding: comments in the files, and `[[per-path]]` in the configuration.
//!
//! Comes in: the texts, the configuration and the names of all rules. Goes out: for a place, whether a rule is to be
//! silent there; and notices about ignores that silence nothing or can't be meant. Knows no rule.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::LazyLock;

use ignore::gitignore::{Gitignore, GitignoreBuilder};
use regex::Regex;

use crate::config::Config;
use crate::finding::{Level, Notice};
use crate::nearest::nearest;
use crate::source::{FileId, Source, Sources, Span};

/// Codes of the notices about ignores, and about entries of a baseline, that silence nothing.
pub const STALE: [&str; 4] = ["unused-ignore", "invalid-ignore", "ignore-without-reason", "stale-baseline"];

/// Every ignore of a run.
#[derive(Default)]
pub struct Ignores {
    comments: HashMap<FileId, Vec<Comment>>,
    paths: Vec<(Gitignore, Vec<Named>)>,
}

/// `redislint: ignore[rule, rule] reason` in a comment.
struct Comment {
    place: Range<usize>,
    /// The line that it speaks of.
    line: usize,
    rules: Vec<Named>,
}

/// A rule that is to be silent.
struct Named {
    /// `None`: all rules.
    rule: Option<String>,
    span: Span,
    used: bool,
}

impl Ignores {
    /// Finds every ignore; `rules` are the names of all rules.
    #[must_use]
    pub fn read(sources: &Sources, config: &Config, rules: &[&str]) -> (Self, Vec<Notice>) {
        let mut notices = Vec::new();
        let mut ignores = Self::default();
        for (file, source) in sources.iter() {
            let mut reader =
                Reader { file, source, rules, require_reason: config.require_reason, notices: &mut notices };
            let comments = reader.comments();
            if !comments.is_empty() {
                ignores.comments.insert(file, comments);
            }
        }
        for entry in &config.per_path {
            let Some(first) = entry.paths.first() else { continue };
            if config.require_reason && entry.reason.is_none() {
                notices.push(without_reason(first.span));
                continue;
            }
            let mut globs = GitignoreBuilder::new("");
            for path in &entry.paths {
                // The configuration was read without mistakes, so each glob is one.
                let _ = globs.add_line(None, &path.value);
            }
            let named = |rule: &crate::source::Spanned<String>| Named {
                rule: Some(rule.value.clone()),
                span: rule.span,
                used: false,
            };
            let mut rules: Vec<Named> = entry.rules.iter().map(named).collect();
            if rules.is_empty() {
                rules.push(Named { rule: None, span: first.span, used: false });
            }
            if let Ok(globs) = globs.build() {
                ignores.paths.push((globs, rules));
            }
        }
        (ignores, notices)
    }

    /// Whether `rule` is to be silent about a place.
    pub fn silence(&mut self, rule: &str, place: Span, sources: &Sources) -> bool {
        let source = sources.get(place.file);
        let mut silent = false;
        let mut hit = |named: &mut Named| {
            if named.rule.as_deref().is_none_or(|name| name == rule) {
                named.used = true;
                silent = true;
            }
        };
        for (globs, rules) in &mut self.paths {
            if globs.matched_path_or_any_parents(source.path(), false).is_ignore() {
                rules.iter_mut().for_each(&mut hit);
            }
        }
        if let Some(comments) = self.comments.get_mut(&place.file) {
            let range = place.range();
            let lines = source.position(range.start).line..=source.position(range.end.max(range.start + 1) - 1).line;
            // What lies inside the place is a part of the value, for whoever reads it.
            let spoken = |comment: &&mut Comment| {
                let inside = range.start <= comment.place.start && comment.place.end <= range.end;
                lines.contains(&comment.line) && !inside
            };
            comments.iter_mut().filter(spoken).flat_map(|comment| &mut comment.rules).for_each(&mut hit);
        }
        silent
    }

    /// Notices about ignores that silenced nothing; of rules that did not run nothing can be said.
    #[must_use]
    pub fn unused(&self, ran: impl Fn(&str) -> bool) -> Vec<Notice> {
        let comments = self.comments.values().flatten().flat_map(|comment| &comment.rules);
        let unused = comments.chain(self.paths.iter().flat_map(|(_, rules)| rules)).filter(|named| !named.used);
        unused
            .filter(|named| named.rule.as_deref().is_none_or(&ran))
            .map(|named| {
                let what = named.rule.as_ref().map_or_else(|| "nothing".to_owned(), |rule| format!("no `{rule}`"));
                Notice::at("unused-ignore", Level::Warning, named.span, format!("there is {what} to ignore here"))
            })
            .collect()
    }
}

fn without_reason(span: Span) -> Notice {
    let message = "the configuration requires a reason, this ignore does not count without one";
    Notice::at("ignore-without-reason", Level::Warning, span, message)
}

/// How comments look in a file.
struct Style {
    marks: &'static [&'static str],
    /// Whether one may stand behind something else on its line.
    trailing: bool,
    /// Whether it needs white space before it, and an apostrophe inside a word opens no string.
    plain: bool,
}

fn style(path: &str) -> Option<Style> {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
    let of = |marks, trailing, plain| Some(Style { marks, trailing, plain });
    if ends(&[".json"]) {
        None
    } else if ends(&[".md", ".markdown", ".html", ".xml"]) {
        of(&["<!--"], true, true)
    } else if ends(&[".rs", ".js", ".ts", ".go", ".java", ".kt"]) {
        of(&["//"], true, false)
    } else if ends(&[".conf", ".acl", ".ini", ".cfg"]) || name.contains("dockerfile") {
        // What follows on the line is an argument.
        of(&["#", ";"], false, true)
    } else if ends(&[".py", ".toml"]) {
        of(&["#"], true, false)
    } else {
        of(&["#"], true, true)
    }
}

/// A comment of ours: the verb, the list of rules, the reason.
static COMMENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"redislint:[ \t]*([A-Za-z-]+)(?:[ \t]*\[([^\]\n]*)\])?([^\r\n]*)").ok());

struct Reader<'a> {
    file: FileId,
    source: &'a Source,
    rules: &'a [&'a str],
    require_reason: bool,
    notices: &'a mut Vec<Notice>,
}

impl Reader<'_> {
    fn comments(&mut self) -> Vec<Comment> {
        let text = self.source.text();
        let (Some(pattern), Some(style)) = (COMMENT.as_ref(), style(self.source.path())) else { return Vec::new() };
        if !text.contains("redislint:") {
            return Vec::new();
        }
        let mut found = Vec::new();
        for parts in pattern.captures_iter(text) {
            let (Some(whole), Some(verb)) = (parts.get(0), parts.get(1)) else { continue };
            let line = self.source.position(whole.start()).line;
            let Some(mark) = style.mark(&text[self.source.line_range(line).start..whole.start()]) else { continue };
            if verb.as_str() != "ignore" {
                if nearest(verb.as_str(), ["ignore"]).is_some() {
                    self.invalid(verb.range(), "the only word here is `ignore`");
                }
                continue;
            }
            let Some(list) = parts.get(2).filter(|list| !list.as_str().trim().is_empty()) else {
                self.invalid(verb.range(), "an ignore names its rules: `ignore[rule, rule] reason`");
                continue;
            };
            let reason = parts.get(3).map_or("", |reason| reason.as_str().trim());
            let reason = reason.strip_suffix("-->").unwrap_or(reason).trim();
            if self.require_reason && reason.is_empty() {
                self.notices.push(without_reason(Span::new(self.file, verb.start()..list.end() + 1)));
                continue;
            }
            let rules = self.names(list.as_str(), list.start());
            let line = if mark.alone { self.next_line(line, &style) } else { line };
            let start = whole.start() - mark.before;
            found.push(Comment { place: start..whole.end(), line, rules });
        }
        found
    }

    fn names(&mut self, list: &str, start: usize) -> Vec<Named> {
        let mut names = Vec::new();
        let mut at = start;
        for part in list.split(',') {
            let name = part.trim();
            let from = at + (part.len() - part.trim_start().len());
            at += part.len() + 1;
            if self.rules.contains(&name) {
                let span = Span::new(self.file, from..from + name.len());
                names.push(Named { rule: Some(name.to_owned()), span, used: false });
            } else {
                let meant = nearest(name, self.rules.iter().copied());
                let meant = meant.map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
                self.invalid(from..from + name.len(), &format!("unknown rule `{name}`{meant}"));
            }
        }
        names
    }

    /// The line that a comment on a line of its own speaks of: the next one that is more than a comment.
    fn next_line(&self, line: usize, style: &Style) -> usize {
        let text = |line| &self.source.text()[self.source.line_range(line)];
        let is_comment = |line: &usize| style.marks.iter().any(|mark| text(*line).trim_start().starts_with(mark));
        (line + 1..=self.source.line_count()).find(|line| !is_comment(line)).unwrap_or(line)
    }

    fn invalid(&mut self, range: Range<usize>, message: &str) {
        let span = Span::new(self.file, range);
        self.notices.push(Notice::at("invalid-ignore", Level::Warning, span, message));
    }
}

/// Where the mark of a comment stands.
struct Mark {
    /// Nothing else is on its line.
    alone: bool,
    /// Bytes from the mark to the text.
    before: usize,
}

impl Style {
    /// The mark that makes what follows `prefix` on its line a comment.
    fn mark(&self, prefix: &str) -> Option<Mark> {
        let bare = prefix.trim_end();
        let mark = self.marks.iter().find(|mark| bare.ends_with(**mark))?;
        let code = &bare[..bare.len() - mark.len()];
        let alone = code.trim().is_empty();
        let parted = !self.plain || code.ends_with(char::is_whitespace) || *mark == "<!--";
        (alone || self.trailing && parted && !self.in_string(code))
            .then(|| Mark { alone, before: prefix.len() - code.len() })
    }

    /// Whether a string is still open at the end of `code`.
    fn in_string(&self, code: &str) -> bool {
        if self.marks == ["<!--"] {
            return false;
        }
        let mut open = None;
        let mut last = ' ';
        for char in code.chars() {
            match open {
                Some(quote) if char == quote && last != '\\' => open = None,
                None if matches!(char, '"' | '\'') && !(self.plain && last.is_alphanumeric()) => open = Some(char),
                _ => {}
            }
            last = if last == '\\' { ' ' } else { char };
        }
        open.is_some()
    }
}
