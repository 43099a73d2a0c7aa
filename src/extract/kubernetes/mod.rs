//! Kubernetes manifests and kustomizations → [`crate::facts::kubernetes::Manifest`].
//!
//! A file that holds objects asks for the other YAML files of its folder, as they are applied together; a kustomization
//! asks for what it names. A requested file that is no manifest gives no objects and no notices.

pub mod charts;

use crate::facts::kubernetes::{Field, Kind, Manifest, Value};
use crate::facts::{FileKind, Request};
use crate::finding::Notice;
use crate::source::{FileId, Span, Spanned};
use crate::syntax::yaml::{self, NodeId, Yaml};
use crate::text::Text;
use crate::tree::{Index, Presence, join};

/// Aliases share nodes, and a value is a tree: beyond this many values a file is cut, which real ones never reach.
const MAX_VALUES: usize = 200_000;
/// Nesting beyond this is cut; a pod's deepest field lies at about twenty.
const MAX_DEPTH: usize = 64;

/// Whether a path is that of a kustomization.
#[must_use]
pub fn is_kustomization(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    matches!(name, "kustomization.yaml" | "kustomization.yml" | "Kustomization")
}

/// Whether a path lies among the templates of a Helm chart, which are no YAML before Helm has read them.
#[must_use]
pub fn is_helm_template(path: &str, index: &Index) -> bool {
    path.match_indices("templates/").any(|(at, _)| {
        let chart = &path[..at];
        (chart.is_empty() || chart.ends_with('/')) && index.is_file(&format!("{chart}Chart.yaml"))
    })
}

/// Reads one file.
#[must_use]
pub fn extract(file: FileId, path: &str, text: &str, index: &Index) -> (Manifest, Vec<Request>, Vec<Notice>) {
    let (tree, notices) = yaml::parse(file, text);
    let mut converter = Converter { tree: &tree, left: MAX_VALUES };
    let documents: Vec<Value> = tree.documents.iter().map(|root| converter.value(*root, 0)).collect();
    let kustomization = is_kustomization(path);
    let mut manifest = Manifest { file, path: path.to_owned(), objects: Vec::new(), kustomization };
    if kustomization {
        manifest.objects = documents.into_iter().take(1).collect();
        let requests = manifest.objects.iter().flat_map(|object| named(path, object, index)).collect();
        return (manifest, requests, notices);
    }
    if is_helm_template(path, index) {
        return (manifest, Vec::new(), Vec::new());
    }
    // A list may hold lists; their depth is bounded by that of the tree.
    let mut pending: Vec<Value> = documents.into_iter().rev().collect();
    while let Some(document) = pending.pop() {
        match (document.str_at(&["kind"]), document.field("items")) {
            (Some(kind), Some(items)) if kind.ends_with("List") => {
                pending.extend(items.value.items().iter().rev().cloned());
            }
            _ if is_object(&document) => manifest.objects.push(document),
            _ => {}
        }
    }
    if manifest.objects.is_empty() {
        return (manifest, Vec::new(), Vec::new());
    }
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let anchor = manifest.objects[0].span;
    let beside = index.files_below(folder).filter(|other| {
        let rest = other.strip_prefix(folder).unwrap_or(other).trim_start_matches('/');
        !rest.contains('/') && (is_yaml(rest) || is_kustomization(rest))
    });
    let requests = beside.map(|other| request(other, FileKind::Manifest, anchor)).collect();
    // A neighbour that does not speak of Redis is no business of ours.
    let lower = text.to_ascii_lowercase();
    let ours = ["redis", "valkey", "6379"].iter().any(|word| lower.contains(word));
    (manifest, requests, if ours { notices } else { Vec::new() })
}

fn is_yaml(path: &str) -> bool {
    [".yaml", ".yml", ".json"].iter().any(|end| path.ends_with(end))
}

fn is_object(value: &Value) -> bool {
    value.str_at(&["apiVersion"]).is_some() && value.str_at(&["kind"]).is_some()
}

fn request(path: &str, kind: FileKind, from: Span) -> Request {
    Request { path: path.to_owned(), kind, from }
}

/// What a kustomization names: other kustomizations, manifests, patches, and the files of generators.
fn named(path: &str, object: &Value, index: &Index) -> Vec<Request> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut requests = Vec::new();
    let mut manifest = |text: &Text| {
        let Some(path) = join(folder, text.as_str()) else { return };
        if index.presence(&path) == Presence::Folder {
            let names = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
            let inner = names.iter().filter_map(|name| join(&path, name));
            requests.extend(
                inner.filter(|path| index.is_file(path)).map(|path| request(&path, FileKind::Manifest, text.span())),
            );
        } else {
            requests.push(request(&path, FileKind::Manifest, text.span()));
        }
    };
    let list = |key: &str| object.get(key).map(Value::items).unwrap_or_default();
    for key in ["resources", "bases", "components", "patchesStrategicMerge"] {
        list(key).iter().filter_map(Value::text).filter(|text| !text.as_str().contains('\n')).for_each(&mut manifest);
    }
    for key in ["patches", "patchesJson6902"] {
        list(key).iter().filter_map(|patch| patch.text_at(&["path"])).for_each(&mut manifest);
    }
    for generator in ["configMapGenerator", "secretGenerator"].into_iter().flat_map(list) {
        let files = ["files", "envs"].into_iter().filter_map(|key| generator.get(key)).flat_map(Value::items);
        for entry in files.chain(generator.get("env")).filter_map(Value::text) {
            let name = entry.as_str().split_once('=').map_or(entry.as_str(), |(_, file)| file);
            requests.extend(join(folder, name).map(|path| request(&path, FileKind::Data, entry.span())));
        }
    }
    requests
}

struct Converter<'a> {
    tree: &'a Yaml,
    left: usize,
}

impl Converter<'_> {
    /// The depth is bounded by [`MAX_DEPTH`].
    fn value(&mut self, id: NodeId, depth: usize) -> Value {
        let node = self.tree.node(id);
        let mut value = Value { span: node.span, opaque: node.opaque, kind: Kind::Null };
        if depth > MAX_DEPTH || self.left == 0 {
            value.opaque = true;
            return value;
        }
        self.left -= 1;
        value.kind = match &node.kind {
            yaml::Kind::Scalar(_) => match self.tree.canonical(id) {
                Some(text) => Kind::Scalar(text),
                None => Kind::Null,
            },
            yaml::Kind::Sequence(items) => Kind::List(items.iter().map(|item| self.value(*item, depth + 1)).collect()),
            yaml::Kind::Mapping(_) => {
                let mut fields = Vec::new();
                for entry in self.tree.entries(id) {
                    let Some(key) = self.tree.as_text(entry.key) else { continue };
                    let key = Spanned::new(key.as_str().to_owned(), key.span());
                    fields.push(Field { key, value: self.value(entry.value, depth + 1) });
                }
                Kind::Map(fields)
            }
        };
        value
    }
}

/// Reads the YAML of a patch that stands as text inside a kustomization. Its places are those of the whole text.
#[must_use]
pub fn embedded(text: &Text) -> Vec<Value> {
    let span = text.span();
    let (tree, _) = yaml::parse(span.file, text.as_str());
    let mut converter = Converter { tree: &tree, left: MAX_VALUES };
    let mut values: Vec<Value> = tree.documents.iter().map(|root| converter.value(*root, 0)).collect();
    for value in &mut values {
        replace(value, text);
    }
    values
}

/// Offsets of the embedded text become places of the file. The depth is bounded by that of the tree, see [`Converter::value`].
fn replace(value: &mut Value, text: &Text) {
    let place = |span: Span| text.span_of(span.range());
    value.span = place(value.span);
    match &mut value.kind {
        Kind::Null => {}
        Kind::Scalar(scalar) => {
            let inner = scalar.span().range();
            let slice = text.slice(inner.clone());
            *scalar = if slice.as_str() == scalar.as_str() {
                slice
            } else {
                Text::mapped(scalar.as_str(), place(Span::new(text.span().file, inner)))
            };
        }
        Kind::Map(fields) => {
            for field in fields {
                field.key.span = place(field.key.span);
                replace(&mut field.value, text);
            }
        }
        Kind::List(items) => items.iter_mut().for_each(|item| replace(item, text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_and_documents_are_taken_apart() {
        let text = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Secret}\n- {a: b}\n- {apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Pod}]}\n---\napiVersion: v1\nkind: Service\n---\nnothing: else\n";
        let index = Index::new([("k8s/a.yaml".to_owned(), None), ("k8s/b.yml".to_owned(), None)]);
        let (manifest, requests, notices) = extract(FileId(0), "k8s/a.yaml", text, &index);
        assert!(notices.is_empty());
        let kinds: Vec<_> = manifest.objects.iter().filter_map(|object| object.str_at(&["kind"])).collect();
        assert_eq!(kinds, ["Secret", "Pod", "Service"]);
        assert!(requests.iter().any(|request| request.path == "k8s/b.yml"));
    }

    #[test]
    fn helm_templates_are_told_by_their_chart() {
        let index = Index::new([("x/Chart.yaml".to_owned(), None), ("x/templates/a.yaml".to_owned(), None)]);
        assert!(is_helm_template("x/templates/a.yaml", &index));
        assert!(!is_helm_template("y/templates/a.yaml", &index));
    }

    #[test]
    fn embedded_patches_point_into_their_file() {
        let text = "p: |\n  a: word\n";
        let (tree, _) = yaml::parse(FileId(0), text);
        let node = tree.get(tree.documents[0], "p").unwrap();
        let values = embedded(tree.as_text(node).unwrap());
        let span = values[0].text_at(&["a"]).unwrap().span();
        assert_eq!(&text[span.range()], "word");
    }
}
