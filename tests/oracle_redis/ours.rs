//! Our side of the comparison: what redislint says of a server configuration and a client setting.

use redislint::facts::{ConfFile, Facts};
use redislint::model::{Auth, FailStage, Family, Outcome, Server, VersionRange};
use redislint::resolve::evaluate::ConnectionSettings;
use redislint::resolve::project::{Case, Container, Mount, Variable, Variables};
use redislint::resolve::{handshake, server_auth};
use redislint::source::{Sources, Span};
use redislint::symbol::{Resolved, Symbols};
use redislint::syntax::redis_conf;
use redislint::text::Text;
use redislint::tree::Index;

use crate::catalogue::Setup;
use crate::live::argv;

pub struct Ours {
    pub sources: Sources,
    pub symbols: Symbols,
    pub server: Server,
}

pub fn text(value: &str) -> Text {
    Text::mapped(value, place())
}

pub fn place() -> Span {
    Span::new(redislint::source::FileId(0), 0..1)
}

/// Our reading of a setup, in a container whose image tag names the version.
pub fn ours(setup: &Setup, image: &str) -> Ours {
    ours_with(setup, image, None, &[])
}

/// The same with a health check and variables of the container.
pub fn ours_with(setup: &Setup, image: &str, test: Option<&[String]>, variables: &[(&str, &str)]) -> Ours {
    let mut sources = Sources::default();
    sources.add("compose.yaml", b"services: {}", None);
    let (mut facts, mut files) = (Facts::default(), Vec::new());
    for (name, body) in [("redis.conf", &setup.conf), ("users.acl", &setup.acl)] {
        let Some(body) = body else { continue };
        let file = sources.add(name, body.as_bytes(), None);
        let (lines, _) = redis_conf::parse(file, body);
        facts.confs.push(ConfFile {
            file,
            path: name.to_owned(),
            lines,
            comment: redis_conf::first_comment(file, body),
        });
        files.push((name.to_owned(), None));
    }
    let index = Index::new(files.clone());
    let mounts = files.iter().map(|(name, _)| Mount {
        span: place(),
        source: Some(name.clone()),
        volume: None,
        target: format!("/cfg/{name}"),
        content: None,
        contents: Vec::new(),
        exists: Some(true),
    });
    let argv = argv(setup, "6379", "/cfg");
    let command: Vec<Text> = std::iter::once("redis-server").chain(argv.iter().map(String::as_str)).map(text).collect();
    let mut environment = Variables::default();
    for (name, value) in variables {
        let value = Resolved::known(text(value), Vec::new());
        environment.map.insert((*name).to_owned(), Variable { name_span: place(), taken_in: place(), value });
    }
    let container = Container {
        image: Some(Resolved::known(text(image), Vec::new())),
        command: Some(vec![Case { when: Vec::new(), value: command, trace: Vec::new() }]),
        command_span: Some(place()),
        environment,
        mounts: mounts.collect(),
        healthcheck: test.map(|test| {
            vec![Case { when: Vec::new(), value: test.iter().map(|word| text(word)).collect(), trace: Vec::new() }]
        }),
        ..Container::named("redis", place())
    };
    let symbols = Symbols::default();
    let server = server_auth::server(&container, &facts, &index, &mut sources, &symbols).expect("a server");
    Ours { sources, symbols, server }
}

impl Ours {
    pub fn outcome(&self, url: &str, version: (u32, u32)) -> Outcome {
        assert!(self.sources.find("compose.yaml").is_some());
        let settings =
            ConnectionSettings { url: Some(Resolved::known(text(url), Vec::new())), ..ConnectionSettings::default() };
        let range = VersionRange { from: Some(version), to: Some(version) };
        let cases = handshake::connect(&settings, Family::RedisPy, range, &self.symbols);
        let [case] = cases.as_slice() else { panic!("one case for {url}") };
        let auth: &Auth = &self.server.auth[0].auth;
        let all = handshake::outcomes(case, Family::RedisPy, range, &self.server, auth, &self.symbols);
        let [(_, outcome)] = all.as_slice() else { panic!("one version has one outcome: {url}") };
        outcome.clone()
    }
}

/// Our outcome in the words of a transcript.
pub fn spoken(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Works | Outcome::WorksUnauthenticated { .. } => "PONG".to_owned(),
        Outcome::Fails { stage: FailStage::Start, .. } => "does not start".to_owned(),
        Outcome::Fails { error, .. } => error.clone(),
        Outcome::Hangs { .. } => "hangs".to_owned(),
        Outcome::Undetermined => "undetermined".to_owned(),
    }
}
