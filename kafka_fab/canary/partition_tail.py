"""Partition tail: a read position in a partition of the canary's topic, which follows the leader."""

import time

from kafka_fab.canary.canary_topic import TOPIC, placements
from kafka_fab.cluster.model import Node
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.live.client.broker_connection import BrokerConnection, Unreachable
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client_access import ClientAccess
from kafka_fab.live.partition_log import EARLIEST, LATEST, OutOfRange, Patience, fetch, offset_at

RETRY_SECONDS = 0.2


class PartitionTail:
    """A read position in a partition that moves on with each fetch and follows the leader, without a group."""

    def __init__(self, access: ClientAccess, partition: int, position: int) -> None:
        self._access, self._cluster = access, access.cluster
        self.topic_partition = TopicPartition(TOPIC, partition)
        self._nodes = {node.broker.id: node for node in access.cluster.brokers if node.broker}
        self._connection: BrokerConnection | None = None
        self._next = partition
        self.position = position

    def read(self, patience: Patience) -> list[bytes]:
        """Return the next messages, if any; raise Unreachable or RequestRejected.

        Where the position is out of range, it continues at the first offset.
        """
        try:
            found = fetch(
                self._connected(), self._cluster.running_release, self.topic_partition, self.position, patience
            )
        except OutOfRange:
            self.position = self.offset(EARLIEST)
            return []
        except (Unreachable, RequestRejected):
            self.close()
            raise
        self.position = found[-1][0] + 1 if found else self.position
        return [value for _, value in found]

    def offset(self, end: int) -> int:
        """Return the LATEST or EARLIEST offset; raise Unreachable or RequestRejected."""
        try:
            return offset_at(self._connected(), self._cluster.running_release, self.topic_partition, end)
        except (Unreachable, RequestRejected):
            self.close()
            raise

    def close(self) -> None:
        """Close the connection; the next fetch finds the leader again."""
        if self._connection:
            self._connection.close()
        self._connection = None

    def _connected(self) -> BrokerConnection:
        if self._connection and self._connection.is_over:
            self.close()
        if self._connection is None:
            self._connection = BrokerConnection(self._access.endpoint(self._leader()))
        return self._connection

    def _leader(self) -> Node:
        self._next += 1
        placed = placements(self._cluster, self._next % len(self._nodes)).get(self.topic_partition.partition)
        if placed is None:
            raise PartitionGone(f"{self.topic_partition} does not exist any more")
        if placed.leader not in self._nodes:
            raise RequestRejected(f"{self.topic_partition} has no leader")
        return self._nodes[placed.leader]


class PartitionGone(RequestRejected):
    """No broker that answers has the partition any more."""


def first_offsets(access: ClientAccess, partitions: list[int], seconds: float) -> dict[int, int]:
    """Return each partition's end offset, before anything is written; raise Unreachable or RequestRejected."""
    deadline = time.monotonic() + seconds
    return {partition: _latest(access, partition, deadline) for partition in partitions}


def _latest(access: ClientAccess, partition: int, deadline: float) -> int:
    tail = PartitionTail(access, partition, 0)
    while True:
        try:
            return tail.offset(LATEST)
        except (Unreachable, RequestRejected):
            if time.monotonic() > deadline:
                raise
            time.sleep(RETRY_SECONDS)
        finally:
            tail.close()
