//! The files that a configuration names against those that there are.

use super::{Config, Mistake};
use crate::nearest::nearest;
use crate::source::Spanned;

/// The files of `[[environment]]` that are certainly not there. `compose` and `env_file` tell whether a path may be that
/// of such a file, be it one that git ignores; `known` are all paths.
#[must_use]
pub fn absent<'a>(
    config: &Config,
    compose: &dyn Fn(&str) -> bool,
    env_file: &dyn Fn(&str) -> bool,
    known: &[&'a str],
) -> Vec<Mistake> {
    let mistake = |written: &Spanned<String>| {
        let path = written.value.trim_start_matches("./");
        Mistake {
            span: written.span,
            message: format!("there is no file `{}`", written.value),
            suggestion: nearest(path, known.iter().copied()).map(str::to_owned),
        }
    };
    let mut mistakes = Vec::new();
    for environment in &config.environments {
        let files = environment.files.iter().filter(|file| !compose(&file.value));
        let env_files = environment.env_files.iter().filter(|file| !env_file(&file.value));
        mistakes.extend(files.chain(env_files).map(mistake));
    }
    mistakes
}
