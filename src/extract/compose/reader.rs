//! YAML nodes → texts, lists and key-value pairs as compose's own YAML reader sees them.
//!
//! Plain scalars follow that reader's schema (`0123` is 83, `1_000` is 1000, `yes` stays a word), merge keys are
//! followed, and a duplicate key is a notice. Knows nothing of what the keys mean.

use std::collections::HashSet;

use crate::facts::compose::{Attribute, CommandLine, Tag};
use crate::finding::{Level, Notice};
use crate::source::Spanned;
use crate::syntax::yaml::{Kind, Node, NodeId, Yaml};
use crate::text::Text;

use super::Pair;

/// Reads the nodes of one file and gathers what compose would refuse.
pub(super) struct Reader<'a> {
    yaml: &'a Yaml,
    pub(super) notices: Vec<Notice>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(yaml: &'a Yaml, notices: Vec<Notice>) -> Self {
        Self { yaml, notices }
    }

    pub(super) fn node(&self, id: NodeId) -> &'a Node {
        self.yaml.node(id)
    }

    /// Notes that compose would refuse the node.
    pub(super) fn refuse(&mut self, id: NodeId, message: &str) {
        self.notices.push(Notice::at("compose-schema", Level::Warning, self.node(id).span, message));
    }

    /// The scalar's text; `None`: null, or no scalar.
    pub(super) fn text(&self, id: NodeId) -> Option<Text> {
        let Kind::Scalar(scalar) = &self.node(id).kind else { return None };
        if !scalar.plain || self.node(id).tag.as_deref().is_some_and(is_string_tag) {
            return Some(scalar.text.clone());
        }
        let written = scalar.text.as_str();
        if matches!(written, "" | "~" | "null" | "Null" | "NULL") {
            return None;
        }
        Some(match canonical(written) {
            Some(value) if value != written => {
                Text::mapped(&value, scalar.text.span()).with_anchor(scalar.text.anchor())
            }
            _ => scalar.text.clone(),
        })
    }

    /// The elements of a sequence; nothing for anything else.
    pub(super) fn items(&self, id: NodeId) -> Vec<NodeId> {
        match &self.node(id).kind {
            Kind::Sequence(items) => items.iter().copied().filter(|item| self.tag(*item) != Tag::Reset).collect(),
            _ => Vec::new(),
        }
    }

    /// The texts of a sequence, or the one text of a scalar.
    pub(super) fn texts(&self, id: NodeId) -> Vec<Text> {
        match &self.node(id).kind {
            Kind::Scalar(_) => self.text(id).into_iter().collect(),
            _ => self.items(id).into_iter().filter_map(|item| self.text(item)).collect(),
        }
    }

    /// The texts of a sequence, the one text of a scalar, or the keys of a mapping.
    pub(super) fn names(&mut self, id: NodeId) -> Vec<Text> {
        match &self.node(id).kind {
            Kind::Mapping(_) => {
                let pairs = self.pairs(id, "a list of names");
                pairs.into_iter().map(|pair| Text::exact(&pair.name.value, pair.name.span)).collect()
            }
            _ => self.texts(id),
        }
    }

    /// A command: a string, or a list of strings.
    pub(super) fn command(&self, id: NodeId) -> Option<CommandLine> {
        match &self.node(id).kind {
            Kind::Scalar(_) => self.text(id).map(CommandLine::Line),
            Kind::Sequence(items) => {
                // A null element is no string: compose's schema refuses it, so nothing is lost by an empty one.
                let text = |id: &NodeId| self.text(*id).unwrap_or_else(|| Text::empty(self.node(*id).span));
                Some(CommandLine::List(items.iter().map(text).collect()))
            }
            Kind::Mapping(_) => None,
        }
    }

    pub(super) fn tag(&self, id: NodeId) -> Tag {
        match self.node(id).tag.as_deref() {
            Some("!reset") => Tag::Reset,
            Some("!override") => Tag::Override,
            _ => Tag::None,
        }
    }

    /// Joins what `read` makes of the value to its key and tag.
    pub(super) fn attribute<T>(
        &mut self,
        pair: &Pair,
        read: impl FnOnce(&mut Self, NodeId) -> Option<T>,
    ) -> Option<Attribute<T>> {
        let tag = self.tag(pair.value);
        let value = if tag == Tag::Reset { None } else { read(self, pair.value) };
        Some(Attribute { key: pair.name.span, span: self.node(pair.value).span, tag, value })
    }

    /// The pairs of a mapping with its merge keys followed: what stands in the mapping itself wins, then the first of
    /// the merged ones. Null has no pairs; anything else is refused as `what`.
    pub(super) fn pairs(&mut self, id: NodeId, what: &str) -> Vec<Pair> {
        let mut pairs: Vec<Pair> = Vec::new();
        let mut seen: HashSet<String> = HashSet::new();
        // Merging the same mapping again adds nothing, so a bomb of aliases ends here too.
        let mut visited = HashSet::new();
        let mut next = vec![id];
        while let Some(mapping) = next.pop() {
            if !visited.insert(mapping) {
                continue;
            }
            let Kind::Mapping(entries) = &self.node(mapping).kind else {
                if self.text(mapping).is_some() || matches!(self.node(mapping).kind, Kind::Sequence(_)) {
                    self.refuse(mapping, &format!("{what} must be a mapping"));
                }
                continue;
            };
            let mut own: HashSet<&str> = HashSet::new();
            let mut merged = Vec::new();
            for entry in entries {
                let Kind::Scalar(key) = &self.node(entry.key).kind else { continue };
                let name = key.text.as_str();
                if !own.insert(name) {
                    let message = format!("mapping key `{name}` already defined");
                    self.notices.push(Notice::at("duplicate-key", Level::Warning, key.text.span(), message));
                    // Compose refuses the file; most readers take the last value.
                    if let Some(pair) = pairs.iter_mut().find(|pair| pair.name.value == name) {
                        pair.value = entry.value;
                    }
                } else if name == "<<" && key.plain {
                    match &self.node(entry.value).kind {
                        Kind::Sequence(items) => merged.extend(items.iter().copied()),
                        _ => merged.push(entry.value),
                    }
                } else if seen.insert(name.to_owned()) {
                    let name = Spanned::new(name.to_owned(), key.text.span());
                    pairs.push(Pair { name, value: entry.value });
                }
            }
            next.extend(merged.into_iter().rev());
        }
        pairs
    }
}

fn is_string_tag(tag: &str) -> bool {
    matches!(tag, "!!str" | "!" | "tag:yaml.org,2002:str")
}

/// What a plain scalar is printed as once it was read as a boolean or a number; `None`: it is a string.
fn canonical(written: &str) -> Option<String> {
    match written {
        "true" | "True" | "TRUE" => return Some("true".to_owned()),
        "false" | "False" | "FALSE" => return Some("false".to_owned()),
        _ => {}
    }
    if !written.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '+' | '-' | '.')) {
        return None;
    }
    let plain = written.replace('_', "");
    match plain.trim_start_matches(['+', '-']) {
        ".inf" | ".Inf" | ".INF" => return Some(if plain.starts_with('-') { "-Inf" } else { "+Inf" }.to_owned()),
        ".nan" | ".NaN" | ".NAN" if plain.starts_with('.') => return Some("NaN".to_owned()),
        _ => {}
    }
    integer(&plain).map(|value| value.to_string()).or_else(|| float(&plain))
}

fn integer(plain: &str) -> Option<i128> {
    let (negative, digits) = match plain.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, plain.strip_prefix('+').unwrap_or(plain)),
    };
    let prefixed = |prefixes: [&str; 2]| prefixes.iter().find_map(|prefix| digits.strip_prefix(prefix));
    let (digits, radix) = if let Some(digits) = prefixed(["0x", "0X"]) {
        (digits, 16)
    } else if let Some(digits) = prefixed(["0b", "0B"]) {
        (digits, 2)
    } else if let Some(digits) = prefixed(["0o", "0O"]) {
        (digits, 8)
    } else if digits.len() > 1 && digits.starts_with('0') {
        (&digits[1..], 8)
    } else {
        (digits, 10)
    };
    if !digits.starts_with(|first: char| first.is_ascii_hexdigit()) {
        return None;
    }
    let value = i128::from(u64::from_str_radix(digits, radix).ok()?);
    let value = if negative { -value } else { value };
    (value >= i128::from(i64::MIN)).then_some(value)
}

/// Go's `%v` of a float: the shortest digits that read back the same, with an exponent below 1e-4 and from 1e6 on.
fn float(plain: &str) -> Option<String> {
    let body = plain.strip_prefix(['-', '+']).unwrap_or(plain);
    let (mantissa, exponent) = body.split_once(['e', 'E']).map_or((body, None), |(m, e)| (m, Some(e)));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent_ok = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) || !exponent_ok {
        return None;
    }
    let value: f64 = plain.parse().ok().filter(|value: &f64| value.is_finite())?;
    let scientific = format!("{value:e}");
    let (digits, exponent) = scientific.split_once('e')?;
    let exponent: i32 = exponent.parse().ok()?;
    if value != 0.0 && !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return Some(format!("{digits}e{sign}{:02}", exponent.unsigned_abs()));
    }
    Some(format!("{value}"))
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn plain_scalars_follow_the_reader_of_compose() {
        let cases = [
            ("0123", Some("83")),
            ("1.50", Some("1.5")),
            ("1e3", Some("1000")),
            ("1_000", Some("1000")),
            ("0x1F", Some("31")),
            ("089", Some("89")),
            ("+5", Some("5")),
            ("True", Some("true")),
            ("yes", None),
            ("6379:6379", None),
            ("1.2.3", None),
            ("-", None),
            (".", None),
            ("0x", None),
            ("1000000.0", Some("1e+06")),
            ("0.00001", Some("1e-05")),
            (".inf", Some("+Inf")),
            ("-0", Some("0")),
        ];
        for (written, expected) in cases {
            assert_eq!(canonical(written).as_deref(), expected, "{written}");
        }
    }
}
