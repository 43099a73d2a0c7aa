//! Comments that silence rules, in every syntax, and ignores for whole files.

use crate::repository::{APP, COMPOSE, FILES, OPEN, Repository, secret, with};

#[test]
fn an_ignore_silences_trailing_above_and_at_either_end_of_a_link() {
    let found = |path: &str, from: &str, to: &str| {
        let repository = Repository::new(&FILES);
        repository.replace(path, from, to);
        let report = repository.json(&[]);
        let rules: Vec<_> = report["findings"].as_array().unwrap().iter().map(|one| one["rule"].clone()).collect();
        (rules, report["summary"]["suppressed"].as_u64().unwrap(), report["notices"].as_array().unwrap().len())
    };
    assert_eq!(found("app.py", "import os", "import os"), (vec!["missing-password".into()], 0, 0));
    let url = "      REDIS_URL: redis://redis:6379/0";
    let command = "    command: redis-server --requirepass ${REDIS_PASSWORD:?}";
    let comment = "# redislint: ignore[missing-password] a proxy logs in";
    for (line, text) in [
        (url, format!("{url} {comment}")),
        (url, format!("      {comment}\n{url}")),
        (url, format!("      {comment}\n      # for now\n{url}")),
        (command, format!("{command} {comment}")),
    ] {
        assert_eq!(found("compose.yaml", line, &text), (vec![], 1, 0), "{text}");
    }
    // Two lines above is not on the line above.
    let far = format!("      {comment}\n\n{url}");
    assert_eq!(found("compose.yaml", url, &far), (vec!["missing-password".into()], 0, 1));
}

#[test]
fn what_no_comment_is_silences_nothing() {
    let repository = Repository::new(&with(&[
        (
            "compose.yaml",
            "services:\n  redis:\n    image: redis:7.4\n    ports:\n      - \"6379:6379\"\n    labels:\n      - \"# redislint: ignore[published-port] in a string\"\n    volumes:\n      - ./redis.conf:/r.conf\n    command: redis-server /r.conf\n",
        ),
        ("redis.conf", "port 6379\nprotected-mode no # redislint: ignore[published-port]\n"),
    ]));
    let report = repository.json(&[]);
    assert_eq!(report["summary"]["suppressed"], 0);
}

#[test]
fn a_group_of_three_with_one_ignored_reports_the_other_two() {
    let repository = Repository::new(&[
        ("compose.yaml", OPEN),
        ("compose.staging.yaml", "services:\n  redis:\n    ports:\n      - 6380:6379\n"),
        ("compose.prod.yaml", "services:\n  redis:\n    ports:\n      - 6381:6379\n"),
    ]);
    let places = |arguments: &[&str]| {
        let report = repository.json(arguments);
        let finding = &report["findings"][0];
        assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{report}");
        let ports = |label: &&serde_json::Value| label["label"] == "reachable from outside";
        let related = finding["related"].as_array().unwrap().iter().filter(ports);
        let mut paths: Vec<_> = related.map(|label| label["location"]["path"].as_str().unwrap().to_owned()).collect();
        paths.push(finding["location"]["path"].as_str().unwrap().to_owned());
        paths.sort();
        (paths, report["summary"]["suppressed"].as_u64().unwrap())
    };
    let all = ["compose.prod.yaml", "compose.staging.yaml", "compose.yaml"].map(str::to_owned).to_vec();
    assert_eq!(places(&[]), (all.clone(), 0));
    repository.replace("compose.prod.yaml", "6381:6379", "6381:6379 # redislint: ignore[published-port] a lab");
    assert_eq!(places(&[]), (all[1..].to_vec(), 0));
    assert_eq!(places(&["--no-ignores"]), (all, 0));
}

#[test]
fn ignores_that_silence_nothing_or_cannot_be_meant_are_reported() {
    let repository = Repository::new(&[
        ("compose.yaml", OPEN),
        ("app.py", "import redis # redislint: ignore[wrong-port, missing-pasword] x\nred = 1 # redislint: ignore\n"),
    ]);
    repository.replace("compose.yaml", "6379:6379", "6379:6379 # redislint: ignore[published-port]");
    let (code, out, _) = repository.run(&[]);
    assert_eq!(code, 0, "{out}");
    for said in [
        "app.py:1:34: there is no `wrong-port` to ignore here (unused-ignore)",
        "app.py:1:46: unknown rule `missing-pasword`; did you mean `missing-password`? (invalid-ignore)",
        "app.py:2:22: an ignore names its rules",
        "1 suppressed",
    ] {
        assert!(out.contains(said), "{said}\n{out}");
    }
    assert_eq!(repository.run(&["--strict"]).0, 2);
    repository.write("redislint.toml", "require-reason = true\n");
    let (code, out, _) = repository.run(&[]);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("compose.yaml:5:32: the configuration requires a reason"), "{out}");
}
