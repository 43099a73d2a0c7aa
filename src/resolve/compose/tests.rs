//! Which files run together, where values come from, and what stays unknown.

use super::projects;
use crate::config::Config;
use crate::extract;
use crate::finding::Notice;
use crate::model::Stage;
use crate::resolve::project::{Container, Lookup, Project};
use crate::source::Sources;
use crate::symbol::{Condition, Symbols};
use crate::tree::Tree;

struct World {
    sources: Sources,
    symbols: Symbols,
    projects: Vec<Project>,
    notices: Vec<Notice>,
}

fn world(files: &[(&str, &str)]) -> World {
    let tree = Tree::from_texts(files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())));
    let (mut sources, symbols) = (Sources::default(), Symbols::default());
    let extracted = extract::run(&tree, &mut sources);
    let (projects, notices) = projects(&extracted.facts, &extracted.index, &mut sources, &symbols, &Config::default());
    World { sources, symbols, projects, notices }
}

impl World {
    fn names(&self) -> Vec<(&str, usize, Stage)> {
        let files = |project: &Project| project.files.len();
        self.projects.iter().map(|project| (project.name.as_str(), files(project), project.stage)).collect()
    }

    /// The values of a variable of the first container, as people read them.
    fn values(&self, name: &str) -> Vec<Option<String>> {
        let Lookup::Found(variable) = self.projects[0].containers[0].environment.get(name) else { return Vec::new() };
        let value = |text: &crate::text::Text| self.symbols.display(text.as_str());
        variable.value.alternatives.iter().map(|alternative| alternative.value.as_ref().map(value)).collect()
    }
}

const ONE: &str = "services:\n  redis: {image: redis}\n";

#[test]
fn stage_files_stand_alone_or_change_the_base() {
    let world = world(&[
        ("docker-compose.yml", ONE),
        ("docker-compose.override.yml", "services:\n  redis: {command: redis-server}\n"),
        ("docker-compose.staging.yml", ONE),
        ("docker-compose-prod.yml", "services:\n  redis: {command: redis-server --protected-mode no}\n"),
        ("other/compose.yaml", ONE),
    ]);
    assert_eq!(
        world.names(),
        [
            ("docker-compose.yml", 2, Stage::Unlabelled),
            ("docker-compose-prod.yml", 2, Stage::Production),
            ("docker-compose.staging.yml", 1, Stage::Staging),
            ("other/compose.yaml", 1, Stage::Unlabelled),
        ]
    );
    assert_eq!(world.projects[0].evidence, "compose discovers docker-compose.yml with docker-compose.override.yml");
}

#[test]
fn included_and_extended_files_are_no_projects() {
    let world = world(&[
        (
            "compose.yaml",
            "include: [redis.compose.yml]\nservices:\n  a: {extends: {file: common-compose.yml, service: b}}\n",
        ),
        ("redis.compose.yml", ONE),
        ("common-compose.yml", "services:\n  b: {image: b}\n"),
    ]);
    assert_eq!(world.names(), [("compose.yaml", 3, Stage::Unlabelled)]);
    assert_eq!(world.projects[0].containers.len(), 2);
}

#[test]
fn a_value_points_at_its_definition_and_keeps_its_way() {
    let world = world(&[
        (".env", "PW=s3cret\n"),
        ("compose.yaml", "services:\n  app:\n    image: a\n    environment:\n      URL: redis://:${PW}@redis\n"),
    ]);
    let Lookup::Found(variable) = world.projects[0].containers[0].environment.get("URL") else { panic!() };
    let alternative = variable.value.single().unwrap();
    let text = alternative.value.as_ref().unwrap();
    assert_eq!(text.as_str(), "redis://:s3cret@redis");
    let span = text.span_of(9..15);
    assert_eq!(world.sources.get(span.file).path(), ".env");
    assert_eq!(world.sources.slice(span), "s3cret");
    let labels: Vec<&str> = alternative.trace.iter().map(|step| step.label.as_str()).collect();
    assert_eq!(labels, ["`URL` is set here", "`PW` is read here", "`PW` is set here"]);
}

#[test]
fn what_the_repository_does_not_hold_is_a_symbol() {
    let world = world(&[(
        "compose.yaml",
        "services:\n  app:\n    image: a\n    environment: [\"A=${PW}\", \"B=${PW:-d}\", \"C=${PW:?}\", PW]\n",
    )]);
    let some = |value: &str| Some(value.to_owned());
    assert_eq!(world.values("A"), [some(""), some("${PW}")]);
    assert_eq!(world.values("B"), [some("d"), some("${PW}")]);
    assert_eq!(world.values("C"), [some("${PW}")]);
    assert_eq!(world.values("PW"), [None, some("${PW}")]);
    let Lookup::Found(variable) = world.projects[0].containers[0].environment.get("A") else { panic!() };
    assert!(matches!(variable.value.alternatives[0].when[..], [Condition::Unset(_)]));
}

#[test]
fn a_missing_env_file_with_an_example_leaves_names_unknown() {
    let files = [(".env.example", "PW=x\n"), ("compose.yaml", "services:\n  app: {image: a, env_file: .env}\n")];
    let with = world(&files);
    assert!(matches!(with.projects[0].containers[0].environment.get("PW"), Lookup::Unknown(_)));
    assert!(with.projects[0].missing.is_empty());
    let without = world(&files[1..]);
    assert_eq!(without.projects[0].missing[0].path, ".env");
}

#[test]
fn circles_and_broken_values_cost_only_themselves() {
    let world = world(&[(
        "compose.yaml",
        "include: [compose.yaml]\nservices:\n  a: {extends: b, image: x}\n  b: {extends: a}\n  \
         c: {image: redis, ports: [\"x:1\", \"2:2\"], command: \"redis-server (\", environment: {V: \"${\"}}\n",
    )]);
    let codes: Vec<&str> = world.notices.iter().map(|notice| notice.code).collect();
    for code in ["include-cycle", "extends-cycle", "invalid-port", "invalid-command", "invalid-interpolation"] {
        assert!(codes.contains(&code), "{code} is not among {codes:?}");
    }
    let c = world.projects[0].containers.iter().find(|container| container.name == "c").unwrap();
    assert_eq!(c.published.len(), 1);
}

#[test]
fn services_that_wait_for_each_other_are_refused() {
    let world = world(&[(
        "compose.yaml",
        "services:\n  a: {image: a, depends_on: [b, c]}\n  b: {image: b}\n  c: {image: c, depends_on: {d: {}}}\n  d: \
         {image: d, depends_on: [b, c], profiles: [never]}\n",
    )]);
    let circles: Vec<&str> = world.notices.iter().map(|notice| notice.message.as_str()).collect();
    assert_eq!(circles, ["dependency cycle detected: c -> d -> c"]);
}

#[test]
fn every_value_has_a_trace_to_each_source_of_it() {
    let world = world(&[
        (".env", "PW=s3cret\nPORT=7000\nNET=back\nTAG=7\n"),
        ("app.env", "FROM_FILE=x${PW}\n"),
        (
            "compose.yaml",
            "services:\n  a:\n    image: redis:${TAG}\n    env_file: app.env\n    environment:\n      URL: redis://:${PW}@r\n    \
             command: redis-server --requirepass ${PW}\n    entrypoint: [run, \"${TAG}\"]\n    \
             ports: [\"${PORT}:6379\", {target: 1, published: \"${PORT}\"}]\n    \
             networks: [\"${NET}\"]\n    healthcheck: {test: \"redis-cli -a ${PW} ping\"}\n  \
             b:\n    image: b\n    network_mode: ${UNSET:-host}\nnetworks: {back: }\n",
        ),
    ]);
    let services: Vec<_> = world.projects[0].containers.iter().map(Container::to_service).collect();
    let sliced = |service: usize, path: &str| -> Vec<&str> {
        let trace = &services[service].traces[path];
        trace.iter().map(|step| world.sources.slice(step.span)).collect()
    };
    for (service, path, parts) in [
        (0, "image", &["${TAG}", "TAG", "7"][..]),
        (0, "environment.URL", &["URL", "${PW}", "PW", "s3cret"]),
        (0, "environment.FROM_FILE", &["app.env", "FROM_FILE", "x", "${PW}", "s3cret"]),
        (0, "command", &["redis-server --requirepass ${PW}", "${PW}", "PW", "s3cret"]),
        (0, "entrypoint", &["[run, \"${TAG}\"]", "${TAG}", "7"]),
        (0, "ports.0", &["${PORT}:6379", "${PORT}", "PORT", "7000"]),
        (0, "ports.1", &["{target: 1, published: \"${PORT}\"}", "${PORT}", "7000"]),
        (0, "networks.back", &["${NET}", "NET", "back"]),
        (0, "healthcheck.test", &["${PW}", "s3cret"]),
        (1, "network_mode", &["${UNSET:-host}"]),
        (1, "image", &["b"]),
    ] {
        let steps = sliced(service, path);
        for part in parts {
            assert!(steps.contains(part), "{path}: {part:?} is not among {steps:?}");
        }
    }
    // No value is without one.
    for service in &services {
        let mut paths: Vec<String> =
            service.environment.iter().map(|(name, _)| format!("environment.{name}")).collect();
        paths.extend((0..service.ports.len()).map(|at| format!("ports.{at}")));
        paths.extend(service.networks.iter().flatten().map(|(name, _)| format!("networks.{name}")));
        paths.extend(service.command.is_some().then(|| "command".to_owned()));
        paths.extend(service.entrypoint.is_some().then(|| "entrypoint".to_owned()));
        paths.extend(service.healthcheck.is_some().then(|| "healthcheck.test".to_owned()));
        paths.extend(service.network_mode.is_some().then(|| "network_mode".to_owned()));
        for path in paths {
            assert!(service.traces.get(&path).is_some_and(|trace| !trace.is_empty()), "{path} has no trace");
        }
    }
}

#[test]
fn a_required_variable_of_the_shell_is_said_to_be_required() {
    let world = world(&[("compose.yaml", "services:\n  a:\n    image: a:${NOPE:?set it}\n")]);
    let notice = world.notices.iter().find(|notice| notice.code == "required-variable").unwrap();
    assert_eq!(world.sources.slice(notice.span.unwrap()), "${NOPE:?set it}");
}

#[test]
fn a_template_among_the_variables_leaves_other_names_unknown() {
    let text = "services:\n  a:\n    image: a\n    environment:\n      A: 1\n{% if b %}\n      B: 2\n{% endif %}\n  c:\n    image: c\n";
    let world = world(&[("compose.yaml", text)]);
    let [a, c] = &world.projects[0].containers[..] else { panic!() };
    assert!(matches!(a.environment.get("OTHER"), Lookup::Unknown(_)));
    assert!(matches!(c.environment.get("OTHER"), Lookup::Absent));
}

#[test]
fn an_env_file_whose_path_depends_on_a_variable_may_be_another_one() {
    let compose = "services:\n  a: {image: a, env_file: '${STAGE:-dev}.env'}\n";
    let world = world(&[("compose.yaml", compose), ("dev.env", "PW=dev\n"), ("prod.env", "PW=prod\n")]);
    assert_eq!(world.values("PW"), [Some("dev".to_owned()), Some("…".to_owned())]);
    let Lookup::Found(variable) = world.projects[0].containers[0].environment.get("PW") else { panic!("it is set") };
    let when: Vec<_> = variable.value.alternatives.iter().map(|one| one.when.as_slice()).collect();
    assert!(matches!(when.as_slice(), [[Condition::Unset(_)], [Condition::Set(_)]]), "{when:?}");
}

#[test]
fn an_inline_config_has_the_states_of_its_variables() {
    let compose = "services:\n  a: {image: a, configs: [c]}\nconfigs:\n  c: {content: 'requirepass ${PW:-x}'}\n";
    let world = world(&[("compose.yaml", compose)]);
    let mount = &world.projects[0].containers[0].mounts[0];
    let contents: Vec<_> = mount.contents.iter().map(|case| world.symbols.display(case.value.as_str())).collect();
    assert_eq!(contents, ["requirepass x", "requirepass ${PW}"]);
}

#[test]
fn empty_files_are_refused_where_they_are_started() {
    let said = |files: &[(&str, &str)]| {
        let world = world(files);
        let refused = world.notices.iter().filter(|notice| notice.message == "empty compose file").count();
        (world.projects.len(), refused)
    };
    assert_eq!(said(&[("compose.yaml", "# nothing\n")]), (1, 1));
    assert_eq!(said(&[("compose.yaml", ""), ("compose.override.yaml", ONE)]), (1, 0));
    assert_eq!(said(&[("compose.extras.yaml", "# to be filled in\n")]), (0, 0));
    assert_eq!(said(&[("compose.extras.yaml", ""), ("up.sh", "docker compose -f compose.extras.yaml up\n")]), (1, 1));
}
