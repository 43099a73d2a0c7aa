//! Comments that silence rules, in every syntax, and ignores for whole files.

use redislint::config::Config;
use redislint::source::{Sources, Span};
use redislint::suppress::Ignores;

use crate::repository::{FILES, OPEN, Repository, secret, with};

#[test]
fn an_ignore_silences_trailing_above_and_at_either_end_of_a_link() {
    let found = |path: &str, from: &str, to: &str| {
        let repository = Repository::new(&FILES);
        repository.replace(path, from, to);
        let report = repository.json(&[]);
        let rules: Vec<_> = report["findings"].as_array().unwrap().iter().map(|one| one["rule"].clone()).collect();
        let notices = report["notices"].as_array().unwrap().iter().filter(|notice| notice["level"] != "info");
        (rules, report["summary"]["suppressed"].as_u64().unwrap(), notices.count())
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

/// A password, and the line of each kind of file that holds it; whether a comment may follow on that line.
const WRITTEN: [(&str, &str, bool); 6] = [
    (".env", "REDIS_PASSWORD=Amber-Causeway-6113", true),
    ("settings.toml", "url = \"rediss://:Amber-Causeway-6113@cache.shop.io:6379/0\"", true),
    ("settings.yaml", "url: rediss://:Amber-Causeway-6113@cache.shop.io:6379/0", true),
    ("settings.ini", "url = rediss://:Amber-Causeway-6113@cache.shop.io:6379/0", false),
    ("redis.conf", "requirepass Amber-Causeway-6113", false),
    ("redis/Dockerfile", "CMD [\"redis-server\", \"--requirepass\", \"Amber-Causeway-6113\"]", false),
];

#[test]
fn every_kind_of_file_has_its_ignore_comments() {
    let comment = "# redislint: ignore[hardcoded-password] of the lab";
    let code = secret("Amber-Causeway-6113");
    let last = code.lines().last().unwrap();
    for (path, line, trailing) in WRITTEN.into_iter().chain([("app.py", last, true)]) {
        let repository = Repository::new(&[("compose.yaml", "services:\n  redis:\n    build: ./redis\n")]);
        let head = match path {
            "settings.toml" | "settings.ini" => "[cache]\n",
            "redis/Dockerfile" => "FROM redis:7.4\n",
            "app.py" => "import redis\n\n",
            _ => "",
        };
        let count = |text: &str| {
            repository.write(path, &format!("{head}{text}\n"));
            let found = repository.found(&[]).iter().filter(|found| found.ends_with(" hardcoded-password")).count();
            let report = repository.json(&[]);
            (found, report["summary"]["suppressed"].as_u64().unwrap(), report["notices"].as_array().unwrap().len())
        };
        assert_eq!(count(line), (1, 0, 0), "{path}");
        assert_eq!(count(&format!("{comment}\n{line}")), (0, 1, 0), "{path}: above");
        if trailing {
            assert_eq!(count(&format!("{line} {comment}")), (0, 1, 0), "{path}: trailing");
        }
    }
}

#[test]
fn markdown_has_its_ignore_comments_in_html() {
    for (text, silent) in [
        ("redis://cache <!-- redislint: ignore[wrong-port] of the lab -->\n", true),
        ("<!-- redislint: ignore[wrong-port] of the lab -->\nredis://cache\n", true),
        ("# redislint: ignore[wrong-port] a heading\nredis://cache\n", false),
        ("<!-- redislint: ignore[published-port] another -->\nredis://cache\n", false),
    ] {
        let mut sources = Sources::default();
        let file = sources.add("README.md", text.as_bytes(), None);
        let (mut ignores, notices) = Ignores::read(&sources, &Config::default(), &["wrong-port", "published-port"]);
        assert!(notices.is_empty(), "{text}");
        let at = text.find("redis://").unwrap();
        assert_eq!(ignores.silence("wrong-port", Span::new(file, at..at + 8), &sources), silent, "{text}");
    }
}

#[test]
fn the_closing_line_counts_apart_what_is_not_shown() {
    let four = ["one", "two", "three", "four"].map(|folder| format!("{folder}/compose.yaml"));
    let repository = Repository::new(&[]);
    repository.write(&four[0], OPEN);
    assert_eq!(repository.run(&["--write-baseline", "known"]).0, 0);
    four[1..].iter().for_each(|path| repository.write(path, OPEN));
    repository.replace(&four[1], "6379:6379", "6379:6379 # redislint: ignore[published-port] a lab");
    let (code, out, _) = repository.run(&["--baseline", "known", "one", "two", "four"]);
    let counts = "1 error, 0 warnings, 0 notes, 1 suppressed, 1 in the baseline, 1 outside the paths\n";
    assert!(code == 1 && out.ends_with(counts), "{out}");
}
