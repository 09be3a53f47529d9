"""DescribeLogDirs: a broker's log directories with their replicas, as the broker describes them."""

from dataclasses import dataclass
from typing import Any

from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.live.client.protocol import kafka_python

UNKNOWN = -1
OLDEST = 1


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


def request(version: int = OLDEST, with_replicas: bool = True) -> Any:
    """Return the request for a broker's log directories, with the bytes of their volumes from version 4 on."""
    shape = kafka_python().protocol.admin.DescribeLogDirsRequest
    return shape(version=version, topics=None if with_replicas else [])


def of_answer(answer: Any) -> tuple[LogDir, ...]:
    """Return the log directories in an answer."""
    return tuple(_log_dir(result) for result in answer.results)


def _log_dir(result: Any) -> LogDir:
    replicas = tuple(
        ReplicaLog(topic.name, part.partition_index, part.partition_size, part.offset_lag, part.is_future_key)
        for topic in result.topics
        for part in topic.partitions
    )
    total, usable = (_or_unknown(getattr(result, name, None)) for name in ("total_bytes", "usable_bytes"))
    error = kafka_python().errors.for_code(result.error_code).__name__ if result.error_code else ""
    return LogDir(result.log_dir, replicas, total, usable, error)


def _or_unknown(number: int | None) -> int:
    return UNKNOWN if number is None else number
