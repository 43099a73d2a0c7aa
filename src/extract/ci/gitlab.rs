//! GitLab pipelines as written: drafts of jobs, and the files of the repository that are included.
//!
//! <https://docs.gitlab.com/ci/yaml/>, <https://docs.gitlab.com/ci/services/>. What `extends` and `default` mean is
//! resolved later, when every file is read.

use crate::config::glob;
use crate::facts::ci::{Command, Draft, Service, System, Workflow};
use crate::facts::{FileKind, Request};
use crate::source::{FileId, Spanned};
use crate::syntax::yaml::{NodeId, Yaml};
use crate::text::Text;
use crate::tree::{Index, join};

use super::{key, matrix, pairs};

/// GitLab allows no more.
const MAX_INCLUDES: usize = 150;

/// Top-level keys that are no jobs.
const KEYWORDS: [&str; 11] = [
    "default",
    "include",
    "stages",
    "variables",
    "workflow",
    "spec",
    "image",
    "services",
    "before_script",
    "after_script",
    "cache",
];

/// Whether a path is that of a pipeline.
pub(super) fn is_pipeline(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let yaml = name.ends_with(".yml") || name.ends_with(".yaml");
    let own = name.rsplit_once('.').is_some_and(|(stem, _)| stem.ends_with(".gitlab-ci"));
    yaml && (own || folder.split('/').any(|part| part == ".gitlab" || part == ".gitlab-ci"))
}

pub(super) fn read(file: FileId, path: &str, tree: &Yaml, index: &Index) -> (Workflow, Vec<Request>) {
    let mut workflow = Workflow::new(file, path, System::GitLab);
    // A header (`spec:`) may stand in a document of its own before it.
    let Some(root) = tree.documents.last().copied() else { return (workflow, Vec::new()) };
    workflow.env = variables(tree, tree.get(root, "variables"));
    for entry in tree.entries(root) {
        let Some(id) = key(tree, entry.key) else { continue };
        if !KEYWORDS.contains(&id.value.as_str()) && tree.is_mapping(entry.value) {
            workflow.drafts.push(draft(tree, id, entry.value));
        }
    }
    // What stands at the top is another way to write a default.
    let name = || Spanned::new("default".to_owned(), tree.node(root).span);
    let top = Draft { env: Vec::new(), ..draft(tree, name(), root) };
    let own = tree.get(root, "default").map(|default| draft(tree, name(), default));
    workflow.drafts.push(own.map_or_else(|| top.clone(), |own| own.over(&top)));
    let mut requests = Vec::new();
    for place in tree.get(root, "include").map(|include| included(tree, include)).unwrap_or_default() {
        for found in matching(place.as_str(), index) {
            requests.push(Request { path: found.clone(), kind: FileKind::Workflow, from: place.span() });
            workflow.includes.push(found);
        }
    }
    (workflow, requests)
}

/// The files of this repository that `include` names: `a.yml`, `local: a.yml`, or a list of both.
fn included(tree: &Yaml, node: NodeId) -> Vec<Text> {
    let entries = if tree.is_sequence(node) { tree.sequence(node) } else { std::slice::from_ref(&node) };
    let local = |entry: &NodeId| if tree.is_mapping(*entry) { tree.get(*entry, "local") } else { Some(*entry) };
    let texts = entries.iter().filter_map(local).filter_map(|path| tree.as_text(path).cloned());
    texts.filter(|path| !path.as_str().contains("://") && !path.as_str().contains('$')).collect()
}

/// Paths begin at the root; `*` stands for a part of a name, `**` for any folders.
fn matching(pattern: &str, index: &Index) -> Vec<String> {
    let Some(pattern) = join("", pattern.trim_start_matches('/')) else { return Vec::new() };
    if !pattern.contains('*') {
        return vec![pattern];
    }
    let folder = pattern.split('*').next().and_then(|start| start.rsplit_once('/')).map_or("", |(folder, _)| folder);
    let fits = |path: &&str| {
        let same_depth = path.matches('/').count() == pattern.matches('/').count();
        (same_depth || pattern.contains("**")) && glob::matches(&pattern, path)
    };
    index.files_below(folder).filter(fits).take(MAX_INCLUDES).map(str::to_owned).collect()
}

fn draft(tree: &Yaml, id: Spanned<String>, node: NodeId) -> Draft {
    let get = |name: &str| tree.get(node, name);
    let extends = get("extends").map(|extends| {
        let names = if tree.is_sequence(extends) { tree.sequence(extends) } else { std::slice::from_ref(&extends) };
        names.iter().map(|name| tree.as_str(*name).map(str::to_owned)).collect::<Option<Vec<_>>>()
    });
    let services = get("services");
    let strange = services.is_some_and(|services| !tree.is_sequence(services) || tree.node(services).tag.is_some());
    let matrix = tree.get_path(node, &["parallel", "matrix"]);
    Draft {
        opaque: strange || extends.as_ref().is_some_and(Option::is_none),
        extends: extends.flatten().unwrap_or_default(),
        // `inherit: default:` takes a list as well; with one, what is inherited is not looked into.
        inherits: tree.get_path(node, &["inherit", "default"]).is_none_or(|value| tree.as_bool(value) == Some(true)),
        image: get("image").and_then(|image| name(tree, image)),
        services: services
            .map(|services| tree.sequence(services).iter().filter_map(|one| service(tree, *one)).collect()),
        before: get("before_script").map(|script| lines(tree, script)),
        script: get("script").map(|script| lines(tree, script)),
        env: variables(tree, get("variables")),
        runs: matrix.map(|matrix| matrix::of_gitlab(tree, matrix)).unwrap_or_default(),
        id,
    }
}

/// `redis:7` or `name: redis:7`.
fn name(tree: &Yaml, node: NodeId) -> Option<Text> {
    let name = if tree.is_mapping(node) { tree.get(node, "name")? } else { node };
    tree.as_text(name).cloned()
}

fn service(tree: &Yaml, node: NodeId) -> Option<Service> {
    let image = name(tree, node)?;
    let words = |key: &str| {
        let list = tree.get(node, key)?;
        Some(Command::Words(tree.sequence(list).iter().filter_map(|word| tree.canonical(*word)).collect()))
    };
    let alias = tree.get(node, "alias").and_then(|alias| tree.as_text(alias));
    let mut aliases = host_names(image.as_str());
    let listed = alias.map(|alias| alias.as_str().split([' ', ',']).filter(|one| !one.is_empty()));
    aliases.extend(listed.into_iter().flatten().map(str::to_owned));
    let id = match alias {
        Some(alias) => Spanned::new(aliases.last()?.clone(), alias.span()),
        None => Spanned::new(aliases.first()?.clone(), image.span()),
    };
    Some(Service {
        id,
        aliases,
        env: variables(tree, tree.get(node, "variables")),
        ports: Vec::new(),
        command: words("command"),
        entrypoint: words("entrypoint"),
        options: None,
        image: Some(image),
    })
}

/// What a service is called by its image: without tag, `/` as `__` and as `-`.
fn host_names(image: &str) -> Vec<String> {
    let (folder, last) = image.rsplit_once('/').map_or(("", image), |(folder, last)| (folder, last));
    let last = last.split([':', '@']).next().unwrap_or(last);
    if folder.is_empty() {
        return vec![last.to_owned()];
    }
    let path = format!("{folder}/{last}");
    vec![path.replace('/', "__"), path.replace('/', "-")]
}

/// `NAME: value` or `NAME: {value: …, description: …}`.
fn variables(tree: &Yaml, node: Option<NodeId>) -> Vec<(Spanned<String>, Text)> {
    let mut found = pairs(tree, node);
    for entry in node.map(|node| tree.entries(node)).unwrap_or_default() {
        let described = tree.get(entry.value, "value").and_then(|value| tree.canonical(value));
        let (Some(name), Some(value)) = (key(tree, entry.key), described) else { continue };
        found.retain(|(other, _)| other.span != name.span);
        found.push((name, value));
    }
    found
}

/// A script is a line, or lines, of lists in lists (of anchors and `!reference`s).
fn lines(tree: &Yaml, node: NodeId) -> Vec<Text> {
    if tree.is_sequence(node) {
        return tree
            .sequence(node)
            .iter()
            .flat_map(|line| if tree.is_sequence(*line) { tree.sequence(*line) } else { std::slice::from_ref(line) })
            .filter_map(|line| tree.as_text(*line).cloned())
            .collect();
    }
    tree.as_text(node).cloned().into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::ci::extract;

    #[test]
    fn services_are_called_by_their_image_and_their_aliases() {
        assert_eq!(host_names("redis:7-alpine"), ["redis"]);
        assert_eq!(
            host_names("registry.example.com:5000/bitnami/redis:7").first().unwrap(),
            "registry.example.com:5000__bitnami__redis"
        );
        assert_eq!(host_names("bitnami/redis@sha256:0"), ["bitnami__redis", "bitnami-redis"]);
        let text = "a:\n  services:\n    - name: bitnami/redis:7\n      alias: cache,queue\n      command: [redis-server, --port, 6380]\n  script: x\n";
        let workflow = extract(FileId(0), "x/.gitlab-ci.yml", text, &Index::default()).0;
        let service = &workflow.drafts[0].services.as_ref().unwrap()[0];
        assert_eq!(service.id.value, "queue");
        assert_eq!(service.aliases, ["bitnami__redis", "bitnami-redis", "cache", "queue"]);
        assert!(matches!(&service.command, Some(Command::Words(words)) if words[2].as_str() == "6380"));
    }

    #[test]
    fn files_of_the_repository_are_included() {
        let files = ["ci/a.yml", "ci/deep/b.yml", "ci/c.yaml", ".gitlab-ci.yml"].map(|path| (path.to_owned(), None));
        let index = Index::new(files);
        let paths = |include: &str| {
            let text = format!("include: {include}\n");
            extract(FileId(0), ".gitlab-ci.yml", &text, &index).0.includes
        };
        assert_eq!(paths("/ci/a.yml"), ["ci/a.yml"]);
        assert_eq!(paths("[{local: 'ci/*.yml'}, ci/c.yaml]"), ["ci/a.yml", "ci/c.yaml"]);
        assert_eq!(paths("'ci/**.yml'"), ["ci/a.yml", "ci/deep/b.yml"]);
        assert!(paths("[{project: x, file: /a.yml}, {template: a.yml}, 'https://x/a.yml', {local: $A}]").is_empty());
    }

    #[test]
    fn pipelines_are_known_by_their_names() {
        assert!(
            is_pipeline(".gitlab-ci.yml") && is_pipeline("ci/test.gitlab-ci.yml") && is_pipeline(".gitlab/ci/a.yml")
        );
        assert!(!is_pipeline("gitlab.yml") && !is_pipeline(".gitlab/README.md"));
    }
}
