//! Bought images that are configured by variables alone; what each reads stands in `images.toml`.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::finding::Confidence;
use crate::library::Family;
use crate::resolve::evaluate::{ConnectionSettings, FoundClient};
use crate::resolve::project::{Container, Variable};
use crate::symbol::{Resolved, Symbols};
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
    /// Where the product says so; for whoever keeps the table.
    #[allow(dead_code, reason = "a test holds each entry to it")]
    source: String,
    family: Option<String>,
    connection: Vec<Connection>,
}

#[derive(Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
struct Connection {
    family: Option<String>,
    url: Vec<String>,
    host: Vec<String>,
    port: Vec<String>,
    user: Vec<String>,
    password: Vec<String>,
    password_file: Vec<String>,
    secret: Vec<String>,
    db: Vec<String>,
    tls: Vec<String>,
    list: Vec<String>,
    url_alone: bool,
    default: Option<String>,
}

impl Connection {
    /// The connections that it stands for in a container: itself, or one for each suffix in place of its `*`.
    fn written_out(&self, container: &Container) -> Vec<Self> {
        let Some(prefix) = self.host.first().and_then(|host| host.strip_suffix('*')) else { return vec![self.clone()] };
        let suffixes = container.environment.map.keys().filter_map(|name| name.strip_prefix(prefix));
        suffixes.map(|suffix| self.with_suffix(suffix)).collect()
    }

    fn with_suffix(&self, suffix: &str) -> Self {
        let mut own = self.clone();
        for names in [&mut own.host, &mut own.port, &mut own.user, &mut own.password, &mut own.db, &mut own.tls] {
            for name in names.iter_mut() {
                *name = name.replace('*', suffix);
            }
        }
        own
    }
}

/// A table that can't be read knows no image; the test below keeps it readable.
static TABLE: LazyLock<Table> = LazyLock::new(|| toml::from_str(include_str!("images.toml")).unwrap_or_default());

/// The clients that a container's image makes of its variables.
pub(super) fn clients(container: &Container, symbols: &Symbols) -> Vec<FoundClient> {
    let Some(reference) = container.image.as_ref().and_then(|image| image.single()?.value.as_ref()) else {
        return Vec::new();
    };
    let Some(image) = find(reference.as_str()) else { return Vec::new() };
    let of = |connection: &Connection| {
        let from = Reader { container, image, connection, symbols };
        let listed = from.listed();
        if listed.is_empty() { from.client(reference).into_iter().collect() } else { listed }
    };
    let connections = image.connection.iter().flat_map(|connection| connection.written_out(container));
    connections.flat_map(|connection| of(&connection)).collect()
}

/// The variable that a container's image reads where somebody set another one for the same part of the address;
/// `None`: the image is not in the table, reads the variable, or is given its own as well.
#[must_use]
pub fn reads_instead(container: &Container, name: &str) -> Option<&'static str> {
    let reference = container.image.as_ref()?.single()?.value.as_ref()?;
    let image = find(reference.as_str())?;
    let all = |connection: &'static Connection| {
        let lists = [&connection.url, &connection.host, &connection.port, &connection.user, &connection.password];
        let rest = [&connection.password_file, &connection.db, &connection.tls, &connection.list];
        lists.into_iter().chain(rest).flatten()
    };
    let same = |known: &&String| known.eq_ignore_ascii_case(name);
    if image.connection.iter().flat_map(all).any(|known| same(&known)) {
        return None;
    }
    // With several connections, which of them is meant can't be told.
    let [connection] = image.connection.as_slice() else { return None };
    let meant = match name.to_ascii_uppercase().rsplit('_').next()? {
        "HOST" | "HOSTNAME" => &connection.host,
        "PORT" => &connection.port,
        "PASSWORD" | "PASS" | "PASSWD" => &connection.password,
        "USERNAME" => &connection.user,
        "URL" | "URI" => &connection.url,
        _ => return None,
    };
    let given = |known: &String| container.environment.map.contains_key(known);
    let files = connection.password_file.iter().chain(&connection.list).chain(&connection.url);
    let settled = meant.iter().chain(files).any(given) || container.environment.incomplete.is_some();
    meant.first().filter(|_| !settled).map(String::as_str)
}

fn find(reference: &str) -> Option<&'static Image> {
    let name = repository(reference);
    // A name without an owner is an official image: one of the same name with an owner is another product.
    let is = |known: &String| {
        let owned = known.contains('/');
        let fits = |before: &str| before.is_empty() || before == "docker.io/" || owned && before.ends_with('/');
        name.strip_suffix(known.as_str()).is_some_and(fits)
    };
    TABLE.image.iter().find(|image| image.names.iter().any(is))
}

/// What an image makes of one group of its variables.
struct Reader<'a> {
    container: &'a Container,
    image: &'a Image,
    connection: &'a Connection,
    symbols: &'a Symbols,
}

impl<'a> Reader<'a> {
    /// The first of the variables that is set, unless to nothing.
    fn read(&self, names: &'a [String]) -> Option<(&'a String, &'a Variable)> {
        let set = names.iter().find_map(|name| Some((name, self.container.environment.map.get(name)?)))?;
        let empty = set.1.value.alternatives.iter().all(|one| one.value.as_ref().is_none_or(Text::is_empty));
        (!empty).then_some(set)
    }

    fn value(&self, names: &'a [String]) -> Option<Resolved> {
        self.read(names).map(|(_, variable)| variable.value.clone())
    }

    fn family(&self) -> Family {
        family(self.connection.family.as_ref().or(self.image.family.as_ref()))
    }

    /// The password: what a variable holds, or what stands in a file that is not read here.
    fn password(&self) -> Option<Resolved> {
        let file = self.read(&self.connection.password_file).map(|(_, variable)| variable.name_span);
        let granted = |secret: &String| {
            let target = format!("/run/secrets/{secret}");
            self.container.mounts.iter().find(|mount| mount.target == target).map(|mount| mount.span)
        };
        match file.or_else(|| self.connection.secret.iter().find_map(granted)) {
            Some(span) => Some(Resolved::known(self.symbols.opaque_text(span), Vec::new())),
            None => self.value(&self.connection.password),
        }
    }

    fn client(&self, reference: &Text) -> Option<FoundClient> {
        let Self { container, connection, .. } = self;
        let mut settings = ConnectionSettings {
            port: self.value(&connection.port),
            db: self.value(&connection.db),
            username: self.value(&connection.user),
            password: self.password(),
            tls: self.value(&connection.tls).map(flag),
            ..ConnectionSettings::default()
        };
        // A password that an unread file may set is not absent.
        if container.environment.incomplete.is_some() && settings.password.is_none() && !connection.password.is_empty()
        {
            return None;
        }
        if let Some((name, variable)) = self.read(&connection.url) {
            if connection.url_alone {
                settings = ConnectionSettings::default();
            }
            settings.url = Some(with_scheme(&variable.value));
            return Some(client(name, variable.name_span, self.family(), settings, Confidence::High));
        }
        if let Some((name, variable)) = self.read(&connection.host) {
            settings.host = Some(variable.value.clone());
            return Some(client(name, variable.name_span, self.family(), settings, Confidence::High));
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
        Some(client(name, reference.span(), self.family(), settings, Confidence::Medium))
    }

    /// The clients of a list such as `label:host:port:db:password,…`; a lone word is a host.
    fn listed(&self) -> Vec<FoundClient> {
        let Some((name, variable)) = self.read(&self.connection.list) else { return Vec::new() };
        let Some(list) = variable.value.single().and_then(|one| one.value.as_ref()) else { return Vec::new() };
        let entries = split(list, ',');
        let of = |entry: &Text| {
            let parts = split(entry, ':');
            let part = |at: usize| {
                let text = parts.get(at).filter(|text| !text.is_empty())?;
                Some(Resolved::known(text.clone(), Vec::new()))
            };
            let settings = ConnectionSettings {
                host: part(usize::from(parts.len() > 1)),
                port: part(2),
                db: part(3),
                password: part(4).or_else(|| self.password()),
                ..ConnectionSettings::default()
            };
            client(name, entry.span(), self.family(), settings, Confidence::High)
        };
        entries.iter().filter(|entry| !entry.is_empty()).map(of).collect()
    }
}

/// The parts between separators, without blanks around them.
fn split(text: &Text, separator: char) -> Vec<Text> {
    let mut start = 0;
    let part = |part: &str| {
        let range = start..start + part.len();
        start = range.end + separator.len_utf8();
        text.slice(range).trim_matches(char::is_whitespace)
    };
    text.as_str().split(separator).map(part).collect()
}

/// A switch of these programs, in the words of [`ConnectionSettings::tls`].
fn flag(value: Resolved) -> Resolved {
    let mut value = value;
    for text in
        value.alternatives.iter_mut().filter_map(|one| one.value.as_mut()).filter(|text| Symbols::is_known(text))
    {
        let on = ["true", "1", "yes", "on"].iter().any(|word| text.as_str().eq_ignore_ascii_case(word));
        *text = Text::mapped(if on { "True" } else { "False" }, text.span());
    }
    value
}

/// `redis:6379` is understood as `redis://redis:6379`.
fn with_scheme(value: &Resolved) -> Resolved {
    let mut value = value.clone();
    for one in &mut value.alternatives {
        if let Some(text) = &mut one.value
            && !text.as_str().contains("://")
            && Symbols::is_known(text)
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
    use crate::resolve::project::Mount;
    use crate::source::{FileId, Span};

    #[test]
    fn the_table_is_readable_and_says_something_of_each_image() {
        let table: Table = toml::from_str(include_str!("images.toml")).unwrap();
        assert!(table.image.len() > 15);
        for image in &table.image {
            assert!(!image.names.is_empty());
            assert!(image.source.starts_with("https://"), "{:?} cites nothing", image.names);
            for connection in &image.connection {
                assert!(!connection.url.is_empty() || !connection.host.is_empty(), "{:?}", image.names);
                for name in [&connection.family, &image.family].into_iter().flatten() {
                    assert_ne!(family(Some(name)), Family::Unknown, "{name}");
                }
            }
        }
    }

    /// `setting host:port password tls` of every client.
    fn found(image: &str, variables: &[(&str, &str)], secrets: &[&str]) -> Vec<String> {
        let span = Span::new(FileId(0), 0..1);
        let text = |value: &str| Resolved::known(Text::mapped(value, span), Vec::new());
        let mut container = Container::named("tool", span);
        container.image = Some(text(image));
        for (name, value) in variables {
            let variable = Variable { name_span: span, taken_in: span, value: text(value) };
            container.environment.map.insert((*name).to_owned(), variable);
        }
        let mount = |name: &&str| Mount {
            span,
            source: None,
            volume: None,
            target: format!("/run/secrets/{name}"),
            content: None,
            contents: Vec::new(),
            exists: None,
        };
        container.mounts = secrets.iter().map(mount).collect();
        let symbols = Symbols::default();
        let shown = |value: &Option<Resolved>| {
            let text = value.as_ref().and_then(|value| value.alternatives[0].value.as_ref());
            text.map_or("-".to_owned(), |text| symbols.display(text.as_str()))
        };
        let show = |client: FoundClient| {
            let settings = client.settings;
            let address = if settings.url.is_some() { &settings.url } else { &settings.host };
            let parts = [address, &settings.port, &settings.db, &settings.password, &settings.tls].map(shown);
            format!("{} {}", client.setting.unwrap(), parts.join(" "))
        };
        clients(&container, &symbols).into_iter().map(show).collect()
    }

    #[test]
    fn a_list_of_hosts_is_a_client_each() {
        let hosts = "local:redis:6379, jobs:queue:6380:2:secret,lone";
        assert_eq!(
            found("rediscommander/redis-commander:latest", &[("REDIS_HOSTS", hosts)], &[]),
            ["REDIS_HOSTS redis 6379 - - -", "REDIS_HOSTS queue 6380 2 secret -", "REDIS_HOSTS lone - - - -"]
        );
        let alone = [("REDIS_HOST", "redis"), ("REDIS_PASSWORD", "pw"), ("REDIS_TLS", "true")];
        assert_eq!(found("rediscommander/redis-commander", &alone, &[]), ["REDIS_HOST redis - - pw True"]);
    }

    #[test]
    fn a_password_in_a_file_is_unknown_and_not_absent() {
        let variables = [("REDIS_HOST", "redis"), ("REDIS_HOST_PASSWORD_FILE", "/run/secrets/pw")];
        assert_eq!(found("nextcloud:29", &variables, &[]), ["REDIS_HOST redis - - … -"]);
        let variables = [("REDIS_ADDR", "redis:6379"), ("REDIS_PASSWORD_FILE", "/pw")];
        assert_eq!(found("oliver006/redis_exporter", &variables, &[]), ["REDIS_ADDR redis://redis:6379 - - … -"]);
        let netbox = [("REDIS_HOST", "redis"), ("REDIS_SSL", "false"), ("REDIS_CACHE_HOST", "cache")];
        let image = "netboxcommunity/netbox:v4";
        let open = ["REDIS_HOST redis - - - False", "REDIS_CACHE_HOST cache - - - False"];
        assert_eq!(found(image, &netbox, &[]), open);
        let granted = found(image, &netbox, &["redis_password", "other"]);
        assert_eq!(granted, ["REDIS_HOST redis - - … False", open[1]]);
    }

    #[test]
    fn a_suffix_makes_a_client_of_its_own() {
        let variables = [
            ("RI_REDIS_HOST", "one"),
            ("RI_REDIS_PORT", "6380"),
            ("RI_REDIS_HOST_B", "two"),
            ("RI_REDIS_PASSWORD_B", "pw"),
            ("RI_REDIS_TLS_B", "true"),
            ("RI_REDIS_PASSWORD_C", "nobody's"),
        ];
        assert_eq!(
            found("redis/redisinsight:3.2", &variables, &[]),
            ["RI_REDIS_HOST one 6380 - - -", "RI_REDIS_HOST_B two - - pw True"]
        );
    }

    #[test]
    fn a_url_may_be_all_that_counts() {
        let variables = [("REDIS_URL", "redis://r:6379"), ("REDIS_PASSWORD", "pw"), ("REDIS_HOST", "other")];
        assert_eq!(found("tootsuite/mastodon:v4.4", &variables, &[]), ["REDIS_URL redis://r:6379 - - - -"]);
        assert_eq!(found("chatwoot/chatwoot:v4", &variables, &[]), ["REDIS_URL redis://r:6379 - - pw -"]);
        assert_eq!(found("tootsuite/mastodon", &variables[1..], &[]), ["REDIS_HOST other - - pw -"]);
        let encoded = [("REDIS_URL", "ioredis://e30="), ("REDIS_HOSTNAME", "redis")];
        assert_eq!(found("ghcr.io/immich-app/immich-server", &encoded, &[]), ["REDIS_HOSTNAME redis - - - -"]);
    }

    #[test]
    fn names_end_at_slashes() {
        assert!(find("ghcr.io/goauthentik/server:2024.2").is_some());
        assert!(find("nextcloud:29-fpm").is_some());
        assert!(find("mynextcloud").is_none());
    }
}
