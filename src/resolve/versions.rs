//! Which version of its library a client has: the pin that lies nearest to its code.

use crate::facts::Facts;
use crate::model::{Family, VersionRange};
use crate::resolve::placement::below;

/// The version of the client library for code at `path`. Only families that sit on redis-py are pinned so far; a lock
/// file beats a hand-written range, a nearer folder a farther one.
#[must_use]
pub fn of(facts: &Facts, family: Family, path: &str) -> VersionRange {
    if !family.is_on_redis_py() {
        return VersionRange::default();
    }
    let folder = |path: &str| path.rsplit_once('/').map_or(String::new(), |(folder, _)| folder.to_owned());
    // `requirements/base.txt` speaks for the folder above it.
    let speaks_for = |path: &str| {
        let folder = folder(path);
        match folder.rsplit_once('/') {
            Some((above, "requirements")) => above.to_owned(),
            None if folder == "requirements" => String::new(),
            _ => folder,
        }
    };
    let near = facts
        .pins
        .iter()
        .filter(|pin| below(path, &speaks_for(&pin.path)))
        .map(|pin| (speaks_for(&pin.path).len(), pin.locked, pin))
        .collect::<Vec<_>>();
    let best = near.iter().map(|(depth, locked, _)| (*depth, *locked)).max();
    let mut ranges =
        near.iter().filter(|(depth, locked, _)| Some((*depth, *locked)) == best).map(|(_, _, pin)| pin.range.value);
    let first = ranges.next().unwrap_or_default();
    // Files that speak for the same folder and differ: any of them may be installed.
    ranges.fold(first, |all, one| VersionRange {
        from: all.from.zip(one.from).map(|(a, b)| a.min(b)),
        to: all.to.zip(one.to).map(|(a, b)| a.max(b)),
    })
}
