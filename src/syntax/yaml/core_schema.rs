//! What a plain scalar means to docker compose (go-yaml's mix of YAML 1.2 and 1.1), and how Go prints it.

use std::fmt;

/// A typed scalar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Value {
    /// Nothing, `~`, `null`.
    Null,
    /// `true`, `false` and their two other spellings.
    Bool(bool),
    /// An integer within go-yaml's range (`i64`, and above it `u64`).
    Int(i128),
    /// A float.
    Float(f64),
    /// Anything else.
    String,
}

/// Types a plain, untagged scalar.
pub(super) fn resolve(plain: &str) -> Value {
    match plain {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        ".nan" | ".NaN" | ".NAN" => return Value::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Value::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Value::Float(f64::NEG_INFINITY),
        _ => {}
    }
    if !plain.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '.')) {
        return Value::String;
    }
    let digits = plain.replace('_', "");
    integer(&digits).or_else(|| float(&digits)).unwrap_or(Value::String)
}

/// Go's `strconv.ParseInt(s, 0, 64)`, then `ParseUint`, then go-yaml's `0o`.
fn integer(digits: &str) -> Option<Value> {
    let (negative, body) = match digits.as_bytes() {
        [b'-', ..] => (true, &digits[1..]),
        [b'+', ..] => (false, &digits[1..]),
        _ => (false, digits),
    };
    let (radix, body) = match body.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, &body[2..]),
        [b'0', b'o' | b'O', ..] => (8, &body[2..]),
        [b'0', b'b' | b'B', ..] => (2, &body[2..]),
        [b'0', _, ..] => (8, &body[1..]),
        _ => (10, body),
    };
    // `from_str_radix` would accept a second sign.
    if body.starts_with(['+', '-']) {
        return None;
    }
    let value = i128::from_str_radix(body, radix).ok()?;
    let value = if negative { -value } else { value };
    let unsigned = !digits.starts_with(['+', '-']);
    let fits = i64::try_from(value).is_ok() || unsigned && u64::try_from(value).is_ok();
    fits.then_some(Value::Int(value))
}

/// go-yaml's pattern for floats: `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
fn float(text: &str) -> Option<Value> {
    let body = text.strip_prefix(['-', '+']).unwrap_or(text);
    let starts = body.starts_with(|first: char| first.is_ascii_digit())
        || body.strip_prefix('.').is_some_and(|rest| rest.starts_with(|first: char| first.is_ascii_digit()));
    if !starts || !body.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'-' | b'+')) {
        return None;
    }
    // Go refuses what overflows; the scalar then stays a string.
    text.parse().ok().filter(|value: &f64| value.is_finite()).map(Value::Float)
}

impl fmt::Display for Value {
    /// As Go's `fmt.Sprint` prints it; null and strings have no canonical form and print nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null | Self::String => Ok(()),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
            Self::Float(value) if value.is_nan() => f.write_str("NaN"),
            Self::Float(value) if value.is_infinite() => f.write_str(if *value > 0.0 { "+Inf" } else { "-Inf" }),
            Self::Float(value) => {
                // `%v`: the shortest digits, with an exponent below -4 and from 21 on.
                let scientific = format!("{value:e}");
                let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
                let exponent: i32 = exponent.parse().unwrap_or(0);
                if (-4..21).contains(&exponent) {
                    write!(f, "{value}")
                } else {
                    let sign = if exponent < 0 { '-' } else { '+' };
                    write!(f, "{mantissa}e{sign}{:02}", exponent.abs())
                }
            }
        }
    }
}
