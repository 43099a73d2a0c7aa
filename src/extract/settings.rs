//! Configuration of programs in YAML, TOML, JSON or ini → the settings whose value is a Redis URL.
//!
//! What such a file is for is not known; so files that only look like configuration (API descriptions, manifests,
//! translations, lock files) are left out by name or content, and so are keys that describe instead of set.

use toml::de::{DeTable, DeValue};

use crate::facts::{SettingsFile, SettingsGroup};
use crate::source::{FileId, Span, Spanned};
use crate::syntax::yaml::{self, Kind, NodeId, Yaml};
use crate::text::Text;

/// Nesting of TOML tables that is followed.
const MAX_DEPTH: usize = 32;

/// Folders whose YAML or JSON is no configuration of a program that runs here.
const OTHER_FOLDERS: [&str; 34] = [
    "__tests__",
    "ansible",
    "chart",
    "charts",
    "doc",
    "docs",
    "example",
    "examples",
    "fixtures",
    "group_vars",
    "helm",
    "host_vars",
    "i18n",
    "k8s",
    "kubernetes",
    "locale",
    "locales",
    "manifests",
    "mocks",
    "node_modules",
    "openapi",
    "playbooks",
    "roles",
    "sample",
    "samples",
    "schema",
    "schemas",
    "spec",
    "swagger",
    "templates",
    "test",
    "testing",
    "tests",
    "vendor",
];

/// Files of tools: builds, packages, CI systems, platforms.
const OTHER_NAMES: [&str; 16] = [
    "app.json",
    "appveyor.yml",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    "buildspec.yml",
    "cloudbuild.yaml",
    "composer.json",
    "fly.toml",
    "mkdocs.yml",
    "package.json",
    "pyproject.toml",
    "render.yaml",
    "renovate.json",
    "serverless.yml",
    "setup.cfg",
    "tox.ini",
];

/// Keys whose value tells people something, or lists what others read.
const OTHER_KEYS: [&str; 17] = [
    "comment",
    "description",
    "example",
    "examples",
    "help",
    "hint",
    "label",
    "map",
    "maps",
    "message",
    "pattern",
    "placeholder",
    "summary",
    "targets",
    "text",
    "title",
    "tooltip",
];

/// Top-level keys of files that describe something else than a program's settings.
const OTHER_DOCUMENTS: [&str; 7] =
    ["apiVersion", "openapi", "swagger", "AWSTemplateFormatVersion", "jobs", "stages", "$schema"];

/// Whether a path may be that of a program's configuration.
#[must_use]
pub(super) fn is_settings(path: &str) -> bool {
    let lower = path.to_ascii_lowercase();
    let (folders, name) = lower.rsplit_once('/').unwrap_or(("", &lower));
    let marks = ["example", "sample", "template", "dist", "tmpl", "tpl", "lock", "schema", "test"];
    // Configuration systems for whole machines and clusters have their own readers.
    !folders.split('/').any(|folder| folder.starts_with('.') || OTHER_FOLDERS.contains(&folder))
        && !OTHER_NAMES.contains(&name)
        && !name.starts_with('.')
        && !name.starts_with("values")
        && !name.split(['.', '-', '_']).any(|part| marks.contains(&part))
}

/// Reads one file.
#[must_use]
pub(super) fn extract(file: FileId, path: &str, text: &str) -> SettingsFile {
    let (urls, groups) = match path.rsplit('.').next() {
        Some("toml") => (from_toml(file, text), Vec::new()),
        Some("ini" | "cfg" | "properties") => (from_lines(file, text), Vec::new()),
        _ => from_yaml(&yaml::parse(file, text).0),
    };
    SettingsFile { path: path.to_owned(), urls, groups }
}

/// Whether a value is left to another program.
fn is_template(value: &str) -> bool {
    ["{{", "{%", "<", "%env(", " ", ","].iter().any(|mark| value.contains(mark))
}

/// Whether a value is a Redis URL and nothing else: `redis://…`, also behind a reference that it is the default of.
fn is_redis_url(value: &str) -> bool {
    let start = value.strip_prefix("${").and_then(|rest| rest.split_once(':')).map_or(value, |(_, default)| default);
    let start = start.trim_start_matches(['-', '"', '\'']).to_ascii_lowercase();
    ["redis://", "rediss://", "valkey://", "valkeys://"].iter().any(|scheme| start.starts_with(scheme))
        && !is_template(value)
}

fn keeps(key: &str, value: &str) -> bool {
    !OTHER_KEYS.contains(&key.to_ascii_lowercase().as_str()) && is_redis_url(value)
}

/// JSON is read as the YAML that it is.
fn from_yaml(tree: &Yaml) -> (Vec<(Spanned<String>, Text)>, Vec<SettingsGroup>) {
    let mut urls = Vec::new();
    let mut groups = Vec::new();
    let unnamed = |node: NodeId| Spanned::new(String::new(), tree.node(node).span);
    let mut pending: Vec<(NodeId, Spanned<String>)> = Vec::new();
    for document in &tree.documents {
        if !OTHER_DOCUMENTS.iter().any(|key| tree.get(*document, key).is_some()) {
            pending.push((*document, unnamed(*document)));
        }
    }
    while let Some((node, key)) = pending.pop() {
        match &tree.node(node).kind {
            Kind::Scalar(scalar) if keeps(&key.value, scalar.text.as_str()) => urls.push((key, scalar.text.clone())),
            Kind::Scalar(_) => {}
            Kind::Sequence(items) => pending.extend(items.iter().map(|item| (*item, key.clone()))),
            Kind::Mapping(entries) => {
                // The `default` of a schema is set by nobody.
                let described = ["description", "type"].iter().any(|key| tree.get(node, key).is_some());
                groups.extend(speaks_of_redis(&key.value).then(|| group(tree, node)).flatten());
                for entry in entries {
                    if let Some(name) = tree.as_text(entry.key)
                        && !(described && name.as_str() == "default")
                    {
                        pending.push((entry.value, Spanned::new(name.as_str().to_owned(), name.span())));
                    }
                }
            }
        }
    }
    urls.sort_by_key(|(_, value)| value.span());
    // An anchor that is used in several places is written once.
    urls.dedup_by_key(|(_, value)| value.span());
    groups.sort_by_key(|group: &SettingsGroup| group.host.1.span());
    groups.dedup_by_key(|group| group.host.1.span());
    (urls, groups)
}

fn speaks_of_redis(key: &str) -> bool {
    let lower = key.to_ascii_lowercase();
    lower.contains("redis") || lower.contains("valkey")
}

/// The settings of one Redis, each under a key of its own; `None`: no host is among them.
fn group(tree: &Yaml, node: NodeId) -> Option<SettingsGroup> {
    let find = |names: &[&str]| {
        tree.entries(node).iter().find_map(|entry| {
            let name =
                tree.as_text(entry.key).filter(|name| names.contains(&name.as_str().to_ascii_lowercase().as_str()))?;
            let value = tree.canonical(entry.value).filter(|value| !is_template(value.as_str()))?;
            Some((Spanned::new(name.as_str().to_owned(), name.span()), value))
        })
    };
    let value = |names: &[&str]| find(names).map(|(_, value)| value);
    Some(SettingsGroup {
        host: find(&["host", "hostname"])?,
        port: value(&["port"]),
        db: value(&["db", "database"]),
        username: value(&["username", "user"]),
        password: value(&["password", "pass"]),
    })
}

fn from_toml(file: FileId, text: &str) -> Vec<(Spanned<String>, Text)> {
    let mut urls = Vec::new();
    let (table, _) = DeTable::parse_recoverable(text);
    let at = |range: std::ops::Range<usize>| Span::new(file, range);
    let mut pending = Vec::new();
    for (key, value) in table.get_ref() {
        pending.push((key.get_ref().to_string(), at(key.span()), value, 0));
    }
    while let Some((key, key_span, value, depth)) = pending.pop() {
        match value.get_ref() {
            DeValue::String(string) if keeps(&key, string) => {
                let range = value.span();
                let written = text.get(range.start + 1..range.end.saturating_sub(1));
                let value = if written == Some(string.as_ref()) {
                    Text::exact(string, at(range.start + 1..range.end - 1))
                } else {
                    Text::mapped(string, at(range))
                };
                urls.push((Spanned::new(key, key_span), value));
            }
            DeValue::Array(items) if depth < MAX_DEPTH => {
                pending.extend(items.iter().map(|item| (key.clone(), key_span, item, depth + 1)));
            }
            DeValue::Table(table) if depth < MAX_DEPTH => {
                for (key, value) in table {
                    pending.push((key.get_ref().to_string(), at(key.span()), value, depth + 1));
                }
            }
            _ => {}
        }
    }
    urls.sort_by_key(|(_, value)| value.span());
    urls
}

/// `key = value` or `key: value`; comments are lines of their own.
fn from_lines(file: FileId, text: &str) -> Vec<(Spanned<String>, Text)> {
    let mut urls = Vec::new();
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some(sign) = line.find(['=', ':']) else { continue };
        let key = line[..sign].trim();
        let value = line[sign + 1..].trim();
        let value = value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value);
        if key.is_empty() || key.starts_with(['#', ';', '!']) || !keeps(key, value) {
            continue;
        }
        let offset = |part: &str| start + (part.as_ptr() as usize - line.as_ptr() as usize);
        let span = |part: &str| Span::new(file, offset(part)..offset(part) + part.len());
        urls.push((Spanned::new(key.to_owned(), span(key)), Text::exact(value, span(value))));
    }
    urls
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str, text: &str) -> Vec<String> {
        let settings = extract(FileId(0), path, text);
        let show = |(key, value): &(Spanned<String>, Text)| {
            assert_eq!(&text[value.span().range()], value.as_str());
            assert_eq!(&text[key.span.range()], key.value);
            format!("{} {}", key.value, value.as_str())
        };
        settings.urls.iter().map(show).collect()
    }

    #[test]
    fn urls_of_every_format() {
        assert_eq!(
            found("a.yml", "broker: redis://a/1\nlist:\n  - redis://b\nnote: see redis://c\ndescription: redis://d\n"),
            ["broker redis://a/1", "list redis://b"]
        );
        assert_eq!(found("a.toml", "[cache]\nurl = \"rediss://a\"\nx = 1\n"), ["url rediss://a"]);
        assert_eq!(found("a.ini", "[s]\n# url = redis://no\nurl = redis://a\nmap: redis://b\n"), ["url redis://a"]);
        assert_eq!(found("a.yml", "u: ${REDIS_URI:redis://h}\nv: ${X:amqp://h}\n"), ["u ${REDIS_URI:redis://h}"]);
    }

    #[test]
    fn json_is_read_like_yaml() {
        let settings = extract(FileId(0), "a.json", "{\"redis\": {\"url\": \"redis://a\"}}");
        assert_eq!(settings.urls.len(), 1);
    }

    #[test]
    fn descriptions_set_nothing() {
        assert!(found("a.yml", "openapi: 3.0.0\nurl: redis://a\n").is_empty());
        assert!(found("a.yml", "url:\n  description: where\n  default: redis://a\n").is_empty());
        assert!(found("a.yml", "url: redis://{{ host }}\n").is_empty());
    }

    #[test]
    fn names_of_settings() {
        for path in ["config.yml", "catalogue/config.yml", "config/packages/snc_redis.yaml", "config/default.json"] {
            assert!(is_settings(path), "{path}");
        }
        for path in [
            "docs/config.yml",
            "package.json",
            ".circleci/config.yml",
            "pnpm-lock.yaml",
            "config.example.yml",
            "chart/values.yaml",
        ] {
            assert!(!is_settings(path), "{path}");
        }
    }
}
