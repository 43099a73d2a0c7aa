//! The resolved picture: in each environment, which client talks to which server, and how that ends.
//!
//! Comes from `resolve`; rules and `inspect` read nothing else. All values keep their spans; where something could not
//! be told, the type says so (`Option`, `Unknown`, `Undetermined`): unknown is never the same as absent.

use std::collections::BTreeMap;

use crate::finding::Confidence;
pub use crate::library::{Family, VersionRange};
use crate::source::{FileId, Span, Spanned};
use crate::symbol::{Condition, Step};
use crate::text::Text;

/// Everything that rules look at.
#[derive(Debug, Default)]
pub struct Model {
    /// Every set of files that runs together.
    pub environments: Vec<Environment>,
    /// Every password written down in a file that was read, whether or not an environment uses it.
    pub literals: Vec<Literal>,
    /// Clients of which no environment is known, as one without a name: what their URLs say can be judged, whom they
    /// reach can't.
    pub unplaced: Option<Environment>,
    /// Connections that documents tell people to make.
    pub mentions: Vec<Mention>,
    /// Variables that services are given, and that nothing in them reads.
    pub unread: Vec<UnreadVariable>,
}

/// A variable of a service that nothing in it reads.
#[derive(Debug, Clone)]
pub struct UnreadVariable {
    /// Name of the environment.
    pub environment: String,
    /// The service.
    pub service: String,
    /// The variable, where it is set.
    pub name: Spanned<String>,
    /// What its image reads instead.
    pub instead: Option<&'static str>,
}

/// A connection that a document tells people to make, and how it ends against the servers that it may mean.
#[derive(Debug, Clone)]
pub struct Mention {
    /// The URL or the command.
    pub span: Span,
    /// What it connects with.
    pub case: ClientCase,
    /// Its ends; never empty.
    pub ends: Vec<MentionEnd>,
}

/// How a connection of a document ends against one server.
#[derive(Debug, Clone)]
pub struct MentionEnd {
    /// Name of the server's environment.
    pub environment: String,
    /// The server's id.
    pub server: String,
    /// Where the server is defined, or publishes its port.
    pub span: Span,
    /// The port it has there.
    pub port: Option<u16>,
    /// How it ends; `None`: the server is on another port.
    pub outcome: Option<Outcome>,
}

/// What sort of thing runs the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EnvironmentKind {
    /// A compose project.
    Compose,
    /// Programs run on the developer's machine.
    Host,
    /// Kubernetes manifests.
    Kubernetes,
    /// A Helm chart with its values.
    Helm,
    /// A CI job.
    Ci,
    /// Containers that a script starts one by one.
    Script,
}

impl EnvironmentKind {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Compose => "compose",
            Self::Host => "host",
            Self::Kubernetes => "kubernetes",
            Self::Helm => "helm",
            Self::Ci => "ci",
            Self::Script => "script",
        }
    }
}

/// How serious an environment is; from its name, its files' names or the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// `dev`, `local`, `test`, CI and the host environment.
    Development,
    /// Nothing says what it is for; exposure counts as in production.
    Unlabelled,
    /// `staging`, `stage`, `uat`, `preprod`.
    Staging,
    /// `prod`, `production`, `live`.
    Production,
}

/// A set of files that run together.
#[derive(Debug)]
pub struct Environment {
    /// Unique; for compose the file names without noise, such as `docker-compose.staging.yml`.
    pub name: String,
    /// What runs it.
    pub kind: EnvironmentKind,
    /// How serious it is.
    pub stage: Stage,
    /// The files, in order of precedence (later wins).
    pub files: Vec<FileId>,
    /// Why these run together, such as `compose discovers docker-compose.yml with its override`.
    pub evidence: String,
    /// Where the repository says so, if it does in so many words.
    pub evidence_at: Option<Span>,
    /// How sure it is that they run together.
    pub confidence: Confidence,
    /// What compose is given; empty elsewhere.
    pub given: Given,
    /// Every service as resolved; empty for the host.
    pub services: Vec<Service>,
    /// Redis servers.
    pub servers: Vec<Server>,
    /// Redis clients.
    pub clients: Vec<Client>,
    /// Who talks to whom.
    pub links: Vec<Link>,
    /// What is to be said of Kubernetes objects; empty elsewhere.
    pub cluster: ClusterView,
    /// References to variables of the shell and of `.env`, as written, in settings of Redis.
    pub references: Vec<Reference>,
    /// Files that a container needs and that the repository certainly does not have.
    pub missing: Vec<MissingFile>,
    /// Words of a server's command that never reach it.
    pub lost_words: Vec<LostWords>,
}

/// What compose is given, on the command line or in the configuration.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Given {
    /// The files, relative to the root; those that they include are not among them.
    pub files: Vec<String>,
    /// `--env-file`s, relative to the root.
    pub env_files: Vec<String>,
    /// Profiles.
    pub profiles: Vec<String>,
}

/// Faults and facts of Kubernetes objects that are neither a server's nor a client's.
#[derive(Debug, Default, Clone)]
pub struct ClusterView {
    /// References to keys that their object, which the repository holds, does not have.
    pub dangling: Vec<DanglingKey>,
    /// Values of Secrets that end in a line break.
    pub line_breaks: Vec<SecretLineBreak>,
    /// Ways from outside the cluster to a container.
    pub public: Vec<PublicPort>,
    /// Variables that a Service puts where a program looks for its own.
    pub collisions: Vec<LinkCollision>,
    /// Encoded scalars of Secrets, and what they decode to, masked.
    pub encoded: Vec<(Span, String)>,
}

/// A reference to a key that is not there.
#[derive(Debug, Clone)]
pub struct DanglingKey {
    /// The variable that would get the value.
    pub variable: Spanned<String>,
    /// The key asked for.
    pub key: Spanned<String>,
    /// `Secret` or `ConfigMap`.
    pub kind: &'static str,
    /// The object's name, where it is defined.
    pub object: Spanned<String>,
    /// The variable is then left out, and the container starts without it.
    pub optional: bool,
    /// The keys it has.
    pub keys: Vec<String>,
}

/// A Secret's value that ends in a line break.
#[derive(Debug, Clone)]
pub struct SecretLineBreak {
    /// The Secret's name.
    pub object: String,
    /// The key.
    pub key: Spanned<String>,
    /// The encoded value.
    pub span: Span,
    /// Whether a container of this environment takes it in.
    pub used: bool,
}

/// How a port is open to the outside of a cluster.
#[derive(Debug, Clone)]
pub struct PublicPort {
    /// The container behind it.
    pub container: String,
    /// Where it says so: `LoadBalancer`, the address, the host port.
    pub span: Span,
    /// Such as `Service redis of type LoadBalancer`.
    pub how: String,
    /// Port of the container; `None`: all of them or unknown.
    pub container_port: Option<u16>,
    /// Something narrows who gets there: source ranges, an internal balancer, a network policy.
    pub narrowed: bool,
    /// Only HTTP passes, which Redis does not speak.
    pub http: bool,
    /// Every variable of the container is known by name.
    pub settings_known: bool,
}

/// A variable `REDIS_PORT=tcp://…` that a Service makes.
#[derive(Debug, Clone)]
pub struct LinkCollision {
    /// The container that gets it.
    pub container: Spanned<String>,
    /// The variable.
    pub variable: String,
    /// The Service's name.
    pub service: Spanned<String>,
    /// How sure it is that a program there reads it.
    pub confidence: Confidence,
}

/// A reference to a variable that compose fills in.
#[derive(Debug, Clone)]
pub struct Reference {
    /// The name.
    pub name: String,
    /// `$X` or `${X…}` as a whole.
    pub span: Span,
    /// In braces.
    pub braced: bool,
    /// With a default, a message or a replacement: somebody thought of its not being set.
    pub guarded: bool,
    /// Compose starts nothing unless it is set, and not empty.
    pub demanded: bool,
    /// The variable or attribute whose value holds it, such as `REDIS_URL` or `command`.
    pub setting: Spanned<String>,
    /// It is the whole value.
    pub whole: bool,
    /// The beginning of a password stands directly before it.
    pub inside_password: bool,
    /// Whether a file that compose reads here sets it; `None`: there may be such a file.
    pub defined: Option<bool>,
    /// A file that sets it, and that compose does not read for this.
    pub elsewhere: Option<Span>,
    /// A name that is set, and differs in a letter or two.
    pub similar: Option<Spanned<String>>,
}

/// A file that is not there.
#[derive(Debug, Clone)]
pub struct MissingFile {
    /// The entry that names it.
    pub span: Span,
    /// Its path as people would look for it.
    pub path: String,
    /// What happens without it.
    pub consequence: &'static str,
}

/// The end of a command that compose throws away.
#[derive(Debug, Clone)]
pub struct LostWords {
    /// The service.
    pub service: String,
    /// From the first lost byte to the end.
    pub span: Span,
    /// What made compose stop.
    pub stop: char,
}

/// A resolved service (compose service, pod, job), in the shapes that `docker compose config` prints.
#[derive(Debug, Clone)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// The name where it is defined first.
    pub span: Span,
    /// The image, resolved.
    pub image: Option<Text>,
    /// `environment` and `env_file` merged; `None`: passed through and not set.
    pub environment: Vec<(String, Option<Text>)>,
    /// Resolved command; `None`: the image's own.
    pub command: Option<Vec<Text>>,
    /// Resolved entrypoint; `None`: the image's own.
    pub entrypoint: Option<Vec<Text>>,
    /// Resolved ports.
    pub ports: Vec<Published>,
    /// Networks joined, with the aliases there; `None` with `network_mode`.
    pub networks: Option<BTreeMap<String, Vec<String>>>,
    /// `network_mode` as written.
    pub network_mode: Option<String>,
    /// The health check's `test`, resolved.
    pub healthcheck: Option<Vec<Text>>,
    /// Services it waits for.
    pub depends_on: Vec<Spanned<String>>,
    /// How each value came to be, by its path (`environment.NAME`, `command`, `ports.0`, `networks.NAME`).
    pub traces: BTreeMap<String, Vec<Step>>,
}

/// Which program serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Product {
    /// redis-server.
    Redis,
    /// valkey-server.
    Valkey,
    /// keydb-server.
    Keydb,
    /// dragonfly.
    Dragonfly,
    /// redis-sentinel.
    Sentinel,
}

/// Who made the image or package, which decides defaults and the variables that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Distribution {
    /// `redis`, `valkey/valkey` and images built on them: no variable sets a password, protected mode compiled off.
    Official,
    /// `bitnami/redis`, `bitnami/valkey`, `bitnamilegacy/…`.
    Bitnami,
    /// `redis/redis-stack`, `redis/redis-stack-server`.
    Stack,
    /// `eqalpha/keydb`.
    Keydb,
    /// `docker.dragonflydb.io/dragonflydb/dragonfly`.
    Dragonfly,
    /// A plain build on a host: protected mode compiled on.
    Host,
    /// An image that is not in the table.
    Unknown,
}

impl Server {
    /// Whether its TLS port lets in only who shows a certificate, as it does by default.
    #[must_use]
    pub fn wants_certificates(&self) -> bool {
        let asked = self.setting("tls-auth-clients").unwrap_or("yes");
        self.tls_port.is_some() && !["no", "optional"].iter().any(|word| asked.eq_ignore_ascii_case(word))
    }

    /// Whether it certainly opens no port at all, but perhaps a socket.
    #[must_use]
    pub fn listens_on_no_port(&self) -> bool {
        self.setting("port") == Some("0") && self.setting("tls-port").is_none_or(|port| port == "0")
    }

    fn setting(&self, name: &str) -> Option<&str> {
        let last = self.directives.iter().rev().find(|one| one.name.value == name)?;
        last.arguments.first().map(Text::as_str)
    }
}

/// A Redis server.
#[derive(Debug, Clone)]
pub struct Server {
    /// Unique within the environment.
    pub id: String,
    /// The service it runs in.
    pub service: Option<String>,
    /// Where it is defined: the service's name, or the conf file's beginning.
    pub span: Span,
    /// Names by which others reach it: service name, `container_name`, aliases.
    pub names: Vec<String>,
    /// Which program.
    pub product: Product,
    /// Whose build.
    pub distribution: Distribution,
    /// Its version, as far as the image tag tells.
    pub version: VersionRange,
    /// The image reference.
    pub image: Option<Text>,
    /// Plaintext port inside its own network; `None`: none, or unknown.
    pub port: Option<u16>,
    /// TLS port.
    pub tls_port: Option<u16>,
    /// Authentication in force, by condition; never empty.
    pub auth: Vec<AuthCase>,
    /// Number of databases; `None`: unknown.
    pub databases: Option<u32>,
    /// Addresses it listens on as `bind` gives them; `None`: the default.
    pub bind: Option<Vec<Text>>,
    /// Every directive from files and arguments, in the order they are applied.
    pub directives: Vec<Directive>,
    /// Variables given to the server's container whose names speak of a password or of Redis.
    pub variables: Vec<ImageVariable>,
    /// redis.conf files mounted or copied into the container.
    pub mounts: Vec<ConfMount>,
    /// Its health check.
    pub healthcheck: Option<Healthcheck>,
    /// Ports published to the outside.
    pub published: Vec<Published>,
    /// Networks joined; `None`: unknown or the host's.
    pub networks: Option<Vec<String>>,
    /// Shares the host's network.
    pub host_network: bool,
    /// Where its command is written, if it is.
    pub command: Option<Span>,
    /// How sure we are that this is a server as described.
    pub confidence: Confidence,
}

/// Authentication in force while `when` holds.
#[derive(Debug, Clone)]
pub struct AuthCase {
    /// All of these hold.
    pub when: Vec<Condition>,
    /// What the server then demands.
    pub auth: Auth,
}

/// What a server demands of a client.
#[derive(Debug, Clone)]
pub enum Auth {
    /// The users it knows; `default` is always among them.
    Users(Vec<User>),
    /// It refuses to start; clients get connection refused.
    DoesNotStart {
        /// Redis's own error text.
        error: String,
        /// The argument or line.
        span: Span,
    },
    /// It could not be told.
    Unknown,
}

/// An ACL user.
#[derive(Debug, Clone)]
pub struct User {
    /// `default`, or a name from an ACL line.
    pub name: Text,
    /// Switched on.
    pub on: bool,
    /// Any password is right.
    pub nopass: bool,
    /// The passwords accepted.
    pub passwords: Vec<Password>,
    /// The directive that set it up; `None`: the built-in default.
    pub span: Option<Span>,
    /// How the password came to the server: from the argument to its definition.
    pub trace: Vec<Step>,
}

/// A password a server accepts.
#[derive(Debug, Clone)]
pub enum Password {
    /// In clear (possibly a symbol).
    Plain(Text),
    /// As its SHA-256 in hexadecimal.
    Sha256(Text),
}

/// A line of redis.conf, or an argument.
#[derive(Debug, Clone)]
pub struct Directive {
    /// Lower-case name, such as `requirepass`.
    pub name: Spanned<String>,
    /// Its arguments.
    pub arguments: Vec<Text>,
    /// From the command line or an image variable rather than a file.
    pub from_arguments: bool,
    /// The later place that makes this one dead.
    pub overridden_by: Option<Span>,
}

/// What an image does with a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VariableUse {
    /// The image reads it.
    Read,
    /// The image is known, and reads no such variable; nor does its command.
    Ignored,
    /// The image's start script reads it, and the command goes past that script.
    Bypassed,
    /// The image is unknown, or a script may read it.
    Unknown,
}

/// A variable given to the server's container.
#[derive(Debug, Clone)]
pub struct ImageVariable {
    /// Its name, where it is set.
    pub name: Spanned<String>,
    /// Its value; `None`: passed through and not set.
    pub value: Option<Text>,
    /// What becomes of it.
    pub usage: VariableUse,
    /// Where the service takes it in: the `env_file` entry, or the name itself.
    pub taken_in: Span,
}

/// A configuration file in the server's container.
#[derive(Debug, Clone)]
pub struct ConfMount {
    /// The mount entry or COPY line's text.
    pub span: Span,
    /// Where it lies in the container.
    pub target: String,
    /// The file in the repository, if it was read.
    pub source: Option<FileId>,
    /// Whether the server loads it: `None` where that could not be told.
    pub loaded: Option<bool>,
    /// Whether the file sets a password or an ACL; then not loading it leaves the server open.
    pub sets_password: bool,
}

/// A published port.
#[derive(Debug, Clone)]
pub struct Published {
    /// The port entry's text (`6379:6379`), without quotes.
    pub span: Span,
    /// Host address; `None`: all interfaces.
    pub host_ip: Option<Text>,
    /// Host port as written, also a range; `None`: a random one.
    pub host_port: Option<Text>,
    /// Port in the container.
    pub container_port: Option<u16>,
    /// `tcp` or `udp`.
    pub protocol: String,
    /// The compose `mode`, if any.
    pub mode: Option<String>,
    /// Where it was written, and what it was filled in from.
    pub trace: Vec<Step>,
}

/// How a health check would end.
#[derive(Debug, Clone)]
pub struct Healthcheck {
    /// The command text inside `test`.
    pub span: Span,
    /// Whether it calls `redis-cli` (or the like) in a form that was understood.
    pub understood: bool,
    /// Whether it sends credentials.
    pub authenticates: bool,
    /// Whether its command writes a key (`incr ping`).
    pub writes: bool,
    /// The port it asks on the container itself; `None`: another host, a socket, or not known.
    pub port: Option<u16>,
    /// Whether it speaks TLS.
    pub tls: bool,
    /// An argument with `$NAME` in a form that no shell reads: the name stays as it is.
    pub unexpanded: Option<Span>,
    /// How it ends, one for each of the server's `auth`.
    pub ends: Vec<HealthEnd>,
}

/// How a health check ends against one authentication of the server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HealthEnd {
    /// Whether it exits with 0; `None`: could not be told.
    pub passes: Option<bool>,
    /// Why the server did not let it in, where it did not.
    pub refused: Option<Refusal>,
    /// Whether it leaves a key behind.
    pub writes: bool,
}

/// Why a server does not let `redis-cli` in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// `NOAUTH`: it sends no password.
    Missing,
    /// `WRONGPASS`: another password or user than the server's.
    Wrong,
    /// `ERR AUTH`: a password for a server without one.
    Unexpected,
}

/// Where a client runs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// In a container of this service.
    Container(String),
    /// On the developer's machine or the CI runner.
    Host,
}

/// A Redis client: a connection site in a place.
#[derive(Debug)]
pub struct Client {
    /// Unique within the environment.
    pub id: String,
    /// Where it runs.
    pub place: Place,
    /// The setting that names the server, such as `REDIS_URL`.
    pub setting: Option<String>,
    /// The connection site, or the setting where no site is known.
    pub span: Span,
    /// What it connects with, by condition; never empty.
    pub cases: Vec<ClientCase>,
    /// It asks a Sentinel for the master of this name.
    pub master: Option<Text>,
    /// Its library.
    pub family: Family,
    /// Its library's version.
    pub version: VersionRange,
    /// How sure we are that this is a client that runs here.
    pub confidence: Confidence,
}

/// What a client connects with while `when` holds.
#[derive(Debug, Clone)]
pub struct ClientCase {
    /// All of these hold.
    pub when: Vec<Condition>,
    /// The URL as a whole, where it is one.
    pub url: Option<Text>,
    /// Host name or address; `None`: a socket, or the value could not be read (see `error`).
    pub host: Option<Text>,
    /// Port; `None`: unknown.
    pub port: Option<u16>,
    /// Where the port is written; `None`: the default.
    pub port_span: Option<Span>,
    /// Database index; `None`: unknown.
    pub db: Option<u32>,
    /// TLS.
    pub tls: bool,
    /// User name sent, as the server gets it.
    pub username: Option<Text>,
    /// Password sent, as the server gets it (percent-decoded where the client does).
    pub password: Option<Text>,
    /// The client's own error text where the value is refused before connecting.
    pub error: Option<ClientError>,
    /// From the connection site to the definition.
    pub trace: Vec<Step>,
    /// Where the name leads.
    pub reach: Reach,
}

impl ClientCase {
    /// The place to point at when the client as a whole is meant: its host, its URL.
    #[must_use]
    pub fn address_span(&self) -> Option<Span> {
        self.host.as_ref().or(self.url.as_ref()).map(Text::span)
    }

    /// Whether a login failed because the URL has its password where the user name belongs (`redis://secret@host`).
    #[must_use]
    pub fn has_password_as_user(&self, outcome: &Outcome) -> bool {
        let alone = self.url.is_some() && self.password.as_ref().is_none_or(Text::is_empty);
        let named = self.username.as_ref().is_some_and(|user| !user.is_empty() && user.as_str() != "default");
        alone && named && outcome.fault().is_some()
    }
}

/// Why a client refuses its own settings.
#[derive(Debug, Clone)]
pub struct ClientError {
    /// The client's own text.
    pub message: String,
    /// The bytes at fault.
    pub span: Span,
}

/// Where a client's host name leads in its environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// To these servers (indexes into `Environment::servers`); more than one only for aliases.
    Servers(Vec<usize>),
    /// These servers have the name, but share no network with the client.
    SeparateNetworks(Vec<usize>),
    /// The client's own container, in which no Redis runs.
    OwnContainer,
    /// A name that nothing in the environment has; with the nearest one that exists.
    UnknownName {
        /// A server's name that is close or the only one there is.
        suggestion: Option<String>,
    },
    /// A host outside the repository's description.
    External,
    /// Could not be told.
    Undetermined,
}

/// A client and a server it talks to.
#[derive(Debug)]
pub struct Link {
    /// Index into `Environment::clients`.
    pub client: usize,
    /// Index into `Environment::servers`.
    pub server: usize,
    /// How it ends, by condition and version; never empty.
    pub outcomes: Vec<LinkCase>,
}

/// How a link ends in one case.
#[derive(Debug, Clone)]
pub struct LinkCase {
    /// All of these hold.
    pub when: Vec<Condition>,
    /// For these versions of the client's library.
    pub versions: VersionRange,
    /// Index into the client's `cases`.
    pub client_case: usize,
    /// Index into the server's `auth`.
    pub server_case: usize,
    /// The end.
    pub outcome: Outcome,
}

/// How far a connection gets before it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailStage {
    /// The server does not start.
    Start,
    /// The client refuses its settings.
    Parse,
    /// The host name is unknown.
    Resolve,
    /// Nothing listens.
    Connect,
    /// The TLS handshake.
    Tls,
    /// Authentication.
    Auth,
    /// Choosing the database.
    Select,
}

impl FailStage {
    /// The name in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Parse => "parse",
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Auth => "auth",
            Self::Select => "select",
        }
    }
}

/// The kind of an authentication failure or slip; what the rules of category auth go by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AuthFault {
    /// A password for a server that has none.
    UnexpectedPassword,
    /// No password for a server that wants one.
    MissingPassword,
    /// A password, but not the server's.
    WrongPassword,
    /// The user is not defined or switched off.
    UnknownUser,
}

/// How a connection ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Logged in as intended.
    Works,
    /// Works, though the client sends credentials: the server asks for none.
    WorksUnauthenticated {
        /// What slipped.
        fault: AuthFault,
    },
    /// Refused.
    Fails {
        /// How far it got.
        stage: FailStage,
        /// Redis's or the client's own text.
        error: String,
        /// For stage `Auth`.
        fault: Option<AuthFault>,
    },
    /// Waits for ever or until a timeout.
    Hangs {
        /// The client's own text, if it ever gives one.
        error: String,
    },
    /// Could not be told.
    Undetermined,
}

impl Outcome {
    /// What is wrong with the login.
    #[must_use]
    pub fn fault(&self) -> Option<AuthFault> {
        match self {
            Self::WorksUnauthenticated { fault } => Some(*fault),
            Self::Fails { fault, .. } => *fault,
            _ => None,
        }
    }
}

/// What a written-down password is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LiteralRole {
    /// A server's directive or argument.
    Server,
    /// A client's URL or keyword argument.
    Client,
    /// A variable or setting whose name says password and Redis.
    Setting,
}

/// A password written down.
#[derive(Debug, Clone)]
pub struct Literal {
    /// The password, pointing at its own bytes.
    pub value: Text,
    /// What it is for.
    pub role: LiteralRole,
    /// The variable, field or directive, such as `REDIS_URL`.
    pub setting: Option<String>,
    /// It is the default of a reference (`${X:-pw}`, `getenv("X", "pw")`).
    pub fallback: bool,
    /// The most serious stage of an environment that reads it; `Unlabelled` where none does.
    pub stage: Stage,
    /// Names of the environments that read it.
    pub environments: Vec<String>,
}
