//! Ways in which code hands a Redis address to a client, each as a repository in small.

use super::{Repository, clients_of, in_environment};

#[test]
fn a_module_named_like_a_library_does_not_hide_it() {
    let repository = Repository::new(&[
        ("app/__init__.py", ""),
        ("app/redis.py", "import redis\nfrom app.config import REDIS_URL\nr = redis.from_url(REDIS_URL)\n"),
        ("app/views.py", "import redis\nr = redis.Redis(host='views')\n"),
        ("app/config.py", "REDIS_URL = 'redis://h/1'\n"),
    ]);
    assert_eq!(repository.shown(&[], false), ["REDIS_URL redis-py url=redis://h/1", "- redis-py host=views"]);
}

#[test]
fn what_callers_pass_is_what_a_function_connects_to() {
    let repository = Repository::new(&[
        ("services.py", "import redis\ndef connect(url, db=0):\n    return redis.from_url(url, db=db)\n"),
        (
            "main.py",
            "import os\nfrom services import connect\nSTORE = os.getenv('STORE', 'redis://store')\nr = connect(STORE, db=3)\n",
        ),
    ]);
    assert_eq!(repository.shown(&[], false), ["STORE redis-py url=redis://store db=3"]);
    assert_eq!(repository.shown(&[("STORE", "redis://env")], false), ["STORE redis-py url=redis://env db=3"]);
}

#[test]
fn what_a_constructor_keeps_is_what_a_method_connects_to() {
    let text = "\
import redis
class Buffer:
    def __init__(self, broker_url):
        self.broker_url = broker_url
    def pool(self):
        return redis.ConnectionPool.from_url(self.broker_url)
class Limiter:
    def initialize(self, url):
        self.client = redis.Redis.from_url(url)
BUFFER_URL = 'redis://buffer'
LIMIT_URL = 'redis://limit'
buffer = Buffer(BUFFER_URL)
limiter = Limiter()
limiter.initialize(LIMIT_URL)
";
    assert_eq!(clients_of(text), ["BUFFER_URL redis-py url=redis://buffer", "LIMIT_URL redis-py url=redis://limit"]);
}

#[test]
fn a_class_built_on_a_client_is_one() {
    let text = "\
from redis.asyncio import Redis
HOST = 'redis'
class Client(Redis):
    def __init__(self, host=HOST, port=6380):
        super().__init__(host=host, port=port, password='pw')
client = Client()
";
    assert_eq!(clients_of(text), ["HOST redis-py host=redis port=6380 password=pw"]);
}

#[test]
fn calls_in_lambdas_and_comprehensions_are_made() {
    let text = "\
import redis
CHECKS = [{'factory': lambda: redis.Redis.from_url('redis://a')}]
pools = [redis.Redis(host='b', db=n) for n in range(3)]
";
    assert_eq!(clients_of(text), ["- redis-py url=redis://a", "- redis-py host=b db=…"]);
}

#[test]
fn flask_takes_its_configuration_from_objects() {
    let config = "import os\nclass Config:\n    REDIS_URL = os.environ.get('REDIS_URL') or 'redis://base'\n    CACHE = 'redis://base/2'\nclass Testing(Config):\n    TESTING = True\n";
    let app = "\
from flask import Flask, current_app
from redis import Redis
from config import Config
def create_app(config_class=Config):
    app = Flask(__name__)
    app.config.from_object(config_class)
    app.redis = Redis.from_url(app.config['REDIS_URL'])
def later():
    return Redis.from_url(current_app.config.get('CACHE'))
";
    let repository = Repository::new(&[("config.py", config), ("app/__init__.py", app)]);
    assert_eq!(
        repository.shown(&[("REDIS_URL", "redis://env")], false),
        ["REDIS_URL redis-py url=redis://env", "CACHE redis-py url=redis://base/2"]
    );
    let named = "from flask import Flask\nimport redis\napp = Flask(__name__)\napp.config.from_object('config.Config')\nr = redis.from_url(app.config['REDIS_URL'])\n";
    let repository = Repository::new(&[("config.py", config), ("app.py", named)]);
    assert_eq!(repository.shown(&[], false)[0], "REDIS_URL redis-py url=redis://base");
    let chosen = "from flask import Flask\nimport redis, sys\nfrom config import known\napp = Flask(__name__)\napp.config.from_object(known[sys.argv[1]])\nr = redis.from_url(app.config['REDIS_URL'])\n";
    // The dictionary itself may be told, the key may not.
    let two = "class DevConfig:\n    REDIS_URL = 'redis://dev'\nclass ProdConfig:\n    REDIS_URL = 'redis://prod'\n";
    let repository = Repository::new(&[("config.py", two), ("app.py", chosen)]);
    assert_eq!(repository.shown(&[], false), ["REDIS_URL redis-py url=redis://dev|redis://prod"]);
}

#[test]
fn celery_takes_dictionaries() {
    let text = "\
from celery import Celery
from flask import Flask
app = Flask(__name__)
app.config.from_mapping(CELERY=dict(broker_url='redis://b', result_backend='redis://c'))
celery = Celery('x')
celery.config_from_object(app.config['CELERY'])
";
    assert_eq!(clients_of(text), ["- kombu url=redis://b", "- celery url=redis://c"]);
    let settings = "REDIS_URL = 'redis://r'\nCELERY_CONFIG = {'broker_url': REDIS_URL}\n";
    let app = "from celery import Celery\ndef make(app):\n    celery = Celery()\n    celery.conf.update(app.config.get('CELERY_CONFIG', {}))\n    app.config.from_object('config.settings')\n";
    let repository = Repository::new(&[("config/settings.py", settings), ("hello/app.py", app)]);
    assert_eq!(repository.shown(&[], false), ["REDIS_URL kombu url=redis://r"]);
    assert_eq!(repository.shown(&[("CELERY_BROKER_URL", "redis://env")], false), ["REDIS_URL kombu url=redis://env"]);
}

#[test]
fn django_caches_are_set_again_and_in_part() {
    let text = "\
import os
CACHES = {'default': {'BACKEND': 'django.core.cache.backends.locmem.LocMemCache'}}
if os.getenv('REDIS_HOST'):
    CACHES = {'default': {'BACKEND': 'django.core.cache.backends.redis.RedisCache', 'LOCATION': f\"redis://{os.getenv('REDIS_HOST')}\"}}
    if os.getenv('REDIS_USER'):
        CACHES['default']['LOCATION'] = f\"redis://{os.getenv('REDIS_USER')}@{os.getenv('REDIS_HOST')}\"
CACHES['other'] = {'BACKEND': 'django_redis.cache.RedisCache', 'LOCATION': 'redis://o/2'}
CHANNEL_LAYERS = {'default': {'BACKEND': 'channels_redis.pubsub.RedisPubSubChannelLayer'}}
CHANNEL_LAYERS['default']['CONFIG'] = {'hosts': ['redis://l/3']}
";
    assert_eq!(
        in_environment(text, &[("REDIS_HOST", "h")]),
        [
            "REDIS_HOST django url=redis://h",
            "CACHES django-redis url=redis://o/2",
            "CHANNEL_LAYERS redis-py url=redis://l/3"
        ]
    );
    assert_eq!(
        in_environment(text, &[("REDIS_HOST", "h"), ("REDIS_USER", "u")])[0],
        "REDIS_HOST django url=redis://u@h"
    );
    let text = "import sys\nCACHES = {'default': {'BACKEND': 'django.core.cache.backends.locmem.LocMemCache' if sys.argv else 'django.core.cache.backends.redis.RedisCache', 'LOCATION': 'redis://h'}}\n";
    assert_eq!(clients_of(text), ["CACHES django url=redis://h"]);
}

#[test]
fn caches_come_from_urls() {
    let text = "import django_cache_url\nCACHES = {'default': django_cache_url.config()}\n";
    assert_eq!(in_environment(text, &[("CACHE_URL", "redis://c/1?x=1")]), ["CACHES django-redis url=redis://c/1"]);
    assert!(in_environment(text, &[("CACHE_URL", "locmem://")]).is_empty());
    let text = "import django_cache_url\nfrom decouple import config\nCACHES = {'default': config('URL', default='locmem://', cast=django_cache_url.parse)}\n";
    assert_eq!(in_environment(text, &[("URL", "redis://c")]), ["URL django-redis url=redis://c"]);
}

#[test]
fn every_library_is_known_by_its_call() {
    let mut wrong = Vec::new();
    for (call, shown) in [
        (
            "from aioredis import create_redis_pool\ncreate_redis_pool(('h', 6380), db=1)",
            "redis-py host=h port=6380 db=1",
        ),
        (
            "import redis.asyncio as redis\nredis.Redis('h', 6380, 1, 'pw')",
            "redis-py host=h port=6380 db=1 password=pw",
        ),
        ("import redis\nredis.BlockingConnectionPool(host='h')", "redis-py host=h"),
        (
            "from redis.cluster import RedisCluster\nRedisCluster(host='h', password='pw')",
            "redis-py host=h password=pw",
        ),
        ("import valkey\nvalkey.Valkey(host='h')", "valkey-py host=h"),
        ("from arq.connections import RedisSettings\nRedisSettings.from_dsn('redis://h')", "arq url=redis://h"),
        ("from huey import RedisHuey\nRedisHuey('name', host='h')", "redis-py host=h"),
        ("from dramatiq.brokers.redis import RedisBroker\nRedisBroker(url='redis://h')", "redis-py url=redis://h"),
        ("from taskiq_redis import ListQueueBroker\nListQueueBroker('redis://h')", "redis-py url=redis://h"),
        (
            "from taskiq_redis import RedisAsyncResultBackend\nRedisAsyncResultBackend(redis_url='redis://h')",
            "redis-py url=redis://h",
        ),
        ("from flask_limiter import Limiter\nLimiter(key, app=app, storage_uri='redis://h')", "redis-py url=redis://h"),
        ("from slowapi import Limiter\nLimiter(key_func=key, storage_uri='redis://h')", "redis-py url=redis://h"),
        ("from flask_socketio import SocketIO\nSocketIO(app, message_queue='redis://h')", "redis-py url=redis://h"),
        (
            "from flask_socketio import SocketIO\ns = SocketIO()\ns.init_app(app, message_queue='redis://h')",
            "redis-py url=redis://h",
        ),
        ("import socketio\nsocketio.AsyncRedisManager('redis://h')", "redis-py url=redis://h"),
        (
            "from flask_caching import Cache\nCache(config={'CACHE_REDIS_HOST': 'h', 'CACHE_REDIS_PASSWORD': 'pw'})",
            "redis-py host=h password=pw",
        ),
        (
            "from flask_session import Session\nimport redis\napp.config['SESSION_REDIS'] = redis.from_url('redis://h')",
            "redis-py url=redis://h",
        ),
        (
            "from fastapi_cache.backends.redis import RedisBackend\nfrom redis import asyncio as aioredis\nRedisBackend(aioredis.from_url('redis://h'))",
            "redis-py url=redis://h",
        ),
        (
            "from fastapi_limiter import FastAPILimiter\nimport redis.asyncio as redis\nasync def start():\n    await FastAPILimiter.init(redis.from_url('redis://h'))",
            "redis-py url=redis://h",
        ),
        ("from aiocache import Cache\nCache(Cache.REDIS, endpoint='h', port=6380)", "redis-py host=h port=6380"),
        ("from aiocache import Cache\nCache.from_url('redis://h')", "redis-py url=redis://h"),
        (
            "from aiocache import caches\ncaches.set_config({'default': {'cache': 'aiocache.RedisCache', 'endpoint': 'h'}})",
            "redis-py host=h",
        ),
        ("from cashews import cache\ncache.setup('redis://h', password='pw')", "redis-py url=redis://h password=pw"),
        ("from limits.storage import RedisStorage\nRedisStorage('redis://h')", "redis-py url=redis://h"),
        ("from redis_om import get_redis_connection\nget_redis_connection(url='redis://h')", "redis-py url=redis://h"),
        ("from walrus import Database\nDatabase('h', 6380, 1)", "redis-py host=h port=6380 db=1"),
        ("from kombu import Connection\nConnection('redis://h')", "kombu url=redis://h"),
        ("from apscheduler.jobstores.redis import RedisJobStore\nRedisJobStore(2, host='h')", "redis-py host=h db=2"),
        (
            "from cachelib.redis import RedisCache\nRESULTS_BACKEND = RedisCache('h', 6380, 'pw')",
            "redis-py host=h port=6380 password=pw",
        ),
        ("DATA_CACHE_CONFIG = {'CACHE_TYPE': 'RedisCache', 'CACHE_REDIS_HOST': 'h'}", "redis-py host=h"),
        ("from rq import Queue\nfrom redis import Redis\nq = Queue(connection=Redis('h'))", "redis-py host=h"),
        ("RATELIMIT_STORAGE_URI = 'redis://h'", "redis-py url=redis://h"),
        ("HUEY = {'huey_class': 'huey.RedisHuey', 'url': 'redis://h'}", "redis-py url=redis://h"),
        ("DRAMATIQ_BROKER = {'OPTIONS': {'url': 'redis://h'}}", "redis-py url=redis://h"),
        ("from broadcaster import Broadcast\nBroadcast('redis://h')", "unknown url=redis://h"),
        ("from saq import Queue\nQueue.from_url('redis://h')", "redis-py url=redis://h"),
        ("import coredis\ncoredis.Redis(host='h')", "unknown host=h"),
    ] {
        let found = clients_of(&format!("{call}\n"));
        let without_setting: Vec<&str> =
            found.iter().filter_map(|line| line.split_once(' ')).map(|(_, rest)| rest).collect();
        if without_setting != [shown] {
            wrong.push(format!("{call}: {found:?}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn calls_that_connect_to_something_else_are_no_clients() {
    for call in [
        "from limits.storage import storage_from_string\nstorage_from_string('memory://')",
        "from slowapi import Limiter\nLimiter(key_func=key)",
        "from kombu import Connection\nConnection('amqp://h')",
        "from aiocache import Cache\nCache(Cache.MEMORY)",
        "from cashews import cache\ncache.setup('mem://')",
        "from redis.sentinel import SentinelConnectionPool\nimport redis\nredis.Redis(connection_pool=pool)",
        "from broadcaster import Broadcast\nBroadcast('postgres://h/db')",
        "from mine import redis\nredis.setup('x')",
        "CELERY = {'broker_url': 'amqp://h'}",
    ] {
        assert_eq!(clients_of(&format!("{call}\n")), Vec::<String>::new(), "{call}");
    }
}

#[test]
fn a_setting_may_be_read_by_two_libraries() {
    let repository = Repository::new(&[
        ("app/settings.py", "CELERY_BROKER_URL = 'redis://h'\n"),
        ("app/health.py", "import redis\nfrom app import settings\nr = redis.from_url(settings.CELERY_BROKER_URL)\n"),
    ]);
    assert_eq!(
        repository.shown(&[], false),
        ["CELERY_BROKER_URL redis-py url=redis://h", "CELERY_BROKER_URL kombu url=redis://h"]
    );
}

#[test]
fn an_entry_is_chosen_by_the_environment() {
    let text = "\
import os, redis
class Config:
    REDIS_HOST = 'base'
class Dev(Config):
    REDIS_HOST = 'dev'
def get_config():
    env = os.getenv('ENV', 'dev')
    known = {'dev': Dev(), 'prod': Config()}
    return known[env]
config = get_config()
r = redis.from_url(f'redis://{config.REDIS_HOST}/1')
";
    assert_eq!(clients_of(text)[0], "REDIS_HOST redis-py url=redis://dev/1");
    assert_eq!(in_environment(text, &[("ENV", "prod")])[0], "REDIS_HOST redis-py url=redis://base/1");
}

#[test]
fn parts_of_a_parsed_setting_lead_back_to_it() {
    let text = "\
import os, redis
from urllib.parse import urlparse
def both(url):
    return (url, 'prefix')
URL, PREFIX = both(os.getenv('STORE', 'redis://h'))
r = redis.from_url(URL)
def split():
    parts = urlparse(os.getenv('SPLIT'))
    return redis.Redis(host=parts.hostname)
";
    assert_eq!(clients_of(text), ["URL redis-py url=redis://h", "SPLIT redis-py host=…"]);
}

#[test]
fn a_branch_that_is_not_taken_makes_no_client() {
    let text = "\
import os
HOST = os.getenv('REDIS_HOST')
if HOST:
    CACHES = {'default': {'BACKEND': 'django_redis.cache.RedisCache', 'LOCATION': f'redis://{HOST}'}}
BROKER = os.getenv('AMQP_URL')
CELERY_BROKER_URL = BROKER or 'amqp://guest@h'
";
    assert_eq!(clients_of(text), Vec::<String>::new());
    let repository = Repository::new(&[("a.py", text)]);
    assert_eq!(repository.shown(&[], true), ["HOST django-redis url=redis://${REDIS_HOST}"]);
}

#[test]
fn an_option_set_in_a_branch_counts_where_the_branch_is_known() {
    let with = |test: &str| {
        format!(
            "import os, redis\nfrom flags import wanted\ndef connect():\n    options = {{'host': 'h'}}\n    if {test}:\n        \
             options['password'] = 'pw'\n    return redis.Redis(**options)\n"
        )
    };
    assert_eq!(clients_of(&with("wanted()")), ["- redis-py host=h port=… db=… username=… password=…"]);
    assert_eq!(clients_of(&with("os.getenv('REDIS_SSL', '').lower() == 'true'")), ["- redis-py host=h"]);
    assert_eq!(clients_of(&with("not os.getenv('REDIS_SSL')")), ["- redis-py host=h password=pw"]);
}

/// What a branch that is certainly not taken connects to is no client; a flag that other code changes decides nothing.
#[test]
fn a_call_in_a_branch_counts_where_it_may_be_taken() {
    let with = |before: &str, test: &str| {
        clients_of(&format!(
            "import os, redis\n{before}\ndef connect():\n    if {test}:\n        return redis.Redis('yes')\n    elif \
             unknown():\n        return redis.Redis('maybe')\n    return redis.Redis('no')\n"
        ))
    };
    let (yes, no) = ("- redis-py host=yes", ["- redis-py host=maybe", "- redis-py host=no"]);
    assert_eq!(with("", "not os.getenv('A')"), [yes]);
    assert_eq!(with("", "os.getenv('A')"), no);
    assert_eq!(with("READY = False", "READY"), no);
    assert_eq!(with("READY = False\ndef change():\n    global READY\n    READY = True", "READY"), [yes, no[0], no[1]]);
    let either = "import os, redis\nclient = redis.Redis('a') if os.getenv('A') else redis.Redis('b')\n";
    assert_eq!(clients_of(either), ["- redis-py host=b"]);
    let chosen = "import os, redis\nmatch os.getenv('A', 'x'):\n    case 'y' | 'z':\n        redis.Redis('a')\n    case _:\n        \
                  redis.Redis('b')\n";
    assert_eq!(clients_of(chosen), ["- redis-py host=b"]);
}

/// <https://limits.readthedocs.io/en/stable/storage.html#redis-sentinel-storage>: the login of the URL is the Sentinels', too.
#[test]
fn stores_of_rate_limits_ask_sentinels() {
    let limits =
        |call: &str| clients_of(&format!("from limits.storage import RedisSentinelStorage as S\ns = S({call})\n"));
    assert_eq!(
        limits("'redis+sentinel://u:pw@a:26380,b:26379/main'"),
        ["- redis-py host=a port=26380 username=u password=pw"]
    );
    let own = "'redis+sentinel://a:26379/main', sentinel_kwargs={'password': 'own'}, password='pw'";
    // Versions differ in whether they hand the user of the master to the Sentinels.
    assert_eq!(limits(own), ["- redis-py host=a port=26379 username=… password=own"]);
    let app = |more: &str| {
        let call = format!("Limiter(None, storage_uri='redis+sentinel://a:26379/main'{more})");
        clients_of(&format!("from flask_limiter import Limiter\nl = {call}\n"))
    };
    assert_eq!(app(""), ["- redis-py host=a port=26379"]);
    assert_eq!(
        app(", storage_options={'sentinel_kwargs': {'password': 'own'}}"),
        ["- redis-py host=a port=26379 password=own"]
    );
    assert_eq!(app(", storage_options=read()"), ["- redis-py host=a port=26379 password=…"]);
}
