//! Compose projects: the server takes its password from `${REDIS_PASSWORD:?}`, and so do its clients.

use super::{Gifts, PLACEHOLDER, VARIABLE, clients, is_server, program};
use crate::edit::Edit;
use crate::extract::is_example;
use crate::fix::Scene;
use crate::fix::auth::edits::{before_host, literal_around, remove_line, single_quotes, userinfo, userinfo_around};
use crate::fix::auth::python::{self, demand_setting};
use crate::fix::auth::{Plan, known};
use crate::fix::place::{ServiceText, Value, is_yaml, line_start};
use crate::model::{Client, ClientCase, Distribution, Environment, Place, Reach, Server, Service, VariableUse};
use crate::rules::common;
use crate::source::{Sources, Span};
use crate::text::Text;

const REFERENCE: &str = "${REDIS_PASSWORD:?}";

/// What is done to the servers and clients of compose projects.
pub struct Work<'a> {
    scene: &'a Scene<'a>,
    plan: Plan,
    gifts: Gifts,
}

impl<'a> Work<'a> {
    /// Nothing yet.
    pub fn new(scene: &'a Scene<'a>) -> Self {
        Self { scene, plan: Plan::default(), gifts: Gifts::default() }
    }

    /// What is decided so far.
    pub fn plan(&mut self) -> &mut Plan {
        &mut self.plan
    }

    /// All that was decided.
    pub fn finish(mut self) -> Plan {
        self.gifts.settle(self.scene, &mut self.plan);
        self.plan
    }

    /// Gives a server a password, and all its clients the same.
    pub fn serve(&mut self, environment: &Environment, server: &Server) {
        let reference = self.server(server);
        for (client, case) in clients(environment, server) {
            if !is_server(client, &mut self.plan) {
                self.client(environment, server, client, case, &reference);
            }
        }
    }

    fn give(&mut self, service: Span, name: &str, value: String) {
        self.gifts.give(service, name, Value::Text(value));
    }

    /// Makes a server demand the password; the reference that it takes it from.
    fn server(&mut self, server: &Server) -> String {
        let Some(text) = ServiceText::find(self.scene.sources, server.span) else {
            self.plan.leave(server.span, "give this server a password from a variable");
            return REFERENCE.to_owned();
        };
        let bypassed = server.variables.iter().any(|one| one.usage == VariableUse::Bypassed);
        let by_image = server.distribution == Distribution::Bitnami && !bypassed;
        let demands = |name: &str| name.trim_start_matches('-').eq_ignore_ascii_case("requirepass");
        let given = server.directives.iter().find(|one| one.from_arguments && demands(&one.name.value));
        let given = given.filter(|one| one.name.span.file == server.span.file);
        let kept =
            given.and_then(|one| text.reference_behind(one.name.span)).filter(|reference| !reference.contains('-'));
        let reference = kept.unwrap_or(REFERENCE).to_owned();
        for line in server.directives.iter().filter(|one| !one.from_arguments) {
            let span = line.arguments.iter().fold(line.name.span, |span, value| span.to(value.span()));
            let first = line.arguments.first().map(Text::as_str);
            match (line.name.value.as_str(), first) {
                // A line about the default user has the last word.
                ("requirepass", _) | ("user", Some("default")) => {
                    self.plan.add_or(remove_line(self.scene.sources, span), span, "take this line out");
                }
                ("user" | "aclfile" | "masterauth", _) => {
                    self.plan.leave(span, "the users and passwords here are to be changed by hand");
                }
                _ => {}
            }
        }
        let has_login = server.variables.iter().any(|one| one.name.value == "REDISCLI_AUTH");
        let mut wants_login = !has_login && server.healthcheck.as_ref().is_some_and(|health| health.understood);
        let value = Value::Text(reference.clone());
        for variable in server.variables.iter().filter(|one| one.taken_in == one.name.span) {
            let name = &variable.name;
            // That of the health check is for redis-cli, whatever the image reads.
            let useful = variable.usage != VariableUse::Ignored || name.value == "REDISCLI_AUTH";
            if useful && text.sets_variable(name.span, &reference) {
                continue;
            }
            let edit = match (name.value.as_str(), variable.usage) {
                ("ALLOW_EMPTY_PASSWORD", VariableUse::Read) => text.replace_variable(name.span, VARIABLE, &value),
                ("REDISCLI_AUTH", _) => text.replace_variable(name.span, "REDISCLI_AUTH", &value),
                (other, VariableUse::Read) if common::names_password(other) => {
                    text.replace_variable(name.span, other, &value)
                }
                // A useful variable takes the place of a useless one.
                (other, VariableUse::Ignored) if common::names_password(other) && wants_login => {
                    wants_login = false;
                    text.replace_variable(name.span, "REDISCLI_AUTH", &value)
                }
                (other, VariableUse::Ignored) if common::names_password(other) => text.remove_variable(name.span),
                _ => continue,
            };
            self.plan.add_or(edit, name.span, "take the password from a variable");
        }
        let has_arguments =
            server.variables.iter().any(|one| one.name.value == "REDIS_ARGS") || server.command.is_some();
        if server.distribution == Distribution::Stack && !has_arguments {
            self.give(server.span, "REDIS_ARGS", format!("--requirepass {reference}"));
        } else if kept.is_none() && !by_image {
            let edit = match given {
                Some(one) => text.replace_option(one.name.span, &reference),
                None => self.demand(server, &text, &reference),
            };
            self.plan.add_or(edit, server.command.unwrap_or(server.span), "start the server with `--requirepass`");
        }
        for edit in text.health_passwords() {
            self.plan.add_or(Some(edit), server.span, "let the health check take the password from REDISCLI_AUTH");
        }
        if wants_login {
            self.give(server.span, "REDISCLI_AUTH", reference.clone());
        }
        reference
    }

    /// A command with a password for a server that has none.
    fn demand(&self, server: &Server, text: &ServiceText<'_>, reference: &str) -> Option<Edit> {
        if server.command.is_none() {
            return text.add_key("command", &format!("{} --requirepass {reference}", program(server)?));
        }
        let services = self.scene.model.environments.iter().flat_map(|environment| &environment.services);
        let command = services.filter(|one| one.span == server.span).find_map(|one| one.command.as_deref())?;
        let (program, last) = (command.first()?, command.last()?);
        let direct = program.as_str().starts_with('-') || program.as_str().contains("-server");
        let plain = direct && !program.as_str().contains(' ');
        plain.then(|| text.add_words(last.span(), &["--requirepass", reference])).flatten()
    }

    /// Gives a client in a container the reference.
    fn client(
        &mut self,
        environment: &Environment,
        server: &Server,
        client: &Client,
        case: &ClientCase,
        reference: &str,
    ) {
        let sources = self.scene.sources;
        let Place::Container(name) = &client.place else { return self.host_client(case) };
        let Some(service) = environment.services.iter().find(|one| one.name == *name) else { return };
        let Some(url) = &case.url else {
            return self.password(service, case, client.span, reference);
        };
        let written = before_host(url).map(|span| sources.get(span.file).path());
        let given = written.is_some_and(|path| is_yaml(path) || is_env(path));
        if given && case.reach != Reach::OwnContainer {
            if case.password.as_ref().is_some_and(|password| sources.slice(password.span()) == reference) {
                return;
            }
            let place = userinfo(sources, url).or_else(|| before_host(url));
            if let Some(quotes) =
                place.filter(|_| written.is_some_and(is_env)).and_then(|place| single_quotes(sources, place))
            {
                for edit in quotes {
                    self.plan.add_or(Some(edit), url.span(), "put the password's variable into this URL");
                }
            }
            let edit = place.map(|span| Edit::replace(span, format!(":{reference}@")));
            return self.plan.add_or(edit, url.span(), "put the password's variable into this URL");
        }
        // What the code falls back to is for others; the container gets a value of its own.
        let is_default = demand_setting(sources, url.anchor()).is_some();
        let address = client.setting.as_deref().zip(address(case, server, reference));
        match address {
            // A default that the variable can't replace is nothing but a constant of the code.
            Some((setting, value)) if is_default && !service.environment.iter().any(|(name, _)| name == setting) => {
                self.give(service.span, setting, value);
                self.host_client(case);
            }
            _ => self.plan.leave(url.span(), "put the password's variable into this URL"),
        }
    }

    /// A password that is given apart from the address.
    fn password(&mut self, service: &Service, case: &ClientCase, span: Span, reference: &str) {
        let sources = self.scene.sources;
        let given = case.password.as_ref().filter(|password| !password.is_empty());
        let span = given.map_or(span, Text::span);
        if given.is_some() && sources.slice(span) == reference {
            return;
        }
        let set = service.environment.iter().any(|(_, value)| value.as_ref().is_some_and(|value| value.span() == span));
        let path = sources.get(span.file).path();
        if env_name(sources, span) == Some(VARIABLE) {
            // This is where all take it from.
            return;
        }
        if given.is_some() && set && (is_yaml(path) || is_env(path)) {
            let edit = Edit::replace(span, reference);
            return self.plan.add_or(Some(edit), span, "take this password from a variable");
        }
        let edits = match given {
            Some(password) => python::read_password(sources, password, VARIABLE),
            None => python::give_password(sources, span, VARIABLE),
        };
        let Some(edits) = edits else {
            let what = format!("read the password from {VARIABLE} here, and set that for `{}`", service.name);
            return self.plan.leave(span, &what);
        };
        for edit in edits {
            self.plan.add_or(Some(edit), span, "read the password from a variable here");
        }
        if !service.environment.iter().any(|(name, _)| name == VARIABLE) {
            self.give(service.span, VARIABLE, reference.to_owned());
        }
    }

    /// What a program on the host falls back to: it has to be told the URL from now on.
    pub fn host_client(&mut self, case: &ClientCase) {
        let Some(url) = &case.url else {
            let password = case.password.as_ref().filter(|password| !password.is_empty());
            let edits = password.and_then(|password| python::read_password(self.scene.sources, password, VARIABLE));
            for edit in edits.into_iter().flatten() {
                let place = edit.span;
                self.plan.add_or(Some(edit), place, "read the password from a variable here");
            }
            return;
        };
        let edit = demand_setting(self.scene.sources, url.anchor());
        self.plan.add_or(edit, url.span(), "read this URL from the environment, without a default");
    }

    /// A password that nobody reads today.
    pub fn literal(&mut self, span: Span) {
        if self.plan.edits.iter().any(|edit| edit.span.contains(span)) {
            return;
        }
        let source = self.scene.sources.get(span.file);
        let edit = match userinfo_around(source.text(), span) {
            Some(around) if source.path().ends_with(".py") => literal_around(source.text(), span)
                .and_then(|literal| demand_setting(self.scene.sources, literal))
                .or_else(|| Some(Edit::delete(around))),
            Some(around) if is_yaml(source.path()) => Some(Edit::replace(around, format!(":{REFERENCE}@"))),
            // An example shows what to set, and that it has to be changed.
            _ if is_env(source.path()) && is_example(source.path()) => Some(Edit::replace(span, PLACEHOLDER)),
            _ => return,
        };
        self.plan.add_or(edit, span, "this still is the old password");
    }
}

/// The variable of an env file that has this value.
fn env_name(sources: &Sources, value: Span) -> Option<&str> {
    let source = sources.get(value.file);
    let (text, at) = (source.text(), value.range().start);
    let (name, _) = text[line_start(text, at)..at].split_once('=').filter(|_| is_env(source.path()))?;
    Some(name.trim().trim_start_matches("export "))
}

fn is_env(path: &str) -> bool {
    path.rsplit('/').next().is_some_and(|name| name.starts_with(".env") || name.ends_with(".env"))
}

/// The URL with the reference, by the server's name where it was the container's own.
fn address(case: &ClientCase, server: &Server, reference: &str) -> Option<String> {
    let url = case.url.as_ref().and_then(known)?;
    let host = case.host.as_ref().and_then(known)?;
    let (scheme, rest) = url.split_once("://")?;
    let rest = rest.rsplit_once('@').map_or(rest, |(_, rest)| rest);
    let name = if case.reach == Reach::OwnContainer { common::server_name(server) } else { &host };
    let tail = rest.strip_prefix(host.as_str())?;
    Some(format!("{scheme}://:{reference}@{name}{tail}"))
}
