//! Django: `CACHES` and `CHANNEL_LAYERS`, as a whole or entry by entry.

use std::collections::HashSet;

use crate::facts::code::{Expr, ExprKind, Module};
use crate::model::Family;
use crate::source::{FileId, Span};
use crate::symbol::{Resolved, Symbols};
use crate::text::Text;

use super::ConnectionSettings;
use super::settings::{Named, entries, entry_client, options};
use super::sites::{self, Found, Slot};
use super::values::{Case, ClassRef, Evaluator, Scope, Target, Value};

/// Settings modules that take over each other's names.
const MAX_MODULES: usize = 32;

/// Which of a repository's settings a Django project runs with.
pub(super) struct Project<'a> {
    /// The settings module and those whose names it takes over, nearest first; empty: not known.
    pub modules: Vec<&'a Module>,
    /// The class of django-configurations.
    class: Option<String>,
}

impl<'a> Project<'a> {
    /// What the environment names, or else the code that starts Django, where all of it agrees.
    pub fn of(evaluator: &Evaluator<'a>) -> Self {
        let mut modules: Vec<&'a Module> = named_by(evaluator, "DJANGO_SETTINGS_MODULE")
            .and_then(|name| evaluator.module_named(&name))
            .into_iter()
            .collect();
        let mut at = 0;
        while let Some(module) = modules.get(at).copied()
            && modules.len() < MAX_MODULES
        {
            at += 1;
            for import in module.imports.iter().filter(|import| import.bound == "*") {
                let base = evaluator.running().find(|other| import.target.as_deref() == Some(&other.path));
                modules.extend(base.filter(|base| !modules.iter().any(|known| known.file == base.file)));
            }
        }
        Self { modules, class: named_by(evaluator, "DJANGO_CONFIGURATION") }
    }

    /// Whether Django never looks at that name of a module: another settings module runs, or overrides it.
    pub fn leaves_out(&self, evaluator: &Evaluator<'a>, module: &Module, name: &str) -> bool {
        let Some(first) = self.modules.first().filter(|_| is_django_setting(name)) else { return false };
        if !self.modules.iter().any(|known| known.file == module.file) {
            return true;
        }
        // What is set in part is looked at with the whole.
        let whole = name.split('.').next().unwrap_or(name);
        matches!(evaluator.find(first, whole, 0), Target::Bindings(meant, _) if meant.file != module.file && whole == name)
    }

    /// Whether a class is a configuration of django-configurations, and not the one that runs.
    pub fn leaves_out_class(&self, evaluator: &Evaluator<'a>, class: ClassRef<'a>) -> bool {
        let outside = evaluator.lineage(class).1;
        self.class.as_ref().is_some_and(|name| *name != class.class.name.value)
            && outside.iter().any(|base| base == "configurations.Configuration")
    }
}

/// The settings modules beside the one in force that it does not import.
pub(super) fn not_in_force<'a>(evaluator: &Evaluator<'a>) -> HashSet<&'a str> {
    let named = named_by(evaluator, "DJANGO_SETTINGS_MODULE");
    let Some(chosen) = named.and_then(|name| evaluator.module_named(&name)) else { return HashSet::new() };
    let (folder, _) = chosen.path.rsplit_once('/').unwrap_or(("", &chosen.path));
    let imported = reached(evaluator, chosen);
    let beside = evaluator.running().map(|module| module.path.as_str()).filter(|path| is_settings_in(path, folder));
    beside.filter(|path| !imported.contains(path)).collect()
}

/// `base.py` in a folder `settings`, `settings_production.py` beside `settings.py`.
fn is_settings_in(path: &str, folder: &str) -> bool {
    let (own, name) = path.rsplit_once('/').unwrap_or(("", path));
    own == folder && (folder.rsplit('/').next() == Some("settings") || name.contains("settings"))
}

/// A module and all that it imports, and so on.
fn reached<'a>(evaluator: &Evaluator<'a>, from: &'a Module) -> HashSet<&'a str> {
    let mut found = HashSet::from([from.path.as_str()]);
    let mut work = vec![from];
    while let Some(module) = work.pop() {
        for path in module.imports.iter().flat_map(|import| [&import.target, &import.submodule]).flatten() {
            if let Some(next) = evaluator.modules.get(path.as_str())
                && found.insert(&next.path)
            {
                work.push(next);
            }
        }
    }
    found
}

/// Settings that only Django and its applications read.
fn is_django_setting(name: &str) -> bool {
    const NAMES: [&str; 7] = [
        "CACHES",
        "CHANNEL_LAYERS",
        "RQ_QUEUES",
        "HUEY",
        "DRAMATIQ_BROKER",
        "DRAMATIQ_RESULT_BACKEND",
        "CACHEOPS_REDIS",
    ];
    let name = name.split('.').next().unwrap_or_default();
    NAMES.contains(&name)
}

/// The value of a variable that code may set itself before Django starts.
fn named_by(evaluator: &Evaluator<'_>, variable: &str) -> Option<String> {
    let known = |cases: &[Case<'_>]| match cases {
        [Case { value: Value::Text(text), .. }] if Symbols::is_known(text) && !text.is_empty() => {
            Some(text.as_str().to_owned())
        }
        _ => None,
    };
    let assigned = format!("os.environ.{variable}");
    let mut said: Vec<String> = Vec::new();
    for module in evaluator.running() {
        let cases = evaluator.bindings(&module.bindings, &assigned, Scope::module(module));
        said.extend(cases.as_deref().and_then(known));
    }
    if let [only] = said.as_slice() {
        return Some(only.clone());
    }
    let set = evaluator.inherited(variable, Span::new(FileId(0), 0..0), &[]);
    if !matches!(set.as_slice(), [Case { value: Value::None, .. }]) {
        return known(&set);
    }
    for (_, call) in evaluator.calls_in("setdefault") {
        if let [name, value] = call.arguments.as_slice()
            && name.as_text().is_some_and(|name| name.as_str() == variable)
        {
            said.push(value.as_text()?.as_str().to_owned());
        }
    }
    said.dedup();
    <[String; 1]>::try_from(said).ok().map(|[only]| only)
}

impl<'a> Evaluator<'a> {
    /// The repository's module of a dotted name, wherever its root is.
    pub(super) fn module_named(&self, name: &str) -> Option<&'a Module> {
        let stem = name.replace('.', "/");
        let files = [format!("/{stem}.py"), format!("/{stem}/__init__.py")];
        let mut found = self.running().filter(|module| {
            let path = format!("/{}", module.path);
            files.iter().any(|file| path.ends_with(file.as_str()))
        });
        // Of several the one nearest to the root.
        let first = found.next()?;
        Some(found.fold(first, |best, other| if other.path.len() < best.path.len() { other } else { best }))
    }
}

/// `CACHES = {…}`.
pub(super) fn caches<'a>(evaluator: &Evaluator<'a>, named: Named<'a>, found: &mut Found) {
    let Some(value) = &named.binding.value else { return };
    for (alias, entry, scope) in entries(evaluator, value, Scope::within(named.module, named.class)) {
        cache(evaluator, alias, entry, scope, named, found);
    }
}

/// One entry of `CACHES`, also where it is set by itself: `CACHES["default"] = {…}`.
pub(super) fn cache<'a>(
    evaluator: &Evaluator<'a>,
    alias: &str,
    cache: &'a Expr,
    scope: Scope<'a>,
    named: Named<'a>,
    found: &mut Found,
) {
    if let Some(url) = cache_url(evaluator, cache, scope) {
        let settings = ConnectionSettings { url: Some(url), ..ConnectionSettings::default() };
        entry_client(evaluator, (cache, scope), cache.span, Family::DjangoRedis, settings, named, found);
        return;
    }
    let list = entries(evaluator, cache, scope);
    let get = |key: &str| list.iter().find(|(name, ..)| *name == key).map(|(_, value, scope)| (*value, *scope));
    let Some(family) = get("BACKEND").and_then(|(value, scope)| backend(evaluator, value, scope)) else { return };
    let Some((location, location_scope)) = get("LOCATION") else { return };
    let mut base = ConnectionSettings::default();
    if let Some((value, scope)) = get("OPTIONS") {
        login(evaluator, family, value, scope, &mut base);
    }
    for case in evaluator.eval(location, location_scope) {
        let locations: Vec<(&'a Expr, Scope<'a>)> = match case.value {
            Value::Structure(Expr { kind: ExprKind::List(values), .. }, inner) => {
                values.iter().map(|value| (value, inner)).collect()
            }
            _ => vec![(location, location_scope)],
        };
        for (location, scope) in locations {
            let said = evaluator.eval(location, scope);
            let cases = named.set_later(evaluator, &format!("CACHES.{alias}.LOCATION"), said);
            let url = evaluator.resolved(cases, location.span);
            let settings = ConnectionSettings { url: Some(url), ..base.clone() };
            entry_client(evaluator, (location, scope), location.span, family, settings, named, found);
        }
    }
}

/// The library of a cache's backend, where it may be one of Redis.
fn backend<'a>(evaluator: &Evaluator<'a>, value: &'a Expr, scope: Scope<'a>) -> Option<Family> {
    let resolved = evaluator.resolved(evaluator.eval(value, scope), value.span);
    resolved.alternatives.iter().filter_map(|one| one.value.as_ref()).find_map(|backend| {
        known_backend(backend.as_str()).or_else(|| {
            // A class of the repository that is built on one of them.
            let (module, class) = backend.as_str().rsplit_once('.')?;
            let Target::Class(class) = evaluator.find(evaluator.module_named(module)?, class, 0) else { return None };
            evaluator.lineage(class).1.iter().find_map(|base| known_backend(base))
        })
    })
}

fn known_backend(name: &str) -> Option<Family> {
    match name {
        // https://github.com/jazzband/django-redis, and https://github.com/ionelmc/python-redis-lock on top of it
        "django_redis.cache.RedisCache" | "redis_lock.django_cache.RedisCache" => Some(Family::DjangoRedis),
        // https://docs.djangoproject.com/en/stable/topics/cache/#redis
        "django.core.cache.backends.redis.RedisCache" => Some(Family::DjangoCore),
        _ => None,
    }
}

/// What `OPTIONS` say of the login.
fn login<'a>(
    evaluator: &Evaluator<'a>,
    family: Family,
    options: &'a Expr,
    scope: Scope<'a>,
    settings: &mut ConnectionSettings,
) {
    for (key, value, scope) in entries(evaluator, options, scope) {
        let resolve = || Some(evaluator.resolved(evaluator.eval(value, scope), value.span));
        match (key, family) {
            ("PASSWORD", Family::DjangoRedis) | ("password", Family::DjangoCore) => settings.password = resolve(),
            ("USERNAME", Family::DjangoRedis) | ("username", Family::DjangoCore) => settings.username = resolve(),
            // Its keys are those of Django's own backend.
            ("CONNECTION_POOL_KWARGS", Family::DjangoRedis) => {
                login(evaluator, Family::DjangoCore, value, scope, settings);
            }
            _ => {}
        }
    }
}

/// `env.cache("REDIS_URL")` and its like, which make a django-redis cache of a URL and drop its query.
fn cache_url<'a>(evaluator: &Evaluator<'a>, cache: &'a Expr, scope: Scope<'a>) -> Option<Resolved> {
    let call = cache.as_call()?;
    let name = evaluator.qualified(&call.callee, scope)?;
    let cases = match name.as_str() {
        "environ.Env.cache" | "environ.Env.cache_url" => evaluator.eval(cache, scope),
        // https://github.com/epicserve/django-cache-url
        "django_cache_url.config" => evaluator.environment("CACHE_URL", cache.span, &[]),
        "django_cache_url.parse" | "environ.Env.cache_url_config" => evaluator.eval(call.arguments.first()?, scope),
        _ => {
            let cast = call.keyword("cast").and_then(|cast| evaluator.qualified(cast, scope));
            if cast.as_deref() != Some("django_cache_url.parse") {
                return None;
            }
            evaluator.eval(cache, scope)
        }
    };
    let mut url = evaluator.resolved(cases, cache.span);
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

/// `env.channels("CHANNELS_URL")`, which makes a channel layer of a URL.
fn channels_url<'a>(evaluator: &Evaluator<'a>, layer: &'a Expr, scope: Scope<'a>) -> Option<Resolved> {
    let name = evaluator.qualified(&layer.as_call()?.callee, scope)?;
    if !matches!(name.as_str(), "environ.Env.channels" | "environ.Env.channels_url") {
        return None;
    }
    let mut url = evaluator.resolved(evaluator.eval(layer, scope), layer.span);
    sites::keep_redis(&mut url).then_some(url)
}

/// `CHANNEL_LAYERS = {…}`.
pub(super) fn channel_layers<'a>(evaluator: &Evaluator<'a>, named: Named<'a>, found: &mut Found) {
    let Some(value) = &named.binding.value else { return };
    for (_, layer, scope) in entries(evaluator, value, Scope::within(named.module, named.class)) {
        if let Some(url) = channels_url(evaluator, layer, scope) {
            let settings = ConnectionSettings { url: Some(url), ..ConnectionSettings::default() };
            sites::push(evaluator, layer.span, Family::RedisPy, settings, None, scope, found);
        }
        for (key, config, scope) in entries(evaluator, layer, scope) {
            if key == "CONFIG" {
                channel_layer(evaluator, config, scope, named, found);
            }
        }
    }
}

/// The `CONFIG` of a channel layer, also where it is set by itself.
pub(super) fn channel_layer<'a>(
    evaluator: &Evaluator<'a>,
    config: &'a Expr,
    scope: Scope<'a>,
    named: Named<'a>,
    found: &mut Found,
) {
    for (_, hosts, scope) in entries(evaluator, config, scope).into_iter().filter(|(key, ..)| *key == "hosts") {
        for case in evaluator.eval(hosts, scope) {
            let Value::Structure(Expr { kind: ExprKind::List(list), .. }, inner) = case.value else { continue };
            for host in list {
                channel_host(evaluator, host, inner, named, found);
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
                entry_client(evaluator, (&parts[0], scope), host.span, Family::RedisPyAsyncio, settings, named, found);
            }
        }
        ExprKind::Dict(_) => options(evaluator, host, scope, Family::RedisPyAsyncio, named, found),
        _ => {
            let url = evaluator.resolved(evaluator.eval(host, scope), host.span);
            let settings = ConnectionSettings { url: Some(url), ..ConnectionSettings::default() };
            entry_client(evaluator, (host, scope), host.span, Family::RedisPyAsyncio, settings, named, found);
        }
    }
}
