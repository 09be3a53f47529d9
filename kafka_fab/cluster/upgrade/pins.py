"""Pins: properties that keep a broker of a new release at the level of the old one, until finalize takes them away."""

from collections.abc import Mapping

from kafka_fab.cluster.release import release
from kafka_fab.cluster.roles.broker import LEVELS
from kafka_fab.cluster.upgrade import level

# In the order in which finalize takes them away: a format newer than the protocol is refused by brokers.
KEYS = PROTOCOL, FORMAT = LEVELS


def of_hop(before: str, after: str, on_disk: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    """Return what a broker with ZooKeeper is pinned to between two versions.

    `on_disk` is its file as it is, which may have pins of an earlier upgrade; what the settings say themselves, in
    `wanted`, is not pinned.
    """
    found = {}
    protocol = on_disk.get(PROTOCOL) or level.of_release(before)
    if level.rank(protocol) < level.rank(level.of_release(after)):
        found[PROTOCOL] = protocol
    message_format = on_disk.get(FORMAT) or (level.of_release(before) if level.has_old_format(before) else "")
    if message_format:
        found[FORMAT] = message_format
    rules = release.of(after)
    known = rules.property_names if rules else frozenset()
    return {key: value for key, value in found.items() if key in known and key not in wanted}


def due(on_disk: Mapping[str, str], wanted: Mapping[str, str]) -> str:
    """Return the pin that finalize takes away next, or nothing; what the settings say stays."""
    return next((key for key in KEYS if key in on_disk and key not in wanted), "")


def contradiction(before: str, on_disk: Mapping[str, str], wanted: Mapping[str, str]) -> str:
    """Return why the settings' own protocol version would end the upgrade before it is complete, or nothing."""
    said = wanted.get(PROTOCOL, "")
    protocol = on_disk.get(PROTOCOL) or level.of_release(before)
    if not said or level.rank(said) <= level.rank(protocol):
        return ""
    return (
        f"{PROTOCOL} is {said} in conf/cluster.yaml, but brokers speak {protocol}: those that are upgraded first would "
        f"not be understood by the others. Remove it: the upgrade pins {protocol}, and finalize raises it"
    )
