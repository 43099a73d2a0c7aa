//! A short name for each place of a fault, the same as long as the fault is: without lines, environments and wording.
//!
//! It goes into files that people share, so a password enters it only as a salted digest cut to 16 bits: enough to see
//! that it changed, too little to test guesses against.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

use crate::finding::Finding;
use crate::source::{Sources, Span};

/// The name of one place of a fault.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint {
    digest: u64,
    /// Rule, path and setting, as a baseline shows them to people.
    about: String,
}

impl Fingerprint {
    /// For machines: 16 hexadecimal digits.
    #[must_use]
    pub fn short(&self) -> String {
        format!("{:016x}", self.digest)
    }

    /// Rule, path and setting: the kind of fault at the kind of place.
    #[must_use]
    pub fn about(&self) -> &str {
        &self.about
    }

    /// The line of a baseline: 16 bits of the digest, rule, path and setting.
    #[must_use]
    pub fn entry(&self) -> String {
        let folded = self.digest ^ (self.digest >> 32);
        format!("{:04x} {}", (folded ^ (folded >> 16)) & 0xFFFF, self.about)
    }
}

/// The fingerprints of findings that were not joined yet, in their order.
///
/// `secrets` are the places of passwords, sorted; `services` are names that people change without changing anything
/// else.
#[must_use]
pub fn all(findings: &[Finding], sources: &Sources, secrets: &[Span], services: &BTreeSet<&str>) -> Vec<Fingerprint> {
    let facts = Facts { sources, secrets, reach: reach(secrets), services };
    let mut seen: HashMap<u64, Vec<Span>> = HashMap::new();
    let mut digests: Vec<u64> = findings.iter().map(|finding| facts.digest(finding)).collect();
    for (digest, finding) in digests.iter().zip(findings) {
        seen.entry(*digest).or_default().push(finding.primary.span);
    }
    for places in seen.values_mut() {
        places.sort_unstable();
        places.dedup();
    }
    for (digest, finding) in digests.iter_mut().zip(findings) {
        // Places that are alike are told apart by their order in the file; in other environments they are the same.
        let Some(places) = seen.get(digest) else { continue };
        let nth = places.binary_search(&finding.primary.span).unwrap_or_default();
        if nth > 0 {
            *digest = fold(*digest, &nth.to_le_bytes());
        }
    }
    digests
        .into_iter()
        .zip(findings)
        .map(|(digest, finding)| Fingerprint { digest, about: facts.about(finding) })
        .collect()
}

struct Facts<'a> {
    sources: &'a Sources,
    secrets: &'a [Span],
    /// How far each secret and those ahead of it in its file reach.
    reach: Vec<u32>,
    services: &'a BTreeSet<&'a str>,
}

fn reach(secrets: &[Span]) -> Vec<u32> {
    let mut last: Option<Span> = None;
    let furthest = |span: &Span| {
        let before = last.filter(|last| last.file == span.file).map_or(0, |last| last.end);
        last = Some(Span { end: span.end.max(before), ..*span });
        span.end.max(before)
    };
    secrets.iter().map(furthest).collect()
}

impl Facts<'_> {
    fn digest(&self, finding: &Finding) -> u64 {
        let span = finding.primary.span;
        let mut digest = field(START, finding.rule);
        digest = field(digest, self.sources.get(span.file).path());
        digest = field(digest, finding.setting.as_deref().unwrap_or_default());
        let salt = digest;
        let ends = std::iter::once(span).chain(finding.related.iter().map(|label| label.span));
        let passwords: Vec<Span> = ends.flat_map(|end| self.secrets_in(end)).collect();
        for secret in &passwords {
            let short = fold(salt, self.sources.slice(*secret).as_bytes()) & 0xFFFF;
            digest = fold(digest, &short.to_le_bytes());
        }
        if finding.setting.is_none() && self.secrets_in(span).next().is_none() {
            digest = field(digest, &self.essence(self.sources.slice(span)));
        }
        digest
    }

    /// The secrets that overlap a place, in their order.
    fn secrets_in(&self, place: Span) -> impl Iterator<Item = Span> {
        let end = self.secrets.partition_point(|secret| (secret.file, secret.start) < (place.file, place.end));
        let is_near = |at: &usize| self.secrets[*at].file == place.file && self.reach[*at] > place.start;
        let start = (0..end).rev().take_while(is_near).last().unwrap_or(end);
        self.secrets[start..end].iter().copied().filter(move |secret| secret.end > place.start)
    }

    /// What is written at a place without its layout, its quotes and the names of services.
    fn essence(&self, text: &str) -> String {
        let words = text.split(|char: char| char.is_whitespace() || "\"'[],".contains(char));
        let words = words.filter(|word| !word.is_empty() && *word != "-").map(|word| self.without_service(word));
        words.collect::<Vec<_>>().join(" ")
    }

    fn without_service(&self, word: &str) -> String {
        let start = word.rfind('@').map(|at| at + 1).or_else(|| word.find("://").map(|at| at + 3)).unwrap_or_default();
        let (before, rest) = word.split_at(start);
        let host = rest.split([':', '/', '?']).next().unwrap_or_default();
        if self.services.contains(host) && (start > 0 || host.len() == rest.len()) {
            format!("{before}*{}", &rest[host.len()..])
        } else {
            word.to_owned()
        }
    }

    fn about(&self, finding: &Finding) -> String {
        let path = self.sources.get(finding.primary.span.file).path();
        let setting = finding.setting.as_deref().unwrap_or("-");
        format!("{} {} {}", finding.rule, word(path), word(setting))
    }
}

/// A text as one word of printable characters.
fn word(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if char.is_whitespace() || char.is_control() || char == '%' {
            let _ = write!(out, "%{:02X}", u32::from(char));
        } else {
            out.push(char);
        }
    }
    out
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
