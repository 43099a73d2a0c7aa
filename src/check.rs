//! Model → findings: runs the rules, joins what is one fault, sorts, and drops what is not asked for.
//!
//! Knows no rule by name.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use crate::Options;
use crate::finding::{Finding, Label, Severity};
use crate::rule::{Category, Context, Rule};
use crate::source::{Sources, Span};

/// What the rules found, in the order of display, and how much of it is not displayed.
#[derive(Debug, Default)]
pub struct Checked {
    /// What is displayed and counted.
    pub findings: Vec<Finding>,
    /// Below the confidence asked for.
    pub hidden: usize,
    /// Outside the paths asked for.
    pub elsewhere: usize,
}

/// Runs `rules` over the model.
#[must_use]
pub fn check(rules: &[&Rule], context: &Context<'_>, options: &Options) -> Checked {
    let mut found = Vec::new();
    for rule in rules.iter().filter(|rule| options.pedantic || !rule.pedantic) {
        (rule.check)(context, &mut found);
    }
    // What is written in a file is true in every environment, also in those that do not read it.
    let secrets: BTreeSet<&str> =
        rules.iter().filter(|rule| rule.category == Category::Secrets).map(|rule| rule.name).collect();
    let order = |finding: &Finding| {
        if secrets.contains(finding.rule) {
            return 0;
        }
        let environments = &context.model.environments;
        let rank = |name: &String| environments.iter().position(|environment| environment.name == *name);
        finding.environments.iter().filter_map(rank).min().unwrap_or(environments.len())
    };
    found
        .sort_by(|a, b| a.rule.cmp(b.rule).then(order(a).cmp(&order(b))).then_with(|| by_place(context.sources, a, b)));
    let mut checked = Checked::default();
    for mut finding in merge(found) {
        cap(&mut finding, context.sources);
        shorten(&mut finding.trace);
        if !options.paths.is_empty() && !places(&finding).any(|span| wanted(span, context.sources, &options.paths)) {
            checked.elsewhere += 1;
        } else if finding.confidence < options.min_confidence {
            checked.hidden += 1;
        } else {
            checked.findings.push(finding);
        }
    }
    checked.findings.sort_by(|a, b| by_place(context.sources, a, b));
    checked
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

/// Joins findings of one fault, which have a group or a place in common; the first one speaks for all.
fn merge(found: Vec<Finding>) -> Vec<Finding> {
    let mut merged: Vec<Finding> = Vec::new();
    let mut known: BTreeMap<(&'static str, Fault), usize> = BTreeMap::new();
    for finding in found {
        let group = finding.group.clone().map(|group| (finding.rule, Fault::Group(group)));
        let place = (finding.rule, Fault::Place(finding.primary.span));
        let seen = group.as_ref().and_then(|group| known.get(group)).or_else(|| known.get(&place));
        let at = seen.copied().unwrap_or(merged.len());
        for key in group.into_iter().chain([place]) {
            known.entry(key).or_insert(at);
        }
        match merged.get_mut(at) {
            None => merged.push(finding),
            Some(first) => join(first, finding),
        }
    }
    merged
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
