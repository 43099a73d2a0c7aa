//! redis.conf and ACL files.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redislint::syntax::redis_conf::{first_comment, parse, split_arguments};
use redislint_fuzz::{FILE, holds, text};

fuzz_target!(|source: &str| {
    for line in parse(FILE, source).0 {
        line.arguments.iter().for_each(|argument| holds(source, argument));
    }
    split_arguments(&text(source)).iter().flatten().for_each(|argument| holds(source, argument));
    assert!(first_comment(FILE, source).is_none_or(|span| source[span.range()].starts_with('#')));
});
