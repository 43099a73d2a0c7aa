//! Both ways out of a mismatch, in every kind of place: compose, Kubernetes, CI, Python, redis.conf, documents.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[allow(dead_code, reason = "shared by several tests, each of which uses a part")]
mod support;

use std::fs;

use redislint::finding::Confidence;
use redislint::fix::auth::{self, Taken, Way};
use redislint::{Options, lint};
use support::repository::{run, texts, tree};

fn options() -> Options {
    Options { min_confidence: Confidence::Low, ..Options::default() }
}

fn take(files: &[(&str, &str)], way: Way) -> Taken {
    auth::take(tree(&texts(files)), &options(), way, None, false).unwrap_or_else(|why| panic!("{why}"))
}

/// The text of a file afterwards.
fn after(taken: &Taken, path: &str) -> String {
    String::from_utf8(taken.fixed.changes[path].after.clone()).unwrap()
}

/// A manifest of a server and a client; `server` and `client` are what their containers have besides an image.
fn manifests(image: &str, server: &str, client: &str) -> String {
    let workload = |name: &str, image: &str, more: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {name}\nspec:\n  selector:\n    matchLabels: {{app: \
             {name}}}\n  template:\n    metadata:\n      labels: {{app: {name}}}\n    spec:\n      containers:\n        - \
             name: {name}\n          image: {image}\n{more}"
        )
    };
    let service = "apiVersion: v1\nkind: Service\nmetadata:\n  name: redis\nspec:\n  selector: {app: redis}\n  ports:\n    \
                   - port: 6379\n";
    [workload("redis", image, server), service.to_owned(), workload("web", "acme/web:1", client)].join("---\n")
}

const FROM_SECRET: &str = "            - name: REDIS_PASSWORD\n              valueFrom:\n                secretKeyRef:\n                  \
                           name: redis\n                  key: redis-password\n";

fn url(userinfo: &str) -> String {
    format!("            - name: REDIS_URL\n              value: \"redis://{userinfo}redis:6379/0\" # ours\n")
}

#[test]
fn manifests_take_the_password_from_a_secret() {
    let env = |lines: &str| format!("          env:\n{lines}");
    let with = manifests(
        "redis:7",
        &format!("          args: [\"--requirepass\", \"$(REDIS_PASSWORD)\"]\n{}", env(FROM_SECRET)),
        &env(&format!("{FROM_SECRET}{}", url(":$(REDIS_PASSWORD)@"))),
    );
    let without = manifests("redis:7", "", &env(&url("")));
    let taken = take(&[("k8s/all.yaml", &without)], Way::Require);
    assert_eq!(after(&taken, "k8s/all.yaml"), with);
    assert_eq!(taken.by_hand, Vec::new());
    assert_eq!(
        taken.prepare,
        ["kubectl create secret generic redis --from-literal=redis-password=\"$(openssl rand -hex 16)\""]
    );
    assert_eq!(
        taken.verify,
        ["kubectl exec deployment/redis -- sh -c 'REDISCLI_AUTH=\"$REDIS_PASSWORD\" redis-cli ping'"]
    );
    let back = take(&[("k8s/all.yaml", &with)], Way::Remove);
    assert_eq!(after(&back, "k8s/all.yaml"), without);
    assert_eq!(back.verify, ["kubectl exec deployment/redis -- redis-cli ping"]);
}

#[test]
fn an_image_that_reads_a_variable_gets_it_from_the_secret() {
    let env = |lines: &str| format!("          env:\n{lines}");
    let empty = "            - name: ALLOW_EMPTY_PASSWORD\n              value: \"yes\"\n";
    let without = manifests("bitnami/redis:7.2", &env(empty), &env(&url("")));
    let with = manifests(
        "bitnami/redis:7.2",
        &env(FROM_SECRET),
        &env(&format!("{FROM_SECRET}{}", url(":$(REDIS_PASSWORD)@"))),
    );
    assert_eq!(after(&take(&[("k8s/all.yaml", &without)], Way::Require), "k8s/all.yaml"), with);
    assert_eq!(after(&take(&[("k8s/all.yaml", &with)], Way::Remove), "k8s/all.yaml"), without);

    let compose = |variable: &str, url: &str| {
        format!(
            "services:\n  web:\n    image: acme/web\n    environment:\n      REDIS_URL: redis://{url}redis:6379\n  redis:\n    \
             image: bitnami/redis:7.2\n    environment:\n      - {variable}\n"
        )
    };
    let (with, without) = (
        compose("REDIS_PASSWORD=${REDIS_PASSWORD:?}", ":${REDIS_PASSWORD:?}@"),
        compose("ALLOW_EMPTY_PASSWORD=yes", ""),
    );
    assert_eq!(after(&take(&[("compose.yaml", &without)], Way::Require), "compose.yaml"), with);
    assert_eq!(after(&take(&[("compose.yaml", &with)], Way::Remove), "compose.yaml"), without);
}

/// What a Secret or a `ConfigMap` holds: a redis.conf, a URL in base64, and the Secret that nothing uses then.
#[test]
fn passwords_leave_config_maps_and_secrets() {
    let conf = |line: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: conf\ndata:\n  redis.conf: |\n    port 6379\n{line}---\n"
        )
    };
    let server = "          command: [\"redis-server\", \"/conf/redis.conf\"]\n          volumeMounts:\n            - {name: conf, \
                  mountPath: /conf}\n      volumes:\n        - {name: conf, configMap: {name: conf}}\n";
    let client = "          env:\n            - name: REDIS_URL\n              valueFrom: {secretKeyRef: {name: web, key: url}}\n";
    let secret = |url: &str| {
        format!("---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: web\ndata:\n  other: eA==\n  url: {url}\n")
    };
    // redis://:tulip-Harbor-5521@redis:6379/1
    let (with, without) = ("cmVkaXM6Ly86dHVsaXAtSGFyYm9yLTU1MjFAcmVkaXM6NjM3OS8x", "cmVkaXM6Ly9yZWRpczo2Mzc5LzE=");
    let manifest = |line: &str, url: &str| conf(line) + &manifests("redis:7", server, client) + &secret(url);
    let before = manifest("    requirepass tulip-Harbor-5521\n", with);
    let taken = take(&[("k8s/all.yaml", &before)], Way::Remove);
    assert_eq!(after(&taken, "k8s/all.yaml"), manifest("", without));

    let required = after(&take(&[("k8s/all.yaml", &before)], Way::Require), "k8s/all.yaml");
    let lines = |text: &str| required.contains(text);
    assert!(lines("[\"redis-server\", \"/conf/redis.conf\", \"--requirepass\", \"$(REDIS_PASSWORD)\"]"), "{required}");
    assert!(lines("            - name: REDIS_URL\n              value: \"redis://:$(REDIS_PASSWORD)@redis:6379/1\"\n"));
    assert!(!lines("tulip") && !lines(with) && lines("  other: eA==\n"), "{required}");
}

#[test]
fn a_way_through_manifests_is_refused_where_outsiders_get_in() {
    let open = manifests("redis:7", "", "")
        .replace("  selector: {app: redis}\n", "  type: LoadBalancer\n  selector: {app: redis}\n");
    let taken = take(&[("k8s/all.yaml", &open)], Way::Remove);
    let [(environment, why)] = taken.refused.as_slice() else { panic!("{:?}", taken.refused) };
    assert_eq!((environment.as_str(), why.contains("reached from outside the cluster")), ("k8s", true), "{why}");
}

const COMPOSE: &str =
    "services:\n  web:\n    build: .\n    environment: {REDIS_HOST: redis}\n  redis:\n    image: redis:7\n";

#[test]
fn calls_in_python_lose_or_read_the_password() {
    let code = |arguments: &str, import: &str| {
        format!("import redis{import}\nfrom os import environ\n\nclient = redis.Redis({arguments})\n")
    };
    let host = "host=environ[\"REDIS_HOST\"]";
    for (given, removed, read) in [
        (
            "HOST, password=\"tulip-Harbor-5521\", db=1",
            "HOST, db=1",
            "HOST, password=os.environ[\"REDIS_PASSWORD\"], db=1",
        ),
        (
            "\n    HOST,\n    password='tulip-Harbor-5521',\n",
            "\n    HOST,\n",
            "\n    HOST,\n    password=os.environ[\"REDIS_PASSWORD\"],\n",
        ),
        ("password=\"tulip-Harbor-5521\", HOST", "HOST", "password=os.environ[\"REDIS_PASSWORD\"], HOST"),
    ] {
        let [given, removed, read] = [given, removed, read].map(|text| text.replace("HOST", host));
        let server = format!("{COMPOSE}    command: redis-server --requirepass tulip-Harbor-5521\n");
        let files = [("compose.yaml", server.as_str()), ("main.py", &code(&given, ""))];
        assert_eq!(after(&take(&files, Way::Remove), "main.py"), code(&removed, ""));
        let taken = take(&files, Way::Require);
        assert_eq!(after(&taken, "main.py"), format!("import os\n{}", code(&read, "")));
        let compose = after(&taken, "compose.yaml");
        assert!(compose.contains("{REDIS_PASSWORD: \"${REDIS_PASSWORD:?}\", REDIS_HOST: redis}"), "{compose}");
        assert!(compose.ends_with("--requirepass ${REDIS_PASSWORD:?}\n"), "{compose}");
    }
    // A call without a password gets one.
    for (given, read) in [
        ("HOST, db=1", "HOST, db=1, password=os.environ[\"REDIS_PASSWORD\"]"),
        ("\n    HOST,\n", "\n    HOST,\n    password=os.environ[\"REDIS_PASSWORD\"],\n"),
    ] {
        let [given, read] = [given, read].map(|text| text.replace("HOST", host));
        let taken = take(&[("compose.yaml", COMPOSE), ("main.py", &code(&given, ", os"))], Way::Require);
        assert!(after(&taken, "main.py").ends_with(&code(&read, ", os")), "{}", after(&taken, "main.py"));
    }
}

#[test]
fn users_and_their_files_leave_the_server() {
    let compose = |command: &str| {
        format!(
            "services:\n  web:\n    image: acme/web\n    environment:\n      REDIS_URL: URL\n  redis:\n    image: redis:7\n    command: {command}\n    volumes: [./redis.conf:/redis.conf]\n"
        )
    };
    let with =
        compose("redis-server /redis.conf").replace("URL: URL", "URL: redis://default:tulip-Harbor-5521@redis:6379");
    let conf = "port 6379\nuser default on >tulip-Harbor-5521 ~* &* +@all\nmasterauth tulip-Harbor-5521\n";
    let taken = take(&[("compose.yaml", &with), ("redis.conf", conf)], Way::Remove);
    assert_eq!(after(&taken, "redis.conf"), "port 6379\n");
    assert!(after(&taken, "compose.yaml").contains("REDIS_URL: redis://redis:6379\n"));
    assert_eq!(taken.by_hand, Vec::new());
}

#[test]
fn health_checks_follow_in_every_form() {
    let compose = |command: &str, more: &str, test: &str| {
        format!(
            "services:\n  web:\n    image: acme/web\n    environment:\n      - REDIS_URL=redis://:${{REDIS_PASSWORD:?}}@redis\n  redis:\n    image: redis:7\n{more}    command: redis-server{command}\n    healthcheck:\n      test: {test}\n"
        )
    };
    let login = "    environment:\n      REDISCLI_AUTH: ${REDIS_PASSWORD:?}\n";
    let demands = " --requirepass ${REDIS_PASSWORD:?}";
    for (with, without) in [
        ("[CMD, redis-cli, -a, \"${REDIS_PASSWORD:?}\", ping]", "[CMD, redis-cli, ping]"),
        (
            "[\"CMD-SHELL\", \"redis-cli -a ${REDIS_PASSWORD:?} ping | grep PONG\"]",
            "[\"CMD-SHELL\", \"redis-cli ping | grep PONG\"]",
        ),
        ("redis-cli --no-auth-warning -a '${REDIS_PASSWORD:?}' ping", "redis-cli --no-auth-warning ping"),
        (
            "\n        - CMD\n        - redis-cli\n        - --pass\n        - ${REDIS_PASSWORD:?}\n        - ping",
            "\n        - CMD\n        - redis-cli\n        - ping",
        ),
    ] {
        let before = compose(demands, "", with);
        let removed = after(&take(&[("compose.yaml", &before)], Way::Remove), "compose.yaml");
        assert_eq!(removed, compose("", "", without).replace(":${REDIS_PASSWORD:?}@", ""));
        let required = after(&take(&[("compose.yaml", &before)], Way::Require), "compose.yaml");
        assert_eq!(required, compose(demands, login, without));
    }
    let before = compose(demands, login, "redis-cli ping");
    let removed = after(&take(&[("compose.yaml", &before)], Way::Remove), "compose.yaml");
    assert_eq!(removed, compose("", "", "redis-cli ping").replace(":${REDIS_PASSWORD:?}@", ""));
}

#[test]
fn a_docker_secret_leaves_the_script_of_the_server() {
    let compose = |command: &str, rest: &str| {
        format!(
            "services:\n  redis:\n    image: redis:7\n    command: {command}\n{rest}secrets:\n  redis: {{file: ./redis.txt}}\n"
        )
    };
    let rest = "    secrets: [redis]\n";
    for (with, without) in [
        ("sh -c 'exec redis-server --requirepass \"$$(cat /run/secrets/redis)\"'", "sh -c 'exec redis-server'"),
        (
            "[sh, -c, 'docker-entrypoint.sh --requirepass \"$$(cat /run/secrets/redis)\"']",
            "[sh, -c, 'docker-entrypoint.sh redis-server']",
        ),
    ] {
        let taken = take(&[("compose.yaml", &compose(with, rest))], Way::Remove);
        assert_eq!(after(&taken, "compose.yaml"), compose(without, rest));
    }
}

/// The value that a variable has in `.env` is not what stands in the compose file.
#[test]
fn a_second_run_finds_its_own_work() {
    let compose = "services:\n  redis:\n    image: redis:7\n    command: --requirepass \"${REDIS_PASSWORD}\"\n    healthcheck:\n      test: [\"CMD\", \"redis-cli\", \"ping\"]\n";
    let env = (".env", "REDIS_PASSWORD=tulip-Harbor-5521\n");
    let taken = take(&[("compose.yaml", compose), env], Way::Require);
    let once = after(&taken, "compose.yaml");
    assert!(once.contains("REDISCLI_AUTH: ${REDIS_PASSWORD}\n"), "{once}");
    let example = (".env.example", after(&taken, ".env.example"));
    let again = take(&[("compose.yaml", &once), env, (example.0, &example.1)], Way::Require);
    assert_eq!(again.fixed.changes.keys().collect::<Vec<_>>(), Vec::<&String>::new());
}

/// What only the server can read gives way to the variable that all of them can.
#[test]
fn a_docker_secret_gives_way_to_the_variable() {
    let compose = |url: &str, server: &str| {
        format!(
            "services:\n  web:\n    image: acme/web\n    environment:\n      REDIS_URL: redis://{url}redis\n  redis:\n    image: redis:7\n{server}    secrets: [redis]\nsecrets:\n  redis: {{file: ./redis.txt}}\n"
        )
    };
    let before = "    command: sh -c 'exec redis-server --requirepass \"$$(cat /run/secrets/redis)\"'\n";
    let taken = take(&[("compose.yaml", &compose("", before))], Way::Require);
    let server = "    command: sh -c 'exec redis-server --requirepass ${REDIS_PASSWORD:?}'\n";
    assert_eq!(after(&taken, "compose.yaml"), compose(":${REDIS_PASSWORD:?}@", server));
    assert_eq!(after(&taken, ".env.example"), "REDIS_PASSWORD=changeme\n");
    assert_eq!(taken.by_hand, []);
}

/// A job's own variables belong to its environment.
#[test]
fn jobs_of_ci_lose_their_password() {
    let job = |variable: &str| {
        format!(
            "on: push\njobs:\n  test:\n    runs-on: ubuntu-24.04\n    services:\n      redis:\n        image: redis:7\n        ports: [\"6379:6379\"]\n    env:\n{variable}      REDIS_HOST: localhost\n    steps:\n      - run: pytest\n"
        )
    };
    let path = ".github/workflows/test.yml";
    let files = [(path, &*job("      REDIS_PASSWORD: tulip-Harbor-5521\n"))];
    assert_eq!(after(&take(&files, Way::Remove), path), job(""));
}

/// One that can't go the way keeps none of the others from it.
#[test]
fn each_environment_goes_its_way_by_itself() {
    let stack = |url: &str, command: &str| {
        format!(
            "services:\n  web:\n    image: acme/web\n    environment:\n      REDIS_URL: redis://{url}redis:6379\n  redis:\n    image: redis:7\n    command: redis-server{command}\n"
        )
    };
    let with = stack(":tulip-Harbor-5521@", " --requirepass tulip-Harbor-5521");
    let open = format!("{with}    ports: [\"6379:6379\"]\n");
    let files = [("a/compose.yaml", with.as_str()), ("b/compose.yaml", open.as_str())];
    let taken = take(&files, Way::Remove);
    assert_eq!(taken.fixed.changes.keys().collect::<Vec<_>>(), ["a/compose.yaml"]);
    assert_eq!(taken.refused.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["b/compose.yaml"]);
    assert_eq!(after(&taken, "a/compose.yaml"), stack("", ""));

    let only = auth::take(tree(&texts(&files)), &options(), Way::Require, Some("b/compose.yaml"), false).unwrap();
    assert_eq!(only.fixed.changes.keys().collect::<Vec<_>>(), ["b/.env.example", "b/compose.yaml"]);
}

/// A finding about a mismatch lists both ways, and neither holds a password.
#[test]
fn reports_list_both_ways() {
    let compose = "services:\n  web:\n    image: acme/web\n    environment:\n      REDIS_URL: redis://:tulip-Harbor-5521@redis\n  redis:\n    image: redis:7\n";
    let report = lint(&tree(&texts(&[("compose.yaml", compose)])), &Options::default());
    let json: serde_json::Value = serde_json::from_str(&redislint::report::json::render(&report, ".")).unwrap();
    let findings = json["findings"].as_array().unwrap();
    let mismatch = findings.iter().find(|one| one["rule"] == "unexpected-password").unwrap();
    let ways: Vec<&str> =
        mismatch["fixes"].as_array().unwrap().iter().map(|fix| fix["description"].as_str().unwrap()).collect();
    assert_eq!(
        ways,
        [
            "take the password out of the server and all its clients (`redislint fix --auth remove`)",
            "give the server and all its clients one password from a variable (`redislint fix --auth require`)",
        ]
    );
    assert!(mismatch["fixes"].as_array().unwrap().iter().all(|fix| fix["safety"] == "unsafe"));
    assert!(!mismatch["fixes"].to_string().contains("tulip"));

    let look = redislint::report::Look::default();
    let sarif: serde_json::Value = serde_json::from_str(&redislint::report::sarif::render(&report, &look)).unwrap();
    let results = sarif["runs"][0]["results"].as_array().unwrap();
    let mismatch = results.iter().find(|one| one["ruleId"] == "unexpected-password").unwrap();
    let listed = mismatch["fixes"].as_array().unwrap();
    let described: Vec<&str> = listed.iter().map(|fix| fix["description"]["text"].as_str().unwrap()).collect();
    assert_eq!(described, ways);
    let replaced = |fix: &serde_json::Value| fix["artifactChanges"][0]["replacements"].as_array().unwrap().len();
    assert!(listed.iter().all(|fix| replaced(fix) > 0));
    assert!(!mismatch["fixes"].to_string().contains("tulip"));
}

/// Of several environments, the one that is named goes the way.
#[test]
fn an_environment_is_chosen_by_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let compose = "services:\n  web:\n    image: acme/web\n    environment:\n      REDIS_URL: redis://:tulip-Harbor-5521@redis\n  redis:\n    image: redis:7\n";
    for name in ["a", "b"] {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("compose.yaml"), compose).unwrap();
    }
    let (code, _, said) = run(folder.path(), &["fix", "--auth", "remove", "--environment", "b/compose.yaml"]);
    let text = |name: &str| fs::read_to_string(folder.path().join(name).join("compose.yaml")).unwrap();
    assert_eq!((code, text("a").as_str()), (0, compose), "{said}");
    assert_eq!(text("b"), compose.replace(":tulip-Harbor-5521@", ""));
}

#[test]
fn health_endpoints_are_named() {
    let compose = "services:\n  web:\n    image: acme/web\n    environment:\n      REDIS_URL: redis://:tulip-Harbor-5521@redis\n    healthcheck:\n      test: curl -f http://localhost:8000/health\n  redis:\n    image: redis:7\n    command: redis-server --requirepass tulip-Harbor-5521\n";
    let taken = take(&[("compose.yaml", compose)], Way::Remove);
    let endpoint = "docker compose -f compose.yaml exec web curl -fsS http://localhost:8000/health".to_owned();
    assert!(taken.verify.contains(&endpoint), "{:?}", taken.verify);
}
#[test]
fn what_can_not_be_done_by_rule_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| fs::write(folder.path().join(path), text).unwrap();
    write(
        "compose.yaml",
        "services:\n  web:\n    build: .\n    environment: {REDIS_HOST: redis}\n  redis:\n    image: redis:7\n    \
         command: redis-server --requirepass tulip-Harbor-5521\n",
    );
    write(
        "main.py",
        "import os\nimport redis\n\nclient = redis.Redis(host=os.environ[\"REDIS_HOST\"], password=\"tulip-Harbor-5521\")\n",
    );
    write("README.md", "Connect to `redis://:tulip-Harbor-5521@redis:6379/0`; the password is tulip-Harbor-5521.\n");
    let (code, _, said) = run(folder.path(), &["fix", "--auth", "remove"]);
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("to be done by hand:\n  README.md:1: this still shows the old password\n"), "{said}");
    assert!(!said.contains("tulip"), "{said}");
    let text = |path: &str| fs::read_to_string(folder.path().join(path)).unwrap();
    assert!(text("main.py").ends_with("redis.Redis(host=os.environ[\"REDIS_HOST\"])\n"), "{}", text("main.py"));
    assert!(text("compose.yaml").ends_with("    command: redis-server\n"), "{}", text("compose.yaml"));
    assert!(text("README.md").starts_with("Connect to `redis://redis:6379/0`; "));
    let (code, _, said) = run(folder.path(), &["fix", "--auth", "remove", "--environment", "other"]);
    assert_eq!((code, said.contains("no environment is called `other`")), (2, true), "{said}");
}
