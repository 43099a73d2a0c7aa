//! How a server is started: through shells with variables and quotes, with included files, and with a configuration on the
//! standard input. Does it start, and which passwords let in?
//!
//! Live with the servers of `REDISLINT_REDIS_SERVERS` and `/bin/sh`, all scenes with each where `REDISLINT_FULL` is
//! set; else the answers in `tests/transcripts/started.json` are compared, which `REDISLINT_RECORD=1` writes anew.

use std::path::Path;

use crate::catalogue::Setting;
use crate::live::{Launch, converse, servers};
use crate::ours::{Ours, Scene, spoken};
use crate::transcript::{self, Rows};

/// What is put into the shell's words; `@` stands for the folder of the files.
const WORDS: &[&str] = &[
    "$PW",
    "\"$PW\"",
    "'$PW'",
    "${PW}",
    "\"${PW}\"",
    "${PW:-other}",
    "\"${PW:-other}\"",
    "${PW-other}",
    "${PW:+other}",
    "\"${UNSET:-$PW}\"",
    "${UNSET:-other}",
    "\"${UNSET:-}\"",
    "$UNSET",
    "\"$UNSET\"",
    "pre$PW",
    "pre\"$PW\"post",
    "\"pre-${PW}-post\"",
    "'s3 cret'",
    "s3\\ cret",
    "\"s3 cret\"",
    "\"p\\\"w\"",
    "\"p\\$w\"",
    "p\\$w",
    "'p$w'",
    "\"p\\w\"",
    "p'w'\"x\"",
    "pw#x",
    "\"#pw\"",
    "$(cat @/secret)",
    "$(echo pw)",
    "pw --appendonly no",
    "\"$PW\" --appendonly no",
    "$PW --databases 2",
    "pw # --appendonly",
    "pw;",
    "pw extra",
    "\"pw",
    "${PW",
    "--appendonly no",
    "''",
    "$OTHER",
    "\"$PW$OTHER\"",
    "${PW:?not set}",
    "${UNSET:?not set}",
    "$PWx",
    "${PW}x",
    "$\"pw\"",
    "~",
    "pw >/dev/null",
    "pw 2>&1",
    "pw </dev/null",
];

/// The script around `redis-server … --requirepass WORD`, for which `%` stands.
const SCRIPTS: &[&str] = &[
    "%",
    "exec %",
    "PW=inner; %",
    "export PW=inner; exec %",
    "export PW; %",
    "PW=inner %",
    "true && %",
    "false || %",
    "set -e; %",
    "set -eu\n%",
    "sleep 0; %",
    "cd / && exec %",
    "umask 077; %",
    "env OTHER=x %",
    "nohup %",
    "echo start; %",
    "[ -n \"$PW\" ] && %",
    "[ -n \"$PW\" ] || PW=inner; %",
    "if [ -n \"$PW\" ]; then %\nelse redis-server --port 6379 --save ''; fi",
    "if [ -z \"$PW\" ]; then redis-server --port 6379 --save ''; else %\nfi",
    "PW=\"$(cat @/secret)\" && export PW && exec %",
    ": \"${PW:=inner}\"; %",
    "PW=${PW:-inner}; %",
    "X=$PW; PW=; PW=$X; %",
    "sh -c '%'",
    "exec redis-server --port 6379 --save ''; %",
    "{ %\n}",
    "( %\n)",
    "redis-server --version; %",
];

const ENVIRONMENTS: &[&[(&str, &str)]] = &[
    &[("PW", "pw")],
    &[],
    &[("PW", "")],
    &[("PW", "s3 cret"), ("OTHER", "other")],
    &[("PW", "p$w"), ("OTHER", "")],
    &[("PW", "\"pw\"")],
    &[("PW", "p*w")],
];

/// Commands written by hand, with the files of [`FILES`].
const COMMANDS: &[&[&str]] = &[
    &["redis-server", "@/base.conf", "--port", "6379"],
    &["redis-server", "@/base.conf", "--port", "6379", "--requirepass", "a"],
    &["redis-server", "@/first.conf", "--port", "6379"],
    &["redis-server", "@/last.conf", "--port", "6379"],
    &["redis-server", "@/glob.conf", "--port", "6379"],
    &["redis-server", "@/nothing.conf", "--port", "6379"],
    &["redis-server", "@/missing.conf", "--port", "6379"],
    &["redis-server", "@/circle.conf", "--port", "6379"],
    &["redis-server", "@/quoted.conf", "--port", "6379"],
    &["redis-server", "@/relative.conf", "--port", "6379"],
    &["redis-server", "@/classes.conf", "--port", "6379"],
    &["redis-server", "@/deep.conf", "--port", "6379"],
    &["redis-server", "--port", "6379", "--include", "@/base.conf"],
    &["redis-server", "--port", "6379", "--include", "@/conf.d/*.conf"],
    &["redis-server", "--port", "6379", "--include", "@/conf.d/[1]*.conf"],
    &["redis-server", "--port", "6379", "--requirepass", "a", "--include", "@/base.conf"],
    &["redis-server", "--port", "6379", "@/base.conf"],
    &["redis-server", "base.conf", "--port", "6379"],
    &["redis-server", "./conf.d/../base.conf", "--port", "6379"],
    &["redis-server", "@/nowhere.conf", "--port", "6379"],
    &["redis-server", "", "--port", "6379"],
    &["redis-server", "-", "--port", "6379"],
    &["redis-server", "--port", "6379", "-"],
    &["redis-server", "--port", "6379", "--requirepass", "pw", "-"],
    &["redis-server", "-", "--port", "6379", "--requirepass", "pw"],
    &["redis-server", "@/base.conf", "--port", "6379", "-"],
    &["redis-server", "--port", "1", "--port", "6379", "--requirepass", "pw"],
    &["redis-server", "--PORT", "6379", "--RequirePass", "pw"],
    &["redis-server", "--port 6379", "--requirepass pw"],
    &["redis-server", "--port", "6379", "--requirepass", "pw", "--requirepass", ""],
    &["redis-server", "--port", "6379", "--requirepass", "--pw"],
    &["redis-server", "--port", "6379", "--requirepass", "-pw"],
    &["redis-server", "--port", "6379", "-requirepass", "pw"],
    &["redis-server", "--port", "6379", "requirepass", "pw"],
    &["redis-server", "--port", "6379", "--", "--requirepass", "pw"],
    &["redis-server", "--port", "6379", "--requirepass", "pw", ""],
    &["redis-server", "--port", "6379", "--requirepass", " pw"],
    &["redis-server", "--port", "6379", "--requirepass", "p\\x41w"],
    &["redis-server", "--port", "6379", "--requirepass", "'pw'"],
    &["redis-server", "--port", "6379", "--save", "--requirepass", "pw"],
    &["redis-server", "--port", "6379", "--save", "", "--requirepass", "pw"],
    &["redis-server", "--port", "6379", "--save", "60", "1", "--requirepass", "pw"],
    &["redis-server", "--port", "6379", "--save", "60", "--requirepass", "pw"],
    &["redis-server", "--port", "6379", "--bind", "127.0.0.1", "::1", "--requirepass", "pw"],
    &["redis-server", "--port", "6379", "--rename-command", "CONFIG", "", "--requirepass", "pw"],
    &["redis-server", "--port", "6379", "--rename-command", "PING", "--requirepass", "pw"],
    &["redis-server", "--port", "6379", "--user", "default", "on", ">pw", "~*", "+@all", "--requirepass", "a"],
    &["redis-server", "--port", "6379", "--user", "default on >pw ~* +@all"],
    &["redis-server", "--port", "6379", "--user default on >pw ~* +@all"],
    &["redis-server", "--port", "6379", "--aclfile", "@/users.acl", "--requirepass", "pw"],
    &["redis-server", "--port", "6379", "--aclfile", "", "--requirepass", "pw"],
    &["redis-server", "--port", "6379", "--replicaof", "127.0.0.1", "1", "--masterauth", "a", "--requirepass", "pw"],
    &["redis-server", "--port", "6379", "--slaveof", "127.0.0.1", "1", "--masterauth", "a"],
    &["redis-server", "--port", "6379", "--replicaof", "127.0.0.1"],
    &["redis-server", "--port", "6379", "--replicaof", "no", "one", "--requirepass", "pw"],
    &["redis-server", "--port", "6379", "--masteruser", "app", "--masterauth", "a"],
    &["redis-server", "--port", "6379", "--protected-mode", "maybe"],
    &["redis-server", "--port", "6379", "--maxmemory-policy", "nosuch"],
    &["redis-server", "--port", "6379", "--maxmemory", "1gb", "--maxmemory-policy", "allkeys-lru"],
    &["redis-server", "--port", "6379", "--loglevel", "loud", "--requirepass", "pw"],
    &["redis-server", "--port", "6379", "--appendonly", "true"],
    &["redis-server", "--port", "6379", "--daemonize", "no", "--requirepass", "pw"],
    &["sh", "-c", "echo requirepass pw | redis-server - --port 6379"],
    &["sh", "-c", "echo 'requirepass pw' | redis-server --port 6379 -"],
    &["sh", "-c", "printf 'requirepass pw\\n' | redis-server --port 6379 -"],
    &["sh", "-c", "printf 'port 6379\\nrequirepass %s\\n' \"$PW\" | redis-server -"],
    &["sh", "-c", "echo \"requirepass $PW\" | redis-server --port 6379 -"],
    &["sh", "-c", "echo \"requirepass $PW\" | redis-server --port 6379 --requirepass a -"],
    &["sh", "-c", "redis-server --port 6379 - < @/base.conf"],
    &["sh", "-c", "cat @/base.conf | redis-server --port 6379 -"],
    &["sh", "-c", "redis-server --port 6379 - <<EOF\nrequirepass pw\nEOF\n"],
    &["sh", "-c", "echo requirepass pw > @/made.conf && redis-server @/made.conf --port 6379"],
    &["sh", "-c", "redis-server @/base.conf --port 6379 \"$@\"", "sh", "--requirepass", "a"],
    &["sh", "-c", "redis-server --port 6379 --requirepass $0", "pw"],
    &["sh", "-c", "redis-server --port 6379 --requirepass $1", "sh", "pw"],
    &["sh", "-c", "exec \"$@\"", "sh", "redis-server", "--port", "6379", "--requirepass", "pw"],
    &["sh", "-ec", "redis-server --port 6379 --requirepass pw"],
    &["sh", "-c", "redis-server --port 6379 \\\n  --requirepass pw \\\n  --appendonly no\n"],
    &["sh", "-c", "redis-server --port 6379\n--requirepass pw"],
    &["sh", "-c", "  # the cache\nredis-server --port 6379 --requirepass pw # secret\n"],
    &["env", "PW=inner", "sh", "-c", "redis-server --port 6379 --requirepass $PW"],
    &["env", "redis-server", "--port", "6379", "--requirepass", "$PW"],
];

/// Beside a secret and an ACL file.
const FILES: &[(&str, &str)] = &[
    ("base.conf", "save \"\"\nrequirepass pw\n"),
    ("first.conf", "include @/base.conf\nrequirepass other\n"),
    ("last.conf", "requirepass other\ninclude @/base.conf\n"),
    ("glob.conf", "requirepass other\ninclude @/conf.d/*.conf\n"),
    ("nothing.conf", "requirepass other\ninclude @/nowhere/*.conf\n"),
    ("missing.conf", "requirepass other\ninclude @/nowhere.conf\n"),
    ("circle.conf", "requirepass other\ninclude \"@/second.conf\"\n"),
    ("second.conf", "masterauth a\n"),
    ("quoted.conf", "include '@/base.conf'\n"),
    ("relative.conf", "include base.conf\ninclude ./conf.d/10-a.conf\n"),
    ("classes.conf", "include @/conf.d/[2-3]?-b.conf\n"),
    ("deep.conf", "include @/*.d/10-a.conf\n"),
    ("conf.d/10-a.conf", "requirepass a\n"),
    ("conf.d/20-b.conf", "requirepass pw\n"),
    ("conf.d/.30-hidden.conf", "requirepass other\n"),
    ("conf.d/40-c.txt", "requirepass other\n"),
    ("secret", "pw\n"),
    ("users.acl", "user app on >secret ~* +@all\n"),
];

const fn setting(url: &'static str, user: &'static str, password: &'static str) -> Setting {
    Setting { url, user, password, db: 0 }
}

/// Who asks.
const ASKED: &[Setting] = &[
    setting("redis://H", "", ""),
    setting("redis://:pw@H", "", "pw"),
    setting("redis://:a@H", "", "a"),
    setting("redis://:other@H", "", "other"),
    setting("redis://:inner@H", "", "inner"),
    setting("redis://:s3%20cret@H", "", "s3 cret"),
    setting("redis://:p%24w@H", "", "p$w"),
    setting("redis://:$PW@H", "", "$PW"),
    setting("redis://:%22pw%22@H", "", "\"pw\""),
    setting("redis://:p%22w@H", "", "p\"w"),
    setting("redis://:p*w@H", "", "p*w"),
    setting("redis://app:secret@H", "app", "secret"),
];

/// Each word in some scripts, each script with some words, in some environment.
fn scenes() -> Vec<Scene> {
    let mut all = Vec::new();
    for command in COMMANDS {
        let command = command.iter().map(|word| (*word).to_owned()).collect();
        all.push(Scene { command, files: FILES, environment: &[("PW", "pw")] });
    }
    for (nth, word) in WORDS.iter().enumerate() {
        for (at, script) in SCRIPTS.iter().enumerate() {
            // The brace of a group would close that of the word.
            let closes = *word == "${PW" && script.contains('}');
            if closes || (nth + at) % 4 != 0 && at != 0 {
                continue;
            }
            let call = format!("redis-server --port 6379 --save '' --requirepass {word}");
            let environment = ENVIRONMENTS[(nth + at / 4) % ENVIRONMENTS.len()];
            let script = if script.contains("'%'") {
                script.replace('%', &call.replace('\'', "'\\''"))
            } else {
                script.replace('%', &call)
            };
            let command = vec!["sh".to_owned(), "-c".to_owned(), script];
            all.push(Scene { command, files: FILES, environment });
        }
    }
    all
}

/// What one server does with a scene.
fn really(program: &Path, scene: &Scene) -> Vec<String> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let live = Launch::new(program, folder.path()).scene(scene);
    let questions = ASKED.iter().flat_map(|setting| [(setting, false), (setting, true)]);
    questions
        .map(|(setting, resp3)| match &live {
            Some(live) => converse(live.port, setting, resp3),
            None => "does not start".to_owned(),
        })
        .collect()
}

/// The real answers, by server and number of the scene.
fn ask() -> Rows {
    let full = std::env::var_os("REDISLINT_FULL").is_some() || transcript::recording();
    let servers = servers();
    let mut rows = Rows::new();
    for (nth, (program, image)) in servers.iter().enumerate() {
        for (at, scene) in scenes().iter().enumerate() {
            // Written by hand: with each server. Put together: with one of them, another one each time.
            if full || at < COMMANDS.len() || at % servers.len() == nth {
                rows.insert(format!("{image}|{at}"), really(program, scene));
            }
        }
    }
    rows
}

/// Cells, undetermined ones, and those that differ.
fn compare(rows: &Rows, change: impl Fn(&Scene) -> Scene) -> (usize, usize, Vec<String>) {
    let (scenes, mut cells, mut untold, mut wrong) = (scenes(), 0, 0, Vec::new());
    for (key, answers) in rows {
        let (image, at) = key.split_once('|').expect("image and number");
        let scene = &scenes[at.parse::<usize>().expect("a number")];
        let ours = Ours::of_scene(&change(scene), image);
        let questions = ASKED.iter().flat_map(|setting| [(setting, (7, 4)), (setting, (8, 0))]);
        assert_eq!(answers.len(), 2 * ASKED.len(), "the questions changed: record anew with REDISLINT_RECORD=1");
        for ((setting, version), real) in questions.zip(answers) {
            let said = match &ours {
                Some(ours) => spoken(&ours.outcome(&setting.url.replace('H', "redis"), version)),
                None => "does not start".to_owned(),
            };
            cells += 1;
            untold += usize::from(said == "undetermined");
            if said != *real && said != "undetermined" {
                let Scene { command, environment, .. } = scene;
                wrong.push(format!(
                    "{image} {command:?} {environment:?} {}: we say {said:?}, real {real:?}",
                    setting.url
                ));
            }
        }
    }
    (cells, untold, wrong)
}

#[test]
fn servers_start_as_predicted() {
    let mut rows = ask();
    let mode = if rows.is_empty() { "replay" } else { "live" };
    if rows.is_empty() {
        rows = transcript::replay("started");
    } else if transcript::recording() {
        transcript::keep("started", &rows);
    }
    let (cells, untold, wrong) = compare(&rows, Scene::clone);
    println!("oracle_redis: started {mode}: {cells} cells, {untold} undetermined, {} differ", wrong.len());
    assert!(wrong.is_empty(), "{} of {cells} cells differ:\n{}", wrong.len(), wrong.join("\n"));
    assert!(untold * 100 <= cells * 3, "{untold} of {cells} cells undetermined");
}

/// A bug in reading a word.
type Plant = (&'static str, fn(&str) -> String);

#[test]
fn planted_bugs_in_commands_are_caught() {
    let rows = transcript::replay("started").into_iter().step_by(3).collect();
    let caught = |name: &str, plant: &dyn Fn(&Scene) -> Scene| {
        let wrong = compare(&rows, plant).2.len();
        println!("oracle_redis: planted: {name}: {wrong} cells of started differ");
        assert!(wrong > 0, "not caught: {name}");
    };
    let plants: [Plant; 4] = [
        ("quotes are passed over", |word| word.replace(['"', '\''], "")),
        ("defaults are passed over", |word| word.replace(":-", ":+")),
        ("tests are passed over", |word| word.replace("[ -n", "true [ -n").replace("[ -z", "true [ -n")),
        ("`||` is `&&`", |word| word.replace("||", "&&")),
    ];
    for (name, plant) in plants {
        caught(name, &|scene| Scene {
            command: scene.command.iter().map(|word| plant(word)).collect(),
            ..scene.clone()
        });
    }
    caught("the environment is empty", &|scene| Scene { environment: &[], ..scene.clone() });
    caught("files are empty", &|scene| Scene { files: &[("base.conf", ""), ("glob.conf", "")], ..scene.clone() });
}
