"""What Helm makes of charts: reads cases from standard input, writes what is to be compared of each.

`oracle_helm.py CHARTS` with a checkout of Bitnami's charts. A case is {chart, alias, release, values}, a dependency, or
{template, values}, a template of a chart's own, of which the text is compared.
"""

import base64
import json
import pathlib
import shutil
import sys
import tempfile

import yaml
from helm_python.chart import Chart
from helm_python.errors import HelmError

MAIN = {"redis": "master", "valkey": "primary"}


def render(charts, case):
    """Every object that the chart makes as a dependency; None where it refuses its values."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder) / "app"
        inner = root / "charts" / case["chart"]
        shutil.copytree(charts / case["chart"], inner)
        shutil.copytree(charts / "common", inner / "charts" / "common", dirs_exist_ok=True)
        version = yaml.safe_load((inner / "Chart.yaml").read_text())["version"]
        entry = {"name": case["chart"], "version": version, "repository": "file://x"}
        if case["alias"] != case["chart"]:
            entry["alias"] = case["alias"]
        root.joinpath("Chart.yaml").write_text(
            json.dumps({"apiVersion": "v2", "name": "app", "version": "1.0.0", "dependencies": [entry]})
        )
        root.joinpath("values.yaml").write_text(json.dumps(case["values"]))
        try:
            with Chart.load(str(root)) as chart:
                printed = chart.render(name=case["release"], namespace="default")
        except HelmError:
            return None
    texts = [text for path, text in printed.items() if not path.endswith(".txt")]
    return [one for text in texts for one in yaml.safe_load_all(text) if one]


def text(case):
    """What a template prints; None where Helm refuses it."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder) / "app"
        root.joinpath("templates").mkdir(parents=True)
        root.joinpath("Chart.yaml").write_text(
            json.dumps({"apiVersion": "v2", "name": "app", "version": "1.0.0", "appVersion": "2.3"})
        )
        root.joinpath("values.yaml").write_text(case["values"])
        root.joinpath("templates", "one.yaml").write_text(case["template"])
        try:
            with Chart.load(str(root)) as chart:
                return chart.render(name="shop", namespace="default")["app/templates/one.yaml"]
        except HelmError:
            return None


def main_pod(objects, part):
    """The container of the part that writes."""
    for one in objects:
        if one["kind"] == "StatefulSet" and one["metadata"]["name"].endswith(f"-{part}"):
            return one["spec"]["template"]
    return None


def picture(objects, case):
    """The names of the server, its port, its password and its ways out."""
    part = MAIN[case["chart"]]
    pod = main_pod(objects, part)
    container = next(one for one in pod["spec"]["containers"] if one["name"] == case["chart"])
    prefix = case["chart"].upper()
    env = {one["name"]: one for one in container["env"]}
    tls = env[f"{prefix}_TLS_ENABLED"]["value"] == "yes"
    port = env[f"{prefix}_TLS_PORT" if tls else f"{prefix}_PORT"]["value"]
    password = None
    if env["ALLOW_EMPTY_PASSWORD"]["value"] == "no":
        password = secret(objects, pod, env, prefix, case)
    names, ways = [], []
    for one in objects:
        selector = one["kind"] == "Service" and one["spec"].get("selector")
        labels = pod["metadata"]["labels"]
        if selector and all(labels.get(key) == value for key, value in selector.items()):
            names.append(one["metadata"]["name"])
            kind = one["spec"].get("type", "ClusterIP")
            if kind != "ClusterIP":
                ways.append(f"Service `{names[-1]}` of type {kind}")
    return {"names": sorted(names), "port": port, "tls": tls, "password": password, "ways": ways}


def secret(objects, pod, env, prefix, case):
    """The password where the chart writes it, else the key under which it is read."""
    if f"{prefix}_PASSWORD" in env:
        reference = env[f"{prefix}_PASSWORD"]["valueFrom"]["secretKeyRef"]
        name, key = reference["name"], reference["key"]
    else:
        volume = next(one for one in pod["spec"]["volumes"] if one.get("name", "").endswith("-password"))
        name, key = volume["secret"]["secretName"], volume["secret"]["items"][0]["key"]
    for one in objects:
        if one["kind"] == "Secret" and one["metadata"]["name"] == name:
            value = base64.b64decode(one["data"][key]).decode()
            given = json.dumps(case["values"])
            return value if json.dumps(value) in given else f"${{{key}}}"
    return f"${{{key}}}"


def main():
    charts = pathlib.Path(sys.argv[1]) / "bitnami"
    out = []
    for case in json.load(sys.stdin):
        if "template" in case:
            out.append(text(case))
            continue
        objects = render(charts, case)
        out.append(None if objects is None else picture(objects, case))
    json.dump(out, sys.stdout, indent=1, sort_keys=True)


main()
