//! `redis-cli -u`: everything up to the first `@` is userinfo, and without a colon all of it is the password.

use super::{Parts, decode};
use crate::symbol::Symbols;
use crate::text::Text;

/// Reads the argument of `-u`.
pub(super) fn parse(text: &Text, symbols: &Symbols) -> Parts {
    let value = text.as_str();
    let is = |scheme: &str| value.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme));
    let (tls, start) = match (is("rediss://"), is("redis://")) {
        (true, _) => (true, "rediss://".len()),
        (false, true) => (false, "redis://".len()),
        (false, false) => {
            let end = value.find("://").unwrap_or(value.len());
            return Parts::refused("Invalid URI scheme", text.span_of(0..end));
        }
    };
    let mut parts = Parts { tls, ..Parts::default() };
    let mut rest = text.slice(start..text.len());
    if let Some(at) = rest.as_str().find('@') {
        let userinfo = rest.slice(0..at);
        let colon = userinfo.as_str().find(':');
        parts.username = colon.map(|colon| userinfo.slice(0..colon));
        parts.password = Some(userinfo.slice(colon.map_or(0, |colon| colon + 1)..userinfo.len()));
        for part in [&mut parts.username, &mut parts.password] {
            let Some(raw) = part.take() else { continue };
            if let Some((message, at)) = bad_escape(raw.as_str()) {
                parts.error.get_or_insert(crate::model::ClientError {
                    message: message.to_owned(),
                    span: raw.span_of(at..at + 1),
                });
            }
            let text = decode(&raw, symbols);
            // Its texts are C's: they end at the first zero.
            let end = text.as_str().find('\0').unwrap_or(text.len());
            *part = Some(text.slice(0..end));
        }
        rest = rest.slice(at + 1..rest.len());
    }
    address(&rest, &mut parts);
    parts
}

/// Host, port and database. A port is looked for in all of the rest, and numbers are read as far as they go.
fn address(rest: &Text, parts: &mut Parts) {
    let value = rest.as_str();
    let slash = value.find('/');
    if !value.is_empty() && slash != Some(0) {
        let colon = value.find(':');
        let end = colon.or(slash).unwrap_or(value.len());
        parts.host = Some(rest.slice(0..end));
        if let Some(colon) = colon {
            let port = rest.slice(colon + 1..slash.filter(|slash| *slash > colon).unwrap_or(value.len()));
            parts.port_span = Some(port.span());
            parts.port_unknown = !Symbols::is_known(&port);
            if !parts.port_unknown {
                parts.port = u16::try_from(leading_number(port.as_str())).ok();
            }
        }
    }
    let path = slash.map_or_else(|| rest.slice(0..0), |slash| rest.slice(slash + 1..value.len()));
    if !Symbols::is_known(&path) {
        parts.db_unknown = true;
    } else if !path.is_empty() {
        parts.select(Some(leading_number(path.as_str())), path.span());
    }
}

/// C's `atoi`.
fn leading_number(text: &str) -> i64 {
    let text = text.trim_start();
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = digits.find(|char: char| !char.is_ascii_digit()).unwrap_or(digits.len());
    let number = digits[..end].parse::<i64>().unwrap_or(0);
    if text.starts_with('-') { -number } else { number }
}

/// The first escape that is none, and what is said of it.
fn bad_escape(text: &str) -> Option<(&'static str, usize)> {
    let mut from = 0;
    while let Some(at) = text[from..].find('%').map(|at| from + at) {
        let digits = &text.as_bytes()[at + 1..];
        if digits.len() < 2 {
            return Some(("Incomplete URI encoding", at));
        }
        if !digits[..2].iter().all(u8::is_ascii_hexdigit) {
            return Some(("Illegal character in URI encoding", at));
        }
        from = at + 3;
    }
    None
}
