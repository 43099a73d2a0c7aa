//! docker compose itself judges the readers of env files and of `command:` strings.
//!
//! With `REDISLINT_DOCKER_COMPOSE` (or a `docker-compose` on the path) every input is given to the real program;
//! otherwise the recorded answers are compared. `RECORD=1` writes them down anew.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
use redislint::finding::Level;
use redislint::source::{FileId, Span};
use redislint::syntax::template::{self, Operator, Part, Template};
use redislint::syntax::{dotenv, words};
use redislint::text::Text;
use serde_json::{Value, json};

/// How many inputs of each kind are made up, besides those written by hand.
const GENERATED: usize = 400;

#[test]
fn env_files_mean_what_compose_says() {
    let made: Vec<String> = made_up(env_line(), GENERATED).iter().map(|lines| lines.concat()).collect();
    let inputs: Vec<String> = ENV_FILES.iter().map(|text| (*text).to_owned()).chain(made).collect();
    judge(
        "dotenv",
        &inputs,
        &|directory, at, text| {
            let name = format!("{at}.env");
            std::fs::write(directory.join(&name), text).unwrap();
            json!({ "image": "x", "env_file": [name] })
        },
        "environment",
        &environment,
    );
}

#[test]
fn commands_split_as_compose_splits_them() {
    let made: Vec<String> = made_up(command_piece(), GENERATED).iter().map(|pieces| pieces.concat()).collect();
    let inputs: Vec<String> = COMMANDS.iter().map(|text| (*text).to_owned()).chain(made).collect();
    judge(
        "commands",
        &inputs,
        &|_, _, text| json!({ "image": "x", "command": text.replace('$', "$$") }),
        "command",
        &|text| {
            let words = words::split_command(&whole(text)).ok()?;
            Some(json!(words.iter().map(Text::as_str).collect::<Vec<_>>()))
        },
    );
}

const ENV_FILES: [&str; 37] = [
    "",
    "\u{FEFF}A=b\r\nC=d\r\n",
    "export A=b\nexport\tC=d\nexport\nE=f\nexportG=h\n",
    "A = b\n\tC\t=\td\n  E:f\nG : h\n",
    "A=b # c\nD=e#f\nG= # h\nI=#j\nK=l\t# m\n",
    "A=\"b # c\" # d\nE='f # g' # h\n",
    "A=\"b\"c\nD=e\n",
    "A=\"b\" C=d\nE='f'G=h\n",
    "A=\"b\nc\"\nD='e\r\nf'\r\nG=h\n",
    "A=\"a\\nb\\tc\\\\d\\\"e\\$f\\q\\'g\\a\\b\\f\\r\\v\\c\"\n",
    "A=\"\\0101\\0\\012\\0999\\0777\\0044B\"\n",
    "A='it\\'s \\n \\\\'\nB=c\n",
    "A='b\\\\'\nC=d\n",
    "A=b$C\nD=$A\nE=${A}\nF=${Z:-g$A}\nH=$$I\nJ=\"$$K\"\nL='$A'\n",
    "A=p\\$w\nB=\"p\\$w\"\nC=p$\nD=p$1x\nE=$(x)\n",
    "A=${B\n",
    "A=${B:?c}\n",
    "A=\"b\nC=d\n",
    "A='b\nC=d",
    "A b=c\n",
    "A!=c\n",
    "A-b.c_1[0]=d\n1=e\né=f\n",
    "=a\nB=c\n",
    "KEY\nA=b\n",
    "A=b\nKEY",
    "A=b\nA=c\nA=\"d\"\n",
    "A=`b`\nC=d`e\n",
    "A=b=c\nD=redis://:p#w@h:1/0\nE=redis://:p@h #x\n",
    "# c\n\n  # d\nA=b\n#C=d",
    "A=\u{a0}b\u{a0}\nB\u{a0}=c\nD=\u{2003}e\u{2003}\n",
    "A=\"😀\\n日本\"\nB=日本 # x\n",
    "A=\nB=\"\"\nC=''\n",
    "A=\"b\"\\\nC=d\n",
    "A: \"b\"\nC: 'd'\n",
    "A=b\rC=d\n",
    "A\tB=c\n",
    "A=b\nexport ",
];

const COMMANDS: [&str; 30] = [
    "redis-server --requirepass pw",
    "redis-server --requirepass p;w",
    "redis-server --requirepass p&w --port 1",
    "redis-server --requirepass p|w",
    "redis-server --requirepass p>w",
    "redis-server --requirepass p<w",
    "redis-server --requirepass 'p;w' \"x&y\" p\\;w",
    "redis-server --requirepass pw && echo hi",
    "redis-server --requirepass pw#x # y",
    "redis-server --requirepass \"\"",
    "redis-server --requirepass ''x",
    "redis-server --requirepass \"p\\\"w\\\\\"",
    "redis-server --requirepass 'p\\w'",
    "redis-server --requirepass p\\w\\n\\t",
    "redis-server --requirepass $(cat f)",
    "redis-server --requirepass `cat f`",
    "redis-server --requirepass \"$(cat f)\"",
    "redis-server \\\n  --requirepass pw\n",
    "redis-server\n--requirepass\r\n\tpw",
    "redis-server (x)",
    "redis-server x)",
    "redis-server $(x) )",
    "redis-server 'x",
    "redis-server \"x",
    "redis-server x\\",
    "redis-server `x",
    "redis-server 2>/dev/null 2a",
    "redis-server a 12>x",
    "sh -c 'redis-server --requirepass \"$PW\"'",
    "redis-server --requirepass 日本😀\u{a0}x",
];

fn whole(text: &str) -> Text {
    Text::exact(text, Span::new(FileId(0), 0..text.len()))
}

/// The variables that the file sets; `None` where compose has to refuse it.
fn environment(text: &str) -> Option<Value> {
    let (entries, notices) = dotenv::parse(FileId(0), text, dotenv::Dialect::Compose);
    if notices.iter().any(|notice| notice.level == Level::Warning) {
        return None;
    }
    let mut set = BTreeMap::new();
    for entry in entries {
        let Some(value) = entry.value else { continue };
        let value = if value.expands {
            expand(&template::parse(&value.text).ok()?, &set)?
        } else {
            value.text.as_str().to_owned()
        };
        set.insert(entry.key.value, value);
    }
    Some(json!(set))
}

fn expand(template: &Template, set: &BTreeMap<String, String>) -> Option<String> {
    let mut out = String::new();
    for part in &template.parts {
        let variable = match part {
            Part::Literal(text) => {
                out.push_str(text.as_str());
                continue;
            }
            Part::Variable(variable) => variable,
        };
        let found = set.get(&variable.name);
        let filled = found.filter(|value| !value.is_empty());
        let chosen = |empty_too: bool| if empty_too { filled } else { found };
        match &variable.operator {
            Operator::Plain => out.push_str(found.map_or("", String::as_str)),
            Operator::Default { empty_too, value } => match chosen(*empty_too) {
                Some(found) => out.push_str(found),
                None => out.push_str(&expand(value, set)?),
            },
            Operator::Required { empty_too, .. } => out.push_str(chosen(*empty_too)?),
            Operator::Replacement { empty_too, value } => {
                if chosen(*empty_too).is_some() {
                    out.push_str(&expand(value, set)?);
                }
            }
        }
    }
    Some(out)
}

/// Pieces of env files that are often well-formed.
fn env_line() -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec![
        "A", "B", "export C", "D ", " E", "KEY", "A.b", "_", "A", "B", "C", "D", "E", "F!", "G H",
    ]);
    let sign = prop::sample::select(vec!["=", "=", "=", " = ", ":", ": ", "\n"]);
    let atom = prop::sample::select(vec![
        "x", "p", "\\", "\\n", "\\\"", "\\'", "\\$", "$", "$$", "$A", "${B}", "${C:-d}", "#", " #", " ", "'", "\"",
        "é", "\r", "\t", "\\0101", "`", "=", ":",
    ]);
    let value = (prop::sample::select(vec!["", "", "'", "\""]), prop::collection::vec(atom, 0..6), any::<bool>())
        .prop_map(|(quote, atoms, closed)| {
            let body = atoms.concat();
            let body = if quote.is_empty() { body } else { body.replace(quote, "y") };
            format!("{quote}{body}{}", if closed || quote.is_empty() { quote } else { "z" })
        });
    let end = prop::sample::select(vec!["\n", "\n", "\n", "\r\n", " # c\n", "\n\n", " "]);
    (name, sign, value, end).prop_map(|(name, sign, value, end)| format!("{name}{sign}{value}{end}"))
}

fn command_piece() -> impl Strategy<Value = String> {
    prop::sample::select(vec![
        "a", "b2", "1", " ", " ", "  ", "'", "\"", "'x y'", "\"z w\"", "\\", "\\n", "$", "$(", "(", ")", "$(c d)", "`",
        "`e f`", ";", "&", ">", "2>", "#", "\n", "\t", "é", "{", "*", "$$", "!",
    ])
    .prop_map(str::to_owned)
}

/// The same inputs on every run and machine.
fn made_up(piece: impl Strategy<Value = String>, count: usize) -> Vec<Vec<String>> {
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let pieces = prop::collection::vec(piece, 1..6);
    (0..count).map(|_| pieces.new_tree(&mut runner).unwrap().current()).collect()
}

/// Compares our answer on every input to compose's: its `field` of a service, or that it refuses the project.
fn judge(
    name: &str,
    inputs: &[String],
    service: &dyn Fn(&Path, usize, &str) -> Value,
    field: &str,
    ours: &dyn Fn(&str) -> Option<Value>,
) {
    let transcript = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/transcripts/{name}.json"));
    let answers: Vec<(String, Option<Value>)> = if let Some(program) = compose() {
        println!("{name}: asking {}", program.display());
        let directory = tempfile::tempdir().unwrap();
        let services: Vec<Value> =
            inputs.iter().enumerate().map(|(at, text)| service(directory.path(), at, text)).collect();
        let mut answers = vec![None; inputs.len()];
        ask(&program, directory.path(), &services, field, &mut answers);
        let answers: Vec<_> = inputs.iter().cloned().zip(answers).collect();
        if std::env::var_os("RECORD").is_some() {
            std::fs::write(&transcript, serde_json::to_string_pretty(&answers).unwrap() + "\n").unwrap();
        }
        answers
    } else {
        println!("{name}: replaying {}", transcript.display());
        serde_json::from_str(&std::fs::read_to_string(&transcript).unwrap()).unwrap()
    };
    assert!(answers.len() >= inputs.len(), "the transcript is older than the inputs: record it anew");
    let wrong: Vec<String> = answers
        .iter()
        .filter(|(text, expected)| ours(text) != *expected)
        .map(|(text, expected)| format!("{text:?}\n  compose: {expected:?}\n  ours:    {:?}", ours(text)))
        .collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), answers.len(), wrong.join("\n"));
}

/// Asks about all services at once; where compose refuses, about each half.
fn ask(program: &Path, directory: &Path, services: &[Value], field: &str, answers: &mut [Option<Value>]) {
    let named: BTreeMap<String, &Value> =
        services.iter().enumerate().map(|(at, one)| (format!("s{at}"), one)).collect();
    std::fs::write(directory.join("compose.yaml"), json!({ "services": named }).to_string()).unwrap();
    let output = Command::new(program)
        .args(["-f", "compose.yaml", "config", "--format", "json"])
        .current_dir(directory)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .output()
        .unwrap();
    if output.status.success() {
        let config: Value = serde_json::from_slice(&output.stdout).unwrap();
        for (at, answer) in answers.iter_mut().enumerate() {
            let empty = if field == "command" { json!([]) } else { json!({}) };
            let found = &config["services"][format!("s{at}")][field];
            *answer = Some(if found.is_null() { empty } else { unescape(found) });
        }
    } else if services.len() > 1 {
        let half = services.len() / 2;
        let (first, second) = answers.split_at_mut(half);
        ask(program, directory, &services[..half], field, first);
        ask(program, directory, &services[half..], field, second);
    }
}

/// `config` prints every `$` as `$$`; a variable without a name is no variable.
fn unescape(value: &Value) -> Value {
    match value {
        Value::String(text) => json!(text.replace("$$", "$")),
        Value::Array(list) => list.iter().map(unescape).collect(),
        Value::Object(map) => {
            map.iter().filter(|(key, _)| !key.is_empty()).map(|(key, value)| (key.clone(), unescape(value))).collect()
        }
        other => other.clone(),
    }
}

fn compose() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("REDISLINT_DOCKER_COMPOSE") {
        return Some(path.into());
    }
    let answers = Command::new("docker-compose").arg("version").output().is_ok_and(|output| output.status.success());
    answers.then(|| "docker-compose".into())
}
