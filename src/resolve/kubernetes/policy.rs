//! Network policies: whether they keep strangers from a port of a pod.
//!
//! Policies add up: what one of them allows is allowed, and a pod that none of them selects is open to everybody.

use super::pod::Workload;
use crate::facts::kubernetes::Value;
use crate::text::Text;

/// The policies that are applied together.
pub struct Policies<'a>(Vec<&'a Value>);

impl<'a> Policies<'a> {
    /// Those among the objects.
    #[must_use]
    pub fn new(objects: &'a [Value]) -> Self {
        Self(objects.iter().filter(|object| object.str_at(&["kind"]) == Some("NetworkPolicy")).collect())
    }

    /// Whether they restrict who may connect to this port of the pod.
    #[must_use]
    pub fn cover(&self, workload: &Workload<'_>, port: Option<u16>) -> bool {
        let mut own = self.0.iter().filter(|policy| applies(policy, workload)).peekable();
        own.peek().is_some() && !own.any(|policy| lets_everybody_in(policy, port))
    }
}

fn items<'a>(value: &'a Value, path: &[&str]) -> &'a [Value] {
    value.at(path).map(Value::items).unwrap_or_default()
}

fn applies(policy: &Value, workload: &Workload<'_>) -> bool {
    let same = policy.str_at(&["metadata", "namespace"]).unwrap_or_default() == workload.pod.namespace;
    let types = items(policy, &["spec", "policyTypes"]);
    let ingress = types.is_empty() || types.iter().any(|one| one.text().is_some_and(|one| one.as_str() == "Ingress"));
    same && ingress && policy.at(&["spec", "podSelector"]).is_some_and(|selector| selects(selector, workload))
}

/// Whether a rule has no `from`, or one that names every address, and speaks of the port.
fn lets_everybody_in(policy: &Value, port: Option<u16>) -> bool {
    items(policy, &["spec", "ingress"]).iter().any(|rule| {
        let from = items(rule, &["from"]);
        let everybody = from.is_empty() || from.iter().any(is_everybody);
        let ports = items(rule, &["ports"]);
        everybody && (ports.is_empty() || ports.iter().any(|entry| speaks_of(entry, port)))
    })
}

fn is_everybody(peer: &Value) -> bool {
    let whole = peer.str_at(&["ipBlock", "cidr"]).is_some_and(|cidr| cidr.ends_with("/0"));
    whole && items(peer, &["ipBlock", "except"]).is_empty()
}

/// A port by name, or one that is not known, may be the one that is meant.
fn speaks_of(entry: &Value, port: Option<u16>) -> bool {
    let number = |key: &str| entry.str_at(&[key]).and_then(|text| text.parse::<u16>().ok());
    match (number("port"), port) {
        (Some(first), Some(port)) => (first..=number("endPort").unwrap_or(first)).contains(&port),
        _ => true,
    }
}

/// Whether a pod has all that a label selector asks for; an empty one selects all.
fn selects(selector: &Value, workload: &Workload<'_>) -> bool {
    let label = |key: &str| workload.labels.get(key).copied();
    let by_labels = selector.get("matchLabels").map(Value::fields).unwrap_or_default();
    let labels = by_labels.iter().all(|field| {
        let wanted = field.value.text().map(Text::as_str);
        wanted.is_some() && label(&field.key.value) == wanted
    });
    labels
        && items(selector, &["matchExpressions"]).iter().all(|expression| {
            let own = expression.str_at(&["key"]).and_then(label);
            let listed =
                items(expression, &["values"]).iter().filter_map(Value::text).any(|one| Some(one.as_str()) == own);
            match expression.str_at(&["operator"]) {
                Some("In") => listed,
                Some("NotIn") => !listed,
                Some("Exists") => own.is_some(),
                Some("DoesNotExist") => own.is_none(),
                _ => false,
            }
        })
}
