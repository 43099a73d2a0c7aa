//! Arguments in, exit code out. The only place that prints.

mod cli;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;

use cli::{Command, Format, Inspect, Lint, Refusal};
use redislint::baseline::{self, Baseline};
use redislint::config::{self, Config, schema};
use redislint::fingerprint::Fingerprint;
use redislint::report::{Report, concise, inspect, json, mistakes, starter, text};
use redislint::since::Since;
use redislint::tree::{Located, Tree};
use redislint::{Options, git, lint, rules};

/// Nothing at or above the severity that fails.
const CLEAN: u8 = 0;
/// Findings.
const FOUND: u8 = 1;
/// Usage, a path that does not exist, or what `--strict` does not let pass.
const REFUSED: u8 = 2;

fn main() -> ExitCode {
    let code = match cli::decide(std::env::args_os()) {
        Ok(Command::Lint(asked)) => report(asked).unwrap_or_else(|error| refuse(&error)),
        Ok(Command::Inspect(asked)) => picture(asked).unwrap_or_else(|error| refuse(&error)),
        Ok(Command::Explain(rule)) => explain(&rule),
        Ok(Command::Rules) => list(),
        Ok(Command::Init(located)) => init(&located).unwrap_or_else(|error| refuse(&error)),
        Ok(Command::ConfigSchema) => finish(print(&schema::render(&rules::names()))),
        Err(Refusal::Path(error)) => refuse(&error.to_string()),
        Err(Refusal::Clap(error)) => {
            let _ = error.print();
            u8::try_from(error.exit_code()).unwrap_or(REFUSED)
        }
    };
    ExitCode::from(code)
}

fn report(mut asked: Lint) -> Result<u8, String> {
    let root = &asked.located.root;
    let tree = open(root)?;
    asked.options.config = configure(&tree)?;
    if let Some(path) = &asked.baseline {
        asked.options.baseline = Some(read_baseline(path)?);
    }
    if let Some(revision) = &asked.since {
        asked.options.since = Some(change(root, &tree, revision, &asked.options)?);
    }
    let report = lint(&tree, &asked.options);
    if let Some(path) = &asked.write_baseline {
        return write_baseline(path, &report);
    }
    let closing =
        if asked.quiet { String::new() } else { format!("{}{}\n", text::notices(&report), report.closing_line()) };
    let mut printed = match asked.format {
        Format::Json => print(&json::render(&report, &asked.located.shown)),
        Format::Text => print(&text::render(&report, asked.style)).and(print(&closing)),
        Format::Concise => print(&concise::render(&report)),
    };
    if matches!(asked.format, Format::Concise) {
        complain(&closing);
    }
    if asked.strict {
        let troubles = [
            (!report.judged_anything(), "nothing to judge"),
            (!report.read_whole(), "not everything could be read whole"),
            (report.has_stale_ignores(), "an ignore or an entry of the baseline silences nothing"),
        ];
        if let Some((_, trouble)) = troubles.iter().find(|(is, _)| *is) {
            printed = printed.and(Err((*trouble).to_owned()));
        }
    }
    printed?;
    let fails = asked.fail_on.is_some_and(|least| report.worst().is_some_and(|worst| worst >= least));
    Ok(if fails { FOUND } else { CLEAN })
}

fn open(root: &Path) -> Result<Tree, String> {
    Tree::open(root).map_err(|error| error.to_string())
}

fn configure(tree: &Tree) -> Result<Config, String> {
    redislint::configure(tree)
        .map_err(|wrong| format!("the configuration can't be used\n{}", mistakes::render(&wrong).trim_end()))
}

fn read_baseline(path: &Path) -> Result<Baseline, String> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| format!("can't read the baseline {shown}: {error}"))?;
    Baseline::parse(&shown, &text).map_err(|line| format!("{shown}:{line}: this is no line of a baseline"))
}

fn write_baseline(path: &Path, report: &Report) -> Result<u8, String> {
    let entries: BTreeSet<String> = report.places.iter().map(Fingerprint::entry).collect();
    let shown = path.display();
    std::fs::write(path, baseline::render(&entries)).map_err(|error| format!("can't write {shown}: {error}"))?;
    complain(&format!("{} findings are now known to {shown}\n", report.findings.len()));
    Ok(CLEAN)
}

fn change(root: &Path, tree: &Tree, revision: &str, options: &Options) -> Result<Since, String> {
    let tracked = |path: &str| (path.to_owned(), tree.tracked(path) == Some(true));
    let files: Vec<(String, bool)> = tree.index().files().map(tracked).collect();
    let change = git::before(root, revision, &files).map_err(|error| error.to_string())?;
    let changed: Vec<String> = change.keys().cloned().collect();
    Ok(redislint::since(tree, &open(root)?.before(change), &changed, options))
}

fn picture(mut asked: Inspect) -> Result<u8, String> {
    let tree = open(&asked.located.root)?;
    asked.options.config = configure(&tree)?;
    let report = lint(&tree, &asked.options);
    let shown = match (asked.json, report.model.environments.is_empty()) {
        (true, _) => inspect::json(&report),
        (false, true) => format!("{}\n", report.closing_line()),
        (false, false) => inspect::text(&report),
    };
    print(&shown).map(|()| CLEAN)
}

fn init(located: &Located) -> Result<u8, String> {
    let tree = open(&located.root)?;
    if redislint::configure(&tree).is_ok_and(|config| config.source.is_none()) {
        let path = located.root.join(config::FILES[0]);
        let report = lint(&tree, &Options::default());
        let mut file = File::create_new(&path).map_err(|error| format!("can't write {}: {error}", path.display()))?;
        let written = file.write_all(starter::render(&report).as_bytes());
        written.map_err(|error| format!("can't write {}: {error}", path.display()))?;
        return print(&format!("{} is written\n", config::FILES[0])).map(|()| CLEAN);
    }
    Err("there is a configuration already".to_owned())
}

fn finish(printed: Result<(), String>) -> u8 {
    printed.map_or_else(|error| refuse(&error), |()| CLEAN)
}

fn explain(name: &str) -> u8 {
    let Some(rule) = rules::ALL.iter().find(|rule| rule.name == name) else {
        return refuse(&format!("no rule is called {name:?}; `redislint rules` lists them"));
    };
    finish(print(rule.doc))
}

fn list() -> u8 {
    let width = rules::ALL.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
    let mut lines = String::new();
    for rule in rules::ALL {
        let (category, severity) = (rule.category.name(), rule.severity.name());
        let summary = rule.summary().replace('\n', " ");
        let _ = writeln!(lines, "{:width$}  {category:12}  {severity:7}  {summary}", rule.name);
    }
    finish(print(&lines))
}

/// Prints to standard output. That nobody reads on (`| head`) is no error.
fn print(text: &str) -> Result<(), String> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(format!("can't write: {error}")),
        _ => Ok(()),
    }
}

fn refuse(message: &str) -> u8 {
    complain(&format!("redislint: {message}\n"));
    REFUSED
}

/// Prints to standard error; where that fails there is nobody left to tell.
fn complain(message: &str) {
    let _ = std::io::stderr().lock().write_all(message.as_bytes());
}
