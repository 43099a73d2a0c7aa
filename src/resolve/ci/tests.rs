//! What jobs see of their services: options, variables of containers, and the environment of a workflow.

use super::published;
use crate::source::{FileId, Span};
use crate::text::Text;
use crate::tree::Tree;
use crate::{Options, lint};

const CLIENT: &str = "import os\nimport redis\n\nclient = redis.Redis.from_url(os.environ[\"REDIS_URL\"])\n";

/// The rules and places of what is found in one file, beside a program that reads `REDIS_URL`.
fn found(path: &str, text: &str) -> Vec<String> {
    let files = [(path, text), ("app.py", CLIENT)];
    let tree = Tree::from_texts(files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())));
    let report = lint(&tree, &Options::default());
    let place = |finding: &crate::finding::Finding| {
        let span = finding.primary.span;
        report.sources.get(span.file).text()[span.range()].to_owned()
    };
    report.findings.iter().map(|finding| format!("{} {}", finding.rule, place(finding))).collect()
}

fn github(job: &str) -> Vec<String> {
    found(".github/workflows/ci.yml", &format!("on: push\njobs:\n  test:\n    runs-on: ubuntu-latest\n{job}"))
}

#[test]
fn options_of_a_service_are_flags_of_docker() {
    let job = |options: &str, host: &str| {
        github(&format!(
            "    container: python:3.12\n    services:\n      redis:\n        image: redis:7\n        options: >-\n          --health-interval 10s\n          {options}\n    steps:\n      - run: python app.py\n        env: {{REDIS_URL: 'redis://{host}:6379'}}\n"
        ))
    };
    assert!(job("--network-alias cache", "cache").is_empty());
    assert_eq!(job("--health-cmd \"redis-cli ping\"", "cache"), ["unknown-host cache"]);
    assert!(job("--health-cmd \"redis-cli ping\"", "redis").is_empty());
    assert_eq!(job("--health-cmd \"redis-cli -p 6380 ping\"", "redis"), ["broken-healthcheck redis-cli -p 6380 ping"]);
}

#[test]
fn containers_of_jobs_have_variables_of_their_own() {
    let job = |url: &str| {
        github(&format!(
            "    container:\n      image: python:3.12\n      env: {{REDIS_URL: '{url}'}}\n    services:\n      redis: {{image: 'redis:7'}}\n    steps:\n      - run: python app.py\n"
        ))
    };
    assert!(job("redis://redis:6379").is_empty());
    assert_eq!(job("redis://localhost:6379"), ["localhost-in-container localhost"]);
}

#[test]
fn the_environment_of_a_workflow_is_filled_in() {
    let job = |url: &str| {
        github(&format!(
            "    env: {{PORT: 6379, HOST: redis}}\n    services:\n      redis: {{image: 'redis:7', ports: ['6379:6379']}}\n    steps:\n      - run: python app.py\n        env: {{REDIS_URL: '{url}'}}\n"
        ))
    };
    assert!(job("redis://localhost:${{ env.PORT }}").is_empty());
    assert_eq!(job("redis://${{ env.HOST }}:6379"), ["unknown-host redis"]);
    assert!(job("redis://${{ env.ELSEWHERE }}:6379").is_empty());
}

#[test]
fn the_matrix_of_gitlab_gives_variables() {
    let job = |matrix: &str| {
        found(
            ".gitlab-ci.yml",
            &format!(
                "test:\n  image: python:3.12\n  services: ['redis:7']\n  parallel:\n    matrix:\n      - {matrix}\n  script: [python app.py]\n"
            ),
        )
    };
    assert!(job("REDIS_URL: ['redis://redis:6379/0', 'redis://redis:6379/1']").is_empty());
    assert_eq!(job("REDIS_URL: ['redis://redis:6379/0', 'redis://cache:6379/1']"), ["unknown-host cache"]);
}

#[test]
fn ports_of_services() {
    let text = |value: &str| Text::exact(value, Span::new(FileId(0), 0..value.len()));
    let port = published(&text("6380:6379")).unwrap();
    assert_eq!((port.host_port.unwrap().as_str(), port.container_port), ("6380", Some(6379)));
    assert!(published(&text("6379/tcp")).unwrap().host_port.is_none());
}
