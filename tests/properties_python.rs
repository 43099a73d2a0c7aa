//! Properties of the Python reader: every character of a string literal points at the source it was decoded from.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use redislint::extract::python;
use redislint::source::FileId;

/// What is written in a literal, and what it means.
#[derive(Clone, Debug)]
struct Piece {
    written: String,
    value: String,
}

fn piece() -> impl Strategy<Value = Piece> {
    let plain = prop::sample::select(vec!["a", "redis", "é", "漢", "😀", " ", ":", "@", "#", "%40", "{", "$x"]);
    let escapes = prop::sample::select(vec![
        ("\\n", "\n"),
        ("\\\\", "\\"),
        ("\\'", "'"),
        ("\\\"", "\""),
        ("\\x41", "A"),
        ("\\101", "A"),
        ("\\u6f22", "漢"),
        ("\\U0001F600", "😀"),
        ("\\\n", ""),
        ("\\q", "\\q"),
    ]);
    prop_oneof![
        3 => plain.prop_map(|text| Piece { written: text.to_owned(), value: text.to_owned() }),
        1 => escapes.prop_map(|(written, value)| Piece { written: written.to_owned(), value: value.to_owned() }),
    ]
}

/// A literal: its quotes and its pieces.
fn literal() -> impl Strategy<Value = (&'static str, Vec<Piece>)> {
    (prop::sample::select(vec!["'", "\"", "'''", "\"\"\""]), prop::collection::vec(piece(), 0..8))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, rng_seed: RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_character_points_at_its_source(
        literals in prop::collection::vec(literal(), 1..4),
        mark in any::<bool>(),
        crlf in any::<bool>(),
    ) {
        let mut source = String::from(if mark { "\u{FEFF}" } else { "" });
        source.push_str("# 漢 😀\nREDIS_URL = (");
        let mut value = String::new();
        for (quotes, pieces) in &literals {
            source.push_str(quotes);
            for piece in pieces {
                source.push_str(&piece.written);
                value.push_str(&piece.value);
            }
            source.push_str(quotes);
            source.push(' ');
        }
        source.push_str(")\n");
        if crlf {
            source = source.replace('\n', "\r\n");
        }
        let file = FileId(0);
        let (module, _, notices) = python::extract(file, "settings.py", &source, &|_| false);
        prop_assert!(notices.is_empty(), "{source:?}: {notices:?}");
        let expr = module.bindings[0].value.as_ref().unwrap();
        let text = expr.as_text().unwrap();
        prop_assert_eq!(text.as_str(), value.as_str(), "{:?}", source);
        for (at, char) in text.as_str().char_indices() {
            let span = text.span_of(at..at + char.len_utf8());
            prop_assert!(source.is_char_boundary(span.range().start) && source.is_char_boundary(span.range().end));
            let written = &source[span.range()];
            let same = written.chars().eq([char]);
            let decoded = written.starts_with('\\') && written.len() > 1;
            prop_assert!(same || decoded, "{:?} of {:?} points at {:?}", char, source, written);
        }
        prop_assert!(text.anchor().start as usize >= source.find('(').unwrap());
        prop_assert!(text.anchor().end as usize <= source.rfind(')').unwrap());
    }
}
