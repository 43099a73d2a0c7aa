//! The arguments of one `docker run` → a container.
//!
//! <https://docs.docker.com/reference/cli/docker/container/run/>. A path is looked for beside the script and above it, as a
//! script does not say where it is started from.

use std::collections::BTreeMap;

use crate::facts::launch::{ContainerRun, Launcher};
use crate::model::Published;
use crate::resolve::compose::ports;
use crate::resolve::project::{Case, Container, Mount, Variable, Variables};
use crate::resolve::without_code::{last_name, repository};
use crate::source::{Span, Spanned};
use crate::symbol::{Alternative, Resolved, Symbol, Symbols, is_symbol};
use crate::syntax::docker_run::DockerRun;
use crate::syntax::dotenv::{self, Dialect};
use crate::text::Text;

use super::Reader;
use super::words::Shell;

/// The network of containers that join none: names resolve there only by links.
const BRIDGE: &str = "bridge";

/// A container in every state of the script's variables.
struct Started {
    /// The flags and the image, in each state.
    cases: Vec<Case<DockerRun>>,
    /// The words behind the image, in each state.
    commands: Vec<Case<Vec<Text>>>,
    /// Where the command stands.
    span: Span,
    /// Where each of its words stands.
    words: Vec<Span>,
}

/// The container of a command, without a name of its own yet where it gives none; `None`: no image can be told.
pub(super) fn read(
    reader: &Reader<'_>,
    launcher: &Launcher,
    shell: &Shell<'_>,
    run: &ContainerRun,
) -> Option<Container> {
    let started = started(shell, run, reader.symbols);
    let first = &started.cases.first()?.value;
    let image = first.rest.first()?;
    let name = first.last("name").filter(|name| Symbols::is_known(name));
    let mut container = match name {
        Some(name) => Container::named(name.as_str(), started.place(name)),
        None => Container::named(&name_of(image), started.place(image)),
    };
    container.container_name = name.map(|name| Spanned::new(name.as_str().to_owned(), name.span()));
    container.image = Some(started.values(|run| run.rest.first().cloned()));
    container.command = started.commands.iter().any(|case| !case.value.is_empty()).then(|| started.commands.clone());
    let words = started.commands.first().map(|case| case.value.as_slice()).unwrap_or_default();
    let places = words.iter().map(|word| started.place(word)).filter(|place| started.span.contains(*place));
    container.command_span = places.reduce(Span::to);
    if let Some(program) = first.last("entrypoint") {
        container.entrypoint = Some(only(vec![program.clone()]));
        container.entrypoint_span = Some(program.span());
    }
    container.environment = environment(reader, launcher, shell, &started);
    container.published = published(&started, first);
    container.mounts = mounts(reader, launcher, &started, first);
    container.working_dir = first.last("workdir").cloned();
    if let Some(test) = first.last("health-cmd") {
        container.healthcheck = Some(only(vec![Text::mapped("CMD-SHELL", test.span()), test.clone()]));
        container.healthcheck_span = Some(test.span());
    }
    let hosts = first.all("add-host").filter_map(|host| host.as_str().split([':', '=']).next());
    container.extra_hosts = hosts.map(str::to_owned).collect();
    container.links = first.all("link").map(|link| halves(link.as_str())).collect();
    network(&mut container, first, reader.symbols);
    Some(container)
}

/// The image's own name, where it is known.
fn name_of(image: &Text) -> String {
    let name = last_name(repository(image.as_str()));
    if name.contains(is_symbol) { "container".to_owned() } else { name.to_owned() }
}

/// `SERVER:ALIAS`, or the same name for both.
fn halves(link: &str) -> (String, String) {
    let (server, alias) = link.split_once(':').unwrap_or((link, link));
    (server.to_owned(), alias.to_owned())
}

fn only(words: Vec<Text>) -> Vec<Case<Vec<Text>>> {
    vec![Case { when: Vec::new(), value: words, trace: Vec::new() }]
}

fn started(shell: &Shell<'_>, run: &ContainerRun, symbols: &Symbols) -> Started {
    let (mut cases, mut commands) = (Vec::new(), Vec::new());
    for case in shell.arguments(&run.words) {
        let texts: Vec<Text> = case.value.iter().map(|argument| argument.text.clone()).collect();
        let read = DockerRun::read(&texts);
        let command = read.rest.get(1..).unwrap_or_default().to_vec();
        let behind = &case.value[case.value.len() - command.len()..];
        // The value of an option is one word, or the option would get none.
        let open = behind.iter().enumerate().find(|(at, argument)| {
            let option = at.checked_sub(1).is_some_and(|before| behind[before].text.as_str().starts_with("--"));
            argument.loose && !option
        });
        let command = open.map_or(command, |(_, argument)| vec![symbols.opaque_text(argument.text.span())]);
        commands.push(Case { when: case.when.clone(), value: command, trace: case.trace.clone() });
        cases.push(Case { when: case.when, value: read, trace: case.trace });
    }
    // A variable that makes flags come and go: what is there without it is what can be told.
    let same = |case: &Case<DockerRun>| {
        let names = |run: &DockerRun| run.flags.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
        cases.first().is_some_and(|first| names(&first.value) == names(&case.value))
    };
    if !cases.iter().all(same) {
        cases.truncate(1);
        commands.truncate(1);
    }
    if commands.windows(2).all(|two| two[0].value == two[1].value) {
        commands.truncate(1);
        for command in &mut commands {
            command.when.clear();
        }
    }
    Started { cases, commands, span: run.span, words: run.words.iter().map(|word| word.span).collect() }
}

impl Started {
    /// Where an argument stands in the command: what a variable holds is written elsewhere.
    fn place(&self, argument: &Text) -> Span {
        let here: Vec<Span> = argument.spans().into_iter().filter(|span| self.span.contains(*span)).collect();
        let whole = argument.span();
        let Some(part) = here.into_iter().reduce(Span::to).filter(|part| *part != whole) else { return whole };
        let word = self.words.iter().find(|word| word.contains(part) && self.span.contains(**word));
        word.copied().unwrap_or(part)
    }

    /// A value in every state; one state where it is always the same.
    fn values(&self, of: impl Fn(&DockerRun) -> Option<Text>) -> Resolved {
        let alternative = |case: &Case<DockerRun>| Alternative {
            when: case.when.clone(),
            value: of(&case.value),
            trace: case.trace.clone(),
        };
        let mut alternatives: Vec<Alternative> = self.cases.iter().map(alternative).collect();
        if let Some(first) = alternatives.first_mut()
            && self.cases.iter().all(|case| of(&case.value) == first.value)
        {
            first.when.clear();
            alternatives.truncate(1);
        }
        Resolved { alternatives }
    }
}

/// `-e` over `--env-file`.
fn environment(reader: &Reader<'_>, launcher: &Launcher, shell: &Shell<'_>, started: &Started) -> Variables {
    let mut variables = Variables::default();
    let Some(first) = started.cases.first() else { return variables };
    for file in first.value.all("env-file") {
        if !env_file(reader, launcher, shell, file, &mut variables) {
            variables.incomplete.get_or_insert(file.span());
        }
    }
    for (at, (_, pair)) in first.value.flags.iter().enumerate().filter(|(_, (flag, _))| flag == "env") {
        let end = pair.as_str().find('=').unwrap_or(pair.len());
        let (name, name_span) = (&pair.as_str()[..end], pair.span_of(0..end));
        if name.contains(is_symbol) {
            variables.incomplete.get_or_insert(name_span);
            continue;
        }
        let value = |run: &DockerRun| {
            let (_, pair) = run.flags.get(at)?;
            Some(match pair.as_str().find('=') {
                Some(equals) => pair.slice(equals + 1..pair.len()),
                None => shell.passed(pair.as_str(), pair.span()),
            })
        };
        let variable = Variable { name_span, taken_in: name_span, value: started.values(value) };
        variables.map.insert(name.to_owned(), variable);
    }
    variables
}

/// Adds what a file sets; `false`: it was not read.
fn env_file(
    reader: &Reader<'_>,
    launcher: &Launcher,
    shell: &Shell<'_>,
    file: &Text,
    variables: &mut Variables,
) -> bool {
    let Some(path) = place(reader, launcher, file, true) else { return false };
    let Some(read) = reader.facts.env_files.iter().find(|one| one.path == path) else { return false };
    let (entries, _) = dotenv::parse(read.file, reader.sources.get(read.file).text(), Dialect::Raw);
    for entry in entries {
        let (name, name_span) = (entry.key.value, entry.key.span);
        let value = entry.value.map_or_else(|| shell.passed(&name, name_span), |value| value.text);
        let value = Resolved::known(value, Vec::new());
        variables.map.insert(name, Variable { name_span, taken_in: file.span(), value });
    }
    true
}

/// `-p`, and `-P`, which publishes what the image exposes on ports that Docker chooses.
fn published(started: &Started, run: &DockerRun) -> Vec<Published> {
    let mut all = Vec::new();
    for entry in run.all("publish") {
        // A value that is not known may hold an address as well.
        let container = entry.as_str().rsplit(':').next().unwrap_or_default();
        if !container.contains(is_symbol) {
            all.extend(ports::parse_short(entry, started.place(entry)).unwrap_or_default());
        }
    }
    let everything = run.last("publish-all").filter(|value| value.as_str() != "false");
    all.extend(everything.map(|flag| Published {
        span: flag.span(),
        host_ip: None,
        host_port: None,
        container_port: Some(6379),
        protocol: "tcp".to_owned(),
        mode: None,
        trace: Vec::new(),
    }));
    all
}

/// `-v SOURCE:TARGET` and `--mount type=bind,source=…,target=…`.
fn mounts(reader: &Reader<'_>, launcher: &Launcher, started: &Started, run: &DockerRun) -> Vec<Mount> {
    let volume = |entry: &Text| {
        let mut parts = entry.as_str().split(':');
        let (source, target) = (parts.next()?, parts.next()?);
        Some((entry.slice(0..source.len()), target.to_owned()))
    };
    let long = |entry: &Text| {
        let value = |names: &[&str]| {
            let mut start = 0;
            entry.as_str().split(',').find_map(|field| {
                let at = start;
                start += field.len() + 1;
                let (name, _) = field.split_once('=')?;
                names.contains(&name).then(|| entry.slice(at + name.len() + 1..at + field.len()))
            })
        };
        let source = value(&["source", "src"]).unwrap_or_else(|| Text::empty(entry.span()));
        Some((source, value(&["target", "destination", "dst"])?.as_str().to_owned()))
    };
    let volumes = run.all("volume").filter_map(|entry| volume(entry).map(|read| (entry, read)));
    let all = volumes.chain(run.all("mount").filter_map(|entry| long(entry).map(|read| (entry, read))));
    all.map(|(entry, (from, target))| {
        let path = place(reader, launcher, &from, false);
        let is_name = from.as_str().chars().all(|char| char.is_ascii_alphanumeric() || "_.-".contains(char));
        Mount {
            span: started.place(entry),
            exists: path.is_some().then_some(true),
            volume: (path.is_none() && is_name && !from.is_empty()).then(|| from.as_str().to_owned()),
            source: path,
            target,
            content: None,
            contents: Vec::new(),
        }
    })
    .collect()
}

/// The file or folder of the repository that a path on the machine means: one that starts from where the script is
/// started, whatever the shell puts there. `bare`: a path may also begin with a name.
fn place(reader: &Reader<'_>, launcher: &Launcher, written: &Text, bare: bool) -> Option<String> {
    let value = written.as_str();
    let inside = value.trim_start_matches(is_symbol);
    let elsewhere = |char| match reader.symbols.get(char) {
        Some(Symbol::Variable { name, .. }) => ["HOME", "TMPDIR", "TMP", "TEMP"].contains(&name.as_str()),
        _ => false,
    };
    let dotted = inside == "." || inside.starts_with("./") || inside.starts_with("../");
    let starts_here = if inside.len() == value.len() {
        dotted || bare && !value.starts_with('/')
    } else {
        inside.starts_with('/') && !value.chars().any(elsewhere)
    };
    if !starts_here || inside.contains(is_symbol) {
        return None;
    }
    Launcher::beside(&launcher.path, inside.trim_start_matches('/'), reader.index)
}

/// Which names resolve: on networks of one's own all, on Docker's bridge those of links.
fn network(container: &mut Container, run: &DockerRun, symbols: &Symbols) {
    let mut networks = BTreeMap::new();
    let all = ["network", "net"].into_iter().flat_map(|flag| run.all(flag));
    let mut mode: Option<Spanned<String>> = None;
    for value in all {
        let (name, mut aliases) = named(value.as_str());
        if ["host", "none", BRIDGE].contains(&name.as_str())
            || name.starts_with("container:")
            || symbols.has_opaque(value)
        {
            mode = Some(Spanned::new(name, value.span()));
            continue;
        }
        let flags = ["network-alias", "net-alias"].into_iter().flat_map(|flag| run.all(flag));
        aliases.extend(flags.map(|alias| alias.as_str().to_owned()));
        networks.insert(symbols.display(&name), aliases);
    }
    // Containers of a pod share its network, and publish nothing themselves.
    let pod: Option<&Text> = run.last("pod");
    if let Some(pod) = pod {
        mode = Some(Spanned::new(format!("container:{}", pod.as_str()), pod.span()));
    }
    let by_itself: Span = container.span;
    container.network_mode = mode.or_else(|| networks.is_empty().then(|| Spanned::new(BRIDGE.to_owned(), by_itself)));
    container.networks = container.network_mode.is_none().then_some(networks);
}

/// `NAME`, or `name=NAME,alias=ALIAS`.
fn named(network: &str) -> (String, Vec<String>) {
    if !network.contains("name=") {
        return (network.to_owned(), Vec::new());
    }
    let fields = |name: &'static str| {
        network.split(',').filter_map(move |field| Some(field.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
    };
    (fields("name").next().unwrap_or_default(), fields("alias").collect())
}
