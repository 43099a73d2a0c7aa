//! One password for all: the server of a compose project takes it from a variable, and every client gets the same
//! reference in the form that its place allows. No password is written into a tracked file.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::Read as _;

use super::edits::{
    before_host, demand_setting, literal_around, remove_line, single_quotes, userinfo, userinfo_around,
};
use super::{Plan, documents, known, known_passwords};
use crate::edit::Edit;
use crate::fix::Scene;
use crate::fix::place::{ServiceText, is_yaml};
use crate::model::{
    Client, ClientCase, Distribution, Environment, EnvironmentKind, Place, Reach, Server, Service, VariableUse,
};
use crate::rules::common;
use crate::source::{FileId, Span};
use crate::tree::{Content, Tree};

const VARIABLE: &str = "REDIS_PASSWORD";
const REFERENCE: &str = "${REDIS_PASSWORD:?}";

/// What `.env.example` gets: a text that nobody takes for a password.
const PLACEHOLDER: &str = "changeme";

/// Why an environment can't be given a password this way.
pub fn unfit(environment: &Environment) -> Option<String> {
    let fits = matches!(environment.kind, EnvironmentKind::Compose | EnvironmentKind::Host | EnvironmentKind::Ci);
    (!fits).then(|| "a Secret and its references are to be written by hand".to_owned())
}

/// Every edit that it takes in these environments.
pub fn plan(scene: &Scene<'_>, environments: &[&Environment], documents: &[FileId]) -> Plan {
    let mut work = Work { scene, plan: Plan::default(), variables: BTreeMap::new() };
    let mut passwords = BTreeSet::new();
    // The servers of the others are these, seen from elsewhere, or live for one job.
    for environment in environments.iter().filter(|environment| environment.kind == EnvironmentKind::Compose) {
        for server in &environment.servers {
            let reference = work.server(server);
            passwords.extend(known_passwords(server));
            for (client, case) in clients(environment, server) {
                work.client(environment, server, client, case, &reference);
                passwords.extend(case.password.as_ref().and_then(known));
            }
        }
    }
    let served: BTreeSet<Span> = compose(environments).flat_map(|one| &one.servers).map(|server| server.span).collect();
    for environment in environments.iter().filter(|environment| environment.kind == EnvironmentKind::Host) {
        for server in environment.servers.iter().filter(|server| served.contains(&server.span)) {
            for (_, case) in clients(environment, server) {
                work.host_client(case);
            }
        }
    }
    passwords.remove("");
    for literal in scene.model.literals.iter().filter(|literal| passwords.contains(literal.value.as_str())) {
        work.literal(literal.value.span());
    }
    work.give_variables();
    let mut plan = work.plan;
    documents::forget(scene, documents, &passwords, ":${REDIS_PASSWORD}@", &mut plan);
    plan
}

/// What the files beside compose's get: the example a placeholder, and the one that git does not know a password where
/// asked for.
///
/// # Errors
/// Where a password can't be made up, or would be tracked.
pub fn env_files(
    scene: &Scene<'_>,
    environments: &[&Environment],
    tree: &Tree,
    generate: bool,
    plan: &mut Plan,
) -> Result<(), String> {
    let folders: BTreeSet<String> = compose(environments).filter_map(|one| folder(scene, one)).collect();
    folders.iter().try_for_each(|folder| env_files_of(tree, folder, generate, plan))
}

fn compose<'a>(environments: &[&'a Environment]) -> impl Iterator<Item = &'a Environment> {
    let found: Vec<&Environment> = environments
        .iter()
        .copied()
        .filter(|one| one.kind == EnvironmentKind::Compose && !one.servers.is_empty())
        .collect();
    found.into_iter()
}

fn folder(scene: &Scene<'_>, environment: &Environment) -> Option<String> {
    let path = scene.sources.get(*environment.files.first()?).path();
    Some(path.rsplit_once('/').map_or_else(String::new, |(folder, _)| format!("{folder}/")))
}

fn env_files_of(tree: &Tree, folder: &str, generate: bool, plan: &mut Plan) -> Result<(), String> {
    let sets = |path: &str| match tree.read(path) {
        Content::Bytes(bytes) => String::from_utf8_lossy(&bytes)
            .lines()
            .any(|line| line.trim_start().trim_start_matches("export ").starts_with(&format!("{VARIABLE}="))),
        Content::Missing | Content::Refused(_) => false,
    };
    let example = format!("{folder}.env.example");
    if !sets(&example) {
        plan.lines.insert(example, format!("{VARIABLE}={PLACEHOLDER}\n"));
    }
    let own = format!("{folder}.env");
    if generate && !sets(&own) {
        if tree.tracked(&own) == Some(true) {
            return Err(format!("git tracks {own}: a password in it would be known to all who have the repository"));
        }
        plan.generated.insert(own, format!("{VARIABLE}={}\n", password()?));
    }
    Ok(())
}

/// 128 bits from the system, in letters and digits that no URL, shell or env file gives a meaning.
fn password() -> Result<String, String> {
    let mut bytes = [0; 16];
    let read = File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    read.map_err(|error| format!("no password can be made up here ({error}): put one into .env yourself"))?;
    Ok(bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 0xF])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect())
}

/// The clients of a server: those that reach it, and those in containers that look for it in their own.
fn clients<'a>(environment: &'a Environment, server: &'a Server) -> impl Iterator<Item = (&'a Client, &'a ClientCase)> {
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

struct Work<'a> {
    scene: &'a Scene<'a>,
    plan: Plan,
    /// What each service is to be given, by the place of its name: one edit a service.
    variables: BTreeMap<Span, BTreeMap<String, String>>,
}

impl Work<'_> {
    fn give(&mut self, service: Span, name: &str, value: String) {
        self.variables.entry(service).or_default().entry(name.to_owned()).or_insert(value);
    }

    fn give_variables(&mut self) {
        for (service, variables) in std::mem::take(&mut self.variables) {
            let pairs: Vec<(&str, &str)> =
                variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
            let edit = ServiceText::find(self.scene.sources, service).and_then(|text| text.add_variables(&pairs));
            let names: Vec<&str> = pairs.iter().map(|(name, _)| *name).collect();
            self.plan.add_or(edit, service, &format!("set {} for this service", names.join(", ")));
        }
    }

    /// Makes a server demand the password; the reference that it takes it from.
    fn server(&mut self, server: &Server) -> String {
        let Some(text) = ServiceText::find(self.scene.sources, server.span) else {
            self.plan.leave(server.span, "give this server a password from a variable");
            return REFERENCE.to_owned();
        };
        let by_image = matches!(server.distribution, Distribution::Bitnami);
        let demands = |name: &str| name.trim_start_matches('-').eq_ignore_ascii_case("requirepass");
        let given = server.directives.iter().find(|one| one.from_arguments && demands(&one.name.value));
        let given = given.filter(|one| one.name.span.file == server.span.file);
        let kept =
            given.and_then(|one| text.reference_behind(one.name.span)).filter(|reference| !reference.contains('-'));
        let reference = kept.unwrap_or(REFERENCE).to_owned();
        for line in server.directives.iter().filter(|one| !one.from_arguments && demands(&one.name.value)) {
            let span = line.arguments.iter().fold(line.name.span, |span, value| span.to(value.span()));
            self.plan.add_or(remove_line(self.scene.sources, span), span, "take this line out");
        }
        for variable in server.variables.iter().filter(|one| one.taken_in == one.name.span) {
            let name = &variable.name;
            let edit = match (name.value.as_str(), variable.usage) {
                ("ALLOW_EMPTY_PASSWORD", VariableUse::Read) => text.replace_variable(name.span, VARIABLE, &reference),
                ("REDISCLI_AUTH", _) => text.replace_variable(name.span, "REDISCLI_AUTH", &reference),
                (other, VariableUse::Read) if common::names_password(other) => {
                    text.replace_variable(name.span, other, &reference)
                }
                (other, VariableUse::Ignored) if common::names_password(other) => text.remove_variable(name.span),
                _ => continue,
            };
            self.plan.add_or(edit, name.span, "take the password from a variable");
        }
        if kept.is_none() && !by_image {
            let edit = match given {
                Some(one) => text.replace_option(one.name.span, &reference),
                None => self.demand(server, &text, &reference),
            };
            self.plan.add_or(edit, server.command.unwrap_or(server.span), "start the server with `--requirepass`");
        }
        if let Some(health) = &server.healthcheck {
            if let Some(edit) = text.health_password() {
                self.plan.add(edit);
            }
            let known = server.variables.iter().any(|one| one.name.value == "REDISCLI_AUTH");
            if !known && health.understood {
                self.give(server.span, "REDISCLI_AUTH", reference.clone());
            }
        }
        reference
    }

    /// A command with a password for a server that has none.
    fn demand(&self, server: &Server, text: &ServiceText<'_>, reference: &str) -> Option<Edit> {
        if server.command.is_none() {
            return text.add_key("command", &format!("redis-server --requirepass {reference}"));
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
                    self.plan.add(edit);
                }
            }
            let edit = place.map(|span| Edit::replace(span, format!(":{reference}@")));
            return self.plan.add_or(edit, url.span(), "put the password's variable into this URL");
        }
        // What the code falls back to is for others; the container gets a value of its own.
        let address = client.setting.as_deref().zip(address(case, server, reference));
        match address {
            Some((setting, value)) if !service.environment.iter().any(|(name, _)| name == setting) => {
                self.give(service.span, setting, value);
                self.host_client(case);
            }
            _ => self.plan.leave(url.span(), "put the password's variable into this URL"),
        }
    }

    /// A password that is given apart from the address.
    fn password(&mut self, service: &Service, case: &ClientCase, span: Span, reference: &str) {
        let Some(password) = case.password.as_ref().filter(|password| !password.is_empty()) else {
            return self.plan.leave(span, &format!("give this client `password` from {VARIABLE}"));
        };
        let span = password.span();
        let source = self.scene.sources.get(span.file);
        let set = service.environment.iter().any(|(_, value)| value.as_ref().is_some_and(|value| value.span() == span));
        if self.scene.sources.slice(span) == reference {
            return;
        }
        if set && (is_yaml(source.path()) || is_env(source.path())) {
            return self.plan.add(Edit::replace(span, reference));
        }
        self.plan.leave(span, &format!("read this password from {VARIABLE}, and set that for `{}`", service.name));
    }

    /// What a program on the host falls back to: it has to be told the URL from now on.
    fn host_client(&mut self, case: &ClientCase) {
        let Some(url) = &case.url else { return };
        let Some(edit) = demand_setting(self.scene.sources, url.anchor()) else {
            return self.plan.leave(url.span(), "read this URL from the environment, without a default");
        };
        self.plan.add(edit);
    }

    /// A password that nobody reads today.
    fn literal(&mut self, span: Span) {
        if self.plan.edits.iter().any(|edit| edit.span.contains(span)) {
            return;
        }
        let source = self.scene.sources.get(span.file);
        let edit = match userinfo_around(source.text(), span) {
            Some(around) if source.path().ends_with(".py") => literal_around(source.text(), span)
                .and_then(|literal| demand_setting(self.scene.sources, literal))
                .or_else(|| Some(Edit::delete(around))),
            Some(around) if is_yaml(source.path()) => Some(Edit::replace(around, format!(":{REFERENCE}@"))),
            _ => None,
        };
        self.plan.add_or(edit, span, "this still is the old password");
    }
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
