"""Joining: the levels that a broker must start with beside others that an upgrade has not finalized. Pure."""

from collections.abc import Iterable, Mapping

from kafka_fab.cluster.upgrade import level, pins
from kafka_fab.cluster.upgrade.service_version import ServiceVersion
from kafka_fab.cluster.values.role import Role


def missing_pins(one: ServiceVersion, services: Iterable[ServiceVersion]) -> dict[str, str]:
    """Return the levels that a stopped broker with ZooKeeper lacks: without them it would speak higher than others do.

    Those others would not understand it: brokers of an older version serve no partition then. What its file says
    already, by an upgrade or by its user, stays.
    """
    others = [other for other in services if other.role is Role.BROKER and other.host != one.host and _version(other)]
    # One that was upgraded itself has in its file what the upgrade, or its end, has written.
    if one.runs or one.saved or not one.starts or not others:
        return {}
    lowest = min((_protocol(other) for other in others), key=level.rank)
    formats = [_format(other) for other in others if _format(other)]
    found = {}
    # One of the same release, whatever its number, is no other level.
    if _release(lowest) < _release(level.of_release(one.version)):
        found[pins.PROTOCOL] = lowest
    # A release that writes an old format by itself has no such property.
    if formats and not level.has_old_format(one.version):
        found[pins.FORMAT] = min(formats, key=level.rank)
    return {key: value for key, value in found.items() if key not in one.pins}


def _release(protocol: str) -> tuple[int, ...]:
    return level.rank(protocol)[:3]


def _version(one: ServiceVersion) -> str:
    return one.running_version or one.version


def _levels(one: ServiceVersion) -> Mapping[str, str]:
    return one.running_pins if one.runs else one.pins


def _protocol(one: ServiceVersion) -> str:
    return _levels(one).get(pins.PROTOCOL) or level.of_release(_version(one))


def _format(one: ServiceVersion) -> str:
    version = _version(one)
    own = level.of_release(version) if level.has_old_format(version) else ""
    return _levels(one).get(pins.FORMAT) or own
