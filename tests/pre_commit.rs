//! The pre-commit hooks run when, and only when, a file changes that could change the verdict.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use regex::Regex;
use serde_yaml::Value;

const TRIGGERS: [&str; 38] = [
    ".env",
    ".env.staging",
    ".env.example",
    ".envrc",
    "deploy/.env.production",
    "env/redis.env",
    "users.acl",
    "redis.conf",
    "deploy/redis/redis.conf",
    "compose.yaml",
    "docker-compose.yml",
    "docker-compose.override.yml",
    "docker-compose.staging.yml",
    "k8s/redis-deployment.yaml",
    "charts/shop/values.yaml",
    "charts/shop/templates/redis.tpl",
    ".github/workflows/ci.yml",
    ".gitlab-ci.yml",
    "app/core/config.py",
    "settings.pyi",
    "Dockerfile",
    "Dockerfile.prod",
    "deploy/backend.Dockerfile",
    "Containerfile",
    "Makefile",
    "justfile",
    "Procfile",
    "scripts/up.sh",
    "README.md",
    "requirements.txt",
    "requirements/base.txt",
    "requirements-dev.txt",
    "poetry.lock",
    "pyproject.toml",
    "redislint.toml",
    ".redislintignore",
    "app.json",
    "src/main.rs",
];

const OTHERS: [&str; 14] = [
    "image.png",
    "docs/guide.md",
    "LICENSE-MIT",
    "static/app.js.map",
    "static/style.css",
    "environment.txt",
    "data/rows.csv",
    "my.env.png",
    "Dockerfiles/logo.svg",
    "yaml",
    "config.yaml.orig",
    "app.pyc",
    "NOTREADME.md",
    "notrequirements.txt",
];

#[test]
fn the_hooks_read_the_whole_repository_at_the_right_times() {
    let hooks: Value = serde_yaml::from_str(include_str!("../.pre-commit-hooks.yaml")).unwrap();
    let hooks = hooks.as_sequence().unwrap();
    let kinds: Vec<_> = hooks.iter().map(|hook| [&hook["id"], &hook["language"]].map(|text| text.as_str())).collect();
    assert_eq!(kinds, [[Some("redislint"), Some("rust")], [Some("redislint-py"), Some("python")]]);
    for hook in hooks {
        assert_eq!(hook["entry"].as_str(), Some("redislint"));
        assert_eq!(hook["pass_filenames"].as_bool(), Some(false));
        triggers(hook["files"].as_str().unwrap());
    }
}

/// The hook of the documentation that needs no Rust is the same but for where the program comes from.
#[test]
fn the_local_hook_runs_at_the_same_times() {
    let page = include_str!("../docs/pre-commit.md");
    let block = page.split("```yaml\n").find(|block| block.contains("repo: local")).unwrap();
    let config: Value = serde_yaml::from_str(block.split("```").next().unwrap()).unwrap();
    let hook = &config["repos"][0]["hooks"][0];
    assert_eq!(hook["entry"].as_str(), Some("redislint"));
    assert_eq!(hook["language"].as_str(), Some("python"));
    assert_eq!(hook["pass_filenames"].as_bool(), Some(false));
    let package = format!("redislint=={}", env!("CARGO_PKG_VERSION"));
    assert_eq!(hook["additional_dependencies"][0].as_str(), Some(package.as_str()));
    triggers(hook["files"].as_str().unwrap());
}

fn triggers(files: &str) {
    let files = Regex::new(files).unwrap();
    for name in TRIGGERS {
        assert!(files.is_match(name), "{name} would not trigger the hook");
    }
    for name in OTHERS {
        assert!(!files.is_match(name), "{name} would trigger the hook");
    }
}
