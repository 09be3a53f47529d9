"""Topic partition: a partition by its topic and its number."""

from typing import NamedTuple


class TopicPartition(NamedTuple):
    """A partition of a topic; as text in Kafka's own form: orders-7."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}"
