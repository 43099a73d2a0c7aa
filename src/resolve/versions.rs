//! Which version of its library a client has: the pin that lies nearest to its code.
//!
//! A lock file beats a hand-written range, a nearer folder a farther one. Files that speak for the same folder and differ
//! may all be the installed one.

use crate::facts::{Facts, PinFile};
use crate::library::{Family, VersionRange};
use crate::resolve::placement::below;

/// How many files may take each other in.
const MAX_INCLUDES: usize = 8;

/// The version of the client library for code at `path`; nothing known gives the open range.
#[must_use]
pub fn of(facts: &Facts, family: Family, path: &str) -> VersionRange {
    let package = match family {
        family if family.is_on_redis_py() => Family::RedisPy,
        Family::NodeRedis | Family::Ioredis => family,
        _ => return VersionRange::default(),
    };
    let near: Vec<(&PinFile, VersionRange)> = facts
        .pins
        .iter()
        .filter(|file| below(path, &file.folder))
        .filter_map(|file| Some((file, allowed(facts, file, package, MAX_INCLUDES)?)))
        .collect();
    let nearest = near.iter().map(|(file, _)| file.folder.len()).max();
    // What another file takes in says nothing by itself.
    let taken_in = |path: &String| facts.pins.iter().any(|file| file.includes.contains(path));
    let declared = near.iter().filter(|(file, _)| Some(file.folder.len()) == nearest && !file.locked);
    let declared =
        declared.filter(|(file, _)| !taken_in(&file.path)).map(|(_, range)| *range).reduce(VersionRange::hull);
    // A lock file at the root of a workspace speaks for the packages in it, as far as they let it.
    let fitting = |range: &VersionRange| declared.is_none_or(|declared| intersection(*range, declared).is_some());
    let mut depths: Vec<usize> =
        near.iter().filter(|(file, _)| file.locked).map(|(file, _)| file.folder.len()).collect();
    depths.sort_unstable();
    let locked = depths.into_iter().rev().find_map(|depth| {
        let here = near.iter().filter(|(file, _)| file.locked && file.folder.len() == depth);
        here.flat_map(|(file, range)| single(file, package).unwrap_or_else(|| vec![*range]))
            .filter(fitting)
            .reduce(VersionRange::hull)
    });
    locked.or(declared).unwrap_or_default()
}

/// The library of a service whose Node code is not read: the only one that its packages name, in all their versions.
#[must_use]
pub fn of_node(facts: &Facts, holds: &dyn Fn(&str) -> bool) -> Option<(Family, VersionRange)> {
    let node = |family: Family| matches!(family, Family::NodeRedis | Family::Ioredis);
    let own: Vec<&PinFile> =
        facts.pins.iter().filter(|file| holds(&file.path) && file.pins.iter().any(|pin| node(pin.package))).collect();
    let mut named = own.iter().flat_map(|file| &file.pins).map(|pin| pin.package).filter(|family| node(*family));
    let library = named.next()?;
    let range = own.iter().map(|file| of(facts, library, &file.path)).reduce(VersionRange::hull)?;
    named.all(|other| other == library).then_some((library, range))
}

/// The versions of a lock file one by one: only some of them may fit what is declared.
fn single(file: &PinFile, package: Family) -> Option<Vec<VersionRange>> {
    let own = || file.pins.iter().filter(|pin| pin.package == package);
    own().all(|pin| pin.conditional).then(|| own().map(|pin| pin.range).collect())
}

/// What a file allows, with what it takes in; `None`: it does not name the package.
fn allowed(facts: &Facts, file: &PinFile, package: Family, depth: usize) -> Option<VersionRange> {
    let own = || file.pins.iter().filter(|pin| pin.package == package);
    // Under conditions any of them may hold; what is said without one holds always.
    let conditional = own().filter(|pin| pin.conditional).map(|pin| pin.range).reduce(VersionRange::hull);
    let always = own().filter(|pin| !pin.conditional).map(|pin| pin.range);
    let included = file.includes.iter().filter(|_| depth > 0).filter_map(|path| {
        let included = facts.pins.iter().find(|other| other.path == *path)?;
        allowed(facts, included, package, depth - 1)
    });
    // pip refuses what contradicts itself: then there is nothing to go by but the first.
    always.chain(included).chain(conditional).reduce(|all, one| intersection(all, one).unwrap_or(all))
}

fn intersection(one: VersionRange, other: VersionRange) -> Option<VersionRange> {
    let from = one.from.max(other.from);
    let to = [one.to, other.to].into_iter().flatten().min();
    let empty = from.zip(to).is_some_and(|(from, to)| from > to);
    (!empty).then_some(VersionRange { from, to })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::pins;
    use crate::source::FileId;

    fn version(files: &[(&str, &str)], family: Family, path: &str) -> VersionRange {
        let pins = files.iter().flat_map(|(path, text)| pins::extract(FileId(0), path, text).0).collect();
        of(&Facts { pins, ..Facts::default() }, family, path)
    }

    fn range(from: (u32, u32), to: (u32, u32)) -> VersionRange {
        VersionRange { from: Some(from), to: Some(to) }
    }

    const MAX: u32 = u32::MAX;

    #[test]
    fn a_lock_file_beats_a_range_and_a_near_file_a_far_one() {
        let files = [
            ("pyproject.toml", "[project]\ndependencies = [\"redis>=4\"]\n"),
            ("uv.lock", "[[package]]\nname = \"redis\"\nversion = \"5.2.1\"\n"),
            ("worker/requirements.txt", "redis==8.0.1\n"),
        ];
        assert_eq!(version(&files, Family::RedisPy, "app/a.py"), range((5, 2), (5, 2)));
        assert_eq!(version(&files, Family::Kombu, "worker/a.py"), range((8, 0), (8, 0)));
        assert_eq!(version(&files, Family::NodeRedis, "a.js"), VersionRange::default());
    }

    #[test]
    fn constraints_narrow_and_includes_count() {
        let files = [
            ("requirements.txt", "-r deps/base.txt\n-c pins.txt\nredis>=4\n"),
            ("deps/base.txt", "redis<8 # not yet\n"),
            ("pins.txt", "redis==7.1.0\n"),
        ];
        assert_eq!(version(&files, Family::RedisPy, "a.py"), range((7, 1), (7, 1)));
        let markers =
            [("requirements.txt", "redis==4.5.1 ; python_version < '3.8'\nredis==8.1.0; python_version >= '3.8'\n")];
        assert_eq!(version(&markers, Family::RedisPy, "a.py"), range((4, 5), (8, 1)));
        let different = [("requirements-api.txt", "redis==4.5.1\n"), ("requirements-worker.txt", "redis==8.1.0\n")];
        assert_eq!(version(&different, Family::RedisPy, "a.py"), range((4, 5), (8, 1)));
    }

    #[test]
    fn a_workspace_locks_for_its_packages() {
        let files = [
            ("api/package.json", "{\"dependencies\": {\"redis\": \"^4.6.0\"}}"),
            (
                "yarn.lock",
                "redis@^3.1.2:\n  version \"3.1.2\"\n\n\"redis@npm:^4.6.0\":\n  version: 4.7.1\n\nioredis@^5:\n  version \"5.1.0\"\n",
            ),
        ];
        assert_eq!(version(&files, Family::NodeRedis, "api/index.js"), range((4, 7), (4, 7)));
        assert_eq!(version(&files[..1], Family::NodeRedis, "api/index.js"), range((4, 6), (4, MAX)));
        assert_eq!(version(&files, Family::Ioredis, "web/index.js"), range((5, 1), (5, 1)));
    }
}
