"""Partition log: messages and offsets as the leader of a partition returns them to a consumer (Fetch, ListOffsets)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from kafka_fab.cluster.release.release import Release
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.live.client.broker_connection import BrokerConnection
from kafka_fab.live.client.protocol import kafka_python
from kafka_fab.live.client.rejection import RequestRejected, explained

OUT_OF_RANGE = 1
LATEST, EARLIEST = -1, -2


class OutOfRange(RequestRejected):
    """An offset that is not in the log."""


@dataclass(frozen=True)
class Patience:
    """How long the leader may wait before it answers, and for how many bytes it waits."""

    seconds: float = 10
    min_bytes: int = 1
    max_bytes: int = 1 << 20


def fetch(
    line: BrokerConnection, release: Release, place: TopicPartition, offset: int, patience: Patience = Patience()
) -> list[tuple[int, bytes]]:
    """Return (offset, value) of the messages from an offset on; raise Unreachable, OutOfRange or RequestRejected."""
    version = release.fetch_version
    request = kafka_python().protocol.consumer.FetchRequest
    part = request.FetchTopic.FetchPartition(
        version=version, partition=place.partition, fetch_offset=offset, partition_max_bytes=patience.max_bytes
    )
    question = request(
        version=version,
        replica_id=-1,
        max_wait_ms=int(patience.seconds * 1000),
        min_bytes=patience.min_bytes,
        max_bytes=patience.max_bytes,
        isolation_level=0,
        topics=[request.FetchTopic(version=version, topic=place.topic, partitions=[part])],
    )
    result = line.ask(question).responses[0].partitions[0]
    refuse(f"fetch of {place} on {line.place}", result.error_code)
    try:
        found = [(record.offset, bytes(record.value)) for record in _records(result.records)]
    except kafka_python().errors.KafkaError as error:
        raise RequestRejected(f"fetch of {place} on {line.place}: {error}") from error
    # A batch is returned completely, with messages before the offset.
    return [(at, value) for at, value in found if at >= offset]


def offset_at(line: BrokerConnection, release: Release, place: TopicPartition, end: int) -> int:
    """Return the LATEST or EARLIEST offset of a partition, as its leader knows it; raise Unreachable or
    RequestRejected.
    """
    version = release.list_offsets_version
    request = kafka_python().protocol.consumer.ListOffsetsRequest
    topic = request.ListOffsetsTopic
    part = topic.ListOffsetsPartition(
        version=version, partition_index=place.partition, timestamp=end, **({} if version else {"max_num_offsets": 1})
    )
    question = request(
        version=version, replica_id=-1, topics=[topic(version=version, name=place.topic, partitions=[part])]
    )
    result = line.ask(question).topics[0].partitions[0]
    refuse(f"offsets of {place} on {line.place}", result.error_code)
    return int(result.offset if version else result.old_style_offsets[0])


def _records(data: Any) -> Iterator[Any]:
    records = kafka_python().record.memory_records.MemoryRecords(bytes(data or b""))
    while records.has_next():
        yield from records.next_batch()


def refuse(what: str, code: int) -> None:
    """Raise RequestRejected or OutOfRange if there is an error; `what` begins the message."""
    if code:
        kind = OutOfRange if code == OUT_OF_RANGE else RequestRejected
        raise kind(f"{what}: {explained(code)}")
