//! Makefiles → the shell lines of each recipe, with the Makefile's own variables filled in.
//!
//! <https://www.gnu.org/software/make/manual/make.html>. What make would compute (functions, automatic variables, variables
//! that are set more than once or under a condition) becomes a substitution that no reader of shell words follows; a
//! variable that the file does not set becomes a reference to the shell's, from where make takes it, and so does one that it
//! sets where the environment does not. Runs nothing.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::source::{FileId, Span, Spanned};
use crate::text::Text;

/// References inside a variable's own value that are followed.
const MAX_DEPTH: usize = 8;

/// References in one line that are followed, those in values included: variables that double each other end here.
const MAX_REFERENCES: usize = 256;

/// A rule with a recipe.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// Its targets, as written.
    pub target: Spanned<String>,
    /// Its lines, each of which make gives to a shell of its own; anchored where they stand in the recipe.
    pub lines: Vec<Text>,
}

/// What a Makefile says to shells.
#[derive(Clone, Debug, Default)]
pub struct Makefile {
    /// Its rules that have recipes.
    pub recipes: Vec<Recipe>,
    /// `NAME ?= value`, which the recipes refer to as a shell does.
    pub defaults: Vec<(String, Text)>,
}

/// What the Makefile says of a variable.
#[derive(Clone)]
enum Assigned {
    /// `=`, `:=`: only a command line beats it.
    Set(Text),
    /// `?=`: the environment beats it as well.
    Default(Text),
    /// Set more than once, under a condition, by a command or for one target.
    Open,
}

/// Reads the recipes of a Makefile.
#[must_use]
pub fn parse(file: FileId, text: &str) -> Makefile {
    // Another prefix than the tab.
    if text.contains(".RECIPEPREFIX") {
        return Makefile::default();
    }
    let mut reader = Reader {
        source: Text::exact(text, Span::new(file, 0..text.len())),
        variables: BTreeMap::new(),
        rules: Vec::new(),
    };
    reader.read(text);
    let Reader { variables, rules, .. } = reader;
    let fill = |text: &Text| Filler { variables: &variables, left: MAX_REFERENCES }.fill(text, 0);
    let recipe = |rule: Recipe| Recipe { lines: rule.lines.iter().map(fill).collect(), ..rule };
    let recipes = rules.into_iter().filter(|rule| !rule.lines.is_empty()).map(recipe).collect();
    let default = |(name, assigned): (&String, &Assigned)| match assigned {
        Assigned::Default(value) => Some((name.clone(), fill(value))),
        Assigned::Set(_) | Assigned::Open => None,
    };
    Makefile { recipes, defaults: variables.iter().filter_map(default).collect() }
}

struct Reader {
    source: Text,
    variables: BTreeMap<String, Assigned>,
    rules: Vec<Recipe>,
}

impl Reader {
    fn read(&mut self, text: &str) {
        let mut lines = physical(text).into_iter().peekable();
        let (mut conditions, mut defining) = (0usize, false);
        while let Some(first) = lines.next() {
            let mut pieces = vec![first.clone()];
            while text[pieces[pieces.len() - 1].clone()].ends_with('\\') {
                let Some(next) = lines.next() else { break };
                pieces.push(next);
            }
            let line = &text[first.start..pieces[pieces.len() - 1].end];
            if line.starts_with('\t') && !self.rules.is_empty() && !defining {
                let recipe = self.recipe(text, &pieces);
                if let Some(rule) = self.rules.last_mut() {
                    rule.lines.push(recipe);
                }
                continue;
            }
            let word = line.split_whitespace().next().unwrap_or_default();
            match word {
                "endef" => defining = false,
                _ if defining => {}
                "define" => {
                    defining = true;
                    self.open(line.split_whitespace().nth(1).unwrap_or_default());
                }
                "ifeq" | "ifneq" | "ifdef" | "ifndef" => conditions += 1,
                "endif" => conditions = conditions.saturating_sub(1),
                _ => self.statement(line, first.start, conditions > 0),
            }
        }
    }

    /// The line of a recipe as make hands it on: without the tabs that mark it, and without what tells make how.
    fn recipe(&self, text: &str, pieces: &[Range<usize>]) -> Text {
        let whole = pieces[0].start..pieces[pieces.len() - 1].end;
        let mut line = Text::empty(self.source.span_of(whole));
        for (at, piece) in pieces.iter().enumerate() {
            let mut start = piece.start + usize::from(text[piece.clone()].starts_with('\t'));
            if at == 0 {
                start = piece.end - text[start..piece.end].trim_start_matches([' ', '\t', '@', '-', '+']).len();
            } else {
                line.push_text(&self.source.slice(pieces[at - 1].end..piece.start));
            }
            line.push_text(&self.source.slice(start..piece.end));
        }
        line
    }

    /// An assignment or the head of a rule.
    fn statement(&mut self, line: &str, start: usize, conditional: bool) {
        let code = line.split(" #").next().unwrap_or(line);
        if code.trim_start().starts_with('#') {
            return;
        }
        let Some(sign) = code.find(['=', ':', ';']) else { return };
        let rest = &code[sign..];
        let operators = ["=", ":=", "::=", ":::="];
        let operator = operators.into_iter().find(|operator| rest.starts_with(operator));
        if let Some(operator) = operator {
            let value = sign + operator.len()..code.len();
            let value = self.source.slice(start + value.start..start + value.end).trim_matches(char::is_whitespace);
            self.assign(&code[..sign], value, operator, conditional);
        } else if rest.starts_with(':') {
            let (target, behind) = (code[..sign].trim(), rest.trim_start_matches(':'));
            if let Some((names, _)) = behind.split_once('=') {
                // `target: NAME = value` holds for that target and what it needs.
                self.open(names.trim_end_matches([':', '?', '+', '!', ' ', '\t']).trim());
                return;
            }
            let span = self.source.span_of(start..start + sign);
            let mut rule = Recipe { target: Spanned::new(target.to_owned(), span), lines: Vec::new() };
            if let Some(at) = code.find(';') {
                rule.lines.push(self.source.slice(start + at + 1..start + code.len()));
            }
            self.rules.push(rule);
        }
    }

    fn assign(&mut self, before: &str, value: Text, operator: &str, conditional: bool) {
        let kind = before.chars().last().filter(|char| operator == "=" && "?+!".contains(*char));
        let before = before.trim_end_matches(['?', '+', '!']).trim();
        let name = ["export ", "override "].iter().fold(before, |name, word| name.trim_start_matches(word).trim());
        let known = self.variables.get(name);
        let assigned = match (kind, known) {
            (Some('?'), Some(_)) if !conditional => return,
            _ if conditional || known.is_some() => Assigned::Open,
            (Some('?'), None) => Assigned::Default(value),
            (None, None) => Assigned::Set(value),
            _ => Assigned::Open,
        };
        self.variables.insert(name.to_owned(), assigned);
    }

    fn open(&mut self, name: &str) {
        self.variables.insert(name.to_owned(), Assigned::Open);
    }
}

/// The ranges of the lines, without their ends.
fn physical(text: &str) -> Vec<Range<usize>> {
    let mut at = 0;
    let line = |line: &str| {
        let start = at;
        at += line.len();
        start..start + line.trim_end_matches(['\n', '\r']).len()
    };
    text.split_inclusive('\n').map(line).collect()
}

struct Filler<'a> {
    variables: &'a BTreeMap<String, Assigned>,
    /// References that may still be followed.
    left: usize,
}

impl Filler<'_> {
    fn fill(&mut self, text: &Text, depth: usize) -> Text {
        let value = text.as_str();
        let mut out = Text::empty(text.anchor());
        let mut at = 0;
        while let Some(dollar) = value[at..].find('$').map(|found| at + found) {
            out.push_text(&text.slice(at..dollar));
            let behind = &value[dollar + 1..];
            let (name, end) = match behind.chars().next() {
                Some('$') => {
                    out.push_text(&text.slice(dollar..dollar + 1));
                    at = dollar + 2;
                    continue;
                }
                Some(open @ ('(' | '{')) => {
                    let length = closed(behind, open).unwrap_or(behind.len());
                    (behind[1..length].trim_end_matches([')', '}']), dollar + 1 + length)
                }
                Some(char) => (&behind[..char.len_utf8()], dollar + 1 + char.len_utf8()),
                None => break,
            };
            let filled = self.reference(name, text.span_of(dollar..end), depth);
            out.push_text(&filled);
            at = end;
        }
        out.push_text(&text.slice(at.min(value.len())..value.len()));
        out
    }

    /// What stands for a reference in the shell's line.
    fn reference(&mut self, name: &str, span: Span, depth: usize) -> Text {
        let opaque = || Text::mapped("$@", span);
        let is_name = |name: &str| {
            !name.is_empty()
                && !name.starts_with(|char: char| char.is_ascii_digit())
                && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '_')
        };
        let follows = depth < MAX_DEPTH && self.left > 0;
        self.left = self.left.saturating_sub(1);
        // Blanks and quotes in a value are the shell's to read.
        let is_word = |value: &Text| !value.as_str().contains(['\\', '"', '\'', ' ', '\t', '$']);
        match self.variables.get(name) {
            Some(Assigned::Default(value)) if is_name(name) && is_word(value) => {
                Text::mapped(&format!("${{{name}}}"), span)
            }
            Some(Assigned::Set(value) | Assigned::Default(value)) if follows => self.fill(&value.clone(), depth + 1),
            None if is_name(name) && name.len() > 1 => Text::mapped(&format!("${{{name}}}"), span),
            _ => opaque(),
        }
    }
}

/// The length up to and with the bracket that closes the one at the beginning.
fn closed(text: &str, open: char) -> Option<usize> {
    let close = if open == '(' { ')' } else { '}' };
    let mut depth = 0usize;
    for (at, char) in text.char_indices() {
        if char == open {
            depth += 1;
        } else if char == close {
            depth -= 1;
            if depth == 0 {
                return Some(at + 1);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let lines = |recipe: &Recipe| {
            let lines: Vec<String> = recipe.lines.iter().map(|line| line.as_str().to_owned()).collect();
            format!("{}: {}", recipe.target.value, lines.join(" / "))
        };
        parse(FileId(0), text).recipes.iter().map(lines).collect()
    }

    #[test]
    fn recipes_are_lines_of_the_shell() {
        let text = "# x: y\nall: a b ## help; text\n\t@-echo $$HOME # said\n\n\tdocker run \\\n\t  -d redis\nnone:\nb: ; true\n";
        assert_eq!(read(text), ["all: echo $HOME # said / docker run \\\n  -d redis", "b:  true"]);
        assert!(read(".RECIPEPREFIX = >\na:\n\tb\n").is_empty());
    }

    #[test]
    fn variables_of_the_file_are_filled_in() {
        let text = "IMAGE := redis:$(TAG) # the tag\nTAG = 7\nPORT ?= 6379\nexport NAME=cache\na:\n\trun $(IMAGE) ${PORT} $(NAME) $(USER) $@\n";
        assert_eq!(read(text), ["a: run redis:7 ${PORT} cache ${USER} $@"]);
    }

    #[test]
    fn what_make_computes_is_not_followed() {
        let text = "A = 1\nA = 2\nB != cat x\nifdef X\nC = 1\nendif\nt: D = 1\nL = $(L)\ndefine E\nx = 1\nendef\n\
                    t:\n\trun $(A) $(B) $(C) $(D) $(E) $(shell pwd) $(L) $(x)\n";
        assert_eq!(read(text), ["t: run $@ $@ $@ $@ $@ $@ $@ $@"]);
    }

    #[test]
    fn places_stay() {
        let text = "PW = secret\na:\n\t@run $(PW)\n";
        let line = &parse(FileId(0), text).recipes[0].lines[0];
        assert_eq!(&text[line.slice(4..10).span().range()], "secret");
        assert_eq!(&text[line.slice(0..3).span().range()], "run");
    }
}
