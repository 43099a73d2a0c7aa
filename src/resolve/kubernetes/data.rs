//! Secrets and `ConfigMaps`: their keys, decoded, with the place of the encoded scalar.

use super::outside;
use crate::facts::kubernetes::Value;
use crate::source::{Span, Spanned};
use crate::symbol::Symbols;
use crate::text::Text;

/// The objects that others refer to by name.
pub struct World<'a> {
    objects: Vec<Data>,
    /// Every object, for Services.
    pub all: &'a [Value],
    /// The meaning of symbols.
    pub symbols: &'a Symbols,
    /// Encoded scalars, and what they decode to, masked.
    pub encoded: Vec<(Span, String)>,
}

/// A Secret or `ConfigMap`.
pub struct Data {
    /// `Secret` or `ConfigMap`.
    pub kind: &'static str,
    /// Its namespace, "" where left open.
    pub namespace: String,
    /// Its name.
    pub name: Spanned<String>,
    /// A controller, a template or somebody's hands fill it in: absent keys are unknown.
    pub open: bool,
    pub(super) entries: Vec<(Spanned<String>, Text)>,
}

/// What a reference leads to.
pub enum Found<'a> {
    /// The value.
    Value(&'a Text),
    /// The object is here and has no such key.
    NoKey(&'a Data),
    /// The object is not in the repository, or not all of it.
    Unknown,
}

impl<'a> World<'a> {
    /// Reads the Secrets and `ConfigMaps` among `objects`.
    #[must_use]
    pub fn new(objects: &'a [Value], symbols: &'a Symbols) -> Self {
        let mut data: Vec<Data> = Vec::new();
        for one in objects.iter().filter_map(|object| read(object, symbols).or_else(|| outside::read(object, symbols)))
        {
            // Two that make one Secret are merged by a controller; which keys it then has is left open.
            let mut open = one.open;
            for same in data.iter_mut().filter(|other| other.is_same(&one)) {
                same.open = true;
                open = true;
            }
            data.push(Data { open, ..one });
        }
        let encoded = objects.iter().flat_map(encoded).collect();
        Self { objects: data, all: objects, symbols, encoded }
    }

    /// The Secrets.
    pub fn secrets(&self) -> impl Iterator<Item = &Data> {
        self.objects.iter().filter(|data| data.kind == "Secret")
    }

    /// The object of that name.
    #[must_use]
    pub fn object(&self, kind: &str, namespace: &str, name: &str) -> Option<&Data> {
        // What is applied later wins.
        self.objects
            .iter()
            .rev()
            .find(|data| data.kind == kind && data.namespace == namespace && data.name.value == name)
    }

    /// What a key of an object holds.
    #[must_use]
    pub fn find(&self, kind: &str, namespace: &str, name: &str, key: &str) -> Found<'_> {
        let Some(data) = self.object(kind, namespace, name) else { return Found::Unknown };
        match data.get(key) {
            Some(value) => Found::Value(value),
            None if data.open => Found::Unknown,
            None => Found::NoKey(data),
        }
    }

    /// The value of a key whose object is not here: the same for all who ask.
    #[must_use]
    pub fn symbol(&self, kind: &str, namespace: &str, name: &str, key: &str, span: Span) -> Text {
        let scope = format!("{} {namespace}/{name}", kind.to_ascii_lowercase());
        self.symbols.variable_text(&scope, key, span)
    }
}

impl Data {
    fn is_same(&self, other: &Data) -> bool {
        self.kind == other.kind && self.namespace == other.namespace && self.name.value == other.name.value
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Text> {
        self.entries.iter().rev().find(|(name, _)| name.value == key).map(|(_, value)| value)
    }

    /// Keys and values in the order written.
    #[must_use]
    pub fn entries(&self) -> &[(Spanned<String>, Text)] {
        &self.entries
    }
}

fn read(object: &Value, symbols: &Symbols) -> Option<Data> {
    let kind = match object.str_at(&["kind"])? {
        "Secret" => "Secret",
        "ConfigMap" => "ConfigMap",
        _ => return None,
    };
    let name = object.text_at(&["metadata", "name"])?;
    let known = |text: Text| outside::fetched(&text, symbols).unwrap_or(text);
    let mut entries = Vec::new();
    let mut open = object.opaque;
    // `stringData` is written over `data`.
    for (section, encoded) in [("data", kind == "Secret"), ("binaryData", true), ("stringData", false)] {
        let Some(section) = object.get(section) else { continue };
        open |= section.opaque;
        for field in section.fields() {
            let value = match field.value.text() {
                _ if field.value.opaque => symbols.opaque_text(field.value.span),
                Some(text) if encoded => decode(text).map_or_else(|| symbols.opaque_text(text.span()), known),
                Some(text) => known(text.clone()),
                None => Text::empty(field.value.span),
            };
            entries.push((field.key.clone(), value));
        }
    }
    // A Secret without a value is a shell that something else fills.
    open |= entries.is_empty();
    let namespace = object.str_at(&["metadata", "namespace"]).unwrap_or_default().to_owned();
    Some(Data { kind, namespace, name: Spanned::new(name.as_str().to_owned(), name.span()), open, entries })
}

/// The encoded scalars of a Secret.
fn encoded(object: &Value) -> Vec<(Span, String)> {
    let data = object.get("data").filter(|_| object.str_at(&["kind"]) == Some("Secret"));
    let scalars = data.map(Value::fields).unwrap_or_default().iter().filter_map(|field| field.value.text());
    scalars.filter_map(|text| Some((text.span(), masked(decode(text)?.as_str())))).collect()
}

/// A value as people may see it: of a URL all but its password, of anything else its length and its line break.
fn masked(value: &str) -> String {
    let body = value.trim_end_matches(['\r', '\n']);
    let end = if body.len() < value.len() { "\\n" } else { "" };
    let stars = |text: &str| "*".repeat(text.chars().count());
    if body.contains(['\r', '\n']) {
        return format!("{} lines", body.lines().count());
    }
    let url = body.split_once("://").and_then(|(scheme, rest)| Some((scheme, rest.rsplit_once('@')?)));
    match url {
        Some((scheme, (login, rest))) => {
            let (user, password) = match login.split_once(':') {
                Some((user, password)) => (format!("{user}:"), password),
                None => (String::new(), login),
            };
            // A query may hold a password as well.
            let (rest, query) = rest.split_once('?').map_or((rest, ""), |(rest, _)| (rest, "?…"));
            format!("{scheme}://{user}{}@{rest}{query}{end}", stars(password))
        }
        None => format!("{}{end}", stars(body)),
    }
}

/// Decodes base64 as Go does: line breaks are passed over, the padding is demanded. Every byte points at the whole
/// scalar, as no byte of it stands there in clear.
#[must_use]
pub fn decode(text: &Text) -> Option<Text> {
    let body: Vec<u8> = text.as_str().bytes().filter(|byte| !matches!(byte, b'\n' | b'\r')).collect();
    if !body.len().is_multiple_of(4) {
        return None;
    }
    let padding = body.iter().rev().take_while(|byte| **byte == b'=').count();
    if padding > 2 {
        return None;
    }
    let mut bits = 0u32;
    let mut held = 0;
    let mut out = Vec::with_capacity(body.len() / 4 * 3);
    for byte in &body[..body.len() - padding] {
        let six = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => return None,
        };
        bits = bits << 6 | u32::from(six);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push(u8::try_from(bits >> held & 0xFF).ok()?);
        }
    }
    let value = String::from_utf8(out).ok()?;
    // A symbol's character would be taken for one.
    if value.contains(crate::symbol::is_symbol) {
        return None;
    }
    Some(Text::mapped(&value, text.span()).with_anchor(text.anchor()))
}
