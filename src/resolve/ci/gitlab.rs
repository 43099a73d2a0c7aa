//! Drafts of jobs → the jobs of a pipeline, with what they extend, the defaults and the included files.
//!
//! Where a job extends what is not in the repository, its services are not known, and the job is left out.

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::Facts;
use crate::facts::ci::{Draft, Job, Step, System, Workflow};

/// GitLab follows `extends` eleven levels deep.
const MAX_LEVELS: usize = 11;

/// GitLab includes no more files than this.
const MAX_INCLUDES: usize = 150;

/// The pipelines that no other file includes.
pub(super) fn pipelines(facts: &Facts) -> Vec<Workflow> {
    let files: BTreeMap<&str, &Workflow> =
        facts.workflows.iter().filter(|one| one.system == System::GitLab).map(|one| (one.path.as_str(), one)).collect();
    let included: BTreeSet<&str> = files.values().flat_map(|one| &one.includes).map(String::as_str).collect();
    let roots = files.values().filter(|one| !included.contains(one.path.as_str()));
    roots.map(|root| pipeline(root, &files)).collect()
}

fn pipeline(root: &Workflow, files: &BTreeMap<&str, &Workflow>) -> Workflow {
    let mut order = Vec::new();
    gather(root, files, &mut order);
    let mut whole = Workflow { includes: Vec::new(), ..root.clone() };
    whole.env.clear();
    whole.drafts.clear();
    for file in order {
        whole.env.extend(file.env.iter().cloned());
        for draft in &file.drafts {
            match whole.drafts.iter_mut().find(|other| other.id.value == draft.id.value) {
                Some(other) => *other = draft.over(other),
                None => whole.drafts.push(draft.clone()),
            }
        }
    }
    whole.jobs = whole.drafts.iter().filter_map(|draft| job(draft, &whole.drafts)).collect();
    whole
}

/// The files in the order in which they are laid over each other: what is included, then the file itself.
fn gather<'a>(root: &'a Workflow, files: &BTreeMap<&str, &'a Workflow>, order: &mut Vec<&'a Workflow>) {
    let mut seen = BTreeSet::from([root.path.as_str()]);
    // (file, whether what it includes is already there)
    let mut pending = vec![(root, false)];
    while let Some((file, ready)) = pending.pop() {
        if ready {
            order.push(file);
            continue;
        }
        pending.push((file, true));
        for path in file.includes.iter().rev() {
            let Some(inner) = files.get(path.as_str()) else { continue };
            if seen.len() < MAX_INCLUDES && seen.insert(inner.path.as_str()) {
                pending.push((inner, false));
            }
        }
    }
}

fn job(draft: &Draft, drafts: &[Draft]) -> Option<Job> {
    if draft.id.value.starts_with('.') || draft.id.value == "default" {
        return None;
    }
    let mut levels = vec![draft];
    extended(draft, drafts, &mut levels, 0)?;
    let (furthest, nearer) = levels.split_last()?;
    let mut whole = nearer.iter().rev().fold((*furthest).clone(), |under, level| level.over(&under));
    let default = drafts.iter().find(|other| other.id.value == "default").filter(|_| whole.inherits);
    if let Some(default) = default {
        whole = whole.over(&Draft { env: Vec::new(), runs: Vec::new(), ..default.clone() });
    }
    if whole.opaque {
        return None;
    }
    let lines = [whole.before, whole.script].into_iter().flatten().flatten().collect();
    Some(Job {
        container: whole.image,
        container_env: Vec::new(),
        services: whole.services.unwrap_or_default(),
        env: whole.env,
        runs: whole.runs,
        steps: vec![Step { uses: None, with: Vec::new(), run: lines, env: Vec::new(), span: draft.id.span }],
        id: draft.id.clone(),
    })
}

/// Adds what a draft extends, nearest first; `None`: something of it is not here. The depth is bounded by [`MAX_LEVELS`].
fn extended<'a>(draft: &Draft, drafts: &'a [Draft], levels: &mut Vec<&'a Draft>, depth: usize) -> Option<()> {
    if depth >= MAX_LEVELS {
        return None;
    }
    // Of several, the last wins.
    for name in draft.extends.iter().rev() {
        let parent = drafts.iter().find(|other| other.id.value == *name)?;
        if !levels.iter().any(|level| level.id.value == parent.id.value) {
            levels.push(parent);
            extended(parent, drafts, levels, depth + 1)?;
        }
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::ci::extract;
    use crate::source::FileId;
    use crate::text::Text;
    use crate::tree::Index;

    fn jobs(files: &[(&str, &str)]) -> Vec<Job> {
        let read = |(path, text): &(&str, &str)| extract(FileId(0), path, text, &Index::default()).0;
        let facts = Facts { workflows: files.iter().map(read).collect(), ..Facts::default() };
        pipelines(&facts).into_iter().flat_map(|pipeline| pipeline.jobs).collect()
    }

    fn env(job: &Job) -> Vec<(&str, &str)> {
        job.env.iter().map(|(name, value)| (name.value.as_str(), value.as_str())).collect()
    }

    #[test]
    fn jobs_get_what_they_extend_and_the_defaults() {
        let text = "variables:\n  REDIS_HOST: redis\n.base:\n  services: [redis:7]\n  variables: {REDIS_PORT: '6379', A: base}\n\
                    default:\n  image: python:3.12\nbefore_script: [pip install redis]\ntest:\n  extends: .base\n  variables: {A: own}\n  script: [pytest]\n\
                    lost:\n  extends: .elsewhere\n  script: [pytest]\n\
                    alone:\n  inherit: {default: false}\n  script: [pytest]\n";
        let jobs = jobs(&[(".gitlab-ci.yml", text)]);
        let [job, alone] = jobs.as_slice() else { panic!("{jobs:?}") };
        assert_eq!(job.container.as_ref().map(Text::as_str), Some("python:3.12"));
        assert_eq!(job.steps[0].run.len(), 2);
        assert_eq!(job.services[0].id.value, "redis");
        assert_eq!(env(job), [("REDIS_PORT", "6379"), ("A", "base"), ("A", "own")]);
        assert!(alone.container.is_none() && alone.steps[0].run.len() == 1);
    }

    #[test]
    fn included_files_lie_under_the_one_that_includes_them() {
        let root = "include: [ci/redis.yml, {local: /ci/jobs.yml}]\ntest:\n  extends: .redis\n  script: [pytest]\n";
        let redis = ".redis:\n  services: [redis:7]\n  variables: {A: redis}\n";
        let more = "include: ci/redis.yml\n.redis:\n  variables: {A: later}\ntest:\n  image: python:3.12\n";
        let jobs = jobs(&[(".gitlab-ci.yml", root), ("ci/redis.yml", redis), ("ci/jobs.yml", more)]);
        let [job] = jobs.as_slice() else { panic!("{jobs:?}") };
        assert_eq!(job.services.len(), 1);
        assert_eq!(job.container.as_ref().map(Text::as_str), Some("python:3.12"));
        assert_eq!(env(job), [("A", "redis"), ("A", "later")]);
    }

    #[test]
    fn circles_end() {
        let text = "include: b.yml\n.a:\n  extends: .b\n.b:\n  extends: .a\nt:\n  extends: .a\n";
        let circle = "include: c.yml\n.c: {image: x}\n";
        let jobs = jobs(&[(".gitlab-ci.yml", text), ("b.yml", circle), ("c.yml", "include: b.yml\n")]);
        assert!(jobs.len() == 1 && jobs[0].services.is_empty());
    }
}
