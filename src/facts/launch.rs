//! Scripts that start containers, as written: the words behind `docker run`, references still in them.

use std::collections::BTreeMap;

use crate::source::{FileId, Span, Spanned};
use crate::syntax::words::Word;
use crate::tree::{Index, Presence, join};

/// A shell script, a Makefile or a package.json that starts containers.
#[derive(Debug, Clone)]
pub struct Launcher {
    /// Its text.
    pub file: FileId,
    /// Its path relative to the root.
    pub path: String,
    /// What is run on its own: the whole script, a recipe of a Makefile, a script of a package.json.
    pub parts: Vec<LauncherPart>,
}

/// Commands that are run together.
#[derive(Debug, Clone)]
pub struct LauncherPart {
    /// The target or the script's name; `None`: the whole file.
    pub name: Option<Spanned<String>>,
    /// The containers it starts, in order; never empty.
    pub runs: Vec<ContainerRun>,
    /// The variables that it sets.
    pub variables: BTreeMap<String, ScriptVariable>,
}

/// What a script says of one of its variables.
#[derive(Debug, Clone)]
pub enum ScriptVariable {
    /// It is set at one place, to this.
    Once(Word),
    /// It is set at one place, where the environment does not set it.
    Default(Word),
    /// It is set more than once, or something that was not read may set it.
    Open,
}

/// One `docker run`.
#[derive(Debug, Clone)]
pub struct ContainerRun {
    /// The words behind it.
    pub words: Vec<Word>,
    /// The whole command.
    pub span: Span,
}

impl Launcher {
    /// The one path that a relative one may mean in a script: where it is started from is not written in it, so that its
    /// own folder and those above are tried. `None`: none is there, or more than one.
    #[must_use]
    pub fn beside(script: &str, written: &str, index: &Index) -> Option<String> {
        let mut folder = script;
        let mut found = None;
        while !folder.is_empty() {
            folder = folder.rsplit_once('/').map_or("", |(parent, _)| parent);
            let path = join(folder, written).filter(|path| !path.is_empty());
            let there = |path: &String| matches!(index.presence(path), Presence::File | Presence::Folder);
            match path.filter(there) {
                Some(_) if found.is_some() => return None,
                Some(path) => found = Some(path),
                None => {}
            }
        }
        found
    }
}
