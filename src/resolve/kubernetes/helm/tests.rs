//! What our renderer prints against what Helm prints, and what is left open where a value is not known.
//!
//! Live where `REDISLINT_HELM_PYTHON` names a Python with `helm-python-sdk` and `PyYAML`, else against the recorded
//! transcript; `RECORD=1` writes that anew.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value as Json, json};

use super::{Renderer, Text, Value, embedded, go_template, map, mark, releases, render, word};
use crate::source::{FileId, Span};
use crate::symbol::Symbols;

const TRANSCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts/helm_templates.json");

/// Templates as charts write them, each with the values of its chart.
const TEMPLATES: [&str; 30] = [
    "{{ .Values.host }}:{{ .Values.port }}/{{ .Values.absent }}",
    "a\n  {{- if .Values.enabled }}\n  b\n  {{- else }}\n  c\n  {{- end }}\nd",
    "{{- if and .Values.enabled (not .Values.disabled) -}} yes {{- else -}} no {{- end }}",
    "{{ if or .Values.disabled .Values.absent }}1{{ else if eq .Values.host \"redis\" }}2{{ else }}3{{ end }}",
    "{{ .Values.absent | default \"none\" | quote }} {{ default .Values.host .Values.empty }}",
    "{{ range .Values.list }}[{{ . }}]{{ end }}{{ range .Values.nothing }}x{{ else }}none{{ end }}",
    "{{ range $i, $one := .Values.list }}{{ $i }}={{ $one }} {{ $.Values.host }};{{ end }}",
    "{{ range $key, $value := .Values.env }}{{ $key }}: {{ $value | quote }}\n{{ end }}",
    "{{ with .Values.env }}{{ .A }}{{ end }}{{ with .Values.absent }}x{{ else }}else{{ end }}",
    "{{- $name := printf \"%s-%s\" .Release.Name .Chart.Name -}}{{ $name | trunc 6 | trimSuffix \"-\" }}",
    "{{ define \"x\" }}<{{ . }}>{{ end }}{{ include \"x\" .Values.host | upper }}{{ template \"x\" .Values.port }}",
    "{{ define \"l\" -}}\na: {{ .Release.Name }}\nb: c\n{{- end }}x:{{ include \"l\" . | nindent 2 }}\ny:\n{{ include \"l\" . | indent 4 }}",
    "{{ ternary \"yes\" \"no\" .Values.enabled }} {{ ternary \"yes\" \"no\" .Values.disabled }}",
    "{{ coalesce .Values.empty .Values.absent .Values.host }}",
    "{{ if eq (int .Values.port) 6379 }}same{{ end }}{{ if gt (int .Values.port) 6000 }}high{{ end }}",
    "{{/* nothing */}}{{- /* trimmed */ -}}  x",
    "{{ if hasKey .Values.env \"A\" }}has{{ end }}{{ if contains \"ed\" .Values.host }}in{{ end }}",
    "{{ printf \"redis://:%s@%s:%v/%d\" .Values.env.B .Values.host (.Values.port | int) 0 }}",
    "{{ .Values.host | b64enc }} {{ .Values.host | squote }} {{ .Values.quoted | quote }}",
    "{{ `{{ raw }}` }} {{ \"}}\" }}",
    "{{ tpl .Values.template . }}",
    "{{ (index .Values.list 1) }} {{ index .Values.env \"A\" }} {{ (.Values.env).A }}",
    "{{ $x := 1 }}{{ if .Values.enabled }}{{ $x = 2 }}{{ end }}{{ $x }}",
    "{{ if hasPrefix \"re\" .Values.host }}1{{ end }}{{ if hasSuffix \"re\" .Values.host }}2{{ end }}",
    "{{ replace \"e\" \"3\" .Values.host }} {{ lower \"ABC\" }} {{ trim \"  x \" }}",
    "{{ required \"needed\" .Values.host }}",
    "{{ if ne .Values.host \"valkey\" }}ne{{ end }}{{ if empty .Values.empty }}empty{{ end }}",
    "{{ range .Values.objects }}{{ .name }}{{ if .set }}+{{ end }} {{ end }}",
    "{{ get .Values.env \"B\" }} {{ (dict \"a\" .Values.host).a }} {{ list 1 2 | len }}",
    "{{ .Chart.AppVersion }} {{ .Release.Service }} {{ .Release.Name | quote }}",
];

const VALUES: &str = "host: redis\nport: 6379\nenabled: true\ndisabled: false\nempty: ''\nquoted: 'a\"b'\nlist: [a, b]\nnothing: []\nenv: {B: two, A: one}\n\
                      template: 'x{{ .Values.host }}y'\nobjects: [{name: first, set: true}, {name: second}]\n";

fn text(value: &str) -> Text {
    Text::exact(value, Span::new(FileId(0), 0..value.len()))
}

/// What our renderer prints for a chart `app` that is installed as `shop`.
fn rendered(template: &str, values: &str, symbols: &Symbols) -> Text {
    let at = Span::new(FileId(0), 0..0);
    let of = |fields: &[(&'static str, &str)]| map(at, fields.iter().map(|(key, value)| (*key, word(value, at))));
    let root = render::root(
        releases::of_text(&text(values)),
        of(&[("Name", "shop"), ("Namespace", ""), ("Service", "Helm")]),
        of(&[("Name", "app"), ("Version", "1.0.0"), ("AppVersion", "2.3")]),
    );
    let file = go_template::parse(&text(template));
    Renderer::new([&file], root, symbols).file(&file, at)
}

fn live() -> Option<Json> {
    let python = std::env::var_os("REDISLINT_HELM_PYTHON")?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/oracle_helm.py");
    let mut command = Command::new(python);
    let mut child =
        command.args([script, "."]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the oracle starts");
    let cases: Vec<Json> = TEMPLATES.iter().map(|one| json!({"template": one, "values": VALUES})).collect();
    child.stdin.take().unwrap().write_all(json!(cases).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let answers: Json = serde_json::from_slice(&output.stdout).unwrap();
    if std::env::var_os("RECORD").is_some() {
        std::fs::write(TRANSCRIPT, serde_json::to_string_pretty(&answers).unwrap() + "\n").unwrap();
    }
    Some(answers)
}

#[test]
fn templates_print_what_helm_prints() {
    let recorded = || serde_json::from_str(&std::fs::read_to_string(TRANSCRIPT).unwrap()).unwrap();
    let answers: Json = live().unwrap_or_else(recorded);
    let symbols = Symbols::default();
    let (mut known, mut wrong) = (0, Vec::new());
    for (template, theirs) in TEMPLATES.iter().zip(answers.as_array().unwrap()) {
        let ours = rendered(template, VALUES, &symbols);
        // What is not known is no answer.
        if !Symbols::is_known(&ours) {
            continue;
        }
        known += 1;
        if theirs.as_str() != Some(ours.as_str()) {
            wrong.push(format!("{template:?}\n  helm {theirs}\n  ours {:?}", ours.as_str()));
        }
    }
    assert!(wrong.is_empty(), "{} of {known}\n{}", wrong.len(), wrong.join("\n"));
    assert!(known >= TEMPLATES.len() - 2, "{known}");
}

fn object(template: &str, symbols: &Symbols) -> Value {
    let mut object = embedded(&rendered(template, VALUES, symbols)).remove(0);
    mark(&mut object);
    object
}

#[test]
fn what_may_stand_there_leaves_its_place_open() {
    let symbols = Symbols::default();
    let pod = object(
        "kind: Pod\nspec:\n  env:\n    - name: A\n      value: {{ .Files.Get \"a\" }}\n    {{- if .Capabilities.x }}\n    - name: B\n    {{- end }}\n  labels: {{- include \"elsewhere\" . | nindent 4 }}\n",
        &symbols,
    );
    let env = pod.at(&["spec", "env"]).unwrap();
    assert!(env.opaque && env.items().len() == 1);
    assert!(symbols.has_opaque(env.items()[0].text_at(&["value"]).unwrap()));
    assert!(pod.at(&["spec", "labels"]).unwrap().opaque);
    assert!(!pod.opaque && !pod.get("spec").unwrap().opaque);
}

#[test]
fn variables_of_a_branch_that_may_be_taken_are_not_known() {
    let symbols = Symbols::default();
    let template = "kind: A\n{{ $pw := \"\" }}{{ if .Capabilities.x }}{{ if .Values.enabled }}{{ $pw = \"x\" }}{{ end }}{{ end }}pw: '{{ $pw }}'\n";
    assert!(symbols.has_opaque(object(template, &symbols).text_at(&["pw"]).unwrap()));
    let part = "kind: A\n{{ define \"pw\" }}{{ if lookup \"v1\" }}\n  {{ randAlphaNum 8 }}\n{{ end }}{{ end }}pw: {{ include \"pw\" . | quote }}\nurl: a{{ if .Files.x }}b{{ end }}c\n";
    let object = object(part, &symbols);
    assert!(["pw", "url"].iter().all(|key| symbols.has_opaque(object.text_at(&[key]).unwrap())));
}

#[test]
fn values_point_at_their_own_file() {
    let symbols = Symbols::default();
    let template = "kind: Pod\nurl: redis://{{ .Values.host }}:1\nlist: {{ toYaml .Values.list | nindent 2 }}\n";
    let pod = object(template, &symbols);
    let url = pod.text_at(&["url"]).unwrap();
    let host = url.span_of(8..13);
    assert_eq!(&VALUES[host.range()], "redis");
    let second = pod.get("list").unwrap().items()[1].text().unwrap();
    assert_eq!((second.as_str(), &VALUES[second.span().range()]), ("b", "b"));
}
