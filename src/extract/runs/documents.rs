//! Structured files → the commands in them: workflows, task files, package.json, Dockerfiles, development containers.

use crate::source::FileId;
use crate::syntax::dockerfile::Instruction;
use crate::syntax::yaml::{self, Kind, NodeId, Yaml};
use crate::text::Text;

use super::lines::{Line, joined, split, started};

/// Keys that hold commands, each in a shell of its own.
const ALONE: [&str; 5] = ["run", "cmd", "cmds", "command", "shell"];

/// Keys that hold a list of commands for one shell.
const TOGETHER: [&str; 4] = ["script", "before_script", "after_script", "commands"];

/// Keys that hold variables for everything below.
const VARIABLES: [&str; 4] = ["env", "environment", "variables", "vars"];

/// Keys that hold the folder that commands start in.
const FOLDERS: [&str; 3] = ["working-directory", "working_directory", "dir"];

/// What everything below a node starts with.
#[derive(Clone, Default)]
struct Shell {
    environment: Vec<(String, String)>,
    folder: Option<String>,
}

/// Every command of a workflow or a task file, with its folder and its variables.
pub(super) fn scripts(tree: &Yaml) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut pending: Vec<(NodeId, Shell)> = tree.documents.iter().rev().map(|root| (*root, Shell::default())).collect();
    while let Some((node, mut shell)) = pending.pop() {
        match &tree.node(node).kind {
            Kind::Scalar(_) => {}
            Kind::Sequence(items) => pending.extend(items.iter().rev().map(|item| (*item, shell.clone()))),
            Kind::Mapping(entries) => {
                shell.enter(tree, node);
                for key in ALONE.iter().chain(&TOGETHER) {
                    if let Some(value) = tree.get(node, key) {
                        lines.extend(commands(tree, value, ALONE.contains(key), &shell));
                    }
                }
                pending.extend(entries.iter().rev().map(|entry| (entry.value, shell.clone())));
            }
        }
    }
    lines
}

impl Shell {
    /// Takes in what a mapping says of the commands in it.
    fn enter(&mut self, tree: &Yaml, node: NodeId) {
        for entry in VARIABLES.iter().filter_map(|key| tree.get(node, key)).flat_map(|map| tree.entries(map)) {
            if let (Some(name), Some(value)) = (tree.as_str(entry.key), tree.canonical(entry.value)) {
                self.environment.push((name.to_owned(), value.as_str().to_owned()));
            }
        }
        let own = FOLDERS.iter().find_map(|key| tree.get(node, key));
        let folder = own.or_else(|| tree.get_path(node, &["defaults", "run", "working-directory"]));
        if let Some(folder) = folder.and_then(|folder| tree.as_str(folder)) {
            self.folder = Some(folder.trim_start_matches("./").to_owned());
        }
    }
}

/// The lines of one script, or of a list of them.
fn commands(tree: &Yaml, value: NodeId, alone: bool, shell: &Shell) -> Vec<Line> {
    let listed = tree.sequence(value);
    let items = if listed.is_empty() { std::slice::from_ref(&value) } else { listed };
    let mut lines: Vec<Line> = Vec::new();
    for text in items.iter().filter_map(|item| tree.as_text(*item)) {
        let first = lines.len();
        lines.extend(joined(split(text)));
        if let Some(line) = lines.get_mut(first).filter(|_| alone || first == 0) {
            line.starts = true;
            line.folder.clone_from(&shell.folder);
            line.environment = Some(shell.environment.clone());
        }
    }
    lines
}

/// The `scripts` of a package.json.
pub(super) fn package_scripts(tree: &Yaml) -> Vec<Line> {
    let root = tree.documents.first();
    let scripts = root.and_then(|root| tree.get(*root, "scripts")).map(|scripts| tree.entries(scripts));
    let texts = scripts.into_iter().flatten().filter_map(|entry| tree.as_text(entry.value).cloned());
    texts.map(|text| started(text, None)).collect()
}

/// What a Dockerfile runs, with the variables that it sets before.
pub(super) fn instructions(instructions: Vec<Instruction>) -> Vec<Line> {
    let mut lines = Vec::new();
    for one in instructions {
        let span = one.arguments.span();
        match (one.name.value.as_str(), one.exec) {
            ("ENV", _) => lines.push(started(Text::mapped(&format!("export {}", one.arguments.as_str()), span), None)),
            ("RUN" | "CMD" | "ENTRYPOINT", Some(words)) => {
                let words: Vec<&str> = words.iter().map(Text::as_str).collect();
                lines.push(started(Text::mapped(&words.join(" "), span), None));
            }
            ("RUN" | "CMD" | "ENTRYPOINT", None) => lines.push(started(one.arguments, None)),
            _ => {}
        }
    }
    lines
}

/// What starts a development container: `dockerComposeFile` names one file or several.
pub(super) fn development_container(file: FileId, text: &str) -> Vec<Line> {
    let (tree, _) = yaml::parse(file, &without_comments(text));
    let Some(value) = tree.documents.first().and_then(|root| tree.get(*root, "dockerComposeFile")) else {
        return Vec::new();
    };
    let listed = tree.sequence(value);
    let files = if listed.is_empty() { std::slice::from_ref(&value) } else { listed };
    let files: Vec<&Text> = files.iter().filter_map(|file| tree.as_text(*file)).collect();
    let Some(first) = files.first() else { return Vec::new() };
    let options: Vec<String> = files.iter().map(|file| format!("-f '{}'", file.as_str())).collect();
    vec![started(Text::mapped(&format!("docker compose {} up", options.join(" ")), first.span()), None)]
}

/// JSON with its comments blanked out, byte by byte, so that places stay.
fn without_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    let mut quoted = false;
    while let Some(char) = chars.next() {
        match (char, chars.peek()) {
            ('\\', Some(_)) if quoted => {
                out.push(char);
                out.extend(chars.next());
            }
            ('"', _) => {
                quoted = !quoted;
                out.push(char);
            }
            ('/', Some('/')) if !quoted => {
                out.push(' ');
                while let Some(comment) = chars.next_if(|next| *next != '\n') {
                    out.extend(std::iter::repeat_n(' ', comment.len_utf8()));
                }
            }
            ('/', Some('*')) if !quoted => {
                chars.next();
                out.push_str("  ");
                let mut last = ' ';
                for comment in chars.by_ref() {
                    out.extend(std::iter::repeat_n(if comment == '\n' { '\n' } else { ' ' }, comment.len_utf8()));
                    if last == '*' && comment == '/' {
                        break;
                    }
                    last = comment;
                }
            }
            _ => out.push(char),
        }
    }
    out
}
