//! Raw arguments → what is to be done, decided.

mod pages;
mod raw;

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

use clap::{Parser as _, ValueEnum as _};
use clap_complete::Shell;
use redislint::Options;
use redislint::edit::Safety;
use redislint::finding::Severity;
use redislint::fix::auth::Way;
use redislint::report::Format;
use redislint::report::text::Style;
use redislint::tree::{Located, TreeError, locate, locate_text};

pub use pages::{completions, manual};
use raw::{Color, InspectFormat, Raw, RawCommand, RawLint, ShowSecrets};

/// Nothing at or above the severity that fails.
pub const CLEAN: u8 = 0;
/// Findings.
pub const FOUND: u8 = 1;
/// Usage, a path that does not exist, or what `--strict` does not let pass.
pub const REFUSED: u8 = 2;

/// What is to be done.
pub enum Command {
    /// Report findings.
    Lint(Lint),
    /// Show the resolved picture.
    Inspect(Inspect),
    /// Take a way out of a mismatch.
    Fix(Fix),
    /// Print a rule's documentation.
    Explain(String),
    /// Write a commented configuration that fits the repository.
    Init(Located),
    /// Print the JSON schema of the configuration.
    ConfigSchema,
    /// List the rules.
    Rules {
        /// JSON instead of text.
        json: bool,
    },
    /// Print the completions of a shell.
    Completions(Shell),
    /// Print the manual page.
    Man,
}

/// A run that reports findings.
pub struct Lint {
    /// Where.
    pub located: Located,
    /// What is asked.
    pub options: Options,
    /// Whether standard input stands in for the only path.
    pub stdin: bool,
    /// In which form.
    pub format: Format,
    /// Files that are to hold the report too.
    pub outputs: Vec<(Format, PathBuf)>,
    /// How text looks.
    pub style: Style,
    /// Findings only, no closing line and no notices.
    pub quiet: bool,
    /// The least severity that makes the run fail; `None`: none does.
    pub fail_on: Option<Severity>,
    /// Fail where not everything could be read.
    pub strict: bool,
    /// A file with what is known.
    pub baseline: Option<PathBuf>,
    /// A file that is to hold what is found.
    pub write_baseline: Option<PathBuf>,
    /// The revision since which the change is to be judged.
    pub since: Option<String>,
    /// What is to be fixed before the report; `None`: nothing.
    pub fix: Option<Fixing>,
}

/// A run that takes a way out of a mismatch.
pub struct Fix {
    /// Where.
    pub located: Located,
    /// What is asked.
    pub options: Options,
    /// Which way.
    pub way: Way,
    /// The only environment that is meant.
    pub environment: Option<String>,
    /// Whether `.env` gets a password.
    pub generate: bool,
    /// How it is carried out.
    pub fixing: Fixing,
}

/// How fixes are carried out.
pub struct Fixing {
    /// Show what would change, and change nothing.
    pub dry_run: bool,
    /// The least safe fixes that are wanted.
    pub least: Safety,
    /// Also where something is not committed yet.
    pub allow_dirty: bool,
}

/// A run that shows the resolved picture.
pub struct Inspect {
    /// Where.
    pub located: Located,
    /// What is asked.
    pub options: Options,
    /// JSON instead of text.
    pub json: bool,
}

/// Why there is nothing to do.
pub enum Refusal {
    /// Help, version or wrong usage: clap's own words and exit code.
    Clap(clap::Error),
    /// A path that does not exist, or lies outside the root.
    Path(TreeError),
}

/// Decides what the arguments ask for.
///
/// # Errors
/// Where they ask for nothing that can be done.
pub fn decide(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, Refusal> {
    let raw = Raw::try_parse_from(arguments).map_err(Refusal::Clap)?;
    let show_secrets = shows_secrets(raw.place.show_secrets)?;
    let place = |paths: &[PathBuf]| locate(paths, raw.place.root.as_deref()).map_err(Refusal::Path);
    Ok(match &raw.command {
        Some(RawCommand::Explain { rule }) => Command::Explain(rule.clone()),
        Some(RawCommand::Init { paths }) => Command::Init(place(paths)?),
        Some(RawCommand::ConfigSchema) => Command::ConfigSchema,
        Some(RawCommand::Rules { format }) => Command::Rules { json: matches!(format, InspectFormat::Json) },
        Some(RawCommand::Inspect { paths, format }) => Command::Inspect(Inspect {
            located: place(paths)?,
            options: Options { show_secrets, ..Options::default() },
            json: matches!(format, InspectFormat::Json),
        }),
        Some(RawCommand::Fix { paths, auth, environment, generate, dry_run, allow_dirty }) => Command::Fix(Fix {
            located: place(paths)?,
            options: Options { show_secrets, ..Options::default() },
            way: (*auth).into(),
            environment: environment.clone(),
            generate: *generate,
            fixing: Fixing { dry_run: *dry_run, least: Safety::Unsafe, allow_dirty: *allow_dirty },
        }),
        Some(RawCommand::Completions { shell }) => Command::Completions(*shell),
        Some(RawCommand::Man) => Command::Man,
        None => {
            let stdin = raw.lint.stdin_filename.as_deref();
            let located = located(&raw.lint, raw.place.root.as_deref())?;
            let options = Options {
                paths: located.paths.clone(),
                min_confidence: raw.lint.min_confidence.into(),
                pedantic: raw.lint.pedantic,
                ignores: !raw.lint.no_ignores,
                show_secrets,
                ..Options::default()
            };
            Command::Lint(Lint {
                located,
                options,
                stdin: stdin.is_some(),
                format: format(raw.lint.format)?,
                outputs: raw.lint.output,
                style: style(raw.lint.color),
                quiet: raw.lint.quiet,
                fail_on: raw.lint.fail_on.into(),
                strict: raw.lint.strict,
                baseline: raw.lint.baseline,
                write_baseline: raw.lint.write_baseline,
                since: raw.lint.since,
                fix: raw.lint.fix.then_some(Fixing {
                    dry_run: raw.lint.dry_run,
                    least: if raw.lint.unsafe_fixes { Safety::Unsafe } else { Safety::Safe },
                    allow_dirty: raw.lint.allow_dirty,
                }),
            })
        }
    })
}

/// Whether this is a job of GitHub Actions, whose runner reads what is printed.
#[must_use]
pub fn in_github_actions() -> bool {
    variable("GITHUB_ACTIONS").is_some_and(|value| value == "true")
}

/// What services for CI set in their jobs: most of them the first, the others one of the rest.
const CI_VARIABLES: [&str; 6] =
    ["CI", "GITHUB_ACTIONS", "TF_BUILD", "JENKINS_URL", "TEAMCITY_VERSION", "CODEBUILD_BUILD_ID"];

/// Whether this is a job of CI, whose log is read by more people than those who may know a password.
fn in_ci() -> bool {
    CI_VARIABLES.iter().any(|name| variable(name).is_some_and(|value| !matches!(value.as_str(), "false" | "0")))
}

fn shows_secrets(asked: Option<ShowSecrets>) -> Result<bool, Refusal> {
    if asked == Some(ShowSecrets::OutsideCi) && in_ci() {
        let why =
            "--show-secrets would put passwords into the log of this job; --show-secrets=always does it all the same";
        return Err(Refusal::Clap(raw::wrong(why)));
    }
    Ok(asked.is_some())
}

fn located(lint: &RawLint, root: Option<&Path>) -> Result<Located, Refusal> {
    let wants_stdin = lint.paths.iter().any(|path| path.as_os_str() == "-");
    let wrong = |message| Err(Refusal::Clap(raw::wrong(message)));
    match &lint.stdin_filename {
        Some(_) if lint.paths.len() != 1 || !wants_stdin => wrong("--stdin-filename goes with `-` as the only path"),
        None if wants_stdin => wrong("`-` needs --stdin-filename, the file that the text stands in for"),
        Some(file) => locate_text(file, root).map_err(Refusal::Path),
        None => locate(&lint.paths, root).map_err(Refusal::Path),
    }
}

/// What was asked for, else what the environment asks for, else what fits the place where we run.
fn format(asked: Option<Format>) -> Result<Format, Refusal> {
    if let Some(format) = asked {
        return Ok(format);
    }
    if let Some(name) = variable("REDISLINT_FORMAT") {
        let unknown = |_| Refusal::Clap(raw::wrong(&format!("REDISLINT_FORMAT: no format is called `{name}`")));
        return Format::from_str(&name, false).map_err(unknown);
    }
    Ok(if in_github_actions() { Format::Github } else { Format::Text })
}

fn style(color: Color) -> Style {
    let terminal = std::io::stdout().is_terminal();
    let wanted = variable("NO_COLOR").is_none() && variable("TERM").is_none_or(|term| term != "dumb");
    let color = match color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && wanted,
    };
    Style { color, links: color && terminal, ..Style::default() }
}

/// A variable of the environment that says something.
fn variable(name: &str) -> Option<String> {
    std::env::var_os(name).map(|value| value.to_string_lossy().into_owned()).filter(|value| !value.is_empty())
}
