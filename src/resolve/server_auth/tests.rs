//! Containers as compose describes them → the authentication in force.

use super::*;
use crate::model::{Auth, Password, User, VariableUse};
use crate::resolve::project::Variable;
use crate::source::FileId;
use crate::symbol::{Alternative, Condition, Resolved};
use crate::syntax::redis_conf;

struct World {
    sources: Sources,
    symbols: Symbols,
    facts: Facts,
    index: Index,
    container: Container,
}

fn place() -> Span {
    Span::new(FileId(0), 0..1)
}

fn text(value: &str) -> Text {
    Text::mapped(value, place())
}

fn world(image: &str, command: &[&str]) -> World {
    let mut sources = Sources::default();
    sources.add("compose.yaml", b"services: {}", None);
    let words = command.iter().map(|word| text(word)).collect();
    let container = Container {
        image: Some(Resolved::known(text(image), Vec::new())),
        command: (!command.is_empty()).then(|| always(words)),
        ..Container::named("cache", place())
    };
    World { sources, symbols: Symbols::default(), facts: Facts::default(), index: Index::default(), container }
}

impl World {
    fn set(mut self, name: &str, value: &str) -> Self {
        let value = Resolved::known(text(value), Vec::new());
        let variable = Variable { name_span: place(), taken_in: place(), value };
        self.container.environment.map.insert(name.to_owned(), variable);
        self
    }

    fn mount(mut self, target: &str, body: &str) -> Self {
        let file = self.sources.add("redis.conf", body.as_bytes(), None);
        let (lines, _) = redis_conf::parse(file, body);
        self.facts.confs.push(ConfFile { file, path: "redis.conf".to_owned(), lines, comment: None });
        self.index.insert("redis.conf".to_owned(), None);
        let source = Some("redis.conf".to_owned());
        let target = target.to_owned();
        self.container.mounts.push(Mount {
            span: place(),
            source,
            volume: None,
            target,
            content: None,
            contents: Vec::new(),
            exists: Some(true),
        });
        self
    }

    fn server(mut self) -> Option<Server> {
        server(&self.container, &self.facts, &self.index, &mut self.sources, &self.symbols)
    }

    /// `open`, `password <it>`, `dead <text>` or `unknown`.
    fn auth(self) -> String {
        let server = self.server().expect("a server");
        spoken(&server.auth[0].auth)
    }
}

fn spoken(auth: &Auth) -> String {
    match auth {
        Auth::Unknown => "unknown".to_owned(),
        Auth::DoesNotStart { error, .. } => format!("dead {error}"),
        Auth::Users(users) => match users.as_slice() {
            [User { nopass: true, .. }] => "open".to_owned(),
            [User { passwords, .. }] => match passwords.as_slice() {
                [Password::Plain(text)] => format!("password {}", text.as_str()),
                _ => "other".to_owned(),
            },
            _ => "users".to_owned(),
        },
    }
}

#[test]
fn commands_in_every_form() {
    for (command, expected) in [
        (vec![], "open"),
        (vec!["--requirepass", "x"], "password x"),
        (vec!["redis-server", "--requirepass", "x"], "password x"),
        (vec!["docker-entrypoint.sh", "redis-server", "--requirepass", "x"], "password x"),
        (vec!["sh", "-c", "redis-server --requirepass \"$PW\""], "password secret"),
        (vec!["sh", "-c", "exec redis-server --requirepass ${PW:-other}"], "password secret"),
        (vec!["sh", "-c", "redis-server --requirepass ${NONE:-other}"], "password other"),
        (vec!["sh", "-c", "redis-server --requirepass $NONE"], "dead wrong number of arguments"),
        (vec!["sh", "-c", "redis-server --requirepass \"$NONE\""], "open"),
        (vec!["sh", "-c", "redis-server", "--requirepass", "x"], "open"),
        (vec!["redis-server", "--requirepass", "$PW"], "password $PW"),
        (vec!["redis-server --requirepass x"], "dead exec: \"redis-server …\": executable file not found in $PATH"),
        (vec!["./start.sh"], "unknown"),
        (
            vec!["redis-server", "/etc/redis.conf"],
            "dead Fatal error, can't open config file '/etc/redis.conf': No such file or directory",
        ),
        (vec!["sh", "-c", "echo requirepass x > /tmp/r.conf && redis-server /tmp/r.conf"], "unknown"),
    ] {
        assert_eq!(world("redis:7", &command).set("PW", "secret").auth(), expected, "{command:?}");
    }
    assert!(world("redis:7", &["redis-cli", "monitor"]).server().is_none());
    assert!(world("postgres:16", &["postgres"]).server().is_none());
    assert!(world("oliver006/redis_exporter", &[]).server().is_none());
    assert_eq!(world("mycompany/thing", &["redis-server", "--requirepass", "x"]).auth(), "password x");
}

#[test]
fn mounted_files_count_when_they_are_named() {
    let named = world("redis:7", &["redis-server", "/etc/redis.conf"]).mount("/etc/redis.conf", "requirepass x\n");
    let server = named.server().expect("a server");
    assert_eq!(spoken(&server.auth[0].auth), "password x");
    assert_eq!((server.mounts[0].loaded, server.mounts[0].sets_password), (Some(true), true));

    let idle = world("redis:7", &[]).mount("/usr/local/etc/redis/redis.conf", "requirepass x\n").server().expect("one");
    assert_eq!((spoken(&idle.auth[0].auth), idle.mounts[0].loaded), ("open".to_owned(), Some(false)));
}

#[test]
fn images_read_their_own_variables() {
    let ignored = world("redis:7", &[]).set("REDIS_PASSWORD", "x").server().expect("a server");
    assert_eq!((spoken(&ignored.auth[0].auth), ignored.variables[0].usage), ("open".to_owned(), VariableUse::Ignored));

    assert_eq!(world("bitnami/redis", &[]).set("REDIS_PASSWORD", "x").auth(), "password x");
    assert_eq!(world("bitnami/redis", &[]).set("ALLOW_EMPTY_PASSWORD", "yes").auth(), "open");
    assert!(world("bitnami/redis", &[]).auth().starts_with("dead The REDIS_PASSWORD environment variable is empty"));
    let bypassed = world("bitnami/redis", &["redis-server"]).set("REDIS_PASSWORD", "x").server().expect("a server");
    assert_eq!(
        (spoken(&bypassed.auth[0].auth), bypassed.variables[0].usage),
        ("open".to_owned(), VariableUse::Bypassed)
    );

    assert_eq!(world("redis/redis-stack", &[]).set("REDIS_ARGS", "--requirepass x").auth(), "password x");
    assert_eq!(world("valkey/valkey:8", &[]).set("VALKEY_EXTRA_FLAGS", "--requirepass x").auth(), "password x");
    let dragonfly = "docker.dragonflydb.io/dragonflydb/dragonfly";
    assert_eq!(world(dragonfly, &["--requirepass=x"]).auth(), "password x");
    assert_eq!(world(dragonfly, &[]).set("DFLY_requirepass", "x").auth(), "password x");
}

#[test]
fn alternatives_stay_apart() {
    let mut world = world("redis:7", &["sh", "-c", "redis-server --requirepass \"$PW\""]);
    let symbol = world.symbols.variable("shell", "PW");
    let alternative = |when, value: &str| Alternative { when: vec![when], value: Some(text(value)), trace: Vec::new() };
    let value = Resolved {
        alternatives: vec![
            alternative(Condition::Unset(symbol), ""),
            alternative(Condition::Set(symbol), symbol.encode_utf8(&mut [0; 4])),
        ],
    };
    let variable = Variable { name_span: place(), taken_in: place(), value };
    world.container.environment.map.insert("PW".to_owned(), variable);
    let server = world.server().expect("a server");
    let cases: Vec<_> = server.auth.iter().map(|case| (case.when.clone(), spoken(&case.auth))).collect();
    assert_eq!(
        cases,
        [
            (vec![Condition::Unset(symbol)], "open".to_owned()),
            (vec![Condition::Set(symbol)], format!("password {symbol}")),
        ]
    );
}
