//! Python text → [`crate::facts::code::Module`].

use crate::facts::{Request, code::Module};
use crate::finding::Notice;
use crate::source::FileId;

/// Reads one module. `exists` tells whether a path is in the repository, for the candidates of an import.
#[must_use]
pub fn extract(
    _file: FileId,
    _path: &str,
    _text: &str,
    _exists: &dyn Fn(&str) -> bool,
) -> (Module, Vec<Request>, Vec<Notice>) {
    unimplemented!()
}
