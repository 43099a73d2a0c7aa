//! Files → the lines of commands in them, joined at continuations.

use crate::source::{FileId, Span};
use crate::syntax::dockerfile;
use crate::syntax::yaml;
use crate::text::Text;

use super::documents;

/// A logical line.
pub(super) struct Line {
    /// Its text.
    pub text: Text,
    /// A variable that it sets as a Makefile or justfile does.
    pub assignment: Option<(String, String)>,
    /// A new script starts here, in this folder.
    pub starts: bool,
    /// The folder it starts in, where that is said.
    pub folder: Option<String>,
    /// A shell of its own starts here, with these variables and none of those before.
    pub environment: Option<Vec<(String, String)>>,
}

/// The lines of commands of a file, going by its name.
pub(super) fn of(file: FileId, path: &str, text: &str) -> Vec<Line> {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    if name.ends_with(".md") || name.ends_with(".markdown") {
        return joined(code_blocks(text).into_iter().map(|(start, piece)| exact(file, start, piece)));
    }
    if name.ends_with("devcontainer.json") {
        return documents::development_container(file, text);
    }
    if name == "package.json" {
        return documents::package_scripts(&yaml::parse(file, text).0);
    }
    if name.ends_with(".yml") || name.ends_with(".yaml") {
        return documents::scripts(&yaml::parse(file, text).0);
    }
    if name == "dockerfile" || name.starts_with("dockerfile.") || name.ends_with(".dockerfile") {
        return documents::instructions(dockerfile::parse(file, text).0);
    }
    if name.contains("env") && !name.ends_with(".sh") {
        return comments(file, name, text);
    }
    let procfile = name.starts_with("procfile");
    let lines = pieces(text).map(|(start, piece)| match piece.split_once(':') {
        // `web: docker compose up`.
        Some((process, command)) if procfile && !process.contains(' ') => {
            exact(file, start + piece.len() - command.len(), command)
        }
        _ => exact(file, start, piece),
    });
    let mut lines = joined(lines);
    // Each recipe of a Makefile or justfile starts in the folder of the file.
    let recipes =
        name.contains("makefile") || name.contains("justfile") || name.ends_with(".mk") || name.ends_with(".just");
    for line in lines.iter_mut().filter(|_| recipes) {
        line.starts = true;
    }
    lines
}

pub(super) fn started(text: Text, folder: Option<String>) -> Line {
    Line { text, assignment: None, starts: true, folder, environment: None }
}

fn exact(file: FileId, start: usize, piece: &str) -> Text {
    Text::exact(piece, Span::new(file, start..start + piece.len()))
}

/// The lines of a text.
pub(super) fn split(text: &Text) -> impl Iterator<Item = Text> {
    pieces(text.as_str()).map(|(start, piece)| text.slice(start..start + piece.len()))
}

/// Every line with its offset, without its end.
fn pieces(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        (start, line.trim_end_matches(['\n', '\r']))
    })
}

/// Lines that end in `\` (or `^` in batch files) go on; comments are none.
pub(super) fn joined(pieces: impl Iterator<Item = Text>) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut open: Option<Text> = None;
    for piece in pieces {
        let trimmed = piece.as_str().trim_start();
        if open.is_none() && (trimmed.starts_with('#') || trimmed.starts_with("::") || trimmed.is_empty()) {
            continue;
        }
        // A prompt as documents show it.
        let body = trimmed.strip_prefix("$ ").or_else(|| trimmed.strip_prefix("> ")).unwrap_or(trimmed);
        let kept = body.strip_suffix('\\').or_else(|| body.strip_suffix(" ^"));
        let start = piece.len() - body.len();
        let text = piece.slice(start..start + kept.unwrap_or(body).len());
        let whole = match open.take() {
            Some(mut before) => {
                before.push_text(&text);
                before
            }
            None => text,
        };
        match kept {
            Some(_) => open = Some(whole),
            None => lines.push(line(whole)),
        }
    }
    lines.extend(open.map(line));
    lines
}

fn line(text: Text) -> Line {
    let assignment = assignment(text.as_str());
    Line { text, assignment, starts: false, folder: None, environment: None }
}

/// `NAME = value`, `NAME := value`, `NAME ?= value`, `set NAME=value`, `export NAME=value`, `$env:NAME = value`.
fn assignment(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    let line =
        ["export ", "set ", "SET ", "$env:", "$Env:"].iter().find_map(|word| line.strip_prefix(word)).unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim_end_matches([':', '?', ' ', '\t']);
    let plain = !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || matches!(char, '_' | '-'));
    // `A=1 command` is no assignment for the lines to come; the shell reader tells.
    let value = value.trim().trim_matches(['"', '\'']);
    (plain && !value.contains(" docker")).then(|| (name.to_owned(), value.to_owned()))
}

/// The lines of a document's code blocks, fenced or indented.
fn code_blocks(text: &str) -> Vec<(usize, &str)> {
    let mut fence: Option<&str> = None;
    // An indented block begins after an empty line.
    let mut may_begin = true;
    let mut kept = Vec::new();
    for (start, piece) in pieces(text) {
        let trimmed = piece.trim_start();
        let indented = (piece.starts_with("    ") || piece.starts_with('\t')) && may_begin;
        may_begin = trimmed.is_empty() || indented;
        let mark = ["```", "~~~"].into_iter().find(|mark| trimmed.starts_with(mark));
        match (fence, mark) {
            (Some(open), Some(mark)) if open == mark => fence = None,
            (None, Some(mark)) => fence = Some(mark),
            (Some(_), _) => kept.push((start, piece)),
            (None, None) if indented => kept.push((start, piece)),
            (None, None) => {}
        }
    }
    kept
}

/// What a comment in an example says about copying it, as a command.
fn comments(file: FileId, name: &str, text: &str) -> Vec<Line> {
    let mut lines = Vec::new();
    for (start, piece) in pieces(text) {
        let Some(comment) = piece.trim_start().strip_prefix('#') else { continue };
        let span = Span::new(file, start..start + piece.len());
        let comment = comment.trim_start_matches(['#', ' ', '\t']);
        let lower = comment.to_ascii_lowercase();
        if lower.starts_with("cp ") {
            lines.push(started(Text::mapped(comment, span), None));
        } else if ["copy", "rename", "save"].iter().any(|word| lower.contains(word)) {
            // `Copy this file to .env.`: the name that follows is the copy's.
            let target = comment
                .split(|char: char| char.is_whitespace() || "\"'`(),;:".contains(char))
                .map(|word| word.trim_end_matches('.'))
                .find(|word| word.contains(".env") && !word.eq_ignore_ascii_case(name));
            if let Some(target) = target {
                lines.push(started(Text::mapped(&format!("cp {name} {target}"), span), None));
            }
        }
    }
    lines
}
