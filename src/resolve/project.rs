//! A set of containers that run together, fully resolved: what compose (later: Kubernetes, CI) says, in one shape.
//!
//! `resolve/compose` makes it; `server_auth`, `network` and the client side read it.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::Confidence;
use crate::model::{ClusterView, EnvironmentKind, Given, MissingFile, Published, Service, Stage};
use crate::resolve::trace;
use crate::source::{FileId, Span, Spanned};
use crate::symbol::{Condition, Resolved, Step};
use crate::text::Text;

/// A value under conditions.
#[derive(Clone, Debug)]
pub struct Case<T> {
    /// All of these hold.
    pub when: Vec<Condition>,
    /// The value then.
    pub value: T,
    /// How it came to be: one step a reference that was followed.
    pub trace: Vec<Step>,
}

/// What runs together.
#[derive(Debug)]
pub struct Project {
    /// Unique among the environments.
    pub name: String,
    /// What runs it.
    pub kind: EnvironmentKind,
    /// How serious it is.
    pub stage: Stage,
    /// The files, later wins.
    pub files: Vec<FileId>,
    /// Why these run together.
    pub evidence: String,
    /// Where the repository says so, if it does in so many words.
    pub evidence_at: Option<Span>,
    /// How sure that is.
    pub confidence: Confidence,
    /// What compose is given; empty elsewhere.
    pub given: Given,
    /// Folder (relative to the root, no trailing slash, "" for the root) that relative paths start from.
    pub directory: String,
    /// The containers, in the order of the files.
    pub containers: Vec<Container>,
    /// Top-level networks with their `internal` flag.
    pub networks: BTreeMap<String, bool>,
    /// What only Kubernetes has; `None` elsewhere.
    pub cluster: Option<Cluster>,
    /// Networks that exist outside the project (`external: true`): containers of others may have names there.
    pub external_networks: BTreeSet<String>,
    /// Files that a container needs and that the repository certainly does not have.
    pub missing: Vec<MissingFile>,
}

impl Project {
    /// What the files say of the containers, as their own tools show it.
    #[must_use]
    pub fn services(&self) -> Vec<Service> {
        self.containers.iter().map(Container::to_service).collect()
    }

    /// Whether a container has no way out: all its networks are `internal`, where published ports lead nowhere.
    #[must_use]
    pub fn is_shut_off(&self, container: &Container) -> bool {
        let networks = container.networks.iter().flat_map(BTreeMap::keys);
        let mut internal = networks.map(|name| self.networks.get(name) == Some(&true)).peekable();
        internal.peek().is_some() && internal.all(|internal| internal)
    }
}

/// How the containers of Kubernetes find each other.
#[derive(Debug, Default)]
pub struct Cluster {
    /// The pod of each container, in the order of the project's containers.
    pub pods: Vec<Pod>,
    /// Its Services.
    pub services: Vec<ClusterService>,
    /// Services of manifests beside these, which may run in the same cluster: namespace ("" where left open), and name.
    pub elsewhere: BTreeSet<(String, String)>,
    /// Some of its objects lie outside the repository.
    pub partial: bool,
    /// What is to be said of the objects themselves.
    pub view: ClusterView,
}

/// The pod that a container belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pod {
    /// The workload's name.
    pub name: String,
    /// Its namespace; "" where the manifests leave it to whoever applies them.
    pub namespace: String,
}

/// A Kubernetes Service.
#[derive(Debug)]
pub struct ClusterService {
    /// Its name.
    pub name: Spanned<String>,
    /// Its namespace.
    pub namespace: String,
    /// Names resolve to the pods themselves, and ports are not mapped.
    pub headless: bool,
    /// The pods are chosen by something that is not written here, or it stands for a host outside.
    pub outside: bool,
    /// Port → port of the container; `None`: a name that no container has.
    pub ports: Vec<(u16, Option<u16>)>,
    /// Indexes of the containers behind it.
    pub containers: Vec<usize>,
}

/// One container (service, pod container, job service).
#[derive(Debug)]
pub struct Container {
    /// The service's name.
    pub name: String,
    /// Where the name stands first.
    pub span: Span,
    /// The image reference.
    pub image: Option<Resolved>,
    /// Where the image is built, if it is.
    pub build: Option<Build>,
    /// `None`: the image's own. More than one case where a variable decides.
    pub entrypoint: Option<Vec<Case<Vec<Text>>>>,
    /// `None`: the image's own.
    pub command: Option<Vec<Case<Vec<Text>>>>,
    /// The `entrypoint:` value's place.
    pub entrypoint_span: Option<Span>,
    /// The `command:` value's place (or the entrypoint's, where only that is given).
    pub command_span: Option<Span>,
    /// What the processes in it find in their environment.
    pub environment: Variables,
    /// Bind mounts, configs and secrets that are files of the repository, and named volumes.
    pub mounts: Vec<Mount>,
    /// Published ports.
    pub published: Vec<Published>,
    /// `expose`d ports.
    pub expose: Vec<u16>,
    /// Networks joined, with the aliases there; `None` with `network_mode`.
    pub networks: Option<BTreeMap<String, Vec<String>>>,
    /// `network_mode` as resolved: `host`, `service:x`, …
    pub network_mode: Option<Spanned<String>>,
    /// Further names: `container_name`, `links` of others pointing here are on the others' side.
    pub container_name: Option<Spanned<String>>,
    /// Host names that `extra_hosts` and `external_links` add.
    pub extra_hosts: Vec<String>,
    /// `links: [redis:cache]` → (service, alias).
    pub links: Vec<(String, String)>,
    /// `depends_on`, in order.
    pub depends_on: Vec<Spanned<String>>,
    /// The health check's `test` in its own form: `["CMD", …]` or `["CMD-SHELL", line]`; `None`: none or disabled.
    pub healthcheck: Option<Vec<Case<Vec<Text>>>>,
    /// The place of `healthcheck.test`.
    pub healthcheck_span: Option<Span>,
    /// `working_dir`.
    pub working_dir: Option<Text>,
    /// How its network mode and its place in each network came to be, by `network_mode` or `networks.NAME`.
    pub network_traces: BTreeMap<String, Vec<Step>>,
    /// Profiles that switch it on; empty: always on.
    pub profiles: Vec<String>,
    /// Variables of its own environment that were filled into its command before it starts (`$(NAME)` in a pod).
    pub expanded: BTreeSet<String>,
}

impl Container {
    /// A container of that name of which nothing else is said.
    #[must_use]
    pub fn named(name: &str, span: Span) -> Self {
        Self {
            name: name.to_owned(),
            span,
            image: None,
            build: None,
            entrypoint: None,
            entrypoint_span: None,
            command: None,
            command_span: None,
            environment: Variables::default(),
            mounts: Vec::new(),
            published: Vec::new(),
            expose: Vec::new(),
            networks: None,
            network_mode: None,
            container_name: None,
            extra_hosts: Vec::new(),
            links: Vec::new(),
            depends_on: Vec::new(),
            healthcheck: None,
            healthcheck_span: None,
            working_dir: None,
            network_traces: BTreeMap::new(),
            profiles: Vec::new(),
            expanded: BTreeSet::new(),
        }
    }

    /// The shapes of `docker compose config`, as a fresh clone would get them.
    #[must_use]
    pub fn to_service(&self) -> Service {
        let first = |resolved: &Resolved| resolved.alternatives.first().and_then(|first| first.value.clone());
        let words = |cases: &Option<Vec<Case<Vec<Text>>>>| cases.as_ref()?.first().map(|case| case.value.clone());
        // A name alone in an env file that the shell does not set is not there; in `environment` it is null.
        let is_there =
            |variable: &Variable| variable.taken_in == variable.name_span || first(&variable.value).is_some();
        let variables = self.environment.map.iter().filter(|(_, variable)| is_there(variable));
        Service {
            name: self.name.clone(),
            span: self.span,
            image: self.image.as_ref().and_then(first),
            environment: variables.map(|(name, variable)| (name.clone(), first(&variable.value))).collect(),
            command: words(&self.command),
            entrypoint: words(&self.entrypoint),
            ports: self.published.clone(),
            networks: self.networks.clone(),
            network_mode: self.network_mode.as_ref().map(|mode| mode.value.clone()),
            healthcheck: words(&self.healthcheck),
            depends_on: self.depends_on.clone(),
            traces: self.traces(),
        }
    }

    /// How each value of [`Self::to_service`] came to be.
    fn traces(&self) -> BTreeMap<String, Vec<Step>> {
        let mut traces = self.network_traces.clone();
        let by_itself = || vec![Step { span: self.span, label: "no other network is written here".to_owned() }];
        for network in self.networks.iter().flat_map(BTreeMap::keys) {
            traces.entry(format!("networks.{network}")).or_insert_with(by_itself);
        }
        if let Some(mode) = &self.network_mode {
            let written = Step { span: mode.span, label: "it is written here".to_owned() };
            traces.entry("network_mode".to_owned()).or_insert_with(|| vec![written]);
        }
        let variables = self.environment.map.iter().map(|(name, variable)| {
            let set = Step { span: variable.taken_in, label: format!("`{name}` is taken in here") };
            (format!("environment.{name}"), of_resolved(set, &variable.value))
        });
        traces.extend(variables);
        if let Some(image) = &self.image
            && let Some(text) = image.alternatives.first().and_then(|first| first.value.as_ref())
        {
            let written = Step { span: text.anchor(), label: "`image` is written here".to_owned() };
            traces.insert("image".to_owned(), of_resolved(written, image));
        }
        let lines = [
            ("command", &self.command, self.command_span),
            ("entrypoint", &self.entrypoint, self.entrypoint_span),
            ("healthcheck.test", &self.healthcheck, self.healthcheck_span),
        ];
        for (name, cases, span) in lines {
            let Some(case) = cases.as_ref().and_then(|cases| cases.first()) else { continue };
            let written = span.map(|span| Step { span, label: format!("`{name}` is written here") });
            let steps = written.into_iter().chain(case.trace.iter().cloned()).collect();
            traces.insert(name.to_owned(), trace::complete(steps, &case.value));
        }
        traces.extend(self.published.iter().enumerate().map(|(at, port)| {
            let parts = port.host_ip.iter().chain(&port.host_port);
            (format!("ports.{at}"), trace::complete(port.trace.clone(), parts))
        }));
        traces
    }
}

/// A first step, and those of the value that a fresh clone gets.
fn of_resolved(step: Step, value: &Resolved) -> Vec<Step> {
    let first = value.alternatives.first();
    let steps = std::iter::once(step).chain(first.into_iter().flat_map(|first| first.trace.iter().cloned())).collect();
    trace::complete(steps, first.and_then(|first| first.value.as_ref()))
}

/// Where an image is built.
#[derive(Debug, Clone)]
pub struct Build {
    /// Context folder relative to the root, normalised; `None`: outside the root or remote.
    pub context: Option<String>,
    /// Dockerfile relative to the root; `None`: inline or outside.
    pub dockerfile: Option<String>,
    /// `target`.
    pub target: Option<String>,
    /// Build arguments are given: they beat the defaults in the Dockerfile.
    pub arguments: bool,
    /// The place of the context (or of `build`).
    pub span: Span,
}

/// The environment of a container's processes.
#[derive(Debug, Default, Clone)]
pub struct Variables {
    /// Known names.
    pub map: BTreeMap<String, Variable>,
    /// Some source could not be read (a missing env file, `envFrom` of something outside): names that are not in `map`
    /// are then unknown, not absent. The place of that source.
    pub incomplete: Option<Span>,
}

/// One variable.
#[derive(Debug, Clone)]
pub struct Variable {
    /// Where its name is set (in the compose file or the env file).
    pub name_span: Span,
    /// Where the container takes it in: the `env_file` entry, else the name itself.
    pub taken_in: Span,
    /// Its value; an alternative without value is "not set".
    pub value: Resolved,
}

/// A file or folder seen inside the container.
#[derive(Debug, Clone)]
pub struct Mount {
    /// The entry's text.
    pub span: Span,
    /// Source relative to the root, normalised; `None`: a named volume, or outside the root.
    pub source: Option<String>,
    /// The named volume, where it is one.
    pub volume: Option<String>,
    /// The path inside the container.
    pub target: String,
    /// Inline content (`configs.content`), already interpolated.
    pub content: Option<Text>,
    /// The same in every state of its variables, the fresh clone's first; empty where there is one only.
    pub contents: Vec<Case<Text>>,
    /// Whether the source exists in the repository: `None` where it could be ignored or made later.
    pub exists: Option<bool>,
}

/// What code finds when it reads a variable.
#[derive(Debug, Clone)]
pub enum Lookup {
    /// Not set, and nothing unread could set it.
    Absent,
    /// Could not be told.
    Unknown(Span),
    /// Set, at least in some alternatives.
    Found(Variable),
}

impl Variables {
    /// Looks a name up.
    #[must_use]
    pub fn get(&self, name: &str) -> Lookup {
        match (self.map.get(name), self.incomplete) {
            (Some(variable), _) => Lookup::Found(variable.clone()),
            (None, Some(span)) => Lookup::Unknown(span),
            (None, None) => Lookup::Absent,
        }
    }
}
