//! Code as far as settings go: modules, names, classes, and the places that connect to Redis.

use crate::source::FileId;

/// A module of code.
#[derive(Debug)]
pub struct Module {
    /// Its text.
    pub file: FileId,
    /// Its path relative to the root.
    pub path: String,
}
