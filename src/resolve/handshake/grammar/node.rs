//! node-redis from version 4 on and ioredis from version 5 on, which read URLs as the WHATWG says.
//!
//! `redis:` is none of the special schemes: hosts keep their case, and only the characters that no host may hold, a port
//! that is no number, or brackets around no address make a URL invalid.

use super::{Parts, before, decode, without};
use crate::model::VersionRange;
use crate::source::Span;
use crate::symbol::Symbols;
use crate::text::Text;

const INVALID: &str = "TypeError: Invalid URL";

/// A URL as `new URL` splits it: nothing is decoded.
struct Whatwg {
    /// In lower case.
    scheme: String,
    scheme_span: Span,
    username: Text,
    password: Text,
    /// With its brackets.
    host: Text,
    port: Option<Text>,
    path: Text,
    /// Names and values, decoded as a form.
    query: Vec<(Text, Text)>,
}

/// `new URL(text)`; where it throws, the place at fault.
fn whatwg(text: &Text, symbols: &Symbols) -> Result<Whatwg, Span> {
    let text = without(text, |char| matches!(char, '\t' | '\r' | '\n')).trim_matches(|char| char <= ' ');
    let value = text.as_str();
    let colon = value.find(':').ok_or_else(|| text.span())?;
    let scheme = &value[..colon];
    let is_scheme = scheme.starts_with(|char: char| char.is_ascii_alphabetic())
        && scheme.chars().all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char));
    if !is_scheme {
        return Err(text.span_of(0..colon));
    }
    let authority = colon + if value[colon..].starts_with("://") { 3 } else { 1 };
    let end = match authority - colon {
        3 => value[authority..].find(['/', '?', '#']).map_or(value.len(), |at| authority + at),
        _ => authority,
    };
    let at = value[authority..end].rfind('@').map(|at| authority + at);
    let host = at.map_or(authority, |at| at + 1);
    if at.is_some() && host == end {
        return Err(text.span_of(host - 1..host));
    }
    let login = text.slice(authority..at.unwrap_or(authority));
    let middle = login.as_str().find(':');
    let (host, port) = host_and_port(&text.slice(host..end))?;
    let hash = value[end..].find('#').map_or(value.len(), |at| end + at);
    let question = value[end..hash].find('?').map_or(hash, |at| end + at);
    Ok(Whatwg {
        scheme: scheme.to_ascii_lowercase(),
        scheme_span: text.span_of(0..colon),
        username: login.slice(0..middle.unwrap_or(login.len())),
        password: login.slice(middle.map_or(login.len(), |middle| middle + 1)..login.len()),
        host,
        port,
        path: text.slice(end..question),
        query: form(&text.slice((question + 1).min(hash)..hash), symbols),
    })
}

/// Splits and checks; `[::1]:6379`.
fn host_and_port(text: &Text) -> Result<(Text, Option<Text>), Span> {
    let value = text.as_str();
    let brackets = value.find(']').filter(|_| value.starts_with('['));
    let colon = value[brackets.unwrap_or(0)..].find(':').map(|at| brackets.unwrap_or(0) + at);
    let host = text.slice(0..colon.unwrap_or(value.len()));
    let port = colon.map(|colon| text.slice(colon + 1..value.len())).filter(|port| !port.is_empty());
    let place = |at: usize| text.span_of(at..at + 1);
    if colon == Some(0) {
        return Err(place(0));
    }
    if host.as_str().starts_with('[') {
        let address = host.as_str().strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        if address.is_none_or(|address| address.parse::<std::net::Ipv6Addr>().is_err()) {
            return Err(host.span());
        }
    } else if let Some(at) = host.as_str().find(|char: char| "\0 #/:<>?@[\\]^|".contains(char)) {
        return Err(host.span_of(at..at + 1));
    }
    let refused = |port: &Text| Symbols::is_known(port) && !is_port(port.as_str());
    match port {
        Some(port) if refused(&port) => Err(port.span()),
        port => Ok((host, port)),
    }
}

fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit()) && text.parse::<u16>().is_ok()
}

/// `application/x-www-form-urlencoded`, the last value of each name.
pub(super) fn form(text: &Text, symbols: &Symbols) -> Vec<(Text, Text)> {
    let mut all: Vec<(Text, Text)> = Vec::new();
    let mut from = 0;
    let value = text.as_str();
    while from < value.len() {
        let end = value[from..].find('&').map_or(value.len(), |at| from + at);
        let equals = value[from..end].find('=').map(|at| from + at);
        let name = decode(&text.slice(from..equals.unwrap_or(end)), symbols);
        let given = decode(&super::python::plus_to_space(&text.slice(equals.map_or(end, |at| at + 1)..end)), symbols);
        all.retain(|(known, _)| *known != name);
        all.push((name, given));
        from = end + 1;
    }
    all
}

impl Whatwg {
    fn port(&self, parts: &mut Parts) {
        if let Some(port) = &self.port {
            parts.port = port.as_str().parse().ok();
            parts.port_span = Some(port.span());
            parts.port_unknown = parts.port.is_none();
        }
    }
}

/// `decodeURIComponent`, which refuses what is no escape or no UTF-8.
pub(super) fn decode_component(text: &Text, symbols: &Symbols, parts: &mut Parts) -> Option<Text> {
    let bytes = text.as_str().as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    let bad = (0..bytes.len()).find(|at| bytes[*at] == b'%' && !(digit(at + 1) && digit(at + 2)));
    let decoded = decode(text, symbols);
    let replaced = |text: &Text| text.as_str().matches(char::REPLACEMENT_CHARACTER).count();
    if bad.is_some() || replaced(&decoded) > replaced(text) {
        let at = bad.or_else(|| text.as_str().find('%')).unwrap_or(0);
        parts.fail("URIError: URI malformed", text.span_of(at..at + 1));
    }
    Some(decoded).filter(|text| !text.is_empty())
}

/// `[::1]` as the system knows it.
fn unbracketed(host: &Text) -> Text {
    host.trim_matches(|char| matches!(char, '[' | ']'))
}

/// node-redis 4 and later; it knows no query parameters.
pub(super) fn node_redis(text: &Text, version: VersionRange, symbols: &Symbols) -> Parts {
    let current = version.from.is_some_and(|from| from >= (6, 0));
    if current && text.as_str().starts_with("unix:") {
        return unix_socket(text, symbols);
    }
    let url = match whatwg(text, symbols) {
        Ok(url) => url,
        Err(span) => return Parts::refused(INVALID, place_at_fault(text, span)),
    };
    if !matches!(url.scheme.as_str(), "redis" | "rediss") {
        let message = if current {
            format!("TypeError: Protocol - {}: - is not a valid Redis protocol. Expected redis: or rediss:", url.scheme)
        } else {
            "TypeError: Invalid protocol".to_owned()
        };
        return Parts::refused(message, url.scheme_span);
    }
    let mut parts = Parts { tls: url.scheme == "rediss", ..Parts::default() };
    parts.host = Some(url.host.clone()).filter(|host| !host.is_empty());
    url.port(&mut parts);
    if parts.port == Some(0) {
        (parts.port, parts.port_span) = (None, None);
    }
    if !before(version, 5) {
        parts.host = parts.host.map(|host| unbracketed(&host));
    }
    parts.username = decode_component(&url.username, symbols, &mut parts);
    parts.password = decode_component(&url.password, symbols, &mut parts);
    let path = url.path.slice(1..url.path.len());
    if !Symbols::is_known(&path) {
        parts.db_unknown = true;
    } else if !path.is_empty() {
        match number(path.as_str()) {
            None => {
                parts.db_unknown = true;
                parts.fail("TypeError: Invalid pathname", path.span());
            }
            Some(number) => select_number(number, path.span(), &mut parts),
        }
    }
    parts
}

/// `unix://[user[:password]@]/path[?db=1]`, which node-redis knows from version 6 on.
fn unix_socket(text: &Text, symbols: &Symbols) -> Parts {
    let refused = || Parts::refused("TypeError: Invalid unix URL", text.span());
    let Some(rest) = text.as_str().strip_prefix("unix://").map(|rest| text.slice(text.len() - rest.len()..text.len()))
    else {
        return refused();
    };
    let slash = rest.as_str().find('/').unwrap_or(rest.len());
    let login = rest.as_str()[..slash].strip_suffix('@');
    let end = rest.as_str().find(['?', '#']).unwrap_or(rest.len());
    if slash + 1 >= end || login.is_none() && slash > 0 || login.is_some_and(|login| login.contains('@')) {
        return refused();
    }
    let mut parts = Parts::default();
    let login = rest.slice(0..login.map_or(0, str::len));
    let colon = login.as_str().find(':').unwrap_or(login.len());
    let path = rest.slice(slash..end);
    parts.socket = decode_component(&path, symbols, &mut parts);
    parts.username = decode_component(&login.slice(0..colon), symbols, &mut parts);
    parts.password = decode_component(&login.slice((colon + 1).min(login.len())..login.len()), symbols, &mut parts);
    let hash = rest.as_str().find('#').unwrap_or(rest.len());
    let query = form(&rest.slice((end + 1).min(hash)..hash), symbols);
    if let Some((_, value)) = query.iter().find(|(name, _)| name.as_str() == "db") {
        match number(value.as_str()) {
            None => parts.fail("TypeError: Invalid db query parameter", value.span()),
            Some(number) => select_number(number, value.span(), &mut parts),
        }
    }
    parts
}

#[allow(clippy::cast_possible_truncation, reason = "what is too large stays too large")]
fn select_number(number: f64, span: Span, parts: &mut Parts) {
    parts.select(Some(number as i64).filter(|_| number.fract() == 0.0), span);
}

/// JavaScript's `Number(text)` of what stands in a path, where a space is written `%20`.
fn number(text: &str) -> Option<f64> {
    let radix = |prefix: &str, radix| {
        let digits = text.get(..2).filter(|head| head.eq_ignore_ascii_case(prefix)).map(|_| &text[2..])?;
        u32::from_str_radix(digits, radix).ok().map(f64::from)
    };
    let decimal = || {
        let plain = text.chars().all(|char| char.is_ascii_digit() || ".eE+-".contains(char));
        text.parse().ok().filter(|_| plain)
    };
    radix("0x", 16).or_else(|| radix("0o", 8)).or_else(|| radix("0b", 2)).or_else(decimal)
}

/// A raw `#`, `/` or `?` in a password ends the authority early: the delimiter is what to point at.
fn place_at_fault(text: &Text, otherwise: Span) -> Span {
    let value = text.as_str();
    let Some(authority) = value.find("://").map(|at| at + 3) else { return otherwise };
    let Some(delimiter) = value[authority..].find(['/', '?', '#']).map(|at| authority + at) else { return otherwise };
    let cut = !value[authority..delimiter].contains('@') && value[delimiter..].contains('@');
    if cut { text.span_of(delimiter..delimiter + 1) } else { otherwise }
}

/// ioredis 5 and later. What has no scheme of Redis is an address, a port or the path of a socket.
pub(super) fn ioredis(text: &Text, symbols: &Symbols) -> Parts {
    let value = text.as_str();
    let is = |scheme: &str| value.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme));
    let has_scheme = is("redis://") || is("rediss://");
    let mut parts = Parts { tls: value.starts_with("rediss://"), ..Parts::default() };
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        parts.port = value.parse().ok();
        parts.port_span = Some(text.span());
        return parts;
    }
    if value.starts_with('/') && !value.starts_with("//") {
        let question = value.find('?').unwrap_or(value.len());
        parts.socket = Some(text.slice(0..question));
        let query = form(&text.slice((question + 1).min(value.len())..value.len()), symbols);
        fill(&query, &mut parts);
        return parts;
    }
    let whole = if has_scheme {
        text.clone()
    } else {
        let mut whole = Text::mapped(if value.starts_with("//") { "redis:" } else { "redis://" }, text.anchor());
        whole.push_text(text);
        whole
    };
    let url = match whatwg(&whole, symbols) {
        Ok(url) => url,
        Err(span) => return Parts::refused(INVALID, place_at_fault(text, span)),
    };
    if !(url.username.is_empty() && url.password.is_empty()) {
        let empty = || Some(Text::empty(text.anchor()));
        parts.username = decode_component(&url.username, symbols, &mut parts).or_else(empty);
        parts.password = decode_component(&url.password, symbols, &mut parts).or_else(empty);
    }
    if url.path.len() > 1 {
        if has_scheme || value.starts_with("//") {
            select(&url.path.slice(1..url.path.len()), &mut parts);
        } else {
            parts.socket = Some(url.path.clone());
        }
    }
    parts.host = Some(unbracketed(&url.host)).filter(|host| !host.is_empty());
    url.port(&mut parts);
    fill(&url.query, &mut parts);
    parts
}

/// What the query says counts where the URL says nothing.
pub(super) fn fill(query: &[(Text, Text)], parts: &mut Parts) {
    for (name, value) in query {
        match name.as_str() {
            "password" if parts.password.is_none() => parts.password = Some(value.clone()),
            "username" if parts.username.is_none() => parts.username = Some(value.clone()),
            "host" if parts.host.is_none() => parts.host = Some(value.clone()).filter(|host| !host.is_empty()),
            "path" if parts.socket.is_none() => parts.socket = Some(value.clone()),
            "port" if parts.port.is_none() && !parts.port_unknown => {
                parts.port = value.as_str().parse().ok();
                parts.port_span = Some(value.span());
                parts.port_unknown = parts.port.is_none();
            }
            "db" if parts.db.is_none() && !parts.db_unknown => select(value, parts),
            "tls" => parts.tls |= !value.is_empty(),
            _ => {}
        }
    }
}

/// JavaScript's `parseInt`: a number as far as it goes, and none at all is database 0.
pub(super) fn select(text: &Text, parts: &mut Parts) {
    if !Symbols::is_known(text) {
        parts.db_unknown = true;
        return;
    }
    let value = text.as_str();
    let digits = value.strip_prefix(['+', '-']).unwrap_or(value);
    let end = digits.find(|char: char| !char.is_ascii_digit()).unwrap_or(digits.len());
    let number = digits[..end].parse::<i64>().unwrap_or(0);
    parts.select(Some(if value.starts_with('-') { -number } else { number }), text.span());
}
