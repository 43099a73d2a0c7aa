//! Trees and spans on small documents.

use super::*;
use crate::finding::Level;

fn read(text: &str) -> (Yaml, Vec<Notice>) {
    parse(FileId(0), text)
}

/// One line a scalar: value, source of the value, source of the whole.
fn dump(text: &str) -> Vec<String> {
    let (yaml, notices) = read(text);
    let mut out: Vec<String> = (0..yaml.nodes.len())
        .filter_map(|at| {
            let node = yaml.node(NodeId(u32::try_from(at).unwrap()));
            let Kind::Scalar(scalar) = &node.kind else { return None };
            let parts: Vec<&str> = scalar.text.spans().iter().map(|span| &text[span.range()]).collect();
            Some(format!("{:?} <- {parts:?} in {:?}", scalar.text.as_str(), &text[node.span.range()]))
        })
        .collect();
    out.extend(
        notices
            .iter()
            .map(|notice| format!("{} {:?} {}", notice.code, &text[notice.span.unwrap().range()], notice.message)),
    );
    out
}

#[test]
fn every_style_keeps_its_places() {
    let text = "a: p q\n  r\nb: 'it''s'\nc: \"x\\u0041\\\n  y\"\nd: |2-\n\n   é\n  z\ne: >  # c\n  f\n  g\n\n  h\n";
    let values: Vec<String> = dump(text).into_iter().skip(1).step_by(2).collect();
    assert_eq!(
        values,
        [
            r#""p q r" <- ["p q", "\n  ", "r"] in "p q\n  r""#,
            r#""it's" <- ["it", "''", "s"] in "'it''s'""#,
            r#""xAy" <- ["x", "\\u0041", "y"] in "\"x\\u0041\\\n  y\"""#,
            r#""\n é\nz" <- ["\n", " é\n", "z"] in "|2-\n\n   é\n  z""#,
            r#""f g\nh\n" <- ["f", "\n", "g", "\n\n", "h", "\n"] in ">  # c\n  f\n  g\n\n  h""#,
        ]
    );
}

fn root(yaml: &Yaml) -> NodeId {
    yaml.documents[0]
}

fn codes(notices: &[Notice]) -> Vec<&'static str> {
    notices.iter().map(|notice| notice.code).collect()
}

#[test]
fn line_endings_and_marks_keep_offsets() {
    assert_eq!(
        dump("\u{FEFF}a: |\r\n  é\r\n  y\r\nb: \"p\r\n  q\"\r\n"),
        [
            r#""a" <- ["a"] in "a""#,
            r#""é\ny\n" <- ["é", "\r\n", "y", "\r\n"] in "|\r\n  é\r\n  y""#,
            r#""b" <- ["b"] in "b""#,
            r#""p q" <- ["p", "\r\n  ", "q"] in "\"p\r\n  q\"""#,
        ]
    );
}

#[test]
fn empty_values_are_null_and_empty_strings_are_not() {
    let (yaml, notices) = read("a:\nb: ~\nc: ''\nd: 'null'\ne: !!str\nf: &x\ng: *x\nh: null\n");
    assert_eq!(notices, []);
    for (key, null) in
        [("a", true), ("b", true), ("c", false), ("d", false), ("e", false), ("f", true), ("g", true), ("h", true)]
    {
        let node = yaml.get(root(&yaml), key).unwrap();
        assert_eq!(yaml.is_null(node), null, "{key}");
        assert_eq!(yaml.canonical(node).is_none(), null, "{key}");
    }
    assert_eq!(yaml.get(root(&yaml), "i"), None);
}

#[test]
fn canonical_values_point_at_what_is_written() {
    let text = "a: 0123\nb: '0123'\nc: !!str 0123\nd: !!int \"0123\"\ne: !x 0123\nf: {{ 0123 }}\n";
    let (yaml, _) = read(text);
    let values: Vec<(String, &str)> = yaml
        .raw_entries(root(&yaml))
        .iter()
        .map(|entry| yaml.canonical(entry.value).unwrap())
        .map(|value| (value.as_str().to_owned(), &text[value.span().range()]))
        .collect();
    let expected = [
        ("83", "0123"),
        ("0123", "0123"),
        ("0123", "0123"),
        ("83", "0123"),
        ("0123", "0123"),
        ("{{ 0123 }}", "{{ 0123 }}"),
    ];
    assert_eq!(values, expected.map(|(value, source)| (value.to_owned(), source)));
}

#[test]
fn merge_keys_apply_in_order() {
    let text =
        "a: &a {A: a, B: a}\nb: &b {B: b, C: b, <<: *a}\nc:\n  B: c\n  <<: [*b, {C: x, D: x}]\n  E: c\nd: {'<<': q}\n";
    let (yaml, notices) = read(text);
    assert_eq!(notices, []);
    let map = yaml.get(root(&yaml), "c").unwrap();
    let entries: Vec<(&str, &str)> = yaml
        .entries(map)
        .iter()
        .map(|entry| (yaml.as_str(entry.key).unwrap(), yaml.as_str(entry.value).unwrap()))
        .collect();
    assert_eq!(entries, [("B", "c"), ("E", "c"), ("C", "b"), ("A", "a"), ("D", "x")]);
    for (key, value) in entries {
        assert_eq!(yaml.get(map, key).and_then(|node| yaml.as_str(node)), Some(value));
    }
    assert_eq!(yaml.get(map, "<<"), None);
    let quoted = yaml.get_path(root(&yaml), &["d", "<<"]).unwrap();
    assert_eq!(yaml.as_str(quoted), Some("q"));
}

#[test]
fn aliases_share_a_node_and_never_loop() {
    let (yaml, notices) = read("a: &a [x]\nb: *a\nc: &c {d: *c}\ne: *nobody\n");
    assert_eq!(yaml.get(root(&yaml), "a"), yaml.get(root(&yaml), "b"));
    assert_eq!(codes(&notices), ["yaml-syntax", "yaml-syntax"]);
    let looped = yaml.get_path(root(&yaml), &["c", "d"]).unwrap();
    assert!(yaml.node(looped).opaque && !yaml.is_null(looped));
}

#[test]
fn duplicate_keys_are_noticed_at_the_second() {
    let text = "a: 1\n\"a\": 2\nb: {<<: {}, <<: {}}\n";
    let (yaml, notices) = read(text);
    let places: Vec<&str> = notices.iter().map(|notice| &text[notice.span.unwrap().range()]).collect();
    assert_eq!(codes(&notices), ["yaml-duplicate-key", "yaml-duplicate-key"]);
    assert_eq!(places, ["<<", "\"a\""]);
    assert_eq!(yaml.get(root(&yaml), "a").and_then(|node| yaml.as_str(node)), Some("2"));
    assert_eq!(yaml.entries(root(&yaml)).len(), 2);
}

#[test]
fn an_error_keeps_what_stands_before_and_the_next_document() {
    let text = "a: 1\nb: {c: 2, d: [3\n---\ne: 5\n";
    let (yaml, notices) = read(text);
    assert_eq!(codes(&notices), ["yaml-syntax"]);
    assert_eq!(notices[0].message, "unclosed bracket '['");
    assert_eq!(yaml.documents.len(), 2);
    assert!(yaml.node(root(&yaml)).opaque);
    let kept = yaml.get_path(root(&yaml), &["b", "c"]).unwrap();
    assert_eq!(yaml.as_str(kept), Some("2"));
    let next = yaml.get(yaml.documents[1], "e").unwrap();
    assert_eq!(yaml.as_str(next), Some("5"));
    assert!(!yaml.node(yaml.documents[1]).opaque);
}

#[test]
fn collections_end_at_their_last_content() {
    let text = "a:\n  - b # c\n  - d: |\n      e\n\n# f\ng: { h: [i] }\n";
    let (yaml, _) = read(text);
    let span = |key| &text[yaml.node(yaml.get(root(&yaml), key).unwrap()).span.range()];
    assert_eq!(span("a"), "- b # c\n  - d: |\n      e");
    assert_eq!(span("g"), "{ h: [i] }");
    assert_eq!(&text[yaml.node(root(&yaml)).span.range()], text.trim_end());
}

#[test]
fn tags_are_kept() {
    let (yaml, _) = read("a: !reset null\nb: !override [x]\nc: !<tag:yaml.org,2002:str> 1\n");
    let tags: Vec<_> =
        yaml.raw_entries(root(&yaml)).iter().map(|entry| yaml.node(entry.value).tag.as_deref().unwrap()).collect();
    assert_eq!(tags, ["!reset", "!override", "!!str"]);
}

#[test]
fn depth_and_size_are_capped() {
    for deep in ["[".repeat(100_000), "- ".repeat(100_000), "{a: ".repeat(100_000), "? ".repeat(100_000)] {
        assert_eq!(codes(&read(&deep).1), ["yaml-too-deep"]);
    }
    let mut bomb = "a0: &a0 [x, x]\n".to_owned();
    for level in 1..40 {
        bomb.push_str(&format!("a{level}: &a{level} [{}]\n", format!("*a{}, ", level - 1).repeat(9)));
    }
    let (yaml, notices) = read(&bomb);
    assert!(notices.iter().all(|notice| notice.code == "yaml-too-large"));
    assert!(!notices.is_empty());
    assert_eq!(yaml.raw_entries(root(&yaml)).len(), 40);
    let mut chain = "a0: &a0 [x]\n".to_owned();
    for level in 1..300 {
        chain.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    assert_eq!(codes(&read(&chain).1), ["yaml-too-deep"]);
}

#[test]
fn templates_in_scalars_need_no_masking() {
    let text = "a: \"{{ x }}\"\nb: p{{ y }}q # {{ z }}\nc: |\n  {% if q %}\n  r\nd: ${{ s }}\ne: plain\n";
    let (yaml, notices) = read(text);
    assert_eq!(notices, []);
    let opaque: Vec<bool> = yaml.raw_entries(root(&yaml)).iter().map(|entry| yaml.node(entry.value).opaque).collect();
    assert_eq!(opaque, [true, true, true, true, false]);
    assert_eq!(yaml.as_str(yaml.get(root(&yaml), "c").unwrap()), Some("{% if q %}\nr\n"));
    assert!(!yaml.node(root(&yaml)).opaque);
}

#[test]
fn templates_outside_scalars_are_masked_and_shown() {
    let text = "a: {{ .Values.é }}\nb: x-{{ y }}:6379\n{{ k }}: 'it''s {{ z }}'\n";
    let (yaml, notices) = read(text);
    assert_eq!(codes(&notices), ["template-masked"]);
    assert_eq!(notices[0].level, Level::Info);
    let shown: Vec<(&str, &str)> = yaml
        .raw_entries(root(&yaml))
        .iter()
        .map(|entry| (yaml.as_str(entry.key).unwrap(), yaml.as_str(entry.value).unwrap()))
        .collect();
    assert_eq!(shown, [("a", "{{ .Values.é }}"), ("b", "x-{{ y }}:6379"), ("{{ k }}", "it's {{ z }}")]);
    assert!(yaml.raw_entries(root(&yaml)).iter().all(|entry| yaml.node(entry.value).opaque));
}

#[test]
fn template_lines_leave_collections_unknown() {
    let text = "\
{{- if .Values.on }}
metadata: {name: r}
spec:
  env:
    {{- toYaml .Values.env | nindent 4 }}
  args:
    - a
    {{- range .Values.more }}
    - {{ . }}
    {{- end }}
  ports:
    - 6379
  conf: |
    {{- if .Values.auth }}
    requirepass x
    {{- end }}
{{- end }}
";
    let (yaml, notices) = read(text);
    assert_eq!(codes(&notices), ["template-masked"]);
    let spec = yaml.get(root(&yaml), "spec").unwrap();
    let opaque = |key| yaml.node(yaml.get(spec, key).unwrap()).opaque;
    assert!(opaque("env") && opaque("args") && opaque("conf"));
    assert!(!opaque("ports"));
    assert!(!yaml.node(yaml.get(root(&yaml), "metadata").unwrap()).opaque);
    let conf = yaml.as_str(yaml.get(spec, "conf").unwrap()).unwrap();
    assert!(conf.contains("\nrequirepass x\n"));
}
