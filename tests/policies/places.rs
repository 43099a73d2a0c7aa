//! Where a finding points: at what a person would change, with the other end beside it.

use super::{READS, all, at, names, of, pair};
use redislint::finding::Confidence;
use redislint::report::Report;

/// The texts of a finding's related places.
fn related(report: &Report, rule: &str) -> Vec<String> {
    let found = of(report, rule);
    let labels = found.iter().flat_map(|finding| &finding.related);
    labels.map(|label| report.sources.slice(label.span).to_owned()).collect()
}

/// Path, rule and bytes of the only finding of that rule.
fn points(files: &[(&str, &str)], rule: &str, path: &str, bytes: &str) -> Report {
    let report = all(files);
    let found = of(&report, rule);
    assert_eq!(found.len(), 1, "{rule}: {:?}", names(&report));
    assert_eq!(at(&report, found[0]), (path.to_owned(), bytes.to_owned()), "{rule}");
    report
}

fn server(lines: &str) -> String {
    format!("services:\n  redis:\n    image: redis:7\n{lines}")
}

#[test]
fn a_fault_of_the_server_points_at_the_directive_or_argument() {
    let conf = "    command: redis-server /redis.conf\n    volumes: [\"./redis.conf:/redis.conf\"]\n";
    let compose = server(conf);
    let with = |text: &'static str| [("compose.yaml", compose.as_str()), ("redis.conf", text)];
    points(&with("requirepass ${PW}\n"), "unexpanded-variable", "redis.conf", "${PW}");
    points(&with("requirepass a # b\n"), "invalid-directive", "redis.conf", "requirepass a # b");
    points(&with("requirepass \"\"\n"), "empty-password", "redis.conf", "requirepass");
    let twice =
        points(&with("requirepass one\nrequirepass two\n"), "overridden-directive", "redis.conf", "requirepass");
    assert_eq!(related(&twice, "overridden-directive"), ["requirepass"]);
}

#[test]
fn a_configuration_that_is_not_loaded_points_at_its_mount() {
    let compose =
        server("    command: redis-server --appendonly yes\n    volumes:\n      - ./redis.conf:/etc/redis.conf\n");
    let files = [("compose.yaml", compose.as_str()), ("redis.conf", "requirepass maple-Anchor-7714\n")];
    let report = points(&files, "config-not-loaded", "compose.yaml", "./redis.conf:/etc/redis.conf");
    assert!(related(&report, "config-not-loaded").contains(&"redis-server --appendonly yes".to_owned()));
}

#[test]
fn an_ignored_variable_points_at_its_name() {
    let compose = server("    environment:\n      REDIS_PASSWORD: maple-Anchor-7714\n");
    points(&[("compose.yaml", compose.as_str())], "ignored-password-variable", "compose.yaml", "REDIS_PASSWORD");
}

#[test]
fn a_health_check_points_at_the_command_in_its_test() {
    let compose = server(
        "    command: redis-server --requirepass ${PW:?}\n    healthcheck:\n      test: [\"CMD\", redis-cli, ping]\n",
    );
    points(&[("compose.yaml", compose.as_str())], "unauthenticated-healthcheck", "compose.yaml", "redis-cli, ping");
}

#[test]
fn an_exposure_points_at_what_opens_the_port() {
    let compose = server("    ports: [\"6379:6379\"]\n");
    points(&[("compose.yaml", compose.as_str())], "published-port", "compose.yaml", "6379:6379");
    let pod = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: redis\n  labels: {app: redis}\nspec:\n  containers:\n    - name: redis\n      image: redis:7\n";
    let service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: redis\nspec:\n  type: LoadBalancer\n  selector: {app: redis}\n  ports:\n    - port: 6379\n";
    points(
        &[("k8s/pod.yaml", pod), ("k8s/service.yaml", service)],
        "public-service",
        "k8s/service.yaml",
        "LoadBalancer",
    );
    let host = "bind 0.0.0.0\nprotected-mode no\n";
    let code = "import redis\n\nr = redis.Redis(host=\"localhost\")\n";
    points(&[("redis.conf", host), ("app.py", code)], "protected-mode-off", "redis.conf", "protected-mode no");
}

#[test]
fn a_fault_of_a_url_points_at_the_wrong_bytes() {
    for (url, rule, bytes) in [
        ("redis://:maple#Anchor@redis:6379/0", "unescaped-password", "#"),
        ("redis://maple-Anchor-7714@redis:6379/0", "password-as-username", "maple-Anchor-7714"),
        ("redis:6379/0", "malformed-url", "redis"),
        ("redis://redis:16379/0", "wrong-port", "16379"),
        ("redis://redis:6379/99", "invalid-database", "99"),
        ("rediss://redis:6379/0", "tls-mismatch", "rediss"),
    ] {
        points(&[("compose.yaml", pair(url, "redis-server").as_str()), ("app.py", READS)], rule, "compose.yaml", bytes);
    }
}

#[test]
fn a_fault_of_a_variable_points_at_the_reference() {
    let compose = server("    command: redis-server --requirepass ${REDIS_PASWORD}\n");
    let files = [("compose.yaml", compose.as_str()), (".env", "REDIS_PASSWORD=maple-Anchor-7714\n")];
    points(&files, "undefined-variable", "compose.yaml", "${REDIS_PASWORD}");
    let compose = server("    command: redis-server --requirepass pa$word\n");
    points(&[("compose.yaml", compose.as_str())], "unescaped-dollar", "compose.yaml", "$word");
    let swapped = "services:\n  app:\n    image: acme/app\n    environment:\n      REDIS_PASSWORD: ${REDIS_HOST}\n";
    points(&[("compose.yaml", swapped)], "swapped-variable", "compose.yaml", "${REDIS_HOST}");
}

#[test]
fn an_encoded_secret_points_at_the_encoded_value_and_hides_the_decoded_one() {
    let secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: redis-auth}\ndata:\n  redis-password: bWFwbGUtQW5jaG9yLTc3MTQK\n";
    let files = [("k8s/secret.yaml", secret)];
    let report = points(&files, "trailing-newline", "k8s/secret.yaml", "bWFwbGUtQW5jaG9yLTc3MTQK");
    let message = &of(&report, "trailing-newline")[0].message;
    assert!(message.contains("line break") && !message.contains("maple"), "{message}");
}

#[test]
fn the_server_is_the_other_end_of_a_login() {
    let command = "redis-server --requirepass maple-Anchor-7714";
    let wrong = pair("redis://:right-Harbor-2@redis:6379/0", command);
    let report = all(&[("compose.yaml", wrong.as_str()), ("app.py", READS)]);
    assert_eq!(related(&report, "wrong-password"), ["maple-Anchor-7714"]);
}

#[test]
fn a_call_that_takes_no_password_is_the_place_of_a_missing_one() {
    let compose = "services:\n  app:\n    build: .\n    command: python app.py\n    env_file: app.env\n  redis:\n    \
                   image: redis:7\n    command: redis-server --requirepass ${PW:?}\n";
    let code = "import os\n\nimport redis\n\nr = redis.Redis(host=os.environ[\"REDIS_HOST\"])\n";
    let call = "redis.Redis(host=os.environ[\"REDIS_HOST\"])";
    let files = [("compose.yaml", compose), ("app.env", "REDIS_HOST=redis\n"), ("app.py", code)];
    let report = points(&files, "missing-password", "app.py", call);
    assert!(related(&report, "missing-password").contains(&"redis".to_owned()), "the host is shown too");
}

#[test]
fn the_first_place_by_environment_and_path_speaks_for_a_group() {
    let service = "    image: redis:7\n    ports: [\"6379:6379\"]\n";
    let two = format!("services:\n  a:\n{service}");
    // Two environments of one file: the place is one, and both are named.
    let report = all(&[
        ("docker-compose.yml", two.as_str()),
        ("docker-compose.prod.yml", "services:\n  a:\n    restart: always\n"),
    ]);
    let found = of(&report, "published-port");
    assert_eq!((found.len(), found[0].environments.len()), (1, 2));
    // Three settings with one wrong password: the first in the file is primary.
    let code = "import redis\n\na = redis.Redis.from_url(\"redis://:wrong-Harbor-1@redis:6379/0\")\n\
                b = redis.Redis.from_url(\"redis://:wrong-Harbor-1@redis:6379/1\")\n";
    let compose = pair("redis://:right-Harbor-2@redis:6379/0", "redis-server --requirepass right-Harbor-2");
    let report = all(&[("compose.yaml", compose.as_str()), ("app.py", code)]);
    let found = of(&report, "wrong-password");
    let places: Vec<u32> = std::iter::once(&found[0].primary)
        .chain(&found[0].related)
        .filter(|label| report.sources.get(label.span.file).path() == "app.py")
        .map(|label| label.span.start)
        .collect();
    assert_eq!((found.len(), places.len()), (1, 2));
    assert!(places.is_sorted(), "{places:?}");
}

#[test]
fn alternatives_of_one_client_are_one_fault() {
    let compose = pair("redis://:${PW:-fallback-Reef-3}@redis:6379/0", "redis-server");
    let report = all(&[("compose.yaml", compose.as_str()), ("app.py", READS)]);
    let found = of(&report, "unexpected-password");
    assert_eq!(found.len(), 1, "{:?}", names(&report));
    assert_eq!(found[0].confidence, Confidence::High);
}
