//! The transformers of a kustomization in its own order: patches, namespace, names, labels, JSON patches, images, and
//! replacements.

use super::generate::{field, put, scalar};
use super::select::Selector;
use super::{Builder, Gathered, Object, labels, list, merge, replace};
use crate::facts::kubernetes::{Kind, Value};
use crate::text::Text;

/// Kinds that belong to no namespace and keep their names.
const CLUSTER_WIDE: [&str; 6] =
    ["Namespace", "CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding", "PersistentVolume", "StorageClass"];

/// Deeper than any object of Kubernetes.
const MAX_DEPTH: usize = 64;

impl Builder<'_> {
    pub(super) fn transform(&self, root: &Value, folder: &str, into: &mut Gathered) {
        for text in list(Some(root), "patchesStrategicMerge") {
            let inline = text.as_str().contains('\n').then_some(text);
            for patch in self.documents(folder, Some(text), inline) {
                merge_by_name(&mut into.objects, &patch);
            }
        }
        self.patches(root, "patches", folder, into);
        if let Some(namespace) = root.text_at(&["namespace"]) {
            for object in into.objects.iter_mut().filter(|object| !CLUSTER_WIDE.contains(&object.kind())) {
                if let Some(metadata) = metadata(&mut object.value) {
                    put(metadata, field("namespace", scalar(namespace.clone()), namespace.span()));
                }
            }
        }
        let text = |key: &str| root.text_at(&[key]).filter(|text| !text.is_empty());
        rename(&mut into.objects, text("namePrefix"), text("nameSuffix"));
        labels::add(root, &mut into.objects);
        self.patches(root, "patchesJson6902", folder, into);
        for image in root.get("images").map(Value::items).unwrap_or_default() {
            for object in &mut into.objects {
                replace_image(&mut object.value, image, 0);
            }
        }
        replace::replacements(root, into);
    }

    fn patches(&self, root: &Value, key: &str, folder: &str, into: &mut Gathered) {
        for patch in root.get(key).map(Value::items).unwrap_or_default() {
            let target = patch.get("target");
            for document in self.documents(folder, patch.text_at(&["path"]), patch.text_at(&["patch"])) {
                let operations = matches!(document.kind, Kind::List(_));
                let Some(target) = target else {
                    merge_by_name(&mut into.objects, &document);
                    continue;
                };
                let selector = Selector::of_patch(target);
                into.partial |= selector.unknown;
                let delete = document.str_at(&["$patch"]) == Some("delete");
                into.objects.retain_mut(|object| {
                    if !selector.selects(object) {
                        return true;
                    }
                    if operations {
                        merge::json(&mut object.value, document.items());
                    } else if !delete {
                        merge_keeping_name(&mut object.value, &document);
                    }
                    !delete
                });
            }
        }
    }
}

fn metadata(object: &mut Value) -> Option<&mut Value> {
    let Kind::Map(fields) = &mut object.kind else { return None };
    fields.iter_mut().find(|field| field.key.value == "metadata").map(|field| &mut field.value)
}

/// A patch without a target names its object itself.
fn merge_by_name(objects: &mut Vec<Object>, patch: &Value) {
    let (Some(kind), Some(name)) = (patch.str_at(&["kind"]), patch.str_at(&["metadata", "name"])) else { return };
    let delete = patch.str_at(&["$patch"]) == Some("delete");
    objects.retain_mut(|object| {
        let meant = object.kind() == kind && object.is_named(name);
        if meant && !delete {
            merge_keeping_name(&mut object.value, patch);
        }
        !(meant && delete)
    });
}

fn merge_keeping_name(object: &mut Value, patch: &Value) {
    let name = object.at(&["metadata"]).and_then(|metadata| metadata.field("name")).cloned();
    merge::strategic(object, patch, 0);
    if let (Some(name), Some(metadata)) = (name, metadata(object)) {
        put(metadata, name);
    }
}

fn affixed(name: &Text, prefix: Option<&Text>, suffix: Option<&Text>) -> Text {
    let mut whole = String::new();
    for part in [prefix, Some(name), suffix].into_iter().flatten() {
        whole.push_str(part.as_str());
    }
    // The name points at where it is written, prefix or not.
    Text::mapped(&whole, name.span()).with_anchor(name.anchor())
}

fn rename(objects: &mut [Object], prefix: Option<&Text>, suffix: Option<&Text>) {
    let known: Vec<(String, Vec<String>, Text)> = objects
        .iter()
        .filter_map(|object| {
            let name = object.value.text_at(&["metadata", "name"])?;
            let names = std::iter::once(name.as_str().to_owned()).chain(object.former.iter().cloned());
            Some((object.kind().to_owned(), names.collect(), name.clone()))
        })
        .collect();
    for object in objects {
        follow(&mut object.value, &|kind, name| {
            // A patch may still use a name from before an earlier prefix; the present one comes first.
            let mut same = known.iter().filter(|(other, _, _)| other == kind);
            let exact = same.clone().find(|(_, _, current)| current == name);
            let meant = exact.or_else(|| same.find(|(_, names, _)| names.iter().any(|one| one == name.as_str())));
            let new = affixed(&meant?.2, prefix, suffix);
            Some(Text::mapped(new.as_str(), name.span()).with_anchor(name.anchor()))
        });
        if prefix.is_none() && suffix.is_none() {
            continue;
        }
        if CLUSTER_WIDE.contains(&object.kind()) {
            continue;
        }
        let Some(name) = object.value.text_at(&["metadata", "name"]).cloned() else { continue };
        if let Some(metadata) = metadata(&mut object.value) {
            put(metadata, field("name", scalar(affixed(&name, prefix, suffix)), name.span()));
        }
        object.former.push(name.as_str().to_owned());
    }
}

/// Rewrites the references to other objects, by a worklist over the object's values.
fn follow(object: &mut Value, renamed: &dyn Fn(&str, &Text) -> Option<Text>) {
    let mut pending = vec![object];
    while let Some(value) = pending.pop() {
        match &mut value.kind {
            Kind::List(items) => pending.extend(items),
            Kind::Map(fields) => {
                for field in fields {
                    let (kind, key) = match field.key.value.as_str() {
                        "configMapKeyRef" | "configMapRef" | "configMap" => ("ConfigMap", "name"),
                        "secretKeyRef" | "secretRef" => ("Secret", "name"),
                        // Of a volume, or of a part of a projected one.
                        "secret" if field.value.get("name").is_some() => ("Secret", "name"),
                        "secret" => ("Secret", "secretName"),
                        // Of an Ingress.
                        "service" => ("Service", "name"),
                        "serviceName" => ("Service", ""),
                        _ => {
                            pending.push(&mut field.value);
                            continue;
                        }
                    };
                    let name = if key.is_empty() { field.value.text() } else { field.value.text_at(&[key]) };
                    let Some(new) = name.and_then(|name| renamed(kind, name)) else { continue };
                    let span = new.span();
                    if key.is_empty() {
                        field.value = scalar(new);
                    } else {
                        put(&mut field.value, super::generate::field(key, scalar(new), span));
                    }
                }
            }
            _ => {}
        }
    }
}

/// Gives every container of that image its new name, tag or digest. The depth is bounded by [`MAX_DEPTH`].
fn replace_image(value: &mut Value, image: &Value, depth: usize) {
    let Some(name) = image.str_at(&["name"]) else { return };
    if depth > MAX_DEPTH {
        return;
    }
    match &mut value.kind {
        Kind::List(items) => items.iter_mut().for_each(|item| replace_image(item, image, depth + 1)),
        Kind::Map(fields) => {
            for one in fields {
                if matches!(one.key.value.as_str(), "containers" | "initContainers")
                    && let Kind::List(containers) = &mut one.value.kind
                {
                    for container in containers {
                        let Some(old) = container.text_at(&["image"]).cloned() else { continue };
                        if let Some(new) = new_image(&old, name, image) {
                            put(container, field("image", scalar(new), old.span()));
                        }
                    }
                } else {
                    replace_image(&mut one.value, image, depth + 1);
                }
            }
        }
        _ => {}
    }
}

fn new_image(old: &Text, name: &str, image: &Value) -> Option<Text> {
    let value = old.as_str();
    let end = value.find('@').unwrap_or_else(|| {
        let slash = value.rfind('/').map_or(0, |at| at + 1);
        value[slash..].find(':').map_or(value.len(), |at| slash + at)
    });
    let base = value[..end].rfind(':').filter(|at| !value[*at..end].contains('/')).unwrap_or(end);
    if value[..base] != *name {
        return None;
    }
    let mut new = Text::empty(old.anchor());
    new.push_text(&image.text_at(&["newName"]).cloned().unwrap_or_else(|| old.slice(0..base)));
    match (image.text_at(&["newTag"]), image.text_at(&["digest"])) {
        (_, Some(digest)) => {
            new.push_mapped("@", digest.span());
            new.push_text(digest);
        }
        (Some(tag), None) => {
            new.push_mapped(":", tag.span());
            new.push_text(tag);
        }
        (None, None) => new.push_text(&old.slice(base..value.len())),
    }
    Some(new)
}
