//! The URL grammar of each client library (facts.md §1.5 and §1.6).
//!
//! A URL goes in, its parts as the library understands them come out, or the library's own error text with the bytes
//! at fault. Texts in errors never hold a secret's value.

use crate::model::{ClientError, Family, VersionRange};
use crate::source::Span;
use crate::symbol::{Change, Symbol, Symbols, is_symbol};
use crate::syntax::url::{self, Url};
use crate::text::Text;

/// What a library made of a URL.
#[derive(Clone, Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "four independent facts")]
pub(super) struct Parts {
    pub host: Option<Text>,
    pub port: Option<u16>,
    pub port_span: Option<Span>,
    /// There is a port that could not be read: the default does not apply.
    pub port_unknown: bool,
    pub db: Option<u32>,
    /// There is a database that could not be read: the default does not apply.
    pub db_unknown: bool,
    pub tls: bool,
    pub username: Option<Text>,
    pub password: Option<Text>,
    pub socket: Option<Text>,
    pub error: Option<ClientError>,
    /// Not even the shape of the URL is known.
    pub unreadable: bool,
}

impl Parts {
    /// Notes an error; the first one is what the user sees.
    pub fn fail(&mut self, message: impl Into<String>, span: Span) {
        if self.error.is_none() {
            self.error = Some(ClientError { message: message.into(), span });
        }
    }
}

/// Whether the range lies wholly before `major`.0.
pub(super) fn before(version: VersionRange, major: u32) -> bool {
    version.to.is_some_and(|to| to < (major, 0))
}

/// Parses `text` as `family` does.
pub(super) fn parse(text: &Text, family: Family, version: VersionRange, symbols: &Symbols) -> Parts {
    let text = match family {
        // Several brokers stand in one string; the first is the one that is tried first.
        Family::Kombu | Family::CeleryBackend => first_broker(text),
        _ => text.clone(),
    };
    let split = url::split(&text);
    let Some(scheme) = split.scheme.clone() else {
        // Version 3 of redis-py takes `redis:host` for a URL without a host, which is not followed here.
        let lenient = before(version, 4) && text.as_str().to_ascii_lowercase().starts_with("redis");
        if !Symbols::is_known(&text) || lenient && family == Family::RedisPy {
            return unknown_shape(&text, symbols);
        }
        return without_scheme(&text, family);
    };
    if !Symbols::is_known(&scheme) {
        return unknown_shape(&text, symbols);
    }
    let mut parts = Parts::default();
    match family {
        Family::Kombu => kombu(&text, &split, &scheme, symbols, &mut parts),
        Family::CeleryBackend => celery_backend(&text, &split, &scheme, symbols, &mut parts),
        Family::Arq => arq(&text, &split, &scheme, &mut parts),
        Family::NodeRedis => node_redis(&text, &split, &scheme, version, symbols, &mut parts),
        Family::Ioredis => ioredis(&text, &split, &scheme, version, symbols, &mut parts),
        Family::RedisCli => redis_cli(&split, &scheme, symbols, &mut parts),
        Family::RedisPy | Family::DjangoRedis | Family::DjangoCore | Family::RedisRs | Family::Unknown => {
            redis_py(&text, &split, &scheme, version, symbols, &mut parts);
        }
    }
    if matches!(family, Family::RedisRs | Family::Unknown) {
        // An error that only one library raises is no fact about another one; but none reads past these characters.
        parts.error = parts
            .error
            .filter(|_| cuts_userinfo(text.as_str()))
            .map(|error| ClientError { message: "invalid URL".to_owned(), ..error });
    }
    parts
}

/// Whether a raw `#`, `/` or `?` stands between the password's colon and the `@`.
fn cuts_userinfo(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    rest.find(['#', '/', '?']).is_some_and(|at| rest[..at].contains(':') && rest[at..].contains('@'))
}

fn first_broker(text: &Text) -> Text {
    let value = text.as_str();
    match value.find(';') {
        Some(at) if value[at + 1..].contains("://") => text.slice(0..at),
        _ => text.clone(),
    }
}

/// The whole URL, or its beginning, comes from outside: everything in it is unknown, nothing is absent.
fn unknown_shape(text: &Text, symbols: &Symbols) -> Parts {
    let opaque = symbols.opaque_text(text.span());
    Parts { password: Some(opaque), port_unknown: true, db_unknown: true, unreadable: true, ..Parts::default() }
}

const SCHEMES: &str = "ValueError: Redis URL must specify one of the following schemes (redis://, rediss://, unix://)";

fn without_scheme(text: &Text, family: Family) -> Parts {
    let mut parts = Parts { port_unknown: true, db_unknown: true, unreadable: true, ..Parts::default() };
    match family {
        Family::RedisPy | Family::DjangoRedis | Family::DjangoCore => parts.fail(SCHEMES, text.span()),
        Family::Arq => parts.fail("AssertionError: invalid DSN scheme", text.span()),
        Family::NodeRedis => parts.fail("TypeError: Invalid URL", text.span()),
        // kombu and Celery take a bare word for a transport; ioredis takes `host:port`.
        _ => {}
    }
    parts
}

/// `redis.connection.parse_url`.
fn redis_py(text: &Text, url: &Url, scheme: &Text, version: VersionRange, symbols: &Symbols, parts: &mut Parts) {
    let legacy = before(version, 4);
    // Version 3 leaves the scheme to `urlparse`, which makes it lower case.
    let name = if legacy { scheme.as_str().to_ascii_lowercase() } else { scheme.as_str().to_owned() };
    match name.as_str() {
        "redis" => {}
        "rediss" => parts.tls = true,
        "unix" => return unix_socket(url, symbols, parts),
        _ => {
            parts.unreadable = true;
            return parts.fail(SCHEMES, scheme.span());
        }
    }
    let decode = |text: &Text| if legacy { text.clone() } else { decode(text, symbols) };
    unbalanced_brackets(text, url, parts);
    authority(url, &decode, parts);
    python_port(text, url, parts);
    if legacy {
        legacy_query(url, parts);
    } else {
        python_query(url, version, symbols, parts);
    }
    path_database(url, parts);
}

/// `unix:///path?db=1`.
fn unix_socket(url: &Url, symbols: &Symbols, parts: &mut Parts) {
    let decode = |text: &Text| decode(text, symbols);
    credentials(url, &decode, parts);
    parts.socket = Some(decode(&url.path));
    for (name, value) in &url.query {
        if name.as_str() == "db" {
            parts.db = value.as_str().parse().ok();
            parts.db_unknown = parts.db.is_none();
        }
    }
}

/// `urlsplit` wants brackets only around an IPv6 address.
fn unbalanced_brackets(text: &Text, url: &Url, parts: &mut Parts) {
    let value = text.as_str();
    let Some(from) = value.find("://").map(|at| at + 3) else { return };
    let to = value[from..].find(['/', '?', '#']).map_or(value.len(), |at| from + at);
    let bracket = value[from..to].find(['[', ']']).map(|at| from + at);
    if let Some(at) = bracket
        && (!url.host.as_str().contains(':') || value[from..to].contains('[') != value[from..to].contains(']'))
    {
        parts.fail("ValueError: Invalid IPv6 URL", text.span_of(at..at + 1));
    }
}

/// Host and credentials as Python's `urlsplit` gives them.
fn authority(url: &Url, decode: &dyn Fn(&Text) -> Text, parts: &mut Parts) {
    credentials(url, decode, parts);
    if !url.host.is_empty() {
        parts.host = Some(decode(&url.host.ascii_lowercase()));
    }
}

fn credentials(url: &Url, decode: &dyn Fn(&Text) -> Text, parts: &mut Parts) {
    let given = |text: &Option<Text>| text.as_ref().filter(|text| !text.is_empty()).map(decode);
    parts.username = given(&url.username);
    parts.password = given(&url.password);
}

/// The port as `urlsplit(...).port` reads it; 0 and nothing mean the default.
fn python_port(text: &Text, url: &Url, parts: &mut Parts) {
    let Some(port) = url.port.as_ref().filter(|port| !port.is_empty()) else { return };
    if !Symbols::is_known(port) {
        parts.port_unknown = true;
        return;
    }
    let value = port.as_str();
    if !value.bytes().all(|byte| byte.is_ascii_digit()) {
        parts.port_unknown = true;
        let (shown, span) = port_at_fault(text, url, port);
        return parts.fail(format!("ValueError: Port could not be cast to integer value as {shown}"), span);
    }
    match value.parse::<u16>() {
        Ok(0) => {}
        Ok(number) => {
            parts.port = Some(number);
            parts.port_span = Some(port.span());
        }
        Err(_) => {
            parts.port_unknown = true;
            parts.fail("ValueError: Port out of range 0-65535", port.span());
        }
    }
}

/// A raw `#`, `/` or `?` in a password ends the authority early, and what the library then calls the port is the
/// beginning of the password: it is not shown, and the delimiter is what to point at.
fn port_at_fault(text: &Text, url: &Url, port: &Text) -> (String, Span) {
    let value = text.as_str();
    let cut_short = url.userinfo.is_none() && value.rfind('@').is_some();
    if !cut_short {
        return (format!("'{}'", port.as_str()), port.span());
    }
    let authority = value.find("://").map_or(0, |at| at + 3);
    let delimiter = value[authority..].find(['/', '?', '#']).map(|at| authority + at);
    let span = delimiter.map_or(port.span(), |at| text.span_of(at..at + 1));
    ("'***'".to_owned(), span)
}

/// Query parameters of redis-py 4 and later.
fn python_query(url: &Url, version: VersionRange, symbols: &Symbols, parts: &mut Parts) {
    let (mut username, mut password) = (None, None);
    let mut reached_db = false;
    for (name, value) in url.query.iter().filter(|(_, value)| !value.is_empty()) {
        let key = name.as_str();
        match key {
            "db" if !reached_db => {
                reached_db = true;
                parts.db = value.as_str().parse().ok();
                parts.db_unknown = parts.db.is_none();
                if parts.db_unknown && Symbols::is_known(value) {
                    let quote = if before(version, 5) { '`' } else { '\'' };
                    parts.fail(
                        format!("ValueError: Invalid value for {quote}db{quote} in connection URL."),
                        value.span(),
                    );
                }
            }
            // Query strings are decoded once as a form and once more by redis-py.
            "password" => password = password.or_else(|| Some(form_decode(value, symbols))),
            "username" => username = username.or_else(|| Some(form_decode(value, symbols))),
            "protocol" | "timeout" if before(version, 5) => unexpected_argument(name, parts),
            "ssl_cert_reqs" if parts.tls => cert_requirements(value, parts),
            "timeout" | "socket_timeout" | "socket_connect_timeout"
                if Symbols::is_known(value) && value.as_str().trim().parse::<f64>().is_err() =>
            {
                parts.fail(format!("ValueError: Invalid value for '{key}' in connection URL."), value.span());
            }
            "max_connections" | "health_check_interval" | "protocol"
                if Symbols::is_known(value) && value.as_str().trim().parse::<i64>().is_err() =>
            {
                parts.fail(format!("ValueError: Invalid value for '{key}' in connection URL."), value.span());
            }
            _ if key.starts_with("ssl_") && parts.tls => {}
            // These name a keyword of the plain connection only in its TLS sibling, or of none.
            _ if key == "ssl" || key.starts_with("ssl_") => unexpected_argument(name, parts),
            _ => {}
        }
    }
    parts.username = parts.username.take().or(username);
    parts.password = parts.password.take().or(password);
}

/// Query parameters of redis-py 3: the database wins over the path, credentials are overwritten by the URL's own, even
/// by none, a number that is none is warned of, and any name that is no keyword is refused.
fn legacy_query(url: &Url, parts: &mut Parts) {
    for (name, value) in url.query.iter().filter(|(_, value)| !value.is_empty()) {
        match name.as_str() {
            "db" if parts.db.is_none() && !parts.db_unknown => {
                parts.db = value.as_str().trim().parse().ok();
                parts.db_unknown = parts.db.is_none();
                if parts.db_unknown && Symbols::is_known(value) {
                    let shown = value.as_str();
                    parts.fail(format!("ValueError: invalid literal for int() with base 10: '{shown}'"), value.span());
                }
            }
            "timeout" | "ssl" | "protocol" => unexpected_legacy(name, parts),
            key if key.starts_with("ssl_") && !parts.tls => unexpected_legacy(name, parts),
            _ => {}
        }
    }
}

fn unexpected_legacy(name: &Text, parts: &mut Parts) {
    let message = format!("TypeError: Connection.__init__() got an unexpected keyword argument '{}'", name.as_str());
    parts.fail(message, name.span());
}

fn unexpected_argument(name: &Text, parts: &mut Parts) {
    let message =
        format!("TypeError: AbstractConnection.__init__() got an unexpected keyword argument '{}'", name.as_str());
    parts.fail(message, name.span());
}

fn cert_requirements(value: &Text, parts: &mut Parts) {
    if Symbols::is_known(value) && !matches!(value.as_str(), "none" | "optional" | "required") {
        let message = format!("RedisError: Invalid SSL Certificate Requirements Flag: {}", value.as_str());
        parts.fail(message, value.span());
    }
}

fn form_decode(text: &Text, symbols: &Symbols) -> Text {
    decode(&decode(text, symbols), symbols)
}

/// redis-py and ioredis: slashes are removed, and what is then no number counts as nothing.
fn path_database(url: &Url, parts: &mut Parts) {
    if parts.db.is_some() || parts.db_unknown {
        return;
    }
    if !Symbols::is_known(&url.path) {
        parts.db_unknown = true;
        return;
    }
    let digits: String = url::percent_decode(&url.path).as_str().chars().filter(|char| *char != '/').collect();
    if digits.is_empty() {
        return;
    }
    // What is no number counts as no database at all, silently.
    if let Ok(number) = digits.trim().parse::<i64>() {
        parts.db = u32::try_from(number).ok();
        if parts.db.is_none() {
            parts.fail("ERR DB index is out of range", url.path.span());
        }
    }
}

/// kombu's `parse_url` with its Redis transport.
fn kombu(text: &Text, url: &Url, scheme: &Text, symbols: &Symbols, parts: &mut Parts) {
    let decode = |text: &Text| decode(text, symbols);
    match scheme.as_str() {
        "redis" => {}
        "rediss" => parts.tls = true,
        "redis+socket" | "socket" => {
            credentials(url, &decode, parts);
            parts.socket = Some(decode(&url.path));
            return;
        }
        // Another transport: nothing that concerns Redis.
        _ => {
            parts.unreadable = true;
            return;
        }
    }
    unbalanced_brackets(text, url, parts);
    authority(url, &decode, parts);
    python_port(text, url, parts);
    for (name, value) in &url.query {
        match name.as_str() {
            // It given to TLS whatever the scheme says.
            "ssl_cert_reqs" => parts.tls |= !value.is_empty(),
            "password" | "hostname" | "userid" | "port" | "virtual_host" => {
                let message =
                    format!("TypeError: Connection() got multiple values for keyword argument '{}'", name.as_str());
                parts.fail(message, name.span());
            }
            // Those of redis-py are no parameters of a broker connection.
            name @ ("db"
            | "username"
            | "socket_timeout"
            | "socket_connect_timeout"
            | "health_check_interval"
            | "max_connections"
            | "decode_responses"
            | "protocol"
            | "client_name") => {
                let message =
                    format!("TypeError: Connection._init_params() got an unexpected keyword argument '{name}'");
                parts.fail(message, value.span());
            }
            _ => {}
        }
    }
    whole_path_database(url, parts, |path| format!("ValueError: Database is int between 0 and limit - 1, not {path}"));
}

/// Celery's result backend.
fn celery_backend(text: &Text, url: &Url, scheme: &Text, symbols: &Symbols, parts: &mut Parts) {
    let decode = |text: &Text| decode(text, symbols);
    let requirements = url.query.iter().find(|(name, _)| name.as_str() == "ssl_cert_reqs");
    match scheme.as_str() {
        "redis" => {
            if let Some((name, _)) = url.query.iter().find(|(name, _)| name.as_str().starts_with("ssl_")) {
                parts.fail(
                    "ValueError: SSL connection parameters have been provided but the specified URL scheme is \
                     redis://. A Redis SSL connection URL should use the scheme rediss://.",
                    name.span(),
                );
            }
        }
        "rediss" => {
            parts.tls = true;
            if requirements.is_none() {
                parts.fail(
                    "ValueError: A rediss:// URL must have parameter ssl_cert_reqs and this must be set to \
                     CERT_REQUIRED, CERT_OPTIONAL, or CERT_NONE",
                    scheme.span(),
                );
            }
        }
        "socket" => {
            credentials(url, &decode, parts);
            parts.socket = Some(decode(&url.path));
            return;
        }
        _ => {
            parts.unreadable = true;
            return;
        }
    }
    authority(url, &decode, parts);
    python_port(text, url, parts);
    let query = |wanted: &str| {
        url.query
            .iter()
            .find(|(name, value)| name.as_str() == wanted && !value.is_empty())
            .map(|(_, text)| decode(text))
    };
    if let Some(password) = query("password") {
        parts.password = Some(password);
    }
    whole_path_database(url, parts, |path| format!("ValueError: invalid literal for int() with base 10: '{path}'"));
}

/// arq's `RedisSettings.from_dsn`, which decodes nothing.
fn arq(text: &Text, url: &Url, scheme: &Text, parts: &mut Parts) {
    match scheme.as_str() {
        "redis" => {}
        "rediss" => parts.tls = true,
        "unix" => {
            credentials(url, &Text::clone, parts);
            parts.socket = Some(url.path.clone());
            return;
        }
        _ => {
            parts.unreadable = true;
            return parts.fail("AssertionError: invalid DSN scheme", scheme.span());
        }
    }
    authority(url, &Text::clone, parts);
    python_port(text, url, parts);
    whole_path_database(url, parts, |path| format!("ValueError: invalid literal for int() with base 10: '{path}'"));
}

/// Libraries that take the whole path for the database and refuse what is no number.
fn whole_path_database(url: &Url, parts: &mut Parts, refusal: impl Fn(&str) -> String) {
    let path = url.path.trim_matches(|char| char == '/');
    if path.is_empty() {
        return;
    }
    parts.db = path.as_str().parse().ok();
    if parts.db.is_none() {
        parts.db_unknown = true;
        if Symbols::is_known(&path) {
            parts.fail(refusal(path.as_str()), path.span());
        }
    }
}

/// node-redis reads its URL with the WHATWG parser, and knows no query parameters.
fn node_redis(text: &Text, url: &Url, scheme: &Text, version: VersionRange, symbols: &Symbols, parts: &mut Parts) {
    let decode = |text: &Text| decode(text, symbols);
    match scheme.as_str().to_ascii_lowercase().as_str() {
        "redis" => {}
        "rediss" => parts.tls = true,
        _ => {
            parts.unreadable = true;
            return parts.fail("TypeError: Invalid protocol", scheme.span());
        }
    }
    authority(url, &decode, parts);
    node_port(text, url, "TypeError: Invalid URL", parts);
    malformed_escape(url, parts);
    if before(version, 4) && parts.password.is_none() {
        // Version 3 takes a lone user name for the password.
        parts.password = parts.username.take();
    }
    whole_path_database(url, parts, |_| "TypeError: Invalid pathname".to_owned());
}

/// ioredis.
fn ioredis(text: &Text, url: &Url, scheme: &Text, version: VersionRange, symbols: &Symbols, parts: &mut Parts) {
    let decode = |text: &Text| decode(text, symbols);
    parts.tls = scheme.as_str().eq_ignore_ascii_case("rediss");
    authority(url, &decode, parts);
    node_port(text, url, "TypeError: Invalid URL", parts);
    for (name, value) in url.query.iter().filter(|(_, value)| !value.is_empty()) {
        match name.as_str() {
            "password" if parts.password.is_none() => parts.password = Some(decode(value)),
            "username" if parts.username.is_none() => parts.username = Some(decode(value)),
            _ => {}
        }
    }
    if before(version, 5) {
        // Version 4 drops the user name, and reads a URL that it cannot parse as the default address.
        parts.username = None;
        if parts.error.take().is_some() {
            parts.host = Some(Text::mapped("127.0.0.1", text.span()));
            (parts.username, parts.password, parts.port_unknown) = (None, None, false);
        }
    }
    path_database(url, parts);
    if parts.db.is_none() && !parts.db_unknown {
        let query = url.query.iter().find(|(name, _)| name.as_str() == "db");
        parts.db = query.and_then(|(_, value)| value.as_str().parse().ok());
    }
}

/// The port as the WHATWG parser reads it.
fn node_port(text: &Text, url: &Url, refusal: &str, parts: &mut Parts) {
    let Some(port) = url.port.as_ref().filter(|port| !port.is_empty()) else { return };
    if !Symbols::is_known(port) {
        parts.port_unknown = true;
        return;
    }
    if let Ok(number) = port.as_str().parse::<u16>() {
        parts.port = Some(number);
        parts.port_span = Some(port.span());
    } else {
        parts.port_unknown = true;
        parts.fail(refusal, port_at_fault(text, url, port).1);
    }
}

/// `decodeURIComponent` refuses a `%` without two hexadecimal digits.
fn malformed_escape(url: &Url, parts: &mut Parts) {
    for text in [&url.username, &url.password].into_iter().flatten() {
        let bytes = text.as_str().as_bytes();
        let bad = (0..bytes.len()).find(|at| {
            let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
            bytes[*at] == b'%' && !(digit(at + 1) && digit(at + 2))
        });
        if let Some(at) = bad {
            parts.fail("URIError: URI malformed", text.span_of(at..at + 1));
        }
    }
}

/// `redis-cli -u`: a userinfo without colon is the password, and an empty user name is sent as it is.
fn redis_cli(url: &Url, scheme: &Text, symbols: &Symbols, parts: &mut Parts) {
    let decode = |text: &Text| decode(text, symbols);
    match scheme.as_str() {
        "redis" => {}
        "rediss" => parts.tls = true,
        _ => {
            parts.unreadable = true;
            return parts.fail("Invalid URI scheme", scheme.span());
        }
    }
    if !url.host.is_empty() {
        parts.host = Some(url.host.clone());
    }
    match (&url.username, &url.password) {
        (username, Some(password)) => {
            parts.username = username.as_ref().map(decode);
            parts.password = Some(decode(password));
        }
        (Some(only), None) if !only.is_empty() => parts.password = Some(decode(only)),
        _ => {}
    }
    if let Some(port) = url.port.as_ref().filter(|port| !port.is_empty()) {
        parts.port = port.as_str().parse().ok();
        parts.port_span = Some(port.span());
        parts.port_unknown = parts.port.is_none();
    }
    let path = url.path.trim_matches(|char| char == '/');
    if !path.is_empty() {
        parts.db = path.as_str().parse().ok();
        parts.db_unknown = parts.db.is_none();
    }
}

/// Percent decoding; a symbol that was percent-encoded before it was put into the URL becomes the symbol itself.
fn decode(text: &Text, symbols: &Symbols) -> Text {
    let text = url::percent_decode(text);
    if Symbols::is_known(&text) {
        return text;
    }
    let mut out = Text::empty(text.anchor());
    for (at, char) in text.as_str().char_indices() {
        let range = at..at + char.len_utf8();
        match symbols.get(char).filter(|_| is_symbol(char)) {
            Some(Symbol::Changed { base, change: Change::PercentEncoded }) => {
                out.push_mapped(base.encode_utf8(&mut [0; 4]), text.span_of(range));
            }
            _ => out.push_text(&text.slice(range)),
        }
    }
    out
}
