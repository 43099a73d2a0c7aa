//! Who else is a client: services without code that can be read, by their image, their variables, their settings files,
//! their command lines and their scripts.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use redislint::model::{Environment, Place, Reach};
use redislint::tree::Tree;
use redislint::{Options, lint};

const REDIS: &str = "\n  redis: {image: 'redis:7.4', command: redis-server --requirepass s3cret-4711}\n";

/// What connects from the service `app` to its Redis: `setting (library) confidence: outcomes`.
fn clients(app: &str, files: &[(&str, &str)]) -> Vec<String> {
    let compose = format!("services:\n  app: {app}{REDIS}");
    let all: Vec<_> = files.iter().copied().chain([("compose.yaml", compose.as_str())]).collect();
    clients_of(&all)
}

fn clients_of(files: &[(&str, &str)]) -> Vec<String> {
    let tree = Tree::from_texts(files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())));
    let report = lint(&tree, &Options::default());
    let environment = &report.model.environments[0];
    let of_app = |place: &Place| matches!(place, Place::Container(name) if name == "app");
    let shown = environment.clients.iter().enumerate().filter(|(_, client)| of_app(&client.place));
    shown
        .map(|(at, client)| {
            let setting = client.setting.as_deref().unwrap_or("-");
            let confidence = client.confidence.name();
            format!("{setting} ({}) {confidence}: {}", client.family.name(), ends(environment, at))
        })
        .collect()
}

fn ends(environment: &Environment, client: usize) -> String {
    let links = environment.links.iter().filter(|link| link.client == client);
    let mut ends: Vec<String> = links
        .flat_map(|link| &link.outcomes)
        .map(|case| {
            let outcome = format!("{:?}", case.outcome);
            outcome.split([' ', '{']).next().unwrap().to_owned()
        })
        .collect();
    ends.dedup();
    ends.join(", ")
}

#[test]
fn an_image_is_configured_by_its_variables() {
    for (image, variables, expected) in [
        ("oliver006/redis_exporter:v1.67", "REDIS_ADDR: 'redis:6379'", "REDIS_ADDR (unknown) high: Fails"),
        (
            "rediscommander/redis-commander",
            "REDIS_HOSTS: 'local:redis:6379:0:s3cret-4711'",
            "REDIS_HOSTS (ioredis) high: Works",
        ),
        ("redis/redisinsight", "RI_REDIS_HOST: redis", "RI_REDIS_HOST (unknown) high: Fails"),
        ("mher/flower", "CELERY_BROKER_URL: 'redis://redis/0'", "CELERY_BROKER_URL (kombu) high: Fails"),
        ("getsentry/sentry", "SENTRY_REDIS_HOST: redis", "SENTRY_REDIS_HOST (redis-py) high: Fails"),
        ("nextcloud:30", "REDIS_HOST: redis, REDIS_HOST_PASSWORD: s3cret-4711", "REDIS_HOST (unknown) high: Works"),
        ("langfuse/langfuse:3", "REDIS_HOST: redis, REDIS_AUTH: wrong", "REDIS_HOST (ioredis) high: Fails"),
        (
            "ghcr.io/goauthentik/server:2024.2",
            "AUTHENTIK_REDIS__HOST: redis",
            "AUTHENTIK_REDIS__HOST (redis-py) high: Fails",
        ),
        (
            "paperlessngx/paperless-ngx",
            "PAPERLESS_REDIS: 'redis://:s3cret-4711@redis'",
            "PAPERLESS_REDIS (redis-py) high: Works",
        ),
        ("n8nio/n8n", "QUEUE_BULL_REDIS_HOST: redis", "QUEUE_BULL_REDIS_HOST (ioredis) high: Fails"),
        ("langgenius/dify-api:1.0", "REDIS_HOST: redis", "REDIS_HOST (redis-py) high: Fails"),
    ] {
        let app = format!("{{image: '{image}', environment: {{{variables}}}}}");
        assert_eq!(clients(&app, &[]), [expected], "{image}");
    }
}

#[test]
fn variables_speak_where_code_cannot_be_read() {
    let url = clients("{image: acme/shop, environment: {REDIS_URL: 'redis://redis:6379/1'}}", &[]);
    assert_eq!(url, ["REDIS_URL (unknown) medium: Fails"]);
    let parts = clients("{image: acme/shop, environment: {REDIS_HOST: redis, REDIS_PASSWORD: s3cret-4711}}", &[]);
    assert_eq!(parts, ["REDIS_HOST (unknown) medium: Works"]);
    let other = clients("{image: acme/shop, environment: {CACHE_DSN: 'redis://redis:6379/1'}}", &[]);
    assert_eq!(other, ["CACHE_DSN (unknown) medium: Fails"]);
    assert!(clients("{image: acme/shop, environment: {HOST: redis}}", &[]).is_empty());
}

#[test]
fn a_url_in_a_settings_file_is_a_client_where_the_file_is_mounted() {
    for (path, text) in [
        ("conf/app.yaml", "cache:\n  url: redis://redis:6379/0\n"),
        ("conf/app.toml", "[cache]\nurl = \"redis://redis:6379/0\"\n"),
        ("conf/shop.json", "{\"cache\": {\"url\": \"redis://redis:6379/0\"}}\n"),
    ] {
        let app = format!("{{image: acme/shop, volumes: ['./{path}:/etc/app/{path}:ro']}}");
        let found = clients(&app, &[(path, text)]);
        assert_eq!(found.len(), 1, "{path}: {found:?}");
        assert!(found[0].ends_with(": Fails"), "{path}: {found:?}");
    }
}

#[test]
fn command_lines_name_brokers() {
    for (command, expected) in [
        ("celery -A shop -b redis://redis:6379/0 worker", "-b (kombu) high: Fails"),
        ("celery --broker=redis://:s3cret-4711@redis/0 flower", "--broker (kombu) high: Works"),
        ("celery -A shop --result-backend redis://redis/1 worker", "--result-backend (celery) high: Fails"),
        ("flower --broker=redis://redis:6379/0", "--broker (kombu) high: Fails"),
        ("rq worker --url redis://redis:6379", "--url (redis-py) high: Fails"),
    ] {
        assert_eq!(clients(&format!("{{image: acme/shop, command: '{command}'}}"), &[]), [expected], "{command}");
    }
}

const WAIT: &str = "#!/bin/sh\nset -e\n# until redis-cli -h nowhere ping\nuntil redis-cli -h redis ping; do\n  sleep 1\ndone\nexec \"$@\"\n";

#[test]
fn redis_cli_runs_in_entrypoints_and_scripts() {
    let expected = ["redis-cli (redis-cli) medium: Fails"];
    let line = "until redis-cli -h redis ping; do sleep 1; done";
    for app in [
        format!("{{image: 'redis:7.4-alpine', entrypoint: [sh, -c, '{line}']}}"),
        format!("{{image: acme/shop, entrypoint: [sh, -c, '{line}']}}"),
        format!("{{image: acme/shop, command: bash -c \"{line}\"}}"),
    ] {
        assert_eq!(clients(&app, &[]), expected, "{app}");
    }
    // In a file that is mounted or copied.
    for (app, path) in [
        ("{image: acme/shop, entrypoint: /wait.sh, volumes: ['./scripts/wait.sh:/wait.sh']}", "scripts/wait.sh"),
        ("{image: acme/shop, command: sh /scripts/wait.sh run, volumes: ['./scripts:/scripts']}", "scripts/wait.sh"),
        ("{build: app}", "app/wait.sh"),
    ] {
        let dockerfile = "FROM acme/base\nCOPY wait.sh /usr/local/bin/\nENTRYPOINT [\"wait.sh\"]\nCMD [\"run\"]\n";
        let files = [(path, WAIT), ("app/Dockerfile", dockerfile), ("other/wait.sh", "redis-cli -h other ping\n")];
        assert_eq!(clients(app, &files), expected, "{app}");
    }
    // Nothing starts it.
    let files = [("scripts/wait.sh", WAIT)];
    assert!(clients("{image: acme/shop, volumes: ['./scripts:/scripts']}", &files).is_empty());
}

#[test]
fn what_a_script_sets_itself_is_unknown() {
    let found = |script: &str| {
        let app = "{image: acme/shop, command: /wait.sh, volumes: ['./wait.sh:/wait.sh'], environment: {PW: wrong}}";
        let found = clients(app, &[("wait.sh", script)]);
        let [only] = found.as_slice() else { panic!("{script}: {found:?}") };
        only.rsplit(": ").next().unwrap().to_owned()
    };
    assert_eq!(found("redis-cli -h redis -a \"$PW\" ping\n"), "Fails");
    for unknown in ["PW=$(cat /pw)\n", "export PW=x\n", "read PW\n", ". /env\n"] {
        assert_eq!(found(&format!("{unknown}redis-cli -h redis -a \"$PW\" ping\n")), "Undetermined", "{unknown}");
    }
    assert_eq!(found("redis-cli -h redis -a \"$1\" ping\n"), "Undetermined");
    assert_eq!(found("REDISCLI_AUTH=s3cret-4711 redis-cli -h redis ping\n"), "Works");
    assert_eq!(found("export REDISCLI_AUTH=$(cat /pw)\nredis-cli -h redis ping\n"), "Undetermined");
}

#[test]
fn redis_cli_in_a_health_check_asks_the_server_of_its_container() {
    let compose = "services:\n  redis:\n    image: redis:7.4\n    command: redis-server --requirepass s3cret-4711\n    \
                   healthcheck: {test: redis-cli ping | grep PONG}\n";
    let tree = Tree::from_texts([("compose.yaml".to_owned(), compose.as_bytes().to_vec())]);
    let report = lint(&tree, &Options::default());
    assert!(report.findings.iter().any(|finding| finding.rule == "unauthenticated-healthcheck"));
}

#[test]
fn an_inline_configuration_is_judged_in_each_state_of_its_variables() {
    let compose = |password: &str| {
        format!(
            "services:\n  redis:\n    image: redis:7.4\n    command: redis-server /redis.conf\n    configs: [{{source: \
             conf, target: /redis.conf}}]\n  app:\n    image: acme/app\n    environment: {{REDIS_URL: \
             'redis://:{password}@redis:6379'}}\nconfigs:\n  conf: {{content: 'requirepass ${{REDIS_PASSWORD:-s3cret-4711}}'}}\n"
        )
    };
    let ends = |password: &str| {
        let tree = Tree::from_texts([("compose.yaml".to_owned(), compose(password).into_bytes())]);
        ends(&lint(&tree, &Options::default()).model.environments[0], 0)
    };
    assert_eq!(ends("${REDIS_PASSWORD:-s3cret-4711}"), "Works");
    assert_eq!(ends("s3cret-4711"), "Works, Undetermined");
    assert_eq!(ends("wrong"), "Fails, Undetermined");
    assert_eq!(ends("${REDIS_PASSWORD:-wrong}"), "Fails, Works");
}

#[test]
fn a_link_is_a_name_of_its_service() {
    let expected = ["REDIS_URL (unknown) medium: Fails"];
    for more in ["", "networks: [back], ", "network_mode: bridge, "] {
        let app =
            format!("{{image: acme/app, {more}links: ['redis:cache'], environment: {{REDIS_URL: 'redis://cache'}}}}");
        let redis = format!("{{{more}image: 'redis:7.4', command: redis-server --requirepass s3cret-4711}}");
        let compose = format!("services:\n  app: {app}\n  redis: {redis}\nnetworks: {{back: }}\n");
        assert_eq!(clients_of(&[("compose.yaml", &compose)]), expected, "{compose}");
    }
}

#[test]
fn a_service_has_the_names_that_docker_gives_it() {
    for (host, more, expected) in [
        ("redis", "", "Fails"),
        ("REDIS", "", "Fails"),
        ("store", "container_name: store, ", "Fails"),
        ("cache", "networks: {default: {aliases: [cache]}}, ", "Fails"),
        // No name for others, and not on a network of the client's.
        ("box", "hostname: box, ", "not found"),
        ("redis", "networks: [back], ", "another network"),
        ("redis", "network_mode: host, ", "another network"),
    ] {
        let app = format!("{{image: acme/app, environment: {{REDIS_URL: 'redis://{host}'}}}}");
        let redis = format!("{{{more}image: 'redis:7.4', command: redis-server --requirepass s3cret-4711}}");
        let compose = format!("services:\n  app: {app}\n  redis: {redis}\nnetworks: {{back: }}\n");
        let tree = Tree::from_texts([("compose.yaml".to_owned(), compose.into_bytes())]);
        let report = lint(&tree, &Options::default());
        let environment = &report.model.environments[0];
        let shown = match &environment.clients[0].cases[0].reach {
            Reach::UnknownName { .. } => "not found".to_owned(),
            Reach::SeparateNetworks(_) => "another network".to_owned(),
            _ => ends(environment, 0),
        };
        assert_eq!(shown, expected, "{host} {more}");
    }
}

#[test]
fn ports_of_an_internal_network_are_not_published() {
    for (networks, published) in
        [("[back]", false), ("[back, front]", true), ("[front]", true), ("[back, default]", true)]
    {
        let compose = format!(
            "services:\n  redis: {{image: 'redis:7.4', ports: ['6379:6379'], networks: {networks}}}\nnetworks: {{back: \
             {{internal: true}}, front: }}\n"
        );
        let tree = Tree::from_texts([("compose.yaml".to_owned(), compose.into_bytes())]);
        let report = lint(&tree, &Options::default());
        assert_eq!(report.findings.iter().any(|finding| finding.rule == "published-port"), published, "{networks}");
    }
}

/// Two projects with the same names for everything: nobody talks to the other one's Redis.
#[test]
fn projects_of_a_monorepo_share_no_server() {
    let compose = |redis: &str, password: &str| {
        format!(
            "services:\n  app: {{image: acme/app, environment: {{REDIS_URL: 'redis://:{password}@redis'}}}}\n  {redis}: {{image: \
             'redis:7.4', command: redis-server --requirepass {password}}}\n"
        )
    };
    let ends_of = |files: [(&str, String); 2]| -> Vec<String> {
        let tree = Tree::from_texts(files.map(|(path, text)| (path.to_owned(), text.into_bytes())));
        let report = lint(&tree, &Options::default());
        report.model.environments.iter().map(|environment| ends(environment, 0)).collect()
    };
    let (shop, blog) = ("shop/compose.yaml", "blog/compose.yaml");
    assert_eq!(ends_of([(shop, compose("redis", "one-4711")), (blog, compose("redis", "two-4711"))]), ["Works"; 2]);
    // The name is only there in the other project.
    assert_eq!(ends_of([(shop, compose("redis", "one-4711")), (blog, compose("cache", "one-4711"))]), ["", "Works"]);
}
