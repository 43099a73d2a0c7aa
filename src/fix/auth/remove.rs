//! No password any more: it leaves the server's command or redis.conf, the clients' URLs and arguments, the health checks,
//! and the documents that show it.

use std::collections::BTreeSet;

use super::edits::{remove_env_line, remove_line, remove_python_password, userinfo, userinfo_around};
use super::{Plan, documents, known, known_passwords};
use crate::edit::Edit;
use crate::fix::Scene;
use crate::fix::place::ServiceText;
use crate::model::{Client, ClientCase, Environment, Place, Server, VariableUse};
use crate::rules::common;
use crate::source::FileId;

/// Every edit that it takes in these environments.
pub fn plan(scene: &Scene<'_>, environments: &[&Environment], documents: &[FileId]) -> Plan {
    let mut plan = Plan::default();
    let mut passwords = BTreeSet::new();
    for environment in environments {
        for server in &environment.servers {
            self::server(scene, server, &mut plan);
            passwords.extend(known_passwords(server));
        }
        for link in &environment.links {
            let Some(client) = environment.clients.get(link.client) else { continue };
            if client.family.is_server() {
                plan.leave(client.span, "take the password for the other server out");
                continue;
            }
            for case in &client.cases {
                self::client(scene, environment, client, case, &mut plan);
                passwords.extend(case.password.as_ref().and_then(known));
            }
        }
    }
    passwords.remove("");
    // The same password where nothing reads it today, such as a default that is always overridden.
    for literal in scene.model.literals.iter().filter(|literal| passwords.contains(literal.value.as_str())) {
        let span = literal.value.span();
        if let Some(userinfo) = userinfo_around(scene.sources.get(span.file).text(), span) {
            plan.add(Edit::delete(userinfo));
        }
    }
    documents::forget(scene, documents, &passwords, "", &mut plan);
    plan
}

/// What sets the password of a server, and what its health check sends.
fn server(scene: &Scene<'_>, server: &Server, plan: &mut Plan) {
    let service = ServiceText::find(scene.sources, server.span);
    for directive in &server.directives {
        let name = directive.name.value.trim_start_matches('-').to_ascii_lowercase();
        let span = directive.arguments.iter().fold(directive.name.span, |span, value| span.to(value.span()));
        match name.as_str() {
            "requirepass" if directive.from_arguments => {
                let words = service.as_ref().filter(|_| directive.name.span.file == server.span.file);
                let edit = words.and_then(|service| service.remove_option(directive.name.span));
                plan.add_or(edit, span, "take the password out of the command");
            }
            "requirepass" => plan.add_or(remove_line(scene.sources, span), span, "take this line out"),
            "user" | "aclfile" => plan.leave(span, "take the users and their passwords out"),
            _ => {}
        }
    }
    for variable in &server.variables {
        let name = &variable.name;
        let sets = common::names_password(&name.value) && variable.usage != VariableUse::Unknown;
        let sends = name.value == "REDISCLI_AUTH";
        let Some(service) = service.as_ref().filter(|_| (sets || sends) && variable.taken_in == name.span) else {
            continue;
        };
        // An image that demands a password wants to be told that there is none.
        let edit = if sets && variable.usage == VariableUse::Read {
            service.replace_variable(name.span, "ALLOW_EMPTY_PASSWORD", "yes")
        } else {
            service.remove_variable(name.span)
        };
        plan.add_or(edit, name.span, "take this variable out");
    }
    if let Some(health) = server.healthcheck.as_ref().filter(|health| health.authenticates) {
        match service.as_ref().and_then(ServiceText::health_password) {
            Some(edit) => plan.add(edit),
            None if server.variables.iter().any(|variable| variable.name.value == "REDISCLI_AUTH") => {}
            None => plan.leave(health.span, "take the password out of the health check"),
        }
    }
}

/// What a client sends.
fn client(scene: &Scene<'_>, environment: &Environment, client: &Client, case: &ClientCase, plan: &mut Plan) {
    let Some(password) = case.password.as_ref().filter(|password| !password.is_empty()) else { return };
    let span = password.span();
    if let Some(userinfo) = case.url.as_ref().and_then(|url| userinfo(scene.sources, url)) {
        plan.add(Edit::delete(userinfo));
        return;
    }
    let edit = remove_python_password(scene.sources, password)
        .or_else(|| remove_env_line(scene.sources, span))
        .or_else(|| {
            let Place::Container(service) = &client.place else { return None };
            let service = environment.services.iter().find(|one| one.name == *service)?;
            ServiceText::find(scene.sources, service.span)
                .filter(|_| span.file == service.span.file)?
                .remove_variable(span)
        });
    plan.add_or(edit, span, "take the password out");
}
