//! Scripts, Makefiles, task files, workflows, Dockerfiles, development containers and documents → the `docker compose`
//! commands in them, and the copies of example env files that they tell to make.
//!
//! Lines are read as a shell would, with the file's own plain variables filled in. A command whose files can't be told,
//! or are not there, says nothing.

mod documents;
mod lines;
mod mentions;
mod options;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use crate::facts::compose::{ComposeRun, ExampleCopy};
use crate::facts::{FileKind, Mention, Request};
use crate::source::{FileId, Span};
use crate::syntax::words::{self, Command};
use crate::text::Text;
use crate::tree::{Index, Presence, join};

use lines::Line;
use options::Options;

/// References inside a variable's own value that are followed.
const MAX_DEPTH: usize = 4;

/// More than any script says; beyond it lines are not read.
const MAX_RUNS: usize = 200;

/// What a file says about compose.
#[derive(Debug, Default)]
pub struct Said {
    /// Commands that start it.
    pub runs: Vec<ComposeRun>,
    /// Env files that are made from examples.
    pub copies: Vec<ExampleCopy>,
    /// Connections that a README tells people to make.
    pub mentions: Vec<Mention>,
}

/// Reads one script or document.
pub(super) fn extract(file: FileId, path: &str, text: &str, index: &Index) -> (Said, Vec<Request>) {
    let mut reader = Reader {
        path,
        index,
        variables: HashMap::new(),
        // Where a script is started from is not written in it: its own folder and those above are tried.
        folder: path.rsplit_once('/').map_or("", |(folder, _)| folder),
        inside: None,
        said: Said::default(),
    };
    let lines = lines::of(file, path, text);
    for line in &lines {
        reader.line(line);
    }
    let mut said = reader.said;
    if mentions::is_readme(path) {
        said.mentions = mentions::find(path, &lines);
    }
    let mut requests = Vec::new();
    for run in &said.runs {
        let mut ask = |path: &String, kind| requests.push(Request { path: path.clone(), kind, from: run.span });
        run.files.iter().for_each(|path| ask(path, FileKind::Compose));
        run.env_files.iter().for_each(|path| ask(path, FileKind::Dotenv));
    }
    for copy in &said.copies {
        let from = Span::new(file, 0..0);
        requests.push(Request { path: copy.example.clone(), kind: FileKind::Dotenv, from });
    }
    (said, requests)
}

struct Reader<'a> {
    path: &'a str,
    index: &'a Index,
    /// Variables of the file itself, unexpanded.
    variables: HashMap<String, String>,
    folder: &'a str,
    /// The folder that the last `cd` went to, relative to where the file started; `None`: it did not move.
    inside: Option<String>,
    said: Said,
}

/// What compose looks for.
const NAMES: [&str; 4] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

/// The folders above a folder, the nearest first.
fn ancestors(folder: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(folder), |folder| match folder.rsplit_once('/') {
        Some((parent, _)) => Some(parent),
        None => (!folder.is_empty()).then_some(""),
    })
    .skip(1)
}

impl Reader<'_> {
    fn line(&mut self, line: &Line) {
        if line.starts {
            self.inside.clone_from(&line.folder);
        }
        if let Some(environment) = &line.environment {
            self.variables = environment.iter().cloned().collect();
        }
        if let Some((name, value)) = &line.assignment {
            self.variables.insert(name.clone(), value.clone());
        }
        let expanded = self.filled(line.text.as_str(), 0);
        let same = expanded == line.text.as_str();
        let text = if same { line.text.clone() } else { Text::mapped(&expanded, line.text.span()) };
        for command in words::parse_shell(&text) {
            for (name, word) in &command.assignments {
                if let Some(value) = word.literal()
                    && command.words.is_empty()
                {
                    self.variables.insert(name.clone(), value.as_str().to_owned());
                }
            }
            self.command(&command);
        }
    }

    /// The text with the file's own variables filled in, in the forms of shells and make (`$(NAME)`, `${NAME}`,
    /// `$NAME`), of just and task (`{{NAME}}`, `{{.NAME}}`) and of batch files (`%NAME%`).
    fn filled(&self, text: &str, depth: usize) -> String {
        if depth >= MAX_DEPTH || !text.contains(['$', '{', '%']) {
            return text.to_owned();
        }
        let text = self.between(text, ("{{", "}}"), depth);
        let text = self.between(&text, ("%", "%"), depth);
        let text = self.between(&text, ("$(", ")"), depth);
        let text = self.between(&text, ("${", "}"), depth);
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(at) = rest.find('$') {
            let after = &rest[at + 1..];
            let end = after.find(|char: char| !(char.is_ascii_alphanumeric() || char == '_')).unwrap_or(after.len());
            out.push_str(&rest[..at]);
            match self.variables.get(&after[..end]) {
                Some(value) => out.push_str(&self.filled(value, depth + 1)),
                None => out.push_str(&rest[at..=at + end]),
            }
            rest = &after[end..];
        }
        out.push_str(rest);
        out
    }

    fn between(&self, text: &str, (open, close): (&str, &str), depth: usize) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(open).map(|at| at + open.len()) {
            let Some(end) = rest[start..].find(close).map(|length| start + length) else { break };
            let name = rest[start..end].trim().trim_start_matches("env.").trim_start_matches('.');
            if let Some(value) = self.variables.get(name) {
                // `${{ env.NAME }}` has a dollar in front.
                out.push_str(rest[..start - open.len()].trim_end_matches('$'));
                out.push_str(&self.filled(value, depth + 1));
                rest = &rest[end + close.len()..];
            } else {
                out.push_str(&rest[..start]);
                rest = &rest[start..];
            }
        }
        out.push_str(rest);
        out
    }

    fn command(&mut self, command: &Command) {
        let plain: Vec<Option<String>> =
            command.words.iter().map(|word| word.literal().map(|text| text.as_str().to_owned())).collect();
        let name =
            |at: usize| plain.get(at).and_then(|word| word.as_deref()).map(|word| word.trim_start_matches(['@', '-']));
        match name(0) {
            Some("cd" | "pushd") => {
                self.inside = plain.get(1).cloned().flatten().and_then(|folder| {
                    let from = self.inside.as_deref().unwrap_or("");
                    join(from, &folder)
                });
                return;
            }
            Some("export") => {
                for (name, value) in plain.iter().flatten().filter_map(|word| word.split_once('=')) {
                    self.variables.insert(name.to_owned(), value.to_owned());
                }
                return;
            }
            Some("cp" | "copy" | "mv" | "ln" | "install") => return self.copy(&plain),
            _ => {}
        }
        // Behind `sudo`, `exec`, `env X=y`, `time`, `if !` … the program is the first word of that name.
        let start = (0..plain.len()).find_map(|at| match name(at)? {
            "docker-compose" | "docker-compose.exe" | "podman-compose" => Some(at + 1),
            "docker" | "podman" | "nerdctl" if name(at + 1) == Some("compose") => Some(at + 2),
            _ => None,
        });
        let Some(start) = start.filter(|_| self.said.runs.len() < MAX_RUNS) else { return };
        let Some(mut options) = options::of(&command.words[start..]) else { return };
        for (name, separators, list) in [
            ("COMPOSE_FILE", &[':', ';'][..], &mut options.files),
            ("COMPOSE_ENV_FILES", &[','], &mut options.env_files),
            ("COMPOSE_PROFILES", &[','], &mut options.profiles),
        ] {
            let Some(value) = self.variable(command, name).filter(|_| list.is_empty()) else { continue };
            let mut parts = value.split(separators).filter(|part| !part.is_empty());
            if parts.any(|part| options::add(list, part.to_owned()).is_none()) {
                return;
            }
        }
        let span = command.span;
        if let Some(run) = self.placed(&options, span)
            && !self.said.runs.iter().any(|known| ComposeRun { span, ..known.clone() } == run)
        {
            self.said.runs.push(run);
        }
    }

    /// What a command finds in its environment: `NAME=value` in front of it, or what the file sets.
    fn variable(&self, command: &Command, name: &str) -> Option<String> {
        let before = |word: &words::Word| Some(word.literal()?.as_str().to_owned());
        match command.assignments.iter().find(|(own, _)| own == name) {
            Some((_, word)) => before(word),
            None => self.variables.get(name).map(|value| self.filled(value, 0)),
        }
    }

    /// The run with its paths relative to the root, from the first folder where its files are there.
    fn placed(&self, options: &Options, span: Span) -> Option<ComposeRun> {
        let bases = self.bases();
        let all = |base: &str, paths: &[String]| -> Option<Vec<String>> {
            paths.iter().map(|path| join(base, path)).collect()
        };
        let there = |path: &String| self.index.is_file(path);
        let place = self.path.to_owned();
        let base = if options.files.is_empty() {
            let directory = options.directory.as_deref().unwrap_or("");
            let has_base = |folder: &str| NAMES.iter().filter_map(|name| join(folder, name)).any(|path| there(&path));
            let here = |base: &&String| join(base, directory).is_some_and(|folder| has_base(&folder));
            // Compose walks up from a folder without such a file.
            let below = |base: &&String| {
                let mut above = ancestors(base);
                self.index.presence(base) == Presence::Folder && directory.is_empty() && above.any(has_base)
            };
            bases.iter().find(here).or_else(|| bases.iter().find(below))?
        } else {
            bases.iter().find(|base| all(base, &options.files).is_some_and(|files| files.iter().all(there)))?
        };
        let files = all(base, &options.files)?;
        let directory = match (&options.directory, files.first()) {
            (Some(directory), _) => join(base, directory)?,
            (None, Some(first)) => first.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned(),
            (None, None) => base.clone(),
        };
        let env_files = all(base, &options.env_files)?;
        Some(ComposeRun { place, directory, files, env_files, profiles: options.profiles.clone(), span })
    }

    /// The folders a command may have been started in, the likeliest first.
    fn bases(&self) -> Vec<String> {
        let mut bases = Vec::new();
        let mut folder = self.folder;
        loop {
            let base = match &self.inside {
                Some(inside) => join(folder, inside),
                None => Some(folder.to_owned()),
            };
            bases.extend(base);
            match folder.rsplit_once('/') {
                Some((parent, _)) => folder = parent,
                None if folder.is_empty() => return bases,
                None => folder = "",
            }
        }
    }

    /// `cp .env.example .env`.
    fn copy(&mut self, words: &[Option<String>]) {
        let paths: Vec<&String> = words[1..].iter().flatten().filter(|word| !word.starts_with('-')).collect();
        let [from, to] = paths.as_slice() else { return };
        if !super::is_example(from) {
            return;
        }
        for base in self.bases() {
            let (Some(example), Some(mut target)) = (join(&base, from), join(&base, to)) else { continue };
            if !self.index.is_file(&example) {
                continue;
            }
            // `cp config/.env.example ./` keeps the name, and makes no other file.
            if self.index.presence(&target) == Presence::Folder {
                let Some(inside) = example.rsplit('/').next().and_then(|name| join(&target, name)) else { return };
                target = inside;
            }
            let copy = ExampleCopy { place: self.path.to_owned(), example, target };
            if !self.said.copies.contains(&copy) {
                self.said.copies.push(copy);
            }
            return;
        }
    }
}
