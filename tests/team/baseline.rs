//! A baseline keeps quiet about what was there, merges, and outlives everything but a new fault.

use std::fs;

use crate::repository::{COMPOSE, FILES, OPEN, Repository, secret, with};

#[test]
fn a_baseline_keeps_quiet_about_what_was_there_and_speaks_of_what_is_new() {
    let repository = Repository::new(&with(&[(".env.live", "REDIS_PASSWORD=Amber-Causeway-6113\n")]));
    repository.write("live/compose.yaml", &OPEN.replace("image", "env_file: ../.env.live\n    image"));
    let all = repository.found(&[]);
    assert!(all.len() > 1, "{all:?}");
    assert_eq!(repository.run(&["--write-baseline", "known"]).0, 0);
    let known = ["--baseline", "known"];
    assert_eq!(repository.found(&known), [""; 0]);
    assert_eq!(repository.run(&known).0, 0);
    assert_eq!(repository.json(&known)["summary"]["baselined"], all.len());
    let (_, out, _) = repository.run(&known);
    assert!(out.contains(&format!("0 suppressed, {} in the baseline", all.len())), "{out}");

    repository.write("other/compose.yaml", OPEN);
    assert_eq!(repository.found(&known), ["other/compose.yaml published-port"]);
    fs::remove_dir_all(repository.path().join("other")).unwrap();
    // Another environment with the same fault of the same setting is no new fault.
    repository.replace("compose.yaml", "redis://redis:6379/0", "redis://:Amber-Causeway-6113@redis:6379/0");
    let (_, out, _) = repository.run(&known);
    assert!(out.contains("missing-password compose.yaml REDIS_URL (stale-baseline)"), "{out}");
    let text = fs::read_to_string(repository.path().join("known")).unwrap();
    assert!(!text.contains("Amber"), "{text}");
    repository.write("known", "<<<<<<< ours\n");
    assert_eq!(repository.run(&known).0, 2);
}

#[test]
fn fingerprints_outlive_moves_names_and_layout_but_not_a_new_password() {
    let files = with(&[("jobs/queue.py", "")]);
    let repository = Repository::new(&files);
    repository.write("jobs/queue.py", &secret("Amber-Causeway-6113"));
    let first = repository.fingerprints();
    assert!(first.len() >= 2, "{first:?}");
    // Code moves.
    repository.write("jobs/queue.py", &format!("# a heading\n\n\n{}", secret("Amber-Causeway-6113")));
    assert_eq!(repository.fingerprints(), first);
    // A service gets another name.
    repository.write(
        "compose.yaml",
        &COMPOSE.replace("  redis:\n", "  store:\n").replace("@redis", "@store").replace("//redis", "//store"),
    );
    assert_eq!(repository.fingerprints(), first);
    // YAML gets another layout.
    repository.write("compose.yaml", "services:\n    web: {build: ., command: [python, app.py], environment: [\"REDIS_URL=redis://redis:6379/0\"]}\n\n    redis:\n        image: \"redis:7.4\"\n        command: [redis-server, --requirepass, \"${REDIS_PASSWORD:?}\"]\n");
    assert_eq!(repository.fingerprints(), first);
    // The password changes.
    repository.write("jobs/queue.py", &secret("Basalt-Lantern-2207"));
    let changed = repository.fingerprints();
    assert_eq!(changed.len(), first.len());
    assert_eq!(changed.iter().filter(|print| !first.contains(print)).count(), 1, "{first:?} {changed:?}");
}

#[test]
fn a_second_password_on_the_same_line_is_new() {
    let repository = Repository::new(&FILES);
    repository.write("jobs/queue.py", &secret("Amber-Causeway-6113"));
    assert!(repository.found(&[]).contains(&"jobs/queue.py hardcoded-password".to_owned()));
    assert_eq!(repository.run(&["--write-baseline", "known"]).0, 0);
    assert_eq!(repository.found(&["--baseline", "known"]), [""; 0]);
    repository.replace(
        "jobs/queue.py",
        "6113\")",
        "6113\"); other = redis.Redis(host=\"queue.example.net\", password=\"Basalt-Lantern-2207\")",
    );
    assert_eq!(repository.found(&["--baseline", "known"]), ["jobs/queue.py hardcoded-password"]);
}

#[test]
fn two_branches_that_add_an_entry_each_merge() {
    let repository = Repository::committed(&[("a/compose.yaml", OPEN)]);
    let baseline = |file: &str| {
        assert_eq!(repository.run(&["--write-baseline", "known"]).0, 0);
        let text = fs::read_to_string(repository.path().join("known")).unwrap();
        assert!(text.lines().is_sorted() && file.is_empty() || text.contains(file), "{text}");
    };
    baseline("");
    repository.commit();
    for branch in ["left", "right"] {
        repository.git(&["checkout", "--quiet", "-b", branch, "main"]);
        repository.write(&format!("{branch}/compose.yaml"), OPEN);
        baseline(&format!("published-port {branch}/compose.yaml -"));
        repository.commit();
    }
    repository.git(&["merge", "--quiet", "--no-edit", "left"]);
    assert_eq!(repository.found(&["--baseline", "known"]), [""; 0]);
    assert_eq!(repository.json(&["--baseline", "known"])["summary"]["baselined"], 3);
    let merged = fs::read_to_string(repository.path().join("known")).unwrap();
    baseline("");
    assert_eq!(fs::read_to_string(repository.path().join("known")).unwrap(), merged);
}
