//! The arguments as clap reads them; `decide` makes sense of them.

use std::path::PathBuf;

use clap::builder::TypedValueParser as _;
use clap::error::ErrorKind;
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use redislint::finding::{Confidence, Severity};
use redislint::fix::auth::Way;
use redislint::report::Format;

/// What people ask for most, as help and manual show it.
pub const EXAMPLES: [(&str, &str); 10] = [
    ("redislint", "the repository around the working directory"),
    ("redislint deploy/ compose.yaml", "only findings that touch these"),
    ("redislint --since origin/main", "only what a branch brings in"),
    ("redislint --output sarif=redislint.sarif", "a file for code scanning, besides the report"),
    ("redislint --write-baseline redislint.baseline", "accept what is there today"),
    ("redislint - --stdin-filename app/config.py", "a text that is not saved yet"),
    ("redislint --fix --dry-run", "what can be mended safely, as a diff"),
    ("redislint fix --auth require", "one password for a server and all its clients"),
    ("redislint inspect", "what was understood: servers, clients, links"),
    ("redislint explain missing-password", "what a rule says, and why"),
];

/// What the run ends with.
pub const EXIT_CODES: [(u8, &str); 3] = [
    (super::CLEAN, "nothing at or above --fail-on, or no Redis at all"),
    (super::FOUND, "findings"),
    (super::REFUSED, "wrong usage or configuration, a path that does not exist, or what --strict does not let pass"),
];

const TEMPLATE: &str = "{about}\n\n{before-help}{usage-heading} {usage}\n\n{all-args}{after-help}";

fn examples() -> String {
    let width = EXAMPLES.iter().map(|(command, _)| command.len()).max().unwrap_or_default();
    let lines = EXAMPLES.iter().map(|(command, what)| format!("\n  {command:width$}  {what}"));
    format!("Examples:{}", lines.collect::<String>())
}

fn exit_codes() -> String {
    let lines = EXIT_CODES.iter().map(|(code, what)| format!("\n  {code}  {what}"));
    format!(
        "Exit codes:{}\n\nA folder named like a command is reached as ./rules.\n\
         Without --format, REDISLINT_FORMAT decides; without that, a job of GitHub Actions gets annotations.",
        lines.collect::<String>()
    )
}

/// Finds Redis authentication mismatches, exposed servers and leaked passwords before they reach production.
#[derive(Parser)]
#[command(name = "redislint", bin_name = "redislint", version)]
#[command(help_template = TEMPLATE, before_help = examples(), after_help = exit_codes())]
pub struct Raw {
    #[command(flatten)]
    pub lint: RawLint,
    #[command(flatten)]
    pub place: RawPlace,
    #[command(subcommand)]
    pub command: Option<RawCommand>,
}

#[derive(Args)]
pub struct RawPlace {
    /// The folder to analyse; by default the nearest one above the paths with redislint.toml or .git
    #[arg(long, value_name = "FOLDER", global = true)]
    pub root: Option<PathBuf>,
    /// Print passwords instead of masking them
    #[arg(long, global = true, value_enum, value_name = "WHERE")]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "outside-ci")]
    pub show_secrets: Option<ShowSecrets>,
}

#[derive(Args)]
pub struct RawLint {
    /// Only findings that touch these files or folders; the whole root is analysed [default: .]
    pub paths: Vec<PathBuf>,
    /// The file that standard input stands in for, where the only path is `-`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["since", "write_baseline"])]
    pub stdin_filename: Option<PathBuf>,
    /// Form of the report
    #[arg(long, value_enum)]
    pub format: Option<Format>,
    /// Write the report into a file too, as `sarif=redislint.sarif`; may be given several times
    #[arg(long, value_name = "FORMAT=FILE", value_parser = parse_output())]
    pub output: Vec<(Format, PathBuf)>,
    /// Findings only
    #[arg(short, long)]
    pub quiet: bool,
    /// Colours
    #[arg(long, value_enum, default_value_t = Color::Auto, value_name = "WHEN")]
    pub color: Color,
    /// The least severity that makes the run fail
    #[arg(long, value_enum, default_value_t = FailOn::Warning, value_name = "SEVERITY")]
    pub fail_on: FailOn,
    /// Hide findings that are less sure
    #[arg(long, value_enum, default_value_t = MinConfidence::Medium, value_name = "CONFIDENCE")]
    pub min_confidence: MinConfidence,
    /// Run the pedantic rules too
    #[arg(long)]
    pub pedantic: bool,
    /// Fail where a file could not be read whole, an ignore or a baseline entry is stale, or there is nothing to judge
    #[arg(long)]
    pub strict: bool,
    /// Show also what comments and the configuration silence
    #[arg(long)]
    pub no_ignores: bool,
    /// Report only what this file does not know
    #[arg(long, value_name = "FILE")]
    pub baseline: Option<PathBuf>,
    /// Write what is found into this file, for --baseline
    #[arg(long, value_name = "FILE", conflicts_with_all = ["baseline", "since"])]
    pub write_baseline: Option<PathBuf>,
    /// Report only what the change since this git revision brings in or touches
    #[arg(long, value_name = "REV")]
    pub since: Option<String>,
    /// Mend what has a safe fix, and report what is left
    #[arg(long, conflicts_with_all = ["since", "stdin_filename", "write_baseline"])]
    pub fix: bool,
    /// Print what --fix would change as a diff, and change nothing
    #[arg(long, requires = "fix")]
    pub dry_run: bool,
    /// Apply also fixes that may change what somebody meant
    #[arg(long, requires = "fix")]
    pub unsafe_fixes: bool,
    /// Fix also where git has changes that are not committed
    #[arg(long, requires = "fix")]
    pub allow_dirty: bool,
}

#[derive(Subcommand)]
pub enum RawCommand {
    /// Print what a rule says and why
    Explain {
        /// Its name
        rule: String,
    },
    /// Write a commented redislint.toml that fits the repository
    Init {
        /// Where to look for the root
        paths: Vec<PathBuf>,
    },
    /// Print the JSON schema of redislint.toml
    ConfigSchema,
    /// List the rules
    Rules {
        /// Form of the list
        #[arg(long, value_enum, default_value_t = InspectFormat::Text)]
        format: InspectFormat,
    },
    /// Show the resolved picture: servers, clients, links and how they end
    Inspect {
        /// Where to look for the root
        paths: Vec<PathBuf>,
        /// Form of the picture
        #[arg(long, value_enum, default_value_t = InspectFormat::Text)]
        format: InspectFormat,
    },
    /// Take one way out of a mismatch, in the server and all its clients at once
    Fix {
        /// Where to look for the root
        paths: Vec<PathBuf>,
        /// Which way: no password, or one variable for all
        #[arg(long, value_enum)]
        auth: RawWay,
        /// Only in this environment, as `redislint inspect` calls it
        #[arg(long, value_name = "NAME")]
        environment: Option<String>,
        /// Put a password made up for it into the untracked `.env`, for `require`
        #[arg(long)]
        generate: bool,
        /// Print what would change as a diff, and change nothing
        #[arg(long)]
        dry_run: bool,
        /// Change files also where git has changes that are not committed
        #[arg(long)]
        allow_dirty: bool,
    },
    /// Print the completions of a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Print the manual page
    Man,
}

/// `FORMAT=FILE`; a file name may hold further equals signs.
fn parse_output() -> impl clap::builder::TypedValueParser<Value = (Format, PathBuf)> {
    clap::builder::StringValueParser::new().try_map(|text: String| match text.split_once('=') {
        Some((format, file)) if !file.is_empty() => {
            let format = Format::from_str(format, false).map_err(|_| format!("no format is called `{format}`"))?;
            Ok((format, PathBuf::from(file)))
        }
        _ => Err("a format and a file are needed, as in `sarif=redislint.sarif`".to_owned()),
    })
}

#[derive(Clone, Copy, ValueEnum)]
pub enum InspectFormat {
    Text,
    Json,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum RawWay {
    /// Credentials leave clients and server; refused where outsiders reach the server
    Remove,
    /// The server demands a password, and all take it from `REDIS_PASSWORD`
    Require,
}

impl From<RawWay> for Way {
    fn from(way: RawWay) -> Self {
        match way {
            RawWay::Remove => Self::Remove,
            RawWay::Require => Self::Require,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ShowSecrets {
    /// Refused in a job of CI
    OutsideCi,
    /// In a job of CI too
    Always,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum FailOn {
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
pub enum MinConfidence {
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

/// A refusal in clap's own form.
pub fn wrong(message: &str) -> clap::Error {
    use clap::CommandFactory as _;
    Raw::command().error(ErrorKind::ArgumentConflict, message)
}
