//! Version specifiers of Python and Node.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redislint::syntax::specifiers::{npm, pep440, poetry};

fuzz_target!(|source: &str| {
    let _ = (pep440(source), poetry(source), npm(source));
});
