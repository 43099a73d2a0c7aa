//! Connection settings → what the client will connect with, in every alternative.
//!
//! URL and keyword arguments combine as in the client's own library (facts.md §1.5). A value that could not be read
//! becomes an opaque text, never an absent one. Knows nothing of servers.

use super::grammar::{self, DEFAULT_PORT, Parts, integer, no_integer};
use crate::model::{ClientCase, ClientError, Family, Reach, VersionRange};
use crate::resolve::conditions::{always, cases, combine};
use crate::resolve::evaluate::ConnectionSettings;
use crate::resolve::project::Case;
use crate::source::Span;
use crate::symbol::{Resolved, Symbols};
use crate::text::Text;

/// The settings of one alternative; `None`: absent, the library's default applies.
#[derive(Clone, Default)]
struct Picked {
    url: Option<Text>,
    /// A URL was asked for and is known to be absent (`from_url(os.getenv("X"))` with nothing set).
    url_missing: bool,
    host: Option<Text>,
    port: Option<Text>,
    db: Option<Text>,
    username: Option<Text>,
    password: Option<Text>,
    tls: Option<Text>,
    socket: Option<Text>,
}

/// What a client connects with, one case for each alternative of its settings; never empty. `reach` is left
/// `Undetermined`.
#[must_use]
pub fn connect(
    settings: &ConnectionSettings,
    family: Family,
    version: VersionRange,
    symbols: &Symbols,
) -> Vec<ClientCase> {
    if let Some(error) = &settings.end {
        return vec![ClientCase { error: Some(error.clone()), password: None, ..unreadable(settings, symbols) }];
    }
    let Some(picked) = alternatives(settings) else {
        return vec![unreadable(settings, symbols)];
    };
    picked
        .into_iter()
        .map(|case| {
            let parts = parts(&case, family, version, symbols);
            ClientCase {
                when: case.when,
                url: case.value.url,
                host: parts.host,
                port: parts.port,
                port_span: parts.port_span,
                db: parts.db,
                tls: parts.tls,
                username: parts.username,
                password: parts.password,
                error: parts.error,
                trace: case.trace,
                reach: Reach::Undetermined,
            }
        })
        .collect()
}

/// Every combination of the settings' alternatives; `None`: too many.
fn alternatives(settings: &ConnectionSettings) -> Option<Vec<Case<Picked>>> {
    type Put = fn(&mut Picked, Option<Text>);
    let fields: [(&Option<Resolved>, Put); 8] = [
        (&settings.url, |picked, text| {
            picked.url_missing = text.is_none();
            picked.url = text;
        }),
        (&settings.password, |picked, text| picked.password = text),
        (&settings.username, |picked, text| picked.username = text),
        (&settings.host, |picked, text| picked.host = text),
        (&settings.port, |picked, text| picked.port = text),
        (&settings.db, |picked, text| picked.db = text),
        (&settings.tls, |picked, text| picked.tls = text),
        (&settings.socket, |picked, text| picked.socket = text),
    ];
    let mut all = always(Picked::default());
    for (value, put) in fields {
        let Some(value) = value else { continue };
        all = combine(&all, &cases(value), |picked: &Picked, text| {
            let mut picked = picked.clone();
            put(&mut picked, text.clone());
            picked
        })?;
    }
    (!all.is_empty()).then_some(all)
}

/// A client about which nothing can be said.
fn unreadable(settings: &ConnectionSettings, symbols: &Symbols) -> ClientCase {
    let mut values = [&settings.url, &settings.host, &settings.password].into_iter().flatten();
    let text = values.find_map(|value| value.alternatives.iter().find_map(|one| one.value.clone()));
    let opaque = text.map(|text| symbols.opaque_text(text.span()));
    ClientCase {
        when: Vec::new(),
        url: None,
        host: None,
        port: None,
        port_span: None,
        db: None,
        tls: false,
        username: None,
        password: opaque,
        error: None,
        trace: Vec::new(),
        reach: Reach::Undetermined,
    }
}

fn parts(case: &Case<Picked>, family: Family, version: VersionRange, symbols: &Symbols) -> Parts {
    let picked = &case.value;
    let mut parts = match &picked.url {
        Some(url) => grammar::parse(url, family, version, symbols),
        None if picked.url_missing => {
            let error = case.trace.last().and_then(|step| missing_url(family, step.span));
            return Parts { error, ..Parts::default() };
        }
        None => Parts::default(),
    };
    if parts.unreadable {
        return parts;
    }
    // In every library measured the parts of the URL win, and arguments fill what it lacks.
    let filled = |text: &Option<Text>| text.clone().filter(|text| !text.is_empty());
    parts.username = parts.username.or_else(|| filled(&picked.username));
    parts.password = parts.password.or_else(|| filled(&picked.password));
    // Only redis-cli sends what is empty, and node-redis 3 an empty password.
    if family != Family::RedisCli {
        parts.username = parts.username.filter(|text| !text.is_empty());
    }
    if family != Family::RedisCli && !(family == Family::NodeRedis && grammar::before(version, 4)) {
        parts.password = parts.password.filter(|text| !text.is_empty());
    }
    if parts.socket.is_some() && (family.is_on_redis_py() || family == Family::ValkeyPy) {
        // An address beside the socket of a URL is one keyword too many.
        let address = [("host", &picked.host), ("port", &picked.port)];
        let given = address.into_iter().find_map(|(name, value)| value.as_ref().map(|value| (name, value.span())));
        if let Some((name, span)) = given {
            grammar::refuse_keyword(name, span, version, &mut parts);
        }
    }
    if let Some(socket) = &picked.socket
        && parts.host.is_none()
    {
        parts.socket = Some(socket.clone());
    }
    if parts.socket.is_some() {
        (parts.host, parts.port, parts.port_span) = (None, None, None);
    } else {
        parts.host = parts.host.or_else(|| filled(&picked.host)).or_else(|| default_host(picked, family, version));
        if parts.port.is_none() && !parts.port_unknown {
            match &picked.port {
                Some(port) => port_argument(&mut parts, port, family, version),
                None => parts.port = Some(DEFAULT_PORT),
            }
        }
    }
    if parts.db.is_none() && !parts.db_unknown {
        match &picked.db {
            // Version 3 of redis-py makes it a number where there is a URL.
            Some(db) if family == Family::RedisPy && grammar::before(version, 4) && picked.url.is_some() => {
                grammar::database(db, &mut parts);
            }
            Some(db) => database_argument(&mut parts, db, family),
            None => parts.db = Some(0),
        }
    }
    if family == Family::CeleryBackend && picked.tls.is_some() {
        // `redis_backend_use_ssl` may name what the URL does not.
        parts.error = parts.error.filter(|error| !grammar::lacks_requirements(error));
    }
    if let Some(tls) = &picked.tls {
        if Symbols::is_known(tls) {
            // Any other text is a non-empty string, which Python takes for true: `ssl="false"` included.
            parts.tls |= !matches!(tls.as_str(), "" | "0" | "False" | "None");
        } else if !parts.tls {
            // Whether it speaks TLS can't be told, so neither whether the port is the right one.
            parts.port = None;
            parts.port_unknown = true;
        }
    }
    parts
}

/// A port given beside or instead of a URL.
fn port_argument(parts: &mut Parts, text: &Text, family: Family, version: VersionRange) {
    if !Symbols::is_known(text) {
        return;
    }
    let value = text.as_str();
    parts.port = integer(value).and_then(|number| u16::try_from(number).ok());
    parts.port_span = Some(text.span());
    let javascript = matches!(family, Family::NodeRedis | Family::Ioredis);
    match (parts.port, integer(value)) {
        // Zero counts as nothing there.
        (Some(0), _) if family == Family::NodeRedis => (parts.port, parts.port_span) = (Some(DEFAULT_PORT), None),
        (None, None) if !javascript => parts.fail(no_integer(value), text.span()),
        (None, None) if grammar::before(version, 4) => parts.port = Some(DEFAULT_PORT),
        _ => {}
    }
}

/// A database given beside or instead of a URL: it goes to the server as it is.
fn database_argument(parts: &mut Parts, text: &Text, family: Family) {
    match integer(text.as_str()) {
        _ if !Symbols::is_known(text) => {}
        _ if matches!(text.as_str().trim(), "" | "None") => parts.db = Some(0),
        None if family == Family::Ioredis => parts.db = Some(0),
        number => parts.select(number, text.span()),
    }
}

/// The libraries' own default, placed where the host would have been read.
fn default_host(picked: &Picked, family: Family, version: VersionRange) -> Option<Text> {
    let near = [&picked.url, &picked.host, &picked.port, &picked.password, &picked.db, &picked.username];
    let near = near.into_iter().flatten().next()?;
    let address = match family {
        Family::Kombu | Family::RedisCli => "127.0.0.1",
        Family::NodeRedis if grammar::before(version, 4) => "127.0.0.1",
        _ => "localhost",
    };
    Some(Text::mapped(address, near.anchor()))
}

/// What the library says when it is given no URL at all.
fn missing_url(family: Family, span: Span) -> Option<ClientError> {
    let message = match family {
        Family::RedisPy | Family::RedisPyAsyncio | Family::DjangoRedis | Family::DjangoCore => {
            "AttributeError: 'NoneType' object has no attribute 'startswith'"
        }
        // Celery falls back to AMQP, the others to their own default or to an error that was not measured.
        _ => return None,
    };
    Some(ClientError { message: message.to_owned(), span })
}
