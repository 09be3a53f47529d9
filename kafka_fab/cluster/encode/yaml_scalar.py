"""YAML: one value as a scalar, as Log4j 2 and the exporter read it."""

import re

import yaml

from kafka_fab.cluster.encode import Unsayable, controls

PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9._/+@$-]*")
# What YAML 1.1 takes for something else than a text.
WORDS = frozenset(["true", "false", "yes", "no", "on", "off", "null", "y", "n"])
# Within a scalar that a template has begun itself.
UNSAFE = re.compile(r"""["'\\]|: |:$| #|^[-?:,\[\]{}#&*!|>%@`]""")


def scalar(value: str) -> str:
    """Return a value as a whole scalar: plain where that is safe, else in quotes."""
    if PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    return yaml.safe_dump(value, default_style='"', width=float("inf")).strip()


def part(value: str) -> str:
    """Return a value that a template prints within a scalar of its own; raise Unsayable where that is not safe."""
    if controls(value) or UNSAFE.search(value):
        raise Unsayable("a value has a meaning of its own in YAML: print the whole value by `{{ ... | yaml }}`")
    return value
