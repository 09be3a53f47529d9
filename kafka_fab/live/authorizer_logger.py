"""Authorizer logger: the level at which one broker or controller logs the decisions of its authorizer."""

from kafka_fab.live.client import alter_configs, describe_configs
from kafka_fab.live.client.config_resource import ConfigResource
from kafka_fab.live.client.protocol import Ask
from kafka_fab.live.client.rejection import RequestRejected

LOGGER = "kafka.authorizer.logger"
DEBUG = "DEBUG"
# The levels at which each decision is logged, also those that allow.
LOUD = (DEBUG, "TRACE", "ALL")


def level(ask: Ask, number: int) -> str:
    """Return the level in force; raise Unreachable or RequestRejected."""
    [found] = describe_configs.describe(ask, ConfigResource.BROKER_LOGGER, [str(number)], [LOGGER])
    if found.error:
        raise RequestRejected(f"cannot read the level of {LOGGER}: {found.error}")
    values = [one.value for one in found.configs if one.name == LOGGER]
    if not values or values[0] is None:
        raise RequestRejected(f"has no logger {LOGGER}: the log4j configuration must name it")
    return values[0]


def set_level(ask: Ask, number: int, wanted: str) -> None:
    """Set the level until the process ends or it is set again; raise Unreachable or RequestRejected."""
    changes: dict[str, dict[str, str | None]] = {str(number): {LOGGER: wanted}}
    for rejected in alter_configs.alter(ask, ConfigResource.BROKER_LOGGER, changes).values():
        raise RequestRejected(f"cannot set {LOGGER} to {wanted}: {rejected.reason}")
