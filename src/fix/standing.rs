//! Two reports compared: what was gained or got worse by edits, and whether as much can be told as before.
//!
//! A fault is the same one where it stands at the same place, which moved as far as the text before it grew. One whose
//! place was edited is known by its rule, file and setting.

use std::collections::BTreeMap;

use crate::edit::Edit;
use crate::finding::{Level, Severity};
use crate::model::{Environment, EnvironmentKind, Link, Outcome};
use crate::report::Report;
use crate::source::{Sources, Span};

/// Where the offsets of texts are after edits.
pub struct Shift(BTreeMap<String, Vec<(usize, usize, usize)>>);

impl Shift {
    /// What these edits move.
    pub fn of<'a>(sources: &Sources, edits: impl IntoIterator<Item = &'a Edit>) -> Self {
        let mut files: BTreeMap<String, Vec<(usize, usize, usize)>> = BTreeMap::new();
        for edit in edits {
            let (path, range) = (sources.get(edit.span.file).path(), edit.span.range());
            let moved = (range.start, range.end, edit.replacement.len());
            let known = files.entry(path.to_owned()).or_default();
            // The same edit asked for twice is done once.
            if !known.contains(&moved) {
                known.push(moved);
            }
        }
        Self(files)
    }

    /// `path:line` of a place, as the edited text has it.
    pub fn place(&self, before: &Sources, after: &Sources, span: Span) -> String {
        let path = before.get(span.file).path();
        let at = self.moved(path, span.range().start);
        match after.find(path) {
            Some(file) => format!("{path}:{}", after.get(file).position(at).line),
            None => super::engine::place(before, span),
        }
    }

    fn moved(&self, path: &str, at: usize) -> usize {
        let before = self.0.get(path).into_iter().flatten().filter(|(_, end, _)| *end <= at);
        let (gone, come) = before.fold((0, 0), |(gone, come), (start, end, new)| (gone + end - start, come + new));
        (at + come).saturating_sub(gone)
    }
}

/// One fault.
struct Fault {
    about: String,
    path: String,
    at: usize,
    severity: Severity,
}

impl Fault {
    fn rule(&self) -> &str {
        self.about.split(' ').next().unwrap_or_default()
    }
}

/// What matters about a report when two are compared: its faults, and how much could be told.
pub struct Standing {
    faults: Vec<Fault>,
    /// Notices that cost something, by code.
    lost: BTreeMap<&'static str, usize>,
    servers: usize,
    clients: usize,
    /// Links of which the end is not known.
    untold: usize,
}

impl Standing {
    /// Everything of a report.
    pub fn of(report: &Report) -> Self {
        Self::counting(report, |_| true)
    }

    /// Without servers and clients of programs on the host, which are told their settings from now on.
    pub fn without_host(report: &Report) -> Self {
        Self::counting(report, |environment| environment.kind != EnvironmentKind::Host)
    }

    fn counting(report: &Report, counts: impl Fn(&Environment) -> bool) -> Self {
        let mut faults: Vec<Fault> = Vec::new();
        for (fingerprint, severity) in &report.known {
            let Some(span) = report.known_at.get(fingerprint) else { continue };
            let path = report.sources.get(span.file).path().to_owned();
            let about = fingerprint.about().to_owned();
            let fault = Fault { about, path, at: span.range().start, severity: *severity };
            // What several environments have at one place is displayed as one.
            let same =
                |known: &&mut Fault| (known.rule(), &known.path, known.at) == (fault.rule(), &fault.path, fault.at);
            match faults.iter_mut().find(same) {
                Some(known) => known.severity = known.severity.max(fault.severity),
                None => faults.push(fault),
            }
        }
        let mut lost = BTreeMap::new();
        for notice in report.notices.iter().filter(|notice| notice.level > Level::Info) {
            *lost.entry(notice.code).or_default() += 1;
        }
        let mut standing = Self { faults, lost, servers: 0, clients: 0, untold: 0 };
        for environment in report.model.environments.iter().filter(|environment| counts(environment)) {
            standing.servers += environment.servers.len();
            standing.clients += environment.clients.len();
            let open = |link: &&Link| link.outcomes.iter().any(|end| end.outcome == Outcome::Undetermined);
            standing.untold += environment.links.iter().filter(open).count();
        }
        standing
    }

    /// In what `after` is worse, in words; `None`: in nothing.
    pub fn worse(&self, after: &Self, shift: &Shift) -> Option<String> {
        let mut gained = self.gained(after, shift);
        gained.sort_by_key(|fault| (&fault.path, fault.rule()));
        let mut found: Vec<String> =
            gained.iter().map(|fault| format!("`{}` in {}", fault.rule(), fault.path)).collect();
        found.dedup();
        let counts = [
            (self.servers.saturating_sub(after.servers), "servers fewer"),
            (self.clients.saturating_sub(after.clients), "clients fewer"),
            (after.untold.saturating_sub(self.untold), "links more that can't be told"),
        ];
        found.extend(counts.iter().filter(|(number, _)| *number > 0).map(|(number, what)| format!("{number} {what}")));
        if !self.is_as_readable(after) {
            found.push("a file that can't be read whole".to_owned());
        }
        (!found.is_empty()).then(|| found.join(", "))
    }

    /// Whether `after` has lost the faults that were to be `mended`, has no new or worse one, and tells as much.
    ///
    /// # Errors
    /// Why it is no better.
    pub fn check(&self, after: &Self, mended: &[&str], shift: &Shift) -> Result<(), String> {
        let number = |standing: &Self, about: &str| standing.faults.iter().filter(|fault| fault.about == about).count();
        let gone = mended.iter().all(|about| {
            let wanted = mended.iter().filter(|other| *other == about).count();
            number(after, about) + wanted <= number(self, about)
        });
        match self.worse(after, shift) {
            Some(worse) => Err(format!("afterwards there would be {worse}")),
            None if gone => Ok(()),
            None => Err("the finding would still be there".to_owned()),
        }
    }

    /// The faults of `after` that are none of these, or a worse one.
    fn gained<'a>(&self, after: &'a Self, shift: &Shift) -> Vec<&'a Fault> {
        let mut left: Vec<&Fault> = self.faults.iter().collect();
        let mut gained: Vec<&Fault> = after.faults.iter().collect();
        let at_its_place = |old: &Fault, new: &Fault| {
            old.rule() == new.rule() && old.path == new.path && shift.moved(&old.path, old.at) == new.at
        };
        let of_its_kind = |old: &Fault, new: &Fault| old.about == new.about;
        for same in [&at_its_place as &dyn Fn(&Fault, &Fault) -> bool, &of_its_kind] {
            gained.retain(|new| {
                let known = left.iter().position(|old| same(old, new) && new.severity <= old.severity);
                known.map(|at| left.swap_remove(at)).is_none()
            });
        }
        gained
    }

    fn is_as_readable(&self, after: &Self) -> bool {
        after.lost.iter().all(|(code, number)| *number <= self.lost.get(code).copied().unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(faults: &[(&str, usize, Severity)]) -> Standing {
        let fault = |(about, at, severity): &(&str, usize, Severity)| Fault {
            about: (*about).to_owned(),
            path: "compose.yaml".to_owned(),
            at: *at,
            severity: *severity,
        };
        let faults = faults.iter().map(fault).collect();
        Standing { faults, lost: BTreeMap::new(), servers: 0, clients: 0, untold: 0 }
    }

    fn shift() -> Shift {
        Shift(BTreeMap::from([("compose.yaml".to_owned(), vec![(10, 12, 5)])]))
    }

    #[test]
    fn places_move_with_the_text_before_them() {
        assert_eq!([9, 10, 12, 20].map(|at| shift().moved("compose.yaml", at)), [9, 10, 15, 23]);
        assert_eq!(shift().moved("other.yaml", 20), 20);
    }

    #[test]
    fn a_fault_is_known_by_its_place_or_its_kind() {
        use Severity::{Error, Note, Warning};
        let before = standing(&[("weak A -", 20, Warning), ("open B -", 10, Error)]);
        let worse = |after: &[(&str, usize, Severity)]| before.worse(&standing(after), &shift());
        assert_eq!(worse(&[]), None);
        assert_eq!(worse(&[("weak A -", 23, Warning), ("open B -", 99, Note)]), None);
        // Another name for what stands at its place.
        assert_eq!(worse(&[("weak C -", 23, Warning)]), None);
        for new in [("weak A -", 23, Error), ("weak C -", 20, Warning), ("other A -", 23, Note)] {
            assert!(worse(&[new]).is_some(), "{new:?}");
        }
        // One for one: the second of a kind is new.
        assert!(worse(&[("open B -", 10, Error), ("open B -", 11, Error)]).is_some());
    }
}
