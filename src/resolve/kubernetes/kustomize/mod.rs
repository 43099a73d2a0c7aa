//! Kustomizations → the objects that `kubectl kustomize` would print, with every value still at its own place.
//!
//! Names get no hash suffix: references follow their objects anyway. Annotations and replicas are passed over, as
//! nothing here reads them.

mod generate;
mod labels;
mod merge;
mod replace;
mod select;
mod transform;

use std::collections::{BTreeMap, BTreeSet};

use super::{Set, folder_of};
use crate::extract::kubernetes::embedded;
use crate::facts::Facts;
use crate::facts::kubernetes::{Manifest, Value};
use crate::source::{FileId, Sources, Span};
use crate::text::Text;
use crate::tree::join;

/// Kustomizations that build on each other are followed this far; real ones use two or three steps.
const MAX_DEPTH: usize = 16;
/// More objects than any overlay has: a base listed again and again must not grow without end.
const MAX_OBJECTS: usize = 10_000;

/// An object on its way through the transformers.
#[derive(Clone)]
struct Object {
    value: Value,
    /// The names it had before; patches and references may still use them.
    former: Vec<String>,
}

impl Object {
    fn kind(&self) -> &str {
        self.value.str_at(&["kind"]).unwrap_or_default()
    }

    fn is_named(&self, name: &str) -> bool {
        self.value.str_at(&["metadata", "name"]) == Some(name) || self.former.iter().any(|former| former == name)
    }
}

/// What a kustomization has gathered so far.
#[derive(Default)]
struct Gathered {
    objects: Vec<Object>,
    files: Vec<FileId>,
    /// What `$(NAME)` means; filled in when everything else is done.
    variables: Vec<replace::Variable>,
    /// Something lies outside the repository.
    partial: bool,
}

/// The environments: every kustomization that no other one builds on.
pub(super) fn overlays(facts: &Facts, sources: &Sources) -> Vec<Set> {
    let builder = Builder::new(facts, sources);
    let used: BTreeSet<&str> = builder
        .kustomizations
        .values()
        .flat_map(|one| {
            let paths = ["resources", "bases", "components"].into_iter().flat_map(|key| list(one.objects.first(), key));
            paths.filter_map(|text| join(folder_of(&one.path), text.as_str()))
        })
        .filter_map(|folder| builder.kustomizations.get_key_value(folder.as_str()).map(|(folder, _)| *folder))
        .collect();
    let mut sets = Vec::new();
    for (folder, one) in &builder.kustomizations {
        let component = one.objects.first().and_then(|root| root.str_at(&["kind"])) == Some("Component");
        if component || used.contains(folder) {
            continue;
        }
        let mut gathered = Gathered::default();
        builder.apply(one, &mut gathered, 0);
        replace::fill(&gathered.variables, &mut gathered.objects);
        if gathered.objects.is_empty() {
            continue;
        }
        sets.push(Set {
            files: gathered.files,
            objects: gathered.objects.into_iter().map(|object| object.value).collect(),
            partial: gathered.partial,
            ..Set::of_manifests(folder, format!("{} puts them together", one.path))
        });
    }
    sets
}

/// The paths that belong to kustomizations: what they name, and what lies beside one.
pub(super) fn owned(facts: &Facts) -> BTreeSet<String> {
    let kustomizations: Vec<&Manifest> = facts.manifests.iter().filter(|one| one.kustomization).collect();
    let folders: BTreeSet<&str> = kustomizations.iter().map(|one| folder_of(&one.path)).collect();
    let mut owned: BTreeSet<String> = facts
        .manifests
        .iter()
        .filter(|one| folders.contains(folder_of(&one.path)))
        .map(|one| one.path.clone())
        .collect();
    for one in kustomizations {
        let root = one.objects.first();
        let listed = ["resources", "patchesStrategicMerge"].into_iter().flat_map(|key| list(root, key));
        let patches = ["patches", "patchesJson6902"].into_iter().filter_map(|key| root?.get(key));
        let patches = patches.flat_map(Value::items).filter_map(|patch| patch.text_at(&["path"]));
        owned.extend(listed.chain(patches).filter_map(|text| join(folder_of(&one.path), text.as_str())));
    }
    owned
}

fn list<'a>(root: Option<&'a Value>, key: &str) -> impl Iterator<Item = &'a Text> + use<'a> {
    root.and_then(|root| root.get(key)).map(Value::items).unwrap_or_default().iter().filter_map(Value::text)
}

struct Builder<'a> {
    sources: &'a Sources,
    manifests: BTreeMap<&'a str, &'a Manifest>,
    /// By folder.
    kustomizations: BTreeMap<&'a str, &'a Manifest>,
}

impl<'a> Builder<'a> {
    fn new(facts: &'a Facts, sources: &'a Sources) -> Self {
        let mut builder = Self { sources, manifests: BTreeMap::new(), kustomizations: BTreeMap::new() };
        for manifest in &facts.manifests {
            if manifest.kustomization {
                builder.kustomizations.insert(folder_of(&manifest.path), manifest);
            } else {
                builder.manifests.insert(&manifest.path, manifest);
            }
        }
        builder
    }

    /// Runs a kustomization over what was gathered: resources, generators, components, transformers, in this order.
    /// The depth is bounded by [`MAX_DEPTH`].
    fn apply(&self, one: &Manifest, into: &mut Gathered, depth: usize) {
        let Some(root) = one.objects.first() else { return };
        let folder = folder_of(&one.path);
        if depth > MAX_DEPTH || into.objects.len() > MAX_OBJECTS {
            into.partial = true;
            return;
        }
        into.partial |= root.opaque
            || ["helmCharts", "generators", "transformers", "configurations"].iter().any(|key| root.get(key).is_some());
        for text in ["resources", "bases"].into_iter().flat_map(|key| list(Some(root), key)) {
            let path = join(folder, text.as_str());
            let base = path.as_deref().and_then(|path| self.kustomizations.get(path));
            let manifest = path.as_deref().and_then(|path| self.manifests.get(path));
            match (base, manifest) {
                (Some(base), _) => {
                    let mut inner = Gathered::default();
                    self.apply(base, &mut inner, depth + 1);
                    into.objects.append(&mut inner.objects);
                    into.files.append(&mut inner.files);
                    into.variables.append(&mut inner.variables);
                    into.partial |= inner.partial;
                }
                (None, Some(manifest)) => {
                    into.files.push(manifest.file);
                    let objects = manifest.objects.iter().cloned();
                    into.objects.extend(objects.map(|value| Object { value, former: Vec::new() }));
                }
                (None, None) => into.partial = true,
            }
        }
        self.generate(root, folder, into);
        for text in list(Some(root), "components") {
            match join(folder, text.as_str()).and_then(|path| self.kustomizations.get(path.as_str())) {
                Some(component) => self.apply(component, into, depth + 1),
                None => into.partial = true,
            }
        }
        self.transform(root, folder, into);
        into.variables.extend(replace::variables(root));
        into.files.push(one.file);
    }

    /// The whole text of a file that was read.
    fn text(&self, folder: &str, path: &str) -> Option<Text> {
        let file = self.sources.find(&join(folder, path)?)?;
        let text = self.sources.get(file).text();
        Some(Text::exact(text, Span::new(file, 0..text.len())))
    }

    /// The documents of a patch: a file, or text inside the kustomization.
    fn documents(&self, folder: &str, path: Option<&Text>, inline: Option<&Text>) -> Vec<Value> {
        match (inline, path.and_then(|path| self.text(folder, path.as_str()))) {
            (Some(text), _) => embedded(text),
            (None, Some(text)) => embedded(&text),
            (None, None) => Vec::new(),
        }
    }
}
