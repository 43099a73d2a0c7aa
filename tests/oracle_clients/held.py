"""Says what real Python clients hold once they have read their settings, and connects to nothing.

Reads one JSON object a line from standard input: a library and a list of cases (`url`, `arguments`). Writes a JSON list a
line: for each case the host, port, database, user, password, TLS and socket of the very connection object that the
library was about to open, or the error it raised before that.
"""

import asyncio
import json
import logging
import sys
import warnings

import redis
import redis.connection

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")


class Held(BaseException):
    """Carries a connection out of the library instead of opening it: no library catches it."""


def hold(connection, *_, **__):
    raise Held(connection)


async def hold_async(connection, *_, **__):
    raise Held(connection)


def replace(module, function):
    for name in ("Connection", "SSLConnection", "UnixDomainSocketConnection"):
        getattr(module, name).connect = function


replace(redis.connection, hold)
try:
    import redis.asyncio.connection

    replace(redis.asyncio.connection, hold_async)
except ImportError:
    pass


def redis_py(url, arguments):
    client = redis.Redis.from_url(url, **arguments) if url is not None else redis.Redis(**arguments)
    client.ping()


def redis_asyncio(url, arguments):
    import redis.asyncio

    kind = redis.asyncio.Redis
    asyncio.run((kind.from_url(url, **arguments) if url is not None else kind(**arguments)).ping())


def kombu(url, arguments):
    from celery import Celery

    connection = Celery("app", broker=url, set_as_current=False).connection_for_write()
    if "redis" not in str(connection.transport_cls):
        raise LookupError("another broker")
    connection.transport.establish_connection()


def celery(url, arguments):
    from celery import Celery

    backend = Celery("app", backend=url, set_as_current=False).backend
    if "redis" not in type(backend).__module__:
        raise LookupError("another backend")
    backend.client.ping()


def arq(url, arguments):
    from arq.connections import RedisSettings, create_pool

    names = {"db": "database", "tls": "ssl"}
    arguments = {names.get(name, name): value for name, value in arguments.items()}
    asyncio.run(create_pool(RedisSettings.from_dsn(url) if url is not None else RedisSettings(**arguments)))


def django(backend):
    from django.conf import settings

    if not settings.configured:
        settings.configure()

    def ask(url, arguments):
        import django_redis.pool
        from django.core.cache import CacheHandler

        django_redis.pool.ConnectionFactory._pools.clear()
        cache = {"BACKEND": backend, "LOCATION": url, "OPTIONS": arguments}
        CacheHandler({"default": cache})["default"].set("key", "value")

    return ask


def django_redis(url, arguments):
    upper = {name.upper(): value for name, value in arguments.items()}
    django("django_redis.cache.RedisCache")(url, upper)


def channels(url, arguments):
    from channels_redis.core import RedisChannelLayer

    host = {"address": url, **arguments} if arguments else url
    asyncio.run(RedisChannelLayer(hosts=[host]).send("channel", {}))


def flask_caching(url, arguments):
    from flask import Flask
    from flask_caching import Cache

    config = {f"CACHE_REDIS_{name.upper()}": value for name, value in arguments.items()}
    if url is not None:
        config["CACHE_REDIS_URL"] = url
    Cache(Flask("app"), config={"CACHE_TYPE": "RedisCache", **config}).cache.get("key")


def limits(url, arguments):
    from limits.storage import storage_from_string

    storage_from_string(url, **arguments).storage.ping()


def valkey_py(url, arguments):
    import valkey

    replace(valkey.connection, hold)
    (valkey.Valkey.from_url(url, **arguments) if url is not None else valkey.Valkey(**arguments)).ping()


LIBRARIES = {
    "redis-py": redis_py,
    "redis-py-asyncio": redis_asyncio,
    "kombu": kombu,
    "celery": celery,
    "arq": arq,
    "django-redis": django_redis,
    "django": lambda url, arguments: django("django.core.cache.backends.redis.RedisCache")(url, arguments),
    "channels_redis": channels,
    "flask-caching": flask_caching,
    "limits": limits,
    "valkey-py": valkey_py,
}


def held(connection):
    path = getattr(connection, "path", None)
    return {
        "host": None if path else connection.host,
        "port": None if path else connection.port,
        "db": connection.db,
        "username": connection.username or None,
        "password": connection.password or None,
        "tls": "SSL" in "".join(kind.__name__ for kind in type(connection).__mro__),
        "socket": path,
    }


def ask(library, case):
    try:
        LIBRARIES[library](case["url"], case["arguments"])
    except Held as got:
        return held(got.args[0])
    except Exception as error:
        return {"error": f"{type(error).__name__}: {error}"}
    raise AssertionError(f"{library} opens no connection: {case}")


print(redis.__version__, flush=True)
for line in sys.stdin:
    question = json.loads(line)
    print(json.dumps([ask(question["library"], case) for case in question["cases"]]), flush=True)
