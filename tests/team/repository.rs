//! A repository of its own for each test, with or without git, and what redislint says of it.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::support;

/// A server with a password, and a client that sends none.
pub const COMPOSE: &str = "services:\n  redis:\n    image: redis:7.4\n    command: redis-server --requirepass ${REDIS_PASSWORD:?}\n  web:\n    build: .\n    command: python app.py\n    environment:\n      REDIS_URL: redis://redis:6379/0\n";
/// The client of [`COMPOSE`].
pub const APP: &str = "import os\nimport redis\n\nclient = redis.Redis.from_url(os.environ[\"REDIS_URL\"])\n";
/// Both, with what else such a repository holds.
pub const FILES: [(&str, &str); 4] = [
    ("compose.yaml", COMPOSE),
    ("app.py", APP),
    ("Dockerfile", "FROM python:3.12\nCOPY . .\n"),
    ("requirements.txt", "redis==5.0.1\n"),
];
/// An open server on all interfaces.
pub const OPEN: &str = "services:\n  redis:\n    image: redis:7.4\n    ports:\n      - 6379:6379\n";

/// A folder that lives as long as its test.
pub struct Repository {
    folder: TempDir,
}

impl Repository {
    pub fn new(files: &[(&str, &str)]) -> Self {
        let repository = Self { folder: tempfile::tempdir().unwrap() };
        for (path, text) in files {
            repository.write(path, text);
        }
        repository
    }

    /// With git, and everything committed.
    pub fn committed(files: &[(&str, &str)]) -> Self {
        let repository = Self::new(files);
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.commit();
        repository
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn replace(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path().join(path)).unwrap();
        assert!(text.contains(from), "{path} holds no {from:?}");
        self.write(path, &text.replace(from, to));
    }

    pub fn git(&self, arguments: &[&str]) {
        let output = Command::new("git")
            .current_dir(self.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .args(["-c", "user.name=a", "-c", "user.email=a@example.org"])
            .args(arguments)
            .output()
            .unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stdout));
    }

    pub fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "work"]);
    }

    pub fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let output =
            support::redislint().current_dir(self.path()).args(["--root", "."]).args(arguments).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    /// `path rule` of everything displayed.
    pub fn found(&self, arguments: &[&str]) -> Vec<String> {
        let report = self.json(arguments);
        let findings = report["findings"].as_array().unwrap().iter();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let mut found: Vec<_> = findings
            .map(|finding| format!("{} {}", text(&finding["location"]["path"]), text(&finding["rule"])))
            .collect();
        found.sort();
        found
    }

    pub fn fingerprints(&self) -> Vec<String> {
        let report = self.json(&[]);
        let findings = report["findings"].as_array().unwrap().iter();
        let mut all: Vec<_> = findings.map(|finding| finding["fingerprint"].as_str().unwrap().to_owned()).collect();
        all.sort();
        all
    }

    pub fn json(&self, arguments: &[&str]) -> serde_json::Value {
        let (_, out, errors) = self.run(&[&["--format", "json"], arguments].concat());
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("{error}: {out}{errors}"))
    }
}

/// [`FILES`] with others in place of some of them, or besides.
pub fn with(files: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let others = FILES.iter().filter(|(path, _)| files.iter().all(|(other, _)| path != other));
    others.chain(files).copied().collect()
}

/// A password in code, with a name of its own.
pub fn secret(value: &str) -> String {
    format!("import redis\n\nclient = redis.Redis(host=\"cache.example.net\", password=\"{value}\")\n")
}
