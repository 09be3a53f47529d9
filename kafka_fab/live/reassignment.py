"""Reassignment: partitions that get other replicas: begun, cancelled, and listed while they are under way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kafka_fab.cluster.topics.topics_state import Replicas
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.live.admin_client import AdminClient
from kafka_fab.live.client.protocol import kafka_python
from kafka_fab.live.topic import RequestRejected
from kafka_fab.live.topic_requests import SECONDS, TIMEOUT, reason


@dataclass(frozen=True)
class Reassignment:
    """A partition's reassignment: all its replicas for the time being, and which come and go."""

    replicas: Replicas
    adding: frozenset[int]
    removing: frozenset[int]

    @property
    def target(self) -> Replicas:
        """Return the replicas at its end."""
        return tuple(number for number in self.replicas if number not in self.removing)


def in_progress(admin: AdminClient) -> dict[TopicPartition, Reassignment]:
    """Return all reassignments of the cluster; raise Unreachable or RequestRejected."""
    request = kafka_python().protocol.admin.ListPartitionReassignmentsRequest
    answer = admin.ask(request(version=0, timeout_ms=TIMEOUT, topics=None), SECONDS)
    _accept(answer)
    return {
        TopicPartition(topic.name, part.partition_index): Reassignment(
            tuple(part.replicas), frozenset(part.adding_replicas), frozenset(part.removing_replicas)
        )
        for topic in answer.topics
        for part in topic.partitions
    }


def begin(admin: AdminClient, moves: Mapping[TopicPartition, Replicas | None]) -> dict[TopicPartition, str]:
    """Begin moves to new replicas, or cancel them where None is given; return what was refused and why.

    Raise Unreachable or RequestRejected.
    """
    request = kafka_python().protocol.admin.AlterPartitionReassignmentsRequest
    shape = request.ReassignableTopic
    topics: dict[str, list[Any]] = {}
    for (topic, number), replicas in moves.items():
        wanted = None if replicas is None else list(replicas)
        part = shape.ReassignablePartition(version=0, partition_index=number, replicas=wanted)
        topics.setdefault(topic, []).append(part)
    listed = [shape(version=0, name=name, partitions=parts) for name, parts in topics.items()]
    answer = admin.ask(request(version=0, timeout_ms=TIMEOUT, topics=listed), SECONDS)
    _accept(answer)
    return {
        TopicPartition(topic.name, part.partition_index): reason(part)
        for topic in answer.responses
        for part in topic.partitions
        if part.error_code
    }


def _accept(answer: Any) -> None:
    if answer.error_code:
        raise RequestRejected(reason(answer))
