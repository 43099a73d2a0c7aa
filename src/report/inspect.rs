//! The resolved picture: environments with their servers, clients, links, outcomes and services; as text and as JSON
//! (schema `redislint-inspect/1`). Passwords are masked wherever [`crate::secrets`] marked them.

mod picture;
mod services;

use std::fmt::Write;

use serde_json::{Value, json};

use super::json::location;
use super::{Report, clean, pretty};
use crate::model::{Client, ClientCase, Environment, Server};
use crate::symbol::Step;
use crate::text::Text;
use picture::{End, auth, conditions, ends, exposed, scheme, versions};

/// The picture as JSON.
#[must_use]
pub fn json(report: &Report) -> String {
    let environments: Vec<Value> =
        environments(report).map(|environment| environment_json(report, environment)).collect();
    pretty(&json!({ "schema": "redislint-inspect/1", "environments": environments }))
}

/// The environments, and last the clients of which none is known.
fn environments(report: &Report) -> impl Iterator<Item = &Environment> {
    report.model.environments.iter().chain(&report.model.unplaced)
}

fn environment_json(report: &Report, environment: &Environment) -> Value {
    let servers: Vec<Value> = environment.servers.iter().map(|server| server_json(report, server)).collect();
    let clients: Vec<Value> = environment.clients.iter().map(|client| client_json(report, client)).collect();
    json!({
        "name": environment.name,
        "kind": environment.kind.name(),
        "files": environment.files.iter().map(|file| report.sources.get(*file).path()).collect::<Vec<_>>(),
        "evidence": environment.evidence,
        "evidence_location": environment.evidence_at.map(|at| location(report, at)),
        "services": services::json(report, &environment.services),
        "traces": services::traces(report, &environment.services),
        "servers": servers,
        "clients": clients,
        "links": links_json(report, environment),
    })
}

fn show(report: &Report, text: &Text) -> String {
    crate::secrets::shown(text, &report.sources, &report.symbols)
}

fn server_json(report: &Report, server: &Server) -> Value {
    let mut value = json!({
        "id": server.id,
        "names": server.names,
        "port": server.port.or(server.tls_port),
        "auth": auth(server),
        "tls": server.tls_port.is_some(),
        "databases": server.databases,
        "exposed": exposed(server),
        "location": location(report, server.span),
    });
    if server.auth.len() > 1 {
        value["cases"] = server
            .auth
            .iter()
            .map(|case| json!({ "when": conditions(report, &case.when), "auth": picture::auth_name(&case.auth) }))
            .collect();
    }
    value
}

fn client_json(report: &Report, client: &Client) -> Value {
    let service = match &client.place {
        crate::model::Place::Container(service) => Some(service),
        crate::model::Place::Host => None,
    };
    let case = client.cases.first();
    let mut value = json!({
        "id": client.id,
        "service": service,
        "setting": client.setting,
        "library": client.family.name(),
        "location": location(report, client.span),
        "trace": case.map(|case| trace_json(report, &case.trace)).unwrap_or_default(),
    });
    if let Some(case) = case {
        merge(&mut value, connection_json(report, case));
    }
    if client.cases.len() > 1 {
        let with_conditions = |case: &ClientCase| {
            let mut value = json!({ "when": conditions(report, &case.when) });
            merge(&mut value, connection_json(report, case));
            value
        };
        value["cases"] = client.cases.iter().map(with_conditions).collect();
    }
    value
}

/// What the client connects with, or why it refuses to.
fn connection_json(report: &Report, case: &ClientCase) -> Value {
    let text = |text: &Option<Text>| text.as_ref().map(|text| show(report, text));
    json!({
        "scheme": scheme(case),
        "host": text(&case.host),
        "port": case.port,
        "db": case.db,
        "username": text(&case.username),
        "password": text(&case.password),
        "tls": case.tls,
        "error": case.error.as_ref().map(|error| &error.message),
    })
}

fn trace_json(report: &Report, trace: &[Step]) -> Vec<Value> {
    trace.iter().map(|step| json!({ "label": step.label, "location": location(report, step.span) })).collect()
}

fn links_json(report: &Report, environment: &Environment) -> Vec<Value> {
    ends(environment)
        .into_iter()
        .map(|link| {
            let end = |end: &End| json!({ "outcome": end.name, "stage": end.stage, "error": end.error });
            let mut value = json!({ "client": link.client, "server": link.server });
            let shown = link.only().map_or_else(|| json!({ "outcome": "depends", "stage": null, "error": null }), end);
            merge(&mut value, shown);
            if link.only().is_none() {
                value["cases"] = link
                    .cases
                    .iter()
                    .map(|(case, one)| {
                        let mut value =
                            json!({ "when": conditions(report, &case.when), "versions": versions(case.versions) });
                        merge(&mut value, end(one));
                        value
                    })
                    .collect();
            }
            value
        })
        .collect()
}

fn merge(value: &mut Value, other: Value) {
    if let (Some(value), Value::Object(other)) = (value.as_object_mut(), other) {
        value.extend(other);
    }
}

/// The picture as text.
#[must_use]
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    let mut shown = services::Shown::default();
    for environment in environments(report) {
        environment_text(&mut out, report, environment);
        shown.text(&mut out, report, environment);
        out.push('\n');
    }
    out
}

fn environment_text(out: &mut String, report: &Report, environment: &Environment) {
    let files: Vec<&str> = environment.files.iter().map(|file| report.sources.get(*file).path()).collect();
    let name = if environment.name.is_empty() { "not placed" } else { &environment.name };
    let _ = writeln!(out, "{} ({})", clean(name), environment.kind.name());
    if !files.is_empty() {
        let _ = writeln!(out, "  files: {}", clean(&files.join(", ")));
    }
    let place = environment.evidence_at.map(|at| format!(" ({})", report.place(at))).unwrap_or_default();
    let _ = writeln!(out, "  evidence: {}{place}", clean(&environment.evidence));
    for server in &environment.servers {
        let port = server.port.or(server.tls_port).map_or_else(|| "?".to_owned(), |port| port.to_string());
        let reach = if exposed(server) { ", exposed" } else { "" };
        let (names, place) = (clean(&server.names.join(", ")), report.place(server.span));
        let _ = writeln!(out, "  server {names} port {port}: {}{reach} ({place})", auth(server));
        for case in server.auth.iter().filter(|_| server.auth.len() > 1) {
            let when = conditions(report, &case.when).join(" and ");
            let when = if when.is_empty() { "otherwise".to_owned() } else { format!("when {}", clean(&when)) };
            let _ = writeln!(out, "    {when}: {}", picture::auth_name(&case.auth));
        }
    }
    let links = ends(environment);
    for client in &environment.clients {
        client_text(out, report, client);
        for link in links.iter().filter(|link| link.client == client.id) {
            let server = link.server.as_deref().map_or(String::new(), |server| format!(" {}", clean(server)));
            if let Some(end) = link.only() {
                let _ = writeln!(out, "    →{server} {}", clean(&end.to_string()));
                continue;
            }
            for (case, end) in &link.cases {
                let mut when = conditions(report, &case.when);
                when.extend(versions(case.versions));
                let _ = writeln!(out, "    →{server} when {}: {}", clean(&when.join(" and ")), clean(&end.to_string()));
            }
        }
    }
}

fn client_text(out: &mut String, report: &Report, client: &Client) {
    let place = match &client.place {
        crate::model::Place::Container(service) => format!("in {service}"),
        crate::model::Place::Host => "on the host".to_owned(),
    };
    let setting = client.setting.as_deref().unwrap_or("connection");
    let library = client.family.name();
    let _ = writeln!(out, "  client {} {} ({library}, {})", clean(setting), clean(&place), report.place(client.span));
    for case in &client.cases {
        let when = conditions(report, &case.when).join(" and ");
        let when = if when.is_empty() { String::new() } else { format!("when {when}: ") };
        let show = |text: &Option<Text>| text.as_ref().map(|text| show(report, text));
        let login = match (show(&case.username), show(&case.password)) {
            (None, None) => String::new(),
            (user, password) => format!("{}:{}@", user.unwrap_or_default(), password.unwrap_or_default()),
        };
        let host = show(&case.host).unwrap_or_else(|| "?".to_owned());
        let number = |number: Option<u32>| number.map_or_else(|| "?".to_owned(), |number| number.to_string());
        let (port, db) = (number(case.port.map(u32::from)), number(case.db));
        let _ = writeln!(out, "    {}{}://{}{}:{port}/{db}", clean(&when), scheme(case), clean(&login), clean(&host));
        for step in &case.trace {
            let _ = writeln!(out, "      ← {} ({})", report.place(step.span), clean(&step.label));
        }
    }
}
