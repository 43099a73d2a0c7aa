//! Files → the lines of commands in them, joined at continuations.

use crate::source::{FileId, Span};
use crate::syntax::dockerfile;
use crate::syntax::yaml::{self, Kind, NodeId, Yaml};
use crate::text::Text;

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
}

/// The lines of commands of a file, going by its name.
pub(super) fn of(file: FileId, path: &str, text: &str) -> Vec<Line> {
    let lower = path.to_ascii_lowercase();
    let name = lower.rsplit('/').next().unwrap_or(&lower);
    if name.ends_with(".md") || name.ends_with(".markdown") {
        return joined(file, &code_blocks(text));
    }
    if name == "package.json" {
        return package_scripts(&yaml::parse(file, text).0);
    }
    if name.ends_with(".yml") || name.ends_with(".yaml") {
        return workflow_scripts(&yaml::parse(file, text).0);
    }
    if name == "dockerfile" || name.starts_with("dockerfile.") || name.ends_with(".dockerfile") {
        let instructions = dockerfile::parse(file, text).0;
        let runs =
            instructions.into_iter().filter(|one| matches!(one.name.value.as_str(), "RUN" | "CMD" | "ENTRYPOINT"));
        return runs.filter(|one| one.exec.is_none()).map(|one| started(one.arguments, None)).collect();
    }
    if name.contains("env") && !name.ends_with(".sh") {
        return comments(file, name, text);
    }
    let ranges: Vec<(usize, &str)> = pieces(text).collect();
    let mut lines = joined(file, &ranges);
    // Each recipe of a Makefile or justfile starts in the folder of the file.
    let recipes =
        name.contains("makefile") || name.contains("justfile") || name.ends_with(".mk") || name.ends_with(".just");
    for line in lines.iter_mut().filter(|_| recipes) {
        line.starts = true;
    }
    lines
}

fn started(text: Text, folder: Option<String>) -> Line {
    Line { text, assignment: None, starts: true, folder }
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
fn joined(file: FileId, pieces: &[(usize, &str)]) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut open: Option<Text> = None;
    for (start, piece) in pieces {
        let trimmed = piece.trim_start();
        if open.is_none() && (trimmed.starts_with('#') || trimmed.starts_with("::") || trimmed.is_empty()) {
            continue;
        }
        // A prompt as documents show it.
        let body = trimmed.strip_prefix("$ ").or_else(|| trimmed.strip_prefix("> ")).unwrap_or(trimmed);
        let offset = start + piece.len() - body.len();
        let kept = body.strip_suffix('\\').or_else(|| body.strip_suffix(" ^"));
        let content = kept.unwrap_or(body);
        let text = Text::exact(content, Span::new(file, offset..offset + content.len()));
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
    Line { assignment: assignment(text.as_str()), text, starts: false, folder: None }
}

/// `NAME = value`, `NAME := value`, `NAME ?= value`, `set NAME=value`, `export NAME=value`.
fn assignment(line: &str) -> Option<(String, String)> {
    let line = line.trim();
    let line = ["export ", "set ", "SET "].iter().find_map(|word| line.strip_prefix(word)).unwrap_or(line);
    let (name, value) = line.split_once('=')?;
    let name = name.trim_end_matches([':', '?', ' ', '\t']);
    let plain = !name.is_empty() && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
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

/// The `scripts` of a package.json.
fn package_scripts(tree: &Yaml) -> Vec<Line> {
    let root = tree.documents.first();
    let scripts = root.and_then(|root| tree.get(*root, "scripts")).map(|scripts| tree.entries(scripts));
    let texts = scripts.into_iter().flatten().filter_map(|entry| tree.as_text(entry.value).cloned());
    texts.map(|text| started(text, None)).collect()
}

/// Every `run`, `script` or `cmd` of a workflow, with its `working-directory`.
fn workflow_scripts(tree: &Yaml) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut pending: Vec<NodeId> = tree.documents.iter().rev().copied().collect();
    while let Some(node) = pending.pop() {
        match &tree.node(node).kind {
            Kind::Scalar(_) => {}
            Kind::Sequence(items) => pending.extend(items.iter().rev()),
            Kind::Mapping(entries) => {
                if let Some(run) = tree.get(node, "run").and_then(|run| tree.as_text(run)) {
                    let folder = tree.get(node, "working-directory").and_then(|folder| tree.as_str(folder));
                    let folder = folder.map(|folder| folder.trim_start_matches("./").to_owned());
                    lines.push(started(run.clone(), folder));
                }
                pending.extend(entries.iter().rev().map(|entry| entry.value));
            }
        }
    }
    lines
}
