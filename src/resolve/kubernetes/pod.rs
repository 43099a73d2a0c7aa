//! Workloads → containers: command, arguments and environment by the kubelet's rules, and mounted keys.

use std::collections::{BTreeMap, BTreeSet};

use super::data::{Found, World};
use super::{expansion, outside};
use crate::facts::kubernetes::Value;
use crate::finding::Confidence;
use crate::model::{ClusterView, DanglingKey, LinkCollision};
use crate::resolve::project::{Case, Container, Mount, Pod, Variable, Variables};
use crate::source::{Span, Spanned};
use crate::symbol::{Resolved, Step, Symbols};
use crate::text::Text;

/// The network that all pods share.
pub const NETWORK: &str = "cluster";

/// A pod template.
#[derive(Clone)]
pub struct Workload<'a> {
    /// Its kind.
    pub kind: &'a str,
    /// Its name, where it is written.
    pub name: Spanned<String>,
    /// The pod.
    pub pod: Pod,
    /// The pod's labels.
    pub labels: BTreeMap<&'a str, &'a str>,
    /// The pod's specification.
    pub spec: &'a Value,
    /// Where it says that Vault's agent puts files into it, which a command may read variables from.
    pub injected: Option<Span>,
}

impl<'a> Workload<'a> {
    /// Its containers, those that run before the others first, each with a name that is its own among the pod's.
    pub fn containers(&self) -> impl Iterator<Item = (&'a Value, String)> + use<'a> {
        let listed = |key: &str| self.spec.get(key).map(Value::items).unwrap_or_default();
        let (first, main) = (listed("initContainers"), listed("containers"));
        let name = self.name.value.clone();
        let own = move |container: &'a Value, alone: bool| match container.str_at(&["name"]) {
            Some(own) if !alone => format!("{name}/{own}"),
            _ => name.clone(),
        };
        let alone = main.len() == 1;
        let all = first.iter().map(|one| (one, false)).chain(main.iter().map(move |one| (one, alone)));
        all.map(move |(container, alone)| (container, own(container, alone)))
    }
}

/// Every pod template among the objects.
pub fn workloads(objects: &[Value]) -> Vec<Workload<'_>> {
    let mut found = Vec::new();
    for object in objects {
        let kind = object.str_at(&["kind"]).unwrap_or_default();
        let template: Option<&Value> = match kind {
            "Pod" => Some(object),
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController" | "Job" => {
                object.at(&["spec", "template"])
            }
            "CronJob" => object.at(&["spec", "jobTemplate", "spec", "template"]),
            _ => None,
        };
        let (Some(template), Some(name)) =
            (template, object.text_at(&["metadata", "name"]).or_else(|| object.text_at(&["metadata", "generateName"])))
        else {
            continue;
        };
        let Some(spec) = template.get("spec") else { continue };
        let labels = template.at(&["metadata", "labels"]).map(Value::fields).unwrap_or_default();
        let annotations = template.at(&["metadata", "annotations"]);
        let injected = annotations.and_then(|annotations| annotations.text_at(&["vault.hashicorp.com/agent-inject"]));
        found.push(Workload {
            kind,
            name: Spanned::new(name.as_str().to_owned(), name.span()),
            pod: Pod {
                name: name.as_str().to_owned(),
                namespace: object.str_at(&["metadata", "namespace"]).unwrap_or_default().to_owned(),
            },
            labels: labels
                .iter()
                .filter_map(|field| Some((field.key.value.as_str(), field.value.text()?.as_str())))
                .collect(),
            spec,
            injected: injected.filter(|on| on.as_str() == "true").map(Text::span),
        });
    }
    found
}

/// The containers of a workload.
pub fn containers(workload: &Workload<'_>, world: &World<'_>, view: &mut ClusterView) -> Vec<Container> {
    workload.containers().map(|(value, name)| container(workload, value, &name, world, view)).collect()
}

/// Two workloads of one name (of different kinds or namespaces) get names that tell them apart.
pub fn make_unique(containers: &mut [Container], workloads: &[Workload<'_>]) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for (container, workload) in containers.iter_mut().zip(workloads) {
        let mut number = 1;
        while !seen.insert(container.name.clone()) {
            number += 1;
            let base = format!("{} {}", workload.kind.to_ascii_lowercase(), workload.name.value);
            container.name = if number == 2 { base } else { format!("{base} {number}") };
        }
    }
}

fn container(
    workload: &Workload<'_>,
    value: &Value,
    name: &str,
    world: &World<'_>,
    view: &mut ClusterView,
) -> Container {
    let environment = environment(workload, value, world, view);
    let words = |key: &str| -> Option<Vec<Case<Vec<Text>>>> {
        let list = value.get(key)?;
        if list.opaque || list.items().is_empty() {
            return None;
        }
        let mut trace = Vec::new();
        let words = list.items().iter().map(|item| match item.text() {
            Some(text) if !item.opaque => expand(text, &environment, &mut trace),
            _ => world.symbols.opaque_text(item.span),
        });
        let words = words.collect();
        Some(vec![Case { when: Vec::new(), value: words, trace }])
    };
    let expanded = ["command", "args"]
        .into_iter()
        .filter_map(|key| value.get(key))
        .flat_map(Value::items)
        .filter_map(Value::text)
        .flat_map(|text| {
            environment.map.keys().filter(move |name| text.as_str().contains(&format!("$({name})"))).cloned()
        })
        .collect();
    let probe = ["readinessProbe", "livenessProbe"].iter().find_map(|probe| value.at(&[probe, "exec", "command"]));
    let image = value.text_at(&["image"]).filter(|_| !value.get("image").is_some_and(|image| image.opaque));
    let own = value.text_at(&["name"]).filter(|_| name != workload.name.value);
    let span = own.map_or(workload.name.span, Text::span);
    let mut made = Container {
        image: image.map(|image| Resolved::known(image.clone(), Vec::new())),
        entrypoint: words("command"),
        command: words("args"),
        command_span: value.get("args").or_else(|| value.get("command")).map(|value| value.span),
        mounts: mounts(workload, value, world),
        networks: Some(BTreeMap::from([(NETWORK.to_owned(), Vec::new())])),
        healthcheck: probe.map(|probe| {
            let words = std::iter::once(Text::mapped("CMD", probe.span))
                .chain(probe.items().iter().filter_map(Value::text).cloned());
            vec![Case { when: Vec::new(), value: words.collect(), trace: Vec::new() }]
        }),
        healthcheck_span: probe.map(|probe| probe.span),
        expanded,
        ..Container::named(name, span)
    };
    if image.is_none() {
        made.image = Some(Resolved::known(world.symbols.opaque_text(value.span), Vec::new()));
    }
    let host =
        workload.spec.field("hostNetwork").filter(|field| field.value.text().is_some_and(|on| on.as_str() == "true"));
    made.network_mode = host.map(|field| Spanned::new("host".to_owned(), field.key.span));
    collisions(workload, &made, &environment, world, view);
    made.environment = environment;
    made
}

/// Layers as the kubelet has them: `envFrom` in order, then `env`; later ones win.
fn environment(workload: &Workload<'_>, value: &Value, world: &World<'_>, view: &mut ClusterView) -> Variables {
    let namespace = &workload.pod.namespace;
    let mut variables = Variables { incomplete: workload.injected, ..Variables::default() };
    let add = |variables: &mut Variables, name: &str, name_span: Span, taken_in: Span, text: Text| {
        let mut trace = vec![Step { span: taken_in, label: format!("{name} is set here") }];
        if name_span != taken_in {
            trace.push(Step { span: name_span, label: "from here".to_owned() });
        }
        let value = Resolved::known(text, trace);
        variables.map.insert(name.to_owned(), Variable { name_span, taken_in, value });
    };
    for source in value.get("envFrom").map(Value::items).unwrap_or_default() {
        let prefix = source.str_at(&["prefix"]).unwrap_or_default();
        let reference = [("secretRef", "Secret"), ("configMapRef", "ConfigMap")]
            .into_iter()
            .find_map(|(field, kind)| Some((kind, source.text_at(&[field, "name"])?)));
        let Some((kind, name)) = reference else { continue };
        match world.object(kind, namespace, name.as_str()) {
            Some(data) if !data.open => {
                for (key, value) in data.entries() {
                    add(&mut variables, &format!("{prefix}{}", key.value), key.span, name.span(), value.clone());
                }
            }
            _ => variables.incomplete = Some(name.span()),
        }
    }
    if value.opaque {
        variables.incomplete = Some(value.span);
    }
    let Some(list) = value.get("env") else { return variables };
    if list.opaque {
        variables.incomplete = Some(list.span);
    }
    for entry in list.items() {
        let Some(name) = entry.text_at(&["name"]).filter(|_| !entry.opaque) else {
            variables.incomplete = Some(entry.span);
            continue;
        };
        let text = match (entry.get("value"), entry.get("valueFrom")) {
            (Some(value), _) if value.opaque => Some(world.symbols.opaque_text(value.span)),
            (Some(value), _) => value.text().map(|text| match outside::fetched(text, world.symbols) {
                Some(fetched) => fetched,
                None => expand(text, &variables, &mut Vec::new()),
            }),
            (None, Some(from)) => referenced(workload, name, from, world, view),
            (None, None) => Some(Text::empty(name.span())),
        };
        if let Some(text) = text {
            add(&mut variables, name.as_str(), name.span(), name.span(), text);
        }
    }
    variables
}

/// The value of a `valueFrom`; `None`: the variable is not set.
fn referenced(
    workload: &Workload<'_>,
    variable: &Text,
    from: &Value,
    world: &World<'_>,
    view: &mut ClusterView,
) -> Option<Text> {
    let reference = [("secretKeyRef", "Secret"), ("configMapKeyRef", "ConfigMap")]
        .into_iter()
        .find_map(|(field, kind)| Some((kind, from.get(field)?)));
    let Some((kind, reference)) = reference else { return Some(world.symbols.opaque_text(from.span)) };
    let (Some(name), Some(key)) = (reference.text_at(&["name"]), reference.text_at(&["key"])) else {
        return Some(world.symbols.opaque_text(reference.span));
    };
    let namespace = &workload.pod.namespace;
    match world.find(kind, namespace, name.as_str(), key.as_str()) {
        Found::Value(value) => Some(value.clone()),
        Found::Unknown => Some(world.symbol(kind, namespace, name.as_str(), key.as_str(), key.span())),
        Found::NoKey(data) => {
            let optional = reference.str_at(&["optional"]) == Some("true");
            view.dangling.push(DanglingKey {
                variable: Spanned::new(variable.as_str().to_owned(), variable.span()),
                key: Spanned::new(key.as_str().to_owned(), key.span()),
                kind: data.kind,
                object: data.name.clone(),
                optional,
                keys: data.entries().iter().map(|(key, _)| key.value.clone()).collect(),
            });
            // Without `optional` the container never starts; what it would read there is unknown.
            (!optional).then(|| world.symbols.opaque_text(key.span()))
        }
    }
}

/// `$(NAME)` by what stands before it.
fn expand(text: &Text, variables: &Variables, trace: &mut Vec<Step>) -> Text {
    expansion::expand(text, |name, span| {
        let found = variables.map.get(name)?.value.alternatives.first()?;
        trace.push(Step { span, label: "used here".to_owned() });
        trace.extend(found.trace.iter().cloned());
        Some(found.value.clone().unwrap_or_else(|| Text::empty(span)))
    })
}

/// Keys of `ConfigMaps` and Secrets as files of the container.
fn mounts(workload: &Workload<'_>, value: &Value, world: &World<'_>) -> Vec<Mount> {
    let volumes = workload.spec.get("volumes").map(Value::items).unwrap_or_default();
    let mut found = Vec::new();
    for mount in value.get("volumeMounts").map(Value::items).unwrap_or_default() {
        let (Some(name), Some(target)) = (mount.text_at(&["name"]), mount.text_at(&["mountPath"])) else { continue };
        let Some(volume) = volumes.iter().find(|volume| volume.str_at(&["name"]) == Some(name.as_str())) else {
            continue;
        };
        let folder = target.as_str().trim_end_matches('/');
        let sub_path = mount.str_at(&["subPath"]);
        let base = Mount {
            span: target.span(),
            source: None,
            volume: None,
            target: folder.to_owned(),
            content: None,
            contents: Vec::new(),
            exists: None,
        };
        let sources = sources(volume);
        let mut open = sources.is_empty();
        for (kind, source, name) in sources {
            let object = source.str_at(&[name]).and_then(|name| world.object(kind, &workload.pod.namespace, name));
            let Some(data) = object else {
                open = true;
                continue;
            };
            open |= data.open;
            let items = source.get("items").map(Value::items).unwrap_or_default();
            for (key, content) in data.entries() {
                let chosen = items.iter().find(|item| item.str_at(&["key"]) == Some(&key.value));
                let file = match chosen {
                    Some(item) => item.str_at(&["path"]).unwrap_or(&key.value),
                    None if items.is_empty() => key.value.as_str(),
                    None => continue,
                };
                let target = match sub_path {
                    Some(sub_path) if sub_path == file => folder.to_owned(),
                    Some(_) => continue,
                    None => format!("{folder}/{file}"),
                };
                found.push(Mount { target, content: Some(content.clone()), ..base.clone() });
            }
        }
        if open {
            found.push(base);
        }
    }
    found
}

/// The objects whose keys are files of a volume, with their kind and the field of their name.
fn sources(volume: &Value) -> Vec<(&'static str, &Value, &'static str)> {
    let own = [("configMap", "ConfigMap", "name"), ("secret", "Secret", "secretName")];
    let whole = own.iter().filter_map(|(field, kind, name)| Some((*kind, volume.get(field)?, *name)));
    let parts = volume.at(&["projected", "sources"]).map(Value::items).unwrap_or_default();
    let parts = parts.iter().flat_map(|part| own.iter().map(move |(field, kind, _)| (*kind, part.get(field), "name")));
    whole.chain(parts.filter_map(|(kind, source, name)| Some((kind, source?, name)))).collect()
}

/// Images that read these variables, with nothing in their settings to stop them.
const READS_PORT: [(&str, &str); 1] = [("rediscommander/redis-commander", "REDIS_PORT")];

/// `REDIS_PORT=tcp://10.0.0.1:6379` of a Service `redis`, where `REDIS_HOST` is set and `REDIS_PORT` is not.
fn collisions(
    workload: &Workload<'_>,
    container: &Container,
    variables: &Variables,
    world: &World<'_>,
    view: &mut ClusterView,
) {
    if workload.spec.str_at(&["enableServiceLinks"]) == Some("false") || variables.incomplete.is_some() {
        return;
    }
    for service in world.all.iter().filter(|object| object.str_at(&["kind"]) == Some("Service")) {
        let same = service.str_at(&["metadata", "namespace"]).unwrap_or_default() == workload.pod.namespace;
        let headless = service.str_at(&["spec", "clusterIP"]) == Some("None");
        let external = service.str_at(&["spec", "type"]) == Some("ExternalName");
        let Some(name) = service.text_at(&["metadata", "name"]).filter(|_| same && !headless && !external) else {
            continue;
        };
        let prefix = name.as_str().to_ascii_uppercase().replace('-', "_");
        let variable = format!("{prefix}_PORT");
        if variables.map.contains_key(&variable) || !variables.map.contains_key(&format!("{prefix}_HOST")) {
            continue;
        }
        if !["REDIS", "VALKEY"].iter().any(|word| prefix.contains(word)) {
            continue;
        }
        let image = container.image.as_ref().and_then(Resolved::single).and_then(|image| image.value.clone());
        let reads = image.filter(Symbols::is_known).is_some_and(|image| {
            let image = image.as_str().trim_start_matches("docker.io/").trim_start_matches("ghcr.io/");
            let repository = image.split([':', '@']).next().unwrap_or(image);
            READS_PORT.iter().any(|(known, read)| *known == repository && *read == variable)
        });
        view.collisions.push(LinkCollision {
            container: Spanned::new(container.name.clone(), container.span),
            variable,
            service: Spanned::new(name.as_str().to_owned(), name.span()),
            confidence: if reads { Confidence::High } else { Confidence::Low },
        });
    }
}
