//! Code facts + a place's variables → the connection settings of every Redis client in that code.

use crate::finding::Confidence;
use crate::model::Family;
use crate::source::{FileId, Span};
use crate::symbol::{Resolved, Step};
use crate::text::Text;

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
}

impl ConnectionSettings {
    /// Whether any value comes, at least in part, from one of these files.
    #[must_use]
    pub fn reads_any(&self, files: &[FileId]) -> bool {
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
            .any(|span| files.contains(&span.file))
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
