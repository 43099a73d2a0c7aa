//! A compose file as written: services and their attributes, nothing interpolated, nothing merged.
//!
//! Every scalar is the [`Text`] that the YAML holds (numbers and booleans as compose would print them), with `$`
//! references still in it; tags that steer merging are kept.

use std::collections::BTreeMap;

use crate::source::{FileId, Span, Spanned};
use crate::text::Text;

/// One compose file.
#[derive(Debug)]
pub struct ComposeFile {
    /// Its text.
    pub file: FileId,
    /// Its path relative to the root.
    pub path: String,
    /// Its YAML documents; compose merges each onto the ones before it.
    pub documents: Vec<Document>,
}

impl ComposeFile {
    /// Whether nothing stands in it: compose takes that for a layer, and refuses it for all there is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.documents.iter().all(|document| document.is_empty)
    }
}

/// The keys of a mapping, each with its place where its value is a null; where it has another value, `None`.
pub type Keys = BTreeMap<String, Option<Span>>;

/// One YAML document of a compose file.
#[derive(Debug, Default)]
pub struct Document {
    /// The keys of the top level that compose's schema knows.
    pub keys: Keys,
    /// Nothing stands there that counts.
    pub is_empty: bool,
    /// `services`.
    pub services: Vec<Service>,
    /// `networks`.
    pub networks: Vec<Network>,
    /// `volumes`, the names.
    pub volumes: Vec<Spanned<String>>,
    /// `configs`.
    pub configs: Vec<Resource>,
    /// `secrets`.
    pub secrets: Vec<Resource>,
    /// `include`.
    pub include: Vec<Include>,
}

/// How a value joins the one below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tag {
    /// By the rules of its attribute.
    #[default]
    None,
    /// `!reset`: what is below is dropped, and so is this value.
    Reset,
    /// `!override`: what is below is dropped.
    Override,
}

/// An attribute as written.
#[derive(Clone, Debug)]
pub struct Attribute<T> {
    /// The key.
    pub key: Span,
    /// The value as a whole, with quotes or brackets.
    pub span: Span,
    /// How it merges.
    pub tag: Tag,
    /// `None`: null, or reset.
    pub value: Option<T>,
}

/// A service as written; `None`: the attribute is not there.
#[derive(Debug)]
pub struct Service {
    /// Its name.
    pub name: Spanned<String>,
    /// How the service as a whole merges.
    pub tag: Tag,
    /// Its attributes, but for those that may be null.
    pub keys: Keys,
    /// Points in time where a string belongs: compose 2 refuses them, compose 5 prints them.
    pub times: Vec<Span>,
    /// Entries of it or of its environment may be missing here: a template stands among them.
    pub partial: Option<Span>,
    /// `extends`.
    pub extends: Option<Attribute<Extends>>,
    /// `image`.
    pub image: Option<Attribute<Text>>,
    /// `build`.
    pub build: Option<Attribute<Build>>,
    /// `command`.
    pub command: Option<Attribute<CommandLine>>,
    /// `entrypoint`.
    pub entrypoint: Option<Attribute<CommandLine>>,
    /// `environment`.
    pub environment: Option<Attribute<Vec<Assignment>>>,
    /// `env_file`.
    pub env_file: Option<Attribute<Vec<EnvFileEntry>>>,
    /// `ports`.
    pub ports: Option<Attribute<Vec<Port>>>,
    /// `expose`.
    pub expose: Option<Attribute<Vec<Text>>>,
    /// `networks`.
    pub networks: Option<Attribute<Vec<NetworkEntry>>>,
    /// `network_mode`.
    pub network_mode: Option<Attribute<Text>>,
    /// `container_name`.
    pub container_name: Option<Attribute<Text>>,
    /// `extra_hosts`, as `name:address` or `name=address`.
    pub extra_hosts: Option<Attribute<Vec<Text>>>,
    /// `links`.
    pub links: Option<Attribute<Vec<Text>>>,
    /// `depends_on`, the names only.
    pub depends_on: Option<Attribute<Vec<Text>>>,
    /// `volumes`.
    pub volumes: Option<Attribute<Vec<Volume>>>,
    /// `volumes_from`.
    pub volumes_from: Option<Attribute<Vec<Text>>>,
    /// `tmpfs`.
    pub tmpfs: Option<Attribute<Vec<Text>>>,
    /// `configs`.
    pub configs: Option<Attribute<Vec<Grant>>>,
    /// `secrets`.
    pub secrets: Option<Attribute<Vec<Grant>>>,
    /// `healthcheck`.
    pub healthcheck: Option<Attribute<Healthcheck>>,
    /// `working_dir`.
    pub working_dir: Option<Attribute<Text>>,
    /// `profiles`.
    pub profiles: Option<Attribute<Vec<Text>>>,
}

/// `extends`.
#[derive(Clone, Debug)]
pub struct Extends {
    /// The service below.
    pub service: Text,
    /// The file it is in; `None`: this one.
    pub file: Option<Text>,
}

/// `build`.
#[derive(Clone, Debug, Default)]
pub struct Build {
    /// The context folder, or a remote address.
    pub context: Option<Text>,
    /// `dockerfile`.
    pub dockerfile: Option<Text>,
    /// `dockerfile_inline` is there.
    pub inline: bool,
    /// `args` is there: they beat the defaults in the Dockerfile.
    pub arguments: bool,
    /// `target`.
    pub target: Option<Text>,
}

/// `command`, `entrypoint` or `healthcheck.test`.
#[derive(Clone, Debug)]
pub enum CommandLine {
    /// One string.
    Line(Text),
    /// A list of arguments.
    List(Vec<Text>),
}

/// An entry of `environment`.
#[derive(Clone, Debug)]
pub enum Assignment {
    /// `NAME: value`; without a value it is passed through from the shell.
    Pair {
        /// The name; keys are not interpolated.
        name: Spanned<String>,
        /// The value.
        value: Option<Text>,
        /// How the entry merges.
        tag: Tag,
    },
    /// `- NAME=value` or `- NAME`.
    Entry(Text),
}

/// An entry of `env_file`.
#[derive(Clone, Debug)]
pub struct EnvFileEntry {
    /// The path.
    pub path: Text,
    /// `required: false` makes it `false`.
    pub required: bool,
    /// `format: raw`.
    pub raw: bool,
}

/// An entry of `ports`.
#[derive(Clone, Debug)]
pub enum Port {
    /// `[[IP:]HOST:]CONTAINER[/PROTOCOL]`.
    Short(Text),
    /// A mapping.
    Long(Box<LongPort>),
}

/// A port as a mapping.
#[derive(Clone, Debug)]
pub struct LongPort {
    /// The entry as a whole.
    pub span: Span,
    /// `target`.
    pub target: Option<Text>,
    /// `published`.
    pub published: Option<Text>,
    /// `host_ip`.
    pub host_ip: Option<Text>,
    /// `protocol`.
    pub protocol: Option<Text>,
    /// `mode`.
    pub mode: Option<Text>,
}

/// An entry of a service's `networks`.
#[derive(Clone, Debug)]
pub struct NetworkEntry {
    /// The network's key.
    pub name: Text,
    /// How the entry merges.
    pub tag: Tag,
    /// `aliases`.
    pub aliases: Vec<Text>,
    /// How they merge.
    pub aliases_tag: Tag,
    /// `ipv4_address` and `ipv6_address`.
    pub addresses: Vec<Text>,
}

impl NetworkEntry {
    /// An entry that says nothing of its own.
    #[must_use]
    pub fn named(name: Text, tag: Tag) -> Self {
        Self { name, tag, aliases: Vec::new(), aliases_tag: Tag::None, addresses: Vec::new() }
    }
}

/// An entry of `volumes`.
#[derive(Clone, Debug)]
pub enum Volume {
    /// `[SOURCE:]TARGET[:MODE]`.
    Short(Text),
    /// A mapping.
    Long {
        /// The entry as a whole.
        span: Span,
        /// `type`.
        kind: Option<Text>,
        /// `source`.
        source: Option<Text>,
        /// `target`.
        target: Option<Text>,
    },
}

/// An entry of a service's `configs` or `secrets`.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The entry as a whole.
    pub span: Span,
    /// The top-level name.
    pub source: Text,
    /// `target`.
    pub target: Option<Text>,
}

/// `healthcheck`.
#[derive(Clone, Debug, Default)]
pub struct Healthcheck {
    /// `test`.
    pub test: Option<Attribute<CommandLine>>,
    /// `disable`.
    pub disable: Option<Text>,
}

/// A top-level network.
#[derive(Clone, Debug)]
pub struct Network {
    /// Its key.
    pub name: Spanned<String>,
    /// `internal`.
    pub internal: Option<Text>,
    /// `external` in one of its forms.
    pub external: bool,
}

/// A top-level config or secret.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its key.
    pub name: Spanned<String>,
    /// `file`.
    pub file: Option<Text>,
    /// `content`.
    pub content: Option<Text>,
    /// `environment`: the variable that holds the content.
    pub environment: Option<Text>,
}

/// An entry of `include`.
#[derive(Clone, Debug)]
pub struct Include {
    /// The files; the first is the main one, the others override it.
    pub paths: Vec<Text>,
    /// `project_directory`.
    pub project_directory: Option<Text>,
    /// `env_file`; `None`: the `.env` of the project directory.
    pub env_files: Option<Vec<Text>>,
    /// The entry as a whole.
    pub span: Span,
}

/// `docker compose -f a -f b --env-file e --profile p`, found in a script or document: which files really run together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComposeRun {
    /// Path of the script or document that says so.
    pub place: String,
    /// Folder that relative paths of the project start from, and whose `.env` is read by default.
    pub directory: String,
    /// The files, relative to the root; empty: what compose discovers in the directory.
    pub files: Vec<String>,
    /// The env files, relative to the root; empty: the `.env` of the directory.
    pub env_files: Vec<String>,
    /// The profiles switched on.
    pub profiles: Vec<String>,
    /// The command.
    pub span: Span,
}

/// `cp .env.example .env`, found in a script or document: the example is what a fresh clone starts from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExampleCopy {
    /// Path of the script or document that says so.
    pub place: String,
    /// The example, relative to the root.
    pub example: String,
    /// The file that it becomes, relative to the root.
    pub target: String,
}
