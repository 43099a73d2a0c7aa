//! What the rules' examples do not show: decoding, names of the cluster, and ports behind Services.

use super::data::decode;
use crate::model::{Outcome, Reach};
use crate::source::{FileId, Span};
use crate::text::Text;
use crate::tree::Tree;
use crate::{Options, lint};

#[test]
fn base64_is_decoded_as_go_does() {
    let text = |value: &str| Text::exact(value, Span::new(FileId(0), 0..value.len()));
    assert_eq!(decode(&text("cGE=")).unwrap().as_str(), "pa");
    assert_eq!(decode(&text("cG\nE=")).unwrap().as_str(), "pa");
    assert_eq!(decode(&text("cGE=")).unwrap().span(), Span::new(FileId(0), 0..4));
    for broken in ["cGE", "c===", "c-E=", "/w=="] {
        assert!(decode(&text(broken)).is_none(), "{broken}");
    }
}

const REDIS: &str = "apiVersion: apps/v1
kind: StatefulSet
metadata: {name: redis, namespace: data}
spec:
  template:
    metadata: {labels: {app: redis}}
    spec:
      containers:
        - {name: redis, image: 'redis:7', args: [--port, '6380'], ports: [{name: db, containerPort: 6380}]}
---
apiVersion: v1
kind: Service
metadata: {name: cache, namespace: data}
spec: {selector: {app: redis}, ports: [{port: 6379, targetPort: db}]}
---
apiVersion: v1
kind: Service
metadata: {name: pods, namespace: data}
spec: {clusterIP: None, selector: {app: redis}, ports: [{port: 6379}]}
";

/// Where a URL leads from a pod of a namespace, and how that ends.
fn connect(namespace: &str, url: &str) -> (Reach, Option<Outcome>) {
    let web = format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: web, namespace: {namespace}}}\nspec:\n  containers:\n  - {{name: web, image: web, env: [{{name: REDIS_URL, value: '{url}'}}]}}\n"
    );
    let tree = Tree::from_texts([
        ("k8s/redis.yaml".to_owned(), REDIS.as_bytes().to_vec()),
        ("k8s/web.yaml".to_owned(), web.into_bytes()),
    ]);
    let report = lint(&tree, &Options::default());
    let environment = &report.model.environments[0];
    let outcome = environment.links.first().map(|link| link.outcomes[0].outcome.clone());
    (environment.clients[0].cases[0].reach.clone(), outcome)
}

#[test]
fn names_lead_to_services_by_namespace() {
    for (namespace, url) in [
        ("data", "redis://cache:6379"),
        ("data", "redis://cache.data:6379"),
        ("web", "redis://cache.data:6379"),
        ("web", "redis://cache.data.svc:6379"),
        ("web", "redis://cache.data.svc.cluster.local.:6379"),
        ("data", "redis://redis-0.pods:6380"),
        ("web", "redis://redis-0.pods.data.svc.cluster.local:6380"),
    ] {
        let (reach, outcome) = connect(namespace, url);
        assert_eq!(reach, Reach::Servers(vec![0]), "{url}");
        assert_eq!(outcome, Some(Outcome::Works), "{url}");
    }
    assert!(matches!(connect("web", "redis://cache:6379").0, Reach::UnknownName { .. }));
    assert_eq!(connect("web", "redis://cache.example.com:6379").0, Reach::External);
    assert_eq!(connect("web", "redis://localhost:6379").0, Reach::OwnContainer);
}

#[test]
fn services_map_ports_and_headless_ones_do_not() {
    assert!(matches!(connect("data", "redis://pods:6379").1, Some(Outcome::Fails { .. })));
    assert_eq!(connect("data", "redis://cache:6380").1, Some(Outcome::Undetermined));
}
