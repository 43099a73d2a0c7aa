//! Protected mode and `bind`, seen from another host, from the same host by its own address, and from loopback.
//!
//! The test gives itself a network: it starts again inside `unshare`, where a second namespace is the other host. Where
//! that is not permitted, and where no server is at hand, the answers in `tests/transcripts/outside.json` are compared;
//! `REDISLINT_RECORD=1` writes them anew.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use redislint::model::{Auth, Distribution, Server};
use redislint::rules::{common, exposure};

use crate::catalogue::Setup;
use crate::live::servers;
use crate::ours::ours;

/// The address of the machine that the servers run on, and that of the other host.
const HOME: &str = "10.99.0.1";
const AWAY: &str = "10.99.0.2";
const PORT: &str = "6379";

const BINDS: &[&str] = &[
    "",
    "bind 0.0.0.0",
    "bind * -::*",
    "bind 127.0.0.1",
    "bind 127.0.0.1 -::1",
    "bind 10.99.0.1",
    "bind 127.0.0.1 10.99.0.1",
    "bind -10.99.0.9 127.0.0.1",
];
const PROTECTED: &[&str] = &["", "protected-mode yes", "protected-mode no"];
const USERS: &[&str] = &[
    "",
    "requirepass pw",
    "requirepass \"\"",
    "masterauth pw",
    "user default off\nuser app on >secret ~* +@all",
    "user app on >secret ~* +@all",
    "user default on nopass ~* +@all",
    "requirepass pw\nuser default on nopass ~* +@all",
];

/// From where a server is asked.
const PLACES: &[&str] = &["another host", "its own address", "loopback"];

/// Every combination, in a file and as arguments by turns.
fn setups() -> Vec<Setup> {
    let mut all = Vec::new();
    for bind in BINDS {
        for protected in PROTECTED {
            for users in USERS {
                let text = format!("{bind}\n{protected}\n{users}\n");
                if all.len() % 2 == 0 || text.contains("user ") {
                    all.push(Setup { conf: Some(text), acl: None, arguments: Vec::new() });
                    continue;
                }
                let lines = text.lines().filter(|line| !line.is_empty());
                let words = lines.flat_map(|line| {
                    format!("--{line}").replace("\"\"", "").split(' ').map(str::to_owned).collect::<Vec<_>>()
                });
                all.push(Setup { conf: None, acl: None, arguments: words.collect() });
            }
        }
    }
    all
}

/// `P`ONG, `N`OAUTH, `D`ENIED, connection `R`efused, or the server does not start (`X`).
fn letter(reply: &str) -> char {
    match reply {
        "+PONG" => 'P',
        reply if reply.starts_with("-NOAUTH") => 'N',
        reply if reply.starts_with("-DENIED") => 'D',
        _ => 'R',
    }
}

/// What we say. The programs at hand are plain builds, as on a host.
fn said(setup: &Setup, image: &str, place: &str) -> char {
    let server = Server { distribution: Distribution::Host, ..ours(setup, image).server };
    let auth = &server.auth[0].auth;
    let listens = |address: &str| match &server.bind {
        None => true,
        Some(addresses) => {
            addresses.iter().any(|bind| matches!(bind.as_str(), "0.0.0.0" | "*") || bind.as_str() == address)
        }
    };
    match place {
        _ if matches!(auth, Auth::DoesNotStart { .. }) => 'X',
        "loopback" if !listens("127.0.0.1") => 'R',
        "loopback" => {
            if common::is_open(auth) {
                'P'
            } else {
                'N'
            }
        }
        _ if exposure::listens_on_loopback_only(&server) || !listens(HOME) => 'R',
        _ if !common::is_open(auth) => 'N',
        _ if exposure::protected(&server) == Some(true) => 'D',
        _ => 'P',
    }
}

/// Asks as `PING` does, from this network.
fn ask(address: &str) -> String {
    let Ok(address) = format!("{address}:{PORT}").parse() else { return String::new() };
    let Ok(mut stream) = TcpStream::connect_timeout(&address, Duration::from_secs(2)) else { return String::new() };
    // A server that denies says so unasked.
    stream.set_read_timeout(Some(Duration::from_millis(40))).expect("a timeout");
    let mut line = String::new();
    if BufReader::new(stream.try_clone().expect("a stream")).read_line(&mut line).is_err() {
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
        stream.write_all(b"PING\r\n").expect("a connection");
        line.clear();
        BufReader::new(stream).read_line(&mut line).expect("a reply");
    }
    line.trim_end().to_owned()
}

/// A process that ends with this value.
pub struct Ended(pub Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The answers at the three places; one process asks from the other host for as long as it is spoken to.
fn answers(program: &Path, setup: &Setup, away: &mut Away) -> [char; 3] {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = Command::new(program);
    if let Some(conf) = &setup.conf {
        std::fs::write(folder.path().join("redis.conf"), conf).expect("a temporary folder");
        command.arg(folder.path().join("redis.conf"));
    }
    command.args(["--port", PORT, "--save", ""]).args(&setup.arguments).current_dir(folder.path());
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("a server");
    let mut server = Ended(child);
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(10) {
        if server.0.try_wait().expect("a child").is_some() {
            return ['X'; 3];
        }
        if ["127.0.0.1", HOME].iter().any(|address| TcpStream::connect((*address, 6379)).is_ok()) {
            let mut asked = || [letter(&away.ask()), letter(&ask(HOME)), letter(&ask("127.0.0.1"))];
            let answers = asked();
            if !answers.contains(&'R') {
                return answers;
            }
            // A server binds its addresses one after the other: the next one may be about to follow.
            std::thread::sleep(Duration::from_millis(50));
            return asked();
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("{} neither starts nor refuses", program.display());
}

/// The other host.
struct Away {
    child: Child,
    answers: BufReader<std::process::ChildStdout>,
}

impl Away {
    fn start() -> Self {
        let exe = std::env::current_exe().expect("this test");
        let mut child = Command::new("ip")
            .args(["netns", "exec", "away"])
            .arg(exe)
            .args(["--exact", "outside::asks_from_the_other_host", "--ignored", "--nocapture"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("ip netns exec");
        let answers = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, answers }
    }

    fn ask(&mut self) -> String {
        self.child.stdin.as_mut().expect("a pipe").write_all(b"\n").expect("the other host");
        loop {
            let mut line = String::new();
            assert!(self.answers.read_line(&mut line).expect("an answer") > 0, "the other host is gone");
            if let Some(answer) = line.trim_end().split("answer:").nth(1) {
                return answer.to_owned();
            }
        }
    }
}

impl Drop for Away {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
#[ignore = "started by the test below, in the namespace of the other host"]
fn asks_from_the_other_host() {
    for _ in std::io::stdin().lines() {
        println!("answer:{}", ask(HOME));
    }
}

#[test]
#[ignore = "started by the test below, in a network of its own"]
fn asks_in_a_network_of_its_own() {
    for arguments in [
        "link set lo up",
        "netns add away",
        "link add home type veth peer name away netns away",
        &format!("addr add {HOME}/24 dev home"),
        "link set home up",
        &format!("-n away addr add {AWAY}/24 dev away"),
        "-n away link set away up",
    ] {
        let done = Command::new("ip").args(arguments.split(' ')).status();
        assert!(done.is_ok_and(|status| status.success()), "ip {arguments}");
    }
    let mut away = Away::start();
    for (program, image) in servers() {
        let all: String = setups().iter().flat_map(|setup| answers(&program, setup, &mut away)).collect();
        println!("recorded:{image} {all}");
    }
}

type Recorded = BTreeMap<String, String>;

/// Runs the above inside `unshare`; `None`: this machine does not permit it, or has no server.
fn live() -> Option<Recorded> {
    if servers().is_empty() {
        return None;
    }
    let exe = std::env::current_exe().expect("this test");
    let inside = format!(
        "mount -t tmpfs none /run && exec '{}' --exact outside::asks_in_a_network_of_its_own --ignored --nocapture",
        exe.display()
    );
    let output = Command::new("unshare").args(["-r", "-n", "-m", "sh", "-c", &inside]).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let rows = text.lines().filter_map(|line| line.split("recorded:").nth(1)?.split_once(' '));
    let rows: Recorded = rows.map(|(image, all)| (image.to_owned(), all.to_owned())).collect();
    if output.status.success() && !rows.is_empty() {
        return Some(rows);
    }
    println!("oracle_redis: no network namespaces here: {}", String::from_utf8_lossy(&output.stderr).trim());
    None
}

fn transcript() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts/outside.json")
}

fn replay() -> Recorded {
    serde_json::from_str(&std::fs::read_to_string(transcript()).expect("a transcript")).expect("JSON")
}

/// Differences, and cells by answer; `change` is a bug on our side.
fn compare(recorded: &Recorded, change: fn(&str, char) -> char) -> (Vec<String>, BTreeMap<char, usize>) {
    let (mut wrong, mut answers) = (Vec::new(), BTreeMap::new());
    let setups = setups();
    for (image, all) in recorded {
        assert_eq!(all.len(), setups.len() * PLACES.len(), "the configurations changed: record anew");
        for (at, real) in all.chars().enumerate() {
            let (setup, place) = (&setups[at / PLACES.len()], PLACES[at % PLACES.len()]);
            let said = change(place, said(setup, image, place));
            *answers.entry(real).or_default() += 1;
            if said != real {
                wrong.push(format!("{image} {setup:?} from {place}: we say {said}, real {real}"));
            }
        }
    }
    (wrong, answers)
}

#[test]
fn other_hosts_are_let_in_as_predicted() {
    let live = live();
    let mode = if live.is_some() { "live" } else { "replay" };
    let recorded = live.unwrap_or_else(replay);
    if mode == "live" && std::env::var_os("REDISLINT_RECORD").is_some() {
        std::fs::write(transcript(), serde_json::to_string_pretty(&recorded).expect("JSON") + "\n").expect("a file");
    }
    let (wrong, answers) = compare(&recorded, |_, said| said);
    println!("oracle_redis: other hosts {mode}: {} differ of {answers:?}", wrong.len());
    assert!("PNDR".chars().all(|answer| answers.get(&answer).is_some_and(|count| *count >= 50)), "{answers:?}");
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    let blind = compare(&recorded, |_, said| if said == 'D' { 'P' } else { said }).0.len();
    let loopback =
        compare(&recorded, |place, said| if place == "loopback" && said == 'P' { 'D' } else { said }).0.len();
    assert!(blind > 0 && loopback > 0, "planted bugs are not caught");
}
