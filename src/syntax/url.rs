//! Redis URLs → parts with spans. A splitter, no judge: what each client makes of the parts is `resolve/handshake`'s.

use crate::text::Text;

/// A URL split at its delimiters, nothing decoded. Symbol characters and `${…}` are ordinary characters, and a
/// delimiter inside `${…}` does not count.
#[derive(Clone, Debug)]
pub struct Url {
    /// Before `:`; `None` where there is no `://`.
    pub scheme: Option<Text>,
    /// Between `//` and the last `@` of the authority; `None` where there is no `@`.
    pub userinfo: Option<Text>,
    /// Userinfo before its first `:`.
    pub username: Option<Text>,
    /// Userinfo behind its first `:`; `None` where there is no `:`.
    pub password: Option<Text>,
    /// Between `@` and `:port`; `[::1]` without brackets.
    pub host: Text,
    /// Behind the last `:` of the host part; may be no number.
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
pub fn split(_text: &Text) -> Url {
    unimplemented!()
}

/// Percent-decodes as Python's `unquote` does (a `%` without two hexadecimal digits stays), keeping spans.
#[must_use]
pub fn percent_decode(_text: &Text) -> Text {
    unimplemented!()
}
