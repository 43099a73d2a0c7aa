//! A text that is not saved yet, judged within its repository.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

use std::fs;
use std::path::Path;

use tempfile::TempDir;

const COMPOSE: &str = "services:\n  redis:\n    image: redis:7.4\n    command: redis-server --requirepass ${REDIS_PASSWORD:?}\n  web:\n    image: web\n    environment:\n      REDIS_URL: redis://redis:6379/0\n";
const OPEN: &str = "services:\n  redis:\n    image: redis:7.4\n    ports:\n      - 6379:6379\n";
const APP: &str = "import os\nimport redis\n\nclient = redis.Redis.from_url(os.environ[\"REDIS_URL\"])\n";

fn repository(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// Exit code, and the lines that are found in `text`.
fn judge(folder: &Path, file: &str, text: &str) -> (i32, Vec<String>) {
    let mut command = support::redislint();
    command.current_dir(folder).args(["-", "--format", "concise", "--stdin-filename", file]).write_stdin(text);
    let output = command.output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    (output.status.code().unwrap(), printed.lines().map(str::to_owned).collect())
}

#[test]
fn the_text_stands_in_for_its_file() {
    let folder = repository(&[("redislint.toml", ""), ("compose.yaml", COMPOSE), ("other/compose.yaml", OPEN)]);
    let (code, found) = judge(folder.path(), "compose.yaml", OPEN);
    assert_eq!(code, 1);
    assert!(found[0].starts_with("compose.yaml:5:9: error[published-port]"), "{found:?}");
    assert_eq!(found.len(), 1, "of the other files nothing is said: {found:?}");
    assert_eq!(judge(folder.path(), "other/compose.yaml", ""), (0, Vec::new()));
}

#[test]
fn the_other_end_is_read_from_the_repository() {
    let files = [
        ("redislint.toml", ""),
        ("compose.yaml", &COMPOSE.replace("image: web", "build: .\n    command: python app.py")),
        ("Dockerfile", "FROM python:3.12\nCOPY . .\n"),
        ("requirements.txt", "redis==5.0.1\n"),
    ];
    let folder = repository(&files.map(|(path, text)| (path, text)));
    let (_, found) = judge(folder.path(), "app.py", APP);
    assert!(found.iter().any(|line| line.contains("missing-password")), "{found:?}");
    // From below, from a folder that is not there yet, and with the whole path.
    fs::create_dir(folder.path().join("sub")).unwrap();
    let whole = folder.path().join("app.py");
    for (from, file) in [("sub", "../app.py"), (".", whole.to_str().unwrap())] {
        assert_eq!(judge(&folder.path().join(from), file, APP).1, found, "{file}");
    }
    assert_eq!(judge(folder.path(), "new/compose.yaml", OPEN).1[0].split(':').next(), Some("new/compose.yaml"));
}

#[test]
fn what_is_left_out_on_disk_stays_out() {
    let folder = repository(&[("redislint.toml", ""), (".redislintignore", "demo/\n"), ("demo/compose.yaml", OPEN)]);
    assert_eq!(judge(folder.path(), "demo/compose.yaml", OPEN), (0, Vec::new()));
}

#[test]
fn usage_that_makes_no_sense_is_refused() {
    let folder = repository(&[("compose.yaml", OPEN)]);
    for arguments in [
        &["-"] as &[&str],
        &["--stdin-filename", "compose.yaml"],
        &["-", "compose.yaml", "--stdin-filename", "compose.yaml"],
        &["-", "--stdin-filename", "../compose.yaml", "--root", "."],
        &["-", "--stdin-filename", "."],
        &["-", "--stdin-filename", "compose.yaml", "--since", "HEAD"],
    ] {
        let output = support::redislint().current_dir(folder.path()).args(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}: {output:?}");
    }
}
