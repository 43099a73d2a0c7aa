//! `.env` for interpolation and `env_file` for containers: what they set, and what could not be told.

use std::cell::Cell;
use std::collections::BTreeMap;

use crate::config::ComposeVersion;
use crate::facts::Facts;
use crate::facts::compose::ExampleCopy;
use crate::finding::Notice;
use crate::model::MissingFile;
use crate::resolve::conditions::both;
use crate::resolve::project::{Variable, Variables};
use crate::source::Sources;
use crate::symbol::{Alternative, Resolved, Symbols};
use crate::syntax::dotenv::{self, Dialect};
use crate::tree::{Index, Presence};

use super::layer::EnvFile;
use super::read::variable;
use super::variables::{Scope, keep_ends};

/// What env files are read with.
#[derive(Clone, Copy)]
pub struct Files<'a> {
    /// The files that were read.
    pub facts: &'a Facts,
    /// Their texts.
    pub sources: &'a Sources,
    /// What exists.
    pub index: &'a Index,
    /// The symbols of the run.
    pub symbols: &'a Symbols,
    /// Examples that stand in for files that are not there; `None`: nothing does.
    pub examples: Option<&'a Examples>,
    /// Whose rules decide where the generations of compose differ.
    pub version: ComposeVersion,
}

/// Examples of env files that the repository tells to copy, or that stand beside a file that git ignores, and whether
/// one was needed.
pub struct Examples {
    copies: Vec<ExampleCopy>,
    /// Index of the first copy that was needed.
    used: Cell<Option<usize>>,
}

impl Examples {
    /// The examples of a repository, if any.
    #[must_use]
    pub fn of(facts: &Facts, index: &Index) -> Option<Self> {
        let mut copies = facts.copies.clone();
        for file in facts.env_files.iter().filter(|file| file.example) {
            // `.env.example` and nothing else: an example of one stage is one of several.
            let Some(target) = ["example", "sample", "template", "dist"].iter().find_map(|word| {
                let target = file.path.strip_suffix(word)?.strip_suffix('.')?;
                (target.rsplit('/').next() == Some(".env")).then(|| target.to_owned())
            }) else {
                continue;
            };
            if index.presence(&target) == Presence::Ignored && !copies.iter().any(|copy| copy.target == target) {
                copies.push(ExampleCopy { place: ".gitignore".to_owned(), example: file.path.clone(), target });
            }
        }
        (!copies.is_empty()).then(|| Self { copies, used: Cell::new(None) })
    }

    /// The first copy that stood in for a file.
    #[must_use]
    pub fn used(&self) -> Option<&ExampleCopy> {
        self.copies.get(self.used.get()?)
    }

    fn for_target(&self, target: &str) -> Option<&str> {
        let at = self.copies.iter().position(|copy| copy.target == target)?;
        self.used.set(self.used.get().or(Some(at)));
        Some(&self.copies[at].example)
    }
}

impl<'a> Files<'a> {
    /// The variables that a `.env` gives to interpolation, on top of those of `outer`; `None`: there is no such file.
    pub fn scope(&self, path: &str, outer: &Scope<'a>, notices: &mut Vec<Notice>) -> Option<Scope<'a>> {
        let entries = self.read(path, Dialect::Compose, outer, notices)?;
        let mut scope = outer.clone();
        for (name, variable) in entries {
            // Set in an outer project or in an earlier file: that one wins.
            scope.set_default(name, variable.value);
        }
        Some(scope)
    }

    /// What the processes of a container find: `environment` over its env files.
    pub fn container(
        &self,
        environment: Vec<(String, Variable)>,
        env_files: &[EnvFile],
        scope: &Scope<'a>,
        notices: &mut Vec<Notice>,
    ) -> Variables {
        let mut variables = Variables::default();
        let mut inner = scope.clone();
        for (name, variable) in &environment {
            if variable.value.alternatives.iter().all(|alternative| alternative.value.is_some()) {
                inner.set_default(name.clone(), variable.value.clone());
            }
        }
        for file in env_files {
            let dialect = if file.raw { Dialect::Raw } else { Dialect::Compose };
            let entries = file.path.as_deref().and_then(|path| self.read(path, dialect, &inner, notices));
            let Some(entries) = entries else {
                if file.required || self.may_exist(file.path.as_deref()) {
                    variables.incomplete.get_or_insert(file.span);
                }
                continue;
            };
            for (name, variable) in entries {
                let value = self.where_it_is(file, variable.value);
                variables.map.insert(name, Variable { taken_in: file.span, value, ..variable });
            }
        }
        variables.map.extend(environment);
        variables
    }

    /// A value of an env file that another one takes the place of, in other states of the variables in its path.
    fn where_it_is(&self, file: &EnvFile, value: Resolved) -> Resolved {
        if file.otherwise.is_empty() {
            return value;
        }
        let here = value.alternatives.into_iter().filter_map(|one| {
            let when = both(&file.when, &one.when)?;
            Some(Alternative { when, ..one })
        });
        let unknown = || Some(self.symbols.opaque_text(file.span));
        let elsewhere =
            file.otherwise.iter().map(|when| Alternative { when: when.clone(), value: unknown(), trace: Vec::new() });
        let mut alternatives: Vec<Alternative> = here.chain(elsewhere).collect();
        keep_ends(&mut alternatives);
        Resolved { alternatives }
    }

    /// The assignments of a file, later ones over earlier ones; `None`: it was not read.
    fn read(
        &self,
        path: &str,
        dialect: Dialect,
        outer: &Scope<'a>,
        notices: &mut Vec<Notice>,
    ) -> Option<BTreeMap<String, Variable>> {
        let find = |path: &str| self.facts.env_files.iter().find(|file| file.path == path);
        let real = find(path);
        let file = match real {
            Some(real) => real.file,
            None => find(self.examples?.for_target(path)?)?.file,
        };
        let (entries, broken) = dotenv::parse(file, self.sources.get(file).text(), dialect);
        notices.extend(broken);
        let mut scope = outer.clone();
        let mut variables = BTreeMap::new();
        for entry in entries {
            let name = entry.key.value;
            let value = match entry.value {
                // What an example leaves empty is to be filled in.
                Some(value) if real.is_none() && value.text.is_empty() => {
                    Resolved::known(self.symbols.opaque_text(entry.span), Vec::new())
                }
                Some(value) if value.expands => scope.interpolate(&value.text, notices),
                Some(value) => Resolved::known(value.text, Vec::new()),
                None => scope.states(&name, entry.key.span),
            };
            let (name, variable) = variable(name, entry.key.span, value);
            if outer.known(&name).is_none() {
                scope.set(name.clone(), variable.value.clone());
            }
            variables.insert(name, variable);
        }
        Some(variables)
    }

    /// Whether a file that was not read may be there all the same: ignored by git, not opened, or made from an example.
    fn may_exist(&self, path: Option<&str>) -> bool {
        let Some(path) = path else { return true };
        if self.index.presence(path) != Presence::Absent {
            return true;
        }
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        self.index.files_below(folder).any(|file| is_example(file, path))
    }

    /// The env files that are required and certainly not there.
    pub fn missing(&self, env_files: &[EnvFile]) -> Vec<MissingFile> {
        let absent = |file: &&EnvFile| {
            // Portainer writes `stack.env` itself.
            let made = file.path.as_deref().is_some_and(|path| path.rsplit('/').next() == Some("stack.env"));
            file.required
                && !made
                && !self.may_exist(file.path.as_deref())
                && !self.facts.env_files.iter().any(|read| Some(&read.path) == file.path.as_ref())
        };
        let missing = |file: &EnvFile| MissingFile {
            span: file.span,
            path: file.path.clone().unwrap_or_default(),
            consequence: "compose refuses to start: `env file … not found`",
        };
        env_files.iter().filter(absent).map(missing).collect()
    }
}

/// Whether `file` describes what belongs into `path`.
fn is_example(file: &str, path: &str) -> bool {
    const WORDS: [&str; 6] = ["example", "sample", "template", "dist", "tpl", "default"];
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let (other_folder, other) = file.rsplit_once('/').unwrap_or(("", file));
    let mut words = other.split(['.', '-', '_']);
    folder == other_folder && words.any(|word| WORDS.contains(&word)) && {
        let stem = name.trim_start_matches('.');
        other.contains(name) || other.contains(stem) || other.contains("env")
    }
}

#[cfg(test)]
mod tests {
    use super::is_example;

    #[test]
    fn examples_stand_beside_their_file() {
        for (file, path, expected) in [
            (".env.example", ".env", true),
            ("env.sample", ".env", true),
            ("app/.env.prod.dist", "app/.env.prod", true),
            (".env.example", "app/.env", false),
            (".env.prod", ".env", false),
            ("example.py", ".env", false),
        ] {
            assert_eq!(is_example(file, path), expected, "{file} for {path}");
        }
    }
}
