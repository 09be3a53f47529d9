"""Message: one written to a broker as the leader of a partition, and read back from it."""

import time
from typing import Any

from tasks.cluster.model import Cluster, Node
from tasks.live.protocol import kafka_python
from tasks.live.topic import Unwilling
from tasks.live.wire import ask

SECONDS = 10
ALL_IN_SYNC = -1


def write(cluster: Cluster, leader: Node, topic: str, partition: int, value: bytes) -> int:
    """Write one message with acks=all and return its offset; raise Silent or Unwilling."""
    version = cluster.release.produce_version
    request = kafka_python().protocol.producer.ProduceRequest
    batch = _batch(cluster.release.message_format, value)
    data = request.TopicProduceData
    part = data.PartitionProduceData(version=version, index=partition, records=batch)
    question = request(
        version=version,
        transactional_id=None,
        acks=ALL_IN_SYNC,
        timeout_ms=SECONDS * 1000,
        topic_data=[data(version=version, name=topic, partition_data=[part])],
    )
    answer = ask(leader.address, cluster.kafka.port, question, SECONDS + 5)
    result = answer.responses[0].partition_responses[0]
    _refuse(f"write to {topic}-{partition} on {leader.host}", result.error_code)
    return int(result.base_offset) + cluster.release.acknowledged_offset


def read(cluster: Cluster, leader: Node, topic: str, partition: int, offset: int) -> bytes:
    """Return the message at an offset, as the leader gives it to a consumer; raise Silent or Unwilling."""
    version = cluster.release.fetch_version
    request = kafka_python().protocol.consumer.FetchRequest
    part = request.FetchTopic.FetchPartition(
        version=version, partition=partition, fetch_offset=offset, partition_max_bytes=1 << 20
    )
    question = request(
        version=version,
        replica_id=-1,
        max_wait_ms=SECONDS * 1000,
        min_bytes=1,
        max_bytes=1 << 20,
        isolation_level=0,
        topics=[request.FetchTopic(version=version, topic=topic, partitions=[part])],
    )
    answer = ask(leader.address, cluster.kafka.port, question, SECONDS + 5)
    result = answer.responses[0].partitions[0]
    _refuse(f"read of {topic}-{partition} on {leader.host}", result.error_code)
    for record in _records(result.records):
        if record.offset == offset:
            return bytes(record.value)
    raise Unwilling(f"{leader.host} acknowledged offset {offset} of {topic}-{partition}, but does not give it back")


def _batch(message_format: int, value: bytes) -> bytes:
    builder = kafka_python().record.memory_records.MemoryRecordsBuilder(message_format, 0, 1 << 20)
    builder.append(timestamp=int(time.time() * 1000), key=None, value=value)
    builder.close()
    return bytes(builder.buffer())


def _records(data: Any) -> Any:
    records = kafka_python().record.memory_records.MemoryRecords(bytes(data or b""))
    while records.has_next():
        yield from records.next_batch()


def _refuse(what: str, code: int) -> None:
    if code:
        error: Any = kafka_python().errors.for_code(code)
        raise Unwilling(f"{what}: {error.__name__} ({error.description})")
