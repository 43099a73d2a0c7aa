//! What the repository tells redislint about itself.
//!
//! Comes in: the text of `redislint.toml`, or of `[tool.redislint]` in `pyproject.toml`, and the names of the rules.
//! Goes out: a [`Config`] in which every value keeps its place, or everything that is wrong with it. Imports no rule;
//! opens no file.

mod files;
pub mod glob;
mod keys;
mod read;
pub mod schema;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use crate::finding::Severity;
use crate::source::{FileId, Spanned};

pub use files::absent;
pub use read::{Mistake, parse};

/// The files that are looked for at the root; the first one that speaks is the only one.
pub const FILES: [&str; 3] = ["redislint.toml", ".redislint.toml", "pyproject.toml"];

/// All spans of a configuration lie in this file: a run reads its configuration before anything else.
pub const FILE: FileId = FileId(0);

/// The configuration of a run.
#[derive(Debug, Default, Clone)]
pub struct Config {
    /// The file that it was read from; `None`: nothing is configured.
    pub source: Option<ConfigFile>,
    /// `select`: the only rules that speak; `None`: all.
    pub select: Option<Vec<Spanned<String>>>,
    /// `ignore`: rules that do not speak.
    pub ignore: Vec<Spanned<String>>,
    /// `[severity]`: the most that a rule's findings can be.
    pub severity: BTreeMap<String, Spanned<Severity>>,
    /// `[[per-path]]`: rules that do not speak of some files.
    pub per_path: Vec<PathIgnore>,
    /// `hosts`: addresses outside the repository's description that are servers of an environment.
    pub hosts: Vec<Host>,
    /// `allowed-endpoints`: public addresses (`host` or `host:port`) that are meant to be reached: a bastion, a proxy.
    pub allowed_endpoints: Vec<Spanned<String>>,
    /// `placeholders`: globs (`*`, `?`) over values that are no passwords.
    pub placeholders: Vec<Spanned<String>>,
    /// `[[environment]]`: which files run together, where the repository says so.
    pub environments: Vec<EnvironmentConfig>,
    /// `compose-version`: whose rules decide where the versions differ.
    pub compose_version: ComposeVersion,
    /// `require-reason`: an ignore without a reason does not count.
    pub require_reason: bool,
}

impl Config {
    /// Whether `placeholders` says that a value is no password.
    #[must_use]
    pub fn is_placeholder(&self, value: &str) -> bool {
        self.placeholders.iter().any(|pattern| glob::matches(&pattern.value, value))
    }

    /// Whether `allowed-endpoints` says that an address is meant to be reached; without a port it stands for all ports.
    #[must_use]
    pub fn allows_endpoint(&self, host: &str, port: &str) -> bool {
        self.allowed_endpoints.iter().any(|allowed| is_endpoint(&allowed.value, host, port))
    }

    /// Whether `hosts` says that an address is a server.
    #[must_use]
    pub fn is_host(&self, host: &str, port: &str) -> bool {
        self.hosts.iter().any(|known| known.is_at(host, port))
    }
}

impl Host {
    /// Whether it is this address.
    #[must_use]
    pub fn is_at(&self, host: &str, port: &str) -> bool {
        is_endpoint(&self.address.value, host, port)
    }
}

/// Whether `written` (`host` or `host:port`) stands for an address; without a port it stands for all ports.
fn is_endpoint(written: &str, host: &str, port: &str) -> bool {
    let bare = |text: &str| text.trim_matches(['[', ']']).to_ascii_lowercase();
    let with_port = written.rsplit_once(':').is_some_and(|(name, number)| bare(name) == bare(host) && number == port);
    with_port || bare(written) == bare(host)
}

/// The file of a configuration.
#[derive(Debug, Clone)]
pub struct ConfigFile {
    /// Its path relative to the root.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// `[[per-path]]`: an ignore for whole files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathIgnore {
    /// Globs as in `.gitignore`.
    pub paths: Vec<Spanned<String>>,
    /// The rules; empty: all.
    pub rules: Vec<Spanned<String>>,
    /// Why.
    pub reason: Option<String>,
}

/// `hosts = [{ address = "…", environment = "…" }]`: a LAN or public address that is a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The host name or address, with or without a port.
    pub address: Spanned<String>,
    /// The environment whose server it is.
    pub environment: Spanned<String>,
}

/// `[[environment]]`: files that run together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentConfig {
    /// Its name.
    pub name: Spanned<String>,
    /// The compose files relative to the root, later wins.
    pub files: Vec<Spanned<String>>,
    /// The `--env-file`s relative to the root.
    pub env_files: Vec<Spanned<String>>,
    /// The profiles switched on.
    pub profiles: Vec<Spanned<String>>,
    /// How serious it is; `None`: its name tells.
    pub kind: Option<Spanned<EnvironmentKind>>,
}

/// `kind`: how serious an environment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EnvironmentKind {
    /// `"development"`.
    Development,
    /// `"staging"`.
    Staging,
    /// `"production"`.
    Production,
}

/// `compose-version`: the generation of `docker compose` that people use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ComposeVersion {
    /// `"2"`.
    V2,
    /// `"5"`.
    #[default]
    V5,
}
