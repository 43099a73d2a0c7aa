//! Real node-redis and ioredis, in every version at hand, against every server at hand.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use redislint::model::Family;

use crate::catalogue::{SETTINGS, setups};
use crate::live::{servers, start};
use crate::ours::{ours, spoken};

/// The packages by their npm aliases.
const LIBRARIES: [(&str, Family, u32); 7] = [
    ("redis-3", Family::NodeRedis, 3),
    ("redis-4", Family::NodeRedis, 4),
    ("redis-5", Family::NodeRedis, 5),
    ("redis-6", Family::NodeRedis, 6),
    ("ioredis-4", Family::Ioredis, 4),
    ("ioredis-5", Family::Ioredis, 5),
    ("ioredis-6", Family::Ioredis, 6),
];

/// A process that stays for all questions.
struct Node {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Drop for Node {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Node {
    fn start(folder: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle_redis/ping.js");
        let mut child = Command::new("node")
            .arg(script)
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node");
        let questions = child.stdin.take().expect("a pipe");
        let answers = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, questions, answers }
    }

    fn ask(&mut self, library: &str, urls: &[String]) -> Vec<String> {
        let line = serde_json::json!({ "library": library, "urls": urls }).to_string() + "\n";
        self.questions.write_all(line.as_bytes()).expect("a pipe");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("an answer");
        serde_json::from_str(&line).expect("JSON of the script")
    }
}

#[test]
fn node_clients_answer_as_predicted() {
    let (servers, folder) = (servers(), std::env::var("REDISLINT_NODE_MODULES").unwrap_or_default());
    if folder.is_empty() || servers.is_empty() {
        println!("oracle_redis: node skipped, REDISLINT_NODE_MODULES or a server is missing");
        return;
    }
    let mut node = Node::start(&folder);
    let full = std::env::var_os("REDISLINT_FULL").is_some();
    let (mut cells, mut wrong) = (BTreeMap::<String, [usize; 2]>::new(), Vec::new());
    for (nth, (program, image)) in servers.iter().enumerate() {
        for (at, setup) in setups().iter().enumerate() {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let Some(live) = start(program, setup, folder.path()) else { continue };
            let ours = ours(setup, image);
            let urls: Vec<String> =
                SETTINGS.iter().map(|setting| setting.url.replace('H', &format!("127.0.0.1:{}", live.port))).collect();
            for (which, (library, family, major)) in LIBRARIES.into_iter().enumerate() {
                // The sample: one library for each server and configuration, a different one each time.
                if !full && (at + nth) % LIBRARIES.len() != which {
                    continue;
                }
                let cell = cells.entry(format!("{} {major} with {image}", family.name())).or_default();
                for (setting, answer) in SETTINGS.iter().zip(node.ask(library, &urls)) {
                    let said = spoken(&ours.outcome_of(family, &setting.url.replace('H', "redis"), (major, 0)));
                    cell[0] += 1;
                    cell[1] += usize::from(said == "undetermined");
                    if said != "undetermined" && !same(&said, &answer) {
                        wrong.push(format!(
                            "{image} {setup:?} {library} {}: we say {said:?}, real {answer:?}",
                            setting.url
                        ));
                    }
                }
            }
        }
    }
    let sum: [usize; 2] = cells.values().fold([0, 0], |sum, cell| [sum[0] + cell[0], sum[1] + cell[1]]);
    for (name, [count, undetermined]) in &cells {
        println!("oracle_redis: {name}: {count} cells, {undetermined} undetermined");
    }
    println!("oracle_redis: node live, {} cells, {} undetermined, {} differ", sum[0], sum[1], wrong.len());
    assert!(wrong.is_empty(), "{} of {} cells differ:\n{}", wrong.len(), sum[0], wrong.join("\n"));
    assert!(sum[1] * 100 <= sum[0] * 3, "{} of {} cells undetermined", sum[1], sum[0]);
}

/// The clients give the server's text without the class of their own error, node-redis 3 with a word on when it was
/// said. It writes commands in lower case, which the server repeats to it.
fn same(said: &str, answer: &str) -> bool {
    let bare = said.split_once("Error: ").map_or(said, |(_, message)| message).to_lowercase();
    let answer = answer.strip_prefix("Ready check failed: ").unwrap_or(answer).to_lowercase();
    said.eq_ignore_ascii_case(&answer) || !answer.is_empty() && answer.starts_with(&bare) || may_log_in(said, &answer)
}

/// Which commands a user may call is asked after the login; node-redis 3 asks with INFO.
fn may_log_in(said: &str, answer: &str) -> bool {
    said == "PONG" && answer.starts_with("noperm")
}
