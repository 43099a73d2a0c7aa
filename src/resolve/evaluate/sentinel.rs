//! Clients of the Sentinels themselves: Celery's `sentinel://` brokers, the `redis+sentinel://` stores of rate limits, and
//! redis-py's `Sentinel([…])`.
//!
//! Whoever asks for a master logs in to the Sentinel first, with `sentinel_kwargs` and nothing else: the password of the
//! URL or of the call goes to the master. Knows no servers.

use crate::facts::code::{Binding, Call, Expr, ExprKind};
use crate::model::{ClientError, Family};
use crate::source::Span;
use crate::symbol::Resolved;
use crate::syntax::url;
use crate::text::Text;

use super::ConnectionSettings;
use super::values::{Evaluator, Scope};

/// The names under which Celery takes the options of its transport.
const OPTIONS: &[&str] = &["broker_transport_options", "BROKER_TRANSPORT_OPTIONS", "CELERY_BROKER_TRANSPORT_OPTIONS"];

/// redis-py's class, also the asynchronous one.
pub(super) fn is_sentinel(name: &str) -> bool {
    matches!(name, "redis.Sentinel" | "redis.sentinel.Sentinel" | "redis.asyncio.Sentinel")
        || name == "redis.asyncio.sentinel.Sentinel"
}

/// What a broker URL and the options beside it say to the Sentinels; `None`: the broker is of another kind.
pub(super) fn broker<'a>(
    evaluator: &Evaluator<'a>,
    urls: &Resolved,
    beside: &'a [Binding],
    scope: Scope<'a>,
) -> Option<ConnectionSettings> {
    let text = urls.single()?.value.as_ref()?;
    if !text.as_str().starts_with("sentinel://") {
        return None;
    }
    let end = text.as_str().find(';').unwrap_or(text.len());
    let address = url::split(&text.slice(0..end));
    let known = |text: &Text| Some(Resolved::known(text.clone(), Vec::new()));
    let mut settings = ConnectionSettings {
        host: known(&address.host),
        port: known(&address.port.unwrap_or_else(|| Text::mapped("26379", address.host.span()))),
        ..ConnectionSettings::default()
    };
    let options = beside.iter().rev().find(|binding| OPTIONS.contains(&binding.name.value.as_str()));
    match options.and_then(|options| options.value.as_ref()) {
        Some(value) => {
            let (entries, complete) = evaluator.pairs(value, scope);
            let find = |name: &str| entries.iter().find(|(key, ..)| *key == name);
            settings.master = find("master_name").map(|(_, value, scope)| resolved(evaluator, value, *scope));
            let kwargs = find("sentinel_kwargs").map(|(_, value, scope)| (*value, *scope));
            credentials(evaluator, kwargs, complete, value.span, &mut settings);
        }
        // They may be given anywhere else.
        None => credentials(evaluator, None, false, text.span(), &mut settings),
    }
    Some(settings)
}

/// What a call of `Sentinel([(host, port), …], sentinel_kwargs={…})` says to the first of them.
pub(super) fn call<'a>(
    evaluator: &Evaluator<'a>,
    call: &'a Call,
    span: Span,
    scope: Scope<'a>,
) -> Option<ConnectionSettings> {
    let addresses = call.arguments.first().or_else(|| call.keyword("sentinels"))?;
    let ExprKind::List(addresses) = &addresses.kind else { return None };
    let ExprKind::List(address) = &addresses.first()?.kind else { return None };
    let [host, port] = address.as_slice() else { return None };
    let mut settings = ConnectionSettings {
        host: Some(resolved(evaluator, host, scope)),
        port: Some(resolved(evaluator, port, scope)),
        ..ConnectionSettings::default()
    };
    let kwargs = call.keyword("sentinel_kwargs").or_else(|| call.arguments.get(2)).map(|value| (value, scope));
    credentials(evaluator, kwargs, call.spreads.is_empty(), span, &mut settings);
    Some(settings)
}

/// What limits and the libraries on top of it make of `redis+sentinel://host:port,…/master`: the login of the URL goes to
/// the Sentinels, too, unless the call says otherwise. `None`: the URL is of another kind.
///
/// <https://limits.readthedocs.io/en/stable/storage.html#redis-sentinel-storage>
pub(super) fn storage<'a>(
    evaluator: &Evaluator<'a>,
    urls: &Resolved,
    (name, call): (&str, &'a Call),
    span: Span,
    scope: Scope<'a>,
) -> Option<ConnectionSettings> {
    let own = name.ends_with(".RedisSentinelStorage");
    let unknown = || Some(Resolved::known(evaluator.symbols.opaque_text(span), Vec::new()));
    let Some(text) = urls.single().and_then(|only| only.value.as_ref()) else {
        let settings =
            ConnectionSettings { host: unknown(), port: unknown(), password: unknown(), ..Default::default() };
        return own.then_some(settings);
    };
    let scheme = text.as_str().strip_prefix("async+").unwrap_or(text.as_str());
    if !own && !scheme.starts_with("redis+sentinel://") {
        return None;
    }
    let end = text.as_str().find(',').unwrap_or(text.len());
    let address = url::split(&text.slice(0..end));
    let known = |text: Text| Resolved::known(text, Vec::new());
    let master = text.as_str().rfind('/').map(|at| text.slice(at + 1..text.len()));
    let message = || "ConfigurationError: Missing host or port".to_owned();
    let mut settings = ConnectionSettings {
        host: Some(known(address.host.ascii_lowercase())),
        username: address.username.filter(|name| !name.is_empty()).map(known),
        password: address.password.filter(|password| !password.is_empty()).map(known),
        master: master.map(known),
        end: address.port.is_none().then(|| ClientError { message: message(), span }),
        port: address.port.map(known),
        ..ConnectionSettings::default()
    };
    // Only newer versions take these for the Sentinels' as well.
    if call.keyword("username").or_else(|| call.keyword("password")).is_some() {
        (settings.username, settings.password) = (unknown(), unknown());
    }
    let options = call.keyword("storage_options").map(|options| evaluator.pairs(options, scope));
    let kwargs = match &options {
        Some((entries, _)) => entries.iter().find(|one| one.0 == "sentinel_kwargs").map(|one| (one.1, one.2)),
        None => call.keyword("sentinel_kwargs").map(|value| (value, scope)),
    };
    let complete = call.spreads.is_empty() && options.is_none_or(|(_, complete)| complete);
    credentials(evaluator, kwargs, complete, span, &mut settings);
    Some(settings)
}

fn resolved<'a>(evaluator: &Evaluator<'a>, value: &'a Expr, scope: Scope<'a>) -> Resolved {
    evaluator.resolved(evaluator.eval(value, scope), value.span)
}

/// The user and password in `sentinel_kwargs`; unknown ones where not everything could be read.
fn credentials<'a>(
    evaluator: &Evaluator<'a>,
    kwargs: Option<(&'a Expr, Scope<'a>)>,
    complete: bool,
    span: Span,
    settings: &mut ConnectionSettings,
) {
    let (entries, whole) = match kwargs {
        Some((value, scope)) => evaluator.pairs(value, scope),
        None => (Vec::new(), complete),
    };
    for (key, value, scope) in entries {
        match key {
            "password" => settings.password = Some(resolved(evaluator, value, scope)),
            "username" => settings.username = Some(resolved(evaluator, value, scope)),
            "ssl" => settings.tls = Some(resolved(evaluator, value, scope)),
            _ => {}
        }
    }
    if !whole {
        let unknown = || Resolved::known(evaluator.symbols.opaque_text(span), Vec::new());
        settings.password.get_or_insert_with(unknown);
        settings.tls.get_or_insert_with(unknown);
    }
}

/// The family of these clients: what redis-py is given is what kombu gives it.
pub(super) const FAMILY: Family = Family::RedisPy;
