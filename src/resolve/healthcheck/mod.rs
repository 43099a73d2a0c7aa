//! A health check → what it asks, and how it ends against each authentication that the server may have (facts.md §2).
//!
//! The `test` of a container and the server in it go in, a [`Healthcheck`] comes out. `redis-cli` is read as its own
//! option parser does (`call`), answered by the model of the server (`answer`), in the pipes of a shell line (`script`).

mod answer;
mod call;
pub(crate) mod commands;
mod script;

use std::cell::RefCell;

use crate::model::{ClientCase, Family, HealthEnd, Healthcheck, Server, VersionRange};
use crate::resolve::conditions::both;
use crate::resolve::evaluate::ConnectionSettings;
use crate::resolve::handshake;
use crate::resolve::project::{Case, Variables};
use crate::source::Span;
use crate::symbol::{Resolved, Symbols};
use crate::text::Text;
use answer::{Answer, Door};
use call::{Call, Talk};
use script::Script;

/// Judges a check in the form `["CMD", …]` or `["CMD-SHELL", line]` in the container of `server`, whose authentication
/// is known by now; `None`: there is nothing to run.
#[must_use]
pub fn judge(
    cases: &[Case<Vec<Text>>],
    span: Span,
    environment: &Variables,
    server: &Server,
    symbols: &Symbols,
) -> Option<Healthcheck> {
    let test = &cases.first()?.value;
    let (kind, rest) = test.split_first()?;
    let place = match rest {
        [first, .., last] => first.span().to(last.span()),
        [only] => only.span(),
        [] => return None,
    };
    if kind.as_str() == "NONE" {
        return None;
    }
    let world = World { environment, server, symbols };
    let ends = server.auth.iter().map(|auth| {
        let here = cases.iter().filter(|case| both(&case.when, &auth.when).is_some());
        let mut ends = here.map(|case| world.end(&case.value, &auth.auth));
        let first = ends.next().unwrap_or_default();
        // Alternatives of the check that end differently tell nothing.
        if ends.all(|end| end == first) { first } else { HealthEnd::default() }
    });
    let ends = ends.collect();
    let seen = RefCell::new(Vec::new());
    world.run(test, &|talk, password| {
        let (authenticates, writes) = (password.is_some_and(|text| !text.is_empty()), talk.writes());
        seen.borrow_mut().push((authenticates, writes, talk.client.clone()));
        Answer::default()
    });
    let seen = seen.into_inner();
    let first = seen.first();
    // `redis-cli -p 6380 ping || redis-cli ping`: one of several places may be meant to be the wrong one.
    let door = |client: &ClientCase| (client.port, client.tls);
    let one = first.filter(|(.., one)| seen.iter().all(|(.., other)| door(other) == door(one)));
    let asked = one.map(|(.., client)| client);
    let here = |client: &&ClientCase| client.host.as_ref().is_some_and(|host| world.is_here(host));
    Some(Healthcheck {
        span: if place.is_empty() { span } else { place },
        understood: first.is_some(),
        authenticates: first.is_some_and(|(authenticates, ..)| *authenticates),
        writes: first.is_some_and(|(_, writes, _)| *writes),
        port: asked.filter(here).and_then(|client| client.port),
        tls: asked.is_some_and(|client| client.tls),
        unexpanded: unexpanded(test).filter(|_| first.is_some()),
        ends,
    })
}

/// A variable in an argument that no shell reads.
fn unexpanded(test: &[Text]) -> Option<Span> {
    let (kind, rest) = test.split_first()?;
    let exec = kind.as_str() == "CMD" && shell_line(rest).is_none();
    rest.iter().find(|word| exec && names_variable(word.as_str())).map(Text::span)
}

/// Whether a word has `$NAME` or `${NAME}` in it, which only a shell would fill in.
fn names_variable(word: &str) -> bool {
    word.match_indices('$').any(|(at, _)| {
        let name = word[at + 1..].strip_prefix('{').unwrap_or(&word[at + 1..]);
        name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_')
    })
}

/// The script of `["sh", "-c", script]`.
fn shell_line(words: &[Text]) -> Option<&Text> {
    let [shell, option, script, ..] = words else { return None };
    let shell = shell.as_str().rsplit('/').next();
    let runs = matches!(shell, Some("sh" | "bash" | "ash" | "dash"));
    (runs && option.as_str().starts_with('-') && option.as_str().ends_with('c')).then_some(script)
}

/// Programs that run the rest of their arguments, with the number of their own.
const WRAPPERS: &[(&str, usize)] = &[("timeout", 1), ("env", 0), ("exec", 0), ("nice", 0), ("gosu", 1), ("su-exec", 1)];

/// Where a check runs.
struct World<'a> {
    environment: &'a Variables,
    server: &'a Server,
    symbols: &'a Symbols,
}

/// Answers a question; the second argument is the password that is sent.
type Ask<'a> = &'a dyn Fn(&Talk, Option<&Text>) -> Answer;

impl World<'_> {
    fn end(&self, test: &[Text], auth: &crate::model::Auth) -> HealthEnd {
        let door = Door { server: self.server, auth, symbols: self.symbols };
        let end = self.run(test, &|talk, password| door.ask(talk, password));
        HealthEnd {
            passes: end.success,
            refused: end.calls.iter().find_map(|call| call.refused),
            writes: end.calls.iter().any(|call| call.writes),
        }
    }

    fn run(&self, test: &[Text], ask: Ask<'_>) -> script::End {
        let Some((kind, rest)) = test.split_first() else { return script::End::default() };
        let cli = |words: &[Text], inherited: Option<&Text>| self.cli(words, inherited, ask);
        let script = match kind.as_str() {
            "CMD-SHELL" => rest.first(),
            "CMD" => shell_line(rest),
            _ => return script::End::default(),
        };
        if let Some(text) = script {
            return script::run(text, &Script { environment: self.environment, symbols: self.symbols, cli: &cli });
        }
        let span = rest.first().map_or(self.server.span, Text::span);
        let inherited = script::inherited("REDISCLI_AUTH", self.environment, self.symbols, span);
        script::End::of(cli(rest, inherited.as_ref()))
    }

    /// Runs `redis-cli`; `None`: another program.
    fn cli(&self, words: &[Text], inherited: Option<&Text>, ask: Ask<'_>) -> Option<Answer> {
        let (first, mut rest) = words.split_first()?;
        if !call::is_program(first.as_str()) {
            let (_, own) = WRAPPERS.iter().find(|(name, _)| *name == first.as_str())?;
            rest = rest.get(*own..)?;
            return self.cli(rest, inherited, ask);
        }
        let url = |url: &Text| self.url(url);
        Some(match call::read(rest, self.server.version, first.span(), self.symbols, url) {
            Call::Ends(success) => Answer::ends(success),
            Call::Version => Answer::version(),
            Call::Mode => Answer::default(),
            Call::Asks(talk) => {
                let password = talk.password(inherited).cloned();
                ask(&talk, password.as_ref())
            }
        })
    }

    /// What `-u` says.
    fn url(&self, url: &Text) -> Option<ClientCase> {
        let settings =
            ConnectionSettings { url: Some(Resolved::known(url.clone(), Vec::new())), ..ConnectionSettings::default() };
        let any = VersionRange { from: None, to: None };
        let cases = handshake::connect(&settings, Family::RedisCli, any, self.symbols);
        <[ClientCase; 1]>::try_from(cases).ok().map(|[case]| case)
    }

    /// Whether a host is the container itself.
    fn is_here(&self, host: &Text) -> bool {
        crate::resolve::network::is_loopback(host.as_str())
            || self.server.names.iter().any(|name| name == host.as_str())
    }
}

#[cfg(test)]
mod tests;
