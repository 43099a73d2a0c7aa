//! `sh -c script` → the server that the script comes to in the end.
//!
//! Assignments, tests and branches are followed as far as they are certain; a server that only perhaps is reached counts
//! where there is no other. What the arguments mean is not known here.

use super::argv::{Input, Run, WRAPPERS, follow, informs, is_shell, product};
use super::expand::Shell;
use crate::resolve::conditions::{always, both};
use crate::resolve::images::Image;
use crate::resolve::project::Case;
use crate::source::Span;
use crate::symbol::Symbols;
use crate::syntax::words::{self, Command, Word};
use crate::text::Text;

/// Words behind the script are its own arguments and the server's only where it says so.
pub(super) fn script(argv: &[Text], image: &Image, shell: &Shell<'_>, depth: usize) -> Vec<Case<Run>> {
    let option = argv[1..].iter().position(|word| {
        let word = word.as_str();
        word.starts_with('-') && !word.starts_with("--") && word.contains('c')
    });
    let Some((at, body)) = option.and_then(|at| Some((at + 2, argv.get(at + 2)?))) else { return always(Run::Unknown) };
    if let Some(span) = words::unclosed(body) {
        return broken("Syntax error: Unterminated quoted string", span);
    }
    let mut shell = shell.clone();
    shell.strict = argv[1..at].iter().any(|word| word.starts_with_dash('u'));
    shell.arguments = argv.get(at + 1..).unwrap_or_default().to_vec();
    let commands = words::parse_shell(body);
    let running = Running { body, image, depth, shell, frames: Vec::new(), status: Status::Succeeds };
    running.through(&commands)
}

/// Options in one word, such as `-eu`.
trait Options {
    fn starts_with_dash(&self, option: char) -> bool;
}

impl Options for Text {
    fn starts_with_dash(&self, option: char) -> bool {
        self.as_str().strip_prefix('-').is_some_and(|rest| !rest.starts_with('-') && rest.contains(option))
    }
}

fn broken(error: &str, span: Span) -> Vec<Case<Run>> {
    always(Run::Broken { error: error.to_owned(), span })
}

/// How a command ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Succeeds,
    Fails,
    /// A program of which nothing is known: who goes on with `&&` expects it to succeed.
    Presumed,
    /// A test that what is not known decides.
    Unknown,
}

impl Status {
    fn negated(self) -> Self {
        match self {
            Self::Succeeds => Self::Fails,
            Self::Fails => Self::Succeeds,
            Self::Presumed | Self::Unknown => Self::Unknown,
        }
    }

    fn of(success: Option<bool>) -> Self {
        match success {
            Some(true) => Self::Succeeds,
            Some(false) => Self::Fails,
            None => Self::Unknown,
        }
    }
}

/// Whether a place of the script is reached.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Runs {
    Yes,
    Maybe,
    No,
}

/// What a place is inside of.
enum Frame {
    /// An `if`: whether an earlier branch was taken, and whether this one is.
    If { taken: Runs, here: Runs },
    /// A loop or a `case`.
    Repeated,
}

struct Running<'a> {
    body: &'a Text,
    image: &'a Image,
    depth: usize,
    shell: Shell<'a>,
    frames: Vec<Frame>,
    /// Of the last command that ran.
    status: Status,
}

impl Running<'_> {
    fn through(mut self, commands: &[Command]) -> Vec<Case<Run>> {
        // Something that may start a server elsewhere, and a server that the script passes over.
        let (mut prepared, mut passed) = (false, None);
        let mut joined = "";
        for (at, command) in commands.iter().enumerate() {
            for word in &command.reserved {
                self.enter(word);
            }
            let runs = self.runs(std::mem::replace(&mut joined, &command.terminator));
            let serves = self.starts_server(command);
            if runs == Runs::No {
                passed = passed.or(serves.then_some(command.span));
                continue;
            }
            if serves {
                let others = commands[at + 1..].iter().any(|later| self.starts_server(later));
                if runs == Runs::Maybe && others {
                    return always(Run::Unknown);
                }
                let before = at.checked_sub(1).map(|at| &commands[at]).filter(|before| before.terminator == "|");
                return self.server(command, before);
            }
            if runs == Runs::Yes && first_word(command).as_deref() == Some("exit") {
                return broken("the script ends before it comes to the server", command.span);
            }
            let status = self.perform(command, runs == Runs::Yes);
            let negated = command.reserved.last() == Some(&"!");
            self.status = match runs {
                Runs::Yes if negated => status.negated(),
                Runs::Yes => status,
                Runs::Maybe | Runs::No => Status::Unknown,
            };
            prepared |= !serves_nothing(command);
        }
        match passed {
            Some(span) if !prepared => broken("the script ends without coming to the server", span),
            // A script without a server in sight: another program, or one whose scripts were not read.
            _ if prepared || commands.is_empty() => always(Run::Unknown),
            _ => always(Run::Other),
        }
    }

    /// Follows a reserved word into or out of a branch.
    fn enter(&mut self, word: &str) {
        let status = self.status;
        match (word, self.frames.last_mut()) {
            ("if", _) => self.frames.push(Frame::If { taken: Runs::No, here: Runs::Yes }),
            ("while" | "until" | "for" | "select" | "case", _) => self.frames.push(Frame::Repeated),
            ("fi" | "done" | "esac", _) => {
                self.frames.pop();
            }
            ("then", Some(Frame::If { taken, here })) => {
                *here = match (*taken, status) {
                    (Runs::Yes, _) | (_, Status::Fails) => Runs::No,
                    (Runs::No, Status::Succeeds) => Runs::Yes,
                    _ => Runs::Maybe,
                };
                *taken = match (*taken, *here) {
                    (Runs::Yes, _) | (_, Runs::Yes) => Runs::Yes,
                    (Runs::No, Runs::No) => Runs::No,
                    _ => Runs::Maybe,
                };
            }
            ("elif" | "else", Some(Frame::If { taken, here })) => {
                *here = match taken {
                    Runs::Yes => Runs::No,
                    Runs::No => Runs::Yes,
                    Runs::Maybe => Runs::Maybe,
                };
            }
            _ => {}
        }
    }

    /// Whether the command behind this operator is reached.
    fn runs(&self, joined: &str) -> Runs {
        let here = |frame: &Frame| match frame {
            Frame::If { here, .. } => *here,
            Frame::Repeated => Runs::Maybe,
        };
        let inside = self.frames.iter().map(here);
        let around = inside.fold(Runs::Yes, |all, one| match (all, one) {
            (Runs::No, _) | (_, Runs::No) => Runs::No,
            (Runs::Yes, Runs::Yes) => Runs::Yes,
            _ => Runs::Maybe,
        });
        let alone = match (joined, self.status) {
            ("&&", Status::Fails) | ("||", Status::Succeeds) => Runs::No,
            ("&&", Status::Unknown) | ("||", Status::Unknown | Status::Presumed) => Runs::Maybe,
            _ => Runs::Yes,
        };
        if alone == Runs::Yes || around == Runs::No { around } else { alone }
    }

    /// What a command that starts no server does to the shell, and how it ends.
    fn perform(&mut self, command: &Command, certain: bool) -> Status {
        if is_test(command) {
            return Status::of(self.tested(command));
        }
        if command.words.is_empty() {
            self.shell.assign(command, certain);
            return Status::Succeeds;
        }
        let name = first_word(command);
        // What stands before a program is set for it alone.
        if command.assignments.is_empty() {
            self.shell.assign(command, certain);
        }
        match name.as_deref() {
            Some("set") => {
                let strict = command.words.iter().filter_map(Word::literal).any(|word| word.starts_with_dash('u'));
                self.shell.strict |= strict && certain;
                Status::Succeeds
            }
            Some(":" | "true" | "export" | "echo" | "printf" | "umask" | "cd" | "sleep") => Status::Succeeds,
            Some("false") => Status::Fails,
            _ => Status::Presumed,
        }
    }

    /// How `[ -n "$PASSWORD" ]` and the like end, where that is the same in every case.
    fn tested(&self, command: &Command) -> Option<bool> {
        let mut ends = self.shell.expand(&command.words)?.into_iter().map(|case| {
            let words = case.value.ok()?;
            let [_, option, operand, ..] = words.as_slice() else { return None };
            let known = Symbols::is_known(operand);
            match option.as_str() {
                "-n" if known => Some(!operand.is_empty()),
                "-z" if known => Some(operand.is_empty()),
                _ => None,
            }
        });
        let first = ends.next()??;
        ends.all(|end| end == Some(first)).then_some(first)
    }

    fn starts_server(&self, command: &Command) -> bool {
        let literal: Option<Vec<Text>> = command.words.iter().take(1).map(Word::literal).collect();
        // A name that the shell fills in, such as `"$@"`.
        let words = match literal {
            Some(_) => command.words.iter().filter_map(Word::literal).collect(),
            None => self.shell.certain(&command.words).unwrap_or_default(),
        };
        let Some((first, rest)) = words.split_first() else { return false };
        let name = first.as_str().rsplit('/').next().unwrap_or_default();
        let own = self.image.traits.command.first().is_some_and(|own| *own == first.as_str());
        let served = |word: &Text| product(word.as_str()).is_some() || word.as_str().ends_with("docker-entrypoint.sh");
        let in_script = |word: &Text| word.as_str().split([' ', '\'', '"', '\n']).any(|part| product(part).is_some());
        let nested = is_shell(name) && rest.iter().any(in_script);
        nested || (served(first) || own || WRAPPERS.contains(&name) && rest.iter().any(served)) && !informs(rest)
    }

    /// The server that a command starts; `before` writes to its standard input.
    fn server(&self, command: &Command, before: Option<&Command>) -> Vec<Case<Run>> {
        let Some(all) = self.shell.expand(&command.words) else { return always(Run::Unknown) };
        let child = self.shell.child(command);
        let input = match before {
            _ if command.redirected => Input::Unknown,
            Some(before) => self.written(before),
            None => Input::Nothing,
        };
        let mut runs = Vec::new();
        for case in all {
            let words = match case.value {
                Ok(words) => words,
                Err((error, span)) => {
                    runs.push(Case { value: Run::Broken { error, span }, when: case.when, trace: case.trace });
                    continue;
                }
            };
            for run in follow(&words, self.image, &child, self.depth + 1) {
                let Some(when) = both(&case.when, &run.when) else { continue };
                let trace = case.trace.iter().chain(&run.trace).cloned().collect();
                runs.push(Case { when, value: self.in_script(run.value, &input), trace });
            }
        }
        runs
    }

    fn in_script(&self, run: Run, input: &Input) -> Run {
        match run {
            Run::Server { product, arguments, .. } => {
                Run::Server { product, arguments, scripted: Some(self.body.clone()), input: input.clone() }
            }
            other => other,
        }
    }

    /// What a command writes to the next one.
    fn written(&self, command: &Command) -> Input {
        let Some(words) = self.shell.certain(&command.words) else { return Input::Unknown };
        let plain = words.iter().all(|word| !word.as_str().contains('\\'));
        match words.as_slice() {
            [program, path] if program.as_str() == "cat" => Input::File(path.clone()),
            [program, rest @ ..] if program.as_str() == "echo" && plain && !rest.is_empty() => {
                let mut text = Text::empty(program.span());
                for (at, word) in rest.iter().enumerate() {
                    text.push_mapped(if at == 0 { "" } else { " " }, word.span());
                    text.push_text(word);
                }
                Input::Text(text)
            }
            [program, format, values @ ..] if program.as_str() == "printf" => printed(format, values),
            _ => Input::Unknown,
        }
    }
}

/// `printf` with line breaks and `%s`, each of which has its value.
fn printed(format: &Text, values: &[Text]) -> Input {
    let (value, mut values) = (format.as_str(), values.iter());
    let mut text = Text::empty(format.span());
    let mut at = 0;
    while let Some(char) = value[at..].chars().next() {
        let two = value.get(at..at + 2);
        match two {
            Some("\\n") => text.push_mapped("\n", format.span_of(at..at + 2)),
            Some("%s") => match values.next() {
                Some(value) => text.push_text(value),
                None => return Input::Unknown,
            },
            _ if matches!(char, '\\' | '%') => return Input::Unknown,
            _ => {
                text.push_text(&format.slice(at..at + char.len_utf8()));
                at += char.len_utf8();
                continue;
            }
        }
        at += 2;
    }
    if values.len() == 0 { Input::Text(text) } else { Input::Unknown }
}

fn is_test(command: &Command) -> bool {
    matches!(first_word(command).as_deref(), Some("[" | "[[" | "test"))
}

fn first_word(command: &Command) -> Option<String> {
    Some(command.words.first()?.literal()?.as_str().to_owned())
}

/// Whether a command certainly starts no server, nor a script that might.
fn serves_nothing(command: &Command) -> bool {
    const PROGRAMS: [&str; 24] = [
        ":",
        "[",
        "break",
        "cat",
        "cd",
        "chmod",
        "chown",
        "cp",
        "date",
        "echo",
        "exit",
        "export",
        "false",
        "grep",
        "mkdir",
        "printf",
        "redis-cli",
        "rm",
        "set",
        "sleep",
        "test",
        "true",
        "umask",
        "valkey-cli",
    ];
    let words = command.words.iter().filter_map(Word::literal).collect::<Vec<_>>();
    match command.words.first().map(Word::literal) {
        Some(Some(program)) => {
            let name = program.as_str().rsplit('/').next().unwrap_or_default();
            PROGRAMS.contains(&name) || product(name).is_some() && informs(&words[1..])
        }
        Some(None) => false,
        None => true,
    }
}
