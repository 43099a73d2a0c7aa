//! redis-server itself judges how a line falls into arguments: it splits inline commands as it splits redis.conf.
//!
//! With `REDISLINT_REDIS_SERVER` (or a `redis-server` on the path) a server without a port answers on a socket in a
//! temporary folder; otherwise the recorded answers are compared. `RECORD=1` writes them down anew.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use redislint::source::{FileId, Span};
use redislint::syntax::redis_conf;
use redislint::text::Text;

type Answer = Option<Vec<String>>;

#[test]
fn arguments_are_split_as_redis_splits_them() {
    let transcript = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts/redis_conf.json");
    let answers: Vec<(String, Answer)> = if let Some(program) = program() {
        println!("redis.conf: asking {}", program.display());
        let server = Server::start(&program);
        let answers: Vec<_> = inputs().into_iter().map(|line| (line.clone(), server.split(&line))).collect();
        if std::env::var_os("RECORD").is_some() {
            std::fs::write(&transcript, serde_json::to_string_pretty(&answers).unwrap() + "\n").unwrap();
        }
        answers
    } else {
        println!("redis.conf: replaying {}", transcript.display());
        serde_json::from_str(&std::fs::read_to_string(&transcript).unwrap()).unwrap()
    };
    assert!(answers.iter().any(|(_, answer)| answer.is_none()) && answers.len() > 300);
    for (line, expected) in answers {
        let text = Text::exact(&line, Span::new(FileId(0), 0..line.len()));
        let ours: Answer =
            redis_conf::split_arguments(&text).map(|words| words.iter().map(|word| word.as_str().to_owned()).collect());
        assert_eq!(ours, expected, "{line:?}");
    }
}

/// The same lines on every run and machine.
fn inputs() -> Vec<String> {
    let piece = prop::sample::select(vec![
        "a",
        "b",
        "#",
        " ",
        " ",
        "\t",
        "\"",
        "\"",
        "'",
        "\\",
        "\\\"",
        "\\'",
        "\\n",
        "\\t",
        "\\b",
        "\\a",
        "\\x41",
        "\\xc3\\xa9",
        "\\xff",
        "\\x4",
        "\\xg1",
        "é",
        "😀",
        "\r",
        "\u{B}",
        "\u{C}",
        "\u{A0}",
        "$",
        "\"c d\"",
        "'e f'",
        "\\\\",
    ]);
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let pieces = prop::collection::vec(piece, 0..9);
    (0..600).map(|_| pieces.new_tree(&mut runner).unwrap().current().concat()).collect()
}

fn program() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("REDISLINT_REDIS_SERVER") {
        return Some(path.into());
    }
    let answers = Command::new("redis-server").arg("--version").output().is_ok_and(|output| output.status.success());
    answers.then(|| "redis-server".into())
}

struct Server {
    process: Child,
    directory: tempfile::TempDir,
}

impl Server {
    fn start(program: &Path) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("socket");
        let process = Command::new(program)
            .args(["--port", "0", "--save", "", "--unixsocket"])
            .arg(&socket)
            .current_dir(directory.path())
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        for _ in 0..200 {
            if UnixStream::connect(&socket).is_ok() {
                break;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Self { process, directory }
    }

    /// What a script receives as its arguments; `None` where the server finds the quotes unbalanced.
    fn split(&self, line: &str) -> Answer {
        let mut stream = UnixStream::connect(self.directory.path().join("socket")).unwrap();
        stream.write_all(format!("EVAL 'return ARGV' 0 {line}\r\n").as_bytes()).unwrap();
        let mut reader = BufReader::new(stream);
        let mut header = || {
            let mut header = String::new();
            reader.read_line(&mut header).unwrap();
            let (kind, rest) = header.trim_end().split_at(1);
            if kind == "-" {
                assert!(rest.contains("unbalanced quotes"), "{rest}");
                return None;
            }
            let length: usize = rest.parse().unwrap();
            if kind == "*" {
                return Some((length, Vec::new()));
            }
            let mut bytes = vec![0; length + 2];
            reader.read_exact(&mut bytes).unwrap();
            bytes.truncate(length);
            Some((length, bytes))
        };
        let (count, _) = header()?;
        (0..count).map(|_| header().map(|(_, bytes)| text(&bytes))).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Invalid bytes become U+001A, as in every source that redislint reads.
fn text(bytes: &[u8]) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        out.push_str(chunk.valid());
        out.extend(chunk.invalid().iter().map(|_| '\u{1A}'));
    }
    out
}
