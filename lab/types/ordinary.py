"""Ordinary: Kafka's own keys whose names tell of a secret, and whose values are none by their type."""

import re

from kafka_fab.cluster.release.property_type import NAMES
from kafka_fab.cluster.values import secret

FILE = NAMES / secret.ORDINARY


def found() -> str:
    """Return them by the tables of all versions, a name a line."""
    known: dict[str, set[str]] = {}
    for file in sorted(set(NAMES.glob("*.txt")) - {FILE}):
        for line in file.read_text(encoding="utf-8").splitlines():
            name, kind = [*line.split("\t"), ""][:2]
            known.setdefault(name, set()).add(kind)
    shown = (name for name, kinds in known.items() if "PASSWORD" not in kinds and re.search(secret.NAME, name))
    return "".join(f"{name}\n" for name in sorted(shown))
