//! The rules: one file each, registered here and documented in `rules/<name>.md`.

use crate::rule::Rule;

/// Every rule, by category and then as in the catalogue.
pub const ALL: &[&Rule] = &[];
