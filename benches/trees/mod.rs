//! Trees to be fast on, the same for the same seed: a large repository in which few files speak of Redis, one in which
//! every file does, and a small one.
//!
//! The mix of files, their sizes (log-normal, median 2.7 KB) and the depth of folders follow what large repositories
//! look like: two fifths Python, as much TypeScript and documents, the rest configuration.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use fastrand::Rng;

const WORDS: [&str; 48] = [
    "account",
    "agent",
    "amount",
    "archive",
    "audit",
    "backend",
    "balance",
    "batch",
    "billing",
    "cache",
    "calendar",
    "catalog",
    "channel",
    "client",
    "column",
    "contact",
    "country",
    "customer",
    "deliver",
    "device",
    "discount",
    "document",
    "email",
    "event",
    "export",
    "filter",
    "gateway",
    "history",
    "import",
    "invoice",
    "ledger",
    "locale",
    "member",
    "message",
    "metric",
    "notify",
    "order",
    "payment",
    "policy",
    "product",
    "quota",
    "refund",
    "report",
    "schedule",
    "session",
    "shipment",
    "tenant",
    "warehouse",
];

/// Files of one folder `services/sNNN`.
const FILES_OF_SERVICE: usize = 100;

/// Writes a repository of so many files, so many of them about Redis: the paths of these, of each kind as many.
///
/// # Errors
/// Where the disk refuses.
pub fn monorepo(root: &Path, files: usize, redis: usize, seed: u64) -> io::Result<Vec<String>> {
    let mut rng = Rng::with_seed(seed);
    let mut places: HashSet<usize> = HashSet::new();
    while places.len() < redis {
        places.insert(rng.usize(..files));
    }
    let mut planted = Vec::new();
    let mut seen = HashSet::new();
    for at in 0..files {
        let service = format!("services/s{:04}", at / FILES_OF_SERVICE);
        let (mut path, text) = if places.contains(&at) {
            let (name, text) = about_redis(&mut rng, planted.len());
            (format!("{service}/{name}"), text)
        } else {
            let (name, text) = unrelated(&mut rng, at);
            (format!("{service}/{name}"), text)
        };
        if !seen.insert(path.clone()) {
            path = path.replacen(&service, &format!("{service}/part{at}"), 1);
            seen.insert(path.clone());
        }
        write(root, &path, &text)?;
        if places.contains(&at) {
            planted.push(path);
        }
    }
    write(root, ".gitignore", "node_modules/\n__pycache__/\n.venv/\n")?;
    Ok(planted)
}

/// Writes so many files below a folder that git ignores.
///
/// # Errors
/// Where the disk refuses.
pub fn ignored(root: &Path, files: usize) -> io::Result<()> {
    for at in 0..files {
        let text = "module.exports = require('redis');\n";
        write(root, &format!("node_modules/p{:04}/lib/m{at}.js", at / 50), text)?;
    }
    Ok(())
}

/// Writes so many compose projects, each of three files that all matter.
///
/// # Errors
/// Where the disk refuses.
pub fn projects(root: &Path, projects: usize) -> io::Result<()> {
    for at in 0..projects {
        let folder = format!("group{:02}/project{at:04}", at / 100);
        write(root, &format!("{folder}/compose.yml"), &compose(&format!("Pw-{at}-kX9")))?;
        write(root, &format!("{folder}/.env"), &format!("TAG=1.{at}\nREDIS_DB={}\n", at % 16))?;
        let settings = format!(
            "import os\n\nimport redis\n\nREDIS_URL = os.getenv(\"REDIS_URL\", \"redis://localhost:6379/{}\")\n\
             CLIENT = redis.Redis.from_url(REDIS_URL)\n",
            at % 16
        );
        write(root, &format!("{folder}/settings.py"), &settings)?;
    }
    Ok(())
}

/// Writes a repository as most are: sixteen files, three of them about Redis.
///
/// # Errors
/// Where the disk refuses.
pub fn small(root: &Path) -> io::Result<()> {
    let mut rng = Rng::with_seed(3);
    for at in 0..13 {
        let (name, text) = unrelated(&mut rng, at);
        write(root, &name, &text)?;
    }
    write(root, "compose.yml", &compose("Pw-1-kX9"))?;
    write(root, ".env", "REDIS_URL=redis://redis:6379/0\n")?;
    write(root, "settings.py", "import os\n\nREDIS_URL = os.getenv(\"REDIS_URL\")\n")
}

fn write(root: &Path, path: &str, text: &str) -> io::Result<()> {
    let path = root.join(path);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, text)
}

fn compose(password: &str) -> String {
    format!(
        "services:\n  backend:\n    build: .\n    environment:\n      - REDIS_URL=redis://redis:6379\n    depends_on: [redis]\n  \
         redis:\n    image: redis:7-alpine\n    command: redis-server --appendonly yes --requirepass {password}\n    \
         ports:\n      - \"6379:6379\"\n    healthcheck:\n      test: [\"CMD\", \"redis-cli\", \"ping\"]\n"
    )
}

fn about_redis(rng: &mut Rng, number: usize) -> (String, String) {
    let password = format!("pw-{number}-{}", word(rng));
    match number % 9 {
        0 | 1 => (
            format!("app/core/config_{number}.py"),
            format!(
                "from pydantic_settings import BaseSettings\n\n\nclass Settings(BaseSettings):\n    \
                 REDIS_URL: str = \"redis://:{password}@localhost:6379/0\"\n    \
                 REDIS_SESSION_URL: str = \"redis://:{password}@localhost:6379/1\"\n{}",
                python(rng, 2_500)
            ),
        ),
        2 => (
            format!("app/core/cache_{number}.py"),
            format!(
                "{}\n\nimport redis\n\nCLIENT = redis.Redis(host=\"redis\", port=6379, password=\"{password}\")\n",
                python(rng, 1_200)
            ),
        ),
        3 => (
            format!("app/core/celery_{number}.py"),
            format!(
                "from celery import Celery\n\nAPP = Celery(\"a\", broker=\"redis://:{password}@redis:6379/3\")\n{}",
                python(rng, 1_500)
            ),
        ),
        4 => (
            format!("app/settings_{number}.py"),
            format!(
                "{}\n\nCACHES = {{\"default\": {{\"BACKEND\": \"django_redis.cache.RedisCache\", \"LOCATION\": \
                 \"redis://redis:6379/1\", \"OPTIONS\": {{\"PASSWORD\": \"{password}\"}}}}}}\n",
                python(rng, 1_500)
            ),
        ),
        5 => (["compose.yml", "compose.staging.yml"][number / 9 % 2].to_owned(), compose(&password)),
        6 => (
            [".env.staging", ".env"][number / 9 % 2].to_owned(),
            format!("REDIS_URL=redis://:{password}@redis:6379/0\nREDIS_PASSWORD={password}\n"),
        ),
        7 => (
            format!("deploy/k8s/redis_{number}.yaml"),
            format!(
                "apiVersion: v1\nkind: Pod\nmetadata:\n  name: redis-{number}\nspec:\n  containers:\n    - name: redis\n      \
                 image: redis:7\n      args: [redis-server, --requirepass, {password}]\n---\n{}",
                manifest(rng, 1_500)
            ),
        ),
        _ => (
            format!("deploy/redis/redis_{number}.conf"),
            format!("bind 0.0.0.0\nprotected-mode no\nport 6379\nrequirepass {password}\n"),
        ),
    }
}

fn unrelated(rng: &mut Rng, number: usize) -> (String, String) {
    const FOLDERS: [&str; 9] =
        ["app", "app/core", "app/api", "app/models", "tests", "web/src", "web/src/components", "docs", "deploy"];
    let size = size(rng);
    let (ending, text) = match rng.u32(..100) {
        0..38 => ("py", python(rng, size)),
        38..60 => ("ts", script(rng, size)),
        60..68 => ("js", script(rng, size)),
        68..82 => ("md", document(rng, size)),
        82..88 => ("yaml", manifest(rng, size.min(8_000))),
        88..92 => ("yml", manifest(rng, size.min(8_000))),
        92..96 => ("json", json(rng, size)),
        96..98 => ("toml", toml(rng, size.min(4_000))),
        98 => ("Dockerfile", dockerfile(rng)),
        _ => ("env", env(rng)),
    };
    let folder = FOLDERS[rng.usize(..FOLDERS.len())];
    let path = match ending {
        "Dockerfile" => format!("{folder}/Dockerfile.{number}"),
        "env" => format!("{folder}/.env.{number}"),
        _ => format!("{folder}/{}_{number}.{ending}", name(rng)),
    };
    (path, text)
}

/// Log-normal around 2.7 KB: twelve uniform numbers add up to a normal one.
fn size(rng: &mut Rng) -> usize {
    let normal: f64 = (0..12).map(|_| rng.f64()).sum::<f64>() - 6.0;
    let size = (normal * 0.95 + 7.9).exp().clamp(180.0, 60_000.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to a small positive number")]
    let size = size as usize;
    size
}

fn word(rng: &mut Rng) -> &'static str {
    WORDS[rng.usize(..WORDS.len())]
}

fn name(rng: &mut Rng) -> String {
    format!("{}_{}", word(rng), word(rng))
}

fn sentence(rng: &mut Rng) -> String {
    let words: Vec<&str> = (0..rng.usize(5..14)).map(|_| word(rng)).collect();
    format!("{}.", words.join(" "))
}

fn python(rng: &mut Rng, size: usize) -> String {
    let mut out = format!("\"\"\"{}\"\"\"\nfrom __future__ import annotations\n", sentence(rng));
    while out.len() < size {
        let _ = write!(out, "\n\ndef {}({}_a: str, {}_b: int = 3) -> dict:\n", name(rng), word(rng), word(rng));
        let _ = write!(out, "    \"\"\"{}\"\"\"\n    out = {{}}\n", sentence(rng));
        for _ in 0..rng.usize(2..8) {
            let _ = match rng.u8(..4) {
                0 => writeln!(out, "    out[\"{}\"] = {}", name(rng), rng.u16(..)),
                1 => writeln!(out, "    if out.get(\"{}\") is None:\n        raise ValueError(out)", name(rng)),
                2 => writeln!(out, "    # {}", sentence(rng)),
                _ => writeln!(out, "    out[\"{}\"] = \"{}\"", name(rng), sentence(rng)),
            };
        }
        out.push_str("    return out\n");
    }
    out
}

fn script(rng: &mut Rng, size: usize) -> String {
    let mut out = format!("import {{ {} }} from './{}';\n", word(rng), word(rng));
    while out.len() < size {
        let _ = write!(out, "\n/** {} */\nexport function {}(a: string) {{\n", sentence(rng), name(rng));
        for _ in 0..rng.usize(2..7) {
            let _ = writeln!(out, "  out['{}'] = `{}`;", name(rng), sentence(rng));
        }
        out.push_str("  return out;\n}\n");
    }
    out
}

fn document(rng: &mut Rng, size: usize) -> String {
    let mut out = format!("# {}\n", name(rng));
    while out.len() < size {
        let _ = write!(out, "\n## {}\n\n{} {}\n", name(rng), sentence(rng), sentence(rng));
        if rng.u8(..10) < 3 {
            let _ = write!(out, "\n```sh\nmake {} ARG={}\n```\n", word(rng), name(rng));
        }
    }
    out
}

fn manifest(rng: &mut Rng, size: usize) -> String {
    let mut out = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {}\nspec:\n  template:\n    spec:\n      containers:\n",
        word(rng)
    );
    while out.len() < size {
        let _ = write!(out, "        - name: {}\n          image: registry.example.com/{}:1.2\n", word(rng), word(rng));
        out.push_str("          env:\n");
        for _ in 0..rng.usize(2..9) {
            let _ = writeln!(out, "            - name: {}", name(rng).to_uppercase());
            let _ = writeln!(out, "              value: \"{}\"", name(rng));
        }
    }
    out
}

fn json(rng: &mut Rng, size: usize) -> String {
    let mut out = String::from("{\n");
    while out.len() < size {
        let _ = writeln!(out, "  \"{}_{}\": \"{}\",", name(rng), out.len(), sentence(rng));
    }
    out.push_str("  \"end\": true\n}\n");
    out
}

fn toml(rng: &mut Rng, size: usize) -> String {
    let mut out = String::new();
    while out.len() < size {
        let _ = write!(out, "[{}.t{}]\n{} = \"{}\"\n\n", word(rng), out.len(), name(rng), sentence(rng));
    }
    out
}

fn dockerfile(rng: &mut Rng) -> String {
    format!("FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD [\"python\", \"-m\", \"{}\"]\n", word(rng))
}

fn env(rng: &mut Rng) -> String {
    (0..rng.usize(5..30)).fold(String::new(), |mut out, _| {
        let _ = writeln!(out, "{}={}", name(rng).to_uppercase(), word(rng));
        out
    })
}
