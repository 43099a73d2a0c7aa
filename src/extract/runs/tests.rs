//! Commands in every kind of file that may hold them.

use super::*;

fn said(path: &str, text: &str) -> Vec<String> {
    let there = ["docker-compose.yml", "a.yml", "b.yml", "deploy/c.yml", ".env.example", "deploy/compose.yml"];
    let index = Index::new(there.iter().map(|path| ((*path).to_owned(), None)));
    let (said, _) = extract(FileId(0), path, text, &index);
    let mut out: Vec<String> = said
        .runs
        .iter()
        .map(|run| {
            let lists = [&run.files, &run.env_files, &run.profiles].map(|list| list.join(","));
            format!("{}|{}", run.directory, lists.join("|"))
        })
        .collect();
    out.extend(said.copies.iter().map(|copy| format!("{} -> {}", copy.example, copy.target)));
    out
}

#[test]
fn makefiles() {
    let text = "FILES = -f a.yml -f b.yml\nDC := docker compose $(FILES)\nup:\n\t@$(DC) --profile web up -d\n\tdocker compose -f $(X) up\n";
    assert_eq!(said("Makefile", text), ["|a.yml,b.yml||", "|a.yml,b.yml||web"]);
    assert_eq!(
        said("Makefile", "up:\n\t-docker-compose \\\n\t  --env-file=.env.prod --file b.yml up\n"),
        ["|b.yml|.env.prod|"]
    );
}

#[test]
fn scripts() {
    assert_eq!(said("bin/up.sh", "cd deploy\ndocker compose -f c.yml up\n"), ["deploy|deploy/c.yml||"]);
    assert_eq!(said("up.sh", "COMPOSE_FILE=a.yml:b.yml docker-compose up\n"), ["|a.yml,b.yml||"]);
    assert_eq!(said("up.sh", "export COMPOSE_FILE=a.yml\ndocker compose up\n"), ["|a.yml||"]);
    assert_eq!(said("up.sh", "sudo docker compose up && cp .env.example .env"), ["|||", ".env.example -> .env"]);
    assert_eq!(said("up.bat", "docker compose -f a.yml up\r\n"), ["|a.yml||"]);
    assert!(said("up.sh", "docker compose -f missing.yml up\n# docker compose -f a.yml up\n").is_empty());
}

#[test]
fn documents_and_package_scripts() {
    let text = "Run docker compose -f a.yml up.\n\n```sh\n$ docker compose -f b.yml up\n```\n";
    assert_eq!(said("README.md", text), ["|b.yml||"]);
    let text = "Start:\n\n    cp .env.example .env  # then edit\n    docker compose -f a.yml up\n\ntext\n    docker compose -f b.yml up\n";
    assert_eq!(said("README.md", text), ["|a.yml||", ".env.example -> .env"]);
    let text = "{\"scripts\": {\"up\": \"docker compose -f a.yml -f b.yml up\"}}";
    assert_eq!(said("package.json", text), ["|a.yml,b.yml||"]);
    let text = "jobs:\n  t:\n    steps:\n      - run: |\n          cp .env.example .env\n          docker compose -f a.yml up\n        working-directory: .\n      - run: docker compose up\n        working-directory: deploy\n";
    assert_eq!(said(".github/workflows/ci.yml", text), ["|a.yml||", "deploy|||", ".env.example -> .env"]);
}

#[test]
fn dockerfiles() {
    assert_eq!(said("Dockerfile", "FROM docker\nCMD docker compose -f a.yml up\n"), ["|a.yml||"]);
}

#[test]
fn comments_of_the_example_itself() {
    assert_eq!(said(".env.example", "# cp .env.example .env\nA=1\n"), [".env.example -> .env"]);
    assert_eq!(said(".env.example", "# Copy this file to .env.\nA=1\n"), [".env.example -> .env"]);
    assert!(said(".env.example", "# what .env may hold\nA=1\n").is_empty());
}

#[test]
fn variables_of_the_shell_choose_too() {
    let text = "export COMPOSE_PROFILES=web,jobs\ndocker compose -f a.yml up\n";
    assert_eq!(said("up.sh", text), ["|a.yml||web,jobs"]);
    assert_eq!(said("up.sh", "COMPOSE_ENV_FILES=x.env docker compose -f a.yml up\n"), ["|a.yml|x.env|"]);
    assert_eq!(said("up.ps1", "$env:COMPOSE_FILE = \"a.yml;b.yml\"\ndocker compose up\n"), ["|a.yml,b.yml||"]);
    assert_eq!(said("up.cmd", "set FILES=-f a.yml -f b.yml\r\ndocker compose %FILES% up\r\n"), ["|a.yml,b.yml||"]);
    // An option beats the variable.
    assert_eq!(said("up.sh", "COMPOSE_FILE=a.yml docker compose -f b.yml up\n"), ["|b.yml||"]);
}

#[test]
fn task_runners() {
    let text = "dc := \"docker compose -f a.yml\"\nup:\n  {{dc}} --profile web up\n";
    assert_eq!(said("justfile", text), ["|a.yml||web"]);
    let text = "version: '3'\nvars: {FILES: -f a.yml -f b.yml}\ntasks:\n  up:\n    cmds:\n      - docker compose {{.FILES}} up\n      \
                - cmd: docker compose -f c.yml up\n    dir: deploy\n";
    assert_eq!(said("Taskfile.yml", text)[..1], ["deploy|deploy/c.yml||"]);
    let text = text.replace("    dir: deploy\n", "");
    assert_eq!(said("Taskfile.yml", &text), ["|a.yml,b.yml||"]);
    assert_eq!(said("Procfile", "web: docker compose -f a.yml up\n"), ["|a.yml||"]);
}

#[test]
fn pipelines() {
    let text = "env:\n  COMPOSE_FILE: a.yml:b.yml\njobs:\n  one:\n    steps:\n      - run: docker compose up\n  two:\n    env: \
                {COMPOSE_FILE: deploy/c.yml, COMPOSE_PROFILES: web}\n    steps:\n      - run: docker compose up\n      \
                - run: docker compose up\n        env: {COMPOSE_FILE: b.yml}\n";
    assert_eq!(said(".github/workflows/ci.yml", text), ["|a.yml,b.yml||", "deploy|deploy/c.yml||web", "|b.yml||web"]);
    // What one step exports, the next one does not have.
    let text = "jobs:\n  one:\n    steps:\n      - run: export COMPOSE_FILE=a.yml\n      - run: docker compose -f b.yml up\n      \
                - run: docker compose up\n";
    assert_eq!(said(".github/workflows/ci.yml", text), ["|b.yml||", "|||"]);
    let text =
        "defaults: {run: {working-directory: deploy}}\njobs: {one: {steps: [{run: docker compose -f c.yml up}]}}\n";
    assert_eq!(said(".github/workflows/ci.yml", text), ["deploy|deploy/c.yml||"]);
    // The commands of a list share a shell.
    let text = "test:\n  variables: {COMPOSE_FILE: c.yml}\n  script:\n    - cd deploy\n    - docker compose up\n";
    assert_eq!(said(".gitlab-ci.yml", text), ["deploy|deploy/c.yml||"]);
}

#[test]
fn images_and_development_containers() {
    let text = "FROM docker\nENV COMPOSE_FILE=a.yml:b.yml\nCMD [\"docker\", \"compose\", \"up\"]\n";
    assert_eq!(said("Dockerfile", text), ["|a.yml,b.yml||"]);
    let text =
        "{ // \"dockerComposeFile\": \"b.yml\"\n  /* no */ \"dockerComposeFile\": [\"../a.yml\", \"../b.yml\",],\n}\n";
    assert_eq!(said(".devcontainer/devcontainer.json", text), ["|a.yml,b.yml||"]);
    assert_eq!(said(".devcontainer.json", "{\"dockerComposeFile\": \"a.yml\"}"), ["|a.yml||"]);
}

#[test]
fn the_command_itself_is_the_evidence() {
    let text = "jobs:\n  one:\n    steps:\n      - run: |\n          echo up\n          docker compose -f a.yml up && echo done\n";
    let index = Index::new([("a.yml".to_owned(), None)]);
    let (said, _) = extract(FileId(0), ".github/workflows/ci.yml", text, &index);
    assert_eq!(&text[said.runs[0].span.range()], "docker compose -f a.yml up");
}
