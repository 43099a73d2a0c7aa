//! The story of the payments, led to zero findings on both ways out, and what comes out of it started for real.
//!
//! Compose itself reads the files (`REDISLINT_DOCKER_COMPOSE`), a server of `REDISLINT_REDIS_SERVERS` runs the command, and
//! redis-py of `REDISLINT_PYTHONS` connects with the URLs. Where these are not installed, the commands and URLs that
//! redislint resolves are compared with those that answered PONG when it was recorded; `RECORD=1` writes that anew.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use redislint::tree::Tree;
use redislint::{Options, lint};
use serde_json::{Value, json};
use support::repository::{git, run, texts_of};
use tempfile::TempDir;
const STORY: &str = "fixtures/payments-http-500";

/// A copy of a fixture under git, in which `.env` stays unknown to git.
fn repository(variant: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in texts_of(&support::project().join(STORY).join(variant)) {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    fs::write(folder.path().join(".gitignore"), "__pycache__/\n.env\n").unwrap();
    for arguments in [
        &["init", "--quiet"] as &[&str],
        &["add", "."],
        &["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "--message=a"],
    ] {
        git(folder.path(), arguments);
    }
    folder
}

fn findings(folder: &Path) -> Vec<String> {
    let (_, report, _) = run(folder, &["--format", "concise", "--min-confidence", "low", "--quiet"]);
    report.lines().map(str::to_owned).collect()
}

/// Leads a broken repository to zero findings without a password.
fn without_password(folder: &Path) {
    let (code, _, said) = run(folder, &["fix", "--auth", "remove"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("refused for docker-compose.staging.yml: `redis` is published on all interfaces"), "{said}");
    git(folder, &["checkout", "--", "."]);
    assert_eq!(run(folder, &["--fix"]).0, 1, "only what is safe");
    let (code, _, said) = run(folder, &["fix", "--auth", "remove", "--allow-dirty"]);
    assert_eq!(code, 0, "{said}");
    let (code, _, said) = run(folder, &["--fix", "--unsafe-fixes", "--allow-dirty"]);
    assert_eq!(code, 0, "{said}");
}

/// Leads a broken repository to zero findings with one password for all.
fn with_password(folder: &Path) {
    let (code, _, said) = run(folder, &["fix", "--auth", "require"]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("to go back: git checkout -- "), "{said}");
    for line in [
        "docker compose -f docker-compose.yml exec redis redis-cli ping",
        "docker compose -f docker-compose.yml exec backend python -c 'import os, redis; \
         print(redis.from_url(os.environ[\"REDIS_URL\"]).ping())'",
    ] {
        assert!(said.contains(&format!("  {line}\n")), "{said}");
    }
    let (code, _, said) = run(folder, &["--fix", "--unsafe-fixes", "--allow-dirty"]);
    assert_eq!(code, 0, "{said}");
}

#[test]
fn both_ways_out_lead_to_zero_findings_and_run() {
    let oracles = Oracles::installed();
    let mut stories = BTreeMap::new();
    for variant in ["server-with-password", "server-without-password"] {
        for (way, take) in [("remove", without_password as fn(&Path)), ("require", with_password)] {
            let folder = repository(variant);
            assert!(findings(folder.path()).len() >= 5, "{variant}");
            take(folder.path());
            assert_eq!(findings(folder.path()), Vec::<String>::new(), "{variant}: {way}");
            if way == "require" {
                // A file of one's own may hold a password: that is worth a note, no more.
                let (_, _, said) = run(folder.path(), &["fix", "--auth", "require", "--generate", "--allow-dirty"]);
                assert!(said.starts_with("fixed:\n  .env: auth:"), "{said}");
                assert!(said.contains("git does not know, and can't bring back: .env\n"), "{said}");
                assert!(findings(folder.path()).iter().all(|one| one.starts_with(".env:3:16: note[")), "{said}");
            }
            let tracked: String = git(folder.path(), &["ls-files"])
                .lines()
                .map(|path| fs::read_to_string(folder.path().join(path)).unwrap())
                .collect();
            for password in fs::read_to_string(support::project().join("fixtures/passwords.txt")).unwrap().lines() {
                assert!(!tracked.contains(password), "{variant}: {way}: an old password is left");
            }
            let env = fs::read_to_string(folder.path().join(".env")).unwrap();
            let made = env.lines().find_map(|line| line.strip_prefix("REDIS_PASSWORD="));
            assert_eq!(made.is_some(), way == "require");
            if let Some(made) = made {
                assert!(made.len() == 32 && !tracked.contains(made), "the password is in no tracked file");
                let example = fs::read_to_string(folder.path().join(".env.example")).unwrap();
                assert_eq!(example, "REDIS_PASSWORD=changeme\n");
            }
            for file in ["docker-compose.yml", "docker-compose.staging.yml"] {
                let told = Told::of(folder.path(), file);
                if let Some(oracles) = &oracles {
                    oracles.ask(folder.path(), file, way, &told);
                }
                let key = format!("{variant} {way} {file}");
                stories.insert(key, told.recorded());
            }
        }
    }
    let transcript = support::project().join("tests/transcripts/fix_story.json");
    if oracles.is_some() && std::env::var_os("RECORD").is_some() {
        fs::write(&transcript, format!("{:#}\n", json!(stories))).unwrap();
    }
    let recorded: BTreeMap<String, Value> = serde_json::from_str(&fs::read_to_string(transcript).unwrap()).unwrap();
    assert_eq!(stories, recorded, "what answered PONG when it was recorded is something else");
    println!("{}", if oracles.is_some() { "run for real" } else { "compared with what was run when it was recorded" });
}

#[test]
fn git_guards_what_is_not_committed() {
    let folder = repository("server-without-password");
    let path = folder.path().join("README.md");
    fs::write(&path, "edited\n").unwrap();
    let before = texts_of(folder.path());
    let (code, _, said) = run(folder.path(), &["--fix"]);
    assert_eq!((code, said.contains("README.md is not committed")), (2, true), "{said}");
    assert_eq!(texts_of(folder.path()), before);
    let (code, diff, _) = run(folder.path(), &["--fix", "--dry-run"]);
    assert_eq!((code, diff.starts_with("--- a/docker-compose.staging.yml\n")), (1, true), "{diff}");
    assert_eq!(texts_of(folder.path()), before, "a dry run changes nothing");
    let (_, _, said) = run(folder.path(), &["--fix", "--allow-dirty"]);
    let back = said.lines().find_map(|line| line.strip_prefix("to go back: git ")).unwrap();
    git(folder.path(), &back.split(' ').collect::<Vec<_>>());
    assert_eq!(texts_of(folder.path()), before, "the way back leads back");
}

#[test]
fn the_diff_of_a_dry_run_is_what_would_be_written() {
    let folder = repository("server-without-password");
    let (_, diff, _) = run(folder.path(), &["--fix", "--dry-run", "--unsafe-fixes"]);
    let patch = folder.path().join(".git/fix.patch");
    fs::write(&patch, diff).unwrap();
    git(folder.path(), &["apply", patch.to_str().unwrap()]);
    let patched = texts_of(folder.path());
    git(folder.path(), &["checkout", "--", "."]);
    run(folder.path(), &["--fix", "--unsafe-fixes"]);
    assert_eq!(texts_of(folder.path()), patched);
}

/// Files that can't be written leave everything as it was.
#[cfg(unix)]
#[test]
fn all_files_are_written_or_none() {
    use std::os::unix::fs::PermissionsExt;
    let folder = repository("server-without-password");
    let path = folder.path().join("app/core/config.py");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o444)).unwrap();
    let before = texts_of(folder.path());
    let (code, _, said) = run(folder.path(), &["fix", "--auth", "require", "--allow-dirty"]);
    assert_eq!((code, said.contains("app/core/config.py is write-protected")), (2, true), "{said}");
    assert_eq!(texts_of(folder.path()), before);
}

/// What compose starts: the server's command, the URLs of its clients, what its health check sends.
#[derive(Debug, PartialEq)]
struct Told {
    command: Vec<String>,
    urls: BTreeSet<String>,
    auth: Option<String>,
    /// The password that was made up, which is another one each time.
    made: Option<String>,
}

const SETTINGS: [&str; 4] = ["REDIS_URL", "REDIS_CACHE_URL", "REDIS_SESSION_URL", "REDIS_QUEUE_URL"];

impl Told {
    /// As redislint resolves it.
    fn of(folder: &Path, file: &str) -> Self {
        let report = lint(&Tree::open(folder).unwrap(), &Options::default());
        let environment = report.model.environments.iter().find(|one| one.name == file).unwrap();
        let text = |text: &redislint::text::Text| text.as_str().to_owned();
        let variable = |service: &str, name: &str| {
            let set = &environment.services.iter().find(|one| one.name == service).unwrap().environment;
            set.iter().find(|(known, _)| known == name).and_then(|(_, value)| value.as_ref().map(text))
        };
        let redis = environment.services.iter().find(|one| one.name == "redis").unwrap();
        let command = redis.command.iter().flatten().map(text).collect();
        let urls = SETTINGS.iter().filter_map(|name| variable("backend", name)).collect();
        let env = fs::read_to_string(folder.join(".env")).unwrap();
        let made = env.lines().find_map(|line| line.strip_prefix("REDIS_PASSWORD=")).map(str::to_owned);
        Self { command, urls, auth: variable("redis", "REDISCLI_AUTH"), made }
    }

    /// The same for every password that is made up.
    fn recorded(&self) -> Value {
        let without =
            |text: &str| self.made.as_ref().map_or(text.to_owned(), |made| text.replace(made.as_str(), "<made>"));
        let all = |texts: &mut dyn Iterator<Item = &String>| texts.map(|text| without(text)).collect::<Vec<_>>();
        json!({
            "command": all(&mut self.command.iter()),
            "urls": all(&mut self.urls.iter()),
            "REDISCLI_AUTH": self.auth.as_deref().map(without),
            "answers": "PONG",
        })
    }
}

/// The real programs.
struct Oracles {
    compose: PathBuf,
    servers: Vec<PathBuf>,
    /// The oldest and the newest; what lies between is the business of the truth table's own oracle.
    pythons: [PathBuf; 2],
}

impl Oracles {
    fn installed() -> Option<Self> {
        let programs = |variable: &str| -> Vec<PathBuf> {
            std::env::var_os(variable).map(|list| std::env::split_paths(&list).collect()).unwrap_or_default()
        };
        let (servers, pythons) = (programs("REDISLINT_REDIS_SERVERS"), programs("REDISLINT_PYTHONS"));
        let compose = PathBuf::from(std::env::var_os("REDISLINT_DOCKER_COMPOSE")?);
        let pythons = [pythons.first()?.clone(), pythons.last()?.clone()];
        (!servers.is_empty()).then_some(Self { compose, servers, pythons })
    }

    /// Starts what compose would start, and connects as the clients would.
    fn ask(&self, folder: &Path, file: &str, way: &str, told: &Told) {
        let output = Command::new(&self.compose)
            .args(["-f", file, "config", "--format", "json"])
            .current_dir(folder)
            .env_remove("REDIS_PASSWORD")
            .output()
            .unwrap();
        assert!(output.status.success(), "{way} {file}: {}", String::from_utf8_lossy(&output.stderr));
        let config: Value = serde_json::from_slice(&output.stdout).unwrap();
        let texts = |values: &mut dyn Iterator<Item = &Value>| -> Vec<String> {
            values.map(|value| value.as_str().unwrap().to_owned()).collect()
        };
        let services = &config["services"];
        let command = texts(&mut services["redis"]["command"].as_array().unwrap().iter());
        let urls = texts(&mut SETTINGS.iter().map(|name| &services["backend"]["environment"][*name]));
        let auth = services["redis"]["environment"]["REDISCLI_AUTH"].as_str().map(str::to_owned);
        let real = Told { command, urls: urls.into_iter().collect(), auth, made: told.made.clone() };
        assert_eq!(*told, real, "{way} {file}: compose reads it otherwise");
        assert_eq!(
            real.auth.is_some(),
            way == "require" && file == "docker-compose.yml",
            "only that one has a health check"
        );
        for program in &self.servers {
            self.ask_server(folder, file, way, &real, program);
        }
    }

    fn ask_server(&self, folder: &Path, file: &str, way: &str, told: &Told, program: &Path) {
        assert_eq!(told.command[0], "redis-server");
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(program)
            .args(&told.command[1..])
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--dir"])
            .arg(folder.join(".git"))
            .stdout(Stdio::null())
            .spawn();
        let _server = Server(child.unwrap());
        let begin = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(10), "{way} {file}: the server does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        let script = "import sys, redis\nfor url in sys.argv[1:]: print(redis.Redis.from_url(url).ping())";
        let ping = |python: &PathBuf, urls: &[String]| Command::new(python).args(["-c", script]).args(urls).output();
        let here = |url: &String| {
            let url = url.replace("@redis:6379", &format!("@127.0.0.1:{port}"));
            url.replace("//redis:6379", &format!("//127.0.0.1:{port}"))
        };
        let addresses: Vec<String> = told.urls.iter().map(here).collect();
        assert!(addresses.iter().all(|url| url.contains(&port.to_string()) && (way == "require") == url.contains('@')));
        for python in &self.pythons {
            let answer = ping(python, &addresses).unwrap();
            let said = String::from_utf8_lossy(&answer.stdout).into_owned();
            assert_eq!(said.lines().collect::<Vec<_>>(), vec!["True"; addresses.len()], "{way} {file}: {answer:?}");
        }
        if let Some(auth) = &told.auth {
            let mut check = Command::new("redis-cli");
            check.args(["-p", &port.to_string(), "ping"]).env("REDISCLI_AUTH", auth);
            assert_eq!(check.output().unwrap().stdout, b"PONG\n", "{file}: the health check");
        }
        // Whoever knows no password is let in on one way only.
        let answer = ping(&self.pythons[0], &[format!("redis://127.0.0.1:{port}")]).unwrap();
        assert_eq!(answer.status.success(), way == "remove", "{way} {file}");
    }
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
