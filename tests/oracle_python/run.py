"""Runs settings modules and prints what the real client objects would connect with.

Reads a JSON list of cases (files, environment, probe) from standard input; writes a JSON list: for each case one object
of connection parameters, the name of the exception, or null where no Redis is meant. Nothing is connected to.
"""

import importlib
import io
import json
import logging
import os
import sys
import tempfile
import warnings

# What libraries for several kinds of server say of a URL of no kind that they know.
OTHER_SCHEMES = ("unknown storage scheme", "Invalid cache schema")

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")


class NoRedis(Exception):
    """The settings name a server of another kind, or none."""


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


def kombu(connection):
    from kombu.transport.redis import Channel

    if not str(connection.transport_cls).startswith("redis"):
        raise NoRedis
    # What the transport makes of the URL, without the connection that its constructor opens.
    channel = Channel.__new__(Channel)
    channel.connection = type("Virtual", (), {"client": connection, "default_port": 6379})()
    got = Channel._connparams(channel)
    got.pop("connection_class", None)
    return parameters(got, bool(connection.ssl) or connection.transport_cls == "rediss")


def celery_backend(module):
    backend = module.app.backend
    if not hasattr(backend, "connparams"):
        raise NoRedis
    return parameters(backend.connparams, "SSL" in str(backend.connparams.get("connection_class")))


def django_cache(module):
    from django.conf import settings
    from django.core.cache import CacheHandler
    import django_redis.pool

    if not settings.configured:
        settings.configure()
    django_redis.pool.ConnectionFactory._pools.clear()
    cache = CacheHandler(module.CACHES)["default"]
    if hasattr(cache, "client"):
        return pool(cache.client.get_client(write=True).connection_pool)
    return pool(cache._cache.get_client().connection_pool)


def django_project(module):
    """The settings module that the environment names, as Django would read it."""
    return django_cache(importlib.import_module(os.environ["DJANGO_SETTINGS_MODULE"]))


def django_configuration(module):
    """The class that the environment names, as django-configurations would read it."""
    configuration = getattr(module, os.environ["DJANGO_CONFIGURATION"])
    configuration.pre_setup()
    from configurations.utils import uppercase_attributes
    from configurations.values import Value, setup_value

    for name, value in uppercase_attributes(configuration).items():
        if callable(value) and not isinstance(value, type):
            value = value()
            setattr(configuration, name, value)
        if isinstance(value, Value):
            setup_value(configuration, name, value)
    return django_cache(type("Settings", (), uppercase_attributes(configuration)))


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


def rq(module):
    """`rq worker -c main`."""
    from rq.cli.helpers import get_redis_from_config, read_config_file

    return pool(get_redis_from_config(read_config_file("main")).connection_pool)


def django_rq(module):
    from django.conf import settings

    if not settings.configured:
        settings.configure()
    from django_rq.connection_utils import get_redis_connection

    return pool(get_redis_connection(module.RQ_QUEUES["default"]).connection_pool)


def aiocache(module):
    backend = module.client
    return parameters({"host": backend.endpoint, "port": backend.port, "db": backend.db, "password": backend.password})


def limits(storage):
    if not hasattr(storage.storage, "connection_pool"):
        raise NoRedis
    return pool(storage.storage.connection_pool)


def sentinel(module):
    if not hasattr(module.client, "sentinel"):
        return limits(module.client)
    return pool(module.client.sentinel.sentinels[0].connection_pool)


def socketio(module):
    """As the manager does it once it connects."""
    import redis

    return pool(redis.Redis.from_url(module.client.redis_url, **module.client.redis_options).connection_pool)


PROBES = {
    "redis": lambda module: pool(module.client.connection_pool),
    "pool": lambda module: pool(module.client),
    "celery": lambda module: kombu(module.app.connection_for_write()),
    "kombu": lambda module: kombu(module.client),
    "backend": celery_backend,
    "django": django_cache,
    "django-project": django_project,
    "django-configuration": django_configuration,
    "django-rq": django_rq,
    "channels": channels,
    "flask": flask_cache,
    "flask-cache": lambda module: pool(module.cache.cache._write_client.connection_pool),
    "flask-limiter": lambda module: limits(module.limiter.storage),
    "slowapi": lambda module: limits(module.limiter._storage),
    "arq": arq,
    "rq": rq,
    "aiocache": aiocache,
    "huey": lambda module: pool(module.client.storage.pool),
    "limits": lambda module: limits(module.client),
    "sentinel": sentinel,
    "dramatiq": lambda module: pool(module.client.client.connection_pool),
    "taskiq": lambda module: pool(module.client.connection_pool),
    "socketio": socketio,
    "apscheduler": lambda module: pool(module.client.redis.connection_pool),
}


def forget(known, folder):
    """Only the case's own modules: libraries are slow to import."""
    for name in set(sys.modules) - known:
        if (getattr(sys.modules[name], "__file__", None) or "").startswith(folder):
            del sys.modules[name]
    if "pydantic.class_validators" in sys.modules:
        sys.modules["pydantic.class_validators"]._FUNCS.clear()
    if "decouple" in sys.modules:
        sys.modules["decouple"].config.config = None


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
        shown, sys.stdout = sys.stdout, io.StringIO()
        if case["probe"] == "django-configuration":
            from configurations import importer

            # Its classes ask whether Django was started through it.
            importer.installed = True
        try:
            return PROBES[case["probe"]](importlib.import_module("main"))
        except NoRedis:
            return None
        except Exception as error:
            if str(error).startswith(OTHER_SCHEMES):
                return None
            return {"error": type(error).__name__, "text": str(error)[:200].replace(folder, "")}
        finally:
            sys.stdout = shown
            sys.path.remove(folder)
            os.chdir("/")
            forget(known, folder)


sys.dont_write_bytecode = True
json.dump([run(case) for case in json.load(sys.stdin)], sys.stdout)
