"""CreatePartitions: partitions added to topics, with given replicas or with those that the controller chooses."""

from collections.abc import Collection
from typing import Any

from kafka_fab.cluster.topics.topic_change import AddPartitions
from kafka_fab.live.client.protocol import Ask, kafka_python
from kafka_fab.live.client.rejection import Rejection, rejections

VERSION = 0


def create(
    ask: Ask, topics: Collection[AddPartitions], timeout_ms: int, validate_only: bool = False
) -> dict[str, Rejection]:
    """Add partitions to topics; return which topics were rejected."""
    request = kafka_python().protocol.admin.CreatePartitionsRequest
    wanted = [_topic(request.CreatePartitionsTopic, topic) for topic in topics]
    answer = ask(request(version=VERSION, topics=wanted, timeout_ms=timeout_ms, validate_only=validate_only))
    return rejections(answer.results)


def _topic(shape: Any, topic: AddPartitions) -> Any:
    added = [shape.CreatePartitionsAssignment(version=VERSION, broker_ids=list(new)) for new in topic.replicas]
    return shape(version=VERSION, name=topic.name, count=topic.after, assignments=added or None)
