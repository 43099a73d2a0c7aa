//! Help, manual page and completions: kept in `docs/` and `completions/` as the program makes them (`UPDATE=1` rewrites
//! them), and saying what they have to.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

use std::fs;

/// The options of the help, by name.
fn options(help: &str) -> Vec<&str> {
    let names = help.split_whitespace().filter(|word| word.starts_with("--"));
    let mut names: Vec<&str> = names.map(|word| word.split(['=', ',', '.', ')', '[']).next().unwrap()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[test]
fn the_pages_are_those_of_this_program() {
    let mut old = Vec::new();
    let pages = [
        ("completions/redislint.bash", &["completions", "bash"] as &[&str]),
        ("completions/_redislint", &["completions", "zsh"]),
        ("completions/redislint.fish", &["completions", "fish"]),
        ("completions/redislint.elv", &["completions", "elvish"]),
        ("completions/_redislint.ps1", &["completions", "powershell"]),
        ("docs/redislint.1", &["man"]),
    ];
    for (path, arguments) in pages {
        let page = support::stdout(arguments);
        for option in options(&support::stdout(&["--help"])) {
            // roff writes a hyphen as `\-`.
            let known = page.replace("\\-", "-").contains(option.trim_start_matches('-'));
            assert!(known, "{path} does not know {option}");
        }
        if !support::is_current(&support::project().join(path), &page) {
            old.push(path);
        }
    }
    assert!(old.is_empty(), "UPDATE=1 rewrites {old:?}");
}

#[test]
fn help_begins_with_examples_that_run() {
    let help = support::stdout(&["--help"]);
    let examples = help.find("\nExamples:\n").unwrap();
    assert!(examples < help.find("Usage:").unwrap() && examples < help.find("Options:").unwrap(), "{help}");
    let section = help[examples..].split("\n\n").next().unwrap();
    let commands: Vec<&str> = section.lines().filter_map(|line| line.strip_prefix("  ")?.split("  ").next()).collect();
    assert!(commands.len() >= 6, "{help}");
    for command in commands {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("deploy")).unwrap();
        for path in ["compose.yaml", "redislint.toml", "redislint.baseline"] {
            fs::write(folder.path().join(path), "").unwrap();
        }
        let words: Vec<&str> = command.split(' ').collect();
        assert_eq!(words[0], "redislint");
        if words.contains(&"--since") {
            continue; // Needs a repository with a history: tests/team.rs has one.
        }
        let output = support::redislint().current_dir(folder.path()).args(&words[1..]).output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{command}: {output:?}");
    }
}

/// README, help and manual name the same exit codes.
#[test]
fn exit_codes_are_told_everywhere() {
    let help = support::stdout(&["--help"]);
    let readme = fs::read_to_string(support::project().join("README.md")).unwrap();
    let manual = support::stdout(&["man"]);
    for code in 0..=2 {
        assert!(help.contains(&format!("\n  {code}  ")), "{help}");
        assert!(readme.contains(&format!("\n| {code} | ")), "README.md: {code}");
        assert!(manual.contains(&format!("\\fB{code}\\fR")), "{manual}");
    }
}
