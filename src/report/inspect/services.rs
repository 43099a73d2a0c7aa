//! The services of an environment: in the shape of `docker compose config`, the way of each value, and both as text.

use std::collections::HashMap;
use std::fmt::Write;

use serde_json::{Map, Value, json};

use super::{show, trace_json};
use crate::model::{Environment, Published, Service};
use crate::report::{Report, clean};
use crate::source::FileId;
use crate::symbol::Step;
use crate::text::Text;

/// Characters of a value that a line of text shows.
const MAX_SHOWN: usize = 160;

/// Service → its values, as `docker compose config --format json` prints them.
pub(super) fn json(report: &Report, services: &[Service]) -> Value {
    if services.is_empty() {
        return Value::Null;
    }
    let entry = |service: &Service| (service.name.clone(), service_json(report, service));
    services.iter().map(entry).collect::<Map<_, _>>().into()
}

/// How the values of the services came to be: service → path of the value → steps.
pub(super) fn traces(report: &Report, services: &[Service]) -> Value {
    let of = |service: &Service| -> Map<String, Value> {
        service.traces.iter().map(|(path, trace)| (path.clone(), trace_json(report, trace).into())).collect()
    };
    services.iter().map(|service| (service.name.clone(), of(service).into())).collect::<Map<_, _>>().into()
}

fn service_json(report: &Report, service: &Service) -> Value {
    let environment: Map<String, Value> = service
        .environment
        .iter()
        .map(|(name, value)| (name.clone(), value.as_ref().map_or(Value::Null, |value| show(report, value).into())))
        .collect();
    let mut object = Map::new();
    object.insert("command".into(), words(report, service.command.as_deref()));
    object.insert("entrypoint".into(), words(report, service.entrypoint.as_deref()));
    if let Some(image) = &service.image {
        object.insert("image".into(), show(report, image).into());
    }
    if !environment.is_empty() {
        object.insert("environment".into(), environment.into());
    }
    if !service.ports.is_empty() {
        object.insert("ports".into(), service.ports.iter().map(|port| port_json(report, port)).collect());
    }
    if let Some(networks) = &service.networks {
        let aliases =
            |aliases: &Vec<String>| if aliases.is_empty() { Value::Null } else { json!({ "aliases": aliases }) };
        let networks: Map<String, Value> =
            networks.iter().map(|(name, names)| (name.clone(), aliases(names))).collect();
        object.insert("networks".into(), networks.into());
    }
    if let Some(mode) = &service.network_mode {
        object.insert("network_mode".into(), mode.clone().into());
    }
    if let Some(test) = &service.healthcheck {
        object.insert("healthcheck".into(), json!({ "test": words(report, Some(test)) }));
    }
    object.into()
}

fn words(report: &Report, words: Option<&[Text]>) -> Value {
    words.map_or(Value::Null, |words| words.iter().map(|word| show(report, word)).collect())
}

fn port_json(report: &Report, port: &Published) -> Value {
    let mut object = Map::new();
    object.insert("mode".into(), port.mode.clone().unwrap_or_else(|| "ingress".to_owned()).into());
    if let Some(ip) = &port.host_ip {
        object.insert("host_ip".into(), show(report, ip).into());
    }
    if let Some(target) = port.container_port {
        object.insert("target".into(), target.into());
    }
    if let Some(published) = &port.host_port {
        object.insert("published".into(), show(report, published).into());
    }
    object.insert("protocol".into(), port.protocol.clone().into());
    object.into()
}

/// What was shown of services so far: environments share many of them.
#[derive(Default)]
pub(super) struct Shown {
    /// A service as text, and the first environment that it was shown for.
    of: HashMap<String, String>,
}

impl Shown {
    /// Each service with its values as a fresh clone gets them, and where each of these comes from.
    pub(super) fn text(&mut self, out: &mut String, report: &Report, environment: &Environment) {
        for service in &environment.services {
            let head = format!("  service {} ({})", clean(&service.name), report.place(service.span));
            let mut body = String::new();
            for (path, value) in values(report, service) {
                let trace = service.traces.get(&path).map_or(&[][..], Vec::as_slice);
                let _ = writeln!(body, "    {}{}", short(&clean(&value)), way(report, trace));
            }
            if let Some(before) = self.of.get(&format!("{head}{body}")).filter(|_| !body.is_empty()) {
                let _ = writeln!(out, "{head}: as in {}", clean(before));
            } else {
                let _ = write!(out, "{head}\n{body}");
                self.of.insert(format!("{head}{body}"), environment.name.clone());
            }
        }
    }
}

/// Each value by the path that its trace has, in words.
fn values(report: &Report, service: &Service) -> Vec<(String, String)> {
    let mut values = Vec::new();
    let mut put = |path: &str, value: String| values.push((path.to_owned(), value));
    if let Some(image) = &service.image {
        put("image", format!("image {}", show(report, image)));
    }
    let lines = [
        ("entrypoint", "entrypoint", &service.entrypoint),
        ("command", "command", &service.command),
        ("healthcheck.test", "healthcheck", &service.healthcheck),
    ];
    for (path, name, line) in lines {
        if line.is_some() {
            put(path, format!("{name} {}", words(report, line.as_deref())));
        }
    }
    for (name, value) in &service.environment {
        let path = format!("environment.{name}");
        match value {
            Some(value) => put(&path, format!("{name}={}", show(report, value))),
            None => put(&path, format!("{name} is not set")),
        }
    }
    for (at, port) in service.ports.iter().enumerate() {
        put(&format!("ports.{at}"), format!("port {}", port_text(report, port)));
    }
    if let Some(mode) = &service.network_mode {
        put("network_mode", format!("network_mode {mode}"));
    }
    for (name, aliases) in service.networks.iter().flatten() {
        let aliases = if aliases.is_empty() { String::new() } else { format!(" as {}", aliases.join(", ")) };
        put(&format!("networks.{name}"), format!("network {name}{aliases}"));
    }
    values
}

/// `127.0.0.1:6380:6379/tcp` as compose writes it; a host port that docker picks is left out.
fn port_text(report: &Report, port: &Published) -> String {
    let ip = port.host_ip.as_ref().map(|ip| show(report, ip));
    let ip = ip.map(|ip| if ip.contains(':') { format!("[{ip}]:") } else { format!("{ip}:") });
    let published = port.host_port.as_ref().map(|published| show(report, published));
    let published = match (&ip, published) {
        (_, Some(published)) => format!("{published}:"),
        (Some(_), None) => ":".to_owned(),
        (None, None) => String::new(),
    };
    let target = port.container_port.map_or_else(|| "?".to_owned(), |target| target.to_string());
    format!("{}{published}{target}/{}", ip.unwrap_or_default(), port.protocol)
}

/// ` ← compose.yaml:7:14, 9:3, .env:3:1`: from where it is used to where it is written, each line once.
fn way(report: &Report, trace: &[Step]) -> String {
    let mut out = String::new();
    let mut seen: Vec<(FileId, usize)> = Vec::new();
    for step in trace {
        let source = report.sources.get(step.span.file);
        let line = (step.span.file, source.position(step.span.range().start).line);
        if seen.contains(&line) {
            continue;
        }
        let place = report.place(step.span);
        // The path stands once for each run of places in one file.
        let same = seen.last().is_some_and(|(file, _)| *file == step.span.file);
        let place = place.get(clean(source.path()).len() + 1..).filter(|_| same).unwrap_or(&place);
        let _ = write!(out, "{}{place}", if seen.is_empty() { " ← " } else { ", " });
        seen.push(line);
    }
    out
}

/// The beginning of a long value.
fn short(value: &str) -> String {
    match value.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}
