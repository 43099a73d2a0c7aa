//! What the repository tells redislint about itself.
//!
//! Knows no rule, no input format beyond its own. Empty until `redislint.toml` is read.

/// The configuration of a run.
#[derive(Debug, Default, Clone)]
pub struct Config {
    /// Addresses outside the repository's description that are servers of an environment.
    pub hosts: Vec<Host>,
    /// Which files run together, where the repository says so.
    pub environments: Vec<EnvironmentConfig>,
}

/// `hosts = […]`: a LAN or public address that is a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// The host name or address.
    pub address: String,
    /// The environment whose server it is.
    pub environment: String,
}

/// `[[environment]]`: files that run together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentConfig {
    /// Its name.
    pub name: String,
    /// The compose files, later wins.
    pub files: Vec<String>,
    /// The `--env-file`s.
    pub env_files: Vec<String>,
    /// The profiles switched on.
    pub profiles: Vec<String>,
}
