//! The `.env` of a folder of code that we can't read (PHP, Node, Ruby, Go …), as its framework loads it at the start.
//!
//! Only a group whose host is a container of the project counts: anything else may be the developer's machine.

use std::collections::BTreeMap;

use crate::model::{Client, Reach};
use crate::resolve::Inputs;
use crate::resolve::clients::from_variables;
use crate::resolve::evaluate::FoundClient;
use crate::resolve::network::Network;
use crate::resolve::project::{Lookup, Variable, Variables};
use crate::source::FileId;
use crate::symbol::{Alternative, Resolved, Step};
use crate::syntax::dotenv::{self, Dialect};
use crate::tree::join;

use super::{Surroundings, is_infrastructure};

/// The clients that the `.env` files show, on top of those in `known`.
#[must_use]
pub fn clients(
    inputs: &Inputs<'_>,
    around: Surroundings<'_>,
    network: &Network<'_>,
    known: &[Client],
) -> Vec<FoundClient> {
    let Surroundings { container, placement, .. } = around;
    // Python's own readers of such files are followed in the code.
    if placement.is_python() || is_infrastructure(container) {
        return Vec::new();
    }
    let mut found = Vec::new();
    for root in placement.roots() {
        let Some(path) = join(root, ".env") else { continue };
        let Some(file) = inputs.facts.env_files.iter().find(|file| file.path == path) else { continue };
        // `.dockerignore` usually names it: then it lies in the container only where the folder is mounted.
        let mounted = container.mounts.iter().any(|mount| mount.source.as_deref() == Some(root));
        let ignores = join(root, ".dockerignore").is_some_and(|ignore| inputs.index.is_file(&ignore));
        if !mounted && ignores {
            continue;
        }
        let variables = read(inputs, file.file, &container.environment);
        let clients = from_variables(&variables, known.iter(), inputs.symbols);
        found.extend(
            clients.into_iter().filter(|client| client.span.file == file.file && is_here(client, network, around)),
        );
    }
    found
}

/// The process's own variables win over those of the file.
fn read(inputs: &Inputs<'_>, file: FileId, environment: &Variables) -> Variables {
    let mut map = BTreeMap::new();
    for entry in dotenv::parse(file, inputs.sources.get(file).text(), Dialect::Compose).0 {
        let Some(value) = entry.value else { continue };
        let span = entry.key.span;
        let step = Step { span, label: format!("{} is set here", entry.key.value) };
        let value = match value.text.as_str() {
            // How PHP frameworks spell "not set".
            "null" | "(null)" | "NULL" => {
                Resolved { alternatives: vec![Alternative { when: Vec::new(), value: None, trace: vec![step] }] }
            }
            text if value.expands && text.contains('$') => {
                Resolved::known(inputs.symbols.opaque_text(value.text.span()), vec![step])
            }
            _ => Resolved::known(value.text, vec![step]),
        };
        map.insert(entry.key.value, Variable { name_span: span, taken_in: span, value });
    }
    if environment.incomplete.is_none() {
        map.extend(environment.map.clone());
    } else {
        // What an unread file of variables would set wins, and is not known.
        map.retain(|name, _| matches!(environment.get(name), Lookup::Found(_)));
    }
    Variables { map, incomplete: environment.incomplete }
}

/// Whether the address is that of a Redis of this project.
fn is_here(client: &FoundClient, network: &Network<'_>, around: Surroundings<'_>) -> bool {
    let settings = &client.settings;
    let texts = settings.url.iter().chain(&settings.host).flat_map(|value| &value.alternatives);
    let mut texts = texts.filter_map(|one| one.value.as_ref()).peekable();
    texts.peek().is_some()
        && texts.all(|text| {
            let host = if settings.url.is_some() { crate::syntax::url::split(text).host } else { text.clone() };
            matches!(
                network.from_container(around.container, &host, None),
                Reach::Servers(_) | Reach::SeparateNetworks(_)
            ) && !crate::resolve::network::is_loopback(host.as_str())
        })
}
