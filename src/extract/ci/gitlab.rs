//! GitLab pipelines: jobs with what `extends` and `default` give them, put together as GitLab does.
//!
//! <https://docs.gitlab.com/ci/yaml/>, <https://docs.gitlab.com/ci/services/>. Doesn't know included files: where a job
//! extends what is not in the file, its services are not known, and the job is left out.

use crate::facts::ci::{Command, Job, Service, Step, System, Workflow};
use crate::source::{FileId, Spanned};
use crate::syntax::yaml::{NodeId, Yaml};
use crate::text::Text;

use super::{key, pairs};

/// GitLab follows `extends` eleven levels deep.
const MAX_LEVELS: usize = 11;

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

pub(super) fn read(file: FileId, path: &str, tree: &Yaml) -> Workflow {
    let mut workflow =
        Workflow { file, path: path.to_owned(), system: System::GitLab, env: Vec::new(), jobs: Vec::new() };
    // A header (`spec:`) may stand in a document of its own before it.
    if let Some(root) = tree.documents.last().copied() {
        workflow.env = variables(tree, tree.get(root, "variables"));
        for entry in tree.entries(root) {
            let Some(id) = key(tree, entry.key) else { continue };
            if id.value.starts_with('.') || KEYWORDS.contains(&id.value.as_str()) || !tree.is_mapping(entry.value) {
                continue;
            }
            workflow.jobs.extend(job(tree, root, id, entry.value));
        }
    }
    workflow
}

fn job(tree: &Yaml, root: NodeId, id: Spanned<String>, node: NodeId) -> Option<Job> {
    let mut levels = vec![node];
    inherit(tree, root, node, &mut levels, 0)?;
    let own = |name: &str| levels.iter().find_map(|level| tree.get(*level, name));
    // `inherit: default:` takes a list as well; with one, what is inherited is not looked into.
    let inherits = tree.get_path(node, &["inherit", "default"]).is_none_or(|value| tree.as_bool(value) == Some(true));
    let common = |name: &str| {
        let default = tree.get(root, "default").and_then(|default| tree.get(default, name));
        default.or_else(|| tree.get(root, name)).filter(|_| inherits)
    };
    let given = |name: &str| own(name).or_else(|| common(name));
    let services = given("services");
    if services.is_some_and(|services| !tree.is_sequence(services) || tree.node(services).tag.is_some()) {
        return None;
    }
    let mut env = Vec::new();
    for level in levels.iter().rev() {
        env.extend(variables(tree, tree.get(*level, "variables")));
    }
    let scripts = ["before_script", "script"].into_iter().filter_map(given);
    let lines = scripts.flat_map(|script| lines(tree, script)).collect();
    Some(Job {
        container: given("image").and_then(|image| name(tree, image)),
        services: services
            .map(|services| tree.sequence(services).iter().filter_map(|one| service(tree, *one)).collect())
            .unwrap_or_default(),
        env,
        runs: Vec::new(),
        steps: vec![Step { uses: None, with: Vec::new(), run: lines, env: Vec::new(), span: id.span }],
        id,
    })
}

/// Adds what a job extends, nearest first; `None`: something it extends is not in this file.
fn inherit(tree: &Yaml, root: NodeId, node: NodeId, levels: &mut Vec<NodeId>, depth: usize) -> Option<()> {
    let Some(extends) = tree.get(node, "extends") else { return Some(()) };
    if depth >= MAX_LEVELS {
        return None;
    }
    let names = if tree.is_sequence(extends) { tree.sequence(extends) } else { std::slice::from_ref(&extends) };
    // Of several, the last wins.
    for name in names.iter().rev() {
        let parent = tree.get(root, tree.as_str(*name)?)?;
        if !levels.contains(&parent) {
            levels.push(parent);
            inherit(tree, root, parent, levels, depth + 1)?;
        }
    }
    Some(())
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
    fn jobs_get_what_they_extend_and_the_defaults() {
        let text = "variables:\n  REDIS_HOST: redis\n.base:\n  services: [redis:7]\n  variables: {REDIS_PORT: '6379', A: base}\n\
                    default:\n  image: python:3.12\ntest:\n  extends: .base\n  variables: {A: own}\n  script: [pytest]\n\
                    lost:\n  extends: .elsewhere\n  script: [pytest]\n";
        let (workflow, notices) = extract(FileId(0), ".gitlab-ci.yml", text);
        assert!(notices.is_empty());
        let [job] = workflow.jobs.as_slice() else { panic!("{:?}", workflow.jobs) };
        assert_eq!(job.container.as_ref().map(Text::as_str), Some("python:3.12"));
        assert_eq!(job.services[0].id.value, "redis");
        let env: Vec<(&str, &str)> =
            job.env.iter().map(|(name, value)| (name.value.as_str(), value.as_str())).collect();
        assert_eq!(env, [("REDIS_PORT", "6379"), ("A", "base"), ("A", "own")]);
        assert_eq!(workflow.env[0].1.as_str(), "redis");
    }

    #[test]
    fn services_are_called_by_their_image_and_their_aliases() {
        assert_eq!(host_names("redis:7-alpine"), ["redis"]);
        assert_eq!(
            host_names("registry.example.com:5000/bitnami/redis:7").first().unwrap(),
            "registry.example.com:5000__bitnami__redis"
        );
        assert_eq!(host_names("bitnami/redis@sha256:0"), ["bitnami__redis", "bitnami-redis"]);
        let text = "a:\n  services:\n    - name: bitnami/redis:7\n      alias: cache,queue\n      command: [redis-server, --port, 6380]\n  script: x\n";
        let service = &extract(FileId(0), "x/.gitlab-ci.yml", text).0.jobs[0].services[0];
        assert_eq!(service.id.value, "queue");
        assert_eq!(service.aliases, ["bitnami__redis", "bitnami-redis", "cache", "queue"]);
        assert!(matches!(&service.command, Some(Command::Words(words)) if words[2].as_str() == "6380"));
    }

    #[test]
    fn pipelines_are_known_by_their_names() {
        assert!(
            is_pipeline(".gitlab-ci.yml") && is_pipeline("ci/test.gitlab-ci.yml") && is_pipeline(".gitlab/ci/a.yml")
        );
        assert!(!is_pipeline("gitlab.yml") && !is_pipeline(".gitlab/README.md"));
    }
}
