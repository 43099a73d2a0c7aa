//! Facts → Model: which files run together, what each container gets, who reaches whom, and how that ends.

pub mod compose;
pub mod evaluate;
pub mod handshake;
pub mod images;
pub mod network;
pub mod placement;
pub mod project;
pub mod server_auth;

use crate::config::Config;
use crate::facts::Facts;
use crate::finding::Notice;
use crate::model::Model;
use crate::source::Sources;
use crate::symbol::Symbols;
use crate::tree::Index;

/// Resolves everything that was read.
#[must_use]
pub fn resolve(
    _facts: &Facts,
    _index: &Index,
    _sources: &mut Sources,
    _symbols: &Symbols,
    _config: &Config,
) -> (Model, Vec<Notice>) {
    (Model::default(), Vec::new())
}
pub mod stage;
pub mod versions;
