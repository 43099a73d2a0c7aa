//! Model → findings: runs the rules, joins what is one fault, sorts, and drops what is not asked for.
//!
//! Each place of a fault is judged on its own: ignored, in the baseline, there before. A fault is displayed while one of
//! its places is left. Knows no rule by name.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::Options;
use crate::finding::{Finding, Label, Level, Notice, Severity};
use crate::fingerprint::{self, Fingerprint};
use crate::rule::{Category, Context, Rule};
use crate::secrets;
use crate::since::Since;
use crate::source::{Sources, Span};
use crate::suppress::Ignores;

/// What the rules found, in the order of display, and how much of it is not displayed.
#[derive(Debug, Default)]
pub struct Checked {
    /// What is displayed and counted.
    pub findings: Vec<Finding>,
    /// The names of their primary places.
    pub fingerprints: Vec<Fingerprint>,
    /// The names of all places of what is displayed: what a baseline is to hold.
    pub places: BTreeSet<Fingerprint>,
    /// Every place of every fault, displayed or not, and how serious it is.
    pub known: BTreeMap<Fingerprint, Severity>,
    /// Where each of them is.
    pub known_at: BTreeMap<Fingerprint, Span>,
    /// Below the confidence asked for.
    pub hidden: usize,
    /// Outside the paths asked for.
    pub elsewhere: usize,
    /// Ignored.
    pub suppressed: usize,
    /// In the baseline, as far as not ignored.
    pub baselined: usize,
    /// Not of the change that is asked for.
    pub unchanged: usize,
    /// Ignores and entries of the baseline that silence nothing.
    pub notices: Vec<Notice>,
}

/// What becomes of one place of a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Suppressed,
    Baselined,
    Unchanged,
    Shown,
}

struct Member {
    finding: Finding,
    fingerprint: Fingerprint,
    fate: Fate,
}

/// Runs `rules` over the model.
#[must_use]
pub fn check(rules: &[&Rule], context: &Context<'_>, options: &Options) -> Checked {
    let config = &options.config;
    let names: Vec<&str> = rules.iter().map(|rule| rule.name).collect();
    let listed = |list: &[crate::source::Spanned<String>], name: &str| list.iter().any(|rule| rule.value == name);
    let running: BTreeMap<&str, &Rule> = rules
        .iter()
        .filter(|rule| options.pedantic || !rule.pedantic)
        .filter(|rule| config.select.as_ref().is_none_or(|select| listed(select, rule.name)))
        .filter(|rule| !listed(&config.ignore, rule.name))
        .map(|rule| (rule.name, *rule))
        .collect();
    let mut found = Vec::new();
    for rule in running.values() {
        (rule.check)(context, &mut found);
    }
    crate::rules::encoded::tell(context.model, &mut found);
    for finding in &mut found {
        if let Some(ceiling) = config.severity.get(finding.rule) {
            finding.severity = finding.severity.min(ceiling.value);
        }
    }
    sort(&mut found, &running, context);
    let services = context.model.environments.iter().flat_map(|environment| &environment.services);
    let services = services.map(|service| service.name.as_str()).collect();
    let fingerprints = fingerprint::all(&found, context.sources, &secrets::spans(context.model), &services);

    let mut checked = Checked::default();
    let mut ignores = Ignores::default();
    if options.ignores {
        (ignores, checked.notices) = Ignores::read(context.sources, config, &names);
    }
    let mut members = Vec::with_capacity(found.len());
    for (finding, fingerprint) in found.into_iter().zip(fingerprints) {
        let worst = checked.known.entry(fingerprint.clone()).or_insert(finding.severity);
        *worst = finding.severity.max(*worst);
        checked.known_at.entry(fingerprint.clone()).or_insert(finding.primary.span);
        let link = running.get(finding.rule).is_some_and(|rule| rule.category.is_about_links());
        let fate = if is_ignored(&finding, link, &mut ignores, context.sources) {
            Fate::Suppressed
        } else if options.baseline.as_ref().is_some_and(|baseline| baseline.contains(&fingerprint.entry())) {
            Fate::Baselined
        } else if options.since.as_ref().is_some_and(|since| is_old(&finding, &fingerprint, since, context.sources)) {
            Fate::Unchanged
        } else {
            Fate::Shown
        };
        members.push(Member { finding, fingerprint, fate });
    }
    let ran = |name: &str| running.contains_key(name);
    checked.notices.extend(ignores.unused(ran));
    if let Some(baseline) = &options.baseline {
        let entries = checked.known.keys().map(Fingerprint::entry).collect();
        checked.notices.extend(baseline.stale(&entries, ran).map(|entry| {
            let message = format!("nothing is found for this entry any more: {entry}");
            Notice::path("stale-baseline", Level::Warning, baseline.path.as_str(), message)
        }));
    }
    let mut shown = Vec::new();
    for fault in faults(members) {
        let fate = fault.iter().map(|member| member.fate).max().unwrap_or(Fate::Shown);
        let (finding, places) = join_all(fault, fate);
        let Some(mut finding) = finding else { continue };
        cap(&mut finding, context.sources);
        shorten(&mut finding.trace);
        let elsewhere = !options.paths.is_empty()
            && !self::places(&finding).any(|span| wanted(span, context.sources, &options.paths));
        match fate {
            _ if elsewhere => checked.elsewhere += 1,
            _ if finding.confidence < options.min_confidence => checked.hidden += 1,
            Fate::Suppressed => checked.suppressed += 1,
            Fate::Baselined => checked.baselined += 1,
            Fate::Unchanged => checked.unchanged += 1,
            Fate::Shown => shown.push((finding, places)),
        }
    }
    shown.sort_by(|(a, _), (b, _)| by_place(context.sources, a, b));
    for (finding, places) in shown {
        checked.fingerprints.extend(places.first().cloned());
        checked.places.extend(places);
        checked.findings.push(finding);
    }
    checked
}

/// By rule, and of one rule first what speaks for a fault.
fn sort(found: &mut [Finding], rules: &BTreeMap<&str, &Rule>, context: &Context<'_>) {
    let order = |finding: &Finding| {
        // What is written in a file is true in every environment, also in those that do not read it.
        if rules.get(finding.rule).is_some_and(|rule| rule.category == Category::Secrets) {
            return 0;
        }
        let environments = &context.model.environments;
        let rank = |name: &String| environments.iter().position(|environment| environment.name == *name);
        finding.environments.iter().filter_map(rank).min().unwrap_or(environments.len())
    };
    found
        .sort_by(|a, b| a.rule.cmp(b.rule).then(order(a).cmp(&order(b))).then_with(|| by_place(context.sources, a, b)));
}

/// Whether an ignore speaks of the place of a finding; of a link either end counts.
fn is_ignored(finding: &Finding, link: bool, ignores: &mut Ignores, sources: &Sources) -> bool {
    let mut ignored = false;
    // Every place is asked, so that each ignore that fits counts as used.
    for place in places(finding).take(if link { usize::MAX } else { 1 }) {
        ignored |= ignores.silence(finding.rule, place, sources);
    }
    ignored
}

/// Whether a finding was there before a change, and the change left all its places alone. A note that became more is
/// new: a published port with a password is worth a note, and the same port of an open server is a fault.
fn is_old(finding: &Finding, fingerprint: &Fingerprint, since: &Since, sources: &Sources) -> bool {
    let as_bad = |before: &Severity| *before > Severity::Note || finding.severity == Severity::Note;
    since.known.get(fingerprint).is_some_and(as_bad) && !places(finding).any(|place| since.touches(place, sources))
}

fn by_place(sources: &Sources, a: &Finding, b: &Finding) -> Ordering {
    let span = |finding: &Finding| finding.primary.span;
    let path = |finding: &Finding| sources.get(span(finding).file).path();
    path(a)
        .cmp(path(b))
        .then_with(|| (span(a).start, span(a).end).cmp(&(span(b).start, span(b).end)))
        .then_with(|| (a.rule, &a.message).cmp(&(b.rule, &b.message)))
}

/// What makes two findings of one rule the same fault.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Fault {
    Group(String),
    Place(Span),
}

/// Findings of one fault together: they have a group or a place in common. The order is kept.
fn faults(members: Vec<Member>) -> Vec<Vec<Member>> {
    let mut faults: Vec<Vec<Member>> = Vec::new();
    let mut known: BTreeMap<(&'static str, Fault), usize> = BTreeMap::new();
    for member in members {
        let finding = &member.finding;
        let group = finding.group.clone().map(|group| (finding.rule, Fault::Group(group)));
        let place = (finding.rule, Fault::Place(finding.primary.span));
        let seen = group.as_ref().and_then(|group| known.get(group)).or_else(|| known.get(&place));
        let at = seen.copied().unwrap_or(faults.len());
        for key in group.into_iter().chain([place]) {
            known.entry(key).or_insert(at);
        }
        match faults.get_mut(at) {
            None => faults.push(vec![member]),
            Some(fault) => fault.push(member),
        }
    }
    faults
}

/// Joins the members of a fault that share its fate; the first one speaks for all, and comes first among the names.
fn join_all(fault: Vec<Member>, fate: Fate) -> (Option<Finding>, Vec<Fingerprint>) {
    let mut joined: Option<Finding> = None;
    let mut names = Vec::new();
    for member in fault.into_iter().filter(|member| member.fate == fate) {
        names.push(member.fingerprint);
        match &mut joined {
            None => joined = Some(member.finding),
            Some(first) => join(first, member.finding),
        }
    }
    (joined, names)
}

fn join(first: &mut Finding, other: Finding) {
    first.severity = first.severity.max(other.severity);
    first.confidence = first.confidence.max(other.confidence);
    for environment in other.environments {
        if !first.environments.contains(&environment) {
            first.environments.push(environment);
        }
    }
    for label in std::iter::once(other.primary).chain(other.related) {
        add(first, label);
    }
}

/// Adds a related place unless the finding already points there.
fn add(finding: &mut Finding, label: Label) {
    let known = finding.primary.span == label.span || finding.related.iter().any(|known| known.span == label.span);
    if !known {
        finding.related.push(label);
    }
}

/// A finding that rests only on files that nobody else has is at most a note.
fn cap(finding: &mut Finding, sources: &Sources) {
    if places(finding).all(|span| sources.get(span.file).tracked() == Some(false)) {
        finding.severity = finding.severity.min(Severity::Note);
    }
}

/// Of several steps at one place the last says the most.
fn shorten(trace: &mut Vec<Label>) {
    trace.dedup_by(|next, kept| {
        let same = next.span == kept.span;
        if same {
            std::mem::swap(&mut next.text, &mut kept.text);
        }
        same
    });
}

/// Every place of a finding: where it points, and where the value passed.
fn places(finding: &Finding) -> impl Iterator<Item = Span> {
    std::iter::once(&finding.primary).chain(&finding.related).chain(&finding.trace).map(|label| label.span)
}

fn wanted(span: Span, sources: &Sources, paths: &[String]) -> bool {
    let path = sources.get(span.file).path();
    paths.iter().any(|wanted| {
        wanted.is_empty()
            || path.strip_prefix(wanted.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}
