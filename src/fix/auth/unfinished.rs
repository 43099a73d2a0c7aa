//! What a way out did not reach, seen in the picture of the edited texts: servers that still ask for a password or still
//! have none, and clients that are refused.

use super::Way;
use crate::model::{Auth, Environment, EnvironmentKind, Server};
use crate::report::Report;
use crate::rules::common;
use crate::source::Span;

/// The places that are left to people, in these environments.
pub fn places(after: &Report, names: &[&str], way: Way) -> Vec<(Span, String)> {
    let ours = after.model.environments.iter().filter(|one| names.contains(&one.name.as_str()));
    // A server of a CI job lives as long as the job, and nobody else gets there.
    let environments = ours.filter(|one| way == Way::Remove || one.kind != EnvironmentKind::Ci);
    environments.flat_map(|environment| in_environment(environment, way)).collect()
}

fn in_environment(environment: &Environment, way: Way) -> Vec<(Span, String)> {
    let mut found = Vec::new();
    for server in environment.servers.iter().filter(|server| !has_arrived(server, way)) {
        let name = common::server_name(server);
        let what = match way {
            Way::Remove => format!("`{name}` still asks for a password"),
            Way::Require => format!("`{name}` still takes whoever comes"),
        };
        found.push((server.span, what));
    }
    for link in &environment.links {
        let Some(client) = environment.clients.get(link.client) else { continue };
        for end in link.outcomes.iter().filter(|end| end.outcome.fault().is_some()) {
            let Some(case) = client.cases.get(end.client_case) else { continue };
            let what = format!("{} does not send what the server asks for", common::client_name(client));
            found.push((common::client_span(client, case), what));
        }
    }
    found
}

/// Whether a server is as the way wants it, as far as that can be told.
fn has_arrived(server: &Server, way: Way) -> bool {
    server.auth.iter().all(|case| match (&case.auth, way) {
        (Auth::Users(_), Way::Remove) => common::is_open(&case.auth),
        (Auth::Users(_), Way::Require) => !common::is_open(&case.auth),
        (Auth::DoesNotStart { .. } | Auth::Unknown, _) => true,
    })
}
