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
//!    is sent, and nothing is executed but `git`, to look at an earlier commit.
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

pub mod baseline;
pub mod check;
pub mod config;
pub mod edit;
pub mod extract;
pub mod facts;
pub mod finding;
pub mod fingerprint;
pub mod fix;
pub mod git;
pub mod library;
pub mod model;
pub mod nearest;
pub mod report;
pub mod resolve;
pub mod rule;
pub mod rules;
pub mod secrets;
pub mod since;
pub mod source;
pub mod suppress;
pub mod symbol;
pub mod syntax;
pub mod text;
pub mod tree;

use baseline::Baseline;
use config::{Config, Mistake};
use finding::Confidence;
use report::Report;
use since::Since;
use source::Sources;
use symbol::Symbols;
use tree::{Content, Index, Presence, Tree};

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
    /// Whether comments and `[[per-path]]` may silence findings.
    pub ignores: bool,
    /// What is known and not to be displayed.
    pub baseline: Option<Baseline>,
    /// Only what this change brings in or touches.
    pub since: Option<Since>,
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
            ignores: true,
            baseline: None,
            since: None,
            show_secrets: false,
        }
    }
}

/// The file of a configuration that can't be meant, and why.
pub struct Misconfigured {
    /// Holds the file, at [`config::FILE`].
    pub sources: Sources,
    /// What is wrong.
    pub mistakes: Vec<Mistake>,
}

/// Reads what the repository says about itself; the default where it says nothing.
///
/// # Errors
/// Where that can't be meant.
pub fn configure(tree: &Tree) -> Result<Config, Misconfigured> {
    let rules = rules::names();
    for path in config::FILES {
        let Content::Bytes(bytes) = tree.read(path) else { continue };
        let mut sources = Sources::default();
        let file = sources.add(path, &bytes, None);
        match config::parse(path, sources.get(file).text(), &rules) {
            Ok(None) => {}
            Ok(Some(config)) => {
                let mistakes = absent(&config, tree.index());
                return if mistakes.is_empty() { Ok(config) } else { Err(Misconfigured { sources, mistakes }) };
            }
            Err(mistakes) => return Err(Misconfigured { sources, mistakes }),
        }
    }
    Ok(Config::default())
}

/// The files that a configuration names and that nobody can have.
fn absent(config: &Config, index: &Index) -> Vec<Mistake> {
    let place = |path: &str| match tree::join("", path) {
        Some(path) if !path.is_empty() => index.presence(&path),
        _ => Presence::Absent,
    };
    let file = |path: &str| matches!(place(path), Presence::File | Presence::Ignored);
    // Whoever runs it makes an env file of the example beside it.
    let described = |path: &str| {
        let folder = path.rsplit_once('/').and_then(|(folder, _)| tree::join("", folder)).unwrap_or_default();
        let beside = |other: &&str| other.rsplit_once('/').map_or("", |(folder, _)| folder) == folder;
        index.files().any(|other| beside(&other) && extract::is_example(other) && other.contains("env"))
    };
    let known: Vec<&str> = index.files().collect();
    config::absent(config, &file, &|path| file(path) || described(path), &known)
}

/// Judges a repository as it was before a change, so that `now` can be compared with it.
#[must_use]
pub fn since(now: &Tree, before: &Tree, changed: &[String], options: &Options) -> Since {
    let all = Options { paths: Vec::new(), ignores: false, baseline: None, since: None, ..options.clone() };
    let text = |tree: &Tree, path: &str| match tree.read(path) {
        Content::Bytes(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Content::Missing | Content::Refused(_) => String::new(),
    };
    let lines = |path: &String| (path.clone(), since::changed_lines(&text(before, path), &text(now, path)));
    Since { known: lint(before, &all).known, lines: changed.iter().map(lines).collect() }
}

/// Judges a repository.
#[must_use]
pub fn lint(tree: &Tree, options: &Options) -> Report {
    let mut sources = Sources::default();
    if let Some(file) = &options.config.source {
        // The spans of the configuration lie in the first file.
        sources.add(file.path.as_str(), &file.bytes, tree.tracked(&file.path));
    }
    let symbols = Symbols::default();
    let extract::Extracted { facts, index, mut notices } = extract::run_with(tree, &mut sources, &options.config);
    let (model, more) = resolve::resolve(&facts, &index, &mut sources, &symbols, &options.config);
    notices.extend(more);
    let (config, pedantic) = (&options.config, options.pedantic);
    let context = rule::Context { model: &model, symbols: &symbols, sources: &sources, config, pedantic };
    let mut checked = check::check(rules::ALL, &context, options);
    let scene = fix::Scene { model: &model, sources: &sources, symbols: &symbols };
    fix::propose(&scene, &mut checked.findings);
    if options.show_secrets {
        sources.unmark_secrets();
    } else {
        secrets::mark(&mut sources, &model, &checked.findings);
    }
    Report::new(sources, symbols, model, checked, notices)
}
