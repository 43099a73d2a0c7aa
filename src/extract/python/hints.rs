//! Whether a name may have to do with a server, by the words in it and in what it is set to. Most of a program's names
//! have not, and asking for the value of every one, in every container, is what large repositories would wait for.

use crate::facts::code::{Expr, ExprKind};

/// Parts of words, in any case, of which one stands in every setting that names a server.
const PARTS: [&str; 28] = [
    "redis", "valkey", "url", "uri", "dsn", "://", "broker", "backend", "cache", "queue", "celery", "rabbit", "env",
    "conf", "setting", "addr", "host", "location", "stor", "limit", "session", "lock", "channel", "pubsub", "pass",
    "secret", "token", "server",
];

/// Words that are part of too many others.
const WORDS: [&str; 13] =
    ["port", "db", "database", "user", "username", "auth", "pwd", "ssl", "tls", "job", "jobs", "kv", "mq"];

/// Expressions that are looked at; a larger one is data, and is asked for as a whole.
const MAX_EXPRESSIONS: usize = 256;

/// Looks at a name, and at the texts and names that it is made of.
pub fn of(name: &str, value: Option<&Expr>, annotation: Option<&Expr>) -> bool {
    if speaks(name) {
        return true;
    }
    let mut work: Vec<&Expr> = value.into_iter().chain(annotation).collect();
    let mut seen = 0;
    while let Some(expr) = work.pop() {
        seen += 1;
        if seen > MAX_EXPRESSIONS {
            return true;
        }
        work.extend(expr.parts());
        let said = match &expr.kind {
            ExprKind::Text(text) => speaks(text.as_str()),
            ExprKind::Name(name) => speaks(name),
            ExprKind::Attribute(_, name) => speaks(&name.value),
            ExprKind::Call(call) => call.keywords.iter().any(|(key, _)| speaks(&key.value)),
            ExprKind::Dict(entries) => {
                entries.iter().filter_map(|(key, _)| key.as_ref()?.as_text()).any(|key| speaks(key.as_str()))
            }
            _ => false,
        };
        if said {
            return true;
        }
    }
    false
}

fn speaks(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    PARTS.iter().any(|part| lower.contains(part))
        || lower.split(|char: char| !char.is_ascii_alphanumeric()).any(|word| WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_servers_are_told_from_others() {
        for name in ["REDIS_URL", "cache", "BROKER", "smtp.port", "db", "RATELIMIT_STORAGE", "kv"] {
            assert!(of(name, None, None), "{name}");
        }
        for name in ["queryset", "model", "report", "template_name", "users_seen", "imported"] {
            assert!(!of(name, None, None), "{name}");
        }
    }
}
