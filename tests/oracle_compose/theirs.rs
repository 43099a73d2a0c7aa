//! What `docker compose config` says about a project, in one shape and order.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use redislint::config::ComposeVersion;
use serde_json::{Map, Value, json};

/// The newest compose that is there.
pub fn binary() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("REDISLINT_DOCKER_COMPOSE") {
        return Some(path.into());
    }
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join("docker-compose")).find(|file| file.is_file())
}

/// The two generations of compose, where they are there.
pub fn generations() -> Vec<(ComposeVersion, PathBuf)> {
    let newest = binary().map(|path| (ComposeVersion::V5, path));
    let old = std::env::var_os("REDISLINT_DOCKER_COMPOSE_2").map(|path| (ComposeVersion::V2, path.into()));
    newest.into_iter().chain(old).filter(|(version, path)| is_old(path) == (*version == ComposeVersion::V2)).collect()
}

fn is_old(binary: &Path) -> bool {
    let output = Command::new(binary).arg("version").output().unwrap();
    String::from_utf8_lossy(&output.stdout).contains(" v2.")
}

/// The services that compose resolves, or what it says where it refuses the files. An answer is kept in the build
/// folder: the same program says the same of the same files.
pub fn ask(binary: &Path, start: &Start, files: &[(String, String)]) -> Value {
    let mut hasher = DefaultHasher::new();
    (binary, start, files, SHAPE).hash(&mut hasher);
    let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("compose-{:016x}.json", hasher.finish()));
    if let Some(answer) = std::fs::read(&kept).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
        return answer;
    }
    let answer = ask_now(binary, start, files);
    std::fs::write(kept, answer.to_string()).unwrap();
    answer
}

/// Raised when the shape below changes: older answers do not count then.
const SHAPE: u32 = 1;

/// How compose is started.
#[derive(Default, Hash)]
pub struct Start {
    /// The folder, "" for the root.
    pub folder: String,
    pub options: Vec<String>,
}

impl Start {
    /// `cd FOLDER` or options.
    pub fn parse(text: &str) -> Self {
        match text.strip_prefix("cd ") {
            Some(folder) => Self { folder: folder.to_owned(), ..Self::default() },
            None => Self { options: text.split(' ').map(str::to_owned).collect(), ..Self::default() },
        }
    }

    /// The script that starts it so; `None`: nothing is special.
    pub fn script(&self) -> Option<String> {
        let Self { folder, options } = self;
        match (folder.is_empty(), options.is_empty()) {
            (true, true) => None,
            (true, false) => Some(format!("docker compose {} up\n", options.join(" "))),
            (false, _) => Some(format!("cd {folder}\ndocker compose up\n")),
        }
    }
}

fn ask_now(binary: &Path, start: &Start, files: &[(String, String)]) -> Value {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let output = config(binary, start, folder.path(), &["--format", "json"]);
    // One packaging of it ends with 0 whatever happens.
    if !output.status.success() || output.stdout.is_empty() {
        return String::from_utf8_lossy(&output.stderr).into();
    }
    let mut config: Value = serde_json::from_slice(&output.stdout).unwrap();
    config = unescape(&config);
    fill_secrets(&mut config, binary, start, folder.path());
    let services = config["services"].as_object().cloned().unwrap_or_default();
    let shape = |(name, service): (&String, &Value)| (name.clone(), shape(service, &config, folder.path()));
    services.iter().map(shape).collect::<Map<_, _>>().into()
}

fn config(binary: &Path, start: &Start, folder: &Path, arguments: &[&str]) -> Output {
    Command::new(binary)
        .args(["--project-name", "case"])
        .args(&start.options)
        .arg("config")
        .args(arguments)
        .current_dir(folder.join(&start.folder))
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .env("HOME", folder)
        .output()
        .unwrap()
}

/// Gives secrets that are variables the contents that they will have.
fn fill_secrets(config: &mut Value, binary: &Path, start: &Start, folder: &Path) {
    let Some(secrets) = config["secrets"].as_object_mut() else { return };
    if !secrets.values().any(|secret| secret["environment"].is_string()) {
        return;
    }
    let output = self::config(binary, start, folder, &["--environment"]);
    let listed = String::from_utf8(output.stdout).unwrap();
    for secret in secrets.values_mut() {
        let Some(name) = secret["environment"].as_str() else { continue };
        let value = listed.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        secret["content"] = value.into();
    }
}

/// `config` prints each `$` twice, so that its output can be read again.
fn unescape(value: &Value) -> Value {
    match value {
        Value::String(text) => text.replace("$$", "$").into(),
        Value::Array(items) => items.iter().map(unescape).collect(),
        Value::Object(map) => {
            map.iter().map(|(key, value)| (key.replace("$$", "$"), unescape(value))).collect::<Map<_, _>>().into()
        }
        other => other.clone(),
    }
}

/// All attributes that decide, in one order.
fn shape(service: &Value, config: &Value, folder: &Path) -> Value {
    let rest = json!({
        "expose": sorted(strings(&service["expose"]).iter().flat_map(|ports| expand(ports)).collect()),
        "container_name": service["container_name"],
        "links": sorted(strings(&service["links"]).into_iter().map(|link| if link.contains(':') { link } else { format!("{link}:{link}") }).collect()),
        "extra_hosts": sorted(strings(&service["extra_hosts"]).iter().filter_map(|host| host.split('=').next()).map(str::to_owned).collect()),
        "mounts": sorted(mounts(service, config, folder)),
    });
    let mut shape = rest.as_object().unwrap().clone();
    shape.extend(attributes(service));
    shape.into()
}

/// The attributes that compose and `inspect` print alike, in one order.
pub fn attributes(service: &Value) -> Map<String, Value> {
    let mut ports: Vec<String> = Vec::new();
    for port in service["ports"].as_array().into_iter().flatten() {
        let text = |key: &str| port[key].as_str().unwrap_or("-").to_owned();
        ports.push(format!(
            "{} {} {}/{} {}",
            text("host_ip"),
            text("published"),
            port["target"],
            text("protocol"),
            text("mode")
        ));
    }
    ports.sort();
    let test = &service["healthcheck"]["test"];
    let off = service["healthcheck"]["disable"] == json!(true) || test[0] == "NONE";
    let shape = json!({
        "environment": service.get("environment").cloned().unwrap_or(json!({})),
        "command": service["command"],
        "entrypoint": service["entrypoint"],
        "ports": ports,
        "networks": service["networks"].as_object().map(|networks| {
            networks.iter().map(|(name, entry)| (name.clone(), sorted(strings(&entry["aliases"])))).collect::<BTreeMap<_, _>>()
        }),
        "network_mode": service["network_mode"],
        "healthcheck": if off { &Value::Null } else { test },
        "image": service["image"],
    });
    shape.as_object().unwrap().clone()
}

pub fn strings(list: &Value) -> Vec<String> {
    let text = |item: &Value| item.as_str().map_or_else(|| item.to_string(), str::to_owned);
    list.as_array().into_iter().flatten().map(text).collect()
}

pub fn sorted(mut list: Vec<String>) -> Vec<String> {
    list.sort();
    list.dedup();
    list
}

/// The single ports of `80-82/tcp`.
fn expand(ports: &str) -> Vec<String> {
    let ports = ports.split('/').next().unwrap();
    let (first, last) = ports.split_once('-').unwrap_or((ports, ports));
    (first.parse::<u16>().unwrap()..=last.parse().unwrap()).map(|port| port.to_string()).collect()
}

/// What lies where: `target <- source` with the source relative to the project, or the content.
fn mounts(service: &Value, config: &Value, folder: &Path) -> Vec<String> {
    let relative = |path: &Value| {
        let path = Path::new(path.as_str()?).strip_prefix(folder).ok()?;
        Some(path.to_str().unwrap().to_owned())
    };
    let mut mounts = Vec::new();
    for volume in volumes(service, config) {
        let source = if volume["type"] == "bind" { relative(&volume["source"]) } else { None };
        mounts.push(mounted(volume["target"].as_str().unwrap(), source.as_deref(), None));
    }
    for tmpfs in strings(&service["tmpfs"]) {
        mounts.push(mounted(tmpfs.split(':').next().unwrap(), None, None));
    }
    for (kind, home) in [("configs", "/"), ("secrets", "/run/secrets/")] {
        for grant in service[kind].as_array().into_iter().flatten() {
            let name = grant["source"].as_str().unwrap();
            let target = grant["target"].as_str().unwrap_or(name);
            let target = if target.starts_with('/') { target.to_owned() } else { format!("{home}{target}") };
            let resource = &config[kind][name];
            mounts.push(mounted(&target, relative(&resource["file"]).as_deref(), resource["content"].as_str()));
        }
    }
    mounts
}

pub fn mounted(target: &str, source: Option<&str>, content: Option<&str>) -> String {
    format!(
        "{} <- {}{}",
        target.trim_end_matches('/'),
        source.unwrap_or("?"),
        content.map_or(String::new(), |text| format!(" = {text}"))
    )
}

/// The service's own volumes and those of the services that it takes them from.
fn volumes<'c>(service: &'c Value, config: &'c Value) -> Vec<&'c Value> {
    let mut volumes: Vec<&Value> = service["volumes"].as_array().into_iter().flatten().collect();
    for other in strings(&service["volumes_from"]) {
        let name = other.split(':').next().unwrap();
        for volume in config["services"][name]["volumes"].as_array().into_iter().flatten() {
            if !volumes.iter().any(|nearer| nearer["target"] == volume["target"]) {
                volumes.push(volume);
            }
        }
    }
    volumes
}
