//! What the configuration chooses, its typos, and the one that `init` writes.

use std::fs;

use crate::repository::{OPEN, Repository, secret, with};

#[test]
fn the_configuration_chooses_rules_paths_and_ceilings() {
    let repository = Repository::new(&[("a/compose.yaml", OPEN), ("b/compose.yaml", OPEN)]);
    let both = ["a/compose.yaml published-port", "b/compose.yaml published-port"];
    assert_eq!(repository.found(&[]), both);
    repository.write("redislint.toml", "ignore = [\"published-port\"]\n");
    assert_eq!(repository.found(&[]), [""; 0]);
    repository.write("redislint.toml", "select = [\"missing-password\"]\n");
    assert_eq!(repository.found(&[]), [""; 0]);
    repository.write("redislint.toml", "[severity]\npublished-port = \"note\"\n");
    assert_eq!((repository.found(&[]).len(), repository.run(&[]).0), (2, 0));
    // A ceiling raises nothing.
    repository.write("compose.dev.yaml", OPEN);
    repository.write("redislint.toml", "[severity]\npublished-port = \"error\"\n");
    let report = repository.json(&["compose.dev.yaml"]);
    assert_eq!(report["findings"][0]["severity"], "warning", "{report}");
    fs::remove_file(repository.path().join("compose.dev.yaml")).unwrap();
    repository.write(
        "redislint.toml",
        "[[per-path]]\npaths = [\"b/**\"]\nrules = [\"published-port\"]\nreason = \"a lab\"\n",
    );
    assert_eq!(repository.found(&[]), both[..1]);
    assert_eq!(repository.found(&["--no-ignores"]), both);
    repository.replace("redislint.toml", "b/**", "c/**");
    let (_, out, _) = repository.run(&[]);
    assert!(out.contains("redislint.toml:3:10: there is no `published-port` to ignore here"), "{out}");
}

#[test]
fn a_configuration_with_typos_is_2_and_names_the_place() {
    let repository =
        Repository::new(&[("compose.yaml", OPEN), ("redislint.toml", "ignore = [\"publishd-port\"]\nselct = []\n")]);
    let (code, out, errors) = repository.run(&[]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(
        errors.contains("redislint.toml:1:11: unknown rule `publishd-port`; did you mean `published-port`?"),
        "{errors}"
    );
    assert!(errors.contains("redislint.toml:2:1: unknown key `selct`; did you mean `select`?"), "{errors}");
}

#[test]
fn init_writes_a_configuration_that_holds_in_every_line() {
    let repository = Repository::new(&[("compose.prod.yaml", OPEN)]);
    assert_eq!(repository.run(&["init"]).0, 0);
    assert_eq!(repository.run(&["init"]).0, 2, "a configuration is never overwritten");
    let before = repository.found(&[]);
    let text = fs::read_to_string(repository.path().join("redislint.toml")).unwrap();
    let settings = text.lines().filter_map(|line| line.strip_prefix("# "));
    let settings = settings.filter(|line| line.starts_with('[') || line.contains(" = "));
    let lines: Vec<String> = settings.map(|line| format!("{line}\n")).collect();
    repository.write("redislint.toml", &lines.concat());
    assert!(lines.concat().contains("files = [\"compose.prod.yaml\"]\nkind = \"production\""), "{text}");
    assert!(lines.concat().contains("published-port = \"note\""), "{text}");
    let (code, _, errors) = repository.run(&[]);
    assert_ne!(code, 2, "{errors}");
    assert_eq!(repository.found(&[]), before);
}

#[test]
fn placeholders_and_allowed_endpoints_are_meant_to_be_so() {
    let files = with(&[("lab/compose.yaml", OPEN)]);
    let repository = Repository::new(&files);
    repository.write("jobs/queue.py", &secret("Amber-Causeway-6113"));
    let there = |rule: &str| repository.found(&[]).iter().any(|found| found.ends_with(rule));
    assert!(there("hardcoded-password") && there("published-port"));
    repository.write("redislint.toml", "placeholders = [\"Amber-*\"]\n");
    assert!(!there("hardcoded-password") && there("published-port"));
    repository.write("redislint.toml", "allowed-endpoints = [\"0.0.0.0:6379\"]\n");
    assert!(there("hardcoded-password") && !there("published-port"));
    repository.write("jobs/queue.py", &secret("Amber-Causeway-6113").replace("example.net", "shop.io"));
    assert!(there("plaintext-remote"));
    repository.write("redislint.toml", "allowed-endpoints = [\"cache.shop.io\"]\n");
    assert!(!there("plaintext-remote"));
}

#[test]
fn a_path_without_a_reason_does_not_count_where_one_is_required() {
    let repository = Repository::new(&[("lab/compose.yaml", OPEN)]);
    let entry = "[[per-path]]\npaths = [\"lab/\"]\n";
    repository.write("redislint.toml", entry);
    assert_eq!(repository.found(&[]), [""; 0]);
    repository.write("redislint.toml", &format!("require-reason = true\n{entry}"));
    let (code, out, _) = repository.run(&[]);
    assert!(code == 1 && out.contains("redislint.toml:3:10: the configuration requires a reason"), "{out}");
    repository.write("redislint.toml", &format!("require-reason = true\n{entry}reason = \"a lab\"\n"));
    assert_eq!(repository.found(&[]), [""; 0]);
}
