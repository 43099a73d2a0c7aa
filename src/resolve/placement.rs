//! Which code of the repository runs in a container: what its image copies in and what is mounted into it.

use crate::facts::{Dockerfile, Facts};
use crate::resolve::project::Container;
use crate::tree::{Index, Presence, join};

/// The code that a container runs.
#[derive(Debug, Default)]
pub struct Placement {
    /// Folders and files of the repository that are inside the container, normalised; "" is the whole tree.
    roots: Vec<String>,
    /// Whether a Python interpreter runs there.
    python: bool,
    /// Whether a Redis may run inside beside the code (installed in its Dockerfile).
    pub may_run_redis: bool,
}

impl Placement {
    /// Looks at the container's build and mounts.
    #[must_use]
    pub fn of(container: &Container, facts: &Facts, index: &Index) -> Self {
        let mut placement = Self::default();
        let dockerfile = container.build.as_ref().and_then(|build| {
            let path = build.dockerfile.as_deref()?;
            facts.dockerfiles.iter().find(|file| file.path == path)
        });
        if let Some(build) = &container.build
            && let Some(context) = &build.context
        {
            match dockerfile.map(|file| copied(file, context)) {
                // Nothing is copied: the code, if any, comes by mounts.
                Some(sources) => placement.roots.extend(sources),
                None => placement.roots.push(context.clone()),
            }
        }
        for mount in &container.mounts {
            if let Some(source) = &mount.source
                && matches!(index.presence(source), Presence::Folder | Presence::File)
            {
                placement.roots.push(source.clone());
            }
        }
        placement.python = runs_python(container, dockerfile);
        placement.may_run_redis = dockerfile.is_some_and(installs_redis);
        placement
    }

    /// The folders and files of the repository that are inside.
    pub fn roots(&self) -> impl Iterator<Item = &str> {
        self.roots.iter().map(String::as_str)
    }

    /// Whether a file lies inside the container.
    #[must_use]
    pub fn holds(&self, path: &str) -> bool {
        self.roots.iter().any(|root| below(path, root))
    }

    /// Whether a Python module runs there.
    #[must_use]
    pub fn runs(&self, path: &str) -> bool {
        self.python && self.holds(path) && !is_test(path)
    }

    /// Whether any Python code may run there.
    #[must_use]
    pub fn is_python(&self) -> bool {
        self.python
    }
}

/// Whether `path` is `root` or lies below it.
#[must_use]
pub fn below(path: &str, root: &str) -> bool {
    root.is_empty() || path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Unit-test data is no configuration of a service.
#[must_use]
pub fn is_test(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    folders.split('/').any(|folder| matches!(folder, "tests" | "test" | "testing" | "__tests__" | "testdata"))
        || name.starts_with("test_")
        || ["_test.py", "_tests.py", "_testing.py"].iter().any(|ending| name.ends_with(ending))
        || matches!(name, "conftest.py" | "test.py" | "tests.py" | "testing.py")
}

/// What `COPY` and `ADD` bring in from the context, relative to the root of the repository.
fn copied(file: &Dockerfile, context: &str) -> Vec<String> {
    let mut sources = Vec::new();
    for instruction in &file.instructions {
        if !matches!(instruction.name.value.as_str(), "COPY" | "ADD") {
            continue;
        }
        let words: Vec<&str> = match &instruction.exec {
            Some(words) => words.iter().map(crate::text::Text::as_str).collect(),
            None => instruction.arguments.as_str().split_whitespace().collect(),
        };
        if words.iter().any(|word| word.starts_with("--from")) {
            continue;
        }
        let words: Vec<&str> = words.into_iter().filter(|word| !word.starts_with("--")).collect();
        let Some((_, from)) = words.split_last() else { continue };
        for source in from {
            // A glob or a variable: anything of the folder before it may be meant.
            let literal = source
                .find(['*', '?', '[', '$'])
                .map_or(*source, |at| source[..at].rsplit_once('/').map_or("", |(folder, _)| folder));
            // An absolute source is relative to the context in a Dockerfile.
            if let Some(path) = join(context, literal.trim_start_matches('/')) {
                sources.push(path);
            }
        }
    }
    sources
}

/// Whether Python runs: the Dockerfile, the command or the image says so; where none is known, a build may.
fn runs_python(container: &Container, dockerfile: Option<&Dockerfile>) -> bool {
    const WORDS: [&str; 14] = [
        "python",
        "pip",
        "uv",
        "poetry",
        "pipenv",
        "conda",
        "celery",
        "gunicorn",
        "uvicorn",
        "django",
        "flask",
        "rq",
        "manage.py",
        "hypercorn",
    ];
    let speaks_python = |text: &str| {
        text.split(|char: char| !(char.is_ascii_alphanumeric() || matches!(char, '.' | '_'))).any(|word| {
            WORDS.contains(
                &word.to_ascii_lowercase().trim_end_matches(|char: char| char.is_ascii_digit() || char == '.'),
            ) || word.ends_with(".py")
        })
    };
    let command = container
        .command
        .iter()
        .chain(&container.entrypoint)
        .flatten()
        .flat_map(|case| &case.value)
        .any(|word| speaks_python(word.as_str()));
    let image = container
        .image
        .iter()
        .flat_map(|image| &image.alternatives)
        .filter_map(|alternative| alternative.value.as_ref())
        .any(|image| speaks_python(image.as_str()));
    let built = match dockerfile {
        Some(file) => file.instructions.iter().any(|instruction| speaks_python(instruction.arguments.as_str())),
        None => container.build.is_some(),
    };
    command || image || built
}

/// A Dockerfile that installs a Redis server beside the code.
fn installs_redis(file: &Dockerfile) -> bool {
    file.instructions.iter().any(|instruction| {
        matches!(instruction.name.value.as_str(), "RUN" | "CMD" | "ENTRYPOINT")
            && instruction
                .arguments
                .as_str()
                .split(|char: char| !(char.is_ascii_alphanumeric() || char == '-'))
                .any(|word| matches!(word, "redis" | "redis-server" | "valkey" | "valkey-server" | "supervisord"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn below_ends_at_folder_names() {
        assert!(below("app/core.py", "app"));
        assert!(below("app", "app"));
        assert!(below("anything", ""));
        assert!(!below("application/core.py", "app"));
    }

    #[test]
    fn tests_are_told_by_folder_or_name() {
        for path in
            ["tests/a.py", "app/tests/b.py", "test_x.py", "a/conftest.py", "settings/test.py", "settings_testing.py"]
        {
            assert!(is_test(path), "{path}");
        }
        for path in ["app/contest.py", "latest/a.py", "app/attest.py"] {
            assert!(!is_test(path), "{path}");
        }
    }
}
