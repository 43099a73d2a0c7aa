//! Compose interpolation: `$V ${V} ${V:-d} ${V-d} ${V:?e} ${V?e} ${V:+r} ${V+r} $$`, nested, with spans.

use crate::source::Span;
use crate::text::Text;

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

/// What follows the name in braces.
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

/// Parses the references in a decoded value.
///
/// # Errors
/// The first malformed reference.
pub fn parse(_text: &Text) -> Result<Template, TemplateError> {
    unimplemented!()
}
