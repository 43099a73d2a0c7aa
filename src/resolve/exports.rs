//! What the scripts that a container starts with set for the programs that they lead to: `export CELERY_BROKER_URL=…` in
//! an entrypoint beats what the container was given.
//!
//! Comes in: projects with the variables of their files and images. Goes out: the same with the environments that the
//! programs find.

use std::collections::{BTreeMap, BTreeSet};

use crate::resolve::project::{Case, Container, Project, Variable};
use crate::resolve::server_auth::expand::Shell;
use crate::resolve::{Inputs, entry};
use crate::source::Span;
use crate::symbol::{Alternative, Resolved};
use crate::syntax::programs;
use crate::syntax::words::{self, Command, Word, WordPart};
use crate::text::Text;

/// Adds them to the environments of all containers.
pub fn add(projects: &mut [Project], inputs: &Inputs<'_>) {
    for container in projects.iter_mut().flat_map(|project| &mut project.containers) {
        let set = of(container, inputs);
        container.environment.map.extend(set);
    }
}

/// The variables that the scripts of a container set.
fn of(container: &Container, inputs: &Inputs<'_>) -> BTreeMap<String, Variable> {
    let shell = Shell {
        environment: &container.environment,
        symbols: inputs.symbols,
        sources: &*inputs.sources,
        file_name: &|path| format!("{path} of {}", container.name),
        set: BTreeMap::new(),
        exported: BTreeSet::new(),
        arguments: Vec::new(),
        strict: false,
    };
    let mut walk = Walk { shell, places: BTreeMap::new(), exports_all: false };
    for script in entry::scripts(inputs, container) {
        walk.shell.arguments.clone_from(&script.arguments);
        walk.exports_all = false;
        walk.through(&script.text, &script.sourced, true);
    }
    let Walk { shell, places, .. } = walk;
    let reaches = |name: &String| shell.exported.contains(name) || container.environment.map.contains_key(name);
    let set = shell.set.iter().filter(|(name, _)| reaches(name));
    set.filter_map(|(name, cases)| {
        let span = *places.get(name)?;
        let of_case = |case: &Case<Option<Text>>| Alternative {
            when: case.when.clone(),
            value: case.value.clone(),
            trace: case.trace.clone(),
        };
        let value = Resolved { alternatives: cases.iter().map(of_case).collect() };
        Some((name.clone(), Variable { name_span: span, taken_in: span, value }))
    })
    .collect()
}

/// On the way through a container's scripts.
struct Walk<'a> {
    shell: Shell<'a>,
    /// Where each variable was set last.
    places: BTreeMap<String, Span>,
    /// `set -a`
    exports_all: bool,
}

impl Walk<'_> {
    /// Where `certain` is not set, the script may not be read at all.
    fn through(&mut self, script: &Text, sourced: &BTreeMap<String, Text>, certain: bool) {
        // Inside of branches, loops and functions, and behind what may end otherwise, nothing is certain.
        let (mut depth, mut joined) = (0_usize, String::new());
        for command in &words::parse_shell(script) {
            for word in &command.reserved {
                match *word {
                    "if" | "while" | "until" | "for" | "select" | "case" | "{" => depth += 1,
                    "fi" | "done" | "esac" | "}" => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            let certain = certain && depth == 0 && !matches!(joined.as_str(), "&&" | "||" | "|");
            joined.clone_from(&command.terminator);
            if let Some(text) = programs::sourced(command).and_then(|path| sourced.get(&path)) {
                // What is read in reads nothing in.
                self.through(text, &BTreeMap::new(), certain);
            } else if let Some(all) = exports_all(command) {
                self.exports_all = all;
            } else if sets(command) {
                self.shell.assign(command, certain);
                let new: Vec<String> = self.shell.set.keys().filter(|name| mentions(command, name)).cloned().collect();
                self.shell.exported.extend(new.iter().filter(|_| self.exports_all).cloned());
                self.places.extend(new.into_iter().map(|name| (name, command.span)));
            }
        }
    }
}

/// `set -a`, `set +o allexport`: whether all that is set from now on is exported.
fn exports_all(command: &Command) -> Option<bool> {
    let words: Vec<Text> = command.words.iter().map_while(Word::literal).collect();
    let words: Vec<&str> = words.iter().map(Text::as_str).collect();
    match words.as_slice() {
        ["set", "-o", "allexport"] => Some(true),
        ["set", "+o", "allexport"] => Some(false),
        ["set", letters, ..] if letters.starts_with('-') && letters.contains('a') => Some(true),
        ["set", letters, ..] if letters.starts_with('+') && letters.contains('a') => Some(false),
        _ => None,
    }
}

/// Whether a command sets variables of the shell itself; what stands before a program is set for it alone.
fn sets(command: &Command) -> bool {
    let first = command.words.first().and_then(Word::literal);
    command.words.is_empty() || first.is_some_and(|word| matches!(word.as_str(), "export" | ":"))
}

/// Whether a command may be the one that set a variable.
fn mentions(command: &Command, name: &str) -> bool {
    let behind = |word: &Word| match word.parts.first() {
        Some(WordPart::Literal(head)) => {
            head.as_str().strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        }
        Some(WordPart::Variable { name: own, .. }) => own == name,
        _ => false,
    };
    command.assignments.iter().any(|(own, _)| own == name) || command.words.iter().any(behind)
}
