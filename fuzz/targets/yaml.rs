//! YAML, which compose files, manifests, pipelines and JSON are read as.
#![no_main]

use libfuzzer_sys::fuzz_target;
use redislint::syntax::yaml::{Kind, parse};
use redislint_fuzz::{FILE, holds};

fuzz_target!(|source: &str| {
    let (yaml, _) = parse(FILE, source);
    let mut pending = yaml.documents.clone();
    // Aliases let nodes be reached by many ways: a bounded walk, as all of ours are.
    for _ in 0..10_000 {
        let Some(id) = pending.pop() else { break };
        assert!(source.get(yaml.node(id).span.range()).is_some(), "a node is no part of the source");
        match &yaml.node(id).kind {
            Kind::Scalar(scalar) => holds(source, &scalar.text),
            Kind::Sequence(items) => pending.extend(items),
            Kind::Mapping(_) => pending.extend(yaml.entries(id).iter().flat_map(|entry| [entry.key, entry.value])),
        }
    }
});
