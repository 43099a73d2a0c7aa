//! Trees → facts, a file or folder per kind of input. Reads no disk and judges nothing: what it can't follow becomes an
//! opaque value, what it needs becomes a request.
//!
//! The driver here decides which extractor reads which file, and serves requests until nothing new is asked.

pub mod ci;
pub mod compose;
mod entries;
pub mod kubernetes;
mod launch;
pub mod pins;
pub mod python;
mod runs;
mod seeds;
mod server_files;
mod settings;
#[cfg(test)]
mod tests;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::config::Config;
use crate::facts::{
    ConfFile, Dockerfile, EnvFile, Facts, FileKind, PinFile, Request, ScriptFile, SettingsFile, ValuesFile,
    ci as ci_facts, code, compose as compose_facts, kubernetes as kubernetes_facts, launch as launch_facts,
};
use crate::finding::{Level, Notice};
use crate::source::{FileId, Sources, Span, Spanned};
use crate::syntax::{dockerfile, redis_conf};
use crate::text::Text;
use crate::tree::{Content, Index, Presence, Tree, join};
pub use seeds::is_example;

/// More files than any repository needs for its Redis settings; beyond it the run says so and judges what it has.
pub const MAX_FILES: usize = 20_000;

/// Scripts that start scripts.
const MAX_SCRIPTS: usize = 2;

/// What was read.
pub struct Extracted {
    /// The facts, each list in path order.
    pub facts: Facts,
    /// All paths, with those that only a request brought to light.
    pub index: Index,
    /// Syntax errors, files left out, budgets that were hit.
    pub notices: Vec<Notice>,
}

/// What one extractor made of one file.
enum Fact {
    Compose(compose_facts::ComposeFile),
    Env(EnvFile),
    Conf(ConfFile),
    Module(code::Module),
    Dockerfile(Dockerfile),
    Pins(Vec<PinFile>),
    Workflow(ci_facts::Workflow),
    Manifest(kubernetes_facts::Manifest),
    Chart(kubernetes_facts::Chart),
    Data,
    Settings(SettingsFile),
    Values(Box<ValuesFile>),
    Commands(runs::Said),
    Script(ScriptFile),
    Launcher(launch_facts::Launcher),
}

/// Reads a repository of which nothing is configured.
#[must_use]
pub fn run(tree: &Tree, sources: &mut Sources) -> Extracted {
    run_with(tree, sources, &Config::default())
}

/// Reads the seeds and what the configuration names, then what these ask for, each file once in each role, until
/// nothing new is asked.
#[must_use]
pub fn run_with(tree: &Tree, sources: &mut Sources, config: &Config) -> Extracted {
    let mut driver = Driver {
        facts: Facts::default(),
        index: tree.index().clone(),
        notices: tree.notices().to_vec(),
        files: BTreeMap::new(),
        served: BTreeSet::new(),
    };
    let mut wave = seeds::find(tree);
    wave.extend(named(config));
    driver.serve_all(wave, tree, sources);
    // What commands start may be a script, which starts something in turn.
    for _ in 0..=MAX_SCRIPTS {
        let text = |path: &str| {
            let file = driver.files.get(path).copied().flatten()?;
            let text = sources.get(file).text();
            Some(Text::exact(text, Span::new(file, 0..text.len())))
        };
        let started = jobs(entries::requests(&driver.facts, &driver.index, &text));
        driver.serve_all(started, tree, sources);
    }
    driver.facts.compose.sort_by(|a, b| a.path.cmp(&b.path));
    driver.facts.env_files.sort_by(|a, b| a.path.cmp(&b.path));
    driver.facts.confs.sort_by(|a, b| a.path.cmp(&b.path));
    driver.facts.modules.sort_by(|a, b| a.path.cmp(&b.path));
    driver.facts.dockerfiles.sort_by(|a, b| a.path.cmp(&b.path));
    driver.facts.workflows.sort_by(|a, b| a.path.cmp(&b.path));
    driver.facts.manifests.sort_by(|a, b| a.path.cmp(&b.path));
    driver.facts.charts.sort_by(|a, b| a.path.cmp(&b.path));
    driver.facts.runs.sort_by(|a, b| (&a.place, a.span).cmp(&(&b.place, b.span)));
    driver.facts.copies.sort_by(|a, b| (&a.place, &a.target).cmp(&(&b.place, &b.target)));
    driver.facts.settings.sort_by(|a, b| a.path.cmp(&b.path));
    driver.facts.scripts.sort_by(|a, b| a.path.cmp(&b.path));
    driver.facts.launchers.sort_by(|a, b| a.path.cmp(&b.path));
    driver.facts.mentions.sort_by(|a, b| (&a.path, a.span.start).cmp(&(&b.path, b.span.start)));
    driver.facts.pins.sort_by(|a, b| (&a.path, &a.folder).cmp(&(&b.path, &b.folder)));
    driver.facts.values.sort_by(|a, b| a.path.cmp(&b.path));
    Extracted { facts: driver.facts, index: driver.index, notices: driver.notices }
}

/// The files that the configuration names.
fn named(config: &Config) -> impl Iterator<Item = Job> {
    let of = |files: &[Spanned<String>], kind| -> Vec<Job> {
        files.iter().filter_map(|file| Some((join("", &file.value)?, kind, None))).collect()
    };
    config.environments.iter().flat_map(move |environment| {
        let mut jobs = of(&environment.files, FileKind::Compose);
        jobs.extend(of(&environment.env_files, FileKind::Dotenv));
        jobs
    })
}

/// A file to read: its path, how, and its content where that was needed to choose it.
type Job = (String, FileKind, Option<Content>);

struct Driver {
    facts: Facts,
    index: Index,
    notices: Vec<Notice>,
    /// Files read, and `None` for those that can't be.
    files: BTreeMap<String, Option<FileId>>,
    served: BTreeSet<(String, FileKind)>,
}

fn jobs(requests: Vec<Request>) -> Vec<Job> {
    requests.into_iter().map(|request| (request.path, request.kind, None)).collect()
}

impl Driver {
    /// Reads files, and what these ask for, until nothing new is asked.
    fn serve_all(&mut self, mut wave: Vec<Job>, tree: &Tree, sources: &mut Sources) {
        while !wave.is_empty() {
            wave = jobs(self.serve(wave, tree, sources));
        }
    }

    /// Reads one wave of files and returns what they ask for.
    fn serve(&mut self, mut wave: Vec<Job>, tree: &Tree, sources: &mut Sources) -> Vec<Request> {
        // In path order, so that file ids, and with them everything behind, do not hang on the order of requests.
        wave.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        let mut jobs: Vec<(FileId, FileKind)> = Vec::new();
        for (path, kind, content) in wave {
            if !self.served.insert((path.clone(), kind)) {
                continue;
            }
            if let Some(file) = self.open(&path, content, tree, sources) {
                jobs.push((file, kind));
            }
        }
        let (index, read) = (&self.index, &*sources);
        let results: Vec<_> = jobs.par_iter().map(|(file, kind)| extract(*file, *kind, read, index)).collect();
        let mut all = Vec::new();
        for (fact, requests, notices) in results {
            match fact {
                Fact::Compose(file) => self.facts.compose.push(file),
                Fact::Env(file) => self.facts.env_files.push(file),
                Fact::Conf(file) => self.facts.confs.push(file),
                Fact::Module(module) => self.facts.modules.push(module),
                Fact::Dockerfile(file) => self.facts.dockerfiles.push(file),
                Fact::Pins(pins) => self.facts.pins.extend(pins),
                Fact::Workflow(file) => self.facts.workflows.push(file),
                Fact::Manifest(file) => self.facts.manifests.push(file),
                Fact::Chart(chart) => self.facts.charts.push(chart),
                Fact::Data => {}
                Fact::Settings(file) => self.facts.settings.push(file),
                Fact::Values(file) => self.facts.values.push(*file),
                Fact::Script(file) => self.facts.scripts.push(file),
                Fact::Launcher(file) => self.facts.launchers.push(file),
                Fact::Commands(said) => {
                    self.facts.runs.extend(said.runs);
                    self.facts.copies.extend(said.copies);
                    self.facts.mentions.extend(said.mentions);
                }
            }
            all.extend(requests);
            self.notices.extend(notices);
        }
        all
    }

    /// Takes a file into the sources, once; `None` where it can't be read.
    fn open(&mut self, path: &str, content: Option<Content>, tree: &Tree, sources: &mut Sources) -> Option<FileId> {
        if let Some(known) = self.files.get(path) {
            return *known;
        }
        if self.files.len() >= MAX_FILES {
            if self.files.len() == MAX_FILES {
                let message = format!("more than {MAX_FILES} files matter, the rest is not read");
                self.notices.push(Notice::path("too-many-files", Level::Warning, path, message));
                self.files.insert(path.to_owned(), None);
            }
            return None;
        }
        let file = match content.unwrap_or_else(|| tree.read(path)) {
            Content::Bytes(bytes) => {
                if !self.index.is_file(path) {
                    self.index.insert(path.to_owned(), tree.tracked(path));
                }
                let file = sources.add(path, &bytes, self.index.tracked(path));
                if sources.get(file).had_invalid_bytes() {
                    let message = "not valid UTF-8, the invalid bytes were passed over";
                    self.notices.push(Notice::path("invalid-encoding", Level::Warning, path, message));
                }
                Some(file)
            }
            Content::Missing => None,
            Content::Refused(notice) => {
                self.notices.push(notice);
                // It exists, and nothing may be concluded from not having read it.
                if self.index.presence(path) == Presence::Absent {
                    self.index.insert_ignored(path.to_owned());
                }
                None
            }
        };
        self.files.insert(path.to_owned(), file);
        file
    }
}

/// A line that is no valid syntax because a template stands in it was not written for its reader: one notice a file says
/// so, and it is no fault.
#[must_use]
pub fn soften(notices: Vec<Notice>, sources: &Sources) -> Vec<Notice> {
    let mut out: Vec<Notice> = Vec::new();
    for mut notice in notices {
        let templated = notice.span.is_some_and(|span| {
            let source = sources.get(span.file);
            let line = source.line_range(source.position(span.start as usize).line);
            ["{{", "{%", "{#"].iter().any(|bracket| source.text()[line.clone()].contains(bracket))
        });
        if templated && notice.code.ends_with("-syntax") {
            notice.code = "template-masked";
            notice.level = Level::Info;
            notice.message = String::from("template expressions are not filled in, what they touch is unknown");
        }
        let repeated = notice.code == "template-masked"
            && out.iter().any(|other| other.code == notice.code && other.file() == notice.file());
        if !repeated {
            out.push(notice);
        }
    }
    out
}

fn extract(file: FileId, kind: FileKind, sources: &Sources, index: &Index) -> (Fact, Vec<Request>, Vec<Notice>) {
    let source = sources.get(file);
    let (path, text) = (source.path(), source.text());
    match kind {
        FileKind::Compose => {
            let (fact, requests, notices) = compose::extract(file, path, text);
            (Fact::Compose(fact), requests, notices)
        }
        FileKind::Python => {
            let exists = |path: &str| index.is_file(path);
            let (fact, requests, notices) = python::extract(file, path, text, &exists);
            (Fact::Module(fact), requests, notices)
        }
        FileKind::RedisConf => {
            let (lines, mut notices) = redis_conf::parse(file, text);
            if !seeds::is_redis_conf(path, text) {
                // Something else with that ending, mounted beside: its grammar is not Redis's.
                notices.clear();
            }
            let requests = server_files::named_by_conf(path, &lines, index);
            (
                Fact::Conf(ConfFile {
                    file,
                    path: path.to_owned(),
                    lines,
                    comment: redis_conf::first_comment(file, text),
                }),
                requests,
                notices,
            )
        }
        FileKind::Dockerfile => {
            let (instructions, notices) = dockerfile::parse(file, text);
            let requests = server_files::copied_by_dockerfile(path, &instructions, index);
            (Fact::Dockerfile(Dockerfile { file, path: path.to_owned(), instructions }), requests, notices)
        }
        FileKind::Launcher => {
            let (fact, requests) = launch::extract(file, path, text, index);
            (Fact::Launcher(fact), requests, Vec::new())
        }
        FileKind::Manifest => {
            let (fact, requests, notices) = kubernetes::extract(file, path, text, index);
            (Fact::Manifest(fact), requests, notices)
        }
        FileKind::Chart => {
            let (chart, requests) = kubernetes::charts::extract(file, path, text, index);
            (chart.map_or(Fact::Data, Fact::Chart), requests, Vec::new())
        }
        FileKind::Data => (Fact::Data, Vec::new(), Vec::new()),
        FileKind::Workflow => {
            let (fact, requests, notices) = ci::extract(file, path, text, index);
            (Fact::Workflow(fact), requests, notices)
        }
        FileKind::Commands => {
            let (said, requests) = runs::extract(file, path, text, index);
            (Fact::Commands(said), requests, Vec::new())
        }
        FileKind::Script => (Fact::Script(ScriptFile { file, path: path.to_owned() }), Vec::new(), Vec::new()),
        FileKind::Values => (Fact::Values(Box::new(values::extract(file, path, text))), Vec::new(), Vec::new()),
        FileKind::Settings => (Fact::Settings(settings::extract(file, path, text)), Vec::new(), Vec::new()),
        FileKind::Pins => {
            let (files, requests) = pins::extract(file, path, text);
            (Fact::Pins(files), requests, Vec::new())
        }
        // Each reader of the file has its own dialect: it is parsed where the reader is known.
        FileKind::Dotenv => {
            let example = is_example(path);
            (Fact::Env(EnvFile { file, path: path.to_owned(), example }), compose::chosen(file, path, text), Vec::new())
        }
    }
}
