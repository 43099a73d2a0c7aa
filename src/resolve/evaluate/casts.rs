//! What libraries make of a text that is to be a number or a truth value.

use crate::model::ClientError;
use crate::source::Span;
use crate::symbol::Symbols;
use crate::syntax::dotenv::Dialect;

use super::cases::{map, running};
use super::values::{Case, Value};

/// The words for true and false, in lower case.
pub(super) struct Words {
    yes: &'static [&'static str],
    /// `None`: all others are false.
    no: Option<&'static [&'static str]>,
    /// Whether an empty text is false.
    empty: bool,
}

/// pydantic's: <https://docs.pydantic.dev/latest/api/standard_library_types/#booleans>
pub(super) const PYDANTIC: Words = Words {
    yes: &["1", "true", "t", "yes", "y", "on"],
    no: Some(&["0", "false", "f", "no", "n", "off"]),
    empty: false,
};

/// Those of the library that reads env files in a dialect.
pub(super) fn words(dialect: Dialect) -> Words {
    match dialect {
        // https://github.com/HBNetwork/python-decouple: `strtobool`
        Dialect::Decouple => Words { empty: true, ..PYDANTIC },
        // https://www.starlette.io/config
        Dialect::Starlette => Words { yes: &["1", "true"], no: Some(&["0", "false"]), empty: false },
        // https://django-environ.readthedocs.io: `BOOLEAN_TRUE_STRINGS`
        Dialect::DjangoEnviron => Words { yes: &["true", "on", "ok", "y", "yes", "1"], no: None, empty: true },
        // environs, by way of marshmallow: https://marshmallow.readthedocs.io
        _ => PYDANTIC,
    }
}

/// What a cast to `bool` makes of values.
pub(super) fn booleans<'a>(cases: Vec<Case<'a>>, span: Span, words: &Words, error: &str) -> Vec<Case<'a>> {
    let cast = |value| {
        let text = match &value {
            Value::Bool(_) | Value::None => return Some(value),
            Value::Text(text) | Value::Number(text) if Symbols::is_known(text) => text.as_str().to_ascii_lowercase(),
            _ => return None,
        };
        let yes = words.yes.contains(&text.as_str());
        let no = words.no.is_none_or(|no| no.contains(&text.as_str())) || words.empty && text.is_empty();
        let refused = || Value::Ends(ClientError { message: format!("{error}: not a truth value"), span });
        Some(if yes || no { Value::Bool(yes) } else { refused() })
    };
    running(map(cases, cast, span))
}

/// What `int()` makes of values.
pub(super) fn integers<'a>(cases: Vec<Case<'a>>, span: Span, error: &str) -> Vec<Case<'a>> {
    let ended = || Value::Ends(ClientError { message: format!("{error}: not a valid integer"), span });
    let cast = |value| {
        Some(match &value {
            Value::Text(text) if Symbols::is_known(text) && text.as_str().trim().parse::<i64>().is_err() => ended(),
            Value::Text(text) if Symbols::is_known(text) => Value::Number(text.trim_matches(char::is_whitespace)),
            Value::Text(text) => Value::Number(text.clone()),
            Value::None => Value::Ends(ClientError { message: "TypeError: int() of None".to_owned(), span }),
            Value::Number(_) => value,
            _ => return None,
        })
    };
    running(map(cases, cast, span))
}

/// What `urlparse` makes of values.
pub(super) fn urls(cases: Vec<Case<'_>>, span: Span) -> Vec<Case<'_>> {
    let taken_apart = |value| match value {
        Value::Text(text) if Symbols::is_known(&text) => Some(Value::Url(text)),
        Value::Text(_) | Value::None => Some(value),
        _ => None,
    };
    map(cases, taken_apart, span)
}
