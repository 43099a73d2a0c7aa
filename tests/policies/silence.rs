//! What is never reported, and what only lowers a severity or a confidence.

use super::{OPEN, READS, all, names, of, pair, run};
use redislint::Options;
use redislint::finding::{Confidence, Severity};
use redislint::report::Report;
use redislint::source::Span;

#[test]
fn what_is_missing_is_certainly_missing() {
    let compose = "services:\n  redis:\n    image: redis:7\n    env_file: redis.env\n";
    let count = |more: &[(&str, &str)]| {
        let files: Vec<(&str, &str)> = std::iter::once(("compose.yaml", compose)).chain(more.iter().copied()).collect();
        of(&all(&files), "missing-file").len()
    };
    assert_eq!(count(&[]), 1);
    assert_eq!(count(&[("redis.env", "A=1\n")]), 0);
    assert_eq!(count(&[("redis.env.example", "A=1\n")]), 0, "an example stands beside it");
    assert_eq!(count(&[(".gitignore", "redis.env\n")]), 0, "git ignores it");
}

#[test]
fn a_variable_that_is_left_to_whoever_runs_it_is_no_fault() {
    let compose =
        "services:\n  redis:\n    image: redis:7\n    command: redis-server --requirepass ${REDIS_PASSWORD}\n";
    let count = |env: &str| of(&all(&[("compose.yaml", compose), (".env", env)]), "undefined-variable").len();
    assert_eq!(count("OTHER=1\n"), 0, "no sign of a slip");
    assert_eq!(count("REDIS_PASSWROD=maple-Anchor-7714\n"), 0, "two letters are too far");
    assert_eq!(count("REDIS_PASSWRD=maple-Anchor-7714\n"), 1, "one is a slip");
}

#[test]
fn a_secret_key_may_be_optional() {
    let app = |optional: &str| {
        format!(
            "apiVersion: v1\nkind: Secret\nmetadata: {{name: auth}}\nstringData:\n  other: maple-Anchor-7714\n---\n\
             apiVersion: v1\nkind: Pod\nmetadata: {{name: app}}\nspec:\n  containers:\n    - name: app\n      image: acme/app\n      \
             env:\n        - name: REDIS_PASSWORD\n          valueFrom:\n            secretKeyRef: {{name: auth, key: redis{optional}}}\n"
        )
    };
    let found = |text: &str| of(&all(&[("k8s/app.yaml", text)]), "missing-secret-key").len();
    assert_eq!(found(&app("")), 1);
    assert_eq!(found(&app(", optional: true")), 0);
}

#[test]
fn plain_text_is_a_fault_on_the_way_to_strangers_only() {
    for (host, count) in [
        ("cache.acme.io", 1),
        ("redis", 0),
        ("10.1.2.3", 0),
        ("cache.internal", 0),
        ("kv.default.svc.cluster.local", 0),
    ] {
        let code = format!("import redis\n\nr = redis.Redis.from_url(\"redis://:maple-Anchor-7714@{host}:6379/0\")\n");
        assert_eq!(of(&all(&[("app.py", code.as_str())]), "plaintext-remote").len(), count, "{host}");
    }
}

#[test]
fn the_same_password_in_two_environments_counts_above_development() {
    let compose = |name: &'static str| (name, pair("redis://:maple-Anchor-7714@redis:6379/0", "redis-server"));
    let found = |names: &[&'static str], pedantic: bool| {
        let files: Vec<_> = names.iter().map(|name| compose(name)).collect();
        let files: Vec<(&str, &str)> = files.iter().map(|(name, text)| (*name, text.as_str())).collect();
        let options = Options { min_confidence: Confidence::Low, pedantic, ..Options::default() };
        of(&run(&files, &options), "reused-password").len()
    };
    assert_eq!(found(&["compose.dev.yaml", "compose.prod.yaml"], false), 1);
    assert_eq!(found(&["compose.dev.yaml", "compose.yaml"], false), 0);
    assert_eq!(found(&["compose.dev.yaml", "compose.yaml"], true), 1);
}

#[test]
fn an_admin_page_with_a_login_is_no_fault() {
    let page = |more: &str| {
        format!(
            "services:\n  ui:\n    image: rediscommander/redis-commander\n    ports: [\"8081:8081\"]\n    environment:\n      \
             REDIS_HOST: redis\n{more}  redis:\n    image: redis:7\n"
        )
    };
    let login = "      HTTP_USER: admin\n      HTTP_PASSWORD: ${UI_PASSWORD:?}\n";
    assert_eq!(of(&all(&[("compose.yaml", page("").as_str())]), "exposed-admin-ui").len(), 1);
    assert_eq!(of(&all(&[("compose.yaml", page(login).as_str())]), "exposed-admin-ui").len(), 0);
}

#[test]
fn a_url_in_any_settings_file_is_a_client() {
    for (path, text) in [
        ("config.yml", "queue:\n  url: redis://localhost:6379/0\n"),
        ("config.toml", "[queue]\nurl = \"redis://localhost:6379/0\"\n"),
        ("config.json", "{\"queue\": {\"url\": \"redis://localhost:6379/0\"}}\n"),
    ] {
        let compose = "services:\n  app:\n    build: .\n  redis:\n    image: redis:7\n";
        let report = all(&[("compose.yaml", compose), ("Dockerfile", "FROM python:3.12\nCOPY . .\n"), (path, text)]);
        let found = of(&report, "localhost-in-container");
        assert_eq!(found.len(), 1, "{path}: {:?}", names(&report));
        assert_eq!(found[0].confidence, Confidence::Medium, "{path}");
    }
}

#[test]
fn a_map_that_other_programs_read_is_no_client() {
    let map = "options:\n  servers: \"localhost\"\n  description: \"redis://localhost:6379\"\nmaps:\n  - \"redis://localhost/abc\"\n";
    let compose = "services:\n  rspamd:\n    image: rspamd/rspamd\n    volumes: [\"./conf:/etc/rspamd\"]\n";
    let report = all(&[("compose.yaml", compose), ("conf/settings.yml", map)]);
    assert!(names(&report).is_empty(), "{:?}", names(&report));
}

#[test]
fn what_a_login_without_need_means_depends_on_the_library() {
    let judged = |pin: &str| {
        let compose = pair("redis://:maple-Anchor-7714@redis:6379/0", "redis-server");
        let report = all(&[("compose.yaml", compose.as_str()), ("app.py", READS), ("requirements.txt", pin)]);
        let found = of(&report, "unexpected-password");
        (found[0].severity, found[0].message.clone())
    };
    let (severity, message) = judged("redis==7.1.0\n");
    assert_eq!(severity, Severity::Error);
    assert!(message.contains("redis-py is refused with `ERR AUTH <password> called"), "{message}");
    let (severity, message) = judged("redis==8.0.0\n");
    assert_eq!(severity, Severity::Warning);
    assert!(message.contains("silently let in unauthenticated"), "{message}");
    let (severity, message) = judged("redis\n");
    assert_eq!(severity, Severity::Error);
    assert!(message.contains("redis-py ≤ 7") && message.contains("from 8 on"), "both are said: {message}");
}

#[test]
fn what_a_profile_switches_off_is_judged_when_it_is_asked_for() {
    let compose = format!("{OPEN}    profiles: [debug]\n  app: {{image: acme/app}}\n");
    assert!(names(&all(&[("compose.yaml", compose.as_str())])).is_empty());
    let makefile = "debug:\n\tdocker compose --profile debug up\n";
    let report = all(&[("compose.yaml", compose.as_str()), ("Makefile", makefile)]);
    assert_eq!(of(&report, "published-port").len(), 1, "{:?}", names(&report));
}

#[test]
fn nothing_is_said_of_an_address_that_was_not_read() {
    // A file of variables that git ignores may set whatever is not there.
    let compose = "services:\n  app:\n    build: .\n    command: python app.py\n    env_file: .env\n  redis:\n    image: redis:7\n    \
                   command: redis-server --requirepass ${PW:?}\n";
    let code = "import os\n\nimport redis\n\nr = redis.Redis(host=os.environ.get(\"REDIS_HOST\", \"localhost\"))\n";
    let files = [("compose.yaml", compose), ("app.py", code), (".gitignore", ".env\n")];
    assert!(names(&all(&files)).iter().all(|name| *name == "password-in-arguments"), "{:?}", names(&all(&files)));
}

#[test]
fn arguments_from_outside_may_bring_a_password() {
    let compose = |argument: &str| {
        format!(
            "services:\n  redis:\n    image: redis:7\n    env_file: .env\n    ports: [\"6379:6379\"]\n    \
             command: sh -c 'redis-server --appendonly yes {argument}'\n"
        )
    };
    let judged = |argument: &str| {
        let report = all(&[("compose.yaml", compose(argument).as_str()), (".gitignore", ".env\n")]);
        of(&report, "published-port").iter().map(|found| (found.severity, found.confidence)).collect::<Vec<_>>()
    };
    assert_eq!(judged("$$REDIS_ARGUMENTS"), [], "nor is its port known");
    assert_eq!(judged("--save 60 1"), [(Severity::Error, Confidence::High)]);
}

#[test]
fn what_holds_in_a_fresh_clone_alone_is_at_medium_confidence() {
    let compose = "services:\n  redis:\n    image: bitnami/redis:7.4\n    ports: [\"6379:6379\"]\n    environment:\n      \
                   ALLOW_EMPTY_PASSWORD: \"yes\"\n      REDIS_PASSWORD: ${PW:-}\n";
    let report = all(&[("compose.yaml", compose)]);
    let found = of(&report, "published-port");
    assert_eq!((found[0].severity, found[0].confidence), (Severity::Error, Confidence::Medium));
}

#[test]
fn a_name_that_files_beside_have_is_unknown_at_medium_confidence() {
    let alone = "services:\n  web:\n    build: .\n    environment:\n      REDIS_URL: redis://cache:6379/0\n";
    let base = "services:\n  web:\n    build: .\n  cache:\n    image: redis:7\n";
    let found = |more: &[(&str, &str)]| {
        let files = [("deploy/compose.prod.yaml", alone), ("main.py", READS), ("deploy/main.py", READS)];
        let files: Vec<(&str, &str)> = files.into_iter().chain(more.iter().copied()).collect();
        of(&all(&files), "unknown-host").iter().map(|finding| finding.confidence).collect::<Vec<_>>()
    };
    assert_eq!(found(&[]), [Confidence::High]);
    assert_eq!(found(&[("other/compose.yaml", base)]), [Confidence::High]);
    assert_eq!(found(&[("deploy/compose.yaml", base)]), [Confidence::Medium]);
    let script = "docker compose -f compose.prod.yaml up\n";
    assert_eq!(found(&[("deploy/compose.yaml", base), ("deploy/run.sh", script)]), [Confidence::High]);
}

#[test]
fn whether_code_runs_in_a_container_may_be_in_doubt() {
    let code = "import os\n\nimport redis\n\nr = redis.Redis.from_url(os.getenv(\"REDIS_URL\", \"redis://localhost:6379/0\"))\n";
    let found = |web: &str| {
        let compose = format!("services:\n  web:\n    build: .\n{web}  redis:\n    image: redis:7\n");
        let files =
            [("compose.yaml", compose.as_str()), ("Dockerfile", "FROM python:3.12\nCOPY . .\n"), ("main.py", code)];
        let files = [&files[..], &[("web.env", "REDIS_URL=redis://:a-Harbor-2@redis:6379\n")]].concat();
        let report = all(&files);
        let seen = |rule| of(&report, rule).iter().map(|finding| finding.confidence).collect::<Vec<_>>();
        (seen("unexpected-password"), seen("localhost-in-container"))
    };
    assert_eq!(found("    command: python main.py\n"), (vec![], vec![Confidence::High]));
    assert_eq!(found("    command: supervisord\n"), (vec![], vec![Confidence::Medium]));
    let given = "    command: supervisord\n    environment: {REDIS_URL: \"redis://:a-Harbor-2@redis:6379\"}\n";
    assert_eq!(found(given), (vec![Confidence::High], vec![]), "it is given the variable that the code reads");
    let file = "    command: supervisord\n    env_file: web.env\n";
    assert_eq!(found(file), (vec![Confidence::Medium], vec![]), "the file may be there for others");
}

#[test]
fn a_setting_that_nobody_is_seen_to_connect_with_is_in_doubt() {
    let found = |code: &str, environment: &str| {
        let compose = format!(
            "services:\n  web:\n    build: .\n    command: python main.py\n{environment}  redis:\n    image: redis:7\n"
        );
        let files =
            [("compose.yaml", compose.as_str()), ("Dockerfile", "FROM python:3.12\nCOPY . .\n"), ("main.py", code)];
        let found = all(&files);
        of(&found, "localhost-in-container").iter().map(|finding| finding.confidence).collect::<Vec<_>>()
    };
    let reads = "import os\n\nREDIS_URL = os.getenv(\"REDIS_URL\", \"redis://localhost:6379/0\")\n";
    assert_eq!(found(reads, ""), [Confidence::Medium]);
    let given = "    environment: {REDIS_URL: \"redis://localhost:6379\"}\n";
    assert_eq!(found(reads, given), [Confidence::High]);
    let connects = format!("{reads}import redis\nr = redis.from_url(REDIS_URL)\n");
    assert_eq!(found(&connects, ""), [Confidence::High]);
}

#[test]
fn an_attribute_that_is_set_on_the_instance_is_not_the_default_of_its_class() {
    let found = |sets: &str| {
        let code = format!(
            "import os\nfrom dataclasses import dataclass\n\nimport redis\n\n\n@dataclass\nclass Config:\n    url: str = \
             \"redis://localhost:6379/0\"\n\n\ndef load():\n    config = Config()\n{sets}    return config\n\n\nclass \
             Store:\n    def __init__(self):\n        self.config = load()\n\n    def connect(self):\n        return \
             redis.from_url(self.config.url)\n"
        );
        let compose = "services:\n  web:\n    build: .\n    command: python main.py\n  redis:\n    image: redis:7\n";
        let files = [("compose.yaml", compose), ("Dockerfile", "FROM python:3.12\nCOPY . .\n"), ("main.py", &code)];
        of(&all(&files), "localhost-in-container").len()
    };
    assert_eq!(found(""), 1);
    assert_eq!(found("    config.url = os.environ[\"CACHE\"]\n"), 0);
}

#[test]
fn an_address_in_code_alone_is_in_doubt_where_no_redis_runs() {
    let code = "import os\n\nimport redis\n\nr = redis.Redis(host=os.getenv(\"REDIS_HOST\", \"cache\"))\n";
    let web = "services:\n  web:\n    build: .\n    command: python main.py\n";
    let found = |compose: &str, code: &str, rule| {
        let files = [("compose.yaml", compose), ("Dockerfile", "FROM python:3.12\nCOPY . .\n"), ("main.py", code)];
        of(&all(&files), rule).iter().map(|finding| finding.confidence).collect::<Vec<_>>()
    };
    let with = |more: &str| format!("{web}{more}");
    let redis = with("  redis:\n    image: redis:7\n");
    assert_eq!(found(web, code, "unknown-host"), [Confidence::Medium]);
    assert_eq!(found(&redis, code, "unknown-host"), [Confidence::High]);
    assert_eq!(found(&with("    environment:\n      REDIS_HOST: cache\n"), code, "unknown-host"), [Confidence::High]);
    let code = code.replace("\"cache\"", "\"localhost\"");
    assert_eq!(found(web, &code, "localhost-in-container"), [Confidence::Medium]);
    assert_eq!(found(&redis, &code, "localhost-in-container"), [Confidence::High]);
}

#[test]
fn a_container_that_runs_no_python_has_no_client_of_the_code_beside() {
    let code = "import redis\n\nr = redis.Redis(host=\"localhost\")\n";
    let found = |command: &str| {
        let compose = format!("services:\n  ui:\n    build: .\n    command: {command}\n  redis:\n    image: redis:7\n");
        let files =
            [("compose.yaml", compose.as_str()), ("Dockerfile", "FROM python:3.12\nCOPY . .\n"), ("main.py", code)];
        of(&all(&files), "localhost-in-container").len()
    };
    assert_eq!(found("sh -c 'npm run watch'"), 0);
    assert_eq!(found("supervisord"), 1);
    assert_eq!(found("sh -c 'npm run build && python main.py'"), 1);
}

#[test]
fn a_folder_of_code_is_no_configuration_that_was_forgotten() {
    let found = |mount: &str| {
        let compose =
            format!("services:\n  redis:\n    image: redis:7\n    command: redis-server\n    volumes: [{mount}]\n");
        let files = [("compose.yaml", compose.as_str()), ("redis.conf", "maxmemory 1gb\n"), ("etc/a.conf", "port 1\n")];
        let files = files.into_iter().chain([("etc/redis.conf", "maxmemory 1gb\n")]).collect::<Vec<_>>();
        let report = all(&files);
        of(&report, "config-not-loaded").iter().map(|finding| finding.message.clone()).collect::<Vec<_>>()
    };
    assert!(found("\".:/app\"").is_empty(), "the root of the repository");
    assert!(found("\"./etc:/usr/local/etc\"")[0].contains("/usr/local/etc/redis.conf"), "named like a server's");
    assert_eq!(found("\"./redis.conf:/app/r.conf\"").len(), 1);
}

/// The confidence of `rule` on code that runs beside a server with a password.
fn beside_a_password(code: &str, web: &str, more: &[(&str, &str)], rule: &str) -> Vec<Confidence> {
    let compose = format!(
        "services:\n  web:\n    build: .\n    command: python main.py\n{web}  redis:\n    image: redis:7\n    command: redis-server \
         --requirepass a-Harbor-2\n"
    );
    let files = [("compose.yaml", compose.as_str()), ("Dockerfile", "FROM python:3.12\nCOPY . .\n"), ("main.py", code)];
    let files: Vec<(&str, &str)> = files.into_iter().chain(more.iter().copied()).collect();
    of(&all(&files), rule).iter().map(|finding| finding.confidence).collect()
}

#[test]
fn a_call_in_a_branch_that_may_not_be_taken_is_in_doubt() {
    let found = |lines: &str| {
        let code = format!("import sys\nimport redis\n\nclient = None\nmode = sys.argv[1]\n\n\ndef get():\n{lines}\n");
        beside_a_password(&code, "", &[], "missing-password")
    };
    let call = "redis.Redis(host=\"redis\")";
    assert_eq!(found(&format!("    return {call}")), [Confidence::High]);
    assert_eq!(found(&format!("    if mode == \"x\":\n        return {call}")), [Confidence::Medium]);
    assert!(found(&format!("    if False:\n        return {call}")).is_empty());
    let lazy = format!("    global client\n    if client is None:\n        client = {call}\n    return client");
    assert_eq!(found(&lazy), [Confidence::High], "it is not there yet the first time");
}

#[test]
fn what_is_filled_into_a_dictionary_before_it_is_returned_counts() {
    let found = |fills: &str| {
        let code = format!(
            "import os\nimport redis\n\n\ndef options():\n    made = {{\"host\": \"redis\"}}\n{fills}    return made\n\n\nr = \
             redis.Redis(**options())\n"
        );
        beside_a_password(&code, "", &[], "missing-password").len()
    };
    assert_eq!(found(""), 1);
    assert_eq!(found("    made[\"password\"] = \"a-Harbor-2\"\n"), 0);
    assert_eq!(found("    made.update(read())\n"), 0);
    let under = |test: &str| found(&format!("    if {test}:\n        made[\"password\"] = os.environ[\"PW\"]\n"));
    assert_eq!(under("wanted()"), 0);
    assert_eq!(under("os.getenv(\"PW\")"), 1, "nothing sets it");
}

#[test]
fn what_a_missing_file_of_variables_may_set_is_not_guessed() {
    let code = "import os\nimport redis\n\nr = redis.from_url(os.getenv(\"REDIS_URL\", \"redis://redis:6379\"))\n";
    let found = |web: &str| beside_a_password(code, web, &[(".gitignore", ".env\n")], "missing-password");
    assert_eq!(found(""), [Confidence::High]);
    assert!(found("    env_file: .env\n").is_empty());
}

fn line(report: &Report, span: Span) -> usize {
    report.sources.get(span.file).position(span.start as usize).line
}

/// The lines of a file on which a rule reports, in a project with code and a Redis of its own.
fn lines(files: &[(&str, &str)], rule: &str) -> Vec<usize> {
    let report = all(files);
    of(&report, rule).iter().map(|finding| line(&report, finding.primary.span)).collect()
}

#[test]
fn what_an_entrypoint_exports_is_what_the_program_finds() {
    let found = |script: &str| {
        let compose = "services:\n  web:\n    build: .\n    command: /start\n    environment:\n      CELERY_BROKER_URL: \
                       redis://localhost:6379/0\n      REDIS_URL: redis://redis:6379/0\n  redis:\n    image: redis:7\n";
        let docker = "FROM python:3.12\nCOPY . /app\nCOPY ./docker/entrypoint /entrypoint\nCOPY docker/start \
                      /start\nWORKDIR /app\nENTRYPOINT [\"/entrypoint\"]\n";
        let code = "import os\nfrom celery import Celery\n\napp = Celery(broker=os.environ['CELERY_BROKER_URL'])\n";
        let files = [
            ("compose.yaml", compose),
            ("Dockerfile", docker),
            ("docker/entrypoint", script),
            ("docker/start", "#!/bin/sh\nexec celery -A main worker\n"),
            ("docker/web.env", "CELERY_BROKER_URL=redis://redis:6379/1\n"),
            ("main.py", code),
        ];
        lines(&files, "localhost-in-container")
    };
    assert_eq!(found("#!/bin/bash\nset -e\nexec \"$@\"\n"), [6], "nothing is set");
    assert_eq!(found("#!/bin/bash\nexport CELERY_BROKER_URL=\"${REDIS_URL}\"\nexec \"$@\"\n"), [0; 0]);
    assert_eq!(found("#!/bin/bash\nCELERY_BROKER_URL=${REDIS_URL}\nexec \"$@\"\n"), [0; 0], "it was exported before");
    let read_in = "#!/bin/sh\n. /app/docker/web.env\nexec \"$@\"\n";
    assert_eq!(found(read_in), [0; 0], "a file sets it");
    let heredoc = "#!/bin/sh\ncat > /tmp/x <<EOF\nCELERY_BROKER_URL=redis://redis\nEOF\nexec \"$@\"\n";
    assert_eq!(found(heredoc), [6], "that is for another file");
    assert_eq!(found("#!/bin/sh\nCELERY_BROKER_URL=redis://redis ./migrate\nexec \"$@\"\n"), [6], "for one program");
    let branch = "#!/bin/bash\nif [ -n \"$X\" ]; then\n  export CELERY_BROKER_URL=redis://redis\nfi\nexec \"$@\"\n";
    assert_eq!(found(branch), [0; 0], "it may be set");
    assert_eq!(
        found("#!/bin/bash\nexport CELERY_BROKER_URL=redis://localhost/1\nexec \"$@\"\n"),
        [2],
        "there it is set"
    );
}

#[test]
fn a_fixed_address_of_a_container_is_that_container() {
    let found = |address: &str| {
        let compose = format!(
            "services:\n  web:\n    image: web\n    networks: [back]\n    environment:\n      REDIS_URL: \
             redis://:a-Harbor-2@172.61.0.{address}:6379/0\n  redis:\n    image: redis:7\n    command: redis-server \
             --requirepass other-Harbor-3\n    networks:\n      back:\n        ipv4_address: 172.61.0.8\nnetworks:\n  back:\n"
        );
        let report = all(&[("compose.yaml", compose.as_str())]);
        ["plaintext-remote", "wrong-password"].map(|rule| of(&report, rule).len())
    };
    assert_eq!(found("8"), [0, 1]);
    assert_eq!(found("9"), [1, 0]);
}

#[test]
fn a_setting_may_bring_what_a_tls_url_lacks() {
    let found = |more: &str| {
        let compose =
            "services:\n  web:\n    build: .\n    command: celery -A main worker\n  redis:\n    image: redis:7\n";
        let code = format!("from celery import Celery\n\napp = Celery(backend='rediss://redis:6379/0')\n{more}");
        let docker = "FROM python:3.12\nCOPY . .\n";
        let files = [("compose.yaml", compose), ("Dockerfile", docker), ("main.py", code.as_str())];
        let report = all(&files);
        of(&report, "tls-mismatch").iter().filter(|finding| finding.message.contains("ssl_cert_reqs")).count()
    };
    assert_eq!(found(""), 1);
    assert_eq!(found("if app:\n    app.conf.redis_backend_use_ssl = {'ssl_cert_reqs': 0}\n"), 0);
    assert_eq!(found("app.conf.update(redis_backend_use_ssl={'ssl_cert_reqs': 0})\n"), 0);
    assert_eq!(found("app.conf.redis_backend_use_ssl = None\n"), 1);
    assert_eq!(found("app.conf.broker_use_ssl = {'ssl_cert_reqs': 0}\n"), 1, "another server's");
}
