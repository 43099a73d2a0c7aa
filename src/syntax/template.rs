//! Compose interpolation: `$V ${V} ${V:-d} ${V-d} ${V:?e} ${V?e} ${V:+r} ${V+r} $$`, nested, with spans.
//!
//! Finds references exactly where compose-go does, its oddities included: an operand stops at the brace that balances it,
//! a `{` hides the character behind it from that count, without a balancing brace the last one of the line counts, and no
//! operand goes over a line break. Knows no variables.

use std::ops::Range;

use crate::source::Span;
use crate::text::Text;

/// References in defaults of references are followed this far; nobody writes more than three.
const MAX_NESTING: usize = 32;

/// What compose says about a malformed reference (it goes on with `for services.web.command.`).
const INVALID: &str = "invalid interpolation format";

/// A value with references, in the order they stand.
#[derive(Clone, Debug)]
pub struct Template {
    /// The parts.
    pub parts: Vec<Part>,
    /// The place of the whole.
    pub anchor: Span,
}

/// A part of a template.
#[derive(Clone, Debug)]
pub enum Part {
    /// Literal text; `$$` has become `$`.
    Literal(Text),
    /// A reference to a variable.
    Variable(Variable),
}

/// A reference.
#[derive(Clone, Debug)]
pub struct Variable {
    /// The name; case-sensitive.
    pub name: String,
    /// Where the name stands.
    pub name_span: Span,
    /// `$V` or `${…}` as a whole.
    pub span: Span,
    /// What follows the name.
    pub operator: Operator,
}

/// What follows the name in braces. Compose 2 resolves the operand whether it is used or not: `${A:-${B:?m}}` and
/// `${A:+${B:?m}}` fail there without `B`, also where `A` is set.
#[derive(Clone, Debug)]
pub enum Operator {
    /// Nothing.
    Plain,
    /// `:-` (empty counts as unset) or `-`: the value where unset.
    Default {
        /// `:` was written.
        empty_too: bool,
        /// The default.
        value: Template,
    },
    /// `:?` or `?`: an error where unset.
    Required {
        /// `:` was written.
        empty_too: bool,
        /// The message.
        message: Template,
    },
    /// `:+` or `+`: the value where set.
    Replacement {
        /// `:` was written.
        empty_too: bool,
        /// The replacement.
        value: Template,
    },
}

/// A form that compose refuses (`invalid interpolation format`).
#[derive(Clone, Debug)]
pub struct TemplateError {
    /// The bytes at fault.
    pub span: Span,
    /// Compose's own text.
    pub message: String,
}

impl Template {
    /// The literal text where nothing is referenced.
    #[must_use]
    pub fn literal(&self) -> Option<Text> {
        let mut text = Text::empty(self.anchor);
        for part in &self.parts {
            match part {
                Part::Literal(literal) => text.push_text(literal),
                Part::Variable(_) => return None,
            }
        }
        Some(text)
    }

    /// The references, those in operands included, in the order they stand.
    #[must_use]
    pub fn variables(&self) -> Vec<&Variable> {
        let mut out = Vec::new();
        let mut pending: Vec<&Part> = self.parts.iter().rev().collect();
        while let Some(part) = pending.pop() {
            let Part::Variable(variable) = part else { continue };
            out.push(variable);
            if let Some(operand) = variable.operator.operand() {
                pending.extend(operand.parts.iter().rev());
            }
        }
        out
    }
}

impl Operator {
    /// The default, message or replacement.
    #[must_use]
    pub fn operand(&self) -> Option<&Template> {
        match self {
            Self::Plain => None,
            Self::Default { value, .. } | Self::Replacement { value, .. } => Some(value),
            Self::Required { message, .. } => Some(message),
        }
    }
}

/// Parses the references in a decoded value.
///
/// # Errors
/// The first malformed reference.
pub fn parse(text: &Text) -> Result<Template, TemplateError> {
    part(text, 0..text.len(), text.anchor(), 0)
}

/// Parses a part of the value: all of it, or an operand.
fn part(text: &Text, range: Range<usize>, anchor: Span, nesting: usize) -> Result<Template, TemplateError> {
    let value = &text.as_str()[..range.end];
    let mut parts = Vec::new();
    let mut literal = Text::empty(anchor);
    // Start of the literal bytes not yet taken over.
    let mut from = range.start;
    let mut at = range.start;
    let mut line = Line::default();
    while let Some(found) = value[at..].find('$') {
        let dollar = at + found;
        let rest = &value[dollar + 1..];
        if rest.starts_with('$') {
            literal.push_text(&text.slice(from..dollar));
            // Both signs became the one.
            literal.push_mapped("$", text.span_of(dollar..dollar + 2));
            (from, at) = (dollar + 2, dollar + 2);
            continue;
        }
        let braced = rest.starts_with('{');
        let start = dollar + 1 + usize::from(braced);
        let name = start..start + name_len(&value[start..]);
        if !braced && name.is_empty() {
            at = start;
            continue;
        }
        let (end, operator) = if braced {
            let invalid = || TemplateError { span: text.span_of(fault(value, dollar)), message: INVALID.to_owned() };
            if name.is_empty() {
                return Err(invalid());
            }
            operator(text, value, dollar, name.end, &mut line, nesting)?.ok_or_else(invalid)?
        } else {
            (name.end, Operator::Plain)
        };
        literal.push_text(&text.slice(from..dollar));
        if !literal.is_empty() {
            parts.push(Part::Literal(std::mem::replace(&mut literal, Text::empty(anchor))));
        }
        parts.push(Part::Variable(Variable {
            name: value[name.clone()].to_owned(),
            name_span: text.span_of(name),
            span: text.span_of(dollar..end),
            operator,
        }));
        (from, at) = (end, end);
    }
    literal.push_text(&text.slice(from..range.end));
    if !literal.is_empty() {
        parts.push(Part::Literal(literal));
    }
    Ok(Template { parts, anchor })
}

/// What follows the name of `${name` at `at`, and the end of the reference; `None` where compose finds no reference.
fn operator(
    text: &Text,
    value: &str,
    dollar: usize,
    at: usize,
    line: &mut Line,
    nesting: usize,
) -> Result<Option<(usize, Operator)>, TemplateError> {
    let rest = &value[at..];
    if rest.starts_with('}') {
        return Ok(Some((at + 1, Operator::Plain)));
    }
    let empty_too = rest.starts_with(':');
    let sign = at + usize::from(empty_too);
    let Some(kind @ (b'-' | b'?' | b'+')) = value.as_bytes().get(sign).copied() else { return Ok(None) };
    let Some(last) = line.last_brace(value, sign + 1) else { return Ok(None) };
    let close = closing_brace(&value[dollar..=last]).map_or(last, |len| dollar + len);
    let operand = sign + 1..close;
    if nesting == MAX_NESTING {
        let message = format!("references nested more than {MAX_NESTING} deep");
        return Err(TemplateError { span: text.span_of(dollar..close + 1), message });
    }
    let anchor = text.span_of(operand.clone());
    let value = part(text, operand, anchor, nesting + 1)?;
    let operator = match kind {
        b'-' => Operator::Default { empty_too, value },
        b'+' => Operator::Replacement { empty_too, value },
        _ => Operator::Required { empty_too, message: value },
    };
    Ok(Some((close + 1, operator)))
}

/// Length of the name that `text` begins with.
fn name_len(text: &str) -> usize {
    // Compose's pattern ignores case, and Go folds these two to `s` and `k`.
    let letter = |char: char| char.is_ascii_alphabetic() || matches!(char, '_' | '\u{17F}' | '\u{212A}');
    if !text.starts_with(letter) {
        return 0;
    }
    text.find(|char: char| !letter(char) && !char.is_ascii_digit()).unwrap_or(text.len())
}

/// The brace that closes the reference which `text` begins with, as compose-go counts.
fn closing_brace(text: &str) -> Option<usize> {
    let mut open = 0usize;
    let mut bytes = text.bytes().enumerate();
    while let Some((at, byte)) = bytes.next() {
        match byte {
            b'}' => {
                // A text begins with `${`, so one is always open.
                open -= 1;
                if open == 0 {
                    return Some(at);
                }
            }
            b'{' => {
                open += 1;
                bytes.next();
            }
            _ => {}
        }
    }
    None
}

/// The bytes to point at for the malformed reference at `dollar`: up to its brace, else up to a blank.
fn fault(value: &str, dollar: usize) -> Range<usize> {
    let rest = &value[dollar..];
    let line = rest.find('\n').unwrap_or(rest.len());
    let rest = &rest[..line];
    let len = rest.find('}').map(|at| at + 1).or_else(|| rest.find([' ', '\t'])).unwrap_or(rest.len());
    dollar..dollar + len
}

/// The last `}` of the current line, looked for once a line.
#[derive(Default)]
struct Line {
    end: usize,
    brace: Option<usize>,
}

impl Line {
    /// The last `}` in the line of `from` that does not stand before it.
    fn last_brace(&mut self, value: &str, from: usize) -> Option<usize> {
        if from > self.end || self.end == 0 {
            self.end = value[from..].find('\n').map_or(value.len(), |len| from + len);
            self.brace = value[from..self.end].rfind('}').map(|at| from + at);
        }
        self.brace.filter(|brace| *brace >= from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    fn read(value: &str) -> Result<Template, TemplateError> {
        parse(&Text::exact(value, Span::new(FileId(0), 0..value.len())))
    }

    /// The template in a notation of its own: `<NAME op [operand]>`; an error as `!` and the bytes at fault.
    fn show(value: &str) -> String {
        fn write(template: &Template, out: &mut String) {
            for part in &template.parts {
                match part {
                    Part::Literal(text) => out.push_str(text.as_str()),
                    Part::Variable(variable) => {
                        let (sign, empty_too) = match &variable.operator {
                            Operator::Plain => ("", false),
                            Operator::Default { empty_too, .. } => ("-", *empty_too),
                            Operator::Required { empty_too, .. } => ("?", *empty_too),
                            Operator::Replacement { empty_too, .. } => ("+", *empty_too),
                        };
                        out.push('<');
                        out.push_str(&variable.name);
                        out.push_str(if empty_too { ":" } else { "" });
                        out.push_str(sign);
                        if let Some(operand) = variable.operator.operand() {
                            out.push('[');
                            write(operand, out);
                            out.push(']');
                        }
                        out.push('>');
                    }
                }
            }
        }
        match read(value) {
            Ok(template) => {
                let mut out = String::new();
                write(&template, &mut out);
                out
            }
            Err(error) => format!("!{}", &value[error.span.range()]),
        }
    }

    #[test]
    fn references_are_found_where_compose_finds_them() {
        // Each was printed by `docker compose config` 2.40.3.
        for (value, expected) in [
            ("$S$S.${S}x$Sx", "<S><S>.<S>x<Sx>"),
            ("$_ ${v}", "<_> <v>"),
            ("${V:-}${V-}${V:+}${V+}", "<V:-[]><V-[]><V:+[]><V+[]>"),
            ("${V:?}${V?m}", "<V:?[]><V?[m]>"),
            ("${S:+r} ${V:-d} $S}", "<S:+[r]> <V:-[d]> <S>}"),
            ("${V-a:-b}", "<V-[a:-b]>"),
            ("${V:-\"q\"}", "<V:-[\"q\"]>"),
            ("${A:-${B:-${C:-$D}}}", "<A:-[<B:-[<C:-[<D>]>]>]>"),
            ("${V:-${W:-a}b${W:-c}}d", "<V:-[<W:-[a]>b<W:-[c]>]>d"),
            ("é${V:-ü}é", "é<V:-[ü]>é"),
            // dollars
            ("$", "$"),
            ("$1", "$1"),
            ("$(cat)", "$(cat)"),
            ("%{S}", "%{S}"),
            ("$${S}", "${S}"),
            ("$$${S}", "$<S>"),
            ("${V:-$$x}", "<V:-[$x]>"),
            ("${V:-$1}", "<V:-[$1]>"),
            // braces
            ("${S}}", "<S>}"),
            ("${V:-}}", "<V:-[]>}"),
            ("${V:-a}b}", "<V:-[a]>b}"),
            ("${V:-{}}", "<V:-[{}]>"),
            ("${V:-{}} x } y", "<V:-[{}} x ]> y"),
            ("${V:-a{b}", "<V:-[a{b]>"),
            ("${S:-{{}}}", "<S:-[{{}]>}"),
            ("${V:-a} \n ${V:-b}", "<V:-[a]> \n <V:-[b]>"),
            ("${S:?}\n}", "<S:?[]>\n}"),
            // refused
            ("a ${V b", "!${V"),
            ("${}", "!${}"),
            ("${1V}", "!${1V}"),
            ("${V.x} y", "!${V.x}"),
            ("${V:}", "!${V:}"),
            ("${V:=x}", "!${V:=x}"),
            ("${V :-x}", "!${V :-x}"),
            ("${ V}", "!${ V}"),
            ("${V:-a\nb}", "!${V:-a"),
            ("a ${V:-${1}} b", "!${1}"),
            ("${V:-d}${", "!${"),
            ("${S:-${}", "!${"),
            ("${V:-a{b} ${W:-c}", "!${W:-c"),
        ] {
            assert_eq!(show(value), expected, "{value}");
        }
    }

    #[test]
    fn places_are_those_of_the_source() {
        // source: "x\u0024{PW:-d}" with quotes, the dollar escaped
        let file = FileId(0);
        let mut text = Text::empty(Span::new(file, 0..17));
        text.push_exact("x", Span::new(file, 1..2));
        text.push_mapped("$", Span::new(file, 2..8));
        text.push_exact("{PW:-d}", Span::new(file, 8..15));
        let template = parse(&text).unwrap();
        let [Part::Literal(literal), Part::Variable(variable)] = template.parts.as_slice() else { panic!() };
        assert_eq!(literal.span(), Span::new(file, 1..2));
        assert_eq!(variable.span, Span::new(file, 2..15));
        assert_eq!(variable.name_span, Span::new(file, 9..11));
        let Some(operand) = variable.operator.operand() else { panic!() };
        assert_eq!(operand.anchor, Span::new(file, 13..14));
        assert_eq!(operand.literal().map(|text| text.span()), Some(Span::new(file, 13..14)));
    }

    #[test]
    fn nesting_is_capped_and_long_values_are_quick() {
        let deep = format!("{}x{}", "${V:-".repeat(5_000), "}".repeat(5_000));
        assert!(read(&deep).unwrap_err().message.contains("nested"));
        let wide = "${V:-a}{".repeat(100_000);
        assert_eq!(read(&wide).unwrap().parts.len(), 2 * 100_000);
        let open = "${V:-".repeat(100_000);
        assert!(read(&open).is_err());
    }

    #[test]
    fn variables_include_those_in_operands() {
        let template = read("${A:-$B}${C?${D+x}}").unwrap();
        let names: Vec<&str> = template.variables().iter().map(|variable| variable.name.as_str()).collect();
        assert_eq!(names, ["A", "B", "C", "D"]);
    }
}
