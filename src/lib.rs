//! redislint proves, for every environment that a repository describes, whether each Redis client can log in to its
//! server and whether anyone outside can reach that server, without starting anything.
//!
//! ```text
//! tree → syntax → extract → resolve → check → report
//! files  spanned   facts     Model     findings  text, JSON
//!        trees               (environments, servers,
//!                            clients, links, outcomes)
//! ```
//!
//! Each step imports only what stands before it, and the ground: [`source`], [`text`], [`symbol`], [`finding`],
//! [`config`]. One loop is part of the plan: extractors return requests (an import, an `env_file`, a mount), and
//! [`extract::run`] serves them from inside the root, once each, until nothing new is asked.
//!
//! # Invariants
//!
//! 1. Only [`tree`] reads the disk, never outside the root, and only regular files; [`git`] reads git's index. Nothing
//!    is sent and nothing is executed.
//! 2. Parsing never fails: every parser returns what it could read, and notices. A broken file costs its broken part.
//! 3. *Absent* is not *unknown*. Absent: the place was seen, and it is not set. Unknown: it could not be told. Only
//!    absent lets a rule speak.
//! 4. A value that the repository does not hold is a [`symbol`], not a blank: the same unknown secret on both sides is a
//!    match. A symbol belongs to a scope; `${X}` of the shell is not `$X` of a container.
//! 5. Rules see the [`model`], never YAML or Python.
//! 6. Every fact, and every step by which a value came to be, has a span.
//! 7. Secrets are masked by span in [`source::Sources`], so that no renderer can print one; messages never hold one.
//! 8. Only [`report`] knows lines, columns, colours and JSON. Inside, everything is bytes.
//! 9. No recursion over input without a bound, no `unsafe`, no printing in the library.

pub mod check;
pub mod config;
pub mod extract;
pub mod facts;
pub mod finding;
pub mod git;
pub mod library;
pub mod model;
pub mod nearest;
pub mod report;
pub mod resolve;
pub mod rule;
pub mod rules;
pub mod secrets;
pub mod source;
pub mod symbol;
pub mod syntax;
pub mod text;
pub mod tree;

use config::Config;
use finding::Confidence;
use report::Report;
use source::Sources;
use symbol::Symbols;
use tree::Tree;

/// What is asked of a run.
#[derive(Debug, Clone)]
pub struct Options {
    /// What the repository says about itself.
    pub config: Config,
    /// Only findings that touch one of these, relative to the root; empty: all.
    pub paths: Vec<String>,
    /// Findings below are hidden.
    pub min_confidence: Confidence,
    /// Run the pedantic rules too.
    pub pedantic: bool,
    /// Do not mask passwords in what is printed.
    pub show_secrets: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            config: Config::default(),
            paths: Vec::new(),
            min_confidence: Confidence::Medium,
            pedantic: false,
            show_secrets: false,
        }
    }
}

/// Judges a repository.
#[must_use]
pub fn lint(tree: &Tree, options: &Options) -> Report {
    let mut sources = Sources::default();
    let symbols = Symbols::default();
    let extract::Extracted { facts, index, mut notices } = extract::run(tree, &mut sources);
    let (model, more) = resolve::resolve(&facts, &index, &mut sources, &symbols, &options.config);
    notices.extend(more);
    let notices = extract::soften(notices, &sources);
    let context = rule::Context { model: &model, symbols: &symbols, sources: &sources };
    let checked = check::check(rules::ALL, &context, options);
    let fingerprints = report::fingerprint::all(&checked.findings, &sources, &secrets::spans(&model));
    if !options.show_secrets {
        secrets::mark(&mut sources, &model, &checked.findings);
    }
    Report::new(sources, symbols, model, checked, fingerprints, notices)
}
