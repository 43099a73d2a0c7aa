//! A whole repository, through every step and every form of the report.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redislint::finding::Confidence;
use redislint::report::{Format, Look, inspect};
use redislint::tree::Tree;
use redislint::{Options, configure, lint};
use redislint_fuzz::files;

fuzz_target!(|data: &[u8]| {
    let tree = Tree::from_texts(files(data));
    let Ok(config) = configure(&tree) else { return };
    let options = Options { config, min_confidence: Confidence::Low, pedantic: true, ..Options::default() };
    let report = lint(&tree, &options);
    use Format::{Concise, Github, Gitlab, Json, Junit, Markdown, Sarif, Text};
    for format in [Text, Concise, Json, Sarif, Github, Gitlab, Junit, Markdown] {
        inert(&format.render(&report, &Look::default()));
    }
    inert(&inspect::text(&report));
    inert(&inspect::json(&report));
});

/// Nothing that a repository holds reaches a terminal as more than text.
fn inert(shown: &str) {
    let control = shown.chars().find(|char| char.is_control() && *char != '\n');
    assert!(control.is_none(), "{control:?} is printed");
}
