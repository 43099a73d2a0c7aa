//! Fixes: what they change is what they say, nothing breaks, and a second run has nothing to do.
//!
//! The story of the payments is led to zero findings on both ways, and what comes out is started for real: compose itself
//! reads the files (`REDISLINT_DOCKER_COMPOSE`), a server of `REDISLINT_REDIS_SERVERS` runs the command, and redis-py of
//! `REDISLINT_PYTHONS` connects with the URLs. Where these are not installed, that half says so and is left out.
//! `REDISLINT_CASES` names a folder with more repositories for the properties.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use redislint::edit::{self, Safety};
use redislint::finding::Confidence;
use redislint::fix::engine::{self, Change};
use redislint::report::Report;
use redislint::tree::{Content, Tree};
use redislint::{Options, lint};
use serde_json::Value;
use tempfile::TempDir;

fn texts_of(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let files = walkdir::WalkDir::new(root).sort_by_file_name().into_iter().map(Result::unwrap);
    let files = files.filter(|entry| entry.file_type().is_file());
    let files = files.filter(|entry| !entry.path().components().any(|part| part.as_os_str() == ".git"));
    files
        .map(|entry| {
            let path = entry.path().strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            (path, fs::read(entry.path()).unwrap())
        })
        .collect()
}

fn tree(texts: &BTreeMap<String, Vec<u8>>) -> Tree {
    Tree::from_texts(texts.iter().map(|(path, bytes)| (path.clone(), bytes.clone())))
}

/// The repositories that the properties are asked of: the fixtures, and the cases where there are any.
fn repositories() -> Vec<(String, BTreeMap<String, Vec<u8>>)> {
    let fixtures = support::variants().into_iter().map(|variant| support::project().join(variant.root));
    let mut roots: Vec<PathBuf> = fixtures.collect();
    match std::env::var_os("REDISLINT_CASES") {
        None => eprintln!("REDISLINT_CASES is not set: only the fixtures are asked"),
        Some(folder) => {
            let found = walkdir::WalkDir::new(folder).min_depth(2).max_depth(2).sort_by_file_name();
            let found = found.into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_dir());
            roots.extend(found.map(walkdir::DirEntry::into_path));
        }
    }
    roots.into_iter().map(|root| (root.display().to_string(), texts_of(&root))).collect()
}

/// Every kind of fault at every kind of place, how often and how bad.
fn faults(report: &Report) -> BTreeMap<String, (usize, String)> {
    let mut found: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for (fingerprint, severity) in &report.known {
        let known = found.entry(fingerprint.about().to_owned()).or_insert((0, String::new()));
        *known = (known.0 + 1, known.1.clone().max(format!("{severity:?}")));
    }
    found
}

fn options() -> Options {
    Options { min_confidence: Confidence::Low, pedantic: true, ..Options::default() }
}

#[test]
fn fixes_bring_nothing_in_and_a_second_run_has_nothing_to_do() {
    let mut count = 0;
    for (name, texts) in repositories() {
        let before = lint(&tree(&texts), &options());
        let fixed = engine::fix(tree(&texts), &options(), &engine::at_least(Safety::Unsafe));
        count += fixed.applied.len();
        let mut edited = texts.clone();
        for (path, change) in &fixed.changes {
            assert_eq!(Some(&texts[path]), change.before.as_ref(), "{name}: {path}");
            edited.insert(path.clone(), change.after.clone());
        }
        // Judged from scratch, not by what the engine believes.
        let after = lint(&tree(&edited), &options());
        let known = faults(&before);
        for (about, (number, _)) in faults(&after) {
            assert!(known.get(&about).is_some_and(|(known, _)| number <= *known), "{name}: {about} is new");
        }
        assert!(after.findings.len() <= before.findings.len(), "{name}");
        let again = engine::fix(tree(&edited), &options(), &engine::at_least(Safety::Unsafe));
        assert!(again.changes.is_empty() && again.applied.is_empty(), "{name}: {:?}", again.applied);
    }
    assert!(count >= 5, "{count} fixes");
}

#[test]
fn bytes_outside_the_edits_are_the_same() {
    let mut count = 0;
    for (name, texts) in repositories() {
        let report = lint(&tree(&texts), &options());
        for fix in report.findings.iter().flat_map(|finding| &finding.fixes) {
            for (file, edits) in edit::by_file(&fix.edits).unwrap() {
                let before = &texts[report.sources.get(file).path()];
                let after = edit::apply(before, &edits).unwrap();
                // Going along the edited bytes, the replacements are given back.
                let (mut original, mut done, mut at) = (Vec::new(), 0, 0);
                for edit in edits {
                    let range = edit.span.range();
                    let kept = range.start - done;
                    original.extend_from_slice(&after[at..at + kept]);
                    at += kept;
                    assert_eq!(&after[at..at + edit.replacement.len()], edit.replacement.as_bytes(), "{name}");
                    at += edit.replacement.len();
                    original.extend_from_slice(&before[range.clone()]);
                    done = range.end;
                }
                original.extend_from_slice(&after[at..]);
                assert_eq!(&original, before, "{name}");
                count += 1;
            }
        }
    }
    assert!(count >= 5, "{count} edited files");
}

#[test]
fn line_ends_and_marks_stay() {
    let compose = "services:\n  redis:\n    image: redis:7 # ours\n    command: redis-server --requirepass ${PW:?}\n    \
                   ports:\n      - &port \"6379:6379\"\n    healthcheck:\n      test: [CMD, redis-cli, ping]\n";
    let windows = format!("\u{FEFF}{}", compose.replace('\n', "\r\n"));
    let texts = BTreeMap::from([("compose.yaml".to_owned(), windows.into_bytes())]);
    let fixed = engine::fix(tree(&texts), &options(), &engine::at_least(Safety::Unsafe));
    let after = String::from_utf8(fixed.changes["compose.yaml"].after.clone()).unwrap();
    assert!(after.starts_with("\u{FEFF}services:\r\n"));
    assert_eq!(after.matches('\n').count(), after.matches("\r\n").count(), "{after:?}");
    assert!(after.contains("      - &port \"127.0.0.1:6379:6379\"\r\n"), "{after}");
    assert!(after.contains("image: redis:7 # ours\r\n    environment:\r\n      REDISCLI_AUTH: ${PW:?}\r\n"), "{after}");
    assert_eq!(after.matches('\n').count(), compose.matches('\n').count() + 2);
}

#[test]
fn texts_of_two_bytes_a_character_are_left_to_people() {
    let text = "services:\n  redis:\n    image: redis:7\n    ports: [\"6379:6379\"]\n";
    let bytes: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let texts = BTreeMap::from([("compose.yaml".to_owned(), bytes)]);
    let fixed = engine::fix(tree(&texts), &options(), &engine::at_least(Safety::Unsafe));
    assert_eq!(fixed.before.findings.len(), 1);
    assert!(fixed.changes.is_empty());
}

#[test]
fn a_fix_that_breaks_something_else_is_not_done() {
    // With the file in force the server would demand a password that the client does not send.
    let texts = [
        (
            "compose.yaml",
            "services:\n  web:\n    build: .\n    environment: [\"REDIS_URL=redis://redis:6379\"]\n  redis:\n    \
             image: redis:7\n    ports: [\"6379:6379\"]\n    volumes: [\"./redis.conf:/etc/redis.conf\"]\n",
        ),
        ("redis.conf", "requirepass correct-horse\n"),
        ("main.py", "import os\nimport redis\n\nclient = redis.from_url(os.environ[\"REDIS_URL\"])\n"),
    ];
    let texts = texts.into_iter().map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).collect();
    let fixed = engine::fix(tree(&texts), &options(), &engine::at_least(Safety::Unsafe));
    let rules = |list: &[engine::Done]| list.iter().map(|done| done.rule).collect::<Vec<_>>();
    let [(done, why)] = fixed.refused.as_slice() else { panic!("{:?}", fixed.refused) };
    assert_eq!(
        (done.rule, why.as_str()),
        ("config-not-loaded", "afterwards there would be `missing-password` in compose.yaml")
    );
    // The others of the batch are done all the same.
    assert_eq!(rules(&fixed.applied), ["published-port"]);
}

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

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git").args(arguments).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "git {arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

fn run(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let output: Output = support::redislint().current_dir(folder).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
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
                live(folder.path(), file, way);
            }
        }
    }
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

#[test]
fn what_can_not_be_done_by_rule_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
    write(
        "compose.yaml",
        "services:\n  web:\n    build: .\n    environment: {REDIS_HOST: redis}\n  redis:\n    image: redis:7\n    \
         command: redis-server --requirepass tulip-Harbor-5521\n",
    );
    write(
        "main.py",
        "import os\nimport redis\n\nclient = redis.Redis(host=os.environ[\"REDIS_HOST\"], password=\"tulip-Harbor-5521\")\n",
    );
    write("README.md", "Connect to `redis://:tulip-Harbor-5521@redis:6379/0`; the password is tulip-Harbor-5521.\n");
    let (code, _, said) = run(folder.path(), &["fix", "--auth", "remove"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("to be done by hand:\n  README.md:1: this still shows the old password\n"), "{said}");
    assert!(!said.contains("tulip"), "{said}");
    let text = |path: &str| fs::read_to_string(folder.path().join(path)).unwrap();
    assert!(text("main.py").ends_with("redis.Redis(host=os.environ[\"REDIS_HOST\"])\n"), "{}", text("main.py"));
    assert!(text("compose.yaml").ends_with("    command: redis-server\n"), "{}", text("compose.yaml"));
    assert!(text("README.md").starts_with("Connect to `redis://redis:6379/0`; "));
    let (code, _, said) = run(folder.path(), &["fix", "--auth", "remove", "--environment", "other"]);
    assert_eq!((code, said.contains("no environment is called `other`")), (2, true), "{said}");
}

/// JSON names no fix that would repeat a password.
#[test]
fn reports_hold_no_fix_with_a_secret() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: redis-auth}\ndata:\n  redis-password: \
                  dHVsaXAtSGFyYm9yLTU1MjEK\n";
    let texts = BTreeMap::from([("k8s/redis.yaml".to_owned(), secret.as_bytes().to_vec())]);
    let report = lint(&tree(&texts), &options());
    let fixes: Vec<_> =
        report.findings.iter().filter(|one| one.rule == "trailing-newline").flat_map(|one| &one.fixes).collect();
    assert!(fixes.iter().any(|fix| fix.holds_secret));
    let shown: Value = serde_json::from_str(&redislint::report::json::render(&report, ".")).unwrap();
    let listed = shown["findings"].as_array().unwrap().iter().find(|one| one["rule"] == "trailing-newline").unwrap();
    assert_eq!(listed["fixes"], serde_json::json!([]));

    let compose = "services:\n  redis:\n    image: redis:7\n    ports: [\"6379:6379\"]\n";
    let texts = BTreeMap::from([("compose.yaml".to_owned(), compose.as_bytes().to_vec())]);
    let report = lint(&tree(&texts), &options());
    let shown: Value = serde_json::from_str(&redislint::report::json::render(&report, ".")).unwrap();
    let fix = &shown["findings"][0]["fixes"][0];
    assert_eq!((&fix["safety"], &fix["edits"][0]["replacement"]), (&"safe".into(), &"127.0.0.1:".into()));
    let at = &fix["edits"][0]["location"];
    assert_eq!(
        (&at["path"], &at["start"]["offset"], &at["end"]["offset"]),
        (&"compose.yaml".into(), &51.into(), &51.into())
    );
}

/// A program of a list in a variable that is there.
fn programs(variable: &str) -> Vec<PathBuf> {
    std::env::var_os(variable).map(|list| std::env::split_paths(&list).collect()).unwrap_or_default()
}

struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts what compose would start, and connects as the clients would.
fn live(folder: &Path, file: &str, way: &str) {
    let (servers, pythons) = (programs("REDISLINT_REDIS_SERVERS"), programs("REDISLINT_PYTHONS"));
    let Some(compose) =
        std::env::var_os("REDISLINT_DOCKER_COMPOSE").filter(|_| !servers.is_empty() && !pythons.is_empty())
    else {
        eprintln!("REDISLINT_DOCKER_COMPOSE, _REDIS_SERVERS or _PYTHONS is not set: {way} is not run for real");
        return;
    };
    let output = Command::new(compose)
        .args(["-f", file, "config", "--format", "json"])
        .current_dir(folder)
        .env_remove("REDIS_PASSWORD")
        .output()
        .unwrap();
    assert!(output.status.success(), "{way} {file}: {}", String::from_utf8_lossy(&output.stderr));
    let config: Value = serde_json::from_slice(&output.stdout).unwrap();
    let words = |value: &Value| -> Vec<String> {
        value.as_array().unwrap().iter().map(|word| word.as_str().unwrap().to_owned()).collect()
    };
    let command = words(&config["services"]["redis"]["command"]);
    assert_eq!(command[0], "redis-server");
    let environment = config["services"]["backend"]["environment"].as_object().unwrap();
    let settings = ["REDIS_URL", "REDIS_CACHE_URL", "REDIS_SESSION_URL", "REDIS_QUEUE_URL"];
    let urls: BTreeSet<&str> = settings.iter().map(|name| environment[*name].as_str().unwrap()).collect();
    // The oldest and the newest; what lies between is the business of the truth table's own oracle.
    let pythons = [pythons.first().unwrap(), pythons.last().unwrap()];
    for server in &servers {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let child = Command::new(server)
            .args(&command[1..])
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--dir"])
            .arg(folder.join(".git"))
            .stdout(Stdio::null())
            .spawn();
        let _server = Server(child.unwrap());
        let begin = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begin.elapsed() < Duration::from_secs(10), "{way} {file}: the server does not start");
            std::thread::sleep(Duration::from_millis(20));
        }
        let script = "import sys, redis\nfor url in sys.argv[1:]: print(redis.Redis.from_url(url).ping())";
        let ask = |python: &PathBuf, urls: &[String]| Command::new(python).args(["-c", script]).args(urls).output();
        let here = |url: &&str| {
            let url = url.replace("@redis:6379", &format!("@127.0.0.1:{port}"));
            url.replace("//redis:6379", &format!("//127.0.0.1:{port}"))
        };
        let addresses: Vec<String> = urls.iter().map(here).collect();
        assert!(addresses.iter().all(|url| url.contains(&port.to_string()) && (way == "require") == url.contains('@')));
        for python in pythons {
            let answer = ask(python, &addresses).unwrap();
            let said = String::from_utf8_lossy(&answer.stdout).into_owned();
            assert_eq!(said.lines().collect::<Vec<_>>(), vec!["True"; urls.len()], "{way} {file}: {answer:?}");
        }
        let auth = config["services"]["redis"]["environment"]["REDISCLI_AUTH"].as_str();
        assert_eq!(
            auth.is_some(),
            way == "require" && file == "docker-compose.yml",
            "only that one has a health check"
        );
        if let Some(auth) = auth {
            let mut check = Command::new("redis-cli");
            check.args(["-p", &port.to_string(), "ping"]).env("REDISCLI_AUTH", auth);
            assert_eq!(check.output().unwrap().stdout, b"PONG\n", "{file}: the health check");
        }
        // Whoever knows no password is let in on one way only.
        let bare = format!("redis://127.0.0.1:{port}");
        let answer = ask(pythons[0], &[bare]).unwrap();
        assert_eq!(answer.status.success(), way == "remove", "{way} {file}");
    }
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

/// What one writes is what the next one reads: the engine's texts are those of the tree.
#[test]
fn a_new_file_is_written_once() {
    let folder = tempfile::tempdir().unwrap();
    let change = Change { before: None, after: b"A=1\n".to_vec() };
    let changes = BTreeMap::from([(".env.example".to_owned(), change)]);
    redislint::fix::write::write(folder.path(), &changes).unwrap();
    let written = Tree::open(folder.path()).unwrap();
    assert!(matches!(written.read(".env.example"), Content::Bytes(bytes) if bytes == b"A=1\n"));
    let error = redislint::fix::write::write(folder.path(), &changes).unwrap_err();
    assert_eq!(error, ".env.example changed in the meantime");
}
