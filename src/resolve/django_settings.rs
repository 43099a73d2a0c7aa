//! Which of several Django settings modules a container runs with: `DJANGO_SETTINGS_MODULE`, or what its programs fall
//! back to.
//!
//! Comes in: facts, the container's variables and command. Goes out: the modules that are not in force there. Where the
//! module in force can't be told, none is left out.

use std::collections::BTreeSet;

use crate::facts::Facts;
use crate::facts::code::{Expr, ExprKind, Module};
use crate::resolve::project::{Container, Lookup};
use crate::symbol::Symbols;

/// The settings modules beside the one in force that it does not import.
#[must_use]
pub fn not_in_force(facts: &Facts, container: &Container, runs: &dyn Fn(&str) -> bool) -> BTreeSet<String> {
    let modules: Vec<&Module> = facts.modules.iter().filter(|module| runs(&module.path)).collect();
    let chosen = match container.environment.get("DJANGO_SETTINGS_MODULE") {
        Lookup::Found(variable) => variable
            .value
            .single()
            .and_then(|one| one.value.clone())
            .filter(Symbols::is_known)
            .map(|name| name.as_str().to_owned()),
        Lookup::Unknown(_) => None,
        Lookup::Absent => fallback(&modules, container),
    };
    let found = chosen.and_then(|name| {
        let stem = format!("/{}", name.replace('.', "/"));
        let ends = [format!("{stem}.py"), format!("{stem}/__init__.py")];
        modules.iter().find(|module| ends.iter().any(|end| format!("/{}", module.path).ends_with(end)))
    });
    let Some(chosen) = found else { return BTreeSet::new() };
    let (folder, _) = chosen.path.rsplit_once('/').unwrap_or(("", &chosen.path));
    let imported = reached(&modules, chosen);
    let beside = modules.iter().filter(|module| is_settings_in(&module.path, folder));
    beside.map(|module| &module.path).filter(|path| !imported.contains(path.as_str())).cloned().collect()
}

/// `base.py` in a folder `settings`, `settings_production.py` beside `settings.py`.
fn is_settings_in(path: &str, folder: &str) -> bool {
    let (own, name) = path.rsplit_once('/').unwrap_or(("", path));
    own == folder && (folder.rsplit('/').next() == Some("settings") || name.contains("settings"))
}

/// A module and all that it imports, and so on.
fn reached<'a>(modules: &[&'a Module], from: &'a Module) -> BTreeSet<&'a str> {
    let mut found = BTreeSet::from([from.path.as_str()]);
    let mut work = vec![from];
    while let Some(module) = work.pop() {
        for path in module.imports.iter().flat_map(|import| [&import.target, &import.submodule]).flatten() {
            if let Some(next) = modules.iter().find(|module| module.path == *path)
                && found.insert(&next.path)
            {
                work.push(next);
            }
        }
    }
    found
}

/// What `os.environ.setdefault("DJANGO_SETTINGS_MODULE", …)` says in the program that the command starts; in any, where
/// all agree.
fn fallback(modules: &[&Module], container: &Container) -> Option<String> {
    let said: Vec<(&str, &str)> = modules.iter().flat_map(|module| defaults(module)).collect();
    let (_, first) = said.first()?;
    if said.iter().all(|(_, name)| name == first) {
        return Some((*first).to_owned());
    }
    let words = container.command.iter().flatten().flat_map(|case| &case.value);
    let command: Vec<&str> = words.map(super::super::text::Text::as_str).collect();
    let starts = |program: &str| command.iter().any(|word| word.contains(program));
    let file = if starts("manage.py") {
        "manage.py"
    } else if starts("celery") {
        "celery"
    } else if ["gunicorn", "uwsgi", "wsgi"].iter().any(|program| starts(program)) {
        "wsgi.py"
    } else if ["uvicorn", "daphne", "hypercorn", "asgi"].iter().any(|program| starts(program)) {
        "asgi.py"
    } else {
        return None;
    };
    let mut names = said.iter().filter(|(path, _)| path.rsplit('/').next().is_some_and(|name| name.contains(file)));
    names.next().map(|(_, name)| (*name).to_owned())
}

/// The settings modules that a module names, each with its own path.
fn defaults(module: &Module) -> Vec<(&str, &str)> {
    let within = module.functions.iter().flat_map(|function| &function.calls);
    let calls = module.calls.iter().chain(within).filter_map(Expr::as_call);
    calls
        .filter(|call| matches!(&call.callee.kind, ExprKind::Attribute(_, name) if name.value == "setdefault"))
        .filter_map(|call| match call.arguments.as_slice() {
            [key, name] if key.as_text()?.as_str() == "DJANGO_SETTINGS_MODULE" => {
                Some((module.path.as_str(), name.as_text()?.as_str()))
            }
            _ => None,
        })
        .collect()
}
