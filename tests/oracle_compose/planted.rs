//! A bug for each feature, planted into our side: the comparison has to show it.
//!
//! A resolver with such a bug makes of a file what the right one makes of another file, in which what it misreads is
//! written as it reads it. So the bug is planted by handing our side that other file, while compose keeps the right one.

use super::generate::Project;

/// The feature, what the bug is, and what stands there → what is read instead (all of these at once).
pub type Bug = (&'static str, &'static str, &'static [(&'static str, &'static str)]);

/// One bug at least for each of [`super::generate::FEATURES`].
pub const BUGS: [Bug; 96] = [
    ("$V", "a name without braces is no reference", &[("$SET", "$$SET"), ("$BLANK", "$$BLANK"), ("$OTHER", "$$OTHER")]),
    ("${V}", "a name in braces is empty", &[("${SET}", ""), ("${BLANK}", ""), ("${OTHER}", "")]),
    ("${V:-d}", "`:-` as `-`", &[("EMPTY:-", "EMPTY-")]),
    ("${V-d}", "`-` as `:-`", &[("EMPTY-", "EMPTY:-")]),
    ("${V:?e}", "the value of a required variable is lost", &[("${SET:?must be set}", "")]),
    ("${V:+r}", "`:+` as `+`", &[("EMPTY:+", "EMPTY+")]),
    ("${V+r}", "`+` as `:+`", &[("EMPTY+", "EMPTY:+")]),
    (
        "nested",
        "what is nested is literal",
        &[("-${SET", "-$${SET"), (":-${", ":-$${"), ("}x${", "}x$${"), ("-x${", "-x$${")],
    ),
    ("nested required", "a nested requirement is empty", &[("${SET:?m}", ""), ("${SET?m}", ""), ("${BLANK:?m}", "")]),
    ("$$", "`$$` as `$`", &[("$$", "$")]),
    (
        "lone dollar",
        "a lone dollar is dropped",
        &[("p$\"", "p\""), ("$1x", "1x"), ("$(cat", "(cat"), ("a $ b", "a  b")],
    ),
    ("unset", "an unset variable stays as written", &[("${UNSET}$NOWHERE", "$${UNSET}$$NOWHERE")]),
    (
        "key is no template",
        "keys are interpolated",
        &[("K$SET", "Kvalue"), ("K${SET}", "Kvalue"), ("K-${UNSET:-d}", "K-d")],
    ),
    (".env comment", "a comment belongs to the value", &[("=v # comment", "='v # comment'")]),
    (".env double quotes", "double quotes are literal", &[("OTHER=\"", "OTHER=x\"")]),
    (".env single quotes", "single quotes are double ones", &[("BLANK='", "BLANK=\"x"), ("'p$w'", "p$w")]),
    (
        ".env expansion",
        "nothing expands in .env",
        &[("OTHER=${SET}-x", "OTHER=$${SET}-x"), ("OTHER=pa$word", "OTHER=pa$$word")],
    ),
    (".env export", "`export` is part of the name", &[("export ", "export_")]),
    (".env export", "blanks around `=` belong to both", &[("OTHER = ", "OTHER_=_")]),
    (".env duplicate", "the first of two wins", &[("SET=second", "UNUSED=second")]),
    (".env more", "`#x` is a comment", &[("OTHER=#x", "OTHER="), ("OTHER=a=b", "OTHER=a"), ("OTHER=v#x", "OTHER=v")]),
    (
        "pass-through",
        "a name alone is an empty value",
        &[
            ("- SET\n", "- SET=\n"),
            ("SET:\n", "SET: ''\n"),
            ("FROM_FILE:\n", "FROM_FILE: ''\n"),
            ("- FROM_FILE\n", "- FROM_FILE=\n"),
        ],
    ),
    (
        "empty value",
        "an empty value is none",
        &[("E: \"\"", "E: "), ("FROM_FILE: \"\"", "FROM_FILE: "), ("\"FROM_FILE=\"", "FROM_FILE"), ("\"E=\"", "E")],
    ),
    (
        "quotes in a list",
        "quotes in a list entry are removed",
        &[("=\"pw\"", "=pw"), ("='p w'", "=p w"), ("=p\"w\"", "=pw")],
    ),
    (
        "scalar types",
        "scalars stay as written",
        &[
            (": 0123", ": '0123'"),
            (": 1.50", ": '1.50'"),
            (": 1e3", ": '1e3'"),
            (": 0x1F", ": '0x1F'"),
            (": 1_000", ": '1_000'"),
        ],
    ),
    ("environment list", "`environment` is not read", &[("environment:\n", "x-environment:\n")]),
    ("env_file string", "an env_file string is not read", &[("env_file: c.env", "x-env_file: c.env")]),
    ("env_file list", "the last file does not win", &[("- b.env", "- path: gone.env\n        required: false")]),
    ("env_file raw", "`format: raw` is ignored", &[("format: raw", "required: true")]),
    (
        "env_file optional",
        "an absent file hides the next",
        &[("- path: gone.env\n        required: false", "- path: gone.env\n        required: false\n    x-rest:")],
    ),
    (
        "env_file required",
        "a required file in the long form is not read",
        &[("path: r.env", "path: gone.env"), ("required: true", "required: false")],
    ),
    (
        "env_file variable",
        "a path is not interpolated",
        &[
            ("${UNSET:-dir}/v.env", "none/v.env\"\n      - \"a.env"),
            ("./dir/v.env", "a.env"),
            ("${UNSET}v.env", "../a.env"),
        ],
    ),
    (
        "env_file dialect",
        "the dialect of python-dotenv",
        &[("D=v#x", "D=v"), ("D = two", "X=two"), ("D: three", "X=three"), ("D=a=b", "D=a"), ("D=p\\$w", "D=p")],
    ),
    ("env_file multi-line", "a value ends with its line", &[("one\ntwo", "one"), ("one\n\n", "one")]),
    (
        "multi-line value",
        "line breaks are kept or folded wrongly",
        &[
            ("|\n        a", ">\n        a"),
            (">-\n        a", "|-\n        a"),
            ("\\t", " "),
            ("plain\n        goes", "plain goes too"),
            ("it''s", "its"),
            ("|+", "|-"),
            ("\"a\n        b\"", "\"ab\""),
        ],
    ),
    ("command string", "defaults in a command are lost", &[(":-pw}", "}"), ("--x $", "--x y$")]),
    (
        "command quotes",
        "quotes in a command are kept",
        &[("'c d'", "c d"), ("\\\"a b\\\"", "a b"), ("$$(cat", "$$( cat"), ("\"a b\"", "a b"), ("`date`", "date")],
    ),
    ("command stops", "a command does not stop at `;`", &[("p;w", "pw"), ("p&w", "pw"), ("p|w", "pw")]),
    ("command list", "the elements of a list are split", &[("a b; c", "a\", \"b")]),
    (
        "command block",
        "blocks keep their line breaks as text",
        &[
            (">\n      redis-server", "redis-server x"),
            ("|-\n      run a", "run"),
            ("run a\n      b c", "run a"),
            (">-\n      run\n\n", ">-\n      ran\n\n"),
        ],
    ),
    ("entrypoint", "`entrypoint` is ignored", &[("entrypoint:", "x-entrypoint:")]),
    ("ports short", "the protocol is lost", &[("/udp", "")]),
    ("ports short", "a container port alone publishes itself", &[("- 600", "- 1:600")]),
    (
        "ports range",
        "only the first of a range",
        &[("7000-7002:8000-8002", "7000:8000"), ("9000-9001", "9000"), ("7000-7003:80", "7000:80")],
    ),
    (
        "ports address",
        "the address is lost",
        &[("127.0.0.1:", ""), ("10.0.0.1:", ""), ("[::1]:", ""), ("::1:3:4", "3:4")],
    ),
    (
        "ports variable",
        "a variable in a port is empty",
        &[("${PORT}", "1"), ("${UNSET:-6379}", "1"), ("${BIND}:", ""), ("${BIND:-0.0.0.0}:", "")],
    ),
    (
        "ports long",
        "`host_ip` and `published` are not read",
        &[("host_ip: ", "x-ip: "), ("published: ", "x-published: ")],
    ),
    (
        "ports twice",
        "a later publish of a port replaces the earlier",
        &[("ports: [\"6379:6379\"]", "x-ports: []"), ("ports: [\"127.0.0.1:1:2\"]", "x-ports: []")],
    ),
    ("expose", "`expose` is ignored", &[("expose:", "x-expose:")]),
    ("network_mode", "`network_mode` is ignored", &[("network_mode:", "x-network_mode:")]),
    ("networks", "`networks` is ignored", &[("networks: [", "x-networks: [")]),
    ("aliases", "aliases are lost", &[("aliases:", "x-aliases:")]),
    ("links", "the alias of a link is lost", &[("redis:cache", "redis"), ("redis:${SET}", "redis")]),
    ("extra_hosts", "`extra_hosts` is ignored", &[("extra_hosts:", "x-extra_hosts:")]),
    ("depends_on", "whoever waits is not there", &[("  waiting:", "  x-waiting:")]),
    ("volumes_from", "the volumes of the other are not taken", &[("volumes_from:", "x-volumes_from:")]),
    ("tmpfs", "`tmpfs` is ignored", &[("tmpfs:", "x-tmpfs:")]),
    (
        "build",
        "a service without image is none",
        &[("  built:\n    build:", "  built:\n    profiles: [never-on]\n    build:")],
    ),
    (
        "image",
        "an override's image does not count",
        &[
            ("image: \"${SET}:", "x-image: \"${SET}:"),
            ("image: $SET/x", "x-image: a"),
            ("image: 'redis:7'", "x-image: a"),
            ("image: redis@", "x-image: redis@"),
        ],
    ),
    (
        "unread attributes",
        "the service of an unknown attribute is left out",
        &[("  plain:\n", "  plain:\n    profiles: [never-on]\n")],
    ),
    (
        "container_name",
        "`container_name` is not interpolated",
        &[
            ("container_name: ${UNSET:-named}", "container_name: UNSET"),
            ("container_name: named", "x-name: named"),
            ("a-${SET:+b}", "a-SET"),
        ],
    ),
    ("profiles", "`profiles` are ignored", &[("profiles:", "x-profiles:")]),
    ("COMPOSE_PROFILES", "COMPOSE_PROFILES is ignored", &[("COMPOSE_PROFILES=", "UNUSED=")]),
    (
        "configs",
        "the target of a config is ignored",
        &[("target: /etc/redis.conf", "uid: x"), ("target: /f", "uid: x")],
    ),
    (
        "configs content",
        "inline content is not interpolated",
        &[
            ("requirepass ${SET}\n", "requirepass $${SET}\n"),
            ("a ${UNSET:-d}", "a"),
            ("one\n      $SET", "one"),
            ("'$$x'", "'$x'"),
        ],
    ),
    ("secrets", "the target of a secret is ignored", &[("target: other", "uid: x"), ("target: /abs", "uid: x")]),
    (
        "secrets environment",
        "a secret's variable is not looked up",
        &[("shell: {environment: SET}", "shell: {environment: UNSET}")],
    ),
    ("volumes", "`volumes` of a service is ignored", &[("    volumes:\n", "    x-volumes:\n")]),
    ("healthcheck", "`disable` is ignored", &[("{disable: true}", "{test: a}")]),
    (
        "healthcheck",
        "a test in one string is no shell's",
        &[
            ("{test: redis-cli ping | grep PONG}", "{test: [CMD, redis-cli, ping]}"),
            ("{test: \"a\", interval: 1s}", "{test: [CMD, a]}"),
        ],
    ),
    (
        "extends",
        "an extended service is not merged",
        &[
            ("extends: app", "image: child"),
            ("extends: redis", "image: child"),
            ("extends: {service:", "x-extends: {service:"),
        ],
    ),
    (
        "extends file",
        "an env_file is looked for beside the wrong file",
        &[("env_file: common.env", "x-env_file: common.env")],
    ),
    ("extends file", "the extended service's own .env counts", &[("base ${SET} ${INNER}", "base ${SET} inner")]),
    (
        "extends chain",
        "only one step is followed",
        &[("extends: {file: deep/root.yaml, service: root}", "image: trunk")],
    ),
    ("include", "an include is not followed", &[("include:", "x-include:")]),
    (
        "include scope",
        "the .env of the file's own folder counts",
        &[("project_directory: far", "x-directory: far"), ("project_directory: ./far", "x-directory: far")],
    ),
    (
        "include scope",
        "an include's env_file is ignored",
        &[("env_file: far/deep.env", "x-env: a"), ("env_file: [far/.env, far/deep.env]", "x-env: a")],
    ),
    ("include scope", "`NAME:` is passed through in the included project's scope", &[("DEEP:\n", "DEEP: ${DEEP}\n")]),
    ("include merge", "only the first path is included", &[(", stack/above.yaml", "")]),
    ("anchors", "an alias is not followed", &[("environment: *list", "x-environment: *list")]),
    ("merge keys", "a merge key is not followed", &[("<<:", "x-merge:")]),
    ("merge keys", "the last of a list wins", &[("[*one, *two]", "[*two, *one]")]),
    (
        "override file",
        "an override replaces `environment`",
        &[
            ("environment:\n      FROM", "environment: !override\n      FROM"),
            ("environment:\n      V", "environment: !override\n      V"),
            ("environment:\n      SET", "environment: !override\n      SET"),
            ("environment:\n      -", "environment: !override\n      -"),
        ],
    ),
    ("documents", "only the first document is read", &[("---\nservices", "x-second")]),
    ("BOM and CRLF", "a carriage return belongs to the value", &[("=value\r\n", "=\"value\\r\"\r\n")]),
    ("BOM and CRLF", "a byte order mark belongs to the first name", &[("\u{FEFF}SET", "X_SET")]),
    (
        "x- top level",
        "services of an extension are read",
        &[
            ("x-more: {services: {ghost: {image: x}}}\n", ""),
            ("\nservices:\n  app:\n", "\nservices:\n  ghost: {image: x}\n  app:\n"),
        ],
    ),
    (
        "version and name",
        "a file with a version or name of its own describes nothing",
        &[("version: \"3.8\"\nservices:", "x-services:"), ("name: own\nservices:", "x-services:")],
    ),
    (
        "null in override",
        "null leaves what is below",
        &[
            ("    command:\n", "    x-command:\n"),
            ("entrypoint: null", "x-entrypoint: null"),
            ("command: ''", "x-command: ''"),
            ("environment: {A: }", "x-environment: {A: }"),
        ],
    ),
    ("!reset", "`!reset` is ignored", &[("!reset", "!ignored")]),
    (
        "!reset entry",
        "`!reset` of an entry is ignored",
        &[
            ("{A: !reset null}", "{}"),
            ("{test: !reset null}", "{}"),
            ("{back: !reset null}", "{back: }"),
            ("{aliases: !reset []}", "{aliases: []}"),
        ],
    ),
    (
        "!reset service",
        "`!reset` of a service is ignored",
        &[("gone: !reset null", "gone: {}"), ("gone: !reset {}", "gone: {}"), ("gone: !override {", "gone: {")],
    ),
    ("!override", "`!override` merges", &[("!override", "!ignored")]),
    (
        "!override entry",
        "`!override` of an entry or list merges",
        &[
            ("networks: !override", "networks:"),
            ("aliases: !override", "aliases:"),
            ("expose: !override", "expose:"),
            ("extra_hosts: !override", "extra_hosts:"),
        ],
    ),
    ("COMPOSE_FILE", "COMPOSE_FILE is ignored", &[("COMPOSE_FILE=", "UNUSED=")]),
    ("COMPOSE_FILE", "files of COMPOSE_FILE do not merge", &[(":extra.yml", "")]),
];

/// The project as our side reads it with the bug; `None`: it meets nothing that it could misread.
pub fn misread(project: &Project, bug: &Bug) -> Option<Vec<(String, String)>> {
    let (feature, _, changes) = bug;
    if project.refused.is_some() || !project.features.contains(feature) {
        return None;
    }
    let mut files = project.files.clone();
    for (_, text) in &mut files {
        // A file with CRLF is misread in the same way.
        let crlf = text.contains("\r\n") && !changes.iter().any(|(written, _)| written.contains('\r'));
        if crlf {
            *text = text.replace("\r\n", "\n");
        }
        for (written, read) in *changes {
            *text = text.replace(written, read);
        }
        if crlf {
            *text = text.replace('\n', "\r\n");
        }
    }
    (files != project.files).then_some(files)
}
