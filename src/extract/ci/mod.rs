//! Files of CI systems → [`crate::facts::ci::Workflow`]: jobs, their services, variables and scripts.

mod github;
mod gitlab;
mod matrix;

use crate::facts::ci::Workflow;
use crate::finding::Notice;
use crate::source::{FileId, Spanned};
use crate::syntax::yaml::{self, NodeId, Yaml};
use crate::text::Text;

/// Whether a path is that of a workflow.
#[must_use]
pub fn is_workflow(path: &str) -> bool {
    github::is_workflow(path) || gitlab::is_pipeline(path)
}

/// Reads one workflow.
#[must_use]
pub fn extract(file: FileId, path: &str, text: &str) -> (Workflow, Vec<Notice>) {
    let (tree, notices) = yaml::parse(file, text);
    let read = if gitlab::is_pipeline(path) { gitlab::read } else { github::read };
    (read(file, path, &tree), notices)
}

fn key(tree: &Yaml, node: NodeId) -> Option<Spanned<String>> {
    tree.as_text(node).map(|text| Spanned::new(text.as_str().to_owned(), text.span()))
}

fn pairs(tree: &Yaml, node: Option<NodeId>) -> Vec<(Spanned<String>, Text)> {
    let entries = node.map(|node| tree.entries(node)).unwrap_or_default();
    entries
        .into_iter()
        .filter_map(|entry| {
            let name = key(tree, entry.key)?;
            // An empty value is an empty string here, as in the runner.
            let value = tree.canonical(entry.value).unwrap_or_else(|| Text::empty(tree.node(entry.value).span));
            Some((name, value))
        })
        .collect()
}
