//! The real side: the libraries at hand, each in a process of its own that answers in lines of JSON.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use redislint::library::{Family, VersionRange};
use serde_json::{Value, json};

use crate::settings::Settings;

/// A library in a version, as it is named in transcripts: `django-redis on redis-py 6.4`.
#[derive(Clone, Debug)]
pub struct Library {
    pub name: String,
    pub family: Family,
    pub version: VersionRange,
}

impl Library {
    /// The library of that name; `version` is that of the package which decides what is sent.
    pub fn new(name: &str, version: (u32, u32)) -> Self {
        let family = match name {
            "valkey-py" => Family::ValkeyPy,
            "kombu" => Family::Kombu,
            "celery" => Family::CeleryBackend,
            "arq" => Family::Arq,
            "django-redis" => Family::DjangoRedis,
            "django" => Family::DjangoCore,
            "node-redis" => Family::NodeRedis,
            "ioredis" => Family::Ioredis,
            "redis-cli" => Family::RedisCli,
            "redis-py-asyncio" | "channels_redis" => Family::RedisPyAsyncio,
            _ => Family::RedisPy,
        };
        let (major, minor) = version;
        Self {
            name: format!("{name} {major}.{minor}"),
            family,
            version: VersionRange { from: Some(version), to: Some(version) },
        }
    }

    /// The library behind the name of a transcript.
    pub fn recorded(name: &str) -> Self {
        let (library, version) = name.rsplit_once(' ').expect("a version");
        let (major, minor) = version.split_once('.').expect("major and minor");
        Self::new(library, (major.parse().expect("a number"), minor.parse().expect("a number")))
    }

    /// Whether it can be asked at all: Django and the like have no settings without a URL, and redis-cli no arguments.
    pub fn takes(&self, settings: &Settings) -> bool {
        let bare = settings.url.is_none();
        // Of nothing but `None` not even a place is known.
        if bare && settings.arguments.values().all(Value::is_null) {
            return false;
        }
        let arguments = !settings.arguments.is_empty();
        match self.name.split(' ').next().expect("a name") {
            // What a name of their own says is no argument of the connection.
            "kombu" | "celery" => !bare && !arguments,
            // Other schemes are other storages.
            "limits" => {
                !arguments
                    && settings
                        .url
                        .as_ref()
                        .is_some_and(|url| ["redis://", "rediss://"].iter().any(|scheme| url.starts_with(scheme)))
            }
            "arq" => bare == arguments,
            "django-redis" => !bare && settings.arguments.keys().all(|name| matches!(*name, "password" | "username")),
            "django" | "channels_redis" => !bare,
            "flask-caching" => settings.arguments.keys().all(|name| bare && *name != "username"),
            "redis-cli" => false,
            "node-redis" | "ioredis" if settings.arguments.values().any(Value::is_null) => false,
            "node-redis" if self.version.to < Some((4, 0)) => !settings.arguments.contains_key("username"),
            _ => true,
        }
    }
}

/// A process that answers for the libraries installed with it.
struct Talker {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Drop for Talker {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Talker {
    fn start(command: &mut Command) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().expect("it runs");
        let questions = child.stdin.take().expect("a pipe");
        let answers = BufReader::new(child.stdout.take().expect("a pipe"));
        Self { child, questions, answers }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("an answer");
        line.trim().to_owned()
    }

    fn ask(&mut self, package: &str, settings: &[Settings]) -> Vec<Value> {
        let cases: Vec<Value> =
            settings.iter().map(|one| json!({ "url": one.url, "arguments": one.arguments })).collect();
        let question = json!({ "library": package, "cases": cases }).to_string() + "\n";
        self.questions.write_all(question.as_bytes()).expect("a pipe");
        let answers: Vec<Value> = serde_json::from_str(&self.line()).expect("JSON of the script");
        answers.iter().map(spoken).collect()
    }
}

/// Where the scripts beside this file lie.
fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/oracle_clients").join(name)
}

fn listed(variable: &str) -> Vec<String> {
    let list = std::env::var(variable).unwrap_or_default();
    list.split(':').filter(|path| !path.is_empty()).map(str::to_owned).collect()
}

/// Asks every library at hand what it makes of the settings it can take.
pub fn ask(settings: &[Settings]) -> Vec<(Library, Vec<Settings>, Vec<Value>)> {
    let mut all = Vec::new();
    let mut put = |talker: &mut Talker, package: &str, library: Library| {
        let taken: Vec<Settings> = settings.iter().filter(|one| library.takes(one)).cloned().collect();
        let answers = talker.ask(package, &taken);
        all.push((library, taken, answers));
    };
    let mut pythons = vec![(listed("REDISLINT_PYTHONS"), vec!["redis-py", "redis-py-asyncio"])];
    pythons.push((
        listed("REDISLINT_CLIENTS_PYTHON"),
        vec!["kombu", "celery", "django-redis", "django", "channels_redis", "flask-caching", "limits", "valkey-py"],
    ));
    pythons.push((listed("REDISLINT_ARQ_PYTHON"), vec!["arq"]));
    for (interpreters, names) in pythons {
        for interpreter in interpreters {
            let mut talker = Talker::start(Command::new(interpreter).arg(script("held.py")));
            let version = version(&talker.line());
            for name in &names {
                // The module came with version 4.2.
                if *name != "redis-py-asyncio" || version >= (4, 2) {
                    put(&mut talker, name, Library::new(name, version));
                }
            }
        }
    }
    for folder in listed("REDISLINT_NODE_MODULES") {
        let mut talker = Talker::start(Command::new("node").arg(script("held.js")).arg(folder));
        for (package, name, major) in [
            ("redis-3", "node-redis", 3),
            ("redis-4", "node-redis", 4),
            ("redis-5", "node-redis", 5),
            ("redis-6", "node-redis", 6),
            ("ioredis-4", "ioredis", 4),
            ("ioredis-5", "ioredis", 5),
            ("ioredis-6", "ioredis", 6),
        ] {
            put(&mut talker, package, Library::new(name, (major, 0)));
        }
    }
    all
}

fn version(text: &str) -> (u32, u32) {
    let mut numbers = text.split('.').filter_map(|part| part.parse().ok());
    (numbers.next().expect("major"), numbers.next().expect("minor"))
}

/// An answer in comparable words: numbers as numbers, nothing for empty, and what the server will say of a database that
/// is none.
pub fn spoken(answer: &Value) -> Value {
    if let Some(error) = answer.get("error") {
        let text = error.as_str().unwrap_or_default();
        return json!({ "error": text.split_whitespace().collect::<Vec<_>>().join(" ") });
    }
    let db = match &answer["db"] {
        Value::Null | Value::Bool(_) => 0.0,
        Value::String(text) if text.is_empty() => 0.0,
        // The server takes a number only as it would write it.
        Value::String(text) => {
            let number = text.parse::<i64>().ok().filter(|number| number.to_string() == *text);
            number.map_or(f64::NAN, |number| f64::from(i32::try_from(number).unwrap_or(-1)))
        }
        number => number.as_f64().unwrap_or(f64::NAN),
    };
    if db.is_nan() || db.fract() != 0.0 {
        return json!({ "error": "ERR value is not an integer or out of range" });
    }
    if !(0.0..=f64::from(u32::MAX)).contains(&db) {
        return json!({ "error": "ERR DB index is out of range" });
    }
    let socket = !answer["socket"].is_null();
    // `None` is what the system resolves to the machine itself.
    let host = match &answer["host"] {
        _ if socket => Value::Null,
        Value::Null => json!("localhost"),
        host => host.clone(),
    };
    let port = match &answer["port"] {
        _ if socket => Value::Null,
        number if number.as_u64().is_some_and(|number| number > 65535) => Value::Null,
        Value::String(text) => text.parse::<u64>().map_or(Value::Null, Value::from),
        other => other.clone(),
    };
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
    let db = db as u64;
    json!({
        "host": host,
        "port": port,
        "db": db,
        "username": answer["username"],
        "password": answer["password"],
        "tls": answer["tls"],
    })
}
