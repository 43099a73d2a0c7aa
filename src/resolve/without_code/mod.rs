//! Clients that no readable code shows: bought images, configuration files, command lines, and the `.env` in a folder
//! of code in other languages.
//!
//! Comes in: a container, what lies in it, and the clients already known. Goes out: what else connects to Redis there.

mod command_lines;
mod folder_env;
mod images;
mod references;
mod scripts;
mod settings_files;
mod shell;

use crate::library::Family;
use crate::model::Client;
use crate::resolve::Inputs;
use crate::resolve::evaluate::{ConnectionSettings, FoundClient};
use crate::resolve::placement::Placement;
use crate::resolve::project::{Container, Project};
use crate::resolve::server_auth::build;
use crate::source::Span;
use crate::symbol::{Alternative, Step, Symbols};
use crate::text::Text;

pub use folder_env::clients as from_folder_env;
pub use images::reads_instead;
pub use settings_files::on_host;

/// A container and what is known of it.
#[derive(Clone, Copy)]
pub struct Surroundings<'a> {
    /// What it runs among.
    pub project: &'a Project,
    /// The container.
    pub container: &'a Container,
    /// The files in it.
    pub placement: &'a Placement,
}

/// The clients that the image's own table, the command line and configuration files show; `known` are those that the
/// container's code was seen to make.
#[must_use]
pub fn clients(inputs: &Inputs<'_>, around: Surroundings<'_>, known: &[Client]) -> Vec<FoundClient> {
    let mut found = images::clients(around.container, inputs.symbols);
    found.extend(command_lines::clients(inputs, around.container, around.placement));
    if found.is_empty() && !known.iter().any(has_address) {
        found.extend(settings_files::clients(inputs, around));
    }
    found
}

/// Whether it is known where a client connects to: then that is what counts, and not a file beside it.
fn has_address(client: &Client) -> bool {
    client.cases.iter().any(|case| case.host.as_ref().is_some_and(Symbols::is_known))
}

/// Whether the container runs some program of others that is no client of Redis, whatever is mounted into it.
fn is_infrastructure(container: &Container) -> bool {
    let general = |image: &str| matches!(last_name(repository(image)), "alpine" | "busybox");
    container.build.is_none() && images(container).any(|image| general(image) || is_no_client(image))
}

/// Whether the image, or the one that it is built on, is a program that is no client of Redis, whatever variables it
/// shares with others.
#[must_use]
pub fn runs_no_client(inputs: &Inputs<'_>, container: &Container) -> bool {
    let Some(it) = &container.build else { return images(container).any(is_no_client) };
    let built = build::read(it, inputs.facts, inputs.index, inputs.symbols);
    built.and_then(|built| built.base).is_some_and(|base| is_no_client(base.as_str()))
}

fn images(container: &Container) -> impl Iterator<Item = &str> {
    let alternatives = container.image.iter().flat_map(|image| &image.alternatives);
    alternatives.filter_map(|one| one.value.as_ref()).map(Text::as_str)
}

fn is_no_client(image: &str) -> bool {
    const NAMES: [&str; 16] = [
        "adminer",
        "caddy",
        "elasticsearch",
        "haproxy",
        "httpd",
        "mailhog",
        "mailpit",
        "mariadb",
        "mongo",
        "mysql",
        "nginx",
        "pgadmin4",
        "postgis",
        "postgres",
        "rabbitmq",
        "traefik",
    ];
    NAMES.contains(&last_name(repository(image)))
}

/// An image reference without tag and digest.
pub(in crate::resolve) fn repository(reference: &str) -> &str {
    let reference = reference.split_once('@').map_or(reference, |(name, _)| name);
    let last = reference.rfind('/').map_or(0, |at| at + 1);
    reference[last..].find(':').map_or(reference, |at| &reference[..last + at])
}

/// The name behind the registry and the owner.
pub(in crate::resolve) fn last_name(repository: &str) -> &str {
    repository.rsplit('/').next().unwrap_or(repository)
}

fn is_redis_url(value: &str) -> bool {
    let lower = value.trim_start().to_ascii_lowercase();
    ["redis://", "rediss://", "valkey://", "valkeys://"].iter().any(|scheme| lower.starts_with(scheme))
}

fn is_redis_url_alternative(alternative: &Alternative) -> bool {
    alternative.value.as_ref().map(Text::as_str).is_some_and(is_redis_url)
}

/// A client of no known library.
fn client(
    setting: &str,
    span: Span,
    family: Family,
    settings: ConnectionSettings,
    confidence: crate::finding::Confidence,
) -> FoundClient {
    FoundClient {
        span,
        setting: Some(setting.to_owned()),
        family,
        settings,
        confidence,
        trace: vec![Step { span, label: format!("{setting} is set here") }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_without_tag() {
        for (reference, name) in [
            ("nginx", "nginx"),
            ("nginx:1.27", "nginx"),
            ("localhost:5000/a/b", "localhost:5000/a/b"),
            ("ghcr.io/a/b:1@sha256:00", "ghcr.io/a/b"),
        ] {
            assert_eq!(repository(reference), name);
        }
    }
}
