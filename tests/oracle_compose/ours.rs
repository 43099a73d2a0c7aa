//! What we say about a project: what `inspect --format json --show-secrets` prints of its services, and what only the
//! resolved containers show, in the shape of [`super::theirs`].

use redislint::config::{ComposeVersion, Config};
use redislint::finding::Level;
use redislint::report::inspect;
use redislint::resolve::compose;
use redislint::resolve::project::{Container, Project};
use redislint::source::{Sources, Span};
use redislint::symbol::Symbols;
use redislint::text::Text;
use redislint::tree::Tree;
use redislint::{Options, extract, lint};
use serde_json::{Map, Value, json};

use super::theirs::{Start, mounted, sorted};

/// What we make of a project.
pub struct Ours {
    pub services: Map<String, Value>,
    /// Values that `inspect` gives no trace for.
    pub untraced: Vec<String>,
    /// What notices of refusal point at, in the order of the source.
    pub refused: Vec<Refused>,
    /// Values in the services, and how many of them hold something that could not be told.
    pub values: usize,
    pub unknown: usize,
}

/// What a notice of refusal points at.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Refused {
    /// `path:line:column text`.
    pub place: String,
    /// The line that it starts in.
    pub line: String,
    /// The text.
    pub text: String,
}

/// Our picture of the project at the root.
pub fn resolve(files: &[(String, String)], version: ComposeVersion) -> Ours {
    resolve_started(&Start::default(), files, version)
}

/// Our picture of the project that a script starts.
pub fn resolve_started(start: &Start, files: &[(String, String)], version: ComposeVersion) -> Ours {
    let script = start.script().map(|text| ("up.sh".to_owned(), text));
    let files: Vec<_> = files.iter().cloned().chain(script.clone()).collect();
    let tree = Tree::from_texts(files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())));
    let config = Config { compose_version: version, ..Config::default() };
    let printed = inspected(&tree, &config);
    let (mut sources, symbols) = (Sources::default(), Symbols::default());
    let extracted = extract::run(&tree, &mut sources);
    let (projects, notices) = compose::projects(&extracted.facts, &extracted.index, &mut sources, &symbols, &config);
    let wanted = |project: &&Project| match script {
        Some(_) => project.evidence.starts_with("up.sh runs "),
        None => project.directory.is_empty(),
    };
    let project = projects.iter().find(wanted);
    let refuses = |level: Level, code: &str| level >= Level::Warning || code == "required-variable";
    let refusals = notices.iter().chain(&extracted.notices).filter(|notice| refuses(notice.level, notice.code));
    let missing = project.into_iter().flat_map(|project| &project.missing).map(|missing| missing.span);
    let spans = refusals.filter_map(|notice| notice.span).chain(missing);
    let mut refused: Vec<Refused> = spans.map(|span| refused(&sources, span)).collect();
    refused.sort();
    refused.dedup();
    let (mut services, mut lost) = (Map::new(), Vec::new());
    if let Some(project) = project {
        lost = untraced(&printed[&project.name]);
        for container in &project.containers {
            let mut shape = of_container(container, &symbols);
            shape.extend(of_service(&printed[&project.name]["services"][&container.name]));
            services.insert(container.name.clone(), shape.into());
        }
    }
    let (mut values, mut unknown) = (0, 0);
    count(&Value::Object(services.clone()), &mut values, &mut unknown);
    Ours { services, untraced: lost, refused, values, unknown }
}

/// The values of an environment's services that have no trace.
fn untraced(environment: &Value) -> Vec<String> {
    let mut paths = Vec::new();
    for (name, service) in environment["services"].as_object().into_iter().flatten() {
        let keys = |key: &str| service[key].as_object().into_iter().flatten().map(move |(name, _)| name.clone());
        let ports = 0..service["ports"].as_array().map_or(0, Vec::len);
        let mut own: Vec<String> = keys("environment").map(|variable| format!("environment.{variable}")).collect();
        own.extend(keys("networks").map(|network| format!("networks.{network}")));
        own.extend(ports.map(|at| format!("ports.{at}")));
        let single = ["image", "command", "entrypoint", "network_mode"];
        own.extend(single.iter().filter(|key| !service[**key].is_null()).map(|key| (*key).to_owned()));
        own.extend(service["healthcheck"]["test"].is_array().then(|| "healthcheck.test".to_owned()));
        let traces = &environment["traces"][name];
        own.retain(|path| traces[path].as_array().is_none_or(Vec::is_empty));
        paths.extend(own.into_iter().map(|path| format!("{name}.{path}")));
    }
    paths
}

/// The environments as `inspect` prints them, by name.
fn inspected(tree: &Tree, config: &Config) -> Map<String, Value> {
    let options = Options { config: config.clone(), show_secrets: true, ..Options::default() };
    let printed: Value = serde_json::from_str(&inspect::json(&lint(tree, &options))).unwrap();
    let environments = printed["environments"].as_array().unwrap();
    environments.iter().map(|one| (one["name"].as_str().unwrap().to_owned(), one.clone())).collect()
}

fn refused(sources: &Sources, span: Span) -> Refused {
    let source = sources.get(span.file);
    let (before, _) = source.text().split_at(usize::try_from(span.start).unwrap());
    let (row, from) = (before.matches('\n').count() + 1, before.rfind('\n').map_or(0, |at| at + 1));
    let text = source.text()[span.range()].to_owned();
    let shown = text.replace('\n', "⏎");
    Refused {
        place: format!("{}:{row}:{} {shown}", source.path(), before[from..].chars().count() + 1).trim_end().to_owned(),
        line: source.text()[from..].lines().next().unwrap_or_default().to_owned(),
        text,
    }
}

/// The texts in a value, and those that show an unknown part as `…`.
fn count(value: &Value, all: &mut usize, unknown: &mut usize) {
    match value {
        Value::String(text) => {
            *all += 1;
            *unknown += usize::from(text.contains('…'));
        }
        Value::Array(items) => items.iter().for_each(|item| count(item, all, unknown)),
        Value::Object(map) => map.values().for_each(|value| count(value, all, unknown)),
        _ => {}
    }
}

/// What `inspect` prints is compose's own shape already.
fn of_service(service: &Value) -> Map<String, Value> {
    super::theirs::attributes(service)
}

/// What `inspect` does not print.
fn of_container(container: &Container, symbols: &Symbols) -> Map<String, Value> {
    let text = |text: &Text| symbols.display(text.as_str());
    let mounts = container
        .mounts
        .iter()
        .map(|mount| mounted(&mount.target, mount.source.as_deref(), mount.content.as_ref().map(text).as_deref()));
    let shape = json!({
        "expose": sorted(container.expose.iter().map(u16::to_string).collect()),
        "container_name": container.container_name.as_ref().map(|name| &name.value),
        "links": sorted(container.links.iter().map(|(service, alias)| format!("{service}:{alias}")).collect()),
        "extra_hosts": sorted(container.extra_hosts.clone()),
        "mounts": sorted(mounts.collect()),
    });
    shape.as_object().unwrap().clone()
}
