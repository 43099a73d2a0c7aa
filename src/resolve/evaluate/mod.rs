//! Code facts + a place's variables → the connection settings of every Redis client in that code.
//!
//! `values` evaluates expressions, `environment` reads variables as Python libraries do, `sites` knows the calls and
//! settings that connect. What can't be proven is opaque.

mod branches;
mod builtins;
mod callers;
mod calls;
mod cases;
mod casts;
mod celery;
mod classes;
mod django;
mod dynaconf;
mod environment;
mod files;
mod flask;
mod guesses;
mod libraries;
mod names;
mod origin;
mod parts;
mod passwords;
mod process;
mod pydantic;
mod sentinel;
mod settings;
mod sites;
mod structures;
mod texts;
mod truth;
mod urls;
mod values;

use crate::facts::{EnvFile, Facts};
use crate::finding::Confidence;
use crate::model::{ClientError, Family};
use crate::resolve::project::Lookup;
use crate::source::{FileId, Sources, Span};
use crate::symbol::{Resolved, Step, Symbols};
use crate::text::Text;

pub use libraries::{Signature, signatures};
pub use passwords::password_settings;

/// Where code runs.
pub struct CodePlace<'a> {
    /// The scope of symbols for variables that could not be told, such as `container backend` or `host`.
    pub scope: &'a str,
    /// Whether the module at this path is here.
    pub runs: &'a dyn Fn(&str) -> bool,
    /// Whether the programs that run here load it, if it is here.
    pub loads: &'a dyn Fn(&str) -> bool,
    /// Whether of several Django settings modules only the one in force counts.
    pub one_django: bool,
    /// A variable of the process.
    pub lookup: &'a dyn Fn(&str) -> Lookup,
    /// The names of all variables known here, for readers to whom upper and lower case are one.
    pub names: &'a [String],
    /// Env files that code may load itself here; examples are left out by the reader.
    pub dotenv: &'a [EnvFile],
    /// Their texts.
    pub sources: &'a Sources,
}

/// What a client is given; `None`: not given at all (the library's default applies).
#[derive(Debug, Clone, Default)]
pub struct ConnectionSettings {
    /// A URL; its parts and the other fields combine by the family's own precedence.
    pub url: Option<Resolved>,
    /// Host.
    pub host: Option<Resolved>,
    /// Port.
    pub port: Option<Resolved>,
    /// Database index.
    pub db: Option<Resolved>,
    /// User name.
    pub username: Option<Resolved>,
    /// Password.
    pub password: Option<Resolved>,
    /// TLS flag (`ssl=True`); the text is `True`, `False` or what is written.
    pub tls: Option<Resolved>,
    /// Unix socket path.
    pub socket: Option<Resolved>,
    /// RESP protocol version, where given.
    pub protocol: Option<Resolved>,
    /// The program stops before it connects: a variable it needs is not set, or a value is refused.
    pub end: Option<ClientError>,
    /// It asks a Sentinel for the master of this name.
    pub master: Option<Resolved>,
}

impl ConnectionSettings {
    /// Whether any value comes, at least in part, from one of these files.
    #[must_use]
    pub fn reads_any(&self, files: &[FileId]) -> bool {
        self.files().any(|file| files.contains(&file))
    }

    /// The files that the values come from.
    pub fn files(&self) -> impl Iterator<Item = FileId> {
        let fields = [
            &self.url,
            &self.host,
            &self.port,
            &self.db,
            &self.username,
            &self.password,
            &self.tls,
            &self.socket,
            &self.protocol,
        ];
        fields
            .into_iter()
            .flatten()
            .flat_map(|value| &value.alternatives)
            .filter_map(|alternative| alternative.value.as_ref())
            .flat_map(Text::spans)
            .map(|span| span.file)
    }
}

/// A connection site with its settings as they are in one place.
#[derive(Debug, Clone)]
pub struct FoundClient {
    /// The call, or the setting where no site is known.
    pub span: Span,
    /// The setting that names the server, such as `REDIS_URL`.
    pub setting: Option<String>,
    /// Its library.
    pub family: Family,
    /// What it is given.
    pub settings: ConnectionSettings,
    /// How sure we are that this connects to Redis.
    pub confidence: Confidence,
    /// From the site to the setting.
    pub trace: Vec<Step>,
}

/// The Redis clients of a place: connection sites first, then settings that no site was seen for.
#[derive(Debug, Default)]
pub struct FoundClients {
    /// Those of the code that is loaded there.
    pub here: Vec<FoundClient>,
    /// Those of code that lies there for other programs.
    pub elsewhere: Vec<FoundClient>,
}

/// Every Redis client of the code in a place.
#[must_use]
pub fn clients(facts: &Facts, place: &CodePlace<'_>, symbols: &Symbols) -> FoundClients {
    let mut evaluator = values::Evaluator::new(facts, place, symbols);
    if place.one_django {
        let others = django::not_in_force(&evaluator);
        evaluator.leave_out(&others);
    }
    let mut found = sites::Found::default();
    sites::collect(&evaluator, &mut found);
    settings::collect(&evaluator, &mut found);
    FoundClients { here: found.clients, elsewhere: found.elsewhere }
}

#[cfg(test)]
mod tests;
