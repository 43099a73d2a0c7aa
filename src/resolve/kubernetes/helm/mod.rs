//! Charts with their values → the objects that they make, one set for each file of values.
//!
//! Own templates are rendered as far as their values are known; of what a chart depends on, Bitnami's Redis and Valkey are
//! known. The release is called as the hosts in the values suppose, or else like the chart.

mod bitnami;
mod functions;
mod releases;
mod render;
mod values;

use super::{Set, folder_of};
use crate::extract::kubernetes::embedded;
use crate::facts::Facts;
use crate::facts::kubernetes::{Chart, Field, Kind, Value};
use crate::finding::Confidence;
use crate::model::EnvironmentKind;
use crate::source::{FileId, Sources, Span, Spanned};
use crate::symbol::{Symbols, is_symbol};
use crate::syntax::go_template::{self, File};
use crate::text::Text;
use bitnami::Install;
pub(super) use releases::installed;
use render::Renderer;
use values::{is_true, map, over, word};

/// The sets of every chart of the repository.
pub(super) fn sets(facts: &Facts, sources: &Sources, symbols: &Symbols) -> Vec<Set> {
    facts.charts.iter().flat_map(|chart| of_chart(chart, sources, symbols)).collect()
}

fn of_chart(chart: &Chart, sources: &Sources, symbols: &Symbols) -> Vec<Set> {
    let base = chart.values.iter().find(|path| is_base(path));
    let under = base.and_then(|path| read(path, sources)).unwrap_or_else(|| values::empty(chart.root.span));
    let release = |path: Option<&String>, values: Value| {
        let files = base.into_iter().chain(path).chain(&chart.templates);
        let files = std::iter::once(chart.file).chain(files.filter_map(|path| sources.find(path))).collect();
        let texts = chart.templates.iter().filter_map(|path| Some((path.as_str(), text(path, sources)?))).collect();
        let release = Release::new(chart, path, values, texts);
        let (objects, partial) = release.objects(symbols);
        release.set(objects, partial, files)
    };
    let overlays: Vec<Set> = chart
        .values
        .iter()
        .filter(|path| !is_base(path))
        .filter_map(|path| Some(release(Some(path), over(&under, &read(path, sources)?))))
        .collect();
    // What every other file of values is laid over is no environment of its own.
    if overlays.is_empty() { vec![release(None, under.clone())] } else { overlays }
}

/// `values.yaml`, which every other file of values is laid over.
fn is_base(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some("values.yaml" | "values.yml"))
}

fn text(path: &str, sources: &Sources) -> Option<Text> {
    let file = sources.find(path)?;
    let text = sources.get(file).text();
    Some(Text::exact(text, Span::new(file, 0..text.len())))
}

fn read(path: &str, sources: &Sources) -> Option<Value> {
    Some(releases::of_text(&text(path, sources)?))
}

/// A chart with one set of values.
struct Release<'a> {
    chart: &'a Chart,
    /// The file of values that is laid over the chart's own.
    path: Option<&'a String>,
    values: Value,
    name: String,
    at: Span,
    templates: Vec<(&'a str, Text)>,
}

impl<'a> Release<'a> {
    fn new(chart: &'a Chart, path: Option<&'a String>, values: Value, templates: Vec<(&'a str, Text)>) -> Self {
        let own = chart.root.text_at(&["name"]);
        let at = own.map_or(chart.root.span, Text::span);
        let mut release = Self { chart, path, values, name: String::new(), at, templates };
        let supposed = release.supposed_name();
        release.name =
            supposed.unwrap_or_else(|| own.map_or_else(|| "release".to_owned(), |own| own.as_str().to_owned()));
        release
    }

    /// Each dependency: its entry, and what it is called here.
    fn dependencies(&self) -> impl Iterator<Item = (&Value, &str)> {
        let all = self.chart.root.get("dependencies").map(Value::items).unwrap_or_default();
        all.iter().filter_map(|one| Some((one, one.str_at(&["alias"]).or_else(|| one.str_at(&["name"]))?)))
    }

    /// The release of which a host speaks that ends as the Services of a dependency do.
    fn supposed_name(&self) -> Option<String> {
        let names: Vec<String> = self.dependencies().map(|(_, alias)| regex::escape(alias)).collect();
        let pattern =
            format!("([a-z0-9](?:[a-z0-9-]*[a-z0-9])?)-(?:{})-(?:master|primary|replicas|headless)", names.join("|"));
        let pattern = regex::Regex::new(&pattern).ok().filter(|_| !names.is_empty())?;
        let mut pending = vec![&self.values];
        let mut texts: Vec<&str> = self.templates.iter().map(|(_, text)| text.as_str()).collect();
        while let Some(value) = pending.pop() {
            match &value.kind {
                Kind::Map(fields) => pending.extend(fields.iter().map(|field| &field.value)),
                Kind::List(items) => pending.extend(items),
                Kind::Scalar(text) => texts.insert(0, text.as_str()),
                Kind::Null => {}
            }
        }
        texts.into_iter().find_map(|text| Some(pattern.captures(text)?.get(1)?.as_str().to_owned()))
    }

    /// What is installed, and whether something of it is not known.
    fn objects(&self, symbols: &Symbols) -> (Vec<Value>, bool) {
        let mut partial = false;
        let mut objects = Vec::new();
        let mut values = self.values.clone();
        for (entry, alias) in self.dependencies() {
            let text = |key: &str| entry.str_at(&[key]).unwrap_or_default();
            // Defaults of a dependency are values as well, which are not here.
            hide(&mut values, alias);
            let condition: Vec<&str> = text("condition").split(['.', ',']).collect();
            if self.values.at(&condition).is_some_and(|on| !is_true(on)) {
                continue;
            }
            let (chart, repository) = (text("name"), text("repository"));
            if !bitnami::is_known(chart, repository, text("version")) {
                partial |= repository.starts_with("file:") || is_of_redis(chart);
                continue;
            }
            let nothing = values::empty(entry.span);
            let install = Install {
                chart,
                alias,
                values: self.values.get(alias).unwrap_or(&nothing),
                global: self.values.get("global"),
                release: &self.name,
                namespace: "",
                at: entry.text_at(&["name"]).map_or(entry.span, Text::span),
            };
            objects.extend(bitnami::objects(&install, symbols));
        }
        objects.extend(self.rendered(values, symbols));
        (objects, partial)
    }

    fn rendered(&self, values: Value, symbols: &Symbols) -> Vec<Value> {
        let of_chart = |key: &str| word(self.chart.root.str_at(&[key]).unwrap_or_default(), self.at);
        let chart = map(
            self.at,
            [("Name", of_chart("name")), ("Version", of_chart("version")), ("AppVersion", of_chart("appVersion"))],
        );
        let release = [("Name", self.name.as_str()), ("Namespace", ""), ("Service", "Helm"), ("IsInstall", "true")];
        let release = map(self.at, release.map(|(key, value)| (key, word(value, self.at))));
        let files: Vec<(&str, File)> =
            self.templates.iter().map(|(path, text)| (*path, go_template::parse(text))).collect();
        let renderer = Renderer::new(files.iter().map(|(_, file)| file), render::root(values, release, chart), symbols);
        let printed = files.iter().filter(|(path, _)| is_manifest(path));
        let documents = printed.flat_map(|(_, file)| embedded(&renderer.file(file, self.at)));
        let mut objects: Vec<Value> = documents.filter(|document| document.str_at(&["kind"]).is_some()).collect();
        objects.iter_mut().for_each(mark);
        objects
    }

    fn set(&self, objects: Vec<Value>, partial: bool, files: Vec<FileId>) -> Set {
        let folder = folder_of(&self.chart.path);
        let shown = if folder.is_empty() { "chart" } else { folder };
        let (name, stage) = match self.path {
            Some(path) => {
                let inner = path.strip_prefix(folder).unwrap_or(path).trim_start_matches('/');
                (format!("{shown} ({inner})"), path.clone())
            }
            None => (shown.to_owned(), folder.to_owned()),
        };
        Set {
            name,
            folder: folder.to_owned(),
            stage,
            kind: EnvironmentKind::Helm,
            confidence: Confidence::Medium,
            evidence: format!("{} is installed as `{}`", self.chart.path, self.name),
            files,
            objects,
            partial,
        }
    }
}

fn is_of_redis(chart: &str) -> bool {
    ["redis", "valkey", "keydb", "dragonfly"].iter().any(|word| chart.contains(word))
}

/// Whether what a template prints is applied: not helpers, notes and tests.
fn is_manifest(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    !name.starts_with('_') && !name.ends_with(".tpl") && !path.contains("/tests/")
}

/// Marks a part of values: what is absent from it is not known.
fn hide(values: &mut Value, key: &str) {
    let span = values.span;
    let Kind::Map(fields) = &mut values.kind else { return };
    if let Some(field) = fields.iter_mut().find(|field| field.key.value == key) {
        field.value.opaque = true;
        return;
    }
    let value = Value { opaque: true, ..values::empty(span) };
    fields.push(Field { key: Spanned::new(key.to_owned(), value.span), value });
}

/// What the renderer could not tell stands as a key that is a symbol: the mapping around it is not the whole.
fn mark(object: &mut Value) {
    let mut pending = vec![object];
    while let Some(value) = pending.pop() {
        match &mut value.kind {
            Kind::Map(fields) => {
                let all = fields.len();
                fields.retain(|field| !field.key.value.contains(is_symbol));
                value.opaque |= fields.len() < all;
                pending.extend(fields.iter_mut().map(|field| &mut field.value));
            }
            Kind::List(items) => {
                let hidden = |item: &Value| matches!(&item.kind, Kind::Map(fields) if fields.iter().any(|field| field.key.value.contains(is_symbol)));
                value.opaque |= items.iter().any(hidden);
                items.retain(|item| !hidden(item));
                pending.extend(items);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests;
