//! The commands of servers.

use crate::edit::{Edit, Fix, Safety};
use crate::finding::Finding;
use crate::fix::Scene;
use crate::fix::place::{ServiceText, is_yaml, line_start, next_line};
use crate::model::Server;
use crate::source::Span;

/// Takes `--protected-mode no` out of a command, or its line out of a redis.conf.
pub fn drop_protected_mode(scene: &Scene<'_>, finding: &Finding) -> Option<Fix> {
    let span = finding.primary.span;
    let server = servers(scene).find(|server| server.directives.iter().any(|one| span.contains(one.name.span)))?;
    let edit = match ServiceText::find(scene.sources, server.span).filter(|_| span.file == server.span.file) {
        Some(service) => service.remove_words(span)?,
        None => remove_line(scene, span)?,
    };
    Some(Fix::new(Safety::Safe, "leave protected mode on", vec![edit]))
}

/// Takes a directive away that has its line in a redis.conf to itself.
fn remove_line(scene: &Scene<'_>, span: Span) -> Option<Edit> {
    let source = scene.sources.get(span.file);
    let (text, range) = (source.text(), span.range());
    let line = line_start(text, range.start)..next_line(text, range.end);
    let alone = text[line.clone()].trim().len() == range.len() && !is_yaml(source.path());
    alone.then(|| Edit::delete(Span::new(span.file, line)))
}

/// Names a mounted redis.conf as the first argument of the server.
pub fn name_configuration(scene: &Scene<'_>, finding: &Finding) -> Option<Fix> {
    let span = finding.primary.span;
    let (server, mount) = servers(scene)
        .flat_map(|server| server.mounts.iter().map(move |mount| (server, mount)))
        .find(|(_, mount)| mount.span == span)?;
    let plain = mount.target.chars().all(|char| char.is_ascii_alphanumeric() || "/._-".contains(char));
    if !plain || mount.source.is_none() {
        return None;
    }
    let service = ServiceText::find(scene.sources, server.span)?;
    let resolved = scene.model.environments.iter().flat_map(|environment| &environment.services);
    let command = resolved.filter(|one| one.span == server.span).find_map(|service| service.command.as_deref());
    let edit = match (server.command, command) {
        (None, _) => service.add_key("command", &format!("redis-server {}", mount.target))?,
        (Some(_), Some([program, ..])) if is_server(program.as_str()) => {
            service.add_words(program.span(), &[&mount.target])?
        }
        _ => return None,
    };
    let description = format!("name {} in the command", mount.target);
    Some(Fix::new(Safety::Safe, description, vec![edit]))
}

fn is_server(program: &str) -> bool {
    matches!(program.rsplit('/').next(), Some("redis-server" | "valkey-server" | "keydb-server"))
}

/// Puts an argument in quotes at which compose ends the command otherwise.
pub fn quote_argument(scene: &Scene<'_>, finding: &Finding) -> Option<Fix> {
    let span = finding.primary.span;
    let environments = &scene.model.environments;
    environments.iter().flat_map(|environment| &environment.lost_words).find(|lost| lost.span == span)?;
    let source = scene.sources.get(span.file);
    let text = source.text();
    if !is_yaml(source.path()) {
        return None;
    }
    let line = line_start(text, span.range().start);
    let start = line + text[line..span.range().start].rfind([' ', '\t'])? + 1;
    if text[start..].starts_with('$') {
        // What stops compose is in the value.
        return None;
    }
    let end = start + text[start..].find([' ', '\t', '\r', '\n']).unwrap_or(text.len() - start);
    // Quotes of any kind in the word or around the value: which ones fit is a person's to say.
    let value = &text[line..next_line(text, end)];
    if value.contains(['"', '\'', '\\']) {
        return None;
    }
    let quote = |at| Edit::insert(span.file, at, "\"");
    Some(Fix::new(Safety::Safe, "put the argument in quotes", vec![quote(start), quote(end)]))
}

/// Puts the reference to a variable in quotes whose value a command line takes apart.
pub fn quote_reference(scene: &Scene<'_>, finding: &Finding) -> Option<Fix> {
    // Its end may be that of a value elsewhere.
    let span = finding.primary.span;
    let start = Span { end: span.start, ..span };
    let edits = ServiceText::find(scene.sources, start)?.quote_reference(start)?;
    Some(Fix::new(Safety::Safe, "put the reference in quotes", edits))
}

pub fn servers<'a>(scene: &Scene<'a>) -> impl Iterator<Item = &'a Server> + use<'a> {
    scene.model.environments.iter().flat_map(|environment| &environment.servers)
}
