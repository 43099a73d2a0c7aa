//! Values of variables and Secrets.

use crate::edit::{Edit, Fix, Safety};
use crate::finding::Finding;
use crate::fix::Scene;
use crate::fix::base64::{decode, encode};
use crate::fix::place::{is_yaml, line_start, next_line};
use crate::source::Span;

/// Keeps compose from taking the dollar sign of a password for a reference.
pub fn double_dollar(scene: &Scene<'_>, finding: &Finding) -> Option<Fix> {
    let span = finding.primary.span;
    let source = scene.sources.get(span.file);
    if !scene.sources.slice(span).starts_with('$') {
        return None;
    }
    if is_yaml(source.path()) {
        let edit = Edit::insert(span.file, span.range().start, "$");
        return Some(Fix::new(Safety::Safe, "write the dollar sign twice", vec![edit]));
    }
    // An env file: single quotes keep a value as it is.
    let text = source.text();
    let line = line_start(text, span.range().start);
    let start = line + text[line..span.range().start].find('=')? + 1;
    let end = start + text[start..next_line(text, start)].trim_end().len();
    let quote = |at| Edit::insert(span.file, at, "'");
    let plain = !text[start..end].contains([' ', '\t', '\'', '"', '#', '`', '\\']);
    plain.then(|| Fix::new(Safety::Safe, "put the value in single quotes", vec![quote(start), quote(end)]))
}

/// Turns `${NAME:-password}` into `${NAME:?…}`.
pub fn demand_variable(scene: &Scene<'_>, finding: &Finding) -> Option<Fix> {
    let span = finding.primary.span;
    let source = scene.sources.get(span.file);
    if !is_yaml(source.path()) {
        return None;
    }
    let (name, operand) = enclosing_default(source.text(), span)?;
    let edit = Edit::replace(operand, format!(":?set {name}"));
    Some(Fix::new(Safety::Safe, format!("demand `{name}` instead of falling back to a password"), vec![edit]))
}

/// The name and the operator with the operand of the `${NAME:-…}` around a place on one line, where nothing is nested.
fn enclosing_default(text: &str, span: Span) -> Option<(&str, Span)> {
    let range = span.range();
    let line = text[..range.start].rfind('\n').map_or(0, |at| at + 1);
    let open = line + text[line..range.start].rfind("${")?;
    let name = &text[open + 2..];
    let name = &name[..name.find(|char: char| !char.is_ascii_alphanumeric() && char != '_')?];
    let operator = open + 2 + name.len();
    let rest = &text[operator..];
    let close = range.end + text[range.end..].find(['}', '\n'])?;
    let fits = (rest.starts_with(":-") || rest.starts_with('-')) && text[close..].starts_with('}');
    let plain = !text[operator..close].contains(['$', '{', '}']);
    (fits && plain && operator < range.start).then(|| (name, Span::new(span.file, operator..close)))
}

/// Encodes a Secret's value again without the line break at its end.
pub fn encode_without_newline(scene: &Scene<'_>, finding: &Finding) -> Option<Fix> {
    let span = finding.primary.span;
    let encoded = scene.sources.slice(span);
    let value = decode(encoded)?;
    let kept = value.iter().rposition(|byte| !b"\r\n".contains(byte))? + 1;
    let edit = Edit::replace(span, encode(&value[..kept]));
    let fix = Fix::new(Safety::Safe, "encode the value without the line break", vec![edit]);
    Some(Fix { holds_secret: true, ..fix })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    #[test]
    fn a_default_is_found_around_its_password() {
        let operand = |text: &str, password: &str| {
            let at = text.find(password).unwrap();
            let span = Span::new(FileId(0), at..at + password.len());
            enclosing_default(text, span).map(|(name, operand)| (name.to_owned(), text[operand.range()].to_owned()))
        };
        let found = |name: &str, text: &str| Some((name.to_owned(), text.to_owned()));
        assert_eq!(operand("x: ${PW:-hunter2}", "hunter2"), found("PW", ":-hunter2"));
        assert_eq!(operand("x: ${PW-hunter2}", "hunter2"), found("PW", "-hunter2"));
        assert_eq!(operand("x: ${U:-redis://:hunter2@h/0}", "hunter2"), found("U", ":-redis://:hunter2@h/0"));
        assert_eq!(operand("x: ${PW:-${OTHER:-hunter2}}", "hunter2"), found("OTHER", ":-hunter2"));
        for text in ["x: ${PW:+hunter2}", "x: hunter2", "x: ${PW:-\n hunter2}"] {
            assert_eq!(operand(text, "hunter2"), None, "{text}");
        }
    }
}
