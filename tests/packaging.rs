//! The program as people get it: as a wheel, through pre-commit in three ways, and through `cargo install`.
//!
//! Live where `REDISLINT_PRE_COMMIT` names pre-commit and `REDISLINT_WHEELS` a folder with our wheel (`.ci/run` brings
//! both); else nothing is run, and each test says so.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and says whether it ran")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A server that asks for a password, and a client without one.
const BROKEN: &str = "services:\n  redis:\n    image: redis:7.4\n    command: redis-server --requirepass ${REDIS_PASSWORD:?}\n    healthcheck:\n      test: redis-cli ping\n";
const CLEAN: &str =
    "services:\n  redis:\n    image: redis:7.4\n    command: redis-server --requirepass ${REDIS_PASSWORD:?}\n";

/// What the environment has us run, or `None` where it names nothing.
fn live(variable: &str) -> Option<PathBuf> {
    let path = std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from);
    if path.is_none() {
        println!("not run: {variable} is not set");
    }
    path
}

/// A git repository with a file that is wrong, and pre-commit's configuration.
fn repository(config: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(".pre-commit-config.yaml"), config).unwrap();
    fs::write(folder.path().join("compose.yaml"), BROKEN).unwrap();
    for arguments in [&["init", "--quiet"] as &[&str], &["add", "."]] {
        assert!(Command::new("git").args(arguments).current_dir(folder.path()).status().unwrap().success());
    }
    folder
}

/// Runs pre-commit on the broken file, which it has to refuse, and on the right one.
fn judges(folder: &Path, run: impl Fn() -> Output) {
    let refused = run();
    let said = String::from_utf8_lossy(&refused.stdout).into_owned() + &String::from_utf8_lossy(&refused.stderr);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(said.contains("unauthenticated-healthcheck"), "{said}");
    fs::write(folder.join("compose.yaml"), CLEAN).unwrap();
    let passed = run();
    assert!(passed.status.success(), "{passed:?}");
    assert!(String::from_utf8_lossy(&passed.stdout).contains("Passed"), "{passed:?}");
}

/// pre-commit without what the caller's environment says to it and to redislint.
fn pre_commit(program: &Path, folder: &Path, home: &Path) -> Command {
    let mut command = Command::new(program);
    command.current_dir(folder).env("PRE_COMMIT_HOME", home).env("REDISLINT_FORMAT", "concise");
    for variable in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "SKIP"] {
        command.env_remove(variable);
    }
    command
}

/// Wheel and hooks are built once each, to see that they can be: quickly, and from the same objects.
const QUICK: [(&str, &str); 3] = [
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0"),
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
];

fn try_repo(id: &str) {
    let Some(program) = live("REDISLINT_PRE_COMMIT") else { return };
    let folder = repository("repos: []\n");
    let home = tempfile::tempdir().unwrap();
    judges(folder.path(), || {
        let mut command = pre_commit(&program, folder.path(), home.path());
        command.envs(QUICK).env("CARGO_TARGET_DIR", support::project().join("target/packaging"));
        command.args([OsStr::new("try-repo"), support::project().as_os_str()]).args([id, "--all-files", "--verbose"]);
        command.output().unwrap()
    });
}

#[test]
fn the_rust_hook_can_be_tried() {
    try_repo("redislint");
}

#[test]
fn the_python_hook_can_be_tried() {
    try_repo("redislint-py");
}

/// The route of `docs/pre-commit.md` without Rust: a wheel from a folder, no index, and no cargo on the path.
#[test]
fn the_local_hook_needs_neither_rust_nor_an_index() {
    let (Some(program), Some(wheels)) = (live("REDISLINT_PRE_COMMIT"), live("REDISLINT_WHEELS")) else { return };
    let page = fs::read_to_string(support::project().join("docs/pre-commit.md")).unwrap();
    let block = page.split("```yaml\n").find(|block| block.contains("repo: local")).unwrap();
    let folder = repository(block.split("```").next().unwrap());
    let (home, bin) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let path = std::env::var_os("PATH").unwrap();
    for tool in ["git", "sh", "env"] {
        let found = std::env::split_paths(&path).map(|folder| folder.join(tool)).find(|file| file.exists()).unwrap();
        std::os::unix::fs::symlink(found, bin.path().join(tool)).unwrap();
    }
    judges(folder.path(), || {
        let mut command = pre_commit(&program, folder.path(), home.path());
        command.env("PATH", bin.path()).env("PIP_FIND_LINKS", &wheels).env("PIP_NO_INDEX", "1");
        command.args(["run", "--all-files", "--verbose"]).output().unwrap()
    });
}

/// The wheel in an empty environment says what the program that cargo built says. On a terminal names of rules link to
/// their pages: those of the repository that the wheel was told to come from.
#[test]
fn the_wheel_runs() {
    let Some(wheels) = live("REDISLINT_WHEELS") else { return };
    let folder = tempfile::tempdir().unwrap();
    run(Path::new("python3"), &["-m", "venv", folder.path().to_str().unwrap()]);
    let install = ["install", "--quiet", "--no-index", "--find-links", wheels.to_str().unwrap(), "redislint"];
    run(&folder.path().join("bin/pip"), &install);
    let program = folder.path().join("bin/redislint");
    let arguments = ["--root", "fixtures/payments-http-500/server-with-password"];
    let printed = run(&program, &arguments);
    assert_eq!(printed, support::stdout(&arguments));
    assert!(printed.contains("NOAUTH Authentication required."), "{printed}");

    let command = format!("{} {}", program.display(), arguments.join(" "));
    // `script` gives it a terminal.
    let terminal = run(Path::new("script"), &["-qec", &command, "/dev/null"]);
    let page = format!("https://example.org/redislint/blob/v{}/rules/published-port.md", env!("CARGO_PKG_VERSION"));
    assert!(terminal.contains(&format!("\u{1B}]8;;{page}\u{1B}\\")), "{terminal}");
    let piped = run(&program, &[&arguments[..], &["--color", "always"]].concat());
    assert!(piped.contains("\u{1B}[") && !piped.contains("\u{1B}]8;;"), "{piped}");
    let log = run(&program, &[&arguments[..], &["--format", "sarif"]].concat());
    assert!(log.contains(&format!("\"helpUri\": \"{page}\"")), "{log}");
}

/// What a program prints in our checkout, where it does not break off.
fn run(program: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    for variable in ["NO_COLOR", "GITHUB_ACTIONS", "REDISLINT_FORMAT", "PIP_REQUIRE_VIRTUALENV"] {
        command.env_remove(variable);
    }
    let output = command.env("TERM", "xterm").args(arguments).current_dir(support::project()).output().unwrap();
    assert!(output.status.code().is_some_and(|code| code < 2), "{} {arguments:?}: {output:?}", program.display());
    String::from_utf8(output.stdout).unwrap()
}
