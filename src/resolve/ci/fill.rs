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
    /// Variables by name; later definitions win. Of GitHub, what `env.NAME` means.
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
        let all = workflow.env.iter().chain(&job.env).map(|(name, value)| (name.value.as_str(), value));
        let mut variables: HashMap<&str, &Text> = all.collect();
        // Steps may set others there, which the file does not tell.
        if workflow.system == System::GitHub && job.steps.iter().flat_map(|step| &step.run).any(writes_variables) {
            variables.clear();
        }
        Self { system: workflow.system, symbols, variables, matrix }
    }

    pub(super) fn fill(&self, text: &Text) -> Text {
        match self.system {
            System::GitHub => self.expressions(text, 0),
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

    /// Fills `${{ … }}` with the values of the matrix and of variables, and with symbols: the same secret is the same
    /// symbol, everything else equals nothing.
    fn expressions(&self, text: &Text, depth: usize) -> Text {
        let value = text.as_str();
        let mut out = Text::empty(text.anchor());
        let mut at = 0;
        while let Some(start) = value[at..].find("${{").map(|found| at + found) {
            let Some(end) = value[start..].find("}}").map(|found| start + found + 2) else { break };
            out.push_text(&text.slice(at..start));
            let (scope, name) = value[start + 3..end - 2].trim().split_once('.').unwrap_or_default();
            let known = match scope {
                "matrix" => self.matrix.iter().find(|(own, _)| own == name).map(|(_, value)| value.clone()),
                "env" if depth < MAX_DEPTH => self.variables.get(name).map(|inner| self.expressions(inner, depth + 1)),
                _ => None,
            };
            out.push_text(&known.unwrap_or_else(|| {
                let span: Span = text.span_of(start..end);
                match scope {
                    "secrets" | "vars" if is_identifier(name) => {
                        self.symbols.variable_text(&format!("github {scope}"), name, span)
                    }
                    _ => self.symbols.opaque_text(span),
                }
            }));
            at = end;
        }
        out.push_text(&text.slice(at..value.len()));
        out
    }
}

/// Whether a script writes to the file whose lines are variables of the steps behind it.
pub(super) fn writes_variables(script: &Text) -> bool {
    script.as_str().contains("GITHUB_ENV")
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
    use crate::facts::ci::Step;
    use crate::source::{FileId, Spanned};

    fn text(value: &str) -> Text {
        Text::exact(value, Span::new(FileId(0), 0..value.len()))
    }

    fn name(name: &str) -> Spanned<String> {
        Spanned::new(name.to_owned(), Span::new(FileId(0), 0..0))
    }

    fn job() -> Job {
        Job {
            id: name("job"),
            container: None,
            container_env: Vec::new(),
            services: Vec::new(),
            env: Vec::new(),
            runs: Vec::new(),
            steps: Vec::new(),
        }
    }

    #[test]
    fn expressions_are_values_where_these_are_known() {
        let symbols = Symbols::default();
        let mut workflow = Workflow::new(FileId(0), "", System::GitHub);
        workflow.env = vec![(name("PW"), text("${{ secrets.PW }}")), (name("LOOP"), text("${{ env.LOOP }}"))];
        let (mut job, matrix) = (job(), [("a".to_owned(), text("7"))]);
        let filler = Filler::new(&workflow, &job, &matrix, &symbols);
        let fill = |value: &str| filler.fill(&text(value));
        assert!(fill("redis://:${{ secrets.PW }}@redis").as_str().contains(fill("${{secrets.PW}}").as_str()));
        assert_eq!(fill("${{ env.PW }}"), fill("${{ secrets.PW }}"));
        assert_eq!(fill("redis:${{ matrix.a }}-alpine").as_str(), "redis:7-alpine");
        for unknown in ["${{ matrix.b }}", "${{ env.B }}", "${{ env.LOOP }}", "${{ a || b }}"] {
            assert!(symbols.has_opaque(&fill(unknown)), "{unknown}");
        }
        let script = "echo PW=x >> $GITHUB_ENV";
        let run = vec![text(script)];
        job.steps.push(Step { uses: None, with: Vec::new(), run, env: Vec::new(), span: text(script).span() });
        assert!(symbols.has_opaque(&Filler::new(&workflow, &job, &[], &symbols).fill(&text("${{ env.PW }}"))));
    }

    #[test]
    fn gitlab_fills_variables_of_variables() {
        let mut workflow = Workflow::new(FileId(0), "", System::GitLab);
        workflow.env = vec![(name("A"), text("a")), (name("B"), text("${A}b")), (name("L"), text("$L"))];
        let (symbols, job) = (Symbols::default(), job());
        let filler = Filler::new(&workflow, &job, &[], &symbols);
        assert_eq!(filler.fill(&text("x$B-${A}$$A $ ${")).as_str(), "xab-a$A $ ${");
        assert!(symbols.has_opaque(&filler.fill(&text("$L"))));
        assert_eq!(filler.fill(&text("$SECRET")), filler.fill(&text("${SECRET}")));
    }
}
