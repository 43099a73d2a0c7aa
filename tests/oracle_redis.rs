//! Oracle: what we say of server configurations × client settings against what real servers and redis-py answer.
//!
//! Live with every server that `REDISLINT_REDIS_SERVERS` lists (`:`-separated) or that is on the `PATH`, and with the
//! redis-py of the interpreter that `REDISLINT_PYTHON` names. Without a server, the answers recorded in
//! `tests/transcripts/redis.json` are compared instead; `REDISLINT_RECORD=1` writes them anew.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::format_push_string,
    clippy::needless_pass_by_value,
    reason = "helpers of a test, which fails by panicking and prints its mode"
)]

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use redislint::facts::{ConfFile, Facts};
use redislint::model::{Auth, FailStage, Family, Outcome, Server, VersionRange};
use redislint::resolve::evaluate::ConnectionSettings;
use redislint::resolve::project::{Case, Container, Mount, Variables};
use redislint::resolve::{handshake, server_auth};
use redislint::source::{Sources, Span};
use redislint::symbol::{Resolved, Symbols};
use redislint::syntax::redis_conf;
use redislint::text::Text;
use redislint::tree::Index;

/// A server: lines of `redis.conf` (none: no file), lines of `users.acl`, and arguments behind the port.
struct Setup {
    conf: Option<&'static str>,
    acl: Option<&'static str>,
    arguments: &'static [&'static str],
}

const fn conf(text: &'static str, arguments: &'static [&'static str]) -> Setup {
    Setup { conf: Some(text), acl: None, arguments }
}

const fn args(arguments: &'static [&'static str]) -> Setup {
    Setup { conf: None, acl: None, arguments }
}

const fn acl(text: &'static str, arguments: &'static [&'static str]) -> Setup {
    Setup { conf: None, acl: Some(text), arguments }
}

const DIGEST: &str = "user app on #9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 ~* +@all";

const SETUPS: &[Setup] = &[
    args(&[]),
    args(&["--requirepass", "pw"]),
    args(&["--requirepass", ""]),
    args(&["--requirepass", "a", "--requirepass", "pw"]),
    args(&["--requirepass", "p#w"]),
    args(&["--requirepass", "p@ss"]),
    args(&["--requirepass", "\"pw\""]),
    args(&["--requirepass", "s3 cret"]),
    args(&["--requirepass", "None"]),
    args(&["--requirepass"]),
    args(&["--requirepass", "--appendonly", "no"]),
    args(&["--requirepass", "pw", "extra"]),
    args(&["--requirepass=pw"]),
    args(&["--requirepass pw"]),
    args(&["--requirepass pw --appendonly no"]),
    args(&["--REQUIREPASS", "pw"]),
    args(&["--masterauth", "pw"]),
    args(&["--databases", "2"]),
    args(&["--databases", "0"]),
    args(&["--protected-mode", "off"]),
    args(&["--requirepass", "pw", "--databases", "3"]),
    args(&["--requirepass", "pw", "--rename-command", "AUTH", ""]),
    args(&["--user", "default", "on", ">pw", "~*", "+@all"]),
    args(&["--user", "app", "on", ">secret", "~*", "+@all"]),
    args(&["--user", "app", "on", "nopass", "~*", "+@all"]),
    args(&["--user", "app", "off", ">secret", "~*", "+@all"]),
    args(&["--user", "default", "off", "--user", "app", "on", ">secret", "~*", "+@all"]),
    conf("requirepass pw\n", &[]),
    conf("  requirepass \"pw\"\r\n", &[]),
    conf("requirepass 'pw'\n", &["--requirepass", "cli"]),
    conf("requirepass pw\n", &["--requirepass", ""]),
    conf("requirepass \"\"\n", &[]),
    conf("requirepass\n", &[]),
    conf("requirepass pw # comment\n", &[]),
    conf("requirepass \"pw\n", &[]),
    conf("requirepass $REDIS_PASSWORD\n", &[]),
    conf("requirepass=pw\n", &[]),
    conf("requirepass a\nrequirepass pw\n", &[]),
    conf("requirepass \"p\\x41w\"\n", &[]),
    conf("requirepass pw\nuser default on nopass ~* +@all\n", &[]),
    conf("user default on >apw ~* +@all\nrequirepass pw\n", &[]),
    conf("requirepass pw\nuser default off\n", &[]),
    conf("requirepass pw\nuser app on >secret ~* +@all\n", &[]),
    conf("user default >a ~* +@all\n", &[]),
    conf("user default on >a >pw ~* +@all\n", &[]),
    conf("user default on nopass >a ~* +@all\n", &[]),
    conf("user default on >a nopass ~* +@all\n", &[]),
    conf("user default reset on ~* +@all\n", &[]),
    conf("user app on >a\nuser app on >b\n", &[]),
    conf(DIGEST, &[]),
    conf("maxmemory-policy allkeys-lru\nmasterauth pw\n", &[]),
    acl("user app on >secret ~* +@all\n", &["--requirepass", "pw"]),
    acl("", &["--requirepass", "b"]),
    acl("user default on >a ~* +@all\n", &["--requirepass", "b"]),
    acl("user app on >secret ~* +@all\n", &["--user", "x", "on"]),
    args(&["--aclfile", "@/nowhere.acl"]),
];

/// A client: its URL (`H` stands for the server), and what redis-py is known to take from it.
struct Setting {
    url: &'static str,
    user: &'static str,
    password: &'static str,
    db: u32,
}

const fn client(url: &'static str, user: &'static str, password: &'static str, db: u32) -> Setting {
    Setting { url, user, password, db }
}

const SETTINGS: &[Setting] = &[
    client("redis://H", "", "", 0),
    client("redis://H/", "", "", 0),
    client("redis://H/0", "", "", 0),
    client("redis://H/1", "", "", 1),
    client("redis://H/1/", "", "", 1),
    client("redis://H/2", "", "", 2),
    client("redis://H/15", "", "", 15),
    client("redis://H/16", "", "", 16),
    client("redis://H?db=3", "", "", 3),
    client("redis://H/1?db=2", "", "", 2),
    client("redis://H/abc", "", "", 0),
    client("redis://H/0/extra", "", "", 0),
    client("redis://:@H", "", "", 0),
    client("redis://@H", "", "", 0),
    client("redis://:pw@H", "", "pw", 0),
    client("redis://:pw@H/1", "", "pw", 1),
    client("redis://:pw@H/3", "", "pw", 3),
    client("redis://:wrong@H", "", "wrong", 0),
    client("redis://pw@H", "pw", "", 0),
    client("redis://pw:@H", "pw", "", 0),
    client("redis://default@H", "default", "", 0),
    client("redis://default:pw@H", "default", "pw", 0),
    client("redis://default:wrong@H", "default", "wrong", 0),
    client("redis://default:a@H", "default", "a", 0),
    client("redis://app@H", "app", "", 0),
    client("redis://app:secret@H", "app", "secret", 0),
    client("redis://app:wrong@H", "app", "wrong", 0),
    client("redis://app:test@H", "app", "test", 0),
    client("redis://nobody:pw@H", "nobody", "pw", 0),
    client("redis://:None@H", "", "None", 0),
    client("redis://:a@H", "", "a", 0),
    client("redis://:apw@H", "", "apw", 0),
    client("redis://:cli@H", "", "cli", 0),
    client("redis://:p%23w@H", "", "p#w", 0),
    client("redis://:p@ss@H", "", "p@ss", 0),
    client("redis://:p%40ss@H", "", "p@ss", 0),
    client("redis://:p%41w@H", "", "pAw", 0),
    client("redis://:s3%20cret@H", "", "s3 cret", 0),
    client("redis://:s3+cret@H", "", "s3+cret", 0),
    client("redis://:%22pw%22@H", "", "\"pw\"", 0),
    client("redis://:$REDIS_PASSWORD@H", "", "$REDIS_PASSWORD", 0),
    client("redis://H?password=pw", "", "pw", 0),
    client("redis://:pw@H?password=wrong", "", "pw", 0),
    client("redis://H?username=app&password=secret", "app", "secret", 0),
    client("redis://app:s:ecret@H", "app", "s:ecret", 0),
    client("redis://:p%w@H", "", "p%w", 0),
];

/// URLs that redis-py refuses by itself; only its own answer can be compared.
const REFUSED: &[&str] = &[
    "redis://:p#w@H",
    "redis://:p/w@H",
    "redis://:p?w@H",
    "redis://:p[w@H",
    "REDIS://H",
    "H",
    "redis:H",
    "valkey://H",
    "\"redis://H\"",
    "redis://h:${PORT}/0",
    "redis://H?ssl=true",
    "redis://H?ssl_cert_reqs=none",
    "redis://H?db=x",
    "redis://H?timeout=abc",
    "redis://h:70000",
];

// --- our side --------------------------------------------------------------------------------------------------

struct Ours {
    sources: Sources,
    symbols: Symbols,
    server: Server,
}

fn text(value: &str) -> Text {
    Text::mapped(value, place())
}

fn place() -> Span {
    Span::new(redislint::source::FileId(0), 0..1)
}

/// Our reading of a setup, in a container whose image tag names the version.
fn ours(setup: &Setup, image: &str) -> Ours {
    let mut sources = Sources::default();
    sources.add("compose.yaml", b"services: {}", None);
    let (mut facts, mut files) = (Facts::default(), Vec::new());
    for (name, body) in [("redis.conf", setup.conf), ("users.acl", setup.acl)] {
        let Some(body) = body else { continue };
        let file = sources.add(name, body.as_bytes(), None);
        let (lines, _) = redis_conf::parse(file, body);
        facts.confs.push(ConfFile { file, path: name.to_owned(), lines });
        files.push((name.to_owned(), None));
    }
    let index = Index::new(files.clone());
    let mounts = files.iter().map(|(name, _)| Mount {
        span: place(),
        source: Some(name.clone()),
        target: format!("/cfg/{name}"),
        content: None,
        exists: Some(true),
    });
    let argv = argv(setup, "6379", "/cfg");
    let command: Vec<Text> = std::iter::once("redis-server").chain(argv.iter().map(String::as_str)).map(text).collect();
    let container = Container {
        name: "redis".to_owned(),
        span: place(),
        image: Some(Resolved::known(text(image), Vec::new())),
        build: None,
        entrypoint: None,
        command: Some(vec![Case { when: Vec::new(), value: command, trace: Vec::new() }]),
        command_span: Some(place()),
        environment: Variables::default(),
        mounts: mounts.collect(),
        published: Vec::new(),
        expose: Vec::new(),
        networks: None,
        network_mode: None,
        container_name: None,
        extra_hosts: Vec::new(),
        links: Vec::new(),
        depends_on: Vec::new(),
        healthcheck: None,
        healthcheck_span: None,
        working_dir: None,
        profiles: Vec::new(),
    };
    let symbols = Symbols::default();
    let server = server_auth::server(&container, &facts, &index, &mut sources, &symbols).expect("a server");
    Ours { sources, symbols, server }
}

impl Ours {
    fn outcome(&self, url: &str, version: (u32, u32)) -> Outcome {
        assert!(self.sources.find("compose.yaml").is_some());
        let settings =
            ConnectionSettings { url: Some(Resolved::known(text(url), Vec::new())), ..ConnectionSettings::default() };
        let range = VersionRange { from: Some(version), to: Some(version) };
        let cases = handshake::connect(&settings, Family::RedisPy, range, &self.symbols);
        let [case] = cases.as_slice() else { panic!("one case for {url}") };
        let auth: &Auth = &self.server.auth[0].auth;
        let all = handshake::outcomes(case, Family::RedisPy, range, &self.server, auth, &self.symbols);
        let [(_, outcome)] = all.as_slice() else { panic!("one version has one outcome: {url}") };
        outcome.clone()
    }
}

/// Our outcome in the words of a transcript.
fn spoken(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Works | Outcome::WorksUnauthenticated { .. } => "PONG".to_owned(),
        Outcome::Fails { stage: FailStage::Start, .. } => "does not start".to_owned(),
        Outcome::Fails { error, .. } => error.clone(),
        Outcome::Hangs { .. } => "hangs".to_owned(),
        Outcome::Undetermined => "undetermined".to_owned(),
    }
}

// --- the real side ---------------------------------------------------------------------------------------------

fn argv(setup: &Setup, port: &str, folder: &str) -> Vec<String> {
    let mut argv = Vec::new();
    if setup.conf.is_some() {
        argv.push("@/redis.conf");
    }
    argv.extend(["--port", port, "--save", ""]);
    if setup.acl.is_some() {
        argv.extend(["--aclfile", "@/users.acl"]);
    }
    argv.extend(setup.arguments);
    argv.iter().map(|word| word.replace('@', if word.starts_with("@/") { folder } else { "@" })).collect()
}

/// A server of ours, ended with this value.
struct Live {
    child: Child,
    port: u16,
}

impl Drop for Live {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a server; `None`: it refuses.
fn start(program: &Path, setup: &Setup, folder: &Path) -> Option<Live> {
    let write = |name: &str, body: Option<&str>| {
        if let Some(body) = body {
            std::fs::write(folder.join(name), body).expect("a temporary folder");
        }
    };
    write("redis.conf", setup.conf);
    write("users.acl", setup.acl);
    let port = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("its address").port();
    let mut child = Command::new(program)
        .args(argv(setup, &port.to_string(), &folder.display().to_string()))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("a server program");
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(10) {
        if child.try_wait().expect("a child").is_some() {
            return None;
        }
        // A server that will refuse its ACL file listens before it says so: only a reply counts.
        if TcpStream::connect(("127.0.0.1", port)).is_ok_and(|stream| Resp::over(stream).replies()) {
            return Some(Live { child, port });
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    let _ = child.kill();
    let _ = child.wait();
    panic!("{} neither starts nor refuses", program.display());
}

/// A connection that speaks RESP as far as this test needs it.
struct Resp(BufReader<TcpStream>);

impl Resp {
    fn open(port: u16) -> Self {
        Self::over(TcpStream::connect(("127.0.0.1", port)).expect("a server"))
    }

    /// Whether the other end answers at all.
    fn replies(&mut self) -> bool {
        let mut line = String::new();
        self.0.get_mut().write_all(b"*1\r\n$4\r\nPING\r\n").is_ok()
            && self.0.read_line(&mut line).is_ok_and(|read| read > 0)
    }

    fn over(stream: TcpStream) -> Self {
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("a timeout");
        Self(BufReader::new(stream))
    }

    /// Sends a command and returns the reply; replies longer than one line only by their first.
    fn call(&mut self, words: &[&str]) -> String {
        let mut out = format!("*{}\r\n", words.len());
        for word in words {
            out.push_str(&format!("${}\r\n{word}\r\n", word.len()));
        }
        self.0.get_mut().write_all(out.as_bytes()).expect("a connection");
        let mut line = String::new();
        self.0.read_line(&mut line).expect("a reply");
        // HELLO answers with a map of flat values (and an empty list of modules).
        if let Some(pairs) = line.strip_prefix('%') {
            self.skip(2 * pairs.trim().parse::<usize>().expect("a count"));
        }
        line.trim_end().to_owned()
    }

    fn skip(&mut self, values: usize) {
        let mut left = values;
        while left > 0 {
            left -= 1;
            let mut line = String::new();
            self.0.read_line(&mut line).expect("a reply");
            let count = || line[1..].trim().parse::<usize>().unwrap_or(0);
            match line.as_bytes().first() {
                Some(b'$') => {
                    let mut body = String::new();
                    self.0.read_line(&mut body).expect("a reply");
                }
                Some(b'*') => left += count(),
                Some(b'%') => left += 2 * count(),
                _ => {}
            }
        }
    }
}

/// Says what redis-py says (facts.md §1.3) and returns `PONG` or the first error.
fn converse(port: u16, setting: &Setting, resp3: bool) -> String {
    let mut resp = Resp::open(port);
    let Setting { user, password, .. } = setting;
    let index = setting.db.to_string();
    let mut commands: Vec<Vec<&str>> = Vec::new();
    match (resp3, user.is_empty(), password.is_empty()) {
        (false, true, true) => {}
        (false, true, false) => commands.push(vec!["AUTH", password]),
        (false, false, _) => commands.push(vec!["AUTH", user, password]),
        (true, true, true) => commands.push(vec!["HELLO", "3"]),
        (true, _, _) => {
            commands.push(vec!["HELLO", "3", "AUTH", if user.is_empty() { "default" } else { user }, password]);
        }
    }
    if setting.db > 0 {
        commands.push(vec!["SELECT", &index]);
    }
    commands.push(vec!["PING"]);
    for command in commands {
        let reply = resp.call(&command);
        if let Some(error) = reply.strip_prefix('-') {
            // The rest of this line holds the password.
            return error.split(", with args").next().unwrap_or(error).to_owned();
        }
    }
    "PONG".to_owned()
}

/// The servers at hand with the image that stands for each.
fn servers() -> Vec<(PathBuf, String)> {
    let listed = std::env::var("REDISLINT_REDIS_SERVERS").unwrap_or_default();
    let mut paths: Vec<PathBuf> = listed.split(':').filter(|path| !path.is_empty()).map(PathBuf::from).collect();
    if paths.is_empty() {
        paths.push(PathBuf::from("redis-server"));
    }
    let image = |path: &PathBuf| {
        let out = Command::new(path).arg("--version").output().ok()?;
        let out = String::from_utf8_lossy(&out.stdout).into_owned();
        let version = out.split("v=").nth(1)?.split_whitespace().next()?.to_owned();
        let name = if out.contains("Valkey") { "valkey/valkey" } else { "redis" };
        Some((path.clone(), format!("{name}:{version}")))
    };
    paths.iter().filter_map(image).collect()
}

type Transcript = BTreeMap<String, BTreeMap<String, String>>;

fn record(program: &Path, image: &str) -> Transcript {
    let mut all = Transcript::new();
    for (at, setup) in SETUPS.iter().enumerate() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let live = start(program, setup, folder.path());
        let answers = all.entry(format!("{image} {at}")).or_default();
        for setting in SETTINGS {
            for (name, resp3) in [("7.4", false), ("8.0", true)] {
                let answer = match &live {
                    Some(live) => converse(live.port, setting, resp3),
                    None => "does not start".to_owned(),
                };
                answers.insert(format!("{name} {}", setting.url), answer);
            }
        }
    }
    all
}

/// Compares and returns the number of cells and of those that we could not tell.
fn compare(transcript: &Transcript) -> (usize, usize, Vec<String>) {
    let (mut cells, mut untold, mut wrong) = (0, 0, Vec::new());
    for (key, answers) in transcript {
        let (image, at) = key.rsplit_once(' ').expect("image and number");
        let setup = &SETUPS[at.parse::<usize>().expect("a number")];
        let ours = ours(setup, image);
        for (asked, real) in answers {
            let (version, url) = asked.split_once(' ').expect("version and URL");
            let version = if version == "7.4" { (7, 4) } else { (8, 0) };
            let url = url.replace('H', "redis");
            let said = spoken(&ours.outcome(&url, version));
            cells += 1;
            untold += usize::from(said == "undetermined");
            if said != *real && said != "undetermined" {
                wrong.push(format!("{key} {:?} {asked}: we say {said:?}, real {real:?}", setup.arguments));
            }
        }
    }
    (cells, untold, wrong)
}

/// A transcript on disk: the distinct answers, and for each server the numbers of its answers in the order of
/// [`questions`].
#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    answers: Vec<String>,
    servers: BTreeMap<String, Vec<usize>>,
}

fn questions() -> Vec<String> {
    SETTINGS.iter().flat_map(|setting| ["7.4", "8.0"].map(|version| format!("{version} {}", setting.url))).collect()
}

fn keep(all: &Transcript) {
    let mut answers: Vec<String> = all.values().flat_map(BTreeMap::values).cloned().collect();
    answers.sort();
    answers.dedup();
    let number = |answer: &String| answers.binary_search(answer).expect("it was collected");
    let row = |row: &Transcript, key: &String| questions().iter().map(|asked| number(&row[key][asked])).collect();
    let servers = all.keys().map(|key| (key.clone(), row(all, key))).collect();
    let text = serde_json::to_string(&Kept { answers, servers }).expect("JSON").replace("],\"", "],\n\"");
    std::fs::write(transcripts(), text + "\n").expect("the transcript file");
}

fn replay() -> Transcript {
    let text = std::fs::read_to_string(transcripts()).expect("recorded transcripts");
    let kept: Kept = serde_json::from_str(&text).expect("JSON");
    let row = |numbers: Vec<usize>| {
        assert_eq!(numbers.len(), questions().len(), "the settings changed: record anew");
        questions().into_iter().zip(numbers).map(|(asked, at)| (asked, kept.answers[at].clone())).collect()
    };
    kept.servers.clone().into_iter().map(|(key, numbers)| (key, row(numbers))).collect()
}

fn transcripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts/redis.json")
}

#[test]
fn servers_answer_as_predicted() {
    let found = servers();
    let mut all = Transcript::new();
    for (program, image) in &found {
        all.extend(record(program, image));
    }
    let mode = if found.is_empty() { "replay" } else { "live" };
    if found.is_empty() {
        all = replay();
    } else if std::env::var_os("REDISLINT_RECORD").is_some() {
        keep(&all);
    }
    let (cells, untold, wrong) = compare(&all);
    println!("oracle_redis: {mode}, {} servers, {cells} cells, {untold} undetermined", all.len());
    assert!(cells >= 40 * 40, "only {cells} cells");
    assert!(wrong.is_empty(), "{} of {cells} cells differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(untold * 100 <= cells * 3, "{untold} of {cells} cells undetermined");
}

/// Asks real redis-py for every URL; prints one JSON list of answers.
const PYTHON: &str = r"
import json, sys, redis
answers = []
for url in json.load(sys.stdin):
    try:
        answers.append('PONG' if redis.Redis.from_url(url, socket_timeout=3).ping() else 'no')
    except Exception as error:
        answers.append(type(error).__name__ + ': ' + str(error))
print(json.dumps([redis.__version__, answers]))
";

#[test]
fn redis_py_answers_as_predicted() {
    let found = servers();
    let (Some(python), Some((program, image))) = (std::env::var_os("REDISLINT_PYTHON"), found.first()) else {
        println!("oracle_redis: redis-py skipped, REDISLINT_PYTHON or a server is missing");
        return;
    };
    let (mut cells, mut wrong) = (0, Vec::new());
    for setup in SETUPS {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let Some(live) = start(program, setup, folder.path()) else { continue };
        let ours = ours(setup, image);
        let urls: Vec<&str> = SETTINGS.iter().map(|setting| setting.url).chain(REFUSED.iter().copied()).collect();
        let real: Vec<String> = urls.iter().map(|url| url.replace('H', &format!("127.0.0.1:{}", live.port))).collect();
        let mut child = Command::new(&python)
            .args(["-c", PYTHON])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the interpreter of REDISLINT_PYTHON");
        let input = serde_json::to_string(&real).expect("JSON");
        child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("a pipe");
        let out = child.wait_with_output().expect("redis-py").stdout;
        let (version, answers): (String, Vec<String>) = serde_json::from_slice(&out).expect("JSON of the script");
        let mut numbers = version.split('.').filter_map(|part| part.parse().ok());
        let version = (numbers.next().expect("major"), numbers.next().expect("minor"));
        for (url, answer) in urls.iter().zip(answers) {
            let said = spoken(&ours.outcome(&url.replace('H', "redis"), version));
            cells += 1;
            if said != "undetermined" && !same(&said, &answer) {
                wrong.push(format!(
                    "{:?} {:?} {url}: we say {said:?}, redis-py {answer:?}",
                    setup.conf, setup.arguments
                ));
            }
        }
    }
    println!("oracle_redis: redis-py live, {cells} cells");
    assert!(wrong.is_empty(), "{} of {cells} cells differ:\n{}", wrong.len(), wrong.join("\n"));
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
