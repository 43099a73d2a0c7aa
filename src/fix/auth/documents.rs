//! README and other documents that still show a URL with the old password.

use std::collections::BTreeSet;

use super::Plan;
use super::edits::userinfo_around;
use crate::edit::Edit;
use crate::fix::Scene;
use crate::source::{FileId, Sources, Span};
use crate::tree::{Content, Tree};

/// Shorter passwords are found in any text.
const MIN_LEN: usize = 6;

/// The documents of a repository; those that were not read yet are taken in.
pub fn read(tree: &Tree, sources: &mut Sources) -> Vec<FileId> {
    let is_document = |path: &&str| [".md", ".rst", ".txt", ".adoc"].iter().any(|end| path.ends_with(end));
    let mut found = Vec::new();
    for path in tree.index().files().filter(is_document) {
        let file = sources.find(path).or_else(|| match tree.read(path) {
            Content::Bytes(bytes) => Some(sources.add(path, &bytes, tree.tracked(path))),
            Content::Missing | Content::Refused(_) => None,
        });
        found.extend(file);
    }
    found
}

/// Replaces user and password in the URLs that documents show; other places are listed.
pub fn forget(
    scene: &Scene<'_>,
    documents: &[FileId],
    passwords: &BTreeSet<String>,
    replacement: &str,
    plan: &mut Plan,
) {
    for file in documents {
        let text = scene.sources.get(*file).text();
        for password in passwords.iter().filter(|password| password.len() >= MIN_LEN) {
            for (at, _) in text.match_indices(password.as_str()) {
                let span = Span::new(*file, at..at + password.len());
                let edit = userinfo_around(text, span).map(|span| Edit::replace(span, replacement));
                plan.add_or(edit, span, "this still shows the old password");
            }
        }
    }
}
