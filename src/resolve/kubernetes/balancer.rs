//! Services of type `LoadBalancer`: whether something narrows who gets to the balancer.
//!
//! <https://kubernetes.io/docs/concepts/services-networking/service/#internal-load-balancer>, and the clouds' own pages:
//! <https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/service/nlb/>,
//! <https://docs.digitalocean.com/products/kubernetes/how-to/configure-load-balancers/>,
//! <https://github.com/hetznercloud/hcloud-cloud-controller-manager>.

use crate::facts::kubernetes::{Field, Value};
use crate::text::Text;

/// Annotations by which a balancer gets no address of the world, and their values; "" is any but `false`.
const INTERNAL: [(&str, &str); 13] = [
    ("service.beta.kubernetes.io/aws-load-balancer-internal", ""),
    ("service.beta.kubernetes.io/aws-load-balancer-scheme", "internal"),
    ("service.beta.kubernetes.io/azure-load-balancer-internal", "true"),
    ("networking.gke.io/load-balancer-type", "Internal"),
    ("cloud.google.com/load-balancer-type", "Internal"),
    ("service.kubernetes.io/ibm-load-balancer-cloud-provider-ip-type", "private"),
    ("service.beta.kubernetes.io/openstack-internal-load-balancer", "true"),
    ("service.beta.kubernetes.io/oci-load-balancer-internal", "true"),
    ("service.beta.kubernetes.io/alibaba-cloud-loadbalancer-address-type", "intranet"),
    ("service.kubernetes.io/qcloud-loadbalancer-internal-subnetid", ""),
    ("service.beta.kubernetes.io/cce-load-balancer-internal-vpc", "true"),
    ("service.beta.kubernetes.io/do-loadbalancer-network", "INTERNAL"),
    ("load-balancer.hetzner.cloud/disable-public-network", "true"),
];

/// By this class or annotation a Service goes to the AWS Load Balancer Controller, whose balancers are internal unless
/// they are said to face the internet.
const AMAZON_CLASS: &str = "service.k8s.aws/nlb";
const AMAZON_TYPE: &str = "service.beta.kubernetes.io/aws-load-balancer-type";
const AMAZON_SCHEME: &str = "service.beta.kubernetes.io/aws-load-balancer-scheme";

/// Source ranges of old, which clouds still read.
const RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";

/// Whether a Service's balancer lets in fewer than everybody.
pub fn is_narrowed(service: &Value) -> bool {
    let annotations = service.at(&["metadata", "annotations"]).map(Value::fields).unwrap_or_default();
    let annotation = |name: &str| annotations.iter().find(|field| field.key.value == name).map(value);
    let internal = INTERNAL.iter().any(|(name, wanted)| {
        annotation(name)
            .is_some_and(|value| value != "false" && (wanted.is_empty() || wanted.eq_ignore_ascii_case(value)))
    });
    let by_amazon = service.str_at(&["spec", "loadBalancerClass"]) == Some(AMAZON_CLASS)
        || annotation(AMAZON_TYPE).is_some_and(|kind| matches!(kind, "external" | "nlb-ip"));
    let faces_nobody = by_amazon && annotation(AMAZON_SCHEME).is_none();
    let listed = service.at(&["spec", "loadBalancerSourceRanges"]).map(Value::items).unwrap_or_default();
    let ranges: Vec<&str> = match listed {
        [] => annotation(RANGES).into_iter().flat_map(|ranges| ranges.split(',')).collect(),
        listed => listed.iter().filter_map(Value::text).map(Text::as_str).collect(),
    };
    let everybody = ranges.iter().any(|range| range.trim().ends_with("/0"));
    internal || faces_nobody || !ranges.is_empty() && !everybody
}

fn value(field: &Field) -> &str {
    field.value.text().map_or("", Text::as_str)
}
