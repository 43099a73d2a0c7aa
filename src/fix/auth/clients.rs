//! Who uses a server: clients that are known, and programs that only seem to.

use super::Plan;
use crate::model::{Client, ClientCase, Environment, Place, Reach, Server};
use crate::rules::common;
use crate::text::Text;

/// The clients of a server: those that reach it, and those in containers that look for it in their own.
pub fn clients<'a>(
    environment: &'a Environment,
    server: &'a Server,
) -> impl Iterator<Item = (&'a Client, &'a ClientCase)> {
    let reaches = |case: &ClientCase| match &case.reach {
        Reach::Servers(servers) => {
            servers.iter().any(|at| environment.servers.get(*at).is_some_and(|one| one.id == server.id))
        }
        Reach::OwnContainer => environment.servers.len() == 1,
        _ => false,
    };
    let cases = environment.clients.iter().flat_map(|client| client.cases.iter().map(move |case| (client, case)));
    cases.filter(move |(_, case)| reaches(case))
}

/// Whether a client is itself a server, a replica or a Sentinel, whose login is to be given by hand: it is listed.
pub fn is_server(client: &Client, plan: &mut Plan) -> bool {
    let found = client.family.is_server();
    if found {
        plan.leave(client.span, "give this server the same reference for its login at the other one");
    }
    found
}

/// Lists programs that seem to use a server, and of which nobody knows where they have their password from.
pub fn strangers(environment: &Environment, server: &Server, task: &str, plan: &mut Plan) {
    let known: Vec<&Client> = clients(environment, server).map(|(client, _)| client).collect();
    let name = common::server_name(server);
    let mut found = !known.is_empty();
    for service in environment.services.iter().filter(|one| server.service.as_ref() != Some(&one.name)) {
        if known.iter().any(|client| matches!(&client.place, Place::Container(place) if *place == service.name)) {
            continue;
        }
        let names = |value: &Text| {
            let words = value.as_str().split(|char: char| !char.is_ascii_alphanumeric() && !"-_.".contains(char));
            words.into_iter().any(|word| server.names.iter().any(|name| name == word))
        };
        let waits = service.depends_on.iter().find(|other| server.service.as_ref() == Some(&other.value));
        if let Some(waits) = waits {
            found = true;
            plan.leave(waits.span, &format!("`{0}` waits for `{name}`: {task} `{0}` if it uses it", service.name));
        }
        for (variable, value) in &service.environment {
            let Some(value) = value.as_ref().filter(|value| names(value)) else { continue };
            found = true;
            plan.leave(value.span(), &format!("`{variable}` names `{name}`: {task} `{}` as well", service.name));
        }
    }
    if !found {
        plan.leave(server.span, &format!("no client of `{name}` is known: {task} whatever uses it"));
    }
}
