//! A short name for each finding, the same as long as the fault is: without lines, environments and wording.
//!
//! It goes into files that people share, so a password enters it only as a salted digest cut to 16 bits: enough to see
//! that it changed, too little to test guesses against.

use std::collections::HashMap;

use crate::finding::Finding;
use crate::source::{Sources, Span};

/// The fingerprints of `findings`, in their order. `secrets` are the places of passwords, sorted.
#[must_use]
pub fn all(findings: &[Finding], sources: &Sources, secrets: &[Span]) -> Vec<String> {
    let mut seen: HashMap<u64, u32> = HashMap::new();
    findings
        .iter()
        .map(|finding| {
            let digest = of(finding, sources, secrets);
            // Two faults alike in one file: the second one gets a name of its own.
            let nth = seen.entry(digest).or_default();
            *nth += 1;
            let digest = if *nth > 1 { fold(digest, &nth.to_le_bytes()) } else { digest };
            format!("{digest:016x}")
        })
        .collect()
}

fn of(finding: &Finding, sources: &Sources, secrets: &[Span]) -> u64 {
    let span = finding.primary.span;
    let path = sources.get(span.file).path();
    let mut digest = field(START, finding.rule);
    digest = field(digest, path);
    digest = field(digest, finding.setting.as_deref().unwrap_or_default());
    let salt = digest;
    for place in std::iter::once(span).chain(finding.related.iter().map(|label| label.span)) {
        for secret in secrets.iter().filter(|secret| secret.file == place.file && overlap(**secret, place)) {
            let short = fold(salt, sources.slice(*secret).as_bytes()) & 0xFFFF;
            digest = fold(digest, &short.to_le_bytes());
        }
    }
    let secret = secrets.iter().any(|secret| secret.file == span.file && overlap(*secret, span));
    if !secret && finding.setting.is_none() {
        digest = field(digest, sources.slice(span));
    }
    digest
}

fn overlap(a: Span, b: Span) -> bool {
    a.start < b.end && b.start < a.end
}

/// FNV-1a: stable across versions and machines, which the standard library's hasher is not.
const START: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0100_0000_01b3;

fn fold(digest: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(digest, |digest, byte| (digest ^ u64::from(*byte)).wrapping_mul(PRIME))
}

/// A text and an end mark, so that `ab` + `c` differs from `a` + `bc`.
fn field(digest: u64, text: &str) -> u64 {
    fold(fold(digest, text.as_bytes()), &[0xFF])
}
