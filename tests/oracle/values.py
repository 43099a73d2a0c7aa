"""Runs the module of each case on standard input and prints what its REDIS_URL is; an error gives null."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

PROBE = "import runpy; print('REDIS_URL', runpy.run_path('app/main.py')['REDIS_URL'])"


def run(case):
    with tempfile.TemporaryDirectory() as folder:
        for path, text in case["files"].items():
            target = pathlib.Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": folder, **case["environment"]}
        command = [sys.executable, "-c", PROBE]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        lines = [line for line in done.stdout.splitlines() if line.startswith("REDIS_URL ")]
        return lines[-1].removeprefix("REDIS_URL ") if done.returncode == 0 and lines else None


print(json.dumps([run(case) for case in json.load(sys.stdin)]))
