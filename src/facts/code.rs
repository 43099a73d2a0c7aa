//! Code as far as settings go: modules, names, classes, functions, and the calls that may connect to Redis.
//!
//! Comes from `extract/python` (later also from other languages): a small expression language in which everything that
//! settings are not made of is `Opaque`. Knows no library; what a call means is `resolve/evaluate`'s.

use std::collections::HashMap;

use crate::source::{FileId, Span, Spanned};
use crate::text::Text;

/// A module of code.
#[derive(Debug)]
pub struct Module {
    /// Its text.
    pub file: FileId,
    /// Its path relative to the root.
    pub path: String,
    /// Imports anywhere in it, in order.
    pub imports: Vec<Import>,
    /// Module-level assignments, in order.
    pub bindings: Vec<Binding>,
    /// Module-level classes.
    pub classes: Vec<Class>,
    /// Module-level functions.
    pub functions: Vec<Function>,
    /// Calls at module or class level that may connect to Redis.
    pub calls: Vec<Expr>,
    /// The branches that calls anywhere in it stand under, outermost first.
    pub branches: HashMap<Span, Vec<Guard>>,
    /// What must hold for calls anywhere in it, or an exception is raised before them.
    pub stops: HashMap<Span, Vec<Stop>>,
    /// The repository's files of modules that strings in it name: `include=["app.tasks"]`.
    pub named: Vec<String>,
    /// It imports modules by names that it makes itself: which, can't be told.
    pub imports_by_name: bool,
}

impl Module {
    /// A module that says nothing.
    #[must_use]
    pub fn empty(file: FileId, path: &str) -> Self {
        Self {
            file,
            path: path.to_owned(),
            imports: Vec::new(),
            bindings: Vec::new(),
            classes: Vec::new(),
            functions: Vec::new(),
            calls: Vec::new(),
            branches: HashMap::new(),
            stops: HashMap::new(),
            named: Vec::new(),
            imports_by_name: false,
        }
    }
}

/// A name that comes from another module.
#[derive(Debug, Clone)]
pub struct Import {
    /// The local name; dotted for `import a.b`, `*` for a star import.
    pub bound: String,
    /// The module, dotted; for a relative import without the leading dots.
    pub module: String,
    /// The member that is imported; `None`: the module itself (or all of it).
    pub member: Option<String>,
    /// The repository's file for `module`.
    pub target: Option<String>,
    /// The repository's file where `member` is a module itself.
    pub submodule: Option<String>,
    /// The imported name.
    pub span: Span,
}

impl Import {
    /// `redis.asyncio.Redis` for `from redis.asyncio import Redis as R`.
    #[must_use]
    pub fn qualified(&self) -> String {
        match &self.member {
            Some(member) => format!("{}.{member}", self.module),
            None => self.module.clone(),
        }
    }
}

/// An assignment.
#[derive(Debug, Clone)]
pub struct Binding {
    /// The target, dotted; constant subscripts count as attributes: `app.config["X"]` is `app.config.X`.
    pub name: Spanned<String>,
    /// The value; `None`: declared only (`x: str`).
    pub value: Option<Expr>,
    /// The annotation.
    pub annotation: Option<Expr>,
    /// The branches it stands under, outermost first.
    pub guards: Vec<Guard>,
    /// Its name or what it is set to speaks of servers, however loosely.
    pub hints: bool,
}

/// A branch of code.
#[derive(Debug, Clone)]
pub struct Guard {
    /// What is tested; opaque for loops and exception handlers.
    pub test: Expr,
    /// Whether the test must hold or fail.
    pub holds: bool,
}

/// `if not url: raise ValueError(…)`.
#[derive(Debug, Clone)]
pub struct Stop {
    /// What holds for whatever comes after it.
    pub guard: Guard,
    /// The exception, and where it is raised.
    pub raised: Spanned<String>,
    /// Whether a function raises it, and not the module.
    pub in_function: bool,
}

/// A class.
#[derive(Debug)]
pub struct Class {
    /// Its name.
    pub name: Spanned<String>,
    /// Its bases.
    pub bases: Vec<Expr>,
    /// Keyword arguments of the class statement, such as `env_prefix="X_"`.
    pub keywords: Vec<(Spanned<String>, Expr)>,
    /// Assignments in its body, in order.
    pub fields: Vec<Binding>,
    /// Its methods.
    pub methods: Vec<Function>,
    /// Classes inside, such as `Config`.
    pub inner: Vec<Class>,
}

/// A function or method.
#[derive(Debug)]
pub struct Function {
    /// Its name.
    pub name: Spanned<String>,
    /// Its parameters with their defaults, in order.
    pub parameters: Vec<(String, Option<Expr>)>,
    /// Its decorators.
    pub decorators: Vec<Expr>,
    /// Assignments to local names and to attributes.
    pub bindings: Vec<Binding>,
    /// What it returns, with the branches.
    pub returns: Vec<(Expr, Vec<Guard>)>,
    /// Calls that may connect to Redis, also those of functions inside.
    pub calls: Vec<Expr>,
}

/// An expression and its place.
#[derive(Debug, Clone)]
pub struct Expr {
    /// From its first to its last byte.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// What settings are made of.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// A string; anchored at the literal with its quotes.
    Text(Text),
    /// A number as written.
    Number(Text),
    /// `True` or `False`.
    Bool(bool),
    /// `None`.
    None,
    /// A name.
    Name(String),
    /// `object.name`.
    Attribute(Box<Expr>, Spanned<String>),
    /// `object[key]`.
    Subscript(Box<Expr>, Box<Expr>),
    /// A call.
    Call(Box<Call>),
    /// A dictionary; an entry without key is a `**spread`.
    Dict(Vec<(Option<Expr>, Expr)>),
    /// A list or tuple.
    List(Vec<Expr>),
    /// An f-string: the parts are joined as text.
    Format(Vec<Expr>),
    /// `a + b + c`.
    Sum(Vec<Expr>),
    /// `a % b`.
    Percent(Box<Expr>, Box<Expr>),
    /// `a or b`.
    Or(Vec<Expr>),
    /// `a and b`.
    And(Vec<Expr>),
    /// `not a`.
    Not(Box<Expr>),
    /// `a == b`; `is` counts as well.
    Equal(Box<Expr>, Box<Expr>),
    /// `a in b`.
    In(Box<Expr>, Box<Expr>),
    /// `a | b`, as in annotations.
    Union(Box<Expr>, Box<Expr>),
    /// A `lambda` without parameters.
    Lambda(Box<Expr>),
    /// Whether evaluating this ends with an exception: the test that an `except` branch stands under.
    Raises(Box<Expr>),
    /// What a function gives that raises an exception of this name.
    Stops(String),
    /// `text[1:]`: what comes after so many characters.
    After(Box<Expr>, usize),
    /// `then if test else otherwise`.
    Choice {
        /// The condition.
        test: Box<Expr>,
        /// The value where it holds.
        then: Box<Expr>,
        /// The value where it does not.
        otherwise: Box<Expr>,
    },
    /// A lambda, a comprehension: its value is not followed, but what is called inside is called.
    Within(Vec<Expr>),
    /// Not followed.
    Opaque,
}

/// A call.
#[derive(Debug, Clone)]
pub struct Call {
    /// What is called.
    pub callee: Expr,
    /// Positional arguments.
    pub arguments: Vec<Expr>,
    /// Keyword arguments.
    pub keywords: Vec<(Spanned<String>, Expr)>,
    /// `**options` arguments.
    pub spreads: Vec<Expr>,
}

impl Function {
    /// The decorator of that last name, such as `validator` for `@pydantic.validator("x")`.
    #[must_use]
    pub fn decorator(&self, name: &str) -> Option<&Expr> {
        self.decorators.iter().find(|decorator| {
            let dotted = decorator.as_call().map_or_else(|| decorator.dotted(), |call| call.callee.dotted());
            dotted.is_some_and(|dotted| dotted.rsplit('.').next() == Some(name))
        })
    }
}

impl Call {
    /// The value of a keyword argument.
    #[must_use]
    pub fn keyword(&self, name: &str) -> Option<&Expr> {
        self.keywords.iter().find(|(key, _)| key.value == name).map(|(_, value)| value)
    }
}

impl Expr {
    /// `a.b.c` for names and attributes of names.
    #[must_use]
    pub fn dotted(&self) -> Option<String> {
        let mut parts = Vec::new();
        let mut at = self;
        loop {
            match &at.kind {
                ExprKind::Attribute(object, name) => {
                    parts.push(name.value.as_str());
                    at = object;
                }
                ExprKind::Name(name) => {
                    parts.push(name);
                    parts.reverse();
                    return Some(parts.join("."));
                }
                _ => return None,
            }
        }
    }

    /// The expressions that this one is made of.
    #[must_use]
    pub fn parts(&self) -> Vec<&Self> {
        match &self.kind {
            ExprKind::Call(call) => std::iter::once(&call.callee)
                .chain(&call.arguments)
                .chain(call.keywords.iter().map(|(_, value)| value))
                .chain(&call.spreads)
                .collect(),
            ExprKind::Attribute(inner, _)
            | ExprKind::Not(inner)
            | ExprKind::Lambda(inner)
            | ExprKind::Raises(inner)
            | ExprKind::After(inner, _) => vec![inner],
            ExprKind::Subscript(left, right)
            | ExprKind::Percent(left, right)
            | ExprKind::Equal(left, right)
            | ExprKind::Union(left, right)
            | ExprKind::In(left, right) => vec![left, right],
            ExprKind::Dict(entries) => entries.iter().map(|(_, value)| value).collect(),
            ExprKind::List(parts)
            | ExprKind::Format(parts)
            | ExprKind::Sum(parts)
            | ExprKind::Or(parts)
            | ExprKind::And(parts)
            | ExprKind::Within(parts) => parts.iter().collect(),
            ExprKind::Choice { test, then, otherwise } => vec![test, then, otherwise],
            ExprKind::Text(_)
            | ExprKind::Number(_)
            | ExprKind::Bool(_)
            | ExprKind::None
            | ExprKind::Name(_)
            | ExprKind::Stops(_)
            | ExprKind::Opaque => Vec::new(),
        }
    }

    /// The call, if it is one.
    #[must_use]
    pub fn as_call(&self) -> Option<&Call> {
        match &self.kind {
            ExprKind::Call(call) => Some(call),
            _ => None,
        }
    }

    /// The text, if it is a literal one.
    #[must_use]
    pub fn as_text(&self) -> Option<&Text> {
        match &self.kind {
            ExprKind::Text(text) => Some(text),
            _ => None,
        }
    }
}
