//! `Chart.yaml` → [`Chart`]: which files of values and which templates belong to it.

use super::{Converter, MAX_VALUES, is_yaml};
use crate::facts::kubernetes::Chart;
use crate::facts::{FileKind, Request};
use crate::source::{FileId, Span};
use crate::syntax::yaml;
use crate::tree::Index;

/// More files than any chart has.
const MAX_FILES: usize = 500;

/// Whether a path is that of a chart, and not of one that another chart brings along.
#[must_use]
pub fn is_chart(path: &str, index: &Index) -> bool {
    path.rsplit('/').next() == Some("Chart.yaml")
        && !path.match_indices("charts/").any(|(at, _)| {
            let outer = &path[..at];
            (outer.is_empty() || outer.ends_with('/')) && index.is_file(&format!("{outer}Chart.yaml"))
        })
}

/// Reads a chart; values beside one ask for it.
#[must_use]
pub fn extract(file: FileId, path: &str, text: &str, index: &Index) -> (Option<Chart>, Vec<Request>) {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let anchor = Span::new(file, 0..0);
    if path.rsplit('/').next() != Some("Chart.yaml") {
        let chart = Request { path: format!("{start}Chart.yaml"), kind: FileKind::Chart, from: anchor };
        return (None, vec![chart]);
    }
    let (tree, _) = yaml::parse(file, text);
    let mut converter = Converter { tree: &tree, left: MAX_VALUES };
    let Some(root) = tree.documents.first().map(|root| converter.value(*root, 0)) else { return (None, Vec::new()) };
    let (mut values, mut templates) = (Vec::new(), Vec::new());
    for other in index.files_below(folder) {
        let Some(rest) = other.strip_prefix(&start) else { continue };
        if rest.starts_with("templates/") && (is_yaml(rest) || rest.ends_with(".tpl")) {
            templates.push(other.to_owned());
        } else if is_values(rest) {
            values.push(other.to_owned());
        }
    }
    values.truncate(MAX_FILES);
    templates.truncate(MAX_FILES);
    let data = values.iter().chain(&templates);
    let requests = data.map(|path| Request { path: path.clone(), kind: FileKind::Data, from: anchor }).collect();
    (Some(Chart { file, path: path.to_owned(), root, values, templates }), requests)
}

/// `values.yaml`, `values-staging.yaml`, `values.staging.yaml`, `staging-values.yaml`, `values/staging.yaml`.
fn is_values(rest: &str) -> bool {
    let name = rest.strip_suffix(".yaml").or_else(|| rest.strip_suffix(".yml"));
    let Some(name) = name else { return false };
    match name.split_once('/') {
        Some((folder, name)) => matches!(folder, "values" | "environments" | "env") && !name.contains('/'),
        None => {
            name == "values"
                || ["-", ".", "_"]
                    .iter()
                    .any(|sign| name.starts_with(&format!("values{sign}")) || name.ends_with(&format!("{sign}values")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn charts_bring_their_values_and_templates() {
        let paths = [
            "app/Chart.yaml",
            "app/values.yaml",
            "app/values-staging.yaml",
            "app/values/production.yaml",
            "app/ci/test.yaml",
            "app/templates/_helpers.tpl",
            "app/templates/web/deployment.yaml",
            "app/charts/redis/Chart.yaml",
            "app/charts/redis/values.yaml",
        ];
        let index = Index::new(paths.map(|path| (path.to_owned(), None)));
        let (chart, requests) = extract(FileId(0), "app/Chart.yaml", "name: app\n", &index);
        let chart = chart.unwrap();
        assert_eq!(chart.values, ["app/values-staging.yaml", "app/values.yaml", "app/values/production.yaml"]);
        assert_eq!(chart.templates, ["app/templates/_helpers.tpl", "app/templates/web/deployment.yaml"]);
        assert_eq!(requests.len(), 5);
        assert!(is_chart("app/Chart.yaml", &index) && !is_chart("app/charts/redis/Chart.yaml", &index));
        assert_eq!(extract(FileId(0), "app/values.yaml", "", &index).1[0].path, "app/Chart.yaml");
    }
}
