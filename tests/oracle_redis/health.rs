//! Health checks: how they exit and what they leave behind, with the real redis-cli inside the real shell.
//!
//! Options × commands × ways of writing them down, each against some of the server states and environments (all of them
//! in turn). Live with the servers of `REDISLINT_REDIS_SERVERS` and the `redis-cli` beside each, or that of the `PATH`;
//! else the ends recorded in `tests/transcripts/health.json` are compared. `REDISLINT_RECORD=1` writes them anew.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::catalogue::Setup;
use crate::live::{Live, Resp, servers, start};
use crate::ours::ours_with;

/// Options before the command; `6379` stands for the server's port.
const OPTIONS: &[&str] = &[
    "",
    "-e",
    "-a pw",
    "-a wrong",
    "-a pw -e",
    "-a \"$PW\"",
    "-a $PW",
    "-a \"$EMPTY\"",
    "-a $EMPTY",
    "--pass pw --no-auth-warning",
    "--user app --pass secret",
    "--user default -a pw",
    "--user default",
    "--user nobody -a pw",
    "-u redis://:pw@127.0.0.1:6379",
    "-u redis://pw@127.0.0.1:6379",
    "-u redis://default:pw@127.0.0.1:6379/1",
    "-u redis://app:secret@localhost:6379",
    "-u redis://127.0.0.1:6379",
    "-u 127.0.0.1:6379",
    "-n 1",
    "-n 99",
    "-n 99 -e",
    "-h localhost --raw",
    "-h 127.0.0.1 -p 6379 --no-raw",
    "-p 1",
    "-3",
    "-r 2",
    "-t 1",
    "--nosuch",
    "-v",
];

const COMMANDS: &[&str] = &[
    "ping",
    "PING",
    "ping hello",
    "ping too many",
    "incr ping",
    "set key value",
    "incr",
    "dbsize",
    "info",
    "echo PONG",
    "auth pw",
    "auth pw ping",
    "",
];

/// How the call is written down; `@` stands for it.
const FORMS: &[&str] = &[
    "exec @",
    "@",
    "@ || exit 1",
    "@ | grep PONG",
    "@ | grep -q PONG || exit 1",
    "@ | grep -c NOAUTH",
    "@ 2>/dev/null | grep -v PONG",
    "test \"$(@)\" = \"PONG\"",
    "[ `@` != NOAUTH ] && exit 0",
    "@ && exit 0 || exit 1",
    "REDISCLI_AUTH=pw @",
    "export REDISCLI_AUTH=$PW; @ | grep -i pong",
    "REDISCLI_AUTH=pw; @",
    "timeout 5 @ | grep PONG || false",
];

const ENVIRONMENTS: &[&[(&str, &str)]] = &[
    &[("PW", "pw"), ("EMPTY", "")],
    &[("PW", "pw"), ("REDISCLI_AUTH", "pw")],
    &[("PW", "wrong"), ("EMPTY", ""), ("REDISCLI_AUTH", "")],
];

/// The user with whom the test looks for keys.
const PROBE: &str = "user probe on >probe ~* +@all";

const STATES: &[&str] = &[
    "",
    "requirepass pw",
    "requirepass other",
    "user default off\nuser app on >secret ~* +@all",
    "user app on >secret ~* +@all",
    "requirepass pw\nuser app on >secret ~* +@all\ndatabases 2",
    "user default on >pw ~* +@all -ping",
    "user default on nopass ~* -@all +@connection",
    "user default on nopass ~* +@read +ping",
    "requirepass pw\nrename-command PING \"\"",
    "user default on >a >pw ~* +@all",
    "databases 1",
];

/// How many states and environments each check meets when `REDISLINT_FULL` is set.
const ROUNDS: usize = 4;

/// One check: option, command and form by number.
#[derive(Clone, Copy)]
struct Check(usize, usize, usize);

fn checks() -> Vec<Check> {
    let pairs = (0..OPTIONS.len()).flat_map(|option| (0..COMMANDS.len()).map(move |command| (option, command)));
    pairs.flat_map(|(option, command)| (0..FORMS.len()).map(move |form| Check(option, command, form))).collect()
}

impl Check {
    fn line(self) -> String {
        let call = ["redis-cli", OPTIONS[self.0], COMMANDS[self.1]].join(" ");
        FORMS[self.2].replace('@', call.split_whitespace().collect::<Vec<_>>().join(" ").as_str())
    }

    /// The `test` of a compose file.
    fn test(self) -> Vec<String> {
        let line = self.line();
        match line.strip_prefix("exec ") {
            Some(call) => std::iter::once("CMD").chain(call.split(' ')).map(str::to_owned).collect(),
            None => vec!["CMD-SHELL".to_owned(), line],
        }
    }
}

/// Which state and environment the `nth` check meets in round `round`: another one each time.
fn meets(nth: usize, round: usize) -> (usize, usize) {
    ((nth * 5 + round) % STATES.len(), (nth / 3 + round) % ENVIRONMENTS.len())
}

fn setup(state: usize) -> Setup {
    Setup { conf: Some(format!("{}\n{PROBE}\n", STATES[state])), acl: None, arguments: Vec::new() }
}

/// `0`, `1`: it exits so (or with another failure); `w`, `x`: the same, and there is a key afterwards.
fn end(success: bool, wrote: bool) -> char {
    match (success, wrote) {
        (true, false) => '0',
        (false, false) => '1',
        (true, true) => 'w',
        (false, true) => 'x',
    }
}

/// A folder with a `redis-cli` that asks this server's port unless told otherwise.
fn tools(folder: &Path, cli: &Path, port: u16) -> PathBuf {
    let bin = folder.join("bin");
    std::fs::create_dir(&bin).expect("a temporary folder");
    let script = bin.join("redis-cli");
    std::fs::write(&script, format!("#!/bin/sh\nexec {} -p {port} \"$@\"\n", cli.display())).expect("a script");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).expect("a script");
    bin
}

/// Runs a check as the engine does: no shell for `CMD`, `/bin/sh -c` for `CMD-SHELL`, nothing on the standard input.
fn really(check: Check, live: &Live, bin: &Path, environment: &[(&str, &str)]) -> char {
    let test: Vec<String> = check.test().iter().map(|word| word.replace("6379", &live.port.to_string())).collect();
    let mut command = if test[0].as_str() == "CMD" {
        let mut command = Command::new(bin.join("redis-cli"));
        command.args(&test[2..]);
        command
    } else {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &test[1]]);
        command
    };
    command.env_clear().env("PATH", format!("{}:/usr/bin:/bin", bin.display())).env("HOME", bin);
    command.envs(environment.iter().copied()).current_dir(bin);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let success = command.status().expect("a shell").success();
    let mut probe = Resp::open(live.port);
    probe.call(&["AUTH", "probe", "probe"]);
    let mut wrote = false;
    for db in ["0", "1"] {
        wrote |= probe.call(&["SELECT", db]) == "+OK" && probe.call(&["DBSIZE"]) != ":0";
    }
    probe.call(&["FLUSHALL"]);
    end(success, wrote)
}

/// The tool beside a server, or that of the `PATH`.
pub fn cli(server: &Path) -> PathBuf {
    let beside = server.with_file_name("redis-cli");
    if beside.exists() { beside } else { PathBuf::from("/usr/bin/redis-cli") }
}

/// All checks in `rounds` rounds, or the `share`th of so many shares of one round; what was not asked stays `?`.
fn record(program: &Path, rounds: usize, (share, shares): (usize, usize)) -> String {
    let checks = checks();
    let mut all = vec!['?'; checks.len() * rounds];
    for state in 0..STATES.len() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let live = start(program, &setup(state), folder.path()).expect("a server that starts");
        let bin = tools(folder.path(), &cli(program), live.port);
        for round in 0..rounds {
            for (nth, check) in checks.iter().enumerate() {
                let (met, environment) = meets(nth, round);
                // Only the tool of 7.0 is at hand for Valkey.
                let foreign =
                    OPTIONS[check.0] == "-t 1" && !cli(program).starts_with(program.parent().expect("a folder"));
                if met == state && nth % shares == share && !foreign {
                    all[round * checks.len() + nth] = really(*check, &live, &bin, ENVIRONMENTS[environment]);
                }
            }
        }
    }
    all.into_iter().collect()
}

type Recorded = BTreeMap<String, String>;

/// Variables of the check's process.
type Environment = &'static [(&'static str, &'static str)];

/// A bug on our side: what it does to the image, the check's words and the environment.
struct Plant {
    name: &'static str,
    image: fn(&str) -> String,
    word: fn(&str) -> String,
    variables: fn(Environment) -> Environment,
}

const NONE: Plant = Plant { name: "none", image: str::to_owned, word: str::to_owned, variables: |variables| variables };

const PLANTS: &[Plant] = &[
    Plant { name: "6.2 is 7.0", image: |image| image.replace(":6.2.14", ":7.0.15"), ..NONE },
    Plant { name: "`-e` is ignored", word: |word| word.replace("-e ", "").replace("-e", "-c"), ..NONE },
    Plant { name: "the environment is ignored", variables: |_| &[], ..NONE },
    Plant {
        name: "what is behind the pipe is ignored",
        word: |word| word.split('|').next().unwrap_or_default().to_owned(),
        ..NONE
    },
    Plant { name: "users are passwords", word: |word| word.replace("redis://:pw@", "redis://pw@"), ..NONE },
    Plant { name: "databases have no end", word: |word| word.replace("-n 99", "-n 0").replace("99", "0"), ..NONE },
    Plant { name: "`incr` is `get`", word: |word| word.replace("incr", "get"), ..NONE },
];

/// Differences, cells, undetermined ones, and cells by feature; looks at every `step`th cell.
fn compare(recorded: &Recorded, plant: &Plant, step: usize) -> (Vec<String>, usize, usize, BTreeMap<String, usize>) {
    let (mut wrong, mut cells, mut untold, mut features) = (Vec::new(), 0, 0, BTreeMap::new());
    let checks = checks();
    for (image, ends) in recorded {
        assert_eq!(ends.len() % checks.len(), 0, "the checks changed: record anew");
        for (at, real) in ends.chars().enumerate().filter(|(_, real)| *real != '?').step_by(step) {
            let (nth, round) = (at % checks.len(), at / checks.len());
            let (state, environment) = meets(nth, round);
            let (check, variables) = (checks[nth], ENVIRONMENTS[environment]);
            let test: Vec<String> = check.test().iter().map(|word| (plant.word)(word)).collect();
            let ours = ours_with(&setup(state), &(plant.image)(image), Some(&test), (plant.variables)(variables));
            let said = ours.server.healthcheck.and_then(|health| health.ends.into_iter().next()).unwrap_or_default();
            cells += 1;
            let real_feature = ["exits with 0", "fails"][usize::from(matches!(real, '1' | 'x'))];
            for feature in [OPTIONS[check.0], COMMANDS[check.1], FORMS[check.2], STATES[state], real_feature] {
                *features.entry(feature.to_owned()).or_default() += 1;
            }
            *features.entry("leaves a key".to_owned()).or_default() += usize::from(matches!(real, 'w' | 'x'));
            let Some(passes) = said.passes else {
                untold += 1;
                continue;
            };
            if end(passes, said.writes) != real {
                wrong.push(format!(
                    "{image} {:?} {variables:?} {}: we say {said:?}, real {real}",
                    STATES[state],
                    check.line()
                ));
            }
        }
    }
    (wrong, cells, untold, features)
}

fn transcript() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts/health.json")
}

fn replay() -> Recorded {
    serde_json::from_str(&std::fs::read_to_string(transcript()).expect("a transcript")).expect("JSON")
}

#[test]
fn health_checks_end_as_predicted() {
    let found = servers();
    let live = !found.is_empty() && found.iter().all(|(program, _)| cli(program).exists());
    let recorded = if live {
        let full = std::env::var_os("REDISLINT_FULL").is_some();
        let asked = |(nth, (program, image)): (usize, &(PathBuf, String))| {
            let ends = if full { record(program, ROUNDS, (0, 1)) } else { record(program, 1, (nth, found.len())) };
            (image.clone(), ends)
        };
        let all: Recorded = found.iter().enumerate().map(asked).collect();
        if std::env::var_os("REDISLINT_RECORD").is_some() {
            std::fs::write(transcript(), serde_json::to_string_pretty(&all).expect("JSON") + "\n").expect("a file");
        }
        all
    } else {
        replay()
    };
    let (wrong, cells, untold, features) = compare(&recorded, &NONE, 1);
    let mode = if live { "live" } else { "replay" };
    println!("oracle_redis: health checks {mode}: {cells} cells, {untold} undetermined, {} differ", wrong.len());
    for (feature, count) in &features {
        println!("oracle_redis: {count:6} {feature:?}");
        assert!(*count >= 50, "{feature} is hardly tested");
    }
    assert!(wrong.is_empty(), "{} of {cells} differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(untold * 100 <= cells * 3, "{untold} of {cells} undetermined");
}

#[test]
fn planted_bugs_in_health_checks_are_caught() {
    let recorded = replay();
    for plant in PLANTS {
        let wrong = compare(&recorded, plant, 5).0.len();
        println!("oracle_redis: planted: {}: {wrong} health checks differ", plant.name);
        assert!(wrong > 0, "not caught: {}", plant.name);
    }
}
