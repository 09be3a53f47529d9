"""Log dirs: what the log directories of a broker hold, as the broker itself tells it."""

from dataclasses import dataclass
from typing import Any

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.live.client.broker_connection import SECONDS, Unreachable, ask
from kafka_fab.live.client.protocol import kafka_python

UNTOLD = -1


@dataclass(frozen=True)
class Copy:
    """A partition's log in a directory: its bytes, and how many messages it is behind.

    A future one is to take the place of the one in another directory of the same broker.
    """

    topic: str
    number: int
    size: int
    lag: int = 0
    future: bool = False

    @property
    def topic_partition(self) -> TopicPartition:
        """Return topic and number as one value."""
        return TopicPartition(self.topic, self.number)


@dataclass(frozen=True)
class LogDir:
    """A log directory: what it holds, its volume's bytes, all and free, and why it cannot be read."""

    path: str
    copies: tuple[Copy, ...] = ()
    total: int = UNTOLD
    free: int = UNTOLD
    error: str = ""


def directories(cluster: Cluster, node: Node, seconds: float = SECONDS) -> tuple[LogDir, ...]:
    """Return a broker's log directories with all that they hold; raise Unreachable."""
    version = cluster.release.log_dirs_version
    request = kafka_python().protocol.admin.DescribeLogDirsRequest
    answer = ask(endpoint.of_broker(cluster, node), request(version=version, topics=None), seconds)
    if not answer.results:
        raise Unreachable(f"{endpoint.place(endpoint.of_broker(cluster, node))} does not tell its log directories")
    return tuple(_directory(result) for result in answer.results)


def _directory(result: Any) -> LogDir:
    copies = tuple(
        Copy(topic.name, part.partition_index, part.partition_size, part.offset_lag, part.is_future_key)
        for topic in result.topics
        for part in topic.partitions
    )
    total, free = (getattr(result, name, None) for name in ("total_bytes", "usable_bytes"))
    error = kafka_python().errors.for_code(result.error_code).__name__ if result.error_code else ""
    return LogDir(result.log_dir, copies, UNTOLD if total is None else total, UNTOLD if free is None else free, error)
