//! Each rule on models built by hand: what it says, where it points, and when it keeps silent.

use super::testing::*;
use super::*;
use crate::finding::{Confidence, Finding, Severity};
use crate::model::*;
use crate::source::Spanned;
use crate::symbol::{Condition, Symbols};

const E1: &str = "ERR AUTH <password> called without any password configured for the default user. \
                  Are you sure your configuration is correct?";

fn open_server() -> Server {
    server(vec![auth(vec![], None)])
}

fn locked_server() -> Server {
    server(vec![auth(vec![], Some(text("hunter2", 120)))])
}

fn only(findings: &[Finding]) -> &Finding {
    assert_eq!(findings.len(), 1, "{findings:#?}");
    assert!(!format!("{findings:?}").contains("hunter"), "a secret in {findings:?}");
    &findings[0]
}

#[test]
fn every_rule_has_its_own_name() {
    let mut names: Vec<_> = ALL.iter().map(|rule| rule.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), ALL.len());
}

#[test]
fn rules_are_listed_by_category() {
    assert!(ALL.is_sorted_by_key(|rule| rule.category));
}

#[test]
fn unexpected_password_is_worded_by_version() {
    let link = |old: Option<Outcome>, new: Option<Outcome>| {
        let range = |from, to| VersionRange { from, to };
        let ends = [(old, range(None, Some((7, 99)))), (new, range(Some((8, 0)), None))];
        let ends = ends.into_iter().filter_map(|(outcome, versions)| Some(LinkCase { versions, ..end(outcome?) }));
        let reach = Reach::Servers(vec![0]);
        let found = check(
            &unexpected_password::RULE,
            environment(vec![open_server()], vec![client(Some(text("hunter2", 20)), reach)], ends.collect()),
        );
        let found = only(&found);
        assert_eq!(found.primary.span, span(20, 27));
        (found.severity, found.message.rsplit_once(": ").unwrap().1.to_owned())
    };
    let old = || Some(refused(E1, AuthFault::UnexpectedPassword));
    let new = || Some(Outcome::WorksUnauthenticated { fault: AuthFault::UnexpectedPassword });
    let (severity, message) = link(old(), new());
    assert_eq!(severity, Severity::Error);
    assert_eq!(message, format!("refused by redis-py ≤ 7 (`{E1}`), silently unauthenticated from 8 on"));
    assert_eq!(link(old(), None), (Severity::Error, format!("redis-py is refused with `{E1}`")));
    assert_eq!(
        link(None, new()),
        (Severity::Warning, "redis-py is silently let in unauthenticated, as is everyone else".to_owned())
    );
}

#[test]
fn missing_password_points_at_the_url_and_at_requirepass() {
    let error = refused("NOAUTH Authentication required.", AuthFault::MissingPassword);
    let env =
        || environment(vec![locked_server()], vec![client(None, Reach::Servers(vec![0]))], vec![end(error.clone())]);
    let found = check(&missing_password::RULE, env());
    let found = only(&found);
    assert_eq!(found.primary.span, span(10, 30));
    assert_eq!(found.related[0].span, span(120, 127));
    assert_eq!(found.confidence, Confidence::High);
    assert!(found.message.contains("`NOAUTH Authentication required.`"));
    assert!(check(&wrong_password::RULE, env()).is_empty());
}

#[test]
fn wrong_password_points_at_both_passwords() {
    let error = refused("WRONGPASS invalid username-password pair or user is disabled.", AuthFault::WrongPassword);
    let client = client(Some(text("hunter3", 20)), Reach::Servers(vec![0]));
    let found = check(&wrong_password::RULE, environment(vec![locked_server()], vec![client], vec![end(error)]));
    let found = only(&found);
    assert_eq!((found.primary.span, found.related[0].span), (span(20, 27), span(120, 127)));
}

#[test]
fn an_unknown_end_is_no_fault() {
    let fault = refused("NOAUTH Authentication required.", AuthFault::MissingPassword);
    let branch = LinkCase { when: vec![Condition::Branch(span(0, 1))], ..end(fault.clone()) };
    let ends = vec![branch, end(Outcome::Undetermined)];
    let env = environment(vec![locked_server()], vec![client(None, Reach::Servers(vec![0]))], ends);
    assert!(check(&missing_password::RULE, env).is_empty());
    let fresh = LinkCase { when: vec![Condition::Unset('a')], ..end(fault) };
    let set = LinkCase { when: vec![Condition::Set('a')], ..end(Outcome::Undetermined) };
    let env = environment(vec![locked_server()], vec![client(None, Reach::Servers(vec![0]))], vec![fresh, set]);
    assert_eq!(only(&check(&missing_password::RULE, env)).confidence, Confidence::Medium);
}

fn literal(value: &str, stage: Stage) -> Model {
    let literal = Literal {
        value: text(value, 20),
        role: LiteralRole::Client,
        setting: Some("REDIS_URL".to_owned()),
        fallback: false,
        stage,
        environments: Vec::new(),
    };
    Model { literals: vec![literal], ..Model::default() }
}

#[test]
fn a_literal_is_as_bad_as_the_place_it_is_in() {
    let severity = |path, tracked, stage| {
        let found = check_model(&hardcoded_password::RULE, &literal("hunter2", stage), path, tracked);
        only(&found).severity
    };
    assert_eq!(severity("app/config.py", None, Stage::Unlabelled), Severity::Warning);
    assert_eq!(severity("app/config.py", Some(true), Stage::Development), Severity::Warning);
    assert_eq!(severity("compose.prod.yaml", Some(true), Stage::Production), Severity::Error);
    assert_eq!(severity(".env.staging", Some(true), Stage::Staging), Severity::Error);
    assert_eq!(severity(".env", Some(false), Stage::Production), Severity::Note);
    assert_eq!(severity(".env.example", Some(true), Stage::Unlabelled), Severity::Note);
    assert_eq!(severity("docs/compose.yaml", Some(true), Stage::Unlabelled), Severity::Note);
    assert_eq!(severity("latest/app.py", Some(true), Stage::Unlabelled), Severity::Warning);
}

#[test]
fn placeholders_and_references_are_no_literals() {
    let symbol = Symbols::default().variable("shell", "REDIS_PASSWORD").to_string();
    for value in ["<password>", "your-password", "xxx", "${REDIS_PASSWORD}", &symbol] {
        let found = check_model(&hardcoded_password::RULE, &literal(value, Stage::Production), "a.py", None);
        assert!(found.is_empty(), "{value}");
    }
    let changeme = literal("changeme", Stage::Unlabelled);
    assert!(check_model(&hardcoded_password::RULE, &changeme, ".env.example", None).is_empty());
    assert_eq!(check_model(&hardcoded_password::RULE, &changeme, "compose.yaml", None).len(), 1);
}

fn publish(server: Server, host_ip: Option<&str>, stage: Stage) -> Vec<Finding> {
    let published = Published {
        span: span(130, 139),
        host_ip: host_ip.map(|ip| text(ip, 130)),
        host_port: Some(text("6379", 130)),
        container_port: Some(6379),
        protocol: "tcp".to_owned(),
        mode: None,
        trace: Vec::new(),
    };
    let env = environment(vec![Server { published: vec![published], ..server }], vec![], vec![]);
    check(&published_port::RULE, Environment { stage, ..env })
}

#[test]
fn a_published_port_is_as_bad_as_its_authentication() {
    let end = |server, stage| {
        let found = publish(server, None, stage);
        let found = only(&found);
        assert_eq!(found.primary.span, span(130, 139));
        (found.severity, found.confidence)
    };
    assert_eq!(end(open_server(), Stage::Unlabelled), (Severity::Error, Confidence::High));
    assert_eq!(end(open_server(), Stage::Development), (Severity::Warning, Confidence::High));
    assert_eq!(end(locked_server(), Stage::Production), (Severity::Note, Confidence::High));
    let unknown = server(vec![AuthCase { when: vec![], auth: Auth::Unknown }]);
    assert_eq!(end(unknown, Stage::Production), (Severity::Warning, Confidence::Medium));
    let symbol = Symbols::default().variable("shell", "PW").to_string();
    let symbolic = server(vec![auth(vec![], Some(text(&symbol, 120)))]);
    assert_eq!(end(symbolic, Stage::Production), (Severity::Warning, Confidence::Medium));
    let fresh = server(vec![
        auth(vec![Condition::Unset('a')], None),
        auth(vec![Condition::Set('a')], Some(text(&symbol, 120))),
    ]);
    assert_eq!(end(fresh, Stage::Production), (Severity::Error, Confidence::Medium));
}

#[test]
fn loopback_publishing_is_silent() {
    for ip in ["127.0.0.1", "127.0.1.9", "::1", "[::1]", "localhost"] {
        assert!(publish(open_server(), Some(ip), Stage::Production).is_empty(), "{ip}");
    }
    for ip in ["", "0.0.0.0", "::"] {
        assert_eq!(publish(open_server(), Some(ip), Stage::Production).len(), 1, "{ip}");
    }
    let symbol = Symbols::default().variable("shell", "BIND").to_string();
    assert!(publish(open_server(), Some(&symbol), Stage::Production).is_empty());
    let found = publish(open_server(), Some("192.168.1.137"), Stage::Production);
    assert_eq!(only(&found).confidence, Confidence::Medium);
}

fn unprotected(server: Server) -> Server {
    let directive = Directive {
        name: Spanned::new("protected-mode".to_owned(), span(140, 156)),
        arguments: vec![text("no", 157)],
        from_arguments: true,
        overridden_by: None,
    };
    Server { directives: vec![directive], ..server }
}

#[test]
fn protected_mode_counts_only_where_it_changes_something() {
    let official = unprotected(open_server());
    assert!(check(&protected_mode_off::RULE, environment(vec![official], vec![], vec![])).is_empty());
    let found = publish(unprotected(open_server()), None, Stage::Production);
    assert!(only(&found).related.iter().any(|label| label.span == span(140, 156)));
    let host = |server: Server| Server { service: None, distribution: Distribution::Host, ..server };
    let found = check(&protected_mode_off::RULE, environment(vec![host(unprotected(open_server()))], vec![], vec![]));
    assert_eq!(only(&found).primary.span, span(140, 159));
    let locked = host(unprotected(locked_server()));
    assert!(check(&protected_mode_off::RULE, environment(vec![locked], vec![], vec![])).is_empty());
    let loopback = Server { bind: Some(vec![text("127.0.0.1", 170)]), ..host(unprotected(open_server())) };
    assert!(check(&protected_mode_off::RULE, environment(vec![loopback], vec![], vec![])).is_empty());
}

#[test]
fn a_health_check_needs_the_password_only_where_there_is_one() {
    let health = Healthcheck {
        span: span(150, 164),
        understood: true,
        authenticates: false,
        writes: false,
        port: Some(6379),
        tls: false,
        unexpanded: None,
        ends: vec![HealthEnd { passes: Some(false), refused: Some(Refusal::Missing), writes: false }],
    };
    let env = |server: Server, health: &Healthcheck| {
        environment(vec![Server { healthcheck: Some(health.clone()), ..server }], vec![], vec![])
    };
    let found = check(&unauthenticated_healthcheck::RULE, env(locked_server(), &health));
    let found = only(&found);
    assert_eq!((found.primary.span, found.related[0].span), (span(150, 164), span(120, 127)));
    assert!(found.message.ends_with("the container never becomes healthy"));
    let ends = |passes, refused| vec![HealthEnd { passes: Some(passes), refused, writes: false }];
    let lax = Healthcheck { ends: ends(true, Some(Refusal::Missing)), ..health.clone() };
    let found = check(&unauthenticated_healthcheck::RULE, env(locked_server(), &lax));
    assert!(only(&found).message.ends_with("redis-cli exits with 0"));
    let good = Healthcheck { authenticates: true, ends: ends(true, None), ..health };
    assert!(check(&unauthenticated_healthcheck::RULE, env(locked_server(), &good)).is_empty());
}

#[test]
fn a_mounted_file_has_to_be_named() {
    let env = |loaded| {
        let mount = ConfMount {
            span: span(160, 170),
            target: "/etc/redis.conf".to_owned(),
            source: None,
            loaded,
            sets_password: true,
        };
        environment(
            vec![Server { mounts: vec![mount], command: Some(span(180, 190)), ..open_server() }],
            vec![],
            vec![],
        )
    };
    let found = check(&config_not_loaded::RULE, env(Some(false)));
    let found = only(&found);
    assert_eq!((found.primary.span, found.related[0].span), (span(160, 170), span(180, 190)));
    assert!(check(&config_not_loaded::RULE, env(Some(true))).is_empty());
    assert!(check(&config_not_loaded::RULE, env(None)).is_empty());
}

#[test]
fn a_variable_misleads_only_where_no_password_is_set() {
    let env = |name: &str, value: &str, usage, server: Server| {
        let variable = ImageVariable {
            name: Spanned::new(name.to_owned(), span(160, 170)),
            value: Some(text(value, 171)),
            usage,
            taken_in: span(160, 170),
        };
        environment(vec![Server { variables: vec![variable], ..server }], vec![], vec![])
    };
    let rule = &ignored_password_variable::RULE;
    let found = check(rule, env("REDIS_PASSWORD", "hunter2", VariableUse::Ignored, open_server()));
    assert_eq!(only(&found).primary.span, span(160, 170));
    for env in [
        env("REDIS_PASSWORD", "hunter2", VariableUse::Read, open_server()),
        env("REDIS_PASSWORD", "hunter2", VariableUse::Unknown, open_server()),
        env("REDIS_PASSWORD", "", VariableUse::Ignored, open_server()),
        env("REDIS_PASSWORD", "hunter2", VariableUse::Ignored, locked_server()),
        env("ALLOW_EMPTY_PASSWORD", "yes", VariableUse::Ignored, open_server()),
        env("REDIS_PORT", "6379", VariableUse::Ignored, open_server()),
    ] {
        assert!(check(rule, env).is_empty());
    }
}

#[test]
fn localhost_in_a_container_is_that_container() {
    let env = |reach| environment(vec![open_server()], vec![client(None, reach)], vec![]);
    let found = check(&localhost_in_container::RULE, env(Reach::OwnContainer));
    let found = only(&found);
    assert_eq!((found.primary.span, found.related[0].span), (span(18, 23), span(100, 105)));
    assert!(found.message.contains("`web` itself: `Error 111 connecting to redis:6379. Connection refused.`"));
    assert!(check(&localhost_in_container::RULE, env(Reach::Undetermined)).is_empty());
}

#[test]
fn unknown_hosts_are_single_labels_outside_the_host_environment() {
    let reach = || Reach::UnknownName { suggestion: Some("redis".to_owned()) };
    let env = || environment(vec![open_server()], vec![client(None, reach())], vec![]);
    let found = check(&unknown_host::RULE, env());
    assert_eq!(only(&found).help.as_deref(), Some("did you mean `redis`?"));
    let host = Environment { kind: EnvironmentKind::Host, ..env() };
    assert!(check(&unknown_host::RULE, host).is_empty());
    let mut dotted = env();
    dotted.clients[0].cases[0].host = Some(text("redis.example.com", 18));
    assert!(check(&unknown_host::RULE, dotted).is_empty());
}
