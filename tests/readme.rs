//! The README tells the truth: each `console` block shows a command of redislint and what that prints today (`UPDATE=1`
//! rewrites it), the dependency tables name exactly our dependencies, and every fixture and file it names is there.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

use std::collections::BTreeSet;
use std::fs;

use toml::de::DeTable;

const OPENING: &str = "```console\n$ ";
const CLOSING: &str = "```\n";

#[test]
fn console_blocks_show_what_is_printed() {
    let path = support::project().join("README.md");
    let readme = fs::read_to_string(&path).unwrap();
    let mut blocks = readme.split(OPENING);
    let mut current = blocks.next().unwrap().to_owned();
    let mut count = 0;
    for block in blocks {
        let (command, rest) = block.split_once('\n').unwrap();
        // A line of backquotes inside an output would end the block early, there as here.
        let end = rest.find(CLOSING).unwrap();
        let arguments = command.strip_prefix("cargo run --release --locked -- ");
        let arguments = arguments.or(command.strip_prefix("redislint ")).unwrap_or_else(|| panic!("{command}"));
        let output = support::stdout(&arguments.split(' ').collect::<Vec<_>>());
        assert!(!output.trim().is_empty(), "{command} printed nothing");
        current.extend([OPENING, command, "\n", &output, &rest[end..]]);
        count += 1;
    }
    assert_eq!(count, 2);
    assert!(
        support::is_current(&path, &current),
        "README.md is not what redislint prints; UPDATE=1 accepts:\n{current}"
    );
}

#[test]
fn the_two_commands_are_those_of_continuous_integration() {
    let readme = fs::read_to_string(support::project().join("README.md")).unwrap();
    let script = fs::read_to_string(support::project().join(".ci/run")).unwrap();
    let commands = [
        "cargo run --release --locked -- --root fixtures/payments-http-500/server-with-password",
        "cargo test --locked",
    ];
    for command in commands {
        assert!(readme.contains(&format!("```sh\n{command}\n```\n")), "README.md: {command}");
        assert!(script.lines().any(|line| line.starts_with(command)), ".ci/run: {command}");
    }
}

#[test]
fn the_dependency_tables_name_every_dependency() {
    let manifest = DeTable::parse(include_str!("../Cargo.toml")).unwrap().into_inner();
    let readme = fs::read_to_string(support::project().join("README.md")).unwrap();
    let section = readme.split("\n## Dependencies\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| job "));
    let named: BTreeSet<&str> =
        rows.map(|row| row.split(" | ").nth(1).unwrap()).flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    let mut used = BTreeSet::new();
    let platforms = manifest.get("target").unwrap().get_ref().as_table().unwrap();
    let platforms = platforms.iter().map(|(_, platform)| platform.get_ref().as_table().unwrap());
    for tables in platforms.chain([&manifest]) {
        let tables = ["dependencies", "dev-dependencies"].iter().filter_map(|table| tables.get(*table));
        for (name, value) in tables.flat_map(|table| table.get_ref().as_table().unwrap()) {
            used.insert(name.get_ref().as_ref());
            let package = value.get_ref().as_table().and_then(|table| table.get("package"));
            used.extend(package.and_then(|package| package.get_ref().as_str()));
        }
    }
    assert_eq!(named, used);
}

#[test]
fn the_minimum_rust_version_is_that_of_the_manifest() {
    let version = env!("CARGO_PKG_RUST_VERSION");
    let readme = fs::read_to_string(support::project().join("README.md")).unwrap();
    let install = readme.split("\n## Install\n").nth(1).unwrap();
    assert!(install.trim_start().lines().next().unwrap().contains(&format!("Rust {version}")));
}
