//! Features of several files or layers: `extends`, `include`, overrides, anchors, documents.

use super::file::File;
use super::maker::Maker;
use super::random::yaml;

impl Maker {
    /// Adds the feature; false: it is none of these.
    pub(super) fn add_layer(&mut self, feature: &str) -> bool {
        let literal = self.literal();
        match feature {
            "extends" => {
                let of = self.some();
                let text = if self.random.coin() { of.to_owned() } else { format!("{{service: {of}}}") };
                let port = self.port();
                self.own("child", &[format!("extends: {text}")]);
                self.main.service("child").environment.push(("CHILD".to_owned(), Some("x".to_owned())));
                self.main.service("child").lists.entry("ports").or_default().push(format!("- \"{port}:1\""));
            }
            "extends file" => {
                let mut common = File::default();
                let base = common.service("base");
                base.lines = vec![
                    "image: common".to_owned(),
                    "command: base ${SET} ${INNER}".to_owned(),
                    "env_file: common.env".to_owned(),
                ];
                base.environment = vec![
                    ("BASE".to_owned(), Some("base".to_owned())),
                    ("OWN".to_owned(), Some("${INNER:-root}".to_owned())),
                ];
                base.lists.insert("ports", vec!["- \"1:1\"".to_owned()]);
                base.lists.insert("volumes", vec!["- ./v:/v".to_owned()]);
                self.files.push(("sub/common.yaml", common));
                self.env_file("sub/common.env", "COMMON=${SET}\nINNER_TOO=${INNER}".to_owned());
                self.env_file("sub/.env", "INNER=inner\nSET=sub".to_owned());
                self.own("heir", &["extends: {file: sub/common.yaml, service: base}".to_owned()]);
                self.main.service("heir").environment.push(("OWN".to_owned(), Some("heir".to_owned())));
                self.main.service("heir").list = self.random.coin();
            }
            "include" => {
                let mut include = File::default();
                let inside = include.service("inside");
                inside.lines = vec![
                    "image: \"inside:${INNER}${SET}\"".to_owned(),
                    "env_file: inside.env".to_owned(),
                    "volumes: [./iv:/iv]".to_owned(),
                ];
                inside.environment =
                    vec![("I".to_owned(), Some("${INNER:-none}".to_owned())), ("SET".to_owned(), None)];
                self.files.push(("inc/compose.yaml", include));
                self.env_file("inc/.env", "INNER=included\nSET=inc\nREF=${SET}".to_owned());
                self.env_file("inc/inside.env", "IN=${INNER}\nREF".to_owned());
                let text = self.random.pick(&[
                    "inc/compose.yaml",
                    "{path: inc/compose.yaml}",
                    "{path: [inc/compose.yaml], env_file: c.env}",
                    "{path: inc/compose.yaml, project_directory: inc}",
                ]);
                if text.contains("c.env") {
                    self.env_file("c.env", "C=1\nINNER=from-c".to_owned());
                }
                self.includes.push(text.to_owned());
            }
            "include scope" => {
                let mut outer = File::default();
                outer.service("beyond").lines =
                    vec!["image: \"beyond:${DEEP}${SET}\"".to_owned(), "env_file: [beyond.env]".to_owned()];
                outer.service("beyond").environment =
                    vec![("D".to_owned(), Some("${DEEP:-none}".to_owned())), ("DEEP".to_owned(), None)];
                self.files.push(("far/away/beyond.yaml", outer));
                self.env_file("far/.env", "DEEP=project\nSET=far".to_owned());
                self.env_file("far/away/.env", "DEEP=away".to_owned());
                self.env_file("far/deep.env", "DEEP=given\nBOTH=${DEEP}".to_owned());
                for folder in ["far/beyond.env", "far/away/beyond.env"] {
                    self.env_file(folder, format!("WHERE={folder}\nSEEN=${{DEEP}}"));
                }
                let text = self.random.pick(&[
                    "{path: far/away/beyond.yaml}",
                    "{path: far/away/beyond.yaml, project_directory: far}",
                    "{path: far/away/beyond.yaml, project_directory: ./far, env_file: far/deep.env}",
                    "{path: far/away/beyond.yaml, env_file: [far/.env, far/deep.env]}",
                ]);
                self.includes.push(text.to_owned());
            }
            "include merge" => {
                let (mut below, mut above) = (File::default(), File::default());
                below.service("stacked").lines = vec!["image: one".to_owned(), "command: [below]".to_owned()];
                below.service("stacked").lists.insert("ports", vec!["- \"1:1\"".to_owned()]);
                let line = self.random.pick(&["command: [above]", "environment: {A: \"${SET}\"}", "ports: !reset []"]);
                above.service("stacked").lists.insert("ports", vec!["- \"2:2\"".to_owned()]);
                above.service("stacked").lines.push(line.to_owned());
                self.files.push(("stack/below.yaml", below));
                self.files.push(("stack/above.yaml", above));
                self.includes.push("{path: [stack/below.yaml, stack/above.yaml]}".to_owned());
            }
            "extends chain" => {
                let (mut first, mut second) = (File::default(), File::default());
                first.service("root").lines = vec!["image: root".to_owned(), "env_file: root.env".to_owned()];
                first.service("root").environment =
                    vec![("ROOT".to_owned(), Some("${SET}".to_owned())), ("BOTH".to_owned(), Some("root".to_owned()))];
                first.service("root").lists.insert("volumes", vec!["- ./r:/r".to_owned()]);
                second.service("trunk").lines = vec!["extends: {file: deep/root.yaml, service: root}".to_owned()];
                second.service("trunk").environment = vec![("BOTH".to_owned(), Some("trunk".to_owned()))];
                second.service("trunk").list = self.random.coin();
                let line = self.random.pick(&["command: trunk", "volumes: [./t:/t]", "env_file: []", "expose: [1]"]);
                second.service("trunk").lines.push(line.to_owned());
                self.files.push(("tree/deep/root.yaml", first));
                self.files.push(("tree/trunk.yaml", second));
                self.env_file("tree/deep/root.env", "FROM_ROOT=${SET}".to_owned());
                self.own("leaf", &["extends: {file: tree/trunk.yaml, service: trunk}".to_owned()]);
                let name = self.random.pick(&["ROOT", "BOTH", "LEAF"]);
                self.main.service("leaf").environment.push((name.to_owned(), Some("leaf".to_owned())));
            }
            "documents" => {
                let line = self.random.pick(&[
                    "command: second",
                    "environment: {SECOND: \"${SET}\"}",
                    "environment: [SECOND=2, SET]",
                    "ports: [\"9:9\"]",
                    "ports: !override [\"9:9\"]",
                ]);
                self.second.service("redis").lines = vec![line.to_owned()];
                if self.random.coin() {
                    self.second.service("late").lines = vec!["image: late".to_owned()];
                }
            }
            "BOM and CRLF" => self.bytes = 1 + self.random.below(3),
            "x- top level" => {
                let text = self.random.pick(&["{a: \"${SET}\"}", "[1]", "plain", "{services: {ghost: {image: x}}}"]);
                self.main.head.push(format!("x-more: {text}"));
            }
            "version and name" => {
                let text = self.random.pick(&["version: \"3.8\"", "name: own", "version: '2'\nname: \"n-${SET}\""]);
                self.main.head.insert(0, text.to_owned());
            }
            "ports twice" => {
                let (below, above) = self.random.pick(&[
                    ("6379:6379", "127.0.0.1:6379:6379"),
                    ("6379:6379", "6379:6379"),
                    ("6379:6379/udp", "6379:6379"),
                    ("127.0.0.1:1:2", "1:2"),
                ]);
                self.own("twice", &[format!("ports: [\"{below}\"]")]);
                self.over.service("twice").lines.push(format!("ports: [\"{above}\"]"));
            }
            "null in override" => {
                let line = self.random.pick(&[
                    "command:",
                    "entrypoint: null",
                    "environment: {A: }",
                    "ports: []",
                    "env_file: []",
                    "expose: []",
                    "volumes: []",
                    "entrypoint: []",
                    "command: ''",
                ]);
                let all = [
                    "command: [run]",
                    "entrypoint: [e]",
                    "environment: {A: a}",
                    "ports: [\"5:5\"]",
                    "healthcheck: {test: [CMD, t]}",
                ];
                self.own("nulled", &all.map(str::to_owned));
                self.over.service("nulled").lines.push(line.to_owned());
            }
            "!reset entry" => {
                let line = self.random.pick(&[
                    "environment: {A: !reset null}",
                    "environment: {A: !reset null, C: c}",
                    "healthcheck: {test: !reset null}",
                    "networks: {back: !reset null}",
                    "networks: {back: {aliases: !reset []}}",
                    "environment: !reset null",
                    "networks: !reset null",
                    "depends_on: !reset []",
                    "extra_hosts: !reset []",
                    "healthcheck: {disable: !reset null, test: [CMD, b]}",
                    "container_name: !reset null",
                    "profiles: !reset []",
                ]);
                self.layered("reset", line);
            }
            "!override entry" => {
                let line = self.random.pick(&[
                    "environment: {A: !override z}",
                    "healthcheck: {test: !override [CMD, z]}",
                    "networks: {back: {aliases: !override [z]}}",
                    "networks: !override {front: }",
                    "networks: !override [front]",
                    "entrypoint: !override [z]",
                    "extra_hosts: !override [\"z:1.1.1.1\"]",
                    "expose: !override [1]",
                    "container_name: !override z2",
                ]);
                self.layered("overridden", line);
            }
            "!reset service" => {
                self.own("gone", &["command: x".to_owned()]);
                let line = self.random.pick(&[
                    "!reset null",
                    "!override {image: new, environment: {N: \"${SET}\"}}",
                    "!reset {}",
                ]);
                self.over.whole.push(format!("  gone: {line}"));
            }
            "anchors" => {
                self.main.head.push("x-list: &list\n  - ANCHORED=${SET}\n  - B=1".to_owned());
                self.own("anchored", &["environment: *list".to_owned()]);
            }
            "merge keys" => {
                self.main.head.push("x-one: &one {A: \"${SET}\", B: one}\nx-two: &two {B: two, C: two}\nx-service: &service\n  command: shared\n  environment: {Z: z}".to_owned());
                let text = self.random.pick(&["*one", "[*one, *two]", "[*two, *one]"]);
                let line = if self.random.coin() { "environment: {B: own}" } else { "labels: {}" };
                let own = self.random.pick(&["B", "D"]);
                let lines =
                    [format!("environment:\n      <<: {text}\n      {own}: own"), format!("<<: *service\n    {line}")];
                let at = self.random.below(2);
                self.own("merged", &lines[at..=at]);
            }
            "override file" => {
                let service = self.some();
                let name = self.random.pick(&["V1", "V2", "SET", "FROM_FILE"]);
                let value = yaml(&mut self.random, &literal);
                self.over.service(service).environment.push((name.to_owned(), Some(value)));
                self.over.service(service).list = self.random.coin();
            }
            "!reset" => {
                let line = self.random.pick(&[
                    "ports: !reset []",
                    "command: !reset null",
                    "environment: !reset {}",
                    "healthcheck: !reset {}",
                    "env_file: !reset []",
                    "volumes: !reset []",
                    "expose: !reset []",
                    "entrypoint: !reset ~",
                ]);
                self.tagged(line);
            }
            "!override" => {
                let line = self.random.pick(&[
                    "ports: !override [\"127.0.0.1:6379:6379\"]",
                    "environment: !override {X: y}",
                    "environment: !override [X=y]",
                    "command: !override [only]",
                    "volumes: !override [\"./o:/o\"]",
                    "env_file: !override []",
                    "healthcheck: !override {test: [CMD, x]}",
                ]);
                self.tagged(line);
            }
            "COMPOSE_FILE" => self.compose_file = true,
            _ => return false,
        }
        true
    }
}
