//! References to variables, as compose expands them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redislint::syntax::template::parse;
use redislint_fuzz::text;

fuzz_target!(|source: &str| {
    if let Ok(template) = parse(&text(source)) {
        for variable in template.variables() {
            assert_eq!(&source[variable.name_span.range()], variable.name);
        }
    }
});
