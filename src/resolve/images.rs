//! What each image does with its variables, command and mounted files (facts.md §4), as a readable table.
//!
//! An image reference goes in; out comes who made it, what it runs, which variables it reads and where its own
//! configuration lies. Knows nothing of a container's settings.

use crate::model::{Distribution, Product, VariableUse, VersionRange};
use crate::symbol::is_symbol;

/// An image that runs a Redis server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Image {
    /// Who made it.
    pub distribution: Distribution,
    /// What it serves.
    pub product: Product,
    /// Its version, as far as the tag tells: `7` may be any 7.x.
    pub version: VersionRange,
    /// Its row in the table.
    pub traits: &'static Traits,
}

/// Images of single modules, made from the official one.
const MODULES: &[&str] = &[
    "redislabs/redisearch",
    "redislabs/rejson",
    "redislabs/redisgraph",
    "redislabs/redistimeseries",
    "redislabs/rebloom",
    "redislabs/redismod",
];

/// Tags that always stand for the newest image.
const MOVING: &[&str] = &["latest", "alpine", "bookworm", "trixie", "bullseye", "slim", "edge", "stable", "lts"];

/// What such a tag means at least, for years now.
const NEWEST: VersionRange = VersionRange { from: Some((7, 0)), to: None };

/// What an image is, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recognised {
    /// A Redis server.
    Server(Image),
    /// A tool for Redis, such as an exporter or a web interface.
    Lookalike,
    /// Not in the table.
    Unknown,
}

/// What an image does when it starts.
#[derive(Debug, PartialEq, Eq)]
pub struct Traits {
    /// Name that is put before a command whose first word begins with `-` or ends in `.conf`.
    pub program: &'static str,
    /// The command of the image itself.
    pub command: &'static [&'static str],
    /// Where relative paths start from.
    pub directory: &'static str,
    /// Whether `protected-mode` is off without being configured.
    pub protected_mode_off: bool,
    /// A configuration file that the image loads by itself when it lies there (mounted over, or its own).
    pub own_conf: Option<&'static str>,
    /// Variables that set the password; each may also be given as `<NAME>_FILE` where `files` says so.
    pub password_variables: &'static [&'static str],
    /// A `_FILE` variant of every variable is read and wins.
    pub files: bool,
    /// A variable whose words are appended to the server's arguments.
    pub extra_arguments: Option<&'static str>,
    /// Prefix of the other variables it reads; empty: none.
    pub prefix: &'static str,
}

const REDIS: Traits = Traits {
    program: "redis-server",
    command: &["redis-server"],
    directory: "/data",
    protected_mode_off: true,
    own_conf: None,
    password_variables: &[],
    files: false,
    extra_arguments: None,
    prefix: "",
};
const VALKEY: Traits = Traits {
    program: "valkey-server",
    command: &["valkey-server"],
    extra_arguments: Some("VALKEY_EXTRA_FLAGS"),
    ..REDIS
};
/// Its command is a script, which a command of one's own bypasses together with `REDIS_ARGS`.
const STACK: Traits = Traits {
    command: &["/entrypoint.sh"],
    directory: "/",
    own_conf: Some("/redis-stack.conf"),
    extra_arguments: Some("REDIS_ARGS"),
    ..REDIS
};
/// `mounted-etc/redis.conf` replaces everything that the variables would set.
const BITNAMI_REDIS: Traits = Traits {
    program: "redis-server",
    command: &["/opt/bitnami/scripts/redis/run.sh"],
    directory: "/",
    protected_mode_off: false,
    own_conf: Some("/opt/bitnami/redis/mounted-etc/redis.conf"),
    password_variables: &["REDIS_PASSWORD"],
    files: true,
    extra_arguments: Some("REDIS_EXTRA_FLAGS"),
    prefix: "REDIS_",
};
const BITNAMI_VALKEY: Traits = Traits {
    program: "valkey-server",
    command: &["/opt/bitnami/scripts/valkey/run.sh"],
    own_conf: Some("/opt/bitnami/valkey/mounted-etc/valkey.conf"),
    password_variables: &["VALKEY_PASSWORD"],
    extra_arguments: Some("VALKEY_EXTRA_FLAGS"),
    prefix: "VALKEY_",
    ..BITNAMI_REDIS
};
const BITNAMI_KEYDB: Traits = Traits {
    program: "keydb-server",
    command: &["/opt/bitnami/scripts/keydb/run.sh"],
    own_conf: Some("/opt/bitnami/keydb/mounted-etc/keydb.conf"),
    password_variables: &["KEYDB_PASSWORD"],
    extra_arguments: Some("KEYDB_EXTRA_FLAGS"),
    prefix: "KEYDB_",
    ..BITNAMI_REDIS
};
const BITNAMI_SENTINEL: Traits = Traits {
    program: "redis-sentinel",
    command: &["/opt/bitnami/scripts/redis-sentinel/run.sh"],
    own_conf: Some("/opt/bitnami/redis-sentinel/mounted-etc/sentinel.conf"),
    password_variables: &["REDIS_SENTINEL_PASSWORD"],
    extra_arguments: None,
    ..BITNAMI_REDIS
};
const KEYDB: Traits = Traits {
    program: "keydb-server",
    command: &["keydb-server", "/etc/keydb/keydb.conf"],
    protected_mode_off: false,
    own_conf: Some("/etc/keydb/keydb.conf"),
    ..REDIS
};
const DRAGONFLY: Traits = Traits {
    program: "dragonfly",
    command: &["dragonfly", "--logtostderr"],
    password_variables: &["DFLY_requirepass", "DFLY_PASSWORD"],
    prefix: "DFLY_",
    ..REDIS
};
/// A build on a host, or an image of which nothing is known.
const PLAIN: Traits = Traits { protected_mode_off: false, directory: "/", ..REDIS };

/// Names without registry and tag, with what they are. `*/` stands for any or no organisation.
const TABLE: &[(&str, Distribution, Product, &Traits)] = &[
    ("redis", Distribution::Official, Product::Redis, &REDIS),
    ("library/redis", Distribution::Official, Product::Redis, &REDIS),
    ("amd64/redis", Distribution::Official, Product::Redis, &REDIS),
    ("arm32v7/redis", Distribution::Official, Product::Redis, &REDIS),
    ("arm64v8/redis", Distribution::Official, Product::Redis, &REDIS),
    ("i386/redis", Distribution::Official, Product::Redis, &REDIS),
    ("valkey/valkey", Distribution::Official, Product::Valkey, &VALKEY),
    ("valkey/valkey-bundle", Distribution::Official, Product::Valkey, &VALKEY),
    ("redis/redis-stack", Distribution::Stack, Product::Redis, &STACK),
    ("redis/redis-stack-server", Distribution::Stack, Product::Redis, &STACK),
    ("bitnami/redis", Distribution::Bitnami, Product::Redis, &BITNAMI_REDIS),
    ("bitnamilegacy/redis", Distribution::Bitnami, Product::Redis, &BITNAMI_REDIS),
    ("bitnamisecure/redis", Distribution::Bitnami, Product::Redis, &BITNAMI_REDIS),
    ("bitnami/valkey", Distribution::Bitnami, Product::Valkey, &BITNAMI_VALKEY),
    ("bitnamilegacy/valkey", Distribution::Bitnami, Product::Valkey, &BITNAMI_VALKEY),
    ("bitnami/keydb", Distribution::Bitnami, Product::Keydb, &BITNAMI_KEYDB),
    ("bitnamilegacy/keydb", Distribution::Bitnami, Product::Keydb, &BITNAMI_KEYDB),
    ("bitnami/redis-sentinel", Distribution::Bitnami, Product::Sentinel, &BITNAMI_SENTINEL),
    ("bitnamilegacy/redis-sentinel", Distribution::Bitnami, Product::Sentinel, &BITNAMI_SENTINEL),
    ("eqalpha/keydb", Distribution::Keydb, Product::Keydb, &KEYDB),
    ("dragonflydb/dragonfly", Distribution::Dragonfly, Product::Dragonfly, &DRAGONFLY),
];

/// Last parts of names that speak of Redis and serve none, or not as one plain server.
const LOOKALIKES: &[&str] = &[
    "exporter",
    "commander",
    "insight",
    "browser",
    "admin",
    "ui",
    "cli",
    "manager",
    "stat",
    "dump",
    "shake",
    "proxy",
    "operator",
    "backup",
    "cluster",
    "trib",
    "rdb",
    "tools",
    "lua",
    "metrics",
    "webui",
];

/// Looks an image reference up.
#[must_use]
pub fn recognise(reference: &str) -> Recognised {
    let (name, tag) = split(reference);
    let pinned = reference.contains('@') && tag.is_none();
    let version = if pinned { VersionRange::default() } else { version(tag.unwrap_or("latest")) };
    let server = |distribution, product, traits| Recognised::Server(Image { distribution, product, version, traits });
    if let Some((_, distribution, product, traits)) = TABLE.iter().find(|(known, ..)| *known == name) {
        return server(*distribution, *product, traits);
    }
    if MODULES.contains(&name) {
        // The tag is the module's version, not the server's.
        let (distribution, product) = (Distribution::Official, Product::Redis);
        return Recognised::Server(Image { distribution, product, version: VersionRange::default(), traits: &REDIS });
    }
    // A mirror or proxy keeps the last two parts: `public.ecr.aws/docker/library/redis`.
    let mirrored = TABLE.iter().find(|(known, ..)| {
        known.contains('/') && name.strip_suffix(known).is_some_and(|before| before.ends_with('/'))
    });
    if let Some((_, distribution, product, traits)) = mirrored {
        return server(*distribution, *product, traits);
    }
    let last = name.rsplit('/').next().unwrap_or(name);
    let lower = last.to_ascii_lowercase();
    let speaks_of_redis = ["redis", "valkey", "keydb", "dragonfly"].iter().any(|word| lower.contains(word));
    let of_another_kind = lower.split(['-', '_', '.']).any(|word| LOOKALIKES.iter().any(|tail| word.ends_with(tail)));
    if speaks_of_redis && of_another_kind {
        return Recognised::Lookalike;
    }
    match lower.as_str() {
        "redis" | "redis-server" => server(Distribution::Unknown, Product::Redis, &PLAIN),
        "valkey" | "valkey-server" => server(Distribution::Unknown, Product::Valkey, &PLAIN),
        "keydb" => server(Distribution::Unknown, Product::Keydb, &PLAIN),
        "redis-sentinel" => server(Distribution::Unknown, Product::Sentinel, &PLAIN),
        _ => Recognised::Unknown,
    }
}

/// A server in an image that is not in the table, known by the program it runs.
#[must_use]
pub fn unknown(product: Product) -> Image {
    Image { distribution: Distribution::Unknown, product, version: VersionRange::default(), traits: &PLAIN }
}

/// A server on a host.
#[must_use]
pub fn host(product: Product) -> Image {
    Image { distribution: Distribution::Host, ..unknown(product) }
}

impl Image {
    /// What becomes of a variable that nothing but the image itself could read.
    #[must_use]
    pub fn usage(&self, variable: &str) -> VariableUse {
        let traits = self.traits;
        if self.distribution == Distribution::Unknown {
            return VariableUse::Unknown;
        }
        let plain = if traits.files { variable.strip_suffix("_FILE").unwrap_or(variable) } else { variable };
        let read = traits.password_variables.contains(&plain)
            || traits.extra_arguments == Some(variable)
            || (!traits.prefix.is_empty() && plain.starts_with(traits.prefix))
            || (self.distribution == Distribution::Bitnami && plain == "ALLOW_EMPTY_PASSWORD");
        if read { VariableUse::Read } else { VariableUse::Ignored }
    }
}

/// Name without registry, and tag.
fn split(reference: &str) -> (&str, Option<&str>) {
    let reference = reference.split_once('@').map_or(reference, |(name, _)| name);
    let last = reference.rfind('/').map_or(0, |at| at + 1);
    let (name, tag) = match reference[last..].find(':') {
        Some(at) => (&reference[..last + at], Some(&reference[last + at + 1..])),
        None => (reference, None),
    };
    let name = match name.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" || first.contains(is_symbol) => rest,
        _ => name,
    };
    (name, tag)
}

/// `7.2.4-alpine` → 7.2; `7-alpine` → any 7; `latest`, `alpine` → not one of old. A tag of somebody's own tells nothing.
fn version(tag: &str) -> VersionRange {
    let tag = tag.strip_prefix('v').unwrap_or(tag);
    let mut parts = tag.split(['.', '-']).map(str::parse::<u32>);
    match (parts.next(), parts.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => VersionRange { from: Some((major, minor)), to: Some((major, minor)) },
        (Some(Ok(major)), _) => VersionRange { from: Some((major, 0)), to: Some((major, u32::MAX)) },
        _ if tag.split('-').all(moves) => NEWEST,
        _ => VersionRange::default(),
    }
}

/// Whether a part of a tag names no version of the server: `latest`, `alpine3.20`.
fn moves(part: &str) -> bool {
    MOVING.contains(&part.trim_end_matches(|char: char| char.is_ascii_digit() || char == '.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Found = (Distribution, Product, VersionRange);

    fn found(reference: &str) -> Option<Found> {
        match recognise(reference) {
            Recognised::Server(image) => Some((image.distribution, image.product, image.version)),
            _ => None,
        }
    }

    #[test]
    fn references_in_every_form() {
        use Distribution::{Bitnami, Dragonfly, Keydb, Official, Stack};
        let exactly = |version| VersionRange { from: Some(version), to: Some(version) };
        let any = |major| VersionRange { from: Some((major, 0)), to: Some((major, u32::MAX)) };
        let unknown = VersionRange::default();
        for (reference, distribution, product, version) in [
            ("redis", Official, Product::Redis, NEWEST),
            ("redis:latest", Official, Product::Redis, NEWEST),
            ("redis:7-alpine", Official, Product::Redis, any(7)),
            ("redis:7.2.4-bookworm", Official, Product::Redis, exactly((7, 2))),
            ("redis:6.2-alpine3.18", Official, Product::Redis, exactly((6, 2))),
            ("redis:alpine", Official, Product::Redis, NEWEST),
            ("redis:alpine3.20", Official, Product::Redis, NEWEST),
            ("redis:ours-7", Official, Product::Redis, unknown),
            ("docker.io/library/redis:6.2", Official, Product::Redis, exactly((6, 2))),
            ("public.ecr.aws/docker/library/redis:7", Official, Product::Redis, any(7)),
            ("registry.example.com:5000/redis:7", Official, Product::Redis, any(7)),
            ("redis:7@sha256:0123", Official, Product::Redis, any(7)),
            ("redis@sha256:0123", Official, Product::Redis, unknown),
            ("valkey/valkey:8", Official, Product::Valkey, any(8)),
            ("bitnami/redis:7.4", Bitnami, Product::Redis, exactly((7, 4))),
            ("bitnamilegacy/redis", Bitnami, Product::Redis, NEWEST),
            ("bitnami/valkey", Bitnami, Product::Valkey, NEWEST),
            ("redis/redis-stack:latest", Stack, Product::Redis, NEWEST),
            ("redis/redis-stack-server:7.2.0-v9", Stack, Product::Redis, exactly((7, 2))),
            ("eqalpha/keydb", Keydb, Product::Keydb, NEWEST),
            ("docker.dragonflydb.io/dragonflydb/dragonfly", Dragonfly, Product::Dragonfly, NEWEST),
            ("ghcr.io/dragonflydb/dragonfly:v1.2.3", Dragonfly, Product::Dragonfly, exactly((1, 2))),
        ] {
            assert_eq!(found(reference), Some((distribution, product, version)), "{reference}");
        }
    }

    #[test]
    fn tools_are_no_servers() {
        for reference in [
            "oliver006/redis_exporter",
            "rediscommander/redis-commander:latest",
            "ghcr.io/joeferner/redis-commander",
            "redis/redisinsight:2.50",
            "redislabs/redisinsight",
            "bitnami/redis-exporter",
            "erikdubbelboer/phpredisadmin",
        ] {
            assert_eq!(recognise(reference), Recognised::Lookalike, "{reference}");
        }
        assert_eq!(recognise("postgres:16"), Recognised::Unknown);
    }

    #[test]
    fn variables_are_read_by_bitnami_only() {
        let usage = |image: &str, variable| match recognise(image) {
            Recognised::Server(image) => Some(image.usage(variable)),
            _ => None,
        };
        assert_eq!(usage("redis:7", "REDIS_PASSWORD"), Some(VariableUse::Ignored));
        assert_eq!(usage("bitnami/redis", "REDIS_PASSWORD_FILE"), Some(VariableUse::Read));
        assert_eq!(usage("bitnami/valkey", "REDIS_PASSWORD"), Some(VariableUse::Ignored));
        assert_eq!(usage("valkey/valkey", "VALKEY_EXTRA_FLAGS"), Some(VariableUse::Read));
        assert_eq!(usage("redis/redis-stack", "REDIS_ARGS"), Some(VariableUse::Read));
        assert_eq!(usage("someone/redis", "REDIS_PASSWORD"), Some(VariableUse::Unknown));
    }
}
