//! Bought images that are configured by variables alone; what each reads stands in `images.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::finding::Confidence;
use crate::library::Family;
use crate::resolve::evaluate::{ConnectionSettings, FoundClient};
use crate::resolve::project::{Container, Variable};
use crate::symbol::Resolved;
use crate::text::Text;

use super::{client, repository};

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Table {
    image: Vec<Image>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Image {
    names: Vec<String>,
    family: Option<String>,
    connection: Vec<Connection>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct Connection {
    family: Option<String>,
    url: Vec<String>,
    host: Vec<String>,
    port: Vec<String>,
    user: Vec<String>,
    password: Vec<String>,
    db: Vec<String>,
    default: Option<String>,
}

/// A table that can't be read knows no image; the test below keeps it readable.
static TABLE: LazyLock<Table> = LazyLock::new(|| toml::from_str(include_str!("images.toml")).unwrap_or_default());

/// The clients that a container's image makes of its variables.
pub(super) fn clients(container: &Container) -> Vec<FoundClient> {
    let Some(reference) = container.image.as_ref().and_then(|image| image.single()?.value.as_ref()) else {
        return Vec::new();
    };
    let Some(image) = find(reference.as_str()) else { return Vec::new() };
    let connections = image.connection.iter();
    connections.filter_map(|connection| of_connection(container, image, connection, reference)).collect()
}

fn find(reference: &str) -> Option<&'static Image> {
    let name = repository(reference);
    let is = |known: &String| name.strip_suffix(known.as_str()).is_some_and(|b| b.is_empty() || b.ends_with('/'));
    TABLE.image.iter().find(|image| image.names.iter().any(is))
}

fn of_connection(
    container: &Container,
    image: &Image,
    connection: &Connection,
    reference: &Text,
) -> Option<FoundClient> {
    let read = |names: &[String]| -> Option<(String, Variable)> {
        let set = names.iter().find_map(|name| Some((name.clone(), container.environment.map.get(name)?.clone())))?;
        let empty = set.1.value.alternatives.iter().all(|one| one.value.as_ref().is_none_or(Text::is_empty));
        (!empty).then_some(set)
    };
    let value = |names: &[String]| read(names).map(|(_, variable)| variable.value);
    let family = family(connection.family.as_ref().or(image.family.as_ref()));
    let mut settings = ConnectionSettings {
        port: value(&connection.port),
        db: value(&connection.db),
        username: value(&connection.user),
        password: value(&connection.password),
        ..ConnectionSettings::default()
    };
    // A password that an unread file may set is not absent.
    if container.environment.incomplete.is_some() && settings.password.is_none() && !connection.password.is_empty() {
        return None;
    }
    if let Some((name, variable)) = read(&connection.url) {
        settings.url = Some(with_scheme(&variable.value));
        return Some(client(&name, variable.name_span, family, settings, Confidence::High));
    }
    if let Some((name, variable)) = read(&connection.host) {
        settings.host = Some(variable.value);
        return Some(client(&name, variable.name_span, family, settings, Confidence::High));
    }
    let default = connection.default.as_ref()?;
    let elsewhere = container.command.is_some()
        || container.entrypoint.is_some()
        || container.environment.incomplete.is_some()
        || !container.mounts.is_empty();
    if elsewhere {
        return None;
    }
    settings.url = Some(Resolved::known(Text::mapped(default, reference.span()), Vec::new()));
    let name = connection.url.first()?;
    Some(client(name, reference.span(), family, settings, Confidence::Medium))
}

/// `redis:6379` is understood as `redis://redis:6379`.
fn with_scheme(value: &Resolved) -> Resolved {
    let mut value = value.clone();
    for one in &mut value.alternatives {
        if let Some(text) = &mut one.value
            && !text.as_str().contains("://")
            && crate::symbol::Symbols::is_known(text)
        {
            let mut whole = Text::mapped("redis://", text.span());
            whole.push_text(text);
            *text = whole;
        }
    }
    value
}

fn family(name: Option<&String>) -> Family {
    let known = [Family::RedisPy, Family::Kombu, Family::NodeRedis, Family::Ioredis];
    known.into_iter().find(|family| name.is_some_and(|name| family.name() == name)).unwrap_or(Family::Unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_readable_and_says_something_of_each_image() {
        let table: Table = toml::from_str(include_str!("images.toml")).unwrap();
        assert!(table.image.len() > 15);
        for image in &table.image {
            assert!(!image.names.is_empty());
            for connection in &image.connection {
                assert!(!connection.url.is_empty() || !connection.host.is_empty(), "{:?}", image.names);
                for name in [&connection.family, &image.family].into_iter().flatten() {
                    assert_ne!(family(Some(name)), Family::Unknown, "{name}");
                }
            }
        }
    }

    #[test]
    fn names_end_at_slashes() {
        assert!(find("ghcr.io/goauthentik/server:2024.2").is_some());
        assert!(find("nextcloud:29-fpm").is_some());
        assert!(find("mynextcloud").is_none());
    }
}
