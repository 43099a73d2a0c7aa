//! One service as one file (or a stack of files) has it, interpolated and with its paths resolved; and how a later
//! layer goes over an earlier one.

use std::collections::HashMap;

use crate::facts::compose::{Attribute, Keys, Tag};
use crate::model::Published;
use crate::resolve::project::{Case, Mount, Variable};
use crate::source::{Span, Spanned};
use crate::symbol::{Condition, Resolved, Step};
use crate::text::Text;

use super::ports;

/// An attribute of a layer.
#[derive(Clone, Debug)]
pub struct Slot<T> {
    /// What is below is dropped.
    pub resets: bool,
    /// `None`: the layer has no such value.
    pub value: Option<T>,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self { resets: false, value: None }
    }
}

impl<T> Slot<T> {
    /// The attribute as read by `read`.
    pub fn new<W>(attribute: Option<&Attribute<W>>, read: impl FnOnce(&W, Span) -> Option<T>) -> Self {
        let Some(attribute) = attribute else { return Self::default() };
        let value = attribute.value.as_ref().and_then(|value| read(value, attribute.span));
        Self { resets: attribute.tag != Tag::None, value }
    }

    /// The attribute, which replaces what is below even where it is null.
    #[must_use]
    pub fn replacing(mut self, present: bool) -> Self {
        self.resets |= present;
        self
    }

    fn over(self, base: Self, join: impl FnOnce(T, T) -> T) -> Self {
        let resets = self.resets || base.resets;
        let base = if self.resets { None } else { base.value };
        let value = match (base, self.value) {
            (Some(base), Some(own)) => Some(join(base, own)),
            (base, own) => own.or(base),
        };
        Self { resets, value }
    }

    fn instead_of(self, base: Self) -> Self {
        self.over(base, |_, own| own)
    }
}

/// A command in every form it may take.
#[derive(Clone, Debug)]
pub struct Command {
    /// Where it is written.
    pub span: Span,
    /// Its words, by condition.
    pub cases: Vec<Case<Vec<Text>>>,
}

/// An entry of `env_file`.
#[derive(Clone, Debug)]
pub struct EnvFile {
    /// The entry's text.
    pub span: Span,
    /// Relative to the root; `None`: outside, or not known.
    pub path: Option<String>,
    /// Compose refuses to start without it.
    pub required: bool,
    /// `format: raw`.
    pub raw: bool,
    /// When it is this path.
    pub when: Vec<Condition>,
    /// When it is another one.
    pub otherwise: Vec<Vec<Condition>>,
}

/// Where a build's files are.
#[derive(Clone, Debug)]
pub enum Context {
    /// A folder, relative to the root.
    Folder(String),
    /// Remote, or outside the root.
    Elsewhere,
}

/// `build`.
#[derive(Clone, Debug)]
pub struct Build {
    /// `context`.
    pub context: Option<Context>,
    /// As written.
    pub dockerfile: Option<String>,
    /// `dockerfile_inline` is there.
    pub inline: bool,
    /// `args` is there: they beat the defaults in the Dockerfile.
    pub arguments: bool,
    /// `target`.
    pub target: Option<String>,
    /// The place of the context, or of `build`.
    pub span: Span,
    /// The folder that a missing context means.
    pub directory: String,
}

/// A service's use of a top-level config or secret.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The entry.
    pub span: Span,
    /// The top-level name.
    pub source: String,
    /// Where it lies in the container.
    pub target: String,
}

/// A service's place in a network.
#[derive(Clone, Debug)]
pub struct Joined {
    /// The network.
    pub name: Spanned<String>,
    /// How the entry merges; `Reset`: the service leaves the network.
    pub tag: Tag,
    /// The names there.
    pub aliases: Vec<String>,
    /// Its fixed addresses there.
    pub addresses: Vec<String>,
    /// These take the place of all names below.
    pub replaces: bool,
    /// How these came to be.
    pub trace: Vec<Step>,
}

/// A service in a layer.
#[derive(Clone, Debug)]
pub struct Layer {
    /// Its name, where it stands first.
    pub name: Spanned<String>,
    /// The service as a whole replaces (or, with `dropped`, removes) what is below.
    pub resets: bool,
    /// `!reset` on the service.
    pub dropped: bool,
    /// Its attributes; those that are null in the lowest file that has them are refused.
    pub keys: Keys,
    /// The service and file that it extends; those that were not found stay.
    pub extends: Slot<(Text, Option<Text>)>,
    /// `image`.
    pub image: Slot<Resolved>,
    /// `build`.
    pub build: Slot<Build>,
    /// `command`.
    pub command: Slot<Command>,
    /// `entrypoint`.
    pub entrypoint: Slot<Command>,
    /// `environment`.
    pub environment: Slot<Vec<(String, Variable)>>,
    /// Names below that `NAME: !reset` takes away.
    pub unset: Vec<String>,
    /// `env_file`.
    pub env_files: Slot<Vec<EnvFile>>,
    /// `ports`.
    pub ports: Slot<Vec<Published>>,
    /// `expose`.
    pub expose: Slot<Vec<u16>>,
    /// `networks` with aliases.
    pub networks: Slot<Vec<Joined>>,
    /// `network_mode`.
    pub network_mode: Slot<(Spanned<String>, Vec<Step>)>,
    /// `container_name`.
    pub container_name: Slot<Spanned<String>>,
    /// `extra_hosts`, the names.
    pub extra_hosts: Slot<Vec<String>>,
    /// `links`: service and alias.
    pub links: Slot<Vec<Spanned<(String, String)>>>,
    /// `depends_on`.
    pub depends_on: Slot<Vec<Spanned<String>>>,
    /// `volumes`.
    pub mounts: Slot<Vec<Mount>>,
    /// `tmpfs`.
    pub tmpfs: Slot<Vec<Mount>>,
    /// `volumes_from`: the other services.
    pub volumes_from: Slot<Vec<Spanned<String>>>,
    /// Where entries may be missing, because a template stands among them.
    pub partial: Option<Span>,
    /// `configs`.
    pub configs: Slot<Vec<Grant>>,
    /// `secrets`.
    pub secrets: Slot<Vec<Grant>>,
    /// `healthcheck` as a whole is reset.
    pub healthcheck_resets: bool,
    /// `healthcheck.test`.
    pub test: Slot<Command>,
    /// `healthcheck.disable`.
    pub disable: Slot<bool>,
    /// `working_dir`.
    pub working_dir: Slot<Text>,
    /// `profiles`.
    pub profiles: Slot<Vec<String>>,
}

impl Layer {
    /// This layer on top of `base`.
    #[must_use]
    pub fn over(self, base: Layer) -> Layer {
        if self.resets {
            return self;
        }
        let (mut test, mut disable) = (base.test, base.disable);
        if self.healthcheck_resets {
            (test, disable) = (Slot::default(), Slot::default());
        }
        let mut environment = base.environment;
        if let Some(variables) = &mut environment.value {
            variables.retain(|(name, _)| !self.unset.contains(name));
        }
        Layer {
            name: base.name,
            keys: under(self.keys, base.keys),
            resets: base.resets,
            dropped: false,
            extends: self.extends.instead_of(base.extends),
            image: self.image.instead_of(base.image),
            build: self.build.over(base.build, over_build),
            command: self.command.instead_of(base.command),
            entrypoint: self.entrypoint.instead_of(base.entrypoint),
            environment: self.environment.over(environment, unique_names),
            unset: self.unset.into_iter().chain(base.unset).collect(),
            env_files: self.env_files.over(base.env_files, |base, own| unique(base, own, same_file)),
            ports: self.ports.over(base.ports, |base, own| unique(base, own, ports::same)),
            expose: self.expose.over(base.expose, |base, own| unique(base, own, |a, b| a == b)),
            networks: self.networks.over(base.networks, over_networks),
            network_mode: self.network_mode.instead_of(base.network_mode),
            container_name: self.container_name.instead_of(base.container_name),
            extra_hosts: self.extra_hosts.over(base.extra_hosts, |base, own| unique(base, own, |a, b| a == b)),
            links: self.links.over(base.links, |base, own| unique(base, own, |a, b| a.value == b.value)),
            depends_on: self.depends_on.over(base.depends_on, |base, own| unique(base, own, |a, b| a.value == b.value)),
            mounts: self.mounts.over(base.mounts, |base, own| unique(base, own, |a, b| a.target == b.target)),
            tmpfs: self.tmpfs.over(base.tmpfs, |base, own| unique(base, own, |a, b| a.target == b.target)),
            volumes_from: self
                .volumes_from
                .over(base.volumes_from, |base, own| unique(base, own, |a, b| a.value == b.value)),
            partial: self.partial.or(base.partial),
            configs: self.configs.over(base.configs, |base, own| unique(base, own, |a, b| a.target == b.target)),
            secrets: self.secrets.over(base.secrets, |base, own| unique(base, own, |a, b| a.target == b.target)),
            healthcheck_resets: self.healthcheck_resets || base.healthcheck_resets,
            test: self.test.instead_of(test),
            disable: self.disable.instead_of(disable),
            working_dir: self.working_dir.instead_of(base.working_dir),
            profiles: self.profiles.over(base.profiles, |base, own| unique(base, own, |a, b| a == b)),
        }
    }
}

/// Both mappings' keys; compose looks for nulls in each file when it is merged, and a null takes nothing away.
pub fn under(mut own: Keys, base: Keys) -> Keys {
    own.extend(base);
    own
}

/// Both lists; of entries that are the same, the last one stands at the place of the first.
pub fn unique<T>(base: Vec<T>, own: Vec<T>, same: impl Fn(&T, &T) -> bool) -> Vec<T> {
    let mut all: Vec<T> = Vec::with_capacity(base.len() + own.len());
    for entry in base.into_iter().chain(own) {
        match all.iter_mut().find(|earlier| same(earlier, &entry)) {
            Some(earlier) => *earlier = entry,
            None => all.push(entry),
        }
    }
    all
}

/// Variables: of those of one name, the last stands at the place of the first. There may be many.
pub fn unique_names<T>(base: Vec<(String, T)>, own: Vec<(String, T)>) -> Vec<(String, T)> {
    let mut all: Vec<(String, T)> = Vec::with_capacity(base.len() + own.len());
    let mut places: HashMap<String, usize> = HashMap::new();
    for entry in base.into_iter().chain(own) {
        if let Some(&at) = places.get(&entry.0) {
            all[at] = entry;
        } else {
            places.insert(entry.0.clone(), all.len());
            all.push(entry);
        }
    }
    all
}

fn same_file(left: &EnvFile, right: &EnvFile) -> bool {
    left.path.is_some() && left.path == right.path
}

fn over_build(base: Build, own: Build) -> Build {
    Build {
        span: if own.context.is_some() { own.span } else { base.span },
        directory: if own.context.is_some() { own.directory } else { base.directory },
        context: own.context.or(base.context),
        dockerfile: own.dockerfile.or(base.dockerfile),
        inline: own.inline || base.inline,
        arguments: own.arguments || base.arguments,
        target: own.target.or(base.target),
    }
}

fn over_networks(base: Vec<Joined>, own: Vec<Joined>) -> Vec<Joined> {
    let mut all = base;
    for entry in own {
        match all.iter().position(|earlier| earlier.name.value == entry.name.value) {
            Some(at) if entry.tag == Tag::Reset => {
                all.remove(at);
            }
            Some(at) if entry.tag == Tag::Override => all[at] = entry,
            Some(at) if entry.replaces => all[at] = entry,
            Some(at) => {
                all[at].trace.extend(entry.trace);
                if !entry.addresses.is_empty() {
                    all[at].addresses = entry.addresses;
                }
                all[at].aliases = unique(std::mem::take(&mut all[at].aliases), entry.aliases, |a, b| a == b);
            }
            None => all.push(entry),
        }
    }
    all
}
