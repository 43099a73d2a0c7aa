//! No password any more: it leaves the server's command or redis.conf, the clients' URLs and arguments, the health checks,
//! variables and Secrets that nothing uses then, and the documents that show it.

use std::collections::BTreeSet;

use super::edits::{remove_entry, remove_env_line, remove_line, userinfo, userinfo_around, userinfo_in_base64};
use super::{Plan, documents, known, known_passwords, leftovers, python, strangers, variable_place};
use crate::edit::Edit;
use crate::fix::Scene;
use crate::fix::place::{ServiceText, Value};
use crate::model::{
    Client, ClientCase, Directive, Distribution, Environment, EnvironmentKind, ImageVariable, Place, Server,
    VariableUse,
};
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
            if server.auth.iter().any(|case| !common::is_open(&case.auth)) {
                strangers(environment, server, "take the password out of", &mut plan);
            }
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
    for literal in leftovers::written(scene, environments, &passwords) {
        let span = literal.value.span();
        if let Some(userinfo) = userinfo_around(scene.sources.get(span.file).text(), span) {
            plan.add(Edit::delete(userinfo));
        }
    }
    leftovers::clear(scene, environments, &passwords, &mut plan);
    documents::forget(scene, documents, &passwords, "", &mut plan);
    plan
}

/// What sets the password of a server, and what its health checks send.
fn server(scene: &Scene<'_>, server: &Server, plan: &mut Plan) {
    let left = plan.by_hand.len();
    let by_image =
        |one: &Directive| server.variables.iter().any(|variable| variable.name.span.start == one.name.span.start);
    for one in server.directives.iter().filter(|one| !by_image(one)) {
        directive(scene, one, plan);
    }
    if plan.by_hand.len() > left {
        // A command that stays needs its variables.
        return;
    }
    for one in server.variables.iter().filter(|one| one.taken_in == one.name.span) {
        variable(scene, server, one, plan);
    }
    let Some(health) = server.healthcheck.as_ref().filter(|health| health.authenticates) else { return };
    let edits = ServiceText::find(scene.sources, health.span).map(|service| service.health_passwords());
    let edits = edits.unwrap_or_default();
    if edits.is_empty() && !server.variables.iter().any(|variable| variable.name.value == "REDISCLI_AUTH") {
        plan.leave(health.span, "take the password out of the health check");
    }
    for edit in edits {
        plan.add_or(Some(edit), health.span, "take the password out of the health check");
    }
}

/// What makes a server ask for a password, or send one to its master.
fn directive(scene: &Scene<'_>, directive: &Directive, plan: &mut Plan) {
    let name = directive.name.value.trim_start_matches('-').to_ascii_lowercase();
    let span = directive.arguments.iter().fold(directive.name.span, |span, value| span.to(value.span()));
    let words = || ServiceText::find(scene.sources, directive.name.span);
    match name.as_str() {
        "requirepass" | "masterauth" | "aclfile" if directive.from_arguments => {
            let edit = words().and_then(|service| service.remove_option(directive.name.span));
            plan.add_or(edit, directive.name.span, "take the password out of the command");
        }
        "user" if directive.from_arguments => {
            let edit = words().and_then(|service| service.remove_words(span));
            plan.add_or(edit, directive.name.span, "take the users out of the command");
        }
        "requirepass" | "masterauth" | "aclfile" | "user" => {
            plan.add_or(remove_line(scene.sources, span), span, "take this line out");
        }
        "sentinel" if directive.arguments.first().is_some_and(|word| word.as_str().starts_with("auth-")) => {
            plan.add_or(remove_line(scene.sources, span), span, "take this line out");
        }
        _ => {}
    }
}

/// A variable from which an image, a script or `redis-cli` takes the password.
fn variable(scene: &Scene<'_>, server: &Server, variable: &ImageVariable, plan: &mut Plan) {
    let name = &variable.name;
    let sets = common::names_password(&name.value) && variable.usage != VariableUse::Unknown;
    if !sets && name.value != "REDISCLI_AUTH" {
        return;
    }
    let Some(service) = ServiceText::find(scene.sources, name.span) else { return };
    // An image that demands a password wants to be told that there is none.
    let edit = if sets && variable.usage == VariableUse::Read && server.distribution == Distribution::Bitnami {
        service.replace_variable(name.span, "ALLOW_EMPTY_PASSWORD", &Value::Text("yes".to_owned()))
    } else {
        service.remove_variable(name.span)
    };
    plan.add_or(edit, name.span, "take this variable out");
}

/// What a client sends.
fn client(scene: &Scene<'_>, environment: &Environment, client: &Client, case: &ClientCase, plan: &mut Plan) {
    let Some(password) = case.password.as_ref().filter(|password| !password.is_empty()) else { return };
    let span = password.span();
    if let Some(url) = &case.url {
        let edit = userinfo(scene.sources, url).map(Edit::delete).or_else(|| userinfo_in_base64(scene.sources, url));
        if let Some(edit) = edit {
            return plan.add_or(Some(edit), span, "take the password out");
        }
    }
    let edit = python::remove_password(scene.sources, password)
        .or_else(|| remove_env_line(scene.sources, span))
        .or_else(|| {
            let Place::Container(service) = &client.place else { return None };
            let place = variable_place(environment, service, span)?;
            ServiceText::find(scene.sources, place)?.remove_variable(place)
        })
        .or_else(|| remove_entry(scene.sources, span).filter(|_| environment.kind == EnvironmentKind::Ci));
    plan.add_or(edit, span, "take the password out");
}
