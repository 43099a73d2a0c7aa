//! What the clients are asked: URLs put together from parts, with arguments beside them, the same on every run.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// A client's settings: a URL, keyword arguments, or both.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub url: Option<String>,
    /// `host`, `port`, `db`, `username`, `password`.
    pub arguments: BTreeMap<&'static str, Value>,
}

const PARTS: [&[&str]; 7] = [SCHEMES, LOGINS, HOSTS, PORTS, PATHS, QUERIES, TAILS];

/// What a plain URL is made of; each list's other members are what can be odd about it.
const PLAIN: [&str; 7] = ["redis://", ":pw@", "h", ":6379", "/1", "", ""];

const SCHEMES: &[&str] = &[
    "redis://",
    "rediss://",
    "unix://",
    "REDIS://",
    "Rediss://",
    "redis:",
    "redis:/",
    "//",
    "",
    " redis://",
    "\"redis://",
    "valkey://",
    "http://",
    "redis+socket://",
    "socket://",
    "unix:",
];

const LOGINS: &[&str] = &[
    "",
    ":pw@",
    "u:pw@",
    "u@",
    "u:@",
    ":@",
    "@",
    "default:pw@",
    "default@",
    ":None@",
    ":p@ss@",
    ":p%40w@",
    ":p%w@",
    ":p%zz@",
    ":%@",
    ":p%4@",
    "u:p:w@",
    ":p#w@",
    ":p/w@",
    ":p?w@",
    ":p[w@",
    ":p]w@",
    ":[pw]@",
    ":p+w@",
    ":pä@",
    ":p%C3%A4@",
    ":p%ff@",
    ":p\\w@",
    ":p w@",
    ":%70w@",
    "%75:pw@",
    ":p&w=@",
    ":${PW}@",
    "${USER}:${PW}@",
    ":p;w@",
    ":\"pw\"@",
    ":'pw'@",
    ":p%2Fw@",
    ":p%23w@",
    ":p%25w@",
    ":p%2540w@",
    ":$pw@",
    ":p^w@",
    ":p|w@",
    ":p{w}@",
    ":p<w>@",
    ":p`w@",
    ":p~w*@",
    ":p,w@",
    ":p!w@",
    "U:PW@",
    "u u:pw@",
    "::@",
    ":p:@",
    "a@b:pw@",
    "u%3Av:pw@",
    ":123@",
    ":p\tw@",
];

const HOSTS: &[&str] = &[
    "h",
    "redis",
    "localhost",
    "127.0.0.1",
    "[::1]",
    "[2001:db8::1]",
    "::1",
    "",
    "My_Redis.Internal",
    "h.example.com.",
    "h ",
    "%68",
    "h%20x",
    "h,i",
    "10.0.0.5",
    "[::1",
    "::1]",
    "${HOST}",
    "redis-0.redis",
];

const PORTS: &[&str] = &[
    "", ":6379", ":6380", ":0", ":", ":65535", ":65536", ":70000", ":abc", ":${PORT}", ":6379 ", ":06380", ":-1",
    ":+1", ":63 79",
];

const PATHS: &[&str] = &[
    "",
    "/",
    "/0",
    "/1",
    "/15",
    "/16",
    "/01",
    "/abc",
    "/1/",
    "//1",
    "/1/2",
    "/-1",
    "/%31",
    "/ 1",
    "/1a",
    "/1.5",
    "/0x1",
    "/1e1",
    "/4294967296",
    "/${DB}",
    "/+1",
    "/1_0",
    "/1;x",
    "/None",
    "/p.sock",
];

const QUERIES: &[&str] = &[
    "",
    "?",
    "?db=2",
    "?db=x",
    "?db=",
    "?db=-1",
    "?db=2&db=3",
    "?password=q",
    "?password=",
    "?username=v",
    "?username=v&password=q",
    "?password=p%2540w",
    "?password=a+b",
    "?password=p%w",
    "?ssl_cert_reqs=none",
    "?ssl_cert_reqs=None",
    "?ssl_cert_reqs=CERT_NONE",
    "?ssl_cert_reqs=required",
    "?ssl_cert_reqs=CERT_REQUIRED",
    "?ssl_cert_reqs=optional",
    "?ssl_cert_reqs=bogus",
    "?ssl_cert_reqs=",
    "?ssl_ca_certs=/c.pem",
    "?ssl_cert_reqs=none&ssl_ca_certs=/c.pem",
    "?ssl_check_hostname=false",
    "?ssl=true",
    "?tls=true",
    "?protocol=3",
    "?protocol=2",
    "?protocol=x",
    "?timeout=abc",
    "?socket_timeout=1.5",
    "?socket_timeout=x",
    "?socket_connect_timeout=2",
    "?max_connections=10",
    "?max_connections=x",
    "?decode_responses=true",
    "?health_check_interval=30",
    "?client_name=me",
    "?bogus=1",
    "?virtual_host=3",
    "?socket_keepalive=True",
    "?retry_on_timeout=yes",
    "?encoding=utf-8",
    "?family=6",
    "?db=2&password=q",
    "?a;b",
    "?host=other",
    "?port=7000",
];

const TAILS: &[&str] = &["", "\n", " ", "/", "#f", "\r\n", "?", "\"", "\t"];

/// The same numbers in every run (`SplitMix64`).
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % limit as u64).expect("it is below a usize")
    }

    fn one<T: Clone>(&mut self, list: &[T]) -> T {
        list[self.below(list.len())].clone()
    }
}

/// Every oddity alone in an otherwise plain URL, and every argument alone.
pub fn singles() -> Vec<Settings> {
    let mut all = vec![Settings { url: Some(PLAIN.concat()), arguments: BTreeMap::new() }];
    for (at, list) in PARTS.iter().enumerate() {
        for part in *list {
            // With and without TLS, whose options the query holds.
            for scheme in ["redis://", "rediss://"] {
                let mut parts = PLAIN;
                parts[0] = scheme;
                parts[at] = part;
                all.push(Settings { url: Some(parts.concat()), arguments: BTreeMap::new() });
            }
        }
    }
    for tail in TAILS {
        for url in ["redis://:pw@h", "redis://h:6379"] {
            all.push(Settings { url: Some(format!("{url}{tail}")), arguments: BTreeMap::new() });
        }
    }
    for (name, values) in arguments() {
        for value in values {
            for url in [None, Some("redis://h"), Some("redis://u:pw@h:6380/1")] {
                all.push(Settings { url: url.map(str::to_owned), arguments: BTreeMap::from([(name, value.clone())]) });
            }
        }
    }
    let mut seen = Vec::new();
    all.retain(|one| !seen.contains(one) && (seen.push(one.clone()), true).1);
    all
}

/// Any mixture, mostly of plain parts.
pub fn mixtures(seed: u64, count: usize) -> Vec<Settings> {
    let mut chance = Chance(seed);
    (0..count).map(|_| mixture(&mut chance)).collect()
}

fn mixture(chance: &mut Chance) -> Settings {
    let odds = [6, 2, 3, 3, 3, 3, 9];
    let parts = PARTS.iter().zip(PLAIN).zip(odds);
    let url: String =
        parts.map(|((list, plain), odds)| if chance.below(odds) > 0 { plain } else { chance.one(list) }).collect();
    let mut given = BTreeMap::new();
    let bare = chance.below(12) == 0;
    for (name, values) in arguments() {
        if chance.below(if bare { 2 } else { 9 }) == 0 {
            given.insert(name, chance.one(&values));
        }
    }
    Settings { url: (!bare).then_some(url), arguments: given }
}

fn arguments() -> [(&'static str, Vec<Value>); 5] {
    [
        ("host", vec![json!("other"), json!("Other")]),
        ("port", vec![json!(7000), json!("7000"), json!("abc"), json!(0)]),
        ("db", vec![json!(3), json!("3"), json!("abc"), json!(0), json!(-1)]),
        ("username", vec![json!("app"), json!("default"), json!(""), Value::Null]),
        ("password", vec![json!("secret"), json!("p%40w"), json!(""), Value::Null]),
    ]
}
