//! Arguments in, exit code out. The only place that prints.

mod cli;

use std::fmt::Write as _;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use cli::{Command, Format, Inspect, Lint, Refusal};
use redislint::report::{concise, inspect, json, text};
use redislint::tree::{Tree, TreeError};
use redislint::{lint, rules};

/// Nothing at or above the severity that fails.
const CLEAN: u8 = 0;
/// Findings.
const FOUND: u8 = 1;
/// Usage, a path that does not exist, or what `--strict` does not let pass.
const REFUSED: u8 = 2;

fn main() -> ExitCode {
    let code = match cli::decide(std::env::args_os()) {
        Ok(Command::Lint(asked)) => report(&asked).unwrap_or_else(|error| refuse(&error.to_string())),
        Ok(Command::Inspect(asked)) => picture(&asked).unwrap_or_else(|error| refuse(&error.to_string())),
        Ok(Command::Explain(rule)) => explain(&rule),
        Ok(Command::Rules { json: true }) => print(&json::catalogue()).map_or_else(|error| refuse(&error), |()| CLEAN),
        Ok(Command::Rules { json: false }) => list(),
        Err(Refusal::Path(error)) => refuse(&error.to_string()),
        Err(Refusal::Clap(error)) => {
            let _ = error.print();
            u8::try_from(error.exit_code()).unwrap_or(REFUSED)
        }
    };
    ExitCode::from(code)
}

fn report(asked: &Lint) -> Result<u8, TreeError> {
    let tree = Tree::open(&asked.located.root)?;
    let report = lint(&tree, &asked.options);
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
    if asked.strict && !report.judged_anything() {
        printed = Err("nothing to judge".to_owned());
    } else if asked.strict && !report.read_whole() {
        printed = Err("not everything could be read whole".to_owned());
    }
    if let Err(error) = printed {
        return Ok(refuse(&error));
    }
    let fails = asked.fail_on.is_some_and(|least| report.worst().is_some_and(|worst| worst >= least));
    Ok(if fails { FOUND } else { CLEAN })
}

fn picture(asked: &Inspect) -> Result<u8, TreeError> {
    let tree = Tree::open(&asked.located.root)?;
    let report = lint(&tree, &asked.options);
    let shown = match (asked.json, report.model.environments.is_empty() && report.model.unplaced.is_none()) {
        (true, _) => inspect::json(&report),
        (false, true) => format!("{}\n", report.closing_line()),
        (false, false) => inspect::text(&report),
    };
    Ok(print(&shown).map_or_else(|error| refuse(&error), |()| CLEAN))
}

fn explain(name: &str) -> u8 {
    let Some(rule) = rules::ALL.iter().find(|rule| rule.name == name) else {
        return refuse(&format!("no rule is called {name:?}; `redislint rules` lists them"));
    };
    print(rule.doc).map_or_else(|error| refuse(&error), |()| CLEAN)
}

fn list() -> u8 {
    let width = rules::ALL.iter().map(|rule| rule.name.len()).max().unwrap_or_default();
    let mut lines = String::new();
    for rule in rules::ALL {
        let (category, severity) = (rule.category.name(), rule.severity.name());
        let summary = rule.summary().replace('\n', " ");
        let _ = writeln!(lines, "{:width$}  {category:12}  {severity:7}  {summary}", rule.name);
    }
    print(&lines).map_or_else(|error| refuse(&error), |()| CLEAN)
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
