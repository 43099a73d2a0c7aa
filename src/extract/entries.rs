//! The Python code that commands start, by name alone: where a program begins decides what of the code it loads, and the
//! module it begins with need not say a word of Redis.
//!
//! Comes in: what was read so far. Goes out: requests for every file that may be meant; which one is, `resolve` tells.

use crate::facts::compose::{CommandLine, Service};
use crate::facts::{Facts, FileKind, Request};
use crate::source::Span;
use crate::syntax::programs::{self, Name, Program};
use crate::syntax::words;
use crate::text::Text;
use crate::tree::Index;

/// Files of one name that are read.
const MAX_FILES: usize = 32;

/// The files that the commands of compose files, Dockerfiles and their scripts may start. `text` is that of a script that
/// was read already.
pub(super) fn requests(facts: &Facts, index: &Index, text: &dyn Fn(&str) -> Option<Text>) -> Vec<Request> {
    let services = facts.compose.iter().flat_map(|file| &file.documents).flat_map(|document| &document.services);
    let mut started: Vec<(Span, Program)> = services.flat_map(of_service).collect();
    for instruction in facts.dockerfiles.iter().flat_map(|file| &file.instructions) {
        if !matches!(instruction.name.value.as_str(), "CMD" | "ENTRYPOINT") {
            continue;
        }
        let programs = match &instruction.exec {
            Some(words) => of_words(words),
            None => programs::of_script(&instruction.arguments, &|_| None),
        };
        started.extend(programs.into_iter().flatten().map(|program| (instruction.span, program)));
    }
    let mut requests: Vec<Request> = Vec::new();
    while let Some((from, program)) = started.pop() {
        let (names, kind) = match program {
            Program::Python(names) => (names, FileKind::Python),
            Program::Script(path) => (vec![Name::File(path)], FileKind::Data),
            Program::Arguments | Program::Foreign => continue,
        };
        for ending in names.iter().flat_map(Name::endings) {
            for path in index.files().filter(|file| ends_with(file, &ending)).take(MAX_FILES) {
                if requests.iter().any(|known| known.path == path && known.kind == kind) {
                    continue;
                }
                requests.push(Request { path: path.to_owned(), kind, from });
                let script = if kind == FileKind::Data { text(path) } else { None };
                let programs = script.and_then(|script| programs::of_script(&script, &|_| None));
                started.extend(programs.into_iter().flatten().map(|program| (from, program)));
            }
        }
    }
    requests
}

fn of_service(service: &Service) -> Vec<(Span, Program)> {
    let lines = [&service.entrypoint, &service.command].into_iter().flatten();
    let mut all = Vec::new();
    for line in lines {
        let programs = match &line.value {
            Some(CommandLine::List(words)) => of_words(words),
            Some(CommandLine::Line(text)) => words::split_command(text).ok().and_then(|words| of_words(&words)),
            None => None,
        };
        all.extend(programs.into_iter().flatten().map(|program| (line.span, program)));
    }
    all
}

fn of_words(words: &[Text]) -> Option<Vec<Program>> {
    let words: Vec<String> = words.iter().map(|word| word.as_str().to_owned()).collect();
    programs::of_command(&words, &|_| None)
}

/// Whether a path is `ending`, or ends with it at the name of a folder.
fn ends_with(path: &str, ending: &str) -> bool {
    path.strip_suffix(ending).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}
