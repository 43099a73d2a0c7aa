//! Repositories made to harm: whatever they hold, a run ends, soon, within its memory, and says what it left out.
//!
//! `REDISLINT_HOSTILE=folder cargo test --test hostile -- written --ignored` writes them all there, to be looked at or
//! fed to another program.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a test fails by panicking")]

#[path = "../support/mod.rs"]
#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

#[cfg(unix)]
mod faults;
mod trees;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use trees::{Tree, trees};

/// What a run may take, in a build without optimisations on a busy machine; a released one needs a tenth.
const LIMIT: Duration = Duration::from_mins(2);

/// Address space of a run, in KiB: the YAML bombs alone would need a thousand times as much.
const MEMORY: &str = "4000000";

#[test]
fn every_run_ends_and_says_what_it_left_out() {
    let mut wrong = Vec::new();
    for tree in trees() {
        let folder = tempfile::tempdir().unwrap();
        write(&tree, folder.path());
        for form in [&["--format", "json"][..], &["inspect", "--format", "json"]] {
            let started = Instant::now();
            match run(folder.path(), form) {
                Ok((code, shown)) => {
                    let name = tree.name;
                    if !matches!(code, Some(0 | 1)) || shown.contains("broke off") {
                        wrong.push(format!(
                            "{name} {form:?}: {code:?}: {}",
                            shown.chars().take(300).collect::<String>()
                        ));
                    }
                    let said = |code: &&&str| form[0] == "inspect" || shown.contains(&format!("\"{code}\""));
                    if let Some(missing) = tree.notices.iter().find(|code| !said(code)) {
                        wrong.push(format!("{name} {form:?}: no notice `{missing}`"));
                    }
                }
                Err(why) => wrong.push(format!("{} {form:?}: {why} after {:?}", tree.name, started.elapsed())),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[ignore = "writes the repositories into a folder, for people to look at"]
fn written() {
    let folder = PathBuf::from(std::env::var_os("REDISLINT_HOSTILE").expect("REDISLINT_HOSTILE names a folder"));
    for tree in trees() {
        write(&tree, &folder.join(tree.name));
    }
}

fn write(tree: &Tree, folder: &Path) {
    for (path, bytes) in &tree.files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    for (path, size) in &tree.sparse {
        fs::File::create(folder.join(path)).unwrap().set_len(*size).unwrap();
    }
    #[cfg(unix)]
    {
        for (path, target) in &tree.links {
            std::os::unix::fs::symlink(target, folder.join(path)).unwrap();
        }
        for path in &tree.pipes {
            assert!(Command::new("mkfifo").arg(folder.join(path)).status().unwrap().success());
        }
    }
}

/// The exit code, and all that was printed; `Err` where it did not end in time.
fn run(root: &Path, form: &[&str]) -> Result<(Option<i32>, String), &'static str> {
    let binary = assert_cmd::cargo::cargo_bin!("redislint");
    let limited = format!("ulimit -v {MEMORY}; exec \"$0\" \"$@\"");
    let out = tempfile::NamedTempFile::new().unwrap();
    let mut child = Command::new("sh")
        .args(["-c", &limited])
        .arg(binary)
        .args(form)
        .arg("--root")
        .arg(root)
        .stdin(Stdio::null())
        .stdout(out.reopen().unwrap())
        .stderr(out.reopen().unwrap())
        .spawn()
        .unwrap();
    let end = Instant::now() + LIMIT;
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return Ok((status.code(), String::from_utf8_lossy(&fs::read(out.path()).unwrap()).into_owned()));
        }
        if Instant::now() > end {
            child.kill().unwrap();
            child.wait().unwrap();
            return Err("did not end");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}
