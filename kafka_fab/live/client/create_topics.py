"""CreateTopics: topics created, with given replicas or with those that the controller chooses."""

from collections.abc import Collection
from typing import Any

from kafka_fab.cluster.topics.topic_change import Create
from kafka_fab.live.client.protocol import Ask, kafka_python
from kafka_fab.live.client.rejection import Rejection, rejections

# The first (Kafka 2.4) in which -1 means the brokers' default.
DEFAULTS = 4
ALREADY_EXISTS = 36


def create(
    ask: Ask, topics: Collection[Create], timeout_ms: int, version: int = DEFAULTS, validate_only: bool = False
) -> dict[str, Rejection]:
    """Create topics; return which were rejected; with `validate_only` none is created."""
    request = kafka_python().protocol.admin.CreateTopicsRequest
    wanted = [_topic(request.CreatableTopic, version, topic) for topic in topics]
    answer = ask(request(version=version, topics=wanted, timeout_ms=timeout_ms, validate_only=validate_only))
    return rejections(answer.topics)


def _topic(shape: Any, version: int, topic: Create) -> Any:
    assignments = [
        shape.CreatableReplicaAssignment(version=version, partition_index=number, broker_ids=list(replicas))
        for number, replicas in enumerate(topic.replicas)
    ]
    configs = [
        shape.CreatableTopicConfig(version=version, name=key, value=value) for key, value in topic.config.items()
    ]
    return shape(
        version=version,
        name=topic.name,
        num_partitions=-1 if assignments else topic.partitions or -1,
        replication_factor=-1 if assignments else topic.replication or -1,
        assignments=assignments,
        configs=configs,
    )
