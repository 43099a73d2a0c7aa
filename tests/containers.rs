//! The image of docs/containers.md is built and run as the page says.
//!
//! Live where `REDISLINT_DOCKER` is set and `docker` has a daemon that can get base images; else nothing is run, and the
//! test says so.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test fails by panicking, and says whether it ran")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

const STORY: &str = "fixtures/payments-http-500/server-with-password";

/// The block of that language in the page.
fn block(language: &str) -> String {
    let page = fs::read_to_string(support::project().join("docs/containers.md")).unwrap();
    let (_, rest) = page.split_once(&format!("\n```{language}\n")).unwrap();
    rest.split_once("\n```").unwrap().0.to_owned()
}

fn shell(command: &str, folder: &Path) -> Output {
    Command::new("sh").args(["-c", command]).current_dir(folder).output().unwrap()
}

#[test]
fn the_image_is_built_and_judges() {
    let commands = block("sh");
    let (build, run) = commands.split_once('\n').unwrap();
    assert!(build.starts_with("docker build ") && run.starts_with("docker run "), "{commands}");
    if std::env::var_os("REDISLINT_DOCKER").is_none_or(|value| value.is_empty()) {
        println!("not run: REDISLINT_DOCKER is not set");
        return;
    }
    let checkout = tempfile::tempdir().unwrap();
    let prefix = format!("--prefix={}/", checkout.path().display());
    let git = Command::new("git").args(["checkout-index", "--all", &prefix]).current_dir(support::project()).status();
    assert!(git.unwrap().success());
    fs::write(checkout.path().join("Dockerfile"), block("dockerfile")).unwrap();
    let built = shell(build, checkout.path());
    assert!(built.status.success(), "{built:?}");

    let ended = shell(run, &support::project().join(STORY));
    assert_eq!(ended.status.code(), Some(1), "{ended:?}");
    let printed = String::from_utf8(ended.stdout).unwrap();
    assert!(printed.contains("error[missing-password]"), "{printed}");
}
