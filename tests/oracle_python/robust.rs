//! What is no Python costs nothing but itself: generated modules with garbage at every statement.

use ruff_python_ast::visitor::{Visitor, walk_stmt};
use ruff_python_ast::{Mod, Stmt};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::Ranged;

/// Lines that stand in real repositories and that Python refuses, each a statement of its own. `|` stands for the
/// indentation of the statement that they are put before; markers of tools stand at the left edge.
pub const GARBAGE: &[&str] = &[
    "|print \"connecting to %s\" % 1",
    "|print 'x', 1",
    "|exec \"code\"",
    "|raise ValueError, \"old\"",
    "|x = = 3",
    "|x = 1 +",
    "|def :",
    "|5x = 0777",
    "|??? TODO",
    "<<<<<<< HEAD",
    "=======",
    ">>>>>>> feature/redis",
    "{% if cookiecutter.redis %}",
    "{%- endif %}",
    "{# a comment #}",
    "|{{ cookiecutter.settings }}",
];

/// Where a statement begins a line: the offset of the line, and its indentation.
pub fn boundaries(text: &str) -> Vec<(usize, usize)> {
    struct Starts(Vec<usize>);
    impl<'a> Visitor<'a> for Starts {
        fn visit_stmt(&mut self, statement: &'a Stmt) {
            self.0.push(statement.start().to_usize());
            walk_stmt(self, statement);
        }
    }
    let parsed = parse_unchecked(text, ParseOptions::from(Mode::Module));
    assert!(parsed.errors().is_empty(), "{text}");
    let mut starts = Starts(Vec::new());
    if let Mod::Module(module) = parsed.syntax() {
        starts.visit_body(&module.body);
    }
    let line = |start: usize| {
        let begin = text[..start].rfind('\n').map_or(0, |at| at + 1);
        text[begin..start].trim().is_empty().then_some((begin, start - begin))
    };
    let mut out: Vec<_> = starts.0.into_iter().filter_map(line).collect();
    out.push((text.len(), 0));
    out
}

/// The module with a line of garbage.
pub fn spoiled(text: &str, (at, indent): (usize, usize), garbage: &str) -> String {
    let line = garbage.replacen('|', &" ".repeat(indent), 1);
    format!("{}{line}\n{}", &text[..at], &text[at..])
}
