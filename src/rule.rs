//! What a rule is: a name, its documentation and a function from the model to findings.

use crate::config::Config;
use crate::finding::{Finding, Severity};
use crate::model::Model;
use crate::source::Sources;
use crate::symbol::Symbols;

/// The field a rule belongs to; rules are listed in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Category {
    /// Credentials of client and server.
    Auth,
    /// The server's own configuration.
    Server,
    /// The text of a connection URL.
    Url,
    /// Health checks.
    Health,
    /// Passwords in the open.
    Secrets,
    /// Who can reach a server.
    Exposure,
    /// Whether a client reaches its server.
    Connectivity,
    /// Variables and files between them.
    Wiring,
}

impl Category {
    /// The lower-case name used in every output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Server => "server",
            Self::Url => "url",
            Self::Health => "health",
            Self::Secrets => "secrets",
            Self::Exposure => "exposure",
            Self::Connectivity => "connectivity",
            Self::Wiring => "wiring",
        }
    }

    /// Whether its rules speak of a client and a server, so that a finding has two ends.
    #[must_use]
    pub fn is_about_links(self) -> bool {
        matches!(self, Self::Auth | Self::Connectivity)
    }
}

/// What a rule may look at: the resolved picture, never YAML or Python. `sources` serves only to ask for paths.
pub struct Context<'a> {
    /// The resolved picture.
    pub model: &'a Model,
    /// The meaning of symbol characters in texts.
    pub symbols: &'a Symbols,
    /// Paths and tracked state of files.
    pub sources: &'a Sources,
    /// What the repository says about itself.
    pub config: &'a Config,
    /// Whether what many projects mean so is asked for as well.
    pub pedantic: bool,
}

/// One rule.
pub struct Rule {
    /// Kebab-case and final once released.
    pub name: &'static str,
    /// The field it belongs to.
    pub category: Category,
    /// Severity unless a finding says otherwise.
    pub severity: Severity,
    /// Shown and counted only with `--pedantic`.
    pub pedantic: bool,
    /// `rules/<name>.md`.
    pub doc: &'static str,
    /// Looks at the model and adds what it finds.
    pub check: fn(&Context<'_>, &mut Vec<Finding>),
}

impl Rule {
    /// The first paragraph of the documentation.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        let body = self.doc.split_once('\n').map_or("", |(_, rest)| rest).trim_start();
        body.split("\n\n").next().unwrap_or_default().trim()
    }

    /// The text below a heading of the documentation.
    #[must_use]
    pub fn section(&self, heading: &str) -> Option<&'static str> {
        let mut sections = self.doc.split("\n## ").skip(1);
        sections.find_map(|section| section.strip_prefix(heading)?.strip_prefix('\n')).map(str::trim)
    }
}

/// The page of a rule on the web, where the repository that this program was built from is known: a release is told by
/// the workflow that builds it, so that a fork does not point to another's pages.
#[must_use]
pub fn page(name: &str) -> Option<String> {
    home().map(|home| format!("{home}/blob/v{}/rules/{name}.md", env!("CARGO_PKG_VERSION")))
}

/// The repository that this program was built from, on the web.
#[must_use]
pub fn home() -> Option<&'static str> {
    option_env!("REDISLINT_REPOSITORY").or(Some(env!("CARGO_PKG_REPOSITORY"))).filter(|home| !home.is_empty())
}
