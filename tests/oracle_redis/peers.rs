//! Servers that log in to servers: real replicas and Sentinels at real masters; and who is let in by a Sentinel.
//!
//! All of them run at once on the loopback interface; live with the servers of `REDISLINT_REDIS_SERVERS`, else the ends in
//! `tests/transcripts/peers.json` are compared, which `REDISLINT_RECORD=1` writes anew.

use std::path::Path;
use std::time::Duration;

use redislint::model::Family;

use crate::catalogue::{Setting, Setup};
use crate::live::{Live, Resp, converse, servers, start};
use crate::ours::{ours, spoken};
use crate::transcript::{self, Rows};

const MASTERS: &[&str] = &[
    "",
    "requirepass pw\n",
    "requirepass pw\nuser app on >secret ~* &* +@all\n",
    "user default off\nuser app on >secret ~* &* +@all\n",
    "user app on >secret ~* &* +@all\n",
    "user default on >pw >other ~* &* +@all\n",
    "requirepass pw\nrename-command AUTH \"\"\n",
];

/// User and password of those that log in.
const LOGINS: &[(&str, &str)] =
    &[("", ""), ("", "pw"), ("", "wrong"), ("", "other"), ("app", "secret"), ("app", "wrong"), ("default", "pw")];

/// How long the slowest of them takes to find out, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(8);

fn setup(conf: String, arguments: &[&str]) -> Setup {
    Setup { conf: Some(conf), acl: None, arguments: arguments.iter().map(|word| (*word).to_owned()).collect() }
}

fn replica(master: u16, user: &str, password: &str) -> Setup {
    let mut conf = format!("replicaof 127.0.0.1 {master}\n");
    for (name, value) in [("masteruser", user), ("masterauth", password)] {
        if !value.is_empty() {
            conf += &format!("{name} {value}\n");
        }
    }
    setup(conf, &[])
}

fn sentinel(master: u16, user: &str, password: &str) -> Setup {
    let mut conf = format!("sentinel monitor main 127.0.0.1 {master} 1\nsentinel down-after-milliseconds main 1500\n");
    for (name, value) in [("auth-user", user), ("auth-pass", password)] {
        if !value.is_empty() {
            conf += &format!("sentinel {name} main {value}\n");
        }
    }
    setup(conf, &["--sentinel"])
}

/// `up` or `down`, as the replica or the Sentinel sees its master.
fn state(live: &Live, family: Family) -> &'static str {
    let question: &[&str] = if family == Family::Replica { &["INFO", "replication"] } else { &["SENTINEL", "masters"] };
    let text = Resp::open(live.port).text(question);
    let up = match family {
        Family::Replica => text.contains("master_link_status:up"),
        // A name, the length of its value, and that: `flags`, `$6`, `master`.
        _ => text.lines().skip_while(|line| *line != "flags").nth(2) == Some("master"),
    };
    if up { "up" } else { "down" }
}

/// A program's masters, and those that log in to them.
struct Running {
    _masters: Vec<Live>,
    /// In the order of [`pairs`]; `None`: not asked.
    peers: Vec<Option<Live>>,
    _folder: tempfile::TempDir,
}

/// Number of the master and of the login, and who logs in.
fn pairs() -> Vec<(usize, usize, Family)> {
    let logins = (0..MASTERS.len()).flat_map(|master| (0..LOGINS.len()).map(move |login| (master, login)));
    logins
        .flat_map(|(master, login)| [Family::Replica, Family::Sentinel].map(|family| (master, login, family)))
        .collect()
}

/// Starts all pairs of a program that `asked` picks.
fn run(program: &Path, asked: impl Fn(usize) -> bool) -> Running {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut nth = 0;
    let mut run = |setup: &Setup| {
        nth += 1;
        let own = folder.path().join(nth.to_string());
        std::fs::create_dir(&own).expect("a temporary folder");
        start(program, setup, &own).expect("a server that starts")
    };
    let masters: Vec<Live> =
        MASTERS.iter().map(|conf| run(&setup(format!("{conf}repl-diskless-sync-delay 0\n"), &[]))).collect();
    let mut peers = Vec::new();
    for (at, (master, login, family)) in pairs().into_iter().enumerate() {
        let ((user, password), port) = (LOGINS[login], masters[master].port);
        let setup = if family == Family::Replica { replica } else { sentinel }(port, user, password);
        peers.push(asked(at).then(|| run(&setup)));
    }
    Running { _masters: masters, peers, _folder: folder }
}

/// What all of them came to: every pair with every server, or with one of them by turns.
fn ask() -> Rows {
    let full = std::env::var_os("REDISLINT_FULL").is_some() || transcript::recording();
    let servers = servers();
    let running: Vec<Running> = servers
        .iter()
        .enumerate()
        .map(|(nth, (program, _))| run(program, |at| full || at / 2 % servers.len() == nth))
        .collect();
    if !running.is_empty() {
        // A Sentinel takes its time to give its master up.
        std::thread::sleep(PATIENCE);
    }
    let state = |(live, (_, _, family)): (&Option<Live>, (usize, usize, Family))| {
        live.as_ref().map_or("?", |live| state(live, family)).to_owned()
    };
    let row = |running: &Running| running.peers.iter().zip(pairs()).map(state).collect();
    servers.iter().zip(&running).map(|((_, image), running)| (image.clone(), row(running))).collect()
}

/// Cells, and those that differ once `change` has had its way with the family.
fn compare(rows: &Rows, change: fn(Family) -> Family) -> (usize, Vec<String>) {
    let (mut cells, mut wrong) = (0, Vec::new());
    for (image, states) in rows {
        assert_eq!(states.len(), pairs().len(), "the pairs changed: record anew with REDISLINT_RECORD=1");
        for ((master, login, family), real) in pairs().into_iter().zip(states).filter(|(_, real)| *real != "?") {
            let (conf, (user, password)) = (MASTERS[master], LOGINS[login]);
            let outcome = ours(&setup(conf.to_owned(), &[]), image).login(change(family), user, password);
            let said = if spoken(&outcome) == "PONG" { "up" } else { "down" };
            cells += 1;
            if said != real {
                wrong.push(format!("{image} {conf:?} {family:?} {user}:{password}: {outcome:?}, real {real}"));
            }
        }
    }
    (cells, wrong)
}

#[test]
fn servers_log_in_as_predicted() {
    let mut rows = ask();
    let mode = if rows.is_empty() { "replay" } else { "live" };
    if rows.is_empty() {
        rows = transcript::replay("peers");
    } else if transcript::recording() {
        transcript::keep("peers", &rows);
    }
    let (cells, wrong) = compare(&rows, |family| family);
    println!("oracle_redis: replicas and Sentinels {mode}: {cells} cells, {} differ", wrong.len());
    assert!(wrong.is_empty(), "{} of {cells} differ:\n{}", wrong.len(), wrong.join("\n"));
    let alike = compare(&transcript::replay("peers"), |_| Family::Replica).1.len();
    assert!(alike > 0, "a Sentinel that is taken for a replica is not caught");
}

/// What Sentinels demand of those that ask them.
const SENTINELS: &[&str] = &[
    "",
    "requirepass own\n",
    "requirepass own\nuser app on >secret ~* &* +@all\n",
    "user default off\nuser app on >secret ~* &* +@all\n",
    "user default on >own >other ~* &* +@all\n",
    "sentinel auth-pass main own\n",
    "sentinel sentinel-pass own\n",
    "requirepass own\nsentinel sentinel-pass own\n",
    "sentinel monitor\n",
    "sentinel nosuch main 1\n",
    "sentinel monitor main 127.0.0.1 1 1\n",
    "sentinel monitor other 127.0.0.1 1 0\n",
    "sentinel monitor other 127.0.0.1 70000 1\n",
    "sentinel monitor other localhost 1 1\n",
    "sentinel monitor other localhost 1 1\nsentinel resolve-hostnames yes\nrequirepass own\n",
    "sentinel monitor other ::1 1 1\n",
    "sentinel auth-pass other own\n",
    "sentinel auth-pass main\n",
    "sentinel parallel-syncs other 1\nSENTINEL MONITOR other 127.0.0.1 1 1\nuser default off\n",
    "sentinel announce-ip 127.0.0.1\nsentinel announce-port 1\nrequirepass own\n",
    "sentinel myid 0\n",
    "maxmemory 10mb\nrequirepass own\n",
];

/// Who asks them; a Sentinel has no databases.
const ASKED: &[Setting] = &[
    asked("redis://H", "", "", 0),
    asked("redis://:own@H", "", "own", 0),
    asked("redis://:other@H", "", "other", 0),
    asked("redis://app:secret@H", "app", "secret", 0),
    asked("redis://app:own@H", "app", "own", 0),
    asked("redis://default:own@H", "default", "own", 0),
    asked("redis://own@H", "own", "", 0),
    asked("redis://:own@H/1", "", "own", 1),
];

const fn asked(url: &'static str, user: &'static str, password: &'static str, db: u32) -> Setting {
    Setting { url, user, password, db }
}

/// Setting and version of the library, in the order of the transcript.
fn questions() -> impl Iterator<Item = (&'static Setting, (u32, u32))> {
    ASKED.iter().flat_map(|setting| [(setting, (7, 4)), (setting, (8, 0))])
}

fn watching(own: &str) -> Setup {
    setup(format!("sentinel monitor main 127.0.0.1 1 1\n{own}"), &["--sentinel"])
}

/// The real answers, by server and number of the Sentinel.
fn ask_sentinels() -> Rows {
    let mut rows = Rows::new();
    for (program, image) in servers() {
        for (at, own) in SENTINELS.iter().enumerate() {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let live = start(&program, &watching(own), folder.path());
            let answer = |(setting, version): (&Setting, _)| match &live {
                Some(live) => converse(live.port, setting, version == (8, 0)),
                None => "does not start".to_owned(),
            };
            rows.insert(format!("{image}|{at}"), questions().map(answer).collect());
        }
    }
    rows
}

/// Cells, and those that differ once `change` has had its way with the lines of a Sentinel.
fn compare_sentinels(rows: &Rows, change: fn(&str) -> String) -> (usize, Vec<String>) {
    let (mut cells, mut wrong) = (0, Vec::new());
    for (key, answers) in rows {
        let (image, at) = key.split_once('|').expect("image and number");
        let own = SENTINELS[at.parse::<usize>().expect("a number")];
        let ours = ours(&watching(&change(own)), image);
        assert_eq!(answers.len(), questions().count(), "the questions changed: record anew with REDISLINT_RECORD=1");
        for ((setting, version), real) in questions().zip(answers) {
            let said = spoken(&ours.outcome(&setting.url.replace('H', "redis"), version));
            cells += 1;
            // Which program it is does not matter for a Sentinel, and Valkey's says this in other words.
            let hello = "NOAUTH HELLO must be called";
            if said != *real && !(said.starts_with(hello) && real.starts_with(hello)) {
                wrong.push(format!("{image} {own:?} {version:?} {}: we say {said:?}, real {real:?}", setting.url));
            }
        }
    }
    (cells, wrong)
}

#[test]
fn sentinels_let_in_as_predicted() {
    let mut rows = ask_sentinels();
    let mode = if rows.is_empty() { "replay" } else { "live" };
    if rows.is_empty() {
        rows = transcript::replay("sentinels");
    } else if transcript::recording() {
        transcript::keep("sentinels", &rows);
    }
    let (cells, wrong) = compare_sentinels(&rows, str::to_owned);
    println!("oracle_redis: Sentinels {mode}: {cells} cells, {} differ", wrong.len());
    assert!(wrong.is_empty(), "{} of {cells} differ:\n{}", wrong.len(), wrong.join("\n"));
    let plants: [fn(&str) -> String; 2] =
        [|own| own.replace("auth-pass main", "requirepass"), |own| own.replace("requirepass own", "")];
    let plants = plants.map(|plant| compare_sentinels(&transcript::replay("sentinels"), plant).1.len());
    assert!(plants.iter().all(|wrong| *wrong > 0), "a planted bug is not caught: {plants:?}");
}
