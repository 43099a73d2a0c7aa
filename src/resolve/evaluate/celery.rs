//! Celery: its constructor, its configuration, and the variables that beat both.

use crate::facts::code::{Call, Expr};
use crate::model::Family;
use crate::source::Span;

use super::ConnectionSettings;
use super::cases::under;
use super::origin::setting_of;
use super::sites::{Found, Setting, keep_redis, push};
use super::values::{Case, Evaluator, Scope, Value};

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
