"""A place in one of the canary's partitions that moves on as it is read, from leader to leader."""

import time

from kafka_fab.canary.canary_topic import TOPIC, placements
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.live.client.broker_connection import BrokerConnection, Unreachable
from kafka_fab.live.partition_log import EARLIEST, LATEST, OutOfRange, Patience, fetch, offset_at
from kafka_fab.live.topic import RequestRejected

RETRY_SECONDS = 0.2


class PartitionTail:
    """A place in a partition's log that moves on with each reading, from leader to leader, without a group."""

    def __init__(self, cluster: Cluster, partition: int, position: int) -> None:
        self._cluster, self.place = cluster, TopicPartition(TOPIC, partition)
        self._nodes = {node.broker.id: node for node in cluster.brokers if node.broker}
        self._line: BrokerConnection | None = None
        self._turn = partition
        self.position = position

    def read(self, patience: Patience) -> list[bytes]:
        """Return the next messages, or none if there are no more yet; raise Unreachable or RequestRejected.

        Where the log does not have the position, it goes on at the log's first message.
        """
        try:
            found = fetch(self._connected(), self._cluster.release, self.place, self.position, patience)
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
            return offset_at(self._connected(), self._cluster.release, self.place, end)
        except (Unreachable, RequestRejected):
            self.close()
            raise

    def close(self) -> None:
        """Hang up; the next reading asks anew who leads."""
        if self._line:
            self._line.close()
        self._line = None

    def _connected(self) -> BrokerConnection:
        if self._line is None:
            self._line = BrokerConnection(endpoint.of_broker(self._cluster, self._leader()))
        return self._line

    def _leader(self) -> Node:
        self._turn += 1
        placed = placements(self._cluster, self._turn % len(self._nodes)).get(self.place.partition)
        if placed is None:
            raise PartitionGone(f"{self.place} is gone")
        if placed.leader not in self._nodes:
            raise RequestRejected(f"{self.place} has no leader")
        return self._nodes[placed.leader]


class PartitionGone(RequestRejected):
    """A partition that no broker knows any more, though some answer."""


def first_offsets(cluster: Cluster, partitions: list[int], seconds: float) -> dict[int, int]:
    """Return each partition's end, before anything is written; raise Unreachable or RequestRejected."""
    deadline = time.monotonic() + seconds
    return {partition: _latest(cluster, partition, deadline) for partition in partitions}


def _latest(cluster: Cluster, partition: int, deadline: float) -> int:
    tail = PartitionTail(cluster, partition, 0)
    while True:
        try:
            return tail.offset(LATEST)
        except (Unreachable, RequestRejected):
            if time.monotonic() > deadline:
                raise
            time.sleep(RETRY_SECONDS)
        finally:
            tail.close()
