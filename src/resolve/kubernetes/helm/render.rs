//! Renders a chart's own templates as far as their values are known, every byte with its place.
//!
//! What is not known becomes an opaque symbol: as a scalar where a value is printed, as a key of its own where a block
//! may or may not stand, so that whoever reads the mapping knows that it is not the whole.

use std::collections::BTreeMap;

use super::functions;
use super::values::{empty, is_true, map, scalar};
use crate::facts::kubernetes::{Kind, Value};
use crate::source::Span;
use crate::symbol::Symbols;
use crate::syntax::go_template::{Branch, Expr, File, Node};
use crate::text::Text;

/// Templates that include each other are followed this far.
const MAX_DEPTH: usize = 24;
/// More text than any chart prints.
const MAX_LENGTH: usize = 1 << 20;

/// A value; `None`: not known.
pub(super) type Known = Option<Value>;

/// The templates of a chart.
pub(super) struct Renderer<'a> {
    pub symbols: &'a Symbols,
    pub defines: BTreeMap<&'a str, &'a [Node]>,
    /// `$`: `Values`, `Release` and `Chart`.
    pub root: Value,
}

/// What expressions mean at a place of a template.
#[derive(Clone)]
pub(super) struct Scope {
    dot: Known,
    variables: BTreeMap<String, Known>,
}

impl Scope {
    /// Of an included template `$` is what it was given.
    fn new(dot: Known) -> Self {
        Self { variables: BTreeMap::from([(String::new(), dot.clone())]), dot }
    }
}

impl<'a> Renderer<'a> {
    pub(super) fn new(files: impl IntoIterator<Item = &'a File>, root: Value, symbols: &'a Symbols) -> Self {
        let defines = files.into_iter().flat_map(|file| &file.defines);
        let defines = defines.map(|(name, nodes)| (name.as_str(), nodes.as_slice())).collect();
        Self { symbols, defines, root }
    }

    /// What a file prints.
    pub(super) fn file(&self, file: &File, at: Span) -> Text {
        let mut out = Text::empty(at);
        self.nodes(&file.nodes, &mut Scope::new(Some(self.root.clone())), &mut out, 0);
        out
    }

    /// The depth is bounded by [`MAX_DEPTH`] and by that of blocks.
    fn nodes(&self, nodes: &[Node], scope: &mut Scope, out: &mut Text, depth: usize) {
        for node in nodes {
            if out.len() > MAX_LENGTH || depth > MAX_DEPTH {
                return;
            }
            match node {
                Node::Text(text) => out.push_text(text),
                Node::Print(expr) => match self.value(expr, scope, depth) {
                    Some(value) => self.print(&value, out),
                    None => self.unknown(indentation(expr), out),
                },
                Node::Assign(name, expr) => {
                    let value = self.value(expr, scope, depth);
                    scope.variables.insert(name.clone(), value);
                }
                Node::If(branches) => self.branches(branches, scope, out, depth, false),
                Node::With(branches) => self.branches(branches, scope, out, depth, true),
                Node::Range(names, branches) => self.range(names, branches, scope, out, depth),
                Node::Unknown => self.unknown(None, out),
            }
        }
    }

    fn branches(&self, branches: &[Branch], scope: &mut Scope, out: &mut Text, depth: usize, with: bool) {
        for branch in branches {
            let Some(condition) = &branch.condition else {
                self.nodes(&branch.body, scope, out, depth + 1);
                return;
            };
            let Some(value) = self.value(condition, scope, depth) else {
                self.may_stand(branches, scope, out);
                return;
            };
            if is_true(&value) {
                let dot = scope.dot.clone();
                if with {
                    scope.dot = Some(value);
                }
                self.nodes(&branch.body, scope, out, depth + 1);
                scope.dot = dot;
                return;
            }
        }
    }

    fn range(&self, names: &[String], branches: &[Branch], scope: &mut Scope, out: &mut Text, depth: usize) {
        let [first, rest @ ..] = branches else { return };
        let Some(value) = first.condition.as_ref().and_then(|expr| self.value(expr, scope, depth)) else {
            self.may_stand(branches, scope, out);
            return;
        };
        let items: Vec<(Value, Value)> = match value.kind {
            Kind::List(items) => {
                let number = |at: usize, span| scalar(Text::mapped(&at.to_string(), span));
                items.into_iter().enumerate().map(|(at, item)| (number(at, item.span), item)).collect()
            }
            // Go goes by the keys in order.
            Kind::Map(fields) => {
                let sorted: BTreeMap<String, _> =
                    fields.into_iter().map(|field| (field.key.value.clone(), field)).collect();
                let pair = |field: crate::facts::kubernetes::Field| {
                    (scalar(Text::exact(&field.key.value, field.key.span)), field.value)
                };
                sorted.into_values().map(pair).collect()
            }
            _ => Vec::new(),
        };
        if items.is_empty() {
            self.branches(rest, scope, out, depth, false);
            return;
        }
        let dot = scope.dot.clone();
        for (key, item) in items {
            scope.dot = Some(item.clone());
            match names {
                [value] => drop(scope.variables.insert(value.clone(), Some(item))),
                [name, value] => {
                    scope.variables.insert(name.clone(), Some(key));
                    scope.variables.insert(value.clone(), Some(item));
                }
                _ => {}
            }
            self.nodes(&first.body, scope, out, depth + 1);
        }
        scope.dot = dot;
    }

    fn print(&self, value: &Value, out: &mut Text) {
        match &value.kind {
            _ if value.opaque => self.unknown(None, out),
            Kind::Scalar(text) => out.push_text(text),
            Kind::Null => {}
            Kind::Map(_) | Kind::List(_) => self.unknown(None, out),
        }
    }

    /// Stands for a value that is not known: a scalar, or a key on a line of its own.
    fn unknown(&self, indent: Option<usize>, out: &mut Text) {
        let symbol = self.symbols.opaque_text(out.anchor());
        match indent {
            Some(indent) => {
                out.push_mapped(&format!("\n{}", " ".repeat(indent)), out.anchor());
                out.push_text(&symbol);
                out.push_mapped(": unknown", out.anchor());
            }
            None => out.push_text(&symbol),
        }
    }

    /// Stands for a block of which it is not known whether it stands there; variables that it sets are not known either.
    fn may_stand(&self, branches: &[Branch], scope: &mut Scope, out: &mut Text) {
        let mut pending: Vec<&Node> = branches.iter().flat_map(|branch| &branch.body).collect();
        let mut prints = false;
        while let Some(node) = pending.pop() {
            match node {
                Node::Assign(name, _) => drop(scope.variables.insert(name.clone(), None)),
                Node::If(inner) | Node::With(inner) | Node::Range(_, inner) => {
                    pending.extend(inner.iter().flat_map(|branch| &branch.body));
                }
                Node::Text(text) => prints |= !text.as_str().trim().is_empty(),
                Node::Print(_) | Node::Unknown => prints = true,
            }
        }
        if !prints {
            return;
        }
        let texts = branches.iter().flat_map(|branch| &branch.body).filter_map(|node| match node {
            Node::Text(text) => Some(text.as_str()),
            _ => None,
        });
        let first = texts.map(|text| (text, text.trim_start())).find(|(_, rest)| !rest.is_empty());
        match first {
            // A whole object that may be there is left out.
            Some((_, rest)) if rest.starts_with("apiVersion") => {}
            // Lines of their own.
            Some((text, rest)) if text[..text.len() - rest.len()].contains('\n') => {
                let blank = &text[..text.len() - rest.len()];
                let indent = blank.rsplit('\n').next().unwrap_or_default();
                let item = if rest.starts_with("- ") { "- " } else { "" };
                out.push_mapped(&format!("\n{indent}{item}"), out.anchor());
                out.push_text(&self.symbols.opaque_text(out.anchor()));
                out.push_mapped(": unknown\n", out.anchor());
            }
            // A part of a line.
            _ => out.push_text(&self.symbols.opaque_text(out.anchor())),
        }
    }

    /// The value of an expression. The depth is bounded by that of the expression and by [`MAX_DEPTH`].
    pub(super) fn value(&self, expr: &Expr, scope: &Scope, depth: usize) -> Known {
        match expr {
            Expr::Nil => Some(null(self.root.span)),
            Expr::Literal(text) => Some(scalar(text.clone())),
            Expr::Field(path) => fields(scope.dot.clone()?, path),
            Expr::Variable(name, path) => fields(scope.variables.get(name)?.clone()?, path),
            Expr::Of(inner, path) => fields(self.value(inner, scope, depth)?, path),
            Expr::Call(name, arguments) if depth < MAX_DEPTH => {
                let values: Vec<Known> =
                    arguments.iter().map(|argument| self.value(argument, scope, depth + 1)).collect();
                match name.as_str() {
                    "include" => self.include(&values, depth),
                    "tpl" => self.template(&values, depth),
                    _ => functions::call(name, &values, self.root.span, self.symbols),
                }
            }
            Expr::Call(..) => None,
        }
    }

    fn include(&self, arguments: &[Known], depth: usize) -> Known {
        let [Some(name), dot] = arguments else { return None };
        let nodes = self.defines.get(name.text()?.as_str())?;
        let mut out = Text::empty(self.root.span);
        self.nodes(nodes, &mut Scope::new(dot.clone()), &mut out, depth + 1);
        Some(scalar(out))
    }

    fn template(&self, arguments: &[Known], depth: usize) -> Known {
        let [Some(text), dot] = arguments else { return None };
        let text = text.text()?;
        let file = crate::syntax::go_template::parse(text);
        let mut out = Text::empty(text.anchor());
        self.nodes(&file.nodes, &mut Scope::new(dot.clone()), &mut out, depth + 1);
        Some(scalar(out))
    }
}

/// The number of a pipeline that ends in `nindent`, or `indent`.
fn indentation(expr: &Expr) -> Option<usize> {
    match expr {
        Expr::Call(name, arguments) if matches!(name.as_str(), "nindent" | "indent") => match arguments.first()? {
            Expr::Literal(number) => number.as_str().parse().ok(),
            _ => None,
        },
        _ => None,
    }
}

pub(super) fn null(span: Span) -> Value {
    Value { span, opaque: false, kind: Kind::Null }
}

/// The value behind fields; what is not there is nothing, unless a part of it is hidden.
fn fields(value: Value, path: &[String]) -> Known {
    let mut value = value;
    for name in path {
        value = match value.field(name) {
            Some(field) => field.value.clone(),
            None if value.opaque => return None,
            None => null(value.span),
        };
    }
    (!value.opaque).then_some(value)
}

/// `$` of a chart.
pub(super) fn root(values: Value, release: Value, chart: Value) -> Value {
    let span = values.span;
    let hidden = || Value { opaque: true, ..empty(span) };
    map(
        span,
        [
            ("Values", values),
            ("Release", release),
            ("Chart", chart),
            ("Capabilities", hidden()),
            ("Files", hidden()),
            ("Template", hidden()),
        ],
    )
}
