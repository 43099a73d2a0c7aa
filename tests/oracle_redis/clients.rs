//! Real clients against real servers: redis-py, valkey-py, node-redis and ioredis, in every version at hand.
//!
//! Live with the interpreters of `REDISLINT_PYTHONS` and `REDISLINT_CLIENTS_PYTHON` and the packages in
//! `REDISLINT_NODE_MODULES`: one library for each server and configuration, a different one each time, or all of them
//! where `REDISLINT_FULL` is set. Else the answers of the full run are compared, which `REDISLINT_RECORD=1` writes
//! anew to `tests/transcripts`.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use redislint::model::Family;

use crate::catalogue::{REFUSED, SETTINGS, setups};
use crate::live::{servers, start};
use crate::ours::{ours, spoken};
use crate::planted::{self, Plant};
use crate::transcript::{self, Rows};

/// A library in one version.
pub struct Library {
    family: Family,
    version: (u32, u32),
    /// The module or package that it is asked for by.
    package: String,
}

impl Library {
    /// As transcripts name it.
    pub fn name(&self) -> String {
        format!("{} {}.{}", self.family.name(), self.version.0, self.version.1)
    }

    /// Family and version of such a name.
    pub fn parse(name: &str) -> (Family, (u32, u32)) {
        let (name, version) = name.rsplit_once(' ').expect("a version");
        let families = [Family::RedisPy, Family::ValkeyPy, Family::NodeRedis, Family::Ioredis];
        (families.into_iter().find(|family| family.name() == name).expect("a library"), numbers(version))
    }
}

fn numbers(version: &str) -> (u32, u32) {
    let mut numbers = version.trim().split('.').filter_map(|part| part.parse().ok());
    (numbers.next().expect("major"), numbers.next().expect("minor"))
}

/// A process that stays for all questions.
pub struct Talker {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    pub libraries: Vec<Library>,
}

impl Drop for Talker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Talker {
    fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().expect("the program of a client");
        let questions = child.stdin.take().expect("a pipe");
        let answers = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, questions, answers, libraries: Vec::new() }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("an answer");
        line
    }

    pub fn ask(&mut self, which: usize, urls: &[String]) -> Vec<String> {
        let question = serde_json::json!({ "library": self.libraries[which].package, "urls": urls }).to_string() + "\n";
        self.questions.write_all(question.as_bytes()).expect("a pipe");
        serde_json::from_str(&self.line()).expect("JSON of the script")
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle_redis").join(name)
}

fn listed(variable: &str) -> Vec<String> {
    let list = std::env::var(variable).unwrap_or_default();
    list.split(':').filter(|path| !path.is_empty()).map(str::to_owned).collect()
}

/// Variables of the clients' processes.
type Environment<'a> = &'a [(&'a str, &'a Path)];

/// All clients at hand.
pub fn talkers(environment: Environment<'_>) -> Vec<Talker> {
    of_python(environment).into_iter().chain(of_node(environment)).collect()
}

/// The libraries of all of them: number of the talker, and of the library there.
pub fn libraries(talkers: &[Talker]) -> Vec<(usize, usize)> {
    let all = talkers.iter().enumerate();
    all.flat_map(|(talker, one)| (0..one.libraries.len()).map(move |library| (talker, library))).collect()
}

fn of_python(environment: Environment<'_>) -> Vec<Talker> {
    let redis = listed("REDISLINT_PYTHONS").into_iter().map(|python| (python, "redis", Family::RedisPy));
    let valkey = listed("REDISLINT_CLIENTS_PYTHON").into_iter().map(|python| (python, "valkey", Family::ValkeyPy));
    redis
        .chain(valkey)
        .map(|(python, package, family)| {
            let mut talker = Talker::start(
                Command::new(python).arg(script("ping.py")).arg(package).envs(environment.iter().copied()),
            );
            let version = numbers(&talker.line());
            talker.libraries.push(Library { family, version, package: package.to_owned() });
            talker
        })
        .collect()
}

fn of_node(environment: Environment<'_>) -> Vec<Talker> {
    let library = |(family, alias, major): (Family, &str, u32)| Library {
        family,
        version: (major, 0),
        package: format!("{alias}-{major}"),
    };
    let redis = [3, 4, 5, 6].map(|major| (Family::NodeRedis, "redis", major));
    let ioredis = [4, 5, 6].map(|major| (Family::Ioredis, "ioredis", major));
    listed("REDISLINT_NODE_MODULES")
        .into_iter()
        .map(|folder| {
            let mut talker = Talker::start(
                Command::new("node").arg(script("ping.js")).arg(folder).envs(environment.iter().copied()),
            );
            talker.libraries = redis.into_iter().chain(ioredis).map(library).collect();
            talker
        })
        .collect()
}

/// The clients of one language.
struct Language {
    transcript: &'static str,
    talkers: fn(Environment<'_>) -> Vec<Talker>,
    urls: fn() -> Vec<&'static str>,
}

const PYTHON: Language = Language {
    transcript: "redis_py",
    talkers: of_python,
    urls: || SETTINGS.iter().map(|setting| setting.url).chain(REFUSED.iter().copied()).collect(),
};

const NODE: Language =
    Language { transcript: "node", talkers: of_node, urls: || SETTINGS.iter().map(|setting| setting.url).collect() };

/// The real answers, by library, server and number of the configuration; none without clients or servers.
fn ask(language: &Language) -> Rows {
    let (mut talkers, servers) = ((language.talkers)(&[]), servers());
    let full = std::env::var_os("REDISLINT_FULL").is_some() || transcript::recording();
    let all = libraries(&talkers);
    let mut rows = Rows::new();
    for (nth, (program, image)) in servers.iter().enumerate() {
        for (at, setup) in setups().iter().enumerate().filter(|_| !all.is_empty()) {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let Some(live) = start(program, setup, folder.path()) else { continue };
            let address = format!("127.0.0.1:{}", live.port);
            let urls: Vec<String> = (language.urls)().iter().map(|url| url.replace('H', &address)).collect();
            for (which, (talker, library)) in all.iter().enumerate() {
                if full || (at + nth) % all.len() == which {
                    let answers = talkers[*talker].ask(*library, &urls);
                    let answers = answers.iter().map(|answer| answer.replace(&address, "127.0.0.1:6379")).collect();
                    rows.insert(format!("{}|{image}|{at}", talkers[*talker].libraries[*library].name()), answers);
                }
            }
        }
    }
    rows
}

/// What a comparison found: cells and undetermined ones by library and server, and the cells that differ.
#[derive(Default)]
struct Compared {
    cells: BTreeMap<String, [usize; 2]>,
    wrong: Vec<String>,
}

impl Compared {
    fn sum(&self) -> [usize; 2] {
        self.cells.values().fold([0, 0], |sum, cell| [sum[0] + cell[0], sum[1] + cell[1]])
    }
}

/// Compares the answers with what we say once `plant` has had its way with our side.
fn compare(language: &Language, rows: &Rows, plant: &Plant) -> Compared {
    let (setups, urls, mut found) = (setups(), (language.urls)(), Compared::default());
    for (key, answers) in rows {
        let parts: Vec<&str> = key.split('|').collect();
        let [name, image, at] = parts[..] else { panic!("library, image and number") };
        let ((family, version), setup) = (Library::parse(name), &setups[at.parse::<usize>().expect("a number")]);
        let mut ours = ours(setup, image);
        (plant.server)(&mut ours.server);
        assert_eq!(urls.len(), answers.len(), "the settings changed: record anew with REDISLINT_RECORD=1");
        let cell = found.cells.entry(format!("{name} with {image}")).or_default();
        for (url, answer) in urls.iter().zip(answers) {
            // Without a host it goes to the usual port of this machine, where the server of the test is not.
            if answer.contains("connecting to None:6379") {
                continue;
            }
            let asked = (plant.url)(&url.replace('H', "redis"));
            let said = spoken(&ours.outcome_of(family, &asked, (plant.version)(version)));
            cell[0] += 1;
            cell[1] += usize::from(said == "undetermined");
            if said != "undetermined" && !same(family, &said, answer) && !may_log_in(&said, answer) {
                found.wrong.push(format!("{image} {setup:?} {name} {url}: we say {said:?}, real {answer:?}"));
            }
        }
    }
    found
}

fn agrees(language: &Language) {
    let mut rows = ask(language);
    let mode = if rows.is_empty() { "replay" } else { "live" };
    if rows.is_empty() {
        rows = transcript::replay(language.transcript);
    } else if transcript::recording() {
        transcript::keep(language.transcript, &rows);
    }
    let found = compare(language, &rows, &planted::NONE);
    for (name, [count, undetermined]) in &found.cells {
        println!("oracle_redis: {name}: {count} cells, {undetermined} undetermined");
    }
    let ([cells, untold], wrong) = (found.sum(), found.wrong);
    println!(
        "oracle_redis: {} {mode}, {cells} cells, {untold} undetermined, {} differ",
        language.transcript,
        wrong.len()
    );
    assert!(wrong.is_empty(), "{} of {cells} cells differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cells > 5_000 && untold * 100 <= cells * 3, "{untold} of {cells} cells undetermined");
}

#[test]
fn python_clients_answer_as_predicted() {
    agrees(&PYTHON);
}

#[test]
fn node_clients_answer_as_predicted() {
    agrees(&NODE);
}

#[test]
fn planted_bugs_in_clients_are_caught() {
    let older = Plant { name: "one major too old", version: |(major, minor)| (major - 1, minor), ..planted::NONE };
    let newer = Plant { name: "one major too new", version: |(major, minor)| (major + 1, minor), ..planted::NONE };
    for language in [&PYTHON, &NODE] {
        // A part of them shows a bug as well, and sooner.
        let rows = transcript::replay(language.transcript).into_iter().step_by(5).collect();
        for plant in planted::ALL.iter().chain([&older, &newer]) {
            let wrong = compare(language, &rows, plant).wrong.len();
            println!("oracle_redis: planted: {}: {wrong} cells of {} differ", plant.name, language.transcript);
            assert!(wrong > 0, "not caught: {} with {}", plant.name, language.transcript);
        }
    }
}

/// Which commands a user may call is asked after the login, which some clients follow up with commands of their own.
fn may_log_in(said: &str, answer: &str) -> bool {
    let answer = answer.to_lowercase();
    said == "PONG" && (answer.contains("noperm") || answer.contains("no permissions"))
}

/// Whether what a client of this family said is what we say.
pub fn same(family: Family, said: &str, answer: &str) -> bool {
    match family {
        Family::NodeRedis | Family::Ioredis => same_in_node(said, answer),
        _ => same_in_python(said, answer),
    }
}

/// redis-py drops the code of a server's error and puts its own class before it; where a password would stand, we
/// write stars.
fn same_in_python(said: &str, answer: &str) -> bool {
    if said == answer {
        return true;
    }
    let message = answer.split_once(": ").map_or(answer, |(_, message)| message);
    let bare = said.split_once(' ').map_or(said, |(_, rest)| rest);
    if message.starts_with(bare) || message.starts_with(said) {
        return true;
    }
    match said.split_once("'***'") {
        Some((before, _)) => answer.starts_with(before),
        None => false,
    }
}

/// The clients give the server's text without the class of their own error, node-redis 3 with a word on when it was
/// said. It writes commands in lower case, which the server repeats to it.
fn same_in_node(said: &str, answer: &str) -> bool {
    let bare = said.split_once("Error: ").map_or(said, |(_, message)| message).to_lowercase();
    let answer = answer.strip_prefix("Ready check failed: ").unwrap_or(answer).to_lowercase();
    said.eq_ignore_ascii_case(&answer) || !answer.is_empty() && answer.starts_with(&bare)
}
