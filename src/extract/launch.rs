//! Shell scripts, Makefiles and the scripts of a package.json → the containers that they start with `docker run`.
//!
//! Only commands count: what a comment, `echo`, a here-document or a string says is none, and neither is what `ssh` runs on
//! another machine.

use std::collections::BTreeMap;

use crate::facts::launch::{ContainerRun, Launcher, LauncherPart, ScriptVariable};
use crate::facts::{FileKind, Request};
use crate::source::{FileId, Span, Spanned};
use crate::syntax::words::{self, Command, Word, WordPart};
use crate::syntax::{makefile, yaml};
use crate::text::Text;
use crate::tree::Index;

/// More than any script starts; beyond it commands are not read.
const MAX_RUNS: usize = 200;

/// Configuration files in a mounted folder that are asked for.
const MAX_CONFS: usize = 16;

/// Programs that start containers in the same way.
const PROGRAMS: [&str; 4] = ["docker", "podman", "nerdctl", "docker.exe"];

/// Programs that run the program behind them.
const WRAPPERS: [&str; 7] = ["sudo", "command", "time", "nohup", "env", "winpty", "exec"];

/// Reads one file; the requests are for what the containers mount and read.
pub(super) fn extract(file: FileId, path: &str, text: &str, index: &Index) -> (Launcher, Vec<Request>) {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let parts = if name == "package.json" {
        of_package(file, text)
    } else if is_makefile(&name) {
        of_makefile(file, text)
    } else {
        part(None, &[Text::exact(text, Span::new(file, 0..text.len()))], BTreeMap::new()).into_iter().collect()
    };
    let launcher = Launcher { file, path: path.to_owned(), parts };
    let requests = requests(&launcher, index);
    (launcher, requests)
}

/// Whether a file of that name, in lower case, is for make.
pub(super) fn is_makefile(name: &str) -> bool {
    name.ends_with(".mk") || matches!(name.split('.').next(), Some("makefile" | "gnumakefile"))
}

fn of_makefile(file: FileId, text: &str) -> Vec<LauncherPart> {
    let makefile = makefile::parse(file, text);
    let default =
        |(name, value): &(String, Text)| (name.clone(), ScriptVariable::Default(words::parse_word(value, false)));
    let defaults: BTreeMap<String, ScriptVariable> = makefile.defaults.iter().map(default).collect();
    let recipes = makefile.recipes.into_iter();
    recipes.filter_map(|recipe| part(Some(recipe.target), &recipe.lines, defaults.clone())).collect()
}

fn of_package(file: FileId, text: &str) -> Vec<LauncherPart> {
    let (tree, _) = yaml::parse(file, text);
    let scripts = tree.documents.first().and_then(|root| tree.get(*root, "scripts"));
    let entries = scripts.map(|scripts| tree.entries(scripts)).into_iter().flatten();
    entries
        .filter_map(|entry| {
            let name = Spanned::new(tree.as_str(entry.key)?.to_owned(), tree.node(entry.key).span);
            part(Some(name), &[tree.as_text(entry.value)?.clone()], BTreeMap::new())
        })
        .collect()
}

/// The containers that these texts of a shell start; `None`: they start none.
fn part(
    name: Option<Spanned<String>>,
    scripts: &[Text],
    variables: BTreeMap<String, ScriptVariable>,
) -> Option<LauncherPart> {
    let mut part = LauncherPart { name, runs: Vec::new(), variables };
    for script in scripts {
        for command in words::parse_shell(script) {
            part.remember(&command);
            let started = part.started(&command).map(|run| {
                // Words that make filled in stand elsewhere.
                let inside = script.anchor().contains(run.span);
                ContainerRun { span: if inside { run.span } else { script.anchor() }, ..run }
            });
            part.runs.extend(started);
            for inner in substituted(script, &command) {
                let commands = words::parse_shell(&inner);
                let started: Vec<ContainerRun> = commands.iter().filter_map(|command| part.started(command)).collect();
                part.runs.extend(started);
            }
        }
    }
    part.runs.truncate(MAX_RUNS);
    (!part.runs.is_empty()).then_some(part)
}

/// The scripts inside `$(…)` in a command, which run as well: `ID=$(docker run …)`.
fn substituted(script: &Text, command: &Command) -> Vec<Text> {
    let all = command.words.iter().chain(command.assignments.iter().map(|(_, word)| word));
    let spans = all.flat_map(|word| &word.parts).filter_map(|part| match part {
        WordPart::Opaque(span) => Some(*span),
        _ => None,
    });
    let start = script.span().start;
    // What a Makefile filled in has no place of its own in the script's text.
    let is_exact = script.len() == script.span().len();
    spans
        .filter(|_| is_exact)
        .filter_map(|span| {
            let range = (span.start.checked_sub(start)?) as usize..(span.end.checked_sub(start)?) as usize;
            let inner = script.as_str().get(range.clone())?.strip_prefix("$(")?.strip_suffix(')')?;
            Some(script.slice(range.start + 2..range.start + 2 + inner.len()))
        })
        .collect()
}

impl LauncherPart {
    /// Takes in the variables that a command sets.
    fn remember(&mut self, command: &Command) {
        let literal = |at: usize| command.words.get(at).and_then(Word::literal);
        let Some(program) = literal(0) else {
            if command.words.is_empty() {
                for (name, word) in &command.assignments {
                    self.set(name, Some(word));
                }
            }
            return;
        };
        match program.as_str() {
            "export" | "local" | "readonly" | "declare" | "typeset" => {
                for word in &command.words[1..] {
                    if let Some((name, Some(value))) = words::split_assignment(word) {
                        self.set(&name, Some(&value));
                    }
                }
            }
            "read" | "mapfile" | "readarray" | "getopts" | "unset" | "printf" => {
                for name in command.words[1..].iter().filter_map(Word::literal) {
                    self.set(name.as_str(), None);
                }
            }
            // What is read in may set again whatever was set before.
            "." | "source" | "eval" => {
                self.variables.values_mut().for_each(|variable| *variable = ScriptVariable::Open);
            }
            _ => {}
        }
    }

    fn set(&mut self, name: &str, word: Option<&Word>) {
        let variable = match word.filter(|_| !self.variables.contains_key(name)) {
            Some(word) => ScriptVariable::Once(word.clone()),
            None => ScriptVariable::Open,
        };
        self.variables.insert(name.to_owned(), variable);
    }

    /// The container that a command starts.
    fn started(&self, command: &Command) -> Option<ContainerRun> {
        let literal = |at: usize| command.words.get(at).and_then(Word::literal);
        let mut at = 0;
        while let Some(word) = literal(at).filter(|word| WRAPPERS.contains(&word.as_str())) {
            at += 1;
            // Options and variables of the wrapper itself, as far as they stand alone.
            let own = |text: &Text| {
                let text = text.as_str();
                word.as_str() == "env" && text.contains('=')
                    || word.as_str() == "sudo" && ["-E", "-n", "-H", "-S"].contains(&text)
            };
            while literal(at).is_some_and(|text| own(&text)) {
                at += 1;
            }
        }
        if !self.is_program(command.words.get(at)?) {
            return None;
        }
        at += 1;
        if literal(at)?.as_str() == "container" {
            at += 1;
        }
        let starts = matches!(literal(at)?.as_str(), "run" | "create");
        let words = command.words.get(at + 1..).unwrap_or_default().to_vec();
        starts.then_some(ContainerRun { words, span: command.span })
    }

    /// `docker`, or a variable that holds it.
    fn is_program(&self, word: &Word) -> bool {
        let names = |word: &Word| {
            let literal = word.literal();
            literal.is_some_and(|text| text.as_str().rsplit('/').next().is_some_and(|name| PROGRAMS.contains(&name)))
        };
        match word.parts.as_slice() {
            [WordPart::Variable { name, operator: None, .. }] => {
                let Some(ScriptVariable::Once(value) | ScriptVariable::Default(value)) = self.variables.get(name)
                else {
                    return false;
                };
                names(value) || defaults_to(value)
            }
            _ => names(word) || defaults_to(word),
        }
    }
}

/// `${DOCKER:-docker}`.
fn defaults_to(word: &Word) -> bool {
    let [WordPart::Variable { operator: Some((operator, operand)), .. }] = word.parts.as_slice() else { return false };
    operator.ends_with(['-', '=']) && PROGRAMS.contains(&operand.as_str())
}

/// The files of the repository that the containers mount or take variables from.
fn requests(launcher: &Launcher, index: &Index) -> Vec<Request> {
    let mut requests: Vec<Request> = Vec::new();
    for run in launcher.parts.iter().flat_map(|part| &part.runs) {
        let mut before = String::new();
        for word in &run.words {
            let is = |flags: &[&str]| flags.iter().any(|flag| before == *flag || starts(word, &format!("{flag}=")));
            let (env_file, mount) = (is(&["--env-file"]), is(&["-v", "--volume", "--mount"]));
            for (path, from) in paths(word).into_iter().filter(|_| env_file || mount) {
                let Some(path) = Launcher::beside(&launcher.path, &path, index) else { continue };
                let kind = if env_file { FileKind::Dotenv } else { FileKind::RedisConf };
                let paths: Vec<String> = if env_file || index.is_file(&path) {
                    vec![path]
                } else {
                    let inside = index.files_below(&path).filter(|file| is_conf(file));
                    inside.take(MAX_CONFS).map(str::to_owned).collect()
                };
                let known = |path: &String| requests.iter().any(|one| one.path == *path && one.kind == kind);
                let new: Vec<String> = paths.into_iter().filter(|path| !known(path)).collect();
                requests.extend(new.into_iter().map(|path| Request { path, kind, from }));
            }
            before = word.literal().map(|text| text.as_str().to_owned()).unwrap_or_default();
        }
    }
    requests
}

fn is_conf(path: &str) -> bool {
    path.ends_with(".conf") || path.ends_with(".acl")
}

fn starts(word: &Word, with: &str) -> bool {
    matches!(word.parts.first(), Some(WordPart::Literal(text)) if text.as_str().starts_with(with))
}

/// What a word names that may be a path of the repository. What the shell puts in front of it is where the script was
/// started.
fn paths(word: &Word) -> Vec<(String, Span)> {
    let literals = word.parts.iter().filter_map(|part| match part {
        WordPart::Literal(text) => Some(text),
        _ => None,
    });
    let path = |text: &Text| {
        let value = text.as_str();
        let named = ["source=", "src=", "--env-file=", "--volume=", "-v="];
        let start = named.iter().filter_map(|name| value.find(name).map(|at| at + name.len())).max().unwrap_or(0);
        let value = value[start..].split([':', ',']).next().unwrap_or_default().trim_start_matches('/');
        (!value.is_empty()).then(|| (value.to_owned(), text.span()))
    };
    literals.filter_map(path).collect()
}
