//! A password written down that falls to a guess. From the model's literals; how many guesses is zxcvbn's estimate.

use std::collections::HashMap;

use crate::finding::{Finding, Severity};
use crate::rule::{Category, Context, Rule};
use crate::rules::hardcoded_password;

/// See `rules/weak-password.md`.
pub static RULE: Rule = Rule {
    name: "weak-password",
    category: Category::Secrets,
    severity: Severity::Warning,
    pedantic: false,
    doc: include_str!("../../rules/weak-password.md"),
    check,
};

/// Passwords that take fewer guesses than this, as a power of ten, fall to anyone who reaches the server: Redis answers
/// a million guesses in seconds.
const GUESSES: f64 = 6.0;

/// Longer ones are not guessed, and estimating them takes long.
const LONG: usize = 40;

fn check(context: &Context<'_>, findings: &mut Vec<Finding>) {
    // An estimate takes long, and the same password may stand in many places.
    let mut known: HashMap<&str, bool> = HashMap::new();
    for literal in &context.model.literals {
        let password = literal.value.as_str();
        if !*known.entry(password).or_insert_with(|| is_weak(password)) {
            continue;
        }
        let Some(mut finding) =
            hardcoded_password::finding(&RULE, context, literal, "a password that is easy to guess")
        else {
            continue;
        };
        // How bad it is does not grow with the environment: that it is written down is another rule's.
        finding.severity = finding.severity.min(RULE.severity);
        finding.help = Some("use a random one, such as `openssl rand -hex 32` makes".to_owned());
        findings.push(finding);
    }
}

fn is_weak(password: &str) -> bool {
    password.len() <= LONG
        && !password.is_empty()
        && zxcvbn::zxcvbn(password, &["redis", "valkey"]).guesses_log10() < GUESSES
}

#[cfg(test)]
mod tests {
    use super::is_weak;

    #[test]
    fn words_are_weak_and_noise_is_not() {
        for password in ["redis", "password123", "hunter2", "qwerty", "redis123"] {
            assert!(is_weak(password), "{password}");
        }
        for password in ["lantern-Kite-3306", "9f86d081884c7d659a2feaa0c55ad015", "vK3$pQ8!xZ"] {
            assert!(!is_weak(password), "{password}");
        }
    }
}
