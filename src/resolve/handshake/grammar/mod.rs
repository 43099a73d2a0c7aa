//! The URL grammar of each client library (facts.md §1.5 and §1.6).
//!
//! A URL goes in, its parts as the library understands them come out, or the library's own error text with the bytes
//! at fault. Texts in errors never hold a secret's value.

mod celery;
mod node;
mod node_legacy;
mod python;
mod redis_cli;
mod redis_py;

use crate::model::{ClientError, Family, VersionRange};
use crate::source::Span;
use crate::symbol::{Change, Symbol, Symbols, is_symbol};
use crate::syntax::url;
use crate::text::Text;

pub(super) use celery::lacks_requirements;
pub(super) use python::{database, integer, no_integer};
pub(super) use redis_py::refuse_keyword;

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

    /// Takes a number for the database as the server will.
    pub fn select(&mut self, number: Option<i64>, span: Span) {
        self.db = number.and_then(|number| u32::try_from(number).ok());
        match (number, self.db) {
            (None, _) => self.fail("ERR value is not an integer or out of range", span),
            (Some(_), None) => self.fail("ERR DB index is out of range", span),
            (Some(_), Some(_)) => {}
        }
    }

    /// Nothing can be said of this URL, not even that it is one of Redis.
    fn nothing_known() -> Self {
        Self { port_unknown: true, db_unknown: true, unreadable: true, ..Self::default() }
    }

    fn refused(message: impl Into<String>, span: Span) -> Self {
        let mut parts = Self::nothing_known();
        parts.fail(message, span);
        parts
    }
}

/// The port of every library where none is given.
pub(super) const DEFAULT_PORT: u16 = 6379;

/// Whether the range lies wholly before `major`.0.
pub(super) fn before(version: VersionRange, major: u32) -> bool {
    version.to.is_some_and(|to| to < (major, 0))
}

/// Parses `text` as `family` does.
pub(super) fn parse(text: &Text, family: Family, version: VersionRange, symbols: &Symbols) -> Parts {
    if !Symbols::is_known(&scheme_of(text)) {
        // The whole URL, or its beginning, comes from outside: everything in it is unknown, nothing is absent.
        let opaque = symbols.opaque_text(text.span());
        return Parts { password: Some(opaque), ..Parts::nothing_known() };
    }
    let mut parts = match family {
        Family::Kombu => first_of(text, &[';'], |text| celery::broker(text, symbols)),
        Family::CeleryBackend => celery::backend(text, symbols),
        Family::Arq => python::arq(text),
        Family::NodeRedis if before(version, 4) => node_legacy::node_redis(text, symbols),
        Family::NodeRedis => node::node_redis(text, version, symbols),
        Family::Ioredis if before(version, 5) => node_legacy::ioredis(text, symbols),
        Family::Ioredis => node::ioredis(text, symbols),
        Family::RedisCli => redis_cli::parse(text, symbols),
        Family::DjangoCore => first_of(text, &[';', ','], |text| redis_py::parse(text, family, version, symbols)),
        // Commas part the servers that django-redis takes.
        Family::DjangoRedis => first_of(text, &[','], |text| redis_py::parse(text, family, version, symbols)),
        Family::RedisPy | Family::RedisPyAsyncio | Family::ValkeyPy => redis_py::parse(text, family, version, symbols),
        Family::RedisRs | Family::Replica | Family::Sentinel | Family::Unknown => whatever_the_library(text, symbols),
    };
    // A broken delimiter may stand in what comes from outside just as well: what it breaks is not known then.
    if !Symbols::is_known(text) && parts.error.as_ref().is_some_and(|error| error.message.contains("Port could")) {
        parts.port_unknown = true;
    }
    parts
}

/// Up to `://`; the whole text where there is none.
fn scheme_of(text: &Text) -> Text {
    let end = text.as_str().find("://").unwrap_or(text.len());
    text.slice(0..end)
}

/// Several servers in one string, of which `read` gets the first: the one that Django writes to, and that kombu tries
/// first. A separator inside a password cuts it off, and what is left of it is not shown.
fn first_of(text: &Text, separators: &[char], read: impl FnOnce(&Text) -> Parts) -> Parts {
    let Some(at) = text.as_str().find(separators) else { return read(text) };
    let mut parts = read(&text.slice(0..at));
    if text.as_str()[at..].contains('@')
        && let Some(error) = parts.error.as_mut().filter(|error| error.message.contains(python::NO_PORT))
    {
        error.message = format!("{} '***'", python::NO_PORT);
        error.span = text.span_of(at..at + 1);
    }
    parts
}

/// An error that only one library raises is no fact about another one; but none reads past the characters that end the
/// authority early, and a URL without a scheme is none.
fn whatever_the_library(text: &Text, symbols: &Symbols) -> Parts {
    if !text.as_str().contains("://") {
        let mut parts = Parts::nothing_known();
        if is_bare_address(text.as_str()) {
            parts.fail("invalid URL: it has no scheme".to_owned(), text.span());
        }
        return parts;
    }
    let mut parts = redis_py::parse(text, Family::RedisPy, VersionRange::default(), symbols);
    let cut = cuts_userinfo(text.as_str());
    parts.error = parts.error.filter(|_| cut).map(|error| ClientError { message: "invalid URL".to_owned(), ..error });
    // Some take the query's names in capitals: `env.cache()` of django-environ makes `OPTIONS` of them.
    let in_query = |(name, _): &&(Text, Text)| name.as_str().eq_ignore_ascii_case("password");
    if parts.password.as_ref().is_none_or(Text::is_empty)
        && let Some((_, password)) = url::split(text).query.iter().find(in_query)
    {
        parts.password = Some(password.clone());
    }
    parts
}

/// Whether it is an address or a dotted host name and nothing else. Libraries that take a URL refuse it or go to their
/// default host (node-redis 3); only ioredis reads it as a host.
#[must_use]
pub fn is_bare_address(value: &str) -> bool {
    let label =
        |label: &str| !label.is_empty() && label.chars().all(|char| char.is_ascii_alphanumeric() || char == '-');
    value.contains('.') && value.split('.').all(label)
}

/// Whether a raw `#`, `/` or `?` stands between the password's colon and the `@`.
fn cuts_userinfo(url: &str) -> bool {
    let Some((_, rest)) = url.split_once("://") else { return false };
    rest.find(['#', '/', '?']).is_some_and(|at| rest[..at].contains(':') && rest[at..].contains('@'))
}

/// Percent decoding as Python's `unquote` does; a symbol that was percent-encoded before it was put into the URL becomes
/// the symbol itself.
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

/// Without the characters that `drop` accepts.
fn without(text: &Text, drop: impl Fn(char) -> bool) -> Text {
    if !text.as_str().contains(&drop) {
        return text.clone();
    }
    let mut out = Text::empty(text.anchor());
    for (at, char) in text.as_str().char_indices().filter(|(_, char)| !drop(*char)) {
        out.push_text(&text.slice(at..at + char.len_utf8()));
    }
    out
}
