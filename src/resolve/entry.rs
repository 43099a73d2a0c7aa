//! Which modules the programs of a container load: from the modules that its command names, along their imports.
//!
//! Comes in: facts, a container and its code. Goes out: the modules that are loaded there, or nothing where that can't be
//! told; then all code of the container counts. What is left out costs a client, so every doubt leaves nothing out.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};

use crate::facts::code::{Expr, ExprKind, Import, Module};
use crate::resolve::Inputs;
use crate::resolve::placement::Placement;
use crate::resolve::project::{Case, Container, Lookup};
use crate::resolve::server_auth::build::{self, Built};
use crate::resolve::server_auth::files::Files;
use crate::source::Span;
use crate::symbol::{Resolved, Symbols};
use crate::syntax::programs::{self, Name, Program};
use crate::syntax::words;
use crate::text::Text;
use crate::tree::Index;

/// Scripts that start scripts.
const MAX_SCRIPTS: usize = 4;

/// Files that a name without a known folder may mean; of more, none is meant.
const MAX_FILES: usize = 8;

/// The paths of the modules that are loaded in a container; `None`: it can't be told.
#[must_use]
pub fn loaded(inputs: &Inputs<'_>, container: &Container, placement: &Placement) -> Option<BTreeSet<String>> {
    let built = container.build.as_ref().and_then(|it| build::read(it, inputs.facts, inputs.index, inputs.symbols));
    let built = built.unwrap_or_default();
    let own_command = if container.entrypoint.is_none() { built.command.clone() } else { None };
    let entrypoints = lines(container.entrypoint.as_deref(), built.entrypoint.as_ref());
    let commands = lines(container.command.as_deref(), own_command.as_ref());
    let inside = Inside::of(inputs, container, placement, built);
    let mut starts = BTreeSet::new();
    for entrypoint in &entrypoints {
        for command in &commands {
            starts.extend(inside.started(entrypoint, command)?);
        }
    }
    let modules: HashMap<&str, &Module> =
        inputs.facts.modules.iter().map(|module| (module.path.as_str(), module)).collect();
    let reached = inside.closure(&modules, starts)?;
    let django = reached.iter().filter_map(|path| modules.get(path)).any(|module| imports_django(module));
    if !django {
        return Some(reached.into_iter().map(str::to_owned).collect());
    }
    // Django takes applications, middleware and URLs by names in its settings: of the project only the other programs
    // are left out.
    let other = |module: &&Module| starts_django(module) && !reached.contains(module.path.as_str());
    let kept = inputs.facts.modules.iter().filter(|module| placement.holds(&module.path) && !other(module));
    Some(kept.map(|module| module.path.clone()).collect())
}

/// A script that a container starts with.
pub struct Script {
    /// All of it.
    pub text: Text,
    /// `$0`, `$1` …
    pub arguments: Vec<Text>,
    /// The files of the repository that it reads in, by the path that it names.
    pub sourced: BTreeMap<String, Text>,
}

/// The scripts that a container's one command line comes to, in the order in which they begin.
#[must_use]
pub fn scripts(inputs: &Inputs<'_>, container: &Container) -> Vec<Script> {
    let built = container.build.as_ref().and_then(|it| build::read(it, inputs.facts, inputs.index, inputs.symbols));
    let built = built.unwrap_or_default();
    let own_command = if container.entrypoint.is_none() { built.command.clone() } else { None };
    let one = |given: Option<&[Case<Vec<Text>>]>, built: Option<Vec<Text>>| match given {
        Some([only]) => Some(only.value.clone()),
        Some(_) => None,
        None => Some(built.unwrap_or_default()),
    };
    let (Some(entrypoint), Some(command)) = (
        one(container.entrypoint.as_deref(), built.entrypoint.clone()),
        one(container.command.as_deref(), own_command),
    ) else {
        return Vec::new();
    };
    let plain = |words: &[Text]| words.iter().map(|word| word.as_str().to_owned()).collect::<Vec<_>>();
    let whole = [entrypoint, command.clone()].concat();
    let starts_script = |words: &[Text]| {
        let programs = programs::of_command(&plain(words), &|_| None).unwrap_or_default();
        programs.iter().any(|program| matches!(program, Program::Script(_)))
    };
    if !starts_script(&whole) {
        return Vec::new();
    }
    let placement = Placement::of(container, inputs.facts, inputs.index);
    let inside = Inside::of(inputs, container, &placement, built);
    let variable = |name: &str| inside.variable(name);
    let (mut found, mut handed_on) = (Vec::new(), false);
    let programs = programs::of_command(&plain(&whole), &variable).unwrap_or_default();
    let mut pending: VecDeque<(Program, &[Text])> = programs.into_iter().map(|it| (it, whole.as_slice())).collect();
    while let Some((program, words)) = pending.pop_front() {
        let inner = match program {
            Program::Script(path) if found.len() < MAX_SCRIPTS => {
                let at = words.iter().position(|word| word.as_str() == path);
                let Ok([file]) = <[&str; 1]>::try_from(inside.named(&Name::File(path))) else { continue };
                let Some(text) = text_of(inputs, file) else { continue };
                let inner = programs::of_script(&text, &variable);
                let arguments = at.map_or_else(Vec::new, |at| words[at..].to_vec());
                found.push(Script { sourced: inside.sourced(&text), text, arguments });
                inner
            }
            Program::Arguments if !std::mem::replace(&mut handed_on, true) => {
                programs::of_command(&plain(&command), &variable)
            }
            _ => None,
        };
        pending.extend(inner.into_iter().flatten().map(|program| (program, command.as_slice())));
    }
    found
}

/// A file's text, where it was read.
fn text_of(inputs: &Inputs<'_>, path: &str) -> Option<Text> {
    let file = inputs.sources.find(path)?;
    let text = inputs.sources.get(file).text();
    Some(Text::exact(text, Span::new(file, 0..text.len())))
}

/// The words of each case of a command line; no word where there is none.
fn lines(given: Option<&[Case<Vec<Text>>]>, built: Option<&Vec<Text>>) -> Vec<Vec<String>> {
    let words = |line: &Vec<Text>| line.iter().map(|word| word.as_str().to_owned()).collect();
    match given {
        Some(cases) => cases.iter().map(|case| words(&case.value)).collect(),
        None => vec![built.map(words).unwrap_or_default()],
    }
}

fn imports_django(module: &Module) -> bool {
    module.imports.iter().any(|import| {
        let root = import.module.split('.').next();
        root == Some("django") && import.target.is_none() && import.submodule.is_none()
    })
}

/// Whether a module is a program of its own: it says which settings Django is to start with.
fn starts_django(module: &Module) -> bool {
    let within = module.functions.iter().flat_map(|function| &function.calls);
    module.calls.iter().chain(within).filter_map(Expr::as_call).any(|call| {
        matches!(&call.callee.kind, ExprKind::Attribute(_, name) if name.value == "setdefault")
            && call
                .arguments
                .first()
                .and_then(Expr::as_text)
                .is_some_and(|key| key.as_str() == "DJANGO_SETTINGS_MODULE")
    })
}

/// The code inside a container.
struct Inside<'a> {
    inputs: &'a Inputs<'a>,
    placement: &'a Placement,
    container: &'a Container,
    files: Files<'a>,
}

impl<'a> Inside<'a> {
    fn of(inputs: &'a Inputs<'a>, container: &'a Container, placement: &'a Placement, built: Built) -> Self {
        let directory = container.working_dir.as_ref().map(|folder| folder.as_str().to_owned());
        let files = Files {
            facts: inputs.facts,
            index: inputs.index,
            mounts: container.mounts.iter().cloned().chain(built.copies.into_iter().rev()).collect(),
            directory: directory.or(built.directory).unwrap_or_default(),
            image_known: false,
            own: None,
        };
        Self { inputs, placement, container, files }
    }

    /// The modules that a container starts with.
    fn started(&self, entrypoint: &[String], command: &[String]) -> Option<BTreeSet<&'a str>> {
        let variable = |name: &str| self.variable(name);
        let words: Vec<String> = entrypoint.iter().chain(command).cloned().collect();
        let mut pending = programs::of_command(&words, &variable)?;
        let (mut found, mut scripts, mut foreign) = (BTreeSet::new(), 0, false);
        while let Some(program) = pending.pop() {
            match program {
                Program::Python(names) => {
                    let files: Vec<&str> = names.iter().flat_map(|name| self.named(name)).collect();
                    if files.is_empty() {
                        return None;
                    }
                    found.extend(files);
                }
                Program::Script(path) => {
                    scripts += 1;
                    if scripts > MAX_SCRIPTS {
                        return None;
                    }
                    let [file] = self.named(&Name::File(path)).try_into().ok()?;
                    pending.extend(programs::of_script(&text_of(self.inputs, file)?, &variable)?);
                }
                Program::Arguments => {
                    let programs = programs::of_command(command, &variable)?;
                    pending.extend(programs.into_iter().filter(|program| *program != Program::Arguments));
                }
                Program::Foreign => foreign = true,
            }
        }
        // Where nothing of the repository is started, nor anything that runs no Python, what runs can't be told.
        (foreign || !found.is_empty()).then_some(found)
    }

    fn sourced(&self, script: &Text) -> BTreeMap<String, Text> {
        let commands = words::parse_shell(script);
        let paths = commands.iter().filter_map(programs::sourced);
        let read = paths.filter_map(|path| {
            let [file] = self.named(&Name::File(path.clone())).try_into().ok()?;
            Some((path, text_of(self.inputs, file)?))
        });
        read.collect()
    }

    fn variable(&self, name: &str) -> Option<String> {
        let Lookup::Found(variable) = self.container.environment.get(name) else { return None };
        let known = |value: &Resolved| value.single()?.value.clone().filter(Symbols::is_known);
        Some(known(&variable.value)?.as_str().to_owned())
    }

    /// The files of the repository that a name means there.
    fn named(&self, name: &Name) -> Vec<&'a str> {
        let endings = name.endings();
        let candidates: Vec<&'a str> = self
            .inputs
            .index
            .files()
            .filter(|file| endings.iter().any(|ending| ends_with(file, ending)) && self.placement.holds(file))
            .collect();
        // Where the working folder is known, Python looks there first.
        let here = endings.iter().find_map(|ending| {
            let path = self.files.absolute(ending);
            let (_, source) = self.files.mount(&path)?;
            candidates.iter().find(|file| Some(**file) == source.as_deref()).copied()
        });
        match here {
            Some(file) => vec![file],
            None if candidates.len() <= MAX_FILES => candidates,
            None => Vec::new(),
        }
    }

    /// The modules and all that they import, and so on; `None`: it can't be told.
    fn closure(&self, modules: &HashMap<&'a str, &'a Module>, starts: BTreeSet<&'a str>) -> Option<BTreeSet<&'a str>> {
        let outside = Outside::new(self.inputs.index, self.placement);
        let mut reached = BTreeSet::new();
        let mut work: Vec<&'a str> = starts.into_iter().collect();
        while let Some(path) = work.pop() {
            // Python runs the packages around a module before it.
            let (mut packages, mut at) = (Vec::new(), path);
            while let Some((folder, _)) = at.rsplit_once('/') {
                packages.extend(modules.get_key_value(format!("{folder}/__init__.py").as_str()).map(|(path, _)| *path));
                at = folder;
            }
            work.extend(packages.into_iter().filter(|package| !reached.contains(package)));
            if !reached.insert(path) {
                continue;
            }
            let module = modules.get(path)?;
            if module.imports_by_name {
                return None;
            }
            let mut next: Vec<&'a str> = module.named.iter().map(String::as_str).collect();
            for import in &module.imports {
                let files = [&import.target, &import.submodule];
                let inside = |path: &&String| self.placement.holds(path);
                if !files.into_iter().flatten().any(|path| inside(&path)) {
                    next.extend(outside.may_be(import));
                }
                next.extend(files.into_iter().flatten().map(String::as_str));
            }
            work.extend(next.into_iter().filter(|path| !reached.contains(path)));
        }
        Some(reached)
    }
}

/// Whether a path is `ending`, or ends with it at the name of a folder.
fn ends_with(path: &str, ending: &str) -> bool {
    path.strip_suffix(ending).is_some_and(|before| before.is_empty() || before.ends_with('/'))
}

/// Modules of the container that are imported from a folder that `PYTHONPATH` or an installation puts on Python's path.
struct Outside<'a> {
    /// Files by their module's own name.
    by_name: HashMap<&'a str, Vec<&'a str>>,
    index: &'a Index,
}

impl<'a> Outside<'a> {
    fn new(index: &'a Index, placement: &Placement) -> Self {
        let mut by_name: HashMap<&str, Vec<&str>> = HashMap::new();
        for file in index.files().filter(|file| file.ends_with(".py") && placement.runs(file)) {
            let stem = file.strip_suffix("/__init__.py").or_else(|| file.strip_suffix(".py")).unwrap_or(file);
            by_name.entry(stem.rsplit('/').next().unwrap_or(stem)).or_default().push(file);
        }
        Self { by_name, index }
    }

    /// The files that an import means that was not found from its own place.
    fn may_be(&self, import: &Import) -> Vec<&'a str> {
        let whole = import.member.as_ref().map(|member| format!("{}.{member}", import.module));
        let mut found = Vec::new();
        for dotted in [Some(import.module.clone()), whole].into_iter().flatten().filter(|name| !name.is_empty()) {
            let last = dotted.rsplit('.').next().unwrap_or_default();
            let endings = Name::Module(dotted.clone()).endings();
            for file in self.by_name.get(last).into_iter().flatten() {
                let root = endings.iter().find_map(|ending| file.strip_suffix(ending.as_str()));
                // No module inside a package is imported by its bare name.
                let importable = root.is_some_and(|root| {
                    (root.is_empty() || root.ends_with('/')) && !self.index.is_file(&format!("{root}__init__.py"))
                });
                if importable {
                    found.push(*file);
                }
            }
        }
        found
    }
}
