//! Compose YAML → [`crate::facts::compose::ComposeFile`].

use crate::facts::{Request, compose::ComposeFile};
use crate::finding::Notice;
use crate::source::FileId;

/// Reads one compose file.
#[must_use]
pub fn extract(_file: FileId, _path: &str, _text: &str) -> (ComposeFile, Vec<Request>, Vec<Notice>) {
    unimplemented!()
}
