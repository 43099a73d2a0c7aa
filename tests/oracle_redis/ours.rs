//! Our side of the comparison: what redislint says of a server configuration and a client setting.

use redislint::facts::{ConfFile, Facts};
use redislint::model::{Auth, ClientCase, FailStage, Family, Outcome, Server, VersionRange};
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

/// A value that is written down somewhere.
pub fn known(value: &str) -> Resolved {
    Resolved::known(text(value), Vec::new())
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
    let files: Vec<(&str, &str)> = [("redis.conf", &setup.conf), ("users.acl", &setup.acl)]
        .into_iter()
        .filter_map(|(name, body)| Some((name, body.as_deref()?)))
        .collect();
    let command = std::iter::once("redis-server".to_owned()).chain(argv(setup, "6379", FOLDER)).collect();
    read(command, &files, variables, image, test).expect("a server")
}

/// A command as it stands in a compose file, with what it meets in the container. `@` stands for the folder of the files.
#[derive(Clone)]
pub struct Scene {
    pub command: Vec<String>,
    pub files: &'static [(&'static str, &'static str)],
    pub environment: &'static [(&'static str, &'static str)],
}

/// Where the files lie in the container.
const FOLDER: &str = "/cfg";

/// What we make of a container; `None`: it runs no server.
fn read(
    command: Vec<String>,
    files: &[(&str, &str)],
    variables: &[(&str, &str)],
    image: &str,
    test: Option<&[String]>,
) -> Option<Ours> {
    let mut sources = Sources::default();
    let script = command.join("\n");
    let first = sources.add("compose.yaml", script.as_bytes(), None);
    let mut facts = Facts::default();
    for (name, body) in files {
        let file = sources.add(*name, body.as_bytes(), None);
        let (lines, _) = redis_conf::parse(file, body);
        let comment = redis_conf::first_comment(file, body);
        facts.confs.push(ConfFile { file, path: (*name).to_owned(), lines, comment });
    }
    let index = Index::new(files.iter().map(|(name, _)| ((*name).to_owned(), None)).collect::<Vec<_>>());
    let mount = |source: &str, target: String| Mount {
        span: place(),
        source: Some(source.to_owned()),
        volume: None,
        target,
        content: None,
        contents: Vec::new(),
        exists: Some(true),
    };
    // Words have the places that they have in the text, as what stands between them is read there.
    let mut at = 0;
    let mut word = |word: &String| {
        let begin = at;
        at += word.len() + 1;
        Text::exact(word, Span::new(first, begin..begin + word.len()))
    };
    let command = command.iter().map(&mut word).collect();
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
        mounts: vec![mount("", FOLDER.to_owned())],
        working_dir: Some(text(FOLDER)),
        healthcheck: test.map(|test| {
            vec![Case { when: Vec::new(), value: test.iter().map(|word| text(word)).collect(), trace: Vec::new() }]
        }),
        ..Container::named("redis", place())
    };
    let symbols = Symbols::default();
    let server = server_auth::server(&container, &facts, &index, &mut sources, &symbols)?;
    Some(Ours { sources, symbols, server })
}

impl Ours {
    /// Our reading of a configuration file alone.
    pub fn of_conf(conf: &str, image: &str) -> Self {
        let command = ["redis-server".to_owned(), format!("{FOLDER}/redis.conf")];
        read(command.into(), &[("redis.conf", conf)], &[], image, None).expect("a server")
    }

    /// Our reading of a scene; `None`: no server.
    pub fn of_scene(scene: &Scene, image: &str) -> Option<Self> {
        let real = |text: &str| text.replace("@/", &format!("{FOLDER}/"));
        let bodies: Vec<(&str, String)> = scene.files.iter().map(|(name, body)| (*name, real(body))).collect();
        let files: Vec<(&str, &str)> = bodies.iter().map(|(name, body)| (*name, body.as_str())).collect();
        read(scene.command.iter().map(|word| real(word)).collect(), &files, scene.environment, image, None)
    }

    pub fn outcome(&self, url: &str, version: (u32, u32)) -> Outcome {
        self.outcome_of(Family::RedisPy, url, version)
    }

    /// What becomes of another server that logs in so.
    pub fn login(&self, family: Family, user: &str, password: &str) -> Outcome {
        let value = |value: &str| Some(known(value));
        let given = |given: &str| value(given).filter(|_| !given.is_empty());
        let settings = ConnectionSettings {
            host: value("redis"),
            username: given(user),
            password: given(password),
            ..ConnectionSettings::default()
        };
        self.end(&settings, family, VersionRange::default()).1
    }

    /// What becomes of a client of this library.
    pub fn outcome_of(&self, family: Family, url: &str, version: (u32, u32)) -> Outcome {
        assert!(self.sources.find("compose.yaml").is_some());
        let settings =
            ConnectionSettings { url: Some(Resolved::known(text(url), Vec::new())), ..ConnectionSettings::default() };
        self.end(&settings, family, VersionRange { from: Some(version), to: Some(version) }).1
    }

    /// What a client with these settings connects with, and what becomes of it.
    pub fn end(&self, settings: &ConnectionSettings, family: Family, range: VersionRange) -> (ClientCase, Outcome) {
        let cases = handshake::connect(settings, family, range, &self.symbols);
        let [case] = cases.as_slice() else { panic!("one case for {settings:?}") };
        let auth: &Auth = &self.server.auth[0].auth;
        let all = handshake::outcomes(case, family, range, &self.server, auth, &self.symbols);
        let [(_, outcome)] = all.as_slice() else { panic!("one version has one outcome: {settings:?}") };
        (case.clone(), outcome.clone())
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
