//! URLs before any client's grammar, and percent decoding.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redislint::syntax::url::{percent_decode, split};
use redislint_fuzz::{holds, text};

fuzz_target!(|source: &str| {
    let url = split(&text(source));
    let parts = [url.scheme, url.userinfo, url.username, url.password, url.port, url.fragment];
    for part in parts.into_iter().flatten().chain([url.host, url.path]) {
        holds(source, &part);
        holds(source, &percent_decode(&part));
    }
    for (key, value) in &url.query {
        holds(source, key);
        holds(source, value);
    }
});
