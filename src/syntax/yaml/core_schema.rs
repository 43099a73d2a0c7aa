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
                // `%v`: the shortest digits that are exact, with an exponent below -4 and from 6 on.
                let scientific = format!("{value:e}");
                let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
                let exponent: i32 = exponent.parse().unwrap_or(0);
                if (-4..6).contains(&exponent) {
                    write!(f, "{value}")
                } else {
                    let sign = if exponent < 0 { '-' } else { '+' };
                    write!(f, "{mantissa}e{sign}{:02}", exponent.abs())
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_printed_as_compose_prints_them() {
        // What `docker compose config` 2.40.3 makes of `environment: {K: …}`.
        let table = [
            ("0123", Some("83")),
            ("-0123", Some("-83")),
            ("1.50", Some("1.5")),
            ("1e3", Some("1000")),
            ("1_000", Some("1000")),
            ("yes", Some("yes")),
            ("no", Some("no")),
            ("on", Some("on")),
            ("off", Some("off")),
            ("y", Some("y")),
            ("n", Some("n")),
            ("~", None),
            ("null", None),
            ("Null", None),
            ("NULL", None),
            ("nUll", Some("nUll")),
            ("true", Some("true")),
            ("True", Some("true")),
            ("TRUE", Some("true")),
            ("tRUE", Some("tRUE")),
            ("false", Some("false")),
            ("False", Some("false")),
            ("0x1F", Some("31")),
            ("0X1f", Some("31")),
            ("0o17", Some("15")),
            ("0O17", Some("15")),
            ("0b101", Some("5")),
            ("0B1", Some("1")),
            ("+5", Some("5")),
            ("-5", Some("-5")),
            ("+0x1F", Some("31")),
            ("-0x1F", Some("-31")),
            ("09", Some("9")),
            ("08.5", Some("8.5")),
            ("1.", Some("1")),
            (".5", Some("0.5")),
            ("-.5", Some("-0.5")),
            ("+.5", Some("0.5")),
            (".inf", Some("+Inf")),
            ("-.Inf", Some("-Inf")),
            ("+.INF", Some("+Inf")),
            (".nan", Some("NaN")),
            (".NaN", Some("NaN")),
            ("1e21", Some("1e+21")),
            ("1e20", Some("1e+20")),
            ("123456789012345678901234567890", Some("1.2345678901234568e+29")),
            ("18446744073709551615", Some("18446744073709551615")),
            ("18446744073709551616", Some("1.8446744073709552e+19")),
            ("9223372036854775808", Some("9223372036854775808")),
            ("-9223372036854775809", Some("-9.223372036854776e+18")),
            ("-9223372036854775808", Some("-9223372036854775808")),
            ("1e-4", Some("0.0001")),
            ("1e-5", Some("1e-05")),
            ("0.0001", Some("0.0001")),
            ("0.00001", Some("1e-05")),
            ("1.0", Some("1")),
            ("1e400", Some("1e400")),
            ("1E5", Some("100000")),
            ("1e+5", Some("100000")),
            ("1.5e3", Some("1500")),
            ("12:30", Some("12:30")),
            ("12:30:45", Some("12:30:45")),
            ("1:2", Some("1:2")),
            ("0.1.2", Some("0.1.2")),
            ("1_0.5", Some("10.5")),
            ("_1", Some("_1")),
            ("1__0", Some("10")),
            ("1_", Some("1")),
            ("0x_1f", Some("31")),
            ("0_1", Some("1")),
            ("0x", Some("0x")),
            ("0b", Some("0b")),
            ("0b2", Some("0b2")),
            ("0o8", Some("0o8")),
            ("-0b101", Some("-5")),
            ("-0o17", Some("-15")),
            ("0x-1", Some("0x-1")),
            ("--5", Some("--5")),
            ("+-5", Some("+-5")),
            ("1e", Some("1e")),
            ("1e1_0", Some("1e+10")),
            (".5e3", Some("500")),
            ("1.e3", Some("1000")),
            (".e3", Some(".e3")),
            (".", Some(".")),
            ("-.", Some("-.")),
            ("+.", Some("+.")),
            ("6379", Some("6379")),
            ("1,000", Some("1,000")),
            ("1_000.5", Some("1000.5")),
            ("00", Some("0")),
            ("0", Some("0")),
            ("-0", Some("0")),
            ("+0", Some("0")),
            ("-0.0", Some("-0")),
            ("0.0", Some("0")),
            ("1e0", Some("1")),
            ("100000000000000000000.0", Some("1e+20")),
            ("1234567.0", Some("1.234567e+06")),
            ("12345678901234567890.5", Some("1.2345678901234567e+19")),
            ("0.1e-10", Some("1e-11")),
            ("3.4028234663852886e+38", Some("3.4028234663852886e+38")),
            ("5e-324", Some("5e-324")),
            ("1e-400", Some("0")),
            ("=", Some("=")),
            ("<<", Some("<<")),
            ("0777", Some("511")),
            ("0o0777", Some("511")),
            ("1e5000", Some("1e5000")),
            ("1_e3", Some("1000")),
            ("00x1", Some("00x1")),
            ("0x1p4", Some("0x1p4")),
            ("0x1.8p1", Some("0x1.8p1")),
            ("infinity", Some("infinity")),
            ("nan", Some("nan")),
            ("inf", Some("inf")),
            ("+inf", Some("+inf")),
            ("Inf", Some("Inf")),
            ("NaN", Some("NaN")),
            ("0b12", Some("0b12")),
            ("01e3", Some("1000")),
            ("012.5", Some("12.5")),
            ("08", Some("8")),
            ("-08", Some("-8")),
            ("0b", Some("0b")),
            ("1e03", Some("1000")),
            ("1E+03", Some("1000")),
            ("1e+003", Some("1000")),
            ("+1_000", Some("1000")),
            ("-1_000", Some("-1000")),
            ("+12e03", Some("12000")),
            ("-2E+05", Some("-200000")),
            ("685.230_15e+03", Some("685230.15")),
            ("190:20:30", Some("190:20:30")),
            ("0b1010_0111", Some("167")),
            ("0x_0A_74_AE", Some("685230")),
            ("02472256", Some("685230")),
            ("+685_230", Some("685230")),
            ("1e6", Some("1e+06")),
            ("1000000.0", Some("1e+06")),
            ("999999.5", Some("999999.5")),
            ("0.00012345", Some("0.00012345")),
            ("123456.789", Some("123456.789")),
        ];
        for (plain, expected) in table {
            let printed = match resolve(plain) {
                Value::Null => None,
                Value::String => Some(plain.to_owned()),
                value => Some(value.to_string()),
            };
            assert_eq!(printed.as_deref(), expected, "{plain}");
        }
    }
}
