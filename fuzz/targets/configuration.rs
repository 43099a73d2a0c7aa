//! redislint.toml.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redislint::{config, rules};

fuzz_target!(|source: &str| {
    for path in config::FILES {
        let _ = config::parse(path, source, &rules::names());
    }
});
