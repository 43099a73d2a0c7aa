"""Runs settings modules and prints what the real client objects would connect with.

Reads a JSON list of cases (files, environment, probe) from standard input; writes a JSON list: one object of connection
parameters for each case, or the name of the exception. Nothing is connected to.
"""

import importlib
import io
import json
import logging
import os
import sys
import tempfile

logging.disable(logging.CRITICAL)

import decouple
from django.conf import settings as django_settings

django_settings.configure()


def parameters(kwargs, tls=False):
    username, password = kwargs.get("username"), kwargs.get("password")
    return {
        "host": kwargs.get("host") or "localhost",
        "port": int(kwargs.get("port") or 6379),
        "db": int(kwargs.get("db") or 0),
        "username": username or None,
        "password": password or None,
        "tls": bool(tls),
    }


def pool(pool):
    return parameters(pool.connection_kwargs, pool.connection_class.__name__.startswith("SSL"))


def celery(module):
    from kombu.transport.redis import Channel

    connection = module.app.connection_for_write()
    if connection.transport_cls != "redis" and not str(connection.transport_cls).startswith("redis"):
        raise LookupError("another broker")
    # What the transport makes of the URL, without the connection that its constructor opens.
    channel = Channel.__new__(Channel)
    channel.connection = type("Virtual", (), {"client": connection, "default_port": 6379})()
    got = Channel._connparams(channel)
    got.pop("connection_class", None)
    return parameters(got, bool(connection.ssl) or connection.transport_cls == "rediss")


def celery_backend(module):
    backend = module.app.backend
    return parameters(backend.connparams, "connection_class" in backend.connparams and "SSL" in str(backend.connparams["connection_class"]))


def django_cache(module):
    from django.core.cache import CacheHandler
    import django_redis.pool

    django_redis.pool.ConnectionFactory._pools.clear()
    cache = CacheHandler(module.CACHES)["default"]
    if hasattr(cache, "client"):
        return pool(cache.client.get_client(write=True).connection_pool)
    return pool(cache._cache.get_client().connection_pool)


def channels(module):
    from channels_redis.core import RedisChannelLayer
    from channels_redis.utils import create_pool

    layer = RedisChannelLayer(**module.CHANNEL_LAYERS["default"]["CONFIG"])
    return pool(create_pool(layer.hosts[0]))


def flask_cache(module):
    from flask import Flask
    from flask_caching import Cache

    app = Flask("app")
    app.config.from_object(getattr(module, "Config", module))
    return pool(Cache(app).cache._write_client.connection_pool)


def arq(module):
    got = module.client
    return parameters(
        {"host": got.host, "port": got.port, "db": got.database, "username": got.username, "password": got.password},
        got.ssl,
    )


PROBES = {
    "redis": lambda module: pool(module.client.connection_pool),
    "pool": lambda module: pool(module.client),
    "celery": celery,
    "backend": celery_backend,
    "django": django_cache,
    "channels": channels,
    "flask": flask_cache,
    "arq": arq,
    "huey": lambda module: pool(module.client.storage.pool),
    "limits": lambda module: pool(module.client.storage.connection_pool),
    "dramatiq": lambda module: pool(module.client.client.connection_pool),
}


def run(case):
    known = set(sys.modules)
    with tempfile.TemporaryDirectory() as folder:
        for path, text in case["files"].items():
            path = os.path.join(folder, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8", newline="") as file:
                file.write(text)
        os.environ.clear()
        os.environ.update(case["environment"])
        os.chdir(folder)
        sys.path.insert(0, folder)
        importlib.invalidate_caches()
        decouple.config.config = None
        shown, sys.stdout = sys.stdout, io.StringIO()
        try:
            return PROBES[case["probe"]](importlib.import_module("main"))
        except Exception as error:
            return {"error": type(error).__name__, "text": str(error)[:200]}
        finally:
            sys.stdout = shown
            sys.path.remove(folder)
            os.chdir("/")
            # Only the case's own modules are forgotten: libraries are slow to import.
            for name in set(sys.modules) - known:
                if (getattr(sys.modules[name], "__file__", None) or "").startswith(folder):
                    del sys.modules[name]


sys.dont_write_bytecode = True
json.dump([run(case) for case in json.load(sys.stdin)], sys.stdout)
