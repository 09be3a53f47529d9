"""ApiVersions: the cluster's finalized features, as one broker or controller answers."""

from kafka_fab.live.client.protocol import Ask, kafka_python

# The first with finalized features.
VERSION = 3


def finalized_features(ask: Ask) -> dict[str, int]:
    """Return the level of each finalized feature."""
    request = kafka_python().protocol.metadata.ApiVersionsRequest
    answer = ask(request(version=VERSION, client_software_name="kafka-fab", client_software_version="1"))
    return {feature.name: feature.max_version_level for feature in answer.finalized_features or []}
