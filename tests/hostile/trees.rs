//! The repositories, one function a kind of harm.

use std::fmt::Write;

/// A repository that is made to harm.
#[derive(Default)]
pub struct Tree {
    /// What is wrong with it.
    pub name: &'static str,
    /// Paths and contents.
    pub files: Vec<(String, Vec<u8>)>,
    /// Files of a size that hold nothing.
    pub sparse: Vec<(&'static str, u64)>,
    /// Symbolic links.
    pub links: Vec<(&'static str, &'static str)>,
    /// Named pipes that nobody writes into.
    pub pipes: Vec<&'static str>,
    /// Codes of notices that have to be there.
    pub notices: &'static [&'static str],
}

const SERVER: &str =
    "services:\n  redis:\n    image: redis:7\n    command: redis-server --requirepass s3cr3t-0f-tests\n";
const CLIENT: &str = "import redis\nr = redis.Redis(host=\"redis\", password=\"an0ther-s3cret\")\n";

/// Levels of nesting: more than any stack holds.
const DEEP: usize = 100_000;

/// All of them.
pub fn trees() -> Vec<Tree> {
    vec![
        aliases(),
        merge_keys(),
        deep_yaml(),
        deep_manifest(),
        deep_json(),
        deep_toml(),
        deep_python(),
        growing_python(),
        circles_of_python(),
        deep_references(),
        doubling_variables(),
        doubling_manifest_variables(),
        doubling_make_variables(),
        circles_of_compose(),
        many_includes(),
        many_variables(),
        many_services(),
        port_ranges(),
        circles_of_configurations(),
        deep_shell(),
        deep_dockerfile(),
        templates(),
        pipelines(),
        kustomizations(),
        encodings(),
        versions(),
        urls(),
        ignore_comments(),
        ini_references(),
        pipes(),
        links(),
        large_files(),
        million_entries(),
    ]
}

fn tree<P: Into<String>, B: Into<Vec<u8>>>(name: &'static str, files: impl IntoIterator<Item = (P, B)>) -> Tree {
    let files = files.into_iter().map(|(path, bytes)| (path.into(), bytes.into())).collect();
    Tree { name, files, ..Tree::default() }
}

/// `line` for each number, as text.
fn lines(numbers: std::ops::Range<usize>, line: impl Fn(usize) -> String) -> String {
    numbers.fold(String::new(), |mut out, number| {
        let _ = writeln!(out, "{}", line(number));
        out
    })
}

fn nested(open: &str, inner: &str, close: &str) -> String {
    open.repeat(DEEP) + inner + &close.repeat(DEEP)
}

fn aliases() -> Tree {
    let bomb = lines(1..30, |at| format!("a{at}: &a{at} [{}]", vec![format!("*a{}", at - 1); 9].join(", ")));
    let service = "services:\n  redis:\n    image: redis:7\n    command: *a29\n    environment: *a29\n";
    tree("aliases", [("compose.yml", format!("a0: &a0 [redis]\n{bomb}{service}x-all: *a29\n"))])
}

fn merge_keys() -> Tree {
    let bomb = lines(1..40, |at| format!("x{at}: &x{at}\n  <<: [*x{0}, *x{0}, *x{0}]\n  k{at}: 1", at - 1));
    let service = "services:\n  redis:\n    image: redis:7\n    environment: *x39\n";
    tree("merge keys", [("compose.yml", format!("x0: &x0 {{a: 1, b: 2}}\n{bomb}{service}"))])
}

fn deep_yaml() -> Tree {
    let block = lines(1..2000, |at| " ".repeat(at) + "a:");
    let files = [
        ("a/compose.yml", nested("[", "1", "]")),
        ("b/compose.yml", nested("{a: ", "1", "}")),
        ("c/compose.yml", nested("- ", "1", "")),
        ("d/compose.yml", nested("? ", "1", "")),
        ("e/compose.yml", format!("\n{block}")),
    ];
    let mut tree = tree("deep YAML", files.map(|(path, deep)| (path, format!("{SERVER}x-redis: {deep}\n"))));
    tree.notices = &["yaml-too-deep"];
    tree
}

fn deep_manifest() -> Tree {
    let deep = nested("[{kind: List, items: ", "[]", "}]");
    tree("deep manifest", [("k8s/redis.yaml", format!("apiVersion: v1\nkind: List\nitems: {deep}\n"))])
}

fn deep_json() -> Tree {
    let with = |deep: String| format!("{{\"redis\": \"redis://:pw@h:1/0\", \"x\": {deep}}}");
    let files = [
        ("package.json", with(nested("[", "", "]"))),
        ("config.json", with(nested("{\"a\":", "1", "}"))),
        ("package-lock.json", with(nested("{\"dependencies\":", "1", "}"))),
    ];
    tree("deep JSON", files)
}

fn deep_toml() -> Tree {
    let files = [
        ("pyproject.toml", format!("[tool.redis]\nurl = \"redis://:pw@h:1/0\"\nx = {}\n", nested("[", "", "]"))),
        ("settings.toml", format!("redis = \"redis://h\"\nx = {}\n", nested("{a=", "1", "}"))),
        ("poetry.lock", format!("[{}a]\nredis = 1\n", "a.".repeat(DEEP))),
    ];
    tree("deep TOML", files)
}

fn deep_python() -> Tree {
    let expressions = [
        nested("(", "1", ")"),
        nested("[", "1", "]"),
        nested("{1: ", "1", "}"),
        nested("-", "1", ""),
        nested("not ", "1", ""),
        nested("1 + ", "1", ""),
        nested("a or ", "a", ""),
        nested("1 < ", "1", ""),
        nested("lambda: ", "1", ""),
        nested("1 if 1 else ", "1", ""),
        nested("await ", "1", ""),
        nested("\"a\" ", "\"b\"", ""),
        format!("a{}", ".b".repeat(DEEP)),
        format!("a{}", "()".repeat(DEEP)),
        format!("a{}", "[0]".repeat(DEEP)),
        nested("a = ", "1", ""),
        format!("f\"{}{}\"", "{f'".repeat(2000), "'}".repeat(2000)),
        "((((".repeat(DEEP),
    ];
    let mut files: Vec<(String, String)> = expressions
        .into_iter()
        .enumerate()
        .map(|(at, expression)| (format!("m{at}.py"), format!("{CLIENT}x = {expression}\n")))
        .collect();
    files.push(("blocks.py".to_owned(), CLIENT.to_owned() + &lines(0..2000, |at| " ".repeat(at) + "if 1:")));
    files.push(("elif.py".to_owned(), format!("{CLIENT}if 1: pass\n{}", "elif 1: pass\n".repeat(DEEP))));
    files.push(("decorators.py".to_owned(), format!("{CLIENT}{}def f(): pass\n", "@a\n".repeat(DEEP))));
    files.push(("match.py".to_owned(), format!("{CLIENT}match x:\n case {}\n", "[".repeat(DEEP))));
    tree("deep Python", files)
}

fn growing_python() -> Tree {
    let start = "import os, redis\nx0 = \"redis://:p@h\"\n";
    let sums = lines(1..60, |at| format!("x{at} = x{0} + x{0}", at - 1));
    let strings = lines(1..60, |at| format!("x{at} = f\"{{x{0}}}{{x{0}}}\"", at - 1));
    let calls = lines(1..60, |at| format!("def f{at}(): return f{0}() + f{0}()", at - 1));
    let worlds = lines(0..40, |at| format!("y{at} = a{at} if c{at} else os.getenv(\"B{at}\") or \"x\""));
    let all: Vec<String> = (0..40).map(|at| format!("y{at}")).collect();
    let files = [
        ("sums.py", format!("{start}{sums}redis.from_url(x59)\n")),
        ("strings.py", format!("{start}{strings}redis.from_url(x59)\n")),
        ("calls.py", format!("{start}def f0(): return x0\n{calls}redis.from_url(f59())\n")),
        ("worlds.py", format!("{start}{worlds}redis.from_url({})\n", all.join(" + "))),
        (
            "widths.py",
            format!("{start}redis.Redis(host=\"%999999999d\" % 1, password=\"{{:>999999999}}\".format(1))\n"),
        ),
        ("times.py", format!("{start}redis.Redis(host=\"a\" * 10 ** 9)\n")),
    ];
    tree("growing Python", files)
}

fn circles_of_python() -> Tree {
    let files = [
        ("a.py", "import redis\nfrom b import *\nfrom a import *\nredis.Redis(host=X)\n".to_owned()),
        ("b.py", "import redis\nfrom a import *\nfrom b import X as Y, Y as X\nredis.Redis(host=X)\n".to_owned()),
        ("c.py", "import redis\nclass A(B): pass\nclass B(A): pass\nredis.Redis(host=A.x)\n".to_owned()),
        ("d.py", "import redis\ndef f(): return g()\ndef g(): return f()\nredis.Redis(host=f())\n".to_owned()),
        ("e.py", "import redis\nx = y\ny = x\nredis.Redis(host=x)\n".to_owned()),
        (
            "f.py",
            format!(
                "import redis\n{}redis.Redis(host=f0())\n",
                lines(0..5000, |at| { format!("def f{at}(): return f{}()", at + 1) })
            ),
        ),
    ];
    tree("circles of Python", files)
}

fn deep_references() -> Tree {
    let service = |password: &str| {
        format!("services:\n  redis:\n    image: redis:7\n    command: redis-server --requirepass {password}\n")
    };
    let many = lines(0..500, |at| format!("${{U{at}:-a}}${{V{at}:-b}}")).replace('\n', "");
    tree("deep references", [("a/compose.yml", service(&nested("${A:-", "x", "}"))), ("b/compose.yml", service(&many))])
}

fn doubling_variables() -> Tree {
    let doubled = lines(1..60, |at| format!("X{at}=${{X{0}}}${{X{0}}}", at - 1));
    let service = "services:\n  redis:\n    image: redis:7\n    command: redis-server --requirepass ${X59}\n";
    let app = "  app:\n    image: app\n    environment:\n      REDIS_URL: redis://:${X59}@redis:6379/0\n";
    let circle = "A=${B}redis\nB=${A}\n";
    tree(
        "doubling variables",
        [("compose.yml", format!("{service}{app}")), (".env", format!("X0=redis\n{circle}{doubled}"))],
    )
}

fn doubling_manifest_variables() -> Tree {
    let doubled = lines(1..60, |at| format!("    - {{name: A{at}, value: \"$(A{0})$(A{0})\"}}", at - 1));
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: redis}\nspec:\n  containers:\n  - name: redis\n    image: redis:7\n    \
               args: [\"--requirepass\", \"$(A59)\"]\n    env:\n    - {name: A0, value: redis}\n";
    tree("doubling variables of a manifest", [("pod.yaml", format!("{pod}{doubled}"))])
}

fn doubling_make_variables() -> Tree {
    let doubled = lines(1..60, |at| format!("X{at} = {}", format!("$(X{})", at - 1).repeat(200)));
    let open = nested("$(shell ", "docker compose -f a.yml up redis", ")");
    let makefile = format!("X0 = -f compose.yml\n{doubled}up:\n\tdocker compose $(X59) up redis\n\t{open}\n");
    tree("doubling variables of make", [("Makefile", makefile), ("compose.yml", SERVER.to_owned())])
}

fn circles_of_compose() -> Tree {
    let extends = "services:\n  redis: {extends: {service: b}, image: redis:7}\n  b: {extends: {service: redis}}\n  c: \
                   {extends: {service: c}}\n";
    let files = [
        ("compose.yml", format!("include: [a.yml, ./compose.yml]\n{SERVER}")),
        ("a.yml", format!("include: [compose.yml, a.yml]\n{SERVER}")),
        ("other/compose.yml", extends.to_owned()),
    ];
    tree("circles of compose", files)
}

fn many_includes() -> Tree {
    let file = |at: usize| {
        let next = format!("../c{}/compose.yml", at + 1);
        (format!("c{at}/compose.yml"), format!("include: [{next}, {next}, ../c{}/compose.yml]\n{SERVER}", at + 2))
    };
    let start = ("compose.yml".to_owned(), format!("include: [c0/compose.yml]\n{SERVER}"));
    tree("many includes", (0..60).map(file).chain([start]))
}

fn many_variables() -> Tree {
    let entries = lines(0..10_000, |at| format!("      REDIS_{at}: ${{X{at}}}"));
    let env = lines(0..50_000, |at| format!("REDIS_{at}=value-{at}"));
    let service = "services:\n  redis:\n    image: redis:7\n    env_file: large.env\n    environment:\n";
    tree("many variables", [("compose.yml", format!("{service}{entries}")), ("large.env", env)])
}

fn many_services() -> Tree {
    let services = lines(0..2000, |at| {
        format!(
            "  r{at}: {{image: redis, ports: [6379], depends_on: [r{}], environment: {{REDIS_URL: \"redis://r{at}:6379\"}}}}",
            (at + 1) % 2000
        )
    });
    tree("many services", [("compose.yml", format!("services:\n{services}"))])
}

fn port_ranges() -> Tree {
    let ports = "    ports: [\"1-65535:1-65535\", \"${A:-1-65535}:1-65535\", \"1-99999999999:1\", \"6379-1:3\"]\n";
    tree("port ranges", [("compose.yml", format!("{SERVER}{ports}"))])
}

fn circles_of_configurations() -> Tree {
    let service =
        "services:\n  redis:\n    image: redis:7\n    command: redis-server /c/redis.conf\n    volumes: [\"./:/c\"]\n";
    let long = "requirepass ".to_owned() + &"a".repeat(4_000_000) + "\n" + &"user x on >p ~* +@all\n".repeat(20_000);
    let files = [
        ("compose.yml", service.to_owned()),
        ("redis.conf", "include redis.conf\ninclude *.conf\nrequirepass a\n".to_owned()),
        ("a.conf", "include redis.conf\ninclude a.conf\n".to_owned()),
        ("long/compose.yml", service.to_owned()),
        ("long/redis.conf", long),
    ];
    tree("circles of configurations", files)
}

fn deep_shell() -> Tree {
    let start = "docker compose -f compose.yml up redis; ";
    let script =
        format!("{start}{}\n{}{}\n{}\n", "$(".repeat(DEEP), "\"".repeat(DEEP), "{".repeat(DEEP), "`".repeat(DEEP));
    let service = format!(
        "services:\n  redis:\n    image: redis:7\n    command: sh -c \"{}redis-server\"\n    healthcheck: {{test: \
         \"{}redis-cli ping\"}}\n    entrypoint: [sh, -c, \"{}redis-server\"]\n",
        "sh -c ".repeat(DEEP / 5),
        "$(".repeat(DEEP / 5),
        "if true; then ".repeat(DEEP / 5),
    );
    tree("deep shell", [("run.sh", script), ("compose.yml", service)])
}

fn deep_dockerfile() -> Tree {
    let stages = lines(1..5000, |at| format!("FROM a{} AS a{at}", at - 1));
    let file = format!(
        "FROM redis AS a0\n{stages}FROM z AS z\nCOPY --from=z redis.conf /etc/\nENV {}\nENV REDIS={}\n{}\n",
        "A=$A ".repeat(DEEP),
        "${A:-".repeat(DEEP),
        "RUN \\\n".repeat(DEEP),
    );
    tree("deep Dockerfile", [("Dockerfile", file), ("compose.yml", "services:\n  redis:\n    build: .\n".to_owned())])
}

fn templates() -> Tree {
    let text = format!("{SERVER}x-a: {}{}\n{}\n", "{{".repeat(DEEP), "}}".repeat(DEEP), "{% if a %}".repeat(DEEP));
    tree("templates", [("compose.yml", text), ("values.yaml", format!("redis: {}\n", "{{ ".repeat(DEEP)))])
}

fn pipelines() -> Tree {
    let jobs = lines(0..300, |at| {
        let matrix = "matrix: {a: [1, 2, 3, 4, 5, 6, 7, 8], b: [1, 2, 3, 4, 5, 6, 7, 8], c: [1, 2, 3, 4, 5, 6, 7, 8]}";
        let url = "redis://${{ matrix.a }}${{ matrix.b }}${{ matrix.c }}:6379";
        format!(
            "  j{at}: {{runs-on: u, services: {{redis: {{image: redis}}}}, strategy: {{{matrix}}}, env: {{REDIS_URL: \
             \"{url}\"}}, steps: [{{run: redis-cli ping}}]}}"
        )
    });
    let gitlab = lines(0..1000, |at| {
        format!(
            "j{at}: {{extends: [j{}, j{}], services: [redis], variables: {{REDIS_URL: \"$A{at}\"}}}}",
            at + 1,
            at + 2
        )
    });
    let doubled = lines(0..60, |at| format!("  A{at}: \"$A{0}$A{0}redis\"", at + 1));
    let files = [
        (".github/workflows/a.yml", format!("on: push\nenv: {{A: \"${{{{ env.A }}}}\"}}\njobs:\n{jobs}")),
        (".gitlab-ci.yml", format!("a: {{extends: b}}\nb: {{extends: a}}\n{gitlab}variables:\n{doubled}")),
    ];
    tree("pipelines", files)
}

fn kustomizations() -> Tree {
    let folder = |at: usize| {
        let resources = format!("resources: [../k{}, ../k{}, ../k{}]\n", at + 1, at + 2, at + 3);
        (
            format!("k{at}/kustomization.yaml"),
            format!("{resources}configMapGenerator: [{{name: redis, literals: [a=redis]}}]\n"),
        )
    };
    let start = "resources: [k0, ., kustomization.yaml, .., /etc]\n".to_owned();
    tree("kustomizations", (0..40).map(folder).chain([("kustomization.yaml".to_owned(), start)]))
}

fn encodings() -> Tree {
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let files: [(&str, Vec<u8>); 6] = [
        (
            "compose.yml",
            b"services:\n  redis:\n    image: redis\x00:7\n    command: redis-server \xed\xa0\x80\n".to_vec(),
        ),
        ("app.py", b"import redis\nredis.Redis(host=\"\x00\xff\xfe\", password=\"h\xe9\")\n".to_vec()),
        (".env", [&b"\xff\xfe"[..], &wide("REDIS_URL=redis://:p@h\n")].concat()),
        ("redis.conf", b"requirepass \"\xff\xfe\x00\n\xed\xa0\x80".to_vec()),
        ("wide.yml", [&b"\xff\xfe"[..], &wide("services: {redis: {image: redis}}\n")].concat()),
        ("settings.ini", vec![0; 100_000]),
    ];
    tree("encodings", files)
}

fn versions() -> Tree {
    let files = [
        (
            "requirements.txt",
            format!("-r requirements.txt\n-r a.txt\nredis=={}\nredis>={}1\n", "9".repeat(DEEP), "1.".repeat(DEEP)),
        ),
        ("a.txt", "-r requirements.txt\n".to_owned()),
        (
            "package.json",
            format!(
                "{{\"dependencies\": {{\"redis\": \"{}1\", \"ioredis\": \"^{}\"}}}}",
                ">1 || ".repeat(DEEP),
                "9".repeat(DEEP)
            ),
        ),
        ("pyproject.toml", format!("[project]\ndependencies = [\"redis{}>=1\"]\n", ">=1,".repeat(DEEP))),
        ("app.py", CLIENT.to_owned()),
    ];
    tree("versions", files)
}

fn urls() -> Tree {
    let env = format!(
        "REDIS_URL=redis://{}{}{}{}{}\nA_REDIS_URL=redis://[{}\nB_REDIS_URL=redis://h/{}?db={}\n",
        ":".repeat(DEEP),
        "@".repeat(DEEP),
        "/".repeat(DEEP),
        "?".repeat(DEEP),
        "%".repeat(DEEP),
        "[".repeat(DEEP),
        "9".repeat(DEEP),
        "9".repeat(DEEP)
    );
    tree("URLs", [(".env", env), ("compose.yml", format!("{SERVER}  app:\n    image: app\n    env_file: .env\n"))])
}

fn ignore_comments() -> Tree {
    let comment = format!("  # redislint: ignore[{}]\n", "x,".repeat(20_000));
    let files = [
        ("app.py", CLIENT.replace('\n', &comment)),
        (".redislintignore", "*".repeat(DEEP) + "\n" + &"[a".repeat(DEEP) + "\n" + &"a/**/".repeat(20_000)),
        (".gitignore", "{".repeat(1000) + &"**/".repeat(10_000) + "x\n"),
    ];
    tree("ignore comments", files)
}

fn ini_references() -> Tree {
    let doubled = lines(0..60, |at| format!("k{at} = %(k{0})s%(k{0})s", at + 1));
    let reader = "import configparser, redis\nc = configparser.ConfigParser()\nc.read(\"config.ini\")\nredis.from_url(c[\"redis\"][\"url\"])\n";
    let files =
        [("config.ini", format!("[redis]\na = %(a)s\n{doubled}url = redis://%(k0)s\n")), ("app.py", reader.to_owned())];
    tree("ini references", files)
}

fn pipes() -> Tree {
    let service = format!("{SERVER}    env_file: [fifo.env]\n    volumes: [\"./redis.conf:/etc/redis.conf\"]\n");
    Tree {
        pipes: vec!["fifo.env", "redis.conf", "app.py", "docker-compose.yml", "redislint.toml", ".gitignore", ".env"],
        notices: &["unreadable"],
        ..tree("pipes", [("compose.yml", service)])
    }
}

fn links() -> Tree {
    let outside = "    env_file: [zero.env, ../outside.env, /dev/zero, /proc/self/environ, root/etc/hostname]\n    volumes: \
                   [\"/etc/passwd:/etc/redis.conf\", \"../x:/y\"]\n  app: {build: ../.., env_file: [self/self/.env]}\n";
    Tree {
        links: vec![
            ("zero.env", "/dev/zero"),
            ("memory.py", "/proc/self/mem"),
            ("root", "/"),
            ("self", "."),
            (".env", "/etc/passwd"),
            (".gitignore", "/dev/zero"),
            (".redislintignore", "/etc/passwd"),
            ("redis.conf", "redis.conf"),
        ],
        notices: &["symlink"],
        ..tree("links", [("compose.yml", format!("{SERVER}{outside}"))])
    }
}

fn large_files() -> Tree {
    let service = format!("{SERVER}    env_file: [large.env]\n");
    Tree {
        sparse: vec![
            ("large.env", 1 << 30),
            ("large.py", 1 << 30),
            ("docker-compose.override.yml", 1 << 30),
            (".gitignore", 1 << 30),
        ],
        notices: &["file-too-large"],
        ..tree("large files", [("docker-compose.yml", service)])
    }
}

/// Files of the shortest entries that their languages have.
fn million_entries() -> Tree {
    let many = |entry: &str| entry.repeat(1_000_000);
    let service = "services:\n  redis:\n    image: redis:7\n    env_file: [many.env]\n";
    let files = [
        ("compose.yml", format!("{service}x-redis: [{}]\n", many("a,"))),
        ("many.env", many("A=1\n")),
        ("app.py", format!("{CLIENT}x = [{}]\n", many("1,"))),
        ("settings.toml", format!("redis = [{}]\n", many("1,"))),
        ("config.json", format!("{{\"redis\": [{}1]}}", many("1,"))),
        ("k8s/redis.yaml", format!("kind: List\napiVersion: v1\nitems: [{}]\n", many("{},"))),
    ];
    Tree { notices: &["yaml-too-large"], ..tree("a million entries", files) }
}
