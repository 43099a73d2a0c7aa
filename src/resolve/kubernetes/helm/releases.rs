//! Objects that install a chart: Applications of Argo CD and `HelmRelease`s of Flux with their values.
//!
//! <https://argo-cd.readthedocs.io/en/stable/user-guide/helm/>, <https://fluxcd.io/flux/components/helm/helmreleases/>.

use super::bitnami::{self, Install};
use super::values::{empty, over, scalar};
use crate::extract::kubernetes::embedded;
use crate::facts::kubernetes::{Field, Kind, Value};
use crate::source::{Span, Spanned};
use crate::symbol::Symbols;
use crate::text::Text;

/// A chart that an object installs.
struct Release<'a> {
    chart: &'a Text,
    repository: String,
    version: String,
    name: String,
    namespace: String,
    values: Value,
}

/// The objects that these ones install.
pub(in super::super) fn installed(objects: &[Value], symbols: &Symbols) -> Vec<Value> {
    let mut made = Vec::new();
    for object in objects {
        let releases = match object.str_at(&["kind"]) {
            Some("Application") => applications(object),
            Some("HelmRelease") => flux(object, objects).into_iter().collect(),
            _ => continue,
        };
        for release in releases {
            let chart = release.chart.as_str();
            if bitnami::is_known(chart, &release.repository, &release.version) {
                let install = Install {
                    chart,
                    alias: chart,
                    values: &release.values,
                    global: release.values.get("global"),
                    release: &release.name,
                    namespace: &release.namespace,
                    at: release.chart.span(),
                };
                made.extend(bitnami::objects(&install, symbols));
            }
        }
    }
    made
}

fn applications(object: &Value) -> Vec<Release<'_>> {
    let Some(spec) = object.get("spec") else { return Vec::new() };
    let sources = spec.get("source").into_iter().chain(spec.get("sources").map(Value::items).unwrap_or_default());
    let release = |source: &'_ Value| -> Option<(Value, String, String)> {
        let helm = source.get("helm");
        let at = |key: &str| helm.and_then(|helm| helm.get(key));
        let own = source.text_at(&["chart"])?.span();
        let mut values = at("values").and_then(Value::text).map_or_else(|| empty(own), of_text);
        if let Some(object) = at("valuesObject") {
            values = over(&values, object);
        }
        for parameter in at("parameters").map(Value::items).unwrap_or_default() {
            if let (Some(name), Some(value)) = (parameter.text_at(&["name"]), parameter.get("value")) {
                values = over(&values, &nested(name, value));
            }
        }
        // Files of values stand elsewhere, unless they are those of this repository.
        values.opaque |= at("valueFiles").is_some() || at("fileParameters").is_some();
        let name = at("releaseName").and_then(Value::text).map(|name| name.as_str().to_owned());
        let name = name.or_else(|| object.str_at(&["metadata", "name"]).map(str::to_owned))?;
        Some((values, name, source.str_at(&["repoURL"]).unwrap_or_default().to_owned()))
    };
    sources
        .filter_map(|source| {
            let (values, name, repository) = release(source)?;
            Some(Release {
                chart: source.text_at(&["chart"])?,
                repository,
                version: source.str_at(&["targetRevision"]).unwrap_or_default().to_owned(),
                name,
                namespace: spec.str_at(&["destination", "namespace"]).unwrap_or_default().to_owned(),
                values,
            })
        })
        .collect()
}

fn flux<'a>(object: &'a Value, objects: &[Value]) -> Option<Release<'a>> {
    let spec = object.get("spec")?;
    let chart = spec.at(&["chart", "spec"])?;
    let source = chart.str_at(&["sourceRef", "name"])?;
    let repository = objects.iter().find(|other| {
        other.str_at(&["kind"]) == Some("HelmRepository") && other.str_at(&["metadata", "name"]) == Some(source)
    });
    let repository = repository.and_then(|repository| repository.str_at(&["spec", "url"])).unwrap_or(source);
    let own = object.str_at(&["metadata", "name"])?;
    let target = spec.str_at(&["targetNamespace"]);
    let name = match (spec.str_at(&["releaseName"]), target) {
        (Some(name), _) => name.to_owned(),
        (None, Some(target)) => format!("{target}-{own}"),
        (None, None) => own.to_owned(),
    };
    let mut values = spec.get("values").cloned().unwrap_or_else(|| empty(object.span));
    values.opaque |= spec.get("valuesFrom").is_some();
    Some(Release {
        chart: chart.text_at(&["chart"])?,
        repository: repository.to_owned(),
        version: chart.str_at(&["version"]).unwrap_or_default().to_owned(),
        name,
        namespace: target.or_else(|| object.str_at(&["metadata", "namespace"])).unwrap_or_default().to_owned(),
        values,
    })
}

/// Values that stand as text.
pub(super) fn of_text(text: &Text) -> Value {
    embedded(text).into_iter().next().unwrap_or_else(|| empty(text.span()))
}

/// `a.b.c` and a value as values.
fn nested(path: &Text, value: &Value) -> Value {
    let span: Span = path.span();
    path.as_str().rsplit('.').fold(value.clone(), |inner, key| {
        let inner = match &inner.kind {
            Kind::Scalar(text) => scalar(text.clone()),
            _ => inner,
        };
        let field = Field { key: Spanned::new(key.to_owned(), span), value: inner };
        Value { span, opaque: false, kind: Kind::Map(vec![field]) }
    })
}
