//! `${NAME}`, `${NAME:default}`, `${NAME:-default}` in configuration files, filled in from a container's environment.

use crate::resolve::conditions::{self, always, combine};
use crate::resolve::project::{Case, Lookup, Variables};
use crate::source::Span;
use crate::symbol::{Alternative, Condition, Resolved, Step, Symbols};
use crate::text::Text;

/// Nesting of references (`${A:${B:…}}`) that is followed.
const MAX_DEPTH: usize = 4;

/// The value of a text with its references filled in; `None`: it has none, or too many alternatives.
pub(super) fn fill(text: &Text, environment: &Variables, symbols: &Symbols) -> Option<Resolved> {
    let cases = expand(text, environment, symbols, 0)?;
    let alternatives = cases
        .into_iter()
        .map(|case| Alternative { when: case.when, value: Some(case.value), trace: case.trace })
        .collect();
    Some(Resolved { alternatives })
}

fn expand(text: &Text, environment: &Variables, symbols: &Symbols, depth: usize) -> Option<Vec<Case<Text>>> {
    let mut all = always(Text::empty(text.anchor()));
    let mut at = 0;
    while let Some(open) = text.as_str()[at..].find("${").map(|open| at + open) {
        let Some(close) = closing(text.as_str(), open) else { break };
        all = join(&all, &always(text.slice(at..open)))?;
        let inside = text.slice(open + 2..close);
        let values = if depth < MAX_DEPTH {
            reference(&inside, text.span_of(open..close + 1), environment, symbols, depth)?
        } else {
            always(symbols.opaque_text(inside.span()))
        };
        all = join(&all, &values)?;
        at = close + 1;
    }
    join(&all, &always(text.slice(at..text.len())))
}

fn reference(
    inside: &Text,
    span: Span,
    environment: &Variables,
    symbols: &Symbols,
    depth: usize,
) -> Option<Vec<Case<Text>>> {
    let end = inside.as_str().find(':').unwrap_or(inside.len());
    let name = inside.as_str()[..end].trim();
    let default = (end < inside.len()).then(|| {
        let start = end + 1 + usize::from(inside.as_str()[end + 1..].starts_with('-'));
        inside.slice(start..inside.len())
    });
    let unset = || match &default {
        Some(default) => expand(default, environment, symbols, depth + 1),
        None => Some(always(symbols.opaque_text(span))),
    };
    match environment.get(name) {
        Lookup::Absent => {
            let condition = Condition::Unset(symbols.variable(&format!("file {}", span.file.0), name));
            let mut values = unset()?;
            values.iter_mut().for_each(|case| case.when.push(condition.clone()));
            Some(values)
        }
        Lookup::Unknown(_) => Some(always(symbols.opaque_text(span))),
        Lookup::Found(variable) => {
            let step = Step { span, label: format!("`{name}` is read here") };
            let mut out = Vec::new();
            for one in conditions::cases(&variable.value) {
                let trace: Vec<Step> = std::iter::once(step.clone()).chain(one.trace).collect();
                match one.value {
                    Some(value) => out.push(Case { when: one.when, value, trace }),
                    None => out.extend(unset()?.into_iter().filter_map(|case| {
                        let when = conditions::both(&one.when, &case.when)?;
                        Some(Case { when, value: case.value, trace: trace.clone() })
                    })),
                }
            }
            Some(out)
        }
    }
}

fn join(left: &[Case<Text>], right: &[Case<Text>]) -> Option<Vec<Case<Text>>> {
    combine(left, right, |left, right| {
        let mut text = left.clone();
        text.push_text(right);
        text
    })
}

/// The brace that closes the one at `open`.
fn closing(text: &str, open: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, char) in text[open..].char_indices() {
        match char {
            '{' => depth += 1,
            '}' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(open + at);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::project::Variable;
    use crate::source::FileId;

    fn filled(value: &str) -> Vec<String> {
        let span = Span::new(FileId(1), 0..4);
        let mut environment = Variables::default();
        let host = Variable {
            name_span: span,
            taken_in: span,
            value: Resolved::known(Text::mapped("cache", span), Vec::new()),
        };
        environment.map.insert("HOST".to_owned(), host);
        let text = Text::exact(value, Span::new(FileId(0), 0..value.len()));
        let symbols = Symbols::default();
        let resolved = fill(&text, &environment, &symbols).unwrap();
        resolved.alternatives.iter().map(|one| symbols.display(one.value.as_ref().unwrap().as_str())).collect()
    }

    #[test]
    fn defaults_count_where_nothing_is_set() {
        assert_eq!(filled("redis://${HOST:localhost}:${PORT:6379}/0"), ["redis://cache:6379/0"]);
        assert_eq!(filled("${URL:redis://${HOST}}"), ["redis://cache"]);
        assert_eq!(filled("${URL:-redis://x}"), ["redis://x"]);
        assert_eq!(filled("redis://${NOBODY}"), ["redis://…"]);
        assert_eq!(filled("redis://${open"), ["redis://${open"]);
    }
}
