use super::Set;
use crate::facts::Facts;
use crate::source::Sources;
use std::collections::BTreeSet;
pub fn overlays(_: &Facts, _: &Sources) -> Vec<Set> {
    Vec::new()
}
pub fn owned(_: &Facts) -> BTreeSet<String> {
    BTreeSet::new()
}
