//! Which files run together: what is discovered, said and configured, and which of them wins.

use super::*;
use crate::config::{self, Config};
use crate::extract;
use crate::source::Sources;
use crate::tree::Tree;

const WHOLE: &str = "services:\n  redis: {image: redis}\n  web: {image: web, profiles: [web]}\n";
const PART: &str = "services:\n  redis: {command: redis-server}\n";

/// `name: files in directory | env files | profiles | stage` of every combination.
fn worlds(files: &[(&str, &str)], written: &str) -> Vec<String> {
    let config = match written {
        "" => Config::default(),
        written => config::parse("redislint.toml", written, &[]).unwrap().unwrap(),
    };
    let tree = Tree::from_texts(files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec())));
    let mut sources = Sources::default();
    let extracted = extract::run_with(&tree, &mut sources, &config);
    let chosen = |folder: &str| {
        let file = extracted.facts.env_files.iter().find(|file| file.path == format!("{folder}.env"))?;
        let text = sources.get(file.file).text();
        let paths = text.trim_end().strip_prefix("COMPOSE_FILE=")?.split(':').map(str::to_owned).collect();
        Some(Chosen { paths, span: Span::new(file.file, 13..text.len()) })
    };
    let shown = |one: &Composition<'_>| {
        let files: Vec<&str> = one.files.iter().map(|file| file.path.as_str()).collect();
        let (env_files, profiles) = (one.env_files.join(" "), one.profiles.join(" "));
        format!("{}: {} in {:?} | {env_files} | {profiles} | {:?}", one.name, files.join(" "), one.directory, one.stage)
    };
    let mut shown: Vec<String> = compositions(&extracted.facts, &config, &chosen).iter().map(shown).collect();
    for line in &mut shown {
        *line = line.replace(" in \"\"", "").replace(" |  |  | ", " | ");
    }
    shown
}

#[test]
fn compose_takes_the_first_base_that_it_knows_and_any_override() {
    for (there, base, over) in [
        (&["compose.yaml", "compose.yml", "docker-compose.yml"][..], "compose.yaml", ""),
        (&["docker-compose.yaml", "docker-compose.yml"], "docker-compose.yml", ""),
        (&["compose.yml", "docker-compose.yml", "compose.override.yml"], "compose.yml", " compose.override.yml"),
        (&["compose.yaml", "docker-compose.override.yaml"], "compose.yaml", " docker-compose.override.yaml"),
        (
            &["docker-compose.yml", "compose.override.yaml", "docker-compose.override.yml"],
            "docker-compose.yml",
            " compose.override.yaml",
        ),
    ] {
        let files: Vec<(&str, &str)> = there.iter().map(|name| (*name, WHOLE)).collect();
        assert_eq!(worlds(&files, ""), [format!("{base}: {base}{over} | Unlabelled")]);
    }
}

#[test]
fn stage_files_stand_alone_or_change_the_base() {
    let files = [
        ("compose.yaml", WHOLE),
        ("compose.override.yaml", PART),
        ("compose.prod.yaml", PART),
        ("compose.staging.yaml", WHOLE),
    ];
    assert_eq!(
        worlds(&files, ""),
        [
            "compose.yaml: compose.yaml compose.override.yaml | Unlabelled",
            "compose.prod.yaml: compose.yaml compose.prod.yaml | Production",
            "compose.staging.yaml: compose.staging.yaml | Staging",
        ]
    );
}

#[test]
fn projects_of_a_monorepo_keep_apart() {
    let files = [("compose.yaml", WHOLE), ("shop/compose.yaml", WHOLE), ("shop/compose.prod.yaml", PART)];
    assert_eq!(
        worlds(&files, ""),
        [
            "compose.yaml: compose.yaml | Unlabelled",
            "shop/compose.yaml: shop/compose.yaml in \"shop\" | Unlabelled",
            "shop/compose.prod.yaml: shop/compose.yaml shop/compose.prod.yaml in \"shop\" | Production",
        ]
    );
}

#[test]
fn what_others_include_is_no_project() {
    let base = "include: [parts/redis.yaml]\nservices:\n  web: {image: web}\n";
    assert_eq!(
        worlds(&[("compose.yaml", base), ("parts/redis.yaml", WHOLE)], ""),
        ["compose.yaml: compose.yaml | Unlabelled"]
    );
}

#[test]
fn the_env_file_chooses() {
    let files = [
        (".env", "COMPOSE_FILE=deploy/a.yaml:b.yaml\n"),
        ("compose.yaml", WHOLE),
        ("deploy/a.yaml", WHOLE),
        ("b.yaml", PART),
    ];
    assert_eq!(
        worlds(&files, ""),
        [
            "b.yaml: deploy/a.yaml b.yaml in \"deploy\" | .env |  | Unlabelled",
            "deploy/a.yaml: deploy/a.yaml in \"deploy\" | Unlabelled",
        ]
    );
}

#[test]
fn commands_beat_guesses() {
    let files = |command: &'static str| {
        [("compose.yaml", WHOLE), ("compose.live.yaml", PART), ("live.env", "A=1\n"), ("up.sh", command)]
    };
    let live = "compose.live.yaml: compose.yaml compose.live.yaml";
    assert_eq!(
        worlds(
            &files("docker compose -f compose.yaml -f compose.live.yaml --env-file live.env --profile web up\n"),
            ""
        ),
        [
            "compose.yaml: compose.yaml | Unlabelled".to_owned(),
            format!("compose.live.yaml with live.env with web{} | live.env | web | Production", &live[17..]),
        ]
    );
    // What cannot be told changes nothing.
    let guessed = ["compose.yaml: compose.yaml | Unlabelled".to_owned(), format!("{live} | Production")];
    assert_eq!(worlds(&files("docker compose -f compose.yaml -f compose.$STAGE.yaml up\n"), ""), guessed);
    // Nor does what compose would do by itself.
    assert_eq!(worlds(&files("docker compose up\n"), ""), guessed);
}

#[test]
fn a_development_container_changes_the_base_that_its_file_names() {
    let files = [
        ("compose.yaml", WHOLE),
        (".devcontainer/compose.yaml", PART),
        (
            ".devcontainer/devcontainer.json",
            "// {}\n{\"dockerComposeFile\": [\"../compose.yaml\", \"compose.yaml\"], // both\n \"service\": \"web\",}\n",
        ),
    ];
    assert_eq!(
        worlds(&files, ""),
        [
            "compose.yaml: compose.yaml | Unlabelled",
            ".devcontainer/compose.yaml: compose.yaml .devcontainer/compose.yaml | Development",
        ]
    );
}

#[test]
fn the_configuration_beats_commands_and_guesses() {
    let files = [
        ("compose.yaml", WHOLE),
        ("compose.override.yaml", PART),
        ("compose.live.yaml", PART),
        ("up.sh", "docker compose -f compose.yaml -f compose.live.yaml --profile web up\n"),
    ];
    let live = "[[environment]]\nname = \"shop\"\nfiles = [\"compose.yaml\", \"./compose.live.yaml\"]\nenv-files = \
                [\"a.env\", \"b.env\"]\nprofiles = [\"web\"]\nkind = \"staging\"\n";
    let base = "compose.yaml: compose.yaml compose.override.yaml | Unlabelled";
    let shop = "shop: compose.yaml compose.live.yaml | a.env b.env | web | Staging";
    assert_eq!(worlds(&files, live), [base, shop]);
    // The base alone settles what compose would discover, and nothing else.
    let bare = "[[environment]]\nname = \"bare\"\nfiles = [\"compose.yaml\"]\n";
    assert_eq!(
        worlds(&files[..3], bare),
        ["compose.live.yaml: compose.yaml compose.live.yaml | Production", "bare: compose.yaml | Unlabelled"]
    );
}

#[test]
fn a_configured_kind_beats_the_name_and_the_name_beats_the_file() {
    let stage = |name: &str, kind: &str| {
        let written = format!("[[environment]]\nname = \"{name}\"\nfiles = [\"prod.yaml\"]\n{kind}\n");
        worlds(&[("prod.yaml", WHOLE)], &written)[0].rsplit(' ').next().unwrap().to_owned()
    };
    assert_eq!(stage("dev", "kind = \"staging\""), "Staging");
    assert_eq!(stage("dev", ""), "Development");
    assert_eq!(stage("shop", ""), "Production");
}
