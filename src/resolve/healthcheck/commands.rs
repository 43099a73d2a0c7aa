//! The commands that health checks use: how many words they take, and what ACLs call them.

/// A command of Redis.
pub(crate) struct Verb {
    pub name: &'static str,
    /// In Redis's own notation: the number of words with the name, or minus the least number.
    arity: isize,
    /// Names of ACL categories, as Redis 7.0 and Valkey have them.
    categories: &'static [&'static str],
    /// It leaves a key behind.
    pub writes: bool,
    /// A server serves it before the login, whoever the user is.
    pub always: bool,
}

const fn verb(name: &'static str, arity: isize, categories: &'static [&'static str]) -> Verb {
    Verb { name, arity, categories, writes: false, always: false }
}

const fn greeting(name: &'static str, arity: isize) -> Verb {
    Verb { always: true, ..verb(name, arity, &["fast", "connection"]) }
}

const fn writing(name: &'static str, arity: isize, categories: &'static [&'static str]) -> Verb {
    Verb { writes: true, ..verb(name, arity, categories) }
}

const VERBS: &[Verb] = &[
    verb("ping", -1, &["fast", "connection"]),
    verb("echo", 2, &["fast", "connection"]),
    verb("select", 2, &["fast", "connection"]),
    verb("info", -1, &["slow", "dangerous"]),
    verb("dbsize", 1, &["keyspace", "read", "fast"]),
    verb("exists", -2, &["keyspace", "read", "fast"]),
    verb("lastsave", 1, &["admin", "fast", "dangerous"]),
    verb("role", 1, &["admin", "fast", "dangerous"]),
    verb("time", 1, &["fast"]),
    verb("get", 2, &["read", "string", "fast"]),
    greeting("auth", -2),
    greeting("hello", -1),
    greeting("quit", -1),
    writing("append", 3, &["write", "string", "fast"]),
    writing("decr", 2, &["write", "string", "fast"]),
    writing("hset", -4, &["write", "hash", "fast"]),
    writing("incr", 2, &["write", "string", "fast"]),
    writing("incrby", 3, &["write", "string", "fast"]),
    writing("lpush", -3, &["write", "list", "fast"]),
    writing("mset", -3, &["write", "string", "slow"]),
    writing("rpush", -3, &["write", "list", "fast"]),
    writing("sadd", -3, &["write", "set", "fast"]),
    writing("set", -3, &["write", "string", "slow"]),
    writing("setex", 4, &["write", "string", "slow"]),
    writing("setnx", 3, &["write", "string", "fast"]),
];

/// Categories that Redis 6 has otherwise, and whether it has them.
const BEFORE_7: &[(&str, &str, bool)] =
    &[("select", "connection", false), ("select", "keyspace", true), ("role", "admin", false)];

impl Verb {
    /// Whether it is in an ACL category of the server; `None`: that depends on its version.
    pub fn is_in(&self, category: &str, from_7: Option<bool>) -> Option<bool> {
        let now = self.categories.contains(&category);
        let moved = BEFORE_7.iter().find(|(name, moved, _)| *name == self.name && *moved == category);
        match (moved, from_7) {
            (Some((.., before)), Some(false)) => Some(*before),
            (Some(_), None) => None,
            _ => Some(now),
        }
    }

    /// Looks a command up.
    pub fn find(name: &str) -> Option<&'static Self> {
        VERBS.iter().find(|verb| verb.name.eq_ignore_ascii_case(name))
    }

    /// Whether it takes so many words, its name among them.
    pub fn takes(&self, words: usize) -> bool {
        isize::try_from(words)
            .is_ok_and(|words| if self.arity < 0 { words >= -self.arity } else { words == self.arity })
    }

    /// Whether it needs a key pattern beside its permission.
    pub fn has_key(&self) -> bool {
        self.writes || matches!(self.name, "get" | "exists")
    }
}
