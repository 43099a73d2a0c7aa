//! The real Python libraries judge what we make of settings modules.
//!
//! Modules are made up from the shapes in `oracle/python_settings.txt`, each with an environment and an env file. Where
//! `REDISLINT_PYTHON` names an interpreter with the libraries they are run there; else the recorded answers are
//! compared. `RECORD=1` writes those anew, `SHAPE=text` looks at the shapes of that name only.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says which mode it ran in"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use redislint::extract;
use redislint::library::VersionRange;
use redislint::model::{ClientCase, Family};
use redislint::resolve::evaluate::{self, CodePlace, FoundClient};
use redislint::resolve::handshake;
use redislint::resolve::project::{Lookup, Variable};
use redislint::source::{FileId, Sources, Span};
use redislint::symbol::{Resolved, Symbols};
use redislint::text::Text;
use redislint::tree::Tree;
use serde_json::{Value, json};

const SHAPES: &str = include_str!("oracle/python_settings.txt");
const TRANSCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/transcripts/python_settings.json");

/// Modules made of each shape.
const EACH: u64 = 14;

/// A shape of settings: `=== name | probe | variables | dotenv`.
struct Shape {
    name: &'static str,
    probe: &'static str,
    variables: Vec<&'static str>,
    dotenv: bool,
    files: Vec<(&'static str, String)>,
}

struct Case {
    shape: usize,
    probe: &'static str,
    files: BTreeMap<String, String>,
    environment: BTreeMap<String, String>,
}

impl Case {
    fn request(&self) -> Value {
        json!({ "probe": self.probe, "files": self.files, "environment": self.environment })
    }

    /// Tells whether an answer was recorded for this very case.
    fn digest(&self) -> String {
        let text = self.request().to_string();
        let hash = text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        format!("{hash:016x}")
    }
}

fn shapes() -> Vec<Shape> {
    let mut shapes: Vec<Shape> = Vec::new();
    for line in SHAPES.split_inclusive('\n') {
        if let Some(head) = line.strip_prefix("=== ") {
            let mut parts = head.trim_end().split(" | ");
            shapes.push(Shape {
                name: parts.next().unwrap(),
                probe: parts.next().unwrap(),
                variables: parts.next().unwrap().split(' ').collect(),
                dotenv: parts.next() == Some("dotenv"),
                files: Vec::new(),
            });
        } else if let Some(path) = line.strip_prefix("--- ") {
            shapes.last_mut().unwrap().files.push((path.trim_end(), String::new()));
        } else {
            shapes.last_mut().unwrap().files.last_mut().unwrap().1.push_str(line);
        }
    }
    shapes
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
        const PASSWORDS: &[&str] =
            &["s3cret", "pass", "p@ss", "a+b", "pa%40ss", "None", "a b", "p:w", "pä$x", "Pass-9", "p/w"];
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

fn cases(shapes: &[Shape]) -> Vec<Case> {
    let wanted = std::env::var("SHAPE").unwrap_or_default();
    let mut cases = Vec::new();
    for (at, shape) in shapes.iter().enumerate().filter(|(_, shape)| shape.name.contains(&wanted)) {
        for round in 0..EACH {
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
        if shape.dotenv && chance.below(2) == 0 {
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
    if shape.dotenv {
        files.insert(".env".to_owned(), dotenv);
    }
    Case { shape: at, probe: shape.probe, files, environment }
}

/// What the real clients of all cases would connect with.
fn ask(python: &Path, cases: &[Case]) -> Vec<Value> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle/python_settings.py");
    let mut child = Command::new(python)
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", python.display()));
    let requests: Vec<Value> = cases.iter().map(Case::request).collect();
    child.stdin.take().unwrap().write_all(Value::from(requests).to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

enum Ours {
    Known(Value),
    Unknown,
    Refused,
    Missed,
    Several(usize),
}

fn ours(case: &Case) -> Ours {
    let tree = Tree::from_texts(case.files.iter().map(|(path, text)| (path.clone(), text.clone().into_bytes())));
    let (mut sources, symbols) = (Sources::default(), Symbols::default());
    let extracted = extract::run(&tree, &mut sources);
    // Variables of the process have no place in the tree; any will do.
    let span = Span { file: FileId(0), start: 0, end: 0 };
    let lookup = |name: &str| match case.environment.get(name) {
        Some(value) => Lookup::Found(Variable {
            name_span: span,
            taken_in: span,
            value: Resolved::known(Text::mapped(value, span), Vec::new()),
        }),
        None => Lookup::Absent,
    };
    let place = CodePlace {
        scope: "test",
        runs: &|_| true,
        lookup: &lookup,
        dotenv: &extracted.facts.env_files,
        sources: &sources,
    };
    let clients = evaluate::clients(&extracted.facts, &place, &symbols);
    let clients: Vec<&FoundClient> = clients
        .iter()
        .filter(|client| match case.probe {
            "celery" => client.family == Family::Kombu,
            "backend" => client.family == Family::CeleryBackend,
            _ => true,
        })
        .collect();
    let client = match clients.as_slice() {
        [] => return Ours::Missed,
        [client] => client,
        several => return Ours::Several(several.len()),
    };
    match handshake::connect(&client.settings, client.family, VersionRange::default(), &symbols).as_slice() {
        [one] if one.error.is_some() => Ours::Refused,
        [one] => known(one, &symbols).map_or(Ours::Unknown, Ours::Known),
        _ => Ours::Unknown,
    }
}

/// The parameters, if all of them could be told.
fn known(case: &ClientCase, symbols: &Symbols) -> Option<Value> {
    let text = |text: &Option<Text>| match text {
        None => Some(Value::Null),
        Some(text) if text.as_str().is_empty() => Some(Value::Null),
        Some(text) => (Symbols::is_known(text) && !symbols.has_opaque(text)).then(|| text.as_str().into()),
    };
    let host = text(&case.host).filter(|host| !host.is_null())?;
    Some(json!({
        "host": host,
        "port": case.port?,
        "db": case.db?,
        "username": text(&case.username)?,
        "password": text(&case.password)?,
        "tls": case.tls,
    }))
}

#[test]
fn settings_mean_what_the_libraries_say() {
    let shapes = shapes();
    let cases = cases(&shapes);
    let python = std::env::var_os("REDISLINT_PYTHON");
    let answers = if let Some(python) = &python {
        println!("live: {}", Path::new(python).display());
        ask(Path::new(python), &cases)
    } else {
        println!("replayed from the transcript");
        let recorded: BTreeMap<String, Value> =
            serde_json::from_str(&std::fs::read_to_string(TRANSCRIPT).unwrap()).unwrap();
        let recorded = |case: &Case| recorded.get(&case.digest()).cloned();
        cases.iter().map(|case| recorded(case).unwrap_or_else(|| panic!("record anew with RECORD=1"))).collect()
    };
    if python.is_some() && std::env::var_os("RECORD").is_some() {
        let recorded: BTreeMap<String, &Value> = cases.iter().map(Case::digest).zip(&answers).collect();
        std::fs::write(TRANSCRIPT, serde_json::to_string_pretty(&recorded).unwrap() + "\n").unwrap();
    }
    let mut counts: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (case, answer) in cases.iter().zip(&answers) {
        let count = counts.entry(shapes[case.shape].name).or_default();
        let fails = answer.get("error").is_some();
        let (column, ours) = match ours(case) {
            Ours::Known(ours) if ours == *answer => (0, String::new()),
            Ours::Refused | Ours::Unknown | Ours::Missed if fails => (1, String::new()),
            Ours::Unknown => (2, "unknown".to_owned()),
            Ours::Known(ours) => (3, ours.to_string()),
            Ours::Refused => (3, "refused".to_owned()),
            Ours::Missed => (3, "no client".to_owned()),
            Ours::Several(count) => (3, format!("{count} clients")),
        };
        count[column] += 1;
        if column == 3 || column == 2 && std::env::var_os("SHAPE").is_some() {
            let mut files = String::new();
            for (path, text) in &case.files {
                let _ = write!(files, "--- {path}\n{text}");
            }
            wrong.push((
                files.len(),
                case.shape,
                format!(
                    "{}: {:?}\n{files}python: {answer}\nours:   {ours}\n",
                    shapes[case.shape].name, case.environment
                ),
            ));
        }
    }
    println!("{:>5} {:>7} {:>7} {:>9}  shape", "equal", "refused", "unknown", "different");
    let mut sum = [0; 4];
    for (name, count) in &counts {
        println!("{:>5} {:>7} {:>7} {:>9}  {name}", count[0], count[1], count[2], count[3]);
        assert!(count.iter().sum::<usize>() >= 10, "{name} is too rare");
        for (sum, count) in sum.iter_mut().zip(count) {
            *sum += count;
        }
    }
    println!("{:>5} {:>7} {:>7} {:>9}  of {}", sum[0], sum[1], sum[2], sum[3], cases.len());
    // The smallest say most.
    wrong.sort();
    let mut seen = BTreeMap::new();
    wrong.retain(|(_, shape, _)| {
        let seen = seen.entry(*shape).or_insert(0);
        *seen += 1;
        *seen <= 2
    });
    let shown: Vec<String> = wrong.into_iter().map(|(.., text)| text).collect();
    assert!(shown.is_empty(), "{}", shown.join("\n"));
    assert!(sum[2] * 20 <= cases.len(), "too much is unknown");
    assert!(std::env::var_os("SHAPE").is_some() || cases.len() >= 600);
}
