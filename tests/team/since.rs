//! Only what a change brings in or touches, whichever file it shows in.

use std::fs;

use crate::repository::{APP, OPEN, Repository};

/// What a history does to the repository, and exactly what that brings in.
type History = (&'static str, fn(&Repository), &'static [&'static str]);

/// A server with a password from redis.conf, and a client that sends it.
const HEALTHY: [(&str, &str); 5] = [
    (
        "compose.yaml",
        "services:\n  redis:\n    image: redis:7.4\n    command: redis-server /etc/redis.conf\n    volumes:\n      - ./redis.conf:/etc/redis.conf\n  web:\n    build: .\n    command: python app.py\n    environment:\n      REDIS_URL: redis://:${REDIS_PASSWORD}@redis:6379/0\n  old:\n    image: redis:7.4\n    ports:\n      - 6390:6379\n",
    ),
    ("redis.conf", "requirepass Amber-Causeway-6113\nport 6379\n"),
    (".env", "REDIS_PASSWORD=Amber-Causeway-6113\n"),
    ("app.py", APP),
    ("Dockerfile", "FROM python:3.12\nRUN pip install redis==5.0.1\nCOPY . .\n"),
];

const HISTORIES: &[History] = &[
    ("nothing", |_| {}, &[]),
    ("another file", |to| to.write("README.md", "# Shop\n"), &[]),
    (
        "the client's end",
        |to| to.replace("compose.yaml", ":${REDIS_PASSWORD}@", ""),
        &["compose.yaml missing-password"],
    ),
    (
        "the server's end",
        |to| to.write("redis.conf", "requirepass Basalt-Lantern-2207\nport 6379\n"),
        &[".env wrong-password", "redis.conf hardcoded-password"],
    ),
    (
        "the variable between them",
        |to| to.write(".env", "REDIS_PASSWORD=Basalt-Lantern-2207\n"),
        &[".env hardcoded-password", ".env wrong-password"],
    ),
    (
        "a staging file",
        |to| to.write("compose.staging.yaml", "services:\n  redis:\n    ports:\n      - 6379:6379\n"),
        &[".env reused-password", "compose.staging.yaml published-port"],
    ),
    (
        "a name that is no service",
        |to| to.replace("compose.yaml", "@redis:", "@reddis:"),
        &["compose.yaml unknown-host"],
    ),
    (
        "a port that nobody listens on",
        |to| to.replace("compose.yaml", "@redis:6379", "@redis:6380"),
        &["compose.yaml wrong-port"],
    ),
    ("the client in other lines", |to| to.write("app.py", &format!("# moved\n\n{APP}")), &[]),
    (
        "an open port in a new folder",
        |to| {
            to.write("lab/compose.yaml", OPEN);
            to.commit();
        },
        &["lab/compose.yaml published-port"],
    ),
    (
        "a deleted redis.conf",
        |to| {
            fs::remove_file(to.path().join("redis.conf")).unwrap();
            to.replace(
                "compose.yaml",
                "    command: redis-server /etc/redis.conf\n    volumes:\n      - ./redis.conf:/etc/redis.conf\n",
                "",
            );
        },
        &[".env unexpected-password"],
    ),
];

#[test]
fn since_reports_exactly_what_a_change_brings_in() {
    for (what, change, expected) in HISTORIES {
        let repository = Repository::committed(&HEALTHY);
        assert_eq!(repository.found(&["--since", "HEAD"]), [""; 0], "{what}");
        repository.git(&["tag", "start"]);
        change(&repository);
        assert_eq!(&repository.found(&["--since", "start"]), expected, "{what}: {:?}", repository.found(&[]));
    }
}

#[test]
fn since_counts_what_was_there_before_and_refuses_unknown_revisions() {
    let repository = Repository::committed(&HEALTHY);
    let there = repository.found(&[]).len();
    assert_eq!(repository.json(&["--since", "HEAD"])["summary"]["unchanged"], there);
    let (_, out, _) = repository.run(&["--since", "HEAD"]);
    assert!(out.contains(&format!("{there} there before")), "{out}");
    for revision in ["no-such-branch", "--output=x", ""] {
        let (code, _, errors) = repository.run(&[&format!("--since={revision}")]);
        assert_eq!(code, 2, "{revision}: {errors}");
    }
    assert_eq!(Repository::new(&HEALTHY).run(&["--since", "HEAD"]).0, 2);
}

#[test]
fn since_runs_nothing_that_the_repository_names() {
    let repository = Repository::committed(&HEALTHY);
    let mark = repository.path().join("ran");
    let command = format!("touch {}", mark.display());
    for key in [
        "core.fsmonitor",
        "filter.x.clean",
        "filter.x.smudge",
        "filter.x.process",
        "diff.external",
        "diff.x.textconv",
        "core.pager",
    ] {
        repository.git(&["config", key, &command]);
    }
    repository.write(".git/hooks/post-index-change", &format!("#!/bin/sh\n{command}\n"));
    repository.write(".gitattributes", "* filter=x diff=x\n");
    repository.replace("app.py", "import os", "import os, sys");
    assert_eq!(repository.run(&["--since", "HEAD"]).0, 0);
    assert!(!mark.exists());
}

#[test]
fn a_touched_finding_is_reported_again() {
    let repository = Repository::committed(&HEALTHY);
    repository.replace("compose.yaml", "      - 6390:6379", "      - 6390:6379 # for the lab");
    assert_eq!(repository.found(&["--since", "HEAD"]), ["compose.yaml published-port"]);
}
