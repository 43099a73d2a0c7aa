//! Features of a service: commands, ports, networks, mounts, health checks.

use super::maker::Maker;
use super::random::{flow, yaml};

impl Maker {
    /// Adds the feature; false: it is none of these.
    pub(super) fn add_attribute(&mut self, feature: &str) -> bool {
        let set = self.random.pick(&["SET", "EMPTY", "UNSET", "DOLLAR", "BLANK", "OTHER"]);
        match feature {
            "command string" => {
                let text = format!("redis-server --requirepass ${{{set}:-pw}} --x ${set}");
                let text = yaml(&mut self.random, &text);
                self.command("command", &text);
            }
            "command quotes" => {
                let text = self.random.pick(&[
                    "run \"a b\" 'c d'",
                    "run \"${SET}\" ''",
                    "sh -c 'echo \"$$X\"'",
                    "run a\"b c\"d",
                    "run \\$$x",
                    "run --save \"\" a\\ b",
                    "run \"\\\"q\\\"\"",
                    "  run   x ",
                    "run 'a\"b' \"it's\"",
                    "run `date` x",
                    "run $$(cat f) y",
                ]);
                let text = yaml(&mut self.random, text);
                self.command("command", &text);
            }
            "command stops" => {
                let text = self.random.pick(&[
                    "run p;w",
                    "run 2a>x",
                    "run a\\tb \"c\\nd\"",
                    "run p&w",
                    "run p|w x",
                    "run a > b",
                    "run a && b",
                    "run 2>x",
                    "run a<b",
                    "run 'p;w' x",
                    "run a;",
                    "run a2>x",
                    "run 22 >x",
                    "run \"2\">x",
                    "; a",
                ]);
                let text = yaml(&mut self.random, text);
                self.command("command", &text);
            }
            "command list" => {
                let text = yaml(&mut self.random, &format!("${{{set}}}"));
                let plain = yaml(&mut self.random, "a b; c");
                self.command("command", &format!("[\"redis-server\", {}, {}]", flow(&text), flow(&plain)));
            }
            "command block" => {
                let text = self.random.pick(&[
                    ">\n      redis-server\n      --port 1\n      --x ${SET}",
                    "|\n      redis-server \\\n        --x y",
                    ">-\n      run\n\n      more",
                    "|-\n      run a\n      run b",
                    "run a\n      b c",
                ]);
                self.command("command", text);
            }
            "entrypoint" => {
                let text = self.random.pick(&["[sh, -c]", "sh -c 'a b'", "[]", "''", "[\"/run\", \"${SET}\"]", "~"]);
                self.command("entrypoint", text);
            }
            "ports short" => {
                let (host, inner) = (self.port(), self.port());
                let text = match self.random.below(5) {
                    0 => format!("{inner}"),
                    1 => format!("\"{inner}\""),
                    2 => format!("{host}:{inner}"),
                    3 => format!("\"{host}:{inner}/udp\""),
                    _ => format!("\":{inner}\""),
                };
                self.list("ports", format!("- {text}"));
            }
            "ports range" => {
                let text = self.random.pick(&[
                    "7000-7002:8000-8002",
                    "7000-7003:80",
                    "9000-9001",
                    "7001:7001-7001",
                    "7000-7001:7000-7001/udp",
                ]);
                self.list("ports", format!("- \"{text}\""));
            }
            "ports address" => {
                let text = self.random.pick(&[
                    "127.0.0.1:1:2",
                    "127.0.0.1::2",
                    "[::1]:3:4",
                    "::1:3:4",
                    "0.0.0.0:5:6",
                    ":5:6",
                    "10.0.0.1:80-81:80-81",
                ]);
                self.list("ports", format!("- \"{text}\""));
            }
            "ports variable" => {
                let text = self.random.pick(&[
                    "${UNSET:-6379}:6379",
                    "${PORT}:6379",
                    "${BIND}:1:2",
                    "${UNSET}:2",
                    "${UNSET:-}:3:4",
                    "1:${PORT}",
                    "${BIND:-0.0.0.0}:${PORT:-1}:2",
                ]);
                self.list("ports", format!("- \"{text}\""));
            }
            "ports long" => {
                let text = self.random.pick(&[
                    "{target: 1}",
                    "{target: 1, published: 2}",
                    "{target: 1, published: \"${PORT}\", host_ip: 127.0.0.1}",
                    "{target: 1, published: 2-3, protocol: udp, mode: host}",
                    "{target: \"${PORT}\", published: \"${UNSET}\"}",
                ]);
                self.list("ports", format!("- {text}"));
            }
            "expose" => {
                let text = self.random.pick(&["6379", "\"6379\"", "\"80-82\"", "\"53/udp\"", "\"${PORT}\""]);
                self.list("expose", format!("- {text}"));
            }
            "network_mode" => {
                let text =
                    self.random.pick(&["host", "none", "bridge", "\"service:redis\"", "${MODE:-host}", "container:x"]);
                self.own("mode", &[format!("network_mode: {text}")]);
            }
            "networks" => {
                let text = self.random.pick(&[
                    "[back]",
                    "[back, front]",
                    "{back: }",
                    "[default]",
                    "{back: {}, default: }",
                    "[\"${NET:-front}\"]",
                    "{}",
                    "[]",
                ]);
                self.own("joined", &[format!("networks: {text}")]);
                if self.random.coin() {
                    self.over
                        .service("joined")
                        .lines
                        .push(format!("networks: {}", self.random.pick(&["[front]", "{front: {aliases: [f]}}"])));
                }
            }
            "aliases" => self.own("aliased", &["networks: {back: {aliases: [cache, \"${SET}\"]}, front: }".to_owned()]),
            "links" => {
                let text = self.random.pick(&["[redis]", "[\"redis:cache\"]", "[redis, \"redis:${SET}\"]"]);
                self.own("linked", &[format!("links: {text}")]);
            }
            "container_name" => {
                let text = self.random.pick(&["named", "${UNSET:-named}", "a-${SET:+b}"]);
                self.own("named", &[format!("container_name: {text}")]);
            }
            "profiles" => {
                let text = self.random.pick(&["[debug]", "[debug, other]", "[never]", "[]"]);
                self.own("sometimes", &[format!("profiles: {text}")]);
            }
            "COMPOSE_PROFILES" => self.dotenv.push(format!(
                "COMPOSE_PROFILES={}",
                self.random.pick(&["debug", "other,debug", "*", "\"never\"", ""])
            )),
            "extra_hosts" => {
                let text = self.random.pick(&[
                    "[\"db:10.0.0.1\"]",
                    "[\"db=10.0.0.1\", \"v6=[::1]\"]",
                    "{db: 10.0.0.1, host.docker.internal: host-gateway}",
                    "[\"host.docker.internal:host-gateway\", \"${SET}:1.2.3.4\"]",
                    "{db: [1.1.1.1, 2.2.2.2]}",
                ]);
                self.some_line("extra_hosts", text);
            }
            "depends_on" => {
                let text = self.random.pick(&["[redis]", "{redis: {condition: service_healthy}}", "[redis, app]"]);
                self.own("waiting", &[format!("depends_on: {text}")]);
            }
            "volumes_from" => {
                let text = self.random.pick(&["[redis]", "[\"redis:ro\"]", "[\"container:x\"]"]);
                self.own("sharing", &[format!("volumes_from: {text}")]);
            }
            "tmpfs" => {
                let text = self.random.pick(&["/run", "[/run, /tmp]", "[\"/run:size=1m\"]"]);
                self.some_line("tmpfs", text);
            }
            "build" => {
                let text = self.random.pick(&[
                    "./ctx",
                    "{context: ., dockerfile: D}",
                    "{context: \"${UNSET:-.}\", target: t, args: [A=1]}",
                    "{dockerfile_inline: FROM x}",
                ]);
                self.own("built", &[format!("build: {text}")]);
            }
            "image" => {
                let text = self.random.pick(&["\"${SET}:${UNSET:-7}\"", "$SET/x", "'redis:7'", "redis@sha256:$SET"]);
                self.over.service("app").lines.push(format!("image: {text}"));
            }
            "unread attributes" => {
                let line = self.random.pick(&[
                    "restart: unless-stopped",
                    "labels: {a: \"${SET}\", b: }",
                    "deploy: {replicas: 2}",
                    "logging: {driver: json-file}",
                    "user: \"1000:${SET}\"",
                    "working_dir: /app",
                    "ulimits: {nofile: 10}",
                    "hostname: h",
                    "x-own: {command: no}",
                    "sysctls: [a=1]",
                    "stop_grace_period: 1m",
                ]);
                self.own("plain", &[line.to_owned()]);
            }
            "secrets environment" => {
                let text = self.random.pick(&["[shell]", "[{source: shell, target: s}]", "[shell, pw]"]);
                self.own("told", &[format!("secrets: {text}")]);
            }
            "configs content" => {
                let text = self.random.pick(&[
                    "|\n      requirepass ${SET}\n      port $$1",
                    "\"a ${UNSET:-d}\"",
                    ">-\n      one\n      $SET",
                    "'$$x'",
                ]);
                self.main.configs.push(format!("  made: {{file: ./x}}\n  written:\n    content: {text}"));
                self.own("written", &["configs: [written, {source: made, target: /m}]".to_owned()]);
            }
            "configs" => {
                let text = self.random.pick(&[
                    "[inline]",
                    "[{source: inline, target: /etc/redis.conf}]",
                    "[inline, {source: filed, target: /f}]",
                ]);
                self.own("configured", &[format!("configs: {text}")]);
            }
            "secrets" => {
                let text = self.random.pick(&["[pw]", "[{source: pw, target: other}]", "[{source: pw, target: /abs}]"]);
                self.own("trusted", &[format!("secrets: {text}")]);
            }
            "volumes" => {
                let text = self.random.pick(&[
                    "./a:/a",
                    "data:/data:ro",
                    "./x/../y:/y",
                    "/abs:/abs",
                    "type: bind\n        source: ./c\n        target: /c",
                    "type: volume\n        source: data\n        target: /d",
                    "/anonymous",
                    "${DIR:-./d}:/dd",
                    "type: tmpfs\n        target: /t",
                    "data:/a/",
                ]);
                self.list("volumes", format!("- {text}"));
            }
            "healthcheck" => {
                let text = self.random.pick(&[
                    "{test: redis-cli ping | grep PONG}",
                    "{test: [CMD, redis-cli, -a, \"${SET}\", ping]}",
                    "{test: [\"CMD-SHELL\", \"redis-cli -a $$PW ping\"]}",
                    "{test: [NONE]}",
                    "{disable: true}",
                    "{test: \"a\", interval: 1s}",
                ]);
                let over = self.random.below(4) == 0;
                let service = self.some();
                let file = if over { &mut self.over } else { &mut self.main };
                let lines = &mut file.service(service).lines;
                if !lines.iter().any(|line| line.starts_with("healthcheck")) {
                    lines.push(format!("healthcheck: {text}"));
                }
            }
            _ => return false,
        }
        true
    }
}
