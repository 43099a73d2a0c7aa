//! Celery: its constructor, its configuration, and the variables that beat both.

use crate::facts::code::{Binding, Call, Expr, ExprKind, Module};
use crate::model::Family;
use crate::source::Span;
use crate::symbol::Resolved;
use crate::text::Text;

use super::ConnectionSettings;
use super::cases::under;
use super::origin::setting_of;
use super::sites::{Found, Setting, keep_redis, push};
use super::values::{Case, ClassRef, Evaluator, Scope, Value};

/// `Celery(broker=…, backend=…)`, `app.conf.update(…)`, `app.config_from_object({…})`.
pub(super) fn configured<'a>(
    evaluator: &Evaluator<'a>,
    expr: &'a Expr,
    call: &'a Call,
    name: &str,
    scope: Scope<'a>,
    found: &mut Found,
) {
    let application = name == "celery.Celery" || name == "celery.app.Celery";
    let updates = [".conf.update", ".conf.add_defaults", ".config_from_object"].iter().any(|end| name.ends_with(end));
    if !application && !updates {
        return;
    }
    let mut entries: Vec<(&str, &'a Expr, Scope<'a>)> =
        call.keywords.iter().map(|(key, value)| (key.value.as_str(), value, scope)).collect();
    if updates && let Some(argument) = call.arguments.first() {
        entries.extend(evaluator.pairs(argument, scope).0);
    }
    for spread in &call.spreads {
        entries.extend(evaluator.pairs(spread, scope).0);
    }
    for (key, value, scope) in entries {
        if let Some(family) = celery_family(key) {
            if application && is_overridden(expr, family, scope) {
                // Read all the same: what it is made of is no setting of its own.
                evaluator.eval(value, scope);
                found.used.extend(evaluator.take_visited());
                continue;
            }
            celery_url(evaluator, family, value, expr.span, None, scope, found);
        }
    }
}

/// Whether `app.conf` says otherwise than the constructor, and so wins.
fn is_overridden(constructor: &Expr, family: Family, scope: Scope<'_>) -> bool {
    let module = scope.module;
    let made = |binding: &&Binding| binding.value.as_ref().is_some_and(|value| value.span == constructor.span);
    let Some(app) = module.bindings.iter().find(made) else { return false };
    let conf = format!("{}.conf", app.name.value);
    let assigned = module.bindings.iter().any(|binding| {
        let key = binding.name.value.strip_prefix(&conf).and_then(|rest| rest.strip_prefix('.'));
        binding.guards.is_empty() && key.and_then(celery_family) == Some(family)
    });
    let update = format!("{conf}.update");
    let mut updates = module.calls.iter().filter_map(Expr::as_call);
    assigned
        || updates.any(|call| {
            let keywords = call.keywords.iter().map(|(key, _)| key.value.as_str());
            let keys = call.arguments.iter().flat_map(|argument| match &argument.kind {
                ExprKind::Dict(entries) => entries.as_slice(),
                _ => &[],
            });
            let keys = keys.filter_map(|(key, _)| key.as_ref()?.as_text()).map(Text::as_str);
            call.callee.dotted().as_ref() == Some(&update)
                && keywords.chain(keys).any(|key| celery_family(key) == Some(family))
        })
}

/// Whether Celery was told to look at a module or at a class in it; `None`: it was told nothing.
pub(super) fn is_configured_by<'a>(
    evaluator: &Evaluator<'a>,
    module: &'a Module,
    class: Option<ClassRef<'a>>,
    family: Family,
) -> Option<bool> {
    let sources = evaluator.calls_in("config_from_object").filter_map(|(at, call)| Some((at, call.arguments.first()?)));
    let made = evaluator.calls_in("Celery").filter_map(|(at, call)| Some((at, call.keyword("config_source")?)));
    let mut sources = sources.chain(made).peekable();
    sources.peek()?;
    Some(sources.any(|(at, source)| {
        let meant = match source.as_text() {
            Some(text) => {
                let (path, name) = text.as_str().split_once(':').unwrap_or((text.as_str(), ""));
                let path = format!("/{}.py", path.replace('.', "/"));
                let own = class.map_or("", |class| class.class.name.value.as_str());
                format!("/{}", module.path).ends_with(&path) && own == name
            }
            None => match evaluator.eval(source, Scope::module(at)).as_slice() {
                [Case { value: Value::Class(meant) | Value::Instance(meant), .. }] => {
                    class.is_some_and(|class| class.class.name.span == meant.class.name.span)
                }
                [Case { value: Value::Module(meant), .. }] => class.is_none() && meant.file == module.file,
                _ => true,
            },
        };
        meant && !constructor_says(at, family)
    }))
}

/// Whether a module makes its Celery application with that server, which beats a configuration object.
fn constructor_says(module: &Module, family: Family) -> bool {
    module.calls.iter().filter_map(Expr::as_call).any(|call| {
        call.callee.dotted().is_some_and(|name| name.ends_with("Celery"))
            && call.keywords.iter().any(|(key, _)| celery_family(&key.value) == Some(family))
    })
}

/// Whether Celery speaks TLS to a server whatever its URL says; `None`: no setting says so.
///
/// `broker_use_ssl` and `redis_backend_use_ssl` also bring what a `rediss://` URL lacks. What they hold is not looked at,
/// so it can't be told.
pub(super) fn tls(evaluator: &Evaluator<'_>, family: Family, span: Span) -> Option<Resolved> {
    let wanted = match family {
        Family::Kombu => "broker_use_ssl",
        Family::CeleryBackend => "redis_backend_use_ssl",
        _ => return None,
    };
    let is_it = |name: &str| {
        let last = name.rsplit('.').next().unwrap_or(name).to_ascii_lowercase();
        last.strip_prefix("celery_").unwrap_or(&last) == wanted
    };
    let set = |value: &Expr| !matches!(value.kind, ExprKind::None | ExprKind::Bool(false));
    let in_call = |call: &Call| {
        let entries = call.arguments.iter().flat_map(|argument| match &argument.kind {
            ExprKind::Dict(entries) => entries.as_slice(),
            _ => &[],
        });
        let entries = entries.filter_map(|(key, value)| Some((key.as_ref()?.as_text()?.as_str(), value)));
        let keywords = call.keywords.iter().map(|(key, value)| (key.value.as_str(), value));
        keywords.chain(entries).any(|(name, value)| is_it(name) && set(value))
    };
    let configured = evaluator.present().any(|module| {
        let functions = || module.functions.iter();
        let fields = module.classes.iter().flat_map(|class| &class.fields);
        let bindings = module.bindings.iter().chain(functions().flat_map(|it| &it.bindings)).chain(fields);
        let mut calls = module.calls.iter().chain(functions().flat_map(|it| &it.calls)).filter_map(Expr::as_call);
        bindings.into_iter().any(|it| is_it(&it.name.value) && it.value.as_ref().is_some_and(set)) || calls.any(in_call)
    });
    configured.then(|| Resolved::known(evaluator.symbols.opaque_text(span), Vec::new()))
}

/// The names by which Celery takes its two servers.
pub(super) fn celery_family(name: &str) -> Option<Family> {
    match name {
        "broker" | "broker_url" | "BROKER_URL" | "CELERY_BROKER_URL" => Some(Family::Kombu),
        "backend" | "result_backend" | "CELERY_RESULT_BACKEND" | "RESULT_BACKEND" => Some(Family::CeleryBackend),
        _ => None,
    }
}

pub(super) fn celery_attribute<'a>(
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
            Value::None => cases.extend(under(&case.when, said.to_vec())),
            Value::Text(text) if text.is_empty() => cases.extend(under(&case.when, said.to_vec())),
            _ => cases.push(case),
        }
    }
    cases
}
