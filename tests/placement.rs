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

/// Two programs of one image; `web` and `worker` are the lines of their services.
fn two_programs(web: &str, worker: &str, more: &[(&str, &str)]) -> Vec<String> {
    let compose = format!(
        "services:\n  web:\n    build: .\n{web}\n    environment: &both\n      CACHE_ADDRESS: redis://redis/1\n      \
         QUEUE_ADDRESS: redis://redis/2\n  worker:\n    build: .\n{worker}\n    environment: *both\n  redis:\n    \
         image: redis:7\n"
    );
    let mut files = vec![
        ("compose.yaml", compose.as_str()),
        ("Dockerfile", "FROM python:3.12\nWORKDIR /srv\nCOPY . .\n"),
        ("shop/__init__.py", ""),
        ("shop/main.py", "from shop.api import router\napp = 1\n"),
        ("shop/api.py", "from .cache import cache\nrouter = 1\n"),
        ("shop/cache.py", "import os\nimport redis\ncache = redis.from_url(os.environ['CACHE_ADDRESS'])\n"),
        ("shop/work.py", "from shop import queue\n"),
        ("shop/queue.py", "import os\nimport redis\nqueue = redis.from_url(os.environ['QUEUE_ADDRESS'])\n"),
    ];
    for (path, text) in more {
        files.retain(|(known, _)| known != path);
        files.push((path, text));
    }
    clients(&files)
}

const BOTH: [&str; 4] =
    ["web CACHE_ADDRESS 1", "web QUEUE_ADDRESS 2", "worker CACHE_ADDRESS 1", "worker QUEUE_ADDRESS 2"];
const OWN: [&str; 2] = ["web CACHE_ADDRESS 1", "worker QUEUE_ADDRESS 2"];

#[test]
fn a_program_connects_with_what_its_own_modules_read() {
    for (web, worker) in [
        ("uvicorn shop.main:app --host 0.0.0.0 --port 80", "python -m shop.work"),
        ("gunicorn -w 2 -k uvicorn.workers.UvicornWorker shop.main:app", "python shop/work.py"),
        ("hypercorn shop.main:app", "celery -A shop.work worker"),
        ("daphne shop.main:app", "arq shop.work.WorkerSettings"),
        ("flask --app shop.main run", "dramatiq shop.work"),
        ("fastapi run shop/main.py", "huey_consumer shop.work.huey"),
        ("sh -c 'echo started && exec uvicorn shop.main:app'", "taskiq worker shop.work:broker"),
        ("poetry run uvicorn shop.main:app", "saq shop.work.settings"),
    ] {
        let line = |command: &str| format!("    command: {command}");
        assert_eq!(two_programs(&line(web), &line(worker), &[]), OWN, "{web} | {worker}");
    }
}

#[test]
fn the_image_and_its_scripts_tell_as_well_as_compose() {
    let dockerfile =
        "FROM python:3.12\nWORKDIR /srv\nCOPY . .\nENTRYPOINT [\"./start.sh\"]\nCMD uvicorn shop.main:app\n";
    let own = [("Dockerfile", dockerfile), ("start.sh", "set -e\nsleep 1\nexec \"$@\"\n")];
    assert_eq!(two_programs("", "    command: [python, -m, shop.work]", &own), OWN);
    // The working folder decides which of two modules of one name is meant.
    let dockerfile = "FROM python:3.12\nCOPY shop /code/shop\nCOPY other /code/other\nWORKDIR /code/shop\n";
    let more = [("Dockerfile", dockerfile), ("other/main.py", "from shop import queue\n")];
    let worker = "    command: python main.py\n    working_dir: /code/other";
    assert_eq!(two_programs("    command: uvicorn main:app", worker, &more), OWN);
}

#[test]
fn settings_in_one_module_count_where_a_client_is_made_of_them() {
    let more = [
        (
            "shop/config.py",
            "import os\nCACHE_URL = os.environ['CACHE_ADDRESS']\nQUEUE_URL = os.environ['QUEUE_ADDRESS']\n",
        ),
        ("shop/cache.py", "import redis\nfrom shop.config import *\ncache = redis.from_url(CACHE_URL)\n"),
        ("shop/queue.py", "import redis\nfrom shop import config\nqueue = redis.from_url(config.QUEUE_URL)\n"),
    ];
    let own = ["web CACHE_URL 1", "worker QUEUE_URL 2"];
    assert_eq!(two_programs("    command: uvicorn shop.main:app", "    command: python -m shop.work", &more), own);
}

#[test]
fn modules_named_in_strings_are_loaded() {
    let web = "    command: uvicorn shop.main:app";
    for work in [
        "from celery import Celery\napp = Celery('shop', include=['shop.queue'])\n",
        "import uvicorn\nuvicorn.run('shop.queue:app')\n",
        "from celery import Celery\napp = Celery('shop', config_source='shop.queue')\n",
        "from flask import Flask\napp = Flask('shop')\napp.config.from_pyfile('./shop/queue.py')\n",
    ] {
        assert_eq!(
            two_programs(web, "    command: celery -A shop.work worker", &[("shop/work.py", work)]),
            OWN,
            "{work}"
        );
    }
    let work = "from celery import Celery\napp = Celery('shop')\napp.autodiscover_tasks(['shop.jobs'])\n";
    let more = [("shop/work.py", work), ("shop/jobs/__init__.py", ""), ("shop/jobs/tasks.py", "import shop.queue\n")];
    assert_eq!(two_programs(web, "    command: celery -A shop.work worker", &more), OWN);
}

#[test]
fn what_cannot_be_followed_loads_all() {
    let web = "    command: uvicorn shop.main:app";
    let imports = "import importlib, os\nimportlib.import_module(os.environ['PLUGIN'])\n";
    for (worker, more) in [
        ("", vec![]),
        ("    command: rq worker", vec![]),
        ("    command: supervisord", vec![]),
        ("    command: ./unknown.sh", vec![]),
        ("    command: python -m elsewhere.work", vec![]),
        ("    command: python -m shop.work", vec![("shop/work.py", imports)]),
        ("    command: sh -c 'python -m shop.work & something'", vec![]),
        (
            "    command: celery -A shop.work worker",
            vec![("shop/work.py", "from celery import Celery\napp = Celery()\napp.autodiscover_tasks(PACKAGES)\n")],
        ),
    ] {
        let shown = two_programs(web, worker, &more);
        assert_eq!(shown, [OWN[0], BOTH[2], BOTH[3]], "{worker} {more:?}");
    }
    // A package that something else puts on Python's path.
    let more = [
        ("shop/work.py", "from queues.jobs import queue\n"),
        (
            "libs/queues/src/queues/jobs.py",
            "import os\nimport redis\nqueue = redis.from_url(os.environ['QUEUE_ADDRESS'])\n",
        ),
        ("shop/queue.py", ""),
    ];
    assert_eq!(two_programs(web, "    command: python -m shop.work", &more), OWN);
}

#[test]
fn django_loads_its_whole_project_with_the_settings_of_its_program() {
    let more = [("project/jobs/work.py", "import redis\nclient = redis.Redis(host='redis', db=5)\n")];
    let mut files = FILES.to_vec();
    files.extend(more);
    let start = "import os\nfrom django.core.wsgi import get_wsgi_application\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', \
                 'project.settings.production')\napplication = get_wsgi_application()\n";
    files.retain(|(path, _)| *path != "project/wsgi.py");
    files.push(("project/wsgi.py", start));
    let shown = clients(&files);
    let of_web: Vec<_> = shown.iter().filter(|line| line.starts_with("web ")).map(String::as_str).collect();
    assert_eq!(of_web, ["web - 5", "web CACHE_REDIS_URL 2", "web CELERY_BROKER_URL 0"]);
}

#[test]
fn what_the_image_sets_holds_where_compose_says_nothing() {
    let code = "import os\nfrom redis import Redis\nclient = Redis.from_url(os.environ['REDIS_URL'])\n";
    let dockerfile = "FROM python:3.12 AS base\nWORKDIR /app\nCOPY app.py .\nFROM base AS dev\nENV REDIS_URL=redis://redis/4\nFROM base\nENV REDIS_URL redis://redis/5\n";
    let service = |name: &str, more: &str| format!("  {name}:\n    build:\n      context: .\n{more}");
    let compose = [
        "services:\n".to_owned(),
        service("dev", "      target: dev\n"),
        service("last", ""),
        service("own", "    environment:\n      REDIS_URL: redis://redis/6\n"),
        service("passed", "    environment:\n      - REDIS_URL\n"),
        "  redis:\n    image: redis:7\n".to_owned(),
    ]
    .concat();
    let files = [("compose.yaml", compose.as_str()), ("Dockerfile", dockerfile), ("app.py", code)];
    assert_eq!(clients(&files), ["dev REDIS_URL 4", "last REDIS_URL 5", "own REDIS_URL 6", "passed REDIS_URL 5"]);
}
