//! Calls that connect to Redis, and what they are given.

use std::collections::{HashMap, HashSet};

use crate::facts::code::{Binding, Call, Expr, ExprKind};
use crate::finding::Confidence;
use crate::model::Family;
use crate::resolve::placement::is_test;
use crate::source::Span;
use crate::symbol::{Alternative, Condition, MAX_ALTERNATIVES, Resolved, Step, is_symbol};
use crate::text::Text;

use super::branches::{Passed, Reached};
use super::callers::{Caller, Callers};
use super::cases::join;
use super::celery;
use super::libraries::{self, Dictionary, Spec};
use super::origin::setting_of;
use super::values::{ClassRef, Evaluator, Scope};
use super::{ConnectionSettings, FoundClient};
use super::{sentinel, settings};

/// The clients found so far, and what they were made of.
#[derive(Default)]
pub(super) struct Found {
    pub clients: Vec<FoundClient>,
    /// Clients of code that is not loaded, or stands in a branch that is not taken.
    pub elsewhere: Vec<FoundClient>,
    /// Whether the branch that the call at hand stands in is taken.
    reached: Reached,
    /// Bindings that a client was made of: these settings have a known site.
    pub used: HashSet<Span>,
    /// Which library reads them there.
    pub readers: HashSet<(Span, Family)>,
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

    /// Leaves of the values what is possible under one of these; `false`: one of them has no value then.
    pub(super) fn narrow(&mut self, taken: &[Vec<Condition>]) -> bool {
        for slot in [Slot::Url, Slot::Host, Slot::Port, Slot::Db, Slot::Username, Slot::Password] {
            let Some(value) = self.slot(slot) else { continue };
            let old = std::mem::take(&mut value.alternatives);
            for when in taken {
                let possible = |one: &Alternative| Some(Alternative { when: join(when, &one.when)?, ..one.clone() });
                value.alternatives.extend(old.iter().filter_map(possible));
            }
            value.alternatives.truncate(MAX_ALTERNATIVES);
            if value.alternatives.is_empty() {
                return false;
            }
        }
        true
    }
}

impl Found {
    /// Adds a client unless the same setting with the same values is known.
    pub fn add(&mut self, client: FoundClient, setting: Option<&Setting>) {
        // A URL that is certainly not set connects to nothing, unless the program says that it must be.
        if client.settings.url.as_ref().is_some_and(Resolved::is_absent) && client.settings.end.is_none() {
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

/// Finds the connecting calls of every module that runs in the place.
pub(super) fn collect(evaluator: &Evaluator<'_>, found: &mut Found) {
    let mut walk = Walk { evaluator, callers: Callers::new(evaluator), found };
    for module in evaluator.present() {
        let scope = Scope::module(module);
        walk.block(&module.calls, &module.bindings, scope);
        for function in &module.functions {
            walk.block(&function.calls, &function.bindings, Scope { function: Some(function), ..scope });
        }
        for class in &module.classes {
            let scope = Scope::within(module, Some(ClassRef { module, class, arguments: None }));
            for method in &class.methods {
                // The nameless method holds the calls of the class's body.
                let function = (!method.name.value.is_empty()).then_some(method);
                walk.block(&method.calls, &method.bindings, Scope { function, ..scope });
            }
        }
    }
}

struct Walk<'a, 'b> {
    evaluator: &'b Evaluator<'a>,
    callers: Callers<'a>,
    found: &'b mut Found,
}

/// The parameters that a connecting call is given, each with the scope of its value.
type Given<'a> = Vec<(Slot, &'a Expr, Scope<'a>)>;

impl<'a> Walk<'a, '_> {
    fn block(&mut self, calls: &'a [Expr], bindings: &'a [Binding], scope: Scope<'a>) {
        for expr in calls {
            let Some(call) = expr.as_call() else { continue };
            let Some(name) = self.connects_as(call, scope) else { continue };
            let callers = self.callers.of(self.evaluator, scope);
            if callers.is_empty() {
                self.site(expr, call, &name, scope, None);
            }
            for caller in &callers {
                self.site(expr, call, &name, scope, Some(caller));
            }
        }
        for binding in bindings {
            if let Some(value) = &binding.value {
                let (target, span) = (&binding.name.value, binding.name.span);
                self.found.reached = Reached::Yes;
                celery::celery_attribute(self.evaluator, target, value, span, scope, self.found);
            }
        }
    }

    /// The full name of a call that may connect; a class that is built on a client is that client.
    fn connects_as(&self, call: &'a Call, scope: Scope<'a>) -> Option<String> {
        let may = |name: &String| {
            name.starts_with("celery.")
                || sentinel::is_sentinel(name)
                || libraries::of_call(name).is_some()
                || libraries::configured_by_dictionary(name).is_some()
        };
        if let ExprKind::Attribute(object, method) = &call.callee.kind
            && method.value == "__init__"
            && object.as_call().is_some_and(|object| object.callee.dotted().as_deref() == Some("super"))
        {
            return self.evaluator.lineage(scope.this?).1.into_iter().find(may);
        }
        self.evaluator.qualified(&call.callee, scope).filter(may)
    }

    fn site(&mut self, expr: &'a Expr, call: &'a Call, name: &str, scope: Scope<'a>, caller: Option<&Caller<'a>>) {
        let evaluator = self.evaluator;
        evaluator.refuel();
        let outer = caller.map_or(Reached::Yes, |caller| evaluator.reached(caller.span, caller.scope));
        let entered = caller.and_then(|caller| caller.enter(evaluator, scope)).unwrap_or(scope);
        self.found.reached = outer.min(evaluator.reached(expr.span, entered));
        evaluator.refuel();
        evaluator.take_visited();
        let scope = caller.and_then(|caller| caller.enter(evaluator, scope)).unwrap_or(scope);
        if name.starts_with("celery.") {
            celery::configured(evaluator, expr, call, name, scope, self.found);
            return;
        }
        if sentinel::is_sentinel(name) {
            if let Some(settings) = sentinel::call(evaluator, call, expr.span, scope) {
                push(evaluator, expr.span, sentinel::FAMILY, settings, None, scope, self.found);
            }
            return;
        }
        if let Some(dictionary) = libraries::configured_by_dictionary(name) {
            self.configured(expr, call, dictionary, scope);
            return;
        }
        let Some(spec) = libraries::of_call(name) else { return };
        let Some((given, twice, unread)) = given(evaluator, spec, call, scope) else { return };
        let bare = given.iter().all(|(slot, ..)| !matches!(slot, Slot::Url | Slot::Host | Slot::Socket));
        // Elsewhere nothing said means nothing known.
        if bare && !spec.alone {
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
        // An empty URL is none to dramatiq and Huey, which then connect to their default.
        let root = name.split('.').next().unwrap_or_default();
        let unset = |url: &Resolved| url.single().is_some_and(|only| only.value.as_ref().is_some_and(Text::is_empty));
        if matches!(root, "dramatiq" | "huey") && settings.url.as_ref().is_some_and(unset) {
            settings.url = None;
            settings.host.get_or_insert_with(|| Resolved::known(Text::mapped("localhost", expr.span), Vec::new()));
        }
        let unknown = || Resolved::known(evaluator.symbols.opaque_text(expr.span), Vec::new());
        for slot in twice {
            *settings.slot(slot) = Some(unknown());
        }
        if unread {
            let host = bare.then_some(Slot::Host);
            for slot in host.into_iter().chain([Slot::Password, Slot::Username, Slot::Port, Slot::Db]) {
                settings.slot(slot).get_or_insert_with(unknown);
            }
        }
        if matches!(root, "limits" | "flask_limiter" | "slowapi")
            && let Some(url) = &settings.url
            && let Some(sentinels) = sentinel::storage(evaluator, url, (name, call), expr.span, scope)
        {
            push(evaluator, expr.span, sentinel::FAMILY, sentinels, None, scope, self.found);
            return;
        }
        // The others speak to servers of several kinds.
        let redis_alone = spec.alone || matches!(root, "taskiq_redis" | "socketio");
        if !redis_alone && settings.url.as_mut().is_some_and(|url| !keep_redis(url)) {
            return;
        }
        let naming = [Slot::Url, Slot::Host].into_iter().find_map(|wanted| given.iter().find(|one| one.0 == wanted));
        let setting = naming.and_then(|(_, value, scope)| {
            let passed = caller.and_then(|caller| caller.passed(evaluator, value, *scope));
            let (value, scope) = passed.unwrap_or((value, *scope));
            setting_of(evaluator, value, scope, 0)
        });
        push(evaluator, expr.span, spec.family_of(name), settings, setting.as_ref(), scope, self.found);
    }

    /// `Cache(config={"CACHE_REDIS_URL": …})`, `caches.set_config({"default": {"endpoint": …}})`.
    fn configured(&mut self, expr: &'a Expr, call: &'a Call, dictionary: Dictionary, scope: Scope<'a>) {
        let evaluator = self.evaluator;
        let given = call.keyword("config").or(call.arguments.first());
        let entries: Vec<(&'a Expr, Scope<'a>)> = match (given, dictionary) {
            (None, _) => return,
            (Some(given), Dictionary::FlaskCaching) => vec![(given, scope)],
            (Some(given), Dictionary::Aiocache) => {
                let (entries, _) = evaluator.pairs(given, scope);
                entries.into_iter().map(|(_, value, scope)| (value, scope)).collect()
            }
        };
        for (entry, scope) in entries {
            let prefix = if dictionary == Dictionary::FlaskCaching { "CACHE_REDIS_" } else { "" };
            let Some((settings, naming)) = settings::dictionary(evaluator, entry, scope, prefix) else { continue };
            let setting = setting_of(evaluator, naming.0, naming.1, 0);
            push(evaluator, expr.span, Family::RedisPy, settings, setting.as_ref(), scope, self.found);
        }
    }
}

/// What a call gives: its parameters, those that are given twice, and whether some can't be told; `None`: a client
/// that another one is handed to.
fn given<'a>(
    evaluator: &Evaluator<'a>,
    spec: &Spec,
    call: &'a Call,
    scope: Scope<'a>,
) -> Option<(Given<'a>, Vec<Slot>, bool)> {
    let mut given: Given<'a> = Vec::new();
    for (slot, value) in spec.positional.iter().zip(&call.arguments) {
        address(*slot, value, scope, &mut given);
    }
    for (keyword, value) in &call.keywords {
        if spec.family == Family::Kombu && keyword.value == "hostname" {
            given.push((Slot::Url, value, scope));
            continue;
        }
        if matches!(keyword.value.as_str(), "connection_pool" | "connection" | "client" | "startup_nodes") {
            return None;
        }
        if let Some(slot) = libraries::keyword_slot(&keyword.value) {
            address(slot, value, scope, &mut given);
        }
    }
    let (mut unread, mut twice) = (false, Vec::new());
    for spread in &call.spreads {
        let (entries, complete) = evaluator.pairs(spread, scope);
        unread |= !complete;
        for (key, value, inner) in entries {
            let Some(slot) = libraries::keyword_slot(key) else { continue };
            // Of what is set twice, or in a branch, nobody knows which comes last.
            if given.iter().any(|(known, ..)| *known == slot) || evaluator.may_be_skipped(spread, key, scope) {
                twice.push(slot);
            }
            given.push((slot, value, inner));
        }
    }
    Some((given, twice, unread))
}

/// aioredis 1 takes `("host", 6379)` in place of a URL.
fn address<'a>(slot: Slot, value: &'a Expr, scope: Scope<'a>, given: &mut Given<'a>) {
    match &value.kind {
        ExprKind::List(parts) if slot == Slot::Url => {
            given.extend([Slot::Host, Slot::Port].into_iter().zip(parts).map(|(slot, part)| (slot, part, scope)));
        }
        _ => given.push((slot, value, scope)),
    }
}

pub(super) fn push<'a>(
    evaluator: &Evaluator<'a>,
    span: Span,
    family: Family,
    settings: ConnectionSettings,
    setting: Option<&Setting>,
    scope: Scope<'a>,
    found: &mut Found,
) {
    let tls = settings.tls.clone().or_else(|| celery::tls(evaluator, family, span));
    let end = evaluator.take_end().or_else(|| settings.end.clone());
    let visited = evaluator.take_visited();
    let mut settings = ConnectionSettings { tls, end, ..settings };
    match evaluator.passed(span, scope) {
        Passed::Always => {}
        Passed::Under(conditions) => {
            let before = settings.clone();
            if !settings.narrow(&conditions) {
                settings = before;
            }
        }
        Passed::Never(error) => settings.end = Some(error),
    }
    evaluator.set_visited(visited);
    let read = evaluator.take_visited().into_iter().chain(setting.map(|setting| setting.span));
    for span in read {
        found.used.insert(span);
        found.readers.insert((span, family));
    }
    let mut trace = vec![Step { span, label: "connects here".to_owned() }];
    if let Some(setting) = setting
        && setting.span != span
    {
        trace.push(Step { span: setting.span, label: format!("{} names the server", setting.name) });
    }
    let mut confidence = confidence(&scope.module.path);
    if found.reached == Reached::Perhaps {
        confidence = confidence.min(Confidence::Medium);
    }
    let name = setting.map(|setting| setting.name.clone());
    let client = FoundClient { span, setting: name, family, settings, confidence, trace };
    if evaluator.is_running(scope.module) && found.reached != Reached::No {
        found.add(client, setting);
    } else {
        found.elsewhere.push(client);
    }
}

/// Unit tests connect to what the test sets up.
pub(super) fn confidence(path: &str) -> Confidence {
    if is_test(path) { Confidence::Low } else { Confidence::High }
}

/// Drops the alternatives that are certainly no Redis URL; `false`: nothing is left, or nothing that speaks of Redis
/// beside an address of something else.
pub(super) fn keep_redis(url: &mut Resolved) -> bool {
    let (mut elsewhere, mut redis) = (false, false);
    url.alternatives.retain(|alternative| {
        let Some(text) = &alternative.value else { return false };
        let value = text.as_str();
        let known = ["redis://", "rediss://", "unix://", "redis+socket://", "async+redis://"]
            .iter()
            .any(|scheme| value.starts_with(scheme));
        redis |= known;
        elsewhere |= !known && value.contains("://");
        known || value.starts_with(is_symbol)
    });
    !url.alternatives.is_empty() && (redis || !elsewhere)
}
