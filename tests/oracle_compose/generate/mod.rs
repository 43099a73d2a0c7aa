//! Compose projects made at random from a seed, each out of some features, and made smaller where they fail.
//!
//! A feature adds lines to the project's files; which it adds, and in which quoting, the random numbers decide. Only
//! a refusal makes compose refuse the files: its line ends in [`REFUSED`].

mod file;
mod layers;
mod maker;
mod random;
mod services;
mod shrink;
mod values;

use std::collections::{BTreeMap, BTreeSet};

use file::File;
use maker::Maker;
use random::Random;
pub use shrink::shrink;

/// Ends the line that compose refuses.
pub const REFUSED: &str = "# refused";

/// Everything that a project can be made of.
pub const FEATURES: [&str; 87] = [
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
    "nested required",
    "key is no template",
    ".env more",
    "env_file variable",
    "env_file required",
    "multi-line value",
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
    "extra_hosts",
    "depends_on",
    "volumes_from",
    "tmpfs",
    "build",
    "image",
    "unread attributes",
    "secrets environment",
    "configs content",
    "configs",
    "secrets",
    "volumes",
    "healthcheck",
    "extends",
    "extends file",
    "include",
    "include scope",
    "include merge",
    "extends chain",
    "documents",
    "BOM and CRLF",
    "x- top level",
    "version and name",
    "ports twice",
    "null in override",
    "!reset entry",
    "!override entry",
    "!reset service",
    "anchors",
    "merge keys",
    "override file",
    "!reset",
    "!override",
    "COMPOSE_FILE",
];

/// A made-up project.
#[derive(Clone)]
pub struct Project {
    pub seed: u64,
    pub files: Vec<(String, String)>,
    pub features: BTreeSet<&'static str>,
    /// What compose refuses, as written in the line that ends in [`REFUSED`].
    pub refused: Option<&'static str>,
}

/// Lines of a service that compose refuses, and what in them is wrong; where one names no image or build, the service
/// has an image.
const REFUSALS: [(&str, &str); 75] = [
    ("image: x${", "${"),
    ("image: ${1V}", "${1V}"),
    ("image: ${EMPTY:?m}", "${EMPTY:?m}"),
    ("image: ${NOPE:?m}", "${NOPE:?m}"),
    ("image: x${NOPE:-${NOPE:?m}}", "${NOPE:?m}"),
    ("image: ${V.x}", "${V.x}"),
    ("image: ${}", "${}"),
    ("image: ${V:}", "${V:}"),
    ("image: [a]", "[a]"),
    ("image: 1", "1"),
    ("container_name: ${NOPE?m}", "${NOPE?m}"),
    ("container_name: 1", "1"),
    ("command: run \"x", "\""),
    ("command: run a(b", "("),
    ("command: {a: b}", "{a: b}"),
    ("command: 1", "1"),
    ("command: [1]", "1"),
    ("command: [null]", "null"),
    ("entrypoint: \"x 'y\"", "'"),
    ("ports: [\"localhost:1:2\"]", "localhost"),
    ("ports: [\"*:1:2\"]", "*"),
    ("ports: [\"127.1:1:2\"]", "127.1"),
    ("ports: [\"1:x\"]", "x"),
    ("ports: [\"1-3:1-2\"]", "1-3:1-2"),
    ("ports: [\"1:2/xyz\"]", "xyz"),
    ("ports: [\"99999:1\"]", "99999"),
    ("ports: [{published: 1}]", "{published: 1}"),
    ("ports: [{target: x}]", "x"),
    ("ports: [{target: 1, wrong: 1}]", "wrong"),
    ("ports: {a: b}", "{a: b}"),
    ("ports: 6379", "6379"),
    ("expose: 1", "1"),
    ("networks: [nowhere]", "nowhere"),
    ("networks: back", "back"),
    ("networks: {back: {wrong: a}}", "wrong"),
    ("network_mode: \"service:nowhere\"", "service:nowhere"),
    ("depends_on: [nowhere]", "nowhere"),
    ("depends_on: {nowhere: {condition: service_started}}", "nowhere"),
    ("links: [nowhere]", "nowhere"),
    ("volumes_from: [nowhere]", "nowhere"),
    ("volumes: [\":/x\"]", ":/x"),
    ("volumes: [\"nowhere:/x\"]", "nowhere:/x"),
    ("volumes: [{type: bind, source: ./x}]", "{type: bind, source: ./x}"),
    ("configs: [nowhere]", "nowhere"),
    ("secrets: [nowhere]", "nowhere"),
    ("secrets: [{source: pw, wrong: 1}]", "wrong"),
    ("extends: nosuch", "nosuch"),
    ("extends: {file: nowhere.yaml, service: a}", "nowhere.yaml"),
    ("environment: x", "x"),
    ("environment: [1]", "1"),
    ("environment: {A: [1]}", "[1]"),
    ("env_file: nowhere.env", "nowhere.env"),
    ("env_file: [{required: true}]", "{required: true}"),
    ("extra_hosts: [\"a\"]", "a"),
    ("profiles: x", "x"),
    ("healthcheck: {nope: 1}", "nope"),
    ("healthcheck: {test: [redis-cli, ping]}", "[redis-cli, ping]"),
    ("unknown_key: 1", "unknown_key"),
    ("image:", "image"),
    ("environment:", "environment"),
    ("ports:", "ports"),
    ("networks:", "networks"),
    ("labels:", "labels"),
    ("extends:", "extends"),
    ("healthcheck: {test: }", "test"),
    ("ports: [{target: 1, host_ip: }]", "host_ip"),
    ("env_file: [{path: a.env, format: }]", "format"),
    ("image: 2001-01-31", "2001-01-31"),
    ("working_dir: 2001-1-31", "2001-1-31"),
    ("command: [2001-01-31 1:2:3]", "2001-01-31 1:2:3"),
    ("expose: [2001-01-31]", "2001-01-31"),
    ("environment: [2001-01-31T01:02:03Z]", "2001-01-31T01:02:03Z"),
    ("links: [\"nowhere:redis\"]", "nowhere:redis"),
    ("volumes: [\"ab:b:c:d\"]", "ab:b:c:d"),
    ("image: x${A:-${B:-${1}}}", "${1}"),
];

/// A project for each refusal, with nothing else in it.
pub fn refusals() -> Vec<Project> {
    let project = |(line, place): &(&str, &'static str)| {
        let mut maker = Maker::new(Random::new(0));
        broken(&mut maker, line);
        Project { seed: 0, files: files(&mut maker), features: BTreeSet::new(), refused: Some(*place) }
    };
    REFUSALS.iter().map(project).collect()
}

/// The project of a seed.
pub fn project(seed: u64) -> Project {
    let mut maker = Maker::new(Random::new(seed));
    let mut features: BTreeSet<&'static str> = BTreeSet::new();
    let size = 8 + maker.random.below(14);
    while features.len() < size {
        features.insert(maker.random.pick(&FEATURES));
    }
    for feature in &features {
        assert!(maker.add_value(feature) || maker.add_attribute(feature) || maker.add_layer(feature), "{feature}");
    }
    let refused = (maker.random.below(12) == 0).then(|| {
        let (line, place) = maker.random.pick(&REFUSALS);
        broken(&mut maker, line);
        place
    });
    Project { seed, files: files(&mut maker), features, refused }
}

/// A service with a line that compose refuses.
fn broken(maker: &mut Maker, line: &str) {
    let without_image = line.starts_with("image") || line.starts_with("extends");
    let image = if without_image { None } else { Some("image: broken".to_owned()) };
    maker.main.service("zbroken").lines = image.into_iter().chain([format!("{line} {REFUSED}")]).collect();
}

fn files(maker: &mut Maker) -> Vec<(String, String)> {
    finish(maker);
    let base = maker.random.pick(&["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"]);
    let mut over = maker.random.pick(&["compose.override.yml", "compose.override.yaml", "docker-compose.override.yml"]);
    let overrides = !maker.over.services.is_empty() || !maker.over.whole.is_empty();
    if maker.compose_file {
        over = "extra.yml";
        let list = if overrides { format!("{base}:{over}") } else { base.to_owned() };
        maker.dotenv.push(format!("COMPOSE_FILE={list}"));
    }
    let mut main = maker.main.render();
    if !maker.second.services.is_empty() {
        main += "---\n";
        main += &maker.second.render();
    }
    let mut files = vec![(".env".to_owned(), maker.dotenv.join("\n") + "\n"), (base.to_owned(), main)];
    if overrides {
        files.push((over.to_owned(), maker.over.render()));
    }
    files.extend(maker.files.iter().map(|(path, file)| ((*path).to_owned(), file.render())));
    for (name, lines) in &maker.env_files {
        files.push(((*name).to_owned(), lines.join("\n") + "\n"));
    }
    for (_, text) in &mut files {
        if maker.bytes & 2 != 0 {
            *text = text.replace('\n', "\r\n");
        }
        if maker.bytes & 1 != 0 {
            text.insert(0, '\u{FEFF}');
        }
    }
    files
}

/// What every project has: images, one entry a variable, and the top level.
fn finish(maker: &mut Maker) {
    for (name, service) in &mut maker.main.services {
        let has = |key: &str| service.lines.iter().any(|line| line.starts_with(key));
        let image = if has("extends") || has("build") || has("image") || *name == "zbroken" {
            None
        } else {
            Some(format!("image: {name}:1"))
        };
        service.lines.splice(0..0, image);
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
    if !maker.includes.is_empty() {
        maker.main.head.push(format!("include: [{}]", maker.includes.join(", ")));
    }
    let mut configs =
        vec!["configs:\n  inline: {content: \"requirepass ${SET}\"}\n  filed: {file: ./redis.conf}".to_owned()];
    configs.append(&mut maker.main.configs);
    maker.main.tail = vec![
        "networks: {back: , front: {internal: true}}".to_owned(),
        "volumes: {data: }".to_owned(),
        configs.join("\n"),
        "secrets:\n  pw: {file: ./pw.txt}\n  shell: {environment: SET}".to_owned(),
    ];
}

impl Maker {
    /// Two services, and the variables that features refer to.
    fn new(random: Random) -> Self {
        let dotenv = ["SET=value", "EMPTY=", "DOLLAR='pa$word'", "BLANK=s3 cret", "PORT=7000", "BIND=127.0.0.1"];
        let mut maker = Self {
            random,
            main: File::default(),
            over: File::default(),
            second: File::default(),
            files: Vec::new(),
            includes: Vec::new(),
            dotenv: dotenv.map(str::to_owned).to_vec(),
            env_files: BTreeMap::new(),
            compose_file: false,
            bytes: 0,
            names: 0,
        };
        for name in ["app", "redis"] {
            let list = maker.random.coin();
            maker.main.service(name).list = list;
        }
        maker
    }
}
