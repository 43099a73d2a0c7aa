//! How to see that an environment works: one line for each server, client and health endpoint.

use crate::fix::place::ServiceText;
use crate::model::{Auth, Client, Environment, EnvironmentKind, Family, Place, Product, Server};
use crate::rules::common::{is_open, names_password};
use crate::source::Sources;
use crate::text::Text;

/// Commands that end with PONG or True where it works.
pub fn commands(sources: &Sources, environment: &Environment) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |line: String| {
        if !found.contains(&line) {
            found.push(line);
        }
    };
    let compose = compose(environment);
    for server in environment.servers.iter().filter(|server| server.product != Product::Sentinel) {
        if let (Some(compose), Some(service)) = (&compose, &server.service) {
            // What the health check sends is in the container; otherwise it is in the shell, as compose needs it there.
            let login = if asks(server) { "-e REDISCLI_AUTH=\"$REDIS_PASSWORD\" " } else { "" };
            add(format!("{compose} exec {login}{service} redis-cli ping"));
        }
        let Some(text) = ServiceText::find(sources, server.span) else { continue };
        let Some(workload) = text.workload() else { continue };
        match text.named(names_password).filter(|_| asks(server)) {
            Some(name) => add(format!("kubectl exec {workload} -- sh -c 'REDISCLI_AUTH=\"${name}\" redis-cli ping'")),
            None => add(format!("kubectl exec {workload} -- redis-cli ping")),
        }
    }
    for link in &environment.links {
        let Some(client) = environment.clients.get(link.client) else { continue };
        let Some(python) = python(environment, client) else { continue };
        match (&client.place, &compose) {
            (Place::Container(service), Some(compose)) => add(format!("{compose} exec {service} {python}")),
            (Place::Host, _) => add(python),
            (Place::Container(_), None) => {}
        }
    }
    for (service, url) in endpoints(environment) {
        if let Some(compose) = &compose {
            add(format!("{compose} exec {service} curl -fsS {url}"));
        }
    }
    found
}

/// Whether a server asks for a password that `redis-cli` does not find in its container.
fn asks(server: &Server) -> bool {
    let has_login = server.variables.iter().any(|variable| variable.name.value == "REDISCLI_AUTH");
    !has_login && server.auth.iter().any(|case| matches!(case.auth, Auth::Users(_)) && !is_open(&case.auth))
}

/// `docker compose` with what it is given.
fn compose(environment: &Environment) -> Option<String> {
    if environment.kind != EnvironmentKind::Compose {
        return None;
    }
    let given = &environment.given;
    let options = [("-f", &given.files), ("--env-file", &given.env_files), ("--profile", &given.profiles)];
    let mut line = "docker compose".to_owned();
    for (option, values) in options {
        for value in values {
            line.extend([" ", option, " ", value]);
        }
    }
    Some(line)
}

/// A ping with the variable that gives the client its URL.
fn python(environment: &Environment, client: &Client) -> Option<String> {
    let url = client.cases.iter().find_map(|case| case.url.as_ref())?;
    let given = |name: &str, value: &Option<Text>| {
        Some(name) == client.setting.as_deref() || value.as_ref().is_some_and(|value| value.as_str() == url.as_str())
    };
    let variable = match &client.place {
        Place::Host => client.setting.as_deref(),
        Place::Container(service) => {
            let service = environment.services.iter().find(|one| one.name == *service)?;
            service.environment.iter().find(|(name, value)| given(name, value)).map(|(name, _)| name.as_str())
        }
    };
    let variable = variable.filter(|name| name.chars().all(|char| char.is_ascii_uppercase() || char == '_'))?;
    matches!(client.family, Family::RedisPy | Family::RedisPyAsyncio)
        .then(|| format!("python -c 'import os, redis; print(redis.from_url(os.environ[\"{variable}\"]).ping())'"))
}

/// The addresses that health checks of other services ask.
fn endpoints(environment: &Environment) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for service in &environment.services {
        for word in service.healthcheck.iter().flatten().flat_map(|word| word.as_str().split_whitespace()) {
            let url = word.trim_matches(['"', '\'', '(', ')', ';']);
            let plain = url.chars().all(|char| char.is_ascii_alphanumeric() || "/:._-?=&".contains(char));
            if (url.starts_with("http://") || url.starts_with("https://")) && plain {
                found.push((service.name.clone(), url.to_owned()));
            }
        }
    }
    found
}
