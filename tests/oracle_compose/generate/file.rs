//! A compose file as its services and their attributes, and how it is written down.

use std::collections::BTreeMap;

/// The attributes of one service in one file: key → its lines; the values are YAML as it will stand there.
#[derive(Default)]
pub(super) struct Service {
    pub(super) list: bool,
    pub(super) environment: Vec<(String, Option<String>)>,
    pub(super) lists: BTreeMap<&'static str, Vec<String>>,
    pub(super) tags: BTreeMap<&'static str, &'static str>,
    pub(super) lines: Vec<String>,
}

/// One compose file.
#[derive(Default)]
pub(super) struct File {
    pub(super) head: Vec<String>,
    pub(super) services: BTreeMap<&'static str, Service>,
    /// Services in one piece.
    pub(super) whole: Vec<String>,
    /// Top-level configs.
    pub(super) configs: Vec<String>,
    pub(super) tail: Vec<String>,
}

impl File {
    pub(super) fn service(&mut self, name: &'static str) -> &mut Service {
        self.services.entry(name).or_default()
    }

    pub(super) fn render(&self) -> String {
        let mut out: Vec<String> = self.head.clone();
        out.push("services:".to_owned());
        for (name, service) in &self.services {
            out.push(format!("  {name}:"));
            out.extend(service.lines.iter().map(|line| format!("    {line}")));
            // An attribute that stands there in one piece (with a tag) takes the place of the gathered one.
            let whole = |key: &str| service.lines.iter().any(|line| line.split(':').next() == Some(key));
            if !service.environment.is_empty() && !whole("environment") {
                let tag = service.tags.get("environment").copied().unwrap_or_default();
                out.push(format!("    environment:{tag}"));
                for (name, value) in &service.environment {
                    out.push(match (service.list, value) {
                        (true, Some(value)) => list_entry(name, value),
                        (true, None) => format!("      - {name}"),
                        (false, Some(value)) => format!("      {name}: {value}"),
                        (false, None) => format!("      {name}:"),
                    });
                }
            }
            for (key, items) in service.lists.iter().filter(|(key, _)| !whole(key)) {
                out.push(format!("    {key}:{}", service.tags.get(key).copied().unwrap_or_default()));
                out.extend(items.iter().map(|item| format!("      {item}")));
            }
        }
        out.extend(self.whole.clone());
        out.extend(self.tail.clone());
        out.join("\n") + "\n"
    }
}

/// `NAME` and its YAML value as an entry of a list: the quotes, if any, go around both.
fn list_entry(name: &str, value: &str) -> String {
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => format!("      - {quote}{name}={}", &value[1..]),
        _ => format!("      - {name}={value}"),
    }
}
