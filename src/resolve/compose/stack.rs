//! Files on top of each other: documents, `include`, `extends`, overrides.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::ComposeVersion;
use crate::facts::compose::{ComposeFile, Document, Include, Keys, Network, Resource};
use crate::finding::{Level, Notice};
use crate::source::{FileId, Span};
use crate::tree::join;

use super::env_file::Files;
use super::layer::{Layer, under};
use super::read::Reader;
use super::variables::Scope;

/// Includes and extends that are followed one from within another; compose refuses circles.
const MAX_DEPTH: usize = 16;

/// Includes that one project may have in all, as each can name the same files again.
const MAX_INCLUDES: usize = 256;

/// A top-level config or secret with the folder that its path starts from.
#[derive(Clone)]
pub struct FoundResource {
    /// As written.
    pub resource: Resource,
    /// The folder.
    pub directory: String,
}

/// What some files make together.
#[derive(Default)]
pub struct Stack {
    /// The keys of the top level.
    pub keys: Keys,
    /// The services, in the order of the files.
    pub services: Vec<Layer>,
    /// The networks with their `internal` flag.
    pub networks: BTreeMap<String, bool>,
    /// The networks that are made outside the project.
    pub external_networks: BTreeSet<String>,
    /// The names of the volumes.
    pub volumes: BTreeSet<String>,
    /// The configs.
    pub configs: BTreeMap<String, FoundResource>,
    /// The secrets.
    pub secrets: BTreeMap<String, FoundResource>,
}

impl Stack {
    /// Puts `upper` on top.
    fn put(&mut self, upper: Stack) {
        for service in upper.services {
            let below = self.services.iter().position(|below| below.name.value == service.name.value);
            match below {
                Some(at) if service.dropped => {
                    self.services.remove(at);
                }
                Some(at) => {
                    let base = self.services[at].clone();
                    self.services[at] = service.over(base);
                }
                None if service.dropped => {}
                None => self.services.push(service),
            }
        }
        self.keys = under(upper.keys, std::mem::take(&mut self.keys));
        self.networks.extend(upper.networks);
        self.external_networks.extend(upper.external_networks);
        self.volumes.extend(upper.volumes);
        self.configs.extend(upper.configs);
        self.secrets.extend(upper.secrets);
    }
}

/// Loads the files of one project.
pub struct Loader<'a> {
    read: Files<'a>,
    includes: usize,
    /// Every file that took part, in order.
    pub files: Vec<FileId>,
    /// What compose would refuse.
    pub notices: Vec<Notice>,
}

/// Where a document stands.
#[derive(Clone, Copy)]
struct Home<'a> {
    /// The folder that paths start from.
    directory: &'a str,
    /// Its variables.
    scope: &'a Scope<'a>,
    /// Those of the project as a whole.
    project: &'a Scope<'a>,
    /// How deep in includes or extends.
    depth: usize,
}

impl<'a> Loader<'a> {
    /// Nothing is loaded yet.
    pub fn new(read: Files<'a>) -> Self {
        Self { read, includes: 0, files: Vec::new(), notices: Vec::new() }
    }

    /// The files, each on top of the ones before it.
    pub fn load(&mut self, files: &[&'a ComposeFile], directory: &str, scope: &Scope<'_>) -> Stack {
        self.stack(files, Home { directory, scope, project: scope, depth: 0 })
    }

    fn stack(&mut self, files: &[&'a ComposeFile], home: Home<'_>) -> Stack {
        let mut stack = Stack::default();
        for file in files {
            if !self.files.contains(&file.file) {
                self.files.push(file.file);
            }
            for document in &file.documents {
                let mut own = self.document(document, home);
                for include in &document.include {
                    let mut included = self.include(include, home);
                    if self.read.version == ComposeVersion::V2 {
                        self.refuse_conflict(&own, &included);
                    }
                    included.put(std::mem::take(&mut own));
                    own = included;
                }
                self.extend_all(&mut own, home);
                stack.put(own);
            }
        }
        stack
    }

    fn reader<'r>(&self, home: Home<'r>) -> Reader<'r>
    where
        'a: 'r,
    {
        let Files { index, version, .. } = self.read;
        Reader {
            scope: home.scope,
            project: home.project,
            directory: home.directory,
            index,
            version,
            notices: Vec::new(),
        }
    }

    /// A document's own services, before `include` and `extends`.
    fn document(&mut self, document: &Document, home: Home<'_>) -> Stack {
        let mut reader = self.reader(home);
        let services = document.services.iter().map(|service| reader.layer(service)).collect();
        let mut networks = BTreeMap::new();
        for network in &document.networks {
            let internal = network.internal.as_ref().and_then(|internal| reader.first(internal));
            networks.insert(network.name.value.clone(), internal.is_some_and(|internal| internal.as_str() == "true"));
        }
        self.notices.append(&mut reader.notices);
        let found = |resource: &Resource| {
            let directory = home.directory.to_owned();
            (resource.name.value.clone(), FoundResource { resource: resource.clone(), directory })
        };
        let key = |network: &Network| network.name.value.clone();
        Stack {
            keys: document.keys.clone(),
            services,
            networks,
            external_networks: document.networks.iter().filter(|network| network.external).map(key).collect(),
            volumes: document.volumes.iter().map(|volume| volume.value.clone()).collect(),
            configs: document.configs.iter().map(found).collect(),
            secrets: document.secrets.iter().map(found).collect(),
        }
    }

    fn include(&mut self, include: &Include, home: Home<'_>) -> Stack {
        self.includes += 1;
        if home.depth >= MAX_DEPTH || self.includes > MAX_INCLUDES {
            self.refuse("include-cycle", include.span, "include cycle detected");
            return Stack::default();
        }
        let mut reader = self.reader(home);
        let mut path = |text| reader.first(text).and_then(|path| join(home.directory, path.as_str()));
        let paths: Vec<Option<String>> = include.paths.iter().map(&mut path).collect();
        let project_directory = include.project_directory.as_ref().map(&mut path);
        let env_files: Option<Vec<Option<String>>> =
            include.env_files.as_ref().map(|files| files.iter().map(&mut path).collect());
        self.notices.append(&mut reader.notices);
        let mut files = Vec::new();
        for (path, text) in paths.iter().zip(&include.paths) {
            match path.as_deref().and_then(|path| self.find(path)) {
                Some(file) => files.push(file),
                None => self.refuse("include-not-read", text.span(), "included file was not read"),
            }
        }
        let Some(Some(main)) = paths.first() else { return Stack::default() };
        let directory = project_directory.flatten().unwrap_or_else(|| parent(main).to_owned());
        let env_files = env_files.unwrap_or_else(|| vec![join(&directory, ".env")]);
        let mut scope = home.scope.clone();
        // Later env files win over earlier ones, and the including project over all of them.
        for path in env_files.iter().rev().flatten() {
            if let Some(with) = self.read.scope(path, &scope, &mut self.notices) {
                scope = with;
            }
        }
        self.stack(&files, Home { directory: &directory, scope: &scope, depth: home.depth + 1, ..home })
    }

    fn extend_all(&mut self, own: &mut Stack, home: Home<'_>) {
        for at in 0..own.services.len() {
            let layer = own.services[at].clone();
            let extended = self.extend(layer, &own.services, home);
            own.services[at] = extended;
        }
    }

    /// The layer on top of what it extends.
    fn extend(&mut self, mut layer: Layer, siblings: &[Layer], home: Home<'_>) -> Layer {
        let Some((service, file)) = layer.extends.value.clone() else { return layer };
        if home.depth >= MAX_DEPTH {
            self.refuse("extends-cycle", service.span(), "circular reference in extends");
            return layer;
        }
        let name = service.as_str();
        let inner = Home { depth: home.depth + 1, ..home };
        let base = match file {
            None => {
                let Some(base) = named(siblings, name) else {
                    self.refuse(
                        "unknown-service",
                        service.span(),
                        format!("cannot extend service `{name}`: not found"),
                    );
                    return layer;
                };
                self.extend(base, siblings, inner)
            }
            Some(file) => {
                let path = join(home.directory, file.as_str());
                let Some(found) = path.as_deref().and_then(|path| self.find(path)) else {
                    self.refuse("extends-not-read", file.span(), "extended file was not read");
                    return layer;
                };
                if !self.files.contains(&found.file) {
                    self.files.push(found.file);
                }
                let inner = Home { directory: parent(&found.path), ..inner };
                let mut stack = Stack::default();
                for document in &found.documents {
                    let own = self.document(document, inner);
                    stack.put(own);
                }
                let Some(base) = named(&stack.services, name) else {
                    let message = format!("cannot extend service `{name}`: not found in that file");
                    self.refuse("unknown-service", service.span(), message);
                    return layer;
                };
                self.extend(base, &stack.services, inner)
            }
        };
        let (own, resets) = (layer.name.clone(), layer.resets);
        layer.extends.value = None;
        // What the layer resets counts for the layers of other files, not for what it extends here.
        layer.resets = false;
        let mut merged = layer.over(base);
        merged.name = own;
        merged.resets = resets;
        merged
    }

    /// Compose 2 refuses to describe again what is included.
    fn refuse_conflict(&mut self, own: &Stack, included: &Stack) {
        for service in &own.services {
            if named(&included.services, &service.name.value).is_some() {
                let message = format!("services.{} conflicts with imported resource", service.name.value);
                self.refuse("include-conflict", service.name.span, message);
            }
        }
    }

    fn find(&self, path: &str) -> Option<&'a ComposeFile> {
        self.read.facts.compose.iter().find(|file| file.path == path)
    }

    fn refuse(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.notices.push(Notice::at(code, Level::Warning, span, message));
    }
}

fn named(services: &[Layer], name: &str) -> Option<Layer> {
    services.iter().find(|service| service.name.value == name).cloned()
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
