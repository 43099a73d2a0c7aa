//! What the tests of the binary share: the fixtures, one way to run redislint, and snapshots that `UPDATE=1` rewrites.

pub mod repository;

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;

/// A whole repository below `fixtures/`.
pub struct Variant {
    /// `case/variant`.
    pub name: String,
    /// Its folder, relative to ours, so that outputs do not depend on where the checkout lies.
    pub root: String,
}

impl Variant {
    /// The file beside the repository that ends in `extension`, such as its table of faults.
    pub fn beside(&self, extension: &str) -> PathBuf {
        project().join(format!("{}.{extension}", self.root))
    }
}

/// Every fixture, in order.
pub fn variants() -> Vec<Variant> {
    let fixtures = project().join("fixtures");
    let entries = walkdir::WalkDir::new(&fixtures).min_depth(2).max_depth(2).sort_by_file_name();
    let folders = entries.into_iter().map(Result::unwrap).filter(|entry| entry.file_type().is_dir());
    let variants: Vec<_> = folders
        .map(|entry| {
            let name = entry.path().strip_prefix(&fixtures).unwrap().to_str().unwrap().replace('\\', "/");
            Variant { root: format!("fixtures/{name}"), name }
        })
        .collect();
    assert!(variants.len() > 10, "the fixtures are gone");
    variants
}

/// Our own checkout.
pub fn project() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the caller's environment may say to us: continuous integration says much of it.
const CALLERS: [&str; 13] = [
    "COLUMNS",
    "NO_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "FORCE_COLOR",
    "CI",
    "TF_BUILD",
    "JENKINS_URL",
    "TEAMCITY_VERSION",
    "CODEBUILD_BUILD_ID",
    "GITHUB_ACTIONS",
    "GITHUB_STEP_SUMMARY",
    "REDISLINT_FORMAT",
];

/// redislint, run in our checkout and untouched by the caller's settings.
pub fn redislint() -> Command {
    let mut command = assert_cmd::cargo::cargo_bin_cmd!("redislint");
    command.current_dir(project());
    for variable in CALLERS {
        command.env_remove(variable);
    }
    // A terminal at the other end would decide how wide the help is.
    command.write_stdin("");
    command
}

/// What redislint prints to stdout when called with `arguments`, whatever its exit code.
pub fn stdout(arguments: &[&str]) -> String {
    let output = redislint().args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code().is_some_and(|code| code < 2), "redislint {arguments:?} broke off: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Compares a snapshot with what is true now, or rewrites it when asked to by `UPDATE=1`.
pub fn is_current(path: &Path, actual: &str) -> bool {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, actual).unwrap();
    }
    fs::read_to_string(path).is_ok_and(|expected| expected == actual)
}
