//! Cells that need no server: symbols, versions, and libraries that are not in Python.

use super::*;
use crate::finding::Confidence;
use crate::model::{
    Auth, AuthFault, ClientCase, Distribution, FailStage, Family, Outcome, Password, Product, Server, User,
    VersionRange,
};
use crate::resolve::evaluate::ConnectionSettings;
use crate::source::{FileId, Span};
use crate::symbol::{Change, Resolved, Symbol, Symbols};
use crate::text::Text;

fn place() -> Span {
    Span::new(FileId(0), 0..1)
}

fn text(value: &str) -> Text {
    Text::mapped(value, place())
}

fn server() -> Server {
    Server {
        id: "redis".to_owned(),
        service: None,
        span: place(),
        names: Vec::new(),
        product: Product::Redis,
        distribution: Distribution::Official,
        version: VersionRange::default(),
        image: None,
        port: Some(6379),
        tls_port: None,
        auth: Vec::new(),
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

/// `default` with this password; none: open.
fn demands(password: Option<&str>) -> Auth {
    Auth::Users(vec![User {
        name: text("default"),
        on: true,
        nopass: password.is_none(),
        passwords: password.map(|password| Password::Plain(text(password))).into_iter().collect(),
        span: None,
        trace: Vec::new(),
    }])
}

fn case(url: &str, family: Family, version: VersionRange, symbols: &Symbols) -> ClientCase {
    let settings =
        ConnectionSettings { url: Some(Resolved::known(text(url), Vec::new())), ..ConnectionSettings::default() };
    connect(&settings, family, version, symbols).remove(0)
}

fn ends(
    url: &str,
    family: Family,
    version: VersionRange,
    auth: &Auth,
    symbols: &Symbols,
) -> Vec<(VersionRange, Outcome)> {
    outcomes(&case(url, family, version, symbols), family, version, &server(), auth, symbols)
}

fn fault(outcome: &Outcome) -> Option<AuthFault> {
    match outcome {
        Outcome::Fails { stage: FailStage::Auth, fault, .. } => *fault,
        _ => None,
    }
}

fn of(major: u32) -> VersionRange {
    VersionRange { from: Some((major, 0)), to: Some((major, u32::MAX)) }
}

#[test]
fn an_unknown_version_has_both_ends() {
    let symbols = Symbols::default();
    let all = ends("redis://:pw@h", Family::RedisPy, VersionRange::default(), &demands(None), &symbols);
    let [(old, refused), (new, silent)] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((old.to, new.from), (Some((7, u32::MAX)), Some((8, 0))));
    assert_eq!(fault(refused), Some(AuthFault::UnexpectedPassword));
    assert_eq!(*silent, Outcome::WorksUnauthenticated { fault: AuthFault::UnexpectedPassword });
    let named = ends("redis://default:pw@h", Family::RedisPy, VersionRange::default(), &demands(None), &symbols);
    assert_eq!(named.len(), 1);
}

#[test]
fn the_decisive_row_of_node() {
    let symbols = Symbols::default();
    for (family, major, refused) in [
        (Family::NodeRedis, 3, false),
        (Family::NodeRedis, 4, true),
        (Family::NodeRedis, 5, true),
        (Family::NodeRedis, 6, false),
        (Family::Ioredis, 4, false),
        (Family::Ioredis, 5, false),
        (Family::Ioredis, 6, false),
    ] {
        let all = ends("redis://:pw@h", family, of(major), &demands(None), &symbols);
        let [(_, outcome)] = all.as_slice() else { panic!("{all:?}") };
        assert_eq!(fault(outcome).is_some(), refused, "{family:?} {major}: {outcome:?}");
    }
}

#[test]
fn symbols_match_themselves_and_leave_the_rest_open() {
    let symbols = Symbols::default();
    let (pw, other) = (symbols.variable("shell", "PW"), symbols.variable("shell", "OTHER"));
    let encoded = symbols.intern(Symbol::Changed { base: pw, change: Change::PercentEncoded });
    let outcome =
        |url: &str, password: &str| ends(url, Family::RedisPy, of(7), &demands(Some(password)), &symbols).remove(0).1;
    let symbol = pw.to_string();
    assert_eq!(outcome(&format!("redis://:{pw}@h"), &symbol), Outcome::Works);
    assert_eq!(outcome(&format!("redis://:{encoded}@h"), &symbol), Outcome::Works);
    assert_eq!(outcome(&format!("redis://:{other}@h"), &symbol), Outcome::Undetermined);
    assert_eq!(outcome("redis://:literal@h", &symbol), Outcome::Undetermined);
    assert_eq!(fault(&outcome(&format!("redis://:a{pw}@h"), "b")), Some(AuthFault::WrongPassword));
    assert_eq!(fault(&outcome("redis://h", &symbol)), Some(AuthFault::MissingPassword));
    let opaque = symbols.opaque(place());
    assert_eq!(outcome(&format!("redis://:{opaque}@h"), "x"), Outcome::Undetermined);
    // A URL of which nothing is known may hold the password.
    assert_eq!(outcome(&symbol, "x"), Outcome::Undetermined);
}

#[test]
fn libraries_read_urls_in_their_own_way() {
    let symbols = Symbols::default();
    let read = |url: &str, family, major| {
        let case = case(url, family, of(major), &symbols);
        let word = |text: Option<Text>| text.map(|text| text.as_str().to_owned());
        (word(case.username), word(case.password), case.db, case.tls, case.error.map(|error| error.message))
    };
    let word = |value: &str| Some(value.to_owned());
    assert_eq!(read("redis://:p%40w@h/1", Family::Arq, 0), (None, word("p%40w"), Some(1), false, None));
    assert_eq!(read("redis://:p%40w@h/1", Family::Kombu, 5), (None, word("p@w"), Some(1), false, None));
    assert_eq!(read("redis://:p%40w@h", Family::RedisPy, 3), (None, word("p%40w"), Some(0), false, None));
    assert_eq!(read("redis://pw@h", Family::RedisCli, 7), (None, word("pw"), Some(0), false, None));
    assert_eq!(read("redis://:pw@h", Family::RedisCli, 7), (word(""), word("pw"), Some(0), false, None));
    assert_eq!(read("redis://u:pw@h", Family::Ioredis, 4), (None, word("pw"), Some(0), false, None));
    assert_eq!(read("redis://h?password=pw", Family::NodeRedis, 5), (None, None, Some(0), false, None));
    assert_eq!(read("redis://h?ssl_cert_reqs=none", Family::Kombu, 5), (None, None, Some(0), true, None));
    for (url, family, error) in [
        ("redis://h/abc", Family::NodeRedis, "TypeError: Invalid pathname"),
        ("redis://:p%w@h", Family::NodeRedis, "URIError: URI malformed"),
        ("redis://h/abc", Family::Kombu, "ValueError: Database is int between 0 and limit - 1, not abc"),
        ("http://h", Family::Arq, "RuntimeError: invalid DSN scheme"),
        ("redis://:p#w@h", Family::RedisPy, "ValueError: Port could not be cast to integer value as '***'"),
    ] {
        assert_eq!(read(url, family, 5).4.as_deref(), Some(error), "{url}");
    }
    assert!(read("rediss://h", Family::CeleryBackend, 5).4.is_some_and(|text| text.contains("ssl_cert_reqs")));
}

#[test]
fn ports_tls_and_databases() {
    let symbols = Symbols::default();
    let outcome = |url: &str| ends(url, Family::RedisPy, of(7), &demands(None), &symbols).remove(0).1;
    assert!(matches!(outcome("rediss://h"), Outcome::Hangs { .. }));
    assert!(matches!(outcome("redis://h:6380"), Outcome::Fails { stage: FailStage::Connect, .. }));
    assert!(matches!(outcome("redis://h/16"), Outcome::Fails { stage: FailStage::Select, .. }));
    assert_eq!(outcome("redis://h/15"), Outcome::Works);
}

#[test]
fn digests_are_compared() {
    let symbols = Symbols::default();
    let digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let Auth::Users(mut users) = demands(Some("x")) else { panic!("users") };
    users[0].passwords = vec![Password::Sha256(text(digest))];
    let auth = Auth::Users(users);
    let end = |url| ends(url, Family::RedisPy, of(7), &auth, &symbols).remove(0).1;
    assert_eq!(end("redis://:test@h"), Outcome::Works);
    assert_eq!(fault(&end("redis://:tests@h")), Some(AuthFault::WrongPassword));
}
