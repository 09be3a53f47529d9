"""Broker configs: the settings that one broker runs with, and overrides of them, over the admin protocol."""

from collections.abc import Collection, Iterable
from typing import Any

from kafka_fab.cluster.dynamic.override_decision import OverrideStep, Setting
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.live.client.broker_connection import SECONDS, ask
from kafka_fab.live.client.protocol import kafka_python
from kafka_fab.live.topic import RequestRejected

BROKER = 4
SET, DELETE = 0, 1
# DescribeConfigs 3 (2.6 and later) is the first that tells each value's kind.
DESCRIBE, ALTER = 3, 0
PATIENCE = 20.0


def settings(
    cluster: Cluster, node: Node, names: Collection[str] | None = None, seconds: float = SECONDS
) -> dict[str, Setting]:
    """Return a broker's own description of some of its settings, or of all; raise Unreachable or RequestRejected."""
    request = kafka_python().protocol.admin.DescribeConfigsRequest
    keys = None if names is None else sorted(names)
    resource = request.DescribeConfigsResource(
        version=DESCRIBE, resource_type=BROKER, resource_name=_id(node), configuration_keys=keys
    )
    question = request(version=DESCRIBE, resources=[resource], include_synonyms=True, include_documentation=False)
    [result] = ask(endpoint.of_broker(cluster, node), question, seconds).results
    _accept(result)
    return {config.name: _setting(config) for config in result.configs}


def _setting(config: Any) -> Setting:
    layers = tuple(
        (one.source, one.value) for one in config.synonyms if one.name == config.name and one.value is not None
    )
    return Setting(config.name, config.value, config.config_type, config.read_only, layers)


def override(cluster: Cluster, node: Node, steps: Iterable[OverrideStep], only_look: bool = False) -> None:
    """Set and delete a broker's overrides, all or none, or only look whether it would; raise Unreachable or
    RequestRejected.

    The broker itself is asked: another one cannot tell whether it would take them.
    """
    request = kafka_python().protocol.admin.IncrementalAlterConfigsRequest
    resource = request.AlterConfigsResource
    changes = [
        resource.AlterableConfig(
            version=ALTER, name=step.name, config_operation=DELETE if step.value is None else SET, value=step.value
        )
        for step in steps
    ]
    mine = resource(version=ALTER, resource_type=BROKER, resource_name=_id(node), configs=changes)
    question = request(version=ALTER, resources=[mine], validate_only=only_look)
    [result] = ask(endpoint.of_broker(cluster, node), question, PATIENCE).responses
    _accept(result)


def _id(node: Node) -> str:
    assert node.broker
    return str(node.broker.id)


def _accept(result: Any) -> None:
    if result.error_code:
        error: Any = kafka_python().errors.for_code(result.error_code)
        raise RequestRejected(result.error_message or f"{error.__name__} ({error.description})")
