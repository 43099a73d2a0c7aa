//! Calls that connect to Redis, and what they are given.

use std::collections::{HashMap, HashSet};

use crate::facts::code::{Class, Expr, Function, Module};
use crate::finding::Confidence;
use crate::model::Family;
use crate::source::Span;
use crate::symbol::{Resolved, Step, is_symbol};

use super::celery;
use super::libraries::{keyword_slot, spec};
use super::origin::setting_of;
use super::values::{ClassRef, Evaluator, Scope};
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

/// Finds the connecting calls of every module that runs in the place.
pub(super) fn collect(evaluator: &Evaluator<'_>, found: &mut Found) {
    for module in evaluator.facts.modules.iter().filter(|module| (evaluator.place.runs)(&module.path)) {
        let scope = Scope::module(module);
        for call in &module.calls {
            site(evaluator, call, scope, found);
        }
        for binding in &module.bindings {
            if let Some(value) = &binding.value {
                celery::celery_attribute(evaluator, &binding.name.value, value, binding.name.span, scope, found);
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
            celery::celery_attribute(evaluator, &binding.name.value, value, binding.name.span, scope, found);
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
        celery::configured(evaluator, expr, call, &name, scope, found);
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

pub(super) fn push(
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
