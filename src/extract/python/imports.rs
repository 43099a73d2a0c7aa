//! Imports → the repository's files that they name.

use crate::facts::code::Import;
use crate::source::Span;

/// Libraries after which people name modules of their own.
const LIBRARIES: [&str; 14] = [
    "aiocache", "aioredis", "arq", "cashews", "celery", "decouple", "dramatiq", "environ", "environs", "huey", "kombu",
    "limits", "redis", "rq",
];

/// Finds modules as Python would, were the importing file's folder or one above it (or `src` there) on `sys.path`.
pub struct Finder<'a> {
    /// The importing module's path.
    pub path: &'a str,
    /// Whether a path is in the repository.
    pub exists: &'a dyn Fn(&str) -> bool,
}

impl Finder<'_> {
    /// The file of an absolute dotted module name.
    ///
    /// A package's own folder is not on `sys.path` (PEP 328), but a script's is, and which of both a file is can't be
    /// told: beside a module `redis.py` of a package, `import redis` means the library. No module imports itself.
    pub fn absolute(&self, module: &str) -> Option<String> {
        let relative = module.replace('.', "/");
        let library = module.split('.').next().is_some_and(|root| LIBRARIES.contains(&root));
        let mut folder = parent(self.path);
        loop {
            let package = library && (self.exists)(&child(folder, "__init__.py"));
            for base in [folder.to_owned(), child(folder, "src")] {
                if package && base == folder {
                    continue;
                }
                if let Some(found) = self.module_at(&child(&base, &relative)).filter(|found| found != self.path) {
                    return Some(found);
                }
            }
            if folder.is_empty() {
                return None;
            }
            folder = parent(folder);
        }
    }

    /// Completes one imported name. `level` counts the leading dots.
    pub fn import(&self, bound: &str, level: u32, module: &str, member: Option<&str>, span: Span) -> Import {
        let target = if level == 0 { self.absolute(module) } else { self.relative(level, module) };
        let submodule = member.filter(|member| *member != "*").and_then(|member| {
            if level > 0 {
                let dotted = if module.is_empty() { member.to_owned() } else { format!("{module}.{member}") };
                self.relative(level, &dotted)
            } else {
                self.absolute(&format!("{module}.{member}"))
            }
        });
        Import {
            bound: bound.to_owned(),
            module: module.to_owned(),
            member: member.filter(|member| *member != "*").map(str::to_owned),
            target,
            submodule,
            span,
        }
    }

    fn relative(&self, level: u32, module: &str) -> Option<String> {
        let mut folder = parent(self.path);
        for _ in 1..level {
            if folder.is_empty() {
                return None;
            }
            folder = parent(folder);
        }
        if module.is_empty() {
            return Some(child(folder, "__init__.py")).filter(|path| (self.exists)(path));
        }
        self.module_at(&child(folder, &module.replace('.', "/")))
    }

    fn module_at(&self, stem: &str) -> Option<String> {
        [format!("{stem}.py"), format!("{stem}/__init__.py")].into_iter().find(|path| (self.exists)(path))
    }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn child(folder: &str, name: &str) -> String {
    if folder.is_empty() { name.to_owned() } else { format!("{folder}/{name}") }
}
