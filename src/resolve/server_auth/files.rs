//! Which file of the repository lies at a path inside a container: mounts and what a Dockerfile copies.
//!
//! Paths of the container go in, read configuration files come out; a path under a volume or in an image that is not
//! known is unread, never missing.

use crate::facts::{ConfFile, Facts};
use crate::resolve::conditions::{always, combine};
use crate::resolve::project::{Case, Mount};
use crate::text::Text;
use crate::tree::{self, Index, Presence};

/// What lies at a path.
pub(in crate::resolve) enum Found<'a> {
    /// A file that was read.
    Conf(&'a ConfFile),
    /// Content written in a compose file.
    Inline(&'a Text),
    /// Something may lie there, but it was not read.
    Unread,
    /// Nothing lies there.
    Missing,
}

/// The files of one container.
#[derive(Clone)]
pub(in crate::resolve) struct Files<'a> {
    pub facts: &'a Facts,
    pub index: &'a Index,
    /// Mounts first, which hide what the image copied.
    pub mounts: Vec<Mount>,
    /// Where relative paths start from.
    pub directory: String,
    /// Whether the image holds nothing else that a server would load.
    pub image_known: bool,
    /// A file that the image brings along, without a password in it.
    pub own: Option<&'static str>,
}

impl<'a> Files<'a> {
    /// The absolute, normalised form of a path in the container.
    pub fn absolute(&self, path: &str) -> String {
        let (folder, path) = if path.starts_with('/') { ("", path) } else { (self.directory.as_str(), path) };
        format!("/{}", tree::join(folder.trim_matches('/'), path.trim_start_matches('/')).unwrap_or_default())
    }

    /// The mount that holds an absolute path, and the path of the repository behind it.
    pub fn mount(&self, path: &str) -> Option<(&Mount, Option<String>)> {
        let holds = |mount: &Mount| {
            let target = mount.target.trim_end_matches('/');
            path.strip_prefix(target).and_then(|rest| match rest.strip_prefix('/') {
                Some(rest) => Some(rest.to_owned()),
                None => rest.is_empty().then(String::new),
            })
        };
        // The deepest one hides the others; among equals the first.
        let (mount, rest) = self
            .mounts
            .iter()
            .filter_map(|mount| holds(mount).map(|rest| (mount, rest)))
            .reduce(|best, next| if next.0.target.len() > best.0.target.len() { next } else { best })?;
        let source = mount.source.as_deref().and_then(|source| tree::join(source, &rest));
        Some((mount, source))
    }

    /// Whether something is mounted at a path of the container that is not known to be missing there.
    pub fn holds(&self, path: &str) -> bool {
        self.mount(path).is_some() && !matches!(self.find(path), Found::Missing)
    }

    /// What lies at a path of the container.
    pub fn find(&'a self, path: &str) -> Found<'a> {
        let path = self.absolute(path);
        let Some((mount, source)) = self.mount(&path) else {
            let elsewhere = !self.image_known || self.own == Some(path.as_str()) || path.starts_with("/run/secrets/");
            return if elsewhere { Found::Unread } else { Found::Missing };
        };
        if let Some(content) = &mount.content {
            return Found::Inline(content);
        }
        let Some(source) = source else { return Found::Unread };
        if let Some(conf) = self.facts.confs.iter().find(|conf| conf.path == source) {
            return Found::Conf(conf);
        }
        match (self.index.presence(&source), mount.exists) {
            (Presence::Absent, Some(true)) => Found::Missing,
            _ => Found::Unread,
        }
    }

    /// The same files in every state of the variables that stand in inline contents; as they are where these are too many.
    pub fn states(&self) -> Vec<Case<Self>> {
        let mut states = always(self.clone());
        for (at, mount) in self.mounts.iter().enumerate().filter(|(_, mount)| !mount.contents.is_empty()) {
            let with = |files: &Self, content: &Text| {
                let mut files = files.clone();
                files.mounts[at].content = Some(content.clone());
                files
            };
            let Some(more) = combine(&states, &mount.contents, with) else { return always(self.clone()) };
            states = more;
        }
        states
    }

    /// The paths of the container that match a pattern, sorted; `None`: what lies there was not read.
    pub fn glob(&self, path: &str) -> Option<Vec<String>> {
        let path = self.absolute(path);
        let first = path.split('/').position(|part| part.contains(WILDCARDS))?;
        let parts: Vec<&str> = path.split('/').collect();
        let (folder, pattern) = (parts[..first].join("/"), &parts[first..]);
        let source = self.mount(if folder.is_empty() { "/" } else { &folder })?.1?;
        let prefix = if source.is_empty() { String::new() } else { format!("{source}/") };
        let fits = |file: &&str| {
            let parts: Vec<&str> = file.split('/').collect();
            parts.len() == pattern.len() && pattern.iter().zip(&parts).all(|(pattern, part)| matches(pattern, part))
        };
        let below = self.index.files_below(&source).filter_map(|file| file.strip_prefix(&prefix));
        Some(below.filter(fits).map(|file| format!("{folder}/{file}")).collect())
    }
}

/// What makes a path a pattern.
pub(in crate::resolve) const WILDCARDS: [char; 3] = ['*', '?', '['];

/// Whether a name fits a pattern, as `glob(3)` has it; without going back more than once a star.
fn matches(pattern: &str, name: &str) -> bool {
    // What begins with a dot has to be asked for.
    if name.starts_with('.') && !pattern.starts_with('.') {
        return false;
    }
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let (mut at, mut in_name, mut star) = (0, 0, None);
    while in_name < name.len() {
        if pattern.get(at) == Some(&'*') {
            star = Some((at, in_name));
            at += 1;
        } else if let Some(length) = fits_one(&pattern[at..], name[in_name]) {
            at += length;
            in_name += 1;
        } else {
            let Some((star_at, from)) = star else { return false };
            star = Some((star_at, from + 1));
            at = star_at + 1;
            in_name = from + 1;
        }
    }
    pattern[at..].iter().all(|char| *char == '*')
}

/// The length of the pattern's beginning that one letter fits.
fn fits_one(pattern: &[char], letter: char) -> Option<usize> {
    let class = match pattern {
        ['?', ..] => return Some(1),
        ['[', rest @ ..] => rest,
        [first, ..] => return (*first == letter).then_some(1),
        [] => return None,
    };
    let negated = usize::from(matches!(class.first(), Some('!' | '^')));
    // A bracket that comes first is a letter.
    let Some(end) = class.iter().skip(negated + 1).position(|char| *char == ']').map(|at| at + negated + 1) else {
        return (letter == '[').then_some(1);
    };
    let letters = &class[negated..end];
    let ranges = letters.windows(3).any(|three| three[1] == '-' && (three[0]..=three[2]).contains(&letter));
    let holds = ranges || letters.contains(&letter);
    (holds == (negated == 0)).then_some(end + 2)
}
