"""DescribeConfigs: the configs of topics or of a broker, as a broker describes them."""

from collections.abc import Collection, Iterable
from typing import Any, NamedTuple, Protocol

from kafka_fab.live.client.config_resource import ConfigResource
from kafka_fab.live.client.protocol import Ask, kafka_python
from kafka_fab.live.client.rejection import reason

# The first version with synonyms and sources; the first (Kafka 2.6) that has the type of each value, too.
SYNONYMS, TYPES = 1, 3
UNKNOWN_TOPIC = 3


class Config(Protocol):
    """A config of a resource; synonyms are the values below the one in force, from TYPES on with its type."""

    name: str
    value: str | None
    config_source: int
    config_type: int
    read_only: bool
    synonyms: Iterable[Any]


class DescribedResource(NamedTuple):
    """A resource with its configs, or with the error instead; a topic that was deleted meanwhile is `unknown`."""

    name: str
    configs: Collection[Config] = ()
    error: str = ""
    unknown: bool = False


def describe(
    ask: Ask,
    kind: ConfigResource,
    names: Collection[str],
    keys: Collection[str] | None = None,
    version: int = SYNONYMS,
) -> list[DescribedResource]:
    """Return resources with some of their configs (None: all)."""
    request = kafka_python().protocol.admin.DescribeConfigsRequest
    wanted = None if keys is None else sorted(keys)
    resources = [
        request.DescribeConfigsResource(
            version=version, resource_type=kind, resource_name=name, configuration_keys=wanted
        )
        for name in names
    ]
    options = {"include_documentation": False} if version >= TYPES else {}
    question = request(version=version, resources=resources, include_synonyms=version >= TYPES, **options)
    return [_described(result) for result in ask(question).results]


def _described(result: Any) -> DescribedResource:
    if not result.error_code:
        return DescribedResource(result.resource_name, result.configs)
    return DescribedResource(result.resource_name, (), reason(result), result.error_code == UNKNOWN_TOPIC)
