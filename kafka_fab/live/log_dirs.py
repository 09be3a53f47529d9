"""Log dirs: a broker's log directories with their replicas, as the broker describes them (DescribeLogDirs)."""

from dataclasses import dataclass
from typing import Any

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import endpoint
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.live.client.broker_connection import SECONDS, Unreachable, ask
from kafka_fab.live.client.protocol import kafka_python

UNKNOWN = -1


@dataclass(frozen=True)
class ReplicaLog:
    """A replica of a partition in a log directory: its bytes and its offset lag.

    A future replica replaces the one in another log directory of the same broker once it has caught up.
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
    """A log directory: its replicas, the total and usable bytes of its volume, and the error that took it offline."""

    path: str
    replicas: tuple[ReplicaLog, ...] = ()
    total_bytes: int = UNKNOWN
    usable_bytes: int = UNKNOWN
    error: str = ""


def directories(cluster: Cluster, node: Node, seconds: float = SECONDS) -> tuple[LogDir, ...]:
    """Return a broker's log directories with their replicas; raise Unreachable."""
    version = cluster.release.log_dirs_version
    request = kafka_python().protocol.admin.DescribeLogDirsRequest
    answer = ask(endpoint.of_broker(cluster, node), request(version=version, topics=None), seconds)
    if not answer.results:
        raise Unreachable(f"{endpoint.place(endpoint.of_broker(cluster, node))} does not tell its log directories")
    return tuple(_directory(result) for result in answer.results)


def _directory(result: Any) -> LogDir:
    replicas = tuple(
        ReplicaLog(topic.name, part.partition_index, part.partition_size, part.offset_lag, part.is_future_key)
        for topic in result.topics
        for part in topic.partitions
    )
    total, free = (getattr(result, name, None) for name in ("total_bytes", "usable_bytes"))
    error = kafka_python().errors.for_code(result.error_code).__name__ if result.error_code else ""
    return LogDir(
        result.log_dir, replicas, UNKNOWN if total is None else total, UNKNOWN if free is None else free, error
    )
