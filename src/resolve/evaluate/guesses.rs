//! Settings that no framework is known to read: those that hold a Redis URL, and groups such as `REDIS_HOST`, `REDIS_PORT`.
//!
//! Comes in: the names of modules and classes, and what was used already. Goes out: a client for each that has no known
//! site.

use crate::facts::code::ExprKind;
use crate::finding::Confidence;
use crate::model::Family;
use crate::symbol::{Alternative, Resolved};

use super::settings::{Named, push};
use super::sites::{self, Found, Slot};
use super::values::Evaluator;
use super::{ConnectionSettings, libraries, passwords};

/// Settings that are Redis URLs and have no known site. One that another is made of is a part of that one.
pub(super) fn urls<'a>(evaluator: &Evaluator<'a>, scopes: &[Vec<Named<'a>>], found: &mut Found) {
    let mut pending = Vec::new();
    for named in scopes.iter().flatten() {
        let span = named.binding.name.span;
        if found.used.contains(&span) || named.binding.name.value.starts_with("self.") || !may_be_url(*named) {
            continue;
        }
        evaluator.refuel();
        evaluator.take_visited();
        let own = named.name(evaluator);
        let framework = libraries::is_framework_url(&own);
        let name = own.to_ascii_lowercase();
        let says_redis =
            framework || name.contains("redis") || name.contains("broker_url") || name.contains("result_backend");
        let says_url = ["url", "uri", "dsn"].iter().any(|word| name.contains(word));
        let Some(mut url) = named.resolved(evaluator) else { continue };
        evaluator.take_end();
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
            && !framework
        {
            continue;
        }
        let mut visited = evaluator.take_visited();
        visited.remove(&span);
        // What stands in the code alone may be what nobody connects with.
        let is_given = |one: &Alternative| one.value.as_ref().is_some_and(|text| text.span().file != span.file);
        let is_sure = written && says_redis && url.alternatives.iter().any(is_given);
        let confidence = if is_sure { Confidence::High } else { Confidence::Medium };
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

/// Whether a Redis URL can come of what is written there. Most of a program's names are ruled out by their looks, and
/// asking for the value of every one, in every container, is what large repositories wait for.
fn may_be_url(named: Named<'_>) -> bool {
    match named.binding.value.as_ref().map(|value| &value.kind) {
        // A settings class may take the value from the environment.
        Some(ExprKind::Text(text)) => named.class.is_some() || text.as_str().contains("://"),
        Some(
            ExprKind::Number(_)
            | ExprKind::Bool(_)
            | ExprKind::List(_)
            | ExprKind::Dict(_)
            | ExprKind::Not(_)
            | ExprKind::Equal(..)
            | ExprKind::Within(_)
            | ExprKind::Opaque,
        ) => false,
        _ => true,
    }
}

/// `REDIS_HOST`, `REDIS_PORT`, … of one module or class without a known site.
pub(super) fn groups<'a>(evaluator: &Evaluator<'a>, names: &[Named<'a>], found: &mut Found) {
    let roles: Vec<(Named<'a>, String, Slot)> = names
        .iter()
        .filter_map(|named| {
            let name = named.name(evaluator);
            let (prefix, slot) = passwords::role(&name)?;
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
        // Where a URL of that prefix is set, nothing else is looked at.
        let url = format!("{prefix}url");
        let beaten = names.iter().any(|named| {
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
