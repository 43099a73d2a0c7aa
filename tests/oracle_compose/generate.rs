//! Compose projects made at random from a seed, each out of a handful of features, and made smaller where they fail.
//!
//! A feature adds lines to the project's files; which it adds, and in which quoting, the random numbers decide. Only
//! one feature, `refused`, makes compose refuse the files: its line ends in [`REFUSED`].

use std::collections::{BTreeMap, BTreeSet};

/// Ends the line that compose refuses.
pub const REFUSED: &str = "# refused";

/// Everything that a project can be made of.
pub const FEATURES: [&str; 60] = [
    "$V",
    "${V}",
    "${V:-d}",
    "${V-d}",
    "${V:?e}",
    "${V:+r}",
    "${V+r}",
    "nested",
    "$$",
    "lone dollar",
    "unset",
    ".env comment",
    ".env double quotes",
    ".env single quotes",
    ".env expansion",
    ".env export",
    ".env duplicate",
    "pass-through",
    "empty value",
    "quotes in a list",
    "scalar types",
    "environment list",
    "env_file string",
    "env_file list",
    "env_file raw",
    "env_file optional",
    "env_file dialect",
    "env_file multi-line",
    "command string",
    "command quotes",
    "command stops",
    "command list",
    "command block",
    "entrypoint",
    "ports short",
    "ports range",
    "ports address",
    "ports variable",
    "ports long",
    "expose",
    "network_mode",
    "networks",
    "aliases",
    "links",
    "container_name",
    "profiles",
    "COMPOSE_PROFILES",
    "configs",
    "secrets",
    "volumes",
    "extends",
    "extends file",
    "include",
    "anchors",
    "merge keys",
    "override file",
    "!reset",
    "!override",
    "COMPOSE_FILE",
    "healthcheck",
];

/// Random numbers from a seed (`SplitMix64`).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(end).unwrap()).unwrap()
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn coin(&mut self) -> bool {
        self.next().is_multiple_of(2)
    }
}

/// A made-up project.
#[derive(Clone)]
pub struct Project {
    pub seed: u64,
    pub files: Vec<(String, String)>,
    pub features: BTreeSet<&'static str>,
    pub refused: bool,
}

/// The attributes of one service in one file: key → its lines; the values are YAML as it will stand there.
#[derive(Default)]
struct Service {
    list: bool,
    environment: Vec<(String, Option<String>)>,
    lists: BTreeMap<&'static str, Vec<String>>,
    tags: BTreeMap<&'static str, &'static str>,
    lines: Vec<String>,
}

/// One compose file.
#[derive(Default)]
struct File {
    head: Vec<String>,
    services: BTreeMap<&'static str, Service>,
    tail: Vec<String>,
}

impl File {
    fn service(&mut self, name: &'static str) -> &mut Service {
        self.services.entry(name).or_default()
    }

    fn render(&self) -> String {
        let mut out: Vec<String> = self.head.clone();
        out.push("services:".to_owned());
        for (name, service) in &self.services {
            out.push(format!("  {name}:"));
            out.extend(service.lines.iter().map(|line| format!("    {line}")));
            // An attribute that stands there in one piece (with a tag) takes the place of the gathered one.
            let whole = |key: &str| service.lines.iter().any(|line| line.split(':').next() == Some(key));
            if !service.environment.is_empty() && !whole("environment") {
                let tag = service.tags.get("environment").copied().unwrap_or_default();
                out.push(format!("    environment:{tag}"));
                for (name, value) in &service.environment {
                    out.push(match (service.list, value) {
                        (true, Some(value)) => list_entry(name, value),
                        (true, None) => format!("      - {name}"),
                        (false, Some(value)) => format!("      {name}: {value}"),
                        (false, None) => format!("      {name}:"),
                    });
                }
            }
            for (key, items) in service.lists.iter().filter(|(key, _)| !whole(key)) {
                out.push(format!("    {key}:{}", service.tags.get(key).copied().unwrap_or_default()));
                out.extend(items.iter().map(|item| format!("      {item}")));
            }
        }
        out.extend(self.tail.clone());
        out.join("\n") + "\n"
    }
}

/// `NAME` and its YAML value as an entry of a list: the quotes, if any, go around both.
fn list_entry(name: &str, value: &str) -> String {
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => format!("      - {quote}{name}={}", &value[1..]),
        _ => format!("      - {name}={value}"),
    }
}

/// A text as YAML, in a quoting that can hold it; a plain number or keyword is a string all the same.
fn yaml(random: &mut Random, text: &str) -> String {
    let simple = |char: char| char.is_alphanumeric() || "$_/.-+=@{}:?!".contains(char);
    let plain = text.chars().all(simple)
        && text.starts_with(|char: char| char.is_ascii_alphabetic() || char == '$' || char == '/')
        && !text.ends_with(':')
        && !["true", "false", "null", "yes", "no", "y", "n", "on", "off"].contains(&text);
    match random.below(3) {
        0 if plain => text.to_owned(),
        1 => format!("'{}'", text.replace('\'', "''")),
        _ => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\t', "\\t")),
    }
}

struct Maker {
    random: Random,
    main: File,
    over: File,
    include: Option<File>,
    common: Option<File>,
    dotenv: Vec<String>,
    env_files: BTreeMap<&'static str, Vec<String>>,
    compose_file: bool,
    names: usize,
}

const LITERALS: [&str; 16] = [
    "pw",
    "s3cret",
    "p@ss",
    "a b",
    "x#y",
    "a:b",
    "q\"q",
    "it's",
    "ü",
    "",
    "0123",
    "a=b",
    "a,b",
    "#c",
    "redis://r:6379/0",
    "-x",
];

impl Maker {
    fn literal(&mut self) -> String {
        self.random.pick(&LITERALS).to_owned()
    }

    fn name(&mut self) -> String {
        self.names += 1;
        // Now and then a name comes twice, so that layers meet.
        format!("V{}", if self.random.below(4) == 0 { self.names / 2 } else { self.names })
    }

    /// A service of the main file that is always there.
    fn some(&mut self) -> &'static str {
        self.random.pick(&["app", "redis"])
    }

    /// Puts a text where texts are interpolated.
    fn place(&mut self, text: &str) {
        let text = match self.random.below(3) {
            0 => text.to_owned(),
            1 => format!("a{text}"),
            _ => format!("{text} z"),
        };
        let value = yaml(&mut self.random, &text);
        let (name, service) = (self.name(), self.some());
        let over = self.random.below(5) == 0;
        let file = if over { &mut self.over } else { &mut self.main };
        match self.random.below(6) {
            0 if !over => {
                let words = ["- redis-server".to_owned(), format!("- {value}")];
                file.service("words").lists.insert("command", words.to_vec());
            }
            1 => file.service(service).lines.retain(|_| true),
            _ => {}
        }
        file.service(service).environment.push((name, Some(value)));
    }

    fn port(&mut self) -> usize {
        6000 + self.random.below(6)
    }

    fn env_file(&mut self, name: &'static str, line: String) {
        self.env_files.entry(name).or_default().push(line);
    }

    fn use_env_file(&mut self, name: &'static str) {
        self.env_files.entry(name).or_default();
        let service = self.some();
        let over = self.random.below(4) == 0;
        let file = if over { &mut self.over } else { &mut self.main };
        file.service(service).lists.entry("env_file").or_default().push(format!("- {name}"));
    }

    fn list(&mut self, key: &'static str, item: String) {
        let service = self.some();
        let over = self.random.below(4) == 0;
        let file = if over { &mut self.over } else { &mut self.main };
        file.service(service).lists.entry(key).or_default().push(item);
    }

    /// A line of a service of its own, which only this feature has.
    fn own(&mut self, name: &'static str, lines: &[String]) {
        self.main.service(name).lines.extend(lines.iter().cloned());
    }

    fn apply(&mut self, feature: &'static str) {
        let set = self.random.pick(&["SET", "EMPTY", "UNSET", "DOLLAR", "BLANK", "OTHER"]);
        let literal = self.literal();
        let inner = literal.replace(['}', '$'], "");
        match feature {
            "$V" => self.place(&format!("${set}")),
            "${V}" => self.place(&format!("${{{set}}}")),
            "${V:-d}" => self.place(&format!("${{{set}:-{inner}}}")),
            "${V-d}" => self.place(&format!("${{{set}-{inner}}}")),
            "${V:?e}" => self.place("${SET:?must be set}${EMPTY?e}"),
            "${V:+r}" => self.place(&format!("${{{set}:+{inner}}}")),
            "${V+r}" => self.place(&format!("${{{set}+{inner}}}")),
            "nested" => {
                let outer = self.random.pick(&["UNSET", "EMPTY", "SET"]);
                let form = self.random.pick(&[":-", "-", ":+", "+"]);
                let text = match self.random.below(3) {
                    0 => format!("${{{outer}{form}${{{set}:-{inner}}}}}"),
                    1 => format!("${{{outer}{form}a${set}}}"),
                    _ => format!("${{{outer}{form}x${{{set}:-${{UNSET-{inner}}}}}y}}"),
                };
                self.place(&text);
            }
            "$$" => self.place(self.random_escape()),
            "lone dollar" => {
                let text = self.random.pick(&["p$", "$1x", "$(cat f)", "a $ b", "%{V}", "$-"]);
                self.place(text);
            }
            "unset" => self.place("${UNSET}$NOWHERE"),
            ".env comment" => self.dotenv.push(format!("{}=v # comment", self.random.pick(&["OTHER", "SET"]))),
            ".env double quotes" => {
                let value =
                    self.random.pick(&["\"a b\"", "\"a\\nb\"", "\"x\\\"y\" rest", "\"p\\$w\"", "\"p$$w\"", "\"a#b\""]);
                self.dotenv.push(format!("OTHER={value}"));
                self.place("${OTHER}");
            }
            ".env single quotes" => {
                let value = self.random.pick(&["'a b'", "'p$w'", "'a\"b'", "'a#b' # c", "'a\\nb'"]);
                self.dotenv.push(format!("BLANK={value}"));
                self.place("$BLANK");
            }
            ".env expansion" => {
                let value = self.random.pick(&[
                    "${SET}-x",
                    "$EMPTY",
                    "${LATER:-d}",
                    "pa$word",
                    "${SET:+r}",
                    "\"${SET}\"",
                    "p$",
                ]);
                self.dotenv.push(format!("OTHER={value}"));
            }
            ".env export" => self
                .dotenv
                .push(self.random.pick(&["export OTHER=exported", "OTHER = spaced", "OTHER: colon"]).to_owned()),
            ".env duplicate" => self.dotenv.push("SET=second".to_owned()),
            "pass-through" => {
                let (service, over) = (self.some(), self.random.coin());
                let name = self.random.pick(&["SET", "UNSET", "FROM_FILE", "EMPTY"]);
                let file = if over { &mut self.over } else { &mut self.main };
                file.service(service).environment.push((name.to_owned(), None));
            }
            "empty value" => {
                let (service, name) = (self.some(), self.random.pick(&["SET", "FROM_FILE", "E"]));
                self.main.service(service).environment.push((name.to_owned(), Some("\"\"".to_owned())));
            }
            "quotes in a list" => {
                self.main.service("quoted").list = true;
                let (name, value) = (self.name(), self.random.pick(&["\"pw\"", "'p w'", "p\"w\"", "${SET}", "a: b"]));
                let line = format!("environment:\n      - {name}={value}");
                self.own(
                    "quoted",
                    &[if value == "a: b" { format!("environment:\n      - '{name}={value}'") } else { line }],
                );
            }
            "scalar types" => {
                let name = self.name();
                let value = self.random.pick(&[
                    "0123",
                    "1.50",
                    "1e3",
                    "1_000",
                    "yes",
                    "true",
                    "0x1F",
                    "~",
                    "-1",
                    "089",
                    "1.0",
                    "off",
                    "0o17",
                    ".5",
                    "+1",
                    "1.2.3",
                    "12e03",
                    "0b11",
                    "False",
                    "NULL",
                    "2001-01-01",
                    "12:30",
                ]);
                self.own("typed", &["environment:".to_owned(), format!("  {name}: {value}")]);
            }
            "environment list" => {
                let service = self.some();
                let file = if self.random.coin() { &mut self.over } else { &mut self.main };
                file.service(service).list = true;
                let name = self.name();
                let value = yaml(&mut self.random, &literal);
                self.main.service(service).environment.push((name, Some(value)));
            }
            "env_file string" => {
                let value = self.random.pick(&["1", "${SET}", "$UNSET", "x y"]);
                self.env_file("c.env", format!("C={value}"));
                self.own("single", &["env_file: c.env".to_owned()]);
            }
            "env_file list" => {
                self.env_file("a.env", "FROM_FILE=a".to_owned());
                self.env_file("b.env", "FROM_FILE=b\nB=${FROM_FILE}-${SET}".to_owned());
                self.use_env_file("a.env");
                self.use_env_file("b.env");
            }
            "env_file raw" => {
                let value = self.random.pick(&["\"q\"", "x # c", "pa$word", "'s'", "a\\nb", " lead", "${SET}"]);
                self.env_file("raw.env", format!("RAW={value}"));
                self.list("env_file", "- path: raw.env\n        format: raw".to_owned());
            }
            "env_file optional" => {
                let line = "- path: gone.env\n        required: false".to_owned();
                self.list("env_file", line);
            }
            "env_file dialect" => {
                let line = self.random.pick(&[
                    "export D=1",
                    "D = two",
                    "D: three",
                    "D=four   ",
                    "D=v#x",
                    "D=#x",
                    "D=",
                    "D=`cmd`",
                    "D-K=x",
                    "D.K=y",
                    "9D=z",
                    "D=a=b",
                    "D",
                    "SET",
                    "D=p\\$w",
                    "D=a\\nb",
                    "D=\"x\"y",
                    "# D=1",
                    "D='a'b",
                    "D=\"\"",
                    "D=\ta",
                    "D=${UNSET:-x y}",
                    "D=${UNSET:?e}x\nD=1",
                    "D=a'b'",
                    "D=x\"y\"",
                ]);
                if line.contains(":?") {
                    self.env_file("a.env", "D=${SET:?e}x".to_owned());
                } else {
                    self.env_file("a.env", line.to_owned());
                }
                self.use_env_file("a.env");
            }
            "env_file multi-line" => {
                let line = self.random.pick(&["M=\"one\ntwo\"", "M='one\ntwo'", "M=\"one\n\n${SET}\""]);
                self.env_file("b.env", line.to_owned());
                self.use_env_file("b.env");
            }
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
                self.common = Some(common);
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
                self.include = Some(include);
                self.env_file("inc/.env", "INNER=included\nSET=inc\nREF=${SET}".to_owned());
                self.env_file("inc/inside.env", "IN=${INNER}\nREF".to_owned());
                let text = self.random.pick(&[
                    "[inc/compose.yaml]",
                    "[{path: inc/compose.yaml}]",
                    "[{path: [inc/compose.yaml], env_file: c.env}]",
                    "[{path: inc/compose.yaml, project_directory: inc}]",
                ]);
                if text.contains("c.env") {
                    self.env_file("c.env", "C=1\nINNER=from-c".to_owned());
                }
                self.main.head.push(format!("include: {text}"));
            }
            "anchors" => {
                self.main.head.push("x-list: &list\n  - ANCHORED=${SET}\n  - B=1".to_owned());
                self.own("anchored", &["environment: *list".to_owned()]);
            }
            "merge keys" => {
                self.main.head.push("x-one: &one {A: \"${SET}\", B: one}\nx-two: &two {B: two, C: two}\nx-service: &service\n  command: shared\n  environment: {Z: z}".to_owned());
                let text = self.random.pick(&["*one", "[*one, *two]", "[*two, *one]"]);
                let line = if self.random.coin() { "environment: {B: own}" } else { "labels: {}" };
                let lines =
                    [format!("environment:\n      <<: {text}\n      B: own"), format!("<<: *service\n    {line}")];
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
            _ => unreachable!("{feature}"),
        }
    }

    fn random_escape(&self) -> &'static str {
        ["a$$b", "$${SET}", "$$$SET", "$$$$", "p$$"][self.names % 5]
    }

    fn command(&mut self, key: &str, value: &str) {
        let service = self.random.pick(&["app", "redis", "other"]);
        let over = self.random.below(4) == 0 && service != "other";
        let file = if over { &mut self.over } else { &mut self.main };
        let lines = &mut file.service(service).lines;
        lines.retain(|line| !line.starts_with(&format!("{key}:")));
        lines.push(format!("{key}: {value}"));
    }

    /// Puts an attribute with a tag into the override, in place of what stands there.
    fn tagged(&mut self, line: &str) {
        let service = self.some();
        let key = line.split(':').next().unwrap();
        let over = self.over.service(service);
        over.lines.retain(|line| line.split(':').next() != Some(key));
        over.lists.retain(|list, _| *list != key);
        if key == "environment" {
            over.environment.clear();
        }
        over.lines.push(line.to_owned());
    }
}

/// A YAML value inside `[…]`: plain texts are quoted there.
fn flow(value: &str) -> String {
    if value.starts_with(['"', '\'']) { value.to_owned() } else { format!("\"{value}\"") }
}

/// Lines of a service that compose refuses, each with what else the file needs.
const REFUSALS: [&str; 12] = [
    "image: x${",
    "image: ${1V}",
    "image: ${EMPTY:?m}",
    "command: run \"x",
    "command: run a(b",
    "ports: [\"localhost:1:2\"]",
    "ports: [\"1:x\"]",
    "ports: [\"1-3:1-2\"]",
    "networks: [gone]",
    "depends_on: [gone]",
    "env_file: gone.env",
    "unknown_key: 1",
];

/// The project of a seed.
pub fn project(seed: u64) -> Project {
    let mut random = Random::new(seed);
    let mut features: BTreeSet<&'static str> = BTreeSet::new();
    let size = 4 + random.below(14);
    while features.len() < size {
        features.insert(random.pick(&FEATURES));
    }
    let refused = random.below(12) == 0;
    let mut maker = Maker {
        random,
        main: File::default(),
        over: File::default(),
        include: None,
        common: None,
        dotenv: ["SET=value", "EMPTY=", "DOLLAR='pa$word'", "BLANK=s3 cret", "PORT=7000", "BIND=127.0.0.1"]
            .map(str::to_owned)
            .to_vec(),
        env_files: BTreeMap::new(),
        compose_file: false,
        names: 0,
    };
    for name in ["app", "redis"] {
        let list = maker.random.coin();
        maker.main.service(name).list = list;
    }
    for feature in &features {
        maker.apply(feature);
    }
    Project { seed, files: files(&mut maker, refused), features, refused }
}

fn files(maker: &mut Maker, refused: bool) -> Vec<(String, String)> {
    for (name, service) in &mut maker.main.services {
        let image = if service.lines.iter().any(|line| line.starts_with("extends")) {
            None
        } else {
            Some(format!("image: {name}:1"))
        };
        service.lines.splice(0..0, image);
    }
    if refused {
        let line = maker.random.pick(&REFUSALS);
        let image = if line.starts_with("image") { None } else { Some("image: broken".to_owned()) };
        maker.main.service("zbroken").lines = image.into_iter().chain([format!("{line} {REFUSED}")]).collect();
    }
    for file in [&mut maker.main, &mut maker.over] {
        for service in file.services.values_mut() {
            // A key comes once: names that meet in one file keep their last value.
            let mut seen = BTreeSet::new();
            service.environment.reverse();
            service.environment.retain(|(name, _)| seen.insert(name.clone()));
            service.environment.reverse();
        }
    }
    maker.main.tail = vec![
        "networks: {back: , front: {internal: true}}".to_owned(),
        "volumes: {data: }".to_owned(),
        "configs:\n  inline: {content: \"requirepass ${SET}\"}\n  filed: {file: ./redis.conf}".to_owned(),
        "secrets:\n  pw: {file: ./pw.txt}\n  shell: {environment: SET}".to_owned(),
    ];
    let base = maker.random.pick(&["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]);
    let mut over = maker.random.pick(&["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml"]);
    if maker.compose_file {
        over = "extra.yml";
        let list = if maker.over.services.is_empty() { base.to_owned() } else { format!("{base}:{over}") };
        maker.dotenv.push(format!("COMPOSE_FILE={list}"));
    }
    let mut files = vec![(".env".to_owned(), maker.dotenv.join("\n") + "\n"), (base.to_owned(), maker.main.render())];
    if !maker.over.services.is_empty() {
        files.push((over.to_owned(), maker.over.render()));
    }
    if let Some(include) = &maker.include {
        files.push(("inc/compose.yaml".to_owned(), include.render()));
    }
    if let Some(common) = &maker.common {
        files.push(("sub/common.yaml".to_owned(), common.render()));
    }
    for (name, lines) in &maker.env_files {
        files.push(((*name).to_owned(), lines.join("\n") + "\n"));
    }
    files
}

/// The smallest project in reach that still `fails`: whole files go first, then lines.
pub fn shrink(project: &Project, fails: &dyn Fn(&Project) -> bool) -> Project {
    let mut best = project.clone();
    for at in (0..best.files.len()).rev() {
        let mut less = best.clone();
        less.files.remove(at);
        if fails(&less) {
            best = less;
        }
    }
    for size in [8, 3, 1] {
        for file in 0..best.files.len() {
            let mut at = 0;
            while at < best.files[file].1.lines().count() {
                let mut less = best.clone();
                let mut lines: Vec<&str> = best.files[file].1.lines().collect();
                lines.drain(at..(at + size).min(lines.len()));
                less.files[file].1 = lines.iter().flat_map(|line| [*line, "\n"]).collect();
                if fails(&less) {
                    best = less;
                } else {
                    at += size;
                }
            }
        }
    }
    best
}
