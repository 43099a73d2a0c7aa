//! ini files as configparser reads them: sections, defaults, values over several lines, and its two interpolations.

use crate::facts::code::{Expr, ExprKind};
use crate::source::{FileId, Span};
use crate::text::Text;

/// References to options that refer on, as in configparser.
const MAX_DEPTH: usize = 10;

/// A section: its name and its options, with lower-case names.
type Section = (Text, Vec<(Text, Text)>);

/// Without interpolation, with the basic one (`%(name)s`), with the extended one (`${section:name}`).
pub(super) fn read(file: FileId, text: &str) -> [Expr; 3] {
    let sections = sections(file, text);
    [
        dictionary(file, &sections, &|value, _| Some(value.clone())),
        dictionary(file, &sections, &|value, section| basic(&sections, value, section, 0)),
        dictionary(file, &sections, &|value, section| extended(&sections, value, section, 0)),
    ]
}

fn sections(file: FileId, text: &str) -> Vec<Section> {
    let mut sections: Vec<Section> = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let content = line.trim();
        let exact = |part: &str| {
            let offset = start + (part.as_ptr() as usize - line.as_ptr() as usize);
            Text::exact(part, Span::new(file, offset..offset + part.len()))
        };
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if line.starts_with([' ', '\t'])
            && let Some((_, value)) = sections.last_mut().and_then(|section| section.1.last_mut())
        {
            value.push_mapped("\n", value.span());
            value.push_text(&exact(content));
            continue;
        }
        if let Some(name) = content.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(name, _)| name) {
            sections.push((exact(name), Vec::new()));
            continue;
        }
        let Some(sign) = content.find(['=', ':']) else { continue };
        let (name, value) = (content[..sign].trim(), content[sign + 1..].trim());
        if let Some((_, options)) = sections.last_mut() {
            options.push((exact(name).ascii_lowercase(), exact(value)));
        }
    }
    sections
}

/// The options of a section by its name; the later of two counts, and `[DEFAULT]` where it says nothing.
fn option<'a>(sections: &'a [Section], section: &str, name: &str) -> Option<&'a Text> {
    let of = |wanted: &str| {
        let options = sections.iter().filter(|(name, _)| name.as_str() == wanted).flat_map(|(_, options)| options);
        options.rev().find(|(key, _)| key.as_str().eq_ignore_ascii_case(name)).map(|(_, value)| value)
    };
    of(section).or_else(|| of("DEFAULT"))
}

fn dictionary(file: FileId, sections: &[Section], interpolate: &dyn Fn(&Text, &str) -> Option<Text>) -> Expr {
    let mut names: Vec<&Text> = Vec::new();
    for (name, _) in sections {
        if !names.iter().any(|known| known.as_str() == name.as_str()) {
            names.push(name);
        }
    }
    let entries = names.into_iter().map(|name| {
        let mut entries = Vec::new();
        let shared = sections.iter().filter(|(other, _)| ["DEFAULT", name.as_str()].contains(&other.as_str()));
        for (key, _) in shared.flat_map(|(_, options)| options) {
            let Some(value) = option(sections, name.as_str(), key.as_str()) else { continue };
            let value = match interpolate(value, name.as_str()) {
                Some(text) => text_expr(text),
                None => Expr { span: value.span(), kind: ExprKind::Opaque },
            };
            // Options are found in any case; these are the cases that people write.
            let upper = Text::mapped(&key.as_str().to_ascii_uppercase(), key.span());
            entries.push((Some(text_expr(upper)), value.clone()));
            entries.push((Some(text_expr(key.clone())), value));
        }
        let section = Expr { span: name.span(), kind: ExprKind::Dict(entries) };
        (Some(text_expr(name.clone())), section)
    });
    Expr { span: Span::new(file, 0..0), kind: ExprKind::Dict(entries.collect()) }
}

/// `%(name)s` and `%%`; `None`: configparser raises an error.
fn basic(sections: &[Section], value: &Text, section: &str, depth: usize) -> Option<Text> {
    let mut out = Text::empty(value.anchor());
    let mut at = 0;
    while let Some(sign) = value.as_str()[at..].find('%').map(|sign| at + sign) {
        out.push_text(&value.slice(at..sign));
        let rest = &value.as_str()[sign..];
        if rest.starts_with("%%") {
            out.push_text(&value.slice(sign..sign + 1));
            at = sign + 2;
            continue;
        }
        let name = rest.strip_prefix("%(")?.split_once(")s")?.0;
        let found = option(sections, section, name).filter(|_| depth < MAX_DEPTH)?;
        out.push_text(&basic(sections, found, section, depth + 1)?);
        at = sign + name.len() + 4;
    }
    out.push_text(&value.slice(at..value.len()));
    Some(out)
}

/// `${name}`, `${section:name}` and `$$`; `None`: configparser raises an error.
fn extended(sections: &[Section], value: &Text, section: &str, depth: usize) -> Option<Text> {
    let mut out = Text::empty(value.anchor());
    let mut at = 0;
    while let Some(sign) = value.as_str()[at..].find('$').map(|sign| at + sign) {
        out.push_text(&value.slice(at..sign));
        let rest = &value.as_str()[sign..];
        if rest.starts_with("$$") {
            out.push_text(&value.slice(sign..sign + 1));
            at = sign + 2;
            continue;
        }
        let inside = rest.strip_prefix("${")?.split_once('}')?.0;
        let (owner, name) = inside.split_once(':').unwrap_or((section, inside));
        let found = option(sections, owner, name).filter(|_| depth < MAX_DEPTH)?;
        out.push_text(&extended(sections, found, owner, depth + 1)?);
        at = sign + inside.len() + 3;
    }
    out.push_text(&value.slice(at..value.len()));
    Some(out)
}

fn text_expr(text: Text) -> Expr {
    Expr { span: text.anchor(), kind: ExprKind::Text(text) }
}
