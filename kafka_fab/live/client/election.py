"""ElectLeaders: preferred leader elections (KIP-460; Kafka 2.4 and later)."""

from collections.abc import Iterable

from kafka_fab.cluster.values.topic_partition import TopicPartition
from kafka_fab.live.client.protocol import Ask, kafka_python
from kafka_fab.live.client.rejection import accept, reason

VERSION, PREFERRED, NOT_NEEDED = 1, 0, 84


def elect(ask: Ask, partitions: Iterable[TopicPartition], timeout_ms: int) -> dict[TopicPartition, str]:
    """Elect the preferred leaders of partitions; return which were rejected and why; raise RequestRejected."""
    request = kafka_python().protocol.admin.ElectLeadersRequest
    topics: dict[str, list[int]] = {}
    for one in partitions:
        topics.setdefault(one.topic, []).append(one.partition)
    wanted = [request.TopicPartitions(version=VERSION, topic=name, partitions=some) for name, some in topics.items()]
    answer = ask(request(version=VERSION, election_type=PREFERRED, topic_partitions=wanted, timeout_ms=timeout_ms))
    accept(answer, "no leaders were elected")
    return {
        TopicPartition(topic.topic, part.partition_id): reason(part)
        for topic in answer.replica_election_results
        for part in topic.partition_result
        if part.error_code not in (0, NOT_NEEDED)
    }
