//! The model in the words of the picture: names of states, outcomes and conditions.

use std::fmt;

use crate::model::{Auth, Client, ClientCase, Environment, FailStage, LinkCase, Outcome, Reach, Server, VersionRange};
use crate::report::Report;
use crate::symbol::{Condition, Symbol};

/// The authentication in force: of a fresh clone, where it depends.
pub(super) fn auth(server: &Server) -> &'static str {
    server.auth.first().map_or("unknown", |case| auth_name(&case.auth))
}

/// The name of one state.
pub(super) fn auth_name(auth: &Auth) -> &'static str {
    let Auth::Users(users) = auth else { return "unknown" };
    let default = users.iter().find(|user| user.name.as_str() == "default");
    match default {
        Some(user) if user.on && user.nopass => "open",
        _ if users.len() > 1 => "users",
        Some(user) if user.on => "password",
        _ => "users",
    }
}

/// Whether somebody outside can open a connection.
pub(super) fn exposed(server: &Server) -> bool {
    let loopback = |ip: &str| ip.starts_with("127.") || ip == "::1" || ip == "[::1]" || ip == "localhost";
    server.host_network
        || server.published.iter().any(|port| {
            let ours = port.container_port.is_none_or(|port| [server.port, server.tls_port].contains(&Some(port)));
            ours && !port.host_ip.as_ref().is_some_and(|ip| loopback(ip.as_str()))
        })
}

/// The URL's scheme, or the one that the settings amount to.
pub(super) fn scheme(case: &ClientCase) -> String {
    let written = case.url.as_ref().and_then(|url| url.as_str().split_once("://")).map(|(scheme, _)| scheme);
    let known =
        written.filter(|scheme| scheme.chars().all(|char| char.is_ascii_alphanumeric() || "+-.".contains(char)));
    known.unwrap_or(if case.tls { "rediss" } else { "redis" }).to_owned()
}

/// How one connection ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End {
    /// The name in JSON.
    pub name: &'static str,
    /// How far it got.
    pub stage: Option<&'static str>,
    /// Redis's or the client's own text.
    pub error: Option<String>,
}

impl End {
    fn fails(stage: FailStage, error: impl Into<String>) -> Self {
        Self { name: "fails", stage: Some(stage.name()), error: Some(error.into()) }
    }

    fn plain(name: &'static str) -> Self {
        Self { name, stage: None, error: None }
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        self.stage.map_or(Ok(()), |stage| write!(f, " at {stage}"))?;
        self.error.as_ref().map_or(Ok(()), |error| write!(f, ": {error}"))
    }
}

impl From<&Outcome> for End {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Works => Self::plain("works"),
            Outcome::WorksUnauthenticated { .. } => Self::plain("works-unauthenticated"),
            Outcome::Fails { stage, error, .. } => Self::fails(*stage, error.clone()),
            Outcome::Hangs { error } => Self { error: Some(error.clone()), ..Self::plain("hangs") },
            Outcome::Undetermined => Self::plain("undetermined"),
        }
    }
}

/// A client, where it leads and how that ends.
pub(super) struct Ends {
    /// The client's id.
    pub client: String,
    /// The server's id; `None`: it leads to none that is described.
    pub server: Option<String>,
    /// Each case with its end; never empty.
    pub cases: Vec<(LinkCase, End)>,
}

impl Ends {
    /// The end, where all cases end alike.
    pub fn only(&self) -> Option<&End> {
        let (_, first) = self.cases.first()?;
        self.cases.iter().all(|(_, end)| end == first).then_some(first)
    }
}

/// Every client's ends: its links, and the cases that reach no server.
pub(super) fn ends(environment: &Environment) -> Vec<Ends> {
    let mut all = Vec::new();
    for (at, client) in environment.clients.iter().enumerate() {
        for link in environment.links.iter().filter(|link| link.client == at) {
            let cases = link.outcomes.iter().map(|case| (case.clone(), End::from(&case.outcome))).collect();
            let server = environment.servers.get(link.server).map(|server| server.id.clone());
            all.push(Ends { client: client.id.clone(), server, cases });
        }
        let lost: Vec<(LinkCase, End)> =
            client.cases.iter().enumerate().filter_map(|(nth, case)| lost(client, nth, case)).collect();
        if !lost.is_empty() {
            all.push(Ends { client: client.id.clone(), server: None, cases: lost });
        }
    }
    all.retain(|ends| !ends.cases.is_empty());
    all
}

fn lost(client: &Client, nth: usize, case: &ClientCase) -> Option<(LinkCase, End)> {
    let end = match (&case.error, &case.reach) {
        (_, Reach::Servers(_)) => return None,
        (Some(error), _) => End::fails(FailStage::Parse, error.message.clone()),
        (None, Reach::OwnContainer) => End::fails(FailStage::Connect, "Connection refused"),
        (None, Reach::UnknownName { .. } | Reach::SeparateNetworks(_)) => {
            End::fails(FailStage::Resolve, "Name or service not known")
        }
        (None, Reach::External | Reach::Undetermined) => End::plain("undetermined"),
    };
    let link = LinkCase {
        when: case.when.clone(),
        versions: client.version,
        client_case: nth,
        server_case: 0,
        outcome: Outcome::Undetermined,
    };
    Some((link, end))
}

/// Conditions in words.
pub(super) fn conditions(report: &Report, when: &[Condition]) -> Vec<String> {
    let name = |char: &char| match report.symbols.get(*char) {
        Some(Symbol::Variable { scope, name }) => format!("{name} ({scope})"),
        _ => report.symbols.display(&char.to_string()),
    };
    when.iter()
        .map(|condition| match condition {
            Condition::Unset(char) => format!("{} is unset", name(char)),
            Condition::Empty(char) => format!("{} is empty", name(char)),
            Condition::Set(char) => format!("{} is set", name(char)),
            Condition::Branch(span) => format!("the branch at {} is taken", report.place(*span)),
            Condition::Example(span) => format!("{} is used", report.sources.get(span.file).path()),
        })
        .collect()
}

/// A version range in words; `None`: all of them.
pub(super) fn versions(range: VersionRange) -> Option<String> {
    let dotted = |(major, minor): (u32, u32)| format!("{major}.{minor}");
    match (range.from.map(dotted), range.to.map(dotted)) {
        (None, None) => None,
        (Some(from), None) => Some(format!("version >= {from}")),
        (None, Some(to)) => Some(format!("version <= {to}")),
        (Some(from), Some(to)) => Some(format!("version {from} to {to}")),
    }
}
