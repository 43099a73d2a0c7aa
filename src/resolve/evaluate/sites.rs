//! Calls that connect to Redis, and what they are given.

use std::collections::{HashMap, HashSet};

use crate::facts::code::{Call, Class, Expr, ExprKind, Function, Module};
use crate::finding::Confidence;
use crate::model::Family;
use crate::source::Span;
use crate::symbol::{Resolved, Step, is_symbol};

use super::values::{Case, ClassRef, Evaluator, Scope, Target, Value};
use super::{ConnectionSettings, FoundClient};

/// The clients found so far, and what they were made of.
#[derive(Default)]
pub(super) struct Found {
    pub clients: Vec<FoundClient>,
    /// Bindings that a client was made of: these settings have a known site.
    pub used: HashSet<Span>,
    /// One client a setting: the key tells whether it is known already.
    keys: HashMap<String, usize>,
}

/// A field of [`ConnectionSettings`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Slot {
    Url,
    Host,
    Port,
    Db,
    Username,
    Password,
    Tls,
    Socket,
    Protocol,
}

/// The setting that names a server.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub name: String,
    /// What makes it this setting and no other of that name.
    pub key: String,
    /// Where it is defined.
    pub span: Span,
}

impl ConnectionSettings {
    pub(super) fn slot(&mut self, slot: Slot) -> &mut Option<Resolved> {
        match slot {
            Slot::Url => &mut self.url,
            Slot::Host => &mut self.host,
            Slot::Port => &mut self.port,
            Slot::Db => &mut self.db,
            Slot::Username => &mut self.username,
            Slot::Password => &mut self.password,
            Slot::Tls => &mut self.tls,
            Slot::Socket => &mut self.socket,
            Slot::Protocol => &mut self.protocol,
        }
    }
}

impl Found {
    /// Adds a client unless the same setting with the same values is known.
    pub fn add(&mut self, client: FoundClient, setting: Option<&Setting>) {
        // A URL that is certainly not set connects to nothing.
        if client.settings.url.as_ref().is_some_and(Resolved::is_absent) {
            return;
        }
        let Some(setting) = setting else {
            self.clients.push(client);
            return;
        };
        let settings = &client.settings;
        let values = [&settings.url, &settings.host, &settings.port, &settings.username, &settings.password];
        let mut key = format!("{} {:?}", setting.key, client.family);
        for value in values.into_iter().flatten() {
            for alternative in &value.alternatives {
                key.push('\n');
                key.push_str(alternative.value.as_ref().map_or("\0", |text| text.as_str()));
            }
        }
        if let Some(known) = self.keys.get(&key).and_then(|at| self.clients.get_mut(*at)) {
            known.trace.push(Step { span: client.span, label: format!("{} is used here", setting.name) });
            return;
        }
        self.keys.insert(key, self.clients.len());
        self.clients.push(client);
    }
}

/// What a call connects to: the library and its positional parameters.
struct Spec {
    family: Family,
    positional: &'static [Slot],
}

/// The libraries whose calls connect (facts.md §1.6).
fn spec(name: &str) -> Option<Spec> {
    use Slot::{Db, Host, Password, Port, Socket, Tls, Url, Username};
    let root = name.split('.').next()?;
    let last = name.rsplit('.').next()?;
    let (family, positional): (_, &[Slot]) = match (root, last) {
        ("redis" | "aioredis" | "valkey", "Redis" | "StrictRedis" | "Valkey" | "StrictValkey")
        | ("walrus", "Walrus" | "Database") => (Family::RedisPy, &[Host, Port, Db, Password]),
        ("redis" | "aioredis" | "valkey", "RedisCluster") => (Family::RedisPy, &[Host, Port]),
        ("arq", "RedisSettings") => (Family::Arq, &[Host, Port, Socket, Db, Username, Password, Tls]),
        ("arq", "from_dsn") => (Family::Arq, &[Url]),
        ("redis" | "aioredis" | "valkey", "ConnectionPool" | "BlockingConnectionPool")
        | ("flask_limiter" | "slowapi", "Limiter")
        | ("flask_socketio", "SocketIO")
        | ("dramatiq", "RedisBroker" | "RedisBackend")
        | ("huey", "RedisHuey" | "PriorityRedisHuey" | "RedisExpireHuey")
        | ("redis_om", "get_redis_connection")
        | ("apscheduler", "RedisJobStore") => (Family::RedisPy, &[]),
        ("redis" | "aioredis" | "valkey", "from_url" | "create_redis_pool" | "create_redis")
        | ("limits", "RedisStorage" | "storage_from_string")
        | ("taskiq_redis", "ListQueueBroker" | "PubSubBroker" | "RedisStreamBroker" | "RedisAsyncResultBackend")
        | ("socketio", "RedisManager" | "AsyncRedisManager") => (Family::RedisPy, &[Url]),
        ("kombu", "Connection" | "BrokerConnection") => (Family::Kombu, &[Url]),
        _ => return None,
    };
    let asynchronous = family == Family::RedisPy && (root == "aioredis" || name.starts_with("redis.asyncio."));
    Some(Spec { family: if asynchronous { Family::RedisPyAsyncio } else { family }, positional })
}

/// The keyword arguments by which libraries take connection parameters.
pub(super) fn keyword_slot(name: &str) -> Option<Slot> {
    Some(match name {
        "url" | "dsn" | "uri" | "storage_uri" | "message_queue" | "address" => Slot::Url,
        "host" => Slot::Host,
        "port" => Slot::Port,
        "db" | "database" => Slot::Db,
        "username" => Slot::Username,
        "password" => Slot::Password,
        "ssl" => Slot::Tls,
        "unix_socket_path" => Slot::Socket,
        "protocol" => Slot::Protocol,
        _ => return None,
    })
}

/// Finds the connecting calls of every module that runs in the place.
pub(super) fn collect(evaluator: &Evaluator<'_>, found: &mut Found) {
    for module in evaluator.facts.modules.iter().filter(|module| (evaluator.place.runs)(&module.path)) {
        let scope = Scope::module(module);
        for call in &module.calls {
            site(evaluator, call, scope, found);
        }
        for binding in &module.bindings {
            if let Some(value) = &binding.value {
                celery_attribute(evaluator, &binding.name.value, value, binding.name.span, scope, found);
            }
        }
        for function in &module.functions {
            in_function(evaluator, function, scope, found);
        }
        for class in &module.classes {
            in_class(evaluator, module, class, found);
        }
    }
}

fn in_function<'a>(evaluator: &Evaluator<'a>, function: &'a Function, scope: Scope<'a>, found: &mut Found) {
    // The nameless function holds the calls of a class body.
    let scope = if function.name.value.is_empty() { scope } else { Scope { function: Some(function), ..scope } };
    for call in &function.calls {
        site(evaluator, call, scope, found);
    }
    for binding in &function.bindings {
        if let Some(value) = &binding.value {
            celery_attribute(evaluator, &binding.name.value, value, binding.name.span, scope, found);
        }
    }
}

fn in_class<'a>(evaluator: &Evaluator<'a>, module: &'a Module, class: &'a Class, found: &mut Found) {
    let this = Some(ClassRef { module, class, arguments: None });
    for method in &class.methods {
        in_function(evaluator, method, Scope::within(module, this), found);
    }
}

fn site<'a>(evaluator: &Evaluator<'a>, expr: &'a Expr, scope: Scope<'a>, found: &mut Found) {
    let Some(call) = expr.as_call() else { return };
    let Some(name) = evaluator.qualified(&call.callee, scope) else { return };
    evaluator.refuel();
    if name.starts_with("celery.") {
        celery(evaluator, expr, call, &name, scope, found);
        return;
    }
    let Some(spec) = spec(&name) else { return };
    let mut given: Vec<(Slot, &'a Expr, Scope<'a>)> = Vec::new();
    for (slot, value) in spec.positional.iter().zip(&call.arguments) {
        given.push((*slot, value, scope));
    }
    for (keyword, value) in &call.keywords {
        if matches!(keyword.value.as_str(), "connection_pool" | "connection" | "client" | "startup_nodes") {
            return;
        }
        if let Some(slot) = keyword_slot(&keyword.value) {
            given.push((slot, value, scope));
        }
    }
    let (mut unread, mut twice) = (false, Vec::new());
    for spread in &call.spreads {
        let (entries, complete) = evaluator.pairs(spread, scope);
        unread |= !complete;
        for (key, value, inner) in entries {
            let Some(slot) = keyword_slot(key) else { continue };
            // Of what is set twice nobody knows which comes last.
            if given.iter().any(|(known, ..)| *known == slot) {
                twice.push(slot);
            }
            given.push((slot, value, inner));
        }
    }
    let root = name.split('.').next().unwrap_or_default();
    let bare = given.iter().all(|(slot, ..)| !matches!(slot, Slot::Url | Slot::Host | Slot::Socket));
    // Only redis-py and arq connect to localhost by themselves; elsewhere nothing said means nothing known.
    let direct = matches!(root, "redis" | "aioredis" | "valkey" | "arq");
    if bare && !direct && (unread || root != "walrus") {
        return;
    }
    if bare && given.is_empty() && (name.contains("ConnectionPool") || unread && !call.keywords.is_empty()) {
        return;
    }
    let mut settings = ConnectionSettings::default();
    for (slot, value, scope) in &given {
        let cases = evaluator.eval(value, *scope);
        *settings.slot(*slot) = Some(evaluator.resolved(cases, value.span));
    }
    for slot in twice {
        *settings.slot(slot) = Some(Resolved::known(evaluator.symbols.opaque_text(expr.span), Vec::new()));
    }
    if unread {
        let host = bare.then_some(Slot::Host);
        for slot in host.into_iter().chain([Slot::Password, Slot::Username, Slot::Port, Slot::Db]) {
            let unknown = Resolved::known(evaluator.symbols.opaque_text(expr.span), Vec::new());
            settings.slot(slot).get_or_insert(unknown);
        }
    }
    if !direct && settings.url.as_mut().is_some_and(|url| !keep_redis(url)) {
        return;
    }
    let setting = given
        .iter()
        .find(|(slot, ..)| *slot == Slot::Url)
        .or_else(|| given.iter().find(|(slot, ..)| *slot == Slot::Host))
        .and_then(|(_, value, scope)| setting_of(evaluator, value, *scope, 0));
    push(evaluator, expr.span, spec.family, settings, setting.as_ref(), scope, found);
}

fn push(
    evaluator: &Evaluator<'_>,
    span: Span,
    family: Family,
    settings: ConnectionSettings,
    setting: Option<&Setting>,
    scope: Scope<'_>,
    found: &mut Found,
) {
    found.used.extend(evaluator.take_visited());
    if let Some(setting) = setting {
        found.used.insert(setting.span);
    }
    let mut trace = vec![Step { span, label: "connects here".to_owned() }];
    if let Some(setting) = setting
        && setting.span != span
    {
        trace.push(Step { span: setting.span, label: format!("{} names the server", setting.name) });
    }
    let confidence = confidence(&scope.module.path);
    let name = setting.map(|setting| setting.name.clone());
    found.add(FoundClient { span, setting: name, family, settings, confidence, trace }, setting);
}

/// Unit tests connect to what the test sets up.
pub(super) fn confidence(path: &str) -> Confidence {
    let test = path.split('/').any(|part| {
        matches!(part, "tests" | "test" | "conftest.py") || (part.starts_with("test_") && part.ends_with(".py"))
    });
    if test { Confidence::Low } else { Confidence::High }
}

/// `Celery(broker=…, backend=…)`, `app.conf.update(…)`.
fn celery<'a>(
    evaluator: &Evaluator<'a>,
    expr: &'a Expr,
    call: &'a Call,
    name: &str,
    scope: Scope<'a>,
    found: &mut Found,
) {
    let application = name == "celery.Celery" || name == "celery.app.Celery";
    if !application && !name.ends_with(".conf.update") {
        return;
    }
    let mut entries: Vec<(&str, &'a Expr, Scope<'a>)> =
        call.keywords.iter().map(|(key, value)| (key.value.as_str(), value, scope)).collect();
    if !application && let Some(argument) = call.arguments.first() {
        for case in evaluator.eval(argument, scope) {
            if let Value::Structure(Expr { kind: ExprKind::Dict(list), .. }, inner) = case.value {
                entries.extend(
                    list.iter().filter_map(|(key, value)| Some((key.as_ref()?.as_text()?.as_str(), value, inner))),
                );
            }
        }
    }
    for (key, value, scope) in entries {
        if let Some(family) = celery_family(key) {
            celery_url(evaluator, family, value, expr.span, None, scope, found);
        }
    }
}

/// The names by which Celery takes its two servers.
pub(super) fn celery_family(name: &str) -> Option<Family> {
    match name {
        "broker" | "broker_url" | "BROKER_URL" | "CELERY_BROKER_URL" => Some(Family::Kombu),
        "backend" | "result_backend" | "CELERY_RESULT_BACKEND" | "RESULT_BACKEND" => Some(Family::CeleryBackend),
        _ => None,
    }
}

fn celery_attribute<'a>(
    evaluator: &Evaluator<'a>,
    target: &str,
    value: &'a Expr,
    span: Span,
    scope: Scope<'a>,
    found: &mut Found,
) {
    let Some((owner, name)) = target.rsplit_once('.') else { return };
    if (owner == "conf" || owner.ends_with(".conf"))
        && let Some(family) = celery_family(name)
    {
        evaluator.refuel();
        let setting = setting_of(evaluator, value, scope, 0).unwrap_or_else(|| Setting {
            name: name.to_owned(),
            key: format!("{}:{}", span.file.0, span.start),
            span,
        });
        found.used.insert(span);
        celery_url(evaluator, family, value, span, Some(setting), scope, found);
    }
}

/// A broker or result backend; the environment beats what the code says (facts.md §1.6).
pub(super) fn celery_url<'a>(
    evaluator: &Evaluator<'a>,
    family: Family,
    value: &'a Expr,
    span: Span,
    setting: Option<Setting>,
    scope: Scope<'a>,
    found: &mut Found,
) {
    let named = setting.or_else(|| setting_of(evaluator, value, scope, 0));
    let cases = celery_cases(evaluator, family, &evaluator.eval(value, scope), span);
    let mut url = evaluator.resolved(cases, value.span);
    if !keep_redis(&mut url) {
        // A broker of another kind is no Redis client, but its setting has been explained.
        found.used.extend(evaluator.take_visited());
        return;
    }
    let settings = ConnectionSettings { url: Some(url), ..ConnectionSettings::default() };
    push(evaluator, span, family, settings, named.as_ref(), scope, found);
}

/// What Celery takes: its own variable, where that is set, else what the code says.
pub(super) fn celery_cases<'a>(
    evaluator: &Evaluator<'a>,
    family: Family,
    said: &[Case<'a>],
    span: Span,
) -> Vec<Case<'a>> {
    let variable = if family == Family::Kombu { "CELERY_BROKER_URL" } else { "CELERY_RESULT_BACKEND" };
    let mut cases = Vec::new();
    for case in evaluator.environment(variable, span, &[]) {
        match &case.value {
            Value::None => cases.extend(super::values::under(&case.when, said.to_vec())),
            Value::Text(text) if text.is_empty() => cases.extend(super::values::under(&case.when, said.to_vec())),
            _ => cases.push(case),
        }
    }
    cases
}

/// Drops the alternatives that are certainly no Redis URL; `false`: nothing is left.
pub(super) fn keep_redis(url: &mut Resolved) -> bool {
    url.alternatives.retain(|alternative| {
        let Some(text) = &alternative.value else { return false };
        let value = text.as_str();
        value.starts_with(is_symbol)
            || ["redis://", "rediss://", "unix://", "redis+socket://", "async+redis://"]
                .iter()
                .any(|scheme| value.starts_with(scheme))
    });
    !url.alternatives.is_empty()
}

/// The setting behind an expression: the name in a module or class, or the variable, that it is read from.
pub(super) fn setting_of<'a>(
    evaluator: &Evaluator<'a>,
    expr: &'a Expr,
    scope: Scope<'a>,
    depth: usize,
) -> Option<Setting> {
    if depth > 8 {
        return None;
    }
    let at = |name: &str, span: Span| Setting {
        name: name.to_owned(),
        key: format!("{}:{}", span.file.0, span.start),
        span,
    };
    match &expr.kind {
        ExprKind::Name(name) => {
            if let Some(function) = scope.function
                && let Some(local) = function.bindings.iter().rev().find(|binding| binding.name.value == *name)
            {
                return setting_of(evaluator, local.value.as_ref()?, scope, depth + 1);
            }
            if scope.function.is_none()
                && let Some(this) = scope.this
                && let Some(field) = this.class.fields.iter().find(|field| field.name.value == *name)
            {
                return Some(at(&evaluator.field_name(this, name), field.name.span));
            }
            match evaluator.find(scope.module, name, 0) {
                Target::Bindings(module, name) => {
                    let binding = module.bindings.iter().find(|binding| binding.name.value == name)?;
                    Some(at(name, binding.name.span))
                }
                _ => None,
            }
        }
        ExprKind::Attribute(object, name) => {
            let declared = |class: ClassRef<'a>| {
                evaluator.lineage(class).0.into_iter().find_map(|owner| {
                    let field = owner.class.fields.iter().find(|field| field.name.value == name.value);
                    let method = owner.class.methods.iter().find(|method| method.name.value == name.value);
                    field.map(|field| field.name.span).or(method.map(|method| method.name.span))
                })
            };
            for case in evaluator.eval(object, scope) {
                match case.value {
                    Value::Instance(class) | Value::Class(class) => {
                        return Some(at(&evaluator.field_name(class, &name.value), declared(class)?));
                    }
                    Value::Module(module) => {
                        let binding = module.bindings.iter().find(|binding| binding.name.value == name.value)?;
                        return Some(at(&name.value, binding.name.span));
                    }
                    _ => {}
                }
            }
            Some(Setting { name: name.value.clone(), key: format!("name:{}", name.value), span: name.span })
        }
        ExprKind::Subscript(_, key) => {
            let name = key.as_text()?;
            Some(Setting { name: name.as_str().to_owned(), key: format!("name:{}", name.as_str()), span: name.span() })
        }
        ExprKind::Call(call) => {
            let reads = evaluator
                .qualified(&call.callee, scope)
                .is_some_and(|name| evaluator.reads_environment(expr, &name, call, scope).is_some());
            if reads {
                let name = call.arguments.first()?.as_text()?;
                return Some(Setting {
                    name: name.as_str().to_owned(),
                    key: format!("name:{}", name.as_str()),
                    span: name.span(),
                });
            }
            match (&call.callee.kind, call.arguments.first()) {
                (ExprKind::Name(name), Some(value)) if name == "str" || name == "int" => {
                    setting_of(evaluator, value, scope, depth + 1)
                }
                (ExprKind::Attribute(_, method), Some(name)) if method.value == "get" => {
                    let name = name.as_text()?;
                    Some(Setting {
                        name: name.as_str().to_owned(),
                        key: format!("name:{}", name.as_str()),
                        span: name.span(),
                    })
                }
                (ExprKind::Attribute(object, _), None) => setting_of(evaluator, object, scope, depth + 1),
                _ => None,
            }
        }
        ExprKind::Or(values) => values.iter().find_map(|value| setting_of(evaluator, value, scope, depth + 1)),
        ExprKind::Choice { then, otherwise, .. } => {
            setting_of(evaluator, then, scope, depth + 1).or_else(|| setting_of(evaluator, otherwise, scope, depth + 1))
        }
        _ => None,
    }
}
