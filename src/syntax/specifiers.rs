//! Version specifiers of Python and Node packages → ranges of major and minor versions.
//!
//! Comes in: what stands behind a package's name (`>=4.5,<6`, `^4.6.7 || 5.x`). Goes out: the smallest range that holds
//! every version allowed, or nothing where it is no such specifier or allows none. Knows no packages.

use crate::library::VersionRange;

type Version = [u32; 3];

/// Versions from one up to, but without, another.
#[derive(Clone, Copy)]
struct Interval {
    from: Version,
    below: Version,
}

const END: Version = [u32::MAX; 3];

impl Interval {
    const ALL: Self = Self { from: [0; 3], below: END };

    fn and(self, other: Self) -> Self {
        Self { from: self.from.max(other.from), below: self.below.min(other.below) }
    }

    fn is_empty(self) -> bool {
        self.from >= self.below
    }

    /// Without a hole that lies at one of the ends.
    fn without(self, hole: Self) -> Self {
        let from = if hole.from <= self.from && self.from < hole.below { hole.below } else { self.from };
        let below = if hole.from < self.below && self.below <= hole.below { hole.from } else { self.below };
        Self { from, below }
    }

    /// Everything between the lowest and the highest of both.
    fn hull(self, other: Self) -> Self {
        Self { from: self.from.min(other.from), below: self.below.max(other.below) }
    }

    fn range(self) -> VersionRange {
        let [major, minor, patch] = self.below;
        let to = match self.below {
            END => None,
            _ if patch > 0 => Some((major, minor)),
            _ if minor > 0 => Some((major, minor - 1)),
            _ => Some((major.saturating_sub(1), u32::MAX)),
        };
        let from = Some((self.from[0], self.from[1])).filter(|_| self.from != [0; 3]);
        VersionRange { from, to }
    }
}

/// A version with as many numbers as are written, up to three, and what stands behind them.
struct Written<'a> {
    numbers: Vec<u32>,
    /// It ends in `*` or `x`.
    wildcard: bool,
    /// A number has zeros before it.
    padded: bool,
    rest: &'a str,
}

fn written(text: &str) -> Option<Written<'_>> {
    let mut rest = text.trim().trim_start_matches(['v', 'V', '=']).trim_start();
    let (mut numbers, mut wildcard, mut padded) = (Vec::new(), false, false);
    loop {
        let digits = rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len());
        if let Some(behind) = rest.strip_prefix(['*', 'x', 'X']) {
            wildcard = true;
            rest = behind;
        } else if digits == 0 || wildcard {
            return None;
        } else {
            padded |= digits > 1 && rest.starts_with('0');
            numbers.push(rest[..digits].parse().ok()?);
            rest = &rest[digits..];
        }
        match rest.strip_prefix('.') {
            Some(behind) if behind.starts_with(|char: char| char.is_ascii_digit() || "*xX".contains(char)) => {
                rest = behind;
            }
            _ => break,
        }
    }
    Some(Written { numbers, wildcard, padded, rest })
}

impl Written<'_> {
    fn lowest(&self) -> Version {
        let number = |at: usize| self.numbers.get(at).copied().unwrap_or(0);
        [number(0), number(1), number(2)]
    }

    /// The next version that differs in the number at `place`. What stands behind the third tells no two versions apart.
    fn next(&self, place: usize) -> Version {
        let mut version = self.lowest();
        let place = place.min(version.len() - 1);
        version[place] = version[place].saturating_add(1);
        version[place + 1..].fill(0);
        version
    }

    /// Every version that begins with these numbers.
    fn all(&self) -> Interval {
        match self.numbers.len() {
            0 => Interval::ALL,
            count => Interval { from: self.lowest(), below: self.next(count - 1) },
        }
    }

    /// This very version.
    fn exactly(&self) -> Interval {
        Interval { from: self.lowest(), below: self.next(2) }
    }

    /// npm's and Poetry's `^`: up to the next change of the first number that is not zero.
    fn caret(&self) -> Interval {
        let first = self.numbers.iter().position(|number| *number > 0).unwrap_or(self.numbers.len().saturating_sub(1));
        match self.numbers.len() {
            0 => Interval::ALL,
            _ => Interval { from: self.lowest(), below: self.next(first) },
        }
    }

    /// npm's and Poetry's `~`.
    fn tilde(&self) -> Interval {
        match self.numbers.len() {
            0 => Interval::ALL,
            count => Interval { from: self.lowest(), below: self.next((count - 1).min(1)) },
        }
    }
}

/// What a clause allows, or excludes.
enum Clause {
    Within(Interval),
    Without(Interval),
}

/// PEP 440: `>=4.5,<6`, `~=5.0.1`, `==4.*`. Nothing at all allows everything.
#[must_use]
pub fn pep440(text: &str) -> Option<VersionRange> {
    let clauses = text.split(',').map(str::trim).filter(|clause| !clause.is_empty());
    intersection(clauses, clause_of_pep440).filter(|all| !all.is_empty()).map(Interval::range)
}

/// Poetry: PEP 440, `^`, `~`, wildcards, and a bare version for itself; `||` parts alternatives.
#[must_use]
pub fn poetry(text: &str) -> Option<VersionRange> {
    alternatives(text.split('|').filter(|part| !part.is_empty()), |part| {
        if part.contains(['x', 'X']) {
            // npm's wildcard, which Poetry refuses.
            return None;
        }
        let clauses = joined(part.split([',', ' ']));
        intersection(clauses.iter().map(String::as_str), |operator, version| {
            Some(Clause::Within(match operator {
                "" if version.numbers.is_empty() => Interval::ALL,
                "^" | "~" if version.wildcard => return None,
                "^" => version.caret(),
                "~" => version.tilde(),
                "~=" if version.numbers.len() == 1 => Interval { from: version.lowest(), below: version.next(1) },
                "" => return clause_of_pep440("==", version),
                _ => return clause_of_pep440(operator, version),
            }))
        })
    })
}

fn clause_of_pep440(operator: &str, version: &Written<'_>) -> Option<Clause> {
    let suffix = version.rest.trim_start_matches(['.', '-', '_']);
    let begins = |words: &[&str]| words.iter().any(|word| suffix.starts_with(word));
    let pre = begins(&["a", "b", "c", "rc", "dev", "pre"]);
    let post = begins(&["post", "rev", "r"]) && !pre;
    let readable = version.rest.is_empty() || pre || post || version.rest.starts_with('+');
    let equality = matches!(operator, "==" | "===" | "!=");
    if !readable || version.rest.contains(' ') || version.numbers.is_empty() || (version.wildcard && !equality) {
        return None;
    }
    let exactly = version.exactly();
    let equal = if version.wildcard { version.all() } else { exactly };
    let below = |below| Interval { from: [0; 3], below };
    let from = |from| Interval { from, below: END };
    Some(Clause::Within(match operator {
        "==" | "===" => equal,
        "!=" => return Some(Clause::Without(equal)),
        // `>5.0b1` lets 5.0 in, and so does `<5.0.post1`.
        ">=" => from(exactly.from),
        ">" if pre => from(exactly.from),
        ">" => from(exactly.below),
        "<=" | "<" if pre => below(exactly.from),
        "<=" => below(exactly.below),
        "<" if post => below(exactly.below),
        "<" => below(exactly.from),
        "~=" if version.numbers.len() > 1 => {
            Interval { from: exactly.from, below: version.next(version.numbers.len().min(3) - 2) }
        }
        _ => return None,
    }))
}

/// npm's semver: `^4.6.7`, `1.x`, `>=4 <6`, `4.5 - 5.2`, with `||` between alternatives. Tags and addresses are none.
#[must_use]
pub fn npm(text: &str) -> Option<VersionRange> {
    let text = text.rsplit_once('@').filter(|_| text.starts_with("npm:")).map_or(text, |(_, version)| version);
    let text = text.strip_prefix("workspace:").unwrap_or(text);
    alternatives(text.split("||"), |part| {
        if let Some((low, high)) = part.split_once(" - ") {
            let (low, high) = (written(low).filter(is_of_npm)?, written(high).filter(is_of_npm)?);
            let below = if high.numbers.is_empty() { END } else { high.all().below };
            return Some(Interval { from: low.lowest(), below });
        }
        let clauses = joined(part.split_ascii_whitespace());
        intersection(clauses.iter().map(String::as_str), |operator, version| {
            is_of_npm(version).then(|| comparator(operator, version))?.map(Clause::Within)
        })
    })
}

/// Three numbers at most, and behind them nothing but a pre-release or a build.
fn is_of_npm(version: &Written<'_>) -> bool {
    let rest = version.rest;
    version.numbers.len() <= 3
        && !version.padded
        && !rest.contains(' ')
        && (rest.is_empty() || rest.starts_with(['-', '+']))
}

/// npm's comparators. A number that is missing stands for any.
fn comparator(operator: &str, version: &Written<'_>) -> Option<Interval> {
    let all = version.all();
    let any = version.numbers.is_empty();
    let pre = version.rest.starts_with('-');
    Some(match operator {
        "" | "=" => all,
        "^" => version.caret(),
        "~" | "~>" => version.tilde(),
        ">=" => Interval { from: all.from, below: END },
        "<" | ">" if any => Interval { from: END, below: END },
        "<" => Interval { from: [0; 3], below: all.from },
        ">" if pre => Interval { from: all.from, below: END },
        ">" => Interval { from: all.below, below: END },
        "<=" if pre => Interval { from: [0; 3], below: all.from },
        "<=" => Interval { from: [0; 3], below: all.below },
        _ => return None,
    })
}

/// Operators that stand apart from their versions (`>= 4`) go with these.
fn joined<'a>(words: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut clauses: Vec<String> = Vec::new();
    for word in words.filter(|word| !word.is_empty()) {
        match clauses.last_mut() {
            Some(last) if last.chars().all(|char| "<>=~^!".contains(char)) => last.push_str(word),
            _ => clauses.push(word.to_owned()),
        }
    }
    clauses
}

fn alternatives<'a>(
    parts: impl Iterator<Item = &'a str>,
    read: impl Fn(&str) -> Option<Interval>,
) -> Option<VersionRange> {
    let mut hull: Option<Interval> = None;
    for part in parts.map(str::trim) {
        let part = if part.is_empty() { Interval::ALL } else { read(part)? };
        if !part.is_empty() {
            hull = Some(hull.map_or(part, |hull| hull.hull(part)));
        }
    }
    hull.map(Interval::range)
}

/// What all clauses allow together, up to holes in the middle; `None`: one of them can't be read.
fn intersection<'a>(
    clauses: impl Iterator<Item = &'a str>,
    read: impl Fn(&str, &Written<'_>) -> Option<Clause>,
) -> Option<Interval> {
    let (mut all, mut holes) = (Interval::ALL, Vec::new());
    for clause in clauses {
        let operator = clause.len() - clause.trim_start_matches(['=', '<', '>', '~', '!', '^']).len();
        let (operator, version) = clause.split_at(operator);
        match read(operator, &written(version)?)? {
            Clause::Within(interval) => all = all.and(interval),
            Clause::Without(hole) => holes.push(hole),
        }
    }
    // Each hole can be at an end once another one has been taken off there.
    for _ in 0..holes.len() {
        for hole in &holes {
            all = all.without(*hole);
        }
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: u32 = u32::MAX;

    fn range(from: (u32, u32), to: (u32, u32)) -> VersionRange {
        VersionRange { from: Some(from), to: Some(to) }
    }

    #[test]
    fn of_python() {
        assert_eq!(pep440("==5.0.1"), Some(range((5, 0), (5, 0))));
        assert_eq!(pep440(">=4.5,<6"), Some(range((4, 5), (5, MAX))));
        assert_eq!(pep440("<5.0.4"), Some(VersionRange { from: None, to: Some((5, 0)) }));
        assert_eq!(pep440("~=5.0"), Some(range((5, 0), (5, MAX))));
        assert_eq!(pep440("==4.*"), Some(range((4, 0), (4, MAX))));
        assert_eq!(pep440(""), Some(VersionRange::default()));
        assert_eq!(pep440(">=5,<4"), None);
        assert_eq!(poetry("^4.3"), Some(range((4, 3), (4, MAX))));
        assert_eq!(poetry("4.5"), Some(range((4, 5), (4, 5))));
        assert_eq!(poetry("^4.3 || ^6"), Some(range((4, 3), (6, MAX))));
    }

    #[test]
    fn numbers_behind_the_third_tell_no_versions_apart() {
        for text in ["==5.0.1.4.*", "==5.0.1.4.2", "~=5.0.1.4.2"] {
            assert_eq!(pep440(text), Some(range((5, 0), (5, 0))), "{text}");
        }
        assert_eq!(poetry("^0.0.0.4"), Some(VersionRange { from: None, to: Some((0, 0)) }));
    }

    #[test]
    fn of_node() {
        assert_eq!(npm("^4.6.7"), Some(range((4, 6), (4, MAX))));
        assert_eq!(npm("~4.6"), Some(range((4, 6), (4, 6))));
        assert_eq!(npm("4"), Some(range((4, 0), (4, MAX))));
        assert_eq!(npm(">= 4 < 6"), Some(range((4, 0), (5, MAX))));
        assert_eq!(npm("4.5 - 5.2"), Some(range((4, 5), (5, 2))));
        assert_eq!(npm("npm:redis@^3.1"), Some(range((3, 1), (3, MAX))));
        assert_eq!(npm("*"), Some(VersionRange::default()));
        assert_eq!(npm("latest"), None);
        assert_eq!(npm("github:redis/node-redis"), None);
    }
}
