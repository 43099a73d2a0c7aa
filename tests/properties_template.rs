//! Properties of the interpolation parser: no input panics, and the parts stand in the source in their order, without
//! gaps.

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use redislint::source::{FileId, Span};
use redislint::syntax::template::{Part, Template, parse};
use redislint::text::Text;

/// The source that the parts of a template cover, from `at` on; each must begin where the one before ends.
fn covered(value: &str, template: &Template, mut at: usize) -> usize {
    for part in &template.parts {
        let span = match part {
            Part::Literal(text) => text.span(),
            Part::Variable(variable) => {
                let name = variable.name_span.range();
                assert_eq!(&value[name.clone()], variable.name, "{value:?}");
                if let Some(operand) = variable.operator.operand() {
                    let anchor = operand.anchor.range();
                    assert!(name.end < anchor.start && anchor.end < variable.span.range().end, "{value:?}");
                    assert_eq!(covered(value, operand, anchor.start), anchor.end, "{value:?}");
                }
                variable.span
            }
        };
        assert_eq!(span.range().start, at, "{value:?}");
        at = span.range().end;
    }
    at
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 1500,
        rng_seed: RngSeed::Fixed(6379),
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn parts_cover_the_value(
        pieces in prop::collection::vec(
            prop_oneof!["[${}:?+A1é😀 \n_-]{1,3}", "\\$\\{[a-zA-Z_]{1,3}(:?[?+-])?", "[}]", "\\$[A-Z]", "[a-z/@]{1,4}"],
            0..10,
        ),
    ) {
        let value = pieces.concat();
        match parse(&Text::exact(&value, Span::new(FileId(0), 0..value.len()))) {
            Ok(template) => prop_assert_eq!(covered(&value, &template, 0), value.len()),
            Err(error) => prop_assert!(value[error.span.range()].starts_with("${"), "{:?}", value),
        }
    }
}
