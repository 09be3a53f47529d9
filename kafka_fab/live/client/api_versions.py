"""ApiVersions: what one broker or controller answers about itself, and the cluster's finalized features in it."""

from typing import Any

from kafka_fab.live.client.protocol import Ask, kafka_python

# The first with features.
VERSION = 3
# The first with features whose lowest level is 0, such as kraft.version (KAFKA-17011).
FROM_ZERO = 4


def describe(ask: Ask, version: int = VERSION) -> Any:
    """Return a node's answer; a controller answers at its own listener, before it has joined a quorum, too."""
    request = kafka_python().protocol.metadata.ApiVersionsRequest
    return ask(request(version=version, client_software_name="kafka-fab", client_software_version="1"))


def finalized_features(ask: Ask) -> dict[str, int]:
    """Return the level of each finalized feature."""
    return {feature.name: feature.max_version_level for feature in describe(ask).finalized_features or []}
