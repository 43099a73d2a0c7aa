//! `redis-cli -u URL`: whom it logs in as, and in which database it ends up, with the real tool.
//!
//! Every login with every path. Live with the servers of `REDISLINT_REDIS_SERVERS` and the `redis-cli` beside each, one of
//! them for each URL unless `REDISLINT_FULL` is set; else the answers in `tests/transcripts/cli_urls.json` are
//! compared, which `REDISLINT_RECORD=1` writes anew.

use std::process::{Command, Stdio};

use redislint::model::{Family, Outcome, VersionRange};
use redislint::resolve::evaluate::ConnectionSettings;

use crate::catalogue::Setup;
use crate::health::cli;
use crate::live::{servers, start};
use crate::ours::{Ours, known, ours};
use crate::transcript::{self, Rows};

const SCHEMES: &[&str] = &["redis://", "REDIS://", "Redis://", "redis:/", "http://", "valkey://", "", " redis://"];

const LOGINS: &[&str] = &[
    "",
    "@",
    ":@",
    "pw@",
    ":pw@",
    "default:pw@",
    "app:secret@",
    "app:wrong@",
    "app@",
    "app:@",
    "wrong@",
    "nobody:pw@",
    "p%77@",
    ":p%77@",
    "default:p%77@",
    "app:secre%74@",
    "%61pp:secret@",
    "pw%@",
    "pw%4@",
    "pw%zz@",
    "p%2577@",
    "default:p:w@",
    "app:sec:ret@",
    "p@w@",
    "default:pw@@",
    "APP:secret@",
    "app:secret%00@",
    "app:secret+@",
    "pw%20@",
    " pw@",
    "default:\"pw\"@",
    "pw/x@",
    "pw?x@",
    "pw#x@",
    "default:p[w@",
];

const PLACES: &[&str] = &["127.0.0.1:6379", "localhost:6379", ":6379", "127.0.0.1:6379x", "127.0.0.1:+6379"];

const PATHS: &[&str] = &[
    "", "/", "/0", "/1", "/01", "/1x", "/x1", "/ 1", "/+1", "/-1", "/15", "/16", "/1/2", "/1?db=2", "?db=1", "/%31",
    "#1", "/1#2",
];

const STATES: &[&str] = &[
    "",
    "requirepass pw\n",
    "requirepass pw\nuser app on >secret ~* +@all\n",
    "user app on >secret ~* +@all\n",
    "user default off\nuser app on >secret ~* +@all\n",
];

/// Every login with every path, each with one scheme and place; odd schemes and places now and then.
fn urls() -> Vec<String> {
    let mut all = Vec::new();
    for (nth, login) in LOGINS.iter().enumerate() {
        for (at, path) in PATHS.iter().enumerate() {
            let number = nth * PATHS.len() + at;
            let scheme = if number.is_multiple_of(7) { SCHEMES[number / 7 % SCHEMES.len()] } else { SCHEMES[0] };
            let place = if number.is_multiple_of(3) { PLACES[number / 3 % PLACES.len()] } else { PLACES[0] };
            all.push(format!("{scheme}{login}{place}{path}"));
        }
    }
    all
}

/// What the tool came to: `db 1`, `refused login`, or `gives up`.
fn really(program: &std::path::Path, url: &str, port: u16) -> String {
    let url = url.replace("6379", &port.to_string());
    let mut command = Command::new(cli(program));
    // Without a host it goes to its usual one; the port of the option counts where the URL has none.
    command.args(["-p", &port.to_string(), "-u", &url, "CLIENT", "INFO"]).env_remove("REDISCLI_AUTH");
    let output = command.stdin(Stdio::null()).output().expect("redis-cli");
    let (text, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    match text.split_whitespace().find_map(|word| word.strip_prefix("db=")) {
        Some(db) => format!("db {db}"),
        None if text.contains("NOAUTH") || errors.contains("AUTH") => "refused login".to_owned(),
        None => "gives up".to_owned(),
    }
}

/// What we say of the tool in this version.
fn said(ours: &Ours, url: &str, version: VersionRange) -> String {
    let settings = ConnectionSettings { url: Some(known(url)), ..ConnectionSettings::default() };
    let (case, outcome) = ours.end(&settings, Family::RedisCli, version);
    // Names are not looked at there.
    if !case.host.as_ref().is_some_and(|host| matches!(host.as_str(), "127.0.0.1" | "localhost")) {
        return "gives up".to_owned();
    }
    // The default user of an open server takes any password, but only under its name.
    let logged_in = outcome == Outcome::Works || case.username.as_ref().is_some_and(|user| user.as_str() == "default");
    let db = case.db.filter(|db| *db < 16 && case.error.is_none());
    match outcome {
        Outcome::Works | Outcome::WorksUnauthenticated { .. } => {
            format!("db {}", db.filter(|_| logged_in).unwrap_or(0))
        }
        Outcome::Fails { fault: Some(_), .. } => "refused login".to_owned(),
        Outcome::Fails { .. } | Outcome::Hangs { .. } => "gives up".to_owned(),
        Outcome::Undetermined => "undetermined".to_owned(),
    }
}

/// The real answers, by server and state; `?`: not asked.
fn ask() -> Rows {
    let full = std::env::var_os("REDISLINT_FULL").is_some() || transcript::recording();
    let servers: Vec<_> = servers().into_iter().filter(|(program, _)| cli(program).exists()).collect();
    let mut rows = Rows::new();
    for (nth, (program, image)) in servers.iter().enumerate() {
        for (state, conf) in STATES.iter().enumerate() {
            let folder = tempfile::tempdir().expect("a temporary folder");
            let live = start(program, &setup(conf), folder.path()).expect("a server that starts");
            let asked = |at: usize| full || at % (servers.len() * STATES.len()) == state * servers.len() + nth;
            let answer = |(at, url): (usize, &String)| {
                if asked(at) { really(program, url, live.port) } else { "?".to_owned() }
            };
            rows.insert(format!("{image}|{state}"), urls().iter().enumerate().map(answer).collect());
        }
    }
    rows
}

fn setup(conf: &str) -> Setup {
    Setup { conf: Some(conf.to_owned()), acl: None, arguments: Vec::new() }
}

/// Cells, undetermined ones, and those that differ once `change` has had its way with the URL.
fn compare(rows: &Rows, change: fn(&str) -> String) -> (usize, usize, Vec<String>) {
    let (mut cells, mut untold, mut wrong) = (0, 0, Vec::new());
    for (key, answers) in rows {
        let (image, state) = key.split_once('|').expect("image and number");
        let conf = STATES[state.parse::<usize>().expect("a number")];
        // Beside Valkey stands the tool of the machine.
        let tool = if image.contains(":6.") { (6, 2) } else { (7, 0) };
        let version = VersionRange { from: Some(tool), to: Some(tool) };
        let ours = ours(&setup(conf), image);
        assert_eq!(answers.len(), urls().len(), "the URLs changed: record anew with REDISLINT_RECORD=1");
        for (url, real) in urls().iter().zip(answers).filter(|(_, real)| *real != "?") {
            let said = said(&ours, &change(url), version);
            cells += 1;
            untold += usize::from(said == "undetermined");
            if said != *real && said != "undetermined" {
                wrong.push(format!("{image} {conf:?} {url}: we say {said:?}, real {real:?}"));
            }
        }
    }
    (cells, untold, wrong)
}

#[test]
fn urls_of_redis_cli_end_as_predicted() {
    let mut rows = ask();
    let mode = if rows.is_empty() { "replay" } else { "live" };
    if rows.is_empty() {
        rows = transcript::replay("cli_urls");
    } else if transcript::recording() {
        transcript::keep("cli_urls", &rows);
    }
    let (cells, untold, wrong) = compare(&rows, str::to_owned);
    println!("oracle_redis: redis-cli -u {mode}: {cells} cells, {untold} undetermined, {} differ", wrong.len());
    assert!(wrong.is_empty(), "{} of {cells} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(untold * 100 <= cells * 3, "{untold} of {cells} undetermined");
    let plants: [fn(&str) -> String; 3] =
        [|url| url.replace("redis://:", "redis://"), |url| url.replace('%', "%25"), |url| url.replace("/1", "/2")];
    let recorded = transcript::replay("cli_urls");
    assert!(plants.iter().all(|plant| !compare(&recorded, *plant).2.is_empty()), "a planted bug is not caught");
}
