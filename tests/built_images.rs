//! A Redis image that the repository builds itself: what its Dockerfile brings is the server's configuration.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

use std::fs;

use serde_json::Value;

const CONF: &str = "requirepass from-the-file-4711\n";

/// What the server of a build demands: `open`, `password`, …; `more` is put into the compose service.
fn demands(dockerfile: &str, more: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let compose = format!("services:\n  redis:\n    build:\n      context: cache\n{more}");
    write("compose.yaml", &compose);
    write("cache/Dockerfile", dockerfile);
    write("cache/redis.conf", CONF);
    write("cache/conf/redis.conf", CONF);
    let mut command = support::redislint();
    command.current_dir(folder.path()).args(["inspect", "--format", "json", "--root", "."]);
    let out = command.output().unwrap().stdout;
    let picture: Value = serde_json::from_slice(&out).unwrap();
    let server = &picture["environments"][0]["servers"][0]["auth"];
    server.as_str().unwrap_or("no server").to_owned()
}

#[test]
fn a_copied_configuration_counts_where_the_command_names_it() {
    let run = "CMD [\"redis-server\", \"/etc/redis.conf\"]\n";
    for (copy, expected) in [
        ("COPY redis.conf /etc/redis.conf\n", "password"),
        ("COPY --chown=redis:redis redis.conf /etc/\n", "password"),
        ("ADD [\"redis.conf\", \"/etc/redis.conf\"]\n", "password"),
        ("COPY conf /etc\n", "password"),
        ("WORKDIR /etc\nCOPY redis.conf .\n", "password"),
    ] {
        assert_eq!(demands(&format!("FROM redis:7.4\n{copy}{run}"), ""), expected, "{copy}");
        assert_eq!(demands(&format!("FROM redis:7.4\n{copy}"), ""), "open", "{copy} that nobody names");
    }
}

#[test]
fn commands_in_each_form_count() {
    for (command, expected) in [
        ("CMD [\"redis-server\", \"--requirepass\", \"pw\"]", "password"),
        ("CMD redis-server --requirepass pw", "password"),
        ("CMD [\"--requirepass\", \"pw\"]", "password"),
        ("ENTRYPOINT [\"redis-server\", \"--requirepass\", \"pw\"]", "password"),
        ("ENTRYPOINT [\"redis-server\"]\nCMD [\"--requirepass\", \"pw\"]", "password"),
        ("CMD [\"--requirepass\", \"pw\"]\nENTRYPOINT [\"redis-server\"]", "password"),
        ("CMD [\"redis-server\"]", "open"),
        // The last one of a kind counts.
        ("CMD redis-server --requirepass pw\nCMD redis-server", "open"),
    ] {
        assert_eq!(demands(&format!("FROM redis:7.4\n{command}\n"), ""), expected, "{command}");
    }
    // What compose says beats all of it.
    let dockerfile = "FROM redis:7.4\nCMD [\"redis-server\", \"--requirepass\", \"pw\"]\n";
    assert_eq!(demands(dockerfile, "    command: redis-server\n"), "open");
}

#[test]
fn stages_are_followed_to_the_wanted_one() {
    let dockerfile = "FROM redis:7.4 AS base\nCOPY redis.conf /etc/redis.conf\nFROM base AS open\nCMD [\"redis-server\"]\n\
                      FROM base AS closed\nCMD [\"redis-server\", \"/etc/redis.conf\"]\nFROM python:3.12 AS other\nRUN pip install redis\n";
    assert_eq!(demands(dockerfile, "      target: closed\n"), "password");
    assert_eq!(demands(dockerfile, "      target: CLOSED\n"), "password");
    assert_eq!(demands(dockerfile, "      target: open\n"), "open");
    assert_eq!(demands(dockerfile, ""), "no server");
    // What another stage copied is not in this one.
    let apart = "FROM redis:7.4 AS first\nCOPY redis.conf /etc/redis.conf\nFROM redis:7.4\nCMD [\"redis-server\"]\n";
    assert_eq!(demands(apart, ""), "open");
}

#[test]
fn arguments_choose_the_base() {
    let dockerfile = "ARG BASE=redis\nARG TAG=7.4\nFROM ${BASE}:$TAG\n";
    assert_eq!(demands(dockerfile, ""), "open");
    assert_eq!(demands(&dockerfile.replace("BASE=redis", "BASE=python"), ""), "no server");
}

#[test]
fn variables_of_the_image_reach_its_command() {
    let command = "CMD redis-server --requirepass \"$PW\"\n";
    for (variables, expected) in [
        ("ENV PW=secret\n", "password"),
        ("ENV PW secret\n", "password"),
        ("ARG GIVEN=secret\nENV PW=$GIVEN\n", "password"),
        ("ENV ONE=secret\nENV PW=\"${ONE}-more\"\n", "password"),
        ("ENV PW=\n", "open"),
        // Nothing sets it: the shell makes nothing of it.
        ("", "open"),
        // A build argument is gone when the server starts.
        ("ARG PW=secret\n", "open"),
    ] {
        assert_eq!(demands(&format!("FROM redis:7.4\n{variables}{command}"), ""), expected, "{variables}");
    }
    let global = format!("ARG GIVEN=secret\nFROM redis:7.4\nARG GIVEN\nENV PW=$GIVEN\n{command}");
    assert_eq!(demands(&global, ""), "password");
    // Compose gives the argument another value: that it is set is all that is known.
    let given = format!("FROM redis:7.4\nARG GIVEN=\nENV PW=$GIVEN\n{command}");
    assert_eq!(demands(&given, ""), "open");
    assert_ne!(demands(&given, "      args: {GIVEN: secret}\n"), "open");
    // The service's own variable beats the image's.
    let set = format!("FROM redis:7.4\nENV PW=secret\n{command}");
    assert_eq!(demands(&set, "    environment: {PW: \"\"}\n"), "open");
}
