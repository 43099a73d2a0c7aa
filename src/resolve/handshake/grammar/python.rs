//! URLs as Python's `urlsplit` reads them, and the numbers that its libraries take from them.
//!
//! Also arq's `RedisSettings.from_dsn`, which adds nothing but its own errors.

use super::{Parts, without};
use crate::source::Span;
use crate::symbol::Symbols;
use crate::syntax::url;
use crate::text::Text;

/// What `urlsplit` says of a port that is no number, up to the port itself.
pub(super) const NO_PORT: &str = "ValueError: Port could not be cast to integer value as";

/// A URL as `urlsplit` splits it: nothing is decoded.
pub(super) struct Split {
    /// In lower case; empty where there is none.
    pub scheme: String,
    /// Where the scheme stands, or the URL's beginning.
    pub scheme_span: Span,
    /// Without `//`, there is none.
    pub username: Option<Text>,
    pub password: Option<Text>,
    /// In lower case.
    pub host: Option<Text>,
    /// As written; there may be no number in it.
    pub port: Option<Text>,
    pub path: Text,
    /// Names and values with `+` as a space and escapes decoded, without those that are empty.
    pub query: Vec<(Text, Text)>,
    /// `urlsplit` itself refuses it: the message, and the place.
    pub error: Option<(String, Span)>,
    /// Whether a delimiter stood in the password and ended the authority early.
    cut_short: Option<Span>,
}

/// Splits `text`; `//` may be missing, and then there is no authority.
pub(super) fn split(text: &Text) -> Split {
    let text = without(text, |char| matches!(char, '\t' | '\r' | '\n'));
    let start = text.as_str().find(|char: char| char > ' ').unwrap_or(text.len());
    let text = text.slice(start..text.len());
    let value = text.as_str();
    let colon = value.find(':').filter(|colon| is_scheme(&value[..*colon]));
    let rest = colon.map_or(0, |colon| colon + 1);
    let split = url::split(&text);
    let has_authority = split.scheme.is_some();
    let path = if has_authority { split.path.clone() } else { opaque_path(&text, rest) };
    let given = |text: &Text| Some(text.clone()).filter(|text| !text.is_empty());
    Split {
        scheme: value[..colon.unwrap_or(0)].to_ascii_lowercase(),
        scheme_span: text.span_of(0..colon.unwrap_or(1).min(value.len())),
        username: split.username.as_ref().and_then(given),
        password: split.password.as_ref().and_then(given),
        host: given(&split.host).map(|host| lower_host(&host)),
        port: split.port.as_ref().and_then(given),
        path,
        query: query(&split.query),
        // Python takes what follows `//` for an authority also where no scheme stands before it.
        error: if has_authority || value.starts_with("//") { brackets(&text) } else { None },
        cut_short: cut_short(&text, split.userinfo.is_some()),
    }
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|char: char| char.is_ascii_alphabetic())
        && text.chars().all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char))
}

/// Behind the scheme's colon, up to the query.
fn opaque_path(text: &Text, from: usize) -> Text {
    let value = text.as_str();
    text.slice(from..value[from..].find(['?', '#']).map_or(value.len(), |at| from + at))
}

/// The zone of an address keeps its case.
fn lower_host(host: &Text) -> Text {
    match host.as_str().find('%') {
        Some(zone) => {
            let mut out = host.slice(0..zone).ascii_lowercase();
            out.push_text(&host.slice(zone..host.len()));
            out
        }
        None => host.ascii_lowercase(),
    }
}

/// `parse_qs`: empty values count as absent.
fn query(pairs: &[(Text, Text)]) -> Vec<(Text, Text)> {
    let form = |text: &Text| url::percent_decode(&plus_to_space(text));
    pairs.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (form(name), form(value))).collect()
}

pub(super) fn plus_to_space(text: &Text) -> Text {
    if !text.as_str().contains('+') {
        return text.clone();
    }
    let mut out = Text::empty(text.anchor());
    for (at, char) in text.as_str().char_indices() {
        let range = at..at + char.len_utf8();
        match char {
            '+' => out.push_mapped(" ", text.span_of(range)),
            _ => out.push_text(&text.slice(range)),
        }
    }
    out
}

/// Brackets stand in pairs, and only around an IPv6 address.
fn brackets(text: &Text) -> Option<(String, Span)> {
    let value = text.as_str();
    let from = if value.starts_with("//") { 2 } else { value.find("://")? + 3 };
    let to = value[from..].find(['/', '?', '#']).map_or(value.len(), |at| from + at);
    let authority = &value[from..to];
    let first = from + authority.find(['[', ']'])?;
    let place = text.span_of(first..first + 1);
    if authority.contains('[') != authority.contains(']') {
        return Some(("ValueError: Invalid IPv6 URL".to_owned(), place));
    }
    let inside = authority.split_once('[').map_or("", |(_, rest)| rest.split_once(']').map_or(rest, |(host, _)| host));
    let address = inside.split('%').next().unwrap_or(inside);
    if address.parse::<std::net::Ipv6Addr>().is_ok() || !inside.is_ascii() {
        return None;
    }
    let secret = authority.rfind('@').is_some_and(|at| from + at > first);
    let shown = if secret { "***" } else { inside };
    Some((format!("ValueError: '{shown}' does not appear to be an IPv4 or IPv6 address"), place))
}

/// A raw `#`, `/` or `?` in a password ends the authority early, and what the library then calls the port is the
/// beginning of the password: it is not shown, and the delimiter is what to point at.
fn cut_short(text: &Text, has_userinfo: bool) -> Option<Span> {
    let value = text.as_str();
    let authority = value.find("://").map(|at| at + 3).filter(|_| !has_userinfo && value.contains('@'))?;
    let delimiter = authority + value[authority..].find(['/', '?', '#'])?;
    Some(text.span_of(delimiter..delimiter + 1))
}

impl Split {
    /// The port as `urlsplit(...).port` reads it; 0 and nothing mean the default.
    pub fn port(&self, parts: &mut Parts) {
        let Some(port) = &self.port else { return };
        parts.port_unknown = true;
        if !Symbols::is_known(port) {
            return;
        }
        let value = port.as_str();
        if !value.bytes().all(|byte| byte.is_ascii_digit()) {
            let shown = if self.cut_short.is_some() { "'***'".to_owned() } else { quoted(value) };
            let span = self.cut_short.unwrap_or(port.span());
            return parts.fail(format!("{NO_PORT} {shown}"), span);
        }
        match value.parse::<u16>() {
            Ok(number) => {
                parts.port_unknown = false;
                parts.port = Some(number).filter(|number| *number > 0);
                parts.port_span = parts.port.map(|_| port.span());
            }
            Err(_) => parts.fail("ValueError: Port out of range 0-65535", port.span()),
        }
    }
}

/// Python's `repr` of a text.
fn quoted(value: &str) -> String {
    let mark = if value.contains('\'') && !value.contains('"') { '"' } else { '\'' };
    let escape = |char: char| match char {
        '\\' => "\\\\".to_owned(),
        char if char == mark => format!("\\{char}"),
        char => char.to_string(),
    };
    format!("{mark}{}{mark}", value.chars().map(escape).collect::<String>())
}

/// `int(text)`.
pub(in super::super) fn integer(text: &str) -> Option<i64> {
    let text = text.trim();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let grouped = digits.split('_').all(|group| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit()));
    grouped.then(|| text.replace('_', "")).map(|text| {
        // A number too large for us is too large for any use of it here.
        let fallback = if text.starts_with('-') { i64::MIN } else { i64::MAX };
        text.parse().unwrap_or(fallback)
    })
}

/// Whether `float(text)` succeeds.
pub(super) fn is_float(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok()
}

/// What `int` says of a text that is no number.
pub(in super::super) fn no_integer(text: &str) -> String {
    format!("ValueError: invalid literal for int() with base 10: {}", quoted(text))
}

/// arq's `RedisSettings.from_dsn`, which decodes nothing.
pub(super) fn arq(text: &Text) -> Parts {
    let url = split(text);
    if let Some((message, span)) = url.error {
        return Parts::refused(message, span);
    }
    if !matches!(url.scheme.as_str(), "redis" | "rediss" | "unix") {
        return Parts::refused("RuntimeError: invalid DSN scheme", url.scheme_span);
    }
    let mut parts = Parts { tls: url.scheme == "rediss", ..Parts::default() };
    let asked = url.query.iter().find(|(name, _)| name.as_str() == "db").map(|(_, value)| value.clone());
    let slashes = url.path.len() - url.path.as_str().trim_start_matches('/').len();
    let path = url.path.slice(slashes..url.path.len());
    match asked {
        Some(value) => database(&value, &mut parts),
        None if url.scheme != "unix" && !url.path.is_empty() => database(&path, &mut parts),
        None => {}
    }
    url.port(&mut parts);
    (parts.username, parts.password, parts.host) = (url.username, url.password, url.host);
    if url.scheme == "unix" && !url.path.is_empty() {
        (parts.socket, parts.host) = (Some(url.path), None);
    }
    parts
}

/// A database that must be a number.
pub(in super::super) fn database(value: &Text, parts: &mut Parts) {
    if !Symbols::is_known(value) {
        parts.db_unknown = true;
        return;
    }
    match integer(value.as_str()) {
        None => {
            parts.db_unknown = true;
            parts.fail(no_integer(value.as_str()), value.span());
        }
        number => parts.select(number, value.span()),
    }
}
