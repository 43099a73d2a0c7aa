//! Commands → the Python code that they start: which module or file `uvicorn`, `celery`, `python -m` and their like are
//! told to load.
//!
//! Comes in: the words of a command, or a shell script. Goes out: programs, by names as written; nothing where one of
//! the commands can't be told. Looks no file up.

use crate::text::Text;

use super::words::{self, Command, Word, WordPart};

/// What a command starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Program {
    /// Python code: every one of these names that exists is loaded, and one of them must.
    Python(Vec<Name>),
    /// A shell script at this path.
    Script(String),
    /// What the script is given: `exec "$@"`.
    Arguments,
    /// A program in another language.
    Foreign,
}

/// How a program names code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Name {
    /// A dotted module.
    Module(String),
    /// A path.
    File(String),
}

impl Name {
    /// The paths that it may be, below the folders in which programs look.
    #[must_use]
    pub fn endings(&self) -> Vec<String> {
        match self {
            Self::Module(module) => {
                let path = module.replace('.', "/");
                vec![format!("{path}.py"), format!("{path}/__init__.py")]
            }
            Self::File(path) => {
                let path = path.trim_start_matches("./").trim_start_matches('/');
                // What stands in the path before the repository's own folders is the container's.
                let starts = std::iter::once(0).chain(path.match_indices('/').map(|(at, _)| at + 1));
                starts.map(|at| path[at..].to_owned()).collect()
            }
        }
    }
}

/// A variable of the process that tells what is started.
pub type Variable<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Wrappers around wrappers.
const MAX_WRAPPERS: usize = 8;

/// Programs that run another one with the words behind their own options.
const WRAPPERS: [&str; 13] = [
    "exec",
    "nohup",
    "time",
    "nice",
    "tini",
    "dumb-init",
    "catatonit",
    "command",
    "opentelemetry-instrument",
    "ddtrace-run",
    "wait-for-it",
    "wait-for",
    "dockerize",
];

/// Programs that run another one behind a word of their own: `poetry run`, `gosu app`.
const WRAPPERS_WITH_A_WORD: [&str; 9] =
    ["poetry", "pipenv", "pdm", "hatch", "rye", "uv", "gosu", "su-exec", "newrelic-admin"];

/// Programs and shell builtins that run no code of the repository.
const HARMLESS: &[&str] = &[
    ".",
    ":",
    "[",
    "[[",
    "apt",
    "apt-get",
    "cat",
    "cd",
    "chmod",
    "chown",
    "cp",
    "curl",
    "date",
    "echo",
    "exit",
    "export",
    "id",
    "ln",
    "ls",
    "mkdir",
    "mysqladmin",
    "nc",
    "pg_isready",
    "pip",
    "pip3",
    "printenv",
    "printf",
    "psql",
    "pwd",
    "read",
    "redis-cli",
    "return",
    "rm",
    "set",
    "shift",
    "sleep",
    "source",
    "test",
    "touch",
    "trap",
    "true",
    "ulimit",
    "umask",
    "unset",
    "wait",
    "wget",
];

/// Runtimes and servers that run no Python.
const FOREIGN: &[&str] = &[
    "apache2-foreground",
    "bun",
    "bundle",
    "caddy",
    "deno",
    "dotnet",
    "httpd",
    "java",
    "next",
    "nginx",
    "ng",
    "node",
    "nodemon",
    "npm",
    "npx",
    "php",
    "php-fpm",
    "pnpm",
    "puma",
    "rails",
    "ruby",
    "serve",
    "vite",
    "yarn",
];

/// Options that take no value, of all the programs below together. An option that is missing here takes the next word
/// away, and then the command can't be told: nothing is lost.
const FLAGS: &[&str] = &[
    "--access-log",
    "--beat",
    "--capture-output",
    "--daemon",
    "--debug",
    "--enable-stdio-inheritance",
    "--factory",
    "--no-access-log",
    "--no-date-header",
    "--no-proxy-headers",
    "--no-reload",
    "--no-sendfile",
    "--no-server-header",
    "--no-use-colors",
    "--preload",
    "--proxy-headers",
    "--quiet",
    "--reload",
    "--reuse-port",
    "--use-colors",
    "--verbose",
    "-B",
    "-D",
    "-q",
    "-v",
];

/// Scripts in scripts: `sh -c "sh -c …"`.
const MAX_SCRIPTS: usize = 4;

/// What the words of a command start; `None`: it can't be told.
#[must_use]
pub fn of_command(command: &[String], variable: Variable<'_>) -> Option<Vec<Program>> {
    started(command, variable, 0)
}

/// What the commands of a script start, whatever branch they stand in; `None`: one of them can't be told.
#[must_use]
pub fn of_script(script: &Text, variable: Variable<'_>) -> Option<Vec<Program>> {
    started_by(script, variable, 0)
}

/// The path of a file that a command of a shell reads in: `. FILE`, `source FILE`.
#[must_use]
pub fn sourced(command: &Command) -> Option<String> {
    let [name, file, ..] = command.words.as_slice() else { return None };
    let reads = matches!(name.literal()?.as_str(), "." | "source");
    reads.then(|| Some(file.literal()?.as_str().to_owned())).flatten()
}

fn started(command: &[String], variable: Variable<'_>, depth: usize) -> Option<Vec<Program>> {
    let mut command = command;
    for _ in 0..MAX_WRAPPERS {
        let Some((first, rest)) = command.split_first() else { return Some(Vec::new()) };
        let name = first.rsplit('/').next().unwrap_or(first);
        let bare = name.strip_suffix(".sh").unwrap_or(name);
        if WRAPPERS.contains(&bare) {
            command = match rest.iter().position(|word| word == "--") {
                Some(at) => &rest[at + 1..],
                // Without a command behind it, it only waits.
                None if bare.starts_with("wait-for") => return Some(Vec::new()),
                None => behind_options(rest),
            };
        } else if WRAPPERS_WITH_A_WORD.contains(&name) {
            let (_, behind) = behind_options(rest).split_first()?;
            command = behind_options(behind);
        } else if name == "env" {
            let at = rest.iter().position(|word| !word.contains('=')).unwrap_or(rest.len());
            command = &rest[at..];
        } else if matches!(first.as_str(), "$@" | "$*") {
            return Some(vec![Program::Arguments]);
        } else if matches!(name, "sh" | "bash" | "ash" | "dash") {
            return shell(rest, variable, depth);
        } else {
            return tool(first, name, rest, variable);
        }
    }
    None
}

fn started_by(script: &Text, variable: Variable<'_>, depth: usize) -> Option<Vec<Program>> {
    let mut programs = Vec::new();
    for command in words::parse_shell(script) {
        let words: Vec<String> = command.words.iter().map(|word| plain(word, script)).collect();
        programs.extend(started(&words, variable, depth)?);
    }
    Some(programs)
}

/// A word as far as it is written out; what a variable fills in is no name of anything.
fn plain(word: &Word, script: &Text) -> String {
    if let [WordPart::Opaque(span)] = word.parts.as_slice() {
        let start = span.start.saturating_sub(script.span().start) as usize;
        let written = script.as_str().get(start..start + span.len()).unwrap_or_default();
        return if matches!(written, "$@" | "$*") { written.to_owned() } else { "$".to_owned() };
    }
    word.literal().map_or_else(|| "$".to_owned(), |text| text.as_str().to_owned())
}

/// `sh -c "…"`, `sh start.sh`.
fn shell(words: &[String], variable: Variable<'_>, depth: usize) -> Option<Vec<Program>> {
    let at = words.iter().position(|word| !word.starts_with('-'))?;
    let with_command = words[..at].iter().any(|option| option.ends_with('c'));
    let first = &words[at];
    if !with_command {
        return Some(vec![Program::Script(first.clone())]);
    }
    let script = Text::exact(first, crate::source::Span::new(crate::source::FileId(0), 0..first.len()));
    if depth < MAX_SCRIPTS { started_by(&script, variable, depth + 1) } else { None }
}

/// What a program that is no wrapper loads.
fn tool(path: &str, name: &str, rest: &[String], variable: Variable<'_>) -> Option<Vec<Program>> {
    let one = |names: Vec<Name>| (!names.is_empty()).then(|| vec![Program::Python(names)]);
    match name {
        _ if HARMLESS.contains(&name) => Some(Vec::new()),
        _ if FOREIGN.contains(&name) => Some(vec![Program::Foreign]),
        _ if is_python(name) => python(rest, variable),
        "uvicorn" | "hypercorn" | "daphne" | "granian" | "gunicorn" => {
            one(vec![Name::Module(module_of(positional(rest).next()?))])
        }
        "celery" | "flower" => one(application(&option(rest, &["-A", "--app"])?)),
        "arq" | "saq" | "huey_consumer" | "huey_consumer.py" => one(member(positional(rest).next()?)),
        "dramatiq" => {
            let modules = positional(rest).map(|word| Program::Python(vec![Name::Module(module_of(word))]));
            Some(modules.collect::<Vec<_>>()).filter(|modules| !modules.is_empty())
        }
        "taskiq" if !rest.iter().any(|word| matches!(word.as_str(), "-fsd" | "--fs-discover")) => {
            let modules = positional(rest).skip(1).map(|word| Program::Python(vec![Name::Module(module_of(word))]));
            Some(modules.collect::<Vec<_>>()).filter(|modules| !modules.is_empty())
        }
        "flask" => one(flask(rest, variable)),
        "fastapi" => match positional(rest).nth(1) {
            Some(path) => one(vec![Name::File(path.to_owned())]),
            None => one(["main.py", "app.py", "api.py", "app/main.py", "app/app.py", "app/api.py"].map(file).to_vec()),
        },
        "streamlit" => one(vec![file(positional(rest).nth(1)?)]),
        "locust" => one(vec![file(&option(rest, &["-f", "--locustfile"]).unwrap_or("locustfile.py".to_owned()))]),
        "alembic" => one(vec![file("env.py")]),
        // The jobs of `rq worker` are named in the queue: any code of the image may be one.
        _ if name.ends_with(".py") => one(vec![file(path)]),
        _ if name.ends_with(".sh") || path.contains('/') => Some(vec![Program::Script(path.to_owned())]),
        _ => None,
    }
}

fn is_python(name: &str) -> bool {
    ["python", "pypy"].iter().any(|start| {
        name.strip_prefix(start).is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'))
    })
}

/// `python -m package.module`, `python path/to/file.py`.
fn python(words: &[String], variable: Variable<'_>) -> Option<Vec<Program>> {
    let mut at = 0;
    loop {
        match words.get(at)?.as_str() {
            "-m" => {
                let module = words.get(at + 1)?;
                let rest = &words[at + 2..];
                let known = Some(module).filter(|module| !is_python(module));
                let known = known
                    .and_then(|module| tool(module, module, rest, variable))
                    .filter(|programs| !programs.is_empty());
                let package = Name::Module(format!("{module}.__main__"));
                return known.or_else(|| Some(vec![Program::Python(vec![Name::Module(module.clone()), package])]));
            }
            "-X" | "-W" => at += 2,
            "-c" | "-" => return None,
            option if option.starts_with('-') => at += 1,
            path => return Some(vec![Program::Python(vec![file(path)])]),
        }
    }
}

/// `flask --app package:create_app run`, or what `FLASK_APP` says.
fn flask(words: &[String], variable: Variable<'_>) -> Vec<Name> {
    let Some(said) = option(words, &["-A", "--app"]).or_else(|| variable("FLASK_APP")) else {
        return vec![file("wsgi.py"), file("app.py")];
    };
    let module = said.split(':').next().unwrap_or_default();
    if module.ends_with(".py") { vec![file(module)] } else { vec![Name::Module(module.replace('/', "."))] }
}

/// The modules that `celery -A` may mean.
fn application(said: &str) -> Vec<Name> {
    let module = module_of(said);
    let mut names = vec![Name::Module(format!("{module}.celery"))];
    names.extend(member(said));
    names
}

/// A member of a module, `package.module:name` or `package.module.name`, or a module itself.
fn member(said: &str) -> Vec<Name> {
    let module = module_of(said);
    let owner = module.rsplit_once('.').map(|(owner, _)| Name::Module(owner.to_owned()));
    std::iter::once(Name::Module(module.clone())).chain(owner.filter(|_| !said.contains(':'))).collect()
}

fn module_of(said: &str) -> String {
    said.split(':').next().unwrap_or_default().to_owned()
}

fn file(path: &str) -> Name {
    Name::File(path.to_owned())
}

/// The words behind leading options.
fn behind_options(words: &[String]) -> &[String] {
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|word| word.starts_with('-')) {
        // `uv run --package web`, `uv run --extra redis`: of the options of wrappers these take a value.
        const VALUED: [&str; 10] = [
            "--package",
            "--extra",
            "--group",
            "--with",
            "--directory",
            "--project",
            "--env-file",
            "--python",
            "-p",
            "-C",
        ];
        at += if VALUED.contains(&word.as_str()) { 2 } else { 1 };
    }
    words.get(at..).unwrap_or_default()
}

/// The words that are neither options nor their values.
fn positional(words: &[String]) -> impl Iterator<Item = &str> {
    let mut value = false;
    words.iter().map(String::as_str).filter(move |word| {
        let option = word.starts_with('-');
        let taken = std::mem::replace(&mut value, option && !word.contains('=') && !FLAGS.contains(word));
        !option && !taken
    })
}

/// The value of an option: `-A name`, `-Aname`, `--app=name`.
fn option(words: &[String], names: &[&str]) -> Option<String> {
    words.iter().enumerate().find_map(|(at, word)| {
        names.iter().find_map(|name| {
            let rest = word.strip_prefix(name)?;
            match rest.strip_prefix('=') {
                Some(value) => Some(value.to_owned()),
                None if rest.is_empty() => words.get(at + 1).cloned(),
                None if !name.starts_with("--") => Some(rest.to_owned()),
                None => None,
            }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The programs of a script, `-` where they can't be told.
    fn shown(script: &str) -> String {
        let text = Text::exact(script, crate::source::Span::new(crate::source::FileId(0), 0..script.len()));
        let variable = |name: &str| (name == "FLASK_APP").then(|| "web.factory:make".to_owned());
        let Some(programs) = of_script(&text, &variable) else { return "-".to_owned() };
        let name = |name: &Name| match name {
            Name::Module(module) => module.clone(),
            Name::File(path) => format!("./{path}"),
        };
        let all = programs.iter().map(|program| match program {
            Program::Python(names) => names.iter().map(name).collect::<Vec<_>>().join("|"),
            Program::Script(path) => format!("script {path}"),
            Program::Arguments => "arguments".to_owned(),
            Program::Foreign => "foreign".to_owned(),
        });
        all.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn every_server_and_worker_names_its_code() {
        for (script, expected) in [
            ("uvicorn app.main:app --host 0.0.0.0 --port 80", "app.main"),
            ("uvicorn --reload --host 0.0.0.0 app.main:app", "app.main"),
            ("gunicorn -w 4 -k uvicorn.workers.UvicornWorker pkg.wsgi", "pkg.wsgi"),
            ("gunicorn --bind=:80 'pkg:create_app()'", "pkg"),
            ("hypercorn app:app", "app"),
            ("daphne -b 0.0.0.0 -p 8000 proj.asgi:application", "proj.asgi"),
            ("celery -A proj worker -l info", "proj.celery|proj"),
            ("celery --app=proj.tasks.app beat", "proj.tasks.app.celery|proj.tasks.app|proj.tasks"),
            ("celery -Aproj:app worker", "proj.celery|proj"),
            ("python -m pkg.mod", "pkg.mod|pkg.mod.__main__"),
            ("python3.12 -u -m celery -A proj worker", "proj.celery|proj"),
            ("python manage.py runserver", "./manage.py"),
            ("./manage.py migrate", "././manage.py"),
            ("python src/bot.py --verbose", "./src/bot.py"),
            ("flask --app pkg.web run", "pkg.web"),
            ("flask run", "web.factory"),
            ("fastapi run app/main.py --port 80", "./app/main.py"),
            ("arq app.worker.WorkerSettings", "app.worker.WorkerSettings|app.worker"),
            ("dramatiq pkg.actors pkg.more -p 2", "pkg.actors pkg.more"),
            ("huey_consumer.py pkg.tasks.huey -w 2", "pkg.tasks.huey|pkg.tasks"),
            ("taskiq worker pkg.broker:broker pkg.tasks", "pkg.broker pkg.tasks"),
            ("saq app.queue.settings", "app.queue.settings|app.queue"),
            ("locust -f load/file.py", "./load/file.py"),
            ("streamlit run ui.py", "./ui.py"),
        ] {
            assert_eq!(shown(script), expected, "{script}");
        }
    }

    #[test]
    fn wrappers_are_looked_through() {
        for (script, expected) in [
            ("exec poetry run uvicorn app:app", "app"),
            ("uv run --no-dev --package web gunicorn app:app", "app"),
            ("env A=b /venv/bin/uvicorn app:app", "app"),
            ("tini -- gosu app python -m bot", "bot|bot.__main__"),
            ("./wait-for-it.sh db:5432 -- uvicorn app:app", "app"),
            ("sh -c 'cd /srv && sleep 1 && uvicorn app:app'", "app"),
            ("alembic upgrade head && uvicorn app:app", "./env.py app"),
            ("bash start.sh", "script start.sh"),
            ("sh -c 'npm run watch'", "foreign"),
            ("nginx -g 'daemon off;'", "foreign"),
            ("npm run build && gunicorn app:app", "foreign app"),
            ("set -e\necho hi\nexec \"$@\"", "arguments"),
            ("if [ \"$1\" = web ]; then uvicorn a:a; else celery -A b worker; fi", "a b.celery|b"),
        ] {
            assert_eq!(shown(script), expected, "{script}");
        }
    }

    #[test]
    fn what_cannot_be_told_is_not_guessed() {
        for script in [
            "rq worker",
            "supervisord -c x.conf",
            "celery worker",
            "python -c 'import app'",
            "python",
            "taskiq worker pkg:broker -fsd",
            "run_everything",
            "gunicorn --unheard-of app:app",
            "uvicorn app:app && something_else",
            "eval \"$COMMAND\"",
            "$COMMAND",
        ] {
            assert_eq!(shown(script), "-", "{script}");
        }
        // A name that a variable fills in names no file.
        assert_eq!(shown("uvicorn $APP"), "$");
    }
}
