//! Kubernetes: the server takes its password from a Secret, and its clients refer to the same key.

use super::{Gifts, VARIABLE, clients, is_server, program};
use crate::edit::Edit;
use crate::fix::Scene;
use crate::fix::auth::edits::{before_host, remove_line, userinfo};
use crate::fix::auth::{Plan, known, variable_place};
use crate::fix::place::{Secret, ServiceText, Value, secrets};
use crate::model::{Client, ClientCase, Directive, Distribution, Environment, Place, Reach, Server};
use crate::resolve::literals::names_redis_password;
use crate::rules::common;
use crate::source::Span;
use crate::syntax::url;

/// Gives a server a password, and all its clients the same.
pub fn serve(scene: &Scene<'_>, environment: &Environment, server: &Server, plan: &mut Plan) {
    let Some(text) = ServiceText::find(scene.sources, server.span) else {
        return plan.leave(server.span, "give this server a password from a Secret");
    };
    let secret = secret(scene, environment, &text);
    let defined = environment.files.iter().any(|file| secrets::definition(scene.sources, *file, &secret).is_some());
    if !defined {
        let Secret { name, key } = &secret;
        plan.prepare(format!("kubectl create secret generic {name} --from-literal={key}=\"$(openssl rand -hex 16)\""));
    }
    let mut work = Work { scene, environment, secret, plan, gifts: Gifts::default() };
    work.server(server, &text);
    for (client, case) in clients(environment, server) {
        if !is_server(client, work.plan) {
            work.client(server, client, case);
        }
    }
    let Work { gifts, plan, .. } = work;
    gifts.settle(scene, plan);
}

/// The Secret that the server takes its password from, else one that a client does, else a new one.
fn secret(scene: &Scene<'_>, environment: &Environment, server: &ServiceText<'_>) -> Secret {
    let of = |text: &ServiceText<'_>| {
        let variables = text.variables_from_secrets();
        variables.into_iter().find(|(name, ..)| names_redis_password(name)).map(|(.., secret)| secret)
    };
    let exists = |secret: &Secret| {
        let dangling = &environment.cluster.dangling;
        !dangling.iter().any(|one| one.object.value == secret.name && one.key.value == secret.key)
    };
    let containers = environment.services.iter().filter_map(|one| ServiceText::find(scene.sources, one.span));
    let others = containers.filter_map(|text| of(&text)).filter(exists);
    let new = Secret { name: "redis".to_owned(), key: "redis-password".to_owned() };
    of(server).filter(exists).or_else(|| others.into_iter().next()).unwrap_or(new)
}

struct Work<'a> {
    scene: &'a Scene<'a>,
    environment: &'a Environment,
    secret: Secret,
    plan: &'a mut Plan,
    gifts: Gifts,
}

impl Work<'_> {
    /// The variable of a container that holds the password; it is given one where it has none.
    fn variable(&mut self, place: Span, text: &ServiceText<'_>) -> String {
        let known = text.variables_from_secrets().into_iter().find(|(.., secret)| *secret == self.secret);
        if let Some((name, ..)) = known {
            return name.to_owned();
        }
        self.set(place, text, VARIABLE);
        VARIABLE.to_owned()
    }

    /// Lets the Secret fill in a variable.
    fn set(&mut self, place: Span, text: &ServiceText<'_>, name: &str) {
        self.give(place, text, name, Value::Secret(self.secret.clone()));
    }

    fn give(&mut self, place: Span, text: &ServiceText<'_>, name: &str, value: Value) {
        match text.variable(name) {
            Some(entry) if text.is_filled(entry, &value) => {}
            Some(entry) => {
                self.plan.add_or(text.replace_variable(entry, name, &value), entry, "fill this from the Secret");
            }
            None => self.gifts.give(place, name, value),
        }
    }

    fn server(&mut self, server: &Server, text: &ServiceText<'_>) {
        let demands = |one: &&Directive| one.name.value.trim_start_matches('-').eq_ignore_ascii_case("requirepass");
        for line in server.directives.iter().filter(|one| demands(one) && !one.from_arguments) {
            let span = line.arguments.iter().fold(line.name.span, |span, value| span.to(value.span()));
            self.plan.add_or(remove_line(self.scene.sources, span), span, "take this line out");
        }
        if let Some(health) = server.healthcheck.as_ref().filter(|health| health.understood && !health.authenticates) {
            for edit in text.health_passwords() {
                self.plan.add_or(Some(edit), health.span, "let this probe take the password from REDISCLI_AUTH");
            }
            match ServiceText::find(self.scene.sources, health.span) {
                Some(_) => self.set(server.span, text, "REDISCLI_AUTH"),
                None => self.plan.leave(health.span, "give this probe the password in REDISCLI_AUTH"),
            }
        }
        if server.distribution == Distribution::Bitnami {
            let empty = text.variable("ALLOW_EMPTY_PASSWORD");
            let value = Value::Secret(self.secret.clone());
            return match empty {
                Some(entry) if text.is_filled(entry, &value) => {}
                Some(entry) => {
                    let edit = text.replace_variable(entry, VARIABLE, &value);
                    self.plan.add_or(edit, entry, "fill REDIS_PASSWORD from the Secret instead");
                }
                None => self.set(server.span, text, VARIABLE),
            };
        }
        let variable = self.variable(server.span, text);
        let given = server.directives.iter().find(|one| demands(one) && one.from_arguments);
        let names = |one: &Directive| {
            let words = text.words_around(one.name.span);
            words.is_some_and(|words| {
                words.contains(&format!("$({variable})")) || words.contains(&format!("${variable}"))
            })
        };
        let reference = format!("$({variable})");
        let edit = match given {
            Some(one) if names(one) => return,
            Some(one) => text.replace_option(one.name.span, &reference),
            None => self.demand(server, text, &reference),
        };
        self.plan.add_or(edit, server.command.unwrap_or(server.span), "start the server with `--requirepass`");
    }

    /// Arguments with a password for a server that has none.
    fn demand(&self, server: &Server, text: &ServiceText<'_>, reference: &str) -> Option<Edit> {
        if server.command.is_none() {
            program(server)?;
            return text.add_key("args", &format!("[\"--requirepass\", \"{reference}\"]"));
        }
        let service = self.environment.services.iter().find(|one| one.span == server.span)?;
        let words: Vec<_> = service.entrypoint.iter().chain(&service.command).flatten().collect();
        let (program, last) = (words.first()?.as_str(), words.last()?);
        let direct = program.starts_with('-') || program.contains("-server") || program.starts_with('/');
        (direct && !program.contains(' ')).then(|| text.add_words(last.span(), &["--requirepass", reference])).flatten()
    }

    fn client(&mut self, server: &Server, client: &Client, case: &ClientCase) {
        let Place::Container(name) = &client.place else { return };
        let Some(service) = self.environment.services.iter().find(|one| one.name == *name) else { return };
        let Some(text) = ServiceText::find(self.scene.sources, service.span) else {
            return self.plan.leave(service.span, "give this client the password from the Secret");
        };
        let Some(url) = &case.url else {
            let password = case.password.as_ref().filter(|password| !password.is_empty());
            let place = password.and_then(|password| variable_place(self.environment, name, password.span()));
            let variable = place.and_then(|place| text.variable_at(place)).or_else(|| text.named(names_redis_password));
            return match variable {
                Some(variable) => self.set(service.span, &text, variable),
                None => self.plan.leave(client.span, "give this client its password from the Secret"),
            };
        };
        let reference = format!("$({})", self.variable(service.span, &text));
        let start = userinfo(self.scene.sources, url).or_else(|| before_host(url));
        let host = case.host.as_ref().map(crate::text::Text::span);
        if let Some(start) = start.filter(|start| text.is_given(*start)) {
            let (span, new) = match (&case.reach, host) {
                (Reach::OwnContainer, Some(host)) => (start.to(host), format!(":{reference}@{}", reached(server))),
                _ => (start, format!(":{reference}@")),
            };
            if self.scene.sources.slice(span) != new {
                self.plan.add_or(
                    Some(Edit::replace(span, new)),
                    span,
                    "put the password from the Secret into this URL",
                );
            }
            return;
        }
        // The kubelet fills in nothing that comes from elsewhere: the container gets a value of its own.
        match client.setting.as_deref().zip(address(case, server, &reference)) {
            Some((setting, value)) => self.give(service.span, &text, setting, Value::Text(value)),
            None => self.plan.leave(url.span(), "put the password from the Secret into this URL"),
        }
    }
}

/// The URL with the reference, by the server's name where it was the container's own.
fn address(case: &ClientCase, server: &Server, reference: &str) -> Option<String> {
    let url = case.url.as_ref()?;
    let parts = url::split(url);
    let (scheme, host) = (parts.scheme?, known(case.host.as_ref()?)?);
    let start = scheme.len() + "://".len() + parts.userinfo.map_or(0, |userinfo| userinfo.len() + "@".len());
    let rest = known(&url.slice(start..url.len()))?;
    let name = if case.reach == Reach::OwnContainer { reached(server) } else { &host };
    let tail = rest.strip_prefix(host.as_str())?;
    Some(format!("{}://:{reference}@{name}{tail}", scheme.as_str()))
}

/// The name by which pods reach a server: that of its Service.
fn reached(server: &Server) -> &str {
    server.names.first().map_or_else(|| common::server_name(server), String::as_str)
}
