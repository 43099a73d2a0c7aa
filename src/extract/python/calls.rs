//! Which calls of a module are kept, and which files with values it names: a filter that keeps facts small, no judgement.

use crate::facts::code::{Call, Expr, ExprKind, Guard, Import};
use crate::facts::{FileKind, Request, ValuesFile};
use crate::text::Text;

use super::imports::Finder;

/// Last names of calls that are worth a look.
const CALLS: &[&str] = &[
    "redis",
    "valkey",
    "sentinel",
    "celery",
    "from_url",
    "from_dsn",
    "pool",
    "limiter",
    "broker",
    "huey",
    "storage",
    "connection",
    "cli",
    "broadcast",
    "backend",
    "cache",
    "manager",
    "socketio",
    "jobstore",
    "walrus",
    "database",
    "settings",
    "update",
    "config_from_object",
    "from_object",
    "from_mapping",
    "from_pyfile",
    "from_envvar",
    "from_prefixed_env",
    "autodiscover_tasks",
    "queue",
    "load_dotenv",
    "read_env",
    "setdefault",
    "setup",
    "set_config",
    "read",
    "load",
    "dynaconf",
    "__init__",
];

/// What names of arguments say that may be passed on to a call that connects; constants may be as well.
const ARGUMENTS: &[&str] = &["redis", "valkey", "broker", "url", "uri", "dsn", "host", "conf"];

/// The calls inside an expression that may connect; the depth of a lowered expression is bounded.
///
/// Each comes with the branches of the expression that it stands in. Texts that look like the name of a file or of a
/// module come along.
pub fn collect(expr: &Expr, imports: &[Import], out: &mut Vec<(Expr, Vec<Guard>)>, names_of_files: &mut Vec<Text>) {
    // Each expression with the index of its branches.
    let (mut branches, mut work) = (vec![Vec::new()], vec![(expr, 0)]);
    while let Some((expr, at)) = work.pop() {
        match &expr.kind {
            ExprKind::Call(call) if is_kept(call, imports) => {
                out.push((expr.clone(), branches[at].clone()));
            }
            ExprKind::Text(text) if text.as_str().contains(['.', ':']) => names_of_files.push(text.clone()),
            ExprKind::Choice { test, then, otherwise } => {
                work.push((test, at));
                for (branch, holds) in [(then, true), (otherwise, false)] {
                    let guard = Guard { test: (**test).clone(), holds };
                    branches.push(branches[at].iter().cloned().chain([guard]).collect());
                    work.push((branch, branches.len() - 1));
                }
                continue;
            }
            _ => {}
        }
        work.extend(expr.parts().into_iter().map(|part| (part, at)));
    }
}

/// The files with values that a module names, where it imports a library that loads such files.
pub fn values_files(names: &[Text], imports: &[Import], finder: &Finder<'_>) -> Vec<Request> {
    const LOADERS: [&str; 8] = ["yaml", "ruamel.yaml", "toml", "tomllib", "tomli", "json", "configparser", "dynaconf"];
    if !imports.iter().any(|import| LOADERS.contains(&import.module.as_str())) {
        return Vec::new();
    }
    let mut requests = Vec::new();
    for name in names {
        // dynaconf reads `settings.local.toml` after `settings.toml`.
        let local = name.as_str().rsplit_once('.').map(|(stem, end)| format!("{stem}.local.{end}"));
        for wanted in [Some(name.as_str().to_owned()), local].into_iter().flatten() {
            let candidates = ValuesFile::candidates(finder.path, &wanted);
            if let Some(path) = candidates.into_iter().find(|path| (finder.exists)(path)) {
                requests.push(Request { path, kind: FileKind::Values, from: name.span() });
            }
        }
    }
    requests
}

fn is_kept(call: &Call, imports: &[Import]) -> bool {
    let last = match &call.callee.kind {
        ExprKind::Name(name) => {
            let import = imports.iter().find(|import| import.bound == *name);
            import.and_then(|import| import.member.as_ref()).unwrap_or(name).to_ascii_lowercase()
        }
        ExprKind::Attribute(_, name) => name.value.to_ascii_lowercase(),
        _ => return false,
    };
    let passes = |expr: &Expr| {
        let name = match &expr.kind {
            ExprKind::Name(name) => name,
            ExprKind::Attribute(_, name) => &name.value,
            ExprKind::Subscript(_, key) => key.as_text().map_or("", |key| key.as_str()),
            ExprKind::Text(text) => return text.as_str().contains("redis"),
            _ => return false,
        };
        let constant = name.len() > 1 && !name.bytes().any(|byte| byte.is_ascii_lowercase());
        let lower = name.to_ascii_lowercase();
        constant || ARGUMENTS.iter().any(|word| lower.contains(word))
    };
    CALLS.iter().any(|word| last.contains(word))
        || call.arguments.iter().any(passes)
        || call.keywords.iter().any(|(_, value)| passes(value))
}
