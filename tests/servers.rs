//! Servers that log in to other servers, and what each image makes of its variables, in whole repositories.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use redislint::lint;
use redislint::report::concise;
use redislint::tree::Tree;
use redislint::{Options, model::Auth, model::Password};

fn findings(files: &[(&str, &str)]) -> Vec<String> {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    let report = lint(&Tree::from_texts(files), &Options::default());
    let about_the_text = ["[hardcoded-password]", "[password-in-arguments]", "[weak-password]", "[password-fallback]"];
    let said = |line: &&str| !about_the_text.iter().any(|rule| line.contains(rule));
    concise::render(&report).lines().filter(said).map(str::to_owned).collect()
}

/// A master that requires `pw`, and another server with these lines.
fn beside_a_master(other: &str) -> String {
    format!("services:\n  main:\n    image: redis:7\n    command: redis-server --requirepass pw\n  other:\n{other}")
}

#[test]
fn a_replica_needs_the_password_of_its_master() {
    for (arguments, expected) in [
        ("--replicaof main 6379 --masterauth pw", None),
        (
            "--replicaof main 6379",
            Some("[missing-password]: `main` requires a password and the replica `other` sends none"),
        ),
        (
            "--slaveof main 6379 --masterauth other",
            Some("[wrong-password]: the replica `other` sends another password"),
        ),
        ("--replicaof main 6379 --masteruser app --masterauth pw", Some("[unknown-user]")),
        ("--replicaof no one --masterauth other", None),
        ("--replicaof elsewhere 6379", None),
    ] {
        let compose = beside_a_master(&format!("    image: redis:7\n    command: redis-server {arguments}\n"));
        let found = findings(&[("compose.yaml", &compose)]);
        match expected {
            Some(expected) => assert!(found.iter().any(|line| line.contains(expected)), "{arguments}: {found:?}"),
            None => assert!(found.is_empty(), "{arguments}: {found:?}"),
        }
    }
}

#[test]
fn a_replica_that_sends_a_password_to_an_open_master_is_refused() {
    let compose = "services:\n  main:\n    image: redis:7\n  other:\n    image: redis:7\n    command: redis-server \
                   --replicaof main 6379 --masterauth pw\n";
    let found = findings(&[("compose.yaml", compose)]);
    assert!(found.iter().any(|line| line.contains("error[unexpected-password]")), "{found:?}");
}

#[test]
fn bitnami_takes_its_master_from_variables() {
    let replica = |password: &str| {
        beside_a_master(&format!(
            "    image: bitnami/redis:7.2\n    environment:\n      ALLOW_EMPTY_PASSWORD: \"yes\"\n      \
             REDIS_REPLICATION_MODE: slave\n      REDIS_MASTER_HOST: main\n{password}"
        ))
    };
    assert!(findings(&[("compose.yaml", &replica("      REDIS_MASTER_PASSWORD: pw\n"))]).is_empty());
    let wrong = findings(&[("compose.yaml", &replica("      REDIS_MASTER_PASSWORD: other\n"))]);
    assert!(wrong.iter().any(|line| line.contains("[wrong-password]")), "{wrong:?}");
    let none = findings(&[("compose.yaml", &replica(""))]);
    assert!(none.iter().any(|line| line.contains("[missing-password]")), "{none:?}");
    let file = findings(&[("compose.yaml", &replica("      REDIS_MASTER_PASSWORD_FILE: /run/secrets/master\n"))]);
    assert!(file.is_empty(), "{file:?}");
    let fallback = findings(&[("compose.yaml", &replica("      REDIS_MASTER_PASSWORD: ${MASTER:-pw}\n"))]);
    assert!(fallback.is_empty(), "{fallback:?}");
    let watched = replica("      REDIS_SENTINEL_HOST: watch\n");
    assert!(findings(&[("compose.yaml", &watched)]).is_empty());
}

#[test]
fn a_sentinel_needs_the_password_of_its_master() {
    let compose = beside_a_master(
        "    image: redis:7\n    command: redis-server /etc/sentinel.conf --sentinel\n    volumes:\n      - \
         ./sentinel.conf:/etc/sentinel.conf\n",
    );
    for (auth, expected) in [
        ("sentinel auth-pass mymaster pw\n", None),
        ("sentinel auth-pass another pw\n", Some("[missing-password]")),
        ("sentinel auth-pass mymaster other\n", Some("[wrong-password]: the Sentinel `other` sends another password")),
        ("", Some("[missing-password]: `main` requires a password and the Sentinel `other` sends none")),
    ] {
        let conf = format!("port 26379\nsentinel resolve-hostnames yes\nsentinel monitor mymaster main 6379 2\n{auth}");
        let found = findings(&[("compose.yaml", &compose), ("sentinel.conf", &conf)]);
        match expected {
            Some(expected) => assert!(found.iter().any(|line| line.contains(expected)), "{auth}: {found:?}"),
            None => assert!(found.is_empty(), "{auth}: {found:?}"),
        }
    }
}

#[test]
fn an_unknown_password_that_both_take_from_one_variable_is_right() {
    let compose = "services:\n  main:\n    image: redis:7\n    command: redis-server --requirepass ${PW:-pw}\n  \
                   other:\n    image: redis:7\n    command: redis-server --replicaof main 6379 --masterauth \
                   ${PW:-pw} --requirepass ${PW:-pw}\n";
    let found = findings(&[("compose.yaml", compose)]);
    assert!(found.is_empty(), "{found:?}");
}

/// The password that an image requires with these settings: its text, `open`, or what keeps it from starting.
fn required(image: &str, settings: &str, files: &[(&str, &str)]) -> String {
    let compose = format!("services:\n  cache:\n    image: {image}\n{settings}");
    let own = ("compose.yaml", compose.as_str());
    let all = files.iter().chain(std::iter::once(&own));
    let all: Vec<(String, Vec<u8>)> = all.map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())).collect();
    let report = lint(&Tree::from_texts(all), &Options::default());
    let server = report.model.environments.iter().flat_map(|one| &one.servers).next().expect("a server");
    match &server.auth[0].auth {
        Auth::DoesNotStart { .. } => "does not start".to_owned(),
        Auth::Unknown => "unknown".to_owned(),
        Auth::Users(users) => {
            let default = users.iter().find(|user| user.name.as_str() == "default").expect("a default user");
            match default.passwords.first() {
                _ if default.nopass => "open".to_owned(),
                Some(Password::Plain(text)) if redislint::symbol::Symbols::is_known(text) => text.as_str().to_owned(),
                Some(_) => "not in the repository".to_owned(),
                None => "nobody".to_owned(),
            }
        }
    }
}

/// One row: image, settings of the service, what it requires, and where that is written.
type Row = (&'static str, &'static str, &'static str, &'static str);

const OFFICIAL: &str = "docker-library/redis docker-entrypoint.sh";
const VALKEY: &str = "valkey-io/valkey-container docker-entrypoint.sh";
const STACK: &str = "redis-stack/redis-stack etc/scripts/entrypoint.sh";
const BITNAMI: &str = "bitnami/containers bitnami/redis …/libredis.sh, redis-env.sh, run.sh";
const KEYDB: &str = "Snapchat/KeyDB issue 220";
const DRAGONFLY: &str = "dragonflydb/dragonfly discussions 2089 and 2182";

const IMAGES: &[Row] = &[
    ("redis:7", "    environment: {REDIS_PASSWORD: pw}\n", "open", OFFICIAL),
    ("redis:7", "    command: --requirepass pw\n", "pw", OFFICIAL),
    ("redis:7", "    command: [/etc/redis.conf]\n    volumes: [./redis.conf:/etc/redis.conf]\n", "conf", OFFICIAL),
    ("redis:7", "    volumes: [./redis.conf:/usr/local/etc/redis/redis.conf]\n", "open", OFFICIAL),
    ("valkey/valkey:8", "    environment: {VALKEY_PASSWORD: pw}\n", "open", VALKEY),
    ("valkey/valkey:8", "    environment: {VALKEY_EXTRA_FLAGS: --requirepass pw}\n", "pw", VALKEY),
    (
        "valkey/valkey:8",
        "    environment: {VALKEY_EXTRA_FLAGS: --requirepass pw}\n    command: valkey-server --requirepass a\n",
        "pw",
        VALKEY,
    ),
    ("redis/redis-stack:7.2.0-v9", "    environment: {REDIS_ARGS: --requirepass pw}\n", "pw", STACK),
    (
        "redis/redis-stack-server:7.2.0-v9",
        "    environment: {REDIS_ARGS: --requirepass pw}\n    command: redis-stack-server\n",
        "open",
        STACK,
    ),
    ("redis/redis-stack:7.2.0-v9", "    volumes: [./redis.conf:/redis-stack.conf]\n", "conf", STACK),
    ("bitnami/redis:7.2", "", "does not start", BITNAMI),
    ("bitnami/redis:7.2", "    environment: {ALLOW_EMPTY_PASSWORD: \"yes\"}\n", "open", BITNAMI),
    ("bitnami/redis:7.2", "    environment: {REDIS_PASSWORD: pw, ALLOW_EMPTY_PASSWORD: \"yes\"}\n", "pw", BITNAMI),
    ("bitnami/redis:7.2", "    environment: {REDIS_PASSWORD: \"\"}\n", "does not start", BITNAMI),
    (
        "bitnami/redis:7.2",
        "    environment: {REDIS_PASSWORD: pw, REDIS_PASSWORD_FILE: /run/secrets/pw}\n",
        "not in the repository",
        BITNAMI,
    ),
    (
        "bitnami/redis:7.2",
        "    environment: {REDIS_PASSWORD: pw}\n    volumes: [./redis.conf:/opt/bitnami/redis/mounted-etc/redis.conf]\n",
        "conf",
        BITNAMI,
    ),
    (
        "bitnami/redis:7.2",
        "    environment: {REDIS_PASSWORD: pw}\n    volumes: [./redis.conf:/opt/bitnami/redis/mounted-etc/overrides.conf]\n",
        "conf",
        BITNAMI,
    ),
    ("bitnami/redis:7.2", "    environment: {REDIS_PASSWORD: pw, REDIS_EXTRA_FLAGS: --requirepass a}\n", "a", BITNAMI),
    (
        "bitnami/redis:7.2",
        "    environment: {REDIS_PASSWORD: pw}\n    command: /opt/bitnami/scripts/redis/run.sh --requirepass a\n",
        "a",
        BITNAMI,
    ),
    // The variables are checked before it is looked for a mounted file.
    (
        "bitnami/redis:7.2",
        "    volumes: [./redis.conf:/opt/bitnami/redis/mounted-etc/redis.conf]\n",
        "does not start",
        BITNAMI,
    ),
    (
        "bitnami/redis:7.2",
        "    environment: {ALLOW_EMPTY_PASSWORD: \"yes\"}\n    volumes: [./redis.conf:/opt/bitnami/redis/mounted-etc/redis.conf]\n",
        "conf",
        BITNAMI,
    ),
    // Values are written into redis.conf as they are.
    ("bitnami/redis:7.2", "    environment: {REDIS_PASSWORD: s3 cret}\n", "does not start", BITNAMI),
    ("bitnami/redis:7.2", "    environment: {REDIS_PASSWORD: 'p\"w'}\n", "does not start", BITNAMI),
    ("bitnami/redis:7.2", "    environment: {REDIS_PASSWORD: '\"pw\"'}\n", "pw", BITNAMI),
    ("bitnami/redis:7.2", "    environment: {REDIS_PASSWORD: 'pw#x'}\n", "pw#x", BITNAMI),
    (
        "bitnami/redis:7.2",
        "    environment: {REDIS_PASSWORD: pw, REDIS_TLS_ENABLED: \"yes\"}\n",
        "does not start",
        BITNAMI,
    ),
    (
        "bitnami/redis:7.2",
        "    environment: {REDIS_PASSWORD: pw, REDIS_TLS_ENABLED: \"yes\", REDIS_TLS_CERT_FILE: /c, REDIS_TLS_KEY_FILE: /k, \
         REDIS_TLS_CA_FILE: /a}\n",
        "pw",
        BITNAMI,
    ),
    (
        "bitnami/redis:7.2",
        "    environment: {REDIS_PASSWORD: pw, REDIS_REPLICATION_MODE: replica, REDIS_MASTER_HOST: main}\n",
        "does not start",
        BITNAMI,
    ),
    (
        "bitnami/redis:7.2",
        "    environment: {REDIS_PASSWORD: pw, REDIS_ACLFILE: /nowhere.acl}\n",
        "does not start",
        BITNAMI,
    ),
    ("bitnami/valkey:8.0", "    environment: {VALKEY_PASSWORD: pw}\n", "pw", BITNAMI),
    ("bitnami/valkey:8.0", "    environment: {REDIS_PASSWORD: pw}\n", "does not start", BITNAMI),
    ("bitnami/keydb:6.3", "    environment: {KEYDB_PASSWORD: pw}\n", "pw", BITNAMI),
    ("eqalpha/keydb", "    environment: {KEYDB_PASSWORD: pw}\n", "open", KEYDB),
    ("eqalpha/keydb", "    command: keydb-server --requirepass pw\n", "pw", KEYDB),
    ("docker.dragonflydb.io/dragonflydb/dragonfly", "    environment: {DFLY_requirepass: pw}\n", "pw", DRAGONFLY),
    ("docker.dragonflydb.io/dragonflydb/dragonfly", "    command: dragonfly --requirepass=pw\n", "pw", DRAGONFLY),
    ("docker.dragonflydb.io/dragonflydb/dragonfly", "    command: --requirepass pw\n", "pw", DRAGONFLY),
    ("docker.dragonflydb.io/dragonflydb/dragonfly", "    environment: {REDIS_PASSWORD: pw}\n", "open", DRAGONFLY),
];

#[test]
fn images_require_what_their_scripts_make_of_the_settings() {
    let wrong: Vec<String> = IMAGES
        .iter()
        .filter_map(|(image, settings, expected, source)| {
            let found = required(image, settings, &[("redis.conf", "requirepass conf\n")]);
            (found != *expected).then(|| format!("{image} {settings:?}: {found}, not {expected} ({source})"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
