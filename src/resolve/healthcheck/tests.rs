//! Forms of `redis-cli` → what they ask. How they end is compared with the real tool in `tests/oracle_redis`.

use super::*;
use crate::finding::Confidence;
use crate::model::{Distribution, Product, VersionRange};
use crate::resolve::conditions::always;
use crate::resolve::healthcheck::call::is_program;
use crate::source::FileId;

fn server(span: Span) -> Server {
    Server {
        id: String::new(),
        service: None,
        span,
        names: vec!["cache".to_owned()],
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

fn judged(test: &[&str]) -> Healthcheck {
    let span = Span::new(FileId(0), 0..200);
    let texts: Vec<Text> = test.iter().map(|word| Text::mapped(word, span)).collect();
    judge(&always(texts), span, &Variables::default(), &server(span), &Symbols::default()).expect("a test")
}

#[test]
fn forms_of_redis_cli() {
    for (test, authenticates, writes) in [
        (vec!["CMD", "redis-cli", "ping"], false, false),
        (vec!["CMD-SHELL", "redis-cli ping | grep PONG"], false, false),
        (vec!["CMD-SHELL", "redis-cli ping || exit 1"], false, false),
        (vec!["CMD", "redis-cli", "--raw", "incr", "ping"], false, true),
        (vec!["CMD", "redis-cli", "-a", "x", "ping"], true, false),
        (vec!["CMD-SHELL", "redis-cli -a \"$REDIS_PASSWORD\" --no-auth-warning ping | grep -q PONG"], false, false),
        (vec!["CMD-SHELL", "REDISCLI_AUTH=pw redis-cli ping"], true, false),
        (vec!["CMD-SHELL", "export REDISCLI_AUTH=pw; redis-cli ping"], true, false),
        (vec!["CMD-SHELL", "REDISCLI_AUTH=pw; redis-cli ping"], false, false),
        (vec!["CMD", "redis-cli", "-e", "ping"], false, false),
        (vec!["CMD", "valkey-cli", "-p", "6380", "ping"], false, false),
        (vec!["CMD", "redis-cli", "-u", "redis://x@localhost", "ping"], true, false),
        (vec!["CMD-SHELL", "test \"$(redis-cli ping)\" = PONG"], false, false),
        (vec!["CMD", "sh", "-c", "timeout 3 redis-cli ping | grep PONG"], false, false),
    ] {
        let found = judged(&test);
        assert_eq!((found.understood, found.authenticates, found.writes), (true, authenticates, writes), "{test:?}");
    }
    assert!(!judged(&["CMD", "nc", "-z", "localhost", "6379"]).understood);
    assert!(is_program("/usr/bin/redis-cli") && !is_program("redis-cli-wrapper"));
}

#[test]
fn what_is_asked_and_how() {
    for (test, port, tls, unexpanded) in [
        (vec!["CMD", "redis-cli", "ping"], Some(6379), false, false),
        (vec!["CMD", "redis-cli", "-p", "6380", "ping"], Some(6380), false, false),
        (vec!["CMD-SHELL", "redis-cli -p $(cat port) ping"], None, false, false),
        (vec!["CMD-SHELL", "redis-cli -p 6380 --tls ping || redis-cli ping"], None, false, false),
        (vec!["CMD-SHELL", "redis-cli ping || redis-cli -p 6379 ping"], Some(6379), false, false),
        (vec!["CMD", "redis-cli", "-h", "localhost", "ping"], Some(6379), false, false),
        (vec!["CMD", "redis-cli", "-h", "other", "-p", "7000", "ping"], None, false, false),
        (vec!["CMD", "redis-cli", "-s", "/run/redis.sock", "ping"], None, false, false),
        (vec!["CMD", "redis-cli", "--tls", "ping"], Some(6379), true, false),
        (vec!["CMD", "redis-cli", "-a", "$PW", "ping"], Some(6379), false, true),
        (vec!["CMD", "redis-cli", "-a", "p$1", "ping"], Some(6379), false, false),
        (vec!["CMD", "sh", "-c", "redis-cli -a $PW ping"], Some(6379), false, false),
    ] {
        let found = judged(&test);
        assert_eq!((found.port, found.tls, found.unexpanded.is_some()), (port, tls, unexpanded), "{test:?}");
    }
}
