//! A health check's `redis-cli` call → whether it logs in, and what it makes of a refusal (facts.md §2).
//!
//! The `test` of a container goes in, how it would end comes out. Whether the server wants a password is not asked.

use crate::model::Healthcheck;
use crate::resolve::network::is_loopback;
use crate::resolve::project::{Lookup, Variables};
use crate::source::Span;
use crate::syntax::words::{self, Command, Word, WordPart};
use crate::text::Text;

/// What one call of `redis-cli` does.
#[derive(Default)]
struct Call {
    authenticates: bool,
    exits_on_error: bool,
    writes: bool,
    port: Option<u16>,
    elsewhere: bool,
    tls: bool,
}

/// The port that `redis-cli` asks unless told otherwise.
const DEFAULT_PORT: u16 = 6379;

/// Judges a test in the form `["CMD", …]` or `["CMD-SHELL", line]`; `None`: there is nothing to run.
#[must_use]
pub fn judge(test: &[Text], span: Span, environment: &Variables) -> Option<Healthcheck> {
    let (kind, rest) = test.split_first()?;
    let place = match rest {
        [first, .., last] => first.span().to(last.span()),
        [only] => only.span(),
        [] => return None,
    };
    let unknown = || Healthcheck {
        span: if place.is_empty() { span } else { place },
        understood: false,
        authenticates: false,
        fails_on_noauth: false,
        writes: false,
        port: None,
        tls: false,
        unexpanded: None,
    };
    let inherited = reaches(environment, "REDISCLI_AUTH");
    let script = match kind.as_str() {
        "NONE" => return None,
        "CMD-SHELL" => rest.first(),
        "CMD" => match rest {
            [shell, options @ .., script] if is_shell(shell.as_str()) && !options.is_empty() => Some(script),
            _ => None,
        },
        _ => return Some(unknown()),
    };
    let finished = |call: &Call, fails: bool| Healthcheck {
        span: place,
        understood: true,
        authenticates: call.authenticates || inherited,
        fails_on_noauth: fails || call.exits_on_error,
        writes: call.writes,
        port: call.port.filter(|_| !call.elsewhere),
        tls: call.tls,
        unexpanded: None,
    };
    let Some(script) = script else {
        let words: Vec<Option<String>> = rest.iter().map(|word| Some(word.as_str().to_owned())).collect();
        let literal = rest.iter().find(|word| names_variable(word.as_str())).map(Text::span);
        return Some(
            call(&words).map_or_else(unknown, |call| Healthcheck { unexpanded: literal, ..finished(&call, false) }),
        );
    };
    let commands = words::parse_shell(script);
    let found = commands.iter().enumerate().find_map(|(at, command)| Some((at, shell_call(command)?)));
    if let Some((at, mut call)) = found {
        let earlier = &commands[..=at];
        call.authenticates |= earlier.iter().any(|command| {
            command.assignments.iter().any(|(name, word)| name == "REDISCLI_AUTH" && !word.parts.is_empty())
        });
        return Some(finished(&call, judges_output(&commands[at..])));
    }
    Some(nested(script).map_or_else(unknown, |call| finished(&call, true)))
}

/// Whether a word has `$NAME` or `${NAME}` in it, which only a shell would fill in.
fn names_variable(word: &str) -> bool {
    word.match_indices('$').any(|(at, _)| {
        let name = word[at + 1..].strip_prefix('{').unwrap_or(&word[at + 1..]);
        name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
    })
}

/// Whether a variable reaches the processes with a value.
fn reaches(environment: &Variables, name: &str) -> bool {
    match environment.get(name) {
        Lookup::Found(variable) => {
            variable.value.alternatives.iter().any(|one| one.value.as_ref().is_some_and(|text| !text.is_empty()))
        }
        Lookup::Absent | Lookup::Unknown(_) => false,
    }
}

fn is_shell(word: &str) -> bool {
    matches!(word.rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash"))
}

/// Whether what follows in the pipe looks for the right answer.
fn judges_output(commands: &[Command]) -> bool {
    let piped = commands.windows(2).take_while(|pair| pair[0].terminator == "|");
    piped.into_iter().any(|pair| {
        let name = pair[1].words.first().and_then(Word::literal);
        name.is_some_and(|name| matches!(name.as_str().rsplit('/').next(), Some("grep" | "egrep" | "fgrep" | "awk")))
    })
}

/// `test "$(redis-cli ping)" = PONG`, `[ "$(…)" = … ]`: the call stands inside a substitution, whose text the shell
/// parser leaves alone.
fn nested(script: &Text) -> Option<Call> {
    let value = script.as_str();
    let open = value.find("$(").map(|at| at + 2).or_else(|| value.find('`').map(|at| at + 1))?;
    let close = value[open..].find([')', '`']).map_or(value.len(), |at| open + at);
    let commands = words::parse_shell(&script.slice(open..close));
    commands.iter().find_map(shell_call)
}

fn shell_call(command: &Command) -> Option<Call> {
    let words: Vec<Option<String>> = command
        .words
        .iter()
        .map(|word| match word.parts.as_slice() {
            // What the shell fills in is some value; an option never comes from a variable.
            [WordPart::Variable { .. } | WordPart::Opaque(_), ..] => None,
            _ => word.literal().map(|text| text.as_str().to_owned()),
        })
        .collect();
    call(&words)
}

/// Reads the arguments of `redis-cli`; `None` inside: a value that the shell fills in.
fn call(words: &[Option<String>]) -> Option<Call> {
    let program = words.iter().position(|word| {
        let name = word.as_deref().and_then(|word| word.rsplit('/').next());
        matches!(name, Some("redis-cli" | "valkey-cli" | "keydb-cli"))
    })?;
    let mut call = Call { port: Some(DEFAULT_PORT), ..Call::default() };
    let mut rest = words[program + 1..].iter();
    while let Some(word) = rest.next() {
        let Some(word) = word.as_deref() else { continue };
        match word {
            "-a" | "--pass" => call.authenticates |= rest.next().is_some_and(|value| value.as_deref() != Some("")),
            "-u" => {
                // Only with a password in the URL; what a variable holds is taken for one. With nothing before the
                // colon redis-cli logs in as the user "", which no server has.
                let logs_in = |url: &str| url.contains('@') && !url.contains("//:");
                let url = rest.next();
                call.authenticates |= url.is_some_and(|url| url.as_deref().is_none_or(logs_in));
                call.port = None;
            }
            "-p" => call.port = rest.next().and_then(|port| port.as_deref()?.parse().ok()),
            "-h" => {
                call.elsewhere = !rest.next().is_some_and(|host| host.as_deref().is_some_and(is_loopback));
            }
            "-s" => {
                rest.next();
                call.port = None;
            }
            "--tls" => call.tls = true,
            "-e" => call.exits_on_error = true,
            "-n" | "-r" | "-i" | "-d" | "-D" | "-t" | "-X" | "--user" | "--cacert" | "--cert" | "--key" | "--sni"
            | "--cacertdir" => {
                rest.next();
            }
            _ if word.starts_with('-') => {}
            command => {
                call.writes = matches!(
                    command.to_ascii_lowercase().as_str(),
                    "incr" | "set" | "setex" | "append" | "lpush" | "rpush" | "sadd" | "hset" | "incrby" | "decr"
                );
                // `redis-cli auth pw ping` logs in by no means: the rest are arguments of AUTH.
                break;
            }
        }
    }
    Some(call)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn judged(test: &[&str]) -> Healthcheck {
        let span = Span::new(FileId(0), 0..200);
        let texts: Vec<Text> = test.iter().map(|word| Text::mapped(word, span)).collect();
        judge(&texts, span, &Variables::default()).expect("a test")
    }

    #[test]
    fn forms_of_redis_cli() {
        for (test, authenticates, fails, writes) in [
            (vec!["CMD", "redis-cli", "ping"], false, false, false),
            (vec!["CMD-SHELL", "redis-cli ping | grep PONG"], false, true, false),
            (vec!["CMD-SHELL", "redis-cli ping || exit 1"], false, false, false),
            (vec!["CMD", "redis-cli", "--raw", "incr", "ping"], false, false, true),
            (vec!["CMD", "redis-cli", "-a", "x", "ping"], true, false, false),
            (
                vec!["CMD-SHELL", "redis-cli -a \"$REDIS_PASSWORD\" --no-auth-warning ping | grep -q PONG"],
                true,
                true,
                false,
            ),
            (vec!["CMD-SHELL", "REDISCLI_AUTH=$PW redis-cli ping"], true, false, false),
            (vec!["CMD", "redis-cli", "-e", "ping"], false, true, false),
            (vec!["CMD", "valkey-cli", "-p", "6380", "ping"], false, false, false),
            (vec!["CMD", "redis-cli", "-u", "redis://x@localhost", "ping"], true, false, false),
            (vec!["CMD", "redis-cli", "-u", "redis://:x@localhost", "ping"], false, false, false),
            (vec!["CMD-SHELL", "test \"$(redis-cli ping)\" = PONG"], false, true, false),
            (vec!["CMD", "sh", "-c", "redis-cli ping | grep PONG"], false, true, false),
        ] {
            let found = judged(&test);
            let got = (found.understood, found.authenticates, found.fails_on_noauth, found.writes);
            assert_eq!(got, (true, authenticates, fails, writes), "{test:?}");
        }
        assert!(!judged(&["CMD", "nc", "-z", "localhost", "6379"]).understood);
    }

    #[test]
    fn what_is_asked_and_how() {
        for (test, port, tls, unexpanded) in [
            (vec!["CMD", "redis-cli", "ping"], Some(6379), false, false),
            (vec!["CMD", "redis-cli", "-p", "6380", "ping"], Some(6380), false, false),
            (vec!["CMD-SHELL", "redis-cli -p $PORT ping"], None, false, false),
            (vec!["CMD", "redis-cli", "-h", "localhost", "ping"], Some(6379), false, false),
            (vec!["CMD", "redis-cli", "-h", "other", "-p", "7000", "ping"], None, false, false),
            (vec!["CMD", "redis-cli", "-s", "/run/redis.sock", "ping"], None, false, false),
            (vec!["CMD", "redis-cli", "--tls", "ping"], Some(6379), true, false),
            (vec!["CMD", "redis-cli", "-a", "$PW", "ping"], Some(6379), false, true),
            (vec!["CMD", "redis-cli", "-a", "p$1", "ping"], Some(6379), false, false),
            (vec!["CMD", "sh", "-c", "redis-cli -a $PW ping"], Some(6379), false, false),
        ] {
            let found = judged(&test);
            assert_eq!((found.port, found.tls, found.unexpanded.is_some()), (port, tls, unexpanded), "{test:?}");
        }
    }
}
