//! Services: which containers are behind them, on which ports, and what is open to the outside of the cluster.

use super::balancer;
use super::pod::{NETWORK, Workload};
use super::policy::Policies;
use super::route::{Route, routes};
use crate::facts::kubernetes::Value;
use crate::model::PublicPort;
use crate::resolve::project::{Cluster, ClusterService, Container};
use crate::source::{Span, Spanned};

/// Adds the Services among `objects` to the cluster, and their names to the containers behind them.
pub fn add(objects: &[Value], containers: &mut [Container], workloads: &[Workload<'_>], cluster: &mut Cluster) {
    let policies = Policies::new(objects);
    for (at, workload) in workloads.iter().enumerate() {
        for port in own_ports(workload, &containers[at].name) {
            let Some(host_port) = port.text_at(&["hostPort"]) else { continue };
            let container_port = number(port, "containerPort");
            cluster.view.public.push(PublicPort {
                container: containers[at].name.clone(),
                span: host_port.span(),
                how: format!("hostPort {}", host_port.as_str()),
                container_port,
                narrowed: policies.cover(workload, container_port),
                http: false,
                settings_known: containers[at].environment.incomplete.is_none(),
            });
        }
    }
    for object in of_kind(objects, "Service") {
        let Some(name) = object.text_at(&["metadata", "name"]) else { continue };
        let namespace = object.str_at(&["metadata", "namespace"]).unwrap_or_default().to_owned();
        let selector = object.at(&["spec", "selector"]).map(Value::fields).unwrap_or_default();
        let behind: Vec<usize> = (0..workloads.len())
            .filter(|at| {
                workloads[*at].pod.namespace == namespace
                    && !selector.is_empty()
                    && selects(object.at(&["spec", "selector"]), &workloads[*at])
            })
            .collect();
        let ports: Vec<(u16, Option<u16>)> = object
            .at(&["spec", "ports"])
            .map(Value::items)
            .unwrap_or_default()
            .iter()
            .filter_map(|port| Some((number(port, "port")?, target(port, &behind, workloads, containers))))
            .collect();
        let service = ClusterService {
            name: Spanned::new(name.as_str().to_owned(), name.span()),
            headless: object.str_at(&["spec", "clusterIP"]) == Some("None"),
            outside: object.opaque || selector.is_empty(),
            ports,
            containers: behind,
            namespace,
        };
        for at in &service.containers {
            if let Some(names) = containers[*at].networks.as_mut().and_then(|networks| networks.get_mut(NETWORK)) {
                names.push(service.name.value.clone());
            }
        }
        publish(object, &service, objects, containers, workloads, &policies, cluster);
        cluster.services.push(service);
    }
}

fn of_kind<'a>(objects: &'a [Value], kind: &'a str) -> impl Iterator<Item = &'a Value> {
    objects.iter().filter(move |object| object.str_at(&["kind"]) == Some(kind))
}

fn number(value: &Value, key: &str) -> Option<u16> {
    value.str_at(&[key])?.parse().ok()
}

/// Whether every pair of the selector is a label of the pod; an empty one selects all.
fn selects(selector: Option<&Value>, workload: &Workload<'_>) -> bool {
    selector.map(Value::fields).unwrap_or_default().iter().all(|field| {
        let value = field.value.text().map(crate::text::Text::as_str);
        value.is_some() && workload.labels.get(field.key.value.as_str()).copied() == value
    })
}

/// The `ports` of the one container of that name.
fn own_ports<'a>(workload: &Workload<'a>, name: &str) -> &'a [Value] {
    let own = workload.containers().find(|(_, own)| own == name).map(|(container, _)| container);
    own.and_then(|own| own.get("ports")).map(Value::items).unwrap_or_default()
}

/// The port of the container behind a Service's port: as numbered, by name, or the same.
fn target(port: &Value, behind: &[usize], workloads: &[Workload<'_>], containers: &[Container]) -> Option<u16> {
    let Some(target) = port.str_at(&["targetPort"]) else { return number(port, "port") };
    target.parse().ok().or_else(|| {
        behind.iter().find_map(|at| {
            let ports = own_ports(&workloads[*at], &containers[*at].name);
            let named = ports.iter().find(|port| port.str_at(&["name"]) == Some(target))?;
            number(named, "containerPort")
        })
    })
}

fn publish(
    object: &Value,
    service: &ClusterService,
    objects: &[Value],
    containers: &[Container],
    workloads: &[Workload<'_>],
    policies: &Policies<'_>,
    cluster: &mut Cluster,
) {
    let mut ways: Vec<Way> = Vec::new();
    let name = &service.name.value;
    if let Some(kind) = object.text_at(&["spec", "type"]).filter(|_| !service.headless) {
        match kind.as_str() {
            "LoadBalancer" => {
                let how = format!("Service `{name}` of type LoadBalancer");
                ways.push(Way::tcp(kind.span(), how, balancer::is_narrowed(object)));
            }
            "NodePort" => ways.push(Way::tcp(kind.span(), format!("Service `{name}` of type NodePort"), false)),
            _ => {}
        }
    }
    if let Some(address) = object.at(&["spec", "externalIPs"]).and_then(|list| list.items().first()) {
        ways.push(Way::tcp(address.span, format!("Service `{name}` with external addresses"), false));
    }
    for (map, entry) in of_kind(objects, "ConfigMap").flat_map(|map| {
        let entries = map.get("data").map(Value::fields).unwrap_or_default();
        entries.iter().map(move |entry| (map, entry))
    }) {
        let tcp = map.str_at(&["metadata", "name"]).is_some_and(|name| name.ends_with("tcp-services"));
        let Some(value) = entry.value.text().filter(|_| tcp) else { continue };
        let target = value.as_str().split(':').next().unwrap_or_default();
        let (namespace, target) = target.split_once('/').unwrap_or(("", target));
        if target == name && (namespace == service.namespace || service.namespace.is_empty()) {
            ways.push(Way::tcp(value.span(), format!("port {} of the ingress controller", entry.key.value), false));
        }
    }
    for route in routes(objects) {
        if route.service.value == *name && route.namespace == service.namespace {
            let Route { service, how, http, narrowed, port, .. } = route;
            ways.push(Way { span: service.span, how, narrowed, http, port });
        }
    }
    for at in &service.containers {
        for way in &ways {
            // Of several ports, the one that a server listens on decides.
            for (_, target) in service.ports.iter().filter(|(port, _)| way.port.is_none_or(|own| own == *port)) {
                cluster.view.public.push(PublicPort {
                    container: containers[*at].name.clone(),
                    span: way.span,
                    how: way.how.clone(),
                    container_port: *target,
                    narrowed: way.narrowed || policies.cover(&workloads[*at], *target),
                    http: way.http,
                    settings_known: containers[*at].environment.incomplete.is_none(),
                });
            }
        }
    }
}

/// A way from outside to a Service.
struct Way {
    span: Span,
    how: String,
    narrowed: bool,
    http: bool,
    /// The port of the Service; `None`: each of them.
    port: Option<u16>,
}

impl Way {
    fn tcp(span: Span, how: String, narrowed: bool) -> Self {
        Self { span, how, narrowed, http: false, port: None }
    }
}
