"""Broker configs: the settings that one broker runs with, and its dynamic overrides."""

from collections.abc import Collection, Iterable

from kafka_fab.cluster.dynamic.override_decision import OverrideStep, Setting
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.live.asking import asking
from kafka_fab.live.client import alter_configs, describe_configs
from kafka_fab.live.client.broker_connection import SECONDS
from kafka_fab.live.client.config_resource import ConfigResource
from kafka_fab.live.client.describe_configs import TYPES, Config
from kafka_fab.live.client.rejection import RequestRejected

ALTER_SECONDS = 20.0


def settings(
    cluster: Cluster, node: Node, names: Collection[str] | None = None, seconds: float = SECONDS
) -> dict[str, Setting]:
    """Return a broker's own description of some of its settings, or of all; raise Unreachable or RequestRejected."""
    ask = asking(cluster, node, seconds)
    [found] = describe_configs.describe(ask, ConfigResource.BROKER, [_id(node)], names, TYPES)
    if found.error:
        raise RequestRejected(found.error)
    return {config.name: _setting(config) for config in found.configs}


def _setting(config: Config) -> Setting:
    layers = tuple(
        (one.source, one.value) for one in config.synonyms if one.name == config.name and one.value is not None
    )
    return Setting(config.name, config.value, config.config_type, config.read_only, layers)


def override(cluster: Cluster, node: Node, steps: Iterable[OverrideStep], validate_only: bool = False) -> None:
    """Set and delete a broker's overrides, all or none; raise Unreachable or RequestRejected.

    The broker itself is asked: another one cannot validate them.
    """
    changes = {_id(node): {step.name: step.value for step in steps}}
    rejected = alter_configs.alter(asking(cluster, node, ALTER_SECONDS), ConfigResource.BROKER, changes, validate_only)
    for rejection in rejected.values():
        raise RequestRejected(rejection.reason)


def _id(node: Node) -> str:
    assert node.broker
    return str(node.broker.id)
