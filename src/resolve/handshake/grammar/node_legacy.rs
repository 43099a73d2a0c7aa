//! node-redis 3 and ioredis 4, which read URLs with Node's old `url.parse`: it refuses next to nothing, and what stands
//! behind a character that no host may hold becomes the path.

use super::node::{decode_component, fill, form, select};
use super::{Parts, without};
use crate::symbol::Symbols;
use crate::text::Text;

/// A URL as `url.parse(text, true, true)` splits it.
struct Legacy {
    /// In lower case, without its colon; empty where there is none.
    protocol: String,
    slashes: bool,
    /// Not decoded.
    login: Option<Text>,
    /// In lower case.
    host: Text,
    port: Option<Text>,
    path: Text,
    query: Vec<(Text, Text)>,
    /// It is refused all the same.
    invalid: bool,
}

fn parse(text: &Text, symbols: &Symbols) -> Legacy {
    let text = forward_slashes(&text.trim_matches(|char| char.is_ascii_whitespace()));
    let value = text.as_str();
    let protocol_end = value.find(|char: char| !char.is_ascii_alphanumeric() && !".+-".contains(char));
    let protocol = protocol_end.filter(|end| *end > 0 && value[*end..].starts_with(':')).map(|end| &value[..end]);
    let start = protocol.map_or(0, |protocol| protocol.len() + 1);
    let slashes = value[start..].starts_with("//");
    let mut rest = text.slice(start + if slashes { 2 } else { 0 }..value.len());
    let (mut login, mut host, mut port, mut invalid) = (None, Text::empty(text.anchor()), None, false);
    if slashes || protocol.is_some() {
        // Only up to the end of the host are these taken out.
        let end = rest.as_str().find(['#', '/', '?']).unwrap_or(rest.len());
        let mut cleaned = without(&rest.slice(0..end), |char| matches!(char, '\t' | '\r' | '\n'));
        let authority = cleaned.len();
        cleaned.push_text(&rest.slice(end..rest.len()));
        rest = cleaned;
        let at = rest.as_str()[..authority].rfind('@');
        login = at.map(|at| rest.slice(0..at));
        let from = at.map_or(0, |at| at + 1);
        let end = rest.as_str()[from..authority].find(|char| " \"%';<>\\^`{|}".contains(char));
        let end = end.map_or(authority, |end| from + end);
        let address = rest.slice(from..end);
        rest = rest.slice(end..rest.len());
        (host, port) = host_and_port(&address);
        let bracketed = host.as_str().starts_with('[') && host.as_str().ends_with(']');
        if bracketed {
            host = host.slice(1..host.len() - 1);
        } else if let Some(colon) = host.as_str().find(':') {
            let mut longer = Text::mapped("/", address.anchor());
            longer.push_text(&host.slice(colon..host.len()));
            longer.push_text(&rest);
            rest = longer;
            host = host.slice(0..colon);
        }
        invalid = !bracketed && host.as_str().contains(['[', ']', '\0']);
        host = host.ascii_lowercase();
    }
    let hash = rest.as_str().find('#').unwrap_or(rest.len());
    let question = rest.as_str()[..hash].find('?').unwrap_or(hash);
    Legacy {
        protocol: protocol.unwrap_or_default().to_ascii_lowercase(),
        slashes,
        login,
        host,
        port,
        path: escaped(&rest.slice(0..question)),
        query: form(&rest.slice((question + 1).min(hash)..hash), symbols),
        invalid,
    }
}

/// What a path may not hold is escaped, and so is never a number.
fn escaped(path: &Text) -> Text {
    let mut out = Text::empty(path.anchor());
    for (at, char) in path.as_str().char_indices() {
        let range = at..at + char.len_utf8();
        match char {
            '\t' | '\n' | '\r' | ' ' | '"' | '\'' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}' => {
                out.push_mapped(&format!("%{:02X}", u32::from(char)), path.span_of(range));
            }
            _ => out.push_text(&path.slice(range)),
        }
    }
    out
}

/// Backslashes count as slashes up to the query.
fn forward_slashes(text: &Text) -> Text {
    let question = text.as_str().find('?').unwrap_or(text.len());
    if !text.as_str()[..question].contains('\\') {
        return text.clone();
    }
    let mut out = Text::empty(text.anchor());
    for (at, char) in text.as_str().char_indices() {
        match char {
            '\\' if at < question => out.push_mapped("/", text.span_of(at..at + 1)),
            _ => out.push_text(&text.slice(at..at + char.len_utf8())),
        }
    }
    out
}

/// A port is digits at the end, or nothing behind the last colon.
fn host_and_port(text: &Text) -> (Text, Option<Text>) {
    let value = text.as_str();
    let digits = value.trim_end_matches(|char: char| char.is_ascii_digit()).len();
    match value[..digits].strip_suffix(':') {
        Some(host) => {
            let port = text.slice(digits..value.len());
            (text.slice(0..host.len()), Some(port).filter(|port| !port.is_empty()))
        }
        None => (text.clone(), None),
    }
}

impl Legacy {
    fn port(&self, parts: &mut Parts) {
        if let Some(port) = &self.port {
            parts.port = port.as_str().parse().ok();
            parts.port_span = Some(port.span());
            parts.port_unknown = parts.port.is_none();
        }
    }
}

/// node-redis 3. A lone user name is the password, and what the query says must not differ from the URL.
pub(super) fn node_redis(text: &Text, symbols: &Symbols) -> Parts {
    let url = parse(text, symbols);
    let mut parts = Parts { tls: url.protocol == "rediss", ..Parts::default() };
    if url.invalid {
        return Parts::refused("TypeError: Invalid URL", text.span());
    }
    let login = url.login.as_ref().and_then(|login| decode_component(login, symbols, &mut parts));
    if !url.slashes {
        if url.host.is_empty() {
            parts.socket = Some(text.clone());
        } else {
            parts.fail(
                "RangeError: The redis url must begin with slashes \"//\" or contain slashes after the redis protocol",
                text.span(),
            );
        }
        return parts;
    }
    if let Some(login) = login.filter(|login| !login.is_empty()) {
        let colon = login.as_str().find(':');
        parts.username = colon.filter(|colon| *colon > 0).map(|colon| login.slice(0..colon));
        parts.password = Some(login.slice(colon.map_or(0, |colon| colon + 1)..login.len()));
    }
    parts.host = Some(url.host.clone()).filter(|host| !host.is_empty());
    url.port(&mut parts);
    let database = url.path.slice(1..url.path.len());
    let database = Some(database).filter(|database| !database.is_empty());
    conflict(&url, database.as_ref(), &mut parts);
    fill_options(&url.query, database, &mut parts);
    parts
}

/// The first parameter that says something else than the URL.
fn conflict(url: &Legacy, database: Option<&Text>, parts: &mut Parts) {
    for (name, value) in &url.query {
        let known = match name.as_str() {
            "password" => parts.password.as_ref(),
            "user" => parts.username.as_ref(),
            "host" => parts.host.as_ref(),
            "port" => url.port.as_ref(),
            "db" => database,
            _ => None,
        };
        if name.as_str() == "tls" && parts.tls || known.is_some_and(|known| known != value) {
            let message = format!("RangeError: The {} option is added twice and does not match", name.as_str());
            parts.fail(message, value.span());
        }
    }
}

fn fill_options(query: &[(Text, Text)], database: Option<Text>, parts: &mut Parts) {
    let asked = |wanted: &str| query.iter().find(|(name, _)| name.as_str() == wanted).map(|(_, value)| value.clone());
    parts.password = parts.password.take().or_else(|| asked("password"));
    parts.username = parts.username.take().or_else(|| asked("user"));
    parts.host = parts.host.take().or_else(|| asked("host"));
    parts.tls |= asked("tls").is_some_and(|value| !value.is_empty());
    if parts.port.is_none()
        && let Some(port) = asked("port")
    {
        parts.port = port.as_str().parse().ok();
        parts.port_span = Some(port.span());
    }
    if parts.port == Some(0) {
        (parts.port, parts.port_span) = (None, None);
    }
    let Some(database) = database.or_else(|| asked("db")).filter(|database| !database.is_empty()) else { return };
    if Symbols::is_known(&database) {
        let number = database.as_str().parse::<i64>().ok().filter(|number| number.to_string() == database.as_str());
        parts.select(number, database.span());
    } else {
        parts.db_unknown = true;
    }
}

/// ioredis 4. It drops the user name, and takes a URL without one of its schemes for the path of a socket.
pub(super) fn ioredis(text: &Text, symbols: &Symbols) -> Parts {
    let value = text.as_str();
    let mut parts = Parts { tls: value.starts_with("rediss://"), ..Parts::default() };
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        parts.port = value.parse().ok();
        parts.port_span = Some(text.span());
        return parts;
    }
    let mut url = parse(text, symbols);
    if !url.slashes && !value.starts_with('/') {
        let mut longer = Text::mapped("//", text.anchor());
        longer.push_text(text);
        url = parse(&longer, symbols);
    }
    if url.invalid {
        return Parts::refused("TypeError: Invalid URL", text.span());
    }
    let named = url
        .query
        .iter()
        .any(|(name, value)| name.as_str() == "allowUsernameInURI" && !matches!(value.as_str(), "" | "false"));
    if let Some(login) = &url.login {
        let login = decode_component(login, symbols, &mut parts).unwrap_or_else(|| Text::empty(login.anchor()));
        let colon = login.as_str().find(':');
        if named {
            parts.username = Some(login.slice(0..colon.unwrap_or(login.len())));
        }
        parts.password = Some(login.slice(colon.map_or(login.len(), |colon| colon + 1)..login.len()));
    }
    if !url.path.is_empty() {
        match url.protocol.as_str() {
            "redis" | "rediss" if url.path.len() > 1 => select(&url.path.slice(1..url.path.len()), &mut parts),
            "redis" | "rediss" => {}
            _ => parts.socket = Some(url.path.clone()),
        }
    }
    parts.host = Some(url.host.clone()).filter(|host| !host.is_empty());
    if parts.host.is_none() && url.port.is_some() {
        // A port alone is an address, of the machine itself.
        parts.host = Some(Text::mapped("localhost", text.anchor()));
    }
    url.port(&mut parts);
    fill(&url.query, &mut parts);
    parts
}
