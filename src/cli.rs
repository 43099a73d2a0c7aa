//! Raw arguments → what is to be done, decided.

use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use redislint::Options;
use redislint::finding::{Confidence, Severity};
use redislint::report::text::Style;
use redislint::tree::{Located, TreeError, locate};

/// What is to be done.
pub enum Command {
    /// Report findings.
    Lint(Lint),
    /// Show the resolved picture.
    Inspect(Inspect),
    /// Print a rule's documentation.
    Explain(String),
    /// List the rules.
    Rules,
    /// Write a commented configuration that fits the repository.
    Init(Located),
    /// Print the JSON schema of the configuration.
    ConfigSchema,
}

/// A run that reports findings.
pub struct Lint {
    /// Where.
    pub located: Located,
    /// What is asked.
    pub options: Options,
    /// In which form.
    pub format: Format,
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
    let place = |paths: &[PathBuf]| locate(paths, raw.place.root.as_deref()).map_err(Refusal::Path);
    Ok(match &raw.command {
        Some(RawCommand::Explain { rule }) => Command::Explain(rule.clone()),
        Some(RawCommand::Rules) => Command::Rules,
        Some(RawCommand::Init { paths }) => Command::Init(place(paths)?),
        Some(RawCommand::ConfigSchema) => Command::ConfigSchema,
        Some(RawCommand::Inspect { paths, format }) => Command::Inspect(Inspect {
            located: place(paths)?,
            options: Options { show_secrets: raw.place.show_secrets, ..Options::default() },
            json: matches!(format, InspectFormat::Json),
        }),
        None => {
            let located = place(&raw.lint.paths)?;
            let options = Options {
                paths: located.paths.clone(),
                min_confidence: raw.lint.min_confidence.into(),
                pedantic: raw.lint.pedantic,
                ignores: !raw.lint.no_ignores,
                show_secrets: raw.place.show_secrets,
                ..Options::default()
            };
            Command::Lint(Lint {
                located,
                options,
                format: raw.lint.format,
                style: Style { color: raw.lint.color.decide(), ..Style::default() },
                quiet: raw.lint.quiet,
                fail_on: raw.lint.fail_on.into(),
                strict: raw.lint.strict,
                baseline: raw.lint.baseline,
                write_baseline: raw.lint.write_baseline,
                since: raw.lint.since,
            })
        }
    })
}

/// Finds Redis authentication mismatches, exposed servers and leaked passwords before they reach production.
#[derive(Parser)]
#[command(name = "redislint", version)]
#[command(after_help = "A folder named like a command is reached as ./rules.\n\n\
    Exit codes: 0 nothing to fail on, 1 findings, 2 usage, configuration, a path that does not exist, or --strict.")]
struct Raw {
    #[command(flatten)]
    lint: RawLint,
    #[command(flatten)]
    place: RawPlace,
    #[command(subcommand)]
    command: Option<RawCommand>,
}

#[derive(Args)]
struct RawPlace {
    /// The folder to analyse; by default the nearest one above the paths with redislint.toml or .git
    #[arg(long, value_name = "FOLDER", global = true)]
    root: Option<PathBuf>,
    /// Print passwords instead of masking them
    #[arg(long, global = true)]
    show_secrets: bool,
}

#[derive(Args)]
struct RawLint {
    /// Only findings that touch these files or folders; the whole root is analysed [default: .]
    paths: Vec<PathBuf>,
    /// Form of the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Findings only
    #[arg(short, long)]
    quiet: bool,
    /// Colours
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    color: Color,
    /// The least severity that makes the run fail
    #[arg(long, value_enum, default_value_t = FailOn::Warning, value_name = "SEVERITY")]
    fail_on: FailOn,
    /// Hide findings that are less sure
    #[arg(long, value_enum, default_value_t = MinConfidence::Medium, value_name = "CONFIDENCE")]
    min_confidence: MinConfidence,
    /// Run the pedantic rules too
    #[arg(long)]
    pedantic: bool,
    /// Fail where a file could not be read whole, an ignore or a baseline entry is stale, or there is nothing to judge
    #[arg(long)]
    strict: bool,
    /// Show also what comments and the configuration silence
    #[arg(long)]
    no_ignores: bool,
    /// Report only what this file does not know
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write what is found into this file, for --baseline
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "since"])]
    write_baseline: Option<PathBuf>,
    /// Report only what the change since this git revision brings in or touches
    #[arg(long, value_name = "REV")]
    since: Option<String>,
}

#[derive(Subcommand)]
enum RawCommand {
    /// Print what a rule says and why
    Explain {
        /// Its name
        rule: String,
    },
    /// List the rules
    Rules,
    /// Write a commented redislint.toml that fits the repository
    Init {
        /// Where to look for the root
        paths: Vec<PathBuf>,
    },
    /// Print the JSON schema of redislint.toml
    ConfigSchema,
    /// Show the resolved picture: servers, clients, links and how they end
    Inspect {
        /// Where to look for the root
        paths: Vec<PathBuf>,
        /// Form of the picture
        #[arg(long, value_enum, default_value_t = InspectFormat::Text)]
        format: InspectFormat,
    },
}

/// Forms of the report.
#[derive(Clone, Copy, ValueEnum)]
pub enum Format {
    /// Lines of both ends, with labels
    Text,
    /// Schema redislint/1
    Json,
    /// One line a finding
    Concise,
}

#[derive(Clone, Copy, ValueEnum)]
enum InspectFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, ValueEnum)]
enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    fn decide(self) -> bool {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto => {
                std::io::stdout().is_terminal()
                    && set("NO_COLOR").is_none()
                    && set("TERM").is_none_or(|term| term != "dumb")
            }
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum FailOn {
    Error,
    Warning,
    Note,
    Never,
}

impl From<FailOn> for Option<Severity> {
    fn from(fail_on: FailOn) -> Self {
        match fail_on {
            FailOn::Error => Some(Severity::Error),
            FailOn::Warning => Some(Severity::Warning),
            FailOn::Note => Some(Severity::Note),
            FailOn::Never => None,
        }
    }
}

#[derive(Clone, Copy, ValueEnum)]
enum MinConfidence {
    Low,
    Medium,
    High,
}

impl From<MinConfidence> for Confidence {
    fn from(confidence: MinConfidence) -> Self {
        match confidence {
            MinConfidence::Low => Self::Low,
            MinConfidence::Medium => Self::Medium,
            MinConfidence::High => Self::High,
        }
    }
}
