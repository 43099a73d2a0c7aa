//! Dockerfiles.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redislint::syntax::dockerfile::{assignments, parse};
use redislint_fuzz::{FILE, holds};

fuzz_target!(|source: &str| {
    for instruction in parse(FILE, source).0 {
        holds(source, &instruction.arguments);
        instruction.exec.iter().flatten().for_each(|word| holds(source, word));
        assignments(&instruction.arguments).iter().for_each(|(name, _)| holds(source, name));
    }
});
