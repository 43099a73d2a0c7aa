"""Which versions a specifier allows, by `packaging` and Poetry's own parser. Reads one JSON object a line: the kind of
specifier, and specifiers. Writes a JSON list: lowest and highest `[major, minor]` allowed, or null where none is."""

import json
import re
import sys

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version
from poetry.core.constraints.version import Version as PoetryVersion
from poetry.core.constraints.version import parse_constraint

MAJORS, MINORS, PATCHES = 10, 8, 7
NUMBERS = [(a, b, c) for a in range(MAJORS) for b in range(MINORS) for c in range(PATCHES)]
TEXTS = [".".join(map(str, numbers)) for numbers in NUMBERS]
PACKAGING = [Version(text) for text in TEXTS]
POETRY = [PoetryVersion.parse(text) for text in TEXTS]


def pep440(text):
    allowed = SpecifierSet(text)
    return [allowed.contains(version) for version in PACKAGING]


def poetry(text):
    allowed = parse_constraint(text)
    return [allowed.allows(version) for version in POETRY]


def requirement(line):
    """A line of a requirements file, without the comment that pip removes before it looks. One that nothing can satisfy
    says nothing of what is installed."""
    read = Requirement(re.sub(r"(^|\s+)#.*$", "", line).strip())
    if canonicalize_name(read.name) != "redis":
        raise ValueError("another package")
    allowed = [read.specifier.contains(version) for version in PACKAGING]
    return allowed if any(allowed) else [True] * len(allowed)


def ends(ask, text):
    try:
        allowed = [numbers[:2] for numbers, yes in zip(NUMBERS, ask(text)) if yes]
    except ValueError:
        return None
    return [allowed[0], allowed[-1]] if allowed else None


KINDS = {"pep440": pep440, "poetry": poetry, "requirement": requirement}
for line in sys.stdin:
    question = json.loads(line)
    print(json.dumps([ends(KINDS[question["kind"]], text) for text in question["texts"]]), flush=True)
