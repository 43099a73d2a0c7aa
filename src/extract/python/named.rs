//! Which modules the strings of a module name, and whether it imports others that can't be told.

use crate::facts::code::{Call, Expr, ExprKind};
use crate::source::Span;
use crate::text::Text;

use super::imports::Finder;

/// Strings that are looked up; more of them are data.
const MAX_NAMES: usize = 2_000;

/// The repository's files of modules that are named in strings, each with the place of the name.
///
/// Some calls take a module by a word without a dot, and Celery looks for the `tasks` of packages.
pub fn modules<'a>(calls: impl Iterator<Item = &'a Expr>, texts: &[Text], finder: &Finder<'_>) -> Vec<(String, Span)> {
    let mut names: Vec<(String, Span)> = Vec::new();
    for call in calls.filter_map(Expr::as_call) {
        let source = call.keyword("config_source").and_then(Expr::as_text);
        names.extend(argument(call).into_iter().chain(source).map(|text| (text.as_str().to_owned(), text.span())));
        for package in packages_of_tasks(call).into_iter().flatten() {
            names.push((format!("{}.tasks", package.as_str()), package.span()));
        }
        for (_, list) in call.keywords.iter().filter(|(key, _)| matches!(key.value.as_str(), "include" | "imports")) {
            names.extend(literals(list).into_iter().flatten().map(|text| (text.as_str().to_owned(), text.span())));
        }
    }
    for text in texts.iter().take(MAX_NAMES) {
        // `app.config.from_pyfile("config/settings.py")`
        let value = text.as_str();
        let name = value.strip_suffix(".py").map(|path| path.trim_start_matches("./").replace('/', "."));
        let name = name.unwrap_or_else(|| value.to_owned());
        if name.bytes().all(|byte| is_of_name(byte) || byte == b':') {
            names.push((name, text.span()));
        }
    }
    names.into_iter().filter_map(|(name, span)| Some((file(&name, finder)?, span))).collect()
}

/// Whether a module takes others by names that are not written out: by Python's own ways, or by a framework's.
pub fn imports_by_name<'a>(text: &str, calls: impl Iterator<Item = &'a Expr>, known: &dyn Fn(&str) -> bool) -> bool {
    const WAYS: [&str; 10] = [
        "import_module",
        "__import__",
        "import_string",
        "walk_packages",
        "iter_modules",
        "find_modules",
        "exec_module",
        "spec_from_file",
        "run_module",
        "entry_points(",
    ];
    WAYS.iter().any(|way| text.contains(way)) || calls.filter_map(Expr::as_call).any(|call| takes_unknown(call, known))
}

/// Whether a call takes a module that can't be told. `known` are names of the module itself: what they hold is imported.
fn takes_unknown(call: &Call, known: &dyn Fn(&str) -> bool) -> bool {
    let unknown = |given: &Expr| match &given.kind {
        ExprKind::Text(_) => false,
        _ => !root(given).is_some_and(known),
    };
    if call.keyword("config_source").is_some_and(unknown) {
        return true;
    }
    let ExprKind::Attribute(_, method) = &call.callee.kind else { return false };
    match method.value.as_str() {
        "autodiscover_tasks" => packages_of_tasks(call).is_none(),
        "config_from_object" | "from_object" => call.arguments.first().is_none_or(unknown),
        // A path that is put together is no text.
        "from_pyfile" => call.arguments.first().is_none_or(|given| given.as_text().is_none()),
        "from_envvar" | "config_from_envvar" => true,
        _ => false,
    }
}

/// The name that an expression begins with: `config` of `config[name].Production()`.
fn root(expr: &Expr) -> Option<&str> {
    let mut at = expr;
    loop {
        at = match &at.kind {
            ExprKind::Name(name) => return Some(name),
            ExprKind::Attribute(object, _) | ExprKind::Subscript(object, _) => object,
            ExprKind::Call(call) => &call.callee,
            _ => return None,
        };
    }
}

/// The `__init__.py` of every package around a module.
pub fn packages(path: &str, exists: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut around = Vec::new();
    let mut at = path;
    while let Some((folder, _)) = at.rsplit_once('/') {
        let package = format!("{folder}/__init__.py");
        // Above a folder that is no package there may be one still: namespace packages have no such file.
        if package != path && exists(&package) {
            around.push(package);
        }
        at = folder;
    }
    around
}

/// The packages whose `tasks` Celery is to find: `app.autodiscover_tasks(["package"])`; `None`: it is no such call, or
/// they are not written out.
fn packages_of_tasks(call: &Call) -> Option<Vec<&Text>> {
    let ExprKind::Attribute(_, method) = &call.callee.kind else { return None };
    if method.value != "autodiscover_tasks" || call.keyword("related_name").is_some() {
        return None;
    }
    literals(call.keyword("packages").or_else(|| call.arguments.first())?)
}

/// The texts of a list of nothing else.
fn literals(list: &Expr) -> Option<Vec<&Text>> {
    let ExprKind::List(values) = &list.kind else { return None };
    values.iter().map(Expr::as_text).collect()
}

/// The module that a call takes by name: `app.config_from_object("package.celeryconfig:Config")`,
/// `os.environ.setdefault("DJANGO_SETTINGS_MODULE", "package.settings")`.
fn argument(call: &Call) -> Option<&Text> {
    let ExprKind::Attribute(_, method) = &call.callee.kind else { return None };
    match (method.value.as_str(), call.arguments.as_slice()) {
        ("config_from_object" | "from_object", [name, ..]) => name.as_text(),
        ("setdefault", [key, name]) if key.as_text()?.as_str() == "DJANGO_SETTINGS_MODULE" => name.as_text(),
        _ => None,
    }
}

/// The file of `package.module`, `package.module:name` or `package.module.name`.
fn file(name: &str, finder: &Finder<'_>) -> Option<String> {
    let module = name.split(':').next().filter(|module| !module.is_empty() && !module.starts_with('.'))?;
    let owner = module.rsplit_once('.').map(|(owner, _)| owner);
    finder
        .absolute(module)
        .or_else(|| owner.and_then(|owner| finder.absolute(owner)))
        .filter(|found| found != finder.path)
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.')
}
