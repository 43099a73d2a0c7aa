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
    let mut shell = Shell {
        environment: &container.environment,
        symbols: inputs.symbols,
        sources: &*inputs.sources,
        file_name: &|path| format!("{path} of {}", container.name),
        set: BTreeMap::new(),
        exported: BTreeSet::new(),
        arguments: Vec::new(),
        strict: false,
    };
    let mut places: BTreeMap<String, Span> = BTreeMap::new();
    for (script, arguments) in entry::scripts(inputs, container) {
        shell.arguments = arguments;
        // Inside of branches, loops and functions, and behind what may end otherwise, nothing is certain.
        let (mut depth, mut joined) = (0_usize, "");
        let commands = words::parse_shell(&script);
        for command in &commands {
            for word in &command.reserved {
                match *word {
                    "if" | "while" | "until" | "for" | "select" | "case" | "{" => depth += 1,
                    "fi" | "done" | "esac" | "}" => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            let certain = depth == 0 && !matches!(joined, "&&" | "||" | "|");
            joined = &command.terminator;
            if sets(command) {
                shell.assign(command, certain);
                let new = shell.set.keys().filter(|name| mentions(command, name));
                places.extend(new.map(|name| (name.clone(), command.span)));
            }
        }
    }
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
