//! The words behind `docker compose` → the options that say which files run together.

use crate::syntax::words::{Word, WordPart};

/// The options of one command.
#[derive(Default)]
pub(super) struct Options {
    /// `-f`.
    pub files: Vec<String>,
    /// `--env-file`.
    pub env_files: Vec<String>,
    /// `--profile`.
    pub profiles: Vec<String>,
    /// `--project-directory`.
    pub directory: Option<String>,
}

/// The options in front of the subcommand; `None`: a file or profile among them can't be told.
pub(super) fn of(words: &[Word]) -> Option<Options> {
    let mut options = Options::default();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        // `$(ARGS)` may hold anything, files included.
        let [WordPart::Literal(first), ..] = word.parts.as_slice() else { return None };
        let first = first.as_str();
        if !first.starts_with('-') {
            // What only looks after containers says nothing about how they are started.
            let idle = ["version", "help", "ls"].contains(&first);
            return (!idle).then_some(options);
        }
        let literal = word.literal();
        let (name, joined) = match first.split_once('=') {
            Some((name, _)) => (
                name.to_owned(),
                Some(literal.as_ref().and_then(|text| Some(text.as_str().split_once('=')?.1.to_owned()))),
            ),
            None => (first.to_owned(), None),
        };
        let takes_value = matches!(
            name.as_str(),
            "-f" | "--file"
                | "--env-file"
                | "--profile"
                | "-p"
                | "--project-name"
                | "--project-directory"
                | "--ansi"
                | "--progress"
                | "--parallel"
                | "-H"
                | "--host"
                | "-c"
                | "--context"
        );
        if !takes_value {
            continue;
        }
        let value = match joined {
            Some(value) => value,
            None => rest.next()?.literal().map(|text| text.as_str().to_owned()),
        };
        match name.as_str() {
            "-f" | "--file" => add(&mut options.files, value?)?,
            "--env-file" => add(&mut options.env_files, value?)?,
            "--profile" => add(&mut options.profiles, value?)?,
            "--project-directory" => options.directory = Some(value?),
            _ => {}
        }
    }
    Some(options)
}

/// Adds a value, once; `None`: something else fills it in before a shell sees it.
pub(super) fn add(list: &mut Vec<String>, value: String) -> Option<()> {
    if value.contains("${") || value.contains("{{") {
        return None;
    }
    if !list.contains(&value) {
        list.push(value);
    }
    Some(())
}
