//! Real redis-py, in every version at hand, against every server at hand.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use crate::catalogue::{REFUSED, SETTINGS, setups};
use crate::live::{servers, start};
use crate::ours::{ours, spoken};

/// Says its version, then answers each line, a JSON list of URLs, with a JSON list of what became of them.
const SCRIPT: &str = r"
import json, sys, redis
print(redis.__version__, flush=True)
for line in sys.stdin:
    answers = []
    for url in json.loads(line):
        try:
            client = redis.Redis.from_url(url, socket_timeout=3)
            answers.append('PONG' if client.ping() else 'no')
            client.connection_pool.disconnect()
        except Exception as error:
            # Which commands a user may call is asked after the login.
            denied = 'no permissions' in str(error)
            answers.append('PONG' if denied else type(error).__name__ + ': ' + str(error))
    print(json.dumps(answers), flush=True)
";

/// An interpreter that stays for all questions.
struct Python {
    child: Child,
    version: (u32, u32),
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Drop for Python {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Python {
    fn start(program: &str) -> Self {
        let mut child = Command::new(program)
            .args(["-c", SCRIPT])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("an interpreter of REDISLINT_PYTHONS");
        let questions = child.stdin.take().expect("a pipe");
        let mut answers = BufReader::new(child.stdout.take().expect("a pipe"));
        let mut version = String::new();
        answers.read_line(&mut version).expect("the version of redis-py");
        let mut numbers = version.trim().split('.').filter_map(|part| part.parse().ok());
        let version = (numbers.next().expect("major"), numbers.next().expect("minor"));
        Self { child, version, questions, answers }
    }

    fn ask(&mut self, urls: &[String]) -> Vec<String> {
        let line = serde_json::to_string(urls).expect("JSON") + "\n";
        self.questions.write_all(line.as_bytes()).expect("a pipe");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("an answer");
        serde_json::from_str(&line).expect("JSON of the script")
    }
}

#[test]
fn redis_py_answers_as_predicted() {
    let (servers, listed) = (servers(), std::env::var("REDISLINT_PYTHONS").unwrap_or_default());
    let mut pythons: Vec<Python> = listed.split(':').filter(|path| !path.is_empty()).map(Python::start).collect();
    if pythons.is_empty() || servers.is_empty() {
        println!("oracle_redis: redis-py skipped, REDISLINT_PYTHONS or a server is missing");
        return;
    }
    let full = std::env::var_os("REDISLINT_FULL").is_some();
    let (mut cells, mut wrong) = (BTreeMap::<String, [usize; 2]>::new(), Vec::new());
    let urls: Vec<&str> = SETTINGS.iter().map(|setting| setting.url).chain(REFUSED.iter().copied()).collect();
    for (nth, (program, image)) in servers.iter().enumerate() {
        for (at, setup) in setups().iter().enumerate() {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let Some(live) = start(program, setup, folder.path()) else { continue };
            let ours = ours(setup, image);
            let real: Vec<String> =
                urls.iter().map(|url| url.replace('H', &format!("127.0.0.1:{}", live.port))).collect();
            let count = pythons.len();
            for (which, python) in pythons.iter_mut().enumerate() {
                // The sample: one version for each server and configuration, a different one each time.
                if !full && (at + nth) % count != which {
                    continue;
                }
                let version = python.version;
                let cell = cells.entry(format!("redis-py {}.{} with {image}", version.0, version.1)).or_default();
                for (url, answer) in urls.iter().zip(python.ask(&real)) {
                    // Without a host it goes to the usual port of this machine, where the server of the test is not.
                    if answer.contains("connecting to None:6379") {
                        continue;
                    }
                    let said = spoken(&ours.outcome(&url.replace('H', "redis"), version));
                    cell[0] += 1;
                    cell[1] += usize::from(said == "undetermined");
                    if said != "undetermined" && !same(&said, &answer) {
                        wrong
                            .push(format!("{image} {setup:?} {version:?} {url}: we say {said:?}, redis-py {answer:?}"));
                    }
                }
            }
        }
    }
    let (mut all, mut untold) = (0, 0);
    for (name, [count, undetermined]) in &cells {
        println!("oracle_redis: {name}: {count} cells, {undetermined} undetermined");
        all += count;
        untold += undetermined;
    }
    println!("oracle_redis: redis-py live, {all} cells, {untold} undetermined, {} differ", wrong.len());
    assert!(wrong.is_empty(), "{} of {all} cells differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(untold * 100 <= all * 3, "{untold} of {all} cells undetermined");
}

/// redis-py drops the code of a server's error and puts its own class before it; where a password would stand, we
/// write stars.
fn same(said: &str, answer: &str) -> bool {
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
