//! The documentation tells the truth: `console` blocks show what is printed (`UPDATE=1` rewrites them), commands run,
//! the list of rules is complete, and links lead somewhere.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const STORY: &str = "fixtures/payments-http-500/server-with-password";

/// Commands that would build, install or need another repository, and the file that runs them in earnest.
const ELSEWHERE: [(&str, &str, &str); 8] = [
    ("cargo install --locked --path .", ".ci/run", "cargo install --locked --path ."),
    ("cargo test --locked", ".ci/run", "cargo test --locked"),
    ("cargo run --release --locked -- --root", ".ci/run", "cargo run --release --locked -- --root"),
    ("REDISLINT_ORACLE_PROJECTS=", "tests/oracle_compose.rs", "REDISLINT_ORACLE_PROJECTS"),
    ("pip install redislint", "tests/packaging.rs", "fn the_wheel_runs"),
    ("pre-commit try-repo", "tests/packaging.rs", "fn the_rust_hook_can_be_tried"),
    ("docker build --tag redislint .", "tests/containers.rs", "fn the_image_is_built_and_judges"),
    ("docker run --rm", "tests/containers.rs", "fn the_image_is_built_and_judges"),
];

/// The README and every page.
fn pages() -> Vec<PathBuf> {
    let folder = walkdir::WalkDir::new(support::project().join("docs")).sort_by_file_name();
    let pages = folder.into_iter().map(|entry| entry.unwrap().into_path());
    let pages = pages.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    [support::project().join("README.md")].into_iter().chain(pages).collect()
}

/// The fenced blocks of a page: language and text.
fn blocks(page: &str) -> Vec<(&str, &str)> {
    page.split("\n```").skip(1).step_by(2).filter_map(|block| block.split_once('\n')).collect()
}

#[test]
fn console_blocks_show_what_is_printed() {
    let mut count = 0;
    for path in pages().into_iter().skip(1) {
        let page = fs::read_to_string(&path).unwrap();
        let mut current = page.clone();
        for (_, block) in blocks(&page).into_iter().filter(|(language, _)| *language == "console") {
            let (command, _) = block.split_once('\n').unwrap_or((block, ""));
            let arguments: Vec<&str> = command.strip_prefix("$ redislint ").unwrap().split(' ').collect();
            let printed = support::stdout(&arguments);
            let printed: Vec<&str> = printed.lines().map(str::trim_end).collect();
            let shown = format!("{command}\n{}", printed.join("\n").trim_end());
            current = current.replace(&format!("```console\n{block}\n```"), &format!("```console\n{shown}\n```"));
            count += 1;
        }
        assert!(support::is_current(&path, &current), "{}: UPDATE=1 accepts:\n{current}", path.display());
    }
    assert_eq!(count, 3);
}

/// A repository with a history and faults, where the commands of a page are at home.
fn repository() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let source = support::project().join(STORY);
    for entry in walkdir::WalkDir::new(&source).into_iter().map(Result::unwrap) {
        let target = folder.path().join(entry.path().strip_prefix(&source).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(target).unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
    fs::create_dir(folder.path().join("deploy")).unwrap();
    fs::write(folder.path().join("app/config.py"), "").unwrap();
    fs::write(folder.path().join("compose.yaml"), "services: {}\n").unwrap();
    for arguments in [
        &["init", "--quiet", "--initial-branch=main"] as &[&str],
        &["add", "."],
        &["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "--quiet", "--message=a"],
        &["update-ref", "refs/remotes/origin/main", "HEAD"],
    ] {
        assert!(Command::new("git").args(arguments).current_dir(folder.path()).status().unwrap().success());
    }
    folder
}

#[test]
fn commands_run() {
    let mut count = 0;
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap();
        // The commands of a page follow each other.
        let folder = repository();
        for (language, block) in blocks(&page) {
            let lines = block.lines().map(|line| line.trim().trim_start_matches("- ").trim_start_matches("run: "));
            let commands = lines.filter_map(|line| match language {
                "sh" => (!line.is_empty() && !line.starts_with('#')).then_some(line),
                "yaml" => ["redislint ", "pip "].iter().any(|program| line.starts_with(program)).then_some(line),
                "groovy" => line.strip_prefix("sh '").and_then(|rest| rest.strip_suffix('\'')),
                _ => None,
            });
            for command in commands {
                runs(command, folder.path(), &path);
                count += 1;
            }
        }
    }
    assert!(count > 25, "{count} commands");
}

fn runs(command: &str, folder: &Path, page: &Path) {
    if let Some((_, file, text)) = ELSEWHERE.iter().find(|(start, ..)| command.starts_with(start)) {
        let script = fs::read_to_string(support::project().join(file)).unwrap();
        assert!(script.contains(text), "{}: {file} does not run {command}", page.display());
        return;
    }
    assert!(command == "redislint" || command.starts_with("redislint "), "{}: {command}", page.display());
    let bin = Path::new(env!("CARGO_BIN_EXE_redislint")).parent().unwrap();
    let path = std::env::join_paths(
        [bin.to_owned()].into_iter().chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
    );
    let mut shell = Command::new("sh");
    for variable in ["GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "REDISLINT_FORMAT"] {
        shell.env_remove(variable);
    }
    let output = shell.args(["-c", command]).env("PATH", path.unwrap()).current_dir(folder).output().unwrap();
    assert!(output.status.code().is_some_and(|code| code < 2), "{}: {command}: {output:?}", page.display());
}

#[test]
fn the_list_of_rules_is_complete() {
    let mut page = String::from(
        "# Rules\n\nWritten by `UPDATE=1 cargo test --test docs`. Each page has examples, which are run as tests, and says \
         what is not\nreported; `redislint explain RULE` prints it.\n",
    );
    let mut category = "";
    for rule in redislint::rules::ALL {
        if rule.category.name() != category {
            category = rule.category.name();
            let _ = write!(page, "\n## {category}\n\n| rule | severity | |\n|---|---|---|\n");
        }
        let (name, severity) = (rule.name, rule.severity.name());
        let severity = if rule.pedantic { format!("{severity}, `--pedantic`") } else { severity.to_owned() };
        let summary = rule.summary().replace('\n', " ");
        let _ = writeln!(page, "| [{name}](../rules/{name}.md) | {severity} | {summary} |");
    }
    let path = support::project().join("docs/rules.md");
    assert!(support::is_current(&path, &page), "docs/rules.md: UPDATE=1 rewrites it");
}

#[test]
fn links_lead_to_files_and_every_page_is_linked() {
    let mut linked = BTreeSet::new();
    for path in pages() {
        let page = fs::read_to_string(&path).unwrap();
        for link in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.contains("://") || link.starts_with('#') {
                continue;
            }
            let target = path.parent().unwrap().join(link.split('#').next().unwrap());
            let target = target.canonicalize().unwrap_or_else(|_| panic!("{}: {link}", path.display()));
            linked.insert(target);
        }
    }
    for page in pages().into_iter().skip(1) {
        assert!(linked.contains(&page.canonicalize().unwrap()), "nothing links to {}", page.display());
    }
}

/// Which Rust is needed stands first wherever something is built.
#[test]
fn the_minimum_rust_version_stands_where_it_is_built() {
    let version = format!("Rust {}", env!("CARGO_PKG_RUST_VERSION"));
    for page in ["getting-started.md", "pre-commit.md"] {
        let text = fs::read_to_string(support::project().join("docs").join(page)).unwrap();
        let build = ["cargo install", "id: redislint       #"].iter().find_map(|word| text.find(word)).unwrap();
        assert!(text.find(&version).is_some_and(|at| at < build), "{page}");
    }
    let image = format!("FROM rust:{}-slim", env!("CARGO_PKG_RUST_VERSION"));
    assert!(fs::read_to_string(support::project().join("docs/containers.md")).unwrap().contains(&image));
}

/// The example workflow is the one that the page shows.
#[test]
fn the_example_workflow_is_the_one_shown() {
    let page = include_str!("../docs/github-actions.md");
    let file = include_str!("../docs/redislint-workflow.yml");
    let shown = blocks(page).into_iter().find(|(language, _)| *language == "yaml").unwrap().1;
    let file: Vec<&str> = file.lines().filter(|line| !line.starts_with('#')).collect();
    assert_eq!(file.join("\n").trim(), shown.trim());
}
