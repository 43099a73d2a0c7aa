//! Bugs planted into our side, each of which the comparison must catch for every library it could befall.

use redislint::library::{Family, VersionRange};
use serde_json::{Value, json};

use crate::real::Library;
use crate::settings::Settings;

/// One bug: what it does to the settings as we see them, to the library, and to what we say.
pub struct Plant {
    pub name: &'static str,
    pub url: fn(&str) -> String,
    pub library: fn(&Library) -> Library,
    pub said: fn(&mut Value),
}

pub const NONE: Plant = Plant { name: "none", url: str::to_owned, library: Library::clone, said: |_| {} };

pub const ALL: &[Plant] = &[
    Plant { name: "the query is ignored", url: |url| url.split('?').next().unwrap_or(url).to_owned(), ..NONE },
    Plant { name: "escapes are decoded twice", url: |url| url.replace("%25", "%").replace("%40", "@"), ..NONE },
    Plant { name: "everything before an @ is userinfo", url: |url| url.replacen('@', "%40", 1), ..NONE },
    Plant { name: "schemes have no case", url: str::to_lowercase, ..NONE },
    Plant { name: "trailing blanks are trimmed", url: |url| url.trim_end().to_owned(), ..NONE },
    Plant { name: "TLS is ignored", said: |said| put(said, "tls", json!(false)), ..NONE },
    Plant { name: "the database is ignored", said: |said| put(said, "db", json!(0)), ..NONE },
    Plant { name: "the port is ignored", said: |said| put(said, "port", json!(6379)), ..NONE },
    Plant { name: "the user name is ignored", said: |said| put(said, "username", Value::Null), ..NONE },
    Plant { name: "the password is ignored", said: |said| put(said, "password", Value::Null), ..NONE },
    Plant { name: "errors are ignored", said: unrefused, ..NONE },
    Plant { name: "every client is redis-py 7", library: |library| with(library, Family::RedisPy, 7), ..NONE },
    Plant { name: "every client is redis-py 3", library: |library| with(library, Family::RedisPy, 3), ..NONE },
    Plant { name: "every client is kombu", library: |library| with(library, Family::Kombu, 7), ..NONE },
    Plant { name: "every client is arq", library: |library| with(library, Family::Arq, 7), ..NONE },
    Plant { name: "every client is node-redis 5", library: |library| with(library, Family::NodeRedis, 5), ..NONE },
    Plant { name: "every client is ioredis 5", library: |library| with(library, Family::Ioredis, 5), ..NONE },
];

fn put(said: &mut Value, name: &str, value: Value) {
    if said["error"].is_null() {
        said[name] = value;
    }
}

fn unrefused(said: &mut Value) {
    if !said["error"].is_null() {
        *said = json!({});
    }
}

fn with(library: &Library, family: Family, major: u32) -> Library {
    let version = VersionRange { from: Some((major, 0)), to: Some((major, u32::MAX)) };
    Library { family, version, ..library.clone() }
}

impl Plant {
    /// Whether the plant is a bug for this library at all.
    pub fn befalls(&self, library: &Library) -> bool {
        let changed = (self.library)(library);
        let alike = |one: &Library, other: &Library| {
            one.family == other.family && one.version.to.map(|to| to.0) == other.version.to.map(|to| to.0)
        };
        let redis_py = library.family == Family::RedisPy;
        match self.name {
            // Versions 5 to 7 of redis-py read URLs alike, and so do 5 and 6 of the others.
            "every client is redis-py 7" => !redis_py || library.version.to < Some((5, 0)),
            "every client is node-redis 5" => library.family != Family::NodeRedis || library.version.to < Some((5, 0)),
            "every client is ioredis 5" => library.family != Family::Ioredis || library.version.to < Some((5, 0)),
            "every client is kombu" | "every client is arq" => library.family != changed.family,
            "every client is redis-py 3" => !alike(&changed, library),
            "the query is ignored" => library.family != Family::NodeRedis || library.version.to < Some((4, 0)),
            // Node takes them away itself.
            "trailing blanks are trimmed" => library.family.is_on_redis_py(),
            "the user name is ignored" => !(library.family == Family::Ioredis && library.version.to < Some((5, 0))),
            _ => true,
        }
    }

    pub fn settings(&self, settings: &Settings) -> Settings {
        Settings { url: settings.url.as_deref().map(self.url), arguments: settings.arguments.clone() }
    }
}
