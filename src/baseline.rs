//! Findings that were there before redislint came, in a file that people share.
//!
//! One entry a line, sorted. An entry begins with its digest; the first two digits of all digests stand on lines of
//! their own, so that two branches that add an entry each rarely touch the same gap, and git can merge them.

use std::collections::BTreeSet;

/// First line of the file; its first character sorts before every digit.
const HEADING: &str = "# redislint baseline 1: known findings, one a line; written by --write-baseline";

/// Entries of a baseline.
#[derive(Debug, Clone, Default)]
pub struct Baseline {
    /// Where it was read, for notices.
    pub path: String,
    entries: BTreeSet<String>,
}

impl Baseline {
    /// Reads a baseline; the order of lines does not matter, nor does an entry that stands there twice.
    ///
    /// # Errors
    /// With the number of the first line that is none of a baseline.
    pub fn parse(path: &str, text: &str) -> Result<Self, usize> {
        let mut entries = BTreeSet::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.trim();
            let digest = line.split(' ').next().unwrap_or_default();
            let hexadecimal = digest.bytes().all(|byte| byte.is_ascii_hexdigit());
            match (digest.len(), line.split(' ').count()) {
                _ if line.is_empty() || line.starts_with('#') => {}
                (2, 1) if hexadecimal => {}
                (4, 4) if hexadecimal => {
                    entries.insert(line.to_owned());
                }
                _ => return Err(at + 1),
            }
        }
        Ok(Self { path: path.to_owned(), entries })
    }

    /// Whether it holds an entry.
    #[must_use]
    pub fn contains(&self, entry: &str) -> bool {
        self.entries.contains(entry)
    }

    /// The entries of rules that ran and found nothing of the kind any more.
    pub fn stale<'a>(
        &'a self,
        found: &'a BTreeSet<String>,
        ran: impl Fn(&str) -> bool + 'a,
    ) -> impl Iterator<Item = &'a str> {
        let rule = |entry: &str| entry.split(' ').nth(1).unwrap_or_default().to_owned();
        self.entries.iter().filter(move |entry| !found.contains(*entry) && ran(&rule(entry))).map(String::as_str)
    }
}

/// The text of a baseline with these entries.
#[must_use]
pub fn render(entries: &BTreeSet<String>) -> String {
    let mut lines: BTreeSet<String> = (0..=0xFF).map(|digits| format!("{digits:02x}")).collect();
    lines.insert(HEADING.to_owned());
    lines.extend(entries.iter().cloned());
    lines.into_iter().flat_map(|line| [line, "\n".to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_sorted() {
        let entries: BTreeSet<String> =
            ["ff00 missing-password a.py URL", "0012 published-port b.yml -"].map(str::to_owned).into();
        let text = render(&entries);
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines.is_sorted() && lines.len() == 259);
        let baseline = Baseline::parse("b", &text).unwrap();
        assert!(entries.iter().all(|entry| baseline.contains(entry)));
        let found = BTreeSet::from(["ff00 missing-password a.py URL".to_owned()]);
        assert_eq!(baseline.stale(&found, |_| true).collect::<Vec<_>>(), ["0012 published-port b.yml -"]);
        assert_eq!(baseline.stale(&found, |rule| rule != "published-port").count(), 0);
    }

    #[test]
    fn other_files_are_no_baselines() {
        assert_eq!(Baseline::parse("b", "# x\n\n0a\n<<<<<<< ours\n").unwrap_err(), 4);
        assert_eq!(Baseline::parse("b", "{\"a\": 1}\n").unwrap_err(), 1);
    }
}
