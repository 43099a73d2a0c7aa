//! Which files are read without being asked for: by name, and where a name says too little, by content.

use std::collections::HashSet;
use std::sync::LazyLock;

use rayon::prelude::*;
use regex::bytes::Regex;

use super::Job;
use super::ci::is_workflow;
use super::kubernetes::charts::is_chart;
use super::kubernetes::is_kustomization;
use super::launch::is_makefile;
use super::pins::is_pin_file;
use super::settings::is_settings;
use crate::facts::FileKind;
use crate::tree::{Content, Tree};

/// What a file must say, beyond its name, to be read.
#[derive(Clone, Copy)]
enum Says {
    /// Its name is enough.
    Anything,
    /// It mentions Redis.
    Redis,
    /// It mentions Redis, or is about a queue or a framework whose settings may stand elsewhere.
    Code,
    /// It has services of containers, or objects of Kubernetes, one of them speaking of Redis.
    Services,
    /// The same, or else a Redis URL, as a program's settings do.
    ServicesOrUrl,
    /// It has a Redis URL, or a part about Redis.
    Url,
    /// It has commands that start compose or make an env file, or that connect to a Redis.
    Commands,
    /// It calls redis-cli, or has a Redis URL.
    Calls,
    /// It starts containers, and speaks of Redis.
    Starts,
    /// It has a directive that only Redis knows.
    Directive,
}

static REDIS: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?i-u)redis|valkey|6379").ok());
static URL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // Or a part of its own: `redis:` and below it `host:`.
    Regex::new(r#"(?mi-u)(rediss?|valkeys?)://|(redis|valkey)["']?[ \t]*:[ \t]*(\{|\r?$)"#).ok()
});
static CALLS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i-u)(redis|valkey|keydb)-cli|(rediss?|valkeys?)://").ok());
static COMMANDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let commands = r"(docker|podman)[- ]?compose|COMPOSE_FILE|\b(cp|copy|mv|ln|install)\b[^\r\n]*env";
    Regex::new(&format!("(?i-u){commands}|redis-cli|rediss?://")).ok()
});
static STARTS: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i-u)\b(docker|podman|nerdctl)\b[\s\S]*\b(run|create)\b").ok());
static CODE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // A settings module may do no more than take over another one.
    let settings = r"from[ \t]+[\w.]*\b(base|common|defaults?|settings)[ \t]+import[ \t]+\*";
    let frameworks = format!(r"DJANGO_SETTINGS_MODULE|DJANGO_CONFIGURATION|\bconfig\.from_|{settings}");
    Regex::new(&format!(r"(?i-u)redis|valkey|6379|celery\(|config_from_object|broker_url|{frameworks}")).ok()
});
static SERVICES: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?m-u)^services:[ \t]*(#.*)?\r?$").ok());
static CONTAINER: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(r"(?m-u)^[ \t]+(image|build|extends):").ok());
static OBJECT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    // In block or flow style, or as JSON.
    Regex::new(r#"(?m-u)^[ \t-]*apiVersion:[ \t]|[{,][ \t]*apiVersion:[ \t]|"apiVersion"[ \t]*:"#).ok()
});
static DIRECTIVE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?mi-u)^[ \t]*(requirepass|masterauth|masteruser|protected-mode|maxmemory-policy|appendonly|appendfsync|aclfile|tls-port|sentinel[ \t]+monitor)[ \t]").ok()
});

/// The files to begin with; their contents come along where they had to be looked at.
pub(super) fn find(tree: &Tree) -> Vec<Job> {
    let paths: Vec<&str> = tree.index().files().collect();
    let candidates: Vec<(&str, FileKind, Says)> =
        paths.par_iter().filter_map(|path| kind_of(path).map(|(kind, says)| (*path, kind, says))).collect();
    let projects = folders_of_projects(&candidates);
    let commands = paths.par_iter().filter(|path| may_say_commands(path) && tells_of(path, &projects));
    let commands = commands.map(|path| (*path, FileKind::Commands, Says::Commands)).collect();
    let scripts = paths.par_iter().filter(|path| is_script(path));
    let scripts = scripts.map(|path| (*path, FileKind::Script, Says::Calls)).collect();
    let launchers = paths.par_iter().filter(|path| may_start_containers(path));
    let launchers = launchers.map(|path| (*path, FileKind::Launcher, Says::Starts)).collect();
    // Code that also pins packages.
    let setups = paths.iter().filter(|path| path.rsplit('/').next() == Some("setup.py"));
    let setups = setups.map(|path| (*path, FileKind::Pins, Says::Redis)).collect();
    // Its own description need not say what is in its values.
    let charts = paths.iter().filter(|path| is_chart(path, tree.index())).flat_map(|path| {
        let start = path.strip_suffix("Chart.yaml").unwrap_or_default();
        let values = format!("{start}values.yaml");
        let values = paths.binary_search(&values.as_str()).ok().map(|at| paths[at]);
        [Some(*path), values].into_iter().flatten()
    });
    let mut charts: Vec<_> = charts.map(|path| (path, FileKind::Chart, Says::Redis)).collect();
    charts.sort_by_key(|(path, _, _)| *path);
    let (by_name, by_content): (Vec<_>, Vec<_>) =
        candidates.into_iter().partition(|(_, _, says)| matches!(says, Says::Anything));
    let mut jobs: Vec<Job> = by_name.into_iter().map(|(path, kind, _)| (path.to_owned(), kind, None)).collect();
    jobs.extend(looked_at(tree, by_content));
    jobs.extend(looked_at(tree, commands));
    jobs.extend(looked_at(tree, scripts));
    jobs.extend(looked_at(tree, launchers));
    jobs.extend(looked_at(tree, setups));
    jobs.extend(looked_at(tree, charts));
    jobs
}

/// The folders with files that compose or an example may be started from, and those above them.
fn folders_of_projects<'a>(candidates: &[(&'a str, FileKind, Says)]) -> HashSet<&'a str> {
    let mut folders = HashSet::from([""]);
    for (path, kind, says) in candidates {
        let example = matches!(kind, FileKind::Dotenv) && is_example(path);
        if !example && !matches!((kind, says), (FileKind::Compose, Says::Anything)) {
            continue;
        }
        let mut folder = *path;
        while let Some((parent, _)) = folder.rsplit_once('/')
            && folders.insert(parent)
        {
            folder = parent;
        }
    }
    folders
}

/// Documents say how to start what lies at or below their place, or beside their folder (`docs/`). A large tree has
/// thousands of others.
fn tells_of(path: &str, projects: &HashSet<&str>) -> bool {
    let document = [".md", ".markdown", ".MD"].iter().any(|ending| path.ends_with(ending));
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let beside = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
    !document || projects.contains(folder) || projects.contains(beside)
}

/// The files that say what they have to say.
fn looked_at(tree: &Tree, by_content: Vec<(&str, FileKind, Says)>) -> Vec<Job> {
    let mut jobs = Vec::new();
    let paths: Vec<&str> = by_content.iter().map(|(path, _, _)| *path).collect();
    let contents = tree.read_many(&paths, |path, bytes| {
        by_content.binary_search_by(|(other, _, _)| (*other).cmp(path)).is_ok_and(|at| says(by_content[at].2, bytes))
    });
    for ((path, kind, what), content) in by_content.into_iter().zip(contents) {
        let Some(content) = content else { continue };
        let kind = match (&content, what) {
            (Content::Bytes(bytes), Says::ServicesOrUrl) if !has_services(bytes) && !is_manifest(bytes) => {
                FileKind::Settings
            }
            (Content::Bytes(bytes), Says::Services | Says::ServicesOrUrl) if is_manifest(bytes) => FileKind::Manifest,
            _ => kind,
        };
        jobs.push((path.to_owned(), kind, Some(content)));
    }
    jobs
}

/// Whether it holds objects of Kubernetes rather than services of compose.
fn is_manifest(bytes: &[u8]) -> bool {
    found(OBJECT.as_ref(), bytes)
}

/// Scripts, build files and documents, whatever else they are read as.
fn may_say_commands(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let stem = name.split('.').next().unwrap_or(&name);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let example_env = || name.contains("env") && is_example(path);
    matches!(
        extension,
        "sh" | "bash" | "zsh" | "bat" | "cmd" | "ps1" | "mk" | "just" | "md" | "markdown" | "dockerfile"
    ) || matches!(stem, "makefile" | "gnumakefile" | "justfile" | "dockerfile" | "taskfile")
        || name == ".justfile"
        || matches!(name.as_str(), "package.json" | "devcontainer.json" | ".devcontainer.json")
        || name.starts_with("procfile")
        || is_workflow(path)
        || is_pipeline(path, &name)
        || example_env()
}

/// Shell scripts, with or without an ending.
fn is_script(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let starts = || ["entrypoint", "start", "run", "wait"].iter().any(|word| name.contains(word));
    name.rsplit_once('.').map_or_else(starts, |(_, extension)| matches!(extension, "sh" | "bash"))
}

/// Shell scripts, with or without an ending, Makefiles, and the scripts of a package.json.
fn may_start_containers(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let lower = name.to_ascii_lowercase();
    let of_scripts = || folders.split('/').any(|folder| matches!(folder, "bin" | "script" | "scripts"));
    lower.rsplit_once('.').map_or_else(of_scripts, |(_, extension)| matches!(extension, "sh" | "bash" | "zsh" | "ksh"))
        || is_makefile(&lower)
        || lower == "package.json"
}

/// The files of CI systems other than GitHub's, and composite actions.
fn is_pipeline(path: &str, name: &str) -> bool {
    const NAMES: [&str; 8] = [
        ".gitlab-ci",
        ".travis",
        ".drone",
        ".woodpecker",
        "azure-pipelines",
        "bitbucket-pipelines",
        "buildspec",
        "action",
    ];
    let stem = name.strip_suffix(".yml").or_else(|| name.strip_suffix(".yaml"));
    stem.is_some_and(|stem| NAMES.contains(&stem)) || path.ends_with(".circleci/config.yml")
}

/// How a file would be read, going by its name.
fn kind_of(path: &str) -> Option<(FileKind, Says)> {
    // What lies there is data of unit tests, and Go's tools never build it.
    if path.split('/').any(|folder| folder == "testdata") {
        return None;
    }
    let name = path.rsplit('/').next()?.to_ascii_lowercase();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((&name, ""));
    let yaml = matches!(extension, "yml" | "yaml");
    let server = ["redis", "valkey", "keydb", "sentinel"].iter().any(|word| name.contains(word));
    let named = |word| stem.strip_prefix(word).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '-', '_']));
    let compose = named("docker-compose") || named("compose");
    Some(match extension {
        _ if is_pin_file(path) && extension != "py" => (FileKind::Pins, Says::Redis),
        // What it includes may be what speaks of Redis.
        _ if name == ".gitlab-ci.yml" => (FileKind::Workflow, Says::Anything),
        _ if yaml && is_workflow(path) => (FileKind::Workflow, Says::Redis),
        _ if yaml && (compose || stem.ends_with("compose")) => (FileKind::Compose, Says::Anything),
        _ if is_kustomization(path) => (FileKind::Manifest, Says::Anything),
        // The folders of CI systems hold `services:` of another kind.
        _ if yaml && !path.starts_with(".git") && !path.contains("/.git") => {
            let also_settings = is_settings(path);
            (FileKind::Compose, if also_settings { Says::ServicesOrUrl } else { Says::Services })
        }
        "py" => (FileKind::Python, Says::Code),
        "acl" => (FileKind::RedisConf, Says::Anything),
        "conf" if server => (FileKind::RedisConf, Says::Anything),
        "conf" => (FileKind::RedisConf, Says::Directive),
        // Not `.envrc`, which a shell runs.
        _ if name == ".env" || name.starts_with(".env.") || name.starts_with(".env-") || extension == "env" => {
            (FileKind::Dotenv, Says::Anything)
        }
        // Not `dockerfile.rs`: a program about such files.
        "rs" | "go" | "js" | "ts" | "tsx" | "md" | "mdx" | "rst" | "txt" | "java" | "rb" | "c" | "h" | "sh"
        | "dockerignore" => return None,
        _ if name == "dockerfile" || name.starts_with("dockerfile.") || extension == "dockerfile" => {
            (FileKind::Dockerfile, Says::Anything)
        }
        "toml" | "json" | "ini" | "cfg" | "properties" if is_settings(path) => (FileKind::Settings, Says::Url),
        "json" if server || is_of_a_cluster(path) => (FileKind::Compose, Says::Services),
        _ => return None,
    })
}

/// Manifests in JSON are rare and other JSON is plenty: only what a folder's or the file's name speaks for is looked at.
fn is_of_a_cluster(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    ["k8s", "kube", "manifest", "deploy", "staging", "cluster"].iter().any(|word| lower.contains(word))
}

/// Whether a file is Redis's configuration, by its name or by a directive that only Redis knows.
pub(super) fn is_redis_conf(path: &str, text: &str) -> bool {
    matches!(kind_of(path), Some((FileKind::RedisConf, Says::Anything))) || says(Says::Directive, text.as_bytes())
}

/// Whether an env file is an example: it describes variables but sets none.
#[must_use]
pub fn is_example(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_ascii_lowercase();
    let marks = ["example", "sample", "template", "dist", "tmpl", "tpl", "default", "defaults"];
    name.split(['.', '-', '_']).any(|part| marks.contains(&part))
}

fn says(what: Says, bytes: &[u8]) -> bool {
    match what {
        Says::Anything => true,
        Says::Redis => found(REDIS.as_ref(), bytes),
        Says::Code => found(CODE.as_ref(), bytes),
        Says::Services => has_services(bytes) || found(REDIS.as_ref(), bytes) && is_manifest(bytes),
        Says::ServicesOrUrl => {
            has_services(bytes) || found(URL.as_ref(), bytes) || found(REDIS.as_ref(), bytes) && is_manifest(bytes)
        }
        Says::Url => found(URL.as_ref(), bytes),
        Says::Commands => found(COMMANDS.as_ref(), bytes),
        Says::Calls => found(CALLS.as_ref(), bytes),
        Says::Starts => found(REDIS.as_ref(), bytes) && found(STARTS.as_ref(), bytes),
        Says::Directive => found(DIRECTIVE.as_ref(), bytes),
    }
}

fn has_services(bytes: &[u8]) -> bool {
    found(REDIS.as_ref(), bytes) && found(SERVICES.as_ref(), bytes) && found(CONTAINER.as_ref(), bytes)
}

/// A pattern that did not compile finds everything: reading too much is no error, reading too little is.
fn found(pattern: Option<&Regex>, bytes: &[u8]) -> bool {
    pattern.is_none_or(|pattern| pattern.is_match(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeds(files: &[(&str, &str)]) -> Vec<String> {
        let tree = Tree::from_texts(files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())));
        let mut paths: Vec<String> =
            find(&tree).into_iter().map(|(path, kind, _)| format!("{path} {kind:?}")).collect();
        paths.sort();
        paths
    }

    #[test]
    fn patterns_compile() {
        for pattern in [&REDIS, &CODE, &URL, &CALLS, &COMMANDS, &STARTS, &SERVICES, &OBJECT, &CONTAINER, &DIRECTIVE] {
            assert!(pattern.is_some());
        }
    }

    #[test]
    fn names_choose() {
        assert_eq!(
            seeds(&[
                ("a/docker-compose.staging.yml", ""),
                ("compose.yaml", ""),
                ("production.env", ""),
                (".env.local", ""),
                ("deploy/valkey.conf", ""),
                ("users.acl", ""),
                ("Dockerfile.redis", ""),
                ("Dockerfile.redis.dockerignore", ""),
                ("dockerfile.mdx", ""),
                ("notes.md", "redis"),
                ("composer.yml", ""),
                (".envrc", ""),
            ]),
            [
                ".env.local Dotenv",
                "Dockerfile.redis Dockerfile",
                "a/docker-compose.staging.yml Compose",
                "compose.yaml Compose",
                "deploy/valkey.conf RedisConf",
                "production.env Dotenv",
                "users.acl RedisConf",
            ]
        );
    }

    #[test]
    fn content_chooses_where_names_say_too_little() {
        assert_eq!(
            seeds(&[
                ("app/a.py", "import REDIS"),
                ("app/b.py", "import os"),
                ("production.yml", "services:\n  cache:\n    image: redis\n"),
                ("values.yml", "redis:\n  image: redis\n"),
                (".github/workflows/ci.yml", "services:\n  redis:\n    image: redis\n"),
                ("cache.conf", "port 7000\nrequirepass x\n"),
                ("nginx.conf", "server { listen 80; }"),
            ]),
            [".github/workflows/ci.yml Workflow", "app/a.py Python", "cache.conf RedisConf", "production.yml Compose"]
        );
    }

    #[test]
    fn examples_are_told_by_name() {
        assert!(is_example("a/.env.example"));
        assert!(is_example("env-sample.env"));
        assert!(!is_example("example/.env"));
        assert!(!is_example(".env.staging"));
    }
}
