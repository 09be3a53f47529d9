"""Level: what a release's brokers say to each other, as Kafka names it: protocol, message format, features."""

import re

from kafka_fab.cluster.release import metadata_version, release

# Before 1.0 the first three numbers are a release, from then on the first two.
NAMED_BY_THREE = (1,)
# The message format of 0.11 and later is the last one.
LAST_FORMAT = (0, 11)
METADATA = "metadata.version"
# Kafka's own tool raises it with a release: a static quorum would become a dynamic one (KAFKA-21426).
NEVER_RAISED = "kraft.version"
# Each level of a feature with the metadata version from which on a new cluster begins with it.
FEATURES = (
    ("group.version", 1, "4.0-IV0"),
    ("transaction.version", 1, "4.0-IV2"),
    ("transaction.version", 2, "4.0-IV2"),
    ("eligible.leader.replicas.version", 1, "4.1-IV0"),
    ("share.version", 1, "4.2-IV0"),
    ("streams.version", 1, "4.2-IV1"),
)
LEVEL = re.compile(r"\s*(\d+(?:\.\d+){1,3})(?:-IV(\d+))?\s*")
# A level without a number is the last one of its release.
LAST = 99


def of_release(version: str) -> str:
    """Return the inter-broker protocol version of a release: 0.8.0, 2.8, 3.9."""
    numbers = release.numbers(version)
    return ".".join(map(str, numbers[: 3 if numbers < NAMED_BY_THREE else 2]))


def rank(level: str) -> tuple[int, ...]:
    """Return a level as numbers that compare, such as 2.8-IV1; nothing of what is none."""
    found = LEVEL.fullmatch(level)
    if not found:
        return ()
    numbers = release.numbers(found[1])
    named = numbers[: 3 if numbers < NAMED_BY_THREE else 2]
    return (*named, *(0,) * (3 - len(named)), LAST if found[2] is None else int(found[2]))


def has_old_format(version: str) -> bool:
    """Return whether a release writes messages in a format that later ones do not write by themselves."""
    return release.numbers(version) < LAST_FORMAT


def features(version: str) -> dict[str, int]:
    """Return the feature levels that a release's brokers all have; empty for one that is not in the table."""
    highest = metadata_version.newest(of_release(version))
    if not highest:
        return {}
    names = metadata_version.NAMES
    found = {METADATA: highest}
    found.update({name: level for name, level, since in FEATURES if names.index(since) < highest})
    return found


def named(feature: str, level: int) -> str:
    """Return a feature's level for a person: metadata.version 4.3-IV0, group.version 1."""
    return f"{feature} {metadata_version.name_of(level) if feature == METADATA else level}"
