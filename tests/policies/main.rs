//! What is displayed, what counts and what is never reported: one test for each policy that holds for all rules.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod places;
mod silence;

use redislint::finding::{Confidence, Finding, Severity};
use redislint::report::Report;
use redislint::tree::Tree;
use redislint::{Options, lint};

/// A repository of these files, at every confidence and with the pedantic rules.
fn all(files: &[(&str, &str)]) -> Report {
    run(files, &Options { min_confidence: Confidence::Low, pedantic: true, ..Options::default() })
}

fn run(files: &[(&str, &str)], options: &Options) -> Report {
    let texts = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    lint(&Tree::from_texts(texts), options)
}

fn of<'a>(report: &'a Report, rule: &str) -> Vec<&'a Finding> {
    report.findings.iter().filter(|finding| finding.rule == rule).collect()
}

fn names(report: &Report) -> Vec<&'static str> {
    report.findings.iter().map(|finding| finding.rule).collect()
}

const OPEN: &str = "services:\n  redis:\n    image: redis:7\n    ports: [\"6379:6379\"]\n";

#[test]
fn guesses_are_hidden_by_default() {
    let files =
        [("compose.yaml", "services:\n  app: {image: acme/app, depends_on: [redis]}\n  redis: {image: \"redis:7\"}\n")];
    assert_eq!(names(&all(&files)), ["redis-not-configured"]);
    let report = run(&files, &Options::default());
    assert_eq!((report.findings.len(), report.summary.notes), (0, 0));
}

#[test]
fn pedantic_rules_neither_show_nor_count_unless_asked() {
    let files = [(
        "compose.yaml",
        "services:\n  redis:\n    image: redis:7\n    command: redis-server --requirepass ${PW:?}\n",
    )];
    assert_eq!(names(&all(&files)), ["password-in-arguments"]);
    let report = run(&files, &Options { min_confidence: Confidence::Low, ..Options::default() });
    assert_eq!((report.findings.len(), report.summary.notes), (0, 0));
}

#[test]
fn one_fault_is_one_finding_with_all_its_places() {
    let three = "import redis\n\na = redis.Redis.from_url(\"redis://:wrong-Harbor-1@redis:6379/0\")\n\
                 b = redis.Redis.from_url(\"redis://:wrong-Harbor-1@redis:6379/1\")\n\
                 c = redis.Redis.from_url(\"redis://:wrong-Harbor-1@redis:6379/2\")\n";
    let compose = "services:\n  app:\n    build: .\n    command: python app.py\n  redis:\n    image: redis:7\n    \
                   command: redis-server --requirepass right-Harbor-2\n";
    let report = all(&[("compose.yaml", compose), ("app.py", three)]);
    let found = of(&report, "wrong-password");
    assert_eq!(found.len(), 1, "{:?}", names(&report));
    let source = |finding: &Finding| report.sources.get(finding.primary.span.file).path().to_owned();
    assert_eq!(source(found[0]), "app.py");
    let related = found[0].related.iter().filter(|label| report.sources.get(label.span.file).path() == "app.py");
    assert_eq!(related.count(), 2);
}

#[test]
fn one_port_seen_through_overrides_is_one_finding() {
    let report = all(&[
        ("docker-compose.yml", OPEN),
        ("docker-compose.staging.yml", "services:\n  redis:\n    restart: always\n"),
        ("docker-compose.prod.yml", "services:\n  redis:\n    restart: always\n"),
    ]);
    let found = of(&report, "published-port");
    assert_eq!(found.len(), 1);
    assert!(found[0].environments.len() > 1, "{:?}", found[0].environments);
}

#[test]
fn a_password_is_reported_where_it_is_defined() {
    let compose = "services:\n  app:\n    build: .\n    command: python app.py\n    environment:\n      \
                   REDIS_URL: redis://:${PW}@redis:6379/0\n  redis:\n    image: redis:7\n";
    let code = "import os\n\nimport redis\n\nr = redis.Redis.from_url(os.environ[\"REDIS_URL\"])\n";
    let report = all(&[("compose.yaml", compose), (".env", "PW=maple-Anchor-7714\n"), ("app.py", code)]);
    let found = of(&report, "unexpected-password");
    assert_eq!(found.len(), 1);
    let span = found[0].primary.span;
    assert_eq!(report.sources.get(span.file).path(), ".env");
    assert_eq!(report.sources.slice(span), "maple-Anchor-7714");
    assert!(!found[0].trace.is_empty(), "the way there is told");
}

#[test]
fn references_are_no_passwords_written_down() {
    for value in ["${PW}", "$${PW}", "{{ redis_password }}", "<password>", "your-password-here", "xxx"] {
        let compose =
            format!("services:\n  app:\n    image: acme/app\n    environment:\n      REDIS_PASSWORD: \"{value}\"\n");
        let report = all(&[("compose.yaml", compose.as_str())]);
        assert!(of(&report, "hardcoded-password").is_empty() && of(&report, "weak-password").is_empty(), "{value}");
    }
    let literal = "services:\n  app:\n    image: acme/app\n    environment:\n      REDIS_PASSWORD: maple-Anchor-7714\n";
    assert_eq!(of(&all(&[("compose.yaml", literal)]), "hardcoded-password").len(), 1);
}

#[test]
fn changeme_is_a_placeholder_in_an_example_only() {
    let line = "REDIS_PASSWORD=changeme\n";
    assert!(names(&all(&[(".env.example", line)])).is_empty());
    assert!(names(&all(&[(".env", line)])).contains(&"hardcoded-password"));
}

#[test]
fn publishing_on_the_loopback_interface_is_no_exposure() {
    let loopback = OPEN.replace("6379:6379", "127.0.0.1:6379:6379");
    assert!(of(&all(&[("compose.yaml", loopback.as_str())]), "published-port").is_empty());
    assert_eq!(of(&all(&[("compose.yaml", OPEN)]), "published-port").len(), 1);
}

#[test]
fn a_profile_switches_a_service_off() {
    let on = "services:\n  app: {image: acme/app}\n  redis:\n    image: redis:7\n    ports: [\"6379:6379\"]\n";
    let off = format!("{on}    profiles: [debug]\n");
    assert_eq!(of(&all(&[("compose.yaml", on)]), "published-port").len(), 1);
    assert!(names(&all(&[("compose.yaml", off.as_str())])).is_empty());
}

#[test]
fn comments_say_nothing() {
    let compose = "services:\n  redis:\n    image: redis:7\n    # ports: [\"6379:6379\"]\n    # command: redis-server --requirepass maple-Anchor-7714\n";
    let code = "# r = redis.from_url(\"redis://:maple-Anchor-7714@redis:6379\")\n";
    assert!(
        names(&all(&[("compose.yaml", compose), ("app.py", code), ("redis.conf", "# requirepass foobared\n")]))
            .is_empty()
    );
}

#[test]
fn test_data_is_no_configuration() {
    let code = "import redis\n\nr = redis.Redis.from_url(\"redis://:maple#Anchor@cache.acme.io:6379\")\n";
    assert!(!names(&all(&[("app.py", code)])).is_empty());
    for path in ["tests/test_app.py", "test_app.py", "conftest.py"] {
        let report = all(&[(path, code)]);
        assert!(of(&report, "unescaped-password").is_empty(), "{path}: {:?}", names(&report));
    }
}

#[test]
fn folders_of_examples_only_lower_what_is_written_down() {
    let compose = format!("{OPEN}    command: redis-server --requirepass maple-Anchor-7714\n");
    let severity = |path: &str, text: &str, rule: &str| -> Severity {
        let report = all(&[(path, text)]);
        of(&report, rule).first().unwrap_or_else(|| panic!("{rule} at {path}: {:?}", names(&report))).severity
    };
    assert_eq!(severity("compose.yaml", &compose, "hardcoded-password"), Severity::Warning);
    assert_eq!(severity("examples/compose.yaml", &compose, "hardcoded-password"), Severity::Note);
    // An exposure can be run from there as well as from anywhere else.
    assert_eq!(severity("compose.yaml", OPEN, "published-port"), Severity::Error);
    assert_eq!(severity("examples/compose.yaml", OPEN, "published-port"), Severity::Error);
}

#[test]
fn exposure_is_judged_by_authentication_and_stage() {
    let with = |command: &str| format!("{OPEN}    command: {command}\n");
    let judged = |path: &str, text: &str| {
        let report = all(&[(path, text)]);
        let found = of(&report, "published-port");
        (found[0].severity, found[0].confidence)
    };
    assert_eq!(judged("docker-compose.prod.yml", OPEN), (Severity::Error, Confidence::High));
    assert_eq!(judged("docker-compose.yml", OPEN), (Severity::Error, Confidence::High));
    assert_eq!(judged("docker-compose.dev.yml", OPEN), (Severity::Warning, Confidence::High));
    let symbolic =
        |reference: &str| judged("docker-compose.yml", &with(&format!("redis-server --requirepass {reference}")));
    assert_eq!(symbolic("${PW}"), (Severity::Warning, Confidence::Medium));
    assert_eq!(symbolic("${PW?}"), (Severity::Warning, Confidence::Medium), "it may be empty");
    assert_eq!(symbolic("${PW:?}"), (Severity::Note, Confidence::High), "nothing starts without it");
    let known = with("redis-server --requirepass maple-Anchor-7714");
    assert_eq!(judged("docker-compose.yml", &known), (Severity::Note, Confidence::High));
}

#[test]
fn clients_that_only_variables_show_are_at_medium_confidence() {
    let compose = "services:\n  app:\n    image: acme/app\n    environment:\n      REDIS_HOST: redis\n      \
                   REDIS_PASSWORD: maple-Anchor-7714\n  redis:\n    image: redis:7\n";
    let report = all(&[("compose.yaml", compose)]);
    let found = of(&report, "unexpected-password");
    assert_eq!(found.len(), 1, "{:?}", names(&report));
    assert_eq!(found[0].confidence, Confidence::Medium);
}

#[test]
fn an_unknown_environment_hides_whom_a_client_reaches() {
    // Nothing says where this runs: no server, no network, no verdict on its host.
    let code = "import redis\n\nr = redis.Redis(host=\"cache\", port=6380)\n";
    let report = all(&[("app.py", code)]);
    assert!(names(&report).is_empty(), "{:?}", names(&report));
}

#[test]
fn projects_of_one_repository_share_no_servers() {
    let client = "services:\n  app:\n    image: acme/app\n    environment:\n      REDIS_URL: redis://redis:6379/0\n  redis:\n    image: redis:7\n";
    let server = "services:\n  redis:\n    image: redis:7\n    command: redis-server --requirepass maple-Anchor-7714\n";
    let report = all(&[("one/compose.yaml", client), ("two/compose.yaml", server)]);
    assert!(of(&report, "missing-password").is_empty());
    // Nor do clients of the machine's own server in different files.
    let url = |password: &str| format!("CELERY_BROKER_URL = \"redis://{password}localhost:6379/0\"\n");
    let (one, two) = (url(":maple-Anchor-7714@"), url(""));
    let apart = all(&[("one/settings.py", one.as_str()), ("two/settings.py", two.as_str())]);
    assert!(of(&apart, "clients-disagree").is_empty());
}

#[test]
fn lookalikes_are_left_alone() {
    let files = [
        ("redirects.yaml", "map:\n  - from: /a\n    to: redis-docs\n"),
        ("notes.md", "Say `redis://:secret@host` when asked.\n"),
        ("app.py", "import logging\n\nlog = logging.getLogger(\"redis\")\nREDIRECT_URL = \"https://redis.io\"\n"),
        ("compose.yaml", "services:\n  docs:\n    image: acme/redis-docs\n    ports: [\"8080:80\"]\n"),
    ];
    assert!(names(&all(&files)).is_empty(), "{:?}", names(&all(&files)));
}

/// Path and text of a finding's primary place.
fn at(report: &Report, finding: &Finding) -> (String, String) {
    let span = finding.primary.span;
    (report.sources.get(span.file).path().to_owned(), report.sources.slice(span).to_owned())
}

/// A client and a server of one project.
fn pair(url: &str, command: &str) -> String {
    format!(
        "services:\n  app:\n    build: .\n    command: python app.py\n    environment:\n      REDIS_URL: {url}\n  \
         redis:\n    image: redis:7\n    command: {command}\n"
    )
}

const READS: &str = "import os\n\nimport redis\n\nr = redis.Redis.from_url(os.environ[\"REDIS_URL\"])\n";

#[test]
fn a_fault_points_where_somebody_would_change_something() {
    let server = "redis-server --requirepass maple-Anchor-7714";
    for (url, rule, bytes) in [
        ("redis://redis:6379/0", "missing-password", "redis://redis:6379/0"),
        ("redis://:right-Harbor-2@redis:6379/0", "wrong-password", "right-Harbor-2"),
        ("redis://alice:maple-Anchor-7714@redis:6379/0", "unknown-user", "alice"),
        ("redis://:maple-Anchor-7714@rediss:6379/0", "unknown-host", "rediss"),
    ] {
        let report = all(&[("compose.yaml", pair(url, server).as_str()), ("app.py", READS)]);
        let found = of(&report, rule);
        assert_eq!(found.len(), 1, "{rule}: {:?}", names(&report));
        assert_eq!(at(&report, found[0]), ("compose.yaml".to_owned(), bytes.to_owned()), "{rule}");
        assert_eq!(found[0].confidence, Confidence::High, "{rule}");
    }
    // The other end is related.
    let report = all(&[("compose.yaml", pair("redis://redis:6379/0", server).as_str()), ("app.py", READS)]);
    let related = &of(&report, "missing-password")[0].related;
    assert!(related.iter().any(|label| report.sources.slice(label.span) == "maple-Anchor-7714"), "{related:?}");
}

#[test]
fn the_same_reference_on_both_sides_is_the_same_password() {
    let command = "redis-server --requirepass ${PW:?}";
    let same = pair("redis://:${PW}@redis:6379/0", command);
    assert!(of(&all(&[("compose.yaml", same.as_str()), ("app.py", READS)]), "wrong-password").is_empty());
    let none = pair("redis://redis:6379/0", command);
    let report = all(&[("compose.yaml", none.as_str()), ("app.py", READS)]);
    assert_eq!(of(&report, "missing-password")[0].confidence, Confidence::High);
}

#[test]
fn dotted_names_and_names_on_the_host_are_never_unknown() {
    for (url, count) in [("redis://cache:6379", 1), ("redis://cache.acme.internal:6379", 0)] {
        let compose = pair(url, "redis-server");
        let report = all(&[("compose.yaml", compose.as_str()), ("app.py", READS)]);
        assert_eq!(of(&report, "unknown-host").len(), count, "{url}");
    }
    let host = "import redis\n\nr = redis.Redis(host=\"cache\")\nlocal = redis.Redis(host=\"localhost\")\n";
    assert!(of(&all(&[("compose.yaml", OPEN), ("app.py", host)]), "unknown-host").is_empty());
}

#[test]
fn what_the_official_image_leaves_off_is_a_place_of_the_exposure() {
    let compose = format!("{OPEN}    command: redis-server --protected-mode no\n");
    let report = all(&[("compose.yaml", compose.as_str())]);
    assert!(of(&report, "protected-mode-off").is_empty(), "{:?}", names(&report));
    let related = &of(&report, "published-port")[0].related;
    assert!(related.iter().any(|label| label.text.contains("protected mode")), "{related:?}");
}

#[test]
fn stages_make_a_written_password_an_error() {
    for (path, severity) in [
        ("compose.yaml", Severity::Warning),
        ("compose.staging.yaml", Severity::Error),
        ("compose.prod.yaml", Severity::Error),
    ] {
        let report = all(&[(path, pair("redis://:maple-Anchor-7714@redis:6379/0", "redis-server").as_str())]);
        assert_eq!(of(&report, "hardcoded-password")[0].severity, severity, "{path}");
    }
}
