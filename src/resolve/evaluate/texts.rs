//! Texts made of texts: f-strings, `+`, `%`, `.format` and percent-encoding, with the place of every byte.

use std::fmt::Write as _;

use crate::facts::code::{Call, Expr, ExprKind};
use crate::source::Span;
use crate::symbol::{Change, Condition, MAX_ALTERNATIVES, Step, Symbols};
use crate::text::Text;

use super::cases::{as_text, ends, join, one, opaque, running};
use super::structures::entry;
use super::values::{Case, Evaluator, Scope, Value};

impl<'a> Evaluator<'a> {
    /// Joins values as text. Where the alternatives multiply beyond the limit, the next part becomes opaque.
    pub fn concat(&self, span: Span, parts: impl Iterator<Item = Vec<Case<'a>>>) -> Vec<Case<'a>> {
        let mut done: Vec<(Vec<Condition>, Text, Vec<Step>)> = vec![(Vec::new(), Text::empty(span), Vec::new())];
        for part in parts.map(running) {
            if let [Case { value: Value::Ends(_), .. }] = part.as_slice() {
                return part;
            }
            let mut next = Vec::new();
            for (when, text, trace) in &done {
                for case in &part {
                    let Some(all) = join(when, &case.when) else { continue };
                    let mut text = text.clone();
                    text.push_text(&self.text_of(&case.value, span));
                    next.push((all, text, trace.iter().chain(&case.trace).cloned().collect()));
                }
            }
            if next.len() > MAX_ALTERNATIVES {
                let unknown = self.symbols.opaque_text(span);
                for (_, text, _) in &mut done {
                    text.push_text(&unknown);
                }
            } else {
                done = next;
            }
        }
        done.into_iter().map(|(when, text, trace)| Case { when, value: Value::Text(text), trace }).collect()
    }

    /// A value as `str()` shows it.
    pub(super) fn text_of(&self, value: &Value<'a>, span: Span) -> Text {
        match value {
            Value::None => Text::mapped("None", span),
            Value::Bool(value) => Text::mapped(if *value { "True" } else { "False" }, span),
            Value::Opaque(span) => self.symbols.opaque_text(*span),
            other => as_text(other).unwrap_or_else(|| self.symbols.opaque_text(span)),
        }
    }

    pub(super) fn sum(&self, expr: &'a Expr, parts: &'a [Expr], scope: Scope<'a>) -> Vec<Case<'a>> {
        let parts: Vec<_> = parts.iter().map(|part| self.eval(part, scope)).collect();
        // Python adds texts to texts only; anything else is no URL.
        let addable = |case: &Case<'a>| matches!(case.value, Value::Text(_) | Value::Opaque(_) | Value::Ends(_));
        let texts = parts.iter().flatten().any(|case| matches!(case.value, Value::Text(_)));
        if !texts {
            return opaque(expr.span);
        }
        let parts = parts.into_iter().map(|cases| {
            let cases: Vec<_> = cases.into_iter().filter(|case| addable(case)).collect();
            if cases.is_empty() { ends(expr.span, "TypeError: can only concatenate str to str") } else { cases }
        });
        self.concat(expr.span, parts)
    }

    pub(super) fn percent(&self, expr: &'a Expr, left: &'a Expr, right: &'a Expr, scope: Scope<'a>) -> Vec<Case<'a>> {
        let Some(template) = left.as_text() else { return opaque(expr.span) };
        let mut parts = Vec::new();
        let (value, mut at, mut next) = (template.as_str(), 0, 0);
        while let Some(found) = value[at..].find('%') {
            parts.push(one(Value::Text(template.slice(at..at + found))));
            let rest = &value[at + found..];
            let (length, cases) = match rest.as_bytes() {
                [b'%', b'%', ..] => (2, Some(one(Value::Text(template.slice(at + found..at + found + 1))))),
                [b'%', b's' | b'd' | b'i', ..] => {
                    let operand = match &right.kind {
                        ExprKind::List(values) => values.get(next),
                        _ => Some(right),
                    };
                    next += 1;
                    (2, operand.map(|operand| self.eval(operand, scope)))
                }
                [b'%', b'(', ..] => {
                    let Some(end) = rest.find(")s").or_else(|| rest.find(")d")) else { return opaque(expr.span) };
                    (end + 2, entry(right, &rest[2..end]).map(|operand| self.eval(operand, scope)))
                }
                _ => return opaque(expr.span),
            };
            parts.push(cases.unwrap_or_else(|| opaque(expr.span)));
            at += found + length;
        }
        parts.push(one(Value::Text(template.slice(at..value.len()))));
        self.concat(expr.span, parts.into_iter())
    }

    pub(super) fn format(&self, expr: &'a Expr, template: &Text, call: &'a Call, scope: Scope<'a>) -> Vec<Case<'a>> {
        let (value, mut at, mut next) = (template.as_str(), 0, 0);
        let mut parts = Vec::new();
        while let Some(found) = value[at..].find(['{', '}']) {
            parts.push(one(Value::Text(template.slice(at..at + found))));
            let start = at + found;
            let rest = &value[start..];
            if rest.starts_with("{{") || rest.starts_with("}}") {
                parts.push(one(Value::Text(template.slice(start..start + 1))));
                at = start + 2;
                continue;
            }
            let Some(end) = rest.find('}').filter(|end| *end > 0) else { return opaque(expr.span) };
            let field = &rest[1..end];
            let operand = if field.is_empty() {
                next += 1;
                call.arguments.get(next - 1)
            } else if let Ok(index) = field.parse::<usize>() {
                call.arguments.get(index)
            } else {
                call.keyword(field)
            };
            let cases = match (operand, call.spreads.as_slice()) {
                (Some(operand), _) => self.eval(operand, scope),
                (None, [spread]) => self.spread_entry(expr.span, spread, field, scope),
                _ => opaque(expr.span),
            };
            parts.push(cases);
            at = start + end + 1;
        }
        parts.push(one(Value::Text(template.slice(at..value.len()))));
        self.concat(expr.span, parts.into_iter())
    }

    /// What `**mapping` passes under a name.
    fn spread_entry(&self, span: Span, spread: &'a Expr, name: &str, scope: Scope<'a>) -> Vec<Case<'a>> {
        if self.qualified(spread, scope).as_deref() == Some("os.environ") {
            return super::environment::present(self.variable(name, span), span, &format!("KeyError: '{name}'"));
        }
        let (entries, complete) = self.pairs(spread, scope);
        match entries.iter().find(|(key, ..)| complete && *key == name) {
            Some((_, value, scope)) => self.eval(value, *scope),
            None => opaque(span),
        }
    }

    pub(super) fn changed(&self, text: &Text, change: Change) -> Option<Text> {
        let mut chars = text.as_str().chars();
        let (base, None) = (chars.next()?, chars.next()) else { return None };
        let symbol = self.symbols.intern(crate::symbol::Symbol::Changed { base, change });
        Some(Text::mapped(symbol.encode_utf8(&mut [0; 4]), text.span()))
    }

    /// Percent-encoded as `quote` does it, which keeps `/`, or as `quote_plus`, which makes `+` of a space.
    pub(super) fn quoted(&self, text: &Text, special: &str) -> Option<Value<'a>> {
        if !Symbols::is_known(text) {
            return self.changed(text, Change::PercentEncoded).map(Value::Text);
        }
        let mut out = Text::empty(text.anchor());
        for (at, char) in text.as_str().char_indices() {
            let range = at..at + char.len_utf8();
            if char.is_ascii_alphanumeric() || "_.-~".contains(char) || (char == '/' && special == "/") {
                out.push_text(&text.slice(range));
            } else if char == ' ' && special == "+" {
                out.push_mapped("+", text.span_of(range));
            } else {
                let mut encoded = String::new();
                for byte in text.as_str()[range.clone()].bytes() {
                    // Writing to a string does not fail.
                    let _ = write!(encoded, "%{byte:02X}");
                }
                out.push_mapped(&encoded, text.span_of(range));
            }
        }
        Some(Value::Text(out))
    }
}
