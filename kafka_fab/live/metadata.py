"""Metadata: the partitions as several brokers see them, brought together so that the worst view counts."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.frozen_value import dataclass
from kafka_fab.gate.state import NOBODY, Partition
from kafka_fab.live.client.broker_connection import Unreachable, ask
from kafka_fab.live.client.protocol import kafka_python

# The first that a broker answers with offline replicas and epochs, and that KRaft brokers have had from the start.
VERSION = 9


@dataclass(frozen=True)
class MetadataView:
    """One broker's view: the brokers that it takes for alive with their racks, and all partitions."""

    brokers: dict[int, str]
    partitions: tuple[Partition, ...]


@dataclass(frozen=True)
class Reassignment:
    """A partition under reassignment."""

    partition: TopicPartition
    adding: frozenset[int]
    removing: frozenset[int]


def sight(cluster: Cluster, node: Node, seconds: float) -> MetadataView:
    """Return a broker's view of all partitions; raise Unreachable."""
    request = kafka_python().protocol.metadata.MetadataRequest
    question = request(version=VERSION, topics=None, allow_auto_topic_creation=False)
    answer = ask(endpoint.of_broker(cluster, node), question, seconds)
    seen = [(topic.name, part) for topic in answer.topics for part in topic.partitions]
    brokers = {broker.node_id: broker.rack or "" for broker in answer.brokers}
    return MetadataView(brokers, tuple(_partition(name, part) for name, part in seen))


def _partition(topic: str, part: Any) -> Partition:
    replicas, isr = tuple(part.replica_nodes), frozenset(part.isr_nodes)
    return Partition(topic, part.partition_index, part.leader_id, replicas, isr)


def worst(sights: Sequence[MetadataView]) -> MetadataView:
    """Return what all views agree on: brokers alive in each, in sync in each, and no leader where one sees none."""
    alive = set.intersection(*(set(one.brokers) for one in sights))
    merged: dict[TopicPartition, Partition] = {}
    for partition in (each for one in sights for each in one.partitions):
        other = merged.get(partition.topic_partition)
        merged[partition.topic_partition] = _worse(other, partition) if other else partition
    return MetadataView({number: sights[0].brokers[number] for number in sorted(alive)}, tuple(merged.values()))


def _worse(one: Partition, other: Partition) -> Partition:
    leader = NOBODY if NOBODY in (one.leader, other.leader) else one.leader
    return replace(one, leader=leader, isr=one.isr & other.isr)


def moves(cluster: Cluster, node: Node, seconds: float) -> list[Reassignment]:
    """Return the reassignments under way, as the controllers tell by way of a broker; raise Unreachable."""
    request = kafka_python().protocol.admin.ListPartitionReassignmentsRequest
    question = request(version=0, timeout_ms=int(seconds * 1000), topics=None)
    answer = ask(endpoint.of_broker(cluster, node), question, seconds)
    if answer.error_code:
        raise Unreachable(f"{node.host} does not tell what is being reassigned: {answer.error_message}")
    return [
        Reassignment(
            TopicPartition(topic.name, part.partition_index),
            frozenset(part.adding_replicas),
            frozenset(part.removing_replicas),
        )
        for topic in answer.topics
        for part in topic.partitions
    ]


def moving(partitions: Iterable[Partition], moves: Iterable[Reassignment]) -> tuple[Partition, ...]:
    """Return partitions with the replicas that their reassignments add and remove."""
    moved = {move.partition: move for move in moves}
    return tuple(_moving(p, moved[p.topic_partition]) if p.topic_partition in moved else p for p in partitions)


def _moving(partition: Partition, move: Reassignment) -> Partition:
    return replace(partition, adding=move.adding, removing=move.removing)
