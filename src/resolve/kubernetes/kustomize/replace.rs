//! `replacements` and `vars`: a field of one object as a part of another.
//!
//! <https://kubectl.docs.kubernetes.io/references/kustomize/kustomization/replacements/>

use std::collections::BTreeMap;

use super::super::expansion::expand;
use super::select::Selector;
use super::{Gathered, Object};
use crate::facts::kubernetes::{Kind, Value};
use crate::text::Text;

/// A variable of an older kustomization.
pub(super) struct Variable {
    name: String,
    /// The kind and the name of the object.
    object: (String, String),
    field: String,
}

/// Copies the fields that a kustomization's `replacements` name.
pub(super) fn replacements(root: &Value, into: &mut Gathered) {
    for replacement in root.get("replacements").map(Value::items).unwrap_or_default() {
        let Some(source) = replacement.get("source") else {
            // Another file says what is replaced, or a value of its own.
            into.partial = true;
            continue;
        };
        let selector = Selector::of_replacement(source);
        let field = steps(source.str_at(&["fieldPath"]).unwrap_or("metadata.name"));
        let found = into.objects.iter().find(|object| selector.selects(object));
        let found = found.and_then(|object| look(&object.value, &field)?.text().cloned());
        let Some(value) = found.and_then(|text| part(&text, source.get("options"))) else {
            into.partial = true;
            continue;
        };
        for target in replacement.get("targets").map(Value::items).unwrap_or_default() {
            into.partial |= replace(target, &value, &mut into.objects).is_none();
        }
    }
}

/// `None`: what the target means is not understood.
fn replace(target: &Value, value: &Text, objects: &mut [Object]) -> Option<()> {
    let selected = Selector::of_patch(target.get("select")?);
    let rejected: Vec<Selector> =
        target.get("reject").map(Value::items).unwrap_or_default().iter().map(Selector::of_patch).collect();
    if selected.unknown || rejected.iter().any(|one| one.unknown) {
        return None;
    }
    let options = target.get("options");
    let paths: Vec<Vec<String>> = match target.get("fieldPaths") {
        Some(paths) => paths.items().iter().filter_map(Value::text).map(|path| steps(path.as_str())).collect(),
        None => vec![steps("metadata.name")],
    };
    let meant = |object: &&mut Object| selected.selects(object) && !rejected.iter().any(|one| one.selects(object));
    for object in objects.iter_mut().filter(meant) {
        for path in &paths {
            let mut places = vec![&mut object.value];
            for step in path {
                places = places.into_iter().flat_map(|place| enter(place, step)).collect();
            }
            for place in places {
                let Kind::Scalar(old) = &place.kind else { continue };
                place.kind = Kind::Scalar(put(old, value, options)?);
            }
        }
    }
    Some(())
}

/// The values behind one step of a path: a field, an item by number, by `[name=x]`, or `*` for each.
fn enter<'a>(value: &'a mut Value, step: &str) -> Vec<&'a mut Value> {
    let key_and_value = step.strip_prefix('[').and_then(|step| step.strip_suffix(']')?.split_once('='));
    match &mut value.kind {
        Kind::Map(fields) => {
            let meant = fields.iter_mut().filter(|field| step == "*" || field.key.value == step);
            meant.map(|field| &mut field.value).collect()
        }
        Kind::List(items) => {
            let at: Option<usize> = step.parse().ok();
            let fits = |(index, item): &(usize, &mut Value)| match key_and_value {
                Some((key, wanted)) => item.str_at(&[key]) == Some(wanted),
                None => step == "*" || at == Some(*index),
            };
            items.iter_mut().enumerate().filter(fits).map(|(_, item)| item).collect()
        }
        _ => Vec::new(),
    }
}

fn look<'a>(value: &'a Value, path: &[String]) -> Option<&'a Value> {
    path.iter().try_fold(value, |value, step| match &value.kind {
        Kind::List(items) => match step.strip_prefix('[').and_then(|step| step.strip_suffix(']')?.split_once('=')) {
            Some((key, wanted)) => items.iter().find(|item| item.str_at(&[key]) == Some(wanted)),
            None => items.get(step.parse::<usize>().ok()?),
        },
        _ => value.get(step),
    })
}

/// The steps of a path: dots part them, but not inside of brackets or behind a backslash.
fn steps(path: &str) -> Vec<String> {
    let mut steps = vec![String::new()];
    let (mut depth, mut escaped) = (0_usize, false);
    for char in path.chars() {
        match char {
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            '.' if depth == 0 && !escaped => steps.push(String::new()),
            // `containers[0]`, as variables write it.
            '[' if depth == 0 && steps.last().is_some_and(|step| !step.is_empty()) => {
                steps.push(String::from('['));
                depth = 1;
            }
            _ => {
                match char {
                    '[' => depth += 1,
                    ']' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                if let Some(last) = steps.last_mut() {
                    last.push(char);
                }
            }
        }
        escaped = false;
    }
    let number = |step: &String| step.strip_prefix('[')?.strip_suffix(']')?.parse::<usize>().ok();
    steps.iter().map(|step| number(step).map_or_else(|| step.clone(), |number| number.to_string())).collect()
}

/// The part of a value that `delimiter` and `index` choose.
fn part(text: &Text, options: Option<&Value>) -> Option<Text> {
    let Some(delimiter) = options.and_then(|options| options.str_at(&["delimiter"])) else { return Some(text.clone()) };
    let (start, end) = stretch(text.as_str(), delimiter, index(options)?)?;
    Some(text.slice(start..end))
}

/// The old value with the new one in the place that `delimiter` and `index` choose; `None`: there is no such place.
fn put(old: &Text, new: &Text, options: Option<&Value>) -> Option<Text> {
    let Some(delimiter) = options.and_then(|options| options.str_at(&["delimiter"])) else { return Some(new.clone()) };
    let (start, end) = stretch(old.as_str(), delimiter, index(options)?)?;
    let mut whole = old.slice(0..start);
    whole.push_text(new);
    whole.push_text(&old.slice(end..old.len()));
    Some(whole.with_anchor(old.anchor()))
}

fn index(options: Option<&Value>) -> Option<usize> {
    options.and_then(|options| options.str_at(&["index"])).map_or(Some(0), |index| index.parse().ok())
}

fn stretch(value: &str, delimiter: &str, index: usize) -> Option<(usize, usize)> {
    if delimiter.is_empty() {
        return None;
    }
    let part = value.split(delimiter).nth(index)?;
    let start = value.split(delimiter).take(index).map(|part| part.len() + delimiter.len()).sum();
    Some((start, start + part.len()))
}

/// The `vars` of a kustomization.
pub(super) fn variables(root: &Value) -> impl Iterator<Item = Variable> {
    root.get("vars").map(Value::items).unwrap_or_default().iter().filter_map(|one| {
        let object = |key: &str| one.str_at(&["objref", key]).map(str::to_owned);
        Some(Variable {
            name: one.str_at(&["name"])?.to_owned(),
            object: (object("kind")?, object("name")?),
            field: one.str_at(&["fieldref", "fieldpath"]).unwrap_or("metadata.name").to_owned(),
        })
    })
}

/// Fills `$(NAME)` in commands, arguments and variables of containers, when everything else is done.
pub(super) fn fill(variables: &[Variable], objects: &mut [Object]) {
    let values: BTreeMap<&str, Text> = variables
        .iter()
        .filter_map(|variable| {
            let (kind, name) = &variable.object;
            let object = objects.iter().find(|object| object.kind() == kind && object.is_named(name))?;
            let text = look(&object.value, &steps(&variable.field))?.text()?;
            Some((variable.name.as_str(), text.clone()))
        })
        .collect();
    if variables.is_empty() {
        return;
    }
    let mut pending: Vec<&mut Value> = objects.iter_mut().map(|object| &mut object.value).collect();
    while let Some(value) = pending.pop() {
        match &mut value.kind {
            Kind::List(items) => pending.extend(items),
            Kind::Map(fields) => {
                for field in fields {
                    match (&mut field.value.kind, field.key.value.as_str()) {
                        (Kind::List(items), "command" | "args") => {
                            for item in items {
                                fill_in(item, &values);
                            }
                        }
                        (Kind::Scalar(_), "value") => fill_in(&mut field.value, &values),
                        _ => pending.push(&mut field.value),
                    }
                }
            }
            _ => {}
        }
    }
}

fn fill_in(value: &mut Value, values: &BTreeMap<&str, Text>) {
    if let Kind::Scalar(text) = &mut value.kind {
        *text = expand(text, |name, _| values.get(name).cloned());
    }
}

#[cfg(test)]
mod tests {
    use super::steps;

    #[test]
    fn paths_are_taken_apart() {
        assert_eq!(steps("spec.containers.[name=a.b].image"), ["spec", "containers", "[name=a.b]", "image"]);
        assert_eq!(steps(r"data.redis\.conf"), ["data", "redis.conf"]);
        assert_eq!(steps("containers[0].image"), ["containers", "0", "image"]);
    }
}
