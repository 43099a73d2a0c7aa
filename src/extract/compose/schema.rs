//! The part of compose's schema that decides which shapes a service's attributes may have, and what they may hold.
//!
//! Knows shapes only: what the values mean, and what only shows once files are merged, is refused elsewhere.

use crate::source::Span;
use crate::syntax::yaml::{Kind, NodeId};

use super::Pair;
use super::reader::Reader;

/// What a value, or an item of a list, may be: any of these together.
const STRING: u8 = 1;
/// A number or a boolean.
const NUMBER: u8 = 2;
const LIST: u8 = 4;
const MAPPING: u8 = 8;
const NULL: u8 = 16;
/// An unquoted point in time.
const TIME: u8 = 32;
/// Whatever a string may stand for.
const SCALAR: u8 = STRING | NUMBER;

/// Attributes of a service: what they may be, and what the items of a list may be.
const ATTRIBUTES: [(&str, u8, u8); 24] = [
    ("image", STRING, 0),
    ("container_name", STRING, 0),
    ("hostname", STRING, 0),
    ("network_mode", STRING, 0),
    ("restart", STRING, 0),
    ("user", STRING, 0),
    ("working_dir", STRING, 0),
    ("command", STRING | LIST | TIME, STRING),
    ("entrypoint", STRING | LIST | TIME, STRING),
    ("environment", LIST | MAPPING, STRING),
    ("env_file", STRING | LIST, STRING | MAPPING),
    ("ports", LIST, SCALAR | MAPPING),
    ("expose", LIST, SCALAR),
    ("networks", LIST | MAPPING, STRING),
    ("depends_on", LIST | MAPPING, STRING),
    ("extra_hosts", LIST | MAPPING, STRING),
    ("links", LIST, STRING),
    ("volumes", LIST, STRING | MAPPING),
    ("volumes_from", LIST, STRING),
    ("tmpfs", STRING | LIST, STRING),
    ("configs", LIST, STRING | MAPPING),
    ("secrets", LIST, STRING | MAPPING),
    ("profiles", LIST, STRING),
    ("healthcheck", MAPPING, 0),
];

/// Keys of mappings within a service: of the value itself, of its items, or of its values.
const KEYS: [(&str, Within, &[&str]); 7] = [
    (
        "healthcheck",
        Within::Value,
        &["disable", "interval", "retries", "test", "timeout", "start_period", "start_interval"],
    ),
    ("ports", Within::Items, &["mode", "host_ip", "target", "published", "protocol", "app_protocol", "name"]),
    ("configs", Within::Items, &["source", "target", "uid", "gid", "mode"]),
    ("secrets", Within::Items, &["source", "target", "uid", "gid", "mode"]),
    (
        "volumes",
        Within::Items,
        &["type", "source", "target", "read_only", "consistency", "bind", "volume", "tmpfs", "image"],
    ),
    ("env_file", Within::Items, &["path", "format", "required"]),
    (
        "networks",
        Within::Values,
        &[
            "aliases",
            "interface_name",
            "ipv4_address",
            "ipv6_address",
            "link_local_ips",
            "mac_address",
            "driver_opts",
            "priority",
            "gw_priority",
        ],
    ),
];

/// Where the mappings are whose keys are known.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Value,
    Items,
    Values,
}

/// Refuses what the schema refuses in an attribute of a service.
pub(super) fn check(reader: &mut Reader<'_>, pair: &Pair) {
    let name = pair.name.value.as_str();
    let Some((_, allowed, items)) = ATTRIBUTES.iter().find(|(attribute, ..)| *attribute == name) else { return };
    // A null in one file may go over a value of another, which then stands: that shows once they are merged.
    if reader.is_unsure(pair.value) || reader.is_null(pair.value) {
        return;
    }
    if kind(reader, pair.value) & allowed == 0 {
        reader.refuse(pair.value, &format!("`{name}` must be {}", describe(*allowed)));
        return;
    }
    for item in reader.items(pair.value) {
        if !reader.is_unsure(item) && kind(reader, item) & items == 0 {
            reader.refuse(item, &format!("an item of `{name}` must be {}", describe(*items)));
        }
    }
    if name == "extra_hosts" {
        addresses(reader, pair.value);
    }
    if name == "environment" {
        values(reader, pair.value);
    }
    for (_, within, keys) in KEYS.iter().filter(|(attribute, ..)| *attribute == name) {
        for mapping in mappings(reader, pair.value, *within) {
            properties(reader, mapping, name, *within, keys);
        }
    }
}

/// The values of `environment` are scalars or null.
fn values(reader: &mut Reader<'_>, id: NodeId) {
    for pair in mapping_pairs(reader, id) {
        if !reader.is_unsure(pair.value) && kind(reader, pair.value) & (LIST | MAPPING) != 0 {
            reader.refuse(pair.value, "a variable must be a boolean, null, number or string");
        }
    }
}

/// A host in a list has its address with it.
fn addresses(reader: &mut Reader<'_>, id: NodeId) {
    for item in reader.items(id) {
        let text = reader.text(item).filter(|text| !text.as_str().contains([':', '=', '$', '{']));
        if let Some(text) = text {
            reader.refuse_at(text.span(), "invalid additional host, missing IP".to_owned());
        }
    }
}

fn mappings(reader: &mut Reader<'_>, id: NodeId, within: Within) -> Vec<NodeId> {
    match within {
        Within::Value => vec![id],
        Within::Items => reader.items(id),
        Within::Values => mapping_pairs(reader, id).into_iter().map(|pair| pair.value).collect(),
    }
}

/// Keys that are known, with values that are none of them null; those of a network may go over others.
fn properties(reader: &mut Reader<'_>, id: NodeId, name: &str, within: Within, keys: &[&str]) {
    for pair in mapping_pairs(reader, id) {
        let key = pair.name.value.as_str();
        if key.starts_with("x-") {
            continue;
        }
        if !keys.contains(&key) {
            reader.refuse_at(pair.name.span, format!("`{name}` has no property `{key}`"));
        } else if within != Within::Values && reader.is_null(pair.value) && !reader.is_unsure(pair.value) {
            reader.refuse_at(pair.name.span, format!("`{key}` of `{name}` must not be null"));
        }
    }
}

/// The points in time in an attribute that takes them.
pub(super) fn times(reader: &mut Reader<'_>, pair: &Pair) -> Vec<Span> {
    let values = match pair.name.value.as_str() {
        "command" | "entrypoint" => vec![pair.value],
        "environment" => mapping_pairs(reader, pair.value).into_iter().map(|pair| pair.value).collect(),
        _ => Vec::new(),
    };
    values.into_iter().filter(|id| reader.time(*id).is_some()).map(|id| reader.node(id).span).collect()
}

fn mapping_pairs(reader: &mut Reader<'_>, id: NodeId) -> Vec<Pair> {
    if reader.is_mapping(id) { reader.pairs(id, "a mapping") } else { Vec::new() }
}

fn kind(reader: &Reader<'_>, id: NodeId) -> u8 {
    match &reader.node(id).kind {
        Kind::Sequence(_) => LIST,
        Kind::Mapping(_) => MAPPING,
        Kind::Scalar(_) if reader.is_null(id) => NULL,
        Kind::Scalar(_) if reader.time(id).is_some() => TIME,
        Kind::Scalar(_) if reader.is_string(id) => STRING,
        Kind::Scalar(_) => NUMBER,
    }
}

fn describe(allowed: u8) -> String {
    let words = [(STRING, "a string"), (NUMBER, "a number"), (LIST, "a list"), (MAPPING, "a mapping")];
    let words: Vec<&str> = words.iter().filter(|(bit, _)| allowed & bit != 0).map(|(_, word)| *word).collect();
    words.join(" or ")
}

#[cfg(test)]
mod tests {
    use crate::extract::compose::extract;
    use crate::source::FileId;

    /// What is refused of a service with that line, as the source text it points at.
    fn refused(line: &str) -> Vec<String> {
        let text = format!("services:\n  a:\n    {line}\n");
        let (_, _, notices) = extract(FileId(0), "compose.yaml", &text);
        notices.iter().map(|notice| text[notice.span.unwrap().range()].to_owned()).collect()
    }

    #[test]
    fn a_wrong_shape_is_refused_at_its_place() {
        for (line, place) in [
            ("ports: 6379", "6379"),
            ("ports: [1, [2]]", "[2]"),
            ("image: 1", "1"),
            ("command: [a, 1]", "1"),
            ("environment: {A: [x]}", "[x]"),
            ("environment: [null]", "null"),
            ("healthcheck: {nope: 1}", "nope"),
            ("networks: {back: {wrong: 1}}", "wrong"),
            ("secrets: [{source: a, wrong: 1}]", "wrong"),
            ("healthcheck: {test: }", "test"),
            ("ports: [{target: 1, host_ip: }]", "host_ip"),
            ("image: 2001-01-31", "2001-01-31"),
            ("command: [2001-01-31]", "2001-01-31"),
        ] {
            assert_eq!(refused(line), [place], "{line}");
        }
    }

    #[test]
    fn what_compose_takes_is_taken() {
        for line in [
            "ports: [1, \"2\", {target: 3, x-own: 1}]",
            "command:",
            "command: 2001-01-31",
            "environment: {A: 2001-01-31}",
            "networks: {back: {aliases: }}",
            // Another file may say what they are.
            "ports:",
            "command: !reset 1",
            "environment: {A: , B: 1, C: true}",
            "networks: {back: , front: {aliases: [a]}}",
            "image: ${ANY}",
            "tmpfs: /run",
        ] {
            assert_eq!(refused(line), Vec::<String>::new(), "{line}");
        }
    }
}
