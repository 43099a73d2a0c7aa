//! The places that a password may stand in, each a repository of its own: what is known from one place must not be
//! needed to mask another.

use crate::forms::{base64, conf, dollars, percent, quoted, shell, yaml_single};

/// A repository with a password in it.
pub struct Place {
    /// What kind of place it is.
    pub name: &'static str,
    /// Paths and texts.
    pub files: Vec<(&'static str, String)>,
}

const SERVER: &str = "services:\n  redis:\n    image: redis:7\n";
const OPEN: &str = "services:\n  redis:\n    image: redis:7\n    ports: [\"6379:6379\"]\n";
const OTHER: &str = "services:\n  redis:\n    image: redis:7\n    command: redis-server --requirepass other-one\n";

/// A server with another password, and a client whose environment is given as YAML.
fn client(environment: &str) -> String {
    format!("{OTHER}  app:\n    image: app\n    environment:\n{environment}")
}

/// The settings of a client beside a server with another password.
fn python(name: &'static str, text: String) -> Place {
    place(name, [("compose.yml", format!("{OTHER}  app:\n    build: .\n")), ("app.py", text)])
}

fn place<const N: usize>(name: &'static str, files: [(&'static str, String); N]) -> Place {
    Place { name, files: files.into() }
}

/// All of them.
pub fn places(secret: &str) -> Vec<Place> {
    let mut places = compose(secret);
    places.extend(around_compose(secret));
    places.extend(code(secret));
    places.extend(kubernetes(secret));
    places.extend(raw(secret));
    places
}

fn compose(secret: &str) -> Vec<Place> {
    let (json, single, word) = (quoted(&dollars(secret)), yaml_single(&dollars(secret)), shell(&dollars(secret)));
    let url = percent(secret);
    vec![
        place("URL", [("compose.yml", client(&format!("      REDIS_URL: redis://:{url}@redis:6379/0\n")))]),
        place(
            "URL with user",
            [("compose.yml", client(&format!("      REDIS_URL: redis://app:{url}@redis:6379/0\n")))],
        ),
        place("user of URL", [("compose.yml", client(&format!("      REDIS_URL: redis://{url}@redis:6379/0\n")))]),
        place("query", [("compose.yml", client(&format!("      REDIS_URL: redis://redis:6379/0?password={url}\n")))]),
        place(
            "list",
            [(
                "compose.yml",
                client(&format!("      - {}\n", yaml_single(&format!("REDIS_PASSWORD={}", dollars(secret))))),
            )],
        ),
        place(
            "double quotes",
            [("compose.yml", client(&format!("      REDIS_HOST: redis\n      REDIS_PASSWORD: {json}\n")))],
        ),
        place(
            "single quotes",
            [("compose.yml", client(&format!("      REDIS_HOST: redis\n      REDIS_PASSWORD: {single}\n")))],
        ),
        place(
            "block",
            [(
                "compose.yml",
                client(&format!("      REDIS_HOST: redis\n      REDIS_PASSWORD: |-\n        {}\n", dollars(secret))),
            )],
        ),
        place(
            "anchor",
            [(
                "compose.yml",
                format!(
                    "x-common: &common\n  REDIS_URL: redis://:{url}@redis:6379/0\n{OTHER}  app:\n    image: app\n    environment:\n      <<: *common\n"
                ),
            )],
        ),
        place(
            "command line",
            [(
                "compose.yml",
                format!("{SERVER}    ports: [\"6379:6379\"]\n    command: [redis-server, --requirepass, {json}]\n"),
            )],
        ),
        place(
            "command of a shell",
            [(
                "compose.yml",
                format!(
                    "{SERVER}    ports: [\"6379:6379\"]\n    command: {}\n",
                    quoted(&format!("sh -c \"redis-server --requirepass {word}\""))
                ),
            )],
        ),
        place(
            "command text",
            [(
                "compose.yml",
                format!(
                    "{SERVER}    ports: [\"6379:6379\"]\n    command: {}\n",
                    quoted(&format!("redis-server --requirepass {word}"))
                ),
            )],
        ),
        place(
            "health check",
            [("compose.yml", format!("{OTHER}    healthcheck:\n      test: [CMD, redis-cli, -a, {json}, ping]\n"))],
        ),
        place(
            "health check of a shell",
            [(
                "compose.yml",
                format!("{OTHER}    healthcheck:\n      test: {}\n", quoted(&format!("redis-cli -a {word} ping"))),
            )],
        ),
        place(
            "default",
            [("compose.yml", client(&format!("      REDIS_URL: redis://:${{REDIS_PASSWORD:-{url}}}@redis:6379/0\n")))],
        ),
        place(
            "joined",
            [
                ("compose.yml", client("      REDIS_URL: redis://:${FIRST}${SECOND}@redis:6379/0\n")),
                (".env", {
                    let middle = secret.char_indices().nth(5).map_or(0, |(at, _)| at);
                    format!("FIRST={}\nSECOND={}\n", percent(&secret[..middle]), percent(&secret[middle..]))
                }),
            ],
        ),
        place(
            "image's variable",
            [(
                "compose.yml",
                format!(
                    "services:\n  redis:\n    image: bitnami/redis:7.2\n    ports: [\"6379:6379\"]\n    environment:\n      REDIS_PASSWORD: {json}\n  app:\n    image: app\n    environment:\n      REDIS_URL: redis://redis:6379\n"
                ),
            )],
        ),
        place("ignored variable", [("compose.yml", format!("{OPEN}    environment:\n      REDIS_PASSWORD: {json}\n"))]),
        place(
            "comment",
            [(
                "compose.yml",
                format!(
                    "{SERVER}    # {secret} is the password\n    ports: [\"6379:6379\"] # redis://:{url}@redis\n    command: [redis-server, --requirepass, {json}] # {secret}\n"
                ),
            )],
        ),
    ]
}

fn around_compose(secret: &str) -> Vec<Place> {
    let url = percent(secret);
    let app = client("      REDIS_HOST: redis\n      REDIS_PASSWORD: ${REDIS_PASSWORD}\n");
    let with_file = |path: &str| format!("{OTHER}  app:\n    image: app\n    env_file: {path}\n");
    let configured = format!(
        "{SERVER}    ports: [\"6379:6379\"]\n    command: redis-server /etc/redis.conf\n    volumes: [\"./redis.conf:/etc/redis.conf\", \"./users.acl:/etc/users.acl\"]\n  app:\n    image: app\n    environment: {{REDIS_URL: redis://redis:6379}}\n"
    );
    vec![
        place(".env", [("compose.yml", app.clone()), (".env", format!("REDIS_PASSWORD={}\n", shell_like(secret)))]),
        place("env file", [("compose.yml", with_file("app.env")), ("app.env", format!("REDIS_URL=redis://:{url}@redis:6379/0\n"))]),
        place("example", [("compose.yml", app), (".env.example", format!("REDIS_PASSWORD={}\n", shell_like(secret)))]),
        place("redis.conf", [("compose.yml", configured.clone()), ("redis.conf", format!("requirepass {}\n", conf(secret)))]),
        place("redis.conf twice", [("compose.yml", configured.clone()), ("redis.conf", format!("requirepass first-one\nrequirepass {}\nmasterauth {}\n", conf(secret), conf(secret)))]),
        place("ACL", [("compose.yml", configured.clone()), ("redis.conf", format!("user default on {} ~* +@all\n", conf(&format!(">{secret}"))))]),
        place("ACL file", [("compose.yml", configured), ("redis.conf", "aclfile /etc/users.acl\n".to_owned()), ("users.acl", format!("user default on >{} ~* +@all\n", secret.replace([' ', '\t'], "")))]),
        place("secret file", [
            ("compose.yml", format!("{SERVER}    command: sh -c 'redis-server --requirepass \"$$(cat /run/secrets/pw)\"'\n    secrets: [pw]\n  app:\n    image: app\n    environment: {{REDIS_URL: \"redis://:other-one@redis:6379\"}}\nsecrets:\n  pw:\n    file: ./pw.txt\n")),
            ("pw.txt", format!("{secret}\n")),
        ]),
        place("Dockerfile", [
            ("compose.yml", "services:\n  redis:\n    build: .\n    ports: [\"6379:6379\"]\n  app:\n    image: app\n    environment: {REDIS_URL: redis://redis:6379}\n".to_owned()),
            ("Dockerfile", format!("FROM redis:7\nENV REDIS_PASSWORD={}\nCMD [\"redis-server\", \"--requirepass\", {}]\n", quoted(secret), quoted(secret))),
        ]),
        place("script", [
            ("compose.yml", OTHER.to_owned()),
            ("run.sh", format!("export REDIS_URL={}\nredis-cli -h redis -a {} ping\ndocker run -d -p 6379:6379 redis:7 redis-server --requirepass {}\n", shell(&format!("redis://:{url}@redis:6379")), shell(secret), shell(secret))),
        ]),
        place("Makefile", [
            ("compose.yml", OTHER.to_owned()),
            ("Makefile", format!("run:\n\tdocker run -d -p 6379:6379 redis:7 redis-server --requirepass {}\n", shell(&dollars(secret)))),
        ]),
        place("documentation", [
            ("compose.yml", OTHER.to_owned()),
            ("README.md", format!("Connect with `redis://:{url}@localhost:6379/0` or:\n\n```\nredis-cli -a {} ping\n```\n", shell(secret))),
        ]),
        place("workflow", [(
            ".github/workflows/ci.yml",
            format!("on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n    services:\n      redis:\n        image: redis:7\n        ports: [6379:6379]\n    env:\n      REDIS_URL: redis://:{url}@localhost:6379/0\n    steps:\n      - run: pytest\n"),
        ), ("app.py", "import os, redis\nr = redis.from_url(os.environ[\"REDIS_URL\"])\n".to_owned())]),
        place("override", [
            ("compose.yml", client(&format!("      REDIS_URL: redis://:{url}@redis:6379/0\n"))),
            ("compose.override.yml", format!("services:\n  app:\n    environment:\n      REDIS_URL: redis://:{url}x@redis:6379/0\n")),
        ]),
    ]
}

/// As a value of `.env`: quoted, by which quotes it can be.
fn shell_like(secret: &str) -> String {
    if secret.contains('\'') { quoted(secret) } else { format!("'{secret}'") }
}

fn code(secret: &str) -> Vec<Place> {
    let url = percent(secret);
    let literal = quoted(secret);
    let middle = secret.char_indices().nth(4).map_or(0, |(at, _)| at);
    let (first, second) = (quoted(&secret[..middle]), quoted(&secret[middle..]));
    vec![
        python("argument", format!("import redis\nr = redis.Redis(host=\"redis\", password={literal})\n")),
        python("positional", format!("import redis\nr = redis.Redis(\"redis\", 6379, 0, {literal})\n")),
        python("URL in code", format!("import redis\nr = redis.from_url(\"redis://:{url}@redis:6379/0\")\n")),
        python("sum", format!("import redis\nr = redis.Redis(host=\"redis\", password={first} + {second})\n")),
        python("neighbours", format!("import redis\nr = redis.Redis(host=\"redis\", password={first} {second})\n")),
        python(
            "formatted",
            format!(
                "import redis\nA = {first}\nB = {second}\nr = redis.Redis(host=\"redis\", password=f\"{{A}}{{B}}\")\n"
            ),
        ),
        python(
            "joined in code",
            format!("import redis\nA = {first}\nr = redis.Redis(host=\"redis\", password=\"\".join([A, {second}]))\n"),
        ),
        python(
            "quoted by a library",
            format!(
                "import redis\nfrom urllib.parse import quote\nr = redis.from_url(\"redis://:\" + quote({literal}, safe=\"\") + \"@redis:6379/0\")\n"
            ),
        ),
        python(
            "fallback",
            format!(
                "import os, redis\nr = redis.Redis(host=\"redis\", password=os.getenv(\"REDIS_PASSWORD\", {literal}))\n"
            ),
        ),
        python(
            "constant",
            format!(
                "import redis\nKEY_TO_THE_HOUSE = {literal}\nr = redis.Redis(host=\"redis\", password=KEY_TO_THE_HOUSE)\n"
            ),
        ),
        python(
            "settings class",
            format!(
                "import redis\nfrom pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    redis_host: str = \"redis\"\n    redis_password: str = {literal}\ns = Settings()\nr = redis.Redis(host=s.redis_host, password=s.redis_password)\n"
            ),
        ),
        python(
            "dictionary",
            format!(
                "import redis\nCONF = {{\"host\": \"redis\", \"pw\": {literal}}}\nr = redis.Redis(host=CONF[\"host\"], password=CONF[\"pw\"])\n"
            ),
        ),
        python(
            "encoded",
            format!(
                "import base64, redis\nr = redis.Redis(host=\"redis\", password=base64.b64decode(\"{}\").decode())\n",
                base64(secret.as_bytes())
            ),
        ),
        python(
            "celery",
            format!("from celery import Celery\napp = Celery(\"app\", broker=\"redis://:{url}@redis:6379/0\")\n"),
        ),
    ]
}

fn kubernetes(secret: &str) -> Vec<Place> {
    let server = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: redis}\nspec:\n  selector: {matchLabels: {app: redis}}\n  template:\n    metadata: {labels: {app: redis}}\n    spec:\n      containers:\n      - name: redis\n        image: redis:7\n        ports: [{containerPort: 6379}]\n        args: [--requirepass, other-one]\n---\napiVersion: v1\nkind: Service\nmetadata: {name: redis}\nspec:\n  selector: {app: redis}\n  ports: [{port: 6379}]\n---\n";
    let client = |env: &str| {
        format!(
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: app}}\nspec:\n  selector: {{matchLabels: {{app: app}}}}\n  template:\n    metadata: {{labels: {{app: app}}}}\n    spec:\n      containers:\n      - name: app\n        image: app\n        env:\n{env}"
        )
    };
    let url = percent(secret);
    let from_secret = "        - {name: REDIS_HOST, value: redis}\n        - name: REDIS_PASSWORD\n          valueFrom: {secretKeyRef: {name: redis, key: password}}\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: redis}\n";
    vec![
        place(
            "manifest",
            [(
                "k8s/redis.yaml",
                format!(
                    "{server}{}",
                    client(&format!("        - {{name: REDIS_URL, value: \"redis://:{url}@redis:6379/0\"}}\n"))
                ),
            )],
        ),
        place(
            "Secret",
            [(
                "k8s/redis.yaml",
                format!("{server}{}data: {{password: {}}}\n", client(from_secret), base64(secret.as_bytes())),
            )],
        ),
        place(
            "Secret with a line end",
            [(
                "k8s/redis.yaml",
                format!(
                    "{server}{}data: {{password: {}}}\n",
                    client(from_secret),
                    base64(format!("{secret}\n").as_bytes())
                ),
            )],
        ),
        place(
            "Secret as text",
            [(
                "k8s/redis.yaml",
                format!("{server}{}stringData: {{password: {}}}\n", client(from_secret), quoted(secret)),
            )],
        ),
        place(
            "dependent variables",
            [(
                "k8s/redis.yaml",
                format!(
                    "{server}{}",
                    client(&format!(
                        "        - {{name: HALF, value: {}}}\n        - {{name: REDIS_URL, value: \"redis://:$(HALF)@redis:6379/0\"}}\n",
                        quoted(&url)
                    ))
                ),
            )],
        ),
    ]
}

/// As people write it who know nothing of quoting.
fn raw(secret: &str) -> Vec<Place> {
    let one_line = secret.replace(['\t', '"'], "");
    // What follows a lone dollar is a variable's name to compose, and to us.
    let composed = dollars(secret);
    vec![
        place(
            "raw URL",
            [
                ("compose.yml", client("      REDIS_URL: ${REDIS_URL}\n")),
                (".env", format!("REDIS_URL=redis://:{secret}@redis:6379/0\n")),
            ],
        ),
        place(
            "raw URL of compose",
            [("compose.yml", client(&format!("      REDIS_URL: redis://:{composed}@redis:6379/0\n")))],
        ),
        python("raw URL in code", format!("import redis\nr = redis.from_url(\"redis://:{one_line}@redis:6379/0\")\n")),
        python(
            "raw URL, formatted",
            format!("import redis\nP = {}\nr = redis.from_url(f\"redis://:{{P}}@redis:6379/0\")\n", quoted(secret)),
        ),
        place(
            "raw .env",
            [
                ("compose.yml", client("      REDIS_HOST: redis\n      REDIS_PASSWORD: ${REDIS_PASSWORD}\n")),
                (".env", format!("REDIS_PASSWORD={secret}\n")),
            ],
        ),
        place(
            "raw command",
            [(
                "compose.yml",
                format!("{SERVER}    ports: [\"6379:6379\"]\n    command: redis-server --requirepass {composed}\n"),
            )],
        ),
        place(
            "raw redis.conf",
            [
                (
                    "compose.yml",
                    format!(
                        "{SERVER}    ports: [\"6379:6379\"]\n    command: redis-server /etc/redis.conf\n    volumes: [\"./redis.conf:/etc/redis.conf\"]\n"
                    ),
                ),
                ("redis.conf", format!("requirepass {secret}\n")),
            ],
        ),
        place(
            "raw URLs of three kinds",
            [(
                "compose.yml",
                client(&format!(
                    "      REDIS_URL: redis://default:{composed}@redis\n      CACHE_URL: rediss://:{composed}@redis:6379\n      BROKER_URL: app:{composed}@redis:6379/0\n"
                )),
            )],
        ),
    ]
}
