//! Small models for the rules' unit tests.

use crate::config::Config;
use crate::finding::{Confidence, Finding};
use crate::model::*;
use crate::rule::{Context, Rule};
use crate::source::{FileId, Sources, Span};
use crate::symbol::{Condition, Symbols};
use crate::text::Text;

/// A span in the only file.
pub fn span(start: u32, end: u32) -> Span {
    Span { file: FileId(0), start, end }
}

/// A text at `start`.
pub fn text(value: &str, start: u32) -> Text {
    Text::exact(value, span(start, start + u32::try_from(value.len()).unwrap()))
}

/// An authentication with a password for the default user, or an open one.
pub fn auth(when: Vec<Condition>, password: Option<Text>) -> AuthCase {
    let user = User {
        name: text("default", 0),
        on: true,
        nopass: password.is_none(),
        span: password.as_ref().map(Text::span),
        passwords: password.into_iter().map(Password::Plain).collect(),
        trace: Vec::new(),
    };
    AuthCase { when, auth: Auth::Users(vec![user]) }
}

/// A server named `redis` of the official image, defined at 100.
pub fn server(auth: Vec<AuthCase>) -> Server {
    Server {
        id: "redis".to_owned(),
        service: Some("redis".to_owned()),
        span: span(100, 105),
        names: vec!["redis".to_owned()],
        product: Product::Redis,
        distribution: Distribution::Official,
        version: VersionRange { from: Some((7, 0)), to: Some((7, 0)) },
        image: Some(text("redis:7", 110)),
        port: Some(6379),
        tls_port: None,
        auth,
        databases: Some(16),
        bind: None,
        directives: Vec::new(),
        variables: Vec::new(),
        mounts: Vec::new(),
        healthcheck: None,
        published: Vec::new(),
        networks: None,
        host_network: false,
        command: None,
        confidence: Confidence::High,
    }
}

/// A client setting `REDIS_URL` at 10 in the service `web`.
pub fn client(password: Option<Text>, reach: Reach) -> Client {
    let case = ClientCase {
        when: Vec::new(),
        url: Some(text("redis://redis:6379/0", 10)),
        host: Some(text("redis", 18)),
        port: Some(6379),
        port_span: None,
        db: Some(0),
        tls: false,
        username: None,
        password,
        error: None,
        trace: Vec::new(),
        reach,
    };
    Client {
        master: None,
        id: "web".to_owned(),
        place: Place::Container("web".to_owned()),
        setting: Some("REDIS_URL".to_owned()),
        span: span(0, 9),
        cases: vec![case],
        family: Family::RedisPy,
        version: VersionRange::default(),
        confidence: Confidence::High,
    }
}

/// The end of a link between the first alternatives.
pub fn end(outcome: Outcome) -> LinkCase {
    LinkCase { when: Vec::new(), versions: VersionRange::default(), client_case: 0, server_case: 0, outcome }
}

/// A refused login.
pub fn refused(error: &str, fault: AuthFault) -> Outcome {
    Outcome::Fails { stage: FailStage::Auth, error: error.to_owned(), fault: Some(fault) }
}

/// A compose project of production with these parts and a link between the first client and the first server.
pub fn environment(servers: Vec<Server>, clients: Vec<Client>, outcomes: Vec<LinkCase>) -> Environment {
    Environment {
        name: "compose.yaml".to_owned(),
        kind: EnvironmentKind::Compose,
        stage: Stage::Production,
        files: vec![FileId(0)],
        evidence: String::new(),
        evidence_at: None,
        confidence: Confidence::High,
        given: crate::model::Given::default(),
        services: Vec::new(),
        servers,
        clients,
        links: if outcomes.is_empty() { Vec::new() } else { vec![Link { client: 0, server: 0, outcomes }] },
        cluster: ClusterView::default(),
        references: Vec::new(),
        missing: Vec::new(),
        lost_words: Vec::new(),
    }
}

/// What a rule finds in an environment.
pub fn check(rule: &Rule, environment: Environment) -> Vec<Finding> {
    let model = Model { environments: vec![environment], ..Model::default() };
    check_model(rule, &model, "compose.yaml", None)
}

/// What a rule finds in a model whose only file is `path`.
pub fn check_model(rule: &Rule, model: &Model, path: &str, tracked: Option<bool>) -> Vec<Finding> {
    let mut sources = Sources::default();
    sources.add(path, &[b' '; 200], tracked);
    let symbols = Symbols::default();
    let mut findings = Vec::new();
    let config = Config::default();
    (rule.check)(
        &Context { model, symbols: &symbols, sources: &sources, config: &config, pedantic: false },
        &mut findings,
    );
    findings
}
