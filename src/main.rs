//! Arguments in, exit code out. Only this and its submodules print.

mod cli;
mod console;
mod fixing;
mod progress;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use cli::{CLEAN, Command, FOUND, Fix, Inspect, Lint, REFUSED, Refusal};
use console::{broken, complain, print, print_bytes, refuse, say};
use fixing::Versions;
use progress::Progress;
use redislint::baseline::{self, Baseline};
use redislint::config::{self, Config, schema};
use redislint::fingerprint::Fingerprint;
use redislint::fix::{auth, engine};
use redislint::report::{Format, Look, Report, inspect, json, markdown, mistakes, starter, text};
use redislint::since::Since;
use redislint::tree::{Located, MAX_FILE_SIZE, Tree};
use redislint::{Options, git, lint, rules};

/// GitHub drops the summary of a step beyond 1 MiB; what else the step says needs some of it.
const MAX_SUMMARY: usize = 900_000;

fn main() -> ExitCode {
    std::panic::set_hook(Box::new(|panic| complain(&broken(panic.location()))));
    let code = match cli::decide(std::env::args_os()) {
        Ok(Command::Lint(asked)) => report(asked).unwrap_or_else(|error| refuse(&error)),
        Ok(Command::Inspect(asked)) => picture(asked).unwrap_or_else(|error| refuse(&error)),
        Ok(Command::Fix(asked)) => take_way(asked).unwrap_or_else(|error| refuse(&error)),
        Ok(Command::Explain(rule)) => explain(&rule),
        Ok(Command::Init(located)) => init(&located).unwrap_or_else(|error| refuse(&error)),
        Ok(Command::ConfigSchema) => finish(print(&schema::render(&rules::names()))),
        Ok(Command::Rules { json: true }) => finish(print(&json::catalogue())),
        Ok(Command::Rules { json: false }) => list(),
        Ok(Command::Completions(shell)) => finish(print_bytes(&cli::completions(shell))),
        Ok(Command::Man) => {
            finish(cli::manual().map_err(|error| error.to_string()).and_then(|page| print_bytes(&page)))
        }
        Err(Refusal::Path(error)) => refuse(&error.to_string()),
        Err(Refusal::Clap(error)) => {
            let _ = error.print();
            u8::try_from(error.exit_code()).unwrap_or(REFUSED)
        }
    };
    ExitCode::from(code)
}

fn report(mut asked: Lint) -> Result<u8, String> {
    let progress = Progress::on_terminal(asked.quiet);
    let root = &asked.located.root;
    progress.say("listing files");
    let mut tree = open(root)?;
    if asked.stdin {
        let text = standard_input()?;
        asked.located.paths.iter().for_each(|path| tree.stand_in(path, text.clone()));
    }
    asked.options.config = configure(&tree)?;
    if let Some(path) = &asked.baseline {
        asked.options.baseline = Some(read_baseline(path)?);
    }
    progress.say(&format!("judging {} files", tree.index().files().count()));
    if let Some(revision) = &asked.since {
        asked.options.since = Some(change(root, &tree, revision, &asked.options)?);
    }
    let report = match &asked.fix {
        None => lint(&tree, &asked.options),
        Some(fixing) => {
            let versions = Versions::of(root, &tree)?;
            let fixed = engine::fix(tree, &asked.options, &engine::at_least(fixing.least));
            drop(progress);
            fixing::carry_out(root, fixing, &versions, &fixed)?;
            if fixing.dry_run {
                return Ok(ends(&asked, &fixed.after));
            }
            return finish_report(&asked, &fixed.after);
        }
    };
    drop(progress);
    if let Some(path) = &asked.write_baseline {
        return write_baseline(path, &report);
    }
    finish_report(&asked, &report)
}

/// Writes and prints a report; how the run ends.
fn finish_report(asked: &Lint, report: &Report) -> Result<u8, String> {
    write_outputs(asked, report)?;
    let mut printed = show(asked, report);
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
    Ok(ends(asked, report))
}

fn ends(asked: &Lint, report: &Report) -> u8 {
    let fails = asked.fail_on.is_some_and(|least| report.worst().is_some_and(|worst| worst >= least));
    if fails { FOUND } else { CLEAN }
}

/// Prints the report, and what is to be said of the run.
fn show(asked: &Lint, report: &Report) -> Result<(), String> {
    let look = Look { style: asked.style, ..look(&asked.located) };
    let shown = asked.format.render(report, &look);
    let closing =
        if asked.quiet { String::new() } else { format!("{}{}\n", text::notices(report), report.closing_line()) };
    match asked.format {
        Format::Text => say(&shown).and(say(&closing)),
        Format::Concise => say(&shown).map(|()| complain(&closing)),
        Format::Github => {
            if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) {
                let summary = markdown::render_within(report, &look, MAX_SUMMARY);
                let file = File::options().create(true).append(true).open(path);
                let written = file.and_then(|mut file| file.write_all(summary.as_bytes()));
                if let Err(error) = written {
                    complain(&format!("redislint: can't write the summary of the job: {error}\n"));
                }
            }
            print(&shown).map(|()| complain(&closing))
        }
        // What says everything itself is followed by nothing.
        Format::Json | Format::Sarif | Format::Gitlab | Format::Junit | Format::Markdown => print(&shown),
    }
}

fn write_outputs(asked: &Lint, report: &Report) -> Result<(), String> {
    for (format, path) in &asked.outputs {
        let text = format.render(report, &look(&asked.located));
        fs::write(path, text).map_err(|error| format!("can't write {}: {error}", path.display()))?;
    }
    Ok(())
}

fn look(located: &Located) -> Look<'_> {
    Look { root: &located.shown, below: &located.below, ..Look::default() }
}

/// No more than a file may have, and one byte that shows that there was more.
fn standard_input() -> Result<Vec<u8>, String> {
    let mut text = Vec::new();
    let read = std::io::stdin().lock().take(MAX_FILE_SIZE + 1).read_to_end(&mut text);
    read.map(|_| text).map_err(|error| format!("can't read standard input: {error}"))
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
    let text = fs::read_to_string(path).map_err(|error| format!("can't read the baseline {shown}: {error}"))?;
    Baseline::parse(&shown, &text).map_err(|line| format!("{shown}:{line}: this is no line of a baseline"))
}

fn write_baseline(path: &Path, report: &Report) -> Result<u8, String> {
    let entries: BTreeSet<String> = report.places.iter().map(Fingerprint::entry).collect();
    let shown = path.display();
    fs::write(path, baseline::render(&entries)).map_err(|error| format!("can't write {shown}: {error}"))?;
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
    let shown = match (asked.json, report.model.environments.is_empty() && report.model.unplaced.is_none()) {
        (true, _) => inspect::json(&report),
        (false, true) => format!("{}\n", report.closing_line()),
        (false, false) => inspect::text(&report),
    };
    if asked.json { print(&shown) } else { say(&shown) }.map(|()| CLEAN)
}

/// Takes one way out of a mismatch; it fails where an environment was refused or something is left to be done.
fn take_way(mut asked: Fix) -> Result<u8, String> {
    let root = &asked.located.root;
    let tree = open(root)?;
    asked.options.config = configure(&tree)?;
    let versions = Versions::of(root, &tree)?;
    let taken = auth::take(tree, &asked.options, asked.way, asked.environment.as_deref(), asked.generate)?;
    fixing::carry_out(root, &asked.fixing, &versions, &taken.fixed)?;
    complain(&fixing::remarks(&taken));
    let left = !taken.refused.is_empty() || !taken.by_hand.is_empty();
    Ok(if left { FOUND } else { CLEAN })
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
