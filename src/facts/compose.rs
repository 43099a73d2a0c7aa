//! A compose file as written: services and their attributes, nothing interpolated, nothing merged.

use crate::source::FileId;

/// One compose file.
#[derive(Debug)]
pub struct ComposeFile {
    /// Its text.
    pub file: FileId,
    /// Its path relative to the root.
    pub path: String,
}
