//! GitHub Actions workflows: <https://docs.github.com/actions/reference/workflow-syntax-for-github-actions>.

use super::{key, matrix, pairs};
use crate::facts::ci::{Command, Job, Service, Step, System, Workflow};
use crate::source::{FileId, Spanned};
use crate::syntax::yaml::{NodeId, Yaml};

/// Whether a path is that of a workflow.
pub(super) fn is_workflow(path: &str) -> bool {
    path.rsplit_once('/')
        .is_some_and(|(folder, _)| folder == ".github/workflows" || folder.ends_with("/.github/workflows"))
        && (path.ends_with(".yml") || path.ends_with(".yaml"))
}

pub(super) fn read(file: FileId, path: &str, tree: &Yaml) -> Workflow {
    let mut workflow = Workflow::new(file, path, System::GitHub);
    if let Some(root) = tree.documents.first().copied() {
        workflow.env = pairs(tree, tree.get(root, "env"));
        for entry in tree.get(root, "jobs").map(|jobs| tree.entries(jobs)).unwrap_or_default() {
            if let Some(id) = key(tree, entry.key) {
                workflow.jobs.push(job(tree, id, entry.value));
            }
        }
    }
    workflow
}

fn job(tree: &Yaml, id: Spanned<String>, node: NodeId) -> Job {
    let container = tree.get(node, "container").and_then(|container| {
        let image = if tree.is_mapping(container) { tree.get(container, "image")? } else { container };
        tree.as_text(image).cloned()
    });
    let services = tree.get(node, "services").map(|services| tree.entries(services)).unwrap_or_default();
    let steps = tree.get(node, "steps").map(|steps| tree.sequence(steps)).unwrap_or_default();
    Job {
        id,
        container,
        container_env: pairs(tree, tree.get_path(node, &["container", "env"])),
        services: services
            .into_iter()
            .filter_map(|entry| Some(service(tree, key(tree, entry.key)?, entry.value)))
            .collect(),
        env: pairs(tree, tree.get(node, "env")),
        runs: tree.get_path(node, &["strategy", "matrix"]).map(|node| matrix::runs(tree, node)).unwrap_or_default(),
        steps: steps.iter().map(|step| self::step(tree, *step)).collect(),
    }
}

fn service(tree: &Yaml, id: Spanned<String>, node: NodeId) -> Service {
    let text = |key: &str| tree.get(node, key).and_then(|value| tree.canonical(value));
    let ports = tree.get(node, "ports").map(|ports| tree.sequence(ports)).unwrap_or_default();
    Service {
        id,
        image: if tree.is_mapping(node) { text("image") } else { tree.canonical(node) },
        env: pairs(tree, tree.get(node, "env")),
        ports: ports.iter().filter_map(|port| tree.canonical(*port)).collect(),
        aliases: Vec::new(),
        command: text("command").map(Command::Line),
        entrypoint: text("entrypoint").map(Command::Line),
        options: text("options"),
    }
}

fn step(tree: &Yaml, node: NodeId) -> Step {
    let text = |key: &str| tree.get(node, key).and_then(|value| tree.as_text(value).cloned());
    Step {
        uses: text("uses"),
        with: pairs(tree, tree.get(node, "with")),
        run: text("run").into_iter().collect(),
        env: pairs(tree, tree.get(node, "env")),
        span: tree.node(node).span,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::ci::extract;
    use crate::text::Text;
    use crate::tree::Index;

    #[test]
    fn reads_services_and_steps() {
        let text = "env:\n  A: 1\njobs:\n  test:\n    runs-on: ubuntu-latest\n    services:\n      redis:\n        image: redis:7\n        ports: [\"6379:6379\"]\n    steps:\n      - uses: x/redis@v1\n        with:\n          redis-password: pw\n      - run: pytest\n        env:\n          REDIS_HOST: localhost\n";
        let (workflow, _, notices) = extract(FileId(0), ".github/workflows/a.yml", text, &Index::default());
        assert!(notices.is_empty());
        let job = &workflow.jobs[0];
        assert_eq!(job.services[0].image.as_ref().map(Text::as_str), Some("redis:7"));
        assert_eq!(job.services[0].ports[0].as_str(), "6379:6379");
        assert_eq!(job.steps[0].with[0].1.as_str(), "pw");
        assert_eq!(&text[job.steps[1].env[0].1.span().range()], "localhost");
    }

    #[test]
    fn only_the_workflow_folder_counts() {
        assert!(is_workflow(".github/workflows/ci.yml"));
        assert!(!is_workflow(".github/dependabot.yml"));
        assert!(!is_workflow("workflows/ci.yml"));
    }
}
