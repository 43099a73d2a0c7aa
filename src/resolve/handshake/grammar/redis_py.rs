//! `parse_url` of redis-py, and the keywords that its connections then refuse.
//!
//! Version 3 takes the query before the URL's own parts; from 4 on it is the other way round. The asynchronous half looks
//! at the scheme only once the URL is split.

use super::python::{self, Split, integer, is_float};
use super::{DEFAULT_PORT, Parts, before, decode};
use crate::model::{Family, VersionRange};
use crate::source::Span;
use crate::symbol::Symbols;
use crate::text::Text;

const SCHEMES: &str = "ValueError: Redis URL must specify one of the following schemes (redis://, rediss://, unix://)";

const VALKEY_SCHEMES: &str = "ValueError: Valkey URL must specify one of the following schemes ['valkey', 'valkeys', \
                              'redis', 'rediss', 'unix']";

/// valkey-py minds neither case nor, for a socket, slashes.
fn names_valkey(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    let schemes = ["valkey://", "valkeys://", "redis://", "rediss://", "unix:"];
    schemes.iter().any(|scheme| text.starts_with(scheme))
}

/// Reads a URL as redis-py of this version does.
pub(super) fn parse(text: &Text, family: Family, version: VersionRange, symbols: &Symbols) -> Parts {
    let legacy = before(version, 4);
    let url = python::split(text);
    let exact = |scheme: &str| text.as_str().starts_with(&format!("{scheme}://"));
    let refusal = match family {
        Family::ValkeyPy => VALKEY_SCHEMES,
        Family::DjangoRedis if text.is_empty() => "ImproperlyConfigured: Missing connections string",
        _ => SCHEMES,
    };
    let (lenient, accepted) = match family {
        Family::ValkeyPy => (true, names_valkey(text.as_str())),
        Family::RedisPyAsyncio => (true, matches!(url.scheme.as_str(), "redis" | "rediss" | "unix")),
        _ if legacy => (true, matches!(url.scheme.as_str(), "redis" | "rediss" | "unix")),
        _ => (false, exact("redis") || exact("rediss") || exact("unix")),
    };
    // Version 4 and its successors look at the beginning before anything else.
    if let Some((message, span)) = url.error.as_ref().filter(|_| accepted || lenient) {
        return Parts::refused(message, *span);
    }
    if !accepted {
        return Parts::refused(refusal, url.scheme_span);
    }
    let mut parts = Parts { tls: matches!(url.scheme.as_str(), "rediss" | "valkeys"), ..Parts::default() };
    if url.scheme == "unix" {
        let path = if legacy { url.path.clone() } else { decode(&url.path, symbols) };
        parts.socket = Some(path);
    }
    if legacy {
        legacy_parts(&url, &mut parts);
    } else {
        current_parts(&url, family, version, symbols, &mut parts);
    }
    parts
}

fn current_parts(url: &Split, family: Family, version: VersionRange, symbols: &Symbols, parts: &mut Parts) {
    let query = query(url, version, symbols);
    let quote = if before(version, 5) || family == Family::ValkeyPy { '`' } else { '\'' };
    for (name, value) in &query {
        if !convertible(name.as_str(), value, version) {
            let name = name.as_str();
            parts.fail(format!("ValueError: Invalid value for {quote}{name}{quote} in connection URL."), value.span());
        }
    }
    let asked = |wanted: &str| query.iter().find(|(name, _)| name.as_str() == wanted).map(|(_, value)| value.clone());
    let own = |text: &Option<Text>| text.as_ref().map(|text| decode(text, symbols));
    parts.username = own(&url.username).or_else(|| asked("username"));
    parts.password = own(&url.password).or_else(|| asked("password"));
    if url.scheme != "unix" {
        parts.host = own(&url.host).or_else(|| asked("host"));
        url.port(parts);
        if let Some(port) = asked("port").filter(|_| url.port.is_none()) {
            port_of_query(&port, parts);
        }
    }
    match asked("db") {
        Some(value) => database(&value, parts),
        None if url.scheme != "unix" => path_database(&decode(&url.path, symbols), parts),
        None => {}
    }
    if let Some(value) = asked("ssl_cert_reqs").filter(|_| parts.tls) {
        certificate_requirements(&value, family, parts);
    }
    refuse_keywords(query.iter().map(|(name, _)| name), version, parts);
    protocol(asked("protocol").as_ref(), parts);
}

/// A protocol that is no number makes the library itself stumble.
pub(super) fn protocol(value: Option<&Text>, parts: &mut Parts) {
    if let Some(value) = value.filter(|value| Symbols::is_known(value) && integer(value.as_str()).is_none()) {
        const STUMBLES: &str =
            "UnboundLocalError: cannot access local variable 'p' where it is not associated with a value";
        parts.fail(STUMBLES, value.span());
    }
}

/// The first value of each name. `parse_qs` decodes it, and before version 8 redis-py did so once more.
fn query(url: &Split, version: VersionRange, symbols: &Symbols) -> Vec<(Text, Text)> {
    let mut all: Vec<(Text, Text)> = Vec::new();
    for (name, value) in &url.query {
        if all.iter().all(|(known, _)| known != name) {
            let twice = version.to.is_some_and(|to| to < (8, 0));
            all.push((name.clone(), if twice { decode(value, symbols) } else { decode_symbols(value, symbols) }));
        }
    }
    all
}

/// Decoded already, but for symbols.
fn decode_symbols(value: &Text, symbols: &Symbols) -> Text {
    if Symbols::is_known(value) { value.clone() } else { decode(value, symbols) }
}

/// Whether the library's converter for this name takes the value.
fn convertible(name: &str, value: &Text, version: VersionRange) -> bool {
    let text = value.as_str();
    match name {
        _ if !Symbols::is_known(value) => true,
        "db" | "max_connections" | "health_check_interval" => integer(text).is_some(),
        "socket_read_size" | "protocol" | "ssl_min_version" if !before(version, 8) => integer(text).is_some(),
        "socket_timeout" | "socket_connect_timeout" => is_float(text),
        "timeout" if !before(version, 5) => is_float(text),
        _ => true,
    }
}

fn port_of_query(port: &Text, parts: &mut Parts) {
    parts.port = integer(port.as_str()).and_then(|number| u16::try_from(number).ok());
    parts.port_span = Some(port.span());
    parts.port_unknown = parts.port.is_none();
}

fn database(value: &Text, parts: &mut Parts) {
    match integer(value.as_str()) {
        None => parts.db_unknown = true,
        number => parts.select(number, value.span()),
    }
}

/// Slashes are removed, and what is then no number counts as no database at all, silently.
fn path_database(path: &Text, parts: &mut Parts) {
    if !Symbols::is_known(path) {
        parts.db_unknown = true;
        return;
    }
    let digits: String = path.as_str().chars().filter(|char| *char != '/').collect();
    if let Some(number) = integer(&digits) {
        parts.select(Some(number), path.span());
    }
}

fn certificate_requirements(value: &Text, family: Family, parts: &mut Parts) {
    let class = if family == Family::ValkeyPy { "ValkeyError" } else { "RedisError" };
    if Symbols::is_known(value) && !matches!(value.as_str(), "none" | "optional" | "required") {
        let message = format!("{class}: Invalid SSL Certificate Requirements Flag: {}", value.as_str());
        parts.fail(message, value.span());
    }
}

/// Version 3: the URL's user, password and address count even where they are missing, and a number that is none is only
/// warned of.
fn legacy_parts(url: &Split, parts: &mut Parts) {
    let mut query: Vec<&(Text, Text)> = Vec::new();
    for pair in &url.query {
        if query.iter().all(|(known, _)| *known != pair.0) {
            query.push(pair);
        }
    }
    query.retain(|(name, value)| match name.as_str() {
        "socket_timeout" | "socket_connect_timeout" => is_float(value.as_str()),
        "max_connections" | "health_check_interval" => integer(value.as_str()).is_some(),
        _ => true,
    });
    let none = || Some(Text::empty(url.path.anchor()));
    parts.username = url.username.clone().or_else(none);
    parts.password = url.password.clone().or_else(none);
    if url.scheme != "unix" {
        parts.host = url.host.clone().or_else(|| Some(Text::mapped("localhost", url.path.anchor())));
        url.port(parts);
        if !parts.port_unknown {
            parts.port.get_or_insert(DEFAULT_PORT);
        }
    }
    match query.iter().find(|(name, _)| name.as_str() == "db") {
        Some((_, value)) => python::database(value, parts),
        None if url.scheme != "unix" => path_database(&url.path, parts),
        None => {}
    }
    if let Some((_, value)) = query.iter().find(|(name, _)| name.as_str() == "ssl_cert_reqs" && parts.tls) {
        certificate_requirements(value, Family::RedisPy, parts);
    }
    let version = VersionRange { from: Some((3, 0)), to: Some((3, u32::MAX)) };
    refuse_keywords(query.iter().map(|(name, _)| name), version, parts);
}

/// Notes the first parameter that no connection of this kind has a keyword for.
pub(super) fn refuse_keywords<'a>(names: impl IntoIterator<Item = &'a Text>, version: VersionRange, parts: &mut Parts) {
    let refused = |name: &&Text| Symbols::is_known(name) && !is_keyword(name.as_str(), version, parts);
    if let Some(name) = names.into_iter().find(refused) {
        refuse_keyword(name.as_str(), name.span(), version, parts);
    }
}

/// Notes that a connection has no such keyword.
pub(in super::super) fn refuse_keyword(name: &str, span: Span, version: VersionRange, parts: &mut Parts) {
    let class = match (before(version, 4), parts.socket.is_some()) {
        (true, true) => "UnixDomainSocketConnection",
        (true, false) => "Connection",
        (false, _) => "AbstractConnection",
    };
    let message = format!("TypeError: {class}.__init__() got an unexpected keyword argument '{name}'");
    parts.fail(message, span);
}

/// Whether a connection or its pool takes a keyword of this name, in any version of the range.
fn is_keyword(name: &str, version: VersionRange, parts: &Parts) -> bool {
    let plain = parts.socket.is_none();
    match name {
        "db"
        | "username"
        | "password"
        | "socket_timeout"
        | "encoding"
        | "encoding_errors"
        | "decode_responses"
        | "retry_on_timeout"
        | "parser_class"
        | "socket_read_size"
        | "health_check_interval"
        | "client_name"
        | "max_connections"
        | "connection_class"
        | "queue_class" => true,
        "host" | "port" | "socket_keepalive" | "socket_keepalive_options" | "socket_type" => plain,
        "socket_connect_timeout" => plain || !before(version, 4),
        "retry" | "retry_on_error" | "redis_connect_func" | "credential_provider" | "command_packer" => {
            !before(version, 4)
        }
        // A blocking pool waits for it.
        "timeout" | "protocol" | "lib_name" | "lib_version" | "cache" | "cache_config" | "event_dispatcher" => {
            !before(version, 5)
        }
        "maint_notifications_config" | "driver_info" | "legacy_responses" => !before(version, 7),
        _ => name.starts_with("ssl_") && parts.tls,
    }
}
