//! `labels` and `commonLabels`: pairs for objects, for their pods and for those who select pods by them.

use super::Object;
use super::generate::{map, put};
use crate::facts::kubernetes::{Field, Kind, Value};

/// Workloads with pods of their own.
const TEMPLATES: [&str; 6] = ["Deployment", "ReplicaSet", "DaemonSet", "StatefulSet", "Job", "ReplicationController"];

/// Which places get the pairs, beside the objects themselves.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Objects,
    Templates,
    Selectors,
}

/// Sets the labels that a kustomization gives.
pub(super) fn add(root: &Value, objects: &mut [Object]) {
    for entry in root.get("labels").map(Value::items).unwrap_or_default() {
        let on = |key: &str| entry.str_at(&[key]) == Some("true");
        let reach = match (on("includeSelectors"), on("includeTemplates")) {
            (true, _) => Reach::Selectors,
            (false, true) => Reach::Templates,
            (false, false) => Reach::Objects,
        };
        set(entry.get("pairs"), reach, objects);
    }
    set(root.get("commonLabels"), Reach::Selectors, objects);
}

fn set(pairs: Option<&Value>, reach: Reach, objects: &mut [Object]) {
    let pairs = pairs.map(Value::fields).unwrap_or_default();
    for object in objects {
        let kind = object.kind().to_owned();
        merge(&mut object.value, &["metadata", "labels"], pairs, true);
        if reach >= Reach::Templates && TEMPLATES.contains(&kind.as_str()) {
            merge(&mut object.value, &["spec", "template", "metadata", "labels"], pairs, true);
        }
        if reach >= Reach::Templates && kind == "CronJob" {
            let path = ["spec", "jobTemplate", "spec", "template", "metadata", "labels"];
            merge(&mut object.value, &path, pairs, true);
        }
        if reach >= Reach::Selectors {
            match kind.as_str() {
                "Service" => merge(&mut object.value, &["spec", "selector"], pairs, true),
                "NetworkPolicy" => {
                    merge(&mut object.value, &["spec", "podSelector", "matchLabels"], pairs, false);
                }
                _ => {}
            }
        }
    }
}

/// Lays pairs over the mapping behind a path; one that is not there is made, or left.
fn merge(value: &mut Value, path: &[&str], pairs: &[Field], make: bool) {
    let (Some((first, rest)), Some(pair)) = (path.split_first(), pairs.first()) else {
        for pair in pairs {
            put(value, pair.clone());
        }
        return;
    };
    if value.get(first).is_none() {
        if !make {
            return;
        }
        put(value, super::generate::field(first, map(Vec::new(), pair.value.span), pair.key.span));
    }
    let Kind::Map(fields) = &mut value.kind else { return };
    if let Some(field) = fields.iter_mut().find(|field| field.key.value == **first) {
        merge(&mut field.value, rest, pairs, make);
    }
}
