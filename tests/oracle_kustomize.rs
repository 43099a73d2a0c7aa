//! Our reading of kustomizations against `kubectl kustomize` itself.
//!
//! What kubectl prints is read as plain manifests; the containers have to be those that we make of the overlay: image,
//! command, arguments, environment (with Secrets and `ConfigMaps` looked up), and the names of the Redis servers.
//! Live for every case where `REDISLINT_KUBECTL` names a kubectl (which takes minutes), else the first ones against the
//! recorded transcript; `RECORD=1` writes that anew. Each run prints which of the two it was.

#![allow(
    clippy::format_collect,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::format_push_string,
    reason = "a test fails by panicking, and says which mode it ran in"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use redislint::text::Text;
use redislint::tree::Tree;
use redislint::{Options, lint};

const TRANSCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts/kustomize.json");
const CASES: u64 = 480;
const RECORDED: u64 = 40;

/// A repeatable source of choices.
struct Choices(u64);

impl Choices {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn one<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[usize::try_from(self.below(list.len() as u64)).unwrap()]
    }
}

const REDIS: &str = "apiVersion: apps/v1
kind: Deployment
metadata:
  name: redis
spec:
  selector: {matchLabels: {app: redis}}
  template:
    metadata: {labels: {app: redis}}
    spec:
      containers:
        - name: redis
          image: redis:7
          args: [--requirepass, $(PW)]
          env:
            - name: PW
              valueFrom: {secretKeyRef: {name: pw, key: password}}
---
apiVersion: v1
kind: Service
metadata: {name: redis}
spec:
  selector: {app: redis}
  ports: [{port: 6379}]
";

const WEB: &str = "      containers:
        - name: web
          image: registry.example:5000/shop/web:1.0
          command: [serve, '$(A)', '$$(A)', '$(NOT_THERE)']
          envFrom:
            - configMapRef: {name: settings}
            - prefix: P_
              secretRef: {name: pw}
          env:
            - {name: A, value: from-env}
            - name: REDIS_PASSWORD
              valueFrom: {secretKeyRef: {name: pw, key: password}}
            - name: MODE
              valueFrom: {configMapKeyRef: {name: settings, key: MODE, optional: true}}
            - {name: REDIS_URL, value: 'redis://:$(REDIS_PASSWORD)@redis:6379/0'}
";

/// The files of one case; the overlay is `overlay/`.
fn case(number: u64) -> BTreeMap<String, String> {
    let mut choices = Choices(number.wrapping_mul(7919) + 1);
    let mut files = BTreeMap::new();
    let head = match choices.below(2) {
        0 => {
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n"
        }
        _ => {
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: web}\nspec:\n  serviceName: redis\n  selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    spec:\n"
        }
    };
    let kind = if head.contains("StatefulSet") { "StatefulSet" } else { "Deployment" };
    files.insert("base/redis.yaml".to_owned(), REDIS.to_owned());
    files.insert("base/web.yaml".to_owned(), format!("{head}{WEB}"));
    let mut base = "resources: [redis.yaml, web.yaml]\n".to_owned();
    base += "configMapGenerator:\n- name: settings\n";
    base += choices.one(&[
        "  literals: [MODE=base, A=literal, \"QUOTED='q'\"]\n",
        "  envs: [settings.env]\n",
        "  files: [redis.conf, MODE=mode.txt]\n",
        "  literals: [MODE=base]\n  envs: [settings.env]\n",
    ]);
    files.insert("base/settings.env".to_owned(), "# comment\nENVS=1\n\n  A=x # y\nB=\"q\"\nEMPTY=\n".to_owned());
    files.insert("base/redis.conf".to_owned(), "port 6379\nrequirepass Basalt-Reed-4108\n".to_owned());
    files.insert("base/mode.txt".to_owned(), "file".to_owned());
    base += "secretGenerator:\n- name: pw\n  literals: [password=Basalt-Reed-4108]\n";
    base += choices.one(&["", "", "namePrefix: base-\n", "namespace: inner\n"]);
    files.insert("base/kustomization.yaml".to_owned(), base);

    let mut overlay =
        choices.one(&["resources: [../base]\n", "bases: [../base]\n", "resources: [../middle]\n"]).to_owned();
    if overlay.contains("middle") {
        let names = choices.one(&["nameSuffix: -m\n", "namePrefix: m-\n", "namespace: middle\n", ""]);
        files.insert("middle/kustomization.yaml".to_owned(), format!("resources: [../base]\n{names}"));
    }
    overlay += choices.one(&["", "namePrefix: st-\n", "nameSuffix: -v2\n", "namePrefix: a-\nnameSuffix: -z\n"]);
    overlay += choices.one(&["", "namespace: payments\n"]);
    overlay += choices.one(&[
        "",
        "images: [{name: redis, newTag: '6.2'}]\n",
        "images:\n- name: registry.example:5000/shop/web\n  newName: other/web\n  newTag: v3\n- {name: redis, digest: 'sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3'}\n",
        "images: [{name: web, newTag: no}]\n",
    ]);
    overlay += choices.one(&[
        "",
        "configMapGenerator:\n- name: settings\n  behavior: merge\n  literals: [MODE=overlay, NEW=1]\n",
        "configMapGenerator:\n- name: settings\n  behavior: replace\n  literals: [ONLY=this]\n",
        "configMapGenerator:\n- name: unrelated\n  literals: [X=y]\n",
    ]);
    overlay += choices.one(&[
        "",
        "secretGenerator:\n- name: pw\n  behavior: merge\n  literals: [password=Pewter-Isle-6027]\n",
        "secretGenerator:\n- name: pw\n  behavior: replace\n  literals: ['password=\"quoted\"', other=x]\n",
        "generatorOptions: {disableNameSuffixHash: true}\n",
    ]);
    overlay += &patches(&mut choices, kind, &mut files);
    if choices.below(4) == 0 {
        overlay += "components: [../part]\n";
        files.insert(
            "part/kustomization.yaml".to_owned(),
            "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\npatches:\n- target: {kind: Deployment, name: redis}\n  patch: |\n    - {op: replace, path: /spec/template/spec/containers/0/image, value: 'valkey/valkey:8'}\n".to_owned(),
        );
    }
    overlay += &later(&mut choices);
    files.insert("overlay/kustomization.yaml".to_owned(), overlay);
    files
}

/// What changes objects behind the patches: labels, replacements, variables, and patches for many objects.
fn later(choices: &mut Choices) -> String {
    let mut text = choices
        .one(&[
            "",
            "",
            "commonLabels: {app: shop}\n",
            "commonLabels: {team: pay}\n",
            "labels: [{pairs: {app: other}}]\n",
            "labels: [{pairs: {app: other}, includeTemplates: true}]\n",
            "labels: [{pairs: {app: all}, includeSelectors: true}]\n",
        ])
        .to_owned();
    text += choices.one(&[
        "",
        "",
        "replacements:\n- source: {kind: Service, name: redis, fieldPath: metadata.name}\n  targets:\n  - select: {name: web}\n    fieldPaths: ['spec.template.spec.containers.[name=web].command.0']\n",
        "replacements:\n- source: {kind: Service, name: redis}\n  targets:\n  - select: {kind: Deployment, name: web}\n    fieldPaths: ['spec.template.spec.containers.[name=web].env.[name=REDIS_URL].value']\n    options: {delimiter: ':', index: 2}\n",
        "replacements:\n- source: {kind: Deployment, name: redis, fieldPath: 'spec.template.spec.containers.0.image', options: {delimiter: ':', index: 1}}\n  targets:\n  - select: {kind: StatefulSet}\n    reject: [{name: other}]\n    fieldPaths: ['spec.template.spec.containers.*.image']\n    options: {delimiter: ':', index: 1}\n",
        "vars:\n- name: NOT_THERE\n  objref: {apiVersion: v1, kind: Service, name: redis}\n",
        "vars:\n- name: NOT_THERE\n  objref: {apiVersion: apps/v1, kind: Deployment, name: redis}\n  fieldref: {fieldpath: 'spec.template.spec.containers[0].image'}\n",
    ]);
    text
}

fn patches(choices: &mut Choices, kind: &str, files: &mut BTreeMap<String, String>) -> String {
    let merge = choices.one(&[
        "          env:\n          - {name: A, value: patched}\n          - {name: Z, value: new}\n",
        "          env:\n          - {name: MODE, $patch: delete}\n          - {name: FIRST, value: '1'}\n          - {name: SECOND, value: $(FIRST)}\n",
        "          env: null\n",
        "          command: [other]\n          args: ['$(REDIS_URL)', '$(P_password)']\n",
        "          envFrom:\n          - configMapRef: {name: settings}\n",
        "          image: patched/web:2\n        - name: sidecar\n          image: redis:7-alpine\n          command: [redis-cli, -h, redis]\n",
        "          env:\n          - {$patch: replace}\n          - {name: ALONE, value: here}\n",
    ]);
    let merge = format!(
        "apiVersion: apps/v1\nkind: {kind}\nmetadata:\n  name: web\nspec:\n  template:\n    spec:\n      containers:\n        - name: web\n{merge}"
    );
    let json = choices.one(&[
        "- {op: add, path: /spec/template/spec/containers/0/env/-, value: {name: LAST, value: $(PW)}}\n",
        "- {op: add, path: /spec/template/spec/containers/0/env/0, value: {name: EARLY, value: $(PW)}}\n",
        "- {op: replace, path: /spec/template/spec/containers/0/args/1, value: literal}\n",
        "- {op: remove, path: /spec/template/spec/containers/0/args}\n",
        "- {op: test, path: /kind, value: Deployment}\n- {op: add, path: /spec/template/spec/containers/0/command, value: [redis-server]}\n",
        "- {op: copy, from: /spec/template/spec/containers/0/image, path: /spec/template/spec/containers/0/args/0}\n",
    ]);
    let indented = |text: &str| text.lines().map(|line| format!("    {line}\n")).collect::<String>();
    let target = choices.one(&[
        "  target: {kind: Deployment, name: redis}\n",
        "  target: {kind: Deployment, name: redis}\n",
        "  target: {kind: 'Deployment|StatefulSet'}\n",
        "  target: {kind: Deploy.*, name: 're(dis|x)'}\n",
        "  target: {name: r.d.s, kind: Deployment, version: v1}\n",
    ]);
    match choices.below(6) {
        0 => String::new(),
        1 => format!("patches:\n- patch: |\n{}", indented(&merge)),
        2 => {
            files.insert("overlay/merge.yaml".to_owned(), merge);
            files.insert("overlay/ops.yaml".to_owned(), json.to_owned());
            format!("patches:\n- path: merge.yaml\n- path: ops.yaml\n{target}")
        }
        3 => {
            files.insert("overlay/merge.yaml".to_owned(), merge);
            "patchesStrategicMerge: [merge.yaml]\n".to_owned()
        }
        4 => format!(
            "patchesJson6902:\n- target: {{group: apps, version: v1, kind: Deployment, name: redis}}\n  patch: |\n{}",
            indented(json)
        ),
        _ => format!("patches:\n- patch: |\n{}{target}", indented(json)),
    }
}

fn binary() -> Option<PathBuf> {
    std::env::var_os("REDISLINT_KUBECTL").map(PathBuf::from)
}

/// What kubectl prints; empty where it refuses the overlay.
fn ask(binary: &Path, files: &BTreeMap<String, String>) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let output = Command::new(binary).args(["kustomize", "overlay"]).current_dir(folder.path()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The containers and servers of the one environment of these files.
fn picture(files: impl IntoIterator<Item = (String, Vec<u8>)>) -> String {
    let report = lint(&Tree::from_texts(files), &Options::default());
    let show = |text: &Text| report.symbols.display(text.as_str());
    let mut lines = Vec::new();
    assert!(report.model.environments.len() <= 1);
    for environment in &report.model.environments {
        for service in &environment.services {
            let words =
                |words: &Option<Vec<Text>>| words.as_ref().map(|words| words.iter().map(show).collect::<Vec<_>>());
            let mut line = format!("{} {:?}", service.name, service.image.as_ref().map(show));
            line += &format!(" {:?} {:?}", words(&service.entrypoint), words(&service.command));
            for (name, value) in &service.environment {
                line += &format!("\n  {name}={:?}", value.as_ref().map(show));
            }
            lines.push(line);
        }
        lines.extend(environment.servers.iter().map(|server| format!("server {:?}", server.names)));
    }
    lines.sort();
    lines.join("\n")
}

#[test]
fn overlays_are_what_kubectl_makes_of_them() {
    let live = binary();
    let recorded: BTreeMap<String, String> = if let Some(binary) = &live {
        println!("live against {}", binary.display());
        (0..CASES).map(|number| (number.to_string(), ask(binary, &case(number)))).collect()
    } else {
        println!("against the transcript");
        serde_json::from_str(&std::fs::read_to_string(TRANSCRIPT).unwrap()).unwrap()
    };
    if live.is_some() && std::env::var_os("RECORD").is_some() {
        let first: BTreeMap<_, _> =
            (0..RECORDED).map(|number| (number.to_string(), &recorded[&number.to_string()])).collect();
        std::fs::write(TRANSCRIPT, serde_json::to_string_pretty(&first).unwrap() + "\n").unwrap();
    }
    let mut compared = 0;
    let mut wrong = Vec::new();
    for (number, output) in &recorded {
        // What kubectl refuses never runs.
        if output.is_empty() {
            continue;
        }
        compared += 1;
        let files = case(number.parse().unwrap());
        let theirs = picture([("out/all.yaml".to_owned(), output.clone().into_bytes())]);
        let ours = picture(files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())));
        if theirs != ours || ours.is_empty() {
            wrong.push(format!(
                "case {number}\n{}\n--- kubectl\n{theirs}\n--- ours\n{ours}",
                files["overlay/kustomization.yaml"]
            ));
        }
    }
    println!("{compared} overlays compared");
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{}", wrong.len(), wrong[..wrong.len().min(3)].join("\n\n"));
    assert!(compared >= if live.is_some() { 300 } else { 25 });
}
