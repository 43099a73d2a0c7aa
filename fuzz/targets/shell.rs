//! Shell scripts, and command strings as compose splits them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redislint::syntax::words::{WordPart, parse_shell, parse_word, split_command, split_until_stop};
use redislint_fuzz::{holds, text};

fuzz_target!(|source: &str| {
    let whole = text(source);
    for command in parse_shell(&whole) {
        for part in command.words.iter().flat_map(|word| &word.parts) {
            match part {
                WordPart::Literal(literal) => holds(source, literal),
                WordPart::Variable { operator: Some((_, operand)), quoted, .. } => drop(parse_word(operand, *quoted)),
                WordPart::Variable { .. } | WordPart::Opaque(_) => {}
            }
        }
    }
    split_command(&whole).iter().flatten().for_each(|word| holds(source, word));
    let _ = split_until_stop(&whole);
});
