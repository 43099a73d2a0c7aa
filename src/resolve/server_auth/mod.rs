//! Command line + redis.conf + ACL + image variables → the server and the authentication in force.
//!
//! A container (or a configuration file on a host) goes in, a [`Server`] comes out, with one authentication for every
//! alternative of the values it was given. Knows nothing of clients.

mod acl;
mod argv;
mod bitnami;
pub(in crate::resolve) mod build;
mod config;
mod describe;
mod directives;
pub(in crate::resolve) mod expand;
pub(in crate::resolve) mod files;
mod image_script;
mod peers;
mod ports;
mod script;
mod sentinel;
#[cfg(test)]
mod tests;
mod users;

use std::collections::{BTreeMap, BTreeSet};

use crate::facts::{ConfFile, Facts};
use crate::finding::Confidence;
use crate::model::{AuthCase, Directive, Distribution, Product, Server, User};
use crate::resolve::conditions::{always, both, combine};
use crate::resolve::evaluate::FoundClient;
use crate::resolve::healthcheck;
use crate::resolve::images::{self, Image, Recognised};
use crate::resolve::project::{Case, Container, Mount, Variables};
use crate::source::{Sources, Span};
use crate::symbol::{MAX_ALTERNATIVES, Step, Symbols};
use crate::text::Text;
use crate::tree::Index;
use argv::Run;
use build::Built;
use config::{Dialect, Settings};
use describe::{conf_mounts, describe, names, variables};
use expand::Shell;
use files::Files;

/// The server that a container runs; `None`: it runs none.
#[must_use]
pub fn server(
    container: &Container,
    facts: &Facts,
    index: &Index,
    sources: &mut Sources,
    symbols: &Symbols,
) -> Option<Server> {
    with_logins(container, facts, index, sources, symbols).map(|(server, _)| server)
}

/// The same with the logins of that server at others: at its master, or at those that it watches.
pub(in crate::resolve) fn with_logins(
    container: &Container,
    facts: &Facts,
    index: &Index,
    sources: &mut Sources,
    symbols: &Symbols,
) -> Option<(Server, Vec<FoundClient>)> {
    let (image, reference, known, built) = image(container, facts, index, symbols)?;
    let built = built.unwrap_or_default();
    let files = files(container, facts, index, &image, &built);
    let runs = runs(container, &image, known, &built, &files, sources, symbols);
    let serves = |run: &Case<Run>| matches!(run.value, Run::Server { .. } | Run::OwnScript(_));
    let others_only = runs.iter().all(|run| matches!(run.value, Run::Other));
    if others_only || (!known && !runs.iter().any(serves)) {
        return None;
    }

    let mut settled: Vec<Case<Settled>> = Vec::new();
    let mut auth = Vec::new();
    for state in files.states() {
        for case in runs.iter().flat_map(|case| settle(case, &image, container, &state.value, symbols)) {
            let Some(when) = both(&state.when, &case.when).filter(|_| auth.len() < MAX_ALTERNATIVES) else { continue };
            let case = Case { trace: [state.trace.as_slice(), &case.trace].concat(), when, ..case };
            auth.push(AuthCase {
                when: case.when.clone(),
                auth: users::auth(&case, &state.value, &image, container.span, symbols),
            });
            settled.push(case);
        }
    }
    let first = settled.first()?;
    let product = first.value.product;

    let mut loaded = first.value.settings.loaded.clone();
    loaded.extend(users::acl_path(&first.value.settings, &files));
    let untold = first.value.untold || first.value.settings.unread;
    let mut server = describe(first.value.settings.clone_directives(), product, untold, container.span);
    server.id.clone_from(&container.name);
    server.service = Some(container.name.clone());
    server.names = names(container);
    server.distribution = image.distribution;
    server.version = image.version;
    server.image = reference;
    server.auth = auth;
    server.variables = variables(container, &image, &runs);
    server.mounts = conf_mounts(&files, &loaded, untold);
    server.healthcheck = container.healthcheck.as_ref().and_then(|cases| {
        let span = container.healthcheck_span.unwrap_or(container.span);
        healthcheck::judge(cases, span, &container.environment, &server, symbols)
    });
    server.published.clone_from(&container.published);
    server.networks = container.networks.as_ref().map(|networks| networks.keys().cloned().collect());
    server.host_network = container.network_mode.as_ref().is_some_and(|mode| mode.value == "host");
    server.command = container.command_span;
    server.confidence = if image.distribution == Distribution::Unknown { Confidence::Medium } else { Confidence::High };
    Some((server, peers::of(&settled)))
}

/// Whether a word is the name of a server's program.
#[must_use]
pub fn is_server_program(word: &str) -> bool {
    argv::product(word).is_some()
}

/// The server that a configuration file describes which no container loads.
#[must_use]
pub fn host_server(conf: &ConfFile, facts: &Facts, index: &Index, symbols: &Symbols) -> Option<Server> {
    let name = conf.path.rsplit('/').next().unwrap_or(&conf.path);
    let first = conf.lines.first()?;
    let says_user = conf.lines.iter().all(|line| line.name.value.eq_ignore_ascii_case("user"));
    if name.ends_with(".acl") || says_user {
        return None;
    }
    let sentinel = conf.lines.iter().any(|line| line.name.value.eq_ignore_ascii_case("sentinel"));
    let product = match name {
        _ if sentinel => Product::Sentinel,
        _ if name.contains("valkey") => Product::Valkey,
        _ if name.contains("keydb") => Product::Keydb,
        _ => Product::Redis,
    };
    let image = images::host(product);
    let folder = conf.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let files =
        Files { facts, index, mounts: Vec::new(), directory: format!("/{folder}"), image_known: false, own: None };
    let mut settings = Settings::default();
    config::host_file(conf, &files, Dialect { product, version: image.version }, &mut settings);
    settings.loaded.push(conf.path.clone());
    let start = Span { end: first.span.start, ..first.span };
    let case = Case { when: Vec::new(), value: Settled { settings, product, untold: false }, trace: Vec::new() };
    let auth = users::auth(&case, &files, &image, start, symbols);
    let mut server = describe(case.value.settings.clone_directives(), product, case.value.settings.unread, start);
    server.id.clone_from(&conf.path);
    server.names = vec!["localhost".to_owned()];
    server.distribution = image.distribution;
    server.auth = vec![AuthCase { when: Vec::new(), auth }];
    server.confidence = Confidence::Medium;
    Some(server)
}

/// Whether a user may call a command, by the `user` line it comes from; `None`: could not be told.
#[must_use]
pub fn permits(user: &User, server: &Server, command: &str) -> Option<bool> {
    let Some(span) = user.span else { return Some(true) };
    let line = server.directives.iter().find(|line| line.name.span == span)?;
    let from_7 = Dialect { product: server.product, version: server.version }.is_from_7();
    if line.name.value == "user" { acl::permits(line.arguments.get(1..)?, command, from_7) } else { Some(true) }
}

/// One way the server may have been configured.
pub(in crate::resolve::server_auth) struct Settled {
    pub settings: Settings,
    pub product: Product,
    /// The program that runs could not be told.
    pub untold: bool,
}

impl Settings {
    /// The directives with the places that make earlier ones dead.
    fn clone_directives(&self) -> Vec<Directive> {
        let mut directives = self.directives.clone();
        let later = |at: usize, name: &str| {
            self.directives[at + 1..].iter().find(|one| one.name.value == name).map(|one| one.name.span)
        };
        let acl = self.directives.iter().find(|one| {
            one.name.value == "aclfile" && one.arguments.first().is_some_and(|path| !path.is_empty())
                || one.name.value == "user" && one.arguments.first().is_some_and(|name| name.as_str() == "default")
        });
        for (at, directive) in directives.iter_mut().enumerate() {
            // These may stand any number of times.
            if matches!(
                directive.name.value.as_str(),
                "user"
                    | "rename-command"
                    | "loadmodule"
                    | "save"
                    | "client-output-buffer-limit"
                    | "sentinel"
                    | "oom-score-adj-values"
            ) {
                continue;
            }
            directive.overridden_by = later(at, &directive.name.value);
            if directive.name.value == "requirepass" && directive.overridden_by.is_none() {
                directive.overridden_by = acl.map(|acl| acl.name.span);
            }
        }
        directives
    }
}

/// The image, its reference, whether it is in the table, and what a Dockerfile adds; `None`: certainly no server.
fn image(
    container: &Container,
    facts: &Facts,
    index: &Index,
    symbols: &Symbols,
) -> Option<(Image, Option<Text>, bool, Option<Built>)> {
    let named = container.image.as_ref().and_then(|image| image.alternatives.iter().find_map(|one| one.value.clone()));
    let built = container.build.as_ref().and_then(|build| build::read(build, facts, index, symbols));
    // With `build`, `image` only names the result.
    let base = match (&container.build, &built) {
        (Some(_), Some(built)) => built.base.clone(),
        (Some(_), None) => None,
        (None, _) => named.clone(),
    };
    match base.as_ref().map(|base| images::recognise(base.as_str())) {
        Some(Recognised::Server(image)) => Some((image, named.or(base), true, built)),
        Some(Recognised::Lookalike) => None,
        Some(Recognised::Unknown) | None => Some((images::unknown(Product::Redis), named, false, built)),
    }
}

fn files<'a>(container: &Container, facts: &'a Facts, index: &'a Index, image: &Image, built: &Built) -> Files<'a> {
    let mounts: Vec<Mount> = container.mounts.iter().cloned().chain(built.copies.iter().rev().cloned()).collect();
    let directory = match (&container.working_dir, &built.directory) {
        (Some(directory), _) => directory.as_str().to_owned(),
        (None, Some(directory)) if directory.starts_with('/') => directory.clone(),
        _ => image.traits.directory.to_owned(),
    };
    let image_known = image.distribution != Distribution::Unknown && !built.runs;
    Files { facts, index, mounts, directory, image_known, own: image.traits.own_conf }
}

/// Everything the container may run, in the order of its alternatives.
fn runs(
    container: &Container,
    image: &Image,
    known: bool,
    built: &Built,
    files: &Files<'_>,
    sources: &Sources,
    symbols: &Symbols,
) -> Vec<Case<Run>> {
    let anchor = container.image.as_ref().and_then(|image| image.alternatives.first()?.value.as_ref().map(Text::span));
    let anchor = anchor.unwrap_or(container.span);
    let own_command = match &built.command {
        Some(command) => command.clone(),
        // Nobody knows what an image outside the table runs by itself.
        None if !known || image.distribution == Distribution::Unknown => Vec::new(),
        None => image.traits.command.iter().map(|word| Text::mapped(word, anchor)).collect(),
    };
    let scripted_entry = known && container.entrypoint.is_none() && built.entrypoint.is_none();
    let joined = match (&container.entrypoint, &container.command) {
        (Some(entry), Some(command)) => combine(entry, command, |entry, command| [entry.as_slice(), command].concat()),
        (Some(entry), None) => Some(entry.clone()),
        (None, command) => {
            let entry = always(built.entrypoint.clone().unwrap_or_default());
            let command = command.clone().unwrap_or_else(|| always(own_command));
            combine(&entry, &command, |entry, command| [entry.as_slice(), command].concat())
        }
    };
    let file_name = |path: &str| match files.mount(&files.absolute(path)) {
        Some((_, Some(source))) => source,
        _ => path.to_owned(),
    };
    let shell = Shell {
        environment: &container.environment,
        symbols,
        sources,
        file_name: &file_name,
        set: BTreeMap::new(),
        exported: BTreeSet::new(),
        arguments: Vec::new(),
        strict: false,
    };
    let Some(joined) = joined else { return always(Run::Unknown) };
    let mut all = Vec::new();
    for case in joined {
        for run in argv::run(&case.value, scripted_entry, image, &shell) {
            let Some(when) = both(&case.when, &run.when) else { continue };
            let trace = case.trace.iter().chain(&run.trace).cloned().collect();
            all.push(Case { when, value: run.value, trace });
        }
    }
    all
}

fn settle(
    run: &Case<Run>,
    image: &Image,
    container: &Container,
    files: &Files<'_>,
    symbols: &Symbols,
) -> Vec<Case<Settled>> {
    let wrap = |settings: Settings, product, untold| Case {
        when: run.when.clone(),
        value: Settled { settings, product, untold },
        trace: run.trace.clone(),
    };
    let dialect = |product| Dialect { product, version: image.version };
    match &run.value {
        Run::Server { product, arguments, scripted, input } => {
            let extra = match (image.distribution, image.traits.extra_arguments, &container.entrypoint) {
                // Valkey's entrypoint appends the variable's words to any command.
                (Distribution::Official, Some(name), None) => {
                    image_script::words_of(name, &container.environment, symbols)
                }
                _ => always(Some(Vec::new())),
            };
            // `redis-server` is another name of `valkey-server` in its image.
            let program = if *product == Product::Redis { image.product } else { *product };
            let mut all = Vec::new();
            for more in extra {
                let Some(when) = both(&run.when, &more.when) else { continue };
                let mut settings = Settings::default();
                match more.value {
                    Some(more) => {
                        let argv = [arguments.as_slice(), &more].concat();
                        if *product == Product::Dragonfly {
                            image_script::dragonfly(&argv, &container.environment, &mut settings);
                        } else {
                            config::arguments(&argv, scripted.as_ref(), input, files, dialect(program), &mut settings);
                        }
                    }
                    None => settings.unread = true,
                }
                let sentinel = arguments.iter().any(|word| word.as_str() == "--sentinel");
                let product = if sentinel { Product::Sentinel } else { program };
                let trace = run.trace.iter().chain(&more.trace).cloned().collect();
                all.push(Case { when, value: Settled { settings, product, untold: false }, trace });
            }
            all
        }
        Run::OwnScript(extra) => image_script::configured(extra, image, container, files, symbols)
            .into_iter()
            .filter_map(|case| {
                let when = both(&run.when, &case.when)?;
                let trace = run.trace.iter().chain(&case.trace).cloned().collect();
                Some(Case {
                    when,
                    value: Settled { settings: case.value, product: image.product, untold: false },
                    trace,
                })
            })
            .collect(),
        Run::Broken { error, span } => {
            let settings = Settings { fatal: Some((error.clone(), *span)), ..Settings::default() };
            vec![wrap(settings, image.product, false)]
        }
        Run::Other | Run::Unknown => {
            let settings = Settings { unread: true, ..Settings::default() };
            vec![wrap(settings, image.product, true)]
        }
    }
}

/// The first step of a trace: where a variable is set.
fn set_here(name: &str, span: Span) -> Step {
    Step { span, label: format!("{name} is set here") }
}

/// A variable of the container with its alternatives; `None`: it could not be told.
fn lookup(name: &str, environment: &Variables) -> Option<Vec<Case<Option<Text>>>> {
    use crate::resolve::project::Lookup;
    match environment.get(name) {
        Lookup::Absent => Some(always(None)),
        Lookup::Unknown(_) => None,
        Lookup::Found(variable) => {
            let mut found = crate::resolve::conditions::cases(&variable.value);
            for case in &mut found {
                case.trace.insert(0, set_here(name, variable.name_span));
            }
            Some(found)
        }
    }
}
