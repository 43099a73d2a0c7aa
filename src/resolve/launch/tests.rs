//! Commands of scripts as servers, and who is said to meet them.

use crate::model::{EnvironmentKind, Server, Stage};
use crate::tree::Tree;
use crate::{Options, Report, lint};

const CLIENT: (&str, &str) = ("app.py", "import redis\n\nclient = redis.Redis(host=\"localhost\", port=6379)\n");

fn judged(files: &[(&str, &str)]) -> Report {
    lint(
        &Tree::from_texts(files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))),
        &Options::default(),
    )
}

/// The rules and places of what is found.
fn found(files: &[(&str, &str)]) -> Vec<String> {
    let report = judged(files);
    let place = |finding: &crate::finding::Finding| {
        let span = finding.primary.span;
        report.sources.get(span.file).text()[span.range()].to_owned()
    };
    report.findings.iter().map(|finding| format!("{} {}", finding.rule, place(finding))).collect()
}

fn script(text: &str) -> Vec<String> {
    found(&[("start.sh", text)])
}

/// The servers of what a script starts, as `name port addresses`.
fn servers(path: &str, text: &str) -> Vec<String> {
    let report = judged(&[(path, text)]);
    let scripts = report.model.environments.iter().filter(|one| one.kind == EnvironmentKind::Script);
    let show = |server: &Server| {
        let text =
            |text: &Option<crate::text::Text>| text.as_ref().map_or("-".to_owned(), |text| text.as_str().to_owned());
        let ports = server.published.iter().map(|one| format!("{}:{}", text(&one.host_ip), text(&one.host_port)));
        format!("{} {:?} {}", server.id, server.port.unwrap_or_default(), ports.collect::<Vec<_>>().join(","))
    };
    scripts.flat_map(|one| &one.servers).map(show).collect()
}

#[test]
fn a_command_is_a_server() {
    assert_eq!(servers("a.sh", "docker run -d --name=cache -p 6380:6379 redis:7\n"), ["cache 6379 -:6380"]);
    assert_eq!(servers("bin/up", "sudo -E podman container run --replace -dp6379:6379 redis\n"), ["redis 6379 -:6379"]);
    assert_eq!(
        servers("a.sh", "exec nerdctl create --publish=127.0.0.1:6379:7000 valkey/valkey valkey-server --port 7000"),
        ["valkey 7000 127.0.0.1:6379"]
    );
    assert_eq!(servers("a.sh", "docker start redis || ID=$(docker run -P redis)\n"), ["redis 6379 -:-"]);
    assert_eq!(
        servers("package.json", "{\"scripts\": {\"redis\": \"docker run -p 6379:6379 redis\"}}"),
        ["redis 6379 -:6379"]
    );
}

#[test]
fn what_only_speaks_of_one_is_none() {
    for text in [
        "# docker run -p 6379:6379 redis\n",
        "echo docker run -p 6379:6379 redis\n",
        "echo \"start: docker run -p 6379:6379 redis\"\n",
        "cat <<EOF\ndocker run -p 6379:6379 redis\nEOF\n",
        "ssh staging docker run -p 6379:6379 redis\n",
        "docker run --rm --network host redis:7 redis-cli -h localhost ping\n",
        "docker run --rm redis:7 redis-benchmark -h redis\n",
        "docker -H tcp://other:2375 run -p 6379:6379 redis\n",
        "docker pull redis\ndocker stop redis\n",
    ] {
        assert!(servers("a.sh", text).is_empty(), "{text}");
        assert!(script(text).is_empty(), "{text}");
    }
}

#[test]
fn variables_of_a_script_are_filled_in() {
    let text = "PORT=6380\nIMAGE=redis:7\nFLAGS='-d --rm'\ndocker run $FLAGS -p \"$PORT:6379\" $IMAGE\n";
    assert_eq!(servers("a.sh", text), ["redis 6379 -:6380"]);
    assert_eq!(servers("a.sh", "docker run -p ${PORT:-6380}:6379 redis\n"), ["redis 6379 -:6380"]);
    assert_eq!(servers("a.sh", "PORT=${PORT:-6380}\ndocker run -p $PORT:6379 redis\n"), ["redis 6379 -:6380"]);
    let text = "DOCKER ?= docker\nIMAGE := redis:7\nup:\n\t@$(DOCKER) run -p 6380:6379 \\\n\t  $(IMAGE)\n";
    assert_eq!(servers("Makefile", text), ["redis 6379 -:6380"]);
    // Set twice, or by what is read in: which value counts is not known.
    let text = "PW=\nif [ -n \"$1\" ]; then PW=\"--requirepass $1\"; fi\ndocker run -p 6379:6379 redis $PW\n";
    let report = judged(&[("a.sh", text)]);
    assert!(report.findings.iter().all(|finding| finding.message.contains("does not show")), "{:?}", report.findings);
    assert!(!report.findings.is_empty());
}

#[test]
fn arguments_that_are_not_known_leave_the_server_open() {
    for command in ["$ARGS", "\"$@\"", "redis-server $ARGS", "redis-server --appendonly yes $ARGS", "$(cat args)"] {
        let report = judged(&[("a.sh", &format!("docker run -p 6379:6379 redis {command}\n"))]);
        assert!(report.findings.iter().all(|finding| finding.message.contains("does not show")), "{command}");
    }
    // The value of an option is one word, whatever it is.
    assert!(script("docker run -p 127.0.0.1:6379:6379 redis --requirepass $PW\n").is_empty());
}

#[test]
fn published_ports_are_judged_as_those_of_compose() {
    let command = |flags: &str, arguments: &str| script(&format!("docker run -d {flags} redis:7 {arguments}\n"));
    assert_eq!(command("-p 6379:6379", ""), ["published-port 6379:6379"]);
    assert_eq!(command("-p 0.0.0.0:6379:6379", "--appendonly yes"), ["published-port 0.0.0.0:6379:6379"]);
    assert!(command("-p 127.0.0.1:6379:6379", "").is_empty());
    assert!(command("-p 6379:6379", "--requirepass \"$REDIS_PASSWORD\"").iter().all(|one| !one.contains("missing")));
    assert_eq!(command("-P", ""), ["published-port -P"]);
    // Whatever the variable holds, an address may be in it.
    assert!(command("-p $PUBLISH", "").is_empty());
    assert!(command("-p $ADDRESS:6379:6379", "").is_empty());
    assert_eq!(command("--network host", ""), ["host-network redis:7"]);
}

#[test]
fn names_say_what_a_command_is_for() {
    let stage = |path: &str, text: &str| judged(&[(path, text)]).model.environments[0].stage;
    assert_eq!(stage("scripts/redis-dev.sh", "docker run redis"), Stage::Development);
    assert_eq!(stage("tests/redis.sh", "docker run redis"), Stage::Development);
    assert_eq!(stage("redis.sh", "docker run --name redis-test redis"), Stage::Development);
    assert_eq!(stage("Makefile", "staging-redis:\n\tdocker run redis\n"), Stage::Staging);
    assert_eq!(stage("redis.sh", "docker run redis"), Stage::Unlabelled);
}

#[test]
fn files_beside_the_script_are_mounted() {
    let conf = ("deploy/redis.conf", "appendonly yes\n");
    let target = "/usr/local/etc/redis/redis.conf";
    for source in [
        "$PWD/deploy/redis.conf",
        "$(pwd)/deploy/redis.conf",
        "./deploy/redis.conf",
        "\"$(dirname \"$0\")\"/deploy/redis.conf",
    ] {
        let text = format!("docker run -p 6379:6379 -v {source}:{target} redis redis-server {target}\n");
        assert_eq!(found(&[conf, ("up.sh", &text)])[0], "published-port 6379:6379", "{source}");
        assert!(judged(&[conf, ("up.sh", &text)]).findings[0].message.contains("it has no password"), "{source}");
    }
    for source in ["$HOME/deploy/redis.conf", "/etc/redis.conf", "~/deploy/redis.conf"] {
        let text = format!("docker run -p 6379:6379 -v {source}:{target} redis redis-server {target}\n");
        let report = judged(&[conf, ("up.sh", &text)]);
        assert!(report.findings.iter().all(|finding| !finding.message.contains("it has no password")), "{source}");
    }
}

#[test]
fn env_files_are_read_as_docker_does() {
    // Quotes are part of the value.
    let server = "docker run -d --network app --name redis redis:7 redis-server --requirepass s3cret-of-mine\n";
    let client = "docker run -d --network app --env-file settings.env acme/web\n";
    let settings = |url: &str| {
        let found = found(&[("up.sh", &format!("{server}{client}")), ("settings.env", &format!("REDIS_URL={url}\n"))]);
        found.into_iter().filter(|one| !one.starts_with("hardcoded-password")).collect::<Vec<_>>()
    };
    assert!(settings("redis://:s3cret-of-mine@redis:6379/0").iter().all(|one| !one.starts_with("wrong")));
    assert!(settings("redis://redis:6379/0").iter().any(|one| one.starts_with("missing-password")));
}

#[test]
fn clients_of_the_machine_meet_the_only_server_on_their_port() {
    let start = "docker run -d -p 127.0.0.1:6379:6379 redis:7 --requirepass \"$REDIS_PASSWORD\"\n";
    let is_told = |files: &[(&str, &str)]| found(files).iter().any(|one| one.starts_with("missing-password"));
    assert!(is_told(&[CLIENT, ("start.sh", start)]));
    assert!(is_told(&[CLIENT, ("scripts/start.sh", start)]));
    // Another script, a compose file, or a recipe may be what is there instead.
    assert!(!is_told(&[CLIENT, ("start.sh", start), ("other.sh", "docker run -p 6379:6379 redis\n")]));
    assert!(!is_told(&[CLIENT, ("start.sh", &format!("{start}docker run -p 127.0.0.1:6379:6379 redis\n"))]));
    let compose = ("compose.yaml", "services: {db: {image: 'acme/db', ports: ['127.0.0.1:6379:6379']}}\n");
    assert!(!is_told(&[CLIENT, ("start.sh", start), compose]));
    let other = ("other.sh", "docker run -p $PORT:6379 redis\n");
    assert!(!is_told(&[CLIENT, ("start.sh", start), other]));
    // What tests start is for them, and another port leads elsewhere.
    assert!(!is_told(&[CLIENT, ("tests/start.sh", start)]));
    assert!(!is_told(&[CLIENT, ("ci.sh", start)]));
    assert!(!is_told(&[CLIENT, ("start.sh", &start.replace("1:6379:", "1:6380:"))]));
    assert!(!is_told(&[CLIENT, ("start-prod.sh", start)]));
}

#[test]
fn containers_of_one_script_find_each_other_by_name() {
    let both = |server: &str, client: &str| {
        script(&format!(
            "docker run -d {server} --name cache redis:7 --requirepass \"$PW\"\ndocker run -d {client} acme/web\n"
        ))
    };
    let url = "-e REDIS_URL=redis://cache:6379/0";
    assert_eq!(both("--network app", &format!("--network app {url}")), ["missing-password redis://cache:6379/0"]);
    assert_eq!(both("", &format!("--link cache {url}")), ["missing-password redis://cache:6379/0"]);
    assert!(both("--network app", "--network app -e REDIS_URL=redis://:$PW@cache:6379/0").is_empty());
    // Other containers may have that name on a network that others make.
    assert!(both("--network app", "--network app -e REDIS_URL=redis://other:6379/0").is_empty());
    assert!(both("--network app", &format!("--network \"$NETWORK\" {url}")).is_empty());
}
