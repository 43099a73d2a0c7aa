//! Connections that a README tells people to make → how each ends against the servers that it may mean.
//!
//! Comes in: the mentions, and the environments with their servers. `localhost` means what a compose project at or below
//! the document publishes, any other name a server of that name there. Judges nothing.

use crate::facts;
use crate::library::VersionRange;
use crate::model::{ClientCase, Environment, EnvironmentKind, Family, Mention, MentionEnd, Outcome, Server, Stage};
use crate::resolve::evaluate::ConnectionSettings;
use crate::resolve::network::is_loopback;
use crate::resolve::placement::below;
use crate::resolve::{Inputs, handshake, outside};
use crate::symbol::{Resolved, Symbols};
use crate::text::Text;

const ANY: VersionRange = VersionRange { from: None, to: None };

/// The mentions that some server of the repository may be meant by.
#[must_use]
pub fn collect(inputs: &Inputs<'_>, environments: &[Environment]) -> Vec<Mention> {
    let mentions = inputs.facts.mentions.iter().filter_map(|mention| {
        let case = case(inputs, mention)?;
        let ends: Vec<MentionEnd> = environments
            .iter()
            .filter(|environment| is_near(inputs, mention, environment))
            .flat_map(|environment| ends(inputs, environment, mention.family, &case))
            .collect();
        (!ends.is_empty()).then_some(Mention { span: mention.span, case, ends })
    });
    mentions.collect()
}

/// What the command or URL connects with; `None`: it can't be read, or names no host.
fn case(inputs: &Inputs<'_>, mention: &facts::Mention) -> Option<ClientCase> {
    let known = |text: &Option<Text>| text.clone().map(|text| Resolved::known(text, Vec::new()));
    let settings = ConnectionSettings {
        url: known(&mention.url),
        host: known(&mention.host),
        port: known(&mention.port),
        username: known(&mention.username),
        password: known(&mention.password),
        ..ConnectionSettings::default()
    };
    let cases = handshake::connect(&settings, mention.family, ANY, inputs.symbols);
    let case = <[ClientCase; 1]>::try_from(cases).ok().map(|[case]| case)?;
    let host = case.host.as_ref()?;
    (case.error.is_none() && Symbols::is_known(host)).then_some(case)
}

/// Whether people who read the document start this environment: a compose project at or below it that is not kept for
/// where nobody types commands.
fn is_near(inputs: &Inputs<'_>, mention: &facts::Mention, environment: &Environment) -> bool {
    let folder = mention.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    environment.kind == EnvironmentKind::Compose
        && environment.stage <= Stage::Unlabelled
        && environment.files.iter().any(|file| below(inputs.sources.get(*file).path(), folder))
}

fn ends(inputs: &Inputs<'_>, environment: &Environment, family: Family, case: &ClientCase) -> Vec<MentionEnd> {
    let host = case.host.as_ref().map_or("", Text::as_str);
    let mut found = Vec::new();
    for server in &environment.servers {
        let views: Vec<(Server, crate::source::Span)> = if is_loopback(host) {
            let view = |port| Some((outside::behind(server, port, "localhost")?, port.span));
            server.published.iter().filter_map(view).collect()
        } else if server.names.iter().any(|name| name.eq_ignore_ascii_case(host)) {
            vec![(server.clone(), server.span)]
        } else {
            Vec::new()
        };
        for (view, span) in views {
            let listens = [view.port, view.tls_port];
            let outcome = listens.contains(&case.port).then(|| outcome(inputs, &view, family, case));
            let port = view.port.or(view.tls_port);
            found.push(MentionEnd {
                environment: environment.name.clone(),
                server: server.id.clone(),
                span,
                port,
                outcome,
            });
        }
    }
    found
}

/// How it ends where all alternatives of the server agree.
fn outcome(inputs: &Inputs<'_>, server: &Server, family: Family, case: &ClientCase) -> Outcome {
    let all = server.auth.iter().flat_map(|auth| {
        handshake::outcomes(case, family, ANY, server, &auth.auth, inputs.symbols).into_iter().map(|(_, end)| end)
    });
    let mut all = all.peekable();
    let Some(first) = all.peek().cloned() else { return Outcome::Undetermined };
    if all.all(|end| end == first) { first } else { Outcome::Undetermined }
}
