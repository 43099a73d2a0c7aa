//! The objects that Bitnami's charts of Redis and Valkey make of their values.
//!
//! Follows <https://github.com/bitnami/charts> at 5165628, `bitnami/redis` 23.1 and `bitnami/valkey`: what a Service is
//! called, what stands in the Secret, and how the start script calls the server. Doesn't follow Sentinel.

use super::values::{is_true, list, map, scalar, word};
use crate::facts::kubernetes::Value;
use crate::source::Span;
use crate::symbol::Symbols;
use crate::text::Text;

/// What the two charts call things.
struct Product {
    name: &'static str,
    /// The part that writes: a section of the values and a part of names.
    main: &'static str,
    server: &'static str,
}

const REDIS: Product = Product { name: "redis", main: "master", server: "redis-server" };
const VALKEY: Product = Product { name: "valkey", main: "primary", server: "valkey-server" };

/// A chart that is installed.
pub(super) struct Install<'a> {
    /// `redis` or `valkey`.
    pub chart: &'a str,
    /// What a chart that depends on it calls it.
    pub alias: &'a str,
    /// The values given to it; its own defaults are known here.
    pub values: &'a Value,
    /// `global` of the chart that depends on it.
    pub global: Option<&'a Value>,
    pub release: &'a str,
    pub namespace: &'a str,
    /// Where it is said that it is installed.
    pub at: Span,
}

/// Whether a chart of that name, repository and version is one of those known here.
pub(super) fn is_known(chart: &str, repository: &str, version: &str) -> bool {
    // Before its thirteenth version the chart of Redis knew other values.
    let major: Option<u32> =
        version.trim_start_matches(['^', '~', '=', '>', 'v', ' ']).split('.').next().and_then(|part| part.parse().ok());
    repository.contains("bitnami")
        && match chart {
            "redis" => major.is_none_or(|major| major >= 13),
            "valkey" => true,
            _ => false,
        }
}

/// The name from which those of all objects are made.
pub(super) fn full_name(install: &Install<'_>) -> String {
    let text = |key: &str| install.values.str_at(&[key]).filter(|value| !value.is_empty());
    let release = install.release.to_lowercase();
    let name = text("nameOverride").unwrap_or(install.alias);
    let whole = match text("fullnameOverride") {
        Some(whole) => whole.to_owned(),
        None if release.contains(name) => release,
        None => format!("{release}-{name}"),
    };
    let short: String = whole.chars().take(63).collect();
    short.strip_suffix('-').map_or(short.clone(), str::to_owned)
}

/// The objects; none where the chart runs in a way that is not followed.
pub(super) fn objects(install: &Install<'_>, symbols: &Symbols) -> Vec<Value> {
    let product = if install.chart == "valkey" { &VALKEY } else { &REDIS };
    let maker = Maker { install, product, name: full_name(install), symbols };
    if install.values.opaque || is_on(install.values, &["sentinel", "enabled"], false) {
        return vec![maker.outside(&maker.name), maker.outside(&maker.named("headless"))];
    }
    let mut objects = vec![maker.workload(), maker.service(), maker.headless()];
    objects.extend(maker.secret());
    objects.extend(maker.configuration());
    objects.extend(maker.policy());
    if install.values.str_at(&["architecture"]).is_none_or(|architecture| architecture == "replication") {
        objects.push(maker.outside(&maker.named("replicas")));
    }
    objects
}

fn is_on(values: &Value, path: &[&str], default: bool) -> bool {
    values.at(path).map_or(default, is_true)
}

struct Maker<'a> {
    install: &'a Install<'a>,
    product: &'static Product,
    name: String,
    symbols: &'a Symbols,
}

impl Maker<'_> {
    fn named(&self, part: &str) -> String {
        format!("{}-{part}", self.name)
    }

    fn word(&self, value: &str) -> Value {
        word(value, self.install.at)
    }

    fn map<'a>(&self, fields: impl IntoIterator<Item = (&'a str, Value)>) -> Value {
        map(self.install.at, fields)
    }

    fn list(&self, items: Vec<Value>) -> Value {
        list(self.install.at, items)
    }

    /// A value given to the chart, or the chart's own.
    fn given(&self, path: &[&str], default: &str) -> Value {
        self.install
            .values
            .at(path)
            .filter(|value| value.text().is_some_and(|text| !text.is_empty()))
            .cloned()
            .unwrap_or_else(|| self.word(default))
    }

    fn object(&self, kind: &str, name: &str, rest: Vec<(&str, Value)>) -> Value {
        let mut metadata = vec![("name", self.word(name)), ("labels", self.labels(true))];
        if !self.install.namespace.is_empty() {
            metadata.push(("namespace", self.word(self.install.namespace)));
        }
        let own = self.install.values.at(&[self.product.main, "service", "annotations"]);
        if let Some(annotations) = own.filter(|_| kind == "Service") {
            metadata.push(("annotations", annotations.clone()));
        }
        let head = [("apiVersion", self.word("v1")), ("kind", self.word(kind)), ("metadata", self.map(metadata))];
        self.map(head.into_iter().chain(rest))
    }

    /// The labels by which Services select; `main`: those of the part that writes alone.
    fn labels(&self, main: bool) -> Value {
        let mut labels = vec![
            ("app.kubernetes.io/instance", self.word(self.install.release)),
            ("app.kubernetes.io/name", self.word(self.install.alias)),
        ];
        if main {
            labels.push(("app.kubernetes.io/component", self.word(self.product.main)));
        }
        self.map(labels)
    }

    fn has_password(&self) -> bool {
        is_on(self.install.values, &["auth", "enabled"], true)
    }

    fn has_tls(&self) -> bool {
        is_on(self.install.values, &["tls", "enabled"], false)
    }

    fn key(&self) -> String {
        format!("{}-password", self.product.name)
    }

    fn secret(&self) -> Option<Value> {
        let existing = self.install.values.str_at(&["auth", "existingSecret"]).is_some_and(|name| !name.is_empty());
        if !self.has_password() || existing {
            return None;
        }
        let global = self.install.global.and_then(|global| global.text_at(&[self.product.name, "password"]));
        let own = self.install.values.text_at(&["auth", "password"]);
        let given = global.filter(|text| !text.is_empty()).or_else(|| own.filter(|text| !text.is_empty()));
        // Without one, the chart makes one up.
        let password = given.cloned().unwrap_or_else(|| {
            self.symbols.variable_text(&format!("release {}", self.name), &self.key(), self.install.at)
        });
        let key = self.key();
        Some(self.object("Secret", &self.name, vec![("stringData", self.map([(key.as_str(), scalar(password))]))]))
    }

    fn workload(&self) -> Value {
        let values = self.install.values;
        let main = self.product.main;
        let port = self.given(&[main, "containerPorts", self.product.name], "6379");
        let mut arguments: Vec<Value> = if self.has_tls() {
            ["--port", "0", "--tls-port"].map(|part| self.word(part)).to_vec()
        } else {
            vec![self.word("--port")]
        };
        arguments.push(port.clone());
        if self.has_tls() {
            let clients = if is_on(values, &["tls", "authClients"], true) { "yes" } else { "no" };
            let certificates = ["--tls-cert-file", "/certs/tls.crt", "--tls-key-file", "/certs/tls.key"];
            arguments.extend(certificates.iter().chain(&["--tls-auth-clients", clients]).map(|part| self.word(part)));
        }
        let variable = format!("{}_PASSWORD", self.product.name.to_uppercase());
        let mut variables = Vec::new();
        if self.has_password() {
            let reference = self.word(&format!("$({variable})"));
            arguments.extend([self.word("--requirepass"), reference.clone(), self.word("--masterauth"), reference]);
            let name = self.given(&["auth", "existingSecret"], &self.name);
            let key = match values.str_at(&["auth", "existingSecret"]) {
                Some(existing) if !existing.is_empty() => {
                    self.given(&["auth", "existingSecretPasswordKey"], &self.key())
                }
                _ => self.word(&self.key()),
            };
            let from = self.map([("secretKeyRef", self.map([("name", name), ("key", key)]))]);
            variables.push(self.map([("name", self.word(&variable)), ("valueFrom", from)]));
        } else {
            arguments.extend([self.word("--protected-mode"), self.word("no")]);
        }
        if !self.configured().is_empty() {
            for (key, _) in self.configured() {
                arguments.extend([self.word("--include"), self.word(&format!("/etc/chart/{key}"))]);
            }
        }
        arguments.extend(values.at(&[main, "extraFlags"]).map(Value::items).unwrap_or_default().iter().cloned());
        variables.extend(values.at(&[main, "extraEnvVars"]).map(Value::items).unwrap_or_default().iter().cloned());
        let container = self.map([
            ("name", self.word(self.product.name)),
            ("image", self.image()),
            ("command", self.list(vec![self.word(self.product.server)])),
            ("args", self.list(arguments)),
            ("env", self.list(variables)),
            ("ports", self.list(vec![self.map([("name", self.word(self.product.name)), ("containerPort", port)])])),
            (
                "volumeMounts",
                self.list(vec![self.map([("name", self.word("conf")), ("mountPath", self.word("/etc/chart"))])]),
            ),
        ]);
        let volume = self.map([
            ("name", self.word("conf")),
            ("configMap", self.map([("name", self.word(&self.named("configuration")))])),
        ]);
        let pod = self.map([
            ("metadata", self.map([("labels", self.labels(true))])),
            ("spec", self.map([("containers", self.list(vec![container])), ("volumes", self.list(vec![volume]))])),
        ]);
        self.object("StatefulSet", &self.named(main), vec![("spec", self.map([("template", pod)]))])
    }

    fn image(&self) -> Value {
        let part = |key: &str| self.install.values.text_at(&["image", key]).filter(|text| !text.is_empty());
        let mut image = Text::empty(self.install.at);
        match part("repository") {
            Some(repository) => image.push_text(repository),
            None => image.push_mapped(&format!("bitnami/{}", self.product.name), self.install.at),
        }
        if let Some(tag) = part("tag") {
            image.push_mapped(":", tag.span());
            image.push_text(tag);
        }
        scalar(image)
    }

    /// The files that the values write.
    fn configured(&self) -> Vec<(String, &Value)> {
        let values = self.install.values;
        let common = values.get("commonConfiguration").map(|text| (format!("{}.conf", self.product.name), text));
        let main = values.at(&[self.product.main, "configuration"]);
        let main = main.map(|text| (format!("{}-{}.conf", self.product.name, self.product.main), text));
        common.into_iter().chain(main).filter(|(_, value)| is_true(value)).collect()
    }

    fn configuration(&self) -> Option<Value> {
        let files = self.configured();
        let data = self.map(files.iter().map(|(key, value)| (key.as_str(), (*value).clone())));
        (!files.is_empty()).then(|| self.object("ConfigMap", &self.named("configuration"), vec![("data", data)]))
    }

    fn service(&self) -> Value {
        let main = self.product.main;
        let at = |key: &str| self.install.values.at(&[main, "service", key]);
        let port = self.given(&[main, "service", "ports", self.product.name], "6379");
        let mut spec = vec![
            ("type", self.given(&[main, "service", "type"], "ClusterIP")),
            ("selector", self.labels(true)),
            ("ports", self.list(vec![self.map([("port", port), ("targetPort", self.word(self.product.name))])])),
        ];
        for key in ["loadBalancerSourceRanges", "externalIPs"] {
            spec.extend(at(key).map(|value| (key, value.clone())));
        }
        self.object("Service", &self.named(main), vec![("spec", self.map(spec))])
    }

    fn headless(&self) -> Value {
        let port = self.given(&[self.product.main, "service", "ports", self.product.name], "6379");
        let ports = self.list(vec![self.map([("port", port), ("targetPort", self.word(self.product.name))])]);
        let spec = [("clusterIP", self.word("None")), ("selector", self.labels(false)), ("ports", ports)];
        self.object("Service", &self.named("headless"), vec![("spec", self.map(spec))])
    }

    /// A Service in front of pods that are not followed.
    fn outside(&self, name: &str) -> Value {
        let ports = self.list(vec![self.map([("port", self.word("6379"))])]);
        self.object("Service", name, vec![("spec", self.map([("ports", ports)]))])
    }

    /// The chart's own policy lets everybody in unless it is told otherwise.
    fn policy(&self) -> Option<Value> {
        let values = self.install.values;
        let narrow = is_on(values, &["networkPolicy", "enabled"], true)
            && !is_on(values, &["networkPolicy", "allowExternal"], true);
        let selector = || self.map([("matchLabels", self.labels(false))]);
        narrow.then(|| {
            let from = self.list(vec![self.map([("podSelector", selector())])]);
            let rules = self.list(vec![self.map([("from", from)])]);
            let spec = self.map([("podSelector", selector()), ("ingress", rules)]);
            self.object("NetworkPolicy", &self.name, vec![("spec", spec)])
        })
    }
}
