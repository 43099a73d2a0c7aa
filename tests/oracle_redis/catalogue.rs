//! What the oracle asks: server configurations and client settings written by hand.

/// A server: lines of `redis.conf` (none: no file), lines of `users.acl`, and arguments behind the port.
#[derive(Debug)]
pub struct Setup {
    pub conf: Option<String>,
    pub acl: Option<String>,
    pub arguments: Vec<String>,
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn conf(text: &str, arguments: &[&str]) -> Setup {
    Setup { conf: Some(text.to_owned()), acl: None, arguments: owned(arguments) }
}

fn args(arguments: &[&str]) -> Setup {
    Setup { conf: None, acl: None, arguments: owned(arguments) }
}

fn acl(text: &str, arguments: &[&str]) -> Setup {
    Setup { conf: None, acl: Some(text.to_owned()), arguments: owned(arguments) }
}

const DIGEST: &str = "user app on #9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 ~* +@all";

/// The configurations written by hand.
pub fn setups() -> Vec<Setup> {
    vec![
    args(&[]),
    args(&["--requirepass", "pw"]),
    args(&["--requirepass", ""]),
    args(&["--requirepass", "a", "--requirepass", "pw"]),
    args(&["--requirepass", "p#w"]),
    args(&["--requirepass", "p@ss"]),
    args(&["--requirepass", "\"pw\""]),
    args(&["--requirepass", "s3 cret"]),
    args(&["--requirepass", "None"]),
    args(&["--requirepass"]),
    args(&["--requirepass", "--appendonly", "no"]),
    args(&["--requirepass", "pw", "extra"]),
    args(&["--requirepass=pw"]),
    args(&["--requirepass pw"]),
    args(&["--requirepass pw --appendonly no"]),
    args(&["--REQUIREPASS", "pw"]),
    args(&["--masterauth", "pw"]),
    args(&["--databases", "2"]),
    args(&["--databases", "0"]),
    args(&["--protected-mode", "off"]),
    args(&["--requirepass", "pw", "--databases", "3"]),
    args(&["--requirepass", "pw", "--rename-command", "AUTH", ""]),
    args(&["--user", "default", "on", ">pw", "~*", "+@all"]),
    args(&["--user", "app", "on", ">secret", "~*", "+@all"]),
    args(&["--user", "app", "on", "nopass", "~*", "+@all"]),
    args(&["--user", "app", "off", ">secret", "~*", "+@all"]),
    args(&["--user", "default", "off", "--user", "app", "on", ">secret", "~*", "+@all"]),
    conf("requirepass pw\n", &[]),
    conf("  requirepass \"pw\"\r\n", &[]),
    conf("requirepass 'pw'\n", &["--requirepass", "cli"]),
    conf("requirepass pw\n", &["--requirepass", ""]),
    conf("requirepass \"\"\n", &[]),
    conf("requirepass\n", &[]),
    conf("requirepass pw # comment\n", &[]),
    conf("requirepass \"pw\n", &[]),
    conf("requirepass $REDIS_PASSWORD\n", &[]),
    conf("requirepass=pw\n", &[]),
    conf("requirepass a\nrequirepass pw\n", &[]),
    conf("requirepass \"p\\x41w\"\n", &[]),
    conf("requirepass pw\nuser default on nopass ~* +@all\n", &[]),
    conf("user default on >apw ~* +@all\nrequirepass pw\n", &[]),
    conf("requirepass pw\nuser default off\n", &[]),
    conf("requirepass pw\nuser app on >secret ~* +@all\n", &[]),
    conf("user default >a ~* +@all\n", &[]),
    conf("user default on >a >pw ~* +@all\n", &[]),
    conf("user default on nopass >a ~* +@all\n", &[]),
    conf("user default on >a nopass ~* +@all\n", &[]),
    conf("user default reset on ~* +@all\n", &[]),
    conf("user app on >a\nuser app on >b\n", &[]),
    conf(DIGEST, &[]),
    conf("maxmemory-policy allkeys-lru\nmasterauth pw\n", &[]),
    acl("user app on >secret ~* +@all\n", &["--requirepass", "pw"]),
    acl("", &["--requirepass", "b"]),
    acl("user default on >a ~* +@all\n", &["--requirepass", "b"]),
    acl("user app on >secret ~* +@all\n", &["--user", "x", "on"]),
    args(&["--aclfile", "@/nowhere.acl"]),
    conf("requirepass pw\n", &["--databases", "4"]),
    conf("rename-command AUTH login\nrequirepass pw\n", &[]),
    conf("rename-command CONFIG \"\"\nrequirepass pw\n", &[]),
    conf("requirepass pw\n", &["--user", "app", "on", ">secret", "allkeys", "allcommands"]),
    conf("user app on >secret <secret ~* +@all\n", &[]),
    conf("user app on >secret resetpass ~* +@all\n", &[]),
    conf("user app on >secret nosuchrule\n", &[]),
    conf("user default on #9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 ~* +@all\n", &[]),
    conf("# requirepass pw\n\n   # requirepass pw\n", &[]),
    conf("nosuchdirective yes\n", &[]),
    conf("databases 1\nrequirepass pw\n", &[]),
    acl("# a comment\nuser app on >secret ~* +@all\n", &[]),
    ]
}

/// A client: its URL (`H` stands for the server), and what redis-py is known to take from it.
pub struct Setting {
    pub url: &'static str,
    pub user: &'static str,
    pub password: &'static str,
    pub db: u32,
}

const fn client(url: &'static str, user: &'static str, password: &'static str, db: u32) -> Setting {
    Setting { url, user, password, db }
}

pub const SETTINGS: &[Setting] = &[
    client("redis://H", "", "", 0),
    client("redis://H/", "", "", 0),
    client("redis://H/0", "", "", 0),
    client("redis://H/1", "", "", 1),
    client("redis://H/1/", "", "", 1),
    client("redis://H/2", "", "", 2),
    client("redis://H/15", "", "", 15),
    client("redis://H/16", "", "", 16),
    client("redis://H?db=3", "", "", 3),
    client("redis://H/1?db=2", "", "", 2),
    client("redis://H/abc", "", "", 0),
    client("redis://H/0/extra", "", "", 0),
    client("redis://:@H", "", "", 0),
    client("redis://@H", "", "", 0),
    client("redis://:pw@H", "", "pw", 0),
    client("redis://:pw@H/1", "", "pw", 1),
    client("redis://:pw@H/3", "", "pw", 3),
    client("redis://:wrong@H", "", "wrong", 0),
    client("redis://pw@H", "pw", "", 0),
    client("redis://pw:@H", "pw", "", 0),
    client("redis://default@H", "default", "", 0),
    client("redis://default:pw@H", "default", "pw", 0),
    client("redis://default:wrong@H", "default", "wrong", 0),
    client("redis://default:a@H", "default", "a", 0),
    client("redis://app@H", "app", "", 0),
    client("redis://app:secret@H", "app", "secret", 0),
    client("redis://app:wrong@H", "app", "wrong", 0),
    client("redis://app:test@H", "app", "test", 0),
    client("redis://nobody:pw@H", "nobody", "pw", 0),
    client("redis://:None@H", "", "None", 0),
    client("redis://:a@H", "", "a", 0),
    client("redis://:apw@H", "", "apw", 0),
    client("redis://:cli@H", "", "cli", 0),
    client("redis://:p%23w@H", "", "p#w", 0),
    client("redis://:p@ss@H", "", "p@ss", 0),
    client("redis://:p%40ss@H", "", "p@ss", 0),
    client("redis://:p%41w@H", "", "pAw", 0),
    client("redis://:s3%20cret@H", "", "s3 cret", 0),
    client("redis://:s3+cret@H", "", "s3+cret", 0),
    client("redis://:%22pw%22@H", "", "\"pw\"", 0),
    client("redis://:$REDIS_PASSWORD@H", "", "$REDIS_PASSWORD", 0),
    client("redis://H?password=pw", "", "pw", 0),
    client("redis://:pw@H?password=wrong", "", "pw", 0),
    client("redis://H?username=app&password=secret", "app", "secret", 0),
    client("redis://app:s:ecret@H", "app", "s:ecret", 0),
    client("redis://:p%w@H", "", "p%w", 0),
    client("redis://H/%31", "", "", 1),
    client("redis://default:@H", "default", "", 0),
    client("redis://app:@H", "app", "", 0),
    client("redis://app:secret@H/1", "app", "secret", 1),
    client("redis://APP:secret@H", "APP", "secret", 0),
    client("redis://app:b@H", "app", "b", 0),
    client("redis://:test@H", "", "test", 0),
    client("redis://default:test@H", "default", "test", 0),
    client("redis://:secret@H", "", "secret", 0),
    client("redis://:b@H", "", "b", 0),
    client("redis://:PW@H", "", "PW", 0),
    client("redis://:pw%20@H", "", "pw ", 0),
    client("redis://:pw@H?db=1", "", "pw", 1),
    client("redis://x:pw@H", "x", "pw", 0),
    client("redis://H?username=default&password=pw", "default", "pw", 0),
    client("redis://:p%25w@H", "", "p%w", 0),
    client("redis://:pw@H/15?db=0", "", "pw", 0),
];

/// URLs that redis-py refuses by itself; only its own answer can be compared.
pub const REFUSED: &[&str] = &[
    "redis://:p#w@H",
    "redis://:p/w@H",
    "redis://:p?w@H",
    "redis://:p[w@H",
    "REDIS://H",
    "H",
    "redis:H",
    "valkey://H",
    "\"redis://H\"",
    "redis://h:${PORT}/0",
    "redis://H?ssl=true",
    "redis://H?ssl_cert_reqs=none",
    "redis://H?db=x",
    "redis://H?timeout=abc",
    "redis://h:70000",
];
