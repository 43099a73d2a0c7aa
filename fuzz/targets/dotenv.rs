//! Env files in every dialect.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redislint::syntax::dotenv::{Dialect, parse};
use redislint::syntax::template;
use redislint_fuzz::{FILE, holds};

fuzz_target!(|source: &str| {
    use Dialect::{Compose, Decouple, DjangoEnviron, PythonDotenv, Raw, Starlette};
    for dialect in [Compose, Raw, PythonDotenv, Decouple, DjangoEnviron, Starlette] {
        for entry in parse(FILE, source, dialect).0 {
            assert!(source.get(entry.key.span.range()).is_some(), "a key is no part of the source");
            let Some(value) = entry.value else { continue };
            holds(source, &value.text);
            if value.expands {
                let _ = template::parse(&value.text);
            }
        }
    }
});
