//! CI jobs → projects: service containers, the runner (or the job's own container), and what its variables say.
//!
//! Steps on GitHub's runner reach a service only by `localhost` and a mapped port; a job container reaches it by its id,
//! and a job of GitLab by the names of its image and its aliases.

mod fill;
mod gitlab;
mod matrix;
mod options;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::facts::Facts;
use crate::facts::ci::{self, Command, Job, Service, System, Workflow};
use crate::finding::Confidence;
use crate::model::{EnvironmentKind, Given, Published, Stage};
use crate::resolve::project::{Case, Container, Mount, Project, Variable, Variables};
use crate::source::Spanned;
use crate::symbol::{Resolved, Step, Symbols};
use crate::syntax::words;
use crate::text::Text;

use fill::{Filler, writes_variables};

/// The network that a job's containers share.
const JOB_NETWORK: &str = "job";

/// One project for each job that starts a Redis or speaks of one.
#[must_use]
pub fn projects(facts: &Facts, symbols: &Symbols) -> Vec<Project> {
    let mut projects = Vec::new();
    let of_gitlab = gitlab::pipelines(facts);
    for workflow in facts.workflows.iter().filter(|one| one.system == System::GitHub).chain(&of_gitlab) {
        for job in &workflow.jobs {
            let runs = matrix::runs(job, workflow.system);
            for (at, run) in runs.iter().enumerate() {
                let title = if runs.len() > 1 { matrix::title(job, run, at + 1) } else { job.id.value.clone() };
                let mut job = job.clone();
                if workflow.system == System::GitLab {
                    let variable =
                        |(name, value): &(String, Text)| (Spanned::new(name.clone(), value.anchor()), value.clone());
                    job.env.extend(run.iter().map(variable));
                }
                projects.extend(project(workflow, &job, run, &title, symbols));
            }
        }
    }
    projects
}

fn project(workflow: &Workflow, job: &Job, run: &[(String, Text)], title: &str, symbols: &Symbols) -> Option<Project> {
    let filler = Filler::new(workflow, job, run, symbols);
    let mut containers: Vec<Container> =
        job.services.iter().map(|service| container(workflow, job, service, &filler)).collect();
    let mut started = containers.len();
    for step in &job.steps {
        containers.extend(redis_action(step, &filler));
    }
    started = containers.len() - started;
    // Without a server that we know of, nothing can be said about where the job's variables lead.
    if containers.is_empty() {
        return None;
    }
    containers.extend(runners(workflow, job, &filler));
    let evidence = match started {
        0 => format!("job {} of {} starts service containers", job.id.value, workflow.path),
        _ => format!("job {} of {} starts a Redis in a step", job.id.value, workflow.path),
    };
    Some(Project {
        name: format!("{}:{title}", workflow.path),
        kind: EnvironmentKind::Ci,
        stage: Stage::Development,
        files: vec![workflow.file],
        evidence,
        evidence_at: Some(job.id.span),
        confidence: Confidence::High,
        given: Given::default(),
        directory: String::new(),
        containers,
        networks: BTreeMap::from([(JOB_NETWORK.to_owned(), false)]),
        cluster: None,
        external_networks: std::collections::BTreeSet::new(),
        missing: Vec::new(),
    })
}

fn container(workflow: &Workflow, job: &Job, service: &Service, filler: &Filler<'_>) -> Container {
    let argv = |command: &Option<Command>| -> Option<Vec<Case<Vec<Text>>>> {
        let words = match command.as_ref()? {
            Command::Line(line) => words::split_command(&filler.fill(line)).ok()?,
            Command::Words(words) => words.clone(),
        };
        Some(vec![Case { when: Vec::new(), value: words, trace: Vec::new() }])
    };
    let span = |command: &Command| match command {
        Command::Line(line) => Some(line.span()),
        Command::Words(words) => words.first().map(Text::span),
    };
    let mut environment = variables(&[&service.env], filler);
    if workflow.system == System::GitLab {
        // GitLab hands a job's variables to its services as well, and those of the project, which are not in the file.
        for (name, mut variable) in variables(&[&workflow.env, &job.env], filler).map {
            variable.taken_in = service.id.span;
            environment.map.entry(name).or_insert(variable);
        }
        environment.incomplete = Some(service.id.span);
    }
    let mut made = Container {
        image: service.image.as_ref().map(|image| Resolved::known(filler.fill(image), Vec::new())),
        command: argv(&service.command),
        entrypoint: argv(&service.entrypoint),
        command_span: service.command.as_ref().or(service.entrypoint.as_ref()).and_then(span),
        environment,
        published: service.ports.iter().filter_map(|port| published(&filler.fill(port))).collect(),
        networks: Some(BTreeMap::from([(JOB_NETWORK.to_owned(), service.aliases.clone())])),
        ..Container::named(&service.id.value, service.id.span)
    };
    if let Some(options) = &service.options {
        options::add(&mut made, &filler.fill(options));
    }
    made
}

/// The scripts, once for each set of steps whose variables do not contradict each other: a step sees its own alone.
fn runners(workflow: &Workflow, job: &Job, filler: &Filler<'_>) -> Vec<Container> {
    let mut sets: Vec<Vec<&ci::Step>> = vec![Vec::new()];
    for step in &job.steps {
        let agrees = |set: &Vec<&ci::Step>| {
            let others = || set.iter().flat_map(|other| &other.env);
            step.env.iter().all(|(name, value)| {
                others().all(|(other, given)| other.value != name.value || given.as_str() == value.as_str())
            })
        };
        match sets.iter_mut().find(|set| agrees(set)) {
            Some(set) => set.push(step),
            None => sets.push(vec![step]),
        }
    }
    let name = |at: usize| if at == 0 { job.id.value.clone() } else { format!("{} {}", job.id.value, at + 1) };
    sets.iter().enumerate().map(|(at, steps)| runner(workflow, job, steps, &name(at), filler)).collect()
}

/// Steps on the runner, or in the job's container.
fn runner(workflow: &Workflow, job: &Job, steps: &[&ci::Step], name: &str, filler: &Filler<'_>) -> Container {
    let mut layers: Vec<&[(Spanned<String>, Text)]> = vec![&job.container_env, &workflow.env, &job.env];
    layers.extend(steps.iter().map(|step| step.env.as_slice()));
    let command: Vec<Text> = steps.iter().flat_map(|step| step.run.clone()).collect();
    let on_runner = workflow.system == System::GitHub && job.container.is_none();
    // The executor decides whether a job of GitLab shares its services' `localhost`: on Kubernetes it does.
    let elsewhere = match workflow.system {
        System::GitHub => Vec::new(),
        System::GitLab => ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec(),
    };
    let mut environment = variables(&layers, filler);
    let writes = job.steps.iter().flat_map(|step| &step.run).find(|script| writes_variables(script));
    environment.incomplete = match workflow.system {
        System::GitHub => writes.map(Text::span),
        System::GitLab => Some(job.id.span),
    };
    Container {
        image: job.container.as_ref().map(|image| Resolved::known(filler.fill(image), Vec::new())),
        command: Some(vec![Case { when: Vec::new(), value: command, trace: Vec::new() }]),
        environment,
        mounts: vec![Mount {
            volume: None,
            span: job.id.span,
            source: Some(String::new()),
            target: String::from("/"),
            content: None,
            contents: Vec::new(),
            exists: Some(true),
        }],
        networks: (!on_runner).then(|| BTreeMap::from([(JOB_NETWORK.to_owned(), Vec::new())])),
        network_mode: on_runner.then(|| Spanned::new("host".to_owned(), job.id.span)),
        extra_hosts: elsewhere,
        ..Container::named(name, job.id.span)
    }
}

/// Layers of variables, later ones win.
fn variables(layers: &[&[(Spanned<String>, Text)]], filler: &Filler<'_>) -> Variables {
    let mut variables = Variables::default();
    for (name, value) in layers.iter().copied().flatten() {
        let step = Step { span: name.span, label: format!("{} is set here", name.value) };
        let value = Resolved::known(filler.fill(value), vec![step]);
        variables.map.insert(name.value.clone(), Variable { name_span: name.span, taken_in: name.span, value });
    }
    variables
}

/// A Redis that an action starts on the runner, published on a port of it.
fn redis_action(step: &ci::Step, filler: &Filler<'_>) -> Option<Container> {
    let uses = step.uses.as_ref()?;
    let action = uses.as_str().split('@').next()?.to_ascii_lowercase();
    // Inputs as these actions document them; what both name alike is read alike.
    if !matches!(action.as_str(), "supercharge/redis-github-action" | "shogo82148/actions-setup-redis") {
        return None;
    }
    let input = |name: &str| step.with.iter().find(|(key, _)| key.value == name).map(|(_, value)| filler.fill(value));
    let mut command = vec![Text::mapped("redis-server", uses.span())];
    if let Some(password) = input("redis-password").filter(|password| !password.is_empty()) {
        command.push(Text::mapped("--requirepass", password.anchor()));
        command.push(password);
    }
    let host_port = input("redis-port").unwrap_or_else(|| Text::mapped("6379", uses.span()));
    let version = input("redis-version").filter(Symbols::is_known);
    let image = version.map_or_else(|| "redis".to_owned(), |version| format!("redis:{}", version.as_str()));
    Some(Container {
        image: Some(Resolved::known(Text::mapped(&image, uses.span()), Vec::new())),
        command: Some(vec![Case { when: Vec::new(), value: command, trace: Vec::new() }]),
        command_span: Some(uses.span()),
        published: vec![Published {
            span: host_port.span(),
            host_ip: Some(Text::mapped("127.0.0.1", uses.span())),
            host_port: Some(host_port),
            container_port: Some(6379),
            protocol: "tcp".to_owned(),
            mode: None,
            trace: Vec::new(),
        }],
        // On the runner: no network gives it a name.
        networks: Some(BTreeMap::new()),
        ..Container::named("redis action", uses.span())
    })
}

/// `6379:6379`, `6379`, `6379/tcp`, with an address or without. A runner's ports are open to nobody outside.
fn published(entry: &Text) -> Option<Published> {
    let value = entry.as_str();
    let end = value.find('/').unwrap_or(value.len());
    let (front, container) =
        value[..end].rsplit_once(':').map_or((None, &value[..end]), |(front, port)| (Some(front), port));
    let host_port = front.map(|front| {
        let start = front.rfind(':').map_or(0, |colon| colon + 1);
        entry.slice(start..front.len())
    });
    Some(Published {
        span: entry.span(),
        host_ip: Some(Text::mapped("127.0.0.1", entry.span())),
        host_port,
        container_port: Some(container.trim().parse().ok()?),
        protocol: value.get(end + 1..).unwrap_or("tcp").to_owned(),
        mode: None,
        trace: Vec::new(),
    })
}
