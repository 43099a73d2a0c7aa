//! Modules made up from the shapes in `shapes.txt`, each with an environment and an env file: the same in every run.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Value, json};

const SHAPES: &str = include_str!("shapes.txt");

/// A shape of settings: `=== name | probe | variables | flags`, and its files, each under `--- path`.
///
/// A variable is `NAME`, `NAME!` (more often set than not) or `NAME=one,other` (with these values only). Flags are
/// `dotenv` (with a file `.env` that sets some of the variables) and `pydantic-1` (run with that version).
pub struct Shape {
    pub name: &'static str,
    probe: &'static str,
    variables: Vec<&'static str>,
    flags: Vec<&'static str>,
    files: Vec<(&'static str, String)>,
}

/// One module with its surroundings.
#[derive(Clone)]
pub struct Case {
    /// Index of its shape.
    pub shape: usize,
    pub probe: &'static str,
    pub pydantic_1: bool,
    pub files: BTreeMap<String, String>,
    pub environment: BTreeMap<String, String>,
}

impl Case {
    /// What the interpreter is asked.
    pub fn request(&self) -> Value {
        json!({ "probe": self.probe, "files": self.files, "environment": self.environment })
    }

    /// Tells whether an answer was recorded for this very case (FNV-1a).
    pub fn digest(&self) -> String {
        let hash = (self.request().to_string().bytes())
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        format!("{hash:016x}")
    }

    /// The case as a person reads it.
    pub fn shown(&self) -> String {
        let mut out = format!("{:?}\n", self.environment);
        for (path, text) in &self.files {
            let _ = write!(out, "--- {path}\n{text}");
        }
        out
    }
}

pub fn shapes() -> Vec<Shape> {
    let mut shapes: Vec<Shape> = Vec::new();
    for line in SHAPES.split_inclusive('\n') {
        if let Some(head) = line.strip_prefix("=== ") {
            let mut parts = head.trim_end().split('|').map(str::trim);
            let mut words = || parts.next().unwrap_or_default();
            let (name, probe, variables, flags) = (words(), words(), words(), words());
            let list = |words: &'static str| words.split(' ').filter(|word| !word.is_empty()).collect();
            shapes.push(Shape { name, probe, variables: list(variables), flags: list(flags), files: Vec::new() });
        } else if let Some(path) = line.strip_prefix("--- ") {
            shapes.last_mut().unwrap().files.push((path.trim_end(), String::new()));
        } else {
            shapes.last_mut().unwrap().files.last_mut().unwrap().1.push_str(line);
        }
    }
    shapes
}

/// `each` cases of every shape whose name contains `wanted`.
pub fn cases(shapes: &[Shape], wanted: &str, each: u64) -> Vec<Case> {
    let mut cases = Vec::new();
    for (at, shape) in shapes.iter().enumerate().filter(|(_, shape)| shape.name.contains(wanted)) {
        for round in 0..each {
            let seed = shape.name.bytes().fold(round, |seed, byte| seed.wrapping_mul(131).wrapping_add(byte.into()));
            cases.push(case(at, shape, &mut Chance(seed)));
        }
    }
    cases
}

fn case(at: usize, shape: &Shape, chance: &mut Chance) -> Case {
    let mut files: BTreeMap<String, String> =
        shape.files.iter().map(|(path, text)| ((*path).to_owned(), chance.fill(text))).collect();
    let (mut environment, mut dotenv) = (BTreeMap::new(), String::new());
    for variable in &shape.variables {
        let required = variable.ends_with('!');
        let name = variable.split(['=', '!']).next().unwrap();
        let value = chance.variable(variable.trim_end_matches('!'));
        match chance.below(if required { 5 } else { 10 }) {
            0..4 => drop(environment.insert(name.to_owned(), value)),
            4 | 5 => drop(environment.insert(name.to_owned(), String::new())),
            _ => {}
        }
        if shape.flags.contains(&"dotenv") && chance.below(2) == 0 {
            let value = chance.variable(variable);
            let _ = match chance.below(6) {
                0 => writeln!(dotenv, "{name}=\"{value}\""),
                1 => writeln!(dotenv, "{name}='{value}'"),
                2 => writeln!(dotenv, "{name}={value} # why"),
                3 => writeln!(dotenv, "# a comment\n\n{name} = {value}"),
                _ => writeln!(dotenv, "{name}={value}"),
            };
        }
    }
    if shape.flags.contains(&"dotenv") {
        files.insert(".env".to_owned(), dotenv);
    }
    Case { shape: at, probe: shape.probe, pydantic_1: shape.flags.contains(&"pydantic-1"), files, environment }
}

/// The same numbers in every run (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).unwrap()
    }

    fn one<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    fn value(&mut self, kind: &str) -> String {
        const HOSTS: &[&str] = &["redis", "cache", "localhost", "127.0.0.1", "redis-1.internal", "Redis", "my_redis"];
        const PASSWORDS: &[&str] = &[
            "s3cret", "pass", "p@ss", "a+b", "pa%40ss", "None", "a b", "p:w", "pä$x", "Pass-9", "p/w", "p#w", "p?w",
            "%zz",
        ];
        match kind {
            "HOST" => self.one(HOSTS).to_owned(),
            "PORT" => self.one(&["6379", "6380", "7000"]).to_owned(),
            "DB" => self.one(&["0", "1", "2", "15"]).to_owned(),
            "PW" => self.one(PASSWORDS).to_owned(),
            _ => {
                let login = match self.below(6) {
                    0 | 1 => format!(":{}@", self.value("PW")),
                    2 => format!("app:{}@", self.value("PW")),
                    3 => self.one(&["app@", "app:@", ":@", "@"]).to_owned(),
                    _ => String::new(),
                };
                let (scheme, host) = (self.one(&["redis", "redis", "redis", "redis", "rediss"]), self.value("HOST"));
                let port = if self.below(3) == 0 { String::new() } else { format!(":{}", self.value("PORT")) };
                let db = if self.below(3) == 0 { String::new() } else { format!("/{}", self.value("DB")) };
                let query = self.one(&["", "", "", "", "", "?db=3", "?socket_timeout=5"]);
                format!("{scheme}://{login}{host}{port}{db}{query}")
            }
        }
    }

    /// A value for a variable, told by its name.
    fn variable(&mut self, name: &str) -> String {
        if let Some((_, choices)) = name.split_once('=') {
            return self.one(&choices.split(',').collect::<Vec<_>>()).to_owned();
        }
        let kinds = [("HOST", "HOST"), ("PORT", "PORT"), ("DB", "DB"), ("PASSWORD", "PW")];
        let kind = kinds.iter().find(|(ending, _)| name.ends_with(ending)).map_or("URL", |(_, kind)| kind);
        self.value(kind)
    }

    /// Fills `<<KIND>>` and chooses from `<<a|b>>`, which may hold others.
    fn fill(&mut self, template: &str) -> String {
        let mut out = String::new();
        let mut rest = template;
        while let Some(start) = rest.find("<<") {
            out.push_str(&rest[..start]);
            let (choices, end) = choices(&rest[start..]);
            let chosen = self.one(&choices);
            out.push_str(&match chosen {
                "HOST" | "PORT" | "DB" | "PW" | "URL" if choices.len() == 1 => self.value(chosen),
                other => self.fill(other),
            });
            rest = &rest[start + end..];
        }
        out + rest
    }
}

/// The choices of the group that `text` starts with, and its length.
fn choices(text: &str) -> (Vec<&str>, usize) {
    let (mut depth, mut at, mut from) = (0_usize, 0, 2);
    let mut out = Vec::new();
    loop {
        if text[at..].starts_with("<<") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with(">>") && !(depth == 1 && text[at..].starts_with(">>>>>>")) {
            depth -= 1;
            if depth == 0 {
                out.push(&text[from..at]);
                return (out, at + 2);
            }
            at += 2;
        } else if depth == 1 && text[at..].starts_with('|') {
            out.push(&text[from..at]);
            (at, from) = (at + 1, at + 1);
        } else {
            at += text[at..].chars().next().unwrap().len_utf8();
        }
    }
}
