//! The text of URLs. Single characters are replaced or inserted, so that no edit repeats a password.

use crate::edit::{Edit, Fix, Safety};
use crate::finding::Finding;
use crate::fix::Scene;
use crate::model::ClientCase;
use crate::source::Span;
use crate::syntax::url;
use crate::text::Text;

/// Writes the characters of a password that cut its URL apart as `%XX`.
pub fn percent_encode(scene: &Scene<'_>, finding: &Finding) -> Option<Fix> {
    let special = cases(scene).find_map(|case| {
        let special = special(case)?;
        special.iter().any(|(_, span)| *span == finding.primary.span).then_some(special)
    })?;
    let edits = special.into_iter().map(|(char, span)| Edit::replace(span, format!("%{:02X}", u32::from(char))));
    Some(Fix::new(Safety::Safe, "percent-encode the password", edits.collect()))
}

/// Every character of the password that a URL gives a meaning of its own; `None` where none cuts it apart.
fn special(case: &ClientCase) -> Option<Vec<(char, Span)>> {
    let password = url::cut_password(case.url.as_ref()?)?;
    let special = password.as_str().char_indices().filter(|(_, char)| *char == '@' || url::CUTTING.contains(char));
    Some(special.map(|(at, char)| (char, password.span_of(at..at + 1))).collect())
}

/// Puts a colon before a password that stands where the user name belongs.
pub fn insert_colon(scene: &Scene<'_>, finding: &Finding) -> Option<Fix> {
    let span = finding.primary.span;
    let known = |case: &ClientCase| case.url.is_some() && case.username.as_ref().map(Text::span) == Some(span);
    cases(scene).find(|case| known(case))?;
    let edit = Edit::insert(span.file, span.range().start, ":");
    Some(Fix::new(Safety::Safe, "move the password from the place of the user name", vec![edit]))
}

fn cases<'a>(scene: &Scene<'a>) -> impl Iterator<Item = &'a ClientCase> {
    let environments = scene.model.environments.iter().chain(&scene.model.unplaced);
    environments.flat_map(|environment| &environment.clients).flat_map(|client| &client.cases)
}
