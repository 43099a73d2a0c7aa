//! Which code runs in which service, seen by the clients that each service has.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use redislint::model::Place;
use redislint::tree::Tree;
use redislint::{Options, lint};

const COMPOSE: &str = "\
services:
  web:
    build: .
    command: gunicorn project.wsgi
  worker:
    build: .
    command: python manage.py work
  shell:
    build: .
    environment:
      DJANGO_SETTINGS_MODULE: project.settings.staging
  redis:
    image: redis:7
";

const FILES: [(&str, &str); 9] = [
    ("compose.yaml", COMPOSE),
    ("Dockerfile", "FROM python:3.12\nWORKDIR /app\nCOPY . .\n"),
    (
        "manage.py",
        "import os\ndef main():\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'project.settings.local')\n",
    ),
    ("project/__init__.py", ""),
    ("project/wsgi.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'project.settings.production')\n"),
    ("project/settings/__init__.py", ""),
    ("project/settings/base.py", "CELERY_BROKER_URL = 'redis://redis/0'\n"),
    ("project/settings/local.py", "from .base import *\nCACHE_REDIS_URL = 'redis://redis/1'\n"),
    ("project/settings/production.py", "from .base import *\nCACHE_REDIS_URL = 'redis://redis/2'\n"),
];

/// The databases that each service's clients use, by setting.
fn clients(files: &[(&str, &str)]) -> Vec<String> {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()));
    let report = lint(&Tree::from_texts(files), &Options::default());
    let mut shown: Vec<String> = report.model.environments[0]
        .clients
        .iter()
        .map(|client| {
            let Place::Container(service) = &client.place else { return "host".to_owned() };
            format!("{service} {} {}", client.setting.as_deref().unwrap_or("-"), client.cases[0].db.unwrap())
        })
        .collect();
    shown.sort();
    shown
}

#[test]
fn the_settings_module_in_force_is_the_one_that_is_judged() {
    let mut files = FILES.to_vec();
    files.push(("project/settings/staging.py", "from .base import *\nCACHE_REDIS_URL = 'redis://redis/3'\n"));
    assert_eq!(
        clients(&files),
        [
            "shell CACHE_REDIS_URL 3",
            "shell CELERY_BROKER_URL 0",
            "web CACHE_REDIS_URL 2",
            "web CELERY_BROKER_URL 0",
            "worker CACHE_REDIS_URL 1",
            "worker CELERY_BROKER_URL 0",
        ]
    );
}

#[test]
fn where_it_cannot_be_told_all_settings_count() {
    let files: Vec<_> =
        FILES.iter().filter(|(path, _)| !["manage.py", "project/wsgi.py"].contains(path)).copied().collect();
    let shown = clients(&files);
    let of_web: Vec<_> = shown.iter().filter(|line| line.starts_with("web CACHE")).collect();
    assert_eq!(of_web, ["web CACHE_REDIS_URL 1", "web CACHE_REDIS_URL 2"]);
}
