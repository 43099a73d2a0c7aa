//! The way of a value: every place of the source that something of it was taken from.

use crate::source::Span;
use crate::symbol::Step;
use crate::text::Text;

/// More steps than anyone would follow; values that double each other would have millions.
const MAX_STEPS: usize = 64;

/// One way after the other, as far as anyone would follow it.
#[must_use]
pub fn joined(ways: &[&[Step]]) -> Vec<Step> {
    ways.iter().copied().flatten().take(MAX_STEPS).cloned().collect()
}

/// `steps`, and a step for each part of `texts` that none of them covers.
#[must_use]
pub fn complete<'t>(mut steps: Vec<Step>, texts: impl IntoIterator<Item = &'t Text>) -> Vec<Step> {
    for text in texts {
        let spans = if text.is_empty() { vec![text.anchor()] } else { text.spans() };
        for span in spans {
            if steps.len() >= MAX_STEPS {
                return steps;
            }
            if !steps.iter().any(|step| covers(step.span, span)) {
                steps.push(Step { span, label: "this is part of it".to_owned() });
            }
        }
    }
    steps
}

fn covers(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    #[test]
    fn parts_of_other_files_are_steps() {
        let (here, there) = (Span::new(FileId(0), 0..9), Span::new(FileId(1), 3..5));
        let mut text = Text::exact("ab", Span::new(FileId(0), 2..4));
        text.push_text(&Text::exact("cd", there));
        let steps = complete(vec![Step { span: here, label: "it is set here".to_owned() }], [&text]);
        assert_eq!(steps.iter().map(|step| step.span).collect::<Vec<_>>(), [here, there]);
        assert_eq!(complete(Vec::new(), [&Text::empty(here)])[0].span, here);
    }
}
