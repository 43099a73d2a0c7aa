//! The libraries whose calls connect to Redis, and how they name their arguments: data, with the place where each
//! library says so. `tests/oracle_libraries.rs` asks the libraries themselves.

use crate::model::Family;

use super::sites::Slot;

/// Calls of one library that connect.
pub(super) struct Spec {
    /// The package: the first part of the full name.
    package: &'static str,
    /// The last parts of the full names.
    names: &'static [&'static str],
    pub family: Family,
    /// The leading positional parameters; what is no connection parameter ends the list.
    pub positional: &'static [Slot],
    /// Whether it connects to localhost where nothing is said.
    pub alone: bool,
}

use Slot::{Db, Host, Password, Port, Socket, Tls, Url, Username};

const fn spec(
    package: &'static str,
    names: &'static [&'static str],
    family: Family,
    positional: &'static [Slot],
) -> Spec {
    Spec { package, names, family, positional, alone: false }
}

/// As [`spec`], for calls that connect to localhost where nothing is said.
const fn alone(
    package: &'static str,
    names: &'static [&'static str],
    family: Family,
    positional: &'static [Slot],
) -> Spec {
    Spec { package, names, family, positional, alone: true }
}

const SPECS: &[Spec] = &[
    // https://redis.readthedocs.io/en/stable/connections.html, also `redis.asyncio`
    alone("redis", &["Redis", "StrictRedis"], Family::RedisPy, &[Host, Port, Db, Password]),
    alone("redis", &["RedisCluster"], Family::RedisPy, &[Host, Port]),
    alone("redis", &["ConnectionPool", "BlockingConnectionPool"], Family::RedisPy, &[]),
    alone("redis", &["from_url"], Family::RedisPy, &[Url]),
    // https://valkey-py.readthedocs.io: the same, renamed
    alone("valkey", &["Valkey", "StrictValkey", "Redis", "StrictRedis"], Family::ValkeyPy, &[Host, Port, Db, Password]),
    alone("valkey", &["ValkeyCluster", "RedisCluster"], Family::ValkeyPy, &[Host, Port]),
    alone("valkey", &["ConnectionPool", "BlockingConnectionPool"], Family::ValkeyPy, &[]),
    alone("valkey", &["from_url"], Family::ValkeyPy, &[Url]),
    // https://aioredis.readthedocs.io: version 2 is redis-py's, version 1 takes an address
    alone("aioredis", &["Redis", "StrictRedis"], Family::RedisPyAsyncio, &[Host, Port, Db, Password]),
    alone("aioredis", &["ConnectionPool", "BlockingConnectionPool"], Family::RedisPyAsyncio, &[]),
    alone("aioredis", &["from_url"], Family::RedisPyAsyncio, &[Url]),
    alone("aioredis", &["create_redis_pool", "create_redis", "create_pool"], Family::RedisPyAsyncio, &[Url]),
    // https://coredis.readthedocs.io
    alone("coredis", &["Redis"], Family::Unknown, &[Host, Port, Db]),
    alone("coredis", &["RedisCluster"], Family::Unknown, &[Host, Port]),
    alone("coredis", &["from_url"], Family::Unknown, &[Url, Db]),
    // https://arq-docs.helpmanual.io/#arq.connections.RedisSettings
    alone("arq", &["RedisSettings"], Family::Arq, &[Host, Port, Socket, Db, Username, Password, Tls]),
    alone("arq", &["from_dsn"], Family::Arq, &[Url]),
    // https://walrus.readthedocs.io/en/latest/api.html#walrus.Database: a redis-py client
    alone("walrus", &["Walrus", "Database"], Family::RedisPy, &[Host, Port, Db, Password]),
    // https://docs.celeryq.dev/projects/kombu/en/stable/reference/kombu.connection.html
    spec("kombu", &["Connection", "BrokerConnection"], Family::Kombu, &[Url]),
    // https://flask-limiter.readthedocs.io and https://slowapi.readthedocs.io: `storage_uri`
    spec("flask_limiter", &["Limiter"], Family::RedisPy, &[]),
    spec("slowapi", &["Limiter"], Family::RedisPy, &[]),
    // https://limits.readthedocs.io/en/stable/storage.html
    spec(
        "limits",
        &["RedisStorage", "RedisClusterStorage", "RedisSentinelStorage", "storage_from_string"],
        Family::RedisPy,
        &[Url],
    ),
    // https://flask-socketio.readthedocs.io and https://python-socketio.readthedocs.io
    spec("flask_socketio", &["SocketIO", "init_app"], Family::RedisPy, &[]),
    spec("socketio", &["RedisManager", "AsyncRedisManager"], Family::RedisPy, &[Url]),
    // https://dramatiq.io/reference.html#dramatiq.brokers.redis.RedisBroker
    spec("dramatiq", &["RedisBroker", "RedisBackend"], Family::RedisPy, &[]),
    // https://huey.readthedocs.io/en/latest/api.html#RedisHuey: the first parameter is a name
    spec(
        "huey",
        &["RedisHuey", "PriorityRedisHuey", "RedisExpireHuey", "PriorityRedisExpireHuey"],
        Family::RedisPy,
        &[],
    ),
    // https://taskiq-python.github.io: taskiq-redis
    spec(
        "taskiq_redis",
        &["ListQueueBroker", "PubSubBroker", "RedisStreamBroker", "RedisAsyncResultBackend", "RedisScheduleSource"],
        Family::RedisPy,
        &[Url],
    ),
    // https://saq-py.readthedocs.io and https://github.com/encode/broadcaster
    spec("saq", &["from_url"], Family::RedisPy, &[Url]),
    spec("broadcaster", &["Broadcast"], Family::Unknown, &[Url]),
    // https://redis.io/docs/latest/integrate/redisom-for-python
    spec("redis_om", &["get_redis_connection"], Family::RedisPy, &[]),
    // https://apscheduler.readthedocs.io/en/3.x/modules/jobstores/redis.html
    spec("apscheduler", &["RedisJobStore"], Family::RedisPy, &[Db]),
    // https://aiocache.readthedocs.io/en/latest/caches.html: `endpoint`
    spec("aiocache", &["RedisCache", "Cache"], Family::RedisPy, &[]),
    spec("aiocache", &["from_url"], Family::RedisPy, &[Url]),
    // https://github.com/Krukov/cashews#configuration
    spec("cashews", &["setup"], Family::RedisPy, &[Url]),
    // https://cachelib.readthedocs.io/en/stable/redis: the results backend of Superset
    spec("cachelib", &["RedisCache"], Family::RedisPy, &[Host, Port, Password, Db]),
];

/// The library of a call's full name, such as `redis.asyncio.Redis`.
pub(super) fn of_call(name: &str) -> Option<&'static Spec> {
    let package = name.split('.').next()?;
    let last = name.rsplit('.').next()?;
    SPECS.iter().find(|spec| spec.package == package && spec.names.contains(&last))
}

/// A call that connects, as we take the library to have it.
#[derive(Clone, Debug)]
pub struct Signature {
    /// The package and the last part of its full name.
    pub name: String,
    /// What the leading positional parameters are.
    pub positional: Vec<String>,
}

impl Signature {
    /// What a parameter of this name is; `None`: none of the connection.
    #[must_use]
    pub fn slot_of(&self, parameter: &str) -> Option<String> {
        let slot = if self.name.starts_with("kombu.") && parameter == "hostname" {
            Some(Url)
        } else {
            keyword_slot(parameter)
        };
        slot.map(|slot| format!("{slot:?}"))
    }
}

/// Every call that connects.
#[must_use]
pub fn signatures() -> Vec<Signature> {
    let of = |spec: &Spec| -> Vec<Signature> {
        let positional: Vec<String> = spec.positional.iter().map(|slot| format!("{slot:?}")).collect();
        let name = |name: &&str| Signature { name: format!("{}.{name}", spec.package), positional: positional.clone() };
        spec.names.iter().map(name).collect()
    };
    SPECS.iter().flat_map(of).collect()
}

impl Spec {
    /// The family of a call by this full name: half of redis-py is asynchronous.
    pub fn family_of(&self, name: &str) -> Family {
        if self.family == Family::RedisPy && name.starts_with("redis.asyncio.") {
            return Family::RedisPyAsyncio;
        }
        self.family
    }
}

/// What a dictionary that configures a client looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dictionary {
    /// `CACHE_REDIS_URL`, `CACHE_REDIS_HOST` …
    FlaskCaching,
    /// A dictionary of dictionaries, each with `endpoint` and the like.
    Aiocache,
}

/// The calls that take all in a dictionary.
pub(super) fn configured_by_dictionary(name: &str) -> Option<Dictionary> {
    match name {
        // https://flask-caching.readthedocs.io/en/latest/#configuring-flask-caching
        "flask_caching.Cache"
        | "flask_caching.Cache.init_app"
        | "flask.Flask.config.from_mapping"
        | "flask.Flask.config.update" => Some(Dictionary::FlaskCaching),
        // https://aiocache.readthedocs.io/en/latest/configuration.html
        "aiocache.caches.set_config" => Some(Dictionary::Aiocache),
        _ => None,
    }
}

/// The keyword arguments by which libraries take connection parameters.
pub(super) fn keyword_slot(name: &str) -> Option<Slot> {
    Some(match name {
        "url" | "dsn" | "uri" | "storage_uri" | "message_queue" | "address" | "redis_url" | "settings_url"
        | "storage_string" => Url,
        "host" | "endpoint" => Host,
        "port" => Port,
        "db" | "database" => Db,
        "username" => Username,
        "password" => Password,
        "ssl" => Tls,
        "unix_socket_path" => Socket,
        "protocol" => Slot::Protocol,
        _ => return None,
    })
}

/// Settings by which frameworks take a Redis URL, also where its value can't be told.
pub(super) fn is_framework_url(name: &str) -> bool {
    const NAMES: [&str; 6] = [
        // https://flask-caching.readthedocs.io/en/latest/#configuring-flask-caching
        "CACHE_REDIS_URL",
        // https://flask-limiter.readthedocs.io/en/stable/configuration.html
        "RATELIMIT_STORAGE_URI",
        "RATELIMIT_STORAGE_URL",
        // https://github.com/rq/Flask-RQ2 and https://github.com/underyx/flask-redis
        "RQ_REDIS_URL",
        // https://redis.io/docs/latest/integrate/redisom-for-python
        "REDIS_OM_URL",
        // https://flask-dramatiq.readthedocs.io
        "DRAMATIQ_BROKER_URL",
    ];
    NAMES.contains(&name)
}
