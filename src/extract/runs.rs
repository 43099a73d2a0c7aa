//! Scripts, Makefiles, package.json, workflows and documents → the `docker compose` commands in them, and the copies of
//! example env files that they tell to make.
//!
//! Lines are read as a shell would, with the file's own plain variables filled in. A command whose files can't be told,
//! or are not there, says nothing.

mod lines;

use std::collections::HashMap;

use crate::facts::compose::{ComposeRun, ExampleCopy};
use crate::facts::{FileKind, Request};
use crate::source::{FileId, Span};
use crate::syntax::words::{self, Command, Word, WordPart};
use crate::text::Text;
use crate::tree::{Index, Presence, join};

use lines::Line;

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
    for line in lines::of(file, path, text) {
        reader.line(&line);
    }
    let said = reader.said;
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

/// The options of one command.
#[derive(Default)]
struct Options {
    files: Vec<String>,
    env_files: Vec<String>,
    profiles: Vec<String>,
    directory: Option<String>,
}

impl Reader<'_> {
    fn line(&mut self, line: &Line) {
        if line.starts {
            self.inside.clone_from(&line.folder);
        }
        if let Some((name, value)) = &line.assignment {
            self.variables.insert(name.clone(), value.clone());
        }
        let expanded = self.filled(line.text.as_str(), 0);
        let text = Text::mapped(&expanded, line.text.span());
        for command in words::parse_shell(&text) {
            for (name, word) in &command.assignments {
                if let Some(value) = word.literal()
                    && command.words.is_empty()
                {
                    self.variables.insert(name.clone(), value.as_str().to_owned());
                }
            }
            self.command(&command, line.text.span());
        }
    }

    /// The text with `$(NAME)`, `${NAME}` and `$NAME` of the file's own variables filled in.
    fn filled(&self, text: &str, depth: usize) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(at) = rest.find('$') {
            out.push_str(&rest[..at]);
            let after = &rest[at + 1..];
            let (name, length) = if let Some(open @ (b'(' | b'{')) = after.as_bytes().first() {
                let close = if *open == b'(' { ')' } else { '}' };
                after.find(close).map_or(("", 0), |end| (&after[1..end], end + 1))
            } else {
                let end = after.find(|char: char| !(char.is_ascii_alphanumeric() || char == '_'));
                (&after[..end.unwrap_or(after.len())], end.unwrap_or(after.len()))
            };
            match self.variables.get(name).filter(|_| depth < MAX_DEPTH) {
                Some(value) => out.push_str(&self.filled(value, depth + 1)),
                None => out.push_str(&rest[at..=at + length]),
            }
            rest = &after[length..];
        }
        out.push_str(rest);
        out
    }

    fn command(&mut self, command: &Command, span: Span) {
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
            Some("cp" | "copy" | "mv" | "ln" | "install") => return self.copy(&plain),
            _ => {}
        }
        // Behind `sudo`, `exec`, `env X=y`, `time`, `if !` … the program is the first word of that name.
        let start = (0..plain.len()).find_map(|at| match name(at)? {
            "docker-compose" | "docker-compose.exe" => Some(at + 1),
            "docker" if name(at + 1) == Some("compose") => Some(at + 2),
            _ => None,
        });
        let Some(start) = start.filter(|_| self.said.runs.len() < MAX_RUNS) else { return };
        let Some(mut options) = options(&command.words[start..]) else { return };
        if options.files.is_empty() {
            let own = command.assignments.iter().find(|(name, _)| name == "COMPOSE_FILE");
            let list = match own {
                Some((_, word)) => word.literal().map(|text| text.as_str().to_owned()),
                None => self.variables.get("COMPOSE_FILE").map(|list| self.filled(list, 0)),
            };
            options.files = list.iter().flat_map(|list| list.split([':', ';'])).map(str::to_owned).collect();
        }
        if let Some(run) = self.placed(&options, span)
            && !self.said.runs.iter().any(|known| ComposeRun { span, ..known.clone() } == run)
        {
            self.said.runs.push(run);
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
            let names = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];
            let directory = options.directory.as_deref().unwrap_or("");
            bases.iter().find(|base| {
                join(base, directory)
                    .is_some_and(|folder| names.iter().filter_map(|name| join(&folder, name)).any(|path| there(&path)))
            })?
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

/// The options in front of the subcommand; `None`: a file among them can't be told.
fn options(words: &[Word]) -> Option<Options> {
    let mut options = Options::default();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        // `$(ARGS)` may hold anything, files included.
        let [WordPart::Literal(first), ..] = word.parts.as_slice() else { return None };
        let first = first.as_str();
        if !first.starts_with('-') {
            // What only looks after containers says nothing about how they are started.
            let idle = ["version", "help", "ls"].contains(&first);
            return (!idle).then_some(options);
        }
        let literal = word.literal();
        let (name, joined) = match first.split_once('=') {
            Some((name, _)) => (
                name.to_owned(),
                Some(literal.as_ref().and_then(|text| Some(text.as_str().split_once('=')?.1.to_owned()))),
            ),
            None => (first.to_owned(), None),
        };
        let takes_value = matches!(
            name.as_str(),
            "-f" | "--file"
                | "--env-file"
                | "--profile"
                | "-p"
                | "--project-name"
                | "--project-directory"
                | "--ansi"
                | "--progress"
                | "--parallel"
                | "-H"
                | "--host"
                | "-c"
                | "--context"
        );
        if !takes_value {
            continue;
        }
        let value = match joined {
            Some(value) => value,
            None => rest.next()?.literal().map(|text| text.as_str().to_owned()),
        };
        match name.as_str() {
            "-f" | "--file" => options.files.push(value?),
            "--env-file" => options.env_files.push(value?),
            "--profile" => options.profiles.push(value?),
            "--project-directory" => options.directory = Some(value?),
            _ => {}
        }
    }
    Some(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(path: &str, text: &str) -> Vec<String> {
        let there = ["docker-compose.yml", "a.yml", "b.yml", "deploy/c.yml", ".env.example", "deploy/compose.yml"];
        let index = Index::new(there.iter().map(|path| ((*path).to_owned(), None)));
        let (said, _) = extract(FileId(0), path, text, &index);
        let mut out: Vec<String> = said
            .runs
            .iter()
            .map(|run| {
                let lists = [&run.files, &run.env_files, &run.profiles].map(|list| list.join(","));
                format!("{}|{}", run.directory, lists.join("|"))
            })
            .collect();
        out.extend(said.copies.iter().map(|copy| format!("{} -> {}", copy.example, copy.target)));
        out
    }

    #[test]
    fn makefiles() {
        let text = "FILES = -f a.yml -f b.yml\nDC := docker compose $(FILES)\nup:\n\t@$(DC) --profile web up -d\n\tdocker compose -f $(X) up\n";
        assert_eq!(said("Makefile", text), ["|a.yml,b.yml||", "|a.yml,b.yml||web"]);
        assert_eq!(
            said("Makefile", "up:\n\t-docker-compose \\\n\t  --env-file=.env.prod --file b.yml up\n"),
            ["|b.yml|.env.prod|"]
        );
    }

    #[test]
    fn scripts() {
        assert_eq!(said("bin/up.sh", "cd deploy\ndocker compose -f c.yml up\n"), ["deploy|deploy/c.yml||"]);
        assert_eq!(said("up.sh", "COMPOSE_FILE=a.yml:b.yml docker-compose up\n"), ["|a.yml,b.yml||"]);
        assert_eq!(said("up.sh", "export COMPOSE_FILE=a.yml\ndocker compose up\n"), ["|a.yml||"]);
        assert_eq!(said("up.sh", "sudo docker compose up && cp .env.example .env"), ["|||", ".env.example -> .env"]);
        assert_eq!(said("up.bat", "docker compose -f a.yml up\r\n"), ["|a.yml||"]);
        assert!(said("up.sh", "docker compose -f missing.yml up\n# docker compose -f a.yml up\n").is_empty());
    }

    #[test]
    fn documents_and_package_scripts() {
        let text = "Run docker compose -f a.yml up.\n\n```sh\n$ docker compose -f b.yml up\n```\n";
        assert_eq!(said("README.md", text), ["|b.yml||"]);
        let text = "Start:\n\n    cp .env.example .env  # then edit\n    docker compose -f a.yml up\n\ntext\n    docker compose -f b.yml up\n";
        assert_eq!(said("README.md", text), ["|a.yml||", ".env.example -> .env"]);
        let text = "{\"scripts\": {\"up\": \"docker compose -f a.yml -f b.yml up\"}}";
        assert_eq!(said("package.json", text), ["|a.yml,b.yml||"]);
        let text = "jobs:\n  t:\n    steps:\n      - run: |\n          cp .env.example .env\n          docker compose -f a.yml up\n        working-directory: .\n      - run: docker compose up\n        working-directory: deploy\n";
        assert_eq!(said(".github/workflows/ci.yml", text), ["|a.yml||", "deploy|||", ".env.example -> .env"]);
    }

    #[test]
    fn dockerfiles() {
        assert_eq!(said("Dockerfile", "FROM docker\nCMD docker compose -f a.yml up\n"), ["|a.yml||"]);
    }

    #[test]
    fn comments_of_the_example_itself() {
        assert_eq!(said(".env.example", "# cp .env.example .env\nA=1\n"), [".env.example -> .env"]);
        assert_eq!(said(".env.example", "# Copy this file to .env.\nA=1\n"), [".env.example -> .env"]);
        assert!(said(".env.example", "# what .env may hold\nA=1\n").is_empty());
    }
}
