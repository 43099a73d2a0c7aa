//! Properties of the YAML reader: every byte of a value points at its source, nothing panics, and a second reader
//! (libyaml's port behind the name `serde_yaml`) sees the same values.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt::Write as _;
use std::ops::Range;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use redislint::source::FileId;
use redislint::syntax::yaml::{Kind, NodeId, Yaml, parse};

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(6379), failure_persistence: None, ..ProptestConfig::default() }
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
    Folded,
}

/// What stands between two words.
#[derive(Clone, Debug)]
enum Gap {
    Spaces(usize),
    /// Blanks at the end of the line, and the number of line breaks.
    Breaks(usize, usize),
    /// An escape where the style has one.
    Escape(usize),
    /// Nothing but a line break that vanishes, where the style has one.
    Joined,
}

#[derive(Clone, Debug)]
struct Scalar {
    style: Style,
    first: String,
    rest: Vec<(Gap, String)>,
    /// `-`, `+` or nothing, and blank lines behind a block.
    chomp: &'static str,
    blanks: usize,
}

/// How a part of the value was written.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Part {
    /// The same bytes.
    Exact,
    /// One escape.
    Escape,
    /// A line break with the blanks around it.
    Break,
}

const ESCAPES: [(&str, &str); 8] = [
    ("\\n", "\n"),
    ("\\\"", "\""),
    ("\\\\", "\\"),
    ("\\x41", "A"),
    ("\\u00e9", "é"),
    ("\\U0001F600", "😀"),
    ("\\ ", " "),
    ("\\t", "\t"),
];

fn scalar() -> impl Strategy<Value = Scalar> {
    let style = prop::sample::select(vec![Style::Plain, Style::Single, Style::Double, Style::Literal, Style::Folded]);
    let word = "[a-z0-9é中😀$][a-z0-9é中文😀ß/@$%_:#-]{0,5}[a-z0-9é中😀]";
    let gap = prop_oneof![
        (1usize..4).prop_map(Gap::Spaces),
        (0usize..3, 1usize..4).prop_map(|(blanks, breaks)| Gap::Breaks(blanks, breaks)),
        (0..ESCAPES.len()).prop_map(Gap::Escape),
        Just(Gap::Joined),
    ];
    let chomp = prop::sample::select(vec!["", "-", "+"]);
    (style, "w[a-z]{0,3}", prop::collection::vec((gap, word), 0..6), chomp, 0usize..3)
        .prop_map(|(style, first, rest, chomp, blanks)| Scalar { style, first, rest, chomp, blanks })
}

/// Writes the scalar behind its key and tells what each stretch of source stands for.
fn write(scalar: &Scalar, newline: &str, out: &mut String) -> Vec<(String, Range<usize>, Part)> {
    let mut parts = Vec::new();
    let mut push = |out: &mut String, source: &str, value: &str, part: Part| {
        let start = out.len();
        out.push_str(source);
        parts.push((value.to_owned(), start..out.len(), part));
    };
    let block = matches!(scalar.style, Style::Literal | Style::Folded);
    match scalar.style {
        Style::Plain => {}
        Style::Single => out.push('\''),
        Style::Double => out.push('"'),
        Style::Literal => write!(out, "|{}  # c{newline}  ", scalar.chomp).unwrap(),
        Style::Folded => write!(out, ">{}{newline}  ", scalar.chomp).unwrap(),
    }
    push(out, &scalar.first, &scalar.first, Part::Exact);
    for (gap, word) in &scalar.rest {
        match gap {
            Gap::Spaces(count) => push(out, &" ".repeat(*count), &" ".repeat(*count), Part::Exact),
            Gap::Breaks(blanks, count) => {
                // Blanks before a break belong to a block's content.
                let blanks = if block { 0 } else { *blanks };
                let source = format!("{}{}  ", " ".repeat(blanks), newline.repeat(*count));
                let value = match (scalar.style, *count) {
                    (Style::Literal, count) => "\n".repeat(count),
                    (_, 1) => " ".to_owned(),
                    (_, count) => "\n".repeat(count - 1),
                };
                push(out, &source, &value, Part::Break);
            }
            Gap::Escape(which) => match scalar.style {
                Style::Double => push(out, ESCAPES[*which].0, ESCAPES[*which].1, Part::Escape),
                Style::Single => push(out, "''", "'", Part::Escape),
                _ => {}
            },
            Gap::Joined if scalar.style == Style::Double => push(out, &format!("\\{newline}  "), "", Part::Break),
            Gap::Joined => {}
        }
        push(out, word, word, Part::Exact);
    }
    match scalar.style {
        Style::Single => out.push('\''),
        Style::Double => out.push('"'),
        _ => {}
    }
    if block {
        let value = match scalar.chomp {
            "" => "\n".to_owned(),
            "+" => "\n".repeat(scalar.blanks + 1),
            _ => String::new(),
        };
        push(out, &newline.repeat(scalar.blanks + 1), &value, Part::Break);
    } else {
        out.push_str(newline);
    }
    parts
}

/// Every span lies in the text and on character boundaries, every exact byte is the one that was written, and no value
/// points outside its scalar.
fn check_places(text: &str, yaml: &Yaml) {
    let mut pending = yaml.documents.clone();
    while let Some(id) = pending.pop() {
        let node = yaml.node(id);
        assert!(text.get(node.span.range()).is_some(), "{:?} in {text:?}", node.span);
        match &node.kind {
            Kind::Sequence(items) => pending.extend(items),
            Kind::Mapping(entries) => pending.extend(entries.iter().flat_map(|entry| [entry.key, entry.value])),
            Kind::Scalar(scalar) => {
                let mut last = node.span.start;
                for (at, char) in scalar.text.as_str().char_indices() {
                    let span = scalar.text.span_of(at..at + char.len_utf8());
                    assert!(text.get(span.range()).is_some(), "{span:?} in {text:?}");
                    assert!(last <= span.start && !span.is_empty(), "{span:?} in {text:?}");
                    last = span.start;
                }
            }
        }
    }
}

/// Both readers see the same: structure, strings, nulls.
fn check_same(yaml: &Yaml, node: NodeId, other: &serde_yaml::Value, text: &str) {
    use serde_yaml::Value;
    match other {
        Value::Null => assert!(yaml.is_null(node), "{text:?}"),
        Value::String(string) => assert_eq!(yaml.as_str(node), Some(string.as_str()), "{text:?}"),
        Value::Bool(value) => assert_eq!(yaml.as_bool(node), Some(*value), "{text:?}"),
        Value::Number(_) => assert!(yaml.canonical(node).is_some(), "{text:?}"),
        Value::Sequence(items) => {
            assert_eq!(yaml.sequence(node).len(), items.len(), "{text:?}");
            for (ours, theirs) in yaml.sequence(node).iter().zip(items) {
                check_same(yaml, *ours, theirs, text);
            }
        }
        Value::Mapping(map) => {
            assert_eq!(yaml.raw_entries(node).len(), map.len(), "{text:?}");
            for (ours, (key, value)) in yaml.raw_entries(node).iter().zip(map) {
                check_same(yaml, ours.key, key, text);
                check_same(yaml, ours.value, value, text);
            }
        }
        // A tag of an application makes a string of a null.
        Value::Tagged(tagged) if tagged.value.is_null() => assert!(yaml.as_str(node).is_some(), "{text:?}"),
        Value::Tagged(tagged) => check_same(yaml, node, &tagged.value, text),
    }
}

proptest! {
    #![proptest_config(config(600))]

    #[test]
    fn every_part_of_a_value_points_at_its_source(
        scalars in prop::collection::vec(scalar(), 1..5),
        crlf in any::<bool>(),
        mark in any::<bool>(),
    ) {
        let newline = if crlf { "\r\n" } else { "\n" };
        let mut text = if mark { "\u{FEFF}".to_owned() } else { String::new() };
        let mut expected = Vec::new();
        for (at, scalar) in scalars.iter().enumerate() {
            write!(text, "# 中{newline}k{at}: ").unwrap();
            expected.push(write(scalar, newline, &mut text));
        }
        let (yaml, notices) = parse(FileId(0), &text);
        prop_assert_eq!(notices, vec![]);
        check_places(&text, &yaml);
        for (at, parts) in expected.iter().enumerate() {
            let node = yaml.get(yaml.documents[0], &format!("k{at}")).unwrap();
            let value = &yaml.as_scalar(node).unwrap().text;
            let whole: String = parts.iter().map(|(value, ..)| value.as_str()).collect();
            prop_assert_eq!(value.as_str(), &whole, "{:?}", text);
            let mut from = 0;
            for (part, source, kind) in parts {
                let span = value.span_of(from..from + part.len()).range();
                match kind {
                    _ if part.is_empty() => {}
                    Part::Exact | Part::Escape => prop_assert_eq!(&span, source, "{:?}", text),
                    Part::Break => {
                        prop_assert!(source.start <= span.start && span.end <= source.end, "{:?}", text);
                        prop_assert!(text[span].contains('\n'), "{:?}", text);
                    }
                }
                from += part.len();
            }
        }
        let second: serde_yaml::Value = serde_yaml::from_str(&text).unwrap();
        check_same(&yaml, yaml.documents[0], &second, &text);
    }
}

proptest! {
    #![proptest_config(config(1500))]

    #[test]
    fn nothing_panics_on_damaged_documents(
        sample in prop::sample::select(SAMPLES.to_vec()),
        damage in prop::collection::vec((any::<prop::sample::Index>(), 0usize..6, "[]\\[{}:#&*!|>'\"%@`,?~ \t\r\n\u{1A}\u{0}\u{FEFF}é😀\u{2028}<-]{0,3}"), 1..6),
    ) {
        let mut text: Vec<char> = sample.chars().collect();
        for (place, delete, insert) in &damage {
            let start = place.index(text.len() + 1);
            let end = (start + delete).min(text.len());
            text.splice(start..end, insert.chars());
        }
        let text: String = text.into_iter().collect();
        let (yaml, _) = parse(FileId(0), &text);
        check_places(&text, &yaml);
        for root in &yaml.documents {
            for entry in yaml.entries(*root) {
                let _ = (yaml.entries(entry.value), yaml.canonical(entry.value));
            }
        }
    }
}

#[test]
fn a_second_reader_sees_the_same_values() {
    for text in SAMPLES.iter().filter(|text| !text.contains("{{") && !text.contains("{%")) {
        let (yaml, notices) = parse(FileId(0), text);
        assert_eq!(notices, [], "{text:?}");
        check_places(text, &yaml);
        let others: Vec<serde_yaml::Value> = serde_yaml::Deserializer::from_str(text)
            .map(|document| serde::Deserialize::deserialize(document).unwrap())
            .collect();
        assert_eq!(yaml.documents.len(), others.len(), "{text:?}");
        for (ours, theirs) in yaml.documents.iter().zip(&others) {
            check_same(&yaml, *ours, theirs, text);
        }
    }
}

#[test]
fn a_second_reader_agrees_on_every_fixture() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures");
    let files = walkdir::WalkDir::new(root).into_iter().filter_map(Result::ok).filter(|entry| {
        entry.file_type().is_file() && entry.path().extension().is_some_and(|end| end == "yml" || end == "yaml")
    });
    for file in files {
        let text = std::fs::read_to_string(file.path()).unwrap();
        let (yaml, notices) = parse(FileId(0), &text);
        check_places(&text, &yaml);
        let others: Result<Vec<serde_yaml::Value>, _> =
            serde_yaml::Deserializer::from_str(&text).map(serde::Deserialize::deserialize).collect();
        let Ok(others) = others else {
            assert!(!notices.is_empty(), "only the second reader objects to {}", file.path().display());
            continue;
        };
        if notices.is_empty() {
            for (ours, theirs) in yaml.documents.iter().zip(&others) {
                check_same(&yaml, *ours, theirs, &text);
            }
        }
    }
}

const SAMPLES: &[&str] = &[
    "services:\n  redis:\n    image: redis:7\n    command: [\"redis-server\", '--requirepass', \"p\\u0061ss\"]\n    ports:\n      - 6379:6379\n      - \"127.0.0.1:6380:6379\"\n    environment:\n      - A=b c\n      - 'D=é😀'\n",
    "x-env: &env\n  A: 1\n  B: ~\n  C:\nservices:\n  web:\n    environment: &e\n      <<: *env\n      D: yes\n    healthcheck:\n      test: >-\n        redis-cli\n        ping\n\n          more\n         less\n        | grep PONG\n",
    "a: |2\n    two\n\n  one\n \n\nb: |+\n  x\n\nc: >\n\n  lead\n  fold\n   \n  on\n\nd: |-\n  last",
    "{\"a\": [1, 2.5, true, null, \"x\\ty\"], \"b\": {\"c\": \"\\\"q\\\"\", \"d\": []}}\n",
    "%YAML 1.2\n---\na: !!str 1\nb: !reset null\n...\n---\n- - nested\n  - seq\n-\n- ? key\n  : value\n- !<tag:yaml.org,2002:str> 012\n---\nplain\n  folded   \n\n  root\n",
    "\u{FEFF}# mark\r\na: 'it''s\r\n\r\n  here'\r\nb: \"tail \\\r\n   \\  joined\"\r\nc: plain\r\n  more # c\r\n",
    "a:\n- b\n- c: d\n  e: f\n-\n  - g\nh: [ i, {j: k, l}, 'm' , ]\n? |\n  block key\n: - one\n  - two\n",
    "{{- if .Values.on }}\nkind: Secret\nname: {{ .Values.é }}-x\ndata:\n  {{- range $k, $v := .Values.data }}\n  {{ $k }}: {{ $v | b64enc }}\n  {{- end }}\nconf: |\n  {{- if .x }}\n  requirepass {{ .y }}\n  {{- end }}\n{{- end }}\n",
    "- hosts: all\n  vars:\n    p: \"{{ lookup('env', 'X') }}\"\n    q: {{ bare }}\n{% for x in y %}\n    r{{ x }}: {# c #} z\n{% endfor %}\n",
];
