//! Published ports.

use crate::edit::{Edit, Fix, Safety};
use crate::finding::Finding;
use crate::fix::Scene;
use crate::fix::place::{extended, line_end};
use crate::model::{EnvironmentKind, Published, Server};
use crate::rules::common;
use crate::source::Span;

const LOOPBACK: &str = "127.0.0.1";

/// Publishes a port on the loopback interface only.
pub fn bind_to_loopback(scene: &Scene<'_>, finding: &Finding) -> Option<Fix> {
    let span = finding.primary.span;
    let environments = scene.model.environments.iter();
    let servers = environments.flat_map(|one| one.servers.iter().map(move |server| (one.kind, server)));
    let (kind, server, entry) = servers
        .flat_map(|(kind, server)| server.published.iter().map(move |entry| (kind, server, entry)))
        .find(|(_, _, entry)| entry.span == span)?;
    // In a script the value of a variable is written elsewhere, and a flag may be part of the word.
    let written = scene.sources.slice(span);
    if kind == EnvironmentKind::Script && (written.contains('$') || written.starts_with(['-', ':'])) {
        return None;
    }
    let edit = edit(scene, entry)?;
    // What has a password may be meant for others to reach.
    let safety = if needs_no_password(server) { Safety::Safe } else { Safety::Unsafe };
    Some(Fix::new(safety, "publish the port on the loopback interface only", vec![edit]))
}

fn needs_no_password(server: &Server) -> bool {
    common::weigh_open(server).is_some()
}

fn edit(scene: &Scene<'_>, entry: &Published) -> Option<Edit> {
    let span = entry.span;
    let source = scene.sources.get(span.file);
    let written = scene.sources.slice(span);
    if let Some(address) = entry.host_ip.as_ref().filter(|address| span.contains(address.span())) {
        let address = extended(source.text(), address.span(), "[]");
        return Some(Edit::replace(address, LOOPBACK));
    }
    let start = span.range().start;
    let long = written.contains("target:") || written.contains("published:");
    let text = match (long, written.starts_with('{')) {
        (true, true) => return Some(Edit::insert(span.file, start + 1, format!("host_ip: {LOOPBACK}, "))),
        (true, false) => {
            let column = start - source.text()[..start].rfind('\n').map_or(0, |at| at + 1);
            format!("host_ip: {LOOPBACK}{}{}", line_end(source.text()), " ".repeat(column))
        }
        (false, _) if written.contains(char::is_whitespace) => return None,
        (false, _) if entry.host_port.is_none() => format!("{LOOPBACK}::"),
        (false, _) => format!("{LOOPBACK}:"),
    };
    Some(Edit::replace(Span { end: span.start, ..span }, text))
}
