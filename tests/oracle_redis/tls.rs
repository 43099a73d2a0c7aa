//! TLS: which configurations of ports and certificates start, and what comes of each client at each port.
//!
//! Live with those servers of `REDISLINT_REDIS_SERVERS` that are built with TLS, where `openssl` makes a certificate that
//! all clients are told to trust; some configurations with one library each unless `REDISLINT_FULL` is set. Else the answers in
//! `tests/transcripts/tls.json` are compared, which `REDISLINT_RECORD=1` writes anew.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use redislint::model::{Auth, FailStage, Outcome, Server};

use crate::clients::{self, Library};
use crate::live::{free_port, servers};
use crate::ours::{Ours, spoken};
use crate::outside::Ended;
use crate::transcript::{self, Rows};

/// The ports that stand for whatever is free.
const PORTS: [&str; 2] = ["6379", "6380"];

const OPENED: &[&str] = &[
    "",
    "port 0\ntls-port 6380",
    "tls-port 6380",
    "port 0",
    "port 0\ntls-port 0",
    "tls-port 6379",
    "tls-port 0\ntls-port 6380",
    "tls-replication yes",
    "tls-port 6380\ntls-cluster yes",
    "port 0\nunixsocket socket",
];

/// Only the first of them asks all clients.
const FILES: &[&str] = &[
    "tls-cert-file cert.pem\ntls-key-file key.pem\ntls-ca-cert-file cert.pem",
    "tls-cert-file cert.pem\ntls-key-file key.pem\ntls-ca-cert-dir .",
    "tls-cert-file cert.pem\ntls-key-file key.pem",
    "tls-cert-file cert.pem\ntls-ca-cert-file cert.pem",
    "tls-cert-file \"\"\ntls-key-file key.pem",
    "",
];

const CERTIFICATES: &[&str] =
    &["", "tls-auth-clients no", "tls-auth-clients yes", "tls-auth-clients OPTIONAL", "tls-auth-clients maybe"];

const USERS: &[&str] = &["", "requirepass pw", "user default off\nuser app on >secret ~* +@all"];

const URLS: &[&str] = &[
    "redis://127.0.0.1:6379",
    "redis://127.0.0.1:6380",
    "rediss://127.0.0.1:6380",
    "redis://:pw@127.0.0.1:6379",
    "redis://:pw@127.0.0.1:6380",
    "rediss://:pw@127.0.0.1:6380",
    "rediss://:wrong@127.0.0.1:6380",
    "rediss://app:secret@127.0.0.1:6380",
    "rediss://app:wrong@localhost:6380",
    "rediss://:pw@127.0.0.1:6380/99",
    "rediss://127.0.0.1:6380/2",
    HANGING,
];

/// Answered by a timeout where the port is open: seldom asked.
const HANGING: &str = "rediss://:pw@127.0.0.1:6379";

/// One library in so many configurations is asked for it.
const HANGS: usize = 40;

/// Starts wherever TLS is built in.
const PROBE: &str =
    "port 6379\ntls-port 6380\ntls-cert-file cert.pem\ntls-key-file key.pem\ntls-ca-cert-file cert.pem\n";

/// `redis.conf`, and whether the clients are asked as well.
fn setups() -> Vec<(String, bool)> {
    let mut all = Vec::new();
    for opened in OPENED {
        for files in FILES {
            for certificates in CERTIFICATES {
                for users in USERS {
                    let conf = format!("port 6379\n{opened}\n{files}\n{certificates}\n{users}\nsave \"\"\n");
                    all.push((conf, *files == FILES[0]));
                }
            }
        }
    }
    all
}

/// A certificate for this machine, which is its own authority; `None`: there is no `openssl` here.
fn certificate(folder: &Path) -> Option<PathBuf> {
    let words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out cert.pem -days 2 \
                 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1,DNS:localhost";
    let mut command = Command::new("openssl");
    command.args(words.split_whitespace()).current_dir(folder).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success()).then(|| folder.join("cert.pem"))
}

/// A server with two ports of its own.
struct Secure {
    _child: Ended,
    ports: [u16; 2],
}

/// Starts one among the certificates; else the last that it said.
fn start(program: &Path, conf: &str, certificates: &Path) -> Result<Secure, String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let ports = [free_port(), free_port()];
    let (path, log) = (folder.path().join("redis.conf"), folder.path().join("log"));
    std::fs::write(&path, real(conf, ports)).expect("a file");
    let out = std::fs::File::create(&log).expect("a file");
    let mut command = Command::new(program);
    command.arg(&path).current_dir(certificates).stdin(Stdio::null());
    command.stdout(out.try_clone().expect("a file")).stderr(out);
    let mut child = Ended(command.spawn().expect("a server program"));
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(10) {
        let ended = child.0.try_wait().expect("a child").is_some();
        let said = std::fs::read_to_string(&log).expect("a file");
        if ended {
            return Err(recorded(&last_words(&said), ports));
        }
        // In words of its own where it has only a socket.
        if ["Ready to accept", "ready to accept"].iter().any(|words| said.contains(words)) {
            return Ok(Secure { _child: child, ports });
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    panic!("{} neither starts nor refuses: {conf}", program.display());
}

/// The last two lines without the time.
fn last_words(log: &str) -> String {
    let lines: Vec<&str> = log.trim_end().lines().map(|line| line.rsplit(" # ").next().unwrap_or(line)).collect();
    lines[lines.len().saturating_sub(2)..].join(" / ")
}

/// The text with the ports of this run.
fn real(text: &str, ports: [u16; 2]) -> String {
    PORTS.iter().zip(ports).fold(text.to_owned(), |text, (port, real)| text.replace(port, &real.to_string()))
}

/// The text with the ports that stand for them.
fn recorded(text: &str, ports: [u16; 2]) -> String {
    PORTS.iter().zip(ports).fold(text.to_owned(), |text, (port, real)| text.replace(&real.to_string(), port))
}

/// Who is not let in at all says so in many words, which depend on who was quicker.
fn sorted(answer: &str) -> String {
    const GONE: &[&str] = &[
        "reset by peer",
        "ECONNRESET",
        "EPIPE",
        "Broken pipe",
        "ECONNREFUSED",
        "Connection refused",
        "closed",
        "broken state",
        "EOF occurred",
        "certificate required",
    ];
    match answer {
        _ if answer == "hangs" || answer.starts_with("TimeoutError") => "hangs".to_owned(),
        _ if GONE.iter().any(|words| answer.contains(words)) => "no connection".to_owned(),
        _ => answer.to_owned(),
    }
}

/// The real answers: whether each configuration starts, and what each library says of those that do; `?`: not asked.
fn ask() -> Rows {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let Some(certificate) = certificate(folder.path()) else { return Rows::new() };
    let full = std::env::var_os("REDISLINT_FULL").is_some() || transcript::recording();
    let trusted = [("SSL_CERT_FILE", certificate.as_path()), ("NODE_EXTRA_CA_CERTS", certificate.as_path())];
    let mut talkers = clients::talkers(&trusted);
    let libraries = clients::libraries(&talkers);
    let (setups, mut rows) = (setups(), Rows::new());
    for (program, image) in servers() {
        if start(&program, PROBE, folder.path()).is_err() {
            println!("oracle_redis: tls: {image} is built without");
            continue;
        }
        let mut starts = Vec::new();
        for (at, (conf, asked)) in setups.iter().enumerate() {
            if !full && at % if *asked { 2 } else { 7 } != 0 {
                starts.push("?".to_owned());
                continue;
            }
            let server = start(&program, conf, folder.path());
            starts.push(server.as_ref().err().cloned().unwrap_or_else(|| "starts".to_owned()));
            let Some(server) = server.ok().filter(|_| *asked) else { continue };
            for (nth, (talker, library)) in libraries.iter().enumerate() {
                let hangs = at % HANGS == nth % HANGS;
                if !full && at / 2 % libraries.len() != nth {
                    continue;
                }
                let urls: Vec<&str> = URLS.iter().copied().filter(|url| hangs || *url != HANGING).collect();
                let real: Vec<String> = urls.iter().map(|url| real(url, server.ports)).collect();
                let mut answers: Vec<String> = talkers[*talker]
                    .ask(*library, &real)
                    .iter()
                    .map(|answer| sorted(&recorded(answer, server.ports)))
                    .collect();
                answers.resize(URLS.len(), "?".to_owned());
                rows.insert(format!("{}|{image}|{at}", talkers[*talker].libraries[*library].name()), answers);
            }
        }
        rows.insert(format!("starts|{image}|"), starts);
    }
    rows
}

/// What a comparison found.
#[derive(Default)]
struct Compared {
    starts: usize,
    cells: usize,
    untold: usize,
    /// Cells at servers that demand a certificate of a client that has none, where we can't tell that it has none.
    certificates: usize,
    wrong: Vec<String>,
}

/// What we say in the words of a transcript.
fn said(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Fails { stage: FailStage::Tls | FailStage::Connect, .. } => "no connection".to_owned(),
        outcome => spoken(outcome),
    }
}

fn compare(rows: &Rows, change: fn(&mut Server)) -> Compared {
    let (setups, mut found) = (setups(), Compared::default());
    for (key, answers) in rows {
        let parts: Vec<&str> = key.split('|').collect();
        let [name, image, at] = parts[..] else { panic!("library, image and number") };
        if name == "starts" {
            assert_eq!(answers.len(), setups.len(), "the configurations changed: record anew with REDISLINT_RECORD=1");
            for ((conf, _), real) in setups.iter().zip(answers).filter(|(_, real)| *real != "?") {
                let said = match &Ours::of_conf(conf, image).server.auth[0].auth {
                    Auth::DoesNotStart { error, .. } => error.clone(),
                    _ => "starts".to_owned(),
                };
                found.starts += 1;
                if !real.contains(&said) {
                    found.wrong.push(format!("{image} {conf:?}: we say {said:?}, real {real:?}"));
                }
            }
            continue;
        }
        let conf = &setups[at.parse::<usize>().expect("a number")].0;
        let (family, version) = Library::parse(name);
        let mut ours = Ours::of_conf(conf, image);
        change(&mut ours.server);
        assert_eq!(answers.len(), URLS.len(), "the URLs changed: record anew with REDISLINT_RECORD=1");
        for (url, real) in URLS.iter().zip(answers).filter(|(_, real)| *real != "?") {
            let outcome = ours.outcome_of(family, url, version);
            let said = said(&outcome);
            let shut = ours.server.wants_certificates() && url.starts_with("rediss") && url.contains(":6380");
            found.cells += 1;
            found.certificates += usize::from(shut && said == "undetermined");
            found.untold += usize::from(!shut && said == "undetermined");
            let same = match said.as_str() {
                "undetermined" => true,
                // Whatever else would be wrong with it; node-redis 5 may wait for ever for one that hung up.
                _ if shut => outcome != Outcome::Works && real != "PONG",
                said => clients::same(family, said, real),
            };
            if !same {
                found.wrong.push(format!("{image} {conf:?} {name} {url}: we say {said:?}, real {real:?}"));
            }
        }
    }
    found
}

#[test]
fn tls_ends_as_predicted() {
    let mut rows = ask();
    let mode = if rows.is_empty() { "replay" } else { "live" };
    if rows.is_empty() {
        rows = transcript::replay("tls");
    } else if transcript::recording() {
        transcript::keep("tls", &rows);
    }
    let Compared { starts, cells, untold, certificates, wrong } = compare(&rows, |_| {});
    println!(
        "oracle_redis: TLS {mode}: {starts} starts, {cells} cells, {untold} undetermined, {certificates} turn on a \
         certificate, {} differ",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(untold * 100 <= cells * 3, "{untold} of {cells} undetermined");
    let plants: [fn(&mut Server); 3] = [
        |server| server.tls_port = server.port,
        |server| server.port = server.tls_port,
        |server| server.directives.retain(|one| one.name.value != "tls-auth-clients"),
    ];
    let recorded = transcript::replay("tls");
    assert!(plants.iter().all(|plant| !compare(&recorded, *plant).wrong.is_empty()), "a planted bug is not caught");
}
