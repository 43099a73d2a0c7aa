//! What was read, unresolved: one struct a kind of file, values with references still in them.
//!
//! Comes from `extract`; `resolve` reads nothing else.

pub mod ci;
pub mod code;
pub mod compose;
pub mod kubernetes;
pub mod launch;

use crate::library::{Family, VersionRange};
use crate::source::{FileId, Span, Spanned};
use crate::syntax::{dockerfile, redis_conf};
use crate::text::Text;

/// Everything that was read.
#[derive(Debug, Default)]
pub struct Facts {
    /// Compose files, in path order.
    pub compose: Vec<compose::ComposeFile>,
    /// `.env`-like files; parsed per dialect on demand, as their readers differ.
    pub env_files: Vec<EnvFile>,
    /// redis.conf, sentinel.conf, users.acl and the like.
    pub confs: Vec<ConfFile>,
    /// Python modules (later also other languages).
    pub modules: Vec<code::Module>,
    /// Dockerfiles.
    pub dockerfiles: Vec<Dockerfile>,
    /// CI workflows.
    pub workflows: Vec<ci::Workflow>,
    /// Kubernetes manifests and kustomizations, in path order.
    pub manifests: Vec<kubernetes::Manifest>,
    /// Helm charts, in path order.
    pub charts: Vec<kubernetes::Chart>,
    /// Versions of client libraries that the repository pins.
    pub pins: Vec<PinFile>,
    /// `docker compose` commands in scripts and documents, in path order.
    pub runs: Vec<compose::ComposeRun>,
    /// Examples of env files that scripts and documents tell to copy.
    pub copies: Vec<compose::ExampleCopy>,
    /// Configuration files of programs that hold Redis URLs.
    pub settings: Vec<SettingsFile>,
    /// Files whose values Python code loads.
    pub values: Vec<ValuesFile>,
    /// Shell scripts that call redis-cli or hold a Redis URL, in path order.
    pub scripts: Vec<ScriptFile>,
    /// Scripts that start containers, in path order.
    pub launchers: Vec<launch::Launcher>,
    /// Connections that documents tell people to make, in path order.
    pub mentions: Vec<Mention>,
}

/// A shell script; what its words mean depends on the container that runs it.
#[derive(Debug, Clone)]
pub struct ScriptFile {
    /// Its text.
    pub file: FileId,
    /// Its path relative to the root.
    pub path: String,
}

/// A connection that a document tells people to make: a Redis URL, or the arguments of `redis-cli`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The document, relative to the root.
    pub path: String,
    /// The URL or the command.
    pub span: Span,
    /// `Unknown` for a URL: whoever reads it.
    pub family: Family,
    /// The URL.
    pub url: Option<Text>,
    /// `-h`.
    pub host: Option<Text>,
    /// `-p`.
    pub port: Option<Text>,
    /// `--user`.
    pub username: Option<Text>,
    /// `-a`.
    pub password: Option<Text>,
}

/// A YAML, TOML, JSON or ini file that configures some program, as far as it speaks of Redis.
#[derive(Debug, Clone)]
pub struct SettingsFile {
    /// Its path relative to the root.
    pub path: String,
    /// The settings whose value is a Redis URL, possibly with `${…}` in it, under their own key.
    pub urls: Vec<(Spanned<String>, Text)>,
    /// Hosts of Redis that stand in a part of their own (`redis:` with `host:` in it), and what stands beside them.
    pub groups: Vec<SettingsGroup>,
}

/// The settings of one Redis, each under a key of its own.
#[derive(Debug, Clone)]
pub struct SettingsGroup {
    /// The key of the host, and its value.
    pub host: (Spanned<String>, Text),
    /// Port.
    pub port: Option<Text>,
    /// Database index.
    pub db: Option<Text>,
    /// User name.
    pub username: Option<Text>,
    /// Password.
    pub password: Option<Text>,
}

/// A requirements file, manifest or lock file, as far as it names client libraries.
#[derive(Debug, Clone)]
pub struct PinFile {
    /// Its path relative to the root.
    pub path: String,
    /// The folder whose code it speaks for.
    pub folder: String,
    /// A lock file: what is really installed.
    pub locked: bool,
    /// The libraries it names.
    pub pins: Vec<Pin>,
    /// Paths of the requirements and constraints that it takes in.
    pub includes: Vec<String>,
}

/// Versions of a client library.
#[derive(Debug, Clone)]
pub struct Pin {
    /// redis-py, node-redis or ioredis.
    pub package: Family,
    /// The versions allowed.
    pub range: VersionRange,
    /// It holds under a condition, or is one of several.
    pub conditional: bool,
}

/// A YAML, TOML, JSON or ini file as the dictionary that Python code gets of it.
#[derive(Debug)]
pub struct ValuesFile {
    /// Its path relative to the root.
    pub path: String,
    /// The dictionary.
    pub root: code::Expr,
    /// Of an ini file, with configparser's basic and with its extended interpolation.
    pub interpolated: Option<(code::Expr, code::Expr)>,
}

impl ValuesFile {
    /// Where a file may lie that a module names: in its folder or one above it, or in a folder for configuration there.
    #[must_use]
    pub fn candidates(module: &str, name: &str) -> Vec<String> {
        let named = name.rsplit('/').next().is_some_and(|last| {
            [".yaml", ".yml", ".toml", ".json", ".ini", ".cfg", ".conf"]
                .iter()
                .any(|end| last.strip_suffix(end).is_some_and(|stem| !stem.is_empty()))
        });
        if !named || name.starts_with('/') || name.contains("://") {
            return Vec::new();
        }
        let mut all = Vec::new();
        let mut folder = module;
        while let Some((above, _)) = folder.rsplit_once('/') {
            folder = above;
            all.extend(["", "config/", "conf/", "settings/"].map(|inner| format!("{folder}/{inner}{name}")));
        }
        all.extend(["", "config/", "conf/", "settings/"].map(|inner| format!("{inner}{name}")));
        all.iter().filter_map(|path| crate::tree::join("", path)).collect()
    }
}

/// A `.env`-like file.
#[derive(Debug, Clone)]
pub struct EnvFile {
    /// Its text.
    pub file: FileId,
    /// Its path relative to the root.
    pub path: String,
    /// `.env.example`, `.env.sample`, `.env.template`, `.env.dist`: describes variables but sets none.
    pub example: bool,
}

/// A redis.conf-like file.
#[derive(Debug, Clone)]
pub struct ConfFile {
    /// Its text.
    pub file: FileId,
    /// Its path relative to the root.
    pub path: String,
    /// Its lines.
    pub lines: Vec<redis_conf::Line>,
    /// The first comment, with which an ACL file is refused.
    pub comment: Option<Span>,
}

/// A Dockerfile.
#[derive(Debug, Clone)]
pub struct Dockerfile {
    /// Its text.
    pub file: FileId,
    /// Its path relative to the root.
    pub path: String,
    /// Its instructions.
    pub instructions: Vec<dockerfile::Instruction>,
}

/// How a requested file is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileKind {
    /// A compose file.
    Compose,
    /// An env file.
    Dotenv,
    /// A Redis configuration or ACL file.
    RedisConf,
    /// A Python module.
    Python,
    /// A Dockerfile.
    Dockerfile,
    /// A requirements or lock file.
    Pins,
    /// A CI workflow.
    Workflow,
    /// A Kubernetes manifest or kustomization.
    Manifest,
    /// A Helm chart, or the values beside one.
    Chart,
    /// Only its text matters.
    Data,
    /// A program's configuration, read for Redis URLs only.
    Settings,
    /// A file whose values Python code loads.
    Values,
    /// A script or document, read for the commands that start compose.
    Commands,
    /// A shell script, read for what it says to Redis.
    Script,
    /// A script, read for the containers that it starts.
    Launcher,
}

/// A file that matters because of what another one says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Path relative to the root, normalised, with `/`; never leaves the root (extractors describe such paths only).
    pub path: String,
    /// How it is read.
    pub kind: FileKind,
    /// The reference.
    pub from: Span,
}
