//! Variables of a service that nothing in it reads: its image's table has another name for them, or all code that could
//! read them was read.
//!
//! Comes in: a project, and the clients that were found in it. Goes out: the variables. Judges nothing; says nothing where
//! a file of another language, a script that was not read or code that takes variables by a part of their name is there.

use crate::finding::Confidence;
use crate::model::{Environment, EnvironmentKind, Family, Place, UnreadVariable};
use crate::resolve::Inputs;
use crate::resolve::placement::{Placement, is_test};
use crate::resolve::project::{Container, Project};
use crate::resolve::without_code::reads_instead;
use crate::source::{Span, Spanned};

/// Names that libraries read by themselves.
const OF_LIBRARIES: [&str; 4] = ["REDIS_OM_URL", "RQ_REDIS_URL", "RQ_REDIS_HOST", "REDISCLI_AUTH"];

/// Ends of names whose value says where a server is or how to log in.
const ROLES: [&str; 9] = ["HOST", "HOSTNAME", "PORT", "PASSWORD", "PASS", "PASSWD", "USERNAME", "URL", "URI"];

/// Ways to take variables that do not name each of them.
const WHOLESALE: [&str; 7] =
    ["env_prefix", "prefixed", "dynaconf", "env_nested_delimiter", "environ.items", "auto_envvar_prefix", "expandvars"];

/// Ends of files that hold no code and no settings.
const DATA: [&str; 20] = [
    "css", "csv", "gif", "html", "ico", "jpg", "lock", "md", "mo", "pdf", "png", "po", "rst", "scss", "sql", "svg",
    "txt", "woff", "woff2", "xlsx",
];

/// The variables about Redis that the services of a project are given, and that nobody there reads.
#[must_use]
pub fn variables(inputs: &Inputs<'_>, project: &Project, environment: &Environment) -> Vec<UnreadVariable> {
    let mut found = Vec::new();
    if project.kind != EnvironmentKind::Compose {
        return found;
    }
    let is_server = |name: &str| environment.servers.iter().any(|server| server.service.as_deref() == Some(name));
    for container in project.containers.iter().filter(|container| !is_server(&container.name)) {
        let own: Vec<(&String, Span)> = container
            .environment
            .map
            .iter()
            .filter(|(name, variable)| variable.taken_in == variable.name_span && says_where(name))
            .map(|(name, variable)| (name, variable.name_span))
            .collect();
        if own.is_empty() {
            continue;
        }
        let code = Code::of(inputs, project, container, environment);
        for (name, span) in own {
            let instead = reads_instead(container, name);
            let unread = instead.is_some() || code.as_ref().is_some_and(|code| !code.may_read(name));
            if unread {
                let (name, service) = (Spanned::new(name.clone(), span), container.name.clone());
                found.push(UnreadVariable { environment: environment.name.clone(), service, name, instead });
            }
        }
    }
    found
}

/// Whether a variable says where a Redis is, or how to log in there.
fn says_where(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    ["REDIS_", "VALKEY_"].iter().any(|word| upper.contains(word))
        && upper.rsplit('_').next().is_some_and(|last| ROLES.contains(&last))
        && !upper.contains("__")
        && !OF_LIBRARIES.contains(&upper.as_str())
}

/// Everything in a container that may read a variable, in lower case.
struct Code {
    texts: Vec<String>,
}

impl Code {
    /// `None`: not all of it was read, or it is not known how it connects.
    fn of(inputs: &Inputs<'_>, project: &Project, container: &Container, environment: &Environment) -> Option<Self> {
        let place = Place::Container(container.name.clone());
        let mut clients = environment.clients.iter().filter(|client| client.place == place).peekable();
        clients.peek()?;
        let seen = clients.all(|client| client.family != Family::Unknown && client.confidence == Confidence::High);
        let placement = Placement::of(container, inputs.facts, inputs.index);
        let dockerfile = container.build.as_ref()?.dockerfile.as_deref()?;
        if !seen || !placement.is_python() || !starts_from_python(inputs, dockerfile) {
            return None;
        }
        let words = container.command.iter().chain(&container.entrypoint).flatten().flat_map(|case| &case.value);
        let mut texts: Vec<String> = words.map(|word| word.as_str().to_ascii_lowercase()).collect();
        texts.extend(
            container
                .healthcheck
                .iter()
                .flatten()
                .flat_map(|case| &case.value)
                .map(|word| word.as_str().to_ascii_lowercase()),
        );
        let sets = |path: &str| {
            let file = inputs.sources.find(path);
            file.is_some_and(|file| project.files.contains(&file))
                || inputs.facts.env_files.iter().any(|env| env.path == path)
                || inputs.facts.compose.iter().any(|compose| Some(compose.file) == file)
        };
        let roots: Vec<&str> = placement.roots().collect();
        let inside = roots.iter().flat_map(|root| inputs.index.files_below(root));
        let alone = roots.iter().copied().filter(|root| inputs.index.is_file(root));
        for path in inside.chain(alone).chain([dockerfile]).filter(|path| !is_test(path) && !sets(path)) {
            let hidden = path.split('/').any(|part| part.starts_with('.'));
            let name = path.rsplit('/').next().unwrap_or(path);
            let data = name.rsplit_once('.').is_some_and(|(_, end)| DATA.contains(&end.to_ascii_lowercase().as_str()));
            match inputs.sources.find(path) {
                _ if hidden || data || name == "LICENSE" => {}
                Some(file) => texts.push(inputs.sources.get(file).text().to_ascii_lowercase()),
                // Code that says nothing of Redis is not read, and can't name the variable.
                None if name.ends_with(".py") => {}
                None => return None,
            }
        }
        (!texts.iter().any(|text| takes_all(text))).then_some(Self { texts })
    }

    fn may_read(&self, name: &str) -> bool {
        let name = name.to_ascii_lowercase();
        let inside = |char: char| char.is_ascii_alphanumeric() || char == '_';
        let stands_in = |text: &String| {
            text.match_indices(&name)
                .any(|(at, word)| !text[..at].ends_with(inside) && !text[at + word.len()..].starts_with(inside))
        };
        self.texts.iter().any(stands_in)
    }
}

/// Whether code takes variables without naming each: by a prefix, or all of them.
fn takes_all(text: &str) -> bool {
    let open_name = ["redis_", "valkey_"].iter().any(|prefix| {
        text.match_indices(prefix).any(|(at, _)| text[at + prefix.len()..].starts_with(['{', '%', '"', '\'']))
    });
    let all = text.match_indices("environ").any(|(at, word)| {
        let named = ["[", ".get", ".setdefault", ".pop", ".env", "\n", "\r", " import", "ment"];
        !named.iter().any(|next| text[at + word.len()..].starts_with(next))
    });
    open_name || all || WHOLESALE.iter().any(|word| text.contains(word))
}

/// Whether an image begins with one of Python, and not with one that may bring code of its own.
fn starts_from_python(inputs: &Inputs<'_>, path: &str) -> bool {
    let Some(dockerfile) = inputs.facts.dockerfiles.iter().find(|file| file.path == path) else { return false };
    let from = dockerfile.instructions.iter().filter(|one| one.name.value == "FROM");
    let mut images =
        from.filter_map(|one| one.arguments.as_str().split_whitespace().find(|word| !word.starts_with("--")));
    images.clone().next().is_some() && images.all(|image| image.starts_with("python:") || image == "python")
}
