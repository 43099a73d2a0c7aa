//! Edits of Python code: an argument `password`, a default of a setting, an import.

use crate::edit::Edit;
use crate::fix::place::{line_end, line_start, next_line};
use crate::source::{Sources, Span};
use crate::text::Text;

/// Takes `password="…"` out of a call, or empties a password's own literal.
pub fn remove_password(sources: &Sources, password: &Text) -> Option<Edit> {
    let literal = password.anchor();
    let source = sources.get(literal.file);
    let (text, range) = (source.text(), literal.range());
    let quoted = text.get(range.clone())?.starts_with(['"', '\'']);
    if !source.path().ends_with(".py") || !quoted {
        return None;
    }
    let before = text[..range.start].trim_end();
    let argument = before.strip_suffix('=').map(str::trim_end).and_then(|before| before.strip_suffix("password"));
    let Some(call) = argument.filter(|before| before.trim_end().ends_with(['(', ','])) else {
        return Some(Edit::replace(literal, "\"\""));
    };
    let rest = &text[range.end..];
    let line = line_start(text, call.len())..next_line(text, range.end);
    if text[line.start..call.len()].trim().is_empty() && matches!(text[range.end..line.end].trim(), "" | ",") {
        return Some(Edit::delete(Span::new(literal.file, line)));
    }
    let (start, end) = match rest.trim_start().strip_prefix(',') {
        // What follows moves up to its place.
        Some(more) => (call.len(), text.len() - more.trim_start().len()),
        None => (call.trim_end().trim_end_matches(',').len(), range.end),
    };
    Some(Edit::delete(Span::new(literal.file, start..end)))
}

/// Lets code read the password from a variable, in the place of a literal.
pub fn read_password(sources: &Sources, password: &Text, variable: &str) -> Option<Vec<Edit>> {
    let literal = password.anchor();
    let written = sources.slice(literal);
    let is_code = sources.get(literal.file).path().ends_with(".py");
    if !is_code || !written.starts_with(['"', '\'']) || literal.len() != password.as_str().len() + 2 {
        return None;
    }
    Some(reading(sources, Edit::replace(literal, lookup(variable))))
}

/// Gives a call of redis-py that names its host the password from a variable.
pub fn give_password(sources: &Sources, call: Span, variable: &str) -> Option<Vec<Edit>> {
    let written = sources.slice(call);
    let (callee, arguments) = written.strip_suffix(')')?.split_once('(')?;
    let class = callee.rsplit('.').next()?;
    let is_code = sources.get(call.file).path().ends_with(".py");
    let fits = is_code && matches!(class, "Redis" | "StrictRedis" | "Valkey") && arguments.contains("host");
    if !fits || arguments.contains(['#', '*']) || arguments.contains("password") {
        return None;
    }
    let kept = arguments.trim_end();
    let at = call.range().start + callee.len() + 1 + kept.len();
    let argument = format!("password={}", lookup(variable));
    // Arguments with a line each get one more.
    let indent = kept.rfind('\n').map(|line| {
        let last = &kept[line + 1..];
        &last[..last.len() - last.trim_start().len()]
    });
    let text = match (kept.ends_with(','), indent.filter(|_| arguments.len() > kept.len())) {
        (true, Some(indent)) => format!("{}{indent}{argument},", line_end(sources.get(call.file).text())),
        (true, None) => format!(" {argument}"),
        (false, _) => format!(", {argument}"),
    };
    Some(reading(sources, Edit::insert(call.file, at, text)))
}

fn lookup(variable: &str) -> String {
    format!("os.environ[\"{variable}\"]")
}

/// An edit that reads the environment, with the import that it takes.
fn reading(sources: &Sources, edit: Edit) -> Vec<Edit> {
    let text = sources.get(edit.span.file).text();
    let imported = text.lines().any(|line| line.split('#').next().is_some_and(|line| line.trim_end() == "import os"));
    let first = text.split_inclusive('\n').scan(0, |at, line| {
        *at += line.len();
        Some((*at - line.len(), line))
    });
    let mut imports = first.filter(|(_, line)| {
        (line.starts_with("import ") || line.starts_with("from ")) && !line.starts_with("from __future__")
    });
    let place = imports.next().map(|(at, _)| at).filter(|at| !imported && *at < edit.span.range().start);
    let import = place.map(|at| Edit::insert(edit.span.file, at, format!("import os{}", line_end(text))));
    import.into_iter().chain([edit]).collect()
}

/// Takes the default of a setting away: `NAME: str = "…"` and `os.getenv("NAME", "…")` demand the variable then.
pub fn demand_setting(sources: &Sources, literal: Span) -> Option<Edit> {
    let source = sources.get(literal.file);
    let (text, range) = (source.text(), literal.range());
    if !source.path().ends_with(".py") || !text.get(range.clone())?.starts_with(['"', '\'']) {
        return None;
    }
    let before = &text[line_start(text, range.start)..range.start];
    let rest = &text[range.end..next_line(text, range.end)];
    let annotated = before.trim_end().strip_suffix('=').map(str::trim_end);
    if let Some((name, kind)) = annotated.and_then(|before| before.split_once(':')) {
        let is_name = !name.trim().is_empty() && name.trim().chars().all(|char| char.is_alphanumeric() || char == '_');
        let end = line_start(text, range.start) + name.len() + 1 + kind.len();
        let alone = rest.trim().is_empty() || rest.trim_start().starts_with('#');
        return (is_name && alone).then(|| Edit::delete(Span::new(literal.file, end..range.end)));
    }
    // `os.getenv("NAME", "…")` → `os.environ["NAME"]`
    let call = before.trim_end().strip_suffix(',')?;
    let (open, name) = ["os.getenv(", "os.environ.get("].iter().find_map(|open| {
        let at = call.rfind(open)?;
        Some((at, &call[at + open.len()..]))
    })?;
    let quoted = name.len() > 2 && name.starts_with(['"', '\'']) && name.ends_with(['"', '\'']);
    let close = rest.trim_start().starts_with(')').then(|| rest.find(')')).flatten()?;
    let start = range.start - before.len() + open;
    quoted.then(|| Edit::replace(Span::new(literal.file, start..range.end + close + 1), format!("os.environ[{name}]")))
}
