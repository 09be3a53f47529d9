"""Metadata: brokers, controller and partitions as one broker sees them (Metadata request)."""

from collections.abc import Collection, Iterator
from typing import Any

from kafka_fab.cluster.values.address import normal, place
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.frozen_value import dataclass
from kafka_fab.gate.state import NO_EPOCH, Partition
from kafka_fab.live.client.protocol import Ask, kafka_python

# The first with offline replicas and leader epochs, and the oldest that each KRaft broker has.
FULL = 9
# The first that names topics without creating them.
NO_AUTO_CREATION = 4


@dataclass(frozen=True)
class Metadata:
    """What a broker answers: brokers as host:port, their racks, the controller, and each topic's partitions.

    Version 0 has neither racks nor the controller.
    """

    brokers: dict[int, str]
    racks: dict[int, str]
    controller: int | None
    topics: dict[str, tuple[Partition, ...]]

    def partitions(self) -> Iterator[Partition]:
        """Yield the partitions of all topics."""
        for partitions in self.topics.values():
            yield from partitions


def read(ask: Ask, version: int = FULL, topics: Collection[str] | None = None) -> Metadata:
    """Return the metadata with some topics (None: all; in version 0 none means all, too)."""
    return of_answer(ask(request(version, topics)), version)


def request(version: int = FULL, topics: Collection[str] | None = None) -> Any:
    """Return the request for the metadata with some topics."""
    shape = kafka_python().protocol.metadata.MetadataRequest
    named = None if topics is None else [shape.MetadataRequestTopic(version=version, name=name) for name in topics]
    options = {"allow_auto_topic_creation": False} if version >= NO_AUTO_CREATION else {}
    return shape(version=version, topics=named, **options)


def of_answer(answer: Any, version: int = FULL) -> Metadata:
    """Return the metadata in an answer of this version."""
    return Metadata(
        brokers={broker.node_id: place(normal(broker.host), broker.port) for broker in answer.brokers},
        racks={broker.node_id: broker.rack or "" for broker in answer.brokers} if version else {},
        controller=answer.controller_id if version else None,
        topics={topic.name: tuple(_partitions(topic)) for topic in answer.topics},
    )


def leader_epochs(answer: Any) -> dict[TopicPartition, int]:
    """Return the leader epoch of each partition in an answer."""
    return {
        TopicPartition(topic.name, part.partition_index): part.leader_epoch
        for topic in answer.topics
        for part in topic.partitions
    }


def _partitions(topic: Any) -> Iterator[Partition]:
    for part in sorted(topic.partitions, key=lambda part: int(part.partition_index)):
        replicas, isr = tuple(part.replica_nodes), frozenset(part.isr_nodes)
        epoch = getattr(part, "leader_epoch", None)
        yield Partition(
            topic.name,
            part.partition_index,
            part.leader_id,
            replicas,
            isr,
            epoch=NO_EPOCH if epoch is None else epoch,
        )
