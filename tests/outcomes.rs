//! The outcome decides severity and words: refused, let in without a login, working, hanging, undetermined; and where the
//! version of the library decides and is not certain, the message says both.

#![allow(clippy::panic, reason = "a test fails by panicking")]

use redislint::report::concise;
use redislint::tree::Tree;
use redislint::{Options, lint};

const CODE: &str = "import os\n\nimport redis\n\nclient = redis.from_url(os.environ[\"REDIS_URL\"])\nclient.ping()\n";

/// What is said of links in a repository; passwords that are written down are another matter.
fn findings(files: &[(&str, &str)]) -> Vec<String> {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    let report = lint(&Tree::from_texts(files), &Options::default());
    let other = ["[hardcoded-password]", "[weak-password]", "[password-in-arguments]", "[password-fallback]"];
    let kept = |line: &&str| !other.iter().any(|rule| line.contains(rule));
    concise::render(&report).lines().filter(kept).map(str::to_owned).collect()
}

/// A client with this line in its requirements and this URL, and a server with these arguments.
fn python(requirement: &str, url: &str, arguments: &str) -> Vec<String> {
    let compose = format!(
        "services:\n  web:\n    build: .\n    environment:\n      REDIS_URL: \"{url}\"\n  redis:\n    image: redis:7.4\n    \
         command: redis-server {arguments}\n"
    );
    let dockerfile = "FROM python:3.13\nCOPY . .\nCMD python main.py\n";
    findings(&[
        ("compose.yaml", &compose),
        ("Dockerfile", dockerfile),
        ("main.py", CODE),
        ("requirements.txt", requirement),
    ])
}

/// The only finding begins and ends so; nothing expected: there is none.
fn expect(found: &[String], expected: Option<(&str, &str)>, what: &str) {
    match (found, expected) {
        ([], None) => {}
        ([only], Some((rule, end))) => {
            assert!(only.contains(rule) && only.ends_with(end), "{what}: {only}\nnot {rule} … {end}");
        }
        _ => panic!("{what}: {found:#?}, expected {expected:?}"),
    }
}

const ERROR: &str = "ERR AUTH <password> called without any password configured for the default user. Are you sure your \
                     configuration is correct?";
const WRONG: &str = "`WRONGPASS invalid username-password pair or user is disabled.`";

#[test]
fn the_version_decides_between_refused_and_let_in() {
    let refused = format!("redis-py is refused with `{ERROR}`");
    let both = format!("refused by redis-py ≤ 7 (`{ERROR}`), silently unauthenticated from 8 on");
    let let_in = "redis-py is silently let in unauthenticated, as is everyone else";
    let (error, warning) = ("error[unexpected-password]", "warning[unexpected-password]");
    for (requirement, expected) in [
        ("redis==3.5.3", (error, refused.as_str())),
        ("redis~=7.1", (error, &refused)),
        ("redis==8.1.0", (warning, let_in)),
        ("redis>=8", (warning, let_in)),
        ("redis>=5,<9", (error, &both)),
        ("redis", (error, &both)),
        ("requests", (error, &both)),
    ] {
        expect(&python(requirement, "redis://:pw@redis:6379/0", ""), Some(expected), requirement);
    }
}

#[test]
fn each_outcome_has_its_severity_and_words() {
    for (url, arguments, expected) in [
        ("redis://redis", "", None),
        ("redis://:pw@redis", "--requirepass pw", None),
        ("redis://:pw@redis", "--requirepass ${PW}", None),
        ("redis://redis", "--requirepass pw", Some(("error[missing-password]", "`NOAUTH Authentication required.`"))),
        ("redis://:other@redis", "--requirepass pw", Some(("error[wrong-password]", WRONG))),
        ("redis://app:pw@redis", "--requirepass pw", Some(("error[unknown-user]", WRONG))),
        ("redis://pw@redis", "--requirepass pw", Some(("error[password-as-username]", WRONG))),
        ("redis://redis/99", "", Some(("error[invalid-database]", "`ERR DB index is out of range`"))),
        ("redis://redis:6380", "", Some(("error[wrong-port]", "Connection refused.`"))),
        ("redis://redis", "--port 0 --unixsocket /run/s", Some(("error[wrong-port]", "Connection refused.`"))),
        ("rediss://redis", "", Some(("error[tls-mismatch]", "`TimeoutError: Timeout connecting to server`"))),
        (
            "redis://redis",
            "--port 0 --tls-port 6379 --tls-cert-file c --tls-key-file k --tls-auth-clients no",
            Some(("error[tls-mismatch]", "`ConnectionError: Connection reset by peer`")),
        ),
        // Whether it has the certificate that it needs can't be told.
        ("rediss://redis", "--port 0 --tls-port 6379 --tls-cert-file c --tls-key-file k --tls-ca-cert-file a", None),
        (
            "rediss://redis",
            "--port 0 --tls-port 6379 --tls-cert-file c --tls-key-file k",
            Some(("error[invalid-directive]", "tls-auth-clients are enabled!`")),
        ),
    ] {
        expect(&python("redis==7.1.0", url, arguments), expected, &format!("{url} {arguments}"));
    }
}

#[test]
fn redis_cli_is_as_old_as_its_image() {
    let refused = format!("redis-cli is refused with `{ERROR}`");
    let both = format!("refused by redis-cli ≤ 6 (`{ERROR}`), silently unauthenticated from 7 on");
    let let_in = "redis-cli is silently let in unauthenticated, as is everyone else";
    for (image, expected) in [
        ("redis:6.2", ("error[unexpected-password]", refused.as_str())),
        ("redis:7.4-alpine", ("warning[unexpected-password]", let_in)),
        ("valkey/valkey:8", ("warning[unexpected-password]", let_in)),
        ("acme/tools", ("error[unexpected-password]", &both)),
    ] {
        let compose = format!(
            "services:\n  seed:\n    image: {image}\n    command: sh -c 'redis-cli -h redis -a pw set ready 1'\n  redis:\n    \
             image: redis:7.4\n"
        );
        expect(&findings(&[("compose.yaml", &compose)]), Some(expected), image);
    }
}

#[test]
fn a_sentinel_goes_on_at_an_open_master() {
    let compose = "services:\n  main:\n    image: redis:7.4\n  watch:\n    image: redis:7.4\n    command: redis-server \
                   /etc/sentinel.conf --sentinel\n    volumes: [./sentinel.conf:/etc/sentinel.conf]\n";
    let conf =
        "sentinel resolve-hostnames yes\nsentinel monitor mymaster main 6379 2\nsentinel auth-pass mymaster pw\n";
    let found = findings(&[("compose.yaml", compose), ("sentinel.conf", conf)]);
    let let_in = "Sentinel is silently let in unauthenticated, as is everyone else";
    expect(&found, Some(("warning[unexpected-password]", let_in)), "auth-pass");
}

/// A service in each folder, with the URL of the same open server.
fn services(folders: &[&str], files: &[(&str, &str)]) -> Vec<String> {
    let service =
        |folder: &&str| format!("  {folder}: {{build: ./{folder}, environment: {{REDIS_URL: 'redis://:pw@redis'}}}}\n");
    let services: String = folders.iter().map(service).collect();
    let compose = format!("services:\n  redis: {{image: 'redis:7.4'}}\n{services}");
    let all: Vec<(&str, &str)> = files.iter().copied().chain([("compose.yaml", compose.as_str())]).collect();
    findings(&all)
}

#[test]
fn each_service_has_the_version_that_its_own_folder_pins() {
    let found = services(
        &["api", "worker"],
        &[
            ("requirements.txt", "redis==3.5.3\n"),
            ("api/Dockerfile", "FROM python:3.13\nCOPY . .\nCMD python main.py\n"),
            ("api/main.py", CODE),
            ("api/pyproject.toml", "[project]\ndependencies = [\"redis>=4\"]\n"),
            ("api/uv.lock", "[[package]]\nname = \"redis\"\nversion = \"7.1.0\"\n"),
            ("worker/Dockerfile", "FROM python:3.13\nCOPY . .\nCMD python main.py\n"),
            ("worker/main.py", CODE),
            ("worker/requirements.txt", "-c constraints.txt\nredis\n"),
            ("worker/constraints.txt", "redis==8.1.0\n"),
        ],
    );
    let (api, worker) =
        (found.iter().find(|line| line.contains("is refused")), found.iter().find(|line| line.contains("let in")));
    assert!(api.is_some_and(|line| line.contains("error[unexpected-password]")), "{found:#?}");
    assert!(worker.is_some_and(|line| line.contains("warning[unexpected-password]")), "{found:#?}");
}

#[test]
fn a_service_of_node_has_the_library_of_its_packages() {
    let both = format!("refused by node-redis ≤ 5 (`{ERROR}`), silently unauthenticated from 6 on");
    let some = format!("refused (`{ERROR}`), or with some libraries silently unauthenticated");
    for (name, packages, expected) in [
        ("package.json", "{\"dependencies\": {\"redis\": \"^4.6.0\"}}", ("error", "node-redis is refused with")),
        ("package.json", "{\"dependencies\": {\"redis\": \">=5\"}}", ("error", both.as_str())),
        ("package.json", "{\"dependencies\": {\"ioredis\": \"^5.3.0\"}}", ("warning", "ioredis is silently let in")),
        (
            "package-lock.json",
            "{\"lockfileVersion\": 3, \"packages\": {\"node_modules/redis\": {\"version\": \"6.1.0\"}}}",
            ("warning", "node-redis is silently let in"),
        ),
        (
            "package.json",
            "{\"dependencies\": {\"redis\": \"^4.6.0\", \"ioredis\": \"^5.3.0\"}}",
            ("error", some.as_str()),
        ),
        ("package.json", "{\"dependencies\": {}}", ("error", some.as_str())),
    ] {
        let path = format!("api/{name}");
        let found = services(&["api"], &[("api/Dockerfile", "FROM node:24\nCOPY . .\n"), (&path, packages)]);
        let [only] = found.as_slice() else { panic!("{packages}: {found:#?}") };
        assert!(only.contains(&format!("{}[unexpected-password]", expected.0)) && only.contains(expected.1), "{only}");
    }
}
