//! kombu's broker URLs and Celery's result backends.
//!
//! Both split a URL as if its scheme were `http`, and hand what they do not know to redis-py.

use super::python::{self, Split, integer, is_float, no_integer};
use super::{Parts, decode, redis_py};
use crate::model::{ClientError, VersionRange};
use crate::symbol::Symbols;
use crate::text::Text;

/// A URL in kombu's eyes.
struct Url {
    scheme: String,
    split: Split,
    /// Without its first slash, decoded.
    path: Text,
    /// The last value of each name.
    query: Vec<(Text, Text)>,
}

/// `kombu.utils.url.url_to_parts`.
fn url_to_parts(text: &Text, symbols: &Symbols) -> Url {
    let scheme = python::split(text).scheme;
    let mut http = Text::mapped("http://", text.anchor());
    http.push_text(&text.slice((scheme.len() + 3).min(text.len())..text.len()));
    let split = python::split(&http);
    let mut path = split.path.clone();
    // Paths of `http` have parameters.
    let segment = path.as_str().rfind('/').unwrap_or(0);
    if let Some(at) = path.as_str()[segment..].find(';') {
        path = path.slice(0..segment + at);
    }
    let path = decode(&path.slice(usize::from(path.as_str().starts_with('/'))..path.len()), symbols);
    let mut query: Vec<(Text, Text)> = Vec::new();
    for (name, value) in &split.query {
        match query.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => *known = value.clone(),
            None => query.push((name.clone(), decode_symbols(value, symbols))),
        }
    }
    Url { scheme, split, path, query }
}

fn decode_symbols(value: &Text, symbols: &Symbols) -> Text {
    if Symbols::is_known(value) { value.clone() } else { decode(value, symbols) }
}

impl Url {
    fn address(&self, symbols: &Symbols, parts: &mut Parts) {
        let own = |text: &Option<Text>| text.as_ref().map(|text| decode(text, symbols));
        parts.host = own(&self.split.host);
        self.split.port(parts);
        parts.username = own(&self.split.username);
        parts.password = own(&self.split.password);
    }

    fn asked(&self, wanted: &str) -> Option<&Text> {
        self.query.iter().find(|(name, _)| name.as_str() == wanted).map(|(_, value)| value)
    }

    /// Behind `socket://` a path is one of the file system.
    fn socket(&self, parts: &mut Parts) {
        let mut path = Text::mapped("/", self.path.anchor());
        path.push_text(&self.path);
        parts.socket = Some(path);
        (parts.host, parts.port, parts.port_span, parts.port_unknown) = (None, None, None, false);
    }
}

/// kombu's `Connection` with its Redis transport.
pub(super) fn broker(text: &Text, symbols: &Symbols) -> Parts {
    let Some(separator) = text.as_str().find("://") else { return Parts::nothing_known() };
    if let Some(plus) = text.as_str()[..separator].find('+') {
        let url = url_to_parts(&text.slice(plus + 1..text.len()), symbols);
        let ours = &text.as_str()[..plus] == "redis" && url.scheme == "socket";
        return if ours { broker_socket(&url, symbols) } else { Parts::nothing_known() };
    }
    let url = url_to_parts(text, symbols);
    if !matches!(url.scheme.as_str(), "redis" | "rediss") {
        // Another transport: nothing that concerns Redis.
        return Parts::nothing_known();
    }
    if let Some((message, span)) = url.split.error {
        return Parts::refused(message, span);
    }
    let mut parts = Parts { tls: url.scheme == "rediss", ..Parts::default() };
    url.address(symbols, &mut parts);
    broker_query(&url, &mut parts);
    broker_database(&url.path, &mut parts);
    parts
}

fn broker_socket(url: &Url, symbols: &Symbols) -> Parts {
    let mut parts = Parts::default();
    url.address(symbols, &mut parts);
    url.socket(&mut parts);
    match url.asked("virtual_host") {
        Some(database) => broker_database(database, &mut parts),
        None => parts.db = Some(0),
    }
    let passed = url.query.iter().map(|(name, _)| name);
    let passed = passed.filter(|name| !matches!(name.as_str(), "virtual_host" | "host" | "port"));
    redis_py::refuse_keywords(passed, VersionRange::default(), &mut parts);
    parts
}

/// Parameters of a broker connection; those of redis-py are none. Any that speaks of TLS switches it on, whatever the
/// scheme says.
fn broker_query(url: &Url, parts: &mut Parts) {
    const OWN: [&str; 6] = ["transport", "hostname", "port", "userid", "password", "virtual_host"];
    const TAKEN: [&str; 6] = ["insist", "ssl", "connect_timeout", "login_method", "heartbeat", "credential_provider"];
    for (name, value) in &url.query {
        if name.as_str() == "ssl_cert_reqs" && Symbols::is_known(value) && !is_certificate_requirement(value) {
            parts.fail(format!("KeyError: '{}'", value.as_str()), value.span());
        }
        parts.tls |= name.as_str().starts_with("ssl_");
    }
    let names = || url.query.iter().map(|(name, _)| name).filter(|name| !name.as_str().starts_with("ssl_"));
    if let Some(name) = names().find(|name| OWN.contains(&name.as_str())) {
        let message = format!("TypeError: dict() got multiple values for keyword argument '{}'", name.as_str());
        parts.fail(message, name.span());
    }
    if let Some(name) = names().find(|name| Symbols::is_known(name) && !TAKEN.contains(&name.as_str())) {
        let message =
            format!("TypeError: Connection._init_params() got an unexpected keyword argument '{}'", name.as_str());
        parts.fail(message, name.span());
    }
    if let Some(value) = url.asked("ssl") {
        parts.fail("ValueError: dictionary update sequence element #0 has length 1; 2 is required", value.span());
    }
}

fn is_certificate_requirement(value: &Text) -> bool {
    matches!(value.as_str(), "CERT_REQUIRED" | "CERT_OPTIONAL" | "CERT_NONE" | "required" | "optional" | "none")
}

fn broker_database(path: &Text, parts: &mut Parts) {
    let digits = path.slice(usize::from(path.as_str().starts_with('/'))..path.len());
    if path.is_empty() || path.as_str() == "/" {
        return;
    }
    if !Symbols::is_known(path) {
        parts.db_unknown = true;
        return;
    }
    match integer(digits.as_str()) {
        None => {
            parts.db_unknown = true;
            let message = format!("ValueError: Database is int between 0 and limit - 1, not {}", digits.as_str());
            parts.fail(message, path.span());
        }
        number => parts.select(number, path.span()),
    }
}

/// Whether a result backend is refused for want of what `redis_backend_use_ssl` may name.
pub(in crate::resolve::handshake) fn lacks_requirements(error: &ClientError) -> bool {
    error.message == REQUIREMENTS_MISSING
}

const REQUIREMENTS_MISSING: &str = "ValueError: A rediss:// URL must have parameter ssl_cert_reqs and this must be set \
                                    to CERT_REQUIRED, CERT_OPTIONAL, or CERT_NONE";
const TLS_WITHOUT_SCHEME: &str = "ValueError: SSL connection parameters have been provided but the specified URL \
                                  scheme is redis://. A Redis SSL connection URL should use the scheme rediss://.";
const TLS_SETTINGS: [&str; 4] = ["ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_cert_reqs"];

/// Celery's result backend.
pub(super) fn backend(text: &Text, symbols: &Symbols) -> Parts {
    let Some(separator) = text.as_str().find("://") else { return Parts::nothing_known() };
    let scheme = &text.as_str()[..separator];
    let text = match scheme.split_once('+') {
        Some(("redis", "socket")) => text.slice("redis+".len()..text.len()),
        _ => text.clone(),
    };
    match scheme {
        "redis" | "rediss" | "redis+socket" => {}
        // Backends are found by the exact word.
        _ if matches!(scheme.trim().to_ascii_lowercase().as_str(), "redis" | "rediss") => {
            let span = text.span_of(0..separator);
            return Parts::refused(format!("ModuleNotFoundError: No module named '{scheme}'"), span);
        }
        _ => return Parts::nothing_known(),
    }
    let url = url_to_parts(&text, symbols);
    if let Some((message, span)) = url.split.error {
        return Parts::refused(message, span);
    }
    let mut parts = Parts { tls: url.scheme == "rediss", ..Parts::default() };
    url.address(symbols, &mut parts);
    if url.scheme == "redis"
        && let Some((name, _)) = url.query.iter().find(|(name, _)| TLS_SETTINGS.contains(&name.as_str()))
    {
        parts.fail(TLS_WITHOUT_SCHEME, name.span());
    }
    if url.split.port.as_ref().is_some_and(|port| port.as_str().bytes().all(|byte| byte == b'0')) {
        // Zero is no reason to take the default here.
        parts.port = Some(0);
    }
    let mut database = Some(&url.path).filter(|path| !path.is_empty());
    if url.scheme == "socket" {
        url.socket(&mut parts);
        database = url.asked("virtual_host");
    }
    let digits = database.map(|path| path.trim_matches(|char| char == '/'));
    if let Some(digits) =
        digits.as_ref().filter(|digits| Symbols::is_known(digits) && integer(digits.as_str()).is_none())
    {
        parts.fail(no_integer(digits.as_str()), digits.span());
    }
    backend_query(&url, &mut parts);
    // The server refuses a number only once all of that has passed.
    if let Some(digits) = url.asked("db").cloned().or(digits) {
        python::database(&digits, &mut parts);
    }
    parts
}

/// The query wins over everything else, and what is left of it goes to the connection.
fn backend_query(url: &Url, parts: &mut Parts) {
    for (name, value) in &url.query {
        if !Symbols::is_known(value) {
            continue;
        }
        let refusal = match name.as_str() {
            "db" | "max_connections" | "health_check_interval" if integer(value.as_str()).is_none() => {
                no_integer(value.as_str())
            }
            "timeout" | "socket_timeout" | "socket_connect_timeout" if !is_float(value.as_str()) => {
                format!("ValueError: could not convert string to float: '{}'", value.as_str())
            }
            _ => continue,
        };
        parts.fail(refusal, value.span());
    }
    for (name, value) in &url.query {
        match name.as_str() {
            "password" => parts.password = Some(value.clone()),
            "username" => parts.username = Some(value.clone()),
            "host" if parts.socket.is_none() => parts.host = Some(value.clone()),
            "port" if parts.socket.is_none() => {
                parts.port = value.as_str().parse().ok();
                parts.port_span = Some(value.span());
                parts.port_unknown = parts.port.is_none();
            }
            _ => {}
        }
    }
    let requirements = url.asked("ssl_cert_reqs");
    let settled = requirements.is_some_and(|value| !Symbols::is_known(value) || is_certificate_requirement(value));
    if parts.tls && !settled {
        let scheme = url.split.scheme_span;
        parts.fail(REQUIREMENTS_MISSING, requirements.map_or(scheme, Text::span));
    }
    let passed = url.query.iter().map(|(name, _)| name).filter(|name| name.as_str() != "virtual_host");
    redis_py::refuse_keywords(passed, VersionRange::default(), parts);
    redis_py::protocol(url.asked("protocol"), parts);
}
