//! Python, with what is repaired or left out of a broken module.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redislint::syntax::python::parse;
use redislint_fuzz::FILE;

fuzz_target!(|source: &str| {
    let (_, notices) = parse(FILE, source);
    for span in notices.iter().filter_map(|notice| notice.span) {
        assert!(source.get(span.range()).is_some(), "{span:?} is no part of the source");
    }
});
