"""A place in one of the canary's partitions that moves on as it is read, from leader to leader."""

import time

from kafka_fab.canary.canary_topic import TOPIC, placements
from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.live.client.broker_connection import Line, Silent
from kafka_fab.live.partition_log import EARLIEST, LATEST, OutOfRange, Patience, Place, fetch, offset_at
from kafka_fab.live.topic import Unwilling

RETRY_SECONDS = 0.2


class Tail:
    """A place in a partition's log that moves on with each reading, from leader to leader, without a group."""

    def __init__(self, cluster: Cluster, partition: int, position: int) -> None:
        self._cluster, self.place = cluster, Place(TOPIC, partition)
        self._nodes = {node.broker.id: node for node in cluster.brokers if node.broker}
        self._line: Line | None = None
        self._turn = partition
        self.position = position

    def read(self, patience: Patience) -> list[bytes]:
        """Return the next messages, or none if there are no more yet; raise Silent or Unwilling.

        Where the log does not have the position, it goes on at the log's first message.
        """
        try:
            found = fetch(self._connected(), self._cluster.release, self.place, self.position, patience)
        except OutOfRange:
            self.position = self.offset(EARLIEST)
            return []
        except (Silent, Unwilling):
            self.close()
            raise
        self.position = found[-1][0] + 1 if found else self.position
        return [value for _, value in found]

    def offset(self, end: int) -> int:
        """Return the LATEST or EARLIEST offset; raise Silent or Unwilling."""
        try:
            return offset_at(self._connected(), self._cluster.release, self.place, end)
        except (Silent, Unwilling):
            self.close()
            raise

    def close(self) -> None:
        """Hang up; the next reading asks anew who leads."""
        if self._line:
            self._line.close()
        self._line = None

    def _connected(self) -> Line:
        if self._line is None:
            self._line = Line(endpoint.of_broker(self._cluster, self._leader()))
        return self._line

    def _leader(self) -> Node:
        self._turn += 1
        placed = placements(self._cluster, self._turn % len(self._nodes)).get(self.place.partition)
        if placed is None:
            raise Gone(f"{self.place} is gone")
        if placed.leader not in self._nodes:
            raise Unwilling(f"{self.place} has no leader")
        return self._nodes[placed.leader]


class Gone(Unwilling):
    """A partition that no broker knows any more, though some answer."""


def first_offsets(cluster: Cluster, partitions: list[int], seconds: float) -> dict[int, int]:
    """Return each partition's end, before anything is written; raise Silent or Unwilling."""
    deadline = time.monotonic() + seconds
    return {partition: _latest(cluster, partition, deadline) for partition in partitions}


def _latest(cluster: Cluster, partition: int, deadline: float) -> int:
    tail = Tail(cluster, partition, 0)
    while True:
        try:
            return tail.offset(LATEST)
        except (Silent, Unwilling):
            if time.monotonic() > deadline:
                raise
            time.sleep(RETRY_SECONDS)
        finally:
            tail.close()
