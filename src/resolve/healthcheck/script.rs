//! The shell line of a health check → its exit status, as far as it is pipes and lists of what is known here.
//!
//! Runs `redis-cli` against the model of the server, `grep`, `test` and `exit`; whatever else stands there makes the end
//! unknown. Never executes anything.

use std::collections::BTreeMap;

use regex::RegexBuilder;

use super::answer::{Answer, OTHER};
use crate::resolve::project::{Lookup, Variables};
use crate::symbol::Symbols;
use crate::syntax::words::{self, Command, Word, WordPart};
use crate::text::Text;

/// Runs `redis-cli` with arguments and the value of `REDISCLI_AUTH`.
pub(super) type RunCli<'a> = &'a dyn Fn(&[Text], Option<&Text>) -> Option<Answer>;

/// What a script sees.
pub(super) struct Script<'a> {
    pub environment: &'a Variables,
    pub symbols: &'a Symbols,
    pub cli: RunCli<'a>,
}

/// The end of a script.
#[derive(Debug, Default)]
pub(super) struct End {
    /// Whether it exits with 0; `None`: unknown.
    pub success: Option<bool>,
    /// What its last command printed.
    output: Option<String>,
    /// Every call of `redis-cli` that was met, in order.
    pub calls: Vec<Answer>,
}

impl End {
    /// The end of one call without a shell.
    pub fn of(answer: Option<Answer>) -> Self {
        let success = answer.as_ref().and_then(|answer| answer.success);
        Self { success, output: None, calls: answer.into_iter().collect() }
    }
}

/// Substitutions in substitutions are not followed.
const MAX_DEPTH: usize = 2;

/// What one command or pipeline did.
struct Done {
    success: Option<bool>,
    output: Option<String>,
    /// `exit` was called.
    exits: bool,
}

impl Done {
    fn unknown() -> Self {
        Self { success: None, output: None, exits: false }
    }

    fn silent(success: Option<bool>) -> Self {
        Self { success, output: Some(String::new()), exits: false }
    }
}

/// Runs a script as `sh -c` does.
pub(super) fn run(text: &Text, script: &Script<'_>) -> End {
    script.list(text, 0)
}

impl Script<'_> {
    fn list(&self, text: &Text, depth: usize) -> End {
        let mut end = End::default();
        let commands = words::parse_shell(text);
        let mut shell = Shell { assigned: BTreeMap::new(), inner: self.substituted(text, depth, &mut end) };
        let flat = is_flat(text.as_str());
        let mut success = Some(true);
        let mut joint = ";";
        for pipeline in commands.split_inclusive(|command| command.terminator != "|") {
            let runs = match (joint, success) {
                ("&&", success) => success,
                ("||", success) => success.map(|success| !success),
                _ => Some(true),
            };
            // What may or may not run is run for its calls only.
            let mut calls = Vec::new();
            let done = self.pipeline(pipeline, &mut shell, &mut calls);
            end.calls.extend(calls.into_iter().filter(|_| runs != Some(false)));
            match runs {
                Some(true) => (success, end.output) = (done.success, done.output),
                Some(false) => {}
                None if done.exits && joint == "||" && done.success == Some(false) => {}
                None => (success, end.output) = (None, None),
            }
            if runs == Some(true) && done.exits {
                break;
            }
            joint = pipeline.last().map_or(";", |command| command.terminator.as_str());
        }
        end.success = success.filter(|_| flat);
        end
    }

    /// The output of the one `$(…)` in a script; `None`: there is none, or it can't be told.
    fn substituted(&self, text: &Text, depth: usize, end: &mut End) -> Option<String> {
        let value = text.as_str();
        let (open, close) = match (value.find("$("), value.find('`')) {
            (Some(at), None) => (at + 2, value[at..].find(')')? + at),
            (None, Some(at)) => (at + 1, value[at + 1..].find('`')? + at + 1),
            _ => return None,
        };
        let only = !value[close + 1..].contains(['`']) && !value[close..].contains("$(");
        if depth >= MAX_DEPTH || open > close {
            return None;
        }
        let inner = self.list(&text.slice(open..close), depth + 1);
        end.calls.extend(inner.calls);
        inner.output.filter(|_| only)
    }

    fn pipeline(&self, commands: &[Command], shell: &mut Shell, calls: &mut Vec<Answer>) -> Done {
        let mut done = Done::silent(Some(true));
        for command in commands {
            done = self.command(command, done.output.as_deref(), shell, calls);
        }
        done
    }

    fn command(&self, command: &Command, input: Option<&str>, shell: &mut Shell, calls: &mut Vec<Answer>) -> Done {
        let first = command.words.first().and_then(Word::literal);
        let export = first.as_ref().is_some_and(|word| word.as_str() == "export");
        if command.words.is_empty() || export {
            shell.assign(self, command, export);
            return Done::silent(Some(true));
        }
        let Some(name) = first else { return Done::unknown() };
        let name = name.as_str().rsplit('/').next().unwrap_or_default();
        let words = || self.words(&command.words, shell);
        match name {
            "true" | ":" | "sleep" => Done::silent(Some(true)),
            "false" => Done::silent(Some(false)),
            "exit" => {
                let status = command.words.get(1).and_then(Word::literal);
                Done { exits: true, ..Done::silent(status.map(|status| status.as_str() == "0")) }
            }
            "grep" | "egrep" | "fgrep" => words().and_then(|words| grep(&words, input?)).unwrap_or_else(Done::unknown),
            "test" | "[" => Done::silent(self.test(&command.words[1..], shell)),
            "echo" => Done { success: Some(true), output: None, exits: false },
            _ => self.call(command, shell, calls),
        }
    }

    /// A call of `redis-cli`, also behind a program that runs another one.
    fn call(&self, command: &Command, shell: &Shell, calls: &mut Vec<Answer>) -> Done {
        let Some(words) = self.words(&command.words, shell) else { return Done::unknown() };
        let inherited = command.assignments.iter().rev().find(|(name, _)| name == "REDISCLI_AUTH");
        let inherited = match inherited {
            Some((_, word)) => Some(self.value(word, shell)),
            None => self.variable("REDISCLI_AUTH", shell, command),
        };
        match (self.cli)(&words, inherited.as_ref()) {
            Some(answer) => {
                let done = Done { success: answer.success, output: answer.output.clone(), exits: false };
                calls.push(answer);
                done
            }
            None => Done::unknown(),
        }
    }

    /// `[ A = B ]` and its relatives.
    fn test(&self, words: &[Word], shell: &Shell) -> Option<bool> {
        let words = match words.split_last() {
            Some((last, rest)) if last.literal().is_some_and(|last| last.as_str() == "]") => rest,
            _ => words,
        };
        // Without quotes the output of a command falls into words, of which `test` takes one only.
        let bare = |word: &&Word| matches!(word.parts.as_slice(), [WordPart::Opaque(span)] if *span == word.span);
        if words.iter().any(|word| bare(&word)) && shell.inner.as_ref()?.split_ascii_whitespace().count() != 1 {
            return Some(false);
        }
        let text = |word: &Word| -> Option<String> {
            match word.parts.as_slice() {
                [WordPart::Opaque(_)] => shell.inner.clone(),
                _ => Some(self.value(word, shell)).filter(Symbols::is_known).map(|text| text.as_str().to_owned()),
            }
        };
        match words {
            [one, sign, other] => {
                let (one, other) = (text(one)?, text(other)?);
                if is_open(&one, &other) || is_open(&other, &one) {
                    return None;
                }
                let equal = one == other;
                match sign.literal()?.as_str() {
                    "=" | "==" => Some(equal),
                    "!=" => Some(!equal),
                    _ => None,
                }
            }
            [sign, one] => match sign.literal()?.as_str() {
                "-n" => Some(!text(one)?.is_empty()),
                "-z" => Some(text(one)?.is_empty()),
                _ => None,
            },
            _ => None,
        }
    }

    /// The words of a command as the program gets them; `None`: blanks in an unknown value may split one.
    fn words(&self, words: &[Word], shell: &Shell) -> Option<Vec<Text>> {
        let mut all = Vec::new();
        for word in words {
            let unquoted = |part: &WordPart| matches!(part, WordPart::Variable { quoted: false, .. });
            let text = self.value(word, shell);
            if !word.parts.iter().any(unquoted) {
                all.push(text);
            } else if text.as_str().contains([' ', '\t', '\n', '*', '?', '[']) {
                return None;
            } else if !text.is_empty() {
                all.push(text);
            }
        }
        Some(all)
    }

    /// The value of a word; a part that nobody knows is an opaque text.
    fn value(&self, word: &Word, shell: &Shell) -> Text {
        let mut text = Text::empty(word.span);
        for part in &word.parts {
            match part {
                WordPart::Literal(literal) => text.push_text(literal),
                WordPart::Variable { name, span, operator: None, .. } => match shell.assigned.get(name) {
                    Some((value, _)) => text.push_text(value),
                    None => match self.environment.get(name) {
                        Lookup::Found(variable) => match variable.value.single() {
                            Some(only) => text.push_text(&only.value.clone().unwrap_or_else(|| Text::empty(*span))),
                            None => text.push_text(&self.symbols.opaque_text(*span)),
                        },
                        Lookup::Absent => {}
                        Lookup::Unknown(_) => text.push_text(&self.symbols.opaque_text(*span)),
                    },
                },
                WordPart::Variable { span, .. } | WordPart::Opaque(span) => {
                    text.push_text(&self.symbols.opaque_text(*span));
                }
            }
        }
        text
    }

    /// A variable as a program finds it in its environment.
    fn variable(&self, name: &str, shell: &Shell, command: &Command) -> Option<Text> {
        if let Some((value, exported)) = shell.assigned.get(name)
            && (*exported || self.environment.map.contains_key(name))
        {
            return Some(value.clone());
        }
        inherited(name, self.environment, self.symbols, command.span)
    }
}

/// A variable of the container; `None`: not set.
pub(super) fn inherited(
    name: &str,
    environment: &Variables,
    symbols: &Symbols,
    span: crate::source::Span,
) -> Option<Text> {
    match environment.get(name) {
        Lookup::Found(variable) => match variable.value.single() {
            Some(only) => only.value.clone(),
            None => Some(symbols.opaque_text(span)),
        },
        // A file that was not read rarely sets it, and a guess here would silence every check beside an `env_file`.
        Lookup::Absent | Lookup::Unknown(_) => None,
    }
}

/// What the lines before have set.
struct Shell {
    /// Value, and whether programs get it.
    assigned: BTreeMap<String, (Text, bool)>,
    /// The output of the script's one substitution.
    inner: Option<String>,
}

impl Shell {
    fn assign(&mut self, script: &Script<'_>, command: &Command, export: bool) {
        for (name, word) in &command.assignments {
            let value = script.value(word, self);
            let exported = self.assigned.get(name).is_some_and(|(_, exported)| *exported);
            self.assigned.insert(name.clone(), (value, exported));
        }
        for word in command.words.iter().skip(1).filter(|_| export) {
            let text = script.value(word, self);
            match text.as_str().find('=') {
                Some(at) => {
                    let value = text.slice(at + 1..text.len());
                    self.assigned.insert(text.as_str()[..at].to_owned(), (value, true));
                }
                None => {
                    if let Some((_, exported)) = self.assigned.get_mut(text.as_str()) {
                        *exported = true;
                    }
                }
            }
        }
    }
}

/// Whether a script is lists and pipes only: `if`, loops, groups and `!` are read over by the splitter.
fn is_flat(script: &str) -> bool {
    let structured =
        |word: &str| matches!(word, "if" | "then" | "while" | "until" | "for" | "case" | "!" | "{" | "function" | "do");
    let group = script.match_indices('(').any(|(at, _)| !script[..at].ends_with('$'));
    !group && !script.split([' ', ';', '\t', '\n']).any(structured)
}

/// Whether an output that is known in part could be this text.
fn is_open(output: &str, text: &str) -> bool {
    output.contains(OTHER) && !is_told(text)
}

/// Whether a word is one of those that a text known in part does not say.
fn is_told(word: &str) -> bool {
    matches!(word, "PONG" | "NOAUTH")
}

/// `grep` with one literal pattern over what came through the pipe.
fn grep(words: &[Text], input: &str) -> Option<Done> {
    let (mut quiet, mut inverted, mut ignores_case, mut counts, mut whole) = (false, false, false, false, false);
    let mut patterns = Vec::new();
    let mut rest = words[1..].iter().map(Text::as_str);
    while let Some(word) = rest.next() {
        match word {
            "--quiet" | "--silent" => quiet = true,
            "-e" => patterns.push(rest.next()?),
            options if options.len() > 1 && options.starts_with('-') => {
                for option in options[1..].chars() {
                    match option {
                        'q' => quiet = true,
                        'v' => inverted = true,
                        'i' => ignores_case = true,
                        'c' => counts = true,
                        'x' => whole = true,
                        'E' | 'F' | 's' | 'o' | 'a' => {}
                        _ => return None,
                    }
                }
            }
            pattern => patterns.push(pattern),
        }
    }
    let [pattern] = patterns.as_slice() else { return None };
    let plain = |char: char| char.is_alphanumeric() || matches!(char, '^' | '$' | ' ' | ':' | '_' | '-' | '+');
    if !pattern.chars().all(plain) {
        return None;
    }
    if input.contains(OTHER) && !is_told(&pattern.to_ascii_uppercase()) {
        return None;
    }
    let pattern = pattern.replace('+', "\\+");
    let pattern = if whole { format!("^(?:{pattern})$") } else { pattern };
    let regex = RegexBuilder::new(&pattern).case_insensitive(ignores_case).build().ok()?;
    let found: Vec<&str> = input.lines().filter(|line| regex.is_match(line) != inverted).collect();
    let output = match (quiet, counts) {
        (true, _) => String::new(),
        (_, true) => found.len().to_string(),
        _ => found.join("\n"),
    };
    Some(Done { success: Some(!found.is_empty()), output: Some(output), exits: false })
}
