//! Expressions and variables in a CI file's values → text with symbols: the same secret is the same symbol.

use std::collections::HashMap;

use crate::facts::ci::{Job, System, Workflow};
use crate::source::Span;
use crate::symbol::Symbols;
use crate::text::Text;

/// Variables of variables; GitLab itself gives up on cycles.
const MAX_DEPTH: usize = 8;

/// Fills the values of one job.
pub(super) struct Filler<'a> {
    system: System,
    symbols: &'a Symbols,
    /// What GitLab knows by name; later definitions win.
    variables: HashMap<&'a str, &'a Text>,
    /// What GitHub's matrix gives to this run.
    matrix: &'a [(String, Text)],
}

impl<'a> Filler<'a> {
    pub(super) fn new(
        workflow: &'a Workflow,
        job: &'a Job,
        matrix: &'a [(String, Text)],
        symbols: &'a Symbols,
    ) -> Self {
        let all = workflow.env.iter().chain(&job.env);
        let variables = all.map(|(name, value)| (name.value.as_str(), value)).collect();
        Self { system: workflow.system, symbols, variables, matrix }
    }

    pub(super) fn fill(&self, text: &Text) -> Text {
        match self.system {
            System::GitHub => expressions(text, self.matrix, self.symbols),
            System::GitLab => self.expand(text, 0),
        }
    }

    /// `$NAME`, `${NAME}`, and `$$` for a dollar sign.
    fn expand(&self, text: &Text, depth: usize) -> Text {
        let value = text.as_str();
        let mut out = Text::empty(text.anchor());
        let mut at = 0;
        while let Some(dollar) = value[at..].find('$').map(|found| at + found) {
            out.push_text(&text.slice(at..dollar));
            let rest = &value[dollar + 1..];
            let (name, end) = if let Some((name, _)) = rest.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
                (name, dollar + name.len() + 3)
            } else {
                let length = rest.find(|char: char| !is_name(char)).unwrap_or(rest.len());
                (&rest[..length], dollar + 1 + length)
            };
            if name.is_empty() || !name.chars().all(is_name) {
                // `$$`, or a dollar sign that names nothing.
                out.push_text(&text.slice(dollar..dollar + 1));
                at = dollar + if rest.starts_with('$') { 2 } else { 1 };
                continue;
            }
            let span = text.span_of(dollar..end);
            match self.variables.get(name) {
                Some(inner) if depth < MAX_DEPTH => out.push_text(&self.expand(inner, depth + 1)),
                Some(_) => out.push_text(&self.symbols.opaque_text(span)),
                None => out.push_text(&self.symbols.variable_text("gitlab variables", name, span)),
            }
            at = end;
        }
        out.push_text(&text.slice(at..value.len()));
        out
    }
}

/// Fills `${{ … }}` with the values of the matrix and with symbols: the same secret is the same symbol, everything else
/// equals nothing.
fn expressions(text: &Text, matrix: &[(String, Text)], symbols: &Symbols) -> Text {
    let value = text.as_str();
    let mut out = Text::empty(text.anchor());
    let mut at = 0;
    while let Some(start) = value[at..].find("${{").map(|found| at + found) {
        let Some(end) = value[start..].find("}}").map(|found| start + found + 2) else { break };
        out.push_text(&text.slice(at..start));
        let expression = value[start + 3..end - 2].trim();
        let span: Span = text.span_of(start..end);
        let of_matrix = expression.strip_prefix("matrix.").and_then(|name| matrix.iter().find(|(own, _)| own == name));
        if let Some((_, value)) = of_matrix {
            out.push_text(value);
            at = end;
            continue;
        }
        let symbol = match expression.split_once('.') {
            Some((scope @ ("secrets" | "vars"), name)) if is_identifier(name) => {
                symbols.variable(&format!("github {scope}"), name)
            }
            _ => symbols.opaque(span),
        };
        out.push_mapped(symbol.encode_utf8(&mut [0; 4]), span);
        at = end;
    }
    out.push_text(&text.slice(at..value.len()));
    out
}

fn is_identifier(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|char| is_name(char) || char == '-')
}

fn is_name(char: char) -> bool {
    char.is_ascii_alphanumeric() || char == '_'
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Spanned};

    fn text(value: &str) -> Text {
        Text::exact(value, Span::new(FileId(0), 0..value.len()))
    }

    #[test]
    fn the_same_secret_is_the_same_symbol() {
        let symbols = Symbols::default();
        let one = expressions(&text("redis://:${{ secrets.PW }}@redis"), &[], &symbols);
        let two = expressions(&text("${{secrets.PW}}"), &[], &symbols);
        assert!(one.as_str().contains(two.as_str()));
        let unknown = || expressions(&text("${{ matrix.a }}"), &[], &symbols);
        assert_ne!(unknown(), unknown());
        let matrix = [("a".to_owned(), text("7"))];
        assert_eq!(expressions(&text("redis:${{ matrix.a }}-alpine"), &matrix, &symbols).as_str(), "redis:7-alpine");
    }

    #[test]
    fn gitlab_fills_variables_of_variables() {
        let name = |name: &str| Spanned::new(name.to_owned(), Span::new(FileId(0), 0..0));
        let env = vec![(name("A"), text("a")), (name("B"), text("${A}b")), (name("L"), text("$L"))];
        let workflow = Workflow { file: FileId(0), path: String::new(), system: System::GitLab, env, jobs: Vec::new() };
        let job = Job {
            id: name("job"),
            container: None,
            services: Vec::new(),
            env: Vec::new(),
            runs: Vec::new(),
            steps: Vec::new(),
        };
        let symbols = Symbols::default();
        let filler = Filler::new(&workflow, &job, &[], &symbols);
        assert_eq!(filler.fill(&text("x$B-${A}$$A $ ${")).as_str(), "xab-a$A $ ${");
        assert!(symbols.has_opaque(&filler.fill(&text("$L"))));
        assert_eq!(filler.fill(&text("$SECRET")), filler.fill(&text("${SECRET}")));
    }
}
