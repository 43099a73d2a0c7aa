//! Variables that a service has to be given.

use super::commands::servers;
use crate::edit::{Edit, Fix, Safety};
use crate::finding::Finding;
use crate::fix::Scene;
use crate::fix::place::{ServiceText, Value};
use crate::model::{Client, ClientCase, Environment, Place, Reach};
use crate::rules::common;
use crate::symbol::Symbols;
use crate::text::Text;

/// Gives `redis-cli` the reference that the server's command takes its password from.
pub fn give_credentials(scene: &Scene<'_>, finding: &Finding) -> Option<Fix> {
    let span = finding.primary.span;
    let checked = |span| {
        move |server: &&crate::model::Server| server.healthcheck.as_ref().is_some_and(|health| health.span == span)
    };
    let server = servers(scene).find(checked(span))?;
    let service = ServiceText::find(scene.sources, server.span)?;
    let demands = |name: &str| name.trim_start_matches('-').eq_ignore_ascii_case("requirepass");
    let directive = server.directives.iter().find(|one| one.from_arguments && demands(&one.name.value))?;
    if directive.name.span.file != server.span.file {
        return None;
    }
    let reference = service.reference_behind(directive.name.span)?;
    let edit = service.add_variables(&[("REDISCLI_AUTH", Value::Text(reference.to_owned()))])?;
    Some(Fix::new(Safety::Safe, "give the health check the server's password in `REDISCLI_AUTH`", vec![edit]))
}

/// Gives a client in a container the name of the service that runs Redis.
pub fn name_server(scene: &Scene<'_>, finding: &Finding) -> Option<Fix> {
    let span = finding.primary.span;
    let (environment, client, case) = scene.model.environments.iter().find_map(|environment| {
        let lost =
            |case: &&ClientCase| case.reach == Reach::OwnContainer && case.host.as_ref().map(Text::span) == Some(span);
        environment.clients.iter().find_map(|client| Some((environment, client, client.cases.iter().find(lost)?)))
    })?;
    let [server] = environment.servers.as_slice() else { return None };
    let name = common::server_name(server);
    let edit = edit(scene, environment, client, case, name)?;
    Some(Fix::new(Safety::Unsafe, format!("reach Redis as `{name}`"), vec![edit]))
}

fn edit(scene: &Scene<'_>, environment: &Environment, client: &Client, case: &ClientCase, name: &str) -> Option<Edit> {
    let Place::Container(service) = &client.place else { return None };
    let (host, setting) = (case.host.as_ref()?, client.setting.as_deref()?);
    let service = environment.services.iter().find(|one| one.name == *service)?;
    let set = service.environment.iter().any(|(name, _)| name == setting);
    if set && environment.files.contains(&host.span().file) {
        return Some(Edit::replace(host.span(), name));
    }
    // What the code falls back to is right elsewhere; the container gets a value of its own.
    let url = case.url.as_ref().filter(|url| Symbols::is_known(url) && !set)?;
    let has_password = case.password.as_ref().is_some_and(|password| !password.is_empty());
    let start = url.as_str().find("://")? + 3;
    let value = format!("{}{}", &url.as_str()[..start], url.as_str()[start..].replacen(host.as_str(), name, 1));
    if has_password || url.as_str().contains('@') {
        return None;
    }
    ServiceText::find(scene.sources, service.span)?.add_variables(&[(setting, Value::Text(value))])
}
