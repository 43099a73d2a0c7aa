//! `volumes`, `configs` and `secrets` → what lies where in a container.

use crate::resolve::project::Mount;
use crate::source::Span;
use crate::text::Text;
use crate::tree::{Index, Presence, join};

/// Reads `[SOURCE:]TARGET[:MODE]`; `None`: compose refuses it. The text is interpolated.
#[must_use]
pub fn parse_short(text: &Text, span: Span, directory: &str, index: &Index) -> Option<Mount> {
    let value = text.as_str();
    // A drive letter's colon belongs to the path.
    let drive = value.len() > 2 && value.as_bytes()[0].is_ascii_alphabetic() && value.as_bytes()[1] == b':';
    let skip = if drive { 2 } else { 0 };
    let mut parts = value[skip..].split(':');
    let first = &value[..skip + parts.next()?.len()];
    let (source, target) = match parts.next() {
        Some(target) => (first, target),
        None => ("", first),
    };
    if target.is_empty() || first.is_empty() || parts.count() > 1 {
        return None;
    }
    Some(mount(source, target, span, directory, index))
}

/// A mount of `source`, as written, at `target`.
#[must_use]
pub fn mount(source: &str, target: &str, span: Span, directory: &str, index: &Index) -> Mount {
    let path = if source.starts_with('.') { join(directory, source) } else { None };
    Mount {
        volume: is_name(source).then(|| source.to_owned()),
        span,
        exists: path.as_deref().and_then(|path| exists(index, path)),
        source: path,
        target: clean(target),
        content: None,
        contents: Vec::new(),
    }
}

/// A mount of a file of the repository, its path relative to the project's folder.
#[must_use]
pub fn file(source: &str, target: &str, span: Span, directory: &str, index: &Index) -> Mount {
    let path = join(directory, source);
    Mount {
        volume: None,
        span,
        exists: path.as_deref().and_then(|path| exists(index, path)),
        source: path,
        target: clean(target),
        content: None,
        contents: Vec::new(),
    }
}

/// Whether a source is the name of a volume: no path, and nothing unknown in it.
fn is_name(source: &str) -> bool {
    source.starts_with(|char: char| char.is_ascii_alphanumeric())
        && source.chars().all(|char| char.is_ascii_alphanumeric() || "_.-".contains(char))
}

fn exists(index: &Index, path: &str) -> Option<bool> {
    match index.presence(path) {
        Presence::File | Presence::Folder => Some(true),
        Presence::Ignored => None,
        Presence::Absent => Some(false),
    }
}

/// An absolute path without empty, `.` and `..` parts.
fn clean(path: &str) -> String {
    if !path.starts_with('/') {
        return path.to_owned();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::FileId;

    #[test]
    fn short_forms() {
        let index = Index::new([("deploy/redis.conf".to_owned(), None)]);
        let read = |value: &str| {
            let span = Span::new(FileId(0), 0..value.len());
            let mount = parse_short(&Text::exact(value, span), span, "deploy", &index)?;
            Some((mount.source, mount.target, mount.exists))
        };
        let some =
            |source: Option<&str>, target: &str, exists| Some((source.map(str::to_owned), target.to_owned(), exists));
        assert_eq!(
            read("./redis.conf:/etc/redis.conf:ro"),
            some(Some("deploy/redis.conf"), "/etc/redis.conf", Some(true))
        );
        assert_eq!(read("../conf:/etc/redis/"), some(Some("conf"), "/etc/redis", Some(false)));
        assert_eq!(read("data:/data"), some(None, "/data", None));
        assert_eq!(read("/data"), some(None, "/data", None));
        assert_eq!(read("/srv/x:/data"), some(None, "/data", None));
        assert_eq!(read("C:\\x:/data:ro"), some(None, "/data", None));
        assert_eq!(read("ab:b:c:d"), None);
        assert_eq!(read(":/data"), None);
    }
}
