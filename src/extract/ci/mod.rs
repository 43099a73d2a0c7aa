//! Files of CI systems → [`crate::facts::ci::Workflow`]: jobs, their services, variables and scripts.

mod github;
mod gitlab;
mod matrix;

use crate::facts::Request;
use crate::facts::ci::Workflow;
use crate::finding::Notice;
use crate::source::{FileId, Spanned};
use crate::syntax::yaml::{self, NodeId, Yaml};
use crate::text::Text;
use crate::tree::Index;

/// Whether a path is that of a workflow.
#[must_use]
pub fn is_workflow(path: &str) -> bool {
    github::is_workflow(path) || gitlab::is_pipeline(path)
}

/// Reads one workflow, and asks for the files that it includes: they are GitLab's, whatever their names.
#[must_use]
pub fn extract(file: FileId, path: &str, text: &str, index: &Index) -> (Workflow, Vec<Request>, Vec<Notice>) {
    let (tree, notices) = yaml::parse(file, text);
    if github::is_workflow(path) {
        return (github::read(file, path, &tree), Vec::new(), notices);
    }
    let (workflow, requests) = gitlab::read(file, path, &tree, index);
    (workflow, requests, notices)
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
