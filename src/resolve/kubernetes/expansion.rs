//! `$(NAME)` as Kubernetes and kustomize fill it: `$$` is `$`, and a name that means nothing stays as written.

use crate::source::Span;
use crate::text::Text;

/// Fills what `value` knows, which gets the name and the place of the reference.
pub(super) fn expand(text: &Text, mut value: impl FnMut(&str, Span) -> Option<Text>) -> Text {
    let source = text.as_str();
    let mut out = Text::empty(text.anchor());
    let mut at = 0;
    while let Some(dollar) = source[at..].find('$').map(|found| at + found) {
        out.push_text(&text.slice(at..dollar));
        let rest = &source[dollar + 1..];
        at = if rest.starts_with('$') {
            out.push_text(&text.slice(dollar..dollar + 1));
            dollar + 2
        } else if let Some(end) = rest.strip_prefix('(').and_then(|rest| rest.find(')')) {
            let end = dollar + 2 + end;
            match value(&source[dollar + 2..end], text.span_of(dollar..end + 1)) {
                Some(value) => out.push_text(&value),
                None => out.push_text(&text.slice(dollar..end + 1)),
            }
            end + 1
        } else {
            out.push_text(&text.slice(dollar..dollar + 1));
            dollar + 1
        };
    }
    out.push_text(&text.slice(at..source.len()));
    out
}
