//! Patches: strategic merge and JSON 6902.

use crate::facts::kubernetes::{Field, Kind, Value};
use crate::source::Spanned;

/// Deeper than any object of Kubernetes.
const MAX_DEPTH: usize = 64;

/// The key by which the items of a list are merged; other lists are replaced.
fn merge_key(list: &str, items: &[Value]) -> Option<&'static str> {
    match list {
        "containers" | "initContainers" | "env" | "volumes" | "imagePullSecrets" => Some("name"),
        "volumeMounts" => Some("mountPath"),
        "ports" if items.iter().any(|item| item.get("containerPort").is_some()) => Some("containerPort"),
        "ports" => Some("port"),
        _ => None,
    }
}

/// Lays a patch over a value: mappings merge, a null removes, lists of named things merge by name, others are replaced.
/// The depth is bounded by [`MAX_DEPTH`].
pub(super) fn strategic(target: &mut Value, patch: &Value, depth: usize) {
    if depth > MAX_DEPTH {
        target.opaque = true;
        return;
    }
    let Kind::Map(fields) = &mut target.kind else {
        *target = patch.clone();
        return;
    };
    if patch.str_at(&["$patch"]) == Some("replace") {
        let own = patch.fields().iter().filter(|field| field.key.value != "$patch");
        *fields = own.cloned().collect();
        return;
    }
    for field in patch.fields().iter().filter(|field| !field.key.value.starts_with('$')) {
        let at = fields.iter().position(|other| other.key.value == field.key.value);
        match (&field.value.kind, at) {
            (Kind::Null, Some(at)) => {
                fields.remove(at);
            }
            (Kind::Null, None) => {}
            (Kind::Map(_), Some(at)) => strategic(&mut fields[at].value, &field.value, depth + 1),
            (Kind::List(items), Some(at)) => match merge_key(&field.key.value, items) {
                Some(key) => merge_list(&mut fields[at].value, items, key, depth + 1),
                None => fields[at] = field.clone(),
            },
            (_, Some(at)) => fields[at] = field.clone(),
            (_, None) => {
                fields.push(Field { key: field.key.clone(), value: without_directives(&field.value, depth + 1) });
            }
        }
    }
}

fn merge_list(target: &mut Value, items: &[Value], key: &str, depth: usize) {
    let Kind::List(own) = &mut target.kind else { return };
    if items.iter().any(|item| item.str_at(&["$patch"]) == Some("replace")) {
        *own = items.iter().filter(|item| item.get("$patch").is_none()).cloned().collect();
        return;
    }
    // The items of the patch come first, in its order, then those that it does not speak of.
    let mut merged = Vec::new();
    for item in items {
        let name = item.str_at(&[key]);
        let at = own.iter().position(|other| name.is_some() && other.str_at(&[key]) == name);
        let old = at.map(|at| own.remove(at));
        if item.str_at(&["$patch"]) == Some("delete") {
            continue;
        }
        merged.push(match old {
            Some(mut old) => {
                strategic(&mut old, item, depth);
                old
            }
            None => without_directives(item, depth),
        });
    }
    merged.append(own);
    *own = merged;
}

/// What a patch adds as a whole: its nulls and directives leave nothing behind.
fn without_directives(value: &Value, depth: usize) -> Value {
    let mut value = value.clone();
    if let Kind::Map(fields) = &mut value.kind
        && depth <= MAX_DEPTH
    {
        fields.retain(|field| !matches!(field.value.kind, Kind::Null) && !field.key.value.starts_with('$'));
        for field in fields {
            field.value = without_directives(&field.value, depth + 1);
        }
    }
    value
}

/// Applies the operations of a JSON patch, in order; one that does not fit is passed over.
pub(super) fn json(target: &mut Value, operations: &[Value]) {
    for operation in operations {
        let (Some(op), Some(path)) = (operation.str_at(&["op"]), operation.str_at(&["path"])) else { continue };
        let from = operation.str_at(&["from"]).and_then(|from| find(target, from)).cloned();
        match op {
            "add" | "replace" => {
                if let Some(field) = operation.field("value") {
                    put(target, path, Some(field.value.clone()), op == "add");
                }
            }
            "remove" => put(target, path, None, false),
            "copy" => put(target, path, from, true),
            "move" => {
                put(target, operation.str_at(&["from"]).unwrap_or_default(), None, false);
                put(target, path, from, true);
            }
            _ => {}
        }
    }
}

fn part(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}

fn find<'a>(target: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('/').skip(1).try_fold(target, |value, name| match &value.kind {
        Kind::List(items) => items.get(name.parse::<usize>().ok()?),
        _ => value.field(&part(name)).map(|field| &field.value),
    })
}

/// Sets what lies at a path; `None` removes it.
fn put(target: &mut Value, path: &str, new: Option<Value>, insert: bool) {
    let Some((parents, last)) = path.rsplit_once('/') else { return };
    let last = part(last);
    let mut place = target;
    for name in parents.split('/').skip(1) {
        let name = part(name);
        let next = match &mut place.kind {
            Kind::List(items) => name.parse::<usize>().ok().and_then(|at| items.get_mut(at)),
            Kind::Map(fields) => fields.iter_mut().find(|field| field.key.value == name).map(|field| &mut field.value),
            _ => None,
        };
        let Some(next) = next else { return };
        place = next;
    }
    match (&mut place.kind, new) {
        (Kind::List(items), Some(new)) if last == "-" => items.push(new),
        (Kind::List(items), new) => {
            let Some(at) = last.parse::<usize>().ok() else { return };
            match new {
                Some(new) if insert && at <= items.len() => items.insert(at, new),
                Some(new) if at < items.len() => items[at] = new,
                None if at < items.len() => {
                    items.remove(at);
                }
                _ => {}
            }
        }
        (Kind::Map(fields), new) => {
            let at = fields.iter().position(|field| field.key.value == last);
            match (at, new) {
                (Some(at), Some(new)) => fields[at].value = new,
                (None, Some(new)) => fields.push(Field { key: Spanned::new(last, new.span), value: new }),
                (Some(at), None) => {
                    fields.remove(at);
                }
                (None, None) => {}
            }
        }
        _ => {}
    }
}
