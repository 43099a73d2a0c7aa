//! Proposals → the texts with those fixes done that mend their finding and break nothing.
//!
//! Nothing is believed: the edited texts are analysed again, in memory, and a fix counts only where its finding is gone,
//! none came up, nothing reads worse and nothing became harder to tell. All that fit together are tried at once; what
//! fails is halved until the culprits stand alone, so that the number of analyses stays small.

use std::collections::BTreeMap;

use super::standing::{Shift, Standing};
use crate::edit::{self, Edit, Fix, Safety};
use crate::report::Report;
use crate::source::{Sources, Span};
use crate::tree::{Content, Tree};
use crate::{Options, lint, secrets};

/// A fix may make place for the next one; a chain longer than this is none.
const MAX_ROUNDS: usize = 32;

/// The rules whose fixes take a value out of the repository: what programs on the host are told is not known then.
const TAKING_OUT: [&str; 1] = ["password-fallback"];

/// So many analyses a run does at most; what is still untried then is left alone.
const MAX_TRIALS: usize = 96;

/// A file before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Its bytes as they were read; `None`: it is new.
    pub before: Option<Vec<u8>>,
    /// Its bytes with all fixes done.
    pub after: Vec<u8>,
}

/// A fix that was done, or was not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Done {
    /// The rule whose finding it is about.
    pub rule: &'static str,
    /// `path:line` of that finding at the time.
    pub place: String,
    /// What it does.
    pub description: String,
}

/// What a run of fixes comes to.
pub struct Fixed {
    /// The files that changed, by path.
    pub changes: BTreeMap<String, Change>,
    /// What was done.
    pub applied: Vec<Done>,
    /// What is left to people, and why.
    pub refused: Vec<(Done, String)>,
    /// The texts as they were, with their secrets marked.
    pub before: Report,
    /// What is found after it all.
    pub after: Report,
}

impl Fixed {
    /// Joins the ends; what will be shown of the changed files is masked.
    pub(super) fn new(
        bench: Bench<'_>,
        applied: Vec<Done>,
        refused: Vec<(Done, String)>,
        mut before: Report,
        mut after: Report,
    ) -> Self {
        if !bench.options.show_secrets {
            for sources in [&mut before.sources, &mut after.sources] {
                let files: Vec<_> = bench.changes.keys().filter_map(|path| sources.find(path)).collect();
                for file in files {
                    secrets::mark_file(sources, file);
                }
            }
        }
        Self { changes: bench.changes, applied, refused, before, after }
    }
}

/// Applies the fixes of what is displayed, as far as they are `wanted`.
#[must_use]
pub fn fix(tree: Tree, options: &Options, wanted: &dyn Fn(&'static str, &Fix) -> bool) -> Fixed {
    let before = lint(&tree, options);
    let mut bench = Bench::new(tree, options);
    let mut now = lint(&bench.tree, options);
    let (mut applied, mut refused) = (Vec::new(), BTreeMap::new());
    for _ in 0..MAX_ROUNDS {
        let candidates = candidates(&now, |rule, fix| wanted(rule, fix), &refused);
        let batch = apart(candidates);
        if batch.is_empty() {
            break;
        }
        let mut round = Round { bench: &mut bench, base: &now, kept: Vec::new(), best: None };
        round.halve(batch, &mut refused);
        let (kept, best) = (std::mem::take(&mut round.kept), round.best.take());
        applied.extend(kept.iter().map(|candidate| candidate.done.clone()));
        let Some((texts, report)) = best else { continue };
        bench.commit(texts);
        now = report;
        // What failed with the old texts may do with the new ones.
        refused.clear();
    }
    Fixed::new(bench, applied, refused.into_iter().collect(), before, now)
}

/// Safe fixes, and the others where asked for.
pub fn at_least(least: Safety) -> impl Fn(&'static str, &Fix) -> bool {
    move |_, fix| fix.safety >= least
}

/// A fix of one finding.
struct Candidate {
    /// The kind of fault at the kind of place: rule, path, setting.
    about: String,
    done: Done,
    edits: Vec<Edit>,
}

/// The first fix of each finding that is wanted, can be done and was not refused before.
fn candidates(
    report: &Report,
    wanted: impl Fn(&'static str, &Fix) -> bool,
    refused: &BTreeMap<Done, String>,
) -> Vec<Candidate> {
    let mut found = Vec::new();
    for (finding, fingerprint) in report.findings.iter().zip(&report.fingerprints) {
        for fix in finding.fixes.iter().filter(|fix| !fix.choice && wanted(finding.rule, fix)) {
            let editable = |edit: &Edit| report.sources.get(edit.span.file).is_utf8();
            let place = place(&report.sources, finding.primary.span);
            let done = Done { rule: finding.rule, place, description: fix.description.clone() };
            if !refused.contains_key(&done) && fix.edits.iter().all(editable) {
                found.push(Candidate { about: fingerprint.about().to_owned(), done, edits: fix.edits.clone() });
                break;
            }
        }
    }
    found
}

/// `path:line` of a place.
#[must_use]
pub fn place(sources: &Sources, span: Span) -> String {
    let source = sources.get(span.file);
    format!("{}:{}", source.path(), source.position(span.range().start).line)
}

/// Those that do not overlap; the others wait for the next round, where their places are others.
fn apart(candidates: Vec<Candidate>) -> Vec<Candidate> {
    let mut batch: Vec<Candidate> = Vec::new();
    for candidate in candidates {
        let overlaps = |edit: &Edit| batch.iter().flat_map(|one| &one.edits).any(|other| edit.overlaps(other));
        if !candidate.edits.iter().any(overlaps) {
            batch.push(candidate);
        }
    }
    batch
}

/// The tree that edits are tried on.
pub(super) struct Bench<'a> {
    pub tree: Tree,
    pub options: &'a Options,
    pub changes: BTreeMap<String, Change>,
    pub trials: usize,
}

impl<'a> Bench<'a> {
    pub fn new(tree: Tree, options: &'a Options) -> Self {
        Self { tree, options, changes: BTreeMap::new(), trials: 0 }
    }

    /// The texts with edits done; `None` where these overlap or a text is not what was analysed.
    pub fn edited(&self, sources: &Sources, edits: &[&Edit]) -> Option<BTreeMap<String, Change>> {
        let mut texts = BTreeMap::new();
        for (file, edits) in edit::by_file(edits.iter().copied())? {
            let source = sources.get(file);
            let Content::Bytes(before) = self.tree.read(source.path()) else { return None };
            // Every offset is one of the text that was analysed.
            if before.len() != source.text().len() {
                return None;
            }
            let after = edit::apply(&before, &edits)?;
            if after != before {
                texts.insert(source.path().to_owned(), Change { before: Some(before), after });
            }
        }
        Some(texts)
    }

    /// Adds lines at the end of a file, which may be new.
    ///
    /// They come first where the text refers to what they set: an env file knows only what stands above.
    pub fn append(&self, texts: &mut BTreeMap<String, Change>, path: &str, lines: &str) {
        let before = match self.tree.read(path) {
            Content::Bytes(bytes) => Some(bytes),
            Content::Missing | Content::Refused(_) => None,
        };
        let start = Change { after: before.clone().unwrap_or_default(), before };
        let change = texts.entry(path.to_owned()).or_insert(start);
        let name = lines.split('=').next().unwrap_or_default();
        let text = String::from_utf8_lossy(&change.after).into_owned();
        if text.contains(&format!("${{{name}")) && !text.starts_with('\u{FEFF}') {
            change.after.splice(0..0, lines.bytes());
            return;
        }
        if !text.is_empty() && !text.ends_with('\n') {
            change.after.push(b'\n');
        }
        change.after.extend_from_slice(lines.as_bytes());
    }

    /// What is found with these texts.
    pub fn judge(&mut self, texts: &BTreeMap<String, Change>) -> Report {
        self.trials += 1;
        for (path, change) in texts {
            self.tree.stand_in(path, change.after.clone());
        }
        let report = lint(&self.tree, self.options);
        for (path, change) in texts {
            match &change.before {
                Some(before) => self.tree.stand_in(path, before.clone()),
                None => self.tree.take_back(path),
            }
        }
        report
    }

    /// Keeps texts.
    pub fn commit(&mut self, texts: BTreeMap<String, Change>) {
        for (path, change) in texts {
            self.tree.stand_in(&path, change.after.clone());
            self.changes.entry(path).and_modify(|known| known.after.clone_from(&change.after)).or_insert(change);
        }
    }
}

type Tried = (BTreeMap<String, Change>, Report);

/// One set of candidates over the same texts.
struct Round<'a, 'b> {
    bench: &'a mut Bench<'b>,
    base: &'a Report,
    kept: Vec<Candidate>,
    best: Option<Tried>,
}

impl Round<'_, '_> {
    /// Keeps what can be kept, together with all that was kept before.
    fn halve(&mut self, batch: Vec<Candidate>, refused: &mut BTreeMap<Done, String>) {
        let mut pending = vec![batch];
        while let Some(mut batch) = pending.pop() {
            match self.try_with(&batch) {
                Ok(tried) => {
                    self.best = Some(tried);
                    self.kept.append(&mut batch);
                }
                Err(_) if batch.len() > 1 => {
                    let second = batch.split_off(batch.len() / 2);
                    pending.extend([second, batch]);
                }
                Err(why) => refused.extend(batch.into_iter().map(|candidate| (candidate.done, why.clone()))),
            }
        }
    }

    fn try_with(&mut self, batch: &[Candidate]) -> Result<Tried, String> {
        if self.bench.trials >= MAX_TRIALS {
            return Err("too many others were tried: say it again".to_owned());
        }
        let all = || self.kept.iter().chain(batch);
        let edits: Vec<&Edit> = all().flat_map(|candidate| &candidate.edits).collect();
        let texts = self.bench.edited(&self.base.sources, &edits).ok_or("it crosses another one")?;
        let report = self.bench.judge(&texts);
        let mended: Vec<&str> = all().map(|candidate| candidate.about.as_str()).collect();
        let shift = Shift::of(&self.base.sources, edits.iter().copied());
        let standing = if all().any(|candidate| TAKING_OUT.contains(&candidate.done.rule)) {
            Standing::without_host
        } else {
            Standing::of
        };
        standing(self.base).check(&standing(&report), &mended, &shift)?;
        Ok((texts, report))
    }
}
