//! Ingresses and routes: which Services they lead to from outside the cluster, by HTTP or as plain TCP.
//!
//! `Ingress` of Kubernetes, `HTTPRoute` and `TCPRoute` of the Gateway API
//! (<https://gateway-api.sigs.k8s.io/reference/spec/>), `IngressRoute` and `IngressRouteTCP` of Traefik
//! (<https://doc.traefik.io/traefik/reference/routing-configuration/kubernetes/crd/>).

use crate::facts::kubernetes::Value;
use crate::source::Spanned;
use crate::text::Text;

/// A way from outside to a Service.
pub struct Route {
    /// The Service's name, where the route names it.
    pub service: Spanned<String>,
    /// Its namespace.
    pub namespace: String,
    /// The Service's port; `None`: told by name, or not at all.
    pub port: Option<u16>,
    /// Such as `` Ingress `web` ``.
    pub how: String,
    /// Only HTTP passes, which Redis does not speak.
    pub http: bool,
    /// Something stands before it: a login, a list of addresses, a controller for insiders.
    pub narrowed: bool,
}

/// Kinds whose rules list backends: the list of rules, the list of a rule's backends, and whether they carry HTTP.
const LISTS: [(&str, &str, &str, bool); 4] = [
    ("HTTPRoute", "rules", "backendRefs", true),
    ("TCPRoute", "rules", "backendRefs", false),
    ("IngressRoute", "routes", "services", true),
    ("IngressRouteTCP", "routes", "services", false),
];

/// Parts of annotations by which a controller asks for a login or looks at addresses.
const GUARDS: [&str; 5] = ["auth", "whitelist", "allowlist", "middlewares", "snippet"];

/// Parts of the names that people give to controllers without an address of the world.
const INSIDERS: [&str; 3] = ["internal", "private", "tailscale"];

/// Every way that the objects open.
#[must_use]
pub fn routes(objects: &[Value]) -> Vec<Route> {
    let mut found = Vec::new();
    for object in objects {
        let kind = object.str_at(&["kind"]).unwrap_or_default();
        if kind == "Ingress" {
            ingress(object, &mut found);
        }
        let Some((_, rules, backends, http)) = LISTS.iter().find(|(own, ..)| *own == kind) else { continue };
        for rule in object.at(&["spec", rules]).map(Value::items).unwrap_or_default() {
            let guarded = ["middlewares", "filters"].iter().any(|key| rule.get(key).is_some());
            for backend in rule.get(backends).map(Value::items).unwrap_or_default() {
                found.extend(route(object, backend.text_at(&["name"]), backend.get("port"), *http, guarded));
            }
        }
    }
    found
}

fn ingress(object: &Value, found: &mut Vec<Route>) {
    let Some(spec) = object.get("spec") else { return };
    let rules = spec.get("rules").map(Value::items).unwrap_or_default();
    let paths = rules.iter().filter_map(|rule| rule.at(&["http", "paths"])).flat_map(Value::items);
    let named = paths.filter_map(|path| path.get("backend"));
    let guarded = is_guarded(object);
    for backend in ["defaultBackend", "backend"].iter().filter_map(|key| spec.get(key)).chain(named) {
        // `networking.k8s.io/v1`, and what came before it.
        let name = backend.text_at(&["service", "name"]).or_else(|| backend.text_at(&["serviceName"]));
        let port = backend.at(&["service", "port", "number"]).or_else(|| backend.get("servicePort"));
        found.extend(route(object, name, port, true, guarded));
    }
}

fn route(object: &Value, service: Option<&Text>, port: Option<&Value>, http: bool, guarded: bool) -> Option<Route> {
    let service = service?;
    let kind = object.str_at(&["kind"])?;
    Some(Route {
        service: Spanned::new(service.as_str().to_owned(), service.span()),
        namespace: object.str_at(&["metadata", "namespace"]).unwrap_or_default().to_owned(),
        port: port.and_then(Value::text).and_then(|port| port.as_str().parse().ok()),
        how: format!("{kind} `{}`", object.str_at(&["metadata", "name"]).unwrap_or_default()),
        http,
        narrowed: guarded || object.opaque,
    })
}

fn is_guarded(object: &Value) -> bool {
    let annotations = object.at(&["metadata", "annotations"]);
    let fields = annotations.map(Value::fields).unwrap_or_default();
    let value = |field: &crate::facts::kubernetes::Field| field.value.text().map_or("", Text::as_str).to_owned();
    let class = object.str_at(&["spec", "ingressClassName"]).map(str::to_owned);
    let classes =
        fields.iter().filter(|field| field.key.value == "kubernetes.io/ingress.class").map(value).chain(class);
    let inside = classes.into_iter().any(|class| INSIDERS.iter().any(|part| class.contains(part)));
    // Without this annotation, or with another value, the balancer of AWS has no address of the world.
    let amazon = fields.iter().find(|field| field.key.value == "alb.ingress.kubernetes.io/scheme");
    inside
        || annotations.is_some_and(|annotations| annotations.opaque)
        || amazon.is_some_and(|scheme| value(scheme) != "internet-facing")
        || fields.iter().any(|field| GUARDS.iter().any(|part| field.key.value.contains(part)))
}
