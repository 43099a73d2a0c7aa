//! Shell scripts of the repository that a container's commands start: mounted, or copied into its image.

use crate::resolve::Inputs;
use crate::resolve::placement::Placement;
use crate::source::{FileId, Span};
use crate::text::Text;

use super::shell::{Argument, Line};

/// Scripts that one container starts; one that starts all the others is not followed further.
const MAX_SCRIPTS: usize = 8;

/// The texts of the scripts that these commands name.
pub(super) fn started(inputs: &Inputs<'_>, placement: &Placement, commands: &[Line]) -> Vec<Text> {
    let words = commands.iter().flat_map(|line| &line.words).filter_map(Argument::known);
    let mut files = Vec::new();
    for word in words {
        if let Some(file) = named(inputs, placement, word.as_str())
            && !files.contains(&file)
        {
            files.push(file);
        }
    }
    files.truncate(MAX_SCRIPTS);
    files
        .into_iter()
        .map(|file| {
            let text = inputs.sources.get(file).text();
            Text::exact(text, Span::new(file, 0..text.len()))
        })
        .collect()
}

/// The one script in the container that a word of a command means: its last parts are the script's last ones.
fn named(inputs: &Inputs<'_>, placement: &Placement, word: &str) -> Option<FileId> {
    let same = |path: &str| {
        let parts = path.rsplit('/').zip(word.trim_start_matches("./").rsplit('/'));
        parts.take_while(|(own, other)| own == other).count()
    };
    let here = inputs.facts.scripts.iter().filter(|script| placement.holds(&script.path) && same(&script.path) > 0);
    let mut best: Vec<_> = here.map(|script| (same(&script.path), script.file)).collect();
    best.sort_by_key(|(parts, _)| std::cmp::Reverse(*parts));
    match best.as_slice() {
        [(_, only)] => Some(*only),
        [(most, file), (next, _), ..] if most > next => Some(*file),
        _ => None,
    }
}
