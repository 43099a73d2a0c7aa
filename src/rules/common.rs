//! What several rules need: links that end in a fault, how sure a verdict is, and words for clients and servers.
//!
//! In: the model. Out: faults with their confidence, labels, names. Nothing here decides what is a fault: that is each
//! rule's own business. No function returns a secret; [`digest`] stands for one where equal secrets belong together.

use std::hash::{DefaultHasher, Hash, Hasher};

use crate::finding::{Confidence, Finding, Label, Severity};
use crate::model::{
    Auth, AuthCase, AuthFault, Client, ClientCase, Environment, Family, HealthEnd, Link, Model, Outcome, Password,
    Place, Reach, Server, User, VariableUse, VersionRange,
};
use crate::rule::Rule;
use crate::source::{Sources, Span};
use crate::symbol::{Condition, Step, Symbols};
use crate::text::Text;

/// How one alternative looks to a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The fault that the rule is about.
    Hit,
    /// Another fault: it does not work either.
    Bad,
    /// Works, or could not be told.
    Fine,
}

/// A client that meets its server with a fault.
pub struct Fault<'a> {
    /// Where both run.
    pub environment: &'a Environment,
    /// The client.
    pub client: &'a Client,
    /// What it connects with.
    pub case: &'a ClientCase,
    /// The server.
    pub server: &'a Server,
    /// What the server demands.
    pub auth: &'a AuthCase,
    /// Further alternatives that end in the same fault.
    pub others: Vec<&'a ClientCase>,
    /// The ends that made it a fault, by version of the client's library; never empty.
    pub ends: Vec<(VersionRange, &'a Outcome)>,
    /// Versions of the client's library with which the same alternative works.
    pub spared: Vec<VersionRange>,
    /// How sure we are, all told.
    pub confidence: Confidence,
}

impl Fault<'_> {
    /// The text of the first end that has one: Redis's or the client's own.
    #[must_use]
    pub fn error(&self) -> &str {
        self.ends.iter().find_map(|(_, outcome)| error_of(outcome)).unwrap_or("connection failed")
    }

    /// What comes of it: the error, or more where it is not always refused.
    #[must_use]
    pub fn ending(&self) -> String {
        self.not_always_refused().unwrap_or_else(|| format!("`{}`", self.error()))
    }

    /// With which versions of the library it is refused and with which it is not; `None`: it always is.
    #[must_use]
    pub fn not_always_refused(&self) -> Option<String> {
        let library = library(self.client.family);
        let let_in: Vec<VersionRange> =
            self.ends.iter().filter(|(_, outcome)| is_let_in(outcome)).map(|(range, _)| *range).collect();
        let refused = self.ends.iter().filter(|(_, outcome)| !is_let_in(outcome));
        let refused = refused.map(|(range, _)| *range).reduce(VersionRange::hull);
        let (others, how) = match (let_in.as_slice(), self.spared.as_slice()) {
            ([], spared) => (spared, "let in"),
            (let_in, _) => (let_in, "silently unauthenticated"),
        };
        Some(match (refused, others) {
            (None, _) => format!("{library} is silently let in unauthenticated, as is everyone else"),
            (Some(_), []) => return None,
            (Some(_), _) if self.client.family == Family::Unknown => {
                format!("refused (`{}`), or with some libraries {how}", self.error())
            }
            (Some(refused), others) => {
                let until = refused.to.map(|(major, _)| format!(" ≤ {major}")).unwrap_or_default();
                let from = match others {
                    [VersionRange { from: Some((major, _)), .. }] => format!("from {major} on"),
                    _ => "in other versions".to_owned(),
                };
                format!("refused by {library}{until} (`{}`), {how} {from}", self.error())
            }
        })
    }

    /// That of the rule, or less where it works all the same: what fails is the protection that somebody counts on.
    #[must_use]
    pub fn severity(&self, rule: &Rule) -> Severity {
        let works = self.ends.iter().all(|(_, outcome)| is_let_in(outcome));
        if works { rule.severity.min(Severity::Warning) } else { rule.severity }
    }

    /// The passwords of the further alternatives, where these are written elsewhere.
    #[must_use]
    pub fn other_passwords(&self, span: Span) -> Vec<Label> {
        let passwords = self.others.iter().filter_map(|case| case.password.as_ref()).map(Text::span);
        let elsewhere = passwords.filter(|other| !other.contains(span) && !span.contains(*other));
        elsewhere.map(|other| Label::new(other, "or else this one is sent")).collect()
    }

    /// A finding about this link at `span`, with the client's trace.
    #[must_use]
    pub fn finding(&self, rule: &Rule, span: Span, label: &str, message: String) -> Finding {
        Finding {
            severity: self.severity(rule),
            trace: trace(&self.case.trace),
            setting: self.client.setting.clone(),
            ..finding(rule, self.environment, self.confidence, Label::new(span, label), message)
        }
    }
}

/// Every link that ends in what `is_hit` accepts, once for each of the client's alternatives.
#[must_use]
pub fn faults(model: &Model, is_hit: impl Fn(&ClientCase, &Outcome) -> bool) -> Vec<Fault<'_>> {
    let mut found = Vec::new();
    for environment in &model.environments {
        for link in &environment.links {
            let (Some(client), Some(server)) =
                (environment.clients.get(link.client), environment.servers.get(link.server))
            else {
                continue;
            };
            let verdict = |at: usize, outcome: &Outcome| match client.cases.get(at) {
                Some(case) if is_hit(case, outcome) => Verdict::Hit,
                _ if matches!(outcome, Outcome::Works | Outcome::Undetermined) => Verdict::Fine,
                _ => Verdict::Bad,
            };
            // In another state of its variables a client may look for a server elsewhere.
            let all = client.cases.iter().enumerate().flat_map(|(at, case)| {
                let here = link.outcomes.iter().filter(move |end| end.client_case == at);
                let here: Vec<_> = here.map(|end| (end.when.as_slice(), verdict(at, &end.outcome))).collect();
                if here.is_empty() { vec![(case.when.as_slice(), elsewhere(case))] } else { here }
            });
            let Some(confidence) = weigh(all) else {
                continue;
            };
            let confidence = confidence.min(client.confidence).min(server.confidence).min(environment.confidence);
            for (at, case) in client.cases.iter().enumerate() {
                let hits = || {
                    link.outcomes
                        .iter()
                        .filter(|end| end.client_case == at && verdict(at, &end.outcome) == Verdict::Hit)
                };
                let Some(auth) = hits().next().and_then(|end| server.auth.get(end.server_case)) else {
                    continue;
                };
                let ends = hits().map(|end| (end.versions, &end.outcome)).collect();
                let works = link.outcomes.iter().filter(|end| end.client_case == at && end.outcome == Outcome::Works);
                let spared = works.map(|end| end.versions).collect();
                let others = Vec::new();
                found.push(Fault { environment, client, case, server, auth, others, ends, spared, confidence });
            }
        }
    }
    found
}

/// What becomes of a client where it does not talk to the server at hand.
fn elsewhere(case: &ClientCase) -> Verdict {
    let lost = matches!(case.reach, Reach::UnknownName { .. } | Reach::OwnContainer | Reach::SeparateNetworks(_));
    if lost || case.error.is_some() { Verdict::Bad } else { Verdict::Fine }
}

/// Every link that ends in `fault`, whether refused or let in unauthenticated; several alternatives of a client that
/// fail alike are one fault, of which the first speaks.
#[must_use]
pub fn auth_faults(model: &Model, fault: AuthFault) -> Vec<Fault<'_>> {
    let is_hit =
        |case: &ClientCase, outcome: &Outcome| !case.has_password_as_user(outcome) && outcome.fault() == Some(fault);
    let mut found: Vec<Fault<'_>> = Vec::new();
    for fault in faults(model, is_hit) {
        let same = |first: &&mut Fault<'_>| {
            std::ptr::eq(first.client, fault.client) && std::ptr::eq(first.server, fault.server)
        };
        match found.last_mut().filter(same) {
            Some(first) => first.others.push(fault.case),
            None => found.push(fault),
        }
    }
    found
}

/// Whether one of the client's logins is refused, or lets it in unauthenticated.
#[must_use]
pub fn has_auth_fault(environment: &Environment, client: &Client) -> bool {
    let own = |link: &&Link| environment.clients.get(link.client).is_some_and(|one| std::ptr::eq(one, client));
    environment.links.iter().filter(own).flat_map(|link| &link.outcomes).any(|end| end.outcome.fault().is_some())
}

/// Whether it goes on without a login that counts.
fn is_let_in(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::WorksUnauthenticated { .. })
}

/// The error text of an end.
#[must_use]
pub fn error_of(outcome: &Outcome) -> Option<&str> {
    match outcome {
        Outcome::Fails { error, .. } | Outcome::Hangs { error } if !error.is_empty() => Some(error),
        _ => None,
    }
}

/// How sure a verdict over alternatives is, the first being what a fresh clone gets; `None`: not to be reported.
///
/// All fail: high. Only that of a fresh clone: medium. Only one that takes a variable to be set: low. Only inside a
/// branch of code that may never be taken: nothing.
pub fn weigh<'a>(alternatives: impl Iterator<Item = (&'a [Condition], Verdict)>) -> Option<Confidence> {
    let all: Vec<_> = alternatives.collect();
    let certain = all.iter().all(|(_, verdict)| *verdict != Verdict::Fine);
    let mut best = None;
    for (when, _) in all.iter().filter(|(_, verdict)| *verdict == Verdict::Hit) {
        let example = when.iter().any(|condition| matches!(condition, Condition::Example(_)));
        let branch = when.iter().any(|condition| matches!(condition, Condition::Branch(_)));
        let confidence = match (certain, branch) {
            (true, _) if example => Confidence::Medium,
            (true, _) => Confidence::High,
            (false, true) => continue,
            (false, false) if all.first().is_some_and(|(first, _)| first == when) => Confidence::Medium,
            (false, false) => Confidence::Low,
        };
        best = best.max(Some(confidence));
    }
    best
}

/// How sure it is that anyone may use the server; what keeps it from starting keeps nobody out.
#[must_use]
pub fn weigh_open(server: &Server) -> Option<Confidence> {
    if demands_certificates(server) { None } else { weigh_running(server, is_open) }
}

/// Whether all of its ports let in only who shows a certificate.
#[must_use]
pub fn demands_certificates(server: &Server) -> bool {
    server.port.is_none() && server.wants_certificates()
}

/// How sure it is that the running server's authentication is what `is` picks.
#[must_use]
pub fn weigh_running(server: &Server, is: impl Fn(&Auth) -> bool) -> Option<Confidence> {
    weigh(server.auth.iter().map(|case| {
        let verdict = match &case.auth {
            Auth::DoesNotStart { .. } => Verdict::Bad,
            auth if is(auth) => Verdict::Hit,
            _ => Verdict::Fine,
        };
        (case.when.as_slice(), verdict)
    }))
}

/// How sure it is that the health check ends as `is` picks, over the cases in which the server runs.
#[must_use]
pub fn weigh_health(server: &Server, is: impl Fn(&HealthEnd) -> bool) -> Option<Confidence> {
    let ends = server.healthcheck.iter().flat_map(|health| &health.ends);
    weigh(server.auth.iter().zip(ends).map(|(case, end)| {
        let verdict = match &case.auth {
            Auth::DoesNotStart { .. } => Verdict::Bad,
            _ if is(end) => Verdict::Hit,
            _ => Verdict::Fine,
        };
        (case.when.as_slice(), verdict)
    }))
}

/// A finding of `rule` with its own severity and nothing but the necessary.
#[must_use]
pub fn finding(
    rule: &Rule,
    environment: &Environment,
    confidence: Confidence,
    primary: Label,
    message: String,
) -> Finding {
    Finding {
        rule: rule.name,
        severity: rule.severity,
        confidence,
        // Those without an environment make up one without a name.
        environments: Some(environment.name.clone()).filter(|name| !name.is_empty()).into_iter().collect(),
        message,
        primary,
        related: Vec::new(),
        trace: Vec::new(),
        help: None,
        setting: None,
        group: None,
        fixes: Vec::new(),
    }
}

/// Steps as labels.
#[must_use]
pub fn trace(steps: &[Step]) -> Vec<Label> {
    steps.iter().map(|step| Label::new(step.span, step.label.clone())).collect()
}

/// The default user; `None` where authentication is unknown or the server does not start.
#[must_use]
pub fn default_user(auth: &Auth) -> Option<&User> {
    match auth {
        Auth::Users(users) => users.iter().find(|user| user.name.as_str() == "default"),
        _ => None,
    }
}

/// Whether anyone may use the server without logging in.
#[must_use]
pub fn is_open(auth: &Auth) -> bool {
    default_user(auth).is_some_and(|user| user.on && user.nopass)
}

/// The place where a server's demand for a password is set up, and what to say there.
#[must_use]
pub fn demand(server: &Server, auth: &Auth) -> Label {
    let user = default_user(auth);
    let password = user.and_then(|user| user.passwords.first()).map(|password| match password {
        Password::Plain(text) | Password::Sha256(text) => text.span(),
    });
    let name = server_name(server);
    match (password, user.and_then(|user| user.span)) {
        (Some(span), _) => Label::new(span, format!("`{name}` requires this password")),
        (None, Some(span)) => Label::new(span, format!("`{name}` requires a login")),
        (None, None) => Label::new(server.span, format!("`{name}` requires a login")),
    }
}

/// Where to see that a server has no password, and what only looks as if it set one.
#[must_use]
pub fn no_demand(server: &Server) -> Vec<Label> {
    let here = Label::new(server.command.unwrap_or(server.span), format!("`{}` has no password", server_name(server)));
    let ignored = server.variables.iter().filter(|variable| variable.usage == VariableUse::Ignored);
    let ignored = ignored.filter(|variable| names_password(&variable.name.value));
    let ignored =
        ignored.filter(|variable| variable.taken_in == variable.name.span || speaks_of_redis(&variable.name.value));
    let ignored = ignored.map(|variable| Label::new(variable.name.span, "the image does not read this"));
    let unloaded = server.mounts.iter().filter(|mount| mount.loaded == Some(false) && mount.sets_password);
    let unloaded = unloaded.map(|mount| Label::new(mount.span, "this file is not loaded"));
    std::iter::once(here).chain(ignored).chain(unloaded).collect()
}

/// Whether a variable's name speaks of the server's password. `ALLOW_EMPTY_PASSWORD` sets none, and `REDISCLI_AUTH` is
/// for `redis-cli`.
#[must_use]
pub fn names_password(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let speaks = ["PASS", "PWD"].iter().any(|word| name.contains(word)) || name.ends_with("_AUTH");
    speaks && !name.contains("ALLOW_EMPTY") && name != "REDISCLI_AUTH"
}

/// Whether a name is about Redis or one of its kin.
#[must_use]
pub fn speaks_of_redis(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["redis", "valkey", "keydb", "dragonfly"].iter().any(|word| name.contains(word))
}

/// The client in words: its setting, or the service it runs in.
#[must_use]
pub fn client_name(client: &Client) -> String {
    match (&client.setting, &client.place) {
        (_, Place::Container(service)) if client.family.is_server() => format!("{} `{service}`", client.family.name()),
        (Some(setting), _) => format!("`{setting}`"),
        (None, Place::Container(service)) => format!("the client in `{service}`"),
        (None, Place::Host) => "the client".to_owned(),
    }
}

/// The name by which people know the server.
#[must_use]
pub fn server_name(server: &Server) -> &str {
    server.service.as_deref().or_else(|| server.names.first().map(String::as_str)).unwrap_or(&server.id)
}

/// The library that decides what goes over the wire. The Python frameworks leave that to redis-py, and their version
/// range is redis-py's.
#[must_use]
pub fn library(family: Family) -> &'static str {
    match family {
        family if family.is_on_redis_py() => "redis-py",
        Family::Unknown => "the client",
        other => other.name(),
    }
}

/// Host and port as the client's error texts name them; symbols by their names.
#[must_use]
pub fn address(case: &ClientCase, symbols: &Symbols) -> String {
    let host = case.host.as_ref().map_or_else(|| "localhost".to_owned(), |host| symbols.display(host.as_str()));
    format!("{host}:{}", case.port.unwrap_or(6379))
}

/// The URL, or the host argument, or the site of a client that has neither.
#[must_use]
pub fn client_span(client: &Client, case: &ClientCase) -> Span {
    case.url.as_ref().map(written).or(case.host.as_ref().map(Text::span)).unwrap_or(client.span)
}

/// Bytes between two pieces of one text as it is written: a reference, a field of an f-string.
const MAX_GAP: u32 = 120;

/// Where a text is put together: from its first piece on, without those that come from elsewhere.
fn written(text: &Text) -> Span {
    let mut spans = text.spans().into_iter();
    let Some(first) = spans.next() else { return text.span() };
    spans.fold(first, |whole, next| {
        let goes_on = next.file == whole.file && next.start >= whole.end && next.start - whole.end <= MAX_GAP;
        if goes_on { whole.to(next) } else { whole }
    })
}

/// The host inside the URL, or the host argument, or the site.
#[must_use]
pub fn host_span(client: &Client, case: &ClientCase) -> Span {
    case.address_span().unwrap_or(client.span)
}

/// Stands for a secret in a group key: equal for equal values, and the value can't be read from it.
#[must_use]
pub fn digest(value: &str) -> String {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

/// A place in a group key.
#[must_use]
pub fn key(span: Span) -> String {
    format!("{}:{}", span.file.0, span.start)
}

/// Whether a host or bind address is the machine's (or container's) own.
#[must_use]
pub fn is_loopback(address: &str) -> bool {
    let address = address.trim_start_matches('-').trim_matches(['[', ']']);
    let v6 = address.strip_prefix("::ffff:").unwrap_or(address);
    address.eq_ignore_ascii_case("localhost")
        || address == "::1"
        || address == "0:0:0:0:0:0:0:1"
        || v6.parse::<std::net::Ipv4Addr>().is_ok_and(|v4| v4.is_loopback())
}

/// Whether a file's name or a folder of its path (below the root) says that it only shows how things might look.
#[must_use]
pub fn is_example(sources: &Sources, span: Span) -> bool {
    let path = sources.get(span.file).path().to_ascii_lowercase();
    let words = |part: &str, list: &[&str]| part.split(['.', '-', '_']).any(|word| list.contains(&word));
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", &path));
    words(name, &["example", "examples", "sample", "template", "tmpl", "dist", "test", "tests", "conftest"])
        || folders.split('/').any(|folder| {
            words(
                folder,
                &["example", "examples", "sample", "samples", "demo", "docs", "doc", "test", "tests", "fixtures"],
            )
        })
}

/// One step less serious.
#[must_use]
pub fn lower(severity: Severity) -> Severity {
    match severity {
        Severity::Error => Severity::Warning,
        Severity::Warning | Severity::Note => Severity::Note,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    const HERE: Span = Span { file: FileId(0), start: 0, end: 1 };

    fn weigh_all(alternatives: &[(&[Condition], Verdict)]) -> Option<Confidence> {
        weigh(alternatives.iter().copied())
    }

    #[test]
    fn confidence_follows_the_alternatives() {
        let (unset, set) = (&[Condition::Unset('a')][..], &[Condition::Set('a')][..]);
        let (branch, example) = (&[Condition::Branch(HERE)][..], &[Condition::Example(HERE)][..]);
        let (hit, bad, fine) = (Verdict::Hit, Verdict::Bad, Verdict::Fine);
        assert_eq!(weigh_all(&[(&[], hit)]), Some(Confidence::High));
        assert_eq!(weigh_all(&[(unset, hit), (set, bad)]), Some(Confidence::High));
        assert_eq!(weigh_all(&[(unset, hit), (set, fine)]), Some(Confidence::Medium));
        assert_eq!(weigh_all(&[(unset, fine), (set, hit)]), Some(Confidence::Low));
        assert_eq!(weigh_all(&[(branch, hit), (&[], fine)]), None);
        assert_eq!(weigh_all(&[(branch, hit), (branch, hit)]), Some(Confidence::High));
        assert_eq!(weigh_all(&[(example, hit)]), Some(Confidence::Medium));
        assert_eq!(weigh_all(&[(&[], bad)]), None);
    }

    #[test]
    fn loopback_is_known_in_all_its_forms() {
        for address in ["127.0.0.1", "127.8.0.1", "::1", "[::1]", "localhost", "-::1", "::ffff:127.0.0.1"] {
            assert!(is_loopback(address), "{address}");
        }
        for address in ["0.0.0.0", "::", "192.168.1.2", "redis", ""] {
            assert!(!is_loopback(address), "{address}");
        }
    }

    #[test]
    fn a_digest_is_not_the_secret() {
        assert_eq!(digest("hunter2"), digest("hunter2"));
        assert_ne!(digest("hunter2"), digest("hunter3"));
        assert!(!digest("hunter2").contains("hunter2"));
    }
}
