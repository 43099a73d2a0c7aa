//! Settings that name a Redis server by convention: of Celery, Django, Flask and RQ. Any with `REDIS` in their names are
//! left to `guesses`.

use std::collections::HashSet;

use crate::facts::code::{Binding, Expr, ExprKind, Module};
use crate::finding::Confidence;
use crate::model::Family;
use crate::source::Span;
use crate::symbol::{Resolved, Step};
use crate::text::Text;

use super::sites::{self, Found, Setting, Slot};
use super::structures::entry;
use super::values::{Case, ClassRef, Evaluator, Scope};
use super::{ConnectionSettings, FoundClient};
use super::{celery, django, guesses, libraries, origin, sentinel};

/// A name of a module or class, to be evaluated where it stands.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    pub binding: &'a Binding,
    pub module: &'a Module,
    pub class: Option<ClassRef<'a>>,
    /// Whether this one assignment is meant, which counts where its branches are taken, and not the name.
    pub single: bool,
}

impl<'a> Named<'a> {
    pub fn name(self, evaluator: &Evaluator<'a>) -> String {
        // `CACHES.default` is a part of a setting, `app.config.NAME` is one.
        let whole = self.binding.name.value.as_str();
        let first = whole.split('.').next().unwrap_or_default();
        let last = whole.rsplit('.').next().unwrap_or_default();
        let own = if first.bytes().any(|byte| byte.is_ascii_lowercase()) { last } else { first };
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

    pub fn resolved(self, evaluator: &Evaluator<'a>) -> Option<Resolved> {
        Some(evaluator.resolved(self.cases(evaluator)?, self.binding.name.span))
    }

    /// A value that later statements replace under the dotted name, such as `CACHES.default.LOCATION`.
    pub fn set_later(self, evaluator: &Evaluator<'a>, dotted: &str, said: Vec<Case<'a>>) -> Vec<Case<'a>> {
        let mut modules = evaluator.settings_modules.borrow().clone();
        if !modules.iter().any(|module| module.file == self.module.file) {
            modules = vec![self.module];
        }
        let later =
            modules.iter().find_map(|module| evaluator.bindings(&module.bindings, dotted, Scope::module(module)));
        let Some(later) = later else { return said };
        // Without a condition it is certainly set; else what was said before may hold still.
        if later.iter().any(|case| case.when.is_empty()) { later } else { said.into_iter().chain(later).collect() }
    }

    pub fn setting(self, evaluator: &Evaluator<'a>) -> Setting {
        let span = self.binding.name.span;
        Setting { name: self.name(evaluator), key: format!("{}:{}", span.file.0, span.start), span }
    }
}

/// Finds the clients that settings stand for.
pub(super) fn collect<'a>(evaluator: &Evaluator<'a>, found: &mut Found) {
    let mut names: Vec<Vec<Named<'a>>> = Vec::new();
    let project = django::Project::of(evaluator);
    project.modules.clone_into(&mut evaluator.settings_modules.borrow_mut());
    for module in evaluator.present() {
        names.push(
            unique(&module.bindings).map(|binding| Named { binding, module, class: None, single: false }).collect(),
        );
        for class in &module.classes {
            let class = ClassRef { module, class, arguments: None };
            if project.leaves_out_class(evaluator, class) {
                found.used.extend(class.class.fields.iter().map(|field| field.name.span));
                continue;
            }
            let fields = unique(&class.class.fields);
            names.push(fields.map(|binding| Named { binding, module, class: Some(class), single: false }).collect());
        }
    }
    for named in names.iter().flatten() {
        evaluator.refuel();
        known(evaluator, *named, found);
        found.used.extend(evaluator.take_visited());
    }
    for module in evaluator.present() {
        for binding in &module.bindings {
            evaluator.refuel();
            let named = Named { binding, module, class: None, single: true };
            if project.leaves_out(evaluator, module, &binding.name.value) {
                // What it is made of has no reader either.
                read_all(evaluator, named);
                found.used.insert(binding.name.span);
            } else {
                structured(evaluator, named, found);
            }
            found.used.extend(evaluator.take_visited());
        }
        for class in &module.classes {
            let this = ClassRef { module, class, arguments: None };
            if project.leaves_out_class(evaluator, this) {
                continue;
            }
            for binding in &class.fields {
                evaluator.refuel();
                structured(evaluator, Named { binding, module, class: Some(this), single: true }, found);
                found.used.extend(evaluator.take_visited());
            }
        }
    }
    guesses::urls(evaluator, &names, found);
    for scope in &names {
        guesses::groups(evaluator, scope, found);
    }
}

/// Evaluates every part of a setting, so that what it is made of counts as read.
fn read_all<'a>(evaluator: &Evaluator<'a>, named: Named<'a>) {
    let scope = Scope::within(named.module, named.class);
    let mut work: Vec<&'a Expr> = named.binding.value.iter().collect();
    while let Some(value) = work.pop() {
        match &value.kind {
            ExprKind::Dict(entries) => work.extend(entries.iter().map(|(_, value)| value)),
            ExprKind::List(values) => work.extend(values),
            _ => drop(evaluator.eval(value, scope)),
        }
    }
}

/// The first binding of each name that may have to do with a server.
fn unique(bindings: &[Binding]) -> impl Iterator<Item = &Binding> {
    let mut seen = HashSet::new();
    bindings.iter().filter(move |binding| binding.hints && seen.insert(binding.name.value.as_str()))
}

/// Settings whose names frameworks read.
fn known<'a>(evaluator: &Evaluator<'a>, named: Named<'a>, found: &mut Found) {
    let name = named.name(evaluator);
    let lower_case = matches!(name.as_str(), "broker_url" | "result_backend");
    let configured = celery::celery_family(&name)
        .and_then(|family| celery::is_configured_by(evaluator, named.module, named.class, family));
    let application = evaluator.calls_of("Celery").next().is_some();
    let unread = configured == Some(false) && (lower_case || named.class.is_some());
    if unread || lower_case && configured.is_none() && application {
        // Celery was told to look elsewhere.
        named.cases(evaluator);
        found.used.insert(named.binding.name.span);
        return;
    }
    let celery = !lower_case || configured.is_some() || named.module.path.contains("celery");
    if let Some(family) = celery::celery_family(&name)
        && celery
        && name.contains(['_'])
        && !found.readers.contains(&(named.binding.name.span, family))
    {
        let Some(cases) = named.cases(evaluator) else { return };
        let cases = celery::celery_cases(evaluator, family, &cases, named.binding.name.span);
        let mut url = evaluator.resolved(cases, named.binding.name.span);
        let scope = Scope::within(named.module, named.class);
        let beside = named.class.map_or(&named.module.bindings, |class| &class.class.fields);
        if let Some(settings) = sentinel::broker(evaluator, &url, beside, scope) {
            push(evaluator, &named.setting(evaluator), sentinel::FAMILY, settings, named, Confidence::High, found);
        } else if sites::keep_redis(&mut url) {
            let settings = ConnectionSettings { url: Some(url), ..ConnectionSettings::default() };
            push(evaluator, &named.setting(evaluator), family, settings, named, Confidence::High, found);
        }
    }
}

/// Dictionaries whose names frameworks read, each time that one is set, as a whole or in part.
fn structured<'a>(evaluator: &Evaluator<'a>, named: Named<'a>, found: &mut Found) {
    let Some(value) = &named.binding.value else { return };
    let scope = Scope::within(named.module, named.class);
    let parts: Vec<&str> = named.binding.name.value.split('.').collect();
    match parts.as_slice() {
        ["CACHES"] => django::caches(evaluator, named, found),
        ["CACHES", alias] => django::cache(evaluator, alias, value, scope, named, found),
        ["CHANNEL_LAYERS"] => django::channel_layers(evaluator, named, found),
        ["CHANNEL_LAYERS", _, "CONFIG"] => django::channel_layer(evaluator, value, scope, named, found),
        // https://github.com/rq/django-rq
        ["RQ_QUEUES"] => {
            for (_, queue, scope) in entries(evaluator, value, scope) {
                let Some((mut settings, naming)) = dictionary(evaluator, queue, scope, "") else { continue };
                if settings.url.is_some() {
                    // Beside a URL only the database counts.
                    let ConnectionSettings { url, db, .. } = settings;
                    settings = ConnectionSettings { url, db, ..ConnectionSettings::default() };
                }
                entry_client(evaluator, naming, queue.span, Family::RedisPy, settings, named, found);
            }
        }
        // https://github.com/Suor/django-cacheops
        ["CACHEOPS_REDIS"] if entries(evaluator, value, scope).is_empty() => {
            url(evaluator, value, scope, Family::RedisPy, named, found);
        }
        // https://github.com/martinrusev/django-redis-sessions
        ["SESSION_REDIS" | "CACHEOPS_REDIS"] => options(evaluator, value, scope, Family::RedisPy, named, found),
        // https://github.com/etataurov/nameko-redis
        ["REDIS_URIS"] => {
            for (_, value, scope) in entries(evaluator, value, scope) {
                url(evaluator, value, scope, Family::RedisPy, named, found);
            }
        }
        // https://huey.readthedocs.io/en/latest/django.html
        ["HUEY"] => {
            if let Some(connection) = entry(value, "connection") {
                options(evaluator, connection, scope, Family::RedisPy, named, found);
            } else {
                options(evaluator, value, scope, Family::RedisPy, named, found);
            }
        }
        // https://github.com/Bogdanp/django_dramatiq
        ["DRAMATIQ_BROKER" | "DRAMATIQ_RESULT_BACKEND"] => {
            let list = entry(value, "OPTIONS").or_else(|| entry(value, "BACKEND_OPTIONS"));
            if let Some(list) = list {
                options(evaluator, list, scope, Family::RedisPy, named, found);
            }
        }
        // https://docs.celeryq.dev/en/stable/userguide/configuration.html, handed over as a whole
        ["CELERY" | "CELERY_CONFIG"] => celery_options(evaluator, value, scope, named, found),
        // https://superset.apache.org/docs/configuration/cache: the configuration of Flask-Caching
        [name] if name.ends_with("CACHE_CONFIG") => {
            flask_caching(evaluator, value, scope, named, found);
        }
        _ => {}
    }
}

/// The `broker_url` and `result_backend` of a dictionary for Celery.
fn celery_options<'a>(
    evaluator: &Evaluator<'a>,
    value: &'a Expr,
    scope: Scope<'a>,
    named: Named<'a>,
    found: &mut Found,
) {
    for (key, value, scope) in entries(evaluator, value, scope) {
        let Some(family) = celery::celery_family(key) else { continue };
        let cases = celery::celery_cases(evaluator, family, &evaluator.eval(value, scope), value.span);
        url_of(evaluator, cases, (value, scope), family, named, found);
    }
}

/// The client of a URL, unless it is one of something else.
fn url<'a>(
    evaluator: &Evaluator<'a>,
    value: &'a Expr,
    scope: Scope<'a>,
    family: Family,
    named: Named<'a>,
    found: &mut Found,
) {
    url_of(evaluator, evaluator.eval(value, scope), (value, scope), family, named, found);
}

fn url_of<'a>(
    evaluator: &Evaluator<'a>,
    cases: Vec<Case<'a>>,
    naming: (&'a Expr, Scope<'a>),
    family: Family,
    named: Named<'a>,
    found: &mut Found,
) {
    let span = naming.0.span;
    let mut url = evaluator.resolved(cases, span);
    if sites::keep_redis(&mut url) {
        let settings = ConnectionSettings { url: Some(url), ..ConnectionSettings::default() };
        entry_client(evaluator, naming, span, family, settings, named, found);
    }
}

/// Flask-Caching's `CACHE_REDIS_…` in a dictionary.
fn flask_caching<'a>(
    evaluator: &Evaluator<'a>,
    value: &'a Expr,
    scope: Scope<'a>,
    named: Named<'a>,
    found: &mut Found,
) {
    if let Some((settings, naming)) = dictionary(evaluator, value, scope, "CACHE_REDIS_") {
        entry_client(evaluator, naming, naming.0.span, Family::RedisPy, settings, named, found);
    }
}

/// The connection parameters in a dictionary whose keys begin with a prefix, and the value that names the server.
pub(super) fn dictionary<'a>(
    evaluator: &Evaluator<'a>,
    value: &'a Expr,
    scope: Scope<'a>,
    prefix: &str,
) -> Option<(ConnectionSettings, (&'a Expr, Scope<'a>))> {
    let mut settings = ConnectionSettings::default();
    let mut naming = None;
    for (key, value, scope) in entries(evaluator, value, scope) {
        let Some(slot) = key.strip_prefix(prefix).and_then(|part| libraries::keyword_slot(&part.to_ascii_lowercase()))
        else {
            continue;
        };
        if slot == Slot::Url || slot == Slot::Host && naming.is_none() {
            naming = Some((value, scope));
        }
        *settings.slot(slot) = Some(evaluator.resolved(evaluator.eval(value, scope), value.span));
    }
    let empty = |url: &Resolved| url.single().is_some_and(|only| only.value.as_ref().is_some_and(Text::is_empty));
    if !prefix.is_empty() && settings.url.as_ref().is_some_and(empty) {
        // Flask-Caching then takes the host, or its default.
        settings.url = None;
        settings.host.get_or_insert_with(|| Resolved::known(Text::mapped("localhost", value.span), Vec::new()));
    } else if !prefix.is_empty() && settings.url.as_ref().is_some_and(|url| !url.is_absent()) {
        // Where the URL is set it looks at nothing else.
        settings = ConnectionSettings { url: settings.url, ..ConnectionSettings::default() };
    }
    Some((settings, naming?))
}

/// The entries of a dictionary with literal keys, wherever it is written.
pub(super) fn entries<'a>(
    evaluator: &Evaluator<'a>,
    value: &'a Expr,
    scope: Scope<'a>,
) -> Vec<(&'a str, &'a Expr, Scope<'a>)> {
    evaluator.pairs(value, scope).0
}

/// The client of a dictionary of connection parameters: `{"HOST": …}`, `{"url": …}`.
pub(super) fn options<'a>(
    evaluator: &Evaluator<'a>,
    value: &'a Expr,
    scope: Scope<'a>,
    family: Family,
    named: Named<'a>,
    found: &mut Found,
) {
    if let Some((settings, naming)) = dictionary(evaluator, value, scope, "") {
        entry_client(evaluator, naming, value.span, family, settings, named, found);
    }
}

/// One server of a setting that may name several; where it is itself named by another setting, that one is meant.
pub(super) fn entry_client<'a>(
    evaluator: &Evaluator<'a>,
    naming: (&'a Expr, Scope<'a>),
    span: Span,
    family: Family,
    settings: ConnectionSettings,
    named: Named<'a>,
    found: &mut Found,
) {
    let own = named.setting(evaluator);
    let setting = origin::setting_of(evaluator, naming.0, naming.1, 0).unwrap_or_else(|| Setting {
        key: format!("{} {}", own.key, span.start),
        span,
        ..own
    });
    found.used.insert(setting.span);
    let setting = Setting { span, ..setting };
    push(evaluator, &setting, family, settings, named, Confidence::High, found);
}

pub(super) fn push<'a>(
    evaluator: &Evaluator<'a>,
    setting: &Setting,
    family: Family,
    settings: ConnectionSettings,
    named: Named<'a>,
    confidence: Confidence,
    found: &mut Found,
) {
    let mut settings = ConnectionSettings { end: evaluator.take_end(), ..settings };
    if named.single && !in_branches(evaluator, named, &mut settings) {
        return;
    }
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
    if evaluator.is_running(named.module) {
        found.add(client, Some(setting));
    } else {
        found.elsewhere.push(client);
    }
}

/// Leaves of the values what is possible where the assignment is reached; `false`: it never is.
fn in_branches<'a>(evaluator: &Evaluator<'a>, named: Named<'a>, settings: &mut ConnectionSettings) -> bool {
    let outcomes = evaluator.outcomes(&named.binding.guards, Scope::within(named.module, named.class));
    let taken: Vec<_> = outcomes.into_iter().filter(|(_, holds)| *holds).map(|(when, _)| when).collect();
    if taken.iter().any(Vec::is_empty) {
        return true;
    }
    !taken.is_empty() && settings.narrow(&taken)
}
