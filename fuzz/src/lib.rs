//! What the fuzz targets share: how bytes become a repository, and what must hold for every result.

use redislint::source::{FileId, Span};
use redislint::text::Text;

/// Begins the line that names the next file.
pub const MARK: &str = "=== ";

/// The file that bytes without such a line stand for, by the first of them: every kind of file that is read.
const NAMES: [&str; 24] = [
    "compose.yml",
    "docker-compose.override.yml",
    ".env",
    ".env.example",
    "redis.conf",
    "users.acl",
    "Dockerfile",
    "app/settings.py",
    "manage.py",
    "k8s/redis.yaml",
    "kustomization.yaml",
    ".github/workflows/ci.yml",
    ".gitlab-ci.yml",
    "Makefile",
    "deploy.sh",
    "start.bat",
    "package.json",
    "pyproject.toml",
    "requirements.txt",
    "settings.ini",
    "config.yaml",
    "redislint.toml",
    "README.md",
    "poetry.lock",
];

/// The files that bytes stand for: `=== path` lines begin each; without them one file, named by the first byte.
#[must_use]
pub fn files(data: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    for line in data.split_inclusive(|byte| *byte == b'\n') {
        if let Some(path) = line.strip_prefix(MARK.as_bytes()) {
            files.push((String::from_utf8_lossy(path).trim().to_owned(), Vec::new()));
        } else if let Some((_, bytes)) = files.last_mut() {
            bytes.extend(line);
        }
    }
    if files.is_empty()
        && let [kind, rest @ ..] = data
    {
        files.push((NAMES[usize::from(*kind) % NAMES.len()].to_owned(), rest.to_vec()));
    }
    files
}

/// The file that single parsers are told they read.
pub const FILE: FileId = FileId(0);

/// A whole source as a value.
#[must_use]
pub fn text(source: &str) -> Text {
    Text::exact(source, Span::new(FILE, 0..source.len()))
}

/// Every part of a value stands in its source, on character boundaries.
///
/// # Panics
/// Where it does not.
pub fn holds(source: &str, text: &Text) {
    for span in text.spans().into_iter().chain([text.anchor()]) {
        assert!(source.get(span.range()).is_some(), "{span:?} is no part of the source");
    }
}
