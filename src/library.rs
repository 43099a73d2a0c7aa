//! Client libraries and their versions: what a client's URL grammar and first bytes depend on.

/// Which library a client uses; its URL grammar and its first bytes depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// redis-py and what passes its URL through: RQ, Huey, dramatiq, Flask-Caching, channels-redis …
    RedisPy,
    /// The asynchronous half of redis-py, and what was aioredis: it looks at the scheme only once the URL is split.
    RedisPyAsyncio,
    /// valkey-py, which left redis-py at version 5 and knows its own schemes beside those of Redis.
    ValkeyPy,
    /// kombu, which parses Celery broker URLs.
    Kombu,
    /// Celery's Redis result backend.
    CeleryBackend,
    /// arq's `RedisSettings.from_dsn`.
    Arq,
    /// django-redis.
    DjangoRedis,
    /// Django's own Redis cache.
    DjangoCore,
    /// node-redis.
    NodeRedis,
    /// ioredis.
    Ioredis,
    /// redis-cli.
    RedisCli,
    /// redis-rs.
    RedisRs,
    /// A server that copies another one (`replicaof`).
    Replica,
    /// A Sentinel that watches over a master (`sentinel monitor`).
    Sentinel,
    /// Not known; judged only where all families agree.
    Unknown,
}

impl Family {
    /// The package name people know.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RedisPy | Self::RedisPyAsyncio => "redis-py",
            Self::ValkeyPy => "valkey-py",
            Self::Kombu => "kombu",
            Self::CeleryBackend => "celery",
            Self::Arq => "arq",
            Self::DjangoRedis => "django-redis",
            Self::DjangoCore => "django",
            Self::NodeRedis => "node-redis",
            Self::Ioredis => "ioredis",
            Self::RedisCli => "redis-cli",
            Self::RedisRs => "redis-rs",
            Self::Replica => "the replica",
            Self::Sentinel => "the Sentinel",
            Self::Unknown => "unknown",
        }
    }

    /// Whether it is no library but another server that logs in.
    #[must_use]
    pub fn is_server(self) -> bool {
        matches!(self, Self::Replica | Self::Sentinel)
    }

    /// Whether redis-py opens the connection: the family's version is redis-py's.
    #[must_use]
    pub fn is_on_redis_py(self) -> bool {
        match self {
            Self::RedisPy
            | Self::RedisPyAsyncio
            | Self::Kombu
            | Self::CeleryBackend
            | Self::Arq
            | Self::DjangoRedis
            | Self::DjangoCore => true,
            Self::ValkeyPy
            | Self::NodeRedis
            | Self::Ioredis
            | Self::RedisCli
            | Self::RedisRs
            | Self::Replica
            | Self::Sentinel
            | Self::Unknown => false,
        }
    }
}

/// A range of versions, both ends inclusive; `None`: open.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct VersionRange {
    /// Lowest major and minor version.
    pub from: Option<(u32, u32)>,
    /// Highest major and minor version.
    pub to: Option<(u32, u32)>,
}

impl VersionRange {
    /// Whether it is this version or a later one; `None`: that depends on which of the range it is.
    #[must_use]
    pub fn is_from(self, version: (u32, u32)) -> Option<bool> {
        match (self.from, self.to) {
            (_, Some(to)) if to < version => Some(false),
            (Some(from), _) if from >= version => Some(true),
            _ => None,
        }
    }

    /// The range from the older beginning to the newer end.
    #[must_use]
    pub fn hull(self, other: Self) -> Self {
        Self {
            from: self.from.zip(other.from).map(|(one, other)| one.min(other)),
            to: self.to.zip(other.to).map(|(one, other)| one.max(other)),
        }
    }
}
