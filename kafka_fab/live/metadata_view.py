"""Metadata view: the partitions as several brokers see them, merged so that the most pessimistic view counts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.frozen_value import dataclass
from kafka_fab.gate.state import NOBODY, Partition
from kafka_fab.live.asking import asking
from kafka_fab.live.client import reassignment
from kafka_fab.live.client.broker_connection import Unreachable
from kafka_fab.live.client.metadata import Metadata
from kafka_fab.live.client.reassignment import Reassignment
from kafka_fab.live.client.rejection import RequestRejected

Reassignments = Mapping[TopicPartition, Reassignment]


@dataclass(frozen=True)
class MetadataView:
    """One broker's view: the racks of the brokers that it sees as alive, and all partitions."""

    brokers: dict[int, str]
    partitions: tuple[Partition, ...]


def of(known: Metadata) -> MetadataView:
    """Return the view of the broker that has this metadata."""
    return MetadataView(known.racks, tuple(known.partitions()))


def merge_pessimistic(views: Sequence[MetadataView]) -> MetadataView:
    """Return brokers alive in each view, replicas in sync in each, and no leader where one view has none."""
    alive = set.intersection(*(set(one.brokers) for one in views))
    merged: dict[TopicPartition, Partition] = {}
    for partition in (each for one in views for each in one.partitions):
        other = merged.get(partition.topic_partition)
        merged[partition.topic_partition] = _worse(other, partition) if other else partition
    return MetadataView({number: views[0].brokers[number] for number in sorted(alive)}, tuple(merged.values()))


def _worse(one: Partition, other: Partition) -> Partition:
    if one == other:
        return one
    newer = max(one, other, key=lambda each: each.epoch)
    leader = NOBODY if NOBODY in (one.leader, other.leader) else newer.leader
    return replace(newer, leader=leader, isr=one.isr & other.isr)


def reassignments(cluster: Cluster, node: Node, seconds: float) -> Reassignments:
    """Return the reassignments in progress, which a broker asks the controllers for; raise Unreachable."""
    try:
        return reassignment.in_progress(asking(cluster, node, seconds), timeout_ms=int(seconds * 1000))
    except RequestRejected as error:
        raise Unreachable(f"{node.host}: cannot list the reassignments: {error}") from error


def with_reassignments(partitions: Iterable[Partition], moves: Reassignments) -> tuple[Partition, ...]:
    """Return partitions with the replicas that their reassignments add and remove."""
    return tuple(
        replace(one, adding=move.adding, removing=move.removing) if (move := moves.get(one.topic_partition)) else one
        for one in partitions
    )
