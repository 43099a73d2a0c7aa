//! The libraries whose calls connect to Redis, and how their arguments are named.

use crate::model::Family;

use super::sites::Slot;

/// What a call connects to: the library and its positional parameters.
pub(super) struct Spec {
    pub family: Family,
    pub positional: &'static [Slot],
}

/// The libraries whose calls connect (facts.md §1.6).
pub(super) fn spec(name: &str) -> Option<Spec> {
    use Slot::{Db, Host, Password, Port, Socket, Tls, Url, Username};
    let root = name.split('.').next()?;
    let last = name.rsplit('.').next()?;
    let (family, positional): (_, &[Slot]) = match (root, last) {
        ("redis" | "aioredis" | "valkey", "Redis" | "StrictRedis" | "Valkey" | "StrictValkey")
        | ("walrus", "Walrus" | "Database") => (Family::RedisPy, &[Host, Port, Db, Password]),
        ("redis" | "aioredis" | "valkey", "RedisCluster") => (Family::RedisPy, &[Host, Port]),
        ("arq", "RedisSettings") => (Family::Arq, &[Host, Port, Socket, Db, Username, Password, Tls]),
        ("arq", "from_dsn") => (Family::Arq, &[Url]),
        ("redis" | "aioredis" | "valkey", "ConnectionPool" | "BlockingConnectionPool")
        | ("flask_limiter" | "slowapi", "Limiter")
        | ("flask_socketio", "SocketIO")
        | ("dramatiq", "RedisBroker" | "RedisBackend")
        | ("huey", "RedisHuey" | "PriorityRedisHuey" | "RedisExpireHuey")
        | ("redis_om", "get_redis_connection")
        | ("apscheduler", "RedisJobStore") => (Family::RedisPy, &[]),
        ("redis" | "aioredis" | "valkey", "from_url" | "create_redis_pool" | "create_redis")
        | ("limits", "RedisStorage" | "storage_from_string")
        | ("taskiq_redis", "ListQueueBroker" | "PubSubBroker" | "RedisStreamBroker" | "RedisAsyncResultBackend")
        | ("socketio", "RedisManager" | "AsyncRedisManager") => (Family::RedisPy, &[Url]),
        ("kombu", "Connection" | "BrokerConnection") => (Family::Kombu, &[Url]),
        _ => return None,
    };
    Some(Spec { family, positional })
}

/// The keyword arguments by which libraries take connection parameters.
pub(super) fn keyword_slot(name: &str) -> Option<Slot> {
    Some(match name {
        "url" | "dsn" | "uri" | "storage_uri" | "message_queue" | "address" => Slot::Url,
        "host" => Slot::Host,
        "port" => Slot::Port,
        "db" | "database" => Slot::Db,
        "username" => Slot::Username,
        "password" => Slot::Password,
        "ssl" => Slot::Tls,
        "unix_socket_path" => Slot::Socket,
        "protocol" => Slot::Protocol,
        _ => return None,
    })
}
