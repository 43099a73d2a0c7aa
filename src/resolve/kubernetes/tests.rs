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

/// The rules and places of what is found in one file of manifests.
fn found(text: &str) -> Vec<String> {
    let tree = Tree::from_texts([("k8s/all.yaml".to_owned(), text.as_bytes().to_vec())]);
    let report = lint(&tree, &Options::default());
    let mut found: Vec<String> = report
        .findings
        .iter()
        .map(|finding| {
            let span = finding.primary.span;
            let place = report.sources.get(span.file).text().get(span.range()).unwrap_or_default();
            format!("{:?} {} {place}", finding.severity, finding.rule)
        })
        .collect();
    found.sort();
    found
}

const OPEN: &str = "apiVersion: v1
kind: Pod
metadata: {name: redis, labels: {app: redis, tier: data}}
spec: {containers: [{name: redis, image: 'redis:7'}]}
---
apiVersion: v1
kind: Service
metadata: {name: redis}
spec: {type: LoadBalancer, selector: {app: redis}, ports: [{port: 6379}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: one}
spec:
";

#[test]
fn policies_soften_only_where_they_keep_strangers_out() {
    for (policy, severity) in [
        ("{podSelector: {}, ingress: [{from: [{podSelector: {}}]}]}", "Note"),
        ("{podSelector: {matchLabels: {app: redis}}, policyTypes: [Ingress]}", "Note"),
        ("{podSelector: {matchExpressions: [{key: tier, operator: In, values: [data]}]}}", "Note"),
        ("{podSelector: {matchExpressions: [{key: other, operator: DoesNotExist}]}}", "Note"),
        ("{podSelector: {}, ingress: [{ports: [{port: 8080}]}]}", "Note"),
        ("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0, except: [10.0.0.0/8]}}]}]}", "Note"),
        ("{podSelector: {matchLabels: {app: web}}}", "Error"),
        ("{podSelector: {matchExpressions: [{key: tier, operator: NotIn, values: [data]}]}}", "Error"),
        ("{podSelector: {matchExpressions: [{key: other, operator: Exists}]}}", "Error"),
        ("{podSelector: {}, policyTypes: [Egress]}", "Error"),
        ("{podSelector: {}, ingress: [{}]}", "Error"),
        ("{podSelector: {}, ingress: [{ports: [{port: 6000, endPort: 7000}]}]}", "Error"),
        ("{podSelector: {}, ingress: [{from: [{ipBlock: {cidr: 0.0.0.0/0}}]}]}", "Error"),
    ] {
        let all = found(&format!("{OPEN}  {policy}\n"));
        assert_eq!(all, [format!("{severity} public-service LoadBalancer")], "{policy}");
    }
    // Policies add up.
    let two = format!(
        "{OPEN}  {{podSelector: {{}}}}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {{name: two}}\nspec: {{podSelector: {{}}, ingress: [{{}}]}}\n"
    );
    assert_eq!(found(&two), ["Error public-service LoadBalancer"]);
}

/// A page for people, its Service on port 80, and one object that leads there.
fn page(env: &str, route: &str) -> Vec<String> {
    found(&format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: ui, labels: {{app: ui}}}}\nspec: {{containers: [{{name: ui, image: 'rediscommander/redis-commander', {env}}}]}}\n\
         ---\napiVersion: v1\nkind: Service\nmetadata: {{name: ui}}\nspec: {{selector: {{app: ui}}, ports: [{{port: 80, targetPort: 8081}}]}}\n\
         ---\n{route}\n"
    ))
}

#[test]
fn routes_lead_to_pages_without_a_login() {
    let plain = "env: []";
    let backend = "rules: [{http: {paths: [{backend: {service: {name: ui, port: {number: 80}}}}]}}]";
    let ingress = |head: &str| {
        format!("apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: ui{head}}}\nspec: {{{backend}}}")
    };
    let open = ["Error exposed-admin-ui ui"];
    assert_eq!(page(plain, &ingress("")), open);
    let old = "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: ui}\nspec: {backend: {serviceName: ui, servicePort: 80}}";
    assert_eq!(page(plain, old), open);
    let route =
        |kind: &str, spec: &str| format!("apiVersion: x/v1\nkind: {kind}\nmetadata: {{name: ui}}\nspec: {{{spec}}}");
    assert_eq!(page(plain, &route("HTTPRoute", "rules: [{backendRefs: [{name: ui, port: 80}]}]")), open);
    assert_eq!(page(plain, &route("IngressRoute", "routes: [{services: [{name: ui, port: 80}]}]")), open);
    for shut in [
        ingress(", annotations: {nginx.ingress.kubernetes.io/auth-type: basic}"),
        ingress(", annotations: {alb.ingress.kubernetes.io/scheme: internal}"),
        ingress(", annotations: {kubernetes.io/ingress.class: nginx-internal}"),
        ingress(", namespace: other"),
        route("IngressRoute", "routes: [{middlewares: [{name: login}], services: [{name: ui, port: 80}]}]"),
        route("HTTPRoute", "rules: [{backendRefs: [{name: ui, port: 9000}]}]"),
    ] {
        assert!(page(plain, &shut).is_empty(), "{shut}");
    }
    // Its login may be among the variables that are not in the repository.
    assert!(page("envFrom: [{secretRef: {name: elsewhere}}]", &ingress("")).is_empty());
    assert!(
        page("env: [{name: HTTP_PASSWORD, valueFrom: {secretKeyRef: {name: x, key: y}}}]", &ingress("")).is_empty()
    );
}

#[test]
fn only_plain_tcp_leads_to_redis() {
    let redis = OPEN.split("---\napiVersion: networking").next().unwrap().replace("type: LoadBalancer, ", "");
    let route = |kind: &str| {
        found(&format!(
            "{redis}---\napiVersion: x/v1\nkind: {kind}\nmetadata: {{name: r}}\nspec: {{routes: [{{services: [{{name: redis, port: 6379}}]}}], rules: [{{backendRefs: [{{name: redis, port: 6379}}]}}]}}\n"
        ))
    };
    assert_eq!(route("IngressRouteTCP"), ["Error public-service redis"]);
    assert_eq!(route("TCPRoute"), ["Error public-service redis"]);
    assert!(route("IngressRoute").is_empty() && route("HTTPRoute").is_empty());
}

/// A server and a client, each with its password as given.
fn pair(secrets: &str, server: &str, client: &str) -> Vec<String> {
    let pod = |name: &str, rest: &str, pw: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, labels: {{app: {name}}}}}\nspec:\n  containers:\n  - name: {name}\n    {rest}\n    env:\n    - {{name: REDIS_PASSWORD, {pw}}}\n"
        )
    };
    let redis = pod("redis", "image: 'redis:7'\n    args: [--requirepass, $(REDIS_PASSWORD)]", server);
    let web =
        pod("web", "image: web", client) + "    - {name: REDIS_URL, value: 'redis://:$(REDIS_PASSWORD)@redis:6379'}\n";
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: redis}\nspec: {selector: {app: redis}, ports: [{port: 6379}]}\n";
    found(&[secrets, &redis, service, &web].join("---\n"))
}

#[test]
fn secrets_from_outside_have_keys_and_no_values() {
    let of = |name: &str, key: &str| format!("valueFrom: {{secretKeyRef: {{name: {name}, key: {key}}}}}");
    let external = |more: &str| {
        format!(
            "apiVersion: external-secrets.io/v1\nkind: ExternalSecret\nmetadata: {{name: x}}\nspec: {{target: {{name: auth{more}}}, data: [{{secretKey: pw, remoteRef: {{key: redis}}}}]}}\n"
        )
    };
    assert!(pair(&external(""), &of("auth", "pw"), &of("auth", "pw")).is_empty());
    assert_eq!(pair(&external(""), &of("auth", "pw"), &of("auth", "pass")), ["Error missing-secret-key pass"]);
    assert!(pair(&external(", creationPolicy: Merge"), &of("auth", "pw"), &of("auth", "pass")).is_empty());
    assert!(pair(&external(", template: {data: {}}"), &of("auth", "pw"), &of("auth", "pass")).is_empty());
    let merged = external("") + "---\napiVersion: v1\nkind: Secret\nmetadata: {name: auth}\nstringData: {other: x}\n";
    assert!(pair(&merged, &of("auth", "pw"), &of("auth", "pass")).is_empty());
    let sealed = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: {name: auth}\nspec: {encryptedData: {pw: AgBy3i4O}}\n";
    assert!(pair(sealed, &of("auth", "pw"), &of("auth", "pw")).is_empty());
    assert_eq!(pair(sealed, &of("auth", "pw"), &of("auth", "pass")), ["Error missing-secret-key pass"]);
}

#[test]
fn values_that_name_what_is_fetched_are_no_passwords() {
    let none = "apiVersion: v1\nkind: Namespace\nmetadata: {name: x}\n";
    for value in
        ["vault:secret/data/redis#PASSWORD", "<path:secret/data/redis#pw>", "ref+vault://redis/pw", "op://a/b/c"]
    {
        let given = format!("value: '{value}'");
        assert!(pair(none, &given, &given).is_empty(), "{value}");
    }
    assert!(!pair(none, "value: Basalt-Reed-4108", "value: Basalt-Reed-4108").is_empty());
}

#[test]
fn what_the_agent_of_vault_puts_into_a_pod_may_hold_the_password() {
    let client = |annotations: &str| {
        found(&format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: redis, labels: {{app: redis}}}}\nspec: {{containers: [{{name: redis, image: 'redis:7', args: [--requirepass, $(PW)], env: [{{name: PW, valueFrom: {{secretKeyRef: {{name: x, key: y}}}}}}]}}]}}\n\
             ---\napiVersion: v1\nkind: Service\nmetadata: {{name: redis}}\nspec: {{selector: {{app: redis}}, ports: [{{port: 6379}}]}}\n\
             ---\napiVersion: v1\nkind: Pod\nmetadata: {{name: web{annotations}}}\nspec: {{containers: [{{name: web, image: web, env: [{{name: REDIS_HOST, value: redis}}]}}]}}\n"
        ))
    };
    assert_eq!(client(""), ["Error missing-password redis"]);
    assert!(client(", annotations: {vault.hashicorp.com/agent-inject: 'true'}").is_empty());
}

#[test]
fn findings_at_encoded_scalars_say_what_they_decode_to() {
    // `redis://:Pewter-Isle-6027@redis:6379` and a line break.
    let text = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata:\n  url: cmVkaXM6Ly86UGV3dGVyLUlzbGUtNjAyN0ByZWRpczo2Mzc5Cg==\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: web, env: [{name: REDIS_URL, valueFrom: {secretKeyRef: {name: s, key: url}}}]}]}\n";
    let tree = Tree::from_texts([("k8s/all.yaml".to_owned(), text.as_bytes().to_vec())]);
    let report = lint(&tree, &Options::default());
    let finding = report.findings.iter().find(|finding| finding.rule == "hardcoded-password").unwrap();
    assert_eq!(&text[finding.primary.span.range()], "cmVkaXM6Ly86UGV3dGVyLUlzbGUtNjAyN0ByZWRpczo2Mzc5Cg==");
    let told: Vec<&str> = finding.trace.iter().map(|step| step.text.as_str()).collect();
    assert_eq!(told, ["decodes to `redis://:****************@redis:6379\\n`"]);
}

/// How a server behaves whose pod template stands in an object of that kind: what a client without a password gets.
fn found_with(server: &str) -> Vec<String> {
    let client = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\nspec: {containers: [{name: web, image: web, env: [{name: REDIS_URL, value: 'redis://redis:6379'}]}]}\n";
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: redis}\nspec: {selector: {app: redis}, ports: [{port: 6379}]}\n";
    found(&[server, service, client].join("---\n"))
}

#[test]
fn every_workload_has_containers() {
    let template = "metadata: {labels: {app: redis}}, spec: {containers: [{name: redis, image: 'redis:7', args: [--requirepass, $(PW)], env: [{name: PW, valueFrom: {secretKeyRef: {name: x, key: y}}}]}]}";
    let asks = ["Error missing-password redis://redis:6379"];
    for kind in ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController", "Job"] {
        let object =
            format!("apiVersion: x\nkind: {kind}\nmetadata: {{name: redis}}\nspec: {{template: {{{template}}}}}\n");
        assert_eq!(found_with(&object), asks, "{kind}");
    }
    let cron = format!(
        "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: redis}}\nspec: {{jobTemplate: {{spec: {{template: {{{template}}}}}}}}}\n"
    );
    assert_eq!(found_with(&cron), asks);
    let pod = format!(
        "apiVersion: v1\nkind: Pod\n{}\n",
        template.replacen("metadata: {", "metadata: {name: redis, ", 1).replacen(", spec:", "\nspec:", 1)
    );
    assert_eq!(found_with(&pod), asks);
    let list = format!(
        "{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{{\"apiVersion\": \"v1\", \"kind\": \"List\", \"items\": [{{apiVersion: x, kind: Job, metadata: {{name: redis}}, spec: {{template: {{{template}}}}}}}]}}]}}\n"
    );
    assert_eq!(found_with(&list), asks);
}

#[test]
fn mounted_configuration_counts_where_the_command_names_it() {
    let server = |args: &str, volume: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: conf}}\ndata:\n  redis.conf: |\n    requirepass Basalt-Reed-4108\n    bind 0.0.0.0\n\
             ---\napiVersion: v1\nkind: Pod\nmetadata: {{name: redis, labels: {{app: redis}}}}\nspec:\n  volumes: [{{name: conf, {volume}}}]\n  containers: [{{name: redis, image: 'redis:7', {args}volumeMounts: [{{name: conf, mountPath: /etc/redis}}]}}]\n"
        )
    };
    let rules = |args: &str, volume: &str| -> Vec<String> {
        let rule = |line: &String| line.split(' ').nth(1).unwrap().to_owned();
        found_with(&server(args, volume)).iter().map(rule).collect()
    };
    let named = "args: [/etc/redis/redis.conf], ";
    for volume in ["configMap: {name: conf}", "projected: {sources: [{configMap: {name: conf}}]}"] {
        assert!(rules(named, volume).contains(&"missing-password".to_owned()), "{volume}");
        let unread = rules("", volume);
        assert!(unread.contains(&"config-not-loaded".to_owned()), "{volume}: {unread:?}");
        assert!(!unread.contains(&"missing-password".to_owned()));
    }
    let other = "configMap: {name: conf, items: [{key: redis.conf, path: other.conf}]}";
    assert!(!rules(named, other).contains(&"missing-password".to_owned()));
    assert!(rules("args: [/etc/redis/other.conf], ", other).contains(&"missing-password".to_owned()));
}

const INSIDE: &str = "apiVersion: v1
kind: Pod
metadata: {name: redis, labels: {app: redis}}
spec: {<pod> containers: [{name: redis, image: 'redis:7', ports: [{containerPort: 6379 <port>}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: redis, annotations: {<annotation>}}
spec: {<service> selector: {app: redis}, ports: [{port: 6379}]}
";

#[test]
fn every_way_out_of_a_cluster_is_told() {
    let exposed = |mark: &str, text: &str| {
        let mut all = INSIDE.replace(mark, text);
        for mark in ["<pod>", "<port>", "<annotation>", "<service>"] {
            all =
                all.replace(mark, if mark == "<service>" && all.contains("aws-") { "type: LoadBalancer," } else { "" });
        }
        found(&all)
    };
    assert!(exposed("", "").is_empty());
    for (mark, text, expected) in [
        ("<service>", "type: NodePort,", "Error public-service NodePort"),
        ("<service>", "type: LoadBalancer,", "Error public-service LoadBalancer"),
        ("<service>", "externalIPs: [203.0.113.9],", "Error public-service 203.0.113.9"),
        ("<port>", ", hostPort: 6379", "Error public-service 6379"),
        (
            "<service>",
            "type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/8],",
            "Note public-service LoadBalancer",
        ),
        (
            "<service>",
            "type: LoadBalancer, loadBalancerSourceRanges: [0.0.0.0/0],",
            "Error public-service LoadBalancer",
        ),
        (
            "<annotation>",
            "service.beta.kubernetes.io/aws-load-balancer-internal: 'true'",
            "Note public-service LoadBalancer",
        ),
        (
            "<annotation>",
            "service.beta.kubernetes.io/aws-load-balancer-internal: 'false'",
            "Error public-service LoadBalancer",
        ),
        // Amazon's newer controller makes internal balancers unless it is told otherwise.
        (
            "<annotation>",
            "service.beta.kubernetes.io/aws-load-balancer-type: external",
            "Note public-service LoadBalancer",
        ),
        (
            "<annotation>",
            "service.beta.kubernetes.io/aws-load-balancer-type: external, service.beta.kubernetes.io/aws-load-balancer-scheme: internet-facing",
            "Error public-service LoadBalancer",
        ),
        (
            "<service>",
            "type: LoadBalancer, loadBalancerClass: service.k8s.aws/nlb,",
            "Note public-service LoadBalancer",
        ),
    ] {
        assert_eq!(exposed(mark, text), [expected], "{text}");
    }
    let host = exposed("<pod>", "hostNetwork: true,");
    assert!(host.len() == 1 && host[0].contains("host-network"), "{host:?}");
    let tcp = "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: tcp-services, namespace: ingress-nginx}\ndata: {'6379': 'default/redis:6379'}\n";
    let clean = ["<pod>", "<port>", "<annotation>", "<service>"]
        .iter()
        .fold(INSIDE.to_owned(), |text, mark| text.replace(mark, ""));
    assert_eq!(found(&(clean + tcp)), ["Error public-service default/redis:6379"]);
}
