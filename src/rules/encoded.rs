//! What an encoded scalar decodes to, told beside each finding that points at one: no byte of the value stands there in
//! clear. Comes in masked with the model.

use crate::finding::{Finding, Label};
use crate::model::Model;

/// Adds a step to every finding at an encoded scalar.
pub fn tell(model: &Model, findings: &mut [Finding]) {
    let views = model.environments.iter().map(|environment| &environment.cluster);
    let encoded: Vec<_> = views.flat_map(|view| &view.encoded).collect();
    for finding in findings {
        let places = std::iter::once(&finding.primary).chain(&finding.related).map(|label| label.span);
        for span in places.collect::<Vec<_>>() {
            let Some((_, shown)) = encoded.iter().find(|(place, _)| *place == span) else { continue };
            let label = Label::new(span, format!("decodes to `{shown}`"));
            if !finding.trace.iter().any(|step| step.text == label.text && step.span == span) {
                finding.trace.push(label);
            }
        }
    }
}
