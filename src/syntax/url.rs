//! Redis URLs → parts with spans. A splitter, no judge: what each client makes of the parts is `resolve/handshake`'s.
//!
//! Comes in: a decoded value, symbols and unexpanded references included. Goes out: slices of it.

use std::ops::Range;

use super::builder::{Builder, decode_bytes};
use crate::text::Text;

/// A URL split at its delimiters, nothing decoded. Symbol characters and `${…}` are ordinary characters, and a
/// delimiter inside `${…}` does not count.
#[derive(Clone, Debug)]
pub struct Url {
    /// Before `://`; `None` where there is none, and everything before `?` and `#` is then `path`.
    pub scheme: Option<Text>,
    /// Between `//` and the last `@` of the authority; `None` where there is no `@`.
    pub userinfo: Option<Text>,
    /// Userinfo before its first `:`.
    pub username: Option<Text>,
    /// Userinfo behind its first `:`; `None` where there is no `:`.
    pub password: Option<Text>,
    /// Between `@` and `:port`; `[::1]` without brackets.
    pub host: Text,
    /// Behind the first `:` of the host part (behind the brackets, if any); may be no number.
    pub port: Option<Text>,
    /// From the first `/` behind the authority.
    pub path: Text,
    /// `name=value` pairs, not decoded.
    pub query: Vec<(Text, Text)>,
    /// Behind `#`.
    pub fragment: Option<Text>,
}

/// Splits as Python's `urlsplit` does: authority up to the first of `/?#`, userinfo up to its last `@`.
#[must_use]
pub fn split(text: &Text) -> Url {
    let value = text.as_str();
    let marks = Delimiters::of(value);
    let cut = |range: Range<usize>| text.slice(range);
    let head = marks.first(0..value.len(), "/?#").unwrap_or(value.len());
    let scheme = marks
        .first(0..head, ":")
        .filter(|colon| value[*colon..].starts_with("://") && *colon + 1 == head)
        .map(|colon| (0..colon, colon + "://".len()));
    let authority_start = scheme.as_ref().map_or(0, |(_, end)| *end);
    let authority_end = match scheme {
        Some(_) => marks.first(authority_start..value.len(), "/?#").unwrap_or(value.len()),
        None => 0,
    };
    let hash = marks.first(authority_end..value.len(), "#");
    let fragment = hash.map(|hash| cut(hash + 1..value.len()));
    let end = hash.unwrap_or(value.len());
    let question = marks.first(authority_end..end, "?");
    let query = question.map_or_else(Vec::new, |question| pairs(text, &marks, question + 1..end));
    let path = cut(authority_end..question.unwrap_or(end));

    let at = marks.last(authority_start..authority_end, "@");
    let userinfo = at.map(|at| authority_start..at);
    let colon = userinfo.clone().and_then(|range| marks.first(range, ":"));
    let username = userinfo.clone().map(|range| range.start..colon.unwrap_or(range.end));
    let password = userinfo.clone().zip(colon).map(|(range, colon)| colon + 1..range.end);
    let (host, port) = host_and_port(&marks, at.map_or(authority_start, |at| at + 1)..authority_end);
    Url {
        scheme: scheme.map(|(range, _)| cut(range)),
        userinfo: userinfo.map(cut),
        username: username.map(cut),
        password: password.map(cut),
        host: cut(host),
        port: port.map(cut),
        path,
        query,
        fragment,
    }
}

/// The password that was meant, from the first `:` to the last `@`, where a delimiter in it cuts the URL apart.
#[must_use]
pub fn cut_password(text: &Text) -> Option<Text> {
    let value = text.as_str();
    let start = value.find("://")? + "://".len();
    let end = value.rfind('@').filter(|end| *end > start)?;
    let colon = start + value[start..end].find(':')? + 1;
    value[colon..end].contains(CUTTING).then(|| text.slice(colon..end))
}

/// What ends the authority of a URL, or makes its host an address of IPv6.
pub const CUTTING: [char; 5] = ['#', '/', '?', '[', ']'];

/// Percent-decodes as Python's `unquote` does (a `%` without two hexadecimal digits stays), keeping spans.
#[must_use]
pub fn percent_decode(text: &Text) -> Text {
    let value = text.as_str();
    let mut builder = Builder::new(text);
    let mut at = 0;
    while let Some(offset) = value[at..].find('%') {
        let percent = at + offset;
        builder.keep(at..percent);
        let bytes: Vec<u8> = (0..).map_while(|index| percent_byte(value, percent + 3 * index)).collect();
        at = percent;
        for (char, length) in decode_bytes(&bytes, char::REPLACEMENT_CHARACTER, false) {
            builder.replace(char.encode_utf8(&mut [0; 4]), at..at + 3 * length);
            at += 3 * length;
        }
        if bytes.is_empty() {
            builder.keep(percent..percent + 1);
            at = percent + 1;
        }
    }
    builder.keep(at..value.len());
    builder.finish(0..value.len()).with_anchor(text.anchor())
}

/// The offsets of all characters that may delimit, those inside `${…}` left out.
struct Delimiters<'a> {
    value: &'a str,
    offsets: Vec<usize>,
}

impl<'a> Delimiters<'a> {
    fn of(value: &'a str) -> Self {
        let mut offsets = Vec::new();
        // For each open `${`: how many delimiters there were before it; they count unless it is closed.
        let mut open = Vec::new();
        for (at, byte) in value.bytes().enumerate() {
            match byte {
                b'{' if value[..at].ends_with('$') => open.push(offsets.len()),
                b'}' => {
                    if let Some(before) = open.pop() {
                        offsets.truncate(before);
                    }
                }
                b'/' | b'?' | b'#' | b'@' | b':' | b'&' | b'=' | b'[' | b']' => offsets.push(at),
                _ => {}
            }
        }
        Self { value, offsets }
    }

    fn within(&self, range: Range<usize>) -> &[usize] {
        let from = self.offsets.partition_point(|at| *at < range.start);
        let to = self.offsets.partition_point(|at| *at < range.end);
        self.offsets.get(from..to).unwrap_or_default()
    }

    fn is(&self, at: usize, any: &str) -> bool {
        any.as_bytes().contains(&self.value.as_bytes()[at])
    }

    fn first(&self, range: Range<usize>, any: &str) -> Option<usize> {
        self.within(range).iter().copied().find(|at| self.is(*at, any))
    }

    fn last(&self, range: Range<usize>, any: &str) -> Option<usize> {
        self.within(range).iter().rev().copied().find(|at| self.is(*at, any))
    }
}

fn host_and_port(marks: &Delimiters<'_>, range: Range<usize>) -> (Range<usize>, Option<Range<usize>>) {
    if let Some(open) = marks.first(range.clone(), "[") {
        let close = marks.first(open..range.end, "]").unwrap_or(range.end);
        let colon = marks.first(close..range.end, ":");
        return (open + 1..close, colon.map(|colon| colon + 1..range.end));
    }
    let colon = marks.first(range.clone(), ":");
    (range.start..colon.unwrap_or(range.end), colon.map(|colon| colon + 1..range.end))
}

fn pairs(text: &Text, marks: &Delimiters<'_>, range: Range<usize>) -> Vec<(Text, Text)> {
    let mut pairs = Vec::new();
    let mut start = range.start;
    while start < range.end {
        let end = marks.first(start..range.end, "&").unwrap_or(range.end);
        if start < end {
            let equals = marks.first(start..end, "=");
            let name = text.slice(start..equals.unwrap_or(end));
            pairs.push((name, text.slice(equals.map_or(end, |equals| equals + 1)..end)));
        }
        start = end + 1;
    }
    pairs
}

fn percent_byte(value: &str, at: usize) -> Option<u8> {
    let digits = value.get(at..at + 3)?.strip_prefix('%')?;
    // `from_str_radix` alone would take a sign.
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then(|| u8::from_str_radix(digits, 16).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{FileId, Span};

    fn text(value: &str) -> Text {
        Text::exact(value, Span::new(FileId(0), 0..value.len()))
    }

    fn parts(value: &str) -> [Option<String>; 6] {
        let url = split(&text(value));
        let show = |text: &Text| text.as_str().to_owned();
        [&url.scheme, &url.username, &url.password, &Some(url.host), &url.port, &Some(url.path)]
            .map(|part| part.as_ref().map(show))
    }

    #[test]
    fn splits_where_python_does() {
        let some = |value: &str| Some(value.to_owned());
        let none = None::<String>;
        let cases = [
            ("redis://u:p:w@h:1/0", [some("redis"), some("u"), some("p:w"), some("h"), some("1"), some("/0")]),
            ("redis://:p@ss@h/0", [some("redis"), some(""), some("p@ss"), some("h"), none.clone(), some("/0")]),
            ("redis://u@[::1]:2", [some("redis"), some("u"), none.clone(), some("::1"), some("2"), some("")]),
            ("redis://:p#w@h", [some("redis"), none.clone(), none.clone(), some(""), some("p"), some("")]),
            ("h:6379", [none.clone(), none.clone(), none.clone(), some(""), none.clone(), some("h:6379")]),
            ("unix:///p.sock", [some("unix"), none.clone(), none.clone(), some(""), none.clone(), some("/p.sock")]),
            (
                "redis://${U:-a@b}:${P}@${H:-x/y}:${N}",
                [some("redis"), some("${U:-a@b}"), some("${P}"), some("${H:-x/y}"), some("${N}"), some("")],
            ),
            ("redis://${h:1", [some("redis"), none.clone(), none.clone(), some("${h"), some("1"), some("")]),
        ];
        for (url, expected) in cases {
            assert_eq!(parts(url), expected, "{url}");
        }
    }

    #[test]
    fn query_and_fragment() {
        let url = split(&text("redis://h?a=b&c&&d=e=f#g?h"));
        let query: Vec<_> = url.query.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(query, [("a", "b"), ("c", ""), ("d", "e=f")]);
        assert_eq!(url.fragment.unwrap().as_str(), "g?h");
    }

    #[test]
    fn decodes_as_python_does() {
        for (raw, decoded) in [
            ("p%40w+", "p@w+"),
            ("%", "%"),
            ("%4", "%4"),
            ("%zz%41", "%zzA"),
            ("%C3%A9%ff", "é\u{FFFD}"),
            ("%+1", "%+1"),
        ] {
            assert_eq!(percent_decode(&text(raw)).as_str(), decoded);
        }
        assert_eq!(percent_decode(&text("a%40b")).span_of(1..2).range(), 1..4);
    }
}
