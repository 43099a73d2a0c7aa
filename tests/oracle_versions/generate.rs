//! Specifiers put together at random, the same ones on every run and machine.

use fastrand::Rng;

fn pick<'a>(rng: &mut Rng, all: &[&'a str]) -> &'a str {
    all[rng.usize(..all.len())]
}

/// One to three numbers, small enough for every version around them to be tried.
fn version(rng: &mut Rng) -> String {
    let count = 1 + rng.usize(..3);
    let numbers = [rng.u32(..9), rng.u32(..7), rng.u32(..6)];
    numbers[..count].iter().map(u32::to_string).collect::<Vec<_>>().join(".")
}

/// A version, or one whose last numbers are any.
fn pattern(rng: &mut Rng, wildcards: &[&str]) -> String {
    let version = version(rng);
    if version.matches('.').count() < 2 && rng.u8(..3) == 0 {
        format!("{version}.{}", pick(rng, wildcards))
    } else {
        version
    }
}

fn many(seed: u64, count: usize, one: impl Fn(&mut Rng) -> String) -> Vec<String> {
    let mut rng = Rng::with_seed(seed);
    (0..count).map(|_| one(&mut rng)).collect()
}

fn clause_of_pep440(rng: &mut Rng) -> String {
    let operator = pick(rng, &["==", ">=", ">=", ">", "<", "<", "<=", "~=", "!="]);
    let blank = pick(rng, &["", "", " "]);
    let mut version = version(rng);
    if matches!(operator, "==" | "!=") && version.matches('.').count() < 2 && rng.bool() {
        version += ".*";
    } else if operator == "~=" && !version.contains('.') {
        // One number is refused, and tried apart from the others.
        version += ".0";
    } else if !matches!(operator, "==" | "!=") && rng.u8(..10) == 0 {
        version += pick(rng, &["b1", "rc2", ".dev3", ".post1", "a1"]);
    }
    format!("{operator}{blank}{version}")
}

fn clauses_of_pep440(rng: &mut Rng) -> String {
    let count = pick(rng, &["1", "1", "2", "2", "3", "0"]).parse().unwrap_or(1);
    let clauses: Vec<String> = (0..count).map(|_| clause_of_pep440(rng)).collect();
    clauses.join(pick(rng, &[",", ", ", " , "]))
}

pub fn pep440(count: usize) -> Vec<String> {
    let odd =
        ["4.5", "=4.5", "^4", "latest", ">=4 <5", "==4.*.1", "~=4", ">=", "==v5.0", ">=4.*", "=>4", ">=4,,<6", ",>=4"];
    let mut all: Vec<String> = odd.iter().map(|text| (*text).to_owned()).collect();
    all.extend(many(1, count - odd.len(), clauses_of_pep440));
    all
}

/// Whole lines of a requirements file.
pub fn requirements(count: usize) -> Vec<String> {
    many(2, count, |rng| {
        let name = pick(rng, &["redis", "redis", "redis", "redis", "Redis", "REDIS", "redis-om", "redis_lock"]);
        let extras = pick(rng, &["", "", "[hiredis]", "[hiredis,ocsp]", " [ hiredis ]", "[]"]);
        let clauses = clauses_of_pep440(rng);
        let clauses = match rng.u8(..6) {
            0 if !clauses.is_empty() => format!(" ({clauses})"),
            1 => format!(" {clauses}"),
            _ => clauses,
        };
        let marker = pick(
            rng,
            &[
                "",
                "",
                "; python_version >= '3.8'",
                " ; sys_platform == \"linux\" and extra == 'x'",
                ";python_version<'4'",
            ],
        );
        let comment = pick(rng, &["", "", "", " # why", "\t# redis==1", "  #"]);
        format!("{name}{extras}{clauses}{marker}{comment}")
    })
}

pub fn poetry(count: usize) -> Vec<String> {
    let odd = ["*", "", "latest", "^", "4.x", "~4.*"];
    let mut all: Vec<String> = odd.iter().map(|text| (*text).to_owned()).collect();
    all.extend(many(3, count - odd.len(), |rng| {
        let alternative = |rng: &mut Rng| match rng.u8(..8) {
            0..3 => format!("^{}", version(rng)),
            3 => format!("~{}", version(rng)),
            4 => pattern(rng, &["*"]),
            _ => {
                let count = 1 + rng.usize(..2);
                let clauses: Vec<String> = (0..count).map(|_| clause_of_pep440(rng)).collect();
                clauses.join(pick(rng, &[",", ", ", " "]))
            }
        };
        let mut text = alternative(rng);
        while rng.u8(..5) == 0 {
            text = format!("{text} {} {}", pick(rng, &["||", "|"]), alternative(rng));
        }
        text
    }));
    all
}

pub fn npm(count: usize) -> Vec<String> {
    let odd = [
        "*",
        "",
        "x",
        "X",
        "latest",
        "next",
        "file:../x",
        "^",
        ">=",
        "4 -5",
        ">=4,<5",
        "^4.5.0-rc.1",
        ">=5.0.0-beta",
        "v4",
        "= 4.5",
        ">= 4.x",
        "<*",
        ">*",
        ">=*",
        "^x",
        "~*",
        "4.x.x",
        "4.*.1",
        "||",
        "4 ||",
        "~>4.5",
        "01.2.3",
        "^0.0.3",
        "^0.0",
        "^0",
        "~0",
        "4.5.6.7",
        "<5.0.0-rc.1",
        "^4.5 <4.6.3",
        "1 - 2 || 5 - 6",
        "1 - 2 5",
    ];
    let mut all: Vec<String> = odd.iter().map(|text| (*text).to_owned()).collect();
    all.extend(many(4, count - odd.len(), |rng| {
        let clause = |rng: &mut Rng| {
            let operator = pick(rng, &["^", "^", "~", "", "=", ">=", ">", "<", "<=", "v", "~>"]);
            format!("{operator}{}{}", pick(rng, &["", "", "", " "]), pattern(rng, &["x", "X", "*"]))
        };
        let alternative = |rng: &mut Rng| match rng.u8(..5) {
            0 => format!("{} - {}", pattern(rng, &["x"]), pattern(rng, &["x"])),
            1 => format!("{} {}", clause(rng), clause(rng)),
            _ => clause(rng),
        };
        let mut text = alternative(rng);
        while rng.u8(..5) == 0 {
            text = format!("{text}{}{}", pick(rng, &[" || ", "||", "|| "]), alternative(rng));
        }
        text
    }));
    all
}
