"""Prints, for made-up env files, what each Python reader takes from them (JSON, the same on every run)."""

import json
import logging
import os
import random
import tempfile

import decouple
import dotenv
import environ
from starlette.config import Config

NAMES = ["A", "B", "export C", "D ", " E", "KEY", "A.b", "F!", "G H", "'Q'", "#H", "export\tI"]
SIGNS = ["=", "=", "=", " = ", ":", "\n", "=="]
ATOMS = ["x", "p", "\\", "\\n", '\\"', "\\'", "$", "$$", "$A", "${B}", "${C:-d}", "${A:x}", "#", " #", " ", "'", '"', "é"]
ATOMS += ["\r", "\t", "\\\\", "`", "=", ":", "\n", "\r\n", "\u00a0", "\x1c", "\x0b", "${}"]
ENDS = ["\n", "\n", "\n", "\r\n", " # c\n", "\n\n", " ", "\r"]
CASES = ["", "\ufeffA=b\nC=d\n", "A='it\\'s'\nB=\"x\\\"y\"\nC='a' b\n", "A='\"x\"'\nB= c\nC=d # e\nexport F=g\n"]


def line(rng):
    quote = rng.choice(["", "", "'", '"'])
    value = "".join(rng.choice(ATOMS) for _ in range(rng.randint(0, 6)))
    if quote and rng.random() < 0.7:
        value = value.replace(quote, "y")
    closing = quote if rng.random() < 0.9 else ""
    return rng.choice(NAMES) + rng.choice(SIGNS) + quote + value + closing + rng.choice(ENDS)


def read(path):
    class Environ(environ.Env):
        ENVIRON = {}

    Environ.read_env(path)
    return {
        "python-dotenv": dict(dotenv.dotenv_values(path)),
        "decouple": decouple.RepositoryEnv(path).data,
        "django-environ": Environ.ENVIRON,
        "starlette": Config(path).file_values,
    }


def main():
    logging.disable(logging.CRITICAL)
    os.environ.clear()
    rng = random.Random(5)
    cases = CASES + ["".join(line(rng) for _ in range(rng.randint(1, 4))) for _ in range(600)]
    answers = []
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, ".env")
        for case in cases:
            with open(path, "wb") as file:
                file.write(case.encode())
            answers.append([case, read(path)])
    print(json.dumps(answers, indent=0))


main()
