//! ruff's expressions → [`Expr`]; whatever settings are not made of becomes opaque.

use ruff_python_ast::{self as ast, ConversionFlag, FStringPart, InterpolatedStringElement, Operator};
use ruff_text_size::{Ranged, TextRange};

use crate::facts::code::{Call, Expr, ExprKind};
use crate::source::{FileId, Span, Spanned};
use crate::syntax::python;
use crate::text::Text;

/// Deeper expressions are no settings.
const MAX_DEPTH: usize = 40;

/// The text that expressions are lowered from.
#[derive(Clone, Copy)]
pub struct Lowerer<'a> {
    /// Its file.
    pub file: FileId,
    /// The whole source.
    pub text: &'a str,
}

impl Lowerer<'_> {
    /// A span from ruff's range.
    pub fn span(self, range: TextRange) -> Span {
        python::span(self.file, range)
    }

    /// Lowers an expression.
    pub fn expr(self, expr: &ast::Expr) -> Expr {
        self.at(expr, 0)
    }

    /// An expression that says nothing but where it stands.
    pub fn opaque(self, range: TextRange) -> Expr {
        Expr { span: self.span(range), kind: ExprKind::Opaque }
    }

    fn at(self, expr: &ast::Expr, depth: usize) -> Expr {
        if depth > MAX_DEPTH {
            return self.opaque(expr.range());
        }
        let next = |inner: &ast::Expr| self.at(inner, depth + 1);
        let boxed = |inner: &ast::Expr| Box::new(self.at(inner, depth + 1));
        let kind = match expr {
            ast::Expr::StringLiteral(literal) => {
                let mut text = Text::empty(self.span(literal.range()));
                for part in &literal.value {
                    text.push_text(&python::string(self.file, self.text, part));
                }
                ExprKind::Text(text)
            }
            ast::Expr::FString(literal) => ExprKind::Format(self.format(&literal.value, depth)),
            ast::Expr::NumberLiteral(number) => ExprKind::Number(self.number(number)),
            ast::Expr::BooleanLiteral(literal) => ExprKind::Bool(literal.value),
            ast::Expr::NoneLiteral(_) => ExprKind::None,
            ast::Expr::Name(name) => ExprKind::Name(name.id.to_string()),
            ast::Expr::Attribute(attribute) => {
                ExprKind::Attribute(boxed(&attribute.value), self.identifier(&attribute.attr))
            }
            ast::Expr::Subscript(subscript) => match cut(&subscript.slice) {
                Some(cut) => ExprKind::After(boxed(&subscript.value), cut),
                None => ExprKind::Subscript(boxed(&subscript.value), boxed(&subscript.slice)),
            },
            ast::Expr::UnaryOp(ast::ExprUnaryOp { op: ast::UnaryOp::USub, operand, .. })
                if let ast::Expr::NumberLiteral(number) = &**operand =>
            {
                let shown = format!("-{}", self.number(number).as_str());
                ExprKind::Number(Text::mapped(&shown, self.span(expr.range())))
            }
            ast::Expr::Call(call) => ExprKind::Call(Box::new(self.call(call, depth))),
            ast::Expr::Dict(dict) => {
                ExprKind::Dict(dict.items.iter().map(|item| (item.key.as_ref().map(next), next(&item.value))).collect())
            }
            ast::Expr::List(list) => ExprKind::List(list.elts.iter().map(next).collect()),
            ast::Expr::Tuple(tuple) => ExprKind::List(tuple.elts.iter().map(next).collect()),
            ast::Expr::BinOp(operation) if operation.op == Operator::Add => ExprKind::Sum(self.sum(operation, depth)),
            ast::Expr::BinOp(operation) if operation.op == Operator::Mod => {
                ExprKind::Percent(boxed(&operation.left), boxed(&operation.right))
            }
            ast::Expr::BinOp(operation) if operation.op == Operator::BitOr => {
                ExprKind::Union(boxed(&operation.left), boxed(&operation.right))
            }
            ast::Expr::BoolOp(operation) => {
                let values = operation.values.iter().map(next).collect();
                if operation.op == ast::BoolOp::Or { ExprKind::Or(values) } else { ExprKind::And(values) }
            }
            ast::Expr::UnaryOp(operation) if operation.op == ast::UnaryOp::Not => {
                ExprKind::Not(boxed(&operation.operand))
            }
            ast::Expr::If(choice) => ExprKind::Choice {
                test: boxed(&choice.test),
                then: boxed(&choice.body),
                otherwise: boxed(&choice.orelse),
            },
            ast::Expr::Compare(compare) => match (&*compare.ops, &*compare.comparators) {
                ([ast::CmpOp::Eq | ast::CmpOp::Is], [right]) => ExprKind::Equal(boxed(&compare.left), boxed(right)),
                ([ast::CmpOp::NotEq | ast::CmpOp::IsNot], [right]) => {
                    let equal = ExprKind::Equal(boxed(&compare.left), boxed(right));
                    ExprKind::Not(Box::new(Expr { span: self.span(compare.range()), kind: equal }))
                }
                ([ast::CmpOp::In], [right]) => ExprKind::In(boxed(&compare.left), boxed(right)),
                ([ast::CmpOp::NotIn], [right]) => {
                    let inside = ExprKind::In(boxed(&compare.left), boxed(right));
                    ExprKind::Not(Box::new(Expr { span: self.span(compare.range()), kind: inside }))
                }
                _ => ExprKind::Opaque,
            },
            ast::Expr::Lambda(lambda) if lambda.parameters.is_none() => ExprKind::Lambda(boxed(&lambda.body)),
            // `folder / "file.yaml"`
            ast::Expr::BinOp(operation) => ExprKind::Within(vec![next(&operation.left), next(&operation.right)]),
            ast::Expr::Lambda(lambda) => ExprKind::Within(vec![next(&lambda.body)]),
            ast::Expr::ListComp(list) => ExprKind::Within(vec![next(&list.elt)]),
            ast::Expr::SetComp(set) => ExprKind::Within(vec![next(&set.elt)]),
            ast::Expr::Generator(generator) => ExprKind::Within(vec![next(&generator.elt)]),
            ast::Expr::DictComp(dict) => ExprKind::Within(vec![next(&dict.value)]),
            ast::Expr::Starred(starred) => ExprKind::Within(vec![next(&starred.value)]),
            ast::Expr::Set(set) => ExprKind::Within(set.elts.iter().map(next).collect()),
            ast::Expr::Await(inner) => return self.at(&inner.value, depth + 1),
            ast::Expr::Named(named) => return self.at(&named.value, depth + 1),
            _ => ExprKind::Opaque,
        };
        Expr { span: self.span(expr.range()), kind }
    }

    /// The test of a `case`; `None`: a pattern of another kind than constants.
    pub fn pattern(self, subject: &Expr, pattern: &ast::Pattern) -> Option<Expr> {
        let value = |pattern: &ast::Pattern| match pattern {
            ast::Pattern::MatchValue(value) => Some(self.expr(&value.value)),
            _ => None,
        };
        let subject = Box::new(subject.clone());
        let span = self.span(pattern.range());
        let kind = match pattern {
            ast::Pattern::MatchOr(either) => {
                let values = either.patterns.iter().map(value).collect::<Option<Vec<_>>>()?;
                ExprKind::In(subject, Box::new(Expr { span, kind: ExprKind::List(values) }))
            }
            pattern => ExprKind::Equal(subject, Box::new(value(pattern)?)),
        };
        Some(Expr { span, kind })
    }

    fn identifier(self, identifier: &ast::Identifier) -> Spanned<String> {
        Spanned::new(identifier.id.to_string(), self.span(identifier.range))
    }

    fn number(self, number: &ast::ExprNumberLiteral) -> Text {
        let span = self.span(number.range());
        let written = self.text.get(span.range()).unwrap_or_default();
        match &number.value {
            ast::Number::Int(int) if int.to_string() != written => Text::mapped(&int.to_string(), span),
            _ => Text::exact(written, span),
        }
    }

    fn call(self, call: &ast::ExprCall, depth: usize) -> Call {
        let mut out = Call {
            callee: self.at(&call.func, depth + 1),
            arguments: Vec::new(),
            keywords: Vec::new(),
            spreads: Vec::new(),
        };
        for argument in &call.arguments.args {
            out.arguments.push(self.at(argument, depth + 1));
        }
        for keyword in &call.arguments.keywords {
            let value = self.at(&keyword.value, depth + 1);
            match &keyword.arg {
                Some(name) => out.keywords.push((self.identifier(name), value)),
                None => out.spreads.push(value),
            }
        }
        out
    }

    /// The operands of a chain of `+`, which ruff nests to the left.
    fn sum(self, operation: &ast::ExprBinOp, depth: usize) -> Vec<Expr> {
        let mut parts = vec![self.at(&operation.right, depth + 1)];
        let mut left = &*operation.left;
        while let ast::Expr::BinOp(inner) = left
            && inner.op == Operator::Add
        {
            parts.push(self.at(&inner.right, depth + 1));
            left = &inner.left;
        }
        parts.push(self.at(left, depth + 1));
        parts.reverse();
        parts
    }

    fn format(self, value: &ast::FStringValue, depth: usize) -> Vec<Expr> {
        let mut parts = Vec::new();
        for part in value {
            let fstring = match part {
                FStringPart::Literal(literal) => {
                    let text = python::string(self.file, self.text, literal);
                    parts.push(Expr { span: text.anchor(), kind: ExprKind::Text(text) });
                    continue;
                }
                FStringPart::FString(fstring) => fstring,
            };
            for element in &fstring.elements {
                parts.push(match element {
                    InterpolatedStringElement::Literal(literal) => {
                        let raw = fstring.flags.prefix().is_raw();
                        let text = python::decode(self.file, self.text, literal.range, raw, true, &literal.value);
                        Expr { span: text.anchor(), kind: ExprKind::Text(text) }
                    }
                    InterpolatedStringElement::Interpolation(field)
                        if field.format_spec.as_deref().is_none_or(is_plain)
                            && field.debug_text.is_none()
                            && matches!(field.conversion, ConversionFlag::None | ConversionFlag::Str) =>
                    {
                        self.at(&field.expression, depth + 1)
                    }
                    InterpolatedStringElement::Interpolation(field) => self.opaque(field.range),
                });
            }
        }
        parts
    }
}

/// The length that `[1:]` cuts off; `None`: it cuts in another way.
fn cut(slice: &ast::Expr) -> Option<usize> {
    let ast::Expr::Slice(ast::ExprSlice { lower: Some(lower), upper: None, step: None, .. }) = slice else {
        return None;
    };
    let ast::Expr::NumberLiteral(ast::ExprNumberLiteral { value: ast::Number::Int(int), .. }) = &**lower else {
        return None;
    };
    int.as_usize()
}

/// A format that shows whole numbers and texts as they are.
fn is_plain(spec: &ast::InterpolatedStringFormatSpec) -> bool {
    spec.elements.literals().all(|literal| matches!(&*literal.value, "d" | "s")) && spec.elements.len() <= 1
}
