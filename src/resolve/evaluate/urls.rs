//! URLs as Python code takes them apart and as pydantic checks them; how clients read them is `handshake`'s.

use crate::model::ClientError;
use crate::source::Span;
use crate::symbol::Symbols;
use crate::text::Text;

use super::cases::as_text;
use super::values::Value;

/// The authority of a URL: what lies between `//` and the path.
fn authority(url: &Text) -> Option<Text> {
    let start = url.as_str().find("://")? + 3;
    let end = url.as_str()[start..].find(['/', '?', '#']).map_or(url.len(), |at| start + at);
    Some(url.slice(start..end))
}

/// The login and the address of an authority.
fn login(authority: &Text) -> (Option<Text>, Text) {
    match authority.as_str().rfind('@') {
        Some(at) => (Some(authority.slice(0..at)), authority.slice(at + 1..authority.len())),
        None => (None, authority.clone()),
    }
}

/// An attribute of `urlparse(…)`; `None`: another one, or a URL that is none.
pub(super) fn part<'a>(url: &Text, name: &str, span: Span) -> Option<Value<'a>> {
    let authority = authority(url)?;
    let (login, address) = login(&authority);
    if address.as_str().contains(['[', ']']) {
        return None;
    }
    let split = |text: &Text| match text.as_str().find(':') {
        Some(at) => (text.slice(0..at), Some(text.slice(at + 1..text.len()))),
        None => (text.clone(), None),
    };
    let set = |text: Option<Text>| text.map_or(Value::None, Value::Text);
    let (host, port) = split(&address);
    let (user, password) = login.as_ref().map_or((None, None), |login| {
        let (user, password) = split(login);
        (Some(user), password)
    });
    Some(match name {
        "hostname" => set(Some(host.ascii_lowercase()).filter(|host| !host.is_empty())),
        "port" => match port.filter(|port| !port.is_empty()) {
            Some(port) if port.as_str().parse::<u16>().is_ok() => Value::Number(port),
            Some(_) => Value::Ends(ClientError { message: "ValueError: Port could not be cast".to_owned(), span }),
            None => Value::None,
        },
        "username" => set(user),
        "password" => set(password),
        "netloc" => Value::Text(authority),
        "scheme" => Value::Text(url.slice(0..url.as_str().find("://")?).ascii_lowercase()),
        "path" => {
            let rest = url.slice(url.as_str().find("://")? + 3 + authority.len()..url.len());
            let end = rest.as_str().find(['?', '#']).unwrap_or(rest.len());
            Value::Text(rest.slice(0..end))
        }
        _ => return None,
    })
}

/// The attributes of URL objects, which are texts elsewhere; a plain text has none of them.
pub(super) fn is_attribute(name: &str) -> bool {
    matches!(name, "host" | "hostname" | "port" | "username" | "password" | "scheme" | "path")
}

/// An attribute of pydantic's `RedisDsn` or of `env.url(…)`; `None`: these differ in it.
pub(super) fn dsn_part<'a>(url: &Text, name: &str, span: Span) -> Option<Value<'a>> {
    let value = part(url, if name == "host" { "hostname" } else { name }, span)?;
    let differs = matches!((name, &value), ("port" | "path", Value::None))
        || matches!(&value, Value::Text(text) if name == "path" && text.is_empty());
    (!differs).then_some(value)
}

/// The value as pydantic's `RedisDsn` takes it, which refuses what has no host or no number for a port; version 1 also
/// a colon without a port.
pub(super) fn dsn<'a>(value: &Value<'a>, version: u8, span: Span) -> Option<Value<'a>> {
    let text = as_text(value)?;
    if !Symbols::is_known(&text) {
        return Some(Value::Text(text));
    }
    let refused = || Some(Value::Ends(ClientError { message: "ValidationError: invalid URL".to_owned(), span }));
    let scheme = text.as_str().split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
    let (Some("redis" | "rediss"), Some(authority)) = (scheme.as_deref(), authority(&text)) else { return refused() };
    let (login, address) = login(&authority);
    let (host, port) = address.as_str().rsplit_once(':').unwrap_or((address.as_str(), ""));
    let nobody = host.is_empty() && (login.is_some() || !port.is_empty() && version > 1);
    let bare_colon = version == 1 && address.as_str().ends_with(':');
    if nobody || bare_colon || !(port.is_empty() || port.parse::<u16>().is_ok()) {
        return refused();
    }
    Some(Value::Text(text))
}
