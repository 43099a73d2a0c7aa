//! The files of a project in the making, and what features add to them by.

use std::collections::BTreeMap;

use super::file::File;
use super::random::{Random, yaml};

/// A project in the making.
pub(super) struct Maker {
    pub(super) random: Random,
    pub(super) main: File,
    pub(super) over: File,
    /// The second document of the main file.
    pub(super) second: File,
    /// Files that are included or extended.
    pub(super) files: Vec<(&'static str, File)>,
    pub(super) includes: Vec<String>,
    pub(super) dotenv: Vec<String>,
    pub(super) env_files: BTreeMap<&'static str, Vec<String>>,
    pub(super) compose_file: bool,
    /// 1: with a byte order mark, 2: with CRLF, 3: both.
    pub(super) bytes: usize,
    pub(super) names: usize,
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
    pub(super) fn literal(&mut self) -> String {
        self.random.pick(&LITERALS).to_owned()
    }

    pub(super) fn name(&mut self) -> String {
        self.names += 1;
        // Now and then a name comes twice, so that layers meet.
        format!("V{}", if self.random.below(4) == 0 { self.names / 2 } else { self.names })
    }

    /// A service of the main file that is always there.
    pub(super) fn some(&mut self) -> &'static str {
        self.random.pick(&["app", "redis"])
    }

    /// Puts a text where texts are interpolated.
    pub(super) fn place(&mut self, text: &str) {
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

    pub(super) fn port(&mut self) -> usize {
        6000 + self.random.below(6)
    }

    pub(super) fn env_file(&mut self, name: &'static str, line: String) {
        self.env_files.entry(name).or_default().push(line);
    }

    pub(super) fn use_env_file(&mut self, name: &'static str) {
        self.env_files.entry(name).or_default();
        let service = self.some();
        let over = self.random.below(4) == 0;
        let file = if over { &mut self.over } else { &mut self.main };
        file.service(service).lists.entry("env_file").or_default().push(format!("- {name}"));
    }

    pub(super) fn list(&mut self, key: &'static str, item: String) {
        let service = self.some();
        let over = self.random.below(4) == 0;
        let file = if over { &mut self.over } else { &mut self.main };
        file.service(service).lists.entry(key).or_default().push(item);
    }

    /// A line of a service of its own, which only this feature has.
    pub(super) fn own(&mut self, name: &'static str, lines: &[String]) {
        self.main.service(name).lines.extend(lines.iter().cloned());
    }
    pub(super) fn random_escape(&self) -> &'static str {
        ["a$$b", "$${SET}", "$$$SET", "$$$$", "p$$"][self.names % 5]
    }

    /// A command of a service that has none yet: none hides another.
    pub(super) fn command(&mut self, key: &str, value: &str) {
        const SERVICES: [&str; 9] = ["app", "redis", "c1", "c2", "c3", "c4", "c5", "c6", "c7"];
        let over = self.random.below(4) == 0;
        let start = self.random.below(2);
        let has = |file: &File, name: &str| {
            file.services.get(name).is_some_and(|service| service.lines.iter().any(|line| line.starts_with(key)))
        };
        let free = SERVICES[start..].iter().find(|name| !has(&self.main, name) && !has(&self.over, name)).unwrap();
        self.main.service(free);
        let file = if over { &mut self.over } else { &mut self.main };
        file.service(free).lines.push(format!("{key}: {value}"));
    }

    /// An attribute that stands in one piece, where the service has none yet.
    pub(super) fn some_line(&mut self, key: &str, value: &str) {
        let (service, over) = (self.some(), self.random.below(4) == 0);
        let file = if over { &mut self.over } else { &mut self.main };
        let lines = &mut file.service(service).lines;
        if !lines.iter().any(|line| line.starts_with(key)) {
            lines.push(format!("{key}: {value}"));
        }
    }

    /// A service that has everything, and a line of the override that goes over it.
    pub(super) fn layered(&mut self, name: &'static str, line: &str) {
        let all = [
            "environment: {A: a, B: \"${SET}\"}",
            "healthcheck: {test: [CMD, a], disable: false}",
            "networks: {back: {aliases: [x, y]}, front: }",
            "depends_on: [redis]",
            "extra_hosts: [\"a:1.1.1.1\"]",
            "entrypoint: [a]",
            "expose: [7, 8]",
            "profiles: []",
        ];
        self.own(name, &all.map(str::to_owned));
        self.own(name, &[format!("container_name: {name}-1")]);
        self.over.service(name).lines.push(line.to_owned());
    }

    /// Puts an attribute with a tag into the override, in place of what stands there.
    pub(super) fn tagged(&mut self, line: &str) {
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
