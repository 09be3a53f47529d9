"""A partition by topic and number: written as Kafka does, and sorted by number."""

from kafka_fab.cluster.values.topic_partition import TopicPartition


def test_a_partition_is_written_as_kafka_writes_it() -> None:
    assert str(TopicPartition("orders", 7)) == "orders-7"


def test_partitions_are_sorted_by_number() -> None:
    partitions = {TopicPartition("orders", 10), TopicPartition("audit", 3), TopicPartition("orders", 9)}
    assert [str(one) for one in sorted(partitions)] == ["audit-3", "orders-9", "orders-10"]
