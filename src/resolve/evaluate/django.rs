//! Django: `CACHES` and `CHANNEL_LAYERS`.

use crate::facts::code::{Expr, ExprKind};
use crate::model::Family;
use crate::symbol::Resolved;
use crate::text::Text;

use super::ConnectionSettings;
use super::settings::{Named, entries, entry_client, options};
use super::sites::{self, Found, Slot};
use super::values::{Evaluator, Scope, Value};

pub(super) fn caches<'a>(evaluator: &Evaluator<'a>, named: Named<'a>, found: &mut Found) {
    let Some(value) = &named.binding.value else { return };
    let scope = Scope::within(named.module, named.class);
    for (_, cache, scope) in entries(evaluator, value, scope) {
        if let Some(url) = cache_url(evaluator, cache, scope) {
            let settings = ConnectionSettings { url: Some(url), ..ConnectionSettings::default() };
            entry_client(evaluator, (cache, scope), cache.span, Family::DjangoRedis, settings, named, found);
            continue;
        }
        let list = entries(evaluator, cache, scope);
        let get = |key: &str| list.iter().find(|(name, ..)| *name == key).map(|(_, value, scope)| (*value, *scope));
        let backend = get("BACKEND").map(|(value, scope)| evaluator.resolved(evaluator.eval(value, scope), value.span));
        let backend = backend.as_ref().and_then(|backend| backend.single()).and_then(|only| only.value.clone());
        let family = match backend.as_ref().map(Text::as_str) {
            Some("django_redis.cache.RedisCache") => Family::DjangoRedis,
            Some("django.core.cache.backends.redis.RedisCache") => Family::DjangoCore,
            _ => continue,
        };
        let Some((location, location_scope)) = get("LOCATION") else { continue };
        let mut password = None;
        let mut username = None;
        if let Some((value, scope)) = get("OPTIONS") {
            for (key, value, scope) in entries(evaluator, value, scope) {
                let resolve = || Some(evaluator.resolved(evaluator.eval(value, scope), value.span));
                match (key, family) {
                    ("PASSWORD", Family::DjangoRedis) | ("password", Family::DjangoCore) => password = resolve(),
                    ("USERNAME", Family::DjangoRedis) | ("username", Family::DjangoCore) => username = resolve(),
                    ("CONNECTION_POOL_KWARGS", Family::DjangoRedis) => {
                        for (key, value, scope) in entries(evaluator, value, scope) {
                            let resolve = || Some(evaluator.resolved(evaluator.eval(value, scope), value.span));
                            match key {
                                "password" => password = resolve(),
                                "username" => username = resolve(),
                                _ => {}
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        for case in evaluator.eval(location, location_scope) {
            let locations: Vec<(&'a Expr, Scope<'a>)> = match case.value {
                Value::Structure(Expr { kind: ExprKind::List(values), .. }, inner) => {
                    values.iter().map(|value| (value, inner)).collect()
                }
                _ => vec![(location, location_scope)],
            };
            for (location, scope) in locations {
                let url = evaluator.resolved(evaluator.eval(location, scope), location.span);
                let settings = ConnectionSettings {
                    url: Some(url),
                    password: password.clone(),
                    username: username.clone(),
                    ..ConnectionSettings::default()
                };
                entry_client(evaluator, (location, scope), location.span, family, settings, named, found);
            }
        }
    }
}

/// `env.cache("REDIS_URL")`, which makes a django-redis cache of a URL and drops its query.
fn cache_url<'a>(evaluator: &Evaluator<'a>, cache: &'a Expr, scope: Scope<'a>) -> Option<Resolved> {
    let name = evaluator.qualified(&cache.as_call()?.callee, scope)?;
    if !matches!(name.as_str(), "environ.Env.cache" | "environ.Env.cache_url") {
        return None;
    }
    let mut url = evaluator.resolved(evaluator.eval(cache, scope), cache.span);
    for alternative in &mut url.alternatives {
        let Some(text) = &mut alternative.value else { continue };
        let login = text.as_str().rfind('@').map_or("", |at| text.as_str().get(..at).unwrap_or_default());
        if login.split_once("://").is_some_and(|(_, login)| login.contains(['/', '?', '#'])) {
            *text = evaluator.symbols.opaque_text(cache.span);
            continue;
        }
        let end = text.as_str().find('?').unwrap_or(text.as_str().len());
        let start = if text.as_str().starts_with("rediscache://") { "rediscache".len() } else { 0 };
        let mut whole = Text::mapped(if start > 0 { "redis" } else { "" }, text.span());
        whole.push_text(&text.slice(start..end));
        *text = whole;
    }
    sites::keep_redis(&mut url).then_some(url)
}

pub(super) fn channel_layers<'a>(evaluator: &Evaluator<'a>, named: Named<'a>, found: &mut Found) {
    let Some(value) = &named.binding.value else { return };
    let scope = Scope::within(named.module, named.class);
    for (_, layer, scope) in entries(evaluator, value, scope) {
        for (key, config, scope) in entries(evaluator, layer, scope) {
            if key != "CONFIG" {
                continue;
            }
            for (key, hosts, scope) in entries(evaluator, config, scope) {
                if key != "hosts" {
                    continue;
                }
                for case in evaluator.eval(hosts, scope) {
                    let Value::Structure(Expr { kind: ExprKind::List(list), .. }, inner) = case.value else { continue };
                    for host in list {
                        channel_host(evaluator, host, inner, named, found);
                    }
                }
            }
        }
    }
}

/// `("host", 6379)`, a URL, or a dictionary.
fn channel_host<'a>(evaluator: &Evaluator<'a>, host: &'a Expr, scope: Scope<'a>, named: Named<'a>, found: &mut Found) {
    match &host.kind {
        ExprKind::List(parts) => {
            let mut settings = ConnectionSettings::default();
            for (slot, part) in [Slot::Host, Slot::Port].into_iter().zip(parts) {
                *settings.slot(slot) = Some(evaluator.resolved(evaluator.eval(part, scope), part.span));
            }
            if !parts.is_empty() {
                entry_client(evaluator, (&parts[0], scope), host.span, Family::RedisPy, settings, named, found);
            }
        }
        ExprKind::Dict(_) => options(evaluator, host, scope, Family::RedisPy, named, found),
        _ => {
            let url = evaluator.resolved(evaluator.eval(host, scope), host.span);
            let settings = ConnectionSettings { url: Some(url), ..ConnectionSettings::default() };
            entry_client(evaluator, (host, scope), host.span, Family::RedisPy, settings, named, found);
        }
    }
}
