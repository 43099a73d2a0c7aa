"""Prints the parameters of calls that connect to Redis, as the installed libraries have them.

Reads a JSON list of full names from standard input, such as `redis.Redis` or `walrus.Database`: the package, then the
last name, wherever in the package it stands. Writes a JSON object: for each name the parameters in order, those that
take any more as `*` and `**`, and null where the package is not installed or has no such name.
"""

import importlib
import inspect
import json
import pkgutil
import sys


def modules(package):
    """The package and what is in it, the nearest first."""
    root = importlib.import_module(package)
    yield root
    for found in sorted(pkgutil.walk_packages(getattr(root, "__path__", []), package + "."), key=lambda one: one.name.count(".")):
        if "test" in found.name or "contrib" in found.name or "__main__" in found.name:
            continue
        try:
            yield importlib.import_module(found.name)
        except Exception:
            continue


def find(package, name):
    """The call: a name of a module, or a method of a class there."""
    for module in modules(package):
        if callable(getattr(module, name, None)):
            return getattr(module, name)
    for module in modules(package):
        for owner in vars(module).values():
            if inspect.isclass(owner) and owner.__module__.split(".")[0] == package and name in vars(owner):
                return getattr(owner, name)
    return None


def parameters(full):
    package, name = full.split(".", 1)
    try:
        call = find(package, name)
    except ImportError:
        return None
    if call is None:
        return None
    shown = []
    for parameter in inspect.signature(call).parameters.values():
        star = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(parameter.kind)
        # Behind a bare star all are keywords only.
        if parameter.kind == parameter.KEYWORD_ONLY and not any(one.startswith("*") for one in shown):
            shown.append("*")
        shown.append(star or parameter.name)
    return shown[1:] if shown and shown[0] in ("self", "cls") else shown


json.dump({name: parameters(name) for name in json.load(sys.stdin)}, sys.stdout)
