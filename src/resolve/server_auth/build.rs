//! A Dockerfile → what the image built from it brings to the server: base image, command, files, variables.
//!
//! Stages are followed by name; what a build argument without default decides stays unknown.

use std::collections::BTreeMap;

use crate::facts::Facts;
use crate::resolve::project::{Build, Mount};
use crate::symbol::Symbols;
use crate::syntax::dockerfile::Instruction;
use crate::syntax::words::{self, Word, WordPart};
use crate::text::Text;
use crate::tree::{self, Index, Presence};

/// What a Dockerfile says of the image.
#[derive(Default)]
pub(in crate::resolve) struct Built {
    /// The base image's reference.
    pub base: Option<Text>,
    pub entrypoint: Option<Vec<Text>>,
    pub command: Option<Vec<Text>>,
    /// The stage at hand has a `CMD` of its own.
    own_command: bool,
    pub copies: Vec<Mount>,
    /// `ENV`.
    pub variables: BTreeMap<String, Text>,
    /// `ARG`: seen by the instructions of the same stage, not by the server.
    arguments: BTreeMap<String, Text>,
    pub directory: Option<String>,
    /// `RUN` can write files that nothing here shows.
    pub runs: bool,
}

/// More stages than this are a circle.
const MAX_STAGES: usize = 32;

/// Reads the Dockerfile of a build; `None` where it was not read.
pub(in crate::resolve) fn read(build: &Build, facts: &Facts, index: &Index, symbols: &Symbols) -> Option<Built> {
    let path = build.dockerfile.as_deref()?;
    let instructions = &facts.dockerfiles.iter().find(|file| file.path == path)?.instructions;
    let place = Place { build, index, symbols, instructions };
    let mut image = Built::default();
    for stage in chain(instructions, build.target.as_deref()) {
        image.arguments.clear();
        image.own_command = false;
        for instruction in stage {
            place.apply(instruction, &mut image);
        }
    }
    image.base = image.base.map(|base| with_arguments(&base, instructions));
    Some(image)
}

/// Where instructions are followed.
struct Place<'a> {
    build: &'a Build,
    index: &'a Index,
    symbols: &'a Symbols,
    instructions: &'a [Instruction],
}

/// The instructions of the wanted stage and of the stages below it, the lowest first.
fn chain<'a>(all: &'a [Instruction], target: Option<&str>) -> Vec<&'a [Instruction]> {
    let starts: Vec<usize> = (0..all.len()).filter(|at| all[*at].name.value == "FROM").collect();
    let stage = |number: usize| {
        let end = starts.get(number + 1).copied().unwrap_or(all.len());
        &all[starts[number]..end]
    };
    let named = |wanted: &str, below: usize| {
        (0..below)
            .rev()
            .find(|number| from(&all[starts[*number]]).1.is_some_and(|name| name.eq_ignore_ascii_case(wanted)))
    };
    let last = match target {
        Some(target) => named(target, starts.len()),
        None => starts.len().checked_sub(1),
    };
    let mut stages = Vec::new();
    let mut next = last;
    while let Some(number) = next
        && stages.len() < MAX_STAGES
    {
        stages.push(stage(number));
        next = from(&all[starts[number]]).0.and_then(|base| named(base.as_str(), number));
    }
    stages.reverse();
    stages
}

/// Image and stage name of a `FROM`.
fn from(instruction: &Instruction) -> (Option<Text>, Option<&str>) {
    let text = &instruction.arguments;
    let mut words = text.as_str().split_ascii_whitespace().filter(|word| !word.starts_with("--"));
    let base = words.next().map(|word| {
        let at = word.as_ptr() as usize - text.as_str().as_ptr() as usize;
        text.slice(at..at + word.len())
    });
    let name = words.next().filter(|word| word.eq_ignore_ascii_case("as")).and_then(|_| words.next());
    (base, name)
}

/// Puts the defaults of `ARG`s before the first `FROM` into an image reference.
fn with_arguments(base: &Text, all: &[Instruction]) -> Text {
    let mut value = base.as_str().to_owned();
    for argument in all.iter().take_while(|one| one.name.value != "FROM").filter(|one| one.name.value == "ARG") {
        if let Some((name, default)) = argument.arguments.as_str().split_once('=') {
            let default = default.trim_matches(['"', '\'']);
            value = value.replace(&format!("${{{name}}}"), default).replace(&format!("${name}"), default);
        }
    }
    if value == base.as_str() { base.clone() } else { Text::mapped(&value, base.span()) }
}

impl Place<'_> {
    fn apply(&self, instruction: &Instruction, image: &mut Built) {
        match instruction.name.value.as_str() {
            "FROM" if image.base.is_none() => image.base = from(instruction).0,
            "ENTRYPOINT" => {
                image.entrypoint = Some(argv(instruction));
                // It resets the command of the base image.
                if !image.own_command {
                    image.command = Some(Vec::new());
                }
            }
            "CMD" => {
                image.command = Some(argv(instruction));
                image.own_command = true;
            }
            "WORKDIR" => image.directory = Some(instruction.arguments.as_str().trim().to_owned()),
            "RUN" => image.runs = true,
            "COPY" | "ADD" => copy(instruction, image, self.build, self.index),
            "ENV" => self.variables(instruction, image),
            "ARG" => self.argument(instruction, image),
            _ => {}
        }
    }

    fn variables(&self, instruction: &Instruction, built: &mut Built) {
        let commands = words::parse_shell(&instruction.arguments);
        let Some(command) = commands.first() else { return };
        // Every value sees what was set before this instruction.
        let mut set: Vec<(String, Text)> =
            command.assignments.iter().map(|(name, word)| (name.clone(), self.expand(word, built))).collect();
        // The old form: `ENV NAME value`.
        if set.is_empty()
            && let [name, value, ..] = command.words.as_slice()
            && let Some(name) = name.literal()
        {
            set.push((name.as_str().to_owned(), self.expand(value, built)));
        }
        built.variables.extend(set);
    }

    /// `ARG NAME=default`; a name alone takes the default from before the first `FROM`.
    fn argument(&self, instruction: &Instruction, built: &mut Built) {
        for (name, default) in defaults(instruction) {
            let before = self.instructions.iter().take_while(|one| one.name.value != "FROM");
            let global = || before.flat_map(defaults).filter(|(other, _)| *other == name).find_map(|(_, value)| value);
            let value = match default.map(|word| self.expand(&word, built)) {
                _ if self.build.arguments => None,
                Some(value) => Some(value),
                None => global().map(|word| self.expand(&word, &Built::default())),
            };
            let unknown = || self.symbols.opaque_text(instruction.span);
            built.arguments.insert(name, value.unwrap_or_else(unknown));
        }
    }

    /// A word with the variables of the stage filled in; what else may fill it is unknown.
    fn expand(&self, word: &Word, built: &Built) -> Text {
        let mut text = Text::empty(word.span);
        for part in &word.parts {
            match part {
                WordPart::Literal(literal) => text.push_text(literal),
                WordPart::Variable { name, operator: None, span, .. } => {
                    match built.variables.get(name).or_else(|| built.arguments.get(name)) {
                        Some(value) => text.push_text(value),
                        // A name that nothing sets is nothing.
                        None => text.push_text(&Text::empty(*span)),
                    }
                }
                WordPart::Variable { span, .. } | WordPart::Opaque(span) => {
                    text.push_text(&self.symbols.opaque_text(*span));
                }
            }
        }
        text
    }
}

/// The names of an `ARG` with their defaults.
fn defaults(instruction: &Instruction) -> Vec<(String, Option<Word>)> {
    if instruction.name.value != "ARG" {
        return Vec::new();
    }
    let commands = words::parse_shell(&instruction.arguments);
    let Some(command) = commands.into_iter().next() else { return Vec::new() };
    let named = command.assignments.into_iter().map(|(name, word)| (name, Some(word)));
    let bare = command.words.iter().filter_map(|word| Some((word.literal()?.as_str().to_owned(), None)));
    named.chain(bare).collect()
}

fn argv(instruction: &Instruction) -> Vec<Text> {
    if let Some(words) = &instruction.exec {
        return words.clone();
    }
    let span = instruction.span;
    vec![Text::mapped("/bin/sh", span), Text::mapped("-c", span), instruction.arguments.clone()]
}

fn copy(instruction: &Instruction, image: &mut Built, build: &Build, index: &Index) {
    let text = instruction.arguments.as_str();
    if text.contains("--from=") {
        image.runs = true;
        return;
    }
    let words: Vec<&str> = match &instruction.exec {
        Some(words) => words.iter().map(Text::as_str).collect(),
        None => text.split_ascii_whitespace().filter(|word| !word.starts_with("--")).collect(),
    };
    let Some((target, sources)) = words.split_last() else { return };
    let target = if target.starts_with('/') {
        (*target).to_owned()
    } else {
        format!("{}/{target}", image.directory.as_deref().unwrap_or("").trim_end_matches('/'))
    };
    for source in sources {
        let path = build.context.as_deref().and_then(|context| tree::join(context, source.trim_start_matches('/')));
        let folder = path.as_deref().is_some_and(|path| index.presence(path) == Presence::Folder);
        let name = source.rsplit('/').next().unwrap_or(source);
        // A folder is copied by its contents, a file into a target that is a folder by its name.
        let into_folder = !folder && (target.ends_with('/') || target.ends_with("/.") || sources.len() > 1);
        let base = target.trim_end_matches('.').trim_end_matches('/');
        image.copies.push(Mount {
            volume: None,
            span: instruction.span,
            source: path,
            target: if into_folder { format!("{base}/{name}") } else { base.to_owned() },
            content: None,
            contents: Vec::new(),
            exists: None,
        });
    }
}
