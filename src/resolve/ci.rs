//! CI jobs → projects: service containers, the runner (or the job's own container), and what its variables say.
//!
//! Steps on the runner reach a service only by `localhost` and a mapped port; a job container reaches it by its id.

use std::collections::BTreeMap;

use crate::facts::Facts;
use crate::facts::ci::{Job, Service, Workflow};
use crate::finding::Confidence;
use crate::model::{EnvironmentKind, Given, Published, Stage};
use crate::resolve::project::{Case, Container, Mount, Project, Variable, Variables};
use crate::source::{Span, Spanned};
use crate::symbol::{Resolved, Step, Symbols};
use crate::syntax::words;
use crate::text::Text;

/// The network that a job's containers share.
const JOB_NETWORK: &str = "job";

/// One project for each job that starts a Redis or speaks of one.
#[must_use]
pub fn projects(facts: &Facts, symbols: &Symbols) -> Vec<Project> {
    let mut projects = Vec::new();
    for workflow in &facts.workflows {
        for job in &workflow.jobs {
            projects.extend(project(workflow, job, symbols));
        }
    }
    projects
}

fn project(workflow: &Workflow, job: &Job, symbols: &Symbols) -> Option<Project> {
    let mut containers: Vec<Container> = job.services.iter().map(|service| container(service, symbols)).collect();
    let mut started = containers.len();
    for step in &job.steps {
        containers.extend(redis_action(step, symbols));
    }
    started = containers.len() - started;
    // Without a server that we know of, nothing can be said about where the job's variables lead.
    if containers.is_empty() {
        return None;
    }
    containers.push(runner(workflow, job, symbols));
    let evidence = match started {
        0 => format!("job {} of {} starts service containers", job.id.value, workflow.path),
        _ => format!("job {} of {} starts a Redis in a step", job.id.value, workflow.path),
    };
    Some(Project {
        name: format!("{}:{}", workflow.path, job.id.value),
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

fn container(service: &Service, symbols: &Symbols) -> Container {
    let argv = |text: &Option<Text>| -> Option<Vec<Case<Vec<Text>>>> {
        let words = words::split_command(text.as_ref()?).ok()?;
        Some(vec![Case { when: Vec::new(), value: words, trace: Vec::new() }])
    };
    Container {
        image: service.image.as_ref().map(|image| Resolved::known(fill(image, symbols), Vec::new())),
        command: argv(&service.command),
        entrypoint: argv(&service.entrypoint),
        command_span: service.command.as_ref().or(service.entrypoint.as_ref()).map(Text::span),
        environment: variables(&[&service.env], symbols),
        published: service.ports.iter().filter_map(|port| published(&fill(port, symbols))).collect(),
        networks: Some(BTreeMap::from([(JOB_NETWORK.to_owned(), Vec::new())])),
        ..Container::named(&service.id.value, service.id.span)
    }
}

/// The steps: on the runner, or in the job's container.
fn runner(workflow: &Workflow, job: &Job, symbols: &Symbols) -> Container {
    let mut layers: Vec<&[(Spanned<String>, Text)]> = vec![&workflow.env, &job.env];
    layers.extend(job.steps.iter().map(|step| step.env.as_slice()));
    let scripts = job.steps.iter().filter_map(|step| step.run.clone());
    let command: Vec<Text> = scripts.collect();
    let on_runner = job.container.is_none();
    Container {
        image: job.container.as_ref().map(|image| Resolved::known(fill(image, symbols), Vec::new())),
        command: Some(vec![Case { when: Vec::new(), value: command, trace: Vec::new() }]),
        environment: variables(&layers, symbols),
        mounts: vec![Mount {
            volume: None,
            span: job.id.span,
            source: Some(String::new()),
            target: String::from("/"),
            content: None,
            exists: Some(true),
        }],
        networks: (!on_runner).then(|| BTreeMap::from([(JOB_NETWORK.to_owned(), Vec::new())])),
        network_mode: on_runner.then(|| Spanned::new("host".to_owned(), job.id.span)),
        ..Container::named(&job.id.value, job.id.span)
    }
}

/// Layers of variables, later ones win.
fn variables(layers: &[&[(Spanned<String>, Text)]], symbols: &Symbols) -> Variables {
    let mut variables = Variables::default();
    for (name, value) in layers.iter().copied().flatten() {
        let step = Step { span: name.span, label: format!("{} is set here", name.value) };
        let value = Resolved::known(fill(value, symbols), vec![step]);
        variables.map.insert(name.value.clone(), Variable { name_span: name.span, taken_in: name.span, value });
    }
    variables
}

/// A Redis that an action starts on the runner, published on a port of it.
fn redis_action(step: &crate::facts::ci::Step, symbols: &Symbols) -> Option<Container> {
    let uses = step.uses.as_ref()?;
    let action = uses.as_str().split('@').next()?.to_ascii_lowercase();
    // Inputs as these actions document them; what both name alike is read alike.
    if !matches!(action.as_str(), "supercharge/redis-github-action" | "shogo82148/actions-setup-redis") {
        return None;
    }
    let input = |name: &str| step.with.iter().find(|(key, _)| key.value == name).map(|(_, value)| fill(value, symbols));
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

/// Fills `${{ … }}` with symbols: the same secret is the same symbol, everything else equals nothing.
fn fill(text: &Text, symbols: &Symbols) -> Text {
    let value = text.as_str();
    let mut out = Text::empty(text.anchor());
    let mut at = 0;
    while let Some(start) = value[at..].find("${{").map(|found| at + found) {
        let Some(end) = value[start..].find("}}").map(|found| start + found + 2) else { break };
        out.push_text(&text.slice(at..start));
        let expression = value[start + 3..end - 2].trim();
        let span: Span = text.span_of(start..end);
        let symbol = match expression.split_once('.') {
            Some((scope @ ("secrets" | "vars"), name)) if is_name(name) => {
                symbols.variable(&format!("github {scope}"), name)
            }
            _ => symbols.opaque(span),
        };
        out.push_mapped(symbol.encode_utf8(&mut [0; 4]), span);
        at = end;
    }
    out.push_text(&text.slice(at..value.len()));
    out
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_' || char == '-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn text(value: &str) -> Text {
        Text::exact(value, Span::new(FileId(0), 0..value.len()))
    }

    #[test]
    fn ports_of_services() {
        let port = published(&text("6380:6379")).unwrap();
        assert_eq!((port.host_port.unwrap().as_str(), port.container_port), ("6380", Some(6379)));
        assert!(published(&text("6379/tcp")).unwrap().host_port.is_none());
    }

    #[test]
    fn the_same_secret_is_the_same_symbol() {
        let symbols = Symbols::default();
        let one = fill(&text("redis://:${{ secrets.PW }}@redis"), &symbols);
        let two = fill(&text("${{secrets.PW}}"), &symbols);
        assert!(one.as_str().contains(two.as_str()));
        assert_ne!(fill(&text("${{ matrix.a }}"), &symbols), fill(&text("${{ matrix.a }}"), &symbols));
    }
}
