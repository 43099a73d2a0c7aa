//! The words of a container's commands as its shell would expand them. What a script sets itself is not followed.

use std::collections::BTreeSet;

use crate::resolve::Inputs;
use crate::resolve::conditions::{always, cases, combine};
use crate::resolve::project::{Case, Container, Lookup, Variables};
use crate::source::Span;
use crate::symbol::{Alternative, Resolved, Symbols};
use crate::syntax::words::{self, Command, Word, WordPart};
use crate::text::Text;

/// A word of a command in every form it may take, and whether its text is written in the command itself.
pub(super) struct Argument {
    /// What it expands to.
    pub(super) value: Resolved,
    /// Some of it is.
    pub(super) written: bool,
}

impl Argument {
    /// The text where it is the same whatever holds.
    pub(super) fn known(&self) -> Option<&Text> {
        self.value.single()?.value.as_ref()
    }

    /// Whether it is one of these words.
    pub(super) fn is(&self, options: &[&str]) -> bool {
        self.known().is_some_and(|text| options.contains(&text.as_str()))
    }
}

/// A command with what decides beside its words.
pub(super) struct Line {
    /// The program and its arguments.
    pub(super) words: Vec<Argument>,
    /// `REDISCLI_AUTH` as the program finds it; `None`: it is not set.
    pub(super) auth: Option<Resolved>,
}

/// The variable that redis-cli takes a password from.
const AUTH: &str = "REDISCLI_AUTH";

/// A shell in a container.
pub(super) struct Shell<'a> {
    environment: &'a Variables,
    symbols: &'a Symbols,
    /// A script runs in it, and these are the variables that it sets.
    own: Option<BTreeSet<String>>,
    /// Other files are read in: they may set any variable.
    reads_in: bool,
}

impl<'a> Shell<'a> {
    /// The shell of a command line.
    pub(super) fn new(container: &'a Container, symbols: &'a Symbols) -> Self {
        Self { environment: &container.environment, symbols, own: None, reads_in: false }
    }

    /// The shell that runs a script's file.
    pub(super) fn of(script: &Text, container: &'a Container, symbols: &'a Symbols) -> Self {
        let commands = words::parse_shell(script);
        let word = |command: &Command, at: usize| {
            command.words.get(at).and_then(Word::literal).map(|text| text.as_str().to_owned())
        };
        let mut own = BTreeSet::new();
        let mut reads_in = false;
        for command in &commands {
            own.extend(command.assignments.iter().map(|(name, _)| name.clone()));
            reads_in |= matches!(word(command, 0).as_deref(), Some("." | "source" | "eval"));
            // `export A=b`, `read A`, `for A in`: whatever may be a name.
            let names = command.words.iter().skip(1).filter_map(|word| match word.parts.first()? {
                WordPart::Literal(text) => text.as_str().split('=').next().map(str::to_owned),
                _ => None,
            });
            if matches!(
                word(command, 0).as_deref(),
                Some(
                    "export" | "local" | "declare" | "readonly" | "typeset" | "read" | "for" | "while" | "do" | "then"
                )
            ) {
                own.extend(names);
            }
        }
        Self { own: Some(own), reads_in, ..Self::new(container, symbols) }
    }

    /// The commands of an argument list: its own words, or those of the script behind `sh -c`.
    pub(super) fn of_words(&self, argv: &[Text]) -> Vec<Line> {
        let shell = |text: &Text| matches!(text.as_str().rsplit('/').next(), Some("sh" | "bash" | "ash" | "dash"));
        if let [program, option, script, ..] = argv
            && shell(program)
            && option.as_str().starts_with('-')
            && option.as_str().ends_with('c')
        {
            return self.of_script(script);
        }
        let written = |word: &Text| Argument { value: Resolved::known(word.clone(), Vec::new()), written: true };
        vec![Line { words: argv.iter().map(written).collect(), auth: self.auth(None) }]
    }

    /// The commands of a script.
    pub(super) fn of_script(&self, script: &Text) -> Vec<Line> {
        let argument = |word: &Word| Argument {
            written: word.parts.iter().any(|part| matches!(part, WordPart::Literal(_))),
            value: self.expand(word),
        };
        let line = |command: &Command| Line {
            words: command.words.iter().map(argument).collect(),
            auth: self.auth(Some(command)),
        };
        words::parse_shell(script).iter().map(line).collect()
    }

    fn auth(&self, command: Option<&Command>) -> Option<Resolved> {
        let before = command.and_then(|command| command.assignments.iter().find(|(name, _)| name == AUTH));
        if let Some((_, word)) = before {
            return Some(self.expand(word));
        }
        match command.filter(|_| self.sets(AUTH)) {
            Some(command) => Some(Resolved::known(self.symbols.opaque_text(command.span), Vec::new())),
            None => self.environment.map.get(AUTH).map(|variable| variable.value.clone()),
        }
    }

    /// The commands that the container's Dockerfile names.
    pub(super) fn of_image(&self, inputs: &Inputs<'_>, container: &Container) -> Vec<Line> {
        let dockerfile = container.build.as_ref().and_then(|build| build.dockerfile.as_deref());
        let built = inputs.facts.dockerfiles.iter().find(|file| Some(file.path.as_str()) == dockerfile);
        let instructions = built.map_or(&[][..], |file| &file.instructions);
        let mut all = Vec::new();
        for name in ["ENTRYPOINT", "CMD"] {
            let last = instructions.iter().rev().find(|instruction| instruction.name.value == name);
            all.extend(last.into_iter().flat_map(|last| match &last.exec {
                Some(words) => self.of_words(words),
                None => self.of_script(&last.arguments),
            }));
        }
        all
    }

    /// Whether a variable may have another value than the container's environment gives it.
    fn sets(&self, name: &str) -> bool {
        let Some(own) = &self.own else { return false };
        // What a script is started with is not followed.
        let positional = !name.starts_with(|char: char| char.is_ascii_alphabetic() || char == '_');
        positional || own.contains(name) || self.reads_in
    }

    fn lookup(&self, name: &str, span: Span) -> Lookup {
        if self.sets(name) { Lookup::Unknown(span) } else { self.environment.get(name) }
    }

    /// A word as the shell expands it; what can't be followed is opaque.
    fn expand(&self, word: &Word) -> Resolved {
        let opaque = |span| always(self.symbols.opaque_text(span));
        let mut all = always(Text::empty(word.span));
        for part in &word.parts {
            let values: Vec<Case<Text>> = match part {
                WordPart::Literal(text) => always(text.clone()),
                WordPart::Variable { name, span, operator: None, .. } => match self.lookup(name, *span) {
                    Lookup::Absent => always(Text::empty(*span)),
                    Lookup::Unknown(_) => opaque(*span),
                    Lookup::Found(variable) => cases(&variable.value)
                        .into_iter()
                        .map(|case| Case {
                            when: case.when,
                            value: case.value.unwrap_or_else(|| Text::empty(*span)),
                            trace: case.trace,
                        })
                        .collect(),
                },
                WordPart::Variable { span, .. } | WordPart::Opaque(span) => opaque(*span),
            };
            let joined = combine(&all, &values, |left, right| {
                let mut text = left.clone();
                text.push_text(right);
                text
            });
            let Some(joined) = joined else {
                return Resolved::known(self.symbols.opaque_text(word.span), Vec::new());
            };
            all = joined;
        }
        let alternative =
            |case: Case<Text>| Alternative { when: case.when, value: Some(case.value), trace: case.trace };
        Resolved { alternatives: all.into_iter().map(alternative).collect() }
    }
}
