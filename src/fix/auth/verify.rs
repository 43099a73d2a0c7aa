//! How to see that an environment works: one line for each server, client and health endpoint.

use crate::fix::place::ServiceText;
use crate::model::{Client, Environment, EnvironmentKind, Family, Place};
use crate::source::Sources;

/// Commands that end with PONG or True where it works.
pub fn commands(sources: &Sources, environment: &Environment) -> Vec<String> {
    let mut found = Vec::new();
    let mut add = |line: String| {
        if !found.contains(&line) {
            found.push(line);
        }
    };
    let compose = compose(environment);
    for server in &environment.servers {
        if let (Some(compose), Some(service)) = (&compose, &server.service) {
            add(format!("{compose} exec {service} redis-cli ping"));
        }
        if let Some(workload) = ServiceText::find(sources, server.span).and_then(|text| text.workload()) {
            add(format!("kubectl exec {workload} -- redis-cli ping"));
        }
    }
    for link in &environment.links {
        let Some(client) = environment.clients.get(link.client) else { continue };
        let Some(python) = python(client) else { continue };
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

/// A ping with the client's own setting.
fn python(client: &Client) -> Option<String> {
    let setting = client
        .setting
        .as_deref()
        .filter(|setting| setting.chars().all(|char| char.is_ascii_uppercase() || char == '_'))?;
    let is_url = client.cases.iter().any(|case| case.url.is_some());
    (is_url && matches!(client.family, Family::RedisPy | Family::RedisPyAsyncio))
        .then(|| format!("python -c 'import os, redis; print(redis.from_url(os.environ[\"{setting}\"]).ping())'"))
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
