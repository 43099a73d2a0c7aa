//! A service as written → its [`Layer`]: interpolated in the scope of its file, paths resolved from its folder.

use crate::config::ComposeVersion;
use crate::facts::compose as written;
use crate::facts::compose::{Assignment, CommandLine, Port, Tag};
use crate::finding::{Level, Notice};
use crate::model::Published;
use crate::resolve::conditions::both;
use crate::resolve::project::{Case, Variable};
use crate::resolve::trace;
use crate::source::{Span, Spanned};
use crate::symbol::{Alternative, Resolved, Step, Symbols};
use crate::syntax::words::{self, Splitter};
use crate::text::Text;
use crate::tree::{Index, join};

use super::layer::{Build, Command, Context, EnvFile, Joined, Layer, Slot, unique, unique_names};
use super::ports;
use super::variables::{Scope, keep_ends};

/// What a file's services are read with.
pub struct Reader<'a> {
    /// Its variables.
    pub scope: &'a Scope<'a>,
    /// The variables of the project as a whole: `NAME:` is passed through from them, even in an included file.
    pub project: &'a Scope<'a>,
    /// The folder that its relative paths start from.
    pub directory: &'a str,
    /// What exists.
    pub index: &'a Index,
    /// Whose rules decide where the generations of compose differ.
    pub version: ComposeVersion,
    /// What compose would refuse.
    pub notices: Vec<Notice>,
}

impl Reader<'_> {
    /// Reads a service.
    pub fn layer(&mut self, service: &written::Service) -> Layer {
        if self.version == ComposeVersion::V2 {
            for time in &service.times {
                self.refuse("compose-schema", *time, "invalid jsonType time.Time");
            }
        }
        let healthcheck = service.healthcheck.as_ref();
        let health = healthcheck.and_then(|attribute| attribute.value.as_ref());
        let test = health.and_then(|health| health.test.as_ref());
        Layer {
            name: service.name.clone(),
            resets: service.tag != Tag::None,
            dropped: service.tag == Tag::Reset,
            keys: service.keys.clone(),
            extends: Slot::new(service.extends.as_ref(), |extends, _| {
                let file = extends.file.as_ref().and_then(|file| self.first(file));
                Some((self.first(&extends.service)?, file))
            }),
            image: Slot::new(service.image.as_ref(), |image, _| Some(self.resolve(image))),
            build: Slot::new(service.build.as_ref(), |build, span| Some(self.build(build, span))),
            command: Slot::new(service.command.as_ref(), |line, span| Some(self.command(line, span)))
                .replacing(service.command.is_some()),
            entrypoint: Slot::new(service.entrypoint.as_ref(), |line, span| Some(self.command(line, span)))
                .replacing(service.entrypoint.is_some()),
            environment: Slot::new(service.environment.as_ref(), |entries, _| Some(self.environment(entries))),
            unset: service
                .environment
                .as_ref()
                .and_then(|entries| entries.value.as_deref())
                .map_or_else(Vec::new, unset),
            env_files: Slot::new(service.env_file.as_ref(), |entries, _| Some(self.env_files(entries))),
            ports: Slot::new(service.ports.as_ref(), |entries, _| Some(self.ports(entries))),
            expose: Slot::new(service.expose.as_ref(), |entries, _| {
                Some(self.firsts(entries).iter().flat_map(ports::parse_expose).collect())
            }),
            networks: Slot::new(service.networks.as_ref(), |entries, _| Some(self.networks(entries))),
            network_mode: Slot::new(service.network_mode.as_ref(), |mode, span| {
                let (value, steps) = self.traced(mode)?;
                let trace = std::iter::once(written_at("`network_mode`", span)).chain(steps).collect();
                Some((Spanned::new(value.as_str().to_owned(), mode.span()), trace))
            }),
            container_name: Slot::new(service.container_name.as_ref(), |name, _| self.spanned(name)),
            extra_hosts: Slot::new(service.extra_hosts.as_ref(), |hosts, _| {
                let name = |host: &Text| host.as_str().split([':', '=']).next().unwrap_or_default().to_owned();
                Some(self.firsts(hosts).iter().map(name).collect())
            }),
            links: Slot::new(service.links.as_ref(), |links, _| {
                Some(
                    self.firsts(links)
                        .iter()
                        .map(|link| Spanned::new(link_parts(link.as_str()), link.span()))
                        .collect(),
                )
            }),
            depends_on: Slot::new(service.depends_on.as_ref(), |names, _| {
                Some(names.iter().filter_map(|name| self.spanned(name)).collect())
            }),
            mounts: Slot::new(service.volumes.as_ref(), |entries, _| Some(self.mounts(entries))),
            tmpfs: Slot::new(service.tmpfs.as_ref(), |entries, _| Some(self.tmpfs(entries))),
            volumes_from: Slot::new(service.volumes_from.as_ref(), |entries, _| {
                Some(entries.iter().filter_map(|entry| self.volumes_from(entry)).collect())
            }),
            partial: service.partial,
            configs: Slot::new(service.configs.as_ref(), |entries, _| Some(self.grants(entries, "/"))),
            secrets: Slot::new(service.secrets.as_ref(), |entries, _| Some(self.grants(entries, "/run/secrets/"))),
            healthcheck_resets: healthcheck.is_some_and(|attribute| attribute.tag != Tag::None),
            test: Slot::new(test, |line, span| Some(self.test(line, span))).replacing(test.is_some()),
            disable: Slot {
                resets: false,
                value: health
                    .and_then(|health| self.first(health.disable.as_ref()?))
                    .map(|disable| matches!(disable.as_str(), "true" | "y" | "yes" | "on" | "1")),
            },
            working_dir: Slot::new(service.working_dir.as_ref(), |folder, _| self.first(folder)),
            profiles: Slot::new(service.profiles.as_ref(), |names, _| {
                Some(self.firsts(names).iter().map(|name| name.as_str().to_owned()).collect())
            }),
        }
    }

    /// The value in every state of its variables.
    pub fn resolve(&mut self, text: &Text) -> Resolved {
        self.scope.interpolate(text, &mut self.notices)
    }

    /// The value that a fresh clone gets.
    pub fn first(&mut self, text: &Text) -> Option<Text> {
        self.resolve(text).alternatives.into_iter().next()?.value
    }

    /// These of all texts that have one.
    pub(super) fn firsts(&mut self, texts: &[Text]) -> Vec<Text> {
        texts.iter().filter_map(|text| self.first(text)).collect()
    }

    /// The value that a fresh clone gets, at the place of the text.
    pub(super) fn spanned(&mut self, text: &Text) -> Option<Spanned<String>> {
        let value = self.first(text)?;
        Some(Spanned::new(value.as_str().to_owned(), text.span()))
    }

    /// Notes that compose would refuse what stands there.
    pub(super) fn refuse(&mut self, code: &'static str, span: Span, message: impl Into<String>) {
        self.notices.push(Notice::at(code, Level::Warning, span, message));
    }

    fn build(&mut self, build: &written::Build, span: Span) -> Build {
        let string = |text: Option<Text>| text.map(|text| text.as_str().to_owned());
        let context = build.context.as_ref().and_then(|context| self.first(context));
        Build {
            context: context.map(|context| {
                let folder = join(self.directory, context.as_str()).filter(|_| !context.as_str().contains("://"));
                folder.map_or(Context::Elsewhere, Context::Folder)
            }),
            dockerfile: string(build.dockerfile.as_ref().and_then(|text| self.first(text))),
            inline: build.inline,
            arguments: build.arguments,
            target: string(build.target.as_ref().and_then(|text| self.first(text))),
            span: build.context.as_ref().map_or(span, Text::span),
            directory: self.directory.to_owned(),
        }
    }

    fn command(&mut self, line: &CommandLine, span: Span) -> Command {
        let cases = match line {
            CommandLine::Line(text) => self.split(text),
            CommandLine::List(words) => self.list(words),
        };
        Command { span, cases }
    }

    fn test(&mut self, line: &CommandLine, span: Span) -> Command {
        let CommandLine::Line(text) = line else {
            let test = self.command(line, span);
            if test.cases.iter().all(|case| !says_how(&case.value)) {
                let message = "healthcheck.test must start either by \"CMD\", \"CMD-SHELL\" or \"NONE\"";
                self.refuse("invalid-healthcheck", span, message);
            }
            return test;
        };
        // Compose adds the word: it stands nowhere.
        let before = Span { end: span.start, ..span };
        let case = |Alternative { when, value, trace }: Alternative| {
            let shell = Text::mapped("CMD-SHELL", before);
            Case { when, value: std::iter::once(shell).chain(value).collect(), trace }
        };
        Command { span, cases: self.resolve(text).alternatives.into_iter().map(case).collect() }
    }

    fn split(&mut self, text: &Text) -> Vec<Case<Vec<Text>>> {
        let mut cases = Vec::new();
        let splitter = if self.version == ComposeVersion::V2 { Splitter::Two } else { Splitter::Newest };
        for Alternative { when, value, trace } in self.resolve(text).alternatives {
            let Some(line) = value else { continue };
            let value = match words::split_command_of(&line, splitter) {
                Ok(words) => words,
                Err(error) => {
                    self.refuse("invalid-command", error.span, error.message);
                    vec![self.scope.symbols().opaque_text(text.span())]
                }
            };
            cases.push(Case { when, value, trace });
        }
        cases
    }

    fn list(&mut self, words: &[Text]) -> Vec<Case<Vec<Text>>> {
        let mut cases = vec![Case { when: Vec::new(), value: Vec::new(), trace: Vec::new() }];
        for word in words {
            let word = self.resolve(word);
            let mut longer = Vec::new();
            for case in &cases {
                for alternative in &word.alternatives {
                    let Some(when) = both(&case.when, &alternative.when) else { continue };
                    let value = case.value.iter().chain(&alternative.value).cloned().collect();
                    let trace = trace::joined(&[&case.trace, &alternative.trace]);
                    longer.push(Case { when, value, trace });
                }
            }
            keep_ends(&mut longer);
            cases = longer;
        }
        cases
    }

    fn environment(&mut self, entries: &[Assignment]) -> Vec<(String, Variable)> {
        let mut variables = Vec::new();
        for entry in entries {
            match entry {
                Assignment::Pair { tag: Tag::Reset, .. } => {}
                Assignment::Pair { name, value: Some(value), .. } => {
                    let value = self.resolve(value);
                    variables.push(variable(name.value.clone(), name.span, value));
                }
                Assignment::Pair { name, value: None, .. } => {
                    variables.push(variable(
                        name.value.clone(),
                        name.span,
                        self.project.states(&name.value, name.span),
                    ));
                }
                Assignment::Entry(text) => variables.extend(self.assignment(text)),
            }
        }
        unique_names(Vec::new(), variables)
    }

    /// `NAME=value` or `NAME`, interpolated as a whole.
    fn assignment(&mut self, text: &Text) -> Option<(String, Variable)> {
        let resolved = self.resolve(text);
        let first = resolved.alternatives.first()?.value.clone()?;
        let Some(equals) = first.as_str().find('=') else {
            let name = first.as_str().to_owned();
            return (!name.is_empty()).then(|| self.passed(&name, first.span()));
        };
        let name = first.as_str()[..equals].to_owned();
        let span = first.span_of(0..equals);
        let mut alternatives = Vec::new();
        for Alternative { when, value, trace } in resolved.alternatives {
            let Some(whole) = value else { continue };
            // A name that depends on a variable is another variable in the other worlds.
            if let Some(value) = whole.as_str().strip_prefix(&name).and_then(|rest| rest.strip_prefix('=')) {
                let start = whole.len() - value.len();
                let value = whole.slice(start..whole.len());
                let anchor = if value.is_empty() { point_behind(text) } else { value.span() };
                alternatives.push(Alternative { when, value: Some(value.with_anchor(anchor)), trace });
            }
        }
        Some(variable(name, span, Resolved { alternatives }))
    }

    /// A variable that is passed through from the shell: absent where it is not set there.
    fn passed(&self, name: &str, span: Span) -> (String, Variable) {
        variable(name.to_owned(), span, self.scope.states(name, span))
    }

    fn env_files(&mut self, entries: &[written::EnvFileEntry]) -> Vec<EnvFile> {
        let mut files = Vec::new();
        for entry in entries {
            let mut paths = self.resolve(&entry.path).alternatives.into_iter();
            let Some(first) = paths.next() else { continue };
            files.push(EnvFile {
                span: entry.path.span(),
                path: first.value.and_then(|path| join(self.directory, path.as_str())),
                required: entry.required,
                raw: entry.raw,
                when: first.when,
                otherwise: paths.map(|other| other.when).collect(),
            });
        }
        files
    }

    fn ports(&mut self, entries: &[Port]) -> Vec<Published> {
        let mut published = Vec::new();
        for entry in entries {
            let read = match entry {
                Port::Short(text) => self.short_port(text),
                Port::Long(port) => self.long_port(port),
            };
            match read {
                Ok(ports) => published.extend(ports),
                Err(Spanned { value, span }) => self.refuse("invalid-port", span, value),
            }
        }
        unique(Vec::new(), published, ports::same)
    }

    fn long_port(&mut self, port: &written::LongPort) -> Result<Vec<Published>, Spanned<String>> {
        let mut trace = vec![written_at("this port", port.span)];
        let mut value = |text: &Option<Text>| {
            let (value, steps) = self.traced(text.as_ref()?)?;
            trace.extend(steps);
            Some(value)
        };
        let resolved = written::LongPort {
            span: port.span,
            target: value(&port.target),
            published: value(&port.published),
            host_ip: value(&port.host_ip),
            protocol: value(&port.protocol),
            mode: value(&port.mode),
        };
        Ok(vec![Published { trace, ..ports::parse_long(resolved)? }])
    }

    /// The first form of the entry that docker accepts.
    fn short_port(&mut self, text: &Text) -> Result<Vec<Published>, Spanned<String>> {
        let mut error = None;
        for Alternative { value, trace, .. } in self.resolve(text).alternatives {
            let Some(value) = value else { continue };
            match ports::parse_short(&value, text.span()) {
                Ok(mut ports) => {
                    let steps = std::iter::once(written_at("this port", text.span())).chain(trace).collect();
                    let steps = trace::complete(steps, [&value]);
                    for port in &mut ports {
                        port.trace.clone_from(&steps);
                    }
                    return Ok(ports);
                }
                Err(message) => error = error.or(Some(message)),
            }
        }
        Err(error.unwrap_or_else(|| Spanned::new(String::new(), text.span())))
    }

    /// The value that a fresh clone gets, and where it comes from beyond the text itself.
    fn traced(&mut self, text: &Text) -> Option<(Text, Vec<Step>)> {
        let first = self.resolve(text).alternatives.into_iter().next()?;
        let value = first.value?;
        let steps = trace::complete(first.trace, [&value]);
        Some((value, steps))
    }

    fn networks(&mut self, entries: &[written::NetworkEntry]) -> Vec<Joined> {
        let mut networks = Vec::new();
        for entry in entries {
            let aliases = self.firsts(&entry.aliases).iter().map(|alias| alias.as_str().to_owned()).collect();
            let addresses = self.firsts(&entry.addresses).iter().map(|text| text.as_str().to_owned()).collect();
            let mut trace = vec![written_at("the network", entry.name.span())];
            for text in std::iter::once(&entry.name).chain(&entry.aliases) {
                trace.extend(self.traced(text).into_iter().flat_map(|(_, steps)| steps));
            }
            if let Some(name) = self.spanned(&entry.name) {
                let replaces = entry.aliases_tag != Tag::None;
                networks.push(Joined { name, tag: entry.tag, aliases, addresses, replaces, trace });
            }
        }
        networks
    }
}

/// A variable set at `span`, with that step in front of each trace.
pub fn variable(name: String, span: Span, mut value: Resolved) -> (String, Variable) {
    for alternative in &mut value.alternatives {
        alternative.trace.insert(0, Step { span, label: format!("`{name}` is set here") });
    }
    (name, Variable { name_span: span, taken_in: span, value })
}

fn written_at(what: &str, span: Span) -> Step {
    Step { span, label: format!("{what} is written here") }
}

/// The names that are taken away from what is below.
fn unset(entries: &[Assignment]) -> Vec<String> {
    let name = |entry: &Assignment| match entry {
        Assignment::Pair { name, tag: Tag::Reset | Tag::Override, .. } => Some(name.value.clone()),
        _ => None,
    };
    entries.iter().filter_map(name).collect()
}

/// Whether the list form of a health check starts as it has to; an empty one is none.
fn says_how(test: &[Text]) -> bool {
    test.first().is_none_or(|first| ["CMD", "CMD-SHELL", "NONE"].contains(&first.as_str()) || !Symbols::is_known(first))
}

fn link_parts(link: &str) -> (String, String) {
    let (service, alias) = link.split_once(':').unwrap_or((link, link));
    (service.to_owned(), alias.to_owned())
}

/// The empty place behind the last byte of a text.
fn point_behind(text: &Text) -> Span {
    let span = text.span();
    Span { start: span.end, ..span }
}
