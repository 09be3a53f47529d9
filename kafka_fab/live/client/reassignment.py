"""Reassignments: started or cancelled (AlterPartitionReassignments), and those in progress (List...)."""

from collections.abc import Mapping
from typing import Any

from kafka_fab.cluster.topics.topics_state import Replicas
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.frozen_value import dataclass
from kafka_fab.live.client.protocol import Ask, kafka_python
from kafka_fab.live.client.rejection import accept, reason

VERSION = 0
TIMEOUT_MS = 60_000


@dataclass(frozen=True)
class Reassignment:
    """A partition's reassignment: all its replicas at present, and those that are being added and removed."""

    replicas: Replicas
    adding: frozenset[int]
    removing: frozenset[int]

    @property
    def target(self) -> Replicas:
        """Return the replicas at its end."""
        return tuple(number for number in self.replicas if number not in self.removing)


def in_progress(ask: Ask, timeout_ms: int = TIMEOUT_MS) -> dict[TopicPartition, Reassignment]:
    """Return all reassignments of the cluster; raise RequestRejected."""
    request = kafka_python().protocol.admin.ListPartitionReassignmentsRequest
    answer = ask(request(version=VERSION, timeout_ms=timeout_ms, topics=None))
    accept(answer)
    return {
        TopicPartition(topic.name, part.partition_index): Reassignment(
            tuple(part.replicas), frozenset(part.adding_replicas), frozenset(part.removing_replicas)
        )
        for topic in answer.topics
        for part in topic.partitions
    }


def begin(ask: Ask, moves: Mapping[TopicPartition, Replicas | None]) -> dict[TopicPartition, str]:
    """Start reassignments, or cancel those without replicas; return which were rejected and why.

    Raise RequestRejected where the whole request is.
    """
    request = kafka_python().protocol.admin.AlterPartitionReassignmentsRequest
    shape = request.ReassignableTopic
    topics: dict[str, list[Any]] = {}
    for (topic, number), replicas in moves.items():
        wanted = None if replicas is None else list(replicas)
        part = shape.ReassignablePartition(version=VERSION, partition_index=number, replicas=wanted)
        topics.setdefault(topic, []).append(part)
    listed = [shape(version=VERSION, name=name, partitions=parts) for name, parts in topics.items()]
    answer = ask(request(version=VERSION, timeout_ms=TIMEOUT_MS, topics=listed))
    accept(answer)
    return {
        TopicPartition(topic.name, part.partition_index): reason(part)
        for topic in answer.responses
        for part in topic.partitions
        if part.error_code
    }
