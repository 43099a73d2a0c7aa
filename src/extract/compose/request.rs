//! Which other files a compose file makes matter.

use crate::facts::compose::{Assignment, CommandLine, ComposeFile, Document, Service, Volume};
use crate::facts::{FileKind, Request};
use crate::source::{FileId, Span};
use crate::syntax::dotenv::{self, Dialect};
use crate::syntax::template::{self, Operator, Part, Template};
use crate::text::Text;
use crate::tree::join;

/// Names that a folder mounted into a Redis container is asked for.
const TYPICAL_CONFS: [&str; 7] =
    ["redis.conf", "users.acl", "valkey.conf", "keydb.conf", "sentinel.conf", "overrides.conf", "redis.acl"];

/// Nesting of references up to which a path is guessed.
const MAX_DEPTH: usize = 8;

/// Every file that the compose file names.
pub(super) fn requests(compose: &ComposeFile) -> Vec<Request> {
    let folder = compose.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut asked = Asked { folder, requests: Vec::new() };
    let start = Span::new(compose.file, 0..0);
    asked.path(".env", FileKind::Dotenv, start);
    for document in &compose.documents {
        asked.document(document);
        for service in &document.services {
            asked.service(service);
        }
    }
    asked.requests
}

/// The compose files that `COMPOSE_FILE` of a `.env` names.
#[must_use]
pub fn chosen(file: FileId, path: &str, text: &str) -> Vec<Request> {
    if path.rsplit('/').next() != Some(".env") || !text.contains("COMPOSE_FILE") {
        return Vec::new();
    }
    let mut asked = Asked { folder: path.rsplit_once('/').map_or("", |(folder, _)| folder), requests: Vec::new() };
    for entry in dotenv::parse(file, text, Dialect::Compose).0 {
        if let Some(value) = entry.value
            && entry.key.value == "COMPOSE_FILE"
        {
            for path in value.text.as_str().split([':', ';', ',']) {
                asked.path(path.trim(), FileKind::Compose, value.text.span());
            }
        }
    }
    asked.requests
}

struct Asked<'a> {
    folder: &'a str,
    requests: Vec<Request>,
}

impl Asked<'_> {
    fn path(&mut self, path: &str, kind: FileKind, from: Span) {
        let Some(path) = join(self.folder, path).filter(|path| !path.is_empty()) else { return };
        if !self.requests.iter().any(|request| request.path == path && request.kind == kind) {
            self.requests.push(Request { path, kind, from });
        }
    }

    fn text(&mut self, text: &Text, kind: FileKind) {
        if let Some(path) = guess(text) {
            self.path(&path, kind, text.span());
        }
    }

    fn document(&mut self, document: &Document) {
        for include in &document.include {
            for path in &include.paths {
                self.text(path, FileKind::Compose);
            }
            for file in include.env_files.iter().flatten() {
                self.text(file, FileKind::Dotenv);
            }
            let directory = match (&include.project_directory, include.paths.first()) {
                (Some(directory), _) => guess(directory),
                (None, Some(main)) => guess(main).map(|path| parent(&path).to_owned()),
                (None, None) => None,
            };
            if let Some(directory) = directory {
                self.path(&format!("{directory}/.env"), FileKind::Dotenv, include.span);
            }
        }
        for resource in document.configs.iter().chain(&document.secrets) {
            if let Some(file) = &resource.file {
                self.text(file, FileKind::RedisConf);
            }
        }
    }

    fn service(&mut self, service: &Service) {
        for entry in values(service.env_file.as_ref()) {
            self.text(&entry.path, FileKind::Dotenv);
        }
        if let Some(file) = value(service.extends.as_ref()).and_then(|extends| extends.file.as_ref()) {
            self.text(file, FileKind::Compose);
        }
        if let Some(build) = value(service.build.as_ref())
            && !build.inline
        {
            let context = build.context.as_ref().map_or(Some(".".to_owned()), guess);
            let dockerfile = build.dockerfile.as_ref().map_or(Some("Dockerfile".to_owned()), guess);
            let span = build.context.as_ref().map_or(service.name.span, Text::span);
            if let (Some(context), Some(dockerfile)) = (context, dockerfile)
                && !context.contains("://")
            {
                self.path(&format!("{context}/{dockerfile}"), FileKind::Dockerfile, span);
            }
        }
        let redis = speaks_of_redis(service);
        for volume in values(service.volumes.as_ref()) {
            let (source, target, span) = match volume {
                Volume::Short(text) => {
                    let Some(entry) = guess(text) else { continue };
                    let mut parts = entry.split(':');
                    let (Some(source), Some(target)) = (parts.next(), parts.next()) else { continue };
                    (source.to_owned(), target.to_owned(), text.span())
                }
                Volume::Long { source: Some(source), target: Some(target), span, .. } => {
                    let (Some(source), Some(target)) = (guess(source), guess(target)) else { continue };
                    (source, target, *span)
                }
                Volume::Long { .. } => continue,
            };
            if !source.starts_with('.') {
                continue;
            }
            if is_conf(&source) || is_conf(&target) {
                self.path(&source, FileKind::RedisConf, span);
            } else if redis {
                for name in TYPICAL_CONFS {
                    self.path(&format!("{source}/{name}"), FileKind::RedisConf, span);
                }
            }
        }
    }
}

/// Whether the service may be a Redis server, or be told to read a configuration file.
fn speaks_of_redis(service: &Service) -> bool {
    let says = |text: &Text| {
        let text = text.as_str().to_ascii_lowercase();
        ["redis", "valkey", "keydb", "dragonfly", ".conf"].iter().any(|word| text.contains(word))
    };
    let command = |line: Option<&CommandLine>| match line {
        Some(CommandLine::Line(text)) => says(text),
        Some(CommandLine::List(words)) => words.iter().any(says),
        None => false,
    };
    let variables = values(service.environment.as_ref()).iter().any(|assignment| match assignment {
        Assignment::Pair { name, .. } => name.value.contains("REDIS"),
        Assignment::Entry(text) => text.as_str().contains("REDIS"),
    });
    variables
        || service.name.value.to_ascii_lowercase().contains("redis")
        || value(service.image.as_ref()).is_some_and(says)
        || command(value(service.command.as_ref()))
        || command(value(service.entrypoint.as_ref()))
}

fn is_conf(path: &str) -> bool {
    [".conf", ".acl", ".cfg", ".template", ".tpl"].iter().any(|ending| path.ends_with(ending))
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn value<T>(attribute: Option<&crate::facts::compose::Attribute<T>>) -> Option<&T> {
    attribute.and_then(|attribute| attribute.value.as_ref())
}

fn values<T>(attribute: Option<&crate::facts::compose::Attribute<Vec<T>>>) -> &[T] {
    value(attribute).map_or(&[], Vec::as_slice)
}

/// The value with defaults filled in; `None` where a variable has none.
fn guess(text: &Text) -> Option<String> {
    let mut out = String::new();
    fill(&template::parse(text).ok()?, &mut out, 0)?;
    Some(out)
}

fn fill(template: &Template, out: &mut String, depth: usize) -> Option<()> {
    if depth > MAX_DEPTH {
        return None;
    }
    for part in &template.parts {
        match part {
            Part::Literal(text) => out.push_str(text.as_str()),
            Part::Variable(variable) => match &variable.operator {
                Operator::Default { value, .. } => fill(value, out, depth + 1)?,
                // The shell's own folder is where compose is started, next to the file.
                _ if variable.name == "PWD" => out.push('.'),
                _ => return None,
            },
        }
    }
    Some(())
}
