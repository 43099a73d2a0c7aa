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
    rest: &'a str,
}

fn written(text: &str) -> Option<Written<'_>> {
    let mut rest = text.trim().trim_start_matches(['v', 'V', '=']).trim_start();
    let (mut numbers, mut wildcard) = (Vec::new(), false);
    loop {
        let digits = rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len());
        if digits > 0 {
            numbers.push(rest[..digits].parse().ok()?);
            rest = &rest[digits..];
        } else if let Some(behind) = rest.strip_prefix(['*', 'x', 'X']) {
            wildcard = true;
            rest = behind;
        } else {
            return None;
        }
        match rest.strip_prefix('.') {
            Some(behind) if behind.starts_with(|char: char| char.is_ascii_digit() || "*xX".contains(char)) => {
                rest = behind;
            }
            _ => break,
        }
        if wildcard {
            // Nothing behind a wildcard matters.
            rest = rest.trim_start_matches(['.', '*', 'x', 'X']);
            break;
        }
    }
    numbers.truncate(3);
    Some(Written { numbers, wildcard, rest })
}

impl Written<'_> {
    fn lowest(&self) -> Version {
        let number = |at: usize| self.numbers.get(at).copied().unwrap_or(0);
        [number(0), number(1), number(2)]
    }

    /// The next version that differs in the number at `place`, which is there.
    fn next(&self, place: usize) -> Version {
        let mut version = self.lowest();
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

/// PEP 440: `>=4.5,<6`, `~=5.0.1`, `==4.*`. Nothing at all allows everything; `!=` is passed over, as it leaves a hole.
#[must_use]
pub fn pep440(text: &str) -> Option<VersionRange> {
    let mut all = Interval::ALL;
    for clause in text.split(',').map(str::trim).filter(|clause| !clause.is_empty()) {
        let operator = clause.len() - clause.trim_start_matches(['=', '<', '>', '~', '!']).len();
        let (operator, version) = clause.split_at(operator);
        let version = written(version)?;
        let pre = version.rest.trim_start_matches(['.', '-', '_']);
        let pre = ["a", "b", "c", "rc", "dev", "alpha", "beta"].iter().any(|word| pre.starts_with(word));
        let exactly = version.exactly();
        let next = Interval { from: exactly.below, below: END };
        all = all.and(match operator {
            "==" | "===" if version.wildcard => version.all(),
            "==" | "===" => exactly,
            ">=" => Interval { from: exactly.from, below: END },
            // `>5.0b1` lets 5.0 in.
            ">" if pre => Interval { from: exactly.from, below: END },
            ">" => next,
            "<=" if pre => Interval { from: [0; 3], below: exactly.from },
            "<=" => Interval { from: [0; 3], below: exactly.below },
            "<" => Interval { from: [0; 3], below: exactly.from },
            "~=" if version.numbers.len() > 1 => {
                Interval { from: exactly.from, below: version.next(version.numbers.len() - 2) }
            }
            "!=" => Interval::ALL,
            _ => return None,
        });
    }
    (!all.is_empty()).then(|| all.range())
}

/// Poetry: PEP 440, `^`, `~`, wildcards, and a bare version for itself; `||` parts alternatives.
#[must_use]
pub fn poetry(text: &str) -> Option<VersionRange> {
    alternatives(text, |part| {
        let clauses = part.split([',', ' ']).map(str::trim).filter(|clause| !clause.is_empty());
        intersection(&joined(clauses), |operator, version| {
            Some(match operator {
                "" if version.wildcard => version.all(),
                "" => version.exactly(),
                _ => return comparator(operator, version),
            })
        })
    })
}

/// npm's semver: `^4.6.7`, `1.x`, `>=4 <6`, `4.5 - 5.2`, with `||` between alternatives. Tags and addresses are none.
#[must_use]
pub fn npm(text: &str) -> Option<VersionRange> {
    let text = text.rsplit_once('@').filter(|_| text.starts_with("npm:")).map_or(text, |(_, version)| version);
    let text = text.strip_prefix("workspace:").unwrap_or(text);
    alternatives(text, |part| {
        if let Some((low, high)) = part.split_once(" - ") {
            let (low, high) = (written(low)?, written(high)?);
            let below = if high.numbers.is_empty() { END } else { high.all().below };
            return Some(Interval { from: low.lowest(), below });
        }
        intersection(&joined(part.split([' ', ','])), |operator, version| match operator {
            "" => Some(version.all()),
            _ => comparator(operator, version),
        })
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

fn alternatives(text: &str, read: impl Fn(&str) -> Option<Interval>) -> Option<VersionRange> {
    let mut hull: Option<Interval> = None;
    for part in text.split("||").flat_map(|part| part.split('|')).map(str::trim) {
        let part = if part.is_empty() { Interval::ALL } else { read(part)? };
        if !part.is_empty() {
            hull = Some(hull.map_or(part, |hull| hull.hull(part)));
        }
    }
    hull.map(Interval::range)
}

fn intersection(clauses: &[String], read: impl Fn(&str, &Written<'_>) -> Option<Interval>) -> Option<Interval> {
    clauses.iter().try_fold(Interval::ALL, |all, clause| {
        let operator = clause.len() - clause.trim_start_matches(['=', '<', '>', '~', '!', '^']).len();
        let (operator, version) = clause.split_at(operator);
        Some(all.and(read(operator, &written(version)?)?))
    })
}

/// The comparators that npm and Poetry share. A number that is missing stands for any.
fn comparator(operator: &str, version: &Written<'_>) -> Option<Interval> {
    let all = version.all();
    let any = version.numbers.is_empty();
    Some(match operator {
        "=" | "==" | "===" => all,
        "^" => version.caret(),
        "~" | "~>" => version.tilde(),
        "~=" if version.numbers.len() > 1 => {
            Interval { from: all.from, below: version.next(version.numbers.len() - 2) }
        }
        ">=" => Interval { from: all.from, below: END },
        "<" if any => Interval { from: END, below: END },
        "<" => Interval { from: [0; 3], below: all.from },
        ">" if any => Interval { from: END, below: END },
        ">" => Interval { from: all.below, below: END },
        "<=" => Interval { from: [0; 3], below: all.below },
        "!=" => Interval::ALL,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX: u32 = u32::MAX;

    fn range(from: (u32, u32), to: (u32, u32)) -> Option<VersionRange> {
        Some(VersionRange { from: Some(from), to: Some(to) })
    }

    #[test]
    fn of_python() {
        assert_eq!(pep440("==5.0.1"), range((5, 0), (5, 0)));
        assert_eq!(pep440(">=4.5,<6"), range((4, 5), (5, MAX)));
        assert_eq!(pep440("<5.0.4"), Some(VersionRange { from: None, to: Some((5, 0)) }));
        assert_eq!(pep440("~=5.0"), range((5, 0), (5, MAX)));
        assert_eq!(pep440("==4.*"), range((4, 0), (4, MAX)));
        assert_eq!(pep440(""), Some(VersionRange::default()));
        assert_eq!(pep440(">=5,<4"), None);
        assert_eq!(poetry("^4.3"), range((4, 3), (4, MAX)));
        assert_eq!(poetry("4.5"), range((4, 5), (4, 5)));
        assert_eq!(poetry("^4.3 || ^6"), range((4, 3), (6, MAX)));
    }

    #[test]
    fn of_node() {
        assert_eq!(npm("^4.6.7"), range((4, 6), (4, MAX)));
        assert_eq!(npm("~4.6"), range((4, 6), (4, 6)));
        assert_eq!(npm("4"), range((4, 0), (4, MAX)));
        assert_eq!(npm(">= 4 < 6"), range((4, 0), (5, MAX)));
        assert_eq!(npm("4.5 - 5.2"), range((4, 5), (5, 2)));
        assert_eq!(npm("npm:redis@^3.1"), range((3, 1), (3, MAX)));
        assert_eq!(npm("*"), Some(VersionRange::default()));
        assert_eq!(npm("latest"), None);
        assert_eq!(npm("github:redis/node-redis"), None);
    }
}
