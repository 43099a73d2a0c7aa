//! What is done to single places: the user and password of a URL, an argument of a call, a value of a variable.

use crate::edit::Edit;
use crate::fix::base64;
use crate::fix::place::{extended, is_yaml, line_start, next_line};
use crate::source::{Sources, Span};
use crate::syntax::url;
use crate::syntax::yaml::{self, Entry};
use crate::text::Text;

/// The user and password of a URL with their `@`, as written; `None` where they stand in several places.
pub fn userinfo(sources: &Sources, value: &Text) -> Option<Span> {
    let parts = url::split(value);
    let start = parts.scheme?.len() + "://".len();
    let at = start + parts.userinfo?.len();
    let (before, behind) = (value.span_of(start - 1..start), value.span_of(at..at + 1));
    let fits = before.file == behind.file && before.len() == 1 && behind.len() == 1 && before.end <= behind.start;
    let span = Span { start: before.end, ..behind };
    (fits && !sources.slice(span).contains('\n')).then_some(span)
}

/// Takes the user and password out of a URL that stands in a Secret as base64.
pub fn userinfo_in_base64(sources: &Sources, value: &Text) -> Option<Edit> {
    let parts = url::split(value);
    let start = parts.scheme?.len() + "://".len();
    let behind = start + parts.userinfo?.len() + "@".len();
    let (span, url) = (value.span(), value.as_str());
    let is_encoded = base64::decode(sources.slice(span)).is_some_and(|bytes| bytes == url.as_bytes());
    let bare = format!("{}{}", &url[..start], url.get(behind..)?);
    is_encoded.then(|| Edit::replace(span, base64::encode(bare.as_bytes())))
}

/// Where the user and password of a URL would stand.
pub fn before_host(value: &Text) -> Option<Span> {
    let start = url::split(value).scheme?.len() + "://".len();
    let before = value.span_of(start - 1..start);
    (before.len() == 1).then_some(Span { start: before.end, ..before })
}

/// The user and password with their `@` of the URL around a password that is written there.
pub fn userinfo_around(text: &str, password: Span) -> Option<Span> {
    let range = password.range();
    let behind = text.get(range.end..)?.starts_with('@').then_some(range.end + 1)?;
    let line = line_start(text, range.start);
    let scheme = line + text.get(line..range.start)?.rfind("://")? + "://".len();
    let user = text[scheme..range.start].strip_suffix(':')?;
    let plain = !user.contains([' ', '"', '\'', '/', '@', ':', '<', '>']);
    plain.then(|| Span::new(password.file, scheme..behind))
}

/// The quoted text on one line around a place.
pub fn literal_around(text: &str, place: Span) -> Option<Span> {
    let range = place.range();
    let line = line_start(text, range.start)..next_line(text, range.end);
    let start = line.start + text[line.start..range.start].rfind(['"', '\''])?;
    let quote = &text[start..=start];
    let end = range.end + text[range.end..line.end].find(quote)? + 1;
    Some(Span::new(place.file, start..end))
}

/// Double quotes for the single ones of a value in an env file, in which nothing would be filled in.
pub fn single_quotes(sources: &Sources, place: Span) -> Option<[Edit; 2]> {
    let text = sources.get(place.file).text();
    let literal = literal_around(text, place).filter(|literal| text[literal.range()].starts_with('\''))?.range();
    let plain = !text[literal.clone()].contains(['"', '$', '\\']);
    let quote = |at: usize| Edit::replace(Span::new(place.file, at..at + 1), "\"");
    plain.then(|| [quote(literal.start), quote(literal.end - 1)])
}

/// Takes the line of a variable out of an env file.
pub fn remove_env_line(sources: &Sources, value: Span) -> Option<Edit> {
    let source = sources.get(value.file);
    let (text, range) = (source.text(), value.range());
    let line = line_start(text, range.start)..next_line(text, range.end);
    let (name, rest) = text.get(line.clone())?.split_once('=')?;
    let whole = rest.trim().trim_matches(['"', '\'']).len() == range.len();
    let is_env = source.path().rsplit('/').next().is_some_and(|name| name.contains("env"));
    let plain = name.trim_start_matches("export ").chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
    (whole && is_env && plain).then(|| Edit::delete(Span::new(value.file, line)))
}

/// Takes the entry of a mapping away whose value this is, as long as others stay.
pub fn remove_entry(sources: &Sources, value: Span) -> Option<Edit> {
    let source = sources.get(value.file);
    let (text, range) = (source.text(), value.range());
    let (yaml, _) = yaml::parse(value.file, text);
    let is_value = |entry: &&Entry| yaml.node(entry.value).span.contains(value) && yaml.as_str(entry.value).is_some();
    let (entries, entry) = yaml.nodes().find_map(|node| {
        let entries = yaml.raw_entries(node);
        Some((entries, entries.iter().find(is_value)?))
    })?;
    let line = line_start(text, range.start)..next_line(text, range.end);
    let before = &text[line.start..yaml.node(entry.key).span.range().start];
    let alone = is_yaml(source.path()) && before.trim().is_empty() && entries.len() > 1;
    (alone && yaml.as_text(entry.value)?.len() == value.len()).then(|| Edit::delete(Span::new(value.file, line)))
}

/// Takes a directive away that has its line to itself, in a file or in a text within one.
pub fn remove_line(sources: &Sources, span: Span) -> Option<Edit> {
    let source = sources.get(span.file);
    let (text, range) = (source.text(), extended(source.text(), span, "\"'").range());
    let line = line_start(text, range.start)..next_line(text, range.end);
    let alone = text[line.clone()].trim().len() == range.len();
    alone.then(|| Edit::delete(Span::new(span.file, line)))
}
