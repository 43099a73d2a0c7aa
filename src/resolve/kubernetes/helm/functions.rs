//! Functions of templates, those of Helm and of sprig that charts use for names and settings.
//!
//! <https://helm.sh/docs/chart_template_guide/function_list/>. `None` as an argument or a result: not known.

use super::render::{Known, null};
use super::values::{is_true, list, map, quoted, scalar, word, yaml};
use crate::facts::kubernetes::{Kind, Value};
use crate::source::Span;
use crate::symbol::Symbols;
use crate::text::Text;

/// Calls a function.
pub(super) fn call(name: &str, arguments: &[Known], span: Span, symbols: &Symbols) -> Known {
    match name {
        "and" | "or" => return logic(name == "or", arguments),
        // The first argument decides where it is known; the default may be anything.
        "default" => {
            let [default, value] = arguments else { return None };
            return if is_true(value.as_ref()?) { value.clone() } else { default.clone() };
        }
        "coalesce" => {
            for argument in arguments {
                if is_true(argument.as_ref()?) {
                    return argument.clone();
                }
            }
            return Some(null(span));
        }
        "ternary" => {
            let [yes, no, Some(condition)] = arguments else { return None };
            return if is_true(condition) { yes.clone() } else { no.clone() };
        }
        "required" => return arguments.get(1).cloned().flatten().filter(is_true),
        _ => {}
    }
    let known: Option<Vec<&Value>> = arguments.iter().map(Option::as_ref).collect();
    structures(name, &known?, span, symbols).or_else(|| texts(name, arguments, span))
}

fn logic(or: bool, arguments: &[Known]) -> Known {
    for argument in arguments {
        if is_true(argument.as_ref()?) == or {
            return argument.clone();
        }
    }
    arguments.last()?.clone()
}

fn truth(value: bool, span: Span) -> Value {
    word(if value { "true" } else { "false" }, span)
}

/// What looks at values as they are.
fn structures(name: &str, arguments: &[&Value], span: Span, symbols: &Symbols) -> Known {
    match (name, arguments) {
        ("not" | "empty", [value]) => Some(truth(!is_true(value), span)),
        ("eq", [one, others @ ..]) => {
            let one = plain(one)?;
            let others: Option<Vec<String>> = others.iter().map(|other| plain(other)).collect();
            Some(truth(others?.contains(&one), span))
        }
        ("ne", [one, other]) => Some(truth(plain(one)? != plain(other)?, span)),
        ("gt" | "lt" | "ge" | "le", [one, other]) => {
            let number = |value: &Value| value.text()?.as_str().parse::<f64>().ok();
            let order = number(one)?.partial_cmp(&number(other)?)?;
            let holds = match name {
                "gt" => order.is_gt(),
                "lt" => order.is_lt(),
                "ge" => order.is_ge(),
                _ => order.is_le(),
            };
            Some(truth(holds, span))
        }
        ("hasKey", [value, key]) => Some(truth(value.field(key.text()?.as_str()).is_some(), span)),
        ("get" | "index", [value, keys @ ..]) => {
            let found = keys.iter().try_fold((*value).clone(), |value, key| {
                let key = key.text()?.as_str();
                Some(match &value.kind {
                    Kind::List(items) => items.get(key.parse::<usize>().ok()?)?.clone(),
                    _ => value.field(key).map_or_else(|| null(span), |field| field.value.clone()),
                })
            })?;
            (!found.opaque).then_some(found)
        }
        ("list", items) => Some(list(span, items.iter().map(|item| (*item).clone()).collect())),
        ("dict", pairs) if pairs.len().is_multiple_of(2) => {
            let pair = |pair: &[&Value]| Some((pair[0].text()?.as_str().to_owned(), pair[1].clone()));
            let pairs: Option<Vec<(String, Value)>> = pairs.chunks(2).map(pair).collect();
            Some(map(span, pairs?.iter().map(|(key, value)| (key.as_str(), value.clone()))))
        }
        ("toYaml", [value]) => {
            let mut out = Text::empty(value.span);
            yaml(value, 0, symbols, &mut out);
            Some(scalar(out))
        }
        ("int" | "int64" | "toString" | "float64", [value]) if value.text().is_some() => Some((*value).clone()),
        _ => None,
    }
}

fn plain(value: &Value) -> Option<String> {
    match &value.kind {
        Kind::Null => Some(String::new()),
        Kind::Scalar(text) if Symbols::is_known(text) => Some(text.as_str().to_owned()),
        _ => None,
    }
}

/// What makes a text of texts.
fn texts(name: &str, arguments: &[Known], span: Span) -> Known {
    let texts: Option<Vec<Text>> = arguments
        .iter()
        .map(|value| match &value.as_ref()?.kind {
            Kind::Null => Some(Text::empty(span)),
            Kind::Scalar(text) => Some(text.clone()),
            _ => None,
        })
        .collect();
    let texts = texts?;
    let made = match (name, texts.as_slice()) {
        ("quote", [text]) => quoted(text),
        ("squote", [text]) if !text.as_str().contains('\'') => {
            joined(&[&Text::mapped("'", span), text, &Text::mapped("'", span)], span)
        }
        ("print", parts) => joined(&parts.iter().collect::<Vec<_>>(), span),
        ("printf", [format, rest @ ..]) => printf(format, rest)?,
        ("trunc", [length, text]) => {
            let length: usize = length.as_str().parse().ok()?;
            text.slice(0..length.min(text.len()))
        }
        ("trim", [text]) => text.trim_matches(char::is_whitespace),
        ("trimSuffix", [end, text]) => {
            let length = text.as_str().strip_suffix(end.as_str()).map_or(text.len(), str::len);
            text.slice(0..length)
        }
        ("trimPrefix", [start, text]) => {
            let length = text.as_str().strip_prefix(start.as_str()).map_or(text.len(), str::len);
            text.slice(text.len() - length..text.len())
        }
        ("lower", [text]) => Text::mapped(&text.as_str().to_lowercase(), text.span()),
        ("upper", [text]) => Text::mapped(&text.as_str().to_uppercase(), text.span()),
        ("replace", [old, new, text]) if Symbols::is_known(text) => {
            Text::mapped(&text.as_str().replace(old.as_str(), new.as_str()), text.span())
        }
        ("contains", [part, text]) => return Some(truth(text.as_str().contains(part.as_str()), span)),
        ("hasPrefix", [part, text]) => return Some(truth(text.as_str().starts_with(part.as_str()), span)),
        ("hasSuffix", [part, text]) => return Some(truth(text.as_str().ends_with(part.as_str()), span)),
        ("indent", [width, text]) => indented(text, width.as_str().parse().ok()?),
        ("nindent", [width, text]) => {
            joined(&[&Text::mapped("\n", span), &indented(text, width.as_str().parse().ok()?)], span)
        }
        ("b64enc", [text]) if Symbols::is_known(text) => Text::mapped(&encode(text.as_str()), text.span()),
        _ => return None,
    };
    Some(scalar(made))
}

fn joined(parts: &[&Text], span: Span) -> Text {
    let mut out = Text::empty(parts.first().map_or(span, |part| part.anchor()));
    for part in parts {
        out.push_text(part);
    }
    out
}

fn printf(format: &Text, arguments: &[Text]) -> Option<Text> {
    let mut out = Text::empty(format.anchor());
    let mut arguments = arguments.iter();
    let mut at = 0;
    let source = format.as_str();
    while let Some(percent) = source[at..].find('%').map(|found| at + found) {
        out.push_text(&format.slice(at..percent));
        match source[percent + 1..].chars().next()? {
            's' | 'd' | 'v' => out.push_text(arguments.next()?),
            'q' => out.push_text(&quoted(arguments.next()?)),
            '%' => out.push_text(&format.slice(percent..percent + 1)),
            _ => return None,
        }
        at = percent + 2;
    }
    out.push_text(&format.slice(at..source.len()));
    Some(out)
}

fn indented(text: &Text, width: usize) -> Text {
    let pad = " ".repeat(width.min(128));
    let mut out = Text::empty(text.anchor());
    let mut at = 0;
    for line in text.as_str().split_inclusive('\n') {
        out.push_mapped(&pad, text.span_of(at..at));
        out.push_text(&text.slice(at..at + line.len()));
        at += line.len();
    }
    out
}

fn encode(value: &str) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in value.as_bytes().chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..4 {
            let six = (bits >> (18 - 6 * at) & 63) as usize;
            out.push(if at > chunk.len() { '=' } else { char::from(ALPHABET[six]) });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn base64_is_padded() {
        assert_eq!(["", "f", "fo", "foo"].map(encode), ["", "Zg==", "Zm8=", "Zm9v"]);
    }
}
