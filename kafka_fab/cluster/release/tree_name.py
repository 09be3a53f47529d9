"""Tree name: the name of Kafka's versioned folder, kafka_SCALA-VERSION."""

import re

NAME = re.compile(r"kafka_[\d.]+-(.+)")


def version_of(name: str) -> str:
    """Return the version in the name of Kafka's folder, or the name itself where it has none."""
    found = NAME.fullmatch(name)
    return found[1] if found else name
