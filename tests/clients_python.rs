//! Every library that people connect to Redis with from Python is known, in the forms that its documentation shows.
//!
//! What the client object then holds is `oracle_python`'s, for the libraries that can be asked.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use redislint::tree::Tree;
use redislint::{Options, lint};

const COMPOSE: &str = "services:\n  app:\n    image: python:3.12\n    command: python main.py\n    volumes: [.:/app]\n    \
                       working_dir: /app\n    environment: {}\n  redis:\n    image: redis:7\n";

/// The addresses of the clients of a service with these variables and this code.
fn addresses(environment: &str, path: &str, text: &str) -> Vec<String> {
    let compose = COMPOSE.replace("{}", environment);
    let files = [("compose.yaml", compose.as_str()), ("main.py", "pass\n"), (path, text)];
    let files = files.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
    let report = lint(&Tree::from_texts(files), &Options::default());
    let mut shown: Vec<String> = report.model.environments[0]
        .clients
        .iter()
        .map(|client| {
            let case = &client.cases[0];
            let host = case.host.as_ref().map_or("?", |host| host.as_str());
            format!("{host}/{}", case.db.map_or("?".to_owned(), |db| db.to_string()))
        })
        .collect();
    shown.sort();
    shown
}

#[test]
fn every_library_is_known() {
    let libraries = [
        // https://redis.readthedocs.io/en/stable/connections.html
        ("redis-py", "import redis\nredis.Redis(host='redis', db=3)\n"),
        ("redis-py asyncio", "import redis.asyncio as redis\nredis.from_url('redis://redis/3')\n"),
        ("redis-py pool", "from redis import ConnectionPool\nConnectionPool(host='redis', db=3)\n"),
        ("redis-py pool of a URL", "from redis import ConnectionPool\nConnectionPool.from_url('redis://redis/3')\n"),
        ("aioredis 1", "import aioredis\naioredis.create_redis_pool(('redis', 6379), db=3)\n"),
        ("aioredis 2", "import aioredis\naioredis.from_url('redis://redis/3')\n"),
        // https://docs.celeryq.dev/en/stable/userguide/configuration.html
        ("Celery", "from celery import Celery\napp = Celery('x', broker='redis://redis/3')\n"),
        ("Celery update", "from celery import Celery\napp = Celery()\napp.conf.update(broker_url='redis://redis/3')\n"),
        // https://flask.palletsprojects.com/en/stable/patterns/celery
        (
            "Celery in Flask",
            "from celery import Celery\nfrom flask import Flask\napp = Flask(__name__)\napp.config.from_mapping(CELERY=dict(\
             broker_url='redis://redis/3'))\ncelery = Celery(app.name)\ncelery.config_from_object(app.config['CELERY'])\n",
        ),
        // https://redbeat.readthedocs.io/en/latest/config.html
        (
            "RedBeat",
            "from celery import Celery\napp = Celery(broker='amqp://mq')\napp.conf.redbeat_redis_url = 'redis://redis/3'\n",
        ),
        ("RedBeat in Django", "CELERY_REDBEAT_REDIS_URL = 'redis://redis/3'\n"),
        // https://python-rq.org/docs/workers/#using-a-config-file
        ("RQ", "from redis import Redis\nfrom rq import Queue\nq = Queue(connection=Redis('redis', 6379, 3))\n"),
        // https://huey.readthedocs.io/en/latest/api.html
        ("Huey", "from huey import RedisHuey\nhuey = RedisHuey('x', host='redis', db=3)\n"),
        // https://arq-docs.helpmanual.io
        (
            "arq",
            "from arq.connections import RedisSettings\nclass W:\n    redis_settings = RedisSettings('redis', database=3)\n",
        ),
        // https://dramatiq.io/reference.html
        ("dramatiq", "from dramatiq.brokers.redis import RedisBroker\nb = RedisBroker(url='redis://redis/3')\n"),
        // https://taskiq-python.github.io
        ("taskiq", "from taskiq_redis import ListQueueBroker\nb = ListQueueBroker('redis://redis/3')\n"),
        // https://github.com/jazzband/django-redis, https://docs.djangoproject.com/en/stable/topics/cache
        (
            "django-redis",
            "CACHES = {'default': {'BACKEND': 'django_redis.cache.RedisCache', 'LOCATION': 'redis://redis/3'}}\n",
        ),
        (
            "Django",
            "CACHES = {'default': {'BACKEND': 'django.core.cache.backends.redis.RedisCache', 'LOCATION': 'redis://redis/3'}}\n",
        ),
        // https://github.com/ionelmc/python-redis-lock
        (
            "python-redis-lock",
            "CACHES = {'default': {'BACKEND': 'redis_lock.django_cache.RedisCache', 'LOCATION': 'redis://redis/3'}}\n",
        ),
        (
            "a cache of one's own",
            "from django_redis.cache import RedisCache\nclass Cache(RedisCache):\n    pass\nCACHES = {'default': {'BACKEND': \
             'main.Cache', 'LOCATION': 'redis://redis/3'}}\n",
        ),
        // https://github.com/Suor/django-cacheops
        ("cacheops", "CACHEOPS_REDIS = {'host': 'redis', 'port': 6379, 'db': 3}\n"),
        ("cacheops URL", "CACHEOPS_REDIS = 'redis://redis/3'\n"),
        // https://github.com/django/channels_redis
        (
            "channels_redis",
            "CHANNEL_LAYERS = {'default': {'BACKEND': 'channels_redis.core.RedisChannelLayer', 'CONFIG': {'hosts': \
             ['redis://redis/3']}}}\n",
        ),
        // https://github.com/martinrusev/django-redis-sessions
        ("django-redis-sessions", "SESSION_REDIS = {'host': 'redis', 'port': 6379, 'db': 3}\n"),
        ("django-redis-sessions URL", "SESSION_REDIS = {'url': 'redis://redis/3'}\n"),
        // https://flask-session.readthedocs.io/en/latest/config.html
        ("Flask-Session", "import redis\nSESSION_REDIS = redis.from_url('redis://redis/3')\n"),
        // https://flask-caching.readthedocs.io
        (
            "Flask-Caching",
            "from flask_caching import Cache\nc = Cache(config={'CACHE_TYPE': 'RedisCache', 'CACHE_REDIS_URL': 'redis://redis/3'})\n",
        ),
        // https://flask-limiter.readthedocs.io
        ("Flask-Limiter", "from flask_limiter import Limiter\nLimiter(None, storage_uri='redis://redis/3')\n"),
        ("Flask-Limiter setting", "RATELIMIT_STORAGE_URI = 'redis://redis/3'\n"),
        // https://flask-socketio.readthedocs.io/en/latest/deployment.html
        ("Flask-SocketIO", "from flask_socketio import SocketIO\ns = SocketIO(message_queue='redis://redis/3')\n"),
        // https://slowapi.readthedocs.io
        ("slowapi", "from slowapi import Limiter\nl = Limiter(key_func=None, storage_uri='redis://redis/3')\n"),
        // https://github.com/long2ice/fastapi-cache
        (
            "fastapi-cache",
            "from fastapi_cache import FastAPICache\nfrom fastapi_cache.backends.redis import RedisBackend\nfrom redis import \
             asyncio as aioredis\nasync def lifespan(app):\n    redis = aioredis.from_url('redis://redis/3')\n    \
             FastAPICache.init(RedisBackend(redis), prefix='x')\n",
        ),
        // https://github.com/long2ice/fastapi-limiter
        (
            "fastapi-limiter",
            "import redis.asyncio as redis\nfrom fastapi_limiter import FastAPILimiter\nasync def startup():\n    await \
             FastAPILimiter.init(redis.from_url('redis://redis/3'))\n",
        ),
        // https://aiocache.readthedocs.io/en/latest/caches.html
        ("aiocache", "from aiocache import Cache\nc = Cache(Cache.REDIS, endpoint='redis', db=3)\n"),
        // https://github.com/Krukov/cashews
        ("cashews", "from cashews import cache\ncache.setup('redis://redis/3')\n"),
        ("cashews keyword", "from cashews import cache\ncache.setup(settings_url='redis://redis/3')\n"),
        // https://limits.readthedocs.io/en/stable/storage.html
        ("limits", "from limits.storage import storage_from_string\ns = storage_from_string('redis://redis/3')\n"),
        // https://redis.io/docs/latest/integrate/redisom-for-python
        ("redis-om", "from redis_om import get_redis_connection\nr = get_redis_connection(url='redis://redis/3')\n"),
        // https://walrus.readthedocs.io/en/latest/api.html
        ("walrus", "from walrus import Database\ndb = Database(host='redis', db=3)\n"),
        // https://docs.celeryq.dev/projects/kombu
        ("kombu", "from kombu import Connection\nc = Connection('redis://redis/3')\n"),
        // https://apscheduler.readthedocs.io/en/3.x/modules/jobstores/redis.html
        (
            "APScheduler",
            "from apscheduler.jobstores.redis import RedisJobStore\nj = RedisJobStore(db=3, host='redis')\n",
        ),
        // https://superset.apache.org/docs/configuration/cache
        ("Superset", "CACHE_CONFIG = {'CACHE_TYPE': 'RedisCache', 'CACHE_REDIS_URL': 'redis://redis/3'}\n"),
        // https://superset.apache.org/docs/configuration/async-queries-celery
        (
            "Superset's Celery",
            "class CeleryConfig:\n    broker_url = 'redis://redis/3'\nCELERY_CONFIG = CeleryConfig\n",
        ),
        (
            "Superset's results",
            "from cachelib.redis import RedisCache\nRESULTS_BACKEND = RedisCache(host='redis', db=3)\n",
        ),
        // A load generator, a script, any tool that takes a URL.
        (
            "Locust",
            "from locust import User\nimport redis\nclass Load(User):\n    def on_start(self):\n        self.client = redis.Redis.from_url('redis://redis/3')\n",
        ),
        // https://github.com/etataurov/nameko-redis: `REDIS_URIS` of the configuration
        ("nameko-redis", "REDIS_URIS = {'default': 'redis://redis/3'}\n"),
    ];
    let wrong = libraries.iter().filter_map(|(library, code)| {
        let shown = addresses("{A: b}", "main.py", code);
        (shown != ["redis/3"]).then(|| format!("{library}: {shown:?}"))
    });
    assert_eq!(wrong.collect::<Vec<_>>(), Vec::<String>::new());
}

/// Programs that take their server from a variable alone.
#[test]
fn variables_that_programs_read_are_clients() {
    for (program, environment) in [
        // https://airflow.apache.org/docs/apache-airflow/stable/configurations-ref.html#broker-url
        ("Airflow", "{AIRFLOW__CELERY__BROKER_URL: 'redis://redis/3'}"),
        // https://redis.io/docs/latest/integrate/redisom-for-python
        ("Airflow's results", "{AIRFLOW__CELERY__RESULT_BACKEND: 'redis://redis/3'}"),
        ("redis-om", "{REDIS_OM_URL: 'redis://redis/3'}"),
        ("Celery", "{CELERY_BROKER_URL: 'redis://redis/3'}"),
        ("any other", "{QUEUE_ADDRESS: 'redis://redis/3'}"),
    ] {
        assert_eq!(addresses(environment, "main.py", "pass\n"), ["redis/3"], "{program}");
    }
}

/// Files of settings that programs read by themselves.
#[test]
fn files_that_programs_read_are_clients() {
    for (path, text) in [
        // https://airflow.apache.org/docs/apache-airflow/stable/howto/set-config.html
        ("airflow.cfg", "[celery]\nbroker_url = redis://redis/3\n"),
        // https://docs.nameko.io/en/stable/cli.html#running-a-service
        ("config.yaml", "AMQP_URI: amqp://mq\nREDIS_URIS:\n  default: redis://redis/3\n"),
    ] {
        assert_eq!(addresses("{A: b}", path, text), ["redis/3"], "{path}");
    }
    let variable = "{AIRFLOW__CELERY__BROKER_URL: 'redis://redis/4'}";
    let both = addresses(variable, "airflow.cfg", "[celery]\nbroker_url = redis://redis/3\n");
    assert_eq!(both, ["redis/4"], "the environment beats the file");
}
