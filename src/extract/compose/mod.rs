//! Compose YAML → [`crate::facts::compose::ComposeFile`].
//!
//! Reads the attributes that decide who talks to Redis, keeps each scalar with its source, and asks for the files that
//! the document names. Interpolates and merges nothing; a shape that compose's schema refuses is a notice, and the
//! rest of the file is still read.

mod reader;
mod request;
mod schema;
mod service;
mod time;

pub use request::chosen;

use crate::facts::Request;
use crate::facts::compose::{ComposeFile, Document, Include, Network, Resource};
use crate::finding::Notice;
use crate::source::{FileId, Spanned};
use crate::syntax::yaml::{self, Kind, NodeId};

use reader::Reader;

/// Reads one compose file.
#[must_use]
pub fn extract(file: FileId, path: &str, text: &str) -> (ComposeFile, Vec<Request>, Vec<Notice>) {
    let (yaml, notices) = yaml::parse(file, text);
    let mut reader = Reader::new(&yaml, notices);
    let documents: Vec<Document> = yaml.documents.iter().map(|root| document(&mut reader, *root)).collect();
    let compose = ComposeFile { file, path: path.to_owned(), documents };
    let requests = request::requests(&compose);
    (compose, requests, reader.notices)
}

fn document(reader: &mut Reader<'_>, root: NodeId) -> Document {
    let mut document = Document { is_empty: reader.is_mapping(root), ..Document::default() };
    if reader.is_null(root) {
        reader.refuse(root, "the top level must be a mapping");
    }
    for pair in reader.pairs(root, "the top level") {
        document.is_empty &= pair.name.value == "version";
        reader.note_key(&mut document.keys, &pair, &["services", "include"]);
        match pair.name.value.as_str() {
            "services" => {
                if reader.is_null(pair.value) {
                    reader.refuse_at(pair.name.span, "`services` must be a mapping".to_owned());
                }
                document.services =
                    reader.named(pair.value, "services").iter().map(|pair| service::read(reader, pair)).collect();
            }
            "networks" => document.networks = networks(reader, pair.value),
            "volumes" => {
                let names = reader.named(pair.value, "volumes").into_iter().map(|pair| pair.name);
                document.volumes = names.collect();
            }
            "configs" => document.configs = resources(reader, pair.value),
            "secrets" => document.secrets = resources(reader, pair.value),
            "include" => document.include = includes(reader, pair.value),
            "version" | "name" | "models" => {}
            name if name.starts_with("x-") => {}
            name => reader.refuse_at(pair.name.span, format!("a compose file has no `{name}`")),
        }
    }
    document
}

fn networks(reader: &mut Reader<'_>, id: NodeId) -> Vec<Network> {
    let mut networks = Vec::new();
    for pair in reader.named(id, "networks") {
        let mut network = Network { name: pair.name, internal: None, external: false };
        for attribute in reader.pairs(pair.value, "a network") {
            match attribute.name.value.as_str() {
                "internal" => network.internal = reader.text(attribute.value),
                // The old form is a mapping with the network's name.
                "external" => {
                    network.external = reader.text(attribute.value).is_none_or(|value| value.as_str() == "true");
                }
                _ => {}
            }
        }
        networks.push(network);
    }
    networks
}

fn resources(reader: &mut Reader<'_>, id: NodeId) -> Vec<Resource> {
    let mut resources = Vec::new();
    for pair in reader.named(id, "configs and secrets") {
        if reader.is_null(pair.value) {
            reader.refuse_at(pair.name.span, format!("`{}` must be a mapping", pair.name.value));
        }
        let mut resource = Resource { name: pair.name, file: None, content: None, environment: None };
        for attribute in reader.pairs(pair.value, "a config or secret") {
            let value = reader.text(attribute.value);
            match attribute.name.value.as_str() {
                "file" => resource.file = value,
                "content" => resource.content = value,
                "environment" => resource.environment = value,
                _ => {}
            }
        }
        resources.push(resource);
    }
    resources
}

fn includes(reader: &mut Reader<'_>, id: NodeId) -> Vec<Include> {
    let mut includes = Vec::new();
    for item in reader.items(id) {
        let node = reader.node(item);
        let mut include = Include { paths: Vec::new(), project_directory: None, env_files: None, span: node.span };
        if matches!(node.kind, Kind::Mapping(_)) {
            for attribute in reader.pairs(item, "include") {
                match attribute.name.value.as_str() {
                    "path" => include.paths = reader.texts(attribute.value),
                    "project_directory" => include.project_directory = reader.text(attribute.value),
                    "env_file" => include.env_files = Some(reader.texts(attribute.value)),
                    _ => {}
                }
            }
        } else {
            include.paths = reader.texts(item);
        }
        includes.push(include);
    }
    includes
}

/// A key of a mapping with its value.
#[derive(Clone)]
struct Pair {
    name: Spanned<String>,
    value: NodeId,
}
