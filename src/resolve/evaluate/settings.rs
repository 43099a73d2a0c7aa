//! Settings that name a Redis server by convention: of Celery, Django, Flask, RQ, and any with `REDIS` in its name.

use crate::facts::Facts;
use crate::facts::code::{Binding, Class, Expr, ExprKind, Module};
use crate::finding::Confidence;
use crate::model::Family;
use crate::source::Span;
use crate::symbol::{Resolved, Step};
use crate::text::Text;

use super::sites::{self, Found, Setting, Slot};
use super::structures::entry;
use super::values::{Case, ClassRef, Evaluator, Scope, Value};
use super::{ConnectionSettings, FoundClient};

/// Constants, class fields and defaults whose names say "password of Redis", with the literal text.
#[must_use]
pub fn password_settings(facts: &Facts) -> Vec<(String, Text)> {
    let mut out = Vec::new();
    for module in &facts.modules {
        let mut lists: Vec<(&str, &[Binding])> = vec![("", &module.bindings)];
        let mut classes: Vec<&Class> = module.classes.iter().collect();
        while let Some(class) = classes.pop() {
            lists.push((&class.name.value, &class.fields));
            // Classes inside classes: the parser bounds their depth.
            classes.extend(&class.inner);
        }
        for (owner, bindings) in lists {
            for binding in bindings {
                let name = binding.name.value.rsplit('.').next().unwrap_or_default();
                let about = format!("{owner} {name}").to_ascii_lowercase();
                if !about.contains("redis") || role(name).is_none_or(|(_, role)| role != Slot::Password) {
                    continue;
                }
                if let Some(text) = binding.value.as_ref().and_then(literal)
                    && !text.is_empty()
                {
                    out.push((name.to_owned(), text.clone()));
                }
            }
        }
    }
    out
}

/// The literal that a setting is, or falls back to.
fn literal(value: &Expr) -> Option<&Text> {
    match &value.kind {
        ExprKind::Text(text) => Some(text),
        ExprKind::Or(values) => values.last().and_then(Expr::as_text),
        ExprKind::Call(call) => call
            .keyword("default")
            .and_then(Expr::as_text)
            // `getenv("NAME", "default")`, `Field("default")`, `SecretStr("value")`.
            .or_else(|| match call.arguments.as_slice() {
                [only] if call.callee.dotted().is_some_and(|name| name.ends_with("Field") || name.ends_with("Str")) => {
                    only.as_text()
                }
                [_, second] => second.as_text(),
                _ => None,
            }),
        _ => None,
    }
}

/// The endings by which names tell their role.
const ENDINGS: &[(&str, Slot)] = &[
    ("hostname", Slot::Host),
    ("host", Slot::Host),
    ("server", Slot::Host),
    ("port", Slot::Port),
    ("database", Slot::Db),
    ("db", Slot::Db),
    ("username", Slot::Username),
    ("user", Slot::Username),
    ("password", Slot::Password),
    ("passwd", Slot::Password),
    ("pass", Slot::Password),
    ("pwd", Slot::Password),
    ("ssl", Slot::Tls),
    ("tls", Slot::Tls),
];

/// A part of a server's address and the prefix that groups it with the others: `REDIS_` of `REDIS_HOST`.
fn role(name: &str) -> Option<(String, Slot)> {
    let lower = name.to_ascii_lowercase();
    let (ending, slot) = ENDINGS.iter().find(|(ending, _)| lower.ends_with(ending))?;
    Some((lower[..lower.len() - ending.len()].to_owned(), *slot))
}

/// A name of a module or class, to be evaluated where it stands.
#[derive(Clone, Copy)]
struct Named<'a> {
    binding: &'a Binding,
    module: &'a Module,
    class: Option<ClassRef<'a>>,
}

impl<'a> Named<'a> {
    fn name(self, evaluator: &Evaluator<'a>) -> String {
        let own = self.binding.name.value.rsplit('.').next().unwrap_or_default();
        match self.class {
            Some(class) => evaluator.field_name(class, own),
            None => own.to_owned(),
        }
    }

    fn cases(self, evaluator: &Evaluator<'a>) -> Option<Vec<Case<'a>>> {
        match self.class {
            Some(class) => evaluator.field(class, &self.binding.name.value),
            None => evaluator.bindings(&self.module.bindings, &self.binding.name.value, Scope::module(self.module)),
        }
    }

    fn resolved(self, evaluator: &Evaluator<'a>) -> Option<Resolved> {
        Some(evaluator.resolved(self.cases(evaluator)?, self.binding.name.span))
    }

    fn setting(self, evaluator: &Evaluator<'a>) -> Setting {
        let span = self.binding.name.span;
        Setting { name: self.name(evaluator), key: format!("{}:{}", span.file.0, span.start), span }
    }
}

/// Finds the clients that settings stand for.
pub(super) fn collect<'a>(evaluator: &Evaluator<'a>, found: &mut Found) {
    let mut names: Vec<Vec<Named<'a>>> = Vec::new();
    for module in evaluator.facts.modules.iter().filter(|module| (evaluator.place.runs)(&module.path)) {
        names.push(unique(&module.bindings).map(|binding| Named { binding, module, class: None }).collect());
        for class in &module.classes {
            let class = ClassRef { module, class, arguments: None };
            let fields = unique(&class.class.fields);
            names.push(fields.map(|binding| Named { binding, module, class: Some(class) }).collect());
        }
    }
    for named in names.iter().flatten() {
        evaluator.refuel();
        known(evaluator, *named, found);
        found.used.extend(evaluator.take_visited());
    }
    urls(evaluator, &names, found);
    for scope in &names {
        groups(evaluator, scope, found);
    }
}

/// The first binding of each name.
fn unique(bindings: &[Binding]) -> impl Iterator<Item = &Binding> {
    bindings
        .iter()
        .enumerate()
        .filter(|(at, binding)| !bindings[..*at].iter().any(|before| before.name.value == binding.name.value))
        .map(|(_, binding)| binding)
}

/// Settings whose names frameworks read.
fn known<'a>(evaluator: &Evaluator<'a>, named: Named<'a>, found: &mut Found) {
    let name = named.name(evaluator);
    let lower_case = matches!(name.as_str(), "broker_url" | "result_backend");
    let configured = if lower_case { configures_celery(evaluator, named) } else { None };
    if configured == Some(false) {
        // Celery was told to look elsewhere.
        found.used.insert(named.binding.name.span);
        return;
    }
    let celery = !lower_case || configured.is_some() || named.module.path.contains("celery");
    if let Some(family) = sites::celery_family(&name)
        && celery
        && name.contains(['_'])
        && !found.used.contains(&named.binding.name.span)
    {
        let Some(cases) = named.cases(evaluator) else { return };
        let cases = sites::celery_cases(evaluator, family, &cases, named.binding.name.span);
        let mut url = evaluator.resolved(cases, named.binding.name.span);
        if sites::keep_redis(&mut url) {
            let settings = ConnectionSettings { url: Some(url), ..ConnectionSettings::default() };
            push(evaluator, &named.setting(evaluator), family, settings, named, Confidence::High, found);
        }
        return;
    }
    let Some(value) = &named.binding.value else { return };
    let scope = Scope::within(named.module, named.class);
    match name.as_str() {
        "CACHES" => caches(evaluator, named, found),
        "CHANNEL_LAYERS" => channel_layers(evaluator, named, found),
        "RQ_QUEUES" => {
            for (_, queue, scope) in entries(evaluator, value, scope) {
                options(evaluator, queue, scope, Family::RedisPy, named, found);
            }
        }
        "HUEY" => {
            if let Some(connection) = entry(value, "connection") {
                options(evaluator, connection, scope, Family::RedisPy, named, found);
            }
        }
        "DRAMATIQ_BROKER" | "DRAMATIQ_RESULT_BACKEND" => {
            let options_of = |key| entry(value, key);
            if let Some(list) = options_of("OPTIONS").or_else(|| options_of("BACKEND_OPTIONS")) {
                options(evaluator, list, scope, Family::RedisPy, named, found);
            }
        }
        _ => {}
    }
}

/// Whether `config_from_object("module:Class")` names the place; `None`: no such call is known.
fn configures_celery<'a>(evaluator: &Evaluator<'a>, named: Named<'a>) -> Option<bool> {
    let mut targets = evaluator.calls_of("config_from_object").filter_map(|call| call.arguments.first()).peekable();
    targets.peek()?;
    Some(targets.any(|target| {
        let Some(text) = target.as_text() else { return true };
        let (module, class) = text.as_str().split_once(':').unwrap_or((text.as_str(), ""));
        let path = format!("{}.py", module.replace('.', "/"));
        let whole = format!("/{}", named.module.path);
        let own = named.class.map_or("", |class| class.class.name.value.as_str());
        whole.ends_with(&format!("/{path}")) && own == class
    }))
}

/// The entries of a dictionary with literal keys, wherever it is written.
fn entries<'a>(evaluator: &Evaluator<'a>, value: &'a Expr, scope: Scope<'a>) -> Vec<(&'a str, &'a Expr, Scope<'a>)> {
    evaluator.pairs(value, scope).0
}

/// A dictionary of connection parameters: `{"HOST": …}`, `{"url": …}`.
fn options<'a>(
    evaluator: &Evaluator<'a>,
    value: &'a Expr,
    scope: Scope<'a>,
    family: Family,
    named: Named<'a>,
    found: &mut Found,
) {
    let mut settings = ConnectionSettings::default();
    let mut naming = None;
    for (key, value, scope) in entries(evaluator, value, scope) {
        if let Some(slot) = sites::keyword_slot(&key.to_ascii_lowercase()) {
            if matches!(slot, Slot::Url | Slot::Host) {
                naming = Some((value, scope));
            }
            *settings.slot(slot) = Some(evaluator.resolved(evaluator.eval(value, scope), value.span));
        }
    }
    if settings.url.is_some() || settings.host.is_some() {
        entry_client(evaluator, naming.unwrap_or((value, scope)), value.span, family, settings, named, found);
    }
}

/// One server of a setting that may name several; where it is itself named by another setting, that one is meant.
fn entry_client<'a>(
    evaluator: &Evaluator<'a>,
    naming: (&'a Expr, Scope<'a>),
    span: Span,
    family: Family,
    settings: ConnectionSettings,
    named: Named<'a>,
    found: &mut Found,
) {
    let own = named.setting(evaluator);
    let setting = sites::setting_of(evaluator, naming.0, naming.1, 0).unwrap_or_else(|| Setting {
        key: format!("{} {}", own.key, span.start),
        span,
        ..own
    });
    found.used.insert(setting.span);
    let setting = Setting { span, ..setting };
    push(evaluator, &setting, family, settings, named, Confidence::High, found);
}

fn caches<'a>(evaluator: &Evaluator<'a>, named: Named<'a>, found: &mut Found) {
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

fn channel_layers<'a>(evaluator: &Evaluator<'a>, named: Named<'a>, found: &mut Found) {
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

/// Settings that are Redis URLs and have no known site. One that another is made of is a part of that one.
fn urls<'a>(evaluator: &Evaluator<'a>, scopes: &[Vec<Named<'a>>], found: &mut Found) {
    let mut pending = Vec::new();
    for named in scopes.iter().flatten() {
        let span = named.binding.name.span;
        if found.used.contains(&span) || named.binding.name.value.starts_with("self.") {
            continue;
        }
        evaluator.refuel();
        evaluator.take_visited();
        let name = named.name(evaluator).to_ascii_lowercase();
        let says_redis = name.contains("redis") || name.contains("broker_url") || name.contains("result_backend");
        let says_url = ["url", "uri", "dsn"].iter().any(|word| name.contains(word));
        let Some(mut url) = named.resolved(evaluator) else { continue };
        let written = url
            .alternatives
            .iter()
            .filter_map(|alternative| alternative.value.as_ref())
            .any(|text| text.as_str().starts_with("redis://") || text.as_str().starts_with("rediss://"));
        if !(written || says_redis && says_url) || !sites::keep_redis(&mut url) {
            continue;
        }
        // A value that can't be read at all says nothing.
        if url.alternatives.iter().all(|one| one.value.as_ref().is_none_or(|text| evaluator.symbols.has_opaque(text)))
            && !written
        {
            continue;
        }
        let mut visited = evaluator.take_visited();
        visited.remove(&span);
        let confidence = if written && says_redis { Confidence::High } else { Confidence::Medium };
        pending.push((*named, url, visited, confidence));
    }
    for at in 0..pending.len() {
        let (named, url, visited, confidence) = &pending[at];
        found.used.extend(visited.iter().copied());
        let span = named.binding.name.span;
        if pending.iter().any(|(_, _, visited, _)| visited.contains(&span)) {
            found.used.insert(span);
            continue;
        }
        let lower = named.name(evaluator).to_ascii_lowercase();
        let family = if lower.contains("broker") {
            Family::Kombu
        } else if lower.contains("result_backend") {
            Family::CeleryBackend
        } else {
            Family::RedisPy
        };
        let settings = ConnectionSettings { url: Some(url.clone()), ..ConnectionSettings::default() };
        push(evaluator, &named.setting(evaluator), family, settings, *named, *confidence, found);
    }
}

/// `REDIS_HOST`, `REDIS_PORT`, … of one module or class without a known site.
fn groups<'a>(evaluator: &Evaluator<'a>, names: &[Named<'a>], found: &mut Found) {
    let roles: Vec<(Named<'a>, String, Slot)> = names
        .iter()
        .filter_map(|named| {
            let name = named.name(evaluator);
            let (prefix, slot) = role(&name)?;
            let class = named.class.map_or("", |class| class.class.name.value.as_str()).to_ascii_lowercase();
            (prefix.contains("redis") || (prefix.is_empty() && class.contains("redis")))
                .then_some((*named, prefix, slot))
        })
        .collect();
    for (host, prefix, slot) in &roles {
        if *slot != Slot::Host || found.used.contains(&host.binding.name.span) {
            continue;
        }
        evaluator.refuel();
        let mut settings = ConnectionSettings::default();
        for (named, other, slot) in &roles {
            if other == prefix && settings.slot(*slot).is_none() {
                *settings.slot(*slot) = named.resolved(evaluator);
            }
        }
        // Flask-Caching looks at nothing else where its URL is set.
        let url = format!("{prefix}url");
        let beaten = prefix.starts_with("cache_")
            && names.iter().any(|named| {
                named.name(evaluator).eq_ignore_ascii_case(&url)
                    && named.resolved(evaluator).is_some_and(|url| !url.is_absent())
            });
        if beaten {
            continue;
        }
        // A host that is certainly not set stands for nothing.
        if settings.host.as_ref().is_none_or(Resolved::is_absent) {
            continue;
        }
        push(evaluator, &host.setting(evaluator), Family::RedisPy, settings, *host, Confidence::Medium, found);
    }
}

fn push<'a>(
    evaluator: &Evaluator<'a>,
    setting: &Setting,
    family: Family,
    settings: ConnectionSettings,
    named: Named<'a>,
    confidence: Confidence,
    found: &mut Found,
) {
    found.used.extend(evaluator.take_visited());
    found.used.insert(named.binding.name.span);
    let client = FoundClient {
        span: setting.span,
        setting: Some(setting.name.clone()),
        family,
        settings,
        confidence: confidence.min(sites::confidence(&named.module.path)),
        trace: vec![Step { span: setting.span, label: format!("{} names the server", setting.name) }],
    };
    found.add(client, Some(setting));
}
