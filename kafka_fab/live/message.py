"""Message: one message produced to the leader of a partition, and consumed from it."""

import time

from kafka_fab.cluster.model import Cluster, Node
from kafka_fab.cluster.roles import running_release
from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.live.client.connection_pool import ask, borrowed
from kafka_fab.live.client.protocol import kafka_python
from kafka_fab.live.client.rejection import RequestRejected
from kafka_fab.live.client_access import ClientAccess
from kafka_fab.live.partition_log import fetch, refuse

SECONDS = 10
ALL_IN_SYNC = -1


def write(access: ClientAccess, leader: Node, topic: str, partition: int, value: bytes) -> int:
    """Write one message with acks=all and return its offset; raise Unreachable or RequestRejected."""
    cluster = access.cluster
    version = cluster.running_release.produce_version
    request = kafka_python().protocol.producer.ProduceRequest
    batch = _batch(cluster.running_release.message_format, value)
    data = request.TopicProduceData
    part = data.PartitionProduceData(version=version, index=partition, records=batch)
    question = request(
        version=version,
        transactional_id=None,
        acks=ALL_IN_SYNC,
        timeout_ms=SECONDS * 1000,
        topic_data=[data(version=version, name=topic, partition_data=[part])],
    )
    answer = ask(access.endpoint(leader), question, SECONDS + 5)
    result = answer.responses[0].partition_responses[0]
    refuse(f"produce to {topic}-{partition} on {leader.host}", result.error_code)
    return acknowledged(cluster, leader, int(result.base_offset))


def acknowledged(cluster: Cluster, leader: Node, base_offset: int) -> int:
    """Return the offset of a message from the one in a broker's answer to acks=all.

    0.8.0 answers with the next one when followers have it, and with its own where there are none to wait for.
    """
    return base_offset + (
        running_release.of_broker(cluster, leader).acknowledged_offset if len(cluster.brokers) > 1 else 0
    )


def read(access: ClientAccess, leader: Node, topic: str, partition: int, offset: int) -> bytes:
    """Return the message at an offset, as the leader gives it to a consumer; raise Unreachable or RequestRejected."""
    with borrowed(access.endpoint(leader), SECONDS + 5) as line:
        for at, value in fetch(line, access.cluster.running_release, TopicPartition(topic, partition), offset):
            if at == offset:
                return value
    raise RequestRejected(
        f"{leader.host} acknowledged offset {offset} of {topic}-{partition}, but does not return it to a consumer"
    )


def _batch(message_format: int, value: bytes) -> bytes:
    builder = kafka_python().record.memory_records.MemoryRecordsBuilder(message_format, 0, 1 << 20)
    builder.append(timestamp=int(time.time() * 1000), key=None, value=value)
    builder.close()
    return bytes(builder.buffer())
