//! Model + findings → marks on everything that must not be printed.
//!
//! Two kinds of marks: passwords that the model knows, wherever they stand, and on the lines that a report shows also
//! what merely looks like one. A reference (`${REDIS_PASSWORD}`) is no secret and stays readable.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::finding::Finding;
use crate::model::{ClientCase, Model, Password};
use crate::source::{FileId, Sources, Span};
use crate::symbol::{Symbols, is_symbol};
use crate::text::Text;

/// Marks the secrets of the model, and what looks like one on the lines that the findings show.
pub fn mark(sources: &mut Sources, model: &Model, findings: &[Finding]) {
    for span in spans(model) {
        sources.mark_secret(span);
    }
    let labels = findings.iter().flat_map(|finding| std::iter::once(&finding.primary).chain(&finding.related));
    let lines: BTreeSet<(FileId, usize)> = labels.map(|label| shown_line(sources, label.span)).collect();
    let values = values(sources);
    for (file, line) in lines {
        for span in on_line(sources, file, line).into_iter().chain(in_comment(sources, file, line, &values)) {
            sources.mark_secret(span);
        }
    }
}

/// Marks also what looks like a secret on any line of a file, for those who show all of it.
pub fn mark_file(sources: &mut Sources, file: FileId) {
    let values = values(sources);
    for line in 1..=sources.get(file).line_count() {
        for span in on_line(sources, file, line).into_iter().chain(in_comment(sources, file, line, &values)) {
            sources.mark_secret(span);
        }
    }
}

/// The text for people: marked bytes as `*`, symbols by their names.
#[must_use]
pub fn shown(text: &Text, sources: &Sources, symbols: &Symbols) -> String {
    let mut out = String::with_capacity(text.len());
    for (at, char) in text.as_str().char_indices() {
        let secret = !is_symbol(char)
            && text
                .spans_of(at..at + char.len_utf8())
                .iter()
                .any(|span| sources.get(span.file).is_secret(span.range()));
        out.push(if secret { '*' } else { char });
    }
    symbols.display(&out)
}

/// Whether a variable, key or field of that name holds a secret.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let speaks = ["password", "passwd", "passphrase", "secret", "token", "credential", "requirepass", "masterauth"]
        .iter()
        .any(|word| name.contains(word))
        || name.split(['_', '-', '.']).any(|part| matches!(part, "pass" | "pwd" | "pw" | "apikey"))
        || name.contains("api_key")
        || name.contains("private_key");
    // The path of a secret's file, what is given about passwords, and a service's list of names are none.
    speaks
        && name != "secrets"
        && !["_file", "_path", "_dir", "_enabled", "_length"].iter().any(|end| name.ends_with(end))
}

/// Every place of a password that the model knows.
#[must_use]
pub fn spans(model: &Model) -> Vec<Span> {
    let mut found = Found { spans: Vec::new() };
    for literal in &model.literals {
        found.add(&literal.value);
    }
    for mention in &model.mentions {
        found.client(&mention.case);
    }
    for environment in model.environments.iter().chain(&model.unplaced) {
        for server in &environment.servers {
            found.server(server);
        }
        for client in &environment.clients {
            for case in &client.cases {
                found.client(case);
            }
        }
        for service in &environment.services {
            for (name, value) in &service.environment {
                if let Some(value) = value {
                    found.named(name, value);
                }
            }
            for words in [&service.command, &service.entrypoint, &service.healthcheck].into_iter().flatten() {
                found.words(words);
            }
        }
    }
    found.spans.sort_unstable();
    found.spans.dedup();
    found.spans
}

struct Found {
    spans: Vec<Span>,
}

impl Found {
    /// What a client sends.
    fn client(&mut self, case: &ClientCase) {
        if let Some(password) = &case.password {
            self.add(password);
        }
        if let Some(url) = &case.url {
            self.userinfo(url);
        }
    }

    /// Every stretch of the value that was written down; the places of symbols are references.
    fn add(&mut self, text: &Text) {
        let mut start = 0;
        for (at, char) in text.as_str().char_indices().chain([(text.len(), '\u{F0000}')]) {
            if is_symbol(char) {
                self.spans.extend(text.spans_of(start..at));
                start = at + char.len_utf8();
            }
        }
    }

    fn named(&mut self, name: &str, value: &Text) {
        if is_secret_name(name) {
            self.add(value);
        } else {
            self.userinfo(value);
        }
    }

    fn userinfo(&mut self, text: &Text) {
        for range in userinfo_of_value(text.as_str()) {
            self.add(&text.slice(range));
        }
    }

    /// The words of a command: what follows a password's flag, and what looks like a password in each of them.
    fn words(&mut self, words: &[Text]) {
        let mut last = "";
        for word in words {
            if is_flag(last) {
                self.add(word);
            }
            for range in looks_secret(word.as_str()) {
                self.add(&word.slice(range));
            }
            last = word.as_str();
        }
    }

    fn server(&mut self, server: &crate::model::Server) {
        for case in &server.auth {
            let crate::model::Auth::Users(users) = &case.auth else { continue };
            for password in users.iter().flat_map(|user| &user.passwords) {
                let (Password::Plain(text) | Password::Sha256(text)) = password;
                self.add(text);
            }
        }
        for directive in &server.directives {
            match directive.name.value.as_str() {
                "requirepass" | "masterauth" | "tls-key-file-pass" | "tls-client-key-file-pass" => {
                    directive.arguments.iter().for_each(|argument| self.add(argument));
                }
                "sentinel" if directive.arguments.first().is_some_and(|word| word.as_str().ends_with("-pass")) => {
                    directive.arguments.iter().skip(1).last().into_iter().for_each(|argument| self.add(argument));
                }
                "user" => {
                    for rule in &directive.arguments {
                        if rule.as_str().starts_with(['>', '<', '#', '!']) {
                            self.add(&rule.slice(1..rule.len()));
                        }
                    }
                }
                _ => {}
            }
        }
        for variable in &server.variables {
            if let Some(value) = &variable.value {
                self.named(&variable.name.value, value);
            }
        }
    }
}

fn is_flag(word: &str) -> bool {
    matches!(word, "--requirepass" | "--masterauth" | "--pass" | "-a" | "--password" | "requirepass" | "masterauth")
}

/// The line that a report shows of a span: its first.
fn shown_line(sources: &Sources, span: Span) -> (FileId, usize) {
    (span.file, sources.get(span.file).position(span.range().start).line)
}

/// Spans on a line that look like a secret.
fn on_line(sources: &Sources, file: FileId, line: usize) -> Vec<Span> {
    let source = sources.get(file);
    let line = source.line_range(line);
    let text = source.text().get(line.clone()).unwrap_or_default();
    let place = |range: Range<usize>| Span::new(file, line.start + range.start..line.start + range.end);
    looks_secret(text).into_iter().map(place).collect()
}

/// Where the comment of a line repeats a password that stands somewhere else: `--requirepass 123456 # it is 123456`.
fn in_comment(sources: &Sources, file: FileId, line: usize, values: &BTreeSet<String>) -> Vec<Span> {
    let source = sources.get(file);
    let line = source.line_range(line);
    let text = source.text().get(line.clone()).unwrap_or_default();
    let place = |range: Range<usize>| Span::new(file, line.start + range.start..line.start + range.end);
    repeated(text, values).into_iter().map(place).collect()
}

/// Where the comment of a line holds one of these values.
fn repeated(line: &str, values: &BTreeSet<String>) -> Vec<Range<usize>> {
    let Some(start) = ["#", "//", ";"].iter().filter_map(|sign| line.find(sign)).min() else { return Vec::new() };
    let comment = &line[start..];
    let is_whole = |range: &Range<usize>| {
        let joins = |char: Option<char>| char.is_some_and(|char| char.is_ascii_alphanumeric());
        !joins(comment[..range.start].chars().next_back()) && !joins(comment[range.end..].chars().next())
    };
    let found = values.iter().flat_map(|value| comment.match_indices(value.as_str()));
    let ranges = found.map(|(at, value)| at..at + value.len()).filter(is_whole);
    ranges.map(|range| start + range.start..start + range.end).collect()
}

/// What is secret in the sources, as it stands there and as people would say it: without escapes.
#[must_use]
pub fn values(sources: &Sources) -> BTreeSet<String> {
    let mut values = sources.secret_values();
    let plain = |value: &String| {
        let value = value.trim_matches(['"', '\'']);
        [value.replace("$$", "$"), value.replace("''", "'"), unescaped(value)]
    };
    let said: Vec<String> = values.iter().flat_map(plain).collect();
    values.extend(said.into_iter().filter(|value| !value.is_empty()));
    values
}

/// Every escaped character for itself, but a tab for `\t`.
fn unescaped(text: &str) -> String {
    let mut is_escaped = false;
    let plain = |char: char| {
        let was_escaped = std::mem::take(&mut is_escaped);
        is_escaped = char == '\\' && !was_escaped;
        if is_escaped { None } else { Some(if was_escaped && char == 't' { '\t' } else { char }) }
    };
    text.chars().filter_map(plain).collect()
}

/// A line without the values that its comment repeats.
#[must_use]
pub fn without(line: &str, values: &BTreeSet<String>) -> String {
    let ranges = repeated(line, values);
    let mask = |(at, char): (usize, char)| if ranges.iter().any(|range| range.contains(&at)) { '*' } else { char };
    line.char_indices().map(mask).collect()
}

/// A value as people write it: between quotes, stretch by stretch as shells and YAML join them, or without. A bracket or
/// comma at its end belongs to what is around it, and so does an escaped quote.
macro_rules! value {
    () => {
        concat!(
            r#""(?:[^"\\\n]|\\.)*"|"#,
            r#"'[^'\n]*'(?:'[^'\n]*'|\\[^"\n]|[^\s,"'\\]*[^\s,"'\\\]})])*|"#,
            r#"(?:\\[^"\n]|(?:[^\s,"'\\][^\s,"\\]*)?[^\s,"'\\\]})])+"#,
        )
    };
}

/// A name that speaks of a password and what is assigned to it; then the value is group 2, or 3 for a second argument.
static ASSIGNED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r#"(?i)([a-z0-9_.-]*(?:pass|pwd|pw|secret|token|credential|masterauth|api_?key|private_?key)[a-z0-9_.-]*)["']?\)?"#,
        r#"(?:\s*[:=]\s*(?:[a-z_.]+(?:\[[a-z_ |]*\])?\s*=\s*)?|\s+|["']?[,\s]+)"#,
        r"(\$\{[^}\n]*\}|",
        value!(),
        ")",
    ))
    .ok()
});
static DEFAULT: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"\$\{([A-Za-z0-9_]+):?[-+]([^}\n]+)\}?").ok());
static FLAG: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(r#"(?i)(?:-cli\b[^\n|;&]*?\s|["'])(?:-a|--pass)["']?[,\s]+("#, value!(), ")")).ok()
});
static ACL: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r#"(?i)\buser\s+\S+[^\n]*?\s[><#!]([^\s"']+)"#).ok());
static USERINFO: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"[A-Za-z][A-Za-z0-9+.-]*://([^\s"']*)@"#).ok());
/// A URL that has lost its scheme. Without the port it could as well be an address of electronic mail.
static AUTHORITY: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r#"(?:^|[\s"'])(?:[A-Za-z_][A-Za-z0-9_]*=)?([^\s"']+)@[A-Za-z0-9_.-]+:[0-9]+"#).ok());

/// Ranges of a text that look like a secret.
fn looks_secret(text: &str) -> Vec<Range<usize>> {
    let mut ranges = userinfo(text);
    for (pattern, in_braces) in [(&DEFAULT, true), (&ASSIGNED, false)] {
        let Some(pattern) = &**pattern else { continue };
        let mut from = 0;
        while let Some(captures) = pattern.captures_at(text, from) {
            let (Some(name), Some(value)) = (captures.get(1), captures.get(2)) else { break };
            // In `${NAME:-default}` the sign is no part of the value, as only the first pattern knows.
            let applies = in_braces == text[..name.start()].ends_with("${");
            let is_secret = applies && (is_secret_name(name.as_str()) || is_flag(name.as_str()));
            if is_secret {
                ranges.extend(without_reference(text, value.range()));
            }
            // What is no secret may hold one: `URL=redis://h?password=…`.
            from = if is_secret { value.end() } else { name.end() };
        }
    }
    for pattern in [&FLAG, &ACL] {
        for captures in pattern.iter().flat_map(|pattern| pattern.captures_iter(text)) {
            ranges.extend(captures.get(1).and_then(|value| without_reference(text, value.range())));
        }
    }
    ranges
}

/// The passwords of the URLs in a text.
fn userinfo(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    for pattern in [&USERINFO, &AUTHORITY] {
        let found = pattern.iter().flat_map(|pattern| pattern.captures_iter(text)).filter_map(|found| found.get(1));
        let without_scheme = found.filter(|all| !all.as_str().contains("://"));
        ranges.extend(without_scheme.filter_map(|all| password_of(text, all.range())));
    }
    ranges
}

/// The passwords of a value that is one URL or several: what stands between a scheme and the last `@` before the next
/// one, whatever people forgot to encode in it.
fn userinfo_of_value(text: &str) -> Vec<Range<usize>> {
    let starts: Vec<usize> = text.match_indices("://").map(|(at, sign)| at + sign.len()).collect();
    let mut ranges: Vec<_> = starts
        .iter()
        .enumerate()
        .filter_map(|(nth, start)| {
            let end = starts.get(nth + 1).copied().unwrap_or(text.len());
            let at = text[*start..end].rfind('@')?;
            password_of(text, *start..start + at)
        })
        .collect();
    let host_and_port =
        |rest: &str| rest.split_once(':').is_some_and(|(_, port)| port.starts_with(|it: char| it.is_ascii_digit()));
    if let Some(at) = text.rfind('@').filter(|at| starts.is_empty() && host_and_port(&text[at + 1..])) {
        ranges.extend(password_of(text, 0..at));
    }
    ranges
}

/// The password of `user:password`; without a colon all of it may be one.
fn password_of(text: &str, all: Range<usize>) -> Option<Range<usize>> {
    let colon = text[all.clone()].find(':').map_or(0, |colon| colon + 1);
    without_reference(text, all.start + colon..all.end)
}

/// What is left of a value without quotes, and nothing where it only refers to the value: `${NAME}`, `$NAME`,
/// `{name}`, `{{ … }}`, `os.environ[`. Of `${NAME:-default}` the default is left.
fn without_reference(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let raw = &text[range.clone()];
    let value = raw.trim_matches(['"', '\'']);
    let start = range.start + (raw.len() - raw.trim_start_matches(['"', '\'']).len());
    if let Some(inner) = value.strip_prefix("${") {
        let name =
            inner.len() - inner.trim_start_matches(|char: char| char.is_ascii_alphanumeric() || char == '_').len();
        // Of `${NAME:?message}` nothing is a value.
        let operand = inner[name..].trim_start_matches(':').strip_prefix(['-', '+'])?;
        let end = value.strip_suffix('}').map_or(value.len(), str::len);
        let from = value.len() - operand.len();
        return (from < end).then_some(start + from..start + end);
    }
    let is_quoted = value.len() < raw.len();
    let refers = match value.chars().next() {
        Some('$') => true,
        // A placeholder, or a mapping of YAML: `{name: …`.
        Some('{') => value.ends_with('}') || !is_quoted && value.ends_with(':'),
        // The end of what `${{ secrets.NAME }}` began.
        Some('}') => value.starts_with("}}"),
        Some('<') => value.contains('>') || text[range.end..].lines().next().is_some_and(|rest| rest.contains('>')),
        // An alias or anchor of YAML; or stars, as nobody's password is.
        Some('*' | '&') => !is_quoted || value.chars().all(|char| char == '*'),
        _ => value.ends_with('('),
    };
    (!value.is_empty() && !refers).then_some(start..start + value.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(line: &str) -> String {
        let mut sources = Sources::default();
        let file = sources.add("a", line.as_bytes(), None);
        for span in on_line(&sources, file, 1) {
            sources.mark_secret(span);
        }
        sources.get(file).masked(0..line.len())
    }

    #[test]
    fn what_looks_like_a_secret_is_masked() {
        for (line, wanted) in [
            ("REDIS_PASSWORD=hunter2", "REDIS_PASSWORD=*******"),
            ("  REDIS_PASSWORD: hunter2 # x", "  REDIS_PASSWORD: ******* # x"),
            ("- \"API_TOKEN=hunter2\"", "- \"API_TOKEN=*******\""),
            ("redis_password: str = \"hunter2\"", "redis_password: str = \"*******\""),
            ("x = os.getenv('REDIS_PASSWORD', 'hunter2')", "x = os.getenv('REDIS_PASSWORD', '*******')"),
            ("requirepass hunter2", "requirepass *******"),
            (
                "command: redis-server --requirepass hunter2 --port 1",
                "command: redis-server --requirepass ******* --port 1",
            ),
            ("command: [redis-server, --requirepass, hunter2]", "command: [redis-server, --requirepass, *******]"),
            (
                "[\"redis-server\", \"--requirepass\", \"hunter2\"]",
                "[\"redis-server\", \"--requirepass\", \"*******\"]",
            ),
            ("test: redis-cli -a hunter2 ping", "test: redis-cli -a ******* ping"),
            (
                "[\"CMD\", \"redis-cli\", \"-a\", \"hunter2\", \"ping\"]",
                "[\"CMD\", \"redis-cli\", \"-a\", \"*******\", \"ping\"]",
            ),
            ("user app on >hunter2 ~* +@all", "user app on >******* ~* +@all"),
            ("URL=redis://app:hunter2@h:1/0", "URL=redis://app:*******@h:1/0"),
            ("URL=redis://:hun@ter2@h:1/0", "URL=redis://:********@h:1/0"),
            ("URL=redis://hunter2@h:1/0", "URL=redis://*******@h:1/0"),
            ("PW: ${REDIS_PASSWORD:-hunter2}", "PW: ${REDIS_PASSWORD:-*******}"),
            ("redis-cli -a 'hun)ter}2' ping", "redis-cli -a '*********' ping"),
            (r"redis-server --requirepass 'hun'\''ter2'", "redis-server --requirepass '***********'"),
            ("requirepass hun)ter]2", "requirepass *********"),
            ("URL=redis://:hun<ter>2@h:1/0", "URL=redis://:*********@h:1/0"),
            (
                "URL=redis://:${REDIS_PASSWORD:?}@h:1/0?password=hunter2",
                "URL=redis://:${REDIS_PASSWORD:?}@h:1/0?password=*******",
            ),
            ("BROKER=app:hunter2@h:6379/0", "BROKER=app:*******@h:6379/0"),
            ("MAIL=me@example.com", "MAIL=me@example.com"),
            ("password: '*unter2'", "password: '*******'"),
            ("password: *alias", "password: *alias"),
            ("secretKeyRef: {name: redis, key: password}", "secretKeyRef: {name: redis, key: password}"),
            ("URL: redis://:${{ secrets.PASSWORD }}@h:1/0", "URL: redis://:${{ secrets.PASSWORD }}@h:1/0"),
            ("secrets: [redis_password]", "secrets: [redis_password]"),
            ("password: <your password>", "password: <your password>"),
            ("Redis(host='h', password='hunter2')", "Redis(host='h', password='*******')"),
        ] {
            assert_eq!(masked(line), wanted);
        }
    }

    #[test]
    fn comments_that_repeat_a_password_are_masked() {
        let mut sources = Sources::default();
        let line = "command: redis-server --requirepass 123456 # 密码为：123456, not 1234567";
        let file = sources.add("a", line.as_bytes(), None);
        sources.mark_secret(Span::new(file, 36..42));
        let values = values(&sources);
        for span in in_comment(&sources, file, 1, &values) {
            sources.mark_secret(span);
        }
        let wanted = "command: redis-server --requirepass ****** # 密码为：******, not 1234567";
        assert_eq!(sources.get(file).masked(0..line.len()), wanted);
    }

    #[test]
    fn references_stay_readable() {
        for line in [
            "REDIS_PASSWORD=${REDIS_PASSWORD}",
            "REDIS_PASSWORD: ${REDIS_PASSWORD:?missing}",
            "URL=redis://:${REDIS_PASSWORD}@cache:6379",
            "url = f\"redis://:{settings.password}@cache\"",
            "command: redis-server --requirepass $$REDIS_PASSWORD",
            "REDIS_PASSWORD_FILE=/run/secrets/redis",
            "healthcheck: redis-cli ping",
            "image: redis:7",
            "URL=redis://cache:6379/0",
        ] {
            assert_eq!(masked(line), line);
        }
    }

    #[test]
    fn symbols_are_shown_by_name() {
        let symbols = Symbols::default();
        let mut sources = Sources::default();
        let file = sources.add("a", b"redis://:hunter2@${HOST}", None);
        let mut text = Text::exact("redis://:hunter2@", Span::new(file, 0..17));
        text.push_text(&symbols.variable_text("shell", "HOST", Span::new(file, 17..24)));
        sources.mark_secret(Span::new(file, 9..16));
        assert_eq!(shown(&text, &sources, &symbols), "redis://:*******@${HOST}");
    }
}
