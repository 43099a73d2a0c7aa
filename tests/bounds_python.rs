//! What has no end, or hardly one, costs Python settings a bounded time, and their neighbours nothing.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says how long things took"
)]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use redislint::tree::Tree;
use redislint::{Options, lint};

/// Far more than any of these takes on a slow machine, and far less than without a bound.
const LIMIT: Duration = Duration::from_secs(20);

const COMPOSE: &str = "services:\n  app:\n    image: python:3.12\n    command: python main.py\n    volumes: [.:/app]\n    \
                       working_dir: /app\n  redis:\n    image: redis:7\n";

/// The databases of the clients that are known, and the codes of the notices.
fn judged(files: &[(&str, &str)]) -> (Vec<u32>, Vec<&'static str>) {
    let started = Instant::now();
    let files = files.iter().chain(&[("compose.yaml", COMPOSE)]);
    let files = files.map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    let report = lint(&Tree::from_texts(files), &Options::default());
    let took = started.elapsed();
    println!("{took:?}");
    assert!(took < LIMIT, "{took:?}");
    let mut databases: Vec<u32> = report.model.environments[0]
        .clients
        .iter()
        .flat_map(|client| &client.cases)
        .filter_map(|case| case.db.filter(|_| case.host.as_ref().is_some_and(|host| host.as_str() == "redis")))
        .collect();
    databases.sort_unstable();
    databases.dedup();
    (databases, report.notices.iter().map(|notice| notice.code).collect())
}

/// A client that must be found whatever stands around it.
const NEIGHBOUR: &str = "import redis\nneighbour = redis.Redis(host='redis', db=7)\n";

#[test]
fn imports_in_a_circle_end() {
    let main = format!("{NEIGHBOUR}from a import *\nfrom a import URL\nclient = redis.from_url(URL)\n");
    let files = [
        ("main.py", main.as_str()),
        ("a.py", "from b import *\nfrom b import URL\nOTHER = 'redis://redis/1'\n"),
        ("b.py", "from a import *\nfrom c import URL\n"),
        ("c.py", "from a import URL\nimport redis\nclient = redis.from_url('redis://redis/2')\n"),
    ];
    assert_eq!(judged(&files).0, [1, 2, 7]);
}

#[test]
fn classes_and_functions_in_a_circle_end() {
    let main = format!(
        "{NEIGHBOUR}\
         class A(B):\n    host = C.host\nclass B(C):\n    pass\nclass C(A):\n    host = A.host\n\
         class Self(Self):\n    url = Self.url\n\
         def one(x):\n    return two(x) + one(x + 1)\ndef two(x):\n    return one(x) or two(two(x))\n\
         NAME = NAME or one(NAME)\n\
         LEFT = RIGHT\nRIGHT = LEFT + LEFT\n\
         for client in [A().host, Self.url, one(1), two(2), NAME, LEFT]:\n    redis.Redis(host=client)\n\
         redis.Redis(host=A().host)\nredis.from_url(Self.url)\nredis.from_url(one(1))\nredis.from_url(two(NAME))\n\
         redis.from_url(LEFT)\n"
    );
    assert_eq!(judged(&[("main.py", &main)]).0, [7]);
}

/// Every function asks two others: 2^40 calls without a bound.
#[test]
fn functions_that_multiply_end() {
    let mut main = NEIGHBOUR.to_owned();
    for at in 0..40 {
        let _ = writeln!(main, "def f{at}():\n    return f{0}() + f{0}()", at + 1);
    }
    main.push_str("def f40():\n    return 'redis'\nBROKER_URL = f0()\nclient = redis.from_url(f0())\n");
    assert_eq!(judged(&[("main.py", &main)]).0, [7]);
}

#[test]
fn a_module_of_five_megabytes_is_said_to_be_too_large() {
    let mut main = NEIGHBOUR.to_owned();
    while main.len() < 5 << 20 {
        let at = main.len();
        let _ = writeln!(main, "REDIS_NAME_{at} = 'a name' + \"another name, long enough to fill the module\"");
    }
    let (databases, notices) =
        judged(&[("main.py", &main), ("other.py", "import redis\nredis.Redis('redis', 6379, 8)\n")]);
    assert!(databases == [8] && notices.contains(&"python-size"), "{databases:?} {notices:?}");
}

#[test]
fn a_dictionary_of_a_hundred_thousand_entries_is_passed_by() {
    let mut main = format!("{NEIGHBOUR}REDIS_TABLE = {{\n");
    for at in 0..100_000 {
        let _ = writeln!(main, "'{at}':'a.b.c',");
    }
    main.push_str("}\nlast = redis.Redis(host=REDIS_TABLE['nothing'], db=1)\nCACHES = {'default': REDIS_TABLE}\n");
    assert_eq!(judged(&[("main.py", &main)]).0, [7]);
}

#[test]
fn expressions_as_deep_as_a_well_are_let_be() {
    for deep in [
        format!("{}'redis'{}", "(".repeat(20_000), ")".repeat(20_000)),
        format!("{}'redis'{}", "[".repeat(20_000), "]".repeat(20_000)),
        format!("'redis'{}", " + 'x'".repeat(20_000)),
        format!("{}True", "not ".repeat(20_000)),
        format!("f{}", "(1)".repeat(20_000)),
        format!("a{}", ".b".repeat(20_000)),
        format!("{}1", "lambda: ".repeat(20_000)),
        format!("'a' if x else {}'b'", "'a' if x else ".repeat(5_000)),
    ] {
        // A module that Python itself can't read may be lost, its neighbour may not.
        let main = format!("import good\nREDIS_URL = {deep}\nimport redis\nredis.from_url(REDIS_URL)\n");
        let (databases, _) = judged(&[("main.py", &main), ("good.py", NEIGHBOUR)]);
        assert!(databases.contains(&7), "{}", &deep[..20]);
    }
}

/// Behind so many branches nobody can tell which one is taken, and nobody tries.
#[test]
fn a_ladder_of_branches_is_climbed_once() {
    let mut main = format!("{NEIGHBOUR}import os\nif os.getenv('A') == '0':\n    pass\n");
    for at in 1..600 {
        let _ = writeln!(main, "elif os.getenv('A') == '{at}':\n    REDIS_{at} = redis.Redis(host='redis', db=1)");
    }
    main.push_str("else:\n    last = redis.Redis(host='redis', db=2)\n");
    assert_eq!(judged(&[("main.py", &main)]).0, [1, 2, 7]);
}
